"""Looking at the world: git here and there, GitHub, the index; whatever can be asked at once is.

An answer that could not be had becomes `CouldNotAsk`, so that what was answered is still shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from nox_release.core.answers import CouldNotAsk
from nox_release.core.errors import ForgeError, NoxReleaseError
from nox_release.edges.forge import OLDEST_GH, Forge, GhMissing, NotLoggedIn, find_gh
from nox_release.edges.process import side_by_side
from nox_release.observing.place import Place, python_folders
from nox_release.observing.workflow_files import package_in, read_actions, read_workflows
from nox_release.release.observed import Observed
from nox_release.workflows.publishing import derive_publisher, in_githubs_spelling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nox_release.edges.context import Context
    from nox_release.edges.index import IndexClient
    from nox_release.project.pyproject import Project
    from nox_release.release.plan import Target
    from nox_release.workflows.publishing import Derivation

T = TypeVar("T")
_AT_ONCE = 8


def derive(place: Place, project: Project, commit: str) -> Derivation:
    """What publishes, as the workflows of `commit` have it."""
    root, runner = place.repository.root, place.repository.runner
    workflows = read_workflows(root, commit=commit, runner=runner)
    return derive_publisher(
        workflows,
        owner=place.owner,
        repository=place.name,
        settings=project.settings,
        actions=read_actions(root, workflows, commit=commit, runner=runner),
        package=package_in(root, project),
    )


def spelt(context: Context, place: Place, derivation: Derivation) -> Derivation:
    """The derivation in GitHub's own spelling, where GitHub can be asked."""
    if derivation.publisher is None or find_gh(context.environ) is None:
        return derivation
    folder = place.repository.root
    found = ask(Forge(place.slug, context.runner, folder, clock=context.clock).repository)
    if found is None or isinstance(found, CouldNotAsk):
        return derivation
    return in_githubs_spelling(derivation, found.full_name)


def event_of(derivation: Derivation) -> tuple[str, bool]:
    """What of a release starts the publishing workflow, and whether it can be started by hand."""
    if derivation.job is None:
        return "", False
    workflow = derivation.job.workflow
    by_hand = workflow.event("workflow_dispatch") is not None
    release, push = workflow.event("release"), workflow.event("push")
    if release is not None and (release.types is None or "published" in release.types):
        return "release", by_hand
    if push is not None and push.tags is not None:
        return "push", by_hand
    if release is not None and set(release.types or ()) & {"released", "created"}:
        return "release", by_hand
    if push is not None and push.branches is None:
        return "push", by_hand
    return ("workflow_dispatch", True) if by_hand else ("", False)


def ask(question: Callable[[], T]) -> T | CouldNotAsk:
    """The answer, or why there was none."""
    try:
        return question()
    except NoxReleaseError as error:
        named = isinstance(error, (GhMissing, NotLoggedIn)) or not error.reason
        return CouldNotAsk(reason=" ".join((error.message if named else error.reason).split()))


def ask_all(questions: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Every answer by its question's name; all questions are put at once."""
    with side_by_side(_AT_ONCE) as pool:
        asked = {name: pool.submit(ask, question) for name, question in questions.items()}
        return {name: answer.result() for name, answer in asked.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Looks at everything one target is about."""

    place: Place
    forge: Forge
    client: IndexClient
    environ: Mapping[str, str]

    def look(self, target: Target, before: Observed | None = None) -> Observed:
        """What changes while a release is under way; the rest is kept from `before`."""
        repository = self.place.repository
        questions: dict[str, Callable[[], Any]] = {
            "remote": lambda: repository.remote_state(
                target.remote, branch=target.branch, tag=target.tag
            ),
            "github_release": lambda: self.forge.release(target.tag),
            "runs": lambda: self.forge.runs(commit=target.commit, workflow=target.workflow or None),
            "project": lambda: self.client.fetch_project(target.name),
        }
        here = before or Observed(head=target.commit)
        if find_gh(self.environ) is None:
            missing = CouldNotAsk(reason="gh is not installed")
            del questions["github_release"], questions["runs"]
            here = replace(here, github_release=missing, runs=missing, gh="missing")
        return replace(
            here,
            pushes_to=self.place.pushes_to,
            head=repository.head(),
            branch=repository.branch(),
            local_tag=repository.tag_commit(target.tag),
            **ask_all(questions),
        )

    def look_around(self, target: Target, observed: Observed) -> Observed:
        """The rest of what a release depends on, which this command need not ask twice."""
        repository = self.place.repository
        publisher = target.publisher
        questions: dict[str, Callable[[], Any]] = {
            "changes": repository.changes,
            "tracked_folders": lambda: python_folders(repository.tracked()),
            "shallow": repository.is_shallow,
            "identity": repository.identity,
            "signing_trouble": lambda: (
                repository.probe_signing() if repository.signs_tags() else None
            ),
            "relation": lambda: self._relation(target, observed),
            "ownership": lambda: self.client.fetch_ownership(target.name),
            "publishers": lambda: self._publishers(observed),
        }
        around = replace(observed, **_insisted(ask_all(questions)))
        if observed.gh == "missing":
            return replace(around, gh_detail=str(GhMissing().reason))
        forge = self.forge
        answers = ask_all(
            {
                "gh": lambda: gh_state(forge),
                "login": forge.login,
                "repository": forge.repository,
                "workflow": lambda: forge.workflow(target.workflow) if target.workflow else None,
                "environment": lambda: (
                    forge.environment(publisher.environment)
                    if publisher and publisher.environment
                    else None
                ),
                "checks": lambda: forge.checks(target.commit),
                "tag_rules": forge.rules_for_tags,
                "branch_rules": lambda: (
                    forge.rules_for_branch(target.branch) if target.branch else ()
                ),
            }
        )
        state, detail = answers.pop("gh")
        return replace(around, gh=state, gh_detail=detail, **answers)

    def _relation(self, target: Target, observed: Observed) -> Any:
        remote = observed.remote
        if remote is None or isinstance(remote, CouldNotAsk) or target.branch is None:
            return remote if isinstance(remote, CouldNotAsk) else None
        if remote.branch_head is None:
            return None
        return self.place.repository.relation(
            target.commit, remote.branch_head, remote=target.remote, branch=target.branch
        )

    def _publishers(self, observed: Observed) -> Any:
        """The publishers that the newest file with provenance names; `None` without any."""
        project = observed.project
        if project is None or isinstance(project, CouldNotAsk):
            return None
        proven = [file for file in project.files if file.provenance]
        if not proven:
            return None
        newest = max(proven, key=lambda file: (file.upload_time is not None, file.upload_time))
        found = self.client.fetch_provenance(newest)
        return None if found is None else found.publishers


def gh_state(forge: Forge) -> tuple[str, str]:
    """One word for gh's state, and the detail to it."""
    try:
        version = forge.version()
        if version and version < OLDEST_GH:
            old = ".".join(map(str, version))
            return "old", f"gh is version {old}; 2.27 is needed."
        forge.login()
    except GhMissing as error:
        return "missing", error.reason
    except NotLoggedIn as error:
        return "logged out", f"gh is not logged in to GitHub: {error.reason}"
    except ForgeError as error:
        if error.status is None or error.status >= 500:
            return "unreachable", f"{error.message} {error.reason}"
    return "ready", ""


def _insisted(answers: dict[str, Any]) -> dict[str, Any]:
    """Local questions have no excuse: git that cannot even say its status is an error."""
    for name in ("changes", "tracked_folders", "shallow", "identity", "signing_trouble"):
        answer = answers[name]
        if isinstance(answer, CouldNotAsk):
            raise NoxReleaseError("git gave no answer.", reason=answer.reason)
    return answers
