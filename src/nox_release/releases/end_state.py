"""How a release ended: what was to be there, what is there, and the judgement over both. Pure.

The first run of a command, every later run and `check-project` judge by this alone, so that what
is called done is what an observer of the whole world would call done.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal

from nox_release.core.answers import CouldNotAsk
from nox_release.core.values import dataclass
from nox_release.releases.observed import IndexFile, IndexProject, Publisher, Run, upload_times
from nox_release.releases.plan import (
    Target,
    judge_runs,
    missing_files,
    other_bytes,
    runs_of,
    unexpected_files,
)

Kind = Literal[
    "quarantined",  # the whole project is set aside
    "absent",  # no file of the version is there
    "half",  # files that were to be there are not
    "unexpected",  # a file is there that nobody made for this release
    "foreign",  # another repository published it, or it was there before the run
    "other bytes",  # not the bytes that the run made
    "not served",  # listed, and cannot be downloaded
    "wrong bytes",  # what is downloaded is not what is listed
    "yanked",
]

# GitHub and the index have clocks of their own.
_SLACK = timedelta(minutes=2)
# How long an index may take to list what it has: all of it, and the rest once it lists a part.
FILES_AT_MOST = timedelta(minutes=30)
SOME_FILES_AT_MOST = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a trial download gave: `sha256` is empty where the file was not read to its end."""

    there: bool
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """One file of the version on the index. `publishers` are those its provenance names, `None`
    without provenance; `served` is `None` where no download was tried.
    """

    file: IndexFile
    publishers: tuple[Publisher, ...] | CouldNotAsk | None = None
    served: Served | CouldNotAsk | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One way in which a release is not what it was to be."""

    kind: Kind
    files: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndState:
    """The judgement: complete where there is neither a flaw nor anything that is not known."""

    landed: tuple[Landed, ...]
    flaws: tuple[Flaw, ...] = ()
    unknown: tuple[Flaw, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.flaws and not self.unknown


def judge_end(
    target: Target,
    project: IndexProject | None,
    landed: tuple[Landed, ...],
    runs: Iterable[Run] = (),
    *,
    slugs: frozenset[str] = frozenset(),
) -> EndState:
    """What is wrong with the version as the index has it.

    `slugs` are all names of the repository, earlier ones among them.
    """
    if project is not None and project.status == "quarantined":
        return EndState(landed=landed, flaws=(Flaw(kind="quarantined"),))
    ours = runs_of(target, runs)
    run = judge_runs(ours)
    over = run.run.url if run.run is not None and run.state == "succeeded" else ""
    if not landed:
        return EndState(landed=(), flaws=(Flaw(kind="absent", detail=over),))
    files = tuple(one.file for one in landed)
    since = first_run_of(target, ours)
    flaws = [
        *_flaw("half", missing_files(target, files), over),
        *_flaw("unexpected", _unexpected(target, landed, slugs)),
        *_flaw("other bytes", (file.filename for file in other_bytes(target, files))),
        *_foreign(target, landed, since, slugs),
        *_flaw("not served", (one.file.filename for one in landed if is_not_served(one))),
        *_flaw("wrong bytes", (one.file.filename for one in landed if _is_wrong(one))),
        *_yanked(files),
    ]
    return EndState(landed=landed, flaws=tuple(flaws), unknown=tuple(_unknown(landed)))


def _unexpected(target: Target, landed: tuple[Landed, ...], slugs: frozenset[str]) -> Iterator[str]:
    """Names that this release did not make, unless the repository itself published them."""
    strange = {file.filename for file in unexpected_files(target, (one.file for one in landed))}
    for one in landed:
        named = () if isinstance(one.publishers, CouldNotAsk) else one.publishers or ()
        if one.file.filename in strange and not any(_is_ours(it, slugs) for it in named):
            yield one.file.filename


def is_overdue(run: Run, there: Iterable[IndexFile], now: datetime) -> bool:
    """Whether all that the index lists of what a run has uploaded is all that it will list."""
    times = upload_times(there)
    if times:
        return now - max(times) > SOME_FILES_AT_MOST
    return run.updated is not None and now - run.updated > FILES_AT_MOST


def slugs_of(target: Target) -> frozenset[str]:
    """What the repository is called, as far as this checkout and GitHub say."""
    names = {target.slug.lower()}
    if target.publisher is not None:
        names.add(target.publisher.slug.lower())
    return frozenset(names)


def first_run_of(target: Target, runs: Iterable[Run]) -> datetime | None:
    """When the first run that publishes this target was created."""
    created = [run.created for run in runs_of(target, runs) if run.created is not None]
    return min(created, default=None)


def _flaw(kind: Kind, names: Iterable[str], detail: str = "") -> tuple[Flaw, ...]:
    files = tuple(names)
    return (Flaw(kind=kind, files=files, detail=detail),) if files else ()


def _foreign(
    target: Target, landed: tuple[Landed, ...], since: datetime | None, slugs: frozenset[str]
) -> list[Flaw]:
    elsewhere: dict[str, list[str]] = {}
    unnamed: list[IndexFile] = []
    for one in landed:
        named = one.publishers
        if isinstance(named, CouldNotAsk):
            continue
        if named:
            if target.publisher is not None and not any(_is_ours(it, slugs) for it in named):
                where = ", ".join(sorted({it.repository or it.kind for it in named}))
                elsewhere.setdefault(where, []).append(one.file.filename)
            continue
        unnamed.append(one.file)
    flaws = [
        Flaw(kind="foreign", files=tuple(files), detail=f"published from {where}")
        for where, files in elsewhere.items()
    ]
    return [*flaws, *early_files(unnamed, since)]


def early_files(files: Iterable[IndexFile], since: datetime | None) -> tuple[Flaw, ...]:
    """The flaw of files that were there before the first run of the workflow, at `since`."""
    early = (
        file.filename
        for file in files
        if since is not None and file.upload_time and file.upload_time < since - _SLACK
    )
    return _flaw("foreign", early, "uploaded before the first run of the workflow")


def _is_ours(publisher: Publisher, slugs: frozenset[str]) -> bool:
    return publisher.repository.lower() in slugs


def is_not_served(one: Landed) -> bool:
    return isinstance(one.served, Served) and not one.served.there


def _is_wrong(one: Landed) -> bool:
    return (
        isinstance(one.served, Served)
        and bool(one.served.sha256 and one.file.sha256)
        and one.served.sha256 != one.file.sha256
    )


def _yanked(files: tuple[IndexFile, ...]) -> tuple[Flaw, ...]:
    yanked = [file for file in files if file.yanked]
    if not yanked:
        return ()
    reason = next((file.yanked for file in yanked if isinstance(file.yanked, str)), "")
    return (Flaw(kind="yanked", files=tuple(file.filename for file in yanked), detail=reason),)


def _unknown(landed: tuple[Landed, ...]) -> Iterable[Flaw]:
    for one in landed:
        name = (one.file.filename,)
        if isinstance(one.publishers, CouldNotAsk):
            yield Flaw(kind="foreign", files=name, detail=one.publishers.reason)
        if isinstance(one.served, CouldNotAsk):
            yield Flaw(kind="not served", files=name, detail=one.served.reason)
