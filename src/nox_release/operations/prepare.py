"""Prepare a version: every file that states it, the changelog, and one commit.

    nox -s prepare -- minor      the next version by a word
    nox -s prepare -- 1.4.0      or the version itself
    nox -s prepare               what the changelog calls for
    nox -s prepare -- --check    reads only: do all places agree, locks too?

    nox -s prepare -- patch --all-packages   of a workspace, all that is new

The words are major, minor, patch, stable, alpha, beta, rc, post and dev. A word counts from what is
released, whatever the tree says. The edits are made in a copy first, shown, and built there; nothing
is edited here before you agree. Whatever interrupts it, the same command finishes it.
"""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from nox_release.checks.release.asked import OF_THIS_TREE
from nox_release.checks.release.preflight import CHANGELOG, demands_pull_request
from nox_release.core.errors import ChecksFailed, ConfigurationError
from nox_release.core.findings import errors_in
from nox_release.core.values import dataclass
from nox_release.edges import github_rules
from nox_release.edges.aside import temporary_folder
from nox_release.edges.context import Context
from nox_release.edges.git import NotARepository, find_repository, short
from nox_release.operations import options as shared
from nox_release.operations.asking import Questions, asking
from nox_release.operations.looking import named
from nox_release.operations.prepare_report import show, show_mentions
from nox_release.operations.preparer import Copy, Prepared, Preparer
from nox_release.project.pyproject import Project
from nox_release.project.versions import Choice
from nox_release.releases.observed import ProposedTree, PullRequest

if TYPE_CHECKING:
    from nox_release.operations.checklist import Checklist
    from nox_release.operations.proposing import Proposer


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "version",
        nargs="*",
        metavar="WORD|VERSION",
        help="one or two words (`minor`, `minor rc`), or a version",
    )
    shared.add_flag(
        parser,
        "--check",
        "read only: whether all places of the version agree; exit status 1 if not",
    )
    shared.add_flag(
        parser,
        "--pull-request",
        "open a pull request with the commit (also where the branch takes nothing else)",
    )
    parser.add_argument("--no-commit", dest="commit", action="store_false", help="edit, and stop")
    parser.add_argument(
        "--no-build",
        dest="build",
        action="store_false",
        help="leave out the proof that the edited tree builds this version",
    )
    shared.add_flag(parser, "--dry-run", "show what would be done, and stop")
    shared.add_yes(parser)
    shared.add_index(parser)
    shared.add_package(parser)
    shared.add_all_packages(
        parser,
        "every package with commits since its tag, and those whose requirements exclude what comes",
    )
    shared.add_json(parser)


def main(context: Context, options: argparse.Namespace) -> int:
    """The session."""
    if options.json and not options.check:
        raise ConfigurationError("`--json` goes with `--check`.")
    if options.check:
        from nox_release.operations.prepare_check import check

        return check(context, shared.load_projects(context, options), json=options.json)
    if options.all_packages:
        from nox_release.operations.prepare_packages import prepare_packages

        return prepare_packages(context, options)
    project = named(context, shared.load_project(context, options))
    repository = find_repository(project.root, context.runner)
    if repository is None:
        raise NotARepository(project.root)
    words = tuple(options.version)
    preparer = Preparer(
        context=context,
        project=project,
        repository=repository,
        arguments=words,
        again=f"nox -s prepare -- {shlex.join(words)}" if words else "nox -s prepare",
    )
    return Prepare(context=context, options=options, project=project, preparer=preparer).run()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """One `nox -s prepare`: what is asked for, and how it is told."""

    context: Context
    options: argparse.Namespace
    project: Project
    preparer: Preparer

    def run(self) -> int:
        preparer, console = self.preparer, self.context.console
        preparer.branch()
        with temporary_folder("prepare") as aside:
            copy = preparer.copy_of(preparer.repository.head(), aside / "tree")
            with (
                console.waiting(f"Asking about {self.project.name}"),
                asking(self.context, (self.project,)) as (asked,),
            ):
                line = preparer.line(copy, asked.index.versions)
                choice = preparer.choose(copy, line)
                checklist = self.judge(asked, choice)
                proposer = self.proposer(asked, copy, choice, aside)
                proposed = proposer.look() if proposer is not None else None
            # Raised here, where nothing is asked any more: a failure ends what still runs.
            if isinstance(choice, ConfigurationError):
                raise choice
            if checklist is not None:
                stop_at(checklist)
            if choice.stands != "next":
                return self.nothing_to_do(copy, choice)
            if proposed is not None and proposed.pull_request is not None:
                return self.is_proposed(choice, proposed.pull_request)
            prepared = preparer.make(copy, line, choice)
            if not prepared.changed:
                raise no_files(prepared.version)
            if checklist is not None and self.options.commit:
                self.judge_edited(checklist, prepared)
            show(console, prepared, choice.note)
            console.line()
            console.quote(prepared.difference)
            show_mentions(console, prepared)
            if self.options.build:
                preparer.prove(prepared, aside / "dist")
            if self.options.dry_run:
                console.line(f"Nothing was done: this was --dry-run. To do it: {preparer.again}")
                return 0
            if proposer is None or proposed is None:
                return self.commit(prepared)
            return self.open(prepared, proposer, proposed)

    def judge(self, asked: Questions, choice: Choice | ConfigurationError) -> Checklist | None:
        """The judgement over a release of the chosen version from here."""
        from nox_release.operations.checklist import Wanted, make_checklist

        if isinstance(choice, ConfigurationError) or choice.stands == "released":
            return None
        return make_checklist(
            self.context,
            self.project,
            asked,
            Wanted(version=str(choice.version)),
        )

    def judge_edited(self, checklist: Checklist, prepared: Prepared) -> None:
        """The judgement over the files as they will be.

        Raises:
            ChecksFailed: a release of them would fail.
        """
        from nox_release.checks.judging import judge
        from nox_release.operations.looking import once_prepared

        results = judge(once_prepared(checklist.case, prepared), "before")
        errors = [one for one in errors_in(results) if one.id in OF_THIS_TREE]
        if errors:
            command = f"nox -s release -- {prepared.version} --generate-notes"
            raise ChecksFailed(
                "The release would fail. Nothing was edited.",
                findings=errors,
                hint=f"Then run the same command again; or release with GitHub's notes: {command}"
                if any(one.id == CHANGELOG.id for one in errors)
                else "Then run the same command again.",
            )

    def nothing_to_do(self, copy: Copy, choice: Choice) -> int:
        console, name, version = self.context.console, self.project.name, choice.version
        if choice.stands == "released":
            console.mark("done", f"{name} {version} is released. There is nothing to prepare.")
            console.next_step("Next, to see that it is whole:", "nox -s check-project")
            return 0
        place = copy.places.declared
        commit = self.preparer.repository.commit_with(place.text, place.file) if place else None
        where = f" in {short(commit)}" if commit else ""
        console.mark("done", f"{name} {version} is prepared{where}.")
        console.next_step("Next:", "nox -s release")
        return 0

    def proposer(
        self, asked: Questions, copy: Copy, choice: Choice | ConfigurationError, aside: Path
    ) -> Proposer | None:
        """What opens the pull request, where one is wanted or the branch takes nothing else."""
        from nox_release.core.answers import ask
        from nox_release.observing.observer import Observer
        from nox_release.operations.proposing import proposer_of

        preparer, observer = self.preparer, asked.observer
        if isinstance(choice, ConfigurationError) or choice.stands != "next":
            return None
        if not isinstance(observer, Observer) or not self.options.commit:
            return None
        branch = preparer.branch()
        if not self.options.pull_request:
            rules = ask(lambda: github_rules.rules_for_branch(observer.forge, branch))
            if not demands_pull_request(rules):
                return None
        target = preparer.target(preparer.spelled(copy, choice), copy.commit)
        return proposer_of(preparer, observer, target, aside, follow=False)

    def is_proposed(self, choice: Choice, found: PullRequest) -> int:
        console = self.context.console
        state = "merged" if found.state == "merged" else "proposed"
        console.mark("done", f"{self.project.name} {choice.version} is {state}: {found.url}")
        console.next_step("Next:", f"nox -s release -- {choice.version}")
        return 0

    def open(self, prepared: Prepared, proposer: Proposer, seen: ProposedTree) -> int:
        """Ask, and open the pull request."""
        console, wanted = self.context.console, proposer.proposal
        console.confirm(
            f'Open the pull request "{wanted.title}" from {wanted.branch} to {wanted.base}?',
            yes=self.options.yes,
        )
        proposer.carry_out(seen, prepared)
        console.next_step(
            "Next, to follow it and release what it becomes:",
            f"nox -s release -- {prepared.version}",
        )
        return 0

    def commit(self, prepared: Prepared) -> int:
        """Ask, and bring it over."""
        console, options = self.context.console, self.options
        message, branch = prepared.message.splitlines()[0], prepared.branch
        ask = f'Commit "{message}" on {branch}?' if options.commit else "Edit these files?"
        console.confirm(ask, yes=options.yes)
        now = self.preparer.bring_over(prepared, commits=options.commit)
        if not options.commit:
            console.mark("done", f"{len(prepared.changed)} files edited, not committed.")
            return 0
        console.mark("done", f'{short(now.head)} "{message}" on {branch}')
        if Version(prepared.version).is_devrelease:
            console.next_step("Next:", "git push")
        else:
            given = f" -- {prepared.version}" if self.project.version_from_tags else ""
            console.next_step("Next:", f"nox -s release{given}")
        return 0


def stop_at(checklist: Checklist) -> None:
    """Judge what can block the release before anything is edited."""
    from nox_release.operations.checklist import blockers_of

    blockers = blockers_of(checklist)
    if not blockers:
        return
    step = checklist.step
    command = step.command if step.kind in ("first-upload", "init") else ""
    raise ChecksFailed(
        "The release would fail. Nothing was edited.",
        findings=blockers,
        hint=f"Next: {command}" if command else "Then run the same command again.",
    )


def no_files(version: str) -> ConfigurationError:
    return ConfigurationError(
        f"No file would change for {version}.",
        reason="The version comes from tags here, and the changelog needs no edit.",
        hint=f"nox -s release -- {version}",
    )
