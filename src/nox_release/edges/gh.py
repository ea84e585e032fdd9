"""GitHub's command line, `gh`: found, run, and asked for what it knows of this login."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from nox_release.core.errors import CommandError, ForgeError
from nox_release.edges.children import GH
from nox_release.edges.process import Completed, Runner

HOST = "github.com"
OLDEST_GH = (2, 27)  # has `gh release create --verify-tag`
LATER = "Nothing was decided; run the same command again when GitHub can be reached."
_REFUSED = "GitHub has said no: put that right, and run the same command again."
_TIMEOUT = 60.0
_NOT_LOGGED_IN = 4  # `gh help exit-codes`
_VERSIONS: dict[str, tuple[int, ...]] = {}  # by program; asked once in a process
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{8,2000}")

# They would choose another host or repository, or dress the output up for a terminal.
_MISLEADING = (
    "GH_HOST",
    "GH_REPO",
    "GH_DEBUG",
    "DEBUG",
    "GH_FORCE_TTY",
    "GH_PAGER",
    "CLICOLOR_FORCE",
)

# A third of what starting gh costs is collecting garbage, though it ends at once; a long
# answer is collected all the same. Source: https://go.dev/doc/gc-guide#Memory_limit.
_SELDOM_COLLECTING = {"GOGC": "off", "GOMEMLIMIT": "256MiB"}


class GhMissing(ForgeError):  # noqa: N818 - a state
    """`gh` is not on PATH."""

    def __init__(self) -> None:
        super().__init__(
            "GitHub's command line, gh, is not installed.",
            reason="No `gh` is on PATH.",
            hint="Install it: https://github.com/cli/cli#installation, then `gh auth login`.",
        )

    def in_one_line(self) -> str:
        return self.message


class NotLoggedIn(ForgeError):  # noqa: N818 - a state
    """`gh` has no token for GitHub, or one that GitHub does not take."""

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__(
            "gh is not logged in to GitHub.",
            status=status,
            reason=reason,
            hint=f"gh auth login --hostname {HOST}",
        )

    def in_one_line(self) -> str:
        return " ".join(f"{self.message} {self.reason}".split())


def find_gh(environ: Mapping[str, str]) -> str | None:
    """The program `gh` on this environment's PATH."""
    return shutil.which("gh", path=environ.get("PATH"))


class Gh:
    """gh in one folder and environment; may be run from several threads."""

    def __init__(self, runner: Runner, cwd: Path) -> None:
        self._environ = _SELDOM_COLLECTING | {
            key: value for key, value in runner.environ.items() if key not in _MISLEADING
        }
        self._runner = replace(runner, environ=self._environ, child=GH)
        self._cwd = cwd
        self._program = find_gh(self._environ)

    def run(
        self,
        *arguments: str,
        text: str | None = None,
        check: bool = True,
        timeout: float = _TIMEOUT,
        quiet: bool = True,
    ) -> Completed:
        """Run gh.

        Raises:
            GhMissing: there is none.
            NotLoggedIn: it has no token.
            ForgeError: it failed, with `check`.
        """
        try:
            done = replace(self._runner, announced=not quiet).run(
                [self.program(), *arguments],
                cwd=self._cwd,
                text=text,
                check=False,
                timeout=timeout,
                extra_environ={"GH_HOST": HOST, "GH_PAGER": "cat"},
            )
        except CommandError as error:
            raise ForgeError(
                "gh gave no answer.", reason=error.reason or error.message, hint=LATER
            ) from None
        if done.returncode == _NOT_LOGGED_IN:
            raise NotLoggedIn(first_line(done.complaint))
        if check and done.returncode != 0:
            raise ForgeError(
                f"`{' '.join(('gh', *done.command[1:3]))}` failed.",
                reason=done.complaint,
                hint=_REFUSED if re.search(r"\bHTTP 4(?!29)\d\d\b", done.complaint) else LATER,
            )
        return done

    def program(self) -> str:
        """Where gh is.

        Raises:
            GhMissing: nowhere.
        """
        if self._program is None:
            raise GhMissing
        return self._program

    def version(self) -> tuple[int, ...]:
        """gh's version; empty when it does not say one (a build from source)."""
        program = self.program()
        if program not in _VERSIONS:
            found = re.match(r"gh version (\d+(?:\.\d+)+)", self.run("--version").stdout)
            _VERSIONS[program] = tuple(map(int, found[1].split("."))) if found else ()
        return _VERSIONS[program]

    def token(self) -> str | None:
        """The token that gh sends to GitHub; `None` where it has none, or does not tell it.

        Which comes first: https://cli.github.com/manual/gh_help_environment.
        """
        token = self._environ.get("GH_TOKEN") or self._environ.get("GITHUB_TOKEN")
        if not token:
            done = self.run("auth", "token", "--hostname", HOST, check=False)
            token = done.stdout.strip() if done.returncode == 0 else ""
        return token if _TOKEN.fullmatch(token) else None

    def socket(self) -> str:
        """The Unix socket that gh is told to speak through; empty: none.

        Source: https://cli.github.com/manual/gh_config, `http_unix_socket`.

        Raises:
            OSError, ValueError: the configuration cannot be read.
        """
        found = ""
        folder = _config_folder(self._environ)
        for name in ("config.yml", "hosts.yml") if folder is not None else ():
            path = Path(folder or "") / name
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            if "http_unix_socket" in text:
                found = _socket_in(text, of_host=name == "hosts.yml") or found
        return found


def _config_folder(environ: Mapping[str, str]) -> Path | None:
    """Where gh keeps its settings: https://cli.github.com/manual/gh_help_environment."""
    for variable, below in (
        ("GH_CONFIG_DIR", ""),
        ("XDG_CONFIG_HOME", "gh"),
        ("AppData", "GitHub CLI"),
        ("HOME", ".config/gh"),
        ("USERPROFILE", ".config/gh"),
    ):
        if environ.get(variable):
            return Path(environ[variable], below)
    return None


def _socket_in(text: str, *, of_host: bool) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        settings = YAML(typ="safe", pure=True).load(text)
        found = (settings.get(HOST) or {} if of_host else settings).get("http_unix_socket")
    except (YAMLError, AttributeError) as error:
        raise ValueError(str(error)) from None
    return str(found or "")


def first_line(text: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
