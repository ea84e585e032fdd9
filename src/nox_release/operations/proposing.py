"""A version that reaches its branch by a pull request: opened as the maintainer, merged by people."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from nox_release.core.errors import ConflictError, ForgeError, NoxReleaseError
from nox_release.core.values import dataclass
from nox_release.edges.checkouts import commit_aside
from nox_release.edges.forge import Forge
from nox_release.edges.pull_requests import find_pull_request, open_pull_request
from nox_release.observing.observer import Observer
from nox_release.operations.preparer import Prepared, Preparer
from nox_release.operations.reconcile import Story, reconcile
from nox_release.releases.observed import ProposedTree, PullRequest
from nox_release.releases.plan import (
    CommitAside,
    OpenPullRequest,
    Proposal,
    ProposeStep,
    PushBranch,
    TakeMerged,
    Target,
    plan_proposal,
)

_MERGED_AT_MOST = timedelta(hours=8)
_SILENCE_AT_MOST = timedelta(minutes=10)
# https://docs.github.com/en/graphql/reference/enums#mergestatestatus
_WAITS_FOR = {
    "behind": "is behind its base: update its branch on its page",
    "blocked": "waits for a review, or for checks",
    "clean": "can be merged",
    "draft": "is a draft",
    "has_hooks": "can be merged",
    "unstable": "can be merged; a check failed or still runs",
}


def branch_for(name: str, version: str) -> str:
    """The branch of a release's pull request."""
    return f"release/{name}-{version}"


def proposer_of(
    preparer: Preparer,
    observer: Observer,
    target: Target,
    aside: Path,
    *,
    follow: bool,
    message: str = "",
    queue: bool = False,
) -> Proposer:
    """The pull request for the version of `target`, from a branch of its own to the one here, which
    may have a merge `queue`; `message` is the commit's where it is not that of one version.
    """
    settings, name = preparer.project.settings, preparer.project.name
    return Proposer(
        preparer=preparer,
        forge=observer.forge,
        proposal=Proposal(
            branch=branch_for(name, target.version),
            base=preparer.branch(),
            message=message or settings.message(name, target.version),
            remote=observer.place.remote,
            follow=follow,
        ),
        target=target,
        aside=aside,
        queue=queue,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposer:
    """One pull request for one version, and the ways to look and act."""

    preparer: Preparer
    forge: Forge
    proposal: Proposal
    target: Target
    aside: Path
    queue: bool = False

    # --- looking ---------------------------------------------------------------------------------

    def look(self) -> ProposedTree:
        """How far it is.

        Raises:
            ConflictError: it was closed without a merge.
        """
        wanted, repository = self.proposal, self.preparer.repository
        state = repository.remote_state(wanted.remote, branch=wanted.branch, tag=None)
        found = find_pull_request(self.forge, wanted.branch, wanted.base)
        if found is not None and found.state == "closed":
            if state.branch_head == found.head:
                raise self._closed(found)
            found = None  # with its branch gone, too, or begun again, nobody waits for it
        merged = found.merged if found is not None else None
        return ProposedTree(
            here=repository.branch_commit(wanted.branch),
            there=state.branch_head,
            pull_request=found,
            taken=merged is not None and repository.is_ancestor(merged, repository.head()),
        )

    def _closed(self, found: PullRequest) -> ConflictError:
        branch = self.proposal.branch
        return ConflictError(
            f"The pull request for {self.target.title} was closed without a merge: {found.url}",
            reason=f"Its branch {branch} is still there.",
            hint=f"gh pr reopen {found.number}, to go on with it; or, to begin it again: "
            f"git push {self.proposal.remote} --delete {branch} && git branch -D {branch}; then "
            f"{self.preparer.again}",
        )

    # --- acting ----------------------------------------------------------------------------------

    def carry_out(self, seen: ProposedTree, prepared: Prepared | None) -> ProposedTree:
        """Open it and follow it, as it was agreed to."""
        story: Story[ProposeStep, ProposedTree] = Story(
            target=self.target,
            look=lambda _: self.look(),
            plan=lambda now: plan_proposal(self.proposal, now),
            perform=lambda step: perform(self, prepared, step),
            console=self.preparer.context.console,
            clock=self.preparer.context.clock,
            again=self.preparer.again,
        )
        return reconcile(story, seen, plan_proposal(self.proposal, seen).todo)

    def found(self) -> PullRequest:
        """The pull request, which is there."""
        found = find_pull_request(self.forge, self.proposal.branch, self.proposal.base)
        if found is None:
            raise ConflictError(
                f"There is no pull request from {self.proposal.branch} any more.",
                hint=self.preparer.again,
            )
        return found

    def follow(self) -> None:
        """Wait until it is merged.

        Raises:
            ConflictError: it was closed, or conflicts with its base.
        """
        context = self.preparer.context
        started = last_answer = context.clock.now()
        first = self.found()
        page = first.url
        if self.queue:
            context.console.line(
                f"{self.proposal.base} has a merge queue. Put it there when it is good: "
                f"gh pr merge {first.number} --repo {self.forge.slug}, or on its page, {page}"
            )
        else:
            context.console.line(f"Merge it when it is good: {page}")
        with context.console.waiting("Waiting for the merge", where=page) as waiting:
            while True:
                now = context.clock.now()
                try:
                    found = self.found()
                except ForgeError as error:
                    if now - last_answer > _SILENCE_AT_MOST:
                        raise
                    waiting.update(f"GitHub does not answer ({error.reason or error.message})")
                else:
                    last_answer = now
                    if found.state == "merged":
                        return
                    if found.state == "closed":
                        raise self._closed(found)
                    if found.merge_state == "dirty":
                        raise self._conflicting(found)
                    waiting.update(_WAITS_FOR.get(found.merge_state, "is open"))
                if now - started > _MERGED_AT_MOST:
                    raise NoxReleaseError(
                        f"The pull request is not merged after {_MERGED_AT_MOST}: {page}",
                        hint=f"When it is: {self.preparer.again}",
                    )
                context.clock.sleep(5.0 if now - started < timedelta(minutes=10) else 20.0)

    def _conflicting(self, found: PullRequest) -> ConflictError:
        base, branch = self.proposal.base, self.proposal.branch
        return ConflictError(
            f"The pull request conflicts with {base}: {found.url}",
            hint=f"git switch {branch} && git pull {self.proposal.remote} {base}, resolve it, push, "
            f"git switch {base}; then {self.preparer.again}",
        )


def perform(proposer: Proposer, prepared: Prepared | None, step: ProposeStep) -> None:
    """Carry out one step of a proposal."""
    repository, wanted = proposer.preparer.repository, proposer.proposal
    if isinstance(step, CommitAside):
        assert prepared is not None  # noqa: S101 - only where nothing was there has it to be made
        root = prepared.copy.repository.root
        files = {path: None if kind == "D" else root / path for kind, path in prepared.changed}
        commit_aside(
            repository,
            proposer.aside / "branch",
            prepared.copy.commit,
            files,
            message=step.message + "\n",
            branch=step.branch,
        )
    elif isinstance(step, PushBranch):
        commit = step.commit or str(repository.branch_commit(step.branch))
        repository.push(step.remote, commit=commit, branch=step.branch)
    elif isinstance(step, OpenPullRequest):
        opened = open_pull_request(
            proposer.forge, branch=step.branch, base=step.base, title=step.title
        )
        proposer.preparer.context.console.mark("done", opened.url)
    elif isinstance(step, TakeMerged):
        merged = proposer.found().merged
        repository.fetch(wanted.remote, step.base)
        if merged is not None:
            repository.forward(merged)
    else:
        proposer.follow()
