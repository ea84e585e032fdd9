"""Whether everything that states a project's version says the same, and can be raised with it."""

import datetime as dt
import posixpath
import re
from collections.abc import Iterator

from nox_release.checks.source.rules import (
    CHANGELOG_UNPARSED,
    FRAGMENT_LEFT,
    LOCK_VERSION_STALE,
    VERSION_DISAGREES,
)
from nox_release.core.findings import Finding, Location, Severity, find
from nox_release.project.documents import Files
from nox_release.project.literals import Place
from nox_release.project.preparing import (
    fragment_kind,
    fragment_kinds,
    fragments,
    has_fragments,
    plan_version,
)
from nox_release.project.pyproject import Project
from nox_release.project.version_places import Places
from nox_release.project.versions import following

# What makes CI fail where a lock file is behind.
_LOCKED = {
    "uv.lock": re.compile(
        r"\buv [^\n]*--locked\b|\buv lock --check\b|\bUV_LOCKED:|\bprepare (?:-- )?--check\b"
    ),
    "Cargo.lock": re.compile(
        r"\b(?:cargo|maturin) [^\n]*--locked\b|\bprepare (?:-- )?--check\b|\bargs:[^\n]*--locked\b"
    ),
}

_ANY_DAY = dt.date(2000, 1, 1)


def check_places(places: Places, files: Files) -> Iterator[Finding]:
    """What says another version than the place that the build goes by."""
    declared = places.declared
    if declared is None:
        return
    for place in places.disagreeing:
        yield find(
            VERSION_DISAGREES,
            f"{called(place)} says {place.text}, {called(declared)} says {declared.stated}.",
            where=where_is(place),
        )
    for place in places.locked:
        if place.version == places.version:
            continue
        fails = _ci_compares(files, place.file)
        yield find(
            LOCK_VERSION_STALE,
            f"`{place.file}` has {place.label} {place.text}, {called(declared)} says "
            f"{declared.stated}." + (" The checks in CI compare them, and fail." if fails else ""),
            where=where_is(place),
            severity=Severity.ERROR if fails else None,
        )
    final = places.version is not None and not places.version.is_prerelease
    for place in places.cited if final else ():
        if place.version != places.version:
            yield find(
                VERSION_DISAGREES,
                f"`{place.file}` says {place.text}, {called(declared)} says {declared.stated}.",
                where=where_is(place),
                severity=Severity.ADVICE,
            )


def check_news(project: Project, files: Files) -> Iterator[Finding]:
    """Fragments that towncrier would pass over, and a changelog that cannot be edited."""
    if has_fragments(project, files):
        known = fragment_kinds(project, files)
        left = [
            one for one in fragments(project, files) if known and fragment_kind(one) not in known
        ]
        if left:
            more = f" So it is with {len(left) - 1} more." if left[1:] else ""
            yield find(
                FRAGMENT_LEFT,
                f"`{left[0]}` has the type `{fragment_kind(left[0])}`; there are "
                f"{', '.join(sorted(known))}.{more}",
                where=Location(file=files.prefix + left[0]),
            )
        return
    plan = plan_version(project, files, following(project.version), _ANY_DAY)
    if plan.changelog_edit.unparsed:
        yield find(
            CHANGELOG_UNPARSED,
            f"`{plan.changelog}` would not be edited for a release: "
            f"{plan.changelog_edit.unparsed}.",
            where=Location(file=plan.changelog),
        )


def called(place: Place) -> str:
    """The place in words."""
    if place.key == "project.version":
        return place.key
    if place.file.endswith(".lock"):
        return f"`{place.file}`"
    return f"`{place.key}` in `{place.file}`"


def where_is(place: Place) -> Location:
    """The place as a finding shows it."""
    return Location(file=place.file, line=place.line, key=place.key)


def _ci_compares(files: Files, lock: str) -> bool:
    compared = _LOCKED.get(posixpath.basename(lock))
    if compared is None:
        return False
    for name in files.names:
        if name.startswith(".github/workflows/"):
            document = files.document(name)
            if document is not None and compared.search(document.text):
                return True
    return False
