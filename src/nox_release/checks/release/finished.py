"""Rules over a release that is out, or half out: the judgement of `release.end_state`, as findings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from nox_release.checks.index.state import VERSION_YANKED, closing_time, day_of, quarantined
from nox_release.checks.publisher.exchange import as_trusted, compare_provenance
from nox_release.checks.release.asked import PUBLISHER_LAST_RELEASE
from nox_release.core.answers import CouldNotAsk
from nox_release.core.findings import (
    Finding,
    Location,
    Result,
    Rule,
    Severity,
    find,
    passed,
    skipped,
)
from nox_release.core.words import counted, some
from nox_release.project import pages
from nox_release.releases.observed import Observed, Publisher
from nox_release.releases.plan import Target, files_there

if TYPE_CHECKING:
    from nox_release.releases.end_state import EndState, Flaw

HALF = Rule(
    "release-half",
    Severity.ERROR,
    "Every file of the version is on the index",
    subject="index",
    why="Anyone without a file for their machine gets another version, or none.",
    remedy="nox -s release goes on with what is missing, within 14 days of the first file; "
    "after that, release the next version",
    link="https://blog.pypi.org/posts/2026-07-22-releases-now-reject-new-files-after-14-days/",
)
FOREIGN = Rule(
    "release-foreign",
    Severity.ERROR,
    "Every file of the version was made by this release",
    subject="index",
    why="A file that came from elsewhere is what people install, whatever the tag says.",
    remedy="Find out who uploaded it. Unless it was you, report it to security@pypi.org; yank the "
    "release, and release the next version",
    link="https://docs.pypi.org/project-management/yanking/",
)
NOT_SERVED = Rule(
    "release-not-served",
    Severity.ERROR,
    "Every file of the version can be downloaded, and is what the index lists",
    subject="index",
    why="A file that is listed and not served fails every installation.",
    remedy="Look again in a few minutes, and at https://status.python.org/; if it lasts, release "
    "the next version",
)
NOT_RAISED = Rule(
    "version-not-raised",
    Severity.ERROR,
    "The version was raised after its release",
    subject="project",
    why="HEAD has commits that the released version does not contain, and states that version all "
    "the same.",
    remedy="Raise the version, or: nox -s prepare -- patch",
)
UNFINISHED = Rule(
    "release-unfinished",
    Severity.WARNING,
    "No release has begun and is not out",
    subject="index",
    why="Its tag and its GitHub release are public, and there is nothing to install yet, or not all.",
    remedy="nox -s release goes on from where it stopped",
)
IN_DEVELOPMENT = Rule(
    "back-to-development",
    Severity.ADVICE,
    "HEAD states a version that is not released",
    subject="project",
    why="What is installed from the repository from now on calls itself the released version.",
    remedy="nox -s prepare -- dev, where you mark what is in development; otherwise nothing",
)
CLOSES = Rule(
    "release-closes",
    Severity.ADVICE,
    "How long the release takes new files",
    subject="index",
    why="PyPI takes new files for a version for 14 days only, counted from its first file.",
    remedy="Nothing, when all files are there; a wheel that is to be added has to come before",
    link="https://blog.pypi.org/posts/2026-07-22-releases-now-reject-new-files-after-14-days/",
)
RULES = (HALF, FOREIGN, NOT_SERVED, NOT_RAISED, UNFINISHED, IN_DEVELOPMENT, CLOSES)


def check_end(target: Target, end: EndState) -> Iterator[Result]:
    """What is wrong with a release, what is not known about it, and otherwise that it is whole."""
    for flaw in end.flaws:
        yield flawed(target, flaw)
    for flaw in end.unknown:
        rule = FOREIGN if flaw.kind == "foreign" else NOT_SERVED
        what = "who published" if rule is FOREIGN else "whether the index serves"
        yield skipped(rule, flaw.detail, title=f"{what} {some(flaw.files)}")
    if end.is_complete:
        count = len(end.landed)
        yield passed(
            HALF,
            f"{counted(count, 'file')}, all of them served",
            title=f"{target.version} is whole on {target.index.title}",
        )


def half(target: Target, missing: tuple[str, ...], *, run: str = "") -> Finding:
    """The finding about files that are not there (none: not one is); `run` is the address of one that
    succeeded and will bring no more.
    """
    index, version = target.index.title, target.version
    said = f"{version} is on {index} without {some(missing)}" if missing else ""
    said = said or f"{index} lists no file of {version}"
    if not run:
        return find(HALF, f"{said}.")
    return find(
        HALF,
        f"{said}, and its run has succeeded: {run}",
        fix="See what its publish job uploaded: nox -s diagnose. The name of a deleted file can never "
        "be used again: then release the next version",
    )


def flawed(target: Target, flaw: Flaw) -> Finding:
    index, version, files = target.index.title, target.version, some(flaw.files)
    page = pages.project_page(target.index, target.name, version)
    yank = (
        f" ({pages.releases_page(target.index, target.name)})" if target.index.is_like_pypi else ""
    )
    away = f"Look at {page}. If that is not your doing, yank the release{yank}"
    away += " and release the next version"
    match flaw.kind:
        case "quarantined":
            return quarantined(target.name, target.index)
        case "absent" | "half":
            return half(target, flaw.files, run=flaw.detail)
        case "unexpected":
            return find(
                FOREIGN,
                f"{index} has {files} of {version}, which this release did not make.",
                fix=away,
            )
        case "foreign":
            return find(FOREIGN, f"{files} of {version} on {index}: {flaw.detail}.", fix=away)
        case "other bytes":
            return find(
                FOREIGN, f"{index} has {files} with other bytes than this release made.", fix=away
            )
        case "not served":
            return find(NOT_SERVED, f"{index} lists {files} and does not serve it.")
        case "wrong bytes":
            return find(NOT_SERVED, f"{index} serves other bytes of {files} than it lists.")
        case "yanked":
            why = f" ({flaw.detail})" if flaw.detail else ""
            return find(
                VERSION_YANKED, f"{version} was yanked on {index}{why}.", severity=Severity.ERROR
            )


def check_proofs(target: Target, end: EndState) -> Iterator[Result]:
    """The provenance of the files against the publisher of this checkout; those alike once."""
    if target.publisher is None:
        return
    foreign = {name for flaw in end.flaws if flaw.kind == "foreign" for name in flaw.files}
    alike: dict[tuple[Publisher, ...], list[str]] = {}
    for one in end.landed:
        named, file = one.publishers, one.file
        if file.filename in foreign or isinstance(named, CouldNotAsk):
            continue
        if not named:
            reason = "the file has no attestation, so who published it is not proven"
            if file.provenance:
                reason = f"{target.index.title} does not show its provenance (yet)"
            yield skipped(PUBLISHER_LAST_RELEASE, reason, title=f"Provenance of {file.filename}")
            continue
        alike.setdefault(tuple(named), []).append(file.filename)
    for named, files in alike.items():
        yield from compare_provenance(
            [as_trusted(publisher) for publisher in named],
            target.publisher,
            version=" and ".join(files) if len(files) < 3 else f"{len(files)} files",
            index=target.index,
            project=target.name,
        )


def check_what_is_left(
    target: Target, observed: Observed, now: datetime, where: Location | None
) -> Iterator[Finding]:
    """What a maintainer may still do about a release that is out; `where` states its version."""
    if where is not None and observed.head == target.commit:
        yield find(
            IN_DEVELOPMENT, f"HEAD still states {target.version}, which is released.", where=where
        )
    there = files_there(target, observed)
    closes = closing_time(there) if there and target.index.is_like_pypi else None
    if closes is not None and now < closes:
        index = target.index.title
        yield find(CLOSES, f"{target.version} takes new files on {index} until {day_of(closes)}.")


def version_not_raised(target: Target, ahead: int, where: Location | None) -> Finding:
    """The finding about HEAD, `ahead` commits after the release of the version that it states."""
    place = f"`{where}`" if where else "the project"
    return find(
        NOT_RAISED,
        f"HEAD is {counted(ahead, 'commit')} after {target.tag}, which is released, and is "
        "not in it.",
        where=where,
        fix=f"Raise the version in {place}, or: nox -s prepare -- patch",
    )
