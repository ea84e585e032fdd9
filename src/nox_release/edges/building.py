"""Building: the sdist, then the wheel from it, through `build`'s API in one isolated environment."""

from __future__ import annotations

import contextlib
import re
import tarfile
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nox_release.core.errors import CommandError, ConfigurationError, NoxReleaseError, disk_error
from nox_release.core.reading import read_text
from nox_release.core.values import dataclass
from nox_release.project.toml import parse_toml

if TYPE_CHECKING:
    from build import ProjectBuilder

    from nox_release.edges.environments import Environment


class BuildFailed(NoxReleaseError):  # noqa: N818 - it reports a state of the maintainer's project
    """The backend did not make the file; `output` is all it said."""

    def __init__(self, message: str, *, output: str = "", reason: str = "", hint: str = "") -> None:
        super().__init__(message, reason=reason, hint=hint)
        self.output = output


def _ignore(_: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """What is called while a build runs.

    `step` gets what begins now, `line` each line that the backend prints (with `None` they are only
    collected), `warning` each warning of the backend once, at the end, `sdist` the sdist when the
    wheel is begun.
    """

    step: Callable[[str], None] = _ignore
    line: Callable[[str], None] | None = None
    warning: Callable[[str], None] = _ignore
    sdist: Callable[[Path], None] = _ignore


_NOBODY = Listener()


def build_distributions(
    environment: Environment,
    *,
    source: Path,
    outdir: Path,
    installed: Collection[str] = (),
    extra_requires: Sequence[str] = (),
    source_date_epoch: int | None = None,
    listener: Listener = _NOBODY,
) -> tuple[Path, Path]:
    """The sdist of the tree `source` and the wheel made from that sdist, both in `outdir`.

    `environment` is a fresh one, but for `installed`; what else the backend needs is installed
    into it, for the wheel only what the sdist did not need already. `extra_requires` are installed
    as well.

    Raises:
        BuildFailed: with the backend's own last words.
        ConfigurationError: pyproject.toml has no usable `[build-system]`.
    """
    step = listener.step
    backend = _Backend(
        environment,
        installed=installed,
        source_date_epoch=source_date_epoch,
        on_line=listener.line,
    )
    builder = backend.builder(source)
    wanted = {*builder.build_system_requires, *extra_requires}
    step("build requirements: " + ", ".join(sorted(wanted)))
    backend.need(wanted)
    sdist = backend.asked_and_made("sdist", builder, outdir, lambda: step("sdist"))

    def on_wheel() -> None:
        step("wheel, from the sdist")
        listener.sdist(sdist)  # not sooner: that and unpacking would slow each other

    with _unpacked(sdist, outdir.with_name(outdir.name + "-sdist")) as tree:
        inner = backend.builder(tree)
        backend.need(inner.build_system_requires)
        wheel = backend.asked_and_made("wheel", inner, outdir, on_wheel)
    for warning in backend.warnings:
        listener.warning(warning)
    return sdist, wheel


def sdist_of_now(
    environment: Environment, *, source: Path, outdir: Path, on_line: Callable[[str], None] | None
) -> Path:
    """The sdist as a workflow makes it that does not set SOURCE_DATE_EPOCH.

    `environment` is the one in which `build_distributions` has made its sdist of `source`.

    Raises:
        BuildFailed: with the backend's own last words.
    """
    backend = _Backend(environment, source_date_epoch=None, on_line=on_line)
    return backend.make("sdist", backend.builder(source), outdir)


def install_build_requirements(
    environment: Environment, sdist: Path, *, extra_requires: Sequence[str] = ()
) -> None:
    """Install what making the wheel from `sdist` needs: what is declared, and what its backend adds.

    Raises:
        BuildFailed: the backend gave no answer, or what it needs could not be installed.
        ConfigurationError: pyproject.toml has no usable `[build-system]`.
    """
    backend = _Backend(environment, source_date_epoch=None, on_line=None)
    with _unpacked(sdist, environment.directory.with_name("sdist")) as tree:
        builder = backend.builder(tree)
        backend.need({*builder.build_system_requires, *extra_requires})
        backend.need(backend.ask("wheel", builder))


# Backends whose `get_requires_for_build_*` touch no file and answer with nothing; hatchling's only
# where no plugin of the build has a say.
# Source: flit_core/buildapi.py, poetry/core/masonry/api.py, hatchling/builders/config.py.
_PLAIN_BACKENDS = frozenset({"flit_core.buildapi", "poetry.core.masonry.api"})
_HATCHLING = "hatchling.build"
_HATCH_KEYS = frozenset(
    {"hooks", "dependencies", "require-runtime-dependencies", "require-runtime-features"}
)


def needs_nothing_more(source: Path) -> bool:
    """Whether the backend is known to need no more than pyproject.toml in `source` says."""
    try:
        pyproject = _read_pyproject(source)
    except (OSError, ValueError):
        return False
    system = pyproject.get("build-system", {})
    if not isinstance(system, dict) or "backend-path" in system:
        return False
    backend = system.get("build-backend")
    if backend != _HATCHLING:
        return backend in _PLAIN_BACKENDS
    tool = pyproject.get("tool", {})
    hatch = tool.get("hatch", {}) if isinstance(tool, dict) else {}
    if not isinstance(hatch, dict) or (source / "hatch.toml").exists():
        return False
    return not _has_key(hatch.get("build"), _HATCH_KEYS)


def _has_key(table: object, keys: Collection[str]) -> bool:
    if not isinstance(table, dict):
        return False
    return any(key in keys or _has_key(value, keys) for key, value in table.items())


# What PEP 517 says of a tree without `[build-system]`, in the words of `build`.
_WITHOUT_BUILD_SYSTEM = frozenset({"setuptools >= 40.8.0"})


def declared_requirements(source: Path) -> frozenset[str]:
    """What pyproject.toml in `source` says the build needs; nothing where it says it wrongly.

    Read without `build`, which takes as long to load as to make an environment: this is what is
    installed beforehand, and `build` has the last word.
    """
    try:
        system = _read_pyproject(source).get("build-system")
    except (OSError, ValueError):
        return frozenset()
    if system is None:
        return _WITHOUT_BUILD_SYSTEM
    requires = system.get("requires") if isinstance(system, dict) else None
    if not isinstance(requires, list) or not all(isinstance(one, str) for one in requires):
        return frozenset()
    return frozenset(requires)


def _read_pyproject(source: Path) -> dict[str, Any]:
    try:
        return parse_toml(read_text(source / "pyproject.toml"))
    except FileNotFoundError:
        return {}


def not_installed(requirements: Iterable[str], error: CommandError) -> BuildFailed:
    """That what a build needs could not be had."""
    return BuildFailed(
        "What the build needs could not be installed.",
        output=error.output,
        reason=error.reason,
        hint="`build-system.requires` in pyproject.toml asks for "
        + ", ".join(f"`{requirement}`" for requirement in sorted(requirements))
        + ".",
    )


# What tells a hook that its backend is in the project's own tree (`backend-path`) begins like this.
# Source: pyproject_hooks/_impl.py.
_IN_TREE = "_PYPROJECT_HOOKS_BACKEND_PATH"


class _Backend:
    """The hooks of the project's backend, each run as a process of its own."""

    def __init__(
        self,
        environment: Environment,
        *,
        installed: Collection[str] = (),
        source_date_epoch: int | None,
        on_line: Callable[[str], None] | None,
    ) -> None:
        self._environment = environment
        self._on_line = on_line
        self._there = set(installed)
        self._output = ""
        self.warnings: list[str] = []
        # If you set the variable by hand, you mean it, as for `python -m build`.
        # https://reproducible-builds.org/specs/source-date-epoch/
        given = environment.runner.environ.get("SOURCE_DATE_EPOCH")
        self._environ: dict[str, str] = {}
        if source_date_epoch is not None and not given:
            self._environ["SOURCE_DATE_EPOCH"] = str(source_date_epoch)

    def builder(self, source: Path) -> ProjectBuilder:
        import warnings

        from build import BuildException, ProjectBuilder

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ProjectBuilder.from_isolated_env(self._environment, source, runner=self._run)
        except BuildException as error:
            raise ConfigurationError(
                "The project cannot be built as it is described.",
                reason=_relative(str(error), source),
                hint="https://packaging.python.org/en/latest/guides/writing-pyproject-toml/"
                "#declaring-the-build-backend",
            ) from None

    def need(self, requirements: Collection[str]) -> None:
        """Install those that were not asked for before."""
        missing = sorted(set(requirements) - self._there)
        if not missing:
            return
        try:
            self._environment.install(*missing, on_line=self._on_line, extra_environ=self._environ)
        except CommandError as error:
            raise not_installed(missing, error) from None
        self._there |= set(missing)

    def asked_and_made(
        self, kind: str, builder: ProjectBuilder, outdir: Path, on_make: Callable[[], None]
    ) -> Path:
        """Ask what the backend needs besides, then make this kind of distribution.

        Where the backend is known to need nothing it is not asked first: a hook is a process that
        takes longer to start than to answer. It is asked when it fails all the same.
        """
        if not needs_nothing_more(Path(builder.source_dir)):
            self.need(self.ask(kind, builder))
            on_make()
            return self.make(kind, builder, outdir)
        on_make()
        try:
            return self.make(kind, builder, outdir)
        except BuildFailed:
            missing = self.ask(kind, builder) - self._there
            if not missing:
                raise
        self.need(missing)
        return self.make(kind, builder, outdir)

    def ask(self, kind: str, builder: ProjectBuilder) -> set[str]:
        """What the backend needs besides, for this kind of distribution."""
        with self._explained(kind, builder):
            return builder.get_requires_for_build(kind)  # type: ignore[arg-type]

    def make(self, kind: str, builder: ProjectBuilder, outdir: Path) -> Path:
        with self._explained(kind, builder):
            return Path(builder.build(kind, outdir))  # type: ignore[arg-type]

    def _run(
        self,
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        environ = {**(extra_environ or {}), **self._environ}
        if not any(name.startswith(_IN_TREE) for name in environ):
            # Up to four processes load the backend from an environment that has no bytecode yet.
            environ["PYTHONDONTWRITEBYTECODE"] = ""
        done = self._environment.runner.run(
            cmd,
            cwd=Path(cwd or "."),
            extra_environ=environ,
            on_line=self._on_line,
            check=False,
        )
        self._output = done.output
        if done.returncode:
            raise CommandError(
                "The build backend failed.",
                command=done.command,
                returncode=done.returncode,
                output=done.output,
            )

    @contextlib.contextmanager
    def _explained(self, kind: str, builder: ProjectBuilder) -> Generator[None]:
        import warnings

        from build import BuildBackendException, BuildException

        self._output = ""
        source = Path(builder.source_dir)
        try:
            with warnings.catch_warnings(record=True) as warned:
                # `build` repeats the backend's warnings as Python warnings of this process.
                warnings.simplefilter("always")
                yield
        except (BuildException, BuildBackendException) as error:
            raise _failure(kind, error, self._output, source) from None
        for warning in warned:
            told = _relative(str(warning.message), source).strip()
            if told not in self.warnings:
                self.warnings.append(told)


def _failure(kind: str, error: Exception, output: str, source: Path) -> BuildFailed:
    cause = getattr(error, "exception", None)
    if isinstance(cause, CommandError):
        output = _relative(cause.output, source)
        reason = last_words(output) or f"It ended with exit code {cause.returncode}."
    else:
        # The hook could not be called: no such backend, or a backend without this hook.
        said = str(getattr(cause, "traceback", "") or "")
        reason = "\n".join(filter(None, (str(error), last_words(said))))
        output = output + said
    return BuildFailed(
        f"The {kind} could not be built.",
        output=_relative(output, source),
        reason=_relative(reason, source),
    )


def last_words(output: str) -> str:
    """What a backend said last: its exception without the way there, or else its last lines."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    tracebacks = [i for i, line in enumerate(lines) if line.startswith("Traceback (most recent")]
    first = next((i for i, line in enumerate(lines) if _COMPILER_ERROR.search(line)), None)
    if first is not None and not any(at < first for at in tracebacks):
        # What follows it are notes, and errors that come of it.
        return "\n".join([*lines[first : first + 4], *_after(lines, first + 4)])
    if not tracebacks:
        return "\n".join(lines[-12:])
    before = lines[: tracebacks[0]][-8:]
    after = lines[tracebacks[-1] + 1 :]
    place = ""
    while after and after[0].startswith((" ", "\t")):
        frame = _OWN_FRAME.match(after.pop(0))
        if frame:
            # setuptools runs setup.py as a string.
            place = f"{frame[1].replace('<string>', 'setup.py')}, line {frame[2]}:"
    return "\n".join([*before, *filter(None, [place]), *after[:12]])


def _after(lines: list[str], begun: int) -> list[str]:
    """The end of what follows a compiler's first error, where it says more than notes; the last link
    of cargo's chain of causes is what happened.
    """
    causes = [line for above, line in pairwise(lines[begun - 1 :]) if above == "Caused by:"][-1:]
    last = [line for line in lines[max(begun, len(lines) - 12) :] if _SAYS_ERROR.search(line)][-2:]
    return ["…", *dict.fromkeys(causes + last)] if causes + last else []


# gcc, clang, gfortran, Cython and rustc; MSVC; CMake, meson and linkers.
_COMPILER_ERROR = re.compile(
    r"^[^\s:][^:]{0,300}:\d{1,7}:(?:\d{1,7}:)? (?:fatal |internal compiler )?[Ee]rror: "
    r"|^(?:cc1\w{0,8}|g?cc|[gc]\+\+|clang\S{0,9}): (?:fatal )?error: "
    r"|\b(?:fatal )?error [A-Z]{1,4}\d{1,5}: "
    r"|^error(?:\[E\d{1,5}\])?: (?![Cc]ommand |subprocess|metadata|invalid command)"
    r"|^CMake Error\b|\bERROR: (?:Dependency|Program|Unknown compiler)"
    r"|: undefined reference to |^ld: |\bcollect2: error"
)
_SAYS_ERROR = re.compile(r"(?i)\berrors?\b|\bfailed\b")

# A frame of a file in the project: its path is relative by now.
_OWN_FRAME = re.compile(r'\s+File "(<string>|(?![/<]|[A-Za-z]:)[^"]+)", line (\d+)')


def _relative(text: str, source: Path) -> str:
    """Without the temporary folder that the maintainer never saw."""
    for place in (str(source.resolve()), str(source)):
        text = text.replace(place + "/", "").replace(place + "\\", "").replace(place, ".")
    return text


@contextlib.contextmanager
def _unpacked(sdist: Path, directory: Path) -> Generator[Path]:
    """The tree inside `sdist`, unpacked as `python -m build` does: by the rules of PEP 706."""
    try:
        with tarfile.open(sdist) as archive:
            tops = {member.name.split("/", 1)[0] for member in archive.getmembers() if member.name}
            if len(tops) != 1:
                raise BuildFailed(
                    f"`{sdist.name}` is not an sdist.",
                    reason="It must hold one folder, and has: " + ", ".join(sorted(tops)) + ".",
                )
            if hasattr(tarfile, "data_filter"):
                archive.extractall(directory, filter="data")
            else:
                _extract_carefully(archive, directory)
    except (tarfile.TarError, EOFError) as error:
        raise BuildFailed(f"`{sdist.name}` cannot be unpacked.", reason=str(error)) from None
    except OSError as error:
        raise disk_error(error, f"`{sdist.name}` cannot be unpacked.") from None
    yield directory / tops.pop()


def _extract_carefully(archive: tarfile.TarFile, directory: Path) -> None:
    """For Pythons before 3.10.12 and 3.11.4, which have no filters."""
    base = directory.resolve()
    for member in archive.getmembers():
        place = (base / member.name).resolve()
        target = (place.parent if member.issym() else base) / (member.linkname or ".")
        if not (place.is_relative_to(base) and target.resolve().is_relative_to(base)) or not (
            member.isfile() or member.isdir() or member.issym() or member.islnk()
        ):
            raise tarfile.TarError(f"{member.name!r} leads out of the archive")
    archive.extractall(directory)  # noqa: S202 - every member was looked at
