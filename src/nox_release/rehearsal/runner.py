"""A runner for the stand-in GitHub: it notices events, reads the workflows *at that commit*, and
carries out what a publishing workflow is for.

Carried out for real: triggers, conditions, `needs`, environments and their rules, checkout, build
(see `run_builds`), the token exchange as trusted publisher, `twine upload`. Every other step is
logged as left out; scripts of the project are not run. Where the publishing action would refuse,
the log has its words.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import sys
import threading
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from nox_release.edges.process import end_running
from nox_release.rehearsal.github_state import (
    Annotation,
    Environment,
    Event,
    Job,
    Run,
    Step,
    new_id,
)
from nox_release.rehearsal.identity import identity_endpoint
from nox_release.rehearsal.pypa_action import PublishFailed, publish
from nox_release.rehearsal.run_builds import Build, Builder, Built, StepFailed, builds
from nox_release.workflows.build_folders import BuiltFolder, built_folders
from nox_release.workflows.expressions import Circumstances, holds, interpolate
from nox_release.workflows.publishing import PublishJob, publish_jobs
from nox_release.workflows.ref_patterns import filters_take, fnmatch_takes
from nox_release.workflows.syntax import UnreadableWorkflow, Workflow, parse_workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from nox_release.core.clock import Clock
    from nox_release.edges.process import Runner
    from nox_release.rehearsal.github_state import GitHubState
    from nox_release.rehearsal.index import RehearsalIndex
    from nox_release.workflows.syntax import Event as Trigger
    from nox_release.workflows.syntax import Job as JobText
    from nox_release.workflows.syntax import Step as StepText


@dataclass(slots=True)
class _Pending:
    due: datetime
    event: Event


@dataclass(slots=True)
class _Carried:
    """What one run has on its hands between its jobs."""

    run: Run
    workflow: Workflow
    event: Event
    cancelled: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    built: Built = field(default_factory=Built)


# Of these contexts everything is known, so that what is not there is null.
_COMPLETE = frozenset({"github", "inputs"})


def _known(contexts: Mapping[str, Any]) -> Circumstances:
    return Circumstances(contexts=contexts, complete=_COMPLETE)


class WorkflowRunner:
    """Carries out the runs of one stand-in GitHub, in threads of its own, until `stop`.

    `lateness` is how many seconds after its event a run comes into being; `paused` leaves new
    runs queued until `resume_all`. `build` is that of a `Builder`.
    """

    def __init__(
        self,
        *,
        github: GitHubState,
        index: RehearsalIndex,
        runner: Runner,
        directory: Path,
        clock: Clock,
        build: Build | None = None,
    ) -> None:
        self.github = github
        self.index = index
        self.clock = clock
        self.directory = directory
        self.builder = Builder(runner=runner, directory=directory, slug=github.slug, build=build)
        self.lateness = 0.0
        self.paused = False
        self.deaf = False
        self.before_job: list[Callable[[Run, Job], None]] = []
        self._runner = runner
        self._pending: list[_Pending] = []
        self._carried: dict[int, _Carried] = {}
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self._known_refs: dict[str, str] = {}
        github.listeners.append(self.hear)
        github.before_answer.append(self.notice)
        github.carrier = self
        self.forget_pushes()

    # --- events ----------------------------------------------------------------------------------

    def forget_pushes(self) -> None:
        """Take the remote as it is: only what is pushed from now on is an event."""
        self._known_refs = self._refs()

    def _refs(self) -> dict[str, str]:
        if not (self.github.bare.path / "HEAD").exists():
            return {}
        return {name: sha for name, (sha, _) in self.github.bare.refs().items()}

    def notice(self) -> None:
        """Turn what was pushed since the last look into events, and start what is due."""
        with self._lock:
            if self._stopped.is_set():
                return
            refs = self._refs()
            changed = [ref for ref, sha in sorted(refs.items()) if self._known_refs.get(ref) != sha]
            self._known_refs = refs
        for ref in changed:
            sha = self.github.bare.commit(ref)
            if sha:
                self.hear(Event(name="push", ref=ref, sha=sha, actor=self.github.user.login))
        with self._lock:
            now = self.clock.now()
            due = [pending for pending in self._pending if pending.due <= now]
            self._pending = [pending for pending in self._pending if pending.due > now]
        for pending in due:
            self._start_runs(pending.event)

    def hear(self, event: Event) -> None:
        """An event: its runs come into being now, or `lateness` seconds from now."""
        if self.deaf or not self.github.settings.actions_enabled:
            return
        if self.lateness > 0 and event.name != "workflow_dispatch":
            with self._lock:
                due = self.clock.now() + timedelta(seconds=self.lateness)
                self._pending.append(_Pending(due, event))
            return
        self._start_runs(event)

    def _start_runs(self, event: Event) -> None:
        from nox_release.rehearsal.github_actions import workflow_files

        for path, text in workflow_files(self.github, event.sha).items():
            if event.workflow and event.workflow != path:
                continue
            if path in self.github.disabled_workflows:
                continue
            try:
                workflow = parse_workflow(text, file=path)
            except UnreadableWorkflow:
                continue
            for _ in range(_times_triggered(workflow, event)):
                if publish_jobs(workflow):
                    self._create(workflow, event)

    def _create(self, workflow: Workflow, event: Event) -> Run:
        github = self.github
        with github.lock:
            number = github.workflow_id(workflow.file)
            now = self.clock.now()
            run = Run(
                id=new_id(),
                name=workflow.name or workflow.file,
                path=workflow.file,
                workflow_id=number,
                number=github.next_run_number(number),
                event=event.name,
                ref=event.ref,
                head_sha=event.sha,
                title=self._title(workflow, event),
                actor=event.actor,
                created_at=now,
                updated_at=now,
                started_at=now,
                inputs=event.inputs,
            )
            run.jobs = self._jobs(run, workflow, event)
            github.runs.append(run)
        carried = _Carried(run, workflow, event)
        with self._lock:
            self._carried[run.id] = carried
        if not self.paused:
            self._start(carried)
        return run

    def _title(self, workflow: Workflow, event: Event) -> str:
        if event.name == "release":
            return event.title
        if event.name == "workflow_dispatch":
            return workflow.name or workflow.file
        subject = self.github.bare.git("show", "-s", "--format=%s", event.sha)
        return (subject or "").strip()

    def _jobs(self, run: Run, workflow: Workflow, event: Event) -> list[Job]:
        contexts = self._contexts(run, workflow, event)
        return [
            Job(
                id=new_id(),
                key=job.id,
                name=_interpolated(job.name, contexts) or job.id,
                attempt=run.attempt,
                environment=_environment_name(job, contexts),
            )
            for job in workflow.jobs
        ]

    # --- what the maintainer may ask for ----------------------------------------------------------

    def rerun(self, run: Run, *, failed_only: bool) -> None:
        """Another attempt, with new jobs; those that succeeded are kept with `failed_only`."""
        with self._lock, self.github.lock:
            carried = self._carried[run.id]
            kept = {
                job.key: job
                for job in run.latest_jobs()
                if failed_only and job.conclusion == "success"
            }
            run.attempt += 1
            run.status, run.conclusion = "queued", None
            # gh keeps a run's log by the second its attempt began.
            later = run.started_at + timedelta(seconds=1)
            run.updated_at = run.started_at = max(self.clock.now(), later)
            fresh = self._jobs(run, carried.workflow, carried.event)
            for job in fresh:
                earlier = kept.get(job.key)
                if earlier is not None:
                    job.status, job.conclusion = earlier.status, earlier.conclusion
                    job.steps = earlier.steps
                    job.started_at, job.completed_at = earlier.started_at, earlier.completed_at
            run.jobs += fresh
            run.approved.clear()
            run.rejected.clear()
            if not failed_only:
                carried.built = Built()
            carried.cancelled = threading.Event()
        self._start(carried)

    def cancel(self, run: Run) -> None:
        carried = self._carried[run.id]
        carried.cancelled.set()
        if carried.thread is None or not carried.thread.is_alive():
            with self.github.lock:
                for job in run.latest_jobs():
                    if job.status != "completed":
                        job.status, job.conclusion = "completed", "cancelled"
            self._finish(carried)

    def resume(self, run: Run) -> None:
        """Go on with a run that waited for a reviewer."""
        carried = self._carried[run.id]
        if run.status != "completed":
            self._start(carried)

    def resume_all(self) -> None:
        """Carry out what was created while `paused`."""
        self.paused = False
        for carried in list(self._carried.values()):
            if carried.run.status == "queued":
                self._start(carried)

    def wait(self, timeout: float = 120.0) -> None:
        """Until no run is being carried out; those that wait for a reviewer are left waiting."""
        with self._lock:
            threads = [carried.thread for carried in self._carried.values()]
        for thread in threads:
            if thread is not None and thread is not threading.current_thread():
                thread.join(timeout)

    @property
    def is_busy(self) -> bool:
        """Whether a run is being carried out, or is about to be."""
        with self._lock:
            carried = list(self._carried.values())
            return bool(self._pending) or any(
                one.thread is not None and one.thread.is_alive() for one in carried
            )

    def built_by(self, run: Run) -> dict[str, tuple[Path, ...]]:
        """The files that a run has built, by their folders."""
        return dict(self._carried[run.id].built.files)

    def _keep(self, carried: _Carried, text: JobText, step: StepText) -> None:
        """What a step puts among the run's artifacts; they outlast its attempts."""
        if step.uses is None or not step.uses.action.startswith(
            ("actions/upload-artifact", "hynek/build-and-inspect-python-package")
        ):
            return
        files = [
            path
            for place in carried.built.by_job.get(text.id, ())
            for path in carried.built.files[place]
        ]
        name = step.input("name") or step.input("upload-name-suffix") or text.id
        carried.run.artifacts.setdefault(name, tuple(files))

    def stop(self) -> None:
        """Carry out nothing more, and end what is under way."""
        self._stopped.set()
        for carried in list(self._carried.values()):
            carried.cancelled.set()
        self.wait(timeout=0.1)
        if any(one.thread and one.thread.is_alive() for one in self._carried.values()):
            end_running()
            self.wait(timeout=10)

    def try_publishing(
        self, files: Iterable[Path], *, workflow: str, environment: str | None
    ) -> str:
        """The log of a publish job on the default branch that is handed `files`; no run is made."""
        settings = self.github.settings
        ref = f"refs/heads/{settings.default_branch}"
        now = self.clock.now()
        run = Run(
            id=new_id(),
            name=workflow,
            path=f".github/workflows/{workflow}",
            workflow_id=0,
            number=0,
            event="workflow_dispatch",
            ref=ref,
            head_sha=self.github.bare.commit(ref) or "",
            title=workflow,
            actor=self.github.user.login,
            created_at=now,
            updated_at=now,
            started_at=now,
        )
        job = Job(id=new_id(), key="publish", name="publish", environment=environment)
        lines: list[str] = []
        with contextlib.suppress(PublishFailed):
            publish(
                index=self.index.index,
                files=tuple(files),
                request_token=lambda audience: self.index.jwt(self._claims(run, job, audience)),
                secret=False,
                attest=False,
                runner=self._runner,
                directory=self.directory.parent,
                python=sys.executable,
                say=lambda text: lines.extend(text.split("\n")),
            )
        return "\n".join(lines)

    # --- carrying out -----------------------------------------------------------------------------

    def _start(self, carried: _Carried) -> None:
        if self._stopped.is_set():
            return
        thread = threading.Thread(
            target=self._carry_out, args=(carried,), name=f"run-{carried.run.id}", daemon=True
        )
        with self._lock:  # `wait` must not find a thread that has not begun
            carried.thread = thread
            thread.start()

    def _carry_out(self, carried: _Carried) -> None:
        run = carried.run
        self._set(run, "in_progress")
        texts = {job.id: job for job in carried.workflow.jobs}
        while True:
            moved = False
            for job in run.latest_jobs():
                if job.status in ("completed", "waiting") and not self._may_go_on(run, job):
                    continue
                text = texts[job.key]
                needed = [other for other in run.latest_jobs() if other.key in text.needs]
                if any(other.status != "completed" for other in needed):
                    continue
                self._job(carried, job, text, needed)
                moved = True
            if not moved:
                break
        if any(job.status == "waiting" for job in run.latest_jobs()):
            self._set(run, "waiting")
            return
        self._finish(carried)

    @staticmethod
    def _may_go_on(run: Run, job: Job) -> bool:
        decided = {name.lower() for name in run.approved | run.rejected}
        return job.status == "waiting" and (job.environment or "").lower() in decided

    def _finish(self, carried: _Carried) -> None:
        run = carried.run
        results = {job.conclusion for job in run.latest_jobs()}
        conclusion = "success"
        if carried.cancelled.is_set() or "cancelled" in results:
            conclusion = "cancelled"
        if "failure" in results:
            conclusion = "failure"
        elif results <= {"skipped"}:
            conclusion = "skipped"
        self._set(run, "completed", conclusion)

    def _set(self, run: Run, status: str, conclusion: str | None = None) -> None:
        with self.github.lock:
            run.status, run.conclusion = status, conclusion
            run.updated_at = self.clock.now()

    def _job(self, carried: _Carried, job: Job, text: JobText, needed: list[Job]) -> None:
        run = carried.run
        for look in self.before_job:
            look(run, job)
        contexts = self._contexts(run, carried.workflow, carried.event)
        contexts["needs"] = {
            other.key: {"result": other.conclusion, "outputs": {}} for other in needed
        }
        failed = any(other.conclusion not in ("success", "skipped") for other in needed)
        skipped = any(other.conclusion == "skipped" for other in needed)
        cancelled = carried.cancelled.is_set()
        status = _status(failed=failed, cancelled=cancelled, skipped=skipped)
        if not _runs(text.condition, contexts, status):
            with self.github.lock:
                job.status, job.conclusion = "completed", "cancelled" if cancelled else "skipped"
                job.completed_at = self.clock.now()
            return
        gate = self._gate(run, job)
        if gate == "wait":
            with self.github.lock:
                job.status = "waiting"
            return
        with self.github.lock:
            job.status, job.started_at = "in_progress", self.clock.now()
        conclusion = "success"
        if gate:
            job.annotations.append(Annotation(level="failure", message=gate))
            job.annotations.append(
                Annotation(
                    level="failure",
                    message="The deployment was rejected or didn't satisfy other protection rules.",
                )
            )
            conclusion = "failure"
        else:
            conclusion = self._steps(carried, job, text, contexts)
        with self.github.lock:
            job.status, job.conclusion = "completed", conclusion
            job.completed_at = self.clock.now()

    def _gate(self, run: Run, job: Job) -> str:
        """Empty when the job may start, `wait`, or why it may not.

        https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
        """
        if job.environment is None:
            return ""
        github = self.github
        with github.lock:
            environment = github.environments.get(job.environment.lower())
            if environment is None:  # GitHub makes what a job names
                environment = github.add_environment(job.environment)
        if not _admits(environment, run.ref, github):
            kind = "Tag" if run.ref.startswith("refs/tags/") else "Branch"
            return (
                f'{kind} "{run.head_branch}" is not allowed to deploy to {environment.name} due to '
                "environment protection rules."
            )
        if not environment.reviewers or environment.name.lower() in run.approved:
            return ""
        if environment.name.lower() in run.rejected:
            return f"The deployment to {environment.name} was rejected."
        return "wait"

    def _contexts(self, run: Run, workflow: Workflow, event: Event) -> dict[str, Any]:
        settings = self.github.settings
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
            "matrix": {},
            "runner": {"os": "Linux", "arch": "X64"},
        }

    # --- steps ------------------------------------------------------------------------------------

    def _steps(self, carried: _Carried, job: Job, text: JobText, contexts: dict[str, Any]) -> str:
        found = [p for p in publish_jobs(carried.workflow) if p.job.id == text.id and p.step]
        uploads = {id(p.step): p for p in found}
        failed = False
        with self._step(job, "Set up job") as say:
            say("Current runner version: 'rehearsal'")
            say(f"Job name: {job.name}")
        folder = self.directory / f"{carried.run.id}-{job.attempt}-{job.id}"
        for step in text.steps:
            cancelled = carried.cancelled.is_set()
            runs = _runs(step.condition, contexts, _status(failed=failed, cancelled=cancelled))
            name = _interpolated(step.name, contexts) or _default_name(step)
            if not runs:
                self._skip(job, name)
                continue
            try:
                with self._step(job, name) as say:
                    self._carry_out_step(
                        carried, job, text, step, uploads.get(id(step)), folder, contexts, say
                    )
            except StepFailed:
                failed = failed or not step.continue_on_error
        with self._step(job, "Complete job") as say:
            say("Cleaning up orphan processes")
        if carried.cancelled.is_set():
            return "cancelled"
        return "failure" if failed else "success"

    def _skip(self, job: Job, name: str) -> None:
        with self.github.lock:
            number = len(job.steps) + 1
            job.steps.append(
                Step(number=number, name=name, status="completed", conclusion="skipped")
            )

    @contextlib.contextmanager
    def _step(self, job: Job, name: str) -> Generator[Callable[[str], None]]:
        step = Step(number=len(job.steps) + 1, name=name, status="in_progress")
        step.started_at = self.clock.now()
        with self.github.lock:
            job.steps.append(step)

        def say(text: str) -> None:
            with self.github.lock:
                step.lines += [(self.clock.now(), line) for line in text.split("\n")]

        conclusion = "failure"
        try:
            yield say
            conclusion = "success"
        except StepFailed as error:
            job.annotations.append(Annotation(level="failure", message=str(error)))
            raise
        except Exception as error:
            say(f"##[error]{type(error).__name__}: {error}")
            job.annotations.append(Annotation(level="failure", message=str(error)))
            raise StepFailed(str(error)) from error
        finally:
            with self.github.lock:
                step.status, step.conclusion = "completed", conclusion
                step.completed_at = self.clock.now()

    def _carry_out_step(
        self,
        carried: _Carried,
        job: Job,
        text: JobText,
        step: StepText,
        upload: PublishJob | None,
        folder: Path,
        contexts: Mapping[str, Any],
        say: Callable[[str], None],
    ) -> None:
        if upload is not None:
            say(f"##[group]Run {step.uses.text if step.uses else step.run}")
            say("##[endgroup]")
            if not carried.built.files and any(map(builds, text.steps)):
                self._build(carried, text, (BuiltFolder(),), folder, say)
            self._publish(carried, job, upload, contexts, say)
            return
        if step.uses is not None and step.uses.action == "actions/checkout":
            say(f"##[group]Run {step.uses.text}")
            say("##[endgroup]")
            say(f"Syncing repository: {self.github.slug}")
            say(f"HEAD is now at {carried.run.head_sha[:7]}")
            return
        wanted = built_folders(carried.workflow, text, step, _known(contexts))
        if wanted or builds(step):
            say(f"##[group]Run {step.uses.text if step.uses else step.run}")
            say("##[endgroup]")
            if not wanted and carried.built.by_job.get(text.id):  # it keeps what was built before
                say("The distributions are built already.")
            else:
                self._build(carried, text, wanted or (BuiltFolder(),), folder, say)
            self._keep(carried, text, step)
            return
        if _checks_publisher(step):
            self._check_publisher(carried, job, text, step, say)
            return
        what = step.uses.text if step.uses else (step.run or "").strip().split("\n")[0]
        say(f"Left out in a rehearsal: {what}")

    def _check_publisher(
        self,
        carried: _Carried,
        job: Job,
        text: JobText,
        step: StepText,
        say: Callable[[str], None],
    ) -> None:
        """This tool's own `check-publisher`, with what a job has to ask GitHub for its identity."""
        permissions = carried.workflow.permissions_of(text)
        allowed = permissions is not None and permissions.level("id-token") == "write"
        command = (step.run or "").replace("$GITHUB_REPOSITORY", self.github.slug)
        words = shlex.split(command)
        arguments = [*words[words.index("check-publisher") :], "--index", self.index.url]
        self.directory.mkdir(parents=True, exist_ok=True)
        say(f"##[group]Run {command.strip()}")
        say("##[endgroup]")
        with contextlib.ExitStack() as stack:
            extra = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": self.github.slug}
            if allowed:
                extra |= stack.enter_context(
                    identity_endpoint(
                        lambda audience: self.index.jwt(self._claims(carried.run, job, audience))
                    )
                )
            done = self._runner.run(
                [sys.executable, "-m", "nox_release", *arguments],
                cwd=self.directory,
                extra_environ=extra,
                check=False,
            )
        for line in done.output.splitlines():
            found = _COMMAND.fullmatch(line)
            if found:
                level = {"error": "failure"}.get(found[1], found[1])
                job.annotations.append(Annotation(level=level, message=unquote(found[2])))
            say(f"##[{found[1]}]{unquote(found[2])}" if found else line)
        if done.returncode:
            say(f"##[error]Process completed with exit code {done.returncode}.")
            raise StepFailed(f"Process completed with exit code {done.returncode}.")

    def _build(
        self,
        carried: _Carried,
        text: JobText,
        wanted: Iterable[BuiltFolder],
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        self.builder.carry_out(
            wanted,
            run=carried.run,
            workflow=carried.workflow,
            job=text,
            folder=folder,
            built=carried.built,
            say=say,
        )

    def _publish(
        self,
        carried: _Carried,
        job: Job,
        upload: PublishJob,
        contexts: Mapping[str, Any],
        say: Callable[[str], None],
    ) -> None:
        run = carried.run
        if upload.index == "testpypi":
            say("Left out in a rehearsal: there is one index here, and it stands for PyPI.")
            return
        permissions = carried.workflow.permissions_of(upload.job)

        wanted = (upload.step.input("packages-dir") if upload.step else None) or ""

        def token(audience: str) -> str:
            return self.index.jwt(self._claims(run, job, audience))

        try:
            publish(
                index=self.index.index,
                files=carried.built.for_upload(
                    carried.workflow, upload, packages_dir=_interpolated(wanted, contexts)
                ),
                request_token=token
                if permissions is not None and permissions.level("id-token") == "write"
                else None,
                secret=upload.credentials == "secret",
                attest=(upload.step.input("attestations") if upload.step else None) != "false",
                runner=self._runner,
                directory=self.directory,
                python=sys.executable,
                say=say,
            )
        except PublishFailed as error:
            say("##[error]Process completed with exit code 1.")
            raise StepFailed(str(error)) from error

    def _claims(self, run: Run, job: Job, audience: str) -> dict[str, Any]:
        """The identity of a job, as GitHub states it.

        https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims
        """
        settings = self.github.settings
        start = int(self.clock.now().timestamp())
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
            "actor_id": str(self.github.user.id),
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


# --- reading workflows ----------------------------------------------------------------------------


def _times_triggered(workflow: Workflow, event: Event) -> int:
    """How many runs of `workflow` the event makes."""
    if event.name == "workflow_dispatch":
        return 1
    trigger = workflow.event(event.name)
    if trigger is None:
        return 0
    if event.name == "release":
        if trigger.types is None:
            return 1
        happened = ("created", "published", "prereleased" if event.prerelease else "released")
        return sum(kind in trigger.types for kind in happened)
    return int(_push_fits(trigger, event.ref))


def _push_fits(trigger: Trigger, ref: str) -> bool:
    """https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onpushbranchestagsbranches-ignoretags-ignore"""
    if ref.startswith("refs/tags/"):
        name, wanted, unwanted = ref[10:], trigger.tags, trigger.tags_ignore
        other = trigger.branches is not None or trigger.branches_ignore is not None
    elif ref.startswith("refs/heads/"):
        name, wanted, unwanted = ref[11:], trigger.branches, trigger.branches_ignore
        other = trigger.tags is not None or trigger.tags_ignore is not None
    else:
        return False
    if wanted is None and unwanted is None:
        return not other
    if unwanted is not None:
        return not filters_take(name, unwanted)
    return filters_take(name, wanted or ())


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


def typed_inputs(workflow: Workflow, run: Run) -> dict[str, str | bool]:
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


def _environment_name(job: JobText, contexts: Mapping[str, Any]) -> str | None:
    if job.environment is None:
        return None
    if job.environment.name is not None:
        return job.environment.name
    return _interpolated(job.environment.expression, contexts) or None


def _interpolated(text: str, contexts: Mapping[str, Any]) -> str:
    filled = interpolate(text, _given(contexts))
    return text if filled is None else filled


def _status(*, failed: bool, cancelled: bool, skipped: bool = False) -> str:
    """The status of what came before, as the status functions are asked for it."""
    if cancelled:
        return "cancelled"
    return "failure" if failed else "skipped" if skipped else "success"


def _runs(condition: str, contexts: Mapping[str, Any], status: str) -> bool:
    """Whether an `if:` lets its job or step run; of what only GitHub could work out, it does."""
    answer = holds(condition, _given(contexts, status))
    return status == "success" if answer is None else answer


# https://docs.github.com/en/actions/reference/workflows-and-actions/contexts
_CONTEXTS = (
    "github", "env", "vars", "job", "jobs", "steps", "runner", "secrets", "strategy", "matrix",
    "needs", "inputs",
)  # fmt: skip


def _given(contexts: Mapping[str, Any], status: str = "success") -> Circumstances:
    """What is not in a context here is null: nothing sets it."""
    return Circumstances(
        contexts={**{name: {} for name in _CONTEXTS}, **contexts},
        complete=frozenset(_CONTEXTS),
        status=status,
    )


def _default_name(step: StepText) -> str:
    if step.uses is not None:
        return f"Run {step.uses.text}"
    return f"Run {(step.run or '').strip().split(chr(10))[0]}"


def _checks_publisher(step: StepText) -> bool:
    return "nox-release check-publisher" in (step.run or "")


# A workflow command that annotates: `::error file=f,line=1::message`, percent-encoded.
# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
_COMMAND = re.compile(r"::(error|warning|notice)[^:]*::(.*)")


def _admits(environment: Environment, ref: str, github: GitHubState) -> bool:
    kind = "tag" if ref.startswith("refs/tags/") else "branch"
    name = ref.split("/", 2)[2]
    if environment.policies is not None:
        return any(
            of == kind and fnmatch_takes(name, pattern) for of, pattern in environment.policies
        )
    if environment.protected_branches_only:
        return kind == "branch" and name in github.settings.protected_branches
    return True
