"""What passes from this program's environment to each kind of program that it starts: one table.

Ordinary variables pass to all of them. What holds or leads to a credential, by its name or by what
it looks like, passes only to those that need it.
"""

import fnmatch
import functools
import os
from collections.abc import Mapping

from nox_release.core.redaction import is_secret_name, redact
from nox_release.core.values import dataclass

# Besides whatever is called a token, a password or a secret.
_GUARDED = (
    "TWINE_*",
    "UV_PUBLISH_*",
    "AWS_*",
    "AZURE_*",
    "GOOGLE_*",
    "KEYRING_*",
    "NETRC",
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "SSH_ASKPASS",
    "GIT_ASKPASS",
    "GPG_AGENT_INFO",
    "PIP_KEYRING_PROVIDER",
    "UV_KEYRING_PROVIDER",
)
# A build or a package that downloads has to reach the network as everything here does.
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY")


# A tracked folder that looks like a bare repository is one to git, with a configuration that runs
# what it likes: https://git-scm.com/docs/git-config, safe.bareRepository and core.fsmonitor.
_SAFE_GIT = (("safe.bareRepository", "explicit"), ("core.fsmonitor", "false"))
# For git that only looks: hooks run where a tag, a commit or a push is meant.
_LOOKING = (("core.hooksPath", os.devnull), ("core.pager", "cat"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A kind of program. `passes` are patterns of names of variables that pass to it whatever they
    hold, of which those in `but` do not; `git` is how every git below it is configured besides.
    """

    name: str
    passes: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    git: tuple[tuple[str, str], ...] = ()

    def environ(self, environ: Mapping[str, str]) -> dict[str, str]:
        """What such a program gets of `environ`."""
        passed = {
            name: value
            for name, value in environ.items()
            if self._may_see(name.upper()) or not _is_guarded(name.upper(), value)
        }
        return {**passed, **configure_git(passed, (*_SAFE_GIT, *self.git))}

    def _may_see(self, name: str) -> bool:
        return _matches(name, self.passes) and not _matches(name, self.but)


def configure_git(
    environ: Mapping[str, str], settings: tuple[tuple[str, str], ...]
) -> dict[str, str]:
    """The variables that add `settings` to those that `environ` has; grandchildren get them too.

    Source: https://git-scm.com/docs/git-config, GIT_CONFIG_COUNT.
    """
    given = environ.get("GIT_CONFIG_COUNT", "")
    names = [
        (f"GIT_CONFIG_KEY_{number}", f"GIT_CONFIG_VALUE_{number}")
        for number in range(int(given) if given.isdigit() and len(given) < 4 else 0)
    ]
    pairs = [
        (environ[key], environ[value])
        for key, value in names
        if key in environ and value in environ
    ]
    pairs += settings
    found = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (key, value) in enumerate(pairs):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


@functools.cache
def _is_guarded(name: str, value: str) -> bool:
    if is_secret_name(name) or _matches(name, _GUARDED):
        return True
    return name not in _PROXIES and redact(value) != value


@functools.cache
def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


_KEYRINGS = (
    "AWS_*",
    "AZURE_*",
    "GOOGLE_*",
    "KEYRING_*",
    "PYTHON_KEYRING_*",
    "ARTIFACTS_*",
    "VSS_*",
)
_AGENTS = ("SSH_*", "GIT_*", "GPG_*")
_OF_GITHUB = ("GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")

# Code of strangers: build backends, what a wheel brings, linters.
STRANGER = Child(name="a build backend, a package that is tried out, or a linter")
# pip and uv need an index, and what it asks for.
INSTALLER = Child(
    name="pip or uv", passes=("PIP_*", "UV_*", "NETRC", *_KEYRINGS), but=("UV_PUBLISH_*",)
)
# git that looks at this clone.
GIT = Child(name="git", passes=_AGENTS, git=_LOOKING)
# git that looks at a remote: gh, as its credential helper, takes its token from the environment.
GIT_REMOTE = Child(name="git at a remote", passes=(*_AGENTS, *_OF_GITHUB, "AWS_*"), git=_LOOKING)
# git that makes a tag or a commit, or pushes: it signs, and the maintainer's hooks run.
GIT_ACTING = Child(name="git that acts", passes=(*_AGENTS, *_OF_GITHUB, "AWS_*"))
GH = Child(name="gh", passes=_OF_GITHUB)
# twine, and the child that asks the keyring.
UPLOADER = Child(name="twine or the keyring", passes=("TWINE_*", "NETRC", *_KEYRINGS))

CHILDREN = (STRANGER, INSTALLER, GIT, GIT_REMOTE, GIT_ACTING, GH, UPLOADER)
