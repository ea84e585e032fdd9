"""Rules over what a wheel's code imports and its entry points name, without running any of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nox_release.checks.files.contents import is_own, own_modules, unpackaged
from nox_release.checks.files.known_imports import brings, project_of, squash
from nox_release.core.findings import Finding, Location, Rule, Severity, find
from nox_release.core.values import dataclass
from nox_release.core.words import some
from nox_release.files.wheels import COMMANDS, EntryPoint, Wheel, oldest_python

if TYPE_CHECKING:
    from nox_release.checks.files.facts import Facts

_rule = partial(Rule, subject="distributions")

SCRIPT_WITHOUT_TARGET = _rule(
    "script-without-target",
    Severity.ERROR,
    "each entry point leads to a module in the wheel",
    why="The command is installed, or the plugin is registered, and fails with ModuleNotFoundError "
    "at its first use.",
    remedy="Correct `project.scripts` or `project.entry-points`, or put the module into the wheel.",
    link="https://packaging.python.org/en/latest/specifications/entry-points/",
)
UNDECLARED_DEPENDENCY = _rule(
    "undeclared-dependency",
    Severity.ERROR,
    "every import is declared",
    why="It works here because the package happens to be installed, and fails for every user.",
    remedy="Add it to `project.dependencies`, or import it only where it is needed.",
    link="https://packaging.python.org/en/latest/specifications/pyproject-toml/#dependencies-optional-dependencies",
)
SYNTAX_TOO_NEW = _rule(
    "syntax-too-new",
    Severity.ERROR,
    "every module can be read by the oldest Python allowed",
    why="On that Python the import ends in a SyntaxError; installers choose this version all the "
    "same, because `requires-python` allows it.",
    remedy="Raise `project.requires-python`, or write it in the older form.",
    link="https://packaging.python.org/en/latest/guides/dropping-older-python-versions/",
)

DEVELOPERS_TOOL = _rule(
    "dependency-for-developers",
    Severity.ADVICE,
    "no dependency is there for the project's own tests",
    why="Everybody who installs the project gets it too, and has to keep to the range asked for.",
    remedy="Move it to `[dependency-groups]`, or to an extra.",
    link="https://packaging.python.org/en/latest/specifications/dependency-groups/",
)

RULES = (SCRIPT_WITHOUT_TARGET, UNDECLARED_DEPENDENCY, SYNTAX_TOO_NEW, DEVELOPERS_TOOL)


def imports(facts: Facts) -> Iterator[Finding]:
    yield from _entry_points(facts)
    yield from _syntax(facts)
    yield from _developers_tools(facts)


# --- entry points --------------------------------------------------------------------------------


def _entry_points(facts: Facts) -> Iterator[Finding]:
    wheel = facts.wheel
    defined = {code.module: code.defined for code in wheel.code}
    folders = {name.rpartition(".")[0] for name in wheel.modules}
    here = own_modules(facts.files)
    for one in wheel.entry_points:
        severity = None if one.group in COMMANDS else Severity.WARNING
        top = one.module.split(".")[0]
        if top not in wheel.tops:
            if is_own(top, here, facts):
                found = unpackaged(
                    facts, top, f"{_called(one)} leads to `{one.module}`",
                    severity=severity or Severity.ERROR,
                )  # fmt: skip
                yield found
        elif one.module not in wheel.modules and one.module not in folders:
            yield find(
                SCRIPT_WITHOUT_TARGET,
                f"{_called(one)} leads to `{one.module}`, which is not in `{wheel.filename}`.",
                where=_where(one),
                severity=severity,
            )
        elif _lacks(defined.get(one.module), one, wheel):
            yield find(
                SCRIPT_WITHOUT_TARGET,
                f"{_called(one)} leads to `{one.attribute}` in `{one.module}`, which has no such "
                "name.",
                where=_where(one),
                severity=Severity.WARNING,
            )


def _called(one: EntryPoint) -> str:
    if one.group in COMMANDS:
        return f"The command `{one.name}`"
    return f"The entry point `{one.name}` in `{one.group}`"


def _where(one: EntryPoint) -> Location:
    table = {"console_scripts": "scripts", "gui_scripts": "gui-scripts"}.get(
        one.group,
        f'entry-points."{one.group}"' if "." in one.group else f"entry-points.{one.group}",
    )
    return Location(file="pyproject.toml", key=f"project.{table}.{one.name}")


def _lacks(defined: frozenset[str] | None, one: EntryPoint, wheel: Wheel) -> bool:
    first = one.attribute.split(".")[0]
    return (
        defined is not None
        and bool(first)
        and first not in defined
        and f"{one.module}.{first}" not in wheel.modules
        and not (first.startswith("__") and first.endswith("__"))
    )


# --- syntax --------------------------------------------------------------------------------------


def _syntax(facts: Facts) -> Iterator[Finding]:
    """Modules in a syntax that the oldest Python allowed does not know.

    Such a module may be meant for later Pythons alone: it is an error only where the package
    cannot be imported without it, and a warning where nobody has had that Python for years.
    """
    newer = [code for code in facts.wheel.code if code.too_new and not _aside(code.path)]
    if not newer:
        return
    reached = reached_modules(facts.wheel)
    requires = facts.wheel.file.metadata.value("Requires-Python") or ""
    long_gone = (oldest_python(requires) or _STILL_THERE) < _STILL_THERE
    for certain in (True, False):
        group = [one for one in newer if (one.module in reached) is certain]
        if group and group[0].too_new:
            line, said = group[0].too_new
            yield find(
                SYNTAX_TOO_NEW,
                f"{some([code.path for code in group])}: the syntax is newer than "
                f'`requires-python = "{requires}"` '
                f"allows (line {line}: {said[:1].lower()}{said[1:]}).",
                severity=(Severity.WARNING if long_gone else None) if certain else Severity.ADVICE,
                where=Location(file="pyproject.toml", key="project.requires-python"),
            )


_STILL_THERE = (3, 7)


def reached_modules(wheel: Wheel) -> frozenset[str]:
    """The modules that are imported, without a condition, as soon as a top-level package is."""
    return _loaded_with((package.name for package in wheel.packages), wheel)


def _loaded_with(names: Iterable[str], wheel: Wheel) -> frozenset[str]:
    """The modules of the wheel among `names`, and those that they import without a condition."""
    imports = {
        code.module: {name for one in code.imports if one.certain for name in one.names}
        for code in wheel.code
    }
    todo = [name for name in names if name in imports]
    reached: set[str] = set()
    while todo:
        module = todo.pop()
        if module in reached:
            continue
        reached.add(module)
        for name in imports.get(module, ()):
            parts = name.split(".")
            todo += [
                outer for i in range(len(parts)) if (outer := ".".join(parts[: i + 1])) in imports
            ]
    return frozenset(reached)


# --- dependencies --------------------------------------------------------------------------------

# Modules of the standard library that other systems or later Pythons have, and what is not a module.
ELSEWHERE = frozenset(
    {"winreg", "msvcrt", "winsound", "_winapi", "fcntl", "termios", "pwd", "grp", "resource", "pty"}
    | {"tomllib", "annotationlib", "compression", "_typeshed", "__main__", "_winreg", "nt", "posix"}
    | {"java", "org", "js", "pyodide", "pyodide_js", "micropython", "machine", "clr", "System"}
    | {"asyncore", "asynchat", "imp", "distutils", "smtpd", "cgi", "cgitb", "crypt", "nntplib"}
    | {
        "telnetlib",
        "pipes",
        "uu",
        "xdrlib",
        "chunk",
        "audioop",
        "aifc",
        "sunau",
        "sndhdr",
        "imghdr",
    }
    | {"mailcap", "msilib", "nis", "ossaudiodev", "spwd", "lib2to3"}
)
# Folders for what only some users have the other half of, for copies, and for what nobody imports.
_OPTIONAL = re.compile(
    r"(^|/)(_build[^/]*|_?(vendor(ed)?|vendored_packages|extern|externals?|third_party|thirdparty"
    r"|contrib|ext|extensions?|integrations?|plugins?|adapters?|backends?|drivers?|providers?"
    r"|connectors?|examples?|benchmarks?|docs?|scripts?|tools?|templates?|tests?|testing|test_?suites?"
    r"|conftest\.py|test_[^/]*|[^/]*_test\.py|pytest[^/]*|sphinx[^/]*))(/|$)"
)


# What is copied out for others, unless the package itself imports it.
_COPIED_OUT = re.compile(r"(^|[/_])(templates?|resources?|skeletons?|boilerplates?)([/_.]|$)")


def _aside(path: str) -> bool:
    return bool(_OPTIONAL.search(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A top-level name of another project, and the first module that imports it.

    `reached` is true where importing the wheel's package is enough to need it.
    """

    name: str
    dotted: tuple[str, ...]
    path: str
    line: int
    reached: bool


def wanted_imports(wheel: Wheel) -> tuple[Wanted, ...]:
    """The imports that no guard, condition or function stands before, of other projects."""
    reached = reached_modules(wheel)
    # What is imported only where it works, with all that it needs itself.
    tried = _loaded_with({name for code in wheel.code for name in code.tried}, wheel) - reached
    found: dict[str, Wanted] = {}
    for code in sorted(wheel.code, key=lambda code: (code.module not in reached, code.path)):
        if _aside(code.path) or code.module in tried:
            continue
        if code.module not in reached and _COPIED_OUT.search(code.path):
            continue
        for one in code.imports:
            for name in {name.split(".")[0] for name in one.names} if one.certain else ():
                if is_foreign(name, wheel) and not _is_half_of(name, code.path):
                    found.setdefault(
                        name,
                        Wanted(
                            name=name,
                            dotted=tuple(n for n in one.names if n.split(".")[0] == name),
                            path=code.path,
                            line=one.line,
                            reached=code.module in reached,
                        ),
                    )
    return tuple(found.values())


def is_foreign(name: str, wheel: Wheel) -> bool:
    return not (name in sys.stdlib_module_names or name in ELSEWHERE or name in wheel.tops)


def _is_half_of(name: str, path: str) -> bool:
    """Whether a path says that it is about this import: `demo/django.py`, `demo/on_torch/x.py`."""
    return any(name.lower() in part.lower() for part in path.removesuffix(".py").split("/"))


def undeclared(
    facts: Facts,
    brought: Collection[str] | None = None,
    told: Collection[str] = (),
    closure: Collection[str] = (),
) -> Iterator[Finding]:
    """Imports that no declared dependency brings.

    `brought` are the names that can be imported with the declared dependencies installed, `None`
    where nothing was installed: then only names tell, those of the `closure` of the dependencies
    where it is known. What was `told` already is left out.
    """
    here = own_modules(facts.files)
    requirements = tuple(parsed(facts.requirements))
    names = {one.name for one in requirements} | {*closure}
    missing = [
        one
        for one in wanted_imports(facts.wheel)
        if one.name not in told
        and one.name not in (brought or ())
        and not is_own(one.name, here, facts)
        and not host_of(one.name, facts)
        and not any(brings(project, name) for project in names for name in one.dotted)
    ]
    if not missing:
        return
    # What an extra brings along was not installed.
    certain = all(
        _FOR_DEVELOPERS.search(str(one.marker)) if is_extra(one) else brought is not None
        for one in requirements
    )
    shown = [f"`{one.name}` ({one.path}, line {one.line})" for one in missing]
    more = f" and {len(shown) - 8} more" if len(shown) > 8 else ""
    yield find(
        UNDECLARED_DEPENDENCY,
        f"The wheel's modules import {', '.join(shown[:8])}{more}, which no declared dependency "
        + ("brings." if certain else "has the name of; one of them may bring it along."),
        where=Location(file="pyproject.toml", key="project.dependencies"),
        severity=Severity.WARNING if certain else Severity.ADVICE,
        fix=dependency_for(missing[0].name),
    )


# What nobody but those who work on a project runs, and few projects call as programs.
_DEVELOPERS_TOOL = re.compile(
    r"pytest(-\w+)*|coverage|tox|nox|pre-commit|flake8|pylint|isort|twine|bump2version"
)


def _developers_tools(facts: Facts) -> Iterator[Finding]:
    """Tools for tests that every installation brings, and no module imports."""
    if not facts.wheel.code:
        return
    used = {
        name.split(".")[0]
        for code in facts.wheel.code
        for one in code.imports
        for name in one.names
    }
    idle = [
        one.name
        for one in parsed(facts.requirements)
        if one.marker is None
        and _DEVELOPERS_TOOL.fullmatch(canonicalize_name(one.name))
        and one.name.replace("-", "_").lower() not in used
        and not host_of(one.name.split("-")[0], facts)
    ]
    if idle:
        yield find(
            DEVELOPERS_TOOL,
            f"Every installation brings {some(idle)}, which no module of the wheel imports.",
            where=Location(file="pyproject.toml", key="project.dependencies"),
        )


def parsed(requirements: Iterable[str]) -> Iterator[Requirement]:
    for text in requirements:
        try:
            yield Requirement(text)
        except InvalidRequirement:
            continue


_FOR_DEVELOPERS = re.compile(
    r"""\bextra == ["'](?:dev\w*|docs?|tests?|testing|lint|types?|typing)["']""", re.IGNORECASE
)
_OF_EXTRA = re.compile(r"""\bextra == ["']([^"']+)["']""")


def is_extra(requirement: Requirement) -> bool:
    return _OF_EXTRA.search(str(requirement.marker or "")) is not None


def extra_with(module: str, requirements: Iterable[str]) -> str:
    """The extra that brings `module`, by the names of its requirements; empty when none does."""
    project = project_of(module) or canonicalize_name(module)
    for requirement in parsed(requirements):
        extra = _OF_EXTRA.search(str(requirement.marker or ""))
        if extra and canonicalize_name(requirement.name) == project:
            return extra[1]
    return ""


def dependency_for(module: str) -> str:
    """The remedy; a project is named only where it is known to be the right one."""
    project = project_of(module)
    if project is not None:
        return (
            f'Add "{project}" to `project.dependencies`, or import `{module}` only where it is '
            "needed."
        )
    return (
        f"Declare the project that brings `{module}` in `project.dependencies`: look its name up "
        f"first, it need not be `{module}`. Or import it only where it is needed."
    )


_GUESTS = {
    "distutils": {"setuptools"},  # whose commands and keywords it reads
    "sphinx": {"sphinx", "docutils", "jinja2", "pygments"},
    "pytest": {"pytest", "_pytest", "pluggy"},
    "jupyter": {"ipython", "jupyter_core", "notebook"},
}


def host_of(module: str, facts: Facts) -> str:
    """What imports this project and has `module` installed: its framework, or what it plugs into."""
    wheel = facts.wheel
    hosts = {
        classifier.removeprefix("Framework :: ").split(" :: ")[0]
        for classifier in wheel.file.metadata.values("Classifier")
        if classifier.startswith("Framework :: ")
    }
    groups = {re.split(r"[._:0-9]", one.group)[0] for one in wheel.entry_points}
    words = set(canonicalize_name(facts.project.name or wheel.file.name).split("-"))
    for host in (*sorted(hosts), *sorted(groups - {"console", "gui"}), *sorted(words)):
        name = host.lower()
        if squash(module) in {squash(one) for one in (name, *_GUESTS.get(name, ())) if one}:
            return host
    return ""
