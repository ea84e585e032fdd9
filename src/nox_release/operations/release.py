"""Release the commit that is checked out: tag it, publish the GitHub release that starts the
publish workflow, follow its run, and wait until every file is on the index and can be installed.

usage: nox -s release -- [WORD ... | VERSION] [--yes] [--dry-run] [--no-wait] [--notes-file FILE]

    nox -s release               the version that is committed
    nox -s release -- minor      prepares the next one first

    nox -s release -- --all-packages   of a workspace, all that is prepared

All of it is one plan and one question. Nothing is ever taken back. Whatever interrupts it, the same
command finishes it: what is done already is found by looking, and only the rest is done.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from packaging.version import Version

from nox_release.checks.judging import Case, judge, judge_under_way, phase_of
from nox_release.checks.release import finished
from nox_release.checks.release.asked import build_failure
from nox_release.core.answers import CouldNotAsk, known
from nox_release.core.errors import ChecksFailed, Declined, NoxReleaseError
from nox_release.core.findings import Finding, Result, errors_in, findings_in
from nox_release.core.values import assert_never, replace
from nox_release.core.words import counted
from nox_release.edges.aside import temporary_folder
from nox_release.edges.building import BuildFailed
from nox_release.edges.context import Context
from nox_release.observing.habits import goes_back_to_development
from nox_release.observing.observer import Observer
from nox_release.observing.targets import as_expected, whole_all_the_same, with_known_files
from nox_release.operations import github_release
from nox_release.operations import options as shared
from nox_release.operations.asking import asking
from nox_release.operations.ending import conclude, judge_what_is_out
from nox_release.operations.errand import Errand, Progress, Released, command_again
from nox_release.operations.following import (
    NO_RUN_AFTER,
    NoRun,
    RunFailed,
    age_of,
    await_checks,
    await_files,
    await_start,
    follow_target,
)
from nox_release.operations.looking import (
    look_at,
    named,
    once_pushed,
    read_tree,
    wish_of,
    with_source,
)
from nox_release.operations.notes import notes_for, read_notes
from nox_release.operations.reconcile import Story, reconcile
from nox_release.operations.release_commit import (
    Meant,
    agree_first,
    as_merged,
    find_meant,
    find_proposal,
    if_merged,
    lasting,
)
from nox_release.operations.release_screen import confirm, show, show_dry_run, stop_at_blockers
from nox_release.project import pages
from nox_release.project.pyproject import Project
from nox_release.releases.observed import Observed
from nox_release.releases.plan import (
    AttachFiles,
    AwaitChecks,
    AwaitFiles,
    AwaitRun,
    Checking,
    CreateGitHubRelease,
    CreateTag,
    Plan,
    PushBranch,
    PushTag,
    ReleaseStep,
    RerunFailedJobs,
    StartWorkflow,
    Target,
    describe,
    files_there,
    has_begun,
    is_complete,
    judge_runs,
    missing_files,
    plan_end,
    runs_of,
)

if TYPE_CHECKING:
    from nox_release.observing.on_index import IndexQuestions
    from nox_release.operations.built import Built


_NEWS = timedelta(days=1)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "version",
        nargs="*",
        metavar="WORD|VERSION",
        help="one or two words (`minor`, `minor rc`) or a version: prepared first, unless it is "
        "committed; where tags make the version, what it becomes",
    )
    shared.add_yes(parser)
    shared.add_flag(parser, "--dry-run", "show the plan and stop; exit 1 if it could not go on")
    parser.add_argument(
        "--no-wait", dest="wait", action="store_false", help="stop when the workflow has its start"
    )
    notes = parser.add_mutually_exclusive_group()
    notes.add_argument("--notes", metavar="TEXT", help="the notes of the GitHub release")
    notes.add_argument("--notes-file", metavar="FILE", help="the same from a file")
    shared.add_flag(
        notes, "--generate-notes", "have GitHub write the notes, whatever the changelog says"
    )
    shared.add_index(parser)
    shared.add_package(parser)
    shared.add_all_packages(parser, "every package that is prepared, those first that others need")
    shared.add_flag(
        parser,
        "--pending-publisher",
        "a pending publisher is registered: the project comes into being with this release",
    )
    shared.add_flag(
        parser, "--ignore-checks", "release although checks on this commit failed or still run"
    )
    shared.add_smoke(
        parser, "try out neither the wheel that is built here nor the one on the index"
    )
    parser.add_argument(
        "--no-build",
        dest="build",
        action="store_false",
        help="do not build here first; what CI builds is then seen only afterwards",
    )
    parser.add_argument(
        "--no-verify-build", dest="build", action="store_false", help=argparse.SUPPRESS
    )


def main(context: Context, options: argparse.Namespace) -> int:
    """The session."""
    if options.all_packages:
        from nox_release.operations.release_packages import release_packages

        return release_packages(context, options, release)
    return release(context, options).status


def release(
    context: Context,
    options: argparse.Namespace,
    *,
    before_tag: Callable[[Built], object] | None = None,
) -> Released:
    """Release, or finish what was begun; `before_tag` is called with what was built for proof.

    Raises:
        NoxReleaseError: something stops it.
    """
    from nox_release.edges.index import open_index

    project = named(context, shared.load_project(context, options))
    notes = read_notes(context, options)
    with (
        open_index(project.settings.index, clock=context.clock) as client,
        temporary_folder("release") as aside,
    ):

        def errand(project: Project, observer: Observer) -> Errand:
            return Errand(
                context=context,
                options=options,
                project=project,
                observer=observer,
                client=client,
                notes=notes,
                before_tag=before_tag,
            )

        again = command_again(options)
        ours, case, meant = _look(
            errand, context, project, lambda one, index: find_meant(one, index, aside), again
        )
        if meant.ahead is None:
            return _release(ours, if_merged(ours, case), meant.built)
        coming = once_pushed(case, ours.observer)
        proposed = find_proposal(ours, coming, meant.ahead, aside)
        stop_at_blockers(
            coming.target, lasting(judge(coming, "before"), proposed), again=ours.again
        )
        prepared = None
        if proposed is None or proposed.is_to_be_made:
            prepared = meant.ahead.make()
            if not prepared.changed:  # a tag makes the version, and the changelog has it
                return _release(ours, case, None)
        ready = agree_first(ours, coming, meant.ahead, prepared, proposed, aside)
        if ready is None:
            return _released(case, 0)
        committed = ready.commit()
        project = named(context, shared.load_project(context, options))
        if committed is None:  # what is left waits for others
            return _released(case, 0)
        ours, case, meant = _look(
            errand, context, project, lambda one, _: as_merged(one, ready, committed), again
        )
        case = replace(case, merged=ready.proposed is not None)
        agreed = ready.plan if meant.version == ready.version else None
        if agreed is None:
            context.console.mark(
                "warning",
                f"The next step is not in the plan you agreed to: release {meant.version} instead of "
                f"{ready.version}. The pull request was edited before its merge.",
                verdict=True,
            )
        return _release(replace(ours, agreed=agreed, before_tag=None), case, meant.built)


def _look(
    errand_of: Callable[[Project, Observer], Errand],
    context: Context,
    project: Project,
    choose: Callable[[Errand, IndexQuestions], Meant | None],
    again: str,
) -> tuple[Errand, Case, Meant]:
    """Everything that a release depends on; the build too, where only that tells the version."""
    with asking(context, (project,)) as (asked,):
        observer = asked.observer
        if isinstance(observer, Finding):
            raise ChecksFailed(
                f"{project.name} cannot be released from here.",
                findings=(observer,),
                hint=f"When that is settled: {again}",
            )
        if isinstance(observer, CouldNotAsk):
            raise NoxReleaseError("git gave no answer.", reason=observer.reason)
        errand = errand_of(project, observer)

        def look(version: str | None) -> Case:
            with context.console.waiting(f"Asking about {project.name} {version or ''}".rstrip()):
                wish = wish_of(errand.options, version)
                case = look_at(context, project, observer, asked.index, version, wish)
            return with_source(case, read_tree(project, observer))

        meant = choose(errand, asked.index)
        if meant is None:  # only a build tells the version, and that may take minutes
            _stop_before_build(errand, look(None))
            built = errand.build(tag=None)
            meant = Meant(version=built.version, built=built)
        return errand, look(meant.version), meant


def _stop_before_build(errand: Errand, case: Case) -> None:
    """Raise what blocks the release, as far as it is known without a build."""
    phase = phase_of(case.target, case.observed, is_finished=False)
    stop_at_blockers(case.target, judge(case, phase), again=errand.again)


def _release(errand: Errand, case: Case, built: Built | None) -> Released:
    """The story: look, judge, show, ask, act."""
    progress = come_back_to(case, errand)
    if errand.plan(progress, case.target, case.observed).is_finished:
        return _conclude(errand, case)
    if case.target.commit == errand.observer.head:
        case = _build(errand, case, built)
    if errand.plan(progress, case.target, case.observed).is_finished:
        return _conclude(errand, case)
    phase = phase_of(case.target, case.observed, is_finished=False)
    results = judge(case, phase)
    plan = errand.plan(progress, case.target, case.observed)
    if errand.agreed is not None:
        stop_at_blockers(case.target, results, again=errand.again, done="the commit is made")
        return _close(errand, _carry_out(errand, progress, case, errand.agreed))
    show(errand, case, plan, results)
    stop_at_blockers(case.target, results, again=errand.again)
    if errand.options.dry_run:
        show_dry_run(errand)
        return _released(case, 0)
    confirm(errand, case.target, plan)
    case = _carry_out(errand, progress, case, plan)
    return _close(errand, case)


# --- looking -------------------------------------------------------------------------------------


def come_back_to(case: Case, errand: Errand) -> Progress:
    """What had gone wrong before this command began."""
    target, observed = case.target, case.observed
    progress = Progress(start=_no_run_came(case, errand), checks=errand.checking(case))
    verdict = judge_runs(runs_of(target, known(observed.runs) or ()))
    if verdict.state == "failed" and verdict.run is not None:
        progress.retry = (verdict.run.id, verdict.run.attempt)
    return progress


def _no_run_came(case: Case, errand: Errand) -> bool:
    """Whether an earlier command has published the GitHub release long ago, in vain."""
    target, observed = case.target, case.observed
    release, runs = known(observed.github_release), known(observed.runs)
    if not target.dispatchable or not has_begun(target, observed):
        return False
    if release is None or release.published is None or runs is None:
        return False
    if isinstance(observed.project, CouldNotAsk):
        return False
    published = observed.project is not None and observed.project.has_version(target.version)
    none = judge_runs(runs_of(target, runs)).state == "none"
    late = release.published + NO_RUN_AFTER < errand.context.clock.now()
    return none and not published and late


def _build(errand: Errand, case: Case, built: Built | None) -> Case:
    """The case with the files that a build here makes, where they have to be known."""
    target = case.target
    if built is None and _is_to_be_built(errand, case):
        if errand.agreed is None:
            _stop_before_build(errand, case)
        # Where a tag makes the version, it has to be there before the build.
        tag = target.tag if errand.project.version_from_tags else None
        try:
            built = errand.build(tag=tag)
        except BuildFailed as failed:
            return replace(case, files=(build_failure(failed),))
        case = replace(case, observed=errand.look_again(target, case.observed))
    if built is None:
        return case
    if errand.before_tag is not None:
        errand.before_tag(built)
    return errand.with_built(case, built)


def _is_to_be_built(errand: Errand, case: Case) -> bool:
    """Whether a build has to say which files there are to be."""
    target, observed = case.target, case.observed
    if not errand.options.build:
        return False
    if not has_begun(target, observed):
        return True
    none = judge_runs(runs_of(target, known(observed.runs) or ())).state == "none"
    return none and bool(files_there(target, observed))


# --- acting --------------------------------------------------------------------------------------


def _carry_out(errand: Errand, progress: Progress, case: Case, agreed: Plan[ReleaseStep]) -> Case:
    """Do what is left, as it was `agreed`. When no run comes, offer to start the workflow.

    A run that failed although it had uploaded everything is a release all the same.
    """
    target, observed = case.target, case.observed

    def plan(seen: Observed) -> Plan[ReleaseStep]:
        blockers = errors_in(judge_under_way(target, seen))
        return errand.plan(progress, target, seen, blockers)

    story: Story[ReleaseStep, Observed] = Story(
        target=target,
        look=lambda seen: errand.look_again(target, seen, checks=progress.checks is not None),
        plan=plan,
        perform=lambda step: perform(errand, progress, case, step),
        console=errand.console,
        clock=errand.context.clock,
        again=errand.again,
    )
    while True:
        try:
            seen = reconcile(story, observed, (*agreed.todo, *attached_all_the_same(agreed)))
        except NoRun as nothing:
            _offer_start(errand, target, nothing)
            observed = errand.look_again(target, observed)
        except RunFailed as failed:
            observed = errand.look_again(target, observed)
            whole = whole_all_the_same(target, observed, errand.observer.forge, failed.run)
            if whole is None:
                _explain(errand, failed)
                raise
            errand.console.mark(
                "warning",
                f"{target.workflow or 'The run'} is red, and all its files are on "
                f"{target.index.title}: {failed.run.url}",
            )
            return _finish(errand, progress, replace(case, target=whole, observed=observed))
        else:
            return replace(case, observed=seen)


def attached_all_the_same(agreed: Plan[ReleaseStep]) -> tuple[AttachFiles, ...]:
    """What becomes of a GitHub release with files where the run has made it meanwhile."""
    return tuple(
        AttachFiles(tag=step.tag, files=step.files)
        for step in agreed.todo
        if isinstance(step, CreateGitHubRelease) and step.files is not None
    )


def _finish(errand: Errand, progress: Progress, case: Case) -> Case:
    """What follows when all files are there, although the run is red."""
    for step in plan_end(case.target, case.observed):
        errand.console.mark("step", describe(step, case.target))
        perform(errand, progress, case, step)
    return replace(case, observed=errand.look_again(case.target, case.observed))


def perform(errand: Errand, progress: Progress, case: Case, step: ReleaseStep) -> None:
    """Carry out one step: the one place where a release acts on the world."""
    target, observer = case.target, errand.observer
    match step:
        case PushBranch():
            errand.repository.push(step.remote, commit=step.commit, branch=step.branch)
            progress.checks = Checking(expected=True)
        case AwaitChecks():
            wait_for_checks(errand, progress, step)
        case CreateTag():
            errand.repository.create_tag(step.tag, step.commit, message=target.title)
        case PushTag():
            errand.repository.push(
                step.remote, tag=step.tag, commit=step.commit, branch=step.branch
            )
        case CreateGitHubRelease():
            draft = observer.forge.release(step.tag) if step.draft else None
            notes = notes_for(
                target, errand.notes, case.changelog, draft=draft, folder=errand.folder
            )
            if target.release_last:
                case = _with_digests(errand, case)
            github_release.publish(errand.ways, case, step, notes, draft)
        case AttachFiles():
            case = _with_digests(errand, case)
            github_release.attach(errand.ways, case, step.tag, step.files)
        case StartWorkflow():
            start_workflow(errand, target)
        case RerunFailedJobs():
            observer.forge.rerun_failed_jobs(step.run)
            known_runs = frozenset({(step.run, step.attempt)})
            await_start(errand.context.clock, lambda: observer.find_runs(target), known_runs)
        case AwaitRun():
            run = follow_target(errand.console, errand.context.clock, observer, target)
            errand.console.mark("done", f"{target.workflow or 'The run'} succeeded: {run.url}")
        case AwaitFiles():
            came = await_files(errand.console, errand.context.clock, errand.client, target)
            if not is_complete(target, came):
                progress.settled = as_expected(came)
        case _:
            assert_never(step)


def _with_digests(errand: Errand, case: Case) -> Case:
    """The case as it is now, with the digests of the index's files."""
    target = case.target
    observed = errand.look_again(target, case.observed)
    project = known(observed.project)
    if project is not None:
        observed = replace(observed, project=errand.client.with_digests(project, target.version))
    return replace(case, observed=observed)


def wait_for_checks(errand: Errand, progress: Progress, step: AwaitChecks) -> None:
    """Wait for green checks; where none come, no more is asked about them."""
    console, clock = errand.console, errand.context.clock
    checks = await_checks(console, clock, errand.observer.forge, step.commit, again=errand.again)
    if checks:
        console.mark("ok", f"{counted(len(checks), 'check')} on {step.commit[:7]} passed")
        progress.checks = Checking()
    else:
        console.mark("advice", f"No check came on {step.commit[:7]}; going on without.")
        progress.checks = None


def start_workflow(errand: Errand, target: Target) -> None:
    """Start the workflow on the tag, and wait until the run shows; not where it runs already."""
    observer = errand.observer
    if observer.find_runs(target):
        return
    observer.forge.dispatch(target.workflow, ref=target.tag, inputs=dict(target.inputs))
    await_start(errand.context.clock, lambda: observer.find_runs(target), frozenset())


def _offer_start(errand: Errand, target: Target, nothing: NoRun) -> None:
    """Start the workflow on the tag, if a person says so.

    Raises:
        NoRun: it cannot be, or nobody says so.
    """
    given = [word for key, value in target.inputs for word in ("-f", f"{key}={value}")]
    start = shlex.join(["gh", "workflow", "run", target.workflow, "--ref", target.tag, *given])
    if not target.dispatchable:
        nothing.hint = (
            f"{nothing.hint}. {target.workflow} has no `workflow_dispatch`, so it cannot be "
            "started by hand on this tag."
        )
        raise nothing
    errand.console.mark("warning", nothing.message)
    errand.console.line(nothing.reason, indent=2)
    try:
        errand.console.confirm(f"Start it on the tag ({start})?", yes=False, otherwise=start)
    except Declined:
        nothing.hint = f"{start}, then {errand.again}"
        raise nothing from None
    start_workflow(errand, target)


def _explain(errand: Errand, failed: RunFailed) -> None:
    """What the log of a failed run says, in this project's own values."""
    from nox_release.operations import diagnose

    try:
        explanation = diagnose.explain(
            errand.context, errand.project, failed.run, forge=errand.observer.forge
        )
    except NoxReleaseError as error:  # the failure itself is what matters
        errand.console.mark("not known", f"why it failed: {error.message} {error.reason}")
        return
    diagnose.show(errand.console, explanation)


# --- afterwards ----------------------------------------------------------------------------------


def _released(case: Case, status: int, results: Iterable[Result] = ()) -> Released:
    target, there = case.target, known(case.observed.github_release)
    return Released(
        version=target.version,
        tag=target.tag,
        commit=target.commit,
        status=status,
        files=tuple(file.filename for file in files_there(target, case.observed)),
        page=pages.project_page(target.index, target.name, target.version),
        github_release=None if there is None else there.url,
        findings=findings_in(results),
    )


def _conclude(errand: Errand, case: Case) -> Released:
    """The verdict over a release that was out before: it is judged like any other. One that came
    out within a day is tried out too, since the command that brought it may have found a fault.
    Where HEAD has gone on, that is said instead: nobody asks about the old one.
    """
    results = judge(case, "done")
    if finished.NOT_RAISED.id in {one.id for one in results}:
        status = conclude(errand.console, case, results, before=True, again=errand.again)
        return _released(case, status, results)
    is_new = age_of(errand.client, files_there(case.target, case.observed)) < _NEWS
    ways = replace(errand.ways, smoke=errand.ways.smoke and is_new)
    with errand.console.waiting(f"Looking at {case.target.title}"):
        results = judge_what_is_out(ways, case)
    return _released(
        case, conclude(errand.console, case, results, before=True, again=errand.again), results
    )


def _close(errand: Errand, case: Case) -> Released:
    """What can be said at the end, and no more than that."""
    console, target = errand.console, case.target
    if not errand.options.wait:
        what = "tag" if target.release_last else "GitHub release"
        console.mark("done", f"The {what} {target.tag} is out.")
        console.line(f"Whether the files arrive is not known yet. To see: {errand.again}")
        return _released(case, 0)
    there = files_there(target, case.observed)
    left_out = missing_files(target, there)
    now = errand.client.now
    made = with_known_files(target, case.observed, errand.observer.forge, now)
    if made is target:
        made = replace(target, files=as_expected(there), exact=False)
    case = replace(case, target=made, observed=replace(case.observed, past_tag=0))
    console.title("Afterwards")
    results = judge_what_is_out(errand.ways, case)
    if left_out:
        console.mark(
            "warning",
            f"{target.workflow} has uploaded all it had, and {', '.join(left_out)} was not among "
            "it.",
        )
    status = conclude(console, case, results, before=False, again=errand.again)
    if status == 0:
        _go_on(errand, target)
    return _released(case, status, results)


def _go_on(errand: Errand, target: Target) -> None:
    """PyPI after TestPyPI. The way back to development, where the project goes it: asked about on a
    terminal, done where the settings and --yes say so, else named.
    """
    console, repository, project = errand.console, errand.repository, errand.project
    if target.index.name == "testpypi":
        console.next_step("Next, for PyPI itself:", "nox -s init -- --index pypi")
    if Version(target.version).is_prerelease or repository.head() != target.commit:
        return
    if not goes_back_to_development(project, repository, target.commit):
        return
    yes = errand.options.yes
    if project.settings.after_release == "dev" if yes else console.interactive:
        console.title("Back to development")
        try:
            _prepare_development(errand, yes=yes)
        except Declined:
            console.line("The release is done, and nothing was changed after it.")
        except NoxReleaseError as error:  # of the release it says nothing
            console.mark("warning", f"The release is done; this is not: {error.message}")
            console.line(error.reason, indent=2)
        else:
            return
    console.next_step("Next, back to development:", "nox -s prepare -- dev")


def _prepare_development(errand: Errand, *, yes: bool) -> None:
    from nox_release.operations import prepare
    from nox_release.operations.running import parse

    given = ["dev", *(["--yes"] if yes else []), *([] if errand.options.build else ["--no-build"])]
    for name in ("index", "package"):
        value = getattr(errand.options, name)
        given += [f"--{name}", value] if value else []
    prepare.main(errand.context, parse("prepare", given))
