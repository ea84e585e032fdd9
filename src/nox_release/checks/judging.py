"""The one list of rules that judges a release: before it, while it is under way, and when it is out.

`check-project` shows this judgement and the next step, `release` this judgement and the plan. What
says "ready" is therefore what would refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from nox_release.checks.index import state as index_rules
from nox_release.checks.index.siblings import check_siblings
from nox_release.checks.publisher import exchange as publisher_rules
from nox_release.checks.release import asked, assets, finished, preflight
from nox_release.checks.workflow.checking import WorkflowFacts, check_workflow
from nox_release.checks.workflow.upload import ENV_EQUALS
from nox_release.core.answers import ANSWERED, CouldNotAsk, known
from nox_release.core.findings import (
    Finding,
    Location,
    Result,
    Rule,
    Severity,
    Skipped,
    find,
    passed,
    skipped,
)
from nox_release.core.values import dataclass, field, replace
from nox_release.core.versions import parse_version
from nox_release.core.words import capitalised, counted, git_in_brief
from nox_release.files.distributions import Distribution
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import Project
from nox_release.releases.end_state import early_files, first_run_of, is_overdue
from nox_release.releases.observed import ForgeEnvironment, Observed
from nox_release.releases.plan import (
    Target,
    files_there,
    has_begun,
    is_complete,
    judge_runs,
    missing_files,
    runs_of,
)
from nox_release.workflows.publishing import Derivation, Step, Workflow
from nox_release.workflows.triggers import push_starts

if TYPE_CHECKING:
    from packaging.version import Version

    from nox_release.releases.end_state import EndState

_TRY = " Try it: "
GITHUB_AWAY = "GitHub cannot be reached"
Phase = Literal["before", "under way", "done"]

# What is asked of git here, and the rule that cannot be judged without the answer.
_OF_THE_CLONE: tuple[tuple[str, Rule], ...] = (
    ("changes", preflight.DIRTY),
    ("tracked_folders", preflight.UNTRACKED_SOURCE),
    ("branch", preflight.WRONG_BRANCH),
    ("shallow", preflight.SHALLOW),
    ("identity", preflight.IDENTITY),
    ("local_tag", preflight.TAG_ELSEWHERE_HERE),
)
NEEDED = frozenset(
    {
        *(rule.id for _, rule in _OF_THE_CLONE),
        preflight.GH_MISSING.id,
        preflight.GH_LOGGED_OUT.id,
        preflight.GH_UNREACHABLE.id,
        preflight.REMOTE_UNREACHABLE.id,
        preflight.INDEX_UNREACHABLE.id,
        assets.LATE.id,
    }
)
"""What a release cannot do without knowing: while it is *not known*, `release` does not begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that is judged: what is to be released, what was seen, and what was found in files.

    `source` and `files` are the findings in the tree and in distributions, `audit` those of zizmor
    and actionlint. `built` is the version that a build made. `stated` is the place that states the
    version. `nowhere` says why no release could be made from where the project is; git and GitHub
    were not asked then. `absent_assets` are files to attach that are not there. `end` is the judgement
    over the files on the index, where there are any. `merged` says that HEAD is what the version's pull
    request became: the branch may have moved on. `newest_tagged` is the highest version with a tag,
    where tags make the version and HEAD has none. `submodules` are those that the build reads.
    """

    project: Project
    target: Target
    observed: Observed
    derivation: Derivation
    now: datetime
    workflows: Sequence[Workflow | Finding] = ()
    actions: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    version_known: bool = True
    source: Sequence[Result] = ()
    files: Sequence[Result] = ()
    distributions: Sequence[Distribution] = ()
    audit: Sequence[Result] = ()
    built: str | None = None
    changelog: tuple[str, str | None] = ("", None)
    notes_given: bool = False
    ignore_checks: bool = False
    asked_for: bool = False
    stated: Location | None = None
    absent_assets: tuple[str, ...] = ()
    nowhere: Result | None = None
    end: EndState | None = None
    merged: bool = False
    newest_tagged: Version | None = None
    submodules: tuple[str, ...] = ()

    @property
    def awaits_checks(self) -> bool:
        """Whether a workflow of the project's tests what is pushed to the branch; what a workflow's
        own token pushes starts none.
        """
        login = known(self.observed.login)
        if self.ignore_checks or (login is not None and login.is_actions_token):
            return False
        pushes = [
            trigger
            for one in self.workflows
            if not isinstance(one, Finding) and (trigger := one.event("push")) is not None
        ]
        ref = f"refs/heads/{self.target.branch}"
        return any(push_starts(one, ref) for one in pushes)


def phase_of(target: Target, observed: Observed, *, is_finished: bool) -> Phase:
    if is_finished:
        return "done"
    return "under way" if has_begun(target, observed) else "before"


def judge(case: Case, phase: Phase) -> tuple[Result, ...]:
    """Every result about a release in this phase, each once."""
    if phase == "before":
        results = list(judge_before(case))
    elif phase == "under way":
        results = [*judge_under_way(case.target, case.observed), *_unfinished(case)]
    else:
        results = list(_judge_done(case))
    return tuple(dict.fromkeys(results))


def judge_under_way(target: Target, observed: Observed) -> Iterator[Result]:
    """The rules whose answer may change while a release is under way."""
    yield from map(_not_asked, preflight.check_conflicts(target, observed))


# --- before ----------------------------------------------------------------------------------


def judge_before(case: Case) -> Iterator[Result]:
    target, observed = case.target, case.observed
    results = [
        *case.source,
        *case.files,
        *_index(case),
        *((case.nowhere,) if case.nowhere else (*_clone(observed), *_git_and_github(case))),
        *_workflow(case),
        *_publisher(case),
        *preflight.check_changelog(
            *case.changelog, target.version, notes_given=case.notes_given or not case.version_known
        ),
    ]
    if case.built is not None:
        results += preflight.check_version(case.built, target.version)
    elif case.project.version is not None and case.version_known:
        results += preflight.check_version(case.project.version, target.version)
    yield from _earliest(_for_new_names(results, observed))


def _index(case: Case) -> Iterator[Result]:
    observed, target = case.observed, case.target
    yield from index_rules.check_index_state(
        observed,
        index_rules.Released(
            name=case.project.name,
            index=target.index,
            version=target.version if case.version_known else None,
            distributions=case.distributions,
            uploads=False,
            publisher=target.publisher,
            pending_publisher=target.pending_publisher,
        ),
        case.now,
    )
    yield from check_siblings(case.project, observed)


def _clone(observed: Observed) -> Iterator[Result]:
    """What git would not say about this clone, as *not known*."""
    for name, rule in _OF_THE_CLONE:
        answer = getattr(observed, name)
        if isinstance(answer, CouldNotAsk):
            yield skipped(rule, answer.reason)


def _git_and_github(case: Case) -> Iterator[Result]:
    target, observed = case.target, case.observed
    tagged = observed.remote_tag == target.commit
    if not tagged:
        tree = preflight.check_tree(
            target,
            observed,
            release_branch=case.project.settings.branch,
            version_from_tags=case.project.version_from_tags,
        )
        yield from (one for one in tree if not (case.merged and one.id == preflight.BEHIND.id))
    if case.version_known:
        yield from map(_not_asked, preflight.check_tag(target, observed))
    elif isinstance(observed.remote, CouldNotAsk):
        yield _not_asked(preflight.remote_unreachable(target, observed.remote))
    gh = [_not_asked(result) for result in preflight.check_gh(target, observed)]
    yield from gh
    if observed.gh == "ready":
        if not any(isinstance(result, Finding) for result in gh):
            login = known(observed.login)
            yield passed(
                asked.GITHUB_ASKED,
                login.user if login else "",
                title=f"{target.slug} is on GitHub, and gh may write to it",
            )
        if not (tagged and target.event == "push"):  # the tag has started the upload
            yield from preflight.check_checks(
                target, observed, ignore=case.ignore_checks, awaited=case.awaits_checks
            )
    yield from preflight.check_workflow_ready(target, observed)
    if case.version_known:
        yield from map(_not_asked, preflight.check_github_release(target, observed))
        yield from map(_not_asked, preflight.check_files(target, observed))
    yield from assets.check_before(target, observed, case.absent_assets)


def _not_asked(result: Result) -> Result:
    """A finding that only says that something got no answer, as *not known*."""
    if not isinstance(result, Finding) or result.id not in NEEDED or result.id in _FACTS:
        return result
    remote = result.id == preflight.REMOTE_UNREACHABLE.id
    index = result.id == preflight.INDEX_UNREACHABLE.id
    return Skipped(
        id=result.id,
        subject=result.subject,
        title="what the remote has"
        if remote
        else "what the index has"
        if index
        else "what GitHub says",
        reason=f"{result.message.rstrip('.')}. {result.fix}".strip(),
    )


_FACTS = frozenset(rule.id for _, rule in _OF_THE_CLONE)


def what_must_be_known(results: Iterable[Result]) -> tuple[Finding, ...]:
    """What a release needs to know and could not ask, as findings that stop it; those with one cause
    in the same words.
    """
    rules = {rule.id: rule for rule in (*preflight.RULES, *assets.RULES)}
    unknown = [one for one in results if isinstance(one, Skipped) and one.id in NEEDED]
    ids = {one.id for one in unknown}
    github = {preflight.GH_UNREACHABLE.id, preflight.REMOTE_UNREACHABLE.id} & ids
    away = {
        one.id
        for one in unknown
        if one.id == preflight.INDEX_UNREACHABLE.id and ANSWERED not in one.reason
    }
    if github and away:
        cause = "No connection: neither GitHub nor the index gave an answer. Are you offline?"
    elif len(github) > 1:
        cause = GITHUB_AWAY
    else:
        cause = ""
    found = []
    for one in unknown:
        rule = rules[one.id]
        if cause and one.id in github | away:
            fix = "Run the same command again when it can be reached"
            found.append(replace(find(rule, cause, fix=fix), why=f"\n{one.reason}"))
        else:
            brief = git_in_brief(one.reason)
            more = f"\n{one.reason}" if brief != one.reason else ""
            said, _, trial = brief.partition(_TRY)
            title = "" if said.startswith("Could not ask") else f"{capitalised(one.title)}: "
            fix = f"{_TRY.strip()} {trial}" if trial else ""
            finding = find(rule, f"{title}{said}", fix=fix)
            found.append(replace(finding, why=f"{rule.why}{more}"))
    return tuple(found)


# --- the workflow and the publisher ----------------------------------------------------------


def _workflow(case: Case) -> Iterator[Result]:
    """The rules about workflow files, over the one that publishes."""
    job = case.derivation.job
    if job is None:
        return
    others = tuple(
        one
        for one in case.workflows
        if not isinstance(one, Finding) and one.file != job.workflow.file
    )
    for result in check_workflow(job.workflow, replace(_workflow_facts(case), others=others)):
        # That no publisher is known is told once, under its own subject.
        if not (isinstance(result, Skipped) and result.id == ENV_EQUALS.id):
            yield result
    yield from case.audit


def _workflow_facts(case: Case) -> WorkflowFacts:
    """What is known around the publishing workflow."""
    observed, target, project = case.observed, case.target, case.project
    repository = known(observed.repository)
    metadata = [one.metadata.value("metadata-version") for one in case.distributions]
    return WorkflowFacts(
        repository=target.slug or None,
        index=project.settings.index,
        default_branch=observed.default_branch,
        tag=_tag(case),
        likely_tag=project.settings.tag(project.name, "1.0.0"),
        starts=("push-tag", "release", "dispatch-tag"),
        at_commit=known(observed.at_commit),
        version_from_tags=project.version_from_tags,
        metadata_version=max(filter(None, metadata), default=None),
        native=any(
            one.kind == "wheel" and not one.filename.endswith("-none-any.whl")
            for one in case.distributions
        )
        if case.distributions
        else None,
        publisher=_registered(observed),
        environment=_environment(target, observed),
        actions=case.actions,
        private=None if repository is None else repository.private,
        immutable_releases=known(observed.immutable_releases),
        release_last=target.release_last,
        submodules=case.submodules,
    )


def _tag(case: Case) -> str | None:
    """The release's tag; at a development version that of what it leads to."""
    target = case.target
    if not case.version_known:
        return None
    version = parse_version(target.version)
    if version is None or not version.is_devrelease or not target.tag.endswith(target.version):
        return target.tag
    return target.tag.removesuffix(target.version) + version.base_version


def _registered(observed: Observed) -> TrustedPublisher | None:
    """The publisher that the newest provenance shows, where it shows one alone."""
    publishers = known(observed.publishers)
    if publishers is None or len(publishers) != 1:
        return None
    return publisher_rules.as_trusted(publishers[0])


def _environment(target: Target, observed: Observed) -> ForgeEnvironment | None:
    """The environment on GitHub; one that is not there yet admits everything."""
    name = target.publisher.environment if target.publisher else None
    answer = observed.environment
    if name is None or isinstance(answer, CouldNotAsk) or observed.gh == "missing":
        return None
    return answer or ForgeEnvironment(name=name)


def _publisher(case: Case) -> Iterator[Result]:
    yield from case.derivation.results
    ours, observed, index = case.derivation.publisher, case.observed, case.target.index
    if ours is None:
        return
    environment = f", environment `{ours.environment}`" if ours.environment else ""
    yield passed(
        asked.PUBLISHER_DERIVED,
        f"{ours.slug}, `{ours.workflow}`{environment}",
        title="What publishes is clear",
    )
    publishers = known(observed.publishers)
    if publishers is not None:
        yield from publisher_rules.compare_provenance(
            [publisher_rules.as_trusted(one) for one in publishers],
            ours,
            version=observed.proven_version,
            index=index,
            project=case.project.name,
        )
    elif known(observed.project) is not None:
        yield skipped(
            asked.PUBLISHER_REGISTERED,
            f"{index.title} lists publishers to nobody; "
            "no file there has provenance yet that would show one",
            title=f"whether {index.title} has this publisher",
        )


# --- under way and done ----------------------------------------------------------------------


def _unfinished(case: Case) -> Iterator[Result]:
    """Where a release stands that has begun and is not out."""
    target, observed = case.target, case.observed
    if isinstance(observed.runs, CouldNotAsk):
        title = f"whether a workflow has published {target.tag}, which is out"
        yield skipped(preflight.GH_UNREACHABLE, observed.runs.reason, title=title)
        return
    runs = observed.runs
    verdict = judge_runs(runs_of(target, runs))
    if verdict.state in ("none", "failed"):  # what is left is more than to wait
        yield from map(_not_asked, preflight.check_gh(target, observed))
    run = f": {verdict.run.url}" if verdict.run is not None else ""
    there = files_there(target, observed)
    whole = is_complete(target, there)
    unproven = [file for file in there if not file.provenance]
    for flaw in early_files(unproven, first_run_of(target, runs)):
        yield finished.flawed(target, flaw)
    succeeded = verdict.run if verdict.state == "succeeded" else None
    if succeeded is not None and not whole and is_overdue(succeeded, there, case.now):
        yield finished.half(target, missing_files(target, there), run=succeeded.url)
        return
    words = {
        "none": "no run of its workflow came",
        "active": f"its run is not over{run}",
        "failed": f"its run failed{run}",
        "succeeded": f"its run has succeeded, and {target.index.title} does not list all files{run}",
    }
    if verdict.state == "succeeded" and whole:
        words["succeeded"] = "its GitHub release is not complete"
    count = f"; {len(there)} of its files are on {target.index.title}" if there else ""
    after = ""
    if isinstance(observed.past_tag, int) and observed.past_tag:
        after = f" HEAD is {counted(observed.past_tag, 'commit')} after it and not in it."
    yield find(
        finished.UNFINISHED,
        f"The release of {target.version} has begun, and {words[verdict.state]}{count}.{after}",
    )


def _judge_done(case: Case) -> Iterator[Result]:
    target, observed = case.target, case.observed
    yield from judge_under_way(target, observed)
    if case.end is not None:
        yield from finished.check_end(target, case.end)
        yield from finished.check_proofs(target, case.end)
    yield from assets.check_after(target, observed)
    if case.asked_for or case.project.version_from_tags:
        return
    past = observed.past_tag
    if isinstance(past, int) and past:
        yield finished.version_not_raised(target, past, case.stated)
    changes = known(observed.changes)
    if case.stated is not None and case.project.version is None and changes is not None:
        yield from preflight.uncommitted_version(changes, case.stated)


def milder(results: Iterable[Result]) -> Iterator[Result]:
    """The same where they concern the next release alone: nothing stops the one that is out."""
    for result in results:
        if isinstance(result, Finding) and result.severity is Severity.ERROR:
            yield replace(result, severity=Severity.WARNING)
        else:
            yield result


# --- which of several ------------------------------------------------------------------------


def _for_new_names(results: Sequence[Result], observed: Observed) -> list[Result]:
    """Without PyPI's refusals of new names where the project has its name already."""
    if isinstance(observed.project, CouldNotAsk):
        return list(results)
    kept: list[Result] = []
    for result in results:
        if isinstance(result, Finding) and result.id == "name-stdlib":
            if observed.project is None:
                kept.append(replace(result, severity=Severity.ERROR))
            continue
        kept.append(result)
    return kept


def _earliest(results: Sequence[Result]) -> list[Result]:
    """Each rule's findings at the earliest distance only: the source before the built files."""
    told = {
        result.id
        for result in results
        if isinstance(result, Finding) and result.subject == "project"
    }
    return [
        result
        for result in results
        if not (
            isinstance(result, Finding) and result.subject == "distributions" and result.id in told
        )
    ]
