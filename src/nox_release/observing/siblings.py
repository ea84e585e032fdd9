"""The other packages of a repository, found where `packages` or a workspace of uv names them."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.utils import canonicalize_name

from nox_release.core.errors import ConfigurationError
from nox_release.project.pyproject import Project, read_project, read_pyproject
from nox_release.project.toml import table_in
from nox_release.project.workspace import (
    Sibling,
    extras_of,
    member_patterns,
    needs_of,
    why_kept_back,
)

_AT_MOST = 200  # packages of one repository


def find_siblings(project: Project, top: Path | None) -> tuple[Sibling, ...]:
    """The packages beside `project`; `top` is where the repository begins, and the search ends."""
    root = project.root
    places = [root, *root.parents] if top is not None and root.is_relative_to(top) else [root]
    for place in places:
        if top is not None and not place.is_relative_to(top):
            break
        found = _below(place)
        if found:
            own = canonicalize_name(project.name)
            return tuple(one for one in found if canonicalize_name(one.name) != own)
    return ()


def siblings_of(project: Project) -> tuple[Sibling, ...]:
    """The packages beside `project` in its repository."""
    places = (project.root, *project.root.parents)
    return find_siblings(project, next((one for one in places if (one / ".git").exists()), None))


def needed_siblings(project: Project) -> tuple[str, ...]:
    """The names of those packages of the repository that `project` needs."""
    needs = {canonicalize_name(one.name) for one in needs_of(project)}
    found = siblings_of(project)
    return tuple(one.name for one in found if canonicalize_name(one.name) in needs)


def _below(place: Path) -> tuple[Sibling, ...]:
    """The packages that the pyproject.toml of this folder names; none where it names none."""
    try:
        pyproject = read_pyproject(place)
    except ConfigurationError:
        return ()
    tool = table_in(pyproject, "tool")
    settings = table_in(tool, "nox-release")
    listed = [one for one in settings.get("packages") or () if isinstance(one, str)]
    members, excluded = member_patterns(pyproject) or ((), ())
    if not listed and not members:
        return ()
    folders = dict.fromkeys([*folders_of(place, listed), *folders_of(place, members, excluded)])
    named = set(folders_of(place, listed))
    found = []
    for folder in [".", *folders][:_AT_MOST]:
        one = _sibling(place, folder, settings if folder in named else None)
        if one is not None:
            found.append(one)
    return tuple(found)


def folders_of(
    place: Path, patterns: Iterable[str], excluded: Iterable[str] = ()
) -> tuple[str, ...]:
    """The folders below `place` that the patterns name and that hold a project."""
    left_out = tuple(excluded)
    return tuple(
        folder
        for pattern in patterns
        for folder in sorted(_matches(place, pattern))
        if not any(PurePosixPath(folder).match(one) for one in left_out)
        and any((place / folder / name).is_file() for name in ("pyproject.toml", "setup.py"))
    )


def _matches(place: Path, pattern: str) -> Iterator[str]:
    if pattern.startswith("/") or ".." in pattern.split("/"):
        return
    pattern = PurePosixPath(pattern).as_posix()
    for path in (place,) if pattern == "." else place.glob(pattern):
        if path.is_dir() and path.resolve().is_relative_to(place.resolve()):
            yield path.relative_to(place).as_posix()


def _sibling(place: Path, folder: str, inherited: Mapping[str, Any] | None) -> Sibling | None:
    try:
        project = read_project(place / folder)
    except ConfigurationError:
        return None
    if not project.name:
        return None
    own = table_in(project.pyproject, "tool", "nox-release").get("tag-format")
    shared = (
        "{name}-v{version}"
        if inherited is None
        else inherited.get("tag-format", "{name}-v{version}")
    )
    form = own or (shared if inherited is not None else None)
    return Sibling(
        name=project.name,
        folder=folder,
        version=project.version,
        tag_format=form if isinstance(form, str) else None,
        needs=needs_of(project),
        extras=extras_of(project),
        kept_back=why_kept_back(project),
    )
