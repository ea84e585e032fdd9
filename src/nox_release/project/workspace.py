"""The packages of one repository: what each needs of the others, and which of them are published.

Source: https://docs.astral.sh/uv/concepts/projects/workspaces/, and PyPI's `Private ::` classifiers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nox_release.core.values import dataclass
from nox_release.project.pyproject import Project
from nox_release.project.toml import table_in

if TYPE_CHECKING:
    from packaging.version import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    """Another package of the repository: `folder` leads to it from the top, `needs` are what it asks
    for when it is installed, `extras` what its extras ask for. `kept_back` says why it is not published.
    """

    name: str
    folder: str
    version: str | None = None
    tag_format: str | None = None
    needs: tuple[Requirement, ...] = ()
    extras: tuple[Requirement, ...] = ()
    kept_back: str = ""

    def need_of(self, name: str) -> Requirement | None:
        """What it asks of the package `name`, where it needs that."""
        wanted = canonicalize_name(name)
        asked = (*self.needs, *self.extras)
        return next((one for one in asked if canonicalize_name(one.name) == wanted), None)


def member_patterns(pyproject: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The globs of `[tool.uv.workspace]`: members, and those left out; `None` without the table."""
    workspace = table_in(pyproject, "tool", "uv", "workspace")
    if not workspace:
        return None
    return _texts(workspace.get("members")), _texts(workspace.get("exclude"))


_OURS = re.compile(r"(?m)^\[tool\.nox-release\][^\n]*\n")


def with_packages(text: str, folders: Iterable[str]) -> str:
    """A pyproject.toml with `packages` in `[tool.nox-release]`: below its heading, or at the end."""
    newline = "\r\n" if "\r\n" in text else "\n"
    named = newline.join(["packages = [", *(f'    "{one}",' for one in folders), "]", ""])
    found = _OURS.search(text)
    if found is not None:
        return f"{text[: found.end()]}{named}{text[found.end() :]}"
    gap = "" if text.endswith("\n") else newline
    return f"{text}{gap}{newline}[tool.nox-release]{newline}{named}"


def why_kept_back(project: Project) -> str:
    """Why a package is not meant for an index; empty where it is."""
    private = next((one for one in project.classifiers if one.startswith("Private ::")), "")
    if private:
        return f"`{private}`"
    uv = table_in(project.pyproject, "tool", "uv")
    if uv.get("package") is False:
        return "`tool.uv.package = false`"
    if "build-system" not in project.pyproject and uv.get("package") is not True:
        return "no `[build-system]`" if "project" in project.pyproject else ""
    return ""


def needs_of(project: Project) -> tuple[Requirement, ...]:
    """What is installed along with a package."""
    return _parsed(project.dependencies)


def extras_of(project: Project) -> tuple[Requirement, ...]:
    """What the extras of a package ask for."""
    optional = table_in(project.pyproject, "project", "optional-dependencies")
    return _parsed(text for one in optional.values() for text in _texts(one))


def _parsed(texts: Iterable[str]) -> tuple[Requirement, ...]:
    found = []
    for text in texts:
        try:
            found.append(Requirement(text))
        except InvalidRequirement:
            continue
    return tuple(found)


def excluding(siblings: Iterable[Sibling], name: str, version: Version) -> tuple[Sibling, ...]:
    """The published siblings that need the package `name`, and whose range excludes `version`."""
    return tuple(
        one
        for one in siblings
        if not one.kept_back
        and (need := one.need_of(name)) is not None
        and not need.specifier.contains(version, prereleases=True)
    )


def layers(packages: Iterable[Sibling]) -> tuple[tuple[str, ...], ...]:
    """The packages by layers: each needs only those of the layers before it. An extra counts as long
    as it makes no circle: a core whose extra `all` brings its plugins comes before them.

    Raises:
        CycleError: some need each other; its second argument is the circle.
    """
    listed = {canonicalize_name(one.name): one for one in packages}
    try:
        return _sorted({name: (*one.needs, *one.extras) for name, one in listed.items()})
    except CycleError:
        return _sorted({name: one.needs for name, one in listed.items()})


def _sorted(needs: Mapping[str, Iterable[Requirement]]) -> tuple[tuple[str, ...], ...]:
    names = {
        name: {canonicalize_name(need.name) for need in asked} for name, asked in needs.items()
    }
    sorter = TopologicalSorter({name: asked & {*needs} - {name} for name, asked in names.items()})
    sorter.prepare()
    found = []
    while sorter.is_active():
        ready = sorter.get_ready()
        found.append(tuple(sorted(ready)))
        sorter.done(*ready)
    return tuple(found)


def circle(packages: Iterable[Sibling]) -> tuple[str, ...]:
    """Packages that need each other, the first named again at the end; empty without such."""
    try:
        layers(packages)
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()


def same_tag(siblings: Iterable[Sibling], *, name: str, tag_format: str) -> tuple[Sibling, ...]:
    """The published siblings whose tags are named as those of the package `name` are."""
    return tuple(
        one
        for one in siblings
        if not one.kept_back
        and one.tag_format is not None
        and _is_tag_of(one.tag_format, one.name, tag_format.format(name=name, version="1.0.0"))
    )


def _is_tag_of(tag_format: str, name: str, tag: str) -> bool:
    form = re.escape(tag_format.replace("{name}", name)).replace(r"\{version\}", r"\d[\w.+!-]*")
    return re.fullmatch(form, tag) is not None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
