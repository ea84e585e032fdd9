"""One `nox -s release`: what is asked for, and the ways to look, to plan and to build."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from nox_release.checks.judging import Case
from nox_release.core.findings import Finding, Skipped
from nox_release.core.values import dataclass, replace
from nox_release.edges.aside import temporary_folder
from nox_release.edges.console import Console
from nox_release.edges.context import Context
from nox_release.edges.git import Repository
from nox_release.observing.observer import Observer
from nox_release.operations.ending import Ways
from nox_release.operations.following import NO_CHECKS_AFTER
from nox_release.operations.looking import with_built
from nox_release.operations.next_step import command
from nox_release.project.pyproject import Project
from nox_release.releases.observed import Observed
from nox_release.releases.plan import Checking, Expected, Plan, ReleaseStep, Target, plan_release

if TYPE_CHECKING:
    from nox_release.edges.index import IndexClient
    from nox_release.operations.built import Built
    from nox_release.operations.notes import Notes


@dataclass(slots=True, kw_only=True)
class Progress:
    """What this command knows besides what can be seen: what had gone wrong before it began, which
    alone is tried again, what the workflow has uploaded where that is not what was built here, and
    whether checks are awaited.
    """

    retry: tuple[int, int] | None = None
    start: bool = False
    settled: tuple[Expected, ...] = ()
    checks: Checking | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One `nox -s release`: what is asked for, and the ways to look and act. `agreed` is the plan that
    a person has seen and agreed to already.
    """

    context: Context
    options: argparse.Namespace
    project: Project
    observer: Observer
    client: IndexClient
    notes: Notes | None
    before_tag: Callable[[Built], object] | None = None
    agreed: Plan[ReleaseStep] | None = None

    @property
    def console(self) -> Console:
        return self.context.console

    @property
    def again(self) -> str:
        """The command that means the same once more."""
        return command_again(self.options)

    @property
    def repository(self) -> Repository:
        return self.observer.place.repository

    @property
    def folder(self) -> str:
        """Where the project is below the repository's top; empty where it is all of it."""
        place = self.project.root.resolve().relative_to(self.repository.root).as_posix()
        return "" if place == "." else place

    @property
    def ways(self) -> Ways:
        return Ways(
            context=self.context,
            client=self.client,
            forge=self.observer.forge,
            smoke=self.options.smoke is not False,
        )

    # --- looking and planning --------------------------------------------------------------------

    def plan(
        self,
        progress: Progress,
        target: Target,
        observed: Observed,
        blockers: tuple[Finding, ...] = (),
    ) -> Plan[ReleaseStep]:
        """What is left to do."""
        if progress.settled:  # the workflow has uploaded all it had: that is the whole version now
            target = replace(target, files=progress.settled, exact=False)
        return plan_release(
            target,
            observed,
            blockers=blockers,
            wait=self.options.wait,
            retry=progress.retry,
            start=progress.start,
            checks=progress.checks,
        )

    def look_again(self, target: Target, observed: Observed, *, checks: bool = False) -> Observed:
        """What changes while a release is under way."""
        return self.observer.look_again(target, observed, self.client, checks=checks)

    def checking(self, case: Case) -> Checking | None:
        """Whether checks are awaited; of a commit that was just made some will come."""
        if not case.awaits_checks or case.observed.gh != "ready":
            return None
        made = self.repository.commit_time(case.target.commit)
        age = self.context.clock.now().timestamp() - made
        return Checking(expected=age < NO_CHECKS_AFTER.total_seconds())

    def build(self, *, tag: str | None) -> Built:
        """What a build into a temporary folder makes."""
        from nox_release.operations.build import build

        with temporary_folder("proof") as aside:
            return build(
                self.context,
                self.project,
                tag=tag,
                smoke=self.options.smoke,
                destination=aside,
            )

    def with_built(self, case: Case, built: Built) -> Case:
        """The case with the names and the results of the files that were built here."""
        # What the maintainer left out is no news to them.
        quiet = self.options.smoke is False
        results = [one for one in built.results if not (quiet and isinstance(one, Skipped))]
        uploadable = built.uploadable
        target = replace(
            case.target,
            files=tuple(Expected(filename=one.filename) for one in uploadable),
            exact=len(uploadable) == len(built.distributions),
        )
        return with_built(replace(case, target=target), built, results)


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A release and where it is. `status` is 0 when nothing is wrong with what can be known of it.

    `files` are the names on the index, `page` is the project's page there, `github_release` the
    address of the GitHub release (`None` while there is none). `findings` say what is wrong.
    """

    version: str
    tag: str
    commit: str
    status: int
    files: tuple[str, ...] = ()
    page: str = ""
    github_release: str | None = None
    findings: tuple[Finding, ...] = ()


def command_again(options: argparse.Namespace) -> str:
    """This command with the arguments that say which release is meant."""
    every = options.all_packages
    given = ["--all-packages"] if every else list(options.version)
    if options.pending_publisher:
        given.append("--pending-publisher")
    for name in ("index",) if every else ("package", "index"):
        value = getattr(options, name)
        given += [f"--{name}", value] if value else []
    return command("release", given)
