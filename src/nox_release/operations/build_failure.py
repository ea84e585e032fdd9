"""What to do about a build that failed, from what is known about such logs."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from nox_release.checks.files.known_imports import project_of
from nox_release.checks.files.remedies import sdist_remedy
from nox_release.diagnosis.engine import diagnose
from nox_release.diagnosis.values import Circumstances
from nox_release.edges.aside import keep_log
from nox_release.project.pyproject import Project

if TYPE_CHECKING:
    from nox_release.edges.building import BuildFailed

_LINE_AT_MOST = 60
_ASIDE = frozenset({"benchmarks", "docs", "examples", "test", "tests"})
_MISSING = re.compile(r"ModuleNotFoundError: No module named '(\w{1,80})")


def explained(error: BuildFailed, project: Project, output: str = "") -> BuildFailed:
    """The failure with a hint: the lines to paste where a requirement is missing, and the file in
    which all `output` of the build is kept.
    """
    lines = missing_requirement(error.output, project)
    known = diagnose(
        error.output, project=project, known=Circumstances(folder=_only_package(project.root))
    )
    certain = [diagnosis for diagnosis in known if diagnosis.confidence == "certain"]
    if left_out := _left_out(error, project):
        error.hint = left_out
    elif lines:
        error.hint = lines
    elif certain and certain[0].title not in error.reason:
        error.hint = f"{certain[0].title} {certain[0].fix}".strip()
    else:
        error.hint = error.hint or _other_python(project)
    with contextlib.suppress(OSError):
        kept = f"All that the build said: {keep_log(output)}" if output else ""
        error.hint = "\n".join(filter(None, (error.hint, kept)))
    return error


def _other_python(project: Project) -> str:
    """Which Python the project is for, where this one is another; else empty."""
    wanted = project.requires_python or ""
    running = ".".join(map(str, sys.version_info[:3]))
    try:
        fits = SpecifierSet(wanted).contains(running, prereleases=True)
    except InvalidSpecifier:
        return ""
    if fits:
        return ""
    return (
        f"The project is for Python {wanted}, and this is {running}. With one that fits: "
        f"uvx --python {shlex.quote(wanted)} nox-release build"
    )


_NO_FILE = re.compile(
    r"No such file or directory: '([^']{1,200})'|[Ff]ile does not exist: (\S{1,200})"
)


def _left_out(error: BuildFailed, project: Project) -> str:
    """The remedy where the wheel needs a file of the tree that the sdist has not; else empty."""
    files = [first or other for first, other in _NO_FILE.findall(error.output)]
    modules = _MISSING.findall(error.output)
    if not error.message.startswith("The wheel ") or not files + modules:
        return ""
    wanted = [*files[-1:], *(f"{name}{end}" for name in modules[-1:] for end in _ENDS)]
    for name in wanted:
        inside = not name.startswith(("/", "..")) and "\\" not in name
        if inside and (project.root / name).is_file():
            return (
                f"`{name}` is in the repository and not in the sdist, from which the wheel is built. "
                + sdist_remedy(project, name)
            )
    return ""


_ENDS = (".py", "/__init__.py")


def _only_package(root: Path) -> str | None:
    """The folder of the one package that a project has, where it has one."""
    found = [path.parent for path in (*root.glob("src/*/__init__.py"), *root.glob("*/__init__.py"))]
    packages = [one.relative_to(root).as_posix() for one in found if one.name not in _ASIDE]
    return packages[0] if len(packages) == 1 else None


def missing_requirement(output: str, project: Project) -> str:
    """The lines for pyproject.toml that bring the module which the build could not import; empty
    where no such module is known well enough to name the project that it comes from.
    """
    found = _MISSING.findall(output)
    name = project_of(found[-1]) if found else None
    if name is None or name == project.normalized_name or name in _declared(project):
        return ""
    stated = "build-system" in project.pyproject
    wanted = [*(project.build_requires if stated else ("setuptools",)), name]
    requires = json.dumps(wanted, ensure_ascii=False)
    if len(requires) > _LINE_AT_MOST:  # a screen would break it somewhere
        requires = json.dumps(wanted, ensure_ascii=False, indent=4)
    return (
        f"The build imports `{found[-1]}` and does not ask for it. In pyproject.toml:\n"
        f"[build-system]\nrequires = {requires}\n"
        "Or, where only you build it:\n"
        f'[tool.nox-release]\nbuild-requires = ["{name}"]'
    )


def _declared(project: Project) -> set[str]:
    names: set[str] = set()
    for text in (*project.build_requires, *project.settings.build_requires):
        try:
            names.add(canonicalize_name(Requirement(text).name))
        except InvalidRequirement:
            continue
    return names
