"""The checklist of one project: the one judgement over it, and the one thing to do next.

Each question that fails leaves its own line *not known*; the others are answered all the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from nox_release.checks.files.remedies import in_its_own_words
from nox_release.checks.judging import Case, Phase, judge, judge_before, milder, phase_of
from nox_release.checks.release import asked, finished
from nox_release.checks.release.asked import OF_THIS_COMMIT
from nox_release.core.answers import CouldNotAsk, ask, known
from nox_release.core.errors import NoxReleaseError
from nox_release.core.findings import (
    Finding,
    Result,
    Skipped,
    errors_in,
    findings_in,
    passed,
    skipped,
)
from nox_release.core.values import dataclass, field, replace
from nox_release.edges.audit import audit_workflows, without_doubles
from nox_release.edges.context import Context
from nox_release.edges.screen import size_in_words
from nox_release.files.distributions import Distribution, version_of_file
from nox_release.observing.observer import Observer
from nox_release.observing.publishers import Publishing, derive
from nox_release.observing.targets import tagged_version
from nox_release.operations.looking import (
    Wish,
    look_at,
    look_at_folder,
    read_tree,
    told_by,
    with_built,
)
from nox_release.operations.next_step import NextStep, next_step
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import Project
from nox_release.releases.end_state import Landed, judge_end, slugs_of
from nox_release.releases.plan import plan_release

if TYPE_CHECKING:
    from concurrent.futures import Future

    from nox_release.checks.source.subject import SourceTree
    from nox_release.operations.asking import Questions
    from nox_release.operations.built import Built


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """What was found about one project, and what follows."""

    project: Project
    version: str | None
    phase: Phase
    results: tuple[Result, ...]
    step: NextStep
    case: Case
    publisher: TrustedPublisher | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        return errors_in(self.results)

    @property
    def unknown(self) -> tuple[Skipped, ...]:
        return tuple(result for result in self.results if isinstance(result, Skipped))

    @property
    def ready(self) -> bool:
        """Nothing that was found would make a release fail."""
        return not self.errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a checklist is to look at: `built` is what a build made, or why it made nothing; without
    it the files in `dist/` that belong to this version are looked at. `arguments` are options that
    the commands in the next step need to be given too. `version` is the one to judge, where it is
    not the one that the tree states. `before` names packages that are released before this one.
    """

    built: Built | NoxReleaseError | None = None
    wish: Wish = field(default_factory=Wish)
    arguments: Sequence[str] = ()
    version: str | None = None
    before: frozenset[str] = frozenset()


def make_checklist(
    context: Context,
    project: Project,
    asked_of: Questions,
    wanted: Wanted,
) -> Checklist:
    """Ask everything about `project` that can be asked without changing anything."""
    observer, index, pool = asked_of.observer, asked_of.index, asked_of.pool
    publishing = derive(project, observer.place if isinstance(observer, Observer) else None)
    audit = pool.submit(_audit, context, project, observer, publishing)
    tree = read_tree(project, observer)
    version = wanted.version or _version(project, tree, observer, wanted.built)
    landed = index.landed(version) if version else None
    looking: Future[Case]
    if isinstance(observer, Observer):
        asked_for = (context, project, observer, index, version, wanted.wish, publishing)
        looking = pool.submit(look_at, *asked_for)
    else:
        looking = pool.submit(
            look_at_folder, context, project, observer, index, version, publishing
        )
    # While GitHub answers.
    source = told_by(project, tree)
    files = _in_dist(project, version, observer) if wanted.built is None else {}
    case = _with_those_before(looking.result(), wanted.before)
    case = _with_built(replace(case, **source, **files), wanted.built)
    case = replace(case, audit=tuple(audit.result()))
    phase, judged = _judged(case, landed)
    results = without_doubles(judged)
    step = next_step(case, phase, results, arguments=wanted.arguments)
    return Checklist(
        project=project,
        version=version,
        phase=phase,
        results=results,
        step=step,
        case=case,
        publisher=case.derivation.publisher,
    )


def blockers_of(checklist: Checklist) -> list[Finding]:
    """What would stop the release, however the commit that is made for it turns out."""
    return [
        finding
        for finding in checklist.errors
        if finding.id not in OF_THIS_COMMIT and finding.subject != "distributions"
    ]


def _with_those_before(case: Case, names: frozenset[str]) -> Case:
    """The case in which the index has what is released before."""
    left = tuple(one for one in case.observed.siblings if canonicalize_name(one[0]) not in names)
    return replace(case, observed=replace(case.observed, siblings=left))


def _version(
    project: Project,
    tree: SourceTree,
    observer: Observer | Finding | CouldNotAsk,
    built: Built | NoxReleaseError | None,
) -> str | None:
    """The version that a release from here has, as far as that is known."""
    from nox_release.checks.source.versions import declared_version

    if built is not None and not isinstance(built, NoxReleaseError):
        return built.version
    declared = declared_version(project, tree)
    if declared is not None or not isinstance(observer, Observer):
        return declared
    try:
        return tagged_version(project, observer.place.repository, str(observer.head))
    except NoxReleaseError:
        return None


def _judged(
    case: Case, landed: Future[tuple[Landed, ...]] | None
) -> tuple[Phase, tuple[Result, ...]]:
    """The judgement over the release that stands here; of one that has begun, the rest of what is
    found concerns the next.
    """
    target, observed = case.target, case.observed
    is_out = case.nowhere is None and plan_release(target, observed).is_finished
    phase = phase_of(target, observed, is_finished=is_out)
    if phase == "done":
        files = landed.result() if landed is not None else ()
        runs = known(observed.runs) or ()
        end = judge_end(target, known(observed.project), files, runs, slugs=slugs_of(target))
        case = replace(case, end=end)
    results = judge(case, phase)
    if phase == "done":
        stated = None if case.project.version_from_tags else case.stated
        results += tuple(finished.check_what_is_left(target, observed, case.now, stated))
    if phase != "before":
        told = {result.id for result in results}
        next_one = milder(judge_before(replace(case, version_known=False, built=None)))
        results += tuple(result for result in next_one if result.id not in told)
    return phase, results


def _audit(
    context: Context,
    project: Project,
    observer: Observer | Finding | CouldNotAsk,
    publishing: Publishing,
) -> list[Result]:
    """What zizmor and actionlint say, where they are installed."""
    if not publishing.file:
        return []
    top = observer.place.repository.root if isinstance(observer, Observer) else project.root
    readable = [one for one in publishing.workflows if not isinstance(one, Finding)]
    results = audit_workflows(top, readable, context.runner, publishing=[publishing.file])
    if project.settings.index.is_like_pypi:
        return list(results)
    return [result for result in results if not result.id.endswith("/use-trusted-publishing")]


# --- distributions --------------------------------------------------------------------------------


def _in_dist(
    project: Project, version: str | None, observer: Observer | Finding | CouldNotAsk
) -> dict[str, Any]:
    """The files in `dist/` and what was found in them, as fields of a case."""
    found, read = _distribution_results(_files(project, version), version, project)
    found += _as_built(project, read, observer)
    return {
        "files": tuple(in_its_own_words(one, project) for one in found),
        "distributions": read,
    }


def _with_built(case: Case, built: Built | NoxReleaseError | None) -> Case:
    """The case with what was built."""
    if built is None:
        return case
    if isinstance(built, NoxReleaseError):
        return replace(case, files=(asked.build_failure(built),))
    return with_built(case, built, built.results)


def _files(project: Project, version: str | None) -> tuple[Path, ...]:
    """The files in `dist/` of this version; where a tag is still to make it, none can be."""
    folder = project.root / "dist"
    try:
        everything = sorted(
            path for path in folder.iterdir() if path.name.endswith((".whl", ".tar.gz", ".zip"))
        )
    except OSError:
        return ()
    ours = [
        path
        for path in everything
        if canonicalize_name(path.name.split("-")[0]) == project.normalized_name
        or path.name.lower().startswith(f"{project.name.lower()}-")
    ]
    versions = {path: version_of_file(path.name) for path in ours}
    if version is None:
        if project.version_from_tags:
            return ()
        known = {found for found in versions.values() if found is not None}
        return tuple(ours) if len(known) == 1 else ()
    return tuple(path for path in ours if versions[path] == Version(version))


def _as_built(
    project: Project, read: Sequence[Distribution], observer: Observer | Finding | CouldNotAsk
) -> Iterator[Finding]:
    """What `build` said of these files, where they were made from the tree as it is now."""
    sdist = next((one for one in read if one.kind == "sdist"), None)
    wheel = next((one for one in read if one.kind == "wheel"), None)
    if sdist is None or wheel is None or not isinstance(observer, Observer):
        return
    from nox_release.checks.files.built import check_built
    from nox_release.checks.files.facts import Facts
    from nox_release.files.wheels import read_wheel

    tree = _unchanged_since(sdist.path.stat().st_mtime, project, observer)
    if tree:
        facts = Facts(project=project, wheel=read_wheel(wheel.path, wheel), sdist=sdist, tree=tree)
        yield from findings_in(check_built(facts))


def _unchanged_since(moment: float, project: Project, observer: Observer) -> tuple[str, ...]:
    """The project's tracked files, if neither they nor HEAD are newer than `moment`; else nothing."""
    repository, tracked = observer.place.repository, known(ask(observer.tracked.result)) or ()
    below = project.root.relative_to(repository.root)
    prefix = "" if below == Path() else below.as_posix() + "/"
    tracked = tuple(name.removeprefix(prefix) for name in tracked if name.startswith(prefix))
    try:
        newest = max((project.root / name).lstat().st_mtime for name in tracked)
        newest = max(newest, repository.commit_time(str(observer.head)))
    except (OSError, ValueError, NoxReleaseError):
        return ()
    return tracked if newest <= moment else ()


def relative_to(finding: Finding, root: Path) -> Finding:
    """The finding with its place as seen from `root`."""
    where = finding.where
    if where is None or not Path(where.file).is_absolute():
        return finding
    with contextlib.suppress(ValueError):
        file = Path(where.file).relative_to(root).as_posix()
        return replace(finding, where=replace(where, file=file))
    return finding


def _distribution_results(
    files: Sequence[Path], version: str | None, project: Project
) -> tuple[list[Result], tuple[Distribution, ...]]:
    index = project.settings.index.title
    if not files:
        unread = version is None and not project.version_from_tags
        which = "which version this is; " if unread else ""
        return [
            skipped(
                asked.DISTRIBUTIONS_CHECKED,
                "none are built",
                title=f"{which}whether {index} takes the files",
                fix="`nox -s release` builds them when it has a version"
                if project.version_from_tags and version is None
                else "`nox -s build` makes them",
            )
        ], ()
    from nox_release.checks.files import checking
    from nox_release.files.archives import read_distribution

    checked = checking.examine(files)
    findings = [relative_to(finding, project.root) for finding in checking.judge(checked)]
    results: list[Result] = list(findings)
    read = []
    for path, one in zip(files, checked, strict=True):
        try:
            read.append(read_distribution(path, one.archive))
        except NoxReleaseError:
            continue  # a finding above says so
        if not any(one.where and path.name in one.where.file for one in errors_in(findings)):
            results.append(
                passed(
                    asked.DISTRIBUTIONS_CHECKED,
                    size_in_words(read[-1].size),
                    title=f"{index} would take `{path.name}`",
                )
            )
    return results, tuple(read)
