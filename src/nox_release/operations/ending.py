"""The end of a release: what is there is judged, shown, and summed up; by the run that brought it
about and by every later one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nox_release.checks.judging import Case, judge
from nox_release.checks.release import finished
from nox_release.core.answers import CouldNotAsk, known
from nox_release.core.findings import Result, Skipped, errors_in
from nox_release.core.values import dataclass, replace
from nox_release.core.words import some
from nox_release.edges.aside import temporary_folder
from nox_release.edges.console import Console
from nox_release.edges.context import Context
from nox_release.edges.forge import Forge
from nox_release.edges.process import side_by_side
from nox_release.observing.landed import Seen, look_at_files
from nox_release.operations.following import age_of
from nox_release.project import pages
from nox_release.releases.end_state import (
    SOME_FILES_AT_MOST,
    EndState,
    Landed,
    is_not_served,
    judge_end,
    slugs_of,
)
from nox_release.releases.observed import IndexFile, Observed, Provenance
from nox_release.releases.plan import Target, files_there, judge_runs, runs_of

if TYPE_CHECKING:
    from nox_release.edges.index import IndexClient

_AT_ONCE = 8
_PAUSE, _PAUSE_AT_MOST = 2.0, 30.0
# While one of these is not known, nobody can say that a release is whole.
_MUST_BE_KNOWN = frozenset(rule.id for rule in finished.RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What is needed to look at a release that is out; `smoke` says whether to install it too."""

    context: Context
    client: IndexClient
    forge: Forge
    smoke: bool = False


def judge_what_is_out(ways: Ways, case: Case) -> tuple[Result, ...]:
    """Every result about a release that is out: origin, bytes, downloads, yank, quarantine, and
    where wanted a trial installation.
    """
    target, observed = case.target, case.observed
    files = files_there(target, observed)
    with temporary_folder("ending") as folder:
        seen = look_until_served(ways.context, ways.client, target, files, folder=folder)
        landed = tuple(one.landed for one in seen)
        end = judge_end(
            target,
            known(observed.project),
            landed,
            known(observed.runs) or (),
            slugs=slugs_of(target) | renamed(ways.forge, target, landed),
        )
        results = [*judge(replace(case, end=end), "done"), *_signatures(target, end, seen)]
        if ways.smoke and not any(is_not_served(one) for one in landed):
            from nox_release.operations.try_out import try_published

            results += try_published(
                ways.context,
                ways.client,
                name=target.name,
                version=target.version,
                files=files,
                downloads=folder,
            )
    return tuple(results)


def judge_uploaded(
    context: Context, client: IndexClient, target: Target, observed: Observed
) -> tuple[Result, ...]:
    """Every result about files that were uploaded from here: bytes, downloads, yank, quarantine."""
    files = files_there(target, observed)
    seen = look_until_served(context, client, target, files)
    landed = tuple(one.landed for one in seen)
    return tuple(finished.check_end(target, judge_end(target, known(observed.project), landed)))


def look_until_served(
    context: Context,
    client: IndexClient,
    target: Target,
    files: tuple[IndexFile, ...],
    *,
    folder: Path | None = None,
) -> tuple[Seen, ...]:
    """As `look_at_files`; what is new on an index is listed before it can be downloaded, and is
    given some minutes.
    """
    clock, pause = context.clock, _PAUSE
    until = clock.now() + SOME_FILES_AT_MOST - age_of(client, files)
    page = pages.project_page(target.index, target.name, target.version)
    with side_by_side(_AT_ONCE) as pool:
        seen = look_at_files(client, files, pool, folder=folder)
        if not _unserved(seen) or clock.now() > until:
            return seen
        title = target.index.title
        with context.console.waiting(f"Waiting until {title} serves the files", where=page) as wait:
            while _unserved(seen) and clock.now() < until:
                wait.update(f"not yet {some(_unserved(seen))}")
                clock.sleep(pause)
                pause = min(pause * 1.5, _PAUSE_AT_MOST)
                seen = look_at_files(client, files, pool, folder=folder)
        return seen


def _unserved(seen: Iterable[Seen]) -> tuple[str, ...]:
    return tuple(one.landed.file.filename for one in seen if is_not_served(one.landed))


def renamed(forge: Forge, target: Target, landed: Iterable[Landed]) -> frozenset[str]:
    """Earlier names of the repository that a file's provenance uses."""
    own = slugs_of(target)
    named = {
        publisher.repository.lower()
        for one in landed
        for publisher in known(one.publishers) or ()
        if publisher.kind == "GitHub"
    }
    return frozenset(name for name in named - own if forge.leads_to(name) in own)


def _signatures(target: Target, end: EndState, seen: Iterable[Seen]) -> Iterator[Result]:
    """The signatures themselves, on an index whose signatures the world can check."""
    if target.index.name not in ("pypi", "testpypi") or target.publisher is None:
        return
    from nox_release.edges.attestations import verify_provenance

    foreign = {name for flaw in end.flaws if flaw.kind == "foreign" for name in flaw.files}
    for one in seen:
        name, provenance = one.landed.file.filename, one.provenance
        if name in foreign or not isinstance(provenance, Provenance):
            continue
        if one.path is None:
            yield Skipped(
                id="attestation-invalid",
                subject="trusted publisher",
                title=f"Attestation of {name}",
                reason="the file was not downloaded",
            )
            continue
        yield verify_provenance(provenance.document, one.path, publisher=target.publisher)


def conclude(
    console: Console, case: Case, results: Iterable[Result], *, before: bool, again: str
) -> int:
    """Show the verdict over a release that is out; `before` says that it was out already, `again` is
    the command to look once more.
    """
    target, observed = case.target, case.observed
    listed = tuple(results)
    wrong = errors_in(listed)
    if before and not wrong:
        console.mark("done", f"{target.title} is on {target.index.title} already.")
    for result in listed:
        console.result(result)
    unknown = any(isinstance(one, Skipped) and one.id in _MUST_BE_KNOWN for one in listed)
    if {finding.id for finding in wrong} == {finished.NOT_RAISED.id}:
        console.line()
        console.mark("error", f"{target.title} is out, and what came after it is not released.")
        console.next_step("Next, unless you raise the version yourself:", "nox -s prepare -- patch")
        return 1
    summary(console, case)
    if isinstance(observed.github_release, CouldNotAsk):
        reason = observed.github_release.reason
        console.mark("not known", f"whether it has its GitHub release: {reason}")
        unknown = True
    if wrong:
        console.mark(
            "error", f"{target.title} is published, and something is wrong with it: see above."
        )
        console.line(f"When that is settled: {again}")
        return 1
    if unknown:
        console.line(f"When all of it can be asked: {again}")
        return 1
    _how_to_install(console, target)
    return 0


def summary(console: Console, case: Case) -> None:
    target, observed = case.target, case.observed
    rows = [("project", pages.project_page(target.index, target.name, target.version))]
    release = known(observed.github_release)
    if release is not None:
        rows.append(("GitHub release", release.url))
    run = judge_runs(runs_of(target, known(observed.runs) or ())).run
    if run is not None:
        rows.append(("run", run.url))
    rows += [("file", file.filename) for file in files_there(target, observed)]
    console.table(("", ""), rows, title=f"{target.title}")


def _how_to_install(console: Console, target: Target) -> None:
    command = f"pip install {target.name}=={target.version}"
    if target.index.name != "pypi":
        command = (
            f"pip install --index-url {target.index.simple_url} {target.name}=={target.version}"
        )
    console.line()
    console.line(command)
    console.line()
    page = pages.releases_page(target.index, target.name) if target.index.is_like_pypi else ""
    console.line(
        f"If it turns out to be wrong: yank it{f' ({page})' if page else ''}, "
        "so that installers pass it over, and release the next version. Do not delete it: its "
        "file names can never be used again, and nobody who has pinned it could install it."
    )
