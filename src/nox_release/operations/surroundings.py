"""The surroundings of a project: git here, the remote, and GitHub, all asked at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from nox_release.checks.release import asked, preflight
from nox_release.checks.workflow.checking import EnvironmentPolicy
from nox_release.core.answers import CouldNotAsk
from nox_release.core.errors import CommandError
from nox_release.core.findings import Finding, Passed, Skipped
from nox_release.operations.asking import ask
from nox_release.operations.observe import event_of
from nox_release.release.observed import Observed, Relation
from nox_release.release.plan import Target, version_of_tag

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future, ThreadPoolExecutor

    from nox_release.checks.workflow.checking import WorkflowFacts
    from nox_release.core.findings import Result
    from nox_release.edges.git import Repository
    from nox_release.operations.asking import OnIndex
    from nox_release.operations.beginning import Begun
    from nox_release.project.pyproject import Project
    from nox_release.release.observed import GitHubRelease
    from nox_release.workflows.publishing import Derivation

T = TypeVar("T")

# What a release cannot do without, and what nevertheless says nothing about the project.
_NOT_ASKED = frozenset(
    {
        preflight.GH_MISSING.id,
        preflight.GH_LOGGED_OUT.id,
        preflight.GH_UNREACHABLE.id,
        preflight.REMOTE_UNREACHABLE.id,
    }
)


# GitHub's rules for an environment and the trigger are judged by `checks.workflow`, at its lines.
BY_LINE = frozenset(
    {
        preflight.WORKFLOW_NOT_STARTED.id,
        preflight.ENVIRONMENT_REFUSES.id,
        preflight.ENVIRONMENT_WAITS.id,
    }
)


# What is asked of git here, and the rule that cannot be judged without the answer.
_OF_THE_CLONE = {
    "changes": preflight.DIRTY,
    "tracked_folders": preflight.UNTRACKED_SOURCE,
    "branch": preflight.WRONG_BRANCH,
    "shallow": preflight.SHALLOW,
    "identity": preflight.IDENTITY,
    "local_tag": preflight.TAG_ELSEWHERE_HERE,
}


# Three numbers, as most patterns for tags ask for; `v0` fits none of them.
UNKNOWN_VERSION = "0.0.0"


class Surroundings:
    """git here, the remote, and GitHub: all asked when this is made, judged by `results`."""

    def __init__(
        self,
        project: Project,
        begun: Begun,
        derivation: Derivation,
        pool: ThreadPoolExecutor,
        *,
        on_index: Future[OnIndex],
        version: str | None,
    ) -> None:
        self._project = project
        self._place = begun.place
        self._derivation = derivation
        self._forge = forge = begun.forge
        self._has_gh = begun.has_gh
        self.head = begun.head
        self.branch = begun.branch
        self.version = version or self._tagged()
        repository = begun.place.repository
        publisher, job = derivation.publisher, derivation.job
        questions: dict[str, Callable[[], Any]] = {}
        if self._has_gh:
            if isinstance(self.head, str):
                head = self.head
                questions["runs"] = lambda: self._runs(on_index.result(), head)
            if publisher is not None:
                questions["workflow"] = lambda: forge.workflow(publisher.workflow)
                if publisher.environment:
                    name = publisher.environment
                    questions["environment"] = lambda: forge.environment(name)
        questions |= {
            "remote": lambda: ask_briefly(self._ask_remote),
            "local_tag": lambda: repository.tag_commit(self.tag),
        }
        if job is not None and isinstance(self.head, str):
            commit, file = self.head, job.workflow.file
            questions["at_commit"] = lambda: repository.has_file(commit, file)
        self._answers = begun.answers | {
            name: pool.submit(ask, question) for name, question in questions.items()
        }
        if self._has_gh:
            newest = begun.answers["newest_releases"]
            self._answers["github_release"] = pool.submit(ask, lambda: self._release(newest))

    @property
    def tag(self) -> str:
        """The tag of this version; where the version is not known, one that is hardly anywhere."""
        return self._project.settings.tag(self._project.name, self.version or UNKNOWN_VERSION)

    def _tagged(self) -> str | None:
        """The version of a tag at HEAD, for projects whose version comes from there."""
        tags = ask(lambda: self._place.repository.tags_at("HEAD"))
        for tag in () if isinstance(tags, CouldNotAsk) else tags:
            found = version_of_tag(
                tag, tag_format=self._project.settings.tag_format, name=self._project.name
            )
            if found is not None:
                return str(found)
        return None

    def _ask_remote(self) -> dict[str, Any]:
        """One look at the remote, how HEAD stands to the branch there, and, where it would have
        to be pushed, whether that is allowed.
        """
        repository, remote = self._place.repository, self._place.remote
        branch = self.branch if isinstance(self.branch, str) else None
        state = repository.remote_state(remote, branch=branch, tag=self.tag)
        there = state.branch_head
        seen: dict[str, Any] = {"remote": state, "relation": None}
        head = self.head
        if there is not None and branch is not None and isinstance(head, str):
            seen["relation"] = ask(lambda: relation_without_fetching(repository, head, there))
        if branch is not None and there != head and self._has_gh:
            seen["branch_rules"] = ask(lambda: self._forge.rules_for_branch(branch))
        return seen

    def target(self) -> Target | None:
        """What would be released from here."""
        if not isinstance(self.head, str):
            return None
        event, by_hand = event_of(self._derivation)
        publisher = self._derivation.publisher
        return Target(
            name=self._project.name,
            version=self.version or UNKNOWN_VERSION,
            tag=self.tag,
            commit=self.head,
            index=self._project.settings.index,
            slug=self._place.slug,
            remote=self._place.remote,
            branch=self.branch if isinstance(self.branch, str) else None,
            workflow=publisher.workflow if publisher else "",
            event=event,
            dispatchable=by_hand,
            publisher=publisher,
        )

    def add_to(self, facts: WorkflowFacts) -> WorkflowFacts:
        """What git and GitHub know about the publishing workflow."""
        remote = self._answers["remote"].result()
        found = self._answers["at_commit"].result() if "at_commit" in self._answers else None
        at_commit = None if isinstance(found, CouldNotAsk) else found
        return replace(
            facts,
            repository=self._place.slug,
            default_branch=None
            if isinstance(remote, CouldNotAsk)
            else remote["remote"].default_branch,
            tag=self.tag if self.version else None,
            likely_tag=self._project.settings.tag(self._project.name, "1.0.0"),
            at_commit=at_commit,
            environment=self._environment(),
            private=self._is_private(),
        )

    def _is_private(self) -> bool | None:
        asked_ = self._answers.get("repository")
        found = asked_.result() if asked_ is not None else None
        return None if found is None or isinstance(found, CouldNotAsk) else found.private

    def _environment(self) -> EnvironmentPolicy | None:
        """GitHub's rules for the environment; one that is not there yet admits everything."""
        publisher = self._derivation.publisher
        asked_ = self._answers.get("environment")
        if publisher is None or asked_ is None or publisher.environment is None:
            return None
        answer = asked_.result()
        if isinstance(answer, CouldNotAsk):
            return None
        if answer is None:
            return EnvironmentPolicy(name=publisher.environment)
        policies = answer.policies
        return EnvironmentPolicy(
            name=publisher.environment,
            patterns=None
            if policies is None
            else tuple((policy.kind, policy.pattern) for policy in policies),
            protected_branches=answer.protected_branches_only,
            reviewers=answer.reviewers,
            wait_minutes=answer.wait_minutes,
            url=answer.url,
        )

    def _release(
        self, newest: Future[tuple[GitHubRelease, ...] | CouldNotAsk]
    ) -> GitHubRelease | CouldNotAsk | None:
        listed = newest.result()
        if isinstance(listed, CouldNotAsk):
            return listed
        return self._forge.release_among(listed, self.tag)

    def _runs(self, on_index: OnIndex, head: str) -> Any:
        """The runs at HEAD, which matter only where this version has files already."""
        project = on_index.project
        if project is None or isinstance(project, CouldNotAsk):
            return ()
        if self.version is None or not project.release_files(self.version):
            return ()
        return self._forge.runs(commit=head)

    def results(self, on_index: OnIndex) -> list[Result]:
        """The rules about commit, tag, GitHub and workflow over the answers."""
        target = self.target()
        if target is None:
            reason = self.head.reason if isinstance(self.head, CouldNotAsk) else ""
            return [without_git(CouldNotAsk(reason=reason))]
        observed = self._observed(on_index)
        known = self.version is not None
        found = self._unanswered()
        found += (
            result
            for result in preflight.check_tree(
                target,
                observed,
                release_branch=self._project.settings.branch,
                version_from_tags=self._project.version_from_tags,
            )
            # A branch that could not be asked for looks like none.
            if result.id != preflight.DETACHED.id or self.branch is None
        )
        if known:
            found += preflight.check_tag(target, observed)
        gh = list(preflight.check_gh(target, observed))
        found += gh
        if observed.gh == "ready" and not any(isinstance(result, Finding) for result in gh):
            found.append(self._logged_in(observed))
        if observed.gh == "ready":
            found += preflight.check_checks(target, observed, ignore=False)
        found += (
            result
            for result in preflight.check_workflow_ready(target, observed)
            if result.id not in BY_LINE
        )
        if known:
            found += preflight.check_github_release(target, observed)
            if not isinstance(observed.project, CouldNotAsk):
                found += preflight.check_files(target, observed)
        return [_unasked(result) for result in found]

    def _unanswered(self) -> list[Result]:
        """What git would not say about this clone, as *not known*."""
        answers = {name: asked_.result() for name, asked_ in self._answers.items()}
        answers["branch"] = self.branch
        return [
            Skipped(id=rule.id, subject=rule.subject, title=rule.title, reason=answer.reason)
            for name, rule in _OF_THE_CLONE.items()
            if isinstance(answer := answers[name], CouldNotAsk)
        ]

    def _logged_in(self, observed: Observed) -> Passed:
        login = observed.login
        user = "" if login is None or isinstance(login, CouldNotAsk) else login.user
        return Passed(
            id=asked.GITHUB_ASKED.id,
            subject="GitHub",
            title=f"{self._place.slug} is on GitHub, and gh may write to it",
            detail=user,
        )

    def full_name(self) -> str | None:
        """What GitHub calls the repository; `None` where it could not be asked."""
        asked_ = self._answers.get("repository")
        found = asked_.result() if asked_ is not None else None
        return None if found is None or isinstance(found, CouldNotAsk) else found.full_name

    def _observed(self, on_index: OnIndex) -> Observed:
        answers: dict[str, Any] = {name: asked_.result() for name, asked_ in self._answers.items()}
        for name, otherwise in (
            ("changes", None),
            ("tracked_folders", frozenset()),
            ("shallow", False),
            ("identity", ""),
            ("local_tag", None),
        ):
            if isinstance(answers[name], CouldNotAsk):
                answers[name] = otherwise
        for name in ("at_commit", "newest_releases"):
            answers.pop(name, None)
        remote = answers.pop("remote")
        if isinstance(remote, CouldNotAsk):
            answers |= {"remote": remote, "relation": remote}
        else:
            answers |= remote
        missing = CouldNotAsk(reason="gh is not installed")
        if self._has_gh:
            answers |= answers["gh"]
            answers.setdefault("runs", ())
        else:
            answers |= {"gh": "missing", "gh_detail": "gh is not installed."}
            answers |= {"github_release": missing, "runs": missing, "login": missing}
            answers |= {"repository": missing, "tag_rules": missing, "checks": missing}
        return Observed(
            pushes_to=self._place.pushes_to,
            head=str(self.head),
            branch=self.branch if isinstance(self.branch, str) else None,
            project=on_index.project,
            **answers,
        )


def _unasked(result: Result) -> Result:
    """A finding that only says that something could not be asked, as *not known*."""
    if not isinstance(result, Finding) or result.id not in _NOT_ASKED:
        return result
    return Skipped(
        id=result.id,
        subject=result.subject,
        title="what GitHub says"
        if result.id != preflight.REMOTE_UNREACHABLE.id
        else "what the remote has",
        reason=f"{result.message.rstrip('.')}. {result.fix}".strip(),
    )


def ask_briefly(question: Callable[[], T]) -> T | CouldNotAsk:
    """The answer, or the last words of the program that had none."""
    try:
        return question()
    except CommandError as error:
        said = error.reason.strip().splitlines() or [error.message]
        return CouldNotAsk(reason=said[-1])


def relation_without_fetching(repository: Repository, head: str, there: str) -> Relation | None:
    """How HEAD stands to the remote's branch, where this clone holds both; nothing is fetched."""
    if head == there:
        return Relation(ahead=0, behind=0)
    if not repository.has_commit(there):
        return Relation(ahead=0, behind=1, exact=False)
    return repository.relation(head, there, remote="", branch="")


def without_git(place: Finding | CouldNotAsk) -> Result:
    """What is to be said instead of everything that git and GitHub would tell."""
    if isinstance(place, Finding):
        return place
    return Skipped(
        id=asked.GITHUB_ASKED.id,
        subject="GitHub",
        title="what git and GitHub say",
        reason=place.reason,
    )
