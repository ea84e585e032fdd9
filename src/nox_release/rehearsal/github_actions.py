"""GitHub's addresses for environments, workflows, runs and their logs.

All pages are below https://docs.github.com/en/rest (API version 2022-11-28).
"""

import io
import json
import re
import zipfile
from typing import Any
from urllib.parse import quote

from nox_release.rehearsal.github_api import (
    LOG_HOST,
    Call,
    Refused,
    Reply,
    Request,
    iso_time,
    paged,
    repo_url,
    route,
    user_form,
)
from nox_release.rehearsal.github_state import (
    DeploymentEnvironment,
    Event,
    GitHubState,
    JobRun,
    StepRun,
    WorkflowRun,
)
from nox_release.workflows.syntax import UnreadableWorkflow, parse_workflow

# --- environments -------------------------------------------------------------------------------


def _environment(call: Call, environment: DeploymentEnvironment) -> dict[str, Any]:
    rules: list[dict[str, Any]] = []
    if environment.wait_minutes:
        rules.append({"id": 1, "type": "wait_timer", "wait_timer": environment.wait_minutes})
    if environment.reviewers:
        rules.append(
            {
                "id": 2,
                "type": "required_reviewers",
                "prevent_self_review": environment.prevent_self_review,
                "reviewers": [
                    {"type": "User", "reviewer": user_form(call, login)}
                    for login in environment.reviewers
                ],
            }
        )
    limited = environment.policies is not None or environment.protected_branches_only
    if limited:
        rules.append({"id": 3, "type": "branch_policy"})
    return {
        "id": environment.id,
        "name": environment.name,
        "url": f"{repo_url(call)}/environments/{quote(environment.name, safe='')}",
        "html_url": f"{call.github.web}/deployments/activity_log?environments_filter={quote(environment.name)}",
        "protection_rules": rules,
        "deployment_branch_policy": {
            "protected_branches": environment.protected_branches_only,
            "custom_branch_policies": environment.policies is not None,
        }
        if limited
        else None,
    }


def _find_environment(call: Call, name: str, page: str) -> DeploymentEnvironment:
    found = call.github.environments.get(name.lower())
    if found is None:
        raise Refused(404, "Not Found", page=page)
    return found


@route("GET", "/repo/environments/{name}")
def get_environment(call: Call, name: str) -> Any:
    """https://docs.github.com/en/rest/deployments/environments#get-an-environment"""
    page = "/deployments/environments#get-an-environment"
    return _environment(call, _find_environment(call, name, page))


@route("GET", "/repo/environments/{name}/deployment-branch-policies")
def environment_policies(call: Call, name: str) -> Any:
    """https://docs.github.com/en/rest/deployments/branch-policies#list-deployment-branch-policies"""
    environment = _find_environment(call, name, "/deployments/branch-policies")
    found = [
        {"id": number, "name": pattern, "type": kind}
        for number, (kind, pattern) in enumerate(environment.policies or (), 1)
    ]
    return paged(call, found, key="branch_policies")


# --- workflows and runs ---------------------------------------------------------------------------


def workflow_files(github: GitHubState, commit: str | None = None) -> dict[str, str]:
    """Path → text of the workflows in a commit, the default branch's head unless told."""
    sha = commit or github.bare.commit(f"refs/heads/{github.settings.default_branch}")
    if sha is None:
        return {}
    folder = ".github/workflows"
    return {
        f"{folder}/{name}": github.bare.show(sha, f"{folder}/{name}") or ""
        for name, kind, _, _ in github.bare.listing(sha, folder)
        if kind == "blob" and name.endswith((".yml", ".yaml"))
    }


def workflow_name(path: str, text: str) -> str:
    """A workflow without a readable name is listed by its path."""
    try:
        return parse_workflow(text, file=path).name or path
    except UnreadableWorkflow:
        return path


def _workflows(call: Call) -> list[dict[str, Any]]:
    github = call.github
    files = workflow_files(github)
    names = {path: workflow_name(path, text) for path, text in files.items()}
    for run in github.runs:
        names.setdefault(run.path, run.name)
    stamp = iso_time(github.clock.now())
    return [
        {
            "id": github.workflow_id(path),
            "name": name,
            "path": path,
            "state": github.disabled_workflows.get(path, "active"),
            "created_at": stamp,
            "updated_at": stamp,
            "url": f"{repo_url(call)}/actions/workflows/{github.workflow_id(path)}",
            "html_url": f"{github.web}/blob/{github.settings.default_branch}/{path}",
        }
        for path, name in sorted(names.items())
    ]


def _workflow(call: Call, wanted: str) -> dict[str, Any]:
    for workflow in _workflows(call):
        if wanted in (str(workflow["id"]), workflow["path"].rpartition("/")[2]):
            return workflow
    raise Refused(404, "Not Found", page="/actions/workflows#get-a-workflow")


@route("GET", "/repo/actions/workflows")
def list_workflows(call: Call) -> Any:
    """https://docs.github.com/en/rest/actions/workflows#list-repository-workflows"""
    return paged(call, _workflows(call), key="workflows")


@route("GET", "/repo/actions/workflows/{wanted}")
def get_workflow(call: Call, wanted: str) -> Any:
    """https://docs.github.com/en/rest/actions/workflows#get-a-workflow"""
    return _workflow(call, wanted)


@route("PUT", "/repo/actions/workflows/{wanted}/(?P<verb>enable|disable)")
def switch_workflow(call: Call, wanted: str, verb: str) -> Any:
    """https://docs.github.com/en/rest/actions/workflows#disable-a-workflow"""
    call.require("write", "/actions/workflows")
    path = _workflow(call, wanted)["path"]
    if verb == "disable":
        call.github.disabled_workflows[path] = "disabled_manually"
    else:
        call.github.disabled_workflows.pop(path, None)
    return 204, None


@route("POST", "/repo/actions/workflows/{wanted}/dispatches")
def dispatch(call: Call, wanted: str) -> Any:
    """https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event"""
    from nox_release.rehearsal.run_contexts import dispatch_inputs

    page = "/actions/workflows#create-a-workflow-dispatch-event"
    call.require("write", page)
    github = call.github
    workflow = _workflow(call, wanted)
    given = call.json()
    ref = str(given.get("ref") or "")
    if not ref:
        raise Refused(422, 'Invalid request.\n\n"ref" wasn\'t supplied.', page=page)
    full = next(
        (r for r in (f"refs/heads/{ref}", f"refs/tags/{ref}", ref) if r in github.bare.refs(r)),
        None,
    )
    sha = github.bare.commit(full) if full else None
    if full is None or sha is None:
        raise Refused(422, f"No ref found for: {ref}", page=page)
    if workflow["state"] != "active":
        raise Refused(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow", page=page)
    text = github.bare.show(sha, workflow["path"])
    try:
        parsed = parse_workflow(text or "", file=workflow["path"])
    except UnreadableWorkflow:
        parsed = None
    declared = dispatch_inputs(parsed) if parsed is not None else None
    if declared is None:
        raise Refused(422, "Workflow does not have 'workflow_dispatch' trigger", page=page)
    inputs = {str(k): str(v) for k, v in (given.get("inputs") or {}).items()}
    unexpected = [name for name in inputs if name not in declared]
    if unexpected:
        raise Refused(422, f"Unexpected inputs provided: {json.dumps(unexpected)}", page=page)
    for name, required in declared.items():
        if required and not inputs.get(name):
            raise Refused(422, f"Required input '{name}' not provided", page=page)
    account = call.account
    assert account is not None  # noqa: S101 - `require` has seen to it
    before = {run.id for run in github.runs}
    github.publish_event(
        Event(
            name="workflow_dispatch",
            ref=full,
            sha=sha,
            actor=account.login,
            workflow=workflow["path"],
            inputs=inputs,
        )
    )
    made = next((run for run in github.runs if run.id not in before), None)
    if given.get("return_run_details") and made is not None:
        return {
            "workflow_run_id": made.id,
            "run_url": f"{repo_url(call)}/actions/runs/{made.id}",
            "html_url": f"{github.web}/actions/runs/{made.id}",
        }
    return 204, None


def run_document(call: Call, run: WorkflowRun, attempt: int | None = None) -> dict[str, Any]:
    """A run as the API shows it."""
    base = f"{repo_url(call)}/actions/runs/{run.id}"
    shown = attempt or run.attempt
    earlier = shown != run.attempt
    jobs = [job for job in run.jobs if job.attempt == shown]
    failed = any(job.conclusion == "failure" for job in jobs)
    return {
        "id": run.id,
        "name": run.name,
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "path": run.path,
        "display_title": run.title,
        "run_number": run.number,
        "event": run.event,
        "status": "completed" if earlier else run.status,
        "conclusion": ("failure" if failed else "cancelled") if earlier else run.conclusion,
        "workflow_id": run.workflow_id,
        "url": base,
        "html_url": f"{call.github.web}/actions/runs/{run.id}",
        "created_at": iso_time(run.created_at),
        "updated_at": iso_time(run.updated_at),
        "actor": user_form(call, run.actor),
        "run_attempt": shown,
        "run_started_at": iso_time(run.started_at),
        "jobs_url": f"{base}/jobs",
        "logs_url": f"{base}/logs",
        "workflow_url": f"{repo_url(call)}/actions/workflows/{run.workflow_id}",
        "head_commit": {"id": run.head_sha, "message": run.title},
        "repository": {"id": call.github.settings.id, "full_name": call.github.slug},
        "head_repository": {
            "id": call.github.settings.id,
            "full_name": call.github.slug,
            "name": call.github.settings.name,
            "owner": user_form(call, call.github.settings.owner),
        },
    }


_RUN_STATES = ("completed", "in_progress", "queued", "requested", "waiting", "pending")


def _listed_runs(call: Call, runs: list[WorkflowRun]) -> Reply:
    query = call.query
    wanted = query.get("status")
    chosen = [
        run
        for run in sorted(runs, key=lambda run: (run.created_at, run.number), reverse=True)
        if query.get("head_sha") in (None, run.head_sha)
        and query.get("event") in (None, "", run.event)
        and query.get("branch") in (None, "", run.head_branch)
        and query.get("actor") in (None, "", run.actor)
        and (not wanted or wanted == (run.status if wanted in _RUN_STATES else run.conclusion))
    ]
    return paged(call, [run_document(call, run) for run in chosen], key="workflow_runs")


@route("GET", "/repo/actions/runs")
def list_runs(call: Call) -> Any:
    """https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-repository"""
    return _listed_runs(call, call.github.runs)


@route("GET", "/repo/actions/workflows/{wanted}/runs")
def list_workflow_runs(call: Call, wanted: str) -> Any:
    """https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow"""
    number = _workflow(call, wanted)["id"]
    return _listed_runs(call, [run for run in call.github.runs if run.workflow_id == number])


def _run(call: Call, number: str) -> WorkflowRun:
    run = call.github.find_run(int(number)) if number.isdigit() else None
    if run is None:
        raise Refused(404, "Not Found", page="/actions/workflow-runs#get-a-workflow-run")
    return run


@route("GET", "/repo/actions/runs/{number}")
def get_run(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run"""
    return run_document(call, _run(call, number))


def _job(call: Call, run: WorkflowRun, job: JobRun) -> dict[str, Any]:
    done = job.status == "completed"
    return {
        "id": job.id,
        "run_id": run.id,
        "workflow_name": run.name,
        "head_branch": run.head_branch,
        "run_attempt": job.attempt,
        "head_sha": run.head_sha,
        "url": f"{repo_url(call)}/actions/jobs/{job.id}",
        "html_url": f"{call.github.web}/actions/runs/{run.id}/job/{job.id}",
        "status": job.status,
        "conclusion": job.conclusion,
        "created_at": iso_time(run.created_at),
        "started_at": iso_time(job.started_at or run.created_at),
        "completed_at": iso_time(job.completed_at) if done else None,
        "name": job.name,
        "steps": [
            {
                "name": step.name,
                "status": step.status,
                "conclusion": step.conclusion,
                "number": step.number,
                "started_at": iso_time(step.started_at),
                "completed_at": iso_time(step.completed_at),
            }
            for step in job.steps
        ],
    }


@route("GET", "/repo/actions/runs/{number}/jobs")
def list_jobs(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run"""
    run = _run(call, number)
    jobs = run.jobs if call.query.get("filter") == "all" else run.latest_jobs()
    return paged(call, [_job(call, run, job) for job in jobs], key="jobs")


@route("GET", "/repo/actions/runs/{number}/artifacts")
def list_artifacts(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/actions/artifacts#list-workflow-run-artifacts"""
    run = _run(call, number)
    base = f"{repo_url(call)}/actions/artifacts"
    return paged(
        call,
        [
            {
                "id": run.id * 100 + position,
                "name": name,
                "size_in_bytes": sum(path.stat().st_size for path in files),
                "expired": False,
                "url": f"{base}/{run.id * 100 + position}",
                "archive_download_url": f"{base}/{run.id * 100 + position}/zip",
            }
            for position, (name, files) in enumerate(run.artifacts.items())
        ],
        key="artifacts",
    )


@route("GET", "/repo/actions/artifacts/{number}/zip")
def artifact(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/actions/artifacts#download-an-artifact"""
    call.require("read")
    return Reply(status=302, headers={"Location": f"https://{LOG_HOST}/artifacts/{int(number)}"})


def _artifact(github: GitHubState, number: int) -> bytes | None:
    """The zip of one artifact."""
    run = github.find_run(number // 100)
    kept = list(run.artifacts.values()) if run is not None else []
    if number % 100 >= len(kept):
        return None
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in kept[number % 100]:
            archive.write(path, path.name)
    return packed.getvalue()


@route("GET", "/repo/actions/runs/{number}/logs")
def run_logs(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/actions/workflow-runs#download-workflow-run-logs"""
    call.require("read")
    run = _run(call, number)
    if run.status != "completed":
        raise Refused(404, "Not Found", page="/actions/workflow-runs#download-workflow-run-logs")
    location = f"https://{LOG_HOST}/runs/{run.id}/{run.attempt}"
    return Reply(status=302, headers={"Location": location})


def stored_log(github: GitHubState, request: Request) -> Reply:
    """Where log addresses redirect to. A credential sent here would be one lost to a stranger."""
    if "authorization" in request.headers:
        return Reply(status=400, body=b"<Error><Code>InvalidAuthenticationInfo</Code></Error>")
    parts = request.path.strip("/").split("/")
    with github.lock:
        if parts[0] == "jobs" and (found := github.find_job(int(parts[1]))):
            text = "".join(_lines(step) for step in found[1].steps)
            return Reply(status=200, body=text.encode(), headers={"Content-Type": "text/plain"})
        if parts[0] == "artifacts" and (packed := _artifact(github, int(parts[1]))) is not None:
            return Reply(status=200, body=packed, headers={"Content-Type": "application/zip"})
        run = github.find_run(int(parts[1])) if parts[0] == "runs" else None
        if run is None:
            return Reply(status=404)
        jobs = [job for job in run.jobs if str(job.attempt) == parts[2]]
        return Reply(
            status=200, body=log_archive(jobs), headers={"Content-Type": "application/zip"}
        )


def _lines(step: StepRun) -> str:
    return "".join(f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z {line}\n" for moment, line in step.lines)


def log_archive(jobs: list[JobRun]) -> bytes:
    """The zip of a run's logs: one file per job, and one per step in a folder per job."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, job in enumerate(jobs):
            name = re.sub(r"[/:<>|*?\\\"]", "", job.name).strip()
            archive.writestr(f"{number}_{name}.txt", "".join(_lines(step) for step in job.steps))
            for step in job.steps:
                title = re.sub(r"[/:<>|*?\\\"]", "", step.name)[:90].strip()
                archive.writestr(f"{name}/{step.number}_{title}.txt", _lines(step))
    return packed.getvalue()


@route("POST", "/repo/actions/runs/{number}/(?P<verb>rerun|rerun-failed-jobs)")
def rerun(call: Call, number: str, verb: str) -> Any:
    """https://docs.github.com/en/rest/actions/workflow-runs#re-run-a-workflow"""
    call.require("write", "/actions/workflow-runs#re-run-a-workflow")
    run = _run(call, number)
    if run.status != "completed":
        raise Refused(403, "This workflow is already running")
    call.github.rerun(run, failed_only=verb != "rerun")
    return 201, {}


@route("POST", "/repo/actions/runs/{number}/(?P<verb>cancel|force-cancel)")
def cancel(call: Call, number: str, verb: str) -> Any:  # noqa: ARG001 - one handler, two addresses
    """https://docs.github.com/en/rest/actions/workflow-runs#cancel-a-workflow-run"""
    call.require("write", "/actions/workflow-runs#cancel-a-workflow-run")
    run = _run(call, number)
    if run.status == "completed":
        raise Refused(409, "Cannot cancel a workflow run that is completed.")
    call.github.cancel(run)
    return 202, {}


@route("GET", "/repo/actions/runs/{number}/pending_deployments")
def pending_deployments(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/actions/workflow-runs#get-pending-deployments-for-a-workflow-run"""
    call.require("read")
    run = _run(call, number)
    account = call.account
    waiting = [job for job in run.latest_jobs() if job.status == "waiting" and job.environment]
    found = []
    for job in waiting:
        environment = call.github.environments[(job.environment or "").lower()]
        listed = _environment(call, environment)
        found.append(
            {
                "environment": {k: listed[k] for k in ("id", "name", "url", "html_url")},
                "wait_timer": environment.wait_minutes,
                "wait_timer_started_at": iso_time(run.updated_at),
                "current_user_can_approve": account is not None
                and account.login in environment.reviewers,
                "reviewers": [
                    {"type": "User", "reviewer": user_form(call, login)}
                    for login in environment.reviewers
                ],
            }
        )
    return found


@route("POST", "/repo/actions/runs/{number}/pending_deployments")
def review_deployments(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/actions/workflow-runs#review-pending-deployments-for-a-workflow-run"""
    page = "/actions/workflow-runs#review-pending-deployments-for-a-workflow-run"
    call.require("read", page)
    run = _run(call, number)
    given = call.json()
    numbers = set(given.get("environment_ids") or ())
    names = [e.name for e in call.github.environments.values() if e.id in numbers]
    waiting = {
        (job.environment or "").lower() for job in run.latest_jobs() if job.status == "waiting"
    }
    account = call.account
    assert account is not None  # noqa: S101 - `require` has seen to it
    for name in names:
        environment = call.github.environments[name.lower()]
        if name.lower() not in waiting or account.login not in environment.reviewers:
            raise Refused(
                422, "There are no pending deployments to review for this user", page=page
            )
    if not names or given.get("state") not in ("approved", "rejected"):
        raise Refused(422, "Invalid request.", page=page)
    for name in names:
        call.github.decide(run, name, approved=given["state"] == "approved")
    return [{"environment": name, "task": "deploy", "ref": run.head_branch} for name in names]
