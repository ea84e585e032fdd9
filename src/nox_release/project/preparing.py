"""What preparing a version edits: pure, from the project's files to the texts that they become."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.version import Version

from nox_release.project.changelog import find_changelog
from nox_release.project.changelog_edits import ChangelogEdit, Kind, plan_changelog
from nox_release.project.changelog_layout import Wanted
from nox_release.project.documents import Edit, edited
from nox_release.project.literals import written
from nox_release.project.version_places import date_released, find_places

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from nox_release.project.documents import Files
    from nox_release.project.literals import Place
    from nox_release.project.pyproject import Project
    from nox_release.project.version_places import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file as it is, and as it will be."""

    file: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """The edits for one version: the places they concern, and the files that they make."""

    places: Places
    edited: tuple[Place, ...]
    changes: tuple[FileChange, ...]
    changelog: str = ""
    changelog_edit: ChangelogEdit = field(default_factory=lambda: ChangelogEdit(kind=Kind.NONE))


def plan_version(
    project: Project, files: Files, version: str, today: dt.date, *, drafted: tuple[str, ...] = ()
) -> Preparation:
    """The edits that have every place state `version`, and the changelog have its section.

    Raises:
        InvalidVersion: it is none.
    """
    places = find_places(project, files)
    edits: list[Edit] = []
    touched = []
    for place in places.all:
        edit = written(place, version)
        if edit is None or place.text == edit.text:
            continue
        edits.append(edit)
        touched.append(place)
    edits += _dates(files, places, today)
    changelog, changelog_edit = _changelog(
        files,
        Wanted(
            version=Version(version),
            text=version,
            today=today,
            name=project.name,
            drafted=drafted,
        ),
        fragments=has_fragments(project, files),
    )
    return Preparation(
        places=places,
        edited=tuple(touched),
        changes=tuple(_changes(files, [*edits, *changelog_edit.edits])),
        changelog=changelog,
        changelog_edit=changelog_edit,
    )


def has_fragments(project: Project, files: Files) -> bool:
    """Whether towncrier puts the changelog together."""
    tool = project.pyproject.get("tool", {})
    return "towncrier" in tool or f"{files.prefix}towncrier.toml" in files.names


def _changelog(files: Files, wanted: Wanted, *, fragments: bool) -> tuple[str, ChangelogEdit]:
    def read(name: str) -> str | None:
        document = files.own(name)
        return document.text if document else None

    if wanted.version.is_devrelease:
        return "", ChangelogEdit(kind=Kind.NONE)
    name = find_changelog(files.own_names, read)
    if fragments:
        return name or "", ChangelogEdit(kind=Kind.FRAGMENTS)
    document = files.own(name) if name else None
    if document is None:
        return "", ChangelogEdit(kind=Kind.NONE)
    return document.file, plan_changelog(document, wanted)


def _dates(files: Files, places: Places, today: dt.date) -> Iterator[Edit]:
    """`date-released` goes with the version in CITATION.cff."""
    for place in places.cited:
        document = files.document(place.file)
        span = date_released(document) if document else None
        if span is not None:
            yield Edit(file=place.file, start=span[0], end=span[1], text=today.isoformat())


def _changes(files: Files, edits: Sequence[Edit]) -> Iterator[FileChange]:
    for file in dict.fromkeys(edit.file for edit in edits):
        document = files.document(file)
        if document is None:
            continue
        text = edited(document.text, [edit for edit in edits if edit.file == file])
        before, after = document.with_text(document.text), document.with_text(text)
        if before != after:
            yield FileChange(file=file, before=before, after=after)
