"""From what should be and what is to what is left to do. Pure: nothing here asks or acts.

`Target` says what is to be true, `Observed` what was seen, `plan_release` and `plan_first_upload`
give a `Plan`. There is no memory besides the world itself, so an interrupted release is planned
again from wherever it stopped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, TypeVar

from packaging.version import Version

from nox_release.core.answers import CouldNotAsk, known
from nox_release.core.findings import Finding
from nox_release.core.values import dataclass, field, replace
from nox_release.core.words import some
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import Index
from nox_release.releases.observed import IndexFile, Observed, PreparedTree, ProposedTree, Run

DIST = "dist"
"""In the setting `assets`: the files that the index lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A file that is to be on the index; `sha256` where its bytes are known."""

    filename: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One version of one project, from one commit.

    `files` are what is to be on the index: what was built here, what the run kept as artifacts, or
    what a run that succeeded has uploaded; empty while that is not known. `exact` says that there
    will be no others: not so where wheels of other platforms are built.
    `event` is what starts the publishing workflow: `release`, `push` of the tag, or
    `workflow_dispatch`; empty when it is not known. `release_last` says that the GitHub release is
    made when all files are on the index, since nothing waits for it; `release_in_run`, that the run
    may have made it by then. `inputs` are those that a start
    by hand needs, so that it publishes. `assets` are what is attached
    to it: `dist` for the index's own files, and files of the project's folder. `other_tags` name the
    same version in another form.
    """

    name: str
    version: str
    tag: str
    commit: str
    index: Index
    slug: str = ""
    remote: str = "origin"
    branch: str | None = None
    files: tuple[Expected, ...] = ()
    exact: bool = True
    workflow: str = ""
    event: str = ""
    dispatchable: bool = False
    inputs: tuple[tuple[str, str], ...] = ()
    release_last: bool = False
    release_in_run: bool = False
    assets: tuple[str, ...] = ()
    publisher: TrustedPublisher | None = None
    pending_publisher: bool = False
    other_tags: tuple[str, ...] = ()

    @property
    def is_prerelease(self) -> bool:
        return Version(self.version).is_prerelease

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"


# --- steps -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class EditFiles:
    """Every file that states the version, and the changelog, as they were shown."""

    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """These files and nothing else, in one commit of the maintainer's."""

    files: tuple[str, ...]
    message: str
    branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitAside:
    """The same commit on a branch of its own; the work tree stays as it is."""

    message: str
    branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPullRequest:
    title: str
    branch: str
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitMerge:
    """Wait until somebody merges it: this tool neither approves nor merges."""

    branch: str
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeMerged:
    """The branch here up to what the pull request became, and no further."""

    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTag:
    """An annotated tag in this clone."""

    tag: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushBranch:
    """The commit to its branch alone: its checks come before the tag."""

    branch: str
    commit: str
    remote: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitChecks:
    """Wait until the project's own checks on the commit are over, and green."""

    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushTag:
    """The tag, and with `branch` the commit to that branch too: together or not at all.

    `addresses` are where that really goes, where the remote is read from elsewhere.
    """

    tag: str
    commit: str
    remote: str
    branch: str | None = None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateGitHubRelease:
    """`behind_newest`: a fix for an older series, which GitHub must not call the latest. `locked`:
    GitHub takes no change to it afterwards.

    `files` are attached before it is published; `None`: none are. `draft` is the number of one that
    is there and gets published instead.
    """

    tag: str
    title: str
    prerelease: bool = False
    behind_newest: bool = False
    locked: bool = False
    files: tuple[str, ...] | None = None
    draft: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachFiles:
    """Files to a GitHub release that is published; no names: those that the index will list."""

    tag: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWorkflow:
    """Start the workflow by hand on the tag: nothing else starts it."""

    workflow: str
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RerunFailedJobs:
    """Run again what failed in a run that a person has come back to."""

    run: int
    attempt: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitRun:
    workflow: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitFiles:
    """Wait until the index lists the files; no names: at least one file of the version."""

    version: str
    filenames: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file to the index, by twine."""

    filename: str
    sha256: str


PrepareStep = EditFiles | Commit
ProposeStep = CommitAside | PushBranch | OpenPullRequest | AwaitMerge | TakeMerged
ReleaseStep = (
    PushBranch
    | AwaitChecks
    | CreateTag
    | PushTag
    | CreateGitHubRelease
    | AttachFiles
    | StartWorkflow
    | RerunFailedJobs
    | AwaitRun
    | AwaitFiles
)
UploadStep = Upload | AwaitFiles
Step = PrepareStep | ProposeStep | ReleaseStep | Upload
S = TypeVar("S", PrepareStep, ProposeStep, ReleaseStep, UploadStep)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Generic[S]):
    """What is done already, what is left, and what blocks it."""

    done: tuple[str, ...] = ()
    todo: tuple[S, ...] = ()
    blockers: tuple[Finding, ...] = ()

    @property
    def is_finished(self) -> bool:
        return not self.todo and not self.blockers


def describe(step: Step, target: Target) -> str:
    """A step in words, for the plan that is shown."""
    index = target.index.title
    if isinstance(step, EditFiles):
        return f"edit {some(step.files)}"
    if isinstance(step, Commit):
        return f'commit "{step.message.splitlines()[0]}" on {step.branch}'
    if isinstance(step, (CommitAside, OpenPullRequest, AwaitMerge, TakeMerged)):
        return _describe_proposal(step)
    if isinstance(step, CreateTag):
        commit = f"commit {step.commit[:7]}" if step.commit else "that commit"
        return f"tag {commit} as {step.tag}, in this clone"
    if isinstance(step, PushBranch):
        where = f" ({', '.join(step.addresses)})" if step.addresses else ""
        return f"push branch {step.branch} to {step.remote}{where}"
    if isinstance(step, AwaitChecks):
        return f"wait for the checks on {step.commit[:7] or 'that commit'}"
    if isinstance(step, PushTag):
        also = f"branch {step.branch} and " if step.branch else ""
        where = f" ({', '.join(step.addresses)})" if step.addresses else ""
        return f"push {also}tag {step.tag} to {step.remote}{where}{_starts(target, 'push')}"
    if isinstance(step, CreateGitHubRelease):
        kind = "GitHub pre-release" if step.prerelease else "GitHub release"
        locked = ", which GitHub locks at once" if step.locked else ""
        draft = "draft of the " if step.draft else ""
        files = "" if step.files is None else f" with {', '.join(step.files) or 'its files'}"
        made = (
            f", unless {target.workflow} has"
            if target.release_last and target.release_in_run
            else ""
        )
        starts = _starts(target, "release")
        return f"publish the {draft}{kind} {step.title}{files}{locked}{starts}{made}"
    if isinstance(step, AttachFiles):
        return f"attach {', '.join(step.files) or 'its files'} to the GitHub release {step.tag}"
    if isinstance(step, StartWorkflow):
        return f"start {step.workflow} on {step.tag}"
    if isinstance(step, RerunFailedJobs):
        return f"run the failed jobs of {step.url} again (attempt {step.attempt + 1})"
    if isinstance(step, AwaitRun):
        return f"follow the run of {step.workflow or 'the workflow'}"
    if isinstance(step, AwaitFiles):
        names = ", ".join(step.filenames) or f"the files of {step.version}"
        return f"wait until {index} lists {names}"
    return f"upload {step.filename} to {index}"


def _describe_proposal(step: CommitAside | OpenPullRequest | AwaitMerge | TakeMerged) -> str:
    if isinstance(step, CommitAside):
        return f'commit "{step.message.splitlines()[0]}" on the new branch {step.branch}'
    if isinstance(step, OpenPullRequest):
        return f'open the pull request "{step.title}" from {step.branch} to {step.base}'
    if isinstance(step, AwaitMerge):
        return f"wait until the pull request from {step.branch} is merged into {step.base}"
    return f"take what it became into {step.base}, in this clone"


def _starts(target: Target, event: str) -> str:
    return f"; it starts {target.workflow}" if target.event == event and target.workflow else ""


def first_public(steps: Iterable[Step]) -> Step | None:
    """The first step that others can see: this tool never takes it back."""
    here = (
        EditFiles, Commit, CommitAside, CreateTag, AwaitChecks, AwaitMerge, AwaitRun, AwaitFiles,
    )  # fmt: skip
    return next((step for step in steps if not isinstance(step, here)), None)


# --- versions and tags -----------------------------------------------------------------------


def version_of_tag(tag: str, *, tag_format: str, name: str) -> Version | None:
    """The version that a tag of this format stands for."""
    pattern = (
        re.escape(tag_format).replace(r"\{name\}", "{name}").replace(r"\{version\}", r"(\d.*)")
    )
    found = re.fullmatch(pattern.replace("{name}", re.escape(name)), tag)
    if found is None:
        return None
    try:
        return Version(found[1])
    except ValueError:
        return None


def tag_for(version: str, *, tag_format: str, name: str, existing: Iterable[str] = ()) -> str:
    """The tag of `version`; one that exists and means the same version is kept as spelled."""
    for tag in existing:
        if version_of_tag(tag, tag_format=tag_format, name=name) == Version(version):
            return tag
    return tag_format.format(name=name, version=version)


COMMON_TAG_FORMATS = ("v{version}", "{version}", "{name}-{version}", "{name}-v{version}")


def other_tags(
    version: str, *, tag_format: str, name: str, existing: Iterable[str]
) -> tuple[str, ...]:
    """The tags that name `version` in another common form. Where tags carry the project's name,
    those without it may be another project's.
    """
    forms = [
        form
        for form in COMMON_TAG_FORMATS
        if form != tag_format and ("{name}" in form or "{name}" not in tag_format)
    ]

    def means_it(tag: str, form: str) -> bool:
        return version_of_tag(tag, tag_format=form, name=name) == Version(version)

    return tuple(
        tag
        for tag in existing
        if not means_it(tag, tag_format) and any(means_it(tag, form) for form in forms)
    )


# --- runs ------------------------------------------------------------------------------------


def runs_of(target: Target, runs: Iterable[Run]) -> tuple[Run, ...]:
    """The runs that publish this target, newest first: by commit, workflow file and event, not
    "the latest". A run started by hand counts when it was started on the tag.
    """
    events = {target.event, "workflow_dispatch"} if target.event else {
        "release", "push", "workflow_dispatch",
    }  # fmt: skip
    ours = [
        run
        for run in runs
        if run.commit == target.commit
        and run.event in events
        and (not target.workflow or run.workflow.rpartition("/")[2] == target.workflow)
        and run.branch in ("", target.tag)
    ]
    return tuple(sorted(ours, key=lambda run: run.id, reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsVerdict:
    """`state` is `none`, `active`, `succeeded` or `failed`; `run` the one to look at."""

    state: str
    run: Run | None = None
    others: tuple[Run, ...] = ()


def judge_runs(runs: tuple[Run, ...]) -> RunsVerdict:
    """One word for all runs of a target: what is going on counts before what is over."""
    for state, chosen in (
        ("active", [run for run in runs if not run.is_over]),
        ("succeeded", [run for run in runs if run.succeeded]),
        ("failed", list(runs)),
    ):
        if chosen:
            others = tuple(run for run in runs if run is not chosen[0])
            return RunsVerdict(state=state, run=chosen[0], others=others)
    return RunsVerdict(state="none")


# --- files -----------------------------------------------------------------------------------


def expected_names(target: Target) -> tuple[str, ...]:
    return tuple(file.filename for file in target.files)


def is_complete(target: Target, there: Iterable[IndexFile]) -> bool:
    """Whether every file is there that was to be; never so while it is not known which."""
    return bool(target.files) and not missing_files(target, there)


def missing_files(target: Target, there: Iterable[IndexFile]) -> tuple[str, ...]:
    names = {file.filename for file in there}
    return tuple(name for name in expected_names(target) if name not in names)


def unexpected_files(target: Target, there: Iterable[IndexFile]) -> tuple[IndexFile, ...]:
    """Files under names that were not built here; wheels of other platforms are a matrix's."""
    if not target.files:
        return ()
    names = set(expected_names(target))
    return tuple(
        file
        for file in there
        if file.filename not in names and (target.exact or not file.filename.endswith(".whl"))
    )


def other_bytes(target: Target, there: Iterable[IndexFile]) -> tuple[IndexFile, ...]:
    """Files under our names with other bytes, where both sides tell what they have."""
    ours = {file.filename: file.sha256 for file in target.files if file.sha256}
    return tuple(
        file
        for file in there
        if file.sha256 and ours.get(file.filename, file.sha256) != file.sha256
    )


# --- plans -----------------------------------------------------------------------------------


def plan_preparation(
    files: tuple[str, ...], message: str, seen: PreparedTree, *, commits: bool = True
) -> Plan[PrepareStep]:
    """What is left of preparing a version: every file as it is to be, then one commit."""
    edit, commit = EditFiles(files=files), Commit(files=files, message=message, branch=seen.branch)
    if seen.committed:
        return Plan(done=(f'"{message.splitlines()[0]}" is {seen.head[:7]} on {seen.branch}',))
    last: tuple[PrepareStep, ...] = (commit,) if commits else ()
    if seen.edited:
        return Plan(done=(f"edit {some(files)}",), todo=last)
    return Plan(todo=(edit, *last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The pull request that a version is proposed by, from `branch` to `base`."""

    branch: str
    base: str
    message: str
    remote: str = "origin"
    follow: bool = True

    @property
    def title(self) -> str:
        return self.message.splitlines()[0]


def plan_proposal(wanted: Proposal, seen: ProposedTree) -> Plan[ProposeStep]:
    """What is left until the proposed commit is merged and here."""
    found = seen.pull_request
    if seen.taken:
        return Plan(done=(f"{wanted.base} has what {wanted.branch} became",))
    last: tuple[ProposeStep, ...] = ()
    if wanted.follow:
        last = (AwaitMerge(branch=wanted.branch, base=wanted.base), TakeMerged(base=wanted.base))
    if found is not None and found.state == "merged":
        return Plan(done=(f"merged: {found.url}",), todo=last[1:])
    if found is not None and found.state == "open":
        return Plan(done=(f"pull request: {found.url}",), todo=last)
    todo: list[ProposeStep] = []
    if seen.here is None and seen.there is None:
        todo.append(CommitAside(message=wanted.message, branch=wanted.branch))
    if seen.there is None:
        todo.append(PushBranch(branch=wanted.branch, commit=seen.here or "", remote=wanted.remote))
    todo.append(OpenPullRequest(title=wanted.title, branch=wanted.branch, base=wanted.base))
    return Plan(todo=(*todo, *last))


def plan_release(
    target: Target,
    observed: Observed,
    *,
    blockers: tuple[Finding, ...] = (),
    wait: bool = True,
    retry: tuple[int, int] | None = None,
    start: bool = False,
    checks: Checking | None = None,
) -> Plan[ReleaseStep]:
    """What is left of a release.

    `retry` is the run and attempt that had failed before this command began: a person has come
    back to it, so it is run again, once, before anything is called complete. `start` says the same
    of a workflow of which no run came. What fails under this command's own eyes is left to a
    person. `checks` says that the project tests what is pushed: the branch goes first, then.
    """
    done: list[str] = []
    todo: list[ReleaseStep] = []
    if checks is not None:
        _plan_checks(target, observed, checks, done, todo)
    _plan_tag(target, observed, done, todo, alone=checks is not None)
    if not target.release_last:
        _plan_github_release(target, observed, done, todo)
    files = files_there(target, observed)
    runs = () if isinstance(observed.runs, CouldNotAsk) else runs_of(target, observed.runs)
    verdict = judge_runs(runs)
    complete = is_complete(target, files)
    if verdict.run is not None and verdict.state == "succeeded":
        done.append(f"{target.workflow or 'the workflow'} succeeded: {verdict.run.url}")
    # A run that failed may have left files out that nobody here knows of.
    published = complete and verdict.state in ("succeeded", "none")
    if complete:
        done.append(f"{target.index.title} lists {', '.join(file.filename for file in files)}")
    if published:
        _plan_end(target, observed, done, todo)
        return Plan(done=tuple(done), todo=tuple(todo), blockers=blockers)
    run = verdict.run
    if verdict.state == "failed" and run is not None and retry == (run.id, run.attempt):
        todo.append(RerunFailedJobs(run=run.id, attempt=run.attempt, url=run.url))
    if verdict.state == "none" and (start or target.event == "workflow_dispatch"):
        todo.append(StartWorkflow(workflow=target.workflow, tag=target.tag))
    if wait:
        if verdict.state != "succeeded":
            todo.append(AwaitRun(workflow=target.workflow, commit=target.commit))
        todo.append(AwaitFiles(version=target.version, filenames=expected_names(target)))
        _plan_end(target, observed, done, todo)
    return Plan(done=tuple(done), todo=tuple(todo), blockers=blockers)


def started_by_dispatch(target: Target, observed: Observed) -> Target:
    """The target as a workflow's own token releases it: its tags and GitHub releases start nothing,
    what it dispatches runs. A release that has begun otherwise is left as it is.
    """
    login = known(observed.login)
    if login is None or not login.is_actions_token or not target.dispatchable:
        return target
    begun = runs_of(target, known(observed.runs) or ())
    if observed.is_released_on_github or any(one.event != "workflow_dispatch" for one in begun):
        return target
    return replace(target, event="workflow_dispatch", release_last=True)


def has_begun(target: Target, observed: Observed) -> bool:
    """Whether tag and GitHub release are out, or a run in its place, so that the rest is the
    workflow's.
    """
    if observed.remote_tag != target.commit:
        return False
    if observed.is_released_on_github or not target.release_last:
        return observed.is_released_on_github
    return bool(runs_of(target, known(observed.runs) or ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """That checks are awaited before the tag; with `expected` some may come that do not show yet."""

    expected: bool = False


def _plan_checks(
    target: Target,
    observed: Observed,
    checks: Checking,
    done: list[str],
    todo: list[ReleaseStep],
) -> None:
    if observed.remote_tag is not None:
        return
    pushed = not branch_is_to_be_pushed(observed)
    if not pushed:
        todo.append(
            PushBranch(
                branch=str(target.branch),
                commit=target.commit,
                remote=target.remote,
                addresses=observed.pushes_to,
            )
        )
    there = () if isinstance(observed.checks, CouldNotAsk) else observed.checks or ()
    if not pushed or checks.expected or any(one.is_running or one.is_red for one in there):
        todo.append(AwaitChecks(commit=target.commit))
    elif there:
        done.append(f"the checks on {target.commit[:7]} are over")


def _plan_tag(
    target: Target,
    observed: Observed,
    done: list[str],
    todo: list[ReleaseStep],
    *,
    alone: bool,
) -> None:
    if observed.remote_tag == target.commit:
        done.append(f"tag {target.tag} is on {target.remote}, at {target.commit[:7]}")
        return
    if observed.local_tag == target.commit:
        done.append(f"tag {target.tag} is here, at {target.commit[:7]}")
    elif observed.local_tag is None:
        todo.append(CreateTag(tag=target.tag, commit=target.commit))
    if observed.remote_tag is None:
        todo.append(
            PushTag(
                tag=target.tag,
                commit=target.commit,
                remote=target.remote,
                branch=target.branch if branch_is_to_be_pushed(observed) and not alone else None,
                addresses=observed.pushes_to,
            )
        )


def branch_is_to_be_pushed(observed: Observed) -> bool:
    """Whether the remote's branch lacks this commit and would take it without force."""
    relation = observed.relation
    if isinstance(relation, CouldNotAsk):
        return False
    return relation is None or (relation.ahead > 0 and relation.behind == 0)


def _plan_github_release(
    target: Target,
    observed: Observed,
    done: list[str],
    todo: list[ReleaseStep],
    files: tuple[str, ...] | None = None,
) -> None:
    release = observed.github_release
    if isinstance(release, CouldNotAsk):
        return
    if release is not None and not release.draft:
        done.append(f"GitHub release: {release.url}")
        return
    todo.append(
        CreateGitHubRelease(
            tag=target.tag,
            title=target.title,
            prerelease=target.is_prerelease,
            behind_newest=_is_behind_newest(target, observed),
            locked=bool(known(observed.immutable_releases)),
            files=files,
            draft=0 if release is None else release.id,
        )
    )


def plan_end(target: Target, observed: Observed) -> tuple[ReleaseStep, ...]:
    """What follows when the index has all: the GitHub release, where it is last, and its files."""
    todo: list[ReleaseStep] = []
    _plan_end(target, observed, [], todo)
    return tuple(todo)


def _plan_end(target: Target, observed: Observed, done: list[str], todo: list[ReleaseStep]) -> None:
    wanted = names_to_attach(target, observed)
    if target.release_last:
        _plan_github_release(target, observed, done, todo, files=wanted if target.assets else None)
    release = observed.github_release
    if not target.assets or isinstance(release, CouldNotAsk):
        return
    if release is None or release.draft:
        if not target.release_last:
            todo.append(AttachFiles(tag=target.tag, files=wanted))
        return
    missing = tuple(name for name in wanted if release.asset(name) is None)
    if missing and not release.immutable:
        todo.append(AttachFiles(tag=target.tag, files=missing))


def names_to_attach(target: Target, observed: Observed) -> tuple[str, ...]:
    """The names of what is to be attached; of the index's files those that are known so far."""
    others = tuple(name.rpartition("/")[2] for name in target.assets if name != DIST)
    if DIST not in target.assets:
        return others
    names = expected_names(target)
    if not target.exact and is_complete(target, files_there(target, observed)):
        names = tuple(file.filename for file in files_there(target, observed))
    return (*names, *others)


def _is_behind_newest(target: Target, observed: Observed) -> bool:
    if observed.project is None or isinstance(observed.project, CouldNotAsk):
        return False
    newest = observed.project.newest_final
    return newest is not None and Version(target.version) < newest


def files_there(target: Target, observed: Observed) -> tuple[IndexFile, ...]:
    """The files of the version that the index was seen to list."""
    if observed.project is None or isinstance(observed.project, CouldNotAsk):
        return ()
    return observed.project.release_files(target.version)


def plan_first_upload(
    target: Target,
    observed: Observed,
    *,
    blockers: tuple[Finding, ...] = (),
    sent: frozenset[str] = frozenset(),
) -> Plan[UploadStep]:
    """What is left of a first upload: every file that the index does not list yet.

    `sent` are those that the index has taken from this very command; they need only show up.
    """
    there = files_there(target, observed)
    missing = missing_files(target, there)
    done = tuple(
        f"{target.index.title} lists {file.filename}"
        for file in there
        if file.filename in expected_names(target)
    )
    todo: list[UploadStep] = [
        Upload(filename=file.filename, sha256=file.sha256 or "")
        for file in target.files
        if file.filename in missing and file.filename not in sent
    ]
    if missing:
        todo.append(AwaitFiles(version=target.version, filenames=expected_names(target)))
    return Plan(done=done, todo=tuple(todo), blockers=blockers)
