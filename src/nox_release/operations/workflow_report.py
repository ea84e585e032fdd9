"""What there is to say about the workflow that publishes a project: our rules, zizmor, actionlint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nox_release.audit import audit_workflows, without_doubles
from nox_release.checks.workflow import EnvironmentPolicy, WorkflowFacts, check_workflow
from nox_release.findings import Finding

if TYPE_CHECKING:
    from pathlib import Path

    from nox_release.findings import Result
    from nox_release.forge import Environment
    from nox_release.process import Runner
    from nox_release.project import Project
    from nox_release.publishing import Derivation, TrustedPublisher, Workflow


def workflow_results(
    project: Project,
    derivation: Derivation,
    *,
    top: Path,
    runner: Runner,
    workflows: tuple[Workflow | Finding, ...] = (),
    tag: str | None = None,
    default_branch: str | None = None,
    at_commit: bool | None = None,
    on_default_branch: bool | None = None,
    metadata_version: str | None = None,
    registered: TrustedPublisher | None = None,
    environment: Environment | None = None,
    starts: tuple[str, ...] | None = ("release", "push-tag", "dispatch-tag"),
    elsewhere: frozenset[str] = frozenset(),
) -> tuple[Result, ...]:
    """Every rule about the workflow that was derived, and the audits of the two programs.

    `top` is the repository's root, `registered` the publisher the index is known to have,
    `environment` what GitHub says of the job's, `elsewhere` ids that somebody else reports.
    Nothing when no workflow publishes.
    """
    if derivation.job is None:
        return ()
    workflow = derivation.job.workflow
    publisher = derivation.publisher
    facts = WorkflowFacts(
        repository=f"{publisher.owner}/{publisher.repository}" if publisher else None,
        index=project.settings.index,
        default_branch=default_branch,
        tag=tag,
        starts=starts,
        at_commit=at_commit,
        on_default_branch=on_default_branch,
        version_from_tags=project.version_from_tags,
        metadata_version=metadata_version,
        dependencies=project.dependencies,
        publisher=registered,
        environment=None if environment is None else _policy(environment),
        others=tuple(
            item
            for item in workflows
            if not isinstance(item, Finding) and item.file != workflow.file
        ),
    )
    told = {(result.id, _place(result)) for result in derivation.results}
    own = tuple(
        result
        for result in check_workflow(workflow, facts)
        if result.id not in elsewhere and (result.id, _place(result)) not in told
    )
    return without_doubles((*own, *audit_workflows(top, (workflow,), runner)))


def _place(result: Result) -> str:
    return str(result.where) if isinstance(result, Finding) else ""


def _policy(environment: Environment) -> EnvironmentPolicy:
    return EnvironmentPolicy(
        name=environment.name,
        patterns=None
        if environment.policies is None
        else tuple((policy.kind, policy.pattern) for policy in environment.policies),
        protected_branches=environment.protected_branches_only,
        reviewers=environment.reviewers,
        wait_minutes=environment.wait_minutes,
        url=environment.url,
    )
