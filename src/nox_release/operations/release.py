"""Release the commit that is checked out: tag it, publish the GitHub release that starts the
publish workflow, follow its run, and wait until every file is on the index and can be installed.

usage: nox -s release -- [VERSION] [--yes] [--no-wait] [--notes-file FILE]

Nothing is edited and nothing is ever taken back. Whatever interrupts it, the same command finishes
it: what is done already is found by looking, and only the rest is done.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.version import Version

from nox_release.checks.index.state import check_index_state
from nox_release.checks.publisher.exchange import as_trusted, compare_provenance
from nox_release.checks.release import finished, preflight
from nox_release.checks.release.asked import build_failure
from nox_release.checks.release.finished import check_end, version_not_raised
from nox_release.core.answers import CouldNotAsk
from nox_release.core.errors import ChecksFailed, ConfigurationError, Declined, NoxReleaseError
from nox_release.core.findings import Finding, Passed, Severity, Skipped, errors_in, ranked
from nox_release.core.reading import read_text
from nox_release.core.words import counted
from nox_release.edges.aside import temporary_folder
from nox_release.edges.building import BuildFailed
from nox_release.edges.maintainer import Keyring, find_maintainer
from nox_release.observing.kept import is_exact, is_settled, kept_files
from nox_release.observing.landed import look_at_files
from nox_release.observing.place import Place, locate
from nox_release.operations import options as shared
from nox_release.operations.following import (
    NO_RUN_AFTER,
    NoRun,
    RunFailed,
    await_files,
    await_start,
    find_runs,
    follow_target,
)
from nox_release.operations.naming import named
from nox_release.operations.observe import Observer, derive, event_of
from nox_release.operations.reconcile import Reconciliation, reconcile
from nox_release.project import changelog, pages
from nox_release.release.end_state import judge_end
from nox_release.release.observed import Provenance
from nox_release.release.plan import (
    AwaitFiles,
    AwaitRun,
    CreateGitHubRelease,
    CreateTag,
    Expected,
    Plan,
    PushTag,
    RerunFailedJobs,
    StartWorkflow,
    Target,
    Upload,
    describe,
    files_there,
    first_public,
    is_complete,
    judge_runs,
    missing_files,
    plan_release,
    runs_of,
    tag_for,
    version_of_tag,
)
from nox_release.workflows.publishing import as_github_spells

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from nox_release.core.findings import Result
    from nox_release.edges.context import Context
    from nox_release.edges.forge import Forge
    from nox_release.edges.git import Repository
    from nox_release.edges.index import IndexClient
    from nox_release.observing.landed import Seen
    from nox_release.operations.build import Built
    from nox_release.project.pyproject import Project
    from nox_release.release.end_state import Landed
    from nox_release.release.observed import IndexFile, Maintainer, Observed, Run
    from nox_release.release.plan import Step
    from nox_release.workflows.publishing import Derivation

# Not documented; said with status 422: "body is too long (maximum is 125000 characters)".
_NOTES_AT_MOST = 125_000


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "version",
        nargs="?",
        metavar="VERSION",
        help="what the project must build; where the version comes from the tag, what it becomes",
    )
    shared.add_yes(parser)
    parser.add_argument(
        "--no-wait", dest="wait", action="store_false", help="stop after the GitHub release"
    )
    notes = parser.add_mutually_exclusive_group()
    notes.add_argument("--notes", metavar="TEXT", help="the notes of the GitHub release")
    notes.add_argument("--notes-file", metavar="FILE", help="the same from a file")
    notes.add_argument(
        "--generate-notes",
        action="store_true",
        help="have GitHub write the notes, whatever the changelog says",
    )
    shared.add_index(parser)
    shared.add_package(parser)
    parser.add_argument(
        "--pending-publisher",
        action="store_true",
        help="a pending publisher is registered: the project comes into being with this release",
    )
    parser.add_argument(
        "--ignore-checks",
        action="store_true",
        help="release although checks on this commit failed or still run",
    )
    parser.add_argument(
        "--no-smoke",
        dest="smoke",
        action="store_false",
        default=None,
        help="try out neither the wheel that is built here nor the one on the index",
    )
    parser.add_argument(
        "--no-verify-build",
        dest="verify_build",
        action="store_false",
        help="do not build here first; what CI builds is then seen only afterwards",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """The text of the GitHub release: `None` has GitHub write it. `source` says where it is from."""

    text: str | None
    source: str


def main(context: Context, options: argparse.Namespace) -> int:
    """The session."""
    from nox_release.edges.forge import Forge
    from nox_release.edges.index import open_index

    project = named(context, shared.load_project(context, options))
    place = locate(context, project)
    notes = read_notes(context, options)
    with open_index(project.settings.index, clock=context.clock) as client:
        forge = Forge(place.slug, context.runner, project.root, clock=context.clock)
        observer = Observer(place=place, forge=forge, client=client, environ=context.environ)
        return Release(context, options, project, place, observer, notes).run()


def read_notes(context: Context, options: argparse.Namespace) -> Notes | None:
    """The notes that the options give; `None` when they leave it to the changelog.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    if options.generate_notes:
        return Notes(text=None, source="written by GitHub")
    if options.notes is not None:
        return Notes(text=options.notes, source="--notes")
    if options.notes_file is None:
        return None
    path = context.path(options.notes_file)
    try:
        return Notes(text=read_text(path), source=options.notes_file)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"`--notes-file {options.notes_file}` cannot be read.", reason=str(error)
        ) from None


class Release:
    """One `nox -s release`: what is asked for, and the ways to look and act."""

    def __init__(
        self,
        context: Context,
        options: argparse.Namespace,
        project: Project,
        place: Place,
        observer: Observer,
        notes: Notes | None,
    ) -> None:
        self.context = context
        self.console = context.console
        self.options = options
        self.project = project
        self.place = place
        self.observer = observer
        self.notes = notes
        self.found_notes: Notes | None = None
        self.forge: Forge = observer.forge
        self.client: IndexClient = observer.client
        self.repository: Repository = place.repository
        self.files: tuple[IndexFile, ...] = ()
        self.settled: tuple[Expected, ...] = ()
        self.unbuilt: tuple[Finding, ...] = ()
        self.retry: tuple[int, int] | None = None
        self.start = False
        self.ahead = 0

    # --- what is to be true ------------------------------------------------------------------

    def target(self, version: str, commit: str, derivation: Derivation) -> Target:
        event, dispatchable = event_of(derivation)
        job = derivation.job
        settings = self.project.settings
        return Target(
            name=self.project.name,
            version=version,
            tag=tag_for(
                version,
                tag_format=settings.tag_format,
                name=self.project.name,
                existing=self.repository.tags_at(commit),
            ),
            commit=commit,
            index=settings.index,
            slug=self.place.slug,
            remote=self.place.remote,
            branch=self.repository.branch(),
            workflow=job.workflow.filename if job else "",
            event=event,
            dispatchable=dispatchable,
            publisher=derivation.publisher,
            pending_publisher=self.options.pending_publisher,
        )

    def known_version(self, commit: str) -> str | None:
        """The version as far as it is known without a build: declared, asked for, or tagged.

        Raises:
            ConfigurationError: what is asked for is no version.
        """
        asked = self.options.version
        if asked is not None:
            asked = asked.removeprefix("v")
            try:
                return str(Version(asked))
            except ValueError:
                raise ConfigurationError(
                    f"`{asked}` is not a version.",
                    reason="Versions follow PEP 440, such as 1.4.0 or 2.0rc1.",
                    hint="https://packaging.python.org/en/latest/specifications/version-specifiers/",
                ) from None
        if self.project.version is not None:
            return str(Version(self.project.version))
        tagged = {
            version
            for tag in self.repository.tags_at(commit)
            if (
                version := version_of_tag(
                    tag, tag_format=self.project.settings.tag_format, name=self.project.name
                )
            )
        }
        return str(max(tagged)) if tagged else None

    @property
    def smokes(self) -> bool:
        return self.options.smoke is not False

    def which_version(self, commit: str) -> ConfigurationError:
        """What to say when the tag makes the version and there is no tag yet."""
        form, name = self.project.settings.tag_format, self.project.name
        tags = self.repository.tags()
        known = [
            version for tag in tags if (version := version_of_tag(tag, tag_format=form, name=name))
        ]
        newest = f"The newest one is {max(known)}." if known else "There is none yet."
        hint = "Say it: nox -s release -- VERSION"
        others = [
            (tag, other)
            for tag in tags
            if (other := self.project.settings.tag_format_of(tag, name))
        ]
        if others and not known:
            tag, other = others[-1]
            newest = f"There are others, such as `{tag}`."
            hint = (
                "If your tags look like that, say so first: "
                f'`[tool.nox-release] tag-format = "{other}"`.\n{hint}'
            )
        return ConfigurationError(
            "Which version is to be released?",
            reason=f"{name} takes its version from its tags, and {commit[:7]} has "
            f"none of the form `{form}`. {newest}",
            hint=hint,
        )

    # --- the story ---------------------------------------------------------------------------

    def run(self) -> int:
        head = self.repository.head()
        derivation = derive(self.place, self.project, head)
        version = self.known_version(head)
        built: Built | None = None
        if version is None and self.project.version_from_tags:
            raise self.which_version(head)
        if version is None:
            built = self.build(tag=None)
            version = built.version
        target, observed = self.look_for(version, head, derivation)
        if target.commit != head:  # what was built is not what is released
            built = None
            derivation = derive(self.place, self.project, target.commit)
        target = self.come_back_to(target, observed)
        if self.plan(target, observed).is_finished:
            return self.already_finished(target, observed, head)
        announced = self.is_announced(target, observed)
        if built is None and target.commit == head and self.is_to_be_built(target, observed):
            # Where a tag makes the version, it has to be there before the build.
            built = self.try_to_build(tag=target.tag if self.project.version is None else None)
        if built is not None:
            target = with_files(target, built)
        if announced and self.plan(target, observed).is_finished:
            return self.already_finished(target, observed, head)
        with self.console.waiting("Asking what a release depends on"):
            observed = self.observer.look_around(target, observed)
        target = with_githubs_spelling(target, observed)
        results = self.preflight(target, observed, built, derivation)
        plan = self.plan(target, observed)
        self.show(target, plan, results)
        self.stop_at_blockers(target, results)
        self.confirm(target, plan)
        target, outcome = self.carry_out(target, observed, agreed=plan.todo)
        return self.close(target, outcome)

    def look_for(self, version: str, head: str, derivation: Derivation) -> tuple[Target, Observed]:
        """What is to be released, and what was seen of it: the commit of the version's tag, where
        the remote has that tag and HEAD comes after it.
        """
        target = self.target(version, head, derivation)
        with self.console.waiting(f"Asking about {target.title}"):
            observed = self.observer.look(target)
        tagged = observed.remote_tag
        if tagged is None or tagged == head or not self.repository.is_ancestor(tagged, head):
            return target, observed
        self.ahead = self.repository.relation(head, tagged, remote="", branch="").ahead
        target = self.target(version, tagged, derive(self.place, self.project, tagged))
        with self.console.waiting(f"Asking about {target.title}"):
            return target, self.observer.look(target)

    def is_to_be_built(self, target: Target, observed: Observed) -> bool:
        """Whether a build has to say which files there are to be."""
        if not self.options.verify_build:
            return False
        if not self.is_announced(target, observed):
            return True
        runs = () if isinstance(observed.runs, CouldNotAsk) else runs_of(target, observed.runs)
        return judge_runs(runs).state == "none" and bool(files_there(target, observed))

    def try_to_build(self, *, tag: str | None) -> Built | None:
        """What the build made; a build that fails is one of the things that stand in the way."""
        try:
            return self.build(tag=tag)
        except BuildFailed as failed:
            self.unbuilt = (build_failure(failed),)
            return None

    def is_announced(self, target: Target, observed: Observed) -> bool:
        """Whether tag and GitHub release are out, so that the rest is the workflow's."""
        release = observed.github_release
        return (
            observed.remote_tag == target.commit
            and release is not None
            and not isinstance(release, CouldNotAsk)
            and not release.draft
        )

    def build(self, *, tag: str | None) -> Built:
        from nox_release.operations.build import build

        with temporary_folder("proof") as aside:
            return build(
                self.context,
                self.project,
                tag=tag,
                smoke=self.options.smoke,
                destination=aside,
            )

    def plan(
        self, target: Target, observed: Observed, *, blockers: tuple[Finding, ...] = ()
    ) -> Plan:
        if self.settled:  # the workflow has uploaded all it had: that is the whole version now
            target = replace(target, files=self.settled, exact=False)
        return plan_release(
            target,
            observed,
            blockers=blockers,
            wait=self.options.wait,
            retry=self.retry,
            start=self.start,
        )

    def come_back_to(self, target: Target, observed: Observed) -> Target:
        """Note what had gone wrong before this command began; only that may be tried again.

        The target comes back with the files that it is known to consist of.
        """
        if isinstance(observed.runs, CouldNotAsk):
            return target
        verdict = judge_runs(runs_of(target, observed.runs))
        if verdict.state == "failed" and verdict.run is not None:
            self.retry = (verdict.run.id, verdict.run.attempt)
        self.start = self.no_run_came(target, observed)
        if verdict.run is not None and verdict.state == "succeeded":
            return self.with_files_of(verdict.run, target, observed)
        return target

    def with_files_of(self, run: Run, target: Target, observed: Observed) -> Target:
        """The target with the files that a run made; without a word of them, with what is there
        once that can be all.
        """
        there = files_there(target, observed)
        kept = kept_files(self.forge, run, target, there)
        if kept:
            return replace(target, files=kept, exact=is_exact(kept))
        settled = is_settled(there, self.client.server_now or self.context.clock.now())
        return replace(target, files=as_expected(there), exact=False) if settled else target

    def no_run_came(self, target: Target, observed: Observed) -> bool:
        """Whether an earlier command has published the GitHub release long ago, in vain."""
        release = observed.github_release
        if not target.dispatchable or not self.is_announced(target, observed):
            return False
        if release is None or isinstance(release, CouldNotAsk) or release.published is None:
            return False
        if isinstance(observed.runs, CouldNotAsk) or isinstance(observed.project, CouldNotAsk):
            return False
        published = observed.project is not None and observed.project.has_version(target.version)
        none = judge_runs(runs_of(target, observed.runs)).state == "none"
        return (
            none and not published and release.published + NO_RUN_AFTER < self.context.clock.now()
        )

    def preflight(
        self,
        target: Target,
        observed: Observed,
        built: Built | None,
        derivation: Derivation,
    ) -> tuple[Result, ...]:
        """Every rule at once; what is behind us is not asked again."""
        results: list[Result] = list(
            preflight.check_preflight(
                target,
                observed,
                release_branch=self.project.settings.branch,
                version_from_tags=self.project.version_from_tags,
                ignore_checks=self.options.ignore_checks,
            )
        )
        if self.is_announced(target, observed):
            return tuple(results)
        results += [result for result in derivation.results if isinstance(result, Finding)]
        results += self.workflow_errors(target, observed, built, derivation)
        results += check_index_state(
            observed.project,
            observed.ownership,
            (),
            self.context.clock.now(),
            name=target.name,
            index=target.index,
            version=target.version,
            maintainer=self.maintainer(observed),
            publisher=target.publisher,
            proven=observed.publishers,
            uploads=False,
            pending_publisher=target.pending_publisher,
        )
        if target.commit != observed.head:
            pass  # what HEAD builds is not what is released
        elif built is not None:
            # What the maintainer left out is no news to them.
            results += [r for r in built.results if not isinstance(r, Skipped) or self.smokes]
            results += preflight.check_version(built.version, target.version)
        elif self.project.version is not None:
            results += preflight.check_version(self.project.version, target.version)
        results += self.unbuilt
        name, text = self.read_changelog(target.commit)
        results += preflight.check_changelog(
            name, text, target.version, notes_given=self.notes is not None
        )
        if isinstance(observed.project, CouldNotAsk):  # said once, as what stops the release
            results = [r for r in results if not (isinstance(r, Skipped) and r.subject == "index")]
        return tuple(dict.fromkeys(results))

    def maintainer(self, observed: Observed) -> Maintainer | None:
        """Who is about to release, as far as it is known."""
        keyring = Keyring(self.context.runner, self.context.root)
        return find_maintainer(
            self.project.settings, self.context.environ, keyring, observed.ownership
        )

    def workflow_errors(
        self,
        target: Target,
        observed: Observed,
        built: Built | None,
        derivation: Derivation,
    ) -> tuple[Finding, ...]:
        """What in the publish workflow would lose the release; its style is `check-project`'s."""
        from nox_release.checks.workflow.checking import check_workflow
        from nox_release.checks.workflow.subject import WorkflowFacts

        if derivation.job is None:
            return ()
        distributions = built.distributions if built is not None else ()
        remote = observed.remote
        facts = WorkflowFacts(
            index=target.index,
            default_branch=remote.default_branch
            if remote is not None and not isinstance(remote, CouldNotAsk)
            else None,
            tag=target.tag,
            starts=("push-tag", "release", "dispatch-tag"),
            at_commit=True,
            version_from_tags=self.project.version_from_tags,
            metadata_version=max(
                filter(None, (one.metadata.value("metadata-version") for one in distributions)),
                default=None,
            ),
        )
        results = check_workflow(derivation.job.workflow, facts)
        return errors_in([result for result in results if isinstance(result, Finding)])

    def read_changelog(self, commit: str) -> tuple[str, str | None]:
        """Name and text of the changelog in the commit; `None` when there is none to be read."""
        prefix = self.project.root.resolve().relative_to(self.repository.root).as_posix()
        for name in changelog.FILES:
            path = name if prefix == "." else f"{prefix}/{name}"
            text = self.repository.read_file(commit, path)
            if text is not None:
                return name, text
        return "", None

    def notes_for(self, target: Target) -> Notes:
        """The notes, found once: what was shown is what is published.

        Raises:
            ConfigurationError: GitHub would refuse them, and the tag would be out by then.
        """
        if self.found_notes is None:
            self.found_notes = self.find_notes(target)
            if len(self.found_notes.text or "") > _NOTES_AT_MOST:
                raise ConfigurationError(
                    f"The notes of {target.title} are too long for a GitHub release.",
                    reason=f"{self.found_notes.source} has {len(self.found_notes.text or ''):,} "
                    f"characters; GitHub takes {_NOTES_AT_MOST:,}.",
                    hint="Give shorter ones: nox -s release -- --notes-file FILE",
                )
        return self.found_notes

    def find_notes(self, target: Target) -> Notes:
        if self.notes is not None:
            return self.notes
        name, text = self.read_changelog(target.commit)
        section = changelog.find_section(text, target.version) if text is not None else None
        if section is None or not section.body.strip():
            return Notes(text=None, source="written by GitHub")
        return Notes(text=section.body, source=f"{name}, line {section.line}")

    # --- showing and asking ------------------------------------------------------------------

    def show(self, target: Target, plan: Plan, results: tuple[Result, ...]) -> None:
        """What is wrong, what is done, what is left, and where there is no way back."""
        console = self.console
        console.title(f"{target.title} to {target.index.title}")
        subject = self.repository.subject(target.commit)
        console.line(f"commit {target.commit[:7]}  {subject}")
        if self.ahead:
            console.line(
                f"HEAD is {counted(self.ahead, 'commit')} after {target.tag}: this finishes the "
                "release of that tag's commit, without them."
            )
        findings = ranked([result for result in results if isinstance(result, Finding)])
        passed = sum(isinstance(result, Passed) for result in results)
        for finding in findings:
            if finding.severity is not Severity.ERROR:
                console.finding(finding)
        for result in results:
            if isinstance(result, Skipped):
                console.mark("not known", f"{result.title}: {result.reason}")
        if passed:
            console.mark("ok", f"{passed} checks found nothing.")
        if errors_in(findings):
            return
        console.title("Plan")
        for fact in plan.done:
            console.mark("done", f"done: {fact}")
        public = first_public(plan.todo)
        for step in plan.todo:
            if step is public:
                console.line(_NO_RETURN, style="bold" if console.is_terminal else "", indent=2)
            console.mark("step", describe(step, target))
            if isinstance(step, CreateGitHubRelease):
                console.line(f"notes: {self.notes_for(target).source}", indent=4)

    def stop_at_blockers(self, target: Target, results: tuple[Result, ...]) -> None:
        found = errors_in([result for result in results if isinstance(result, Finding)])
        if found:
            many = f"{len(found)} things stand" if len(found) > 1 else "One thing stands"
            raise ChecksFailed(
                f"{many} in the way of {target.title}; nothing was changed.",
                findings=ranked(found),
                hint="When they are settled: nox -s release",
            )

    def confirm(self, target: Target, plan: Plan) -> None:
        acts = [step for step in plan.todo if not isinstance(step, (AwaitRun, AwaitFiles))]
        if acts:
            self.console.line()
            self.console.confirm(
                f"Release {target.title} from {target.commit[:7]} to {target.index.title}?",
                yes=self.options.yes,
            )

    # --- acting ------------------------------------------------------------------------------

    def carry_out(
        self, target: Target, observed: Observed, *, agreed: tuple[Step, ...]
    ) -> tuple[Target, Reconciliation]:
        """Do what is left, as it was `agreed`. When no run comes, offer to start the workflow.

        A run that failed although it had uploaded everything is a release all the same.
        """

        def plan(seen: Observed) -> Plan:
            blockers = preflight.errors(preflight.check_conflicts(target, seen))
            return self.plan(target, seen, blockers=blockers)

        effects = _Effects(self, target)
        while True:
            try:
                return target, reconcile(
                    target,
                    observed,
                    look=lambda seen: self.observer.look(target, seen),
                    plan=plan,
                    effects=effects,
                    console=self.console,
                    clock=self.context.clock,
                    again="nox -s release",
                    agreed=agreed,
                )
            except NoRun as nothing:
                self.offer_start(target, nothing)
                observed = self.observer.look(target, observed)
            except RunFailed as failed:
                observed = self.observer.look(target, observed)
                whole = self.whole_all_the_same(target, observed, failed.run)
                if whole is not None:
                    self.console.mark(
                        "warning",
                        f"{target.workflow or 'The run'} is red, and all its files are on "
                        f"{target.index.title}: {failed.run.url}",
                    )
                    return whole, Reconciliation(observed=observed, performed=())
                self.explain(target, failed)
                raise

    def whole_all_the_same(self, target: Target, observed: Observed, run: Run) -> Target | None:
        """The target with its files, where the index has each that the run made, byte for byte."""
        there = files_there(target, observed)
        kept = kept_files(self.forge, run, target, there)
        whole = replace(target, files=kept, exact=is_exact(kept))
        digests = {file.filename: file.sha256 for file in there if file.sha256}
        same = all(file.sha256 and digests.get(file.filename) == file.sha256 for file in kept)
        return whole if kept and same else None

    def offer_start(self, target: Target, nothing: NoRun) -> None:
        """Start the workflow on the tag, if a person says so.

        Raises:
            NoRun: it cannot be, or nobody says so.
        """
        command = shlex.join(["gh", "workflow", "run", target.workflow, "--ref", target.tag])
        if not target.dispatchable:
            nothing.hint = (
                f"{nothing.hint}. {target.workflow} has no `workflow_dispatch`, so it cannot be "
                "started by hand on this tag."
            )
            raise nothing
        self.console.mark("warning", nothing.message)
        self.console.line(nothing.reason, indent=2)
        try:
            self.console.confirm(f"Start it on the tag ({command})?", yes=False, otherwise=command)
        except Declined:
            nothing.hint = f"{command}, then nox -s release"
            raise nothing from None
        start_workflow(self, target)

    def explain(self, target: Target, failed: RunFailed) -> None:
        """What the log of a failed run says, in this project's own values."""
        from nox_release.operations import diagnose

        try:
            explanation = diagnose.explain(
                self.context,
                self.project,
                failed.run,
                forge=self.forge,
                publisher=target.publisher,
                version=target.version,
            )
        except NoxReleaseError as error:  # the failure itself is what matters
            self.console.mark("not known", f"why it failed: {error.message} {error.reason}")
            return
        diagnose.show(self.console, explanation)

    # --- afterwards --------------------------------------------------------------------------

    def already_finished(self, target: Target, observed: Observed, head: str) -> int:
        """The verdict over a release that was out before: it is judged like any other."""
        self.files = files_there(target, observed)
        with self.console.waiting(f"Looking at {target.title}"), temporary_folder() as folder:
            results = list(self.check_ended(target, observed, folder))
        results += self.check_bump(target, head)
        wrong = errors_in([result for result in results if isinstance(result, Finding)])
        if not wrong:
            self.console.mark("done", f"{target.title} is on {target.index.title} already.")
        self.show_end(results)
        unknown = any(
            isinstance(result, Skipped) and result.id in MUST_BE_KNOWN for result in results
        )
        self.summary(target, observed, install=not wrong)
        if isinstance(observed.github_release, CouldNotAsk):
            reason = observed.github_release.reason
            self.console.mark("not known", f"whether it has its GitHub release: {reason}")
            self.console.line("When GitHub can be asked: nox -s release")
            return 1
        if wrong:
            self.console.mark("error", _what_is_wrong(target, wrong))
        elif unknown:
            self.console.line("When all of it can be asked: nox -s release")
        return int(bool(wrong or unknown))

    def check_bump(self, target: Target, head: str) -> Iterator[Finding]:
        """That nothing waits to be released under the version that is out."""
        from nox_release.checks.source.versions import where_version_is
        from nox_release.observing.source_tree import read_source_tree

        if self.options.version is not None or self.project.version_from_tags:
            return
        top = self.repository.root
        where = where_version_is(self.project, read_source_tree(self.project, top=top))
        if target.commit != head:
            yield version_not_raised(target, self.ahead, where)
        if where is not None and self.project.version is None:
            yield from preflight.uncommitted_version(self.repository.changes(), where)

    def close(self, target: Target, outcome: Reconciliation) -> int:
        """What can be said at the end, and no more than that."""
        console = self.console
        if not self.options.wait:
            console.mark("done", f"The GitHub release {target.tag} is out.")
            console.line("Whether the files arrive is not known yet. To see: nox -s release")
            return 0
        self.files = files_there(target, outcome.observed)
        left_out = missing_files(target, self.files)
        target = self.with_what_the_run_made(target, outcome.observed)
        with temporary_folder() as folder:
            ended = self.check_ended(target, outcome.observed, folder)
            results = [*ended, *self.try_out(target, folder)]
        console.title("Afterwards")
        self.show_end(results)
        if left_out:
            console.mark(
                "warning",
                f"{target.workflow} has uploaded all it had, and {', '.join(left_out)} was not "
                "among it.",
            )
        wrong = errors_in([result for result in results if isinstance(result, Finding)])
        unknown = any(
            isinstance(result, Skipped) and result.id in MUST_BE_KNOWN for result in results
        )
        self.summary(target, outcome.observed, install=not wrong)
        if wrong:
            console.mark("error", _what_is_wrong(target, wrong))
        return int(bool(wrong or unknown))

    def with_what_the_run_made(self, target: Target, observed: Observed) -> Target:
        """The target as the run that published it made it, which may be less or more than a build
        here did.
        """
        runs = () if isinstance(observed.runs, CouldNotAsk) else runs_of(target, observed.runs)
        run = judge_runs(runs).run
        kept = kept_files(self.forge, run, target, self.files) if run is not None else ()
        files = kept or as_expected(self.files)
        return replace(target, files=files, exact=is_exact(files))

    def show_end(self, results: Iterable[Result]) -> None:
        for result in results:
            if isinstance(result, Finding):
                self.console.finding(result)
            elif isinstance(result, Skipped):
                self.console.mark("not known", f"{result.title}: {result.reason}")
            else:
                self.console.mark("ok", result.title, detail=result.detail)

    def check_ended(self, target: Target, observed: Observed, folder: Path) -> tuple[Result, ...]:
        """The judgement over what is there: origin, bytes, downloads, yank, quarantine."""
        from nox_release.edges.process import side_by_side

        with side_by_side(_AT_ONCE) as pool:
            seen = look_at_files(self.client, self.files, pool, folder=folder)
        project = None if isinstance(observed.project, CouldNotAsk) else observed.project
        runs = () if isinstance(observed.runs, CouldNotAsk) else observed.runs
        landed = tuple(one.landed for one in seen)
        end = judge_end(target, project, landed, runs, slugs=self.names_of(target, landed))
        results = list(check_end(target, end))
        foreign = {name for flaw in end.flaws if flaw.kind == "foreign" for name in flaw.files}
        for one in seen:
            if one.landed.file.filename not in foreign:
                results += self.check_proof(target, one)
        return tuple(dict.fromkeys(results))

    def names_of(self, target: Target, landed: Iterable[Landed]) -> frozenset[str]:
        """What the repository is and was called, as far as a file's provenance uses the name."""
        own = target.slug.lower()
        if target.publisher is not None:
            own = f"{target.publisher.owner}/{target.publisher.repository}".lower()
        names = {own, target.slug.lower()}
        for one in landed:
            named = () if isinstance(one.publishers, CouldNotAsk) else one.publishers or ()
            for other in {it.repository for it in named if it.kind == "GitHub"}:
                if other.lower() not in names and self.forge.leads_to(other) in names:
                    names.add(other.lower())  # it was renamed since
        return frozenset(names)

    def check_proof(self, target: Target, seen: Seen) -> Iterator[Result]:
        """A file's provenance against the publisher of this checkout, and its signatures."""
        named, file = seen.landed.publishers, seen.landed.file
        if target.publisher is None or isinstance(named, CouldNotAsk):
            return
        if not named:
            yield Skipped(
                id="publisher-last-release",
                subject="trusted publisher",
                title=f"Provenance of {file.filename}",
                reason=f"{target.index.title} does not show its provenance (yet)"
                if file.provenance
                else "the file has no attestation, so who published it is not proven",
            )
            return
        yield from compare_provenance(
            [as_trusted(one) for one in named],
            target.publisher,
            version=file.filename,
            index=target.index,
            project=target.name,
        )
        provenance = seen.provenance
        if target.index.name in ("pypi", "testpypi") and isinstance(provenance, Provenance):
            yield self.verify(target, seen, provenance)

    def verify(self, target: Target, seen: Seen, provenance: Provenance) -> Result:
        """The signatures themselves, on an index whose signatures the world can check."""
        from nox_release.edges.attestations import verify_provenance

        if seen.path is None:
            return Skipped(
                id="attestation-invalid",
                subject="trusted publisher",
                title=f"Attestation of {seen.landed.file.filename}",
                reason="the file was not downloaded",
            )
        return verify_provenance(provenance.document, seen.path, publisher=target.publisher)

    def try_out(self, target: Target, folder: Path) -> tuple[Result, ...]:
        """Install what is on the index now, and import it."""
        if self.options.smoke is False:
            return ()
        from nox_release.operations.try_out import try_published

        return try_published(
            self.context,
            self.client,
            name=target.name,
            version=target.version,
            files=self.files,
            downloads=folder,
        )

    def summary(self, target: Target, observed: Observed, *, install: bool) -> None:
        console = self.console
        release = observed.github_release
        rows = [("project", pages.project_page(target.index, target.name, target.version))]
        if release is not None and not isinstance(release, CouldNotAsk):
            rows.append(("GitHub release", release.url))
        if not isinstance(observed.runs, CouldNotAsk):
            run = judge_runs(runs_of(target, observed.runs)).run
            if run is not None:
                rows.append(("run", run.url))
        rows += [("file", file.filename) for file in self.files]
        console.table(("", ""), rows, title=f"{target.title}")
        if not install:
            return
        command = f"pip install {target.name}=={target.version}"
        if target.index.name != "pypi":
            command = (
                f"pip install --index-url {target.index.simple_url} {target.name}=={target.version}"
            )
        console.line()
        console.line(command)
        console.line()
        console.line(
            f"If it turns out to be wrong: yank it ({pages.releases_page(target.index, target.name)}), "
            "so that installers pass it over, and release the next version. Do not delete it: its "
            "file names can never be used again, and whoever has pinned it could not install."
        )


_NO_RETURN = "-- from here on others can see it, and nothing is taken back --"


_AT_ONCE = 8
MUST_BE_KNOWN = frozenset(rule.id for rule in finished.RULES)


def _what_is_wrong(target: Target, wrong: Sequence[Finding]) -> str:
    if {finding.id for finding in wrong} <= {finished.NOT_RAISED.id, preflight.DIRTY.id}:
        return f"{target.title} is out, and what came after it is not released."
    return f"{target.title} is published, and something is wrong with it: see above."


def as_expected(files: Iterable[IndexFile]) -> tuple[Expected, ...]:
    return tuple(Expected(filename=file.filename) for file in files)


def with_files(target: Target, built: Built) -> Target:
    """The target with the names of the files that were built here."""
    uploadable = built.uploadable
    return replace(
        target,
        files=tuple(Expected(filename=one.filename) for one in uploadable),
        exact=len(uploadable) == len(built.distributions),
    )


def with_githubs_spelling(target: Target, observed: Observed) -> Target:
    """The target with the publisher as GitHub calls its repository, where GitHub was asked."""
    found = observed.repository
    if target.publisher is None or found is None or isinstance(found, CouldNotAsk):
        return target
    return replace(target, publisher=as_github_spells(target.publisher, found.full_name))


def start_workflow(release: Release, target: Target) -> None:
    """Start the workflow on the tag, and wait until the run shows."""
    forge = release.forge
    known = frozenset((run.id, run.attempt) for run in find_runs(forge, target))
    forge.dispatch(target.workflow, ref=target.tag)
    await_start(release.context.clock, lambda: find_runs(forge, target), known)


class _Effects:
    """What a release does to the world."""

    def __init__(self, release: Release, target: Target) -> None:
        self._release = release
        self._target = target

    def create_tag(self, step: CreateTag) -> None:
        self._release.repository.create_tag(step.tag, step.commit, message=self._target.title)

    def push_tag(self, step: PushTag) -> None:
        self._release.repository.push(
            step.remote, tag=step.tag, commit=step.commit, branch=step.branch
        )

    def create_github_release(self, step: CreateGitHubRelease) -> None:
        notes = self._release.notes_for(self._target)
        self._release.forge.create_release(
            step.tag,
            title=step.title,
            notes=notes.text,
            prerelease=step.prerelease,
            latest=False if step.behind_newest else None,
        )

    def start_workflow(self, step: StartWorkflow) -> None:  # noqa: ARG002 - the target has it all
        start_workflow(self._release, self._target)

    def rerun_failed_jobs(self, step: RerunFailedJobs) -> None:
        forge = self._release.forge
        forge.rerun_failed_jobs(step.run)
        await_start(
            self._release.context.clock,
            lambda: find_runs(forge, self._target),
            frozenset({(step.run, step.attempt)}),
        )

    def await_run(self, step: AwaitRun) -> None:  # noqa: ARG002 - the target has it all
        release = self._release
        run = follow_target(release.console, release.context.clock, release.forge, self._target)
        release.console.mark("done", f"{self._target.workflow or 'The run'} succeeded: {run.url}")

    def await_files(self, step: AwaitFiles) -> None:  # noqa: ARG002 - the target has it all
        release = self._release
        came = await_files(
            release.console, release.context.clock, release.client, self._target, uploaded=True
        )
        if not is_complete(self._target, came):
            release.settled = as_expected(came)

    def upload(self, step: Upload) -> None:
        raise AssertionError(f"a release uploads nothing itself: {step.filename}")
