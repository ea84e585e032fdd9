"""What publishes a project: the one way from its workflows and its remote to the publisher."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nox_release.checks.workflow.github_releases import release_steps
from nox_release.checks.workflow.subject import CHECK_ONLY
from nox_release.core.answers import ask, known
from nox_release.core.findings import Finding
from nox_release.core.values import dataclass
from nox_release.edges.process import Runner
from nox_release.observing.place import Place
from nox_release.observing.workflow_files import package_in, read_actions, read_workflows
from nox_release.project.pyproject import Project, Settings
from nox_release.workflows.publishing import (
    Derivation,
    Step,
    Workflow,
    derive_publisher,
    in_githubs_spelling,
)

if TYPE_CHECKING:
    from nox_release.edges.forge import Forge


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """The repository's workflows and composite actions, and what of them publishes the project."""

    workflows: tuple[Workflow | Finding, ...]
    actions: Mapping[str, tuple[Step, ...]]
    derivation: Derivation

    @property
    def file(self) -> str:
        """The workflow file that publishes, from the repository's root; empty without one."""
        job = self.derivation.job
        return job.workflow.file if job is not None else ""


def derive(project: Project, place: Place | None, *, commit: str | None = None) -> Publishing:
    """What publishes `project`, as the folder has it, or as `commit` does."""
    if place is None:
        return derive_in(project.root, project.settings, None, package=(".", project.name))
    repository, slug = place.repository, (place.owner, place.name)
    package = package_in(repository.root, project)
    return derive_in(
        repository.root, project.settings, slug,
        package=package, commit=commit, runner=repository.runner,
    )  # fmt: skip


def derive_in(
    top: Path,
    settings: Settings,
    slug: tuple[str, str] | None,
    *,
    package: tuple[str, str] | None = None,
    commit: str | None = None,
    runner: Runner | None = None,
) -> Publishing:
    """What publishes `package` from the repository in `top`, whose owner and name on GitHub are
    `slug` where they are known.

    Raises:
        CommandError: git cannot show that commit.
    """
    workflows = read_workflows(top, commit=commit, runner=runner)
    actions = read_actions(top, workflows, commit=commit, runner=runner)
    owner, name = slug or (None, None)
    return Publishing(
        workflows=workflows,
        actions=actions,
        derivation=derive_publisher(
            workflows,
            owner=owner,
            repository=name,
            settings=settings,
            actions=actions,
            package=package,
        ),
    )


def spelt(derivation: Derivation, forge: Forge) -> Derivation:
    """The derivation in GitHub's own spelling, which is the one in a run's claims, where GitHub can
    be asked and the repository is this one.
    """
    publisher = derivation.publisher
    if publisher is None or publisher.slug.lower() != forge.slug.lower():
        return derivation
    found = known(ask(forge.repository))
    return derivation if found is None else in_githubs_spelling(derivation, found.full_name)


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


def inputs_to_publish(derivation: Derivation) -> tuple[tuple[str, str], ...]:
    """What a start by hand has to say, so that a workflow which `init` wrote uploads."""
    by_hand = derivation.job and derivation.job.workflow.event("workflow_dispatch")
    return ((CHECK_ONLY, "false"),) if by_hand and CHECK_ONLY in by_hand.inputs else ()


def release_is_last(derivation: Derivation, actions: Mapping[str, tuple[Step, ...]]) -> bool:
    """Whether the GitHub release can wait for the run: it neither starts the workflow, nor is
    anything attached to it there that only a release which exists would take.
    """
    if derivation.job is None or event_of(derivation)[0] not in ("push", "workflow_dispatch"):
        return False
    steps = release_steps(derivation.job.workflow, actions)
    makes = any(one.makes or one.publishes or one.drafts for one in steps)
    return makes or not any(one.adds and not one.is_for_another_tag for one in steps)


def run_makes_release(derivation: Derivation, actions: Mapping[str, tuple[Step, ...]]) -> bool:
    """Whether the publishing workflow itself may leave a published GitHub release of its tag."""
    steps = () if derivation.job is None else release_steps(derivation.job.workflow, actions)
    return any(
        (one.makes or one.publishes) and not one.drafts and not one.is_for_another_tag
        for one in steps
    )
