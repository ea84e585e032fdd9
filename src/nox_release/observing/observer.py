"""The one look at the world: git here and on the remote, and GitHub, all asked at once.

Every question is put by one function, and what could not be answered is a `CouldNotAsk` in
`Observed`, so that what was answered is still shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nox_release.core.answers import CouldNotAsk, ask, known
from nox_release.core.errors import ForgeError
from nox_release.core.values import dataclass, replace
from nox_release.edges import github_rules
from nox_release.edges.context import Context
from nox_release.edges.forge import Forge
from nox_release.edges.gh import OLDEST_GH, GhMissing, NotLoggedIn, find_gh
from nox_release.edges.git import Repository, head_and_branch
from nox_release.edges.process import side_by_side
from nox_release.edges.signing import identity, probe_signing
from nox_release.observing.place import Place, python_folders
from nox_release.releases.observed import (
    Check,
    GitHubRelease,
    Login,
    Observed,
    Relation,
    RemoteState,
    Run,
)
from nox_release.releases.plan import Target, runs_of

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from nox_release.edges.index import IndexClient

_NO_GH = CouldNotAsk(reason="gh is not installed")


@dataclass(frozen=True, slots=True, kw_only=True)
class GhState:
    """What state gh is in, and who it is; see `Observed.gh`."""

    word: str = "ready"
    detail: str = ""
    login: Login | CouldNotAsk | None = None


class Observer:
    """Looks at everything one target is about; what needs to know no target is asked at once."""

    def __init__(self, context: Context, place: Place, pool: ThreadPoolExecutor) -> None:
        self.place = place
        self.forge = Forge(place.slug, context.runner, place.repository.root, clock=context.clock)
        self.has_gh = find_gh(context.environ) is not None
        self._pool = pool
        self._run = context.environ.get("GITHUB_RUN_ID", "")
        repository = place.repository
        self.head = ask(repository.head)
        self.branch = place.branch
        self.tracked = pool.submit(repository.tracked)
        self._early = self._put(self._about_the_place())

    def _put(self, questions: dict[str, Callable[[], Any]]) -> dict[str, Future[Any]]:
        return {name: self._pool.submit(ask, question) for name, question in questions.items()}

    def _about_the_place(self) -> dict[str, Callable[[], Any]]:
        repository, forge, head = self.place.repository, self.forge, self.head
        questions: dict[str, Callable[[], Any]] = {}
        if self.has_gh:
            version = self._pool.submit(ask, forge.gh.version)
            questions |= {
                "gh": lambda: gh_state(forge, version.result()),
                "repository": forge.repository,
                "newest_releases": forge.newest_releases,
                "tag_rules": lambda: github_rules.rules_for_tags(forge),
                "immutable_releases": lambda: github_rules.has_immutable_releases(forge),
            }
            if isinstance(head, str):
                questions["checks"] = lambda: self._checks(head)
        return questions | {
            "changes": repository.changes,
            "tracked_folders": lambda: python_folders(self.tracked.result()),
            "shallow": repository.is_shallow,
            "identity": lambda: identity(repository),
            "signing_trouble": lambda: probe_signing(repository) if self.place.signs_tags else None,
        }

    # --- a target ----------------------------------------------------------------------------

    def look(self, target: Target, file: str = "") -> Observed:
        """All that a release of `target` depends on; `file` is the workflow that publishes it."""
        asked = self._early | self._put(self._about(target, file))
        answers = {name: future.result() for name, future in asked.items()}
        remote = answers.pop("remote")
        seen = remote if isinstance(remote, dict) else {"remote": remote, "relation": remote}
        if self.has_gh:
            newest = answers.pop("newest_releases")
            gh = answers.pop("gh")
            answers["github_release"] = self._release(newest, target.tag)
            answers["immutable_releases"] = locked(answers["immutable_releases"], newest)
        else:
            gh = GhState(word="missing", detail=GhMissing().reason, login=_NO_GH)
            names = ("github_release", "runs", "repository", "tag_rules", "checks",
                     "immutable_releases")  # fmt: skip
            answers |= dict.fromkeys(names, _NO_GH)
        if isinstance(gh, CouldNotAsk):
            gh = GhState(word="unreachable", detail=gh.reason, login=gh)
        return Observed(
            head=str(known(self.head) or target.commit),
            branch=self.branch,
            pushes_to=self.place.pushes_to,
            gh=gh.word,
            gh_detail=gh.detail,
            login=gh.login,
            **(answers | seen),
        )

    def _about(self, target: Target, file: str) -> dict[str, Callable[[], Any]]:
        repository, forge, publisher = self.place.repository, self.forge, target.publisher
        tag = self._pool.submit(repository.tag_commit, target.tag)
        questions: dict[str, Callable[[], Any]] = {
            "remote": lambda: self._remote(target, tag),
            "local_tag": tag.result,
        }
        if file:
            questions["at_commit"] = lambda: repository.has_file(target.commit, file)
        if not self.has_gh:
            return questions
        if target.commit != self.head:
            questions["checks"] = lambda: self._checks(target.commit)
        if target.workflow:
            questions["workflow"] = lambda: forge.workflow(target.workflow)
        if publisher is not None and publisher.environment:
            name = publisher.environment
            questions["environment"] = lambda: github_rules.environment(forge, name)
        return questions

    def _remote(self, target: Target, tag: Future[str | None]) -> dict[str, Any]:
        """One look at the remote, and what follows from it: how the commit stands to the branch
        there, whether that may be pushed to, and the runs of the tag that is there.
        """
        repository = self.place.repository
        state = repository.remote_state(target.remote, branch=target.branch, tag=target.tag)
        there, branch = state.branch_head, target.branch
        seen: dict[str, Any] = {"remote": state, "relation": None, "runs": ()}
        if there is not None and branch is not None:
            seen["relation"] = ask(lambda: relation_here(repository, target.commit, there))
        if self.has_gh and branch is not None and there != target.commit:
            seen["branch_rules"] = ask(lambda: github_rules.rules_for_branch(self.forge, branch))
        if state.tag is not None:
            seen["past_tag"] = ask(lambda: commits_after(repository, state, self.head))
            seen["runs"] = self._runs(target, state.tag.commit)
        elif self.has_gh and known(ask(tag.result)) is not None:
            # A tag that is here alone may be one that GitHub has refused before.
            seen["burnt_tag"] = ask(lambda: github_rules.is_burnt(self.forge, target.tag))
        return seen

    def _checks(self, commit: str) -> tuple[Check, ...] | None:
        """The checks on a commit, without the run that this is a step of."""
        found = github_rules.checks(self.forge, commit)
        this = f"/actions/runs/{self._run}/"
        if found is None or not self._run:
            return found
        return tuple(one for one in found if this not in one.url)

    def _runs(self, target: Target, commit: str) -> tuple[Run, ...] | CouldNotAsk:
        if not self.has_gh:
            return _NO_GH
        workflow = target.workflow or None
        return ask(lambda: self.forge.runs(commit=commit, workflow=workflow))

    def _release(
        self, newest: tuple[GitHubRelease, ...] | CouldNotAsk, tag: str
    ) -> GitHubRelease | CouldNotAsk | None:
        if isinstance(newest, CouldNotAsk):
            return newest
        return ask(lambda: self.forge.release_among(newest, tag))

    def look_again(
        self, target: Target, before: Observed, client: IndexClient, *, checks: bool = False
    ) -> Observed:
        """What changes while a release is under way, its `checks` too where they count; the rest is
        kept from `before`.
        """
        repository = self.place.repository
        questions: dict[str, Callable[[], Any]] = {
            "remote": lambda: repository.remote_state(
                target.remote, branch=target.branch, tag=target.tag
            ),
            "project": lambda: client.fetch_project(target.name),
            "local_tag": lambda: repository.tag_commit(target.tag),
        }
        if self.has_gh:
            questions["github_release"] = lambda: self.forge.release(target.tag)
            questions["runs"] = lambda: self._runs(target, target.commit)
            if checks:
                questions["checks"] = lambda: github_rules.checks(self.forge, target.commit)
        with side_by_side(len(questions)) as pool:
            asked = {name: pool.submit(ask, question) for name, question in questions.items()}
            answers: dict[str, Any] = {name: future.result() for name, future in asked.items()}
        remote = known(answers["remote"])
        there = remote.branch_head if remote is not None else None
        if there is not None:
            answers["relation"] = ask(lambda: relation_here(repository, target.commit, there))
        head, branch = head_and_branch(repository)
        return replace(before, head=head, branch=branch, **answers)

    def find_runs(self, target: Target) -> tuple[Run, ...]:
        """The runs that publish `target`, as GitHub lists them now."""
        workflow = target.workflow or None
        return runs_of(target, self.forge.runs(commit=target.commit, workflow=workflow))


def locked(
    answer: bool | CouldNotAsk, newest: tuple[GitHubRelease, ...] | CouldNotAsk
) -> bool | CouldNotAsk:
    """Whether releases are immutable; where GitHub does not tell, a newest one that is tells it."""
    if not isinstance(answer, CouldNotAsk) or isinstance(newest, CouldNotAsk):
        return answer
    public = next((release for release in newest if not release.draft), None)
    return True if public is not None and public.immutable else answer


def gh_state(forge: Forge, version: tuple[int, ...] | CouldNotAsk) -> GhState:
    """What state gh is in, told by asking who it is.

    A token that may not ask that, such as an app's, may do the rest all the same.
    """
    login: Login | CouldNotAsk
    if not isinstance(version, CouldNotAsk) and version and version < OLDEST_GH:
        old = ".".join(map(str, version))
        return GhState(word="old", detail=f"`gh` is version {old}; 2.27 is needed.")
    try:
        login = forge.login()
    except GhMissing as error:
        return GhState(word="missing", detail=error.reason)
    except NotLoggedIn as error:
        return GhState(word="logged out", detail=error.in_one_line())
    except ForgeError as error:
        if error.status is None or error.status >= 500:
            detail = " ".join(f"{error.message} {error.reason}".split())
            return GhState(word="unreachable", detail=detail)
        login = CouldNotAsk(reason=error.in_one_line())
    if isinstance(version, CouldNotAsk):
        return GhState(word="unreachable", detail=version.reason, login=login)
    return GhState(login=login)


def relation_here(repository: Repository, commit: str, there: str) -> Relation:
    """How a commit stands to the remote's branch, where this clone holds both; nothing is fetched."""
    if commit == there:
        return Relation(ahead=0, behind=0)
    if not repository.has_commit(there):
        return Relation(ahead=0, behind=1, exact=False)
    return repository.relation(commit, there)


def commits_after(repository: Repository, state: RemoteState, head: str | CouldNotAsk) -> int:
    """How many commits HEAD comes after the remote's tag; 0: it does not come after it."""
    if state.tag is None or isinstance(head, CouldNotAsk) or state.tag.commit == head:
        return 0
    if not repository.is_ancestor(state.tag.commit, head):
        return 0
    return repository.relation(head, state.tag.commit).ahead
