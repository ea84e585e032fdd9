"""Addresses of git remotes: which repository on GitHub one means, or why it means none."""

import re

_URL_REMOTE = re.compile(
    r"(?P<scheme>https?|ssh|git|git\+ssh|git\+https)://(?:[^/@]*@)?(?P<host>[^/:@]+)(?::\d+)?/(?P<path>.*)",
    re.IGNORECASE,
)
_SCP_REMOTE = re.compile(r"(?:[^/@:]+@)?(?P<host>[^/:@\\]{2,}):(?!//)(?P<path>.*)")
_GITHUB_HOSTS = ("github.com", "www.github.com", "ssh.github.com")


def parse_remote(url: str) -> tuple[str, str] | None:
    """Owner and repository of a remote on github.com; `None` for any other, see `explain_remote`."""
    answer = _remote(url)
    return None if isinstance(answer, str) else answer


def explain_remote(url: str) -> str:
    """Why `parse_remote` has no answer for this address; empty when it has one."""
    answer = _remote(url)
    return answer if isinstance(answer, str) else ""


def _remote(url: str) -> tuple[str, str] | str:
    url = url.strip()
    found = _URL_REMOTE.fullmatch(url) or _SCP_REMOTE.fullmatch(url)
    if not found:
        return "The remote is a folder or an address of an unknown form, not one on github.com."
    host = found["host"].lower().rstrip(".")
    if host not in _GITHUB_HOSTS:
        known = "GitHub Enterprise" if "github" in host else "another service"
        return (
            f"The remote is on {host} ({known}). PyPI takes trusted publishing from some others "
            "than github.com, but this tool releases from there alone."
        )
    path = found["path"].split("?")[0].split("#")[0].strip("/")
    parts = path.removesuffix(".git").rstrip("/").split("/")
    if (
        len(parts) != 2
        or not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:_[A-Za-z0-9]+)?", parts[0])
        or not re.fullmatch(r"[A-Za-z0-9._-]+", parts[1])
        or parts[1] in (".", "..")
    ):
        return "The remote's address does not name an owner and a repository."
    return parts[0], parts[1]
