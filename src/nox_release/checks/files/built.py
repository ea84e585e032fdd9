"""Rules over built distributions: what PyPI would take, and what would still be a broken release.

The facts come from `inspection`; every rule here is a function of values.
"""

from __future__ import annotations

import re
import sys
import textwrap
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from nox_release.core.findings import (
    Finding,
    Location,
    Passed,
    Rule,
    Severity,
    Skipped,
    find,
    make_rule,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from nox_release.core.findings import Result
    from nox_release.files.distributions import Distribution
    from nox_release.project.pyproject import Project

_SUBJECT = "distributions"


_rule = partial(make_rule, subject="distributions")


WHEEL_EMPTY = _rule(
    "wheel-empty",
    Severity.ERROR,
    "the wheel holds importable files",
    why="PyPI takes an empty wheel, and whoever installs it gets nothing; the version is then used up.",
    remedy="Tell the backend where the package is: for hatchling `[tool.hatch.build.targets.wheel] "
    'packages = ["src/NAME"]`, for setuptools `[tool.setuptools.packages.find] where = ["src"]`.',
    link="https://packaging.python.org/en/latest/discussions/src-layout-vs-flat-layout/",
)
WHEEL_MISSING_MODULES = _rule(
    "wheel-missing-modules",
    Severity.ERROR,
    "every module of the package is in the wheel",
    why="The package is found in the source tree but not in what is installed, so it works here "
    "and fails for everybody else.",
    remedy="Let the backend find subpackages itself (setuptools: `packages.find`), and give each "
    "an `__init__.py`; check `exclude` and MANIFEST.in.",
    link="https://setuptools.pypa.io/en/latest/userguide/package_discovery.html",
)
WHEEL_MISSING_DATA = _rule(
    "wheel-missing-data",
    Severity.WARNING,
    "the package's data files are in the wheel",
    why="Code that opens them works from the source tree and fails once installed.",
    remedy="Name them as package data: setuptools `[tool.setuptools.package-data]`, or list them "
    "in MANIFEST.in with `include-package-data`.",
    link="https://setuptools.pypa.io/en/latest/userguide/datafiles.html",
)
WHEEL_STRAY_TOP_LEVEL = _rule(
    "wheel-stray-top-level",
    Severity.WARNING,
    "the wheel puts only its own packages into site-packages",
    why="A top-level `tests` or `docs` is installed beside everybody else's and overwrites theirs.",
    remedy="Exclude it: setuptools `[tool.setuptools.packages.find] include`, hatchling "
    "`[tool.hatch.build.targets.wheel] packages`, poetry `packages`.",
    link="https://github.com/jwodder/check-wheel-contents#w009--wheel-contains-multiple-toplevel-library-entries",
)
SDIST_STRAY_FILES = _rule(
    "sdist-stray-files",
    Severity.WARNING,
    "the sdist holds only what belongs to the project",
    why="What lies in the tree by accident is published for ever.",
    remedy="Remove the files, or add them to .gitignore (and `exclude` of the backend).",
)
SDIST_HOLDS_SECRETS = _rule(
    "sdist-holds-secrets",
    Severity.ERROR,
    "no file with credentials is in the distributions",
    why="Whatever is uploaded is public at once and for ever; a token in it must be revoked.",
    remedy="Delete it from the tree and from git, revoke what it holds, and exclude it.",
)
VERSION_ZERO = _rule(
    "version-zero",
    Severity.ERROR,
    "the version is not 0.0.0",
    why="0.0.0 is what backends write when they could not find the version; once uploaded it stays.",
    remedy="Give the version in `project.version`, or let the backend see the git tags: "
    "`fetch-depth: 0` in the workflow, a full clone here.",
)
VERSION_MISMATCH = _rule(
    "version-mismatch",
    Severity.ERROR,
    "the version is the same wherever it is stated",
    why="A version on PyPI can be used once; the wrong one cannot be taken back.",
    remedy="Make them the same: raise the declared version, commit, and tag that commit.",
)
NAME_MISMATCH = _rule(
    "name-mismatch",
    Severity.ERROR,
    "the distributions carry the project's name",
    why="PyPI files an upload under the name in its metadata; another name is another project.",
    remedy="Give the same name in pyproject.toml and in what the backend reads.",
)
VERSION_BETWEEN_TAGS = _rule(
    "version-between-tags",
    Severity.WARNING,
    "HEAD carries the tag of its version",
    why="Without a tag at HEAD the version tool makes a development version, with a local part "
    "that PyPI refuses.",
    remedy="Nothing to do for a look; `nox -s release -- VERSION` makes the tag.",
)
BUILD_CHANGES_TREE = _rule(
    "build-changes-tracked-files",
    Severity.ERROR,
    "the build leaves the files in git as they are",
    why="A version tool that finds the tree changed makes a development version, even at a tag.",
    remedy="Generated files do not belong into git: `git rm -r --cached FILES`, and add them to "
    ".gitignore.",
    link="https://setuptools-scm.readthedocs.io/",
)
WHEEL_FOR_THIS_MACHINE = _rule(
    "wheel-for-this-machine",
    Severity.WARNING,
    "the wheel can be used on other machines",
    why="PyPI refuses the platform tag of an ordinary Linux build, because the wheel may need "
    "libraries of this machine.",
    remedy="The sdist can be uploaded alone; let cibuildwheel make manylinux wheels in the workflow.",
    link="https://cibuildwheel.pypa.io/",
)
BACKEND_WARNS = _rule(
    "backend-warns",
    Severity.ADVICE,
    "the build backend has nothing to complain about",
    why="What it warns of today it may refuse tomorrow, or leave out silently.",
    remedy="Do what it says; a warning about a missing file usually means one in pyproject.toml.",
)
SCRIPT_WITHOUT_TARGET = _rule(
    "script-without-target",
    Severity.ERROR,
    "each console script leads to a module in the wheel",
    why="The command is installed and fails with ModuleNotFoundError at its first use.",
    remedy="Correct `project.scripts`, or put the module into the wheel.",
    link="https://packaging.python.org/en/latest/specifications/entry-points/",
)
TWINE_CHECK = _rule(
    "twine-check",
    Severity.ERROR,
    "`twine check --strict` passes",
    why="The description is the project's page on PyPI.",
    remedy="Correct the file that `project.readme` names, and its content type.",
    link="https://packaging.python.org/en/latest/guides/making-a-pypi-friendly-readme/",
)
INSTALLS_ALONE = _rule(
    "installs-alone",
    Severity.ERROR,
    "the wheel installs into an empty environment",
    why="This is the first thing that every user does.",
    remedy="Correct `project.dependencies` or `project.requires-python`.",
)
IMPORTS = _rule(
    "import-fails",
    Severity.ERROR,
    "its packages import with the declared dependencies alone",
    why="The development environment hides what is missing; an empty one does not.",
    remedy="Correct the module, or declare what it imports in `project.dependencies`.",
)
UNDECLARED_DEPENDENCY = _rule(
    "undeclared-dependency",
    Severity.ERROR,
    "whatever is imported is declared",
    why="It works here because the package happens to be installed, and fails for every user.",
    remedy="Add it to `project.dependencies`, or import it only where it is needed.",
    link="https://packaging.python.org/en/latest/specifications/pyproject-toml/#dependencies-optional-dependencies",
)
SCRIPT_FAILS = _rule(
    "script-fails",
    Severity.ERROR,
    "each console script answers `--help`",
    why="It is the first thing that a user types.",
    remedy="Run it in an empty environment and mend what its traceback names.",
)

RULES = (
    WHEEL_EMPTY,
    WHEEL_MISSING_MODULES,
    WHEEL_MISSING_DATA,
    WHEEL_STRAY_TOP_LEVEL,
    SDIST_STRAY_FILES,
    SDIST_HOLDS_SECRETS,
    VERSION_ZERO,
    VERSION_MISMATCH,
    NAME_MISMATCH,
    VERSION_BETWEEN_TAGS,
    BUILD_CHANGES_TREE,
    WHEEL_FOR_THIS_MACHINE,
    BACKEND_WARNS,
    SCRIPT_WITHOUT_TARGET,
    TWINE_CHECK,
    INSTALLS_ALONE,
    IMPORTS,
    UNDECLARED_DEPENDENCY,
    SCRIPT_FAILS,
)


# --- what is in a wheel ----------------------------------------------------------------------

_EXTENSION = re.compile(r"\.(?:[A-Za-z0-9_\-]+\.)?(?:so|pyd)$")
# Tests, documents and tools: nobody imports them from an installed package by these names.
STRAY_NAMES = frozenset(
    {
        "test", "tests", "testing", "doc", "docs", "example", "examples", "script", "scripts",
        "benchmark", "benchmarks", "bench", "build", "dist", "tools", "ci", "notebooks", "samples",
        "requirements", "setup", "noxfile", "conftest", "tasks", "dodo", "fabfile",
    }
)  # fmt: skip
_TESTS = re.compile(r"(^|/)(tests?|testing|conftest\.py|test_[^/]*\.py|[^/]*_test\.py)(/|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A top-level name that the wheel makes importable, with the number of its files."""

    name: str
    files: int
    subpackages: int = 0


def installed_names(wheel: Distribution) -> tuple[str, ...]:
    """The files of the wheel below site-packages, as paths there; its metadata left out.

    `NAME.data/purelib` and `platlib` are site-packages too.
    Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    """
    found = []
    for member in wheel.members:
        if member.is_dir:
            continue
        top, _, rest = member.name.partition("/")
        if top.endswith(".dist-info") and rest:
            continue
        if top.endswith(".data") and rest:
            scheme, _, rest = rest.partition("/")
            if scheme in ("purelib", "platlib") and rest:
                found.append(rest)
            continue
        found.append(member.name)
    return tuple(found)


def module_name(path: str) -> str | None:
    """The dotted name under which `path` (below site-packages) is imported, if it is a module."""
    if path.endswith(".py"):
        stem = path.removesuffix(".py")
    elif _EXTENSION.search(path):
        stem = _EXTENSION.sub("", path)
    else:
        return None
    parts = stem.split("/")
    if parts[-1] == "__init__":
        parts.pop()
    if not parts or not all(part.isidentifier() for part in parts):
        return None
    return ".".join(parts)


def top_level(wheel: Distribution) -> tuple[Package, ...]:
    """What the wheel makes importable: modules, packages, and the packages in a namespace."""
    names = installed_names(wheel)
    modules = {name: path for path in names if (name := module_name(path))}
    packages = {name for name, path in modules.items() if _is_package(path)}
    found: dict[str, Package] = {}
    for name in modules:
        root = _root(name, packages)
        if root in found:
            continue
        folder = root.replace(".", "/") + "/"
        found[root] = Package(
            name=root,
            files=sum(path.startswith(folder) for path in names) or 1,
            subpackages=sum(package.startswith(root + ".") for package in packages),
        )
    return tuple(sorted(found.values(), key=lambda package: package.name))


def _is_package(path: str) -> bool:
    return path.rpartition("/")[2].startswith("__init__.")


def _root(name: str, packages: Collection[str]) -> str:
    """The outermost regular package around `name`; the module itself where there is none."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        outer = ".".join(parts[:count])
        if outer in packages:
            return outer
    return name


def import_names(wheel: Distribution) -> tuple[str, ...]:
    """What to import to see that the wheel works.

    Left out: stubs, and the shared part that mypyc makes (its name is a hash). In a namespace
    without regular packages the modules themselves are taken.
    """
    return tuple(
        package.name
        for package in top_level(wheel)
        if not package.name.endswith("__mypyc") and package.name.split(".")[0] not in STRAY_NAMES
    )


def console_scripts(text: str) -> tuple[tuple[str, str], ...]:
    """`[console_scripts]` of an entry_points.txt: name and target."""
    found = []
    group = ""
    for line in text.splitlines():
        line = line.strip()  # noqa: PLW2901
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif group == "console_scripts" and "=" in line and not line.startswith(("#", ";")):
            name, _, target = line.partition("=")
            found.append((name.strip(), target.strip()))
    return tuple(found)


# --- rules over files ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the rules look at.

    `tree` are the files of the source tree, relative to the project's root; `untracked` those
    that git does not know; `entry_points` is the text of the wheel's entry_points.txt; `imported`
    are the dotted names that the wheel's modules import without a guard (see `missing_modules`);
    `tags` are those at the commit, `changed` the tracked files that the build changed, and
    `warnings` what the backend said.
    """

    project: Project
    sdist: Distribution
    wheel: Distribution
    tree: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    entry_points: str = ""
    imported: frozenset[str] = frozenset()
    tag: str | None = None
    tags: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def check_built(facts: Facts) -> Iterator[Result]:
    """Every rule that needs nothing but the files."""
    yield from _of(_versions(facts), VERSION_MISMATCH, f"version {facts.wheel.version}")
    yield from _names(facts)
    yield from _of(_contents(facts), WHEEL_MISSING_MODULES, _what_is_inside(facts.wheel))
    yield from _stray_in_wheel(facts)
    yield from _stray_in_sdist(facts)
    yield from _this_machine(facts)
    yield from _script_targets(facts)
    for warning in facts.warnings:
        yield find(BACKEND_WARNS, f"{_backend(facts.project)} warns: {_in_one_line(warning)}")


def _backend(project: Project) -> str:
    return re.split(r"[.:]", project.build_backend)[0]


def _in_one_line(warning: str) -> str:
    """What a warning says, without the box that setuptools draws around most of it."""
    parts: list[list[str]] = [[]]
    for line in map(str.strip, warning.splitlines()):
        if set(line) <= set("!*=-"):  # empty lines, and the box
            parts.append([])
        else:
            parts[-1].append(line)
    said = [" ".join(part) for part in parts if part]
    ended = [text if text[-1] in ".:;!?" else f"{text}." for text in said[:-1]]
    return textwrap.shorten(" ".join([*ended, *said[-1:]]), 400, placeholder=" …")


def _of(found: Iterator[Finding], rule: Rule, detail: str) -> Iterator[Result]:
    """The findings, or, when there are none, that the rule was looked at."""
    findings = tuple(found)
    if findings:
        yield from findings
    else:
        yield Passed(id=rule.id, subject=rule.subject, title=rule.title, detail=detail)


def _what_is_inside(wheel: Distribution) -> str:
    return ", ".join(package.name for package in top_level(wheel))


def _versions(facts: Facts) -> Iterator[Finding]:
    project, tag = facts.project, facts.tag
    for distribution in (facts.sdist, facts.wheel):
        version = distribution.version
        try:
            parsed = Version(version)
        except ValueError:
            yield find(
                VERSION_MISMATCH,
                f"`{distribution.filename}` has the version {version!r}, which is not PEP 440.",
            )
            continue
        if parsed == Version("0.0.0") and not parsed.is_prerelease:
            yield find(VERSION_ZERO, f"`{distribution.filename}` is version {version}.")
        if project.version is not None and Version(project.version) != parsed:
            yield find(
                VERSION_MISMATCH,
                f"`{distribution.filename}` is version {version}, but `project.version` is "
                f"{project.version}.",
                where=Location(file="pyproject.toml", key="project.version"),
            )
        in_filename = version_in_filename(distribution)
        if in_filename is not None and in_filename != parsed:
            yield find(
                VERSION_MISMATCH,
                f"`{distribution.filename}` says {in_filename} in its name and {version} inside.",
            )
        if tag is not None and not tag_fits(tag, project, parsed):
            yield find(
                VERSION_MISMATCH,
                f"The tag {tag} is not the tag of version {version}, which would be "
                f"`{project.settings.tag(project.name, str(parsed))}`.",
                fix=_other_format(tag, project, parsed),
            )
            return
    if facts.sdist.version != facts.wheel.version:
        yield find(
            VERSION_MISMATCH,
            f"The sdist is version {facts.sdist.version} and the wheel made from it "
            f"{facts.wheel.version}.",
            fix="Let the sdist carry the version it was made with (PKG-INFO), so that building "
            "from it needs no git.",
        )
    if project.version_from_tags and is_between_tags(facts.wheel.version):
        yield from _between_tags(facts)


def _between_tags(facts: Facts) -> Iterator[Finding]:
    tags = facts.tags if facts.tag is None else (facts.tag,)
    if tags and facts.changed:
        yield find(
            BUILD_CHANGES_TREE,
            f"HEAD carries the tag {tags[0]}, but the build changes {_some(facts.changed)}, "
            f"which git tracks, and so the version became {facts.wheel.version}.",
            fix=f"git rm -r --cached {' '.join(_folders(facts.changed))}, add to .gitignore, "
            "commit, and tag that commit.",
        )
    elif facts.tag is None:
        yield find(
            VERSION_BETWEEN_TAGS,
            f"The version is {facts.wheel.version}, "
            + (
                f"though HEAD carries the tag {tags[0]}."
                if tags
                else "because HEAD carries no tag."
            ),
        )


def _folders(paths: Sequence[str]) -> tuple[str, ...]:
    """Paths to name in a command; generated folders as a whole."""
    return tuple(
        dict.fromkeys(
            path.partition(".egg-info/")[0] + ".egg-info" if ".egg-info/" in path else path
            for path in paths
        )
    )


def version_in_filename(distribution: Distribution) -> Version | None:
    """The version its name gives; `None` for a name that breaks the rules (another rule's matter)."""
    from packaging.utils import (
        parse_sdist_filename,
        parse_wheel_filename,
    )

    try:
        if distribution.kind == "wheel":
            return parse_wheel_filename(distribution.filename)[1]
        return parse_sdist_filename(distribution.filename)[1]
    except ValueError:
        return None


def tag_fits(tag: str, project: Project, version: Version) -> bool:
    """Whether `tag` is, by the project's format, the tag of `version` however that is written."""
    before, _, after = project.settings.tag_format.partition("{version}")
    for name in (project.name, project.normalized_name):
        start, end = before.format(name=name), after.format(name=name)
        if tag.startswith(start) and tag.endswith(end) and len(tag) > len(start) + len(end):
            written = tag[len(start) : len(tag) - len(end)]
            try:
                return Version(written) == version
            except ValueError:
                continue
    return False


def _other_format(tag: str, project: Project, version: Version) -> str:
    """The remedy where only the form of the tag is another one."""
    form = project.settings.tag_format_of(tag, project.name)
    if form is None:
        return ""
    settings = replace(project.settings, tag_format=form)
    if not tag_fits(tag, replace(project, settings=settings), version):
        return ""
    return f'If your tags look like that, say so: `[tool.nox-release] tag-format = "{form}"`.'


def is_between_tags(version: str) -> bool:
    """Whether a version tool would make this version away from a tag."""
    try:
        parsed = Version(version)
    except ValueError:
        return False
    return parsed.local is not None or parsed.is_devrelease


def _names(facts: Facts) -> Iterator[Finding]:
    if not facts.project.name:
        return
    for distribution in (facts.sdist, facts.wheel):
        if canonicalize_name(distribution.name) != facts.project.normalized_name:
            yield find(
                NAME_MISMATCH,
                f"`{distribution.filename}` is of the project `{distribution.name}`, but "
                f"pyproject.toml says `{facts.project.name}`.",
                where=Location(file="pyproject.toml", key="project.name"),
            )


def _contents(facts: Facts) -> Iterator[Finding]:
    if not any(module_name(path) for path in installed_names(facts.wheel)):
        yield from _empty(facts)
        return
    missing = missing_modules(facts)
    used = [name for name in missing if name in facts.imported]
    if used:
        yield find(
            WHEEL_MISSING_MODULES,
            f"`{facts.wheel.filename}` lacks {_some(used)}, which its own modules import.",
        )
    idle = [name for name in missing if name not in facts.imported]
    if idle:
        yield find(
            WHEEL_MISSING_MODULES,
            f"`{facts.wheel.filename}` lacks {_some(idle)}, which the source tree has.",
            severity=Severity.WARNING,
            fix="If they are left out on purpose, all is well. " + WHEEL_MISSING_MODULES.remedy,
        )
    data = missing_data(facts)
    if data:
        yield find(
            WHEEL_MISSING_DATA,
            f"`{facts.wheel.filename}` lacks {_some(data)}, which the source tree has.",
            severity=Severity.WARNING
            if any(path.endswith("/py.typed") for path in data)
            else Severity.ADVICE,
        )


def _empty(facts: Facts) -> Iterator[Finding]:
    shipped = [
        name
        for path in facts.tree or _inside(facts.sdist)
        if path.endswith("__init__.py")
        and not _TESTS.search(path)
        and (name := path.rpartition("/")[0].removeprefix("src/"))
        and name.split("/")[0] not in STRAY_NAMES
    ]
    others = [path for path in installed_names(facts.wheel) if not path.endswith("/")]
    data = any(member.name.split("/")[0].endswith(".data") for member in facts.wheel.members)
    if shipped:
        yield find(
            WHEEL_EMPTY,
            f"`{facts.wheel.filename}` holds nothing to import, but the source tree has "
            f"{_some(sorted(shipped)[:1])}.",
        )
    elif not others and not data:
        yield find(
            WHEEL_EMPTY,
            f"`{facts.wheel.filename}` holds nothing but metadata.",
            severity=Severity.WARNING,
            fix="For a project that only gathers dependencies this is right.",
        )


def _inside(sdist: Distribution) -> tuple[str, ...]:
    """The files of the sdist, relative to its one folder."""
    return tuple(
        member.name.partition("/")[2]
        for member in sdist.members
        if not member.is_dir and "/" in member.name
    )


def _homes(facts: Facts) -> Iterator[tuple[str, str]]:
    """Each package of the wheel (as a path) with the folder of the tree that it came from."""
    tree = facts.tree or _inside(facts.sdist)
    folders = {path.rpartition("/")[0] for path in tree if _is_package(path)}
    for package in top_level(facts.wheel):
        path = package.name.replace(".", "/")
        homes = [f for f in folders if f == path or f.endswith("/" + path)]
        homes = [f for f in homes if not _TESTS.search(f.removesuffix(path))]
        if homes:
            yield path, min(homes, key=lambda folder: (folder.count("/"), folder))


def _absent(facts: Facts) -> Iterator[tuple[str, str]]:
    """Files of the tree below a shipped package that the wheel lacks: path installed, path here."""
    there = set(installed_names(facts.wheel))
    tree = facts.tree or _inside(facts.sdist)
    for package, home in _homes(facts):
        below = [path for path in tree if path.startswith(home + "/")]
        installed = [package + path.removeprefix(home) for path in below]
        kept = sum(path in there for path in installed)
        if kept * 2 < sum(path.startswith(package + "/") for path in there):
            continue  # not the folder it came from after all
        for path, here in zip(installed, below, strict=True):
            if path not in there and not _TESTS.search(path.removeprefix(package)):
                yield path, here


def missing_modules(facts: Facts) -> tuple[str, ...]:
    """Modules of the tree that belong to a shipped package and are not in the wheel."""
    there = {module_name(path) for path in installed_names(facts.wheel)}
    return tuple(
        sorted(
            name
            for path, _ in _absent(facts)
            if path.endswith(".py") and (name := module_name(path)) and name not in there
        )
    )


# What a program opens at run time; sources that were compiled, and notes for developers, are not.
_DATA = frozenset(
    {
        ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".csv", ".tsv", ".xml", ".xsd", ".sql",
        ".html", ".htm", ".css", ".js", ".mjs", ".svg", ".png", ".ico", ".gif", ".jpg", ".ttf",
        ".woff", ".woff2", ".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".mako", ".mo", ".pem",
        ".pyi", ".typed", ".txt", ".dat", ".db", ".npz", ".npy", ".graphql", ".lark", ".peg",
    }
)  # fmt: skip


def missing_data(facts: Facts) -> tuple[str, ...]:
    """Data files beside shipped modules that are not in the wheel."""
    return tuple(
        sorted(
            here
            for path, here in _absent(facts)
            if PurePosixPath(path).suffix in _DATA
            and not PurePosixPath(path).name.lower().startswith(("readme", "changelog", "cmakel"))
        )
    )


def _some(names: Sequence[str], count: int = 4) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:count])
    return f"{shown} and {len(names) - count} more" if len(names) > count else shown


def _stray_in_wheel(facts: Facts) -> Iterator[Finding]:
    own = {facts.project.normalized_name.replace("-", "_"), facts.project.normalized_name}
    tops: dict[str, int] = {}
    for path in installed_names(facts.wheel):
        top = path.split("/")[0]
        tops[top] = tops.get(top, 0) + 1
    stray = []
    for top, count in sorted(tops.items()):
        folder = any(path.startswith(top + "/") for path in installed_names(facts.wheel))
        stem = top.removesuffix(".py")
        if stem.lower() in STRAY_NAMES and stem not in own:
            stray.append(f"`{top}/` ({count} file{'s' * (count > 1)})" if folder else f"`{top}`")
        elif not folder and not top.endswith((".py", ".pth", ".so", ".pyd", ".pyi")):
            stray.append(f"`{top}`")
    if stray:
        yield find(
            WHEEL_STRAY_TOP_LEVEL,
            f"`{facts.wheel.filename}` puts {', '.join(stray)} into site-packages itself.",
        )


_ACCIDENTS = re.compile(
    r"^[=<>~!]=?[\d.]*$"  # `pip install x>=2.0` without quotes makes a file called `=2.0`
    r"|(^|/)(__pycache__|node_modules|\.venv|\.tox|\.nox|\.mypy_cache|\.pytest_cache|\.ruff_cache"
    r"|\.DS_Store|Thumbs\.db|\.coverage|pyvenv\.cfg)(/|$)"
    r"|\.(pyc|orig|rej|swp)$|~$|^(build/lib|dist)/"
)
_SECRETS = frozenset({".pypirc", ".netrc", "id_rsa", "id_ed25519", "id_ecdsa", ".env"})


def _stray_in_sdist(facts: Facts) -> Iterator[Finding]:
    inside = _inside(facts.sdist)
    untracked = set(facts.untracked) & set(inside)
    secret = sorted(
        {path for path in inside if path in _SECRETS and (path != ".env" or path in untracked)}
        | {p for p in installed_names(facts.wheel) if p.split("/")[-1] in _SECRETS - {".env"}}
    )
    if secret:
        yield find(SDIST_HOLDS_SECRETS, f"The distributions hold {_some(secret)}.")
    # What the backend itself adds (uv_build: `pyproject.toml.orig`) is no accident.
    ours = set(facts.tree) | set(facts.untracked) if facts.tree else set(inside)
    accidents = {path for path in inside if path in ours and _ACCIDENTS.search(path)}
    stray = sorted(accidents | untracked - set(secret))
    if stray:
        yield find(
            SDIST_STRAY_FILES,
            f"`{facts.sdist.filename}` holds {_some(stray)}"
            + (", unknown to git." if set(stray) <= untracked else "."),
        )


def _this_machine(facts: Facts) -> Iterator[Finding]:
    if not is_uploadable(facts.wheel):
        tag = facts.wheel.filename.removesuffix(".whl").rpartition("-")[2]
        yield find(
            WHEEL_FOR_THIS_MACHINE,
            f"`{facts.wheel.filename}` has compiled parts and fits only machines like this one "
            f"(`{tag}`).",
            refusal=f"400 Binary wheel '{facts.wheel.filename}' has an unsupported platform tag "
            f"'{tag}'.",
        )


def is_uploadable(distribution: Distribution) -> bool:
    """Whether PyPI takes it as far as the platform goes: plain `linux_…` wheels it does not.

    Source: https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
    """
    platform = distribution.filename.removesuffix(".whl").rpartition("-")[2]
    return distribution.kind != "wheel" or not any(
        tag.startswith("linux_") for tag in platform.split(".")
    )


def _script_targets(facts: Facts) -> Iterator[Finding]:
    modules = {name for path in installed_names(facts.wheel) if (name := module_name(path))}
    folders = {name.rpartition(".")[0] for name in modules}
    roots = {name.split(".")[0] for name in modules}
    for name, target in console_scripts(facts.entry_points):
        module = target.partition(":")[0].partition("[")[0].strip()
        if module in modules or module in folders or module.split(".")[0] not in roots:
            continue
        yield find(
            SCRIPT_WITHOUT_TARGET,
            f"The command `{name}` leads to `{module}`, which is not in `{facts.wheel.filename}`.",
            where=Location(file="pyproject.toml", key=f"project.scripts.{name}"),
        )


# --- rules over what happened when it was tried ----------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of importing a module or starting a script.

    `outcome` is `ok`, `failed` (with an exception), `ended` (with an exit code) or `hung`.
    `missing` is the module that was not found, if that was it; `said` its last words.
    """

    name: str
    outcome: str
    error: str = ""
    said: str = ""
    missing: str | None = None
    returncode: int | None = None


_NO_DISPLAY = re.compile(
    r"no display name|cannot (open|connect to) (the )?(X|display)|could not connect to display"
    r"|unable to open display|\$?DISPLAY\b.*(not set|environment)|TclError|qt\.qpa\.|wayland",
    re.IGNORECASE,
)
_NO_LIBRARY = re.compile(
    r"cannot open shared object file|Library not loaded|DLL load failed|image not found"
)
# Modules of the standard library that other systems lack.
_ELSEWHERE = frozenset(
    {"winreg", "msvcrt", "winsound", "_winapi", "fcntl", "termios", "pwd", "grp", "resource", "pty"}
)


def import_result(
    attempt: Attempt,
    *,
    own: Collection[str],
    classifiers: Collection[str] = (),
    requirements: Iterable[str] = (),
) -> Result:
    """What an attempt to import one of the wheel's top-level names says about the release.

    `own` are all those names, `requirements` the wheel's Requires-Dist. One of several names may
    need an extra; where it is the only one, nothing can be imported without.
    """
    name = attempt.name
    if attempt.outcome == "ok":
        return Passed(id=IMPORTS.id, subject=_SUBJECT, title=f"`import {name}`")
    if attempt.outcome == "hung":
        return _unknown(IMPORTS, f"`import {name}`", "it did not end in time")
    said = attempt.said or attempt.error
    missing = (attempt.missing or "").split(".")[0]
    if missing and (missing in sys.stdlib_module_names or missing in _ELSEWHERE):
        return _unknown(IMPORTS, f"`import {name}`", f"this Python has no `{missing}`")
    if _NO_LIBRARY.search(said):
        return _unknown(IMPORTS, f"`import {name}`", f"this machine lacks a library: {said}")
    if _NO_DISPLAY.search(f"{attempt.error}: {said}"):
        return _unknown(IMPORTS, f"`import {name}`", "it needs a display")
    if missing and missing not in own:
        host = _framework(missing, classifiers)
        optional = _optional_with(missing, requirements)
        if optional:
            return find(
                UNDECLARED_DEPENDENCY,
                f"`import {name}` needs `{missing}`, which only the extra `{optional}` brings.",
                where=Location(file="pyproject.toml", key="project.optional-dependencies"),
                severity=Severity.WARNING if host or len(own) > 1 else None,
                fix=f"If `{name}` is for those alone who install that extra, all is well. "
                * (len(own) > 1)
                + _dependency_for(missing),
            )
        return find(
            UNDECLARED_DEPENDENCY,
            f"`import {name}` needs `{missing}`, which no declared dependency brings.",
            where=Location(file="pyproject.toml", key="project.dependencies"),
            severity=Severity.WARNING if host else None,
            fix=f"If it is only ever used inside {host}, all is well. " * bool(host)
            + _dependency_for(missing),
        )
    if attempt.outcome == "ended":
        return find(IMPORTS, f"`import {name}` ended Python with exit code {attempt.returncode}.")
    return find(
        IMPORTS,
        f"`import {name}` fails: {attempt.error}: {said}".rstrip(": "),
        severity=None if attempt.error in _BROKEN else Severity.WARNING,
    )


# With these the code is broken wherever it runs; others may be this machine's (no GPU, no service).
_BROKEN = frozenset(
    {"ImportError", "ModuleNotFoundError", "SyntaxError", "NameError", "AttributeError"}
    | {"TypeError", "IndentationError", "TabError", "UnboundLocalError", "FileNotFoundError"}
)


def _framework(module: str, classifiers: Collection[str]) -> str:
    """The framework that the project says it belongs to, if `module` is that one's."""
    guests = {"sphinx": {"sphinx", "docutils"}, "pytest": {"pytest", "_pytest", "pluggy"}}
    for classifier in classifiers:
        name = classifier.removeprefix("Framework :: ").split(" :: ")[0]
        if classifier.startswith("Framework :: ") and module.lower() in guests.get(
            name.lower(), {name.lower()}
        ):
            return name
    return ""


# Modules that come from a project of another name, and those that Python itself once had.
_BROUGHT_BY = {
    "pkg_resources": "setuptools", "distutils": "setuptools", "yaml": "pyyaml", "PIL": "pillow",
    "cv2": "opencv-python", "sklearn": "scikit-learn", "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil", "dotenv": "python-dotenv", "attr": "attrs", "git": "gitpython",
    "google": "protobuf", "OpenSSL": "pyopenssl", "serial": "pyserial", "jwt": "pyjwt",
    "skimage": "scikit-image", "Crypto": "pycryptodome", "usb": "pyusb", "zmq": "pyzmq",
    "win32api": "pywin32", "magic": "python-magic", "docx": "python-docx", "pptx": "python-pptx",
    "imp": "zombie-imp", "asyncore": "pyasyncore", "asynchat": "pyasynchat", "cgi": "legacy-cgi",
    "telnetlib": "standard-telnetlib", "imghdr": "standard-imghdr", "sndhdr": "standard-sndhdr",
}  # fmt: skip


def _dependency_for(module: str) -> str:
    project = _BROUGHT_BY.get(module, module.replace("_", "-"))
    return (
        f'Add "{project}" to `project.dependencies`, or import `{module}` only where it is needed.'
    )


def _optional_with(module: str, requirements: Iterable[str]) -> str:
    """The extra that brings `module`, by the names of its requirements; empty when none does."""
    project = canonicalize_name(_BROUGHT_BY.get(module, module))
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        extra = _OF_EXTRA.search(str(requirement.marker or ""))
        if extra and canonicalize_name(requirement.name) == project:
            return extra[1]
    return ""


_OF_EXTRA = re.compile(r"""\bextra == ["']([^"']+)["']""")


def script_result(attempt: Attempt, *, extra: str = "", requirements: Iterable[str] = ()) -> Result:
    """What `NAME --help` in an empty environment says about the release.

    `extra` is the one that its entry point names, `requirements` are the wheel's Requires-Dist.
    """
    title = f"`{attempt.name} --help`"
    if attempt.outcome == "ok":
        return Passed(id=SCRIPT_FAILS.id, subject=_SUBJECT, title=title)
    if attempt.outcome == "hung":
        return _unknown(SCRIPT_FAILS, title, "it did not end in time")
    if _NO_DISPLAY.search(f"{attempt.error}: {attempt.said}"):
        return _unknown(SCRIPT_FAILS, title, "it needs a display")
    missing = (attempt.missing or "").split(".")[0]
    if missing and missing in sys.stdlib_module_names:
        return _unknown(SCRIPT_FAILS, title, f"this Python has no `{missing}`")
    if extra and attempt.error in ("ModuleNotFoundError", "ImportError"):
        return _unknown(SCRIPT_FAILS, title, f"it needs the extra `{extra}`")
    if _NO_LIBRARY.search(attempt.said):
        return _unknown(SCRIPT_FAILS, title, f"this machine lacks a library: {attempt.said}")
    optional = _optional_with(missing, requirements) if missing else ""
    if optional:
        return find(
            UNDECLARED_DEPENDENCY,
            f"{title} needs `{missing}`, which only the extra `{optional}` brings.",
            severity=Severity.WARNING,
            where=Location(file="pyproject.toml", key="project.scripts"),
            fix="Let the command say which extra to install when it is missing.",
        )
    if missing:
        return find(
            UNDECLARED_DEPENDENCY,
            f"{title} needs `{missing}`, which no declared dependency brings.",
            where=Location(file="pyproject.toml", key="project.dependencies"),
            fix=_dependency_for(missing),
        )
    if attempt.error in ("ImportError", "ModuleNotFoundError"):
        return find(SCRIPT_FAILS, f"{title} fails: {attempt.error}: {attempt.said}")
    if attempt.error:
        return find(
            SCRIPT_FAILS,
            f"{title} ends with {attempt.error}: {attempt.said}",
            severity=Severity.WARNING,
        )
    return find(
        SCRIPT_FAILS,
        f"{title} ends with exit code {attempt.returncode}"
        + (f": {attempt.said}" if attempt.said else "."),
        severity=Severity.ADVICE if attempt.returncode == 2 else Severity.WARNING,
        fix="A command should answer `--help`; one that takes none may be left as it is.",
    )


def _unknown(rule: Rule, title: str, reason: str) -> Skipped:
    return Skipped(id=rule.id, subject=rule.subject, title=title, reason=reason)


_TRACEBACK_END = re.compile(r"^(?P<error>[A-Za-z_][\w.]*)(?:: (?P<said>.*)|:?$)")
_NOT_FOUND = re.compile(r"No module named '([^']+)'")


def parse_traceback(text: str) -> tuple[str, str, str | None]:
    """Exception, message and missing module at the end of a program's output; empty: no traceback."""
    lines = text.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("Traceback (most recent")]
    if not starts:
        return "", "", None
    for line in lines[starts[-1] + 1 :]:
        if line.startswith((" ", "\t")) or not line:
            continue
        found = _TRACEBACK_END.match(line)
        if found:
            missing = _NOT_FOUND.search(line)
            error = found["error"].rpartition(".")[2]
            return error, (found["said"] or "").strip(), missing[1] if missing else None
        return line.strip().rpartition(".")[2], "", None
    return "", "", None
