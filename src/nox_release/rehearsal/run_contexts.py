"""What a run knows of itself: the contexts of its expressions, its inputs, its identity.

https://docs.github.com/en/actions/reference/workflows-and-actions/contexts
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from nox_release.core.values import replace
from nox_release.workflows.expressions import Circumstances, holds, interpolate

if TYPE_CHECKING:
    from nox_release.rehearsal.github_state import Event, GitHubState, JobRun, Settings, WorkflowRun
    from nox_release.workflows.syntax import Job, Step, Workflow

DECIDED = frozenset({"steps", "needs", "env"})  # what runs in a job sets these contexts


def contexts_of(
    settings: Settings, run: WorkflowRun, workflow: Workflow, event: Event
) -> dict[str, Any]:
    """All contexts but `needs` and those of `place_of`, which differ from job to job."""
    is_tag = run.ref.startswith("refs/tags/")
    payload: dict[str, Any] = {
        "repository": {"fork": False, "full_name": settings.slug, "name": settings.name},
        "inputs": dict(run.inputs),
        "ref": run.ref,
    }
    if event.name == "release":
        payload["action"] = event.action
        payload["release"] = {
            "tag_name": run.head_branch,
            "prerelease": event.prerelease,
            "draft": False,
            "name": event.title,
        }
    return {
        "github": {
            "event_name": event.name,
            "event": payload,
            "ref": run.ref,
            "ref_name": run.head_branch,
            "ref_type": "tag" if is_tag else "branch",
            "sha": run.head_sha,
            "repository": settings.slug,
            "repository_owner": settings.owner,
            "repository_id": str(settings.id),
            "actor": event.actor,
            "triggering_actor": event.actor,
            "run_id": str(run.id),
            "run_number": str(run.number),
            "run_attempt": str(run.attempt),
            "workflow": run.name,
            "server_url": "https://github.com",
        },
        "inputs": typed_inputs(workflow, run),
        "vars": {},
        "secrets": {},
        "env": {},
    }


def place_of(
    job: Job, contexts: Mapping[str, Any], matrix: Mapping[str, Any], index: int
) -> dict[str, Any]:
    """The contexts of one job of a matrix: its values, its number, and the machine that it asks for."""
    found = {"matrix": dict(matrix), "strategy": {"job-index": index}}
    label = interpolated(" ".join(job.runs_on), {**contexts, **found}).lower()
    system = "Windows" if "windows" in label else "macOS" if "macos" in label else "Linux"
    arm = "arm" in label or (system == "macOS" and not re.search("intel|large", label))
    return {**found, "runner": {"os": system, "arch": "ARM64" if arm else "X64"}}


def claims_of(github: GitHubState, run: WorkflowRun, job: JobRun, audience: str) -> dict[str, Any]:
    """The identity of a job, as GitHub states it.

    https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims
    """
    settings = github.settings
    start = int(github.clock.now().timestamp())
    place = f"{settings.slug}/{run.path}@{run.ref}"
    claims = {
        "iss": "https://token.actions.githubusercontent.com",
        "aud": audience,
        "iat": start,
        "nbf": start - 300,
        "exp": start + 300,
        "jti": str(uuid.uuid4()),
        "sub": f"repo:{settings.slug}:"
        + (f"environment:{job.environment}" if job.environment else f"ref:{run.ref}"),
        "repository": settings.slug,
        "repository_id": str(settings.id),
        "repository_owner": settings.owner,
        "repository_owner_id": str(settings.owner_id),
        "repository_visibility": "private" if settings.private else "public",
        "actor": run.actor,
        "actor_id": str(github.user.id),
        "event_name": run.event,
        "ref": run.ref,
        "ref_type": "tag" if run.ref.startswith("refs/tags/") else "branch",
        "ref_protected": "false",
        "base_ref": "",
        "head_ref": "",
        "sha": run.head_sha,
        "workflow": run.name,
        "workflow_ref": place,
        "workflow_sha": run.head_sha,
        "job_workflow_ref": place,
        "job_workflow_sha": run.head_sha,
        "run_id": str(run.id),
        "run_number": str(run.number),
        "run_attempt": str(run.attempt),
        "runner_environment": "github-hosted",
    }
    if job.environment:
        claims["environment"] = job.environment
    return claims


def dispatch_inputs(workflow: Workflow) -> dict[str, bool] | None:
    """The inputs of `workflow_dispatch` and whether they are required; `None` without that trigger."""
    trigger = workflow.event("workflow_dispatch")
    if trigger is None:
        return None
    declared: dict[str, bool] = {}
    inputs = trigger.node.get("inputs") if trigger.node is not None else None
    for name in trigger.inputs:
        entry = inputs.get(name) if inputs is not None else None
        required = entry.get("required") if entry is not None else None
        default = entry.get("default") if entry is not None else None
        declared[name] = bool(required is not None and required.is_true and default is None)
    return declared


def typed_inputs(workflow: Workflow, run: WorkflowRun) -> dict[str, str | bool]:
    """The `inputs` context of a dispatched run: defaults filled in, booleans as such.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_dispatchinputs
    """
    trigger = workflow.event("workflow_dispatch")
    declared = trigger.node.get("inputs") if trigger is not None and trigger.node else None
    typed: dict[str, str | bool] = dict(run.inputs)
    if trigger is None or declared is None or run.event != "workflow_dispatch":
        return typed
    for name in trigger.inputs:
        entry = declared.get(name)
        default, kind = (entry.get("default"), entry.get("type")) if entry else (None, None)
        value = run.inputs.get(name, default.text if default is not None else "")
        boolean = kind is not None and kind.text == "boolean"
        typed[name] = value == "true" if boolean else value
    return typed


def environment_name(job: Job, contexts: Mapping[str, Any]) -> str | None:
    if job.environment is None:
        return None
    if job.environment.name is not None:
        return job.environment.name
    return interpolated(job.environment.expression, contexts) or None


def interpolated(text: str, contexts: Mapping[str, Any], *, undecided: Collection[str] = ()) -> str:
    """`text` with its `${{ }}` filled in, or as it is where that is not known. What is not in one of
    the `undecided` contexts may come to be there.
    """
    given = given_by(contexts)
    filled = interpolate(text, replace(given, complete=given.complete.difference(undecided)))
    return text if filled is None else filled


def variables_of(
    workflow: Workflow, job: Job, step: Step, contexts: Mapping[str, Any]
) -> dict[str, str]:
    """The variables that a step's script has as far as they are known; GitHub's own are a part."""
    github = contexts["github"]
    named = ("ref", "ref_name", "ref_type", "sha", "repository", "event_name")
    found = {f"GITHUB_{name.upper()}": str(github[name]) for name in named}
    for name, value in (*workflow.environ, *job.environ, *step.environ):
        found[name] = interpolated(value, contexts, undecided=DECIDED)
    return {name: value for name, value in found.items() if "${{" not in value}


def status_of(*, failed: bool, cancelled: bool, skipped: bool = False) -> str:
    """The status of what came before, as the status functions are asked for it."""
    if cancelled:
        return "cancelled"
    return "failure" if failed else "skipped" if skipped else "success"


def lets_run(condition: str, contexts: Mapping[str, Any], status: str) -> bool:
    """Whether an `if:` lets its job or step run; of what only GitHub could work out, it does."""
    answer = holds(condition, given_by(contexts, status))
    return status == "success" if answer is None else answer


# https://docs.github.com/en/actions/reference/workflows-and-actions/contexts
_CONTEXTS = (
    "github", "env", "vars", "job", "jobs", "steps", "runner", "secrets", "strategy", "matrix",
    "needs", "inputs",
)  # fmt: skip


def given_by(contexts: Mapping[str, Any], status: str = "success") -> Circumstances:
    """What is not in a context here is null: nothing sets it."""
    return Circumstances(
        contexts={**{name: {} for name in _CONTEXTS}, **contexts},
        complete=frozenset(_CONTEXTS),
        status=status,
    )
