"""Fresh Python environments: made with uv where there is one, else with venv and pip."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nox_release.core.errors import CommandError, NoxReleaseError
from nox_release.core.values import dataclass, replace
from nox_release.edges.children import INSTALLER, STRANGER
from nox_release.edges.process import Completed, Runner, last_lines

# What would make a fresh environment see something of the one this program runs in.
_FOREIGN = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "__PYVENV_LAUNCHER__",
    "UV_PYTHON",
    "UV_PROJECT_ENVIRONMENT",
    "UV_SYSTEM_PYTHON",
)

# pip's environment variables and uv's for the same thing: a maintainer behind a mirror has told
# one installer, and means both. https://docs.astral.sh/uv/pip/compatibility/
_PIP_TO_UV = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_CONSTRAINT": "UV_CONSTRAINT",
    "PIP_CERT": "SSL_CERT_FILE",
    "PIP_PROXY": "ALL_PROXY",
}

# What would bring in something that the one index asked does not have, or hide what it has.
_OTHER_SOURCES = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_CONSTRAINT",
    "PIP_UPLOADED_PRIOR_TO",
    "UV_CONFIG_FILE",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
    "UV_OFFLINE",
    "UV_CONSTRAINT",
    "UV_OVERRIDE",
    "UV_EXCLUDE_NEWER",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A virtual environment at `directory`. It fits `build`'s `IsolatedEnv` protocol too.

    `runner` runs what is in it: code of strangers. `has_pip` is whether pip is in it.
    """

    directory: Path
    python: Path
    scripts: Path
    runner: Runner
    uv: Path | None
    has_pip: bool = False

    @property
    def python_executable(self) -> str:
        return str(self.python)

    def make_extra_environ(self) -> dict[str, str]:
        """The variables that put this environment first; an empty PYTHONPATH counts as unset."""
        path = self.runner.environ.get("PATH", os.defpath)
        return {"PATH": f"{self.scripts}{os.pathsep}{path}", "PYTHONPATH": ""}

    @property
    def installer(self) -> str:
        return "uv" if self.uv else "pip"

    def install(
        self,
        *requirements: str | Path,
        index_url: str | None = None,
        no_deps: bool = False,
        on_line: Callable[[str], None] | None = None,
        extra_environ: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Completed | None:
        """Install what is missing of `requirements`; with `index_url` from that index alone.

        Raises:
            CommandError: the installer failed; its last words are the reason.
        """
        if not requirements:
            return None
        command: list[str | Path] = (
            [self.uv, "pip", "install", "--no-progress", "--python", self.python]
            if self.uv
            else [*self.pip, "install", "--no-input", "--no-compile"]
        )
        runner, environ = replace(self.runner, child=INSTALLER), dict(extra_environ or {})
        if index_url and self.uv:
            runner = _without(runner, _OTHER_SOURCES)
            # Files of settings add their indexes to what the command line says, so none is read;
            # proxies and certificates are in variables: https://docs.astral.sh/uv/reference/environment/
            command += ["--no-config", "--default-index", index_url]
        elif index_url:
            runner = _without(runner, _OTHER_SOURCES)
            command += ["--index-url", index_url]
            environ |= _alone_in_pip(index_url)
        if no_deps:
            command.append("--no-deps")
        done = runner.run(
            [*command, "--", *requirements],
            # Not in the project's tree: uv would apply the settings of its pyproject.toml, which
            # neither `python -m build` in a workflow nor a user's pip knows.
            cwd=self.directory,
            extra_environ=environ,
            on_line=on_line,
            timeout=timeout,
            check=False,
        )
        if done.returncode:
            names = ", ".join(str(requirement) for requirement in requirements)
            raise CommandError(
                f"{self.installer} could not install {names}.",
                command=done.command,
                returncode=done.returncode,
                output=done.output,
                reason=_from_the_error_on(last_lines(done.complaint)),
                hint="Check the names and version limits, and whether the network is there.",
            )
        return done

    @property
    def pip(self) -> list[str | Path]:
        """The command that begins with pip: the one in it, or the one of this Python at work there.

        Source: https://pip.pypa.io/en/stable/user_guide/#managing-a-different-python-interpreter.
        """
        if self.has_pip:
            return [self.python, "-I", "-m", "pip"]
        return [sys.executable, "-I", "-m", "pip", "--python", self.python]

    def run_python(
        self,
        code: str | Sequence[str | Path],
        *,
        cwd: Path | None = None,
        timeout: float | None = None,
        check: bool = True,
        extra_environ: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run `code` (a text), or Python with these arguments, isolated from user and directory."""
        arguments: Sequence[str | Path] = ["-c", code] if isinstance(code, str) else code
        return self.runner.run(
            [self.python, "-I", *arguments],
            cwd=cwd or self.directory,
            timeout=timeout,
            check=check,
            extra_environ={**self.make_extra_environ(), **(extra_environ or {})},
            on_line=on_line,
        )

    def script(self, name: str) -> Path:
        """Where the console script `name` is, if it was installed."""
        return self.scripts / (f"{name}.exe" if sys.platform == "win32" else name)


def _from_the_error_on(text: str) -> str:
    """An installer's last words without those about what it was doing before."""
    at = re.search(r"(?mi)^[^\S\n]*(error|×)", text)
    return text[at.start() :].strip() if at else text


def fresh_environment(
    directory: Path, runner: Runner, *, python: str | Path | None = None, with_pip: bool = False
) -> Environment:
    """A new virtual environment in `directory` (which must not exist), for this Python or `python`.

    `with_pip` is for those who want to see the real pip at work, see `Environment.pip`.

    Raises:
        NoxReleaseError: it could not be made.
    """
    directory = Path(directory)
    uv = find_uv(runner)
    clean = _isolated(replace(runner, child=STRANGER, announced=False), uv=uv)
    directory.parent.mkdir(parents=True, exist_ok=True)
    interpreter = python or sys.executable
    command: list[str | Path] = (
        [uv, "venv", "--no-project", "--no-config", "--quiet", "--python", interpreter]
        if uv
        else [interpreter, "-I", "-m", "venv"]
    )
    # Putting pip there takes longer than all else that is done with most environments.
    lent = python in (None, sys.executable) and _lends_pip()
    has_pip = (with_pip or uv is None) and not lent
    if uv and has_pip:
        command.append("--seed")
    if not uv and not has_pip:
        command.append("--without-pip")
    try:
        clean.run([*command, directory], cwd=directory.parent)
    except CommandError as error:
        raise NoxReleaseError(
            "A fresh Python environment could not be made.",
            reason=error.reason,
            hint=""
            if uv
            else "Some systems package venv apart: `apt install python3-venv`, for one.",
        ) from None
    folder = directory / ("Scripts" if sys.platform == "win32" else "bin")
    return Environment(
        directory=directory,
        python=folder / ("python.exe" if sys.platform == "win32" else "python"),
        scripts=folder,
        runner=clean,
        uv=uv,
        has_pip=has_pip,
    )


def _lends_pip() -> bool:
    """Whether this Python has a pip that can work in another environment, as from 22.3 on."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = re.match(r"(\d{1,4})\.(\d{1,4})", version("pip"))
    except PackageNotFoundError:
        return False
    return found is not None and (int(found[1]), int(found[2])) >= (22, 3)


def find_uv(runner: Runner) -> Path | None:
    """The uv that the extra `fast` brings, or else the one on PATH where it is new enough."""
    try:
        import uv

        return Path(uv.find_uv_bin())
    except (ImportError, FileNotFoundError):
        pass
    found = shutil.which("uv", path=runner.environ.get("PATH", os.defpath))
    if found is None or not Path(found).is_absolute():
        return None
    if found not in _VERSIONS:
        _VERSIONS[found] = _version_of(found, runner)
    return Path(found) if _VERSIONS[found] >= _OLDEST_UV else None


_OLDEST_UV = (0, 7)  # writes pylock.toml, and has every option used here
_VERSIONS: dict[str, tuple[int, ...]] = {}


def _version_of(uv: str, runner: Runner) -> tuple[int, ...]:
    """The version of a uv; empty where it does not start, as a shim of another program may not."""
    try:
        done = runner.run([uv, "--version"], cwd=Path(uv).parent, check=False, timeout=20.0)
    except CommandError:
        return ()
    said = re.match(r"uv (\d{1,4})\.(\d{1,4})", done.stdout)
    return (int(said[1]), int(said[2])) if said and done.returncode == 0 else ()


def _isolated(runner: Runner, *, uv: Path | None) -> Runner:
    environ = {name: value for name, value in runner.environ.items() if name not in _FOREIGN}
    if uv:
        for theirs, ours in _PIP_TO_UV.items():
            if theirs in environ and not {ours, ours.replace("DEFAULT_INDEX", "INDEX_URL")} & set(
                environ
            ):
                environ[ours] = environ[theirs]
    return replace(runner, environ=environ)


def _without(runner: Runner, names: Sequence[str]) -> Runner:
    environ = {name: value for name, value in runner.environ.items() if name not in names}
    return replace(runner, environ=environ)


def _alone_in_pip(index_url: str) -> dict[str, str]:
    """Variables that outdo what pip's files of settings say about sources, and nothing else there:
    a proxy or certificate may be needed. An empty one would count as not set.
    https://pip.pypa.io/en/stable/topics/configuration/#precedence-override-order
    """
    return {
        "PIP_EXTRA_INDEX_URL": index_url,
        "PIP_FIND_LINKS": ".",  # the environment, which holds no archives
        "PIP_NO_INDEX": "0",
        "PIP_CONSTRAINT": os.devnull,
    }
