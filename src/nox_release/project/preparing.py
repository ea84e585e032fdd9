"""What preparing a version edits: pure, from the project's files to the texts that they become."""

import datetime as dt
import posixpath
import re
from collections.abc import Iterator, Sequence

from packaging.version import Version

from nox_release.core.values import dataclass, field
from nox_release.project.changelog import (
    find_changelog,
    parse_sections,
    release_sections,
    unreleased,
)
from nox_release.project.changelog_edits import ChangelogEdit, Kind, plan_changelog, plan_file
from nox_release.project.changelog_folder import find_folder, version_of
from nox_release.project.changelog_layout import PLACEHOLDER, Wanted
from nox_release.project.documents import Edit, Files, edited, parse_document
from nox_release.project.literals import Place, written
from nox_release.project.pyproject import Project
from nox_release.project.toml import parse_toml, table_in
from nox_release.project.version_places import Places, date_released, find_places
from nox_release.project.versions import calendar_version


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
    project: Project,
    files: Files,
    version: str,
    today: dt.date,
    *,
    drafted: tuple[str, ...] = (),
    reasons: tuple[str, ...] = (),
) -> Preparation:
    """The edits that have every place state `version`, and the changelog have its section; see
    `changelog_layout.Wanted` for what that says.

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
    edits += _marks_of_development(files, touched, Version(version))
    changelog, changelog_edit = _changelog(
        files,
        Wanted(
            version=Version(version),
            text=version,
            today=today,
            name=project.name,
            drafted=drafted,
            stated=places.reached,
            reasons=reasons,
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
    if wanted.version.is_devrelease:
        return "", ChangelogEdit(kind=Kind.NONE)
    name = find_changelog(files.own_names, files.text, wanted.version)
    if fragments:
        return name or "", ChangelogEdit(kind=Kind.FRAGMENTS)
    if name is None:
        return "", ChangelogEdit(kind=Kind.NONE)
    document = files.own(name)
    if document is not None:
        return document.file, plan_changelog(document, wanted)
    folder = find_folder(files.own_names)
    older = folder.before(wanted.version)[:3] if folder is not None else ()
    documents = [one for old in older if (one := files.own(old)) is not None]
    if not documents:
        return "", ChangelogEdit(kind=Kind.NONE)
    around = posixpath.dirname(name)
    beside = (around, posixpath.dirname(around))
    listings = [
        one
        for other in sorted(files.own_names)
        if posixpath.dirname(other) in beside and not version_of(other)
        if other.endswith((".rst", ".md", ".txt")) and (one := files.own(other)) is not None
    ]
    path = posixpath.normpath(files.prefix + name)
    return path, plan_file(path, documents, listings, wanted)


def _dates(files: Files, places: Places, today: dt.date) -> Iterator[Edit]:
    """`date-released` goes with the version in CITATION.cff."""
    for place in places.cited:
        document = files.document(place.file)
        span = date_released(document) if document else None
        if span is not None:
            yield Edit(file=place.file, start=span[0], end=span[1], text=today.isoformat())


_MARK = re.compile(
    r"^_{0,2}(?:in_development|is_dev(?:elopment)?)[ \t]*(?::[^=\r\n]*)?=[ \t]*(True)\b",
    re.IGNORECASE | re.MULTILINE,
)


def _marks_of_development(
    files: Files, touched: Sequence[Place], version: Version
) -> Iterator[Edit]:
    """`_in_development = True` beside a version that is edited is over with a release."""
    for file in {place.file for place in touched if not version.is_devrelease}:
        document = files.document(file) if file.endswith(".py") else None
        for found in _MARK.finditer(document.text) if document else ():
            yield Edit(file=file, start=found.start(1), end=found.end(1), text="False")


def _changes(files: Files, edits: Sequence[Edit]) -> Iterator[FileChange]:
    for file in dict.fromkeys(edit.file for edit in edits):
        document = files.document(file) or parse_document(file, b"")
        text = edited(document.text, [edit for edit in edits if edit.file == file])
        before, after = document.with_text(document.text), document.with_text(text)
        if before != after:
            yield FileChange(file=file, before=before, after=after)


# --- which version follows -------------------------------------------------------------------------

_BREAKING = re.compile(
    r"\b(?:removed|removals?|breaking|backwards?[- ]incompatible)\b", re.IGNORECASE
)
_ADDING = re.compile(
    r"\b(?:added|features?|new|changed|changes|deprecat\w+|enhancements?)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What to ask for where nobody has: words or a version, and why."""

    arguments: tuple[str, ...]
    why: str


def propose(
    project: Project, files: Files, released: Version | None, today: dt.date
) -> Proposal | None:
    """What the unreleased part of the changelog, or the fragments, call for."""
    kinds, source = _kinds(project, files)
    if released is not None:
        calendar = calendar_version(today, str(released))
        if calendar is not None:
            return Proposal(arguments=(calendar,), why="the versions are dates")
    for pattern, word in ((_BREAKING, "major"), (_ADDING, "minor"), (re.compile(""), "patch")):
        found = next((kind for kind in kinds if pattern.search(kind)), None)
        if found is not None:
            small = word == "major" and released is not None and released.major == 0
            return Proposal(arguments=("minor" if small else word,), why=f'{source} has "{found}"')
    return None


def told_of(files: Files, released: Version | None) -> Version | None:
    """The version above what is released that the changelog has, and not as one to come: where tags make
    the version, nothing else says that it is prepared.
    """
    name = find_changelog(files.own_names, files.text)
    sections = release_sections(parse_sections(files.text(name) or "")) if name else ()
    done = [s.version for s in sections if s.version and not PLACEHOLDER.search(s.title)]
    newest = max(done, default=None)
    return newest if newest is not None and (released is None or newest > released) else None


def _kinds(project: Project, files: Files) -> tuple[list[str], str]:
    """The headings of what is to come, and where they stand."""
    if has_fragments(project, files):
        return [fragment_kind(name) for name in fragments(project, files)], "a fragment"
    name = find_changelog(files.own_names, files.text)
    text = files.text(name) if name else None
    if text is None:
        return [], ""
    sections = parse_sections(text)
    opened = unreleased(text)
    if opened is None:
        return [], ""
    return [
        section.title
        for section in sections
        if opened.after <= section.start < opened.end and section.level > opened.level
    ], "the changelog"


def fragments(project: Project, files: Files) -> list[str]:
    """The fragments that towncrier will put together: `NAME.TYPE` or `NAME.TYPE.SUFFIX`.

    https://towncrier.readthedocs.io/en/stable/configuration.html
    """
    table = table_in(project.pyproject, "tool", "towncrier")
    folder, template = table.get("directory"), str(table.get("template", "")).rpartition("/")[2]
    folders = (
        [folder] if isinstance(folder, str) else ["newsfragments", "changes", "changelog.d", "news"]
    )
    below = tuple(f"{one.strip('/')}/" for one in folders)
    kept = (".", "readme", "template", "_template", "index.", "conf.py")
    return sorted(
        name
        for name in files.own_names
        if name.startswith(below)
        and not name.rpartition("/")[2].lower().startswith(kept)
        and "." in name.rpartition("/")[2].lstrip(".")
        and not name.endswith((".j2", ".jinja", ".jinja2", ".toml", ".in", ".py"))
        and not _NO_FRAGMENT.match(name.rpartition("/")[2])
        and name.rpartition("/")[2] != template
    )


# What towncrier has written, where its `filename` is in the same folder: `1.4.0.md`, `0.6.x.rst`; and
# documents about the folder: `CONTRIBUTING.md`.
_NO_FRAGMENT = re.compile(r"v?\d+\.(?:\d+|x)(?:\.|$)|[^\d.+]+\.(?:md|rst|txt)$")


def fragment_kind(name: str) -> str:
    """The type of a fragment: `feature` of 12.feature.1.md."""
    parts = name.rpartition("/")[2].split(".")
    return parts[1] if len(parts) > 1 else ""


def fragment_kinds(project: Project, files: Files) -> frozenset[str]:
    """The types that towncrier knows here; empty where they cannot be told."""
    tool = project.pyproject.get("tool", {})
    table = tool.get("towncrier")
    if not isinstance(table, dict):
        document = files.own("towncrier.toml")
        try:
            table = parse_toml(document.text)["tool"]["towncrier"] if document else {}
        except (ValueError, KeyError, TypeError):
            return frozenset()
    listed, named = table.get("type"), table.get("fragment")
    if isinstance(named, dict):
        return frozenset(named)
    if isinstance(listed, list):
        kinds = [item.get("directory") for item in listed if isinstance(item, dict)]
        names = [item.get("name") for item in listed if isinstance(item, dict)]
        return frozenset(
            str(kind or str(name).lower()) for kind, name in zip(kinds, names, strict=True)
        )
    return frozenset({"feature", "bugfix", "doc", "removal", "misc"})
