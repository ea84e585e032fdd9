"""Looking at built distributions: with twine, with our own rules, and by trying them.

Every function returns results; deciding what they mean for a release is the caller's.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from nox_release.checks.files.built import TWINE_CHECK
from nox_release.checks.files.contents import STRAY_NAMES, is_always_in_library
from nox_release.checks.files.imports import UNDECLARED_DEPENDENCY, undeclared, wanted_imports
from nox_release.checks.files.known_imports import project_of
from nox_release.checks.files.tried import (
    IMPORTS,
    INSTALLS_ALONE,
    SCRIPT_FAILS,
    Attempt,
    entry_point_result,
    import_result,
    parse_traceback,
    script_result,
)
from nox_release.core.errors import CommandError
from nox_release.core.findings import Finding, Passed, Result, Severity, find, passed, skipped
from nox_release.core.values import dataclass, replace
from nox_release.edges.children import INSTALLER
from nox_release.edges.environments import Environment, fresh_environment
from nox_release.edges.process import Runner, last_lines
from nox_release.files.distributions import Distribution
from nox_release.files.wheels import EntryPoint
from nox_release.observing.siblings import siblings_of
from nox_release.project.toml import parse_toml

if TYPE_CHECKING:
    from nox_release.checks.files.facts import Facts
    from nox_release.project.pyproject import Project

IMPORT_SECONDS = 60.0
SCRIPT_SECONDS = 20.0
INSTALL_SECONDS = 1200.0
DOWNLOAD_LIMIT = 500 * 1000 * 1000


# --- twine -----------------------------------------------------------------------------------


# `python -m twine --no-color check --strict FILE`, but loaded before the files are there, and each
# is looked at when it comes: loading twine takes longer than the check, and a build leaves a core
# idle meanwhile.
_TWINE = """
import sys
import twine.cli, twine.commands.check
twine.cli.args.no_color = True
twine.cli.configure_output()
failed = False
for line in sys.stdin:
    try:
        failed |= twine.commands.check.main(["--strict", "--", line.rstrip("\\n")])
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)
sys.exit(failed)
"""
_NOT_READ = 2


def check_with_twine(files: Iterable[Path], runner: Runner, *, cwd: Path) -> tuple[Result, ...]:
    """What `twine check --strict` says, by the twine of this very interpreter.

    `files` may block until each is there; twine gets ready meanwhile.
    """
    done = runner.run(
        [sys.executable, "-c", _TWINE],
        cwd=cwd,
        text=(f"{path}\n" for path in files),
        extra_environ={
            "COLUMNS": "10000",
            "TERM": "",  # twine's rich breaks lines at 80 where it is "dumb", whatever COLUMNS says
            "PYTHONWARNINGS": "ignore",
            "PYTHONIOENCODING": "utf-8",
        },
        timeout=300,
        check=False,
    )
    if done.returncode == _NOT_READ or (done.returncode and "Checking " not in done.stdout):
        return (
            find(TWINE_CHECK, f"`twine check` could not read the files: {last_lines(done.output)}"),
        )
    return tuple(parse_twine(done.stdout))


def parse_twine(stdout: str) -> Iterator[Result]:
    """One result for each file that `twine check --strict` tells of, files with the same put together.

    What `--strict` alone refuses is a warning, for PyPI takes it.
    """
    said: dict[tuple[str, str], list[str]] = {}
    for part in re.split(r"(?m)^Checking ", stdout)[1:]:
        first, _, rest = part.partition("\n")
        path, _, verdict = first.rpartition(": ")
        lines = (re.sub(r"^(WARNING|ERROR)\s+", "", line.strip()) for line in rest.splitlines())
        words = "; ".join(line.rstrip(".") for line in lines if line)
        said.setdefault((verdict.strip(), words), []).append(re.split(r"[/\\]", path)[-1])
    for (verdict, words), filenames in said.items():
        names = " and ".join(f"`{filename}`" for filename in filenames)
        if verdict == "PASSED":
            yield passed(TWINE_CHECK)
            continue
        yield find(
            TWINE_CHECK,
            f"`twine check --strict` does not pass {names}: {words or verdict}.",
            severity=Severity.WARNING if "warning" in verdict else Severity.ERROR,
        )


# --- trying ----------------------------------------------------------------------------------


def not_tried(
    facts: Facts, reason: str, *, fix: str = "", closure: Collection[str] = ()
) -> tuple[Result, ...]:
    """That installing, importing and starting were not tried, and why; names still tell."""
    return (
        *(skipped(rule, reason, fix=fix) for rule in (INSTALLS_ALONE, IMPORTS, SCRIPT_FAILS)),
        *undeclared(facts, closure=closure),
    )


def smoke(
    facts: Facts,
    runner: Runner,
    *,
    aside: Path,
    whatever_the_size: bool = False,
    on_step: Callable[[str], None] | None = None,
) -> tuple[Result, ...]:
    """Install the wheel alone into a fresh environment, import it, start its console scripts.

    `aside` is an empty folder. Nothing of the maintainer's home, tokens or packages is in sight
    of what is tried. Above `DOWNLOAD_LIMIT` it is left undone unless `whatever_the_size`. What
    its code imports is then compared with the names of its dependencies alone.
    """
    step = on_step or (lambda _: None)
    wheel = facts.wheel.file
    python = python_for(wheel, runner, aside)
    if python is None:
        wanted = wheel.metadata.value("Requires-Python")
        return not_tried(
            facts,
            f"it needs Python {wanted}, and this is {sys.version_info.major}.{sys.version_info.minor}; "
            "there is no other here that fits",
        )
    environment = fresh_environment(aside / "environment", runner, python=python)
    if not whatever_the_size:
        step("looking up the dependencies")
        locked = lock(wheel, environment)
        if locked is not None and locked.size > DOWNLOAD_LIMIT:
            return not_tried(
                facts,
                f"its dependencies are {locked.size / 1e9:.1f} GB to download",
                fix="`nox -s build -- --smoke` tries it all the same",
                closure=locked.names,
            )
    step("installing the wheel alone")
    installed = _install(facts, environment, step)
    if not isinstance(installed, Passed):
        return (installed,)
    home = aside / "home"
    home.mkdir()
    return (installed, *_try_all(facts, environment, home, step))


def _try_all(
    facts: Facts, environment: Environment, home: Path, step: Callable[[str], None]
) -> tuple[Result, ...]:
    """Import what is in an environment, load its entry points, start its commands."""
    stage = _at_home(environment, home)
    names = import_names(facts)
    plugins = {
        f"{one.module}:{one.attribute}": one
        for one in facts.wheel.entry_points
        if one.group != "console_scripts" and one.module in facts.wheel.modules
    }
    if names:
        step("importing " + ", ".join(names[:4]) + (" …" if len(names) > 4 else ""))
    results: list[Result] = []
    told: set[str] = set()
    for attempt in try_imports([*names, *plugins], stage, home):
        if attempt.name in plugins and attempt.lacks and attempt.lacks in told:
            continue
        told.add(attempt.lacks)
        results.append(
            entry_point_result(attempt, plugins[attempt.name], facts)
            if attempt.name in plugins
            else of_a_part(import_result(attempt, facts), attempt, facts, environment)
        )
    if facts.wheel.commands:
        step("starting " + ", ".join(f"`{one.name}`" for one in facts.wheel.commands[:4]))
    for one, attempt in zip(facts.wheel.commands, try_scripts(facts, stage, home), strict=True):
        told.add(attempt.lacks)
        result = script_result(attempt, one, facts)
        results.append(of_a_part(result, attempt, facts, environment))
    brought = importable([one.name for one in wanted_imports(facts.wheel)], stage, home)
    return (*results, *undeclared(facts, brought, told))


def of_a_part(result: Result, attempt: Attempt, facts: Facts, environment: Environment) -> Result:
    """The result of an attempt, milder where what it misses needs this very project: it is a part
    of that, which cannot declare its whole without a circle.
    """
    if not isinstance(result, Finding) or result.id != UNDECLARED_DEPENDENCY.id:
        return result
    whole = project_of(attempt.lacks) if result.severity is Severity.ERROR else None
    locked = _lock(whole, environment) if whole else None
    if locked is None or facts.project.normalized_name not in locked.names:
        return result
    fix = f"If it is only ever used inside {whole}, which needs it, all is well. {result.fix}"
    return replace(result, severity=Severity.WARNING, fix=fix)


def import_names(facts: Facts) -> tuple[str, ...]:
    """What to import to see that the wheel works.

    Left out: stubs, the shared part that mypyc makes (its name is a hash), and names for which
    Python has a module of its own, whose import would prove nothing. In a namespace without
    regular packages the modules themselves are taken.
    """
    return tuple(
        package.name
        for package in facts.wheel.packages
        if not package.name.endswith("__mypyc")
        and package.name.split(".")[0] not in STRAY_NAMES
        and not is_always_in_library(package.name, facts)
    )


_FIND = """
import importlib.util, json, sys
def is_there(name):
    try:
        return importlib.util.find_spec(name) is not None
    except Exception:  # a package's own finder may raise anything
        return False
with open(sys.argv[1], "w", encoding="utf-8") as report:
    for name in filter(is_there, sys.argv[2:]):
        print(json.dumps({"name": name}), file=report)
"""


def importable(names: Sequence[str], environment: Environment, home: Path) -> frozenset[str] | None:
    """Those of the top-level names that the environment has a module for; `None`: not known."""
    report = home / "found.jsonl"
    report.touch()
    if names:
        done = environment.run_python(
            ["-c", _FIND, report, *names], cwd=home, timeout=60, check=False
        )
        if done.returncode:
            return None
    return frozenset(found["name"] for found in _reported(report))


def python_for(wheel: Distribution, runner: Runner, aside: Path) -> str | None:
    """An interpreter that the wheel's Requires-Python allows; this one if it may be."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    from nox_release.edges.environments import find_uv

    wanted = wheel.metadata.value("Requires-Python")
    try:
        specifiers = SpecifierSet(wanted or "")
    except InvalidSpecifier:
        return sys.executable
    running = ".".join(str(part) for part in sys.version_info[:3])
    if specifiers.contains(running, prereleases=True):
        return sys.executable
    uv = find_uv(runner)
    if uv is None:
        return None
    aside.mkdir(parents=True, exist_ok=True)
    done = runner.run(
        [uv, "python", "find", "--no-python-downloads", "--no-project", "--", str(specifiers)],
        cwd=aside,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 and done.stdout.strip() else None


def download_size(wheel: Distribution, environment: Environment) -> int | None:
    """How many bytes of dependencies an installer would download; `None`: it could not say."""
    locked = lock(wheel, environment)
    return None if locked is None else locked.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """What an installer would download: the projects, and the bytes as far as the index says."""

    names: tuple[str, ...] = ()
    size: int = 0


def lock(wheel: Distribution, environment: Environment) -> Locked | None:
    """What the wheel's dependencies come to; `None`: no answer.

    uv's pylock.toml (PEP 751) gives the size of the one file that fits this platform.
    """
    if not wheel.metadata.values("Requires-Dist"):
        return Locked()
    return _lock(f"{wheel.name} @ {wheel.path.resolve().as_uri()}", environment)


def _lock(requirement: str, environment: Environment) -> Locked | None:
    if environment.uv is None:
        return None
    done = replace(environment.runner, child=INSTALLER).run(
        [
            environment.uv, "pip", "compile", "--quiet", "--no-header", "--no-config",
            "--format", "pylock.toml", "--python", environment.python, "-",
        ],
        cwd=environment.directory,
        text=f"{requirement}\n",
        timeout=INSTALL_SECONDS,
        check=False,
    )  # fmt: skip
    return None if done.returncode else parse_lock(done.stdout)


def parse_lock(pylock: str) -> Locked | None:
    """The projects and sizes in a pylock.toml; where an index gives no size, nothing is added."""
    try:
        packages = parse_toml(pylock).get("packages", [])
    except ValueError:
        return None
    total = 0
    for package in packages:
        files = package.get("wheels") or [package.get("sdist") or package.get("archive") or {}]
        total += max((int(file.get("size") or 0) for file in files), default=0)
    return Locked(names=tuple(str(one.get("name", "")) for one in packages), size=total)


def _install(facts: Facts, environment: Environment, step: Callable[[str], None]) -> Result:
    wheel = facts.wheel.file

    def follow(line: str) -> None:
        word = line.split(" ", maxsplit=1)[0]
        if word in ("Downloading", "Resolved", "Prepared", "Building", "Collecting"):
            step(f"installing the wheel alone: {line.strip()}")

    try:
        done = environment.install(wheel.path, on_line=follow, timeout=INSTALL_SECONDS)
    except CommandError as error:
        # uv ends with 1 where the requirements cannot be met and with 2 where it could not ask.
        if environment.uv and error.returncode == 1:
            ours = siblings_in(error.reason, facts.project)
            if ours:
                return find(
                    INSTALLS_ALONE,
                    f"`{wheel.filename}` does not install while {ours} of this repository "
                    f"{'are' if ' and ' in ours else 'is'} not on the index as it needs:\n{error.reason}",
                    severity=Severity.WARNING,
                    fix=f"Release {ours} first, or in the same go.",
                )
            return find(
                INSTALLS_ALONE,
                f"`{wheel.filename}` does not install into an empty environment:\n{error.reason}",
            )
        return skipped(INSTALLS_ALONE, error.reason or error.message)
    others = sum(line.startswith(" + ") for line in (done.output if done else "").splitlines()) - 1
    detail = (
        f"with {others} other project{'s' * (others != 1)}" if others > 0 else "needs nothing else"
    )
    return passed(
        INSTALLS_ALONE, detail if environment.uv else "", title="installs into an empty environment"
    )


# How uv says that no release of a project fits.
_NONE_FITS = re.compile(
    r"\b(?:no versions? of|versions of|only) (\w[\w.-]{0,100})|\b(\w[\w.-]{0,100}) was not found"
)


def siblings_in(reason: str, project: Project) -> str:
    """The other packages of the repository of which no release fits, as an installer's `reason` says."""
    words = [one for found in _NONE_FITS.findall(" ".join(reason.split())) for one in found if one]
    lacking = {canonicalize_name(word) for word in words}
    names = [one.name for one in siblings_of(project)] if lacking else []
    return " and ".join(f"`{name}`" for name in names if canonicalize_name(name) in lacking)


def _at_home(environment: Environment, home: Path) -> Environment:
    """The environment with an empty home and no display, so nothing personal plays a part."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR")
    environ = {k: v for k, v in environment.runner.environ.items() if k not in hidden}
    environ |= {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "APPDATA": str(home / "AppData"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "200",
    }
    return replace(environment, runner=replace(environment.runner, environ=environ))


# Reports to a file: the modules may print what they like, and may end Python altogether.
_IMPORT = """
import importlib, json, sys
with open(sys.argv[1], "a", encoding="utf-8") as report:
    for name in sys.argv[2:]:
        print(json.dumps({"name": name}), file=report, flush=True)
        found = {"name": name, "outcome": "ok"}
        try:
            module, _, attribute = name.partition(":")
            found_object = importlib.import_module(module)
            for part in filter(None, attribute.split(".")):
                found_object = getattr(found_object, part)
        except SystemExit as error:
            found |= {"outcome": "ended", "returncode": error.code if isinstance(error.code, int) else 1}
        except BaseException as error:
            inner, missing = error, None
            while inner is not None:
                if isinstance(inner, ModuleNotFoundError) and inner.name:
                    missing = inner.name
                inner = inner.__cause__ or inner.__context__
            said = " ".join(str(error).split())[:500]
            found |= {"outcome": "failed", "error": type(error).__name__, "said": said}
            # An error of the package's own, above ImportError, is what it wants to say.
            is_plain = type(error) in (ImportError, ModuleNotFoundError)
            found["missing"] = missing if is_plain else None
        print(json.dumps(found), file=report, flush=True)
"""


def try_imports(names: Sequence[str], environment: Environment, home: Path) -> Iterator[Attempt]:
    """Import each name; all in one process, but for those that end it or hang."""
    left = list(names)
    round_number = 0
    while left:
        round_number += 1
        report = home / f"imports-{round_number}.jsonl"
        returncode: int | None = None
        try:
            done = environment.run_python(
                ["-c", _IMPORT, report, *left], cwd=home, timeout=IMPORT_SECONDS, check=False
            )
            returncode = done.returncode
        except CommandError:
            pass  # out of time; the report says where
        reported = _reported(report)
        yield from (_attempt(found) for found in reported if "outcome" in found)
        finished = {found["name"] for found in reported if "outcome" in found}
        left = [name for name in left if name not in finished]
        if left:
            outcome = "hung" if returncode is None else "ended"
            yield Attempt(name=left.pop(0), outcome=outcome, returncode=returncode)


def _reported(report: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return []


def _attempt(found: dict[str, Any]) -> Attempt:
    return Attempt(
        name=found["name"],
        outcome=found["outcome"],
        error=found.get("error", ""),
        said=found.get("said", ""),
        missing=found.get("missing"),
        returncode=found.get("returncode"),
    )


def try_scripts(facts: Facts, environment: Environment, home: Path) -> list[Attempt]:
    """Start each console script with `--help`, some side by side."""

    def attempt(one: EntryPoint) -> Attempt:
        return _try_script(one.name, environment, home)

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        return list(pool.map(attempt, facts.wheel.commands))


def _try_script(name: str, environment: Environment, home: Path) -> Attempt:
    folder = home / "scripts" / "".join(c if c.isalnum() else "_" for c in name)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = environment.runner.run(
            [environment.script(name), "--help"],
            cwd=folder,
            timeout=SCRIPT_SECONDS,
            check=False,
            extra_environ=environment.make_extra_environ(),
        )
    except CommandError as error:
        if error.reason:  # could not be started at all
            return Attempt(name=name, outcome="ended", said=error.reason)
        return Attempt(name=name, outcome="hung")
    if done.returncode == 0:
        return Attempt(name=name, outcome="ok", returncode=0)
    raised, said, missing = parse_traceback(done.complaint)
    return Attempt(
        name=name,
        outcome="failed" if raised else "ended",
        error=raised,
        said=said if raised else last_lines(done.complaint, 1),
        missing=missing,
        returncode=done.returncode,
    )
