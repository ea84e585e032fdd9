"""Rules over what a wheel installs, held against the source tree that it was made from."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from nox_release.checks.files.known_imports import project_of, squash
from nox_release.checks.files.remedies import backend_of, fill, remedy_for
from nox_release.core.findings import Finding, Rule, Severity, find
from nox_release.core.words import some
from nox_release.files.wheels import is_package, module_name, oldest_python
from nox_release.project.toml import table_in

if TYPE_CHECKING:
    from nox_release.checks.files.facts import Facts

_rule = partial(Rule, subject="distributions")

WHEEL_EMPTY = _rule(
    "wheel-empty",
    Severity.ERROR,
    "the wheel holds importable files",
    why="PyPI takes an empty wheel, everybody who installs it gets nothing, and the version is "
    "used up.",
    remedy="Tell the backend where the package is: for hatchling `[tool.hatch.build.targets.wheel] "
    'packages = ["src/NAME"]`, for setuptools `[tool.setuptools.packages.find] where = ["src"]`.',
    link="https://packaging.python.org/en/latest/discussions/src-layout-vs-flat-layout/",
)
WHEEL_MISSING_MODULES = _rule(
    "wheel-missing-modules",
    Severity.ERROR,
    "every module of the package is in the wheel",
    why="The module is in the source tree but not in what is installed, so it works here and fails "
    "for everybody else.",
    remedy="Let the backend find subpackages itself (setuptools: `packages.find`), give each an "
    "`__init__.py`, and check `exclude`.",
    link="https://setuptools.pypa.io/en/latest/userguide/package_discovery.html",
)
WHEEL_MISSING_DATA = _rule(
    "wheel-missing-data",
    Severity.WARNING,
    "the package's data files are in the wheel",
    why="Code that opens them works from the source tree and fails once installed.",
    remedy="Name them as package data of the build backend.",
    link="https://setuptools.pypa.io/en/latest/userguide/datafiles.html",
)
WHEEL_STRAY_TOP_LEVEL = _rule(
    "wheel-stray-top-level",
    Severity.WARNING,
    "the wheel puts only its own packages into site-packages",
    why="A top-level `tests`, `src` or `utils` is installed beside everybody else's and overwrites "
    "theirs.",
    remedy="Exclude it: setuptools `[tool.setuptools.packages.find] include`, hatchling "
    "`[tool.hatch.build.targets.wheel] packages`, poetry `packages`.",
    link="https://github.com/jwodder/check-wheel-contents#w009--wheel-contains-multiple-toplevel-library-entries",
)
WHEEL_TAKEN_NAME = _rule(
    "wheel-taken-name",
    Severity.WARNING,
    "no top-level name of the wheel belongs to somebody else",
    why="A module of the standard library comes first, so that one in the wheel is never imported; "
    "two projects that install the same package overwrite each other's files.",
    remedy="Move the module below the project's own package.",
    link="https://docs.python.org/3/library/sys_path_init.html",
)

RULES = (
    WHEEL_EMPTY,
    WHEEL_MISSING_MODULES,
    WHEEL_MISSING_DATA,
    WHEEL_STRAY_TOP_LEVEL,
    WHEEL_TAKEN_NAME,
)

# Tests, documents and tools: nobody imports them from an installed package by these names.
STRAY_NAMES = frozenset(
    {
        "test", "tests", "testing", "doc", "docs", "example", "examples", "script", "scripts",
        "benchmark", "benchmarks", "bench", "build", "dist", "tools", "ci", "notebooks", "samples",
        "requirements", "setup", "noxfile", "conftest", "tasks", "dodo", "fabfile",
    }
)  # fmt: skip
# Names that many trees have, and that therefore are nobody's.
_COMMON_NAMES = STRAY_NAMES | {
    "src", "lib", "libs", "util", "utils", "helpers", "helper", "common", "data", "core", "config",
    "app", "main", "models", "assets", "static", "templates", "resources", "module", "modules",
    "package", "packages", "misc", "integration", "fixtures",
}  # fmt: skip
_TESTS = re.compile(r"(^|/)(tests?|testing|conftest\.py|test_[^/]*\.py|[^/]*_test\.py)(/|$)")
# Folders from which packages come; modules at the top of a tree are the project's own too.
_ROOTS = ("", "src/", "lib/", "python/", "source/")


def contents(facts: Facts) -> Iterator[Finding]:
    """What the wheel lacks of the tree."""
    if not facts.wheel.modules:
        yield from _empty(facts)
        return
    yield from _moved(facts)
    yield from _missing_modules(facts)
    yield from _unpackaged(facts)
    yield from _missing_data(facts)


def _empty(facts: Facts) -> Iterator[Finding]:
    others = tuple(
        f"{folder}/"
        for path in facts.files
        if path.endswith(("/pyproject.toml", "/setup.py")) and (folder := path.rpartition("/")[0])
    )
    shipped = [
        name
        for path in facts.files
        if path.endswith("__init__.py")
        and not _TESTS.search(path)
        and not path.startswith(others)  # another project's
        and (name := path.rpartition("/")[0].removeprefix("src/"))
        and name.split("/")[0] not in STRAY_NAMES
    ]
    data = any(member.name.split("/")[0].endswith(".data") for member in facts.wheel.file.members)
    if shipped:
        yield find(
            WHEEL_EMPTY,
            f"`{facts.wheel.filename}` holds nothing to import, but the source tree has "
            f"{some(sorted(shipped)[:1])}.",
        )
    elif not facts.wheel.paths and not data:
        yield find(
            WHEEL_EMPTY,
            f"`{facts.wheel.filename}` holds nothing but metadata.",
            severity=Severity.ADVICE if facts.requirements else Severity.WARNING,
            fix="For a project that only gathers dependencies this is right.",
        )


# --- modules -------------------------------------------------------------------------------------


def _moved(facts: Facts) -> Iterator[Finding]:
    """The project's own package, whose contents are in the wheel without the package around them."""
    own = facts.project.normalized_name.replace("-", "_")
    folder = next(
        (
            f"{root}{found[1]}"
            for root in _ROOTS
            for path in facts.files
            if (found := re.fullmatch(rf"{re.escape(root)}([^/]+)/__init__\.py", path))
            and found[1].lower() == own
        ),
        None,
    )
    if folder is None or any(top.lower() == own for top in facts.wheel.tops):
        return
    name = folder.rpartition("/")[2]
    inside = {
        path.removeprefix(f"{folder}/") for path in facts.files if path.startswith(f"{folder}/")
    }
    moved = sorted({path.split("/")[0] for path in facts.wheel.modules.values() if path in inside})
    if moved:
        yield find(
            WHEEL_MISSING_MODULES,
            f"`{facts.wheel.filename}` has no package `{name}`, which the source tree has; what is "
            f"in it is installed at the top instead: {some(moved)}.",
            fix=_module_remedy(facts, f"{folder}/__init__.py", f"{name}/__init__.py"),
        )


def _missing_modules(facts: Facts) -> Iterator[Finding]:
    missing = missing_modules(facts)
    imported = facts.wheel.imported
    used = [name for name in missing if name in imported]
    idle = [name for name in missing if name not in imported]
    if used:
        path = missing[used[0]]
        yield find(
            WHEEL_MISSING_MODULES,
            f"`{facts.wheel.filename}` lacks {some(used)}, which its own modules import.",
            fix=_module_remedy(facts, path, _installed(path, used[0])),
        )
    left_out = _left_out({missing[name] for name in idle}, facts)
    meant = [name for name in idle if missing[name] in left_out]
    for names in ([name for name in idle if name not in meant], meant):
        if not names:
            continue
        path = missing[names[0]]
        remedy = _module_remedy(facts, path, _installed(path, names[0]))
        yield find(
            WHEEL_MISSING_MODULES,
            f"`{facts.wheel.filename}` lacks {some(names)}, which the source tree has.",
            severity=Severity.ADVICE if names is meant else Severity.WARNING,
            fix=f"If they are left out on purpose, all is well. {remedy}",
        )


def _unpackaged(facts: Facts) -> Iterator[Finding]:
    """Modules beside the packages that the wheel's code imports and nobody packaged."""
    here = own_modules(facts.files)
    wanted: dict[str, str] = {}
    certain = set()
    for code in facts.wheel.code:
        if _TESTS.search(code.path):
            continue
        for one in code.imports:
            for name in {name.split(".")[0] for name in one.names}:
                if is_own(name, here, facts):
                    wanted.setdefault(name, code.path)
                    certain |= {name} if one.certain else set()
    for name, importer in sorted(wanted.items()):
        yield unpackaged(
            facts,
            name,
            f"`{importer}` imports `{name}`",
            severity=Severity.ERROR if name in certain else Severity.WARNING,
        )


def is_own(name: str, here: dict[str, str], facts: Facts) -> bool:
    """Whether a top-level import is a module of the source tree that the wheel does not hold."""
    if name not in here or name in facts.wheel.tops or name in sys.stdlib_module_names:
        return False
    required = {canonicalize_name(re.split(r"[^\w.-]", text)[0]) for text in facts.requirements}
    return canonicalize_name(name) not in required and project_of(name) not in required


def unpackaged(
    facts: Facts, name: str, what: str, *, severity: Severity = Severity.ERROR
) -> Finding:
    """`what` needs the module `name` of this very tree, which was not packaged."""
    path = own_modules(facts.files)[name]
    installed = f"{name}.py" if path.endswith(f"{name}.py") else f"{name}/__init__.py"
    return find(
        WHEEL_MISSING_MODULES,
        f"{what}, which is `{path}` of this project and not in `{facts.wheel.filename}`.",
        severity=severity,
        fix=f"{_module_remedy(facts, path, installed)} Do not add `{name}` to the dependencies: on "
        "the index that name belongs to somebody else, or to nobody yet.",
    )


def own_modules(files: Sequence[str]) -> dict[str, str]:
    """The top-level modules and packages of a source tree, each with a file of it."""
    found: dict[str, str] = {}
    for root in _ROOTS:
        for path in sorted(files):
            if not path.startswith(root) or not path.endswith(".py"):
                continue
            first, _, rest = path.removeprefix(root).partition("/")
            name = first if rest else first.removesuffix(".py")
            if name.isidentifier() and (root or name not in ("src", "lib", "python", "source")):
                found.setdefault(name, path if not rest else f"{root}{first}/")
    return found


def _installed(path: str, name: str) -> str:
    """Where the module `name`, which is `path` here, is installed."""
    end = "/__init__.py" if path.endswith("/__init__.py") else ".py"
    return name.replace(".", "/") + end


def _module_remedy(facts: Facts, path: str, installed: str) -> str:
    return fill(remedy_for(facts.project).module, path=path, installed=installed)


def _homes(facts: Facts) -> Iterator[tuple[str, str]]:
    """Each package of the wheel (as a path) with the folder of the tree that it came from."""
    folders = {path.rpartition("/")[0] for path in facts.files if is_package(path)}
    for package in facts.wheel.packages:
        path = package.name.replace(".", "/")
        homes = [f for f in folders if f == path or f.endswith("/" + path)]
        homes = [f for f in homes if not _TESTS.search(f.removesuffix(path))]
        if homes:
            yield path, min(homes, key=lambda folder: (folder.count("/"), folder))


def _absent(facts: Facts) -> Iterator[tuple[str, str]]:
    """Files of the tree below a shipped package that the wheel lacks: path installed, path here."""
    there = set(facts.wheel.paths)
    for package, home in _homes(facts):
        below = [path for path in facts.files if path.startswith(home + "/")]
        installed = [package + path.removeprefix(home) for path in below]
        kept = sum(path in there for path in installed)
        if kept * 2 < sum(path.startswith(package + "/") for path in there):
            continue  # not the folder it came from after all
        for path, here in zip(installed, below, strict=True):
            if path not in there and not _TESTS.search(path.removeprefix(package)):
                yield path, here


def missing_modules(facts: Facts) -> dict[str, str]:
    """Modules of the tree that belong to a shipped package and are not in the wheel: name, path."""
    return {
        name: here
        for path, here in sorted(_absent(facts))
        if path.endswith(".py")
        and (name := module_name(path))
        and name not in facts.wheel.modules
        and not _holds_compiled_only(name, facts)
    }


def _holds_compiled_only(package: str, facts: Facts) -> bool:
    """Whether the wheel has its compiled modules, which are imported without an `__init__.py`."""
    below = [path for name, path in facts.wheel.modules.items() if name.startswith(f"{package}.")]
    return bool(below) and not any(path.endswith(".py") for path in below)


# Where backends name what goes into no file, or not into the wheel: as paths, setuptools as packages.
_SETUPTOOLS = ("setuptools", "packages", "find")
_BUILD_TABLES = (
    ("hatch", "build"),
    ("pdm", "build"),
    ("poetry",),
    ("scikit-build",),
    ("uv", "build-backend"),
    _SETUPTOOLS,
)


def _left_out(paths: Iterable[str], facts: Facts) -> set[str]:
    """Those files of the tree that a pattern of the backend's settings leaves out, as far as such
    patterns are alike: they name it, or a folder around it, from the root or from anywhere.
    """
    forms = []
    for table in _BUILD_TABLES:
        for text in _excluded(table_in(facts.project.pyproject, "tool", *table)):
            pattern = text.replace(".", "/") if table is _SETUPTOOLS else text
            pattern = re.sub(r"^(\./|/)+|\*\*/|/$", "", pattern)
            forms += [f"*/{pattern}", f"*/{pattern}/*"]
    return {path for path in paths if any(fnmatchcase(f"/{path}", form) for form in forms)}


def _excluded(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _excluded(value)
        elif isinstance(value, list) and re.search(r"(^|-)excludes?$", key):
            entries = (one.get("path") if isinstance(one, dict) else one for one in value)
            yield from (one for one in entries if isinstance(one, str))


# --- data ----------------------------------------------------------------------------------------

# What a program opens at run time; sources that were compiled, and notes for developers, are not.
_DATA = frozenset(
    {
        ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".csv", ".tsv", ".xml", ".xsd", ".sql",
        ".html", ".htm", ".css", ".js", ".mjs", ".svg", ".png", ".ico", ".gif", ".jpg", ".ttf",
        ".woff", ".woff2", ".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".mako", ".mo", ".pem",
        ".pyi", ".typed", ".txt", ".dat", ".db", ".npz", ".npy", ".graphql", ".lark", ".peg",
    }
)  # fmt: skip
_NOTES = ("readme", "changelog", "cmakel")
# What a build script opens by its folder is compiled, and not in the wheel for that.
_SOURCES = (
    ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".pyx", ".pxd", ".pxi", ".f", ".f90", ".rs",
    ".cu", ".cuh", ".m", ".mm", ".s", ".asm", ".in", ".build", ".cmake", ".py", ".pyc",
)  # fmt: skip
_BUILD_SCRIPTS = re.compile(r"(^|/)(setup(_package|_helpers)?|_?build\w*)\.py$")


def missing_data(facts: Facts) -> dict[str, str]:
    """Data files beside shipped modules that are not in the wheel: path installed, path here."""
    opened = _opened(facts)
    return {
        path: here
        for path, here in sorted(_absent(facts))
        if not path.lower().endswith(_SOURCES)
        and (PurePosixPath(path).suffix in _DATA or _is_opened(path, opened))
        and not PurePosixPath(path).name.lower().startswith(_NOTES)
    }


def _opened(facts: Facts) -> frozenset[str]:
    return frozenset(
        place
        for code in facts.wheel.code
        if not _BUILD_SCRIPTS.search(code.path)
        for place in code.opened
    )


def _is_opened(path: str, opened: frozenset[str]) -> bool:
    """Whether the package's code names this file, or a folder around it."""
    return path in opened or any(
        parent.as_posix() in opened for parent in PurePosixPath(path).parents
    )


def _missing_data(facts: Facts) -> Iterator[Finding]:
    missing = missing_data(facts)
    if not missing:
        return
    opened = _opened(facts)
    left_out = _left_out(missing.values(), facts)
    siblings = {(one.parent, one.suffix) for one in map(PurePosixPath, facts.wheel.paths)}
    meant = [
        path
        for path in missing
        if _is_opened(path, opened)
        or (
            missing[path] not in left_out
            and (
                path.endswith("/py.typed")
                or (PurePosixPath(path).parent, PurePosixPath(path).suffix) in siblings
            )
        )
    ]
    rest = [path for path in missing if path not in meant]
    for paths, severity in ((meant, Severity.WARNING), (rest, Severity.ADVICE)):
        if paths:
            yield _data_finding(facts, paths, missing, severity)


def _data_finding(
    facts: Facts, paths: Sequence[str], here: dict[str, str], severity: Severity
) -> Finding:
    first = paths[0]
    remedy = remedy_for(facts.project)
    in_sdist = set(facts.sdist_files)
    if here[first] in in_sdist:
        text, message = remedy.data, f"`{facts.wheel.filename}` lacks {some(paths)}"
        why = (
            ", which its code opens."
            if _is_opened(first, _opened(facts))
            else ", which the source tree has beside the package's modules."
        )
    else:
        text = remedy.sdist
        message = f"`{facts.distributions[0].filename}` lacks {some(paths)}"
        why = ", and so does the wheel that is made from it; the source tree has it."
    return find(
        WHEEL_MISSING_DATA,
        f"{message}{why}",
        severity=severity,
        fix=f"{backend_of(facts.project)}: {fill(text, path=here[first], installed=first)}",
    )


# --- names at the top ----------------------------------------------------------------------------


def names_at_the_top(facts: Facts) -> Iterator[Finding]:
    yield from _stray(facts)
    yield from _taken(facts)


def _own_names(facts: Facts) -> frozenset[str]:
    return frozenset({squash(facts.project.name or facts.wheel.file.name)})


def _stray(facts: Facts) -> Iterator[Finding]:
    own = _own_names(facts)
    tops: dict[str, int] = {}
    for path in facts.wheel.paths:
        top = path.split("/")[0]
        tops[top] = tops.get(top, 0) + 1
    stray = []
    for top, count in sorted(tops.items()):
        folder = any(path.startswith(top + "/") for path in facts.wheel.paths)
        stem = top.removesuffix(".py")
        if stem.lower() in _COMMON_NAMES and squash(stem) not in own:
            stray.append(f"`{top}/` ({count} file{'s' * (count > 1)})" if folder else f"`{top}`")
        elif not folder and not top.endswith((".py", ".pth", ".so", ".pyd", ".pyi")):
            stray.append(f"`{top}`")
    if stray:
        is_src = any(one.startswith("`src/`") for one in stray)
        yield find(
            WHEEL_STRAY_TOP_LEVEL,
            f"`{facts.wheel.filename}` puts {', '.join(stray)} into site-packages itself.",
            fix="Let `src` be the folder above the package, not a package: remove "
            "`src/__init__.py`, and name what is in it: setuptools `[tool.setuptools.packages.find] "
            'where = ["src"]`, hatchling `[tool.hatch.build.targets.wheel] packages = '
            '["src/NAME"]`. `import src.NAME` becomes `import NAME`.'
            if is_src
            else "",
        )


def _taken(facts: Facts) -> Iterator[Finding]:
    """Names of the standard library, and those that well-known projects install."""
    own = _own_names(facts)
    whole = [package.name for package in facts.wheel.packages if "." not in package.name]
    library = [name for name in whole if is_always_in_library(name, facts)]
    if library:
        yield find(
            WHEEL_TAKEN_NAME,
            f"`{facts.wheel.filename}` installs {some(library)}, which the standard library has: "
            "`import` finds that one, never the wheel's.",
            severity=Severity.ERROR if set(library) == set(whole) else None,
        )
    for name in whole:
        other = project_of(name)
        if other is None or name in library or squash(name) in own:
            continue
        project = canonicalize_name(facts.project.name or facts.wheel.file.name)
        if squash(other) not in squash(project) and squash(project) not in squash(other):
            yield find(
                WHEEL_TAKEN_NAME,
                f"`{facts.wheel.filename}` installs `{name}`, which is what `{other}` installs: the "
                "two overwrite each other.",
            )


def is_always_in_library(name: str, facts: Facts) -> bool:
    """Whether every Python that the wheel allows has a module of that name."""
    if name not in sys.stdlib_module_names:
        return False
    from stdlib_list import short_versions, stdlib_list

    oldest = oldest_python(facts.wheel.file.metadata.value("Requires-Python") or "") or (3, 8)
    versions = [one for one in short_versions if tuple(map(int, one.split("."))) >= oldest]
    return all(name in stdlib_list(one) for one in versions)
