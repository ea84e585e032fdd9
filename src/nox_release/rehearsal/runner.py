"""A runner for the stand-in GitHub: it notices events, reads the workflows *at that commit*, and
carries out what a publishing workflow is for.

Carried out for real: triggers, conditions, `needs`, environments and their rules, checkout, build
(see `run_builds`), the token exchange as trusted publisher, `twine upload`. Every other step is
logged as left out; scripts of the project are not run. Where the publishing action would refuse,
the log has its words.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nox_release.core.clock import Clock
from nox_release.core.values import dataclass
from nox_release.edges.process import Runner, end_running
from nox_release.rehearsal.github_actions import workflow_files
from nox_release.rehearsal.github_state import Event, GitHubState, JobRun, WorkflowRun, new_id
from nox_release.rehearsal.job_steps import CarriedRun, Workplace
from nox_release.rehearsal.pypa_action import PublishFailed, Publishing, publish
from nox_release.rehearsal.run_artifacts import RunFiles
from nox_release.rehearsal.run_builds import Build, Builder
from nox_release.rehearsal.run_contexts import (
    claims_of,
    contexts_of,
    environment_name,
    interpolated,
)
from nox_release.rehearsal.run_jobs import RunJobs
from nox_release.rehearsal.run_triggers import times_triggered
from nox_release.workflows.build_folders import combinations
from nox_release.workflows.publishing import publish_jobs
from nox_release.workflows.syntax import Job, UnreadableWorkflow, Workflow, parse_workflow

if TYPE_CHECKING:
    from nox_release.rehearsal.index import RehearsalIndex

_MOST_JOBS = 32  # of one matrix


@dataclass(slots=True)
class _Pending:
    due: datetime
    event: Event


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
        self.builder = Builder(
            runner=runner,
            directory=directory,
            remote=github.bare.path,
            slug=github.slug,
            build=build,
        )
        self.lateness = 0.0
        self.paused = False
        self.deaf = False
        self._runner = runner
        self._run_jobs = RunJobs(
            Workplace(
                github=github,
                index=index,
                builder=self.builder,
                runner=runner,
                directory=directory,
            )
        )
        self.before_job = self._run_jobs.before_job
        self._pending: list[_Pending] = []
        self._carried: dict[int, CarriedRun] = {}
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
        texts = workflow_files(self.github, event.sha)
        for path, text in texts.items():
            if event.workflow and event.workflow != path:
                continue
            if path in self.github.disabled_workflows:
                continue
            try:
                workflow = parse_workflow(text, file=path)
            except UnreadableWorkflow:
                continue
            for _ in range(times_triggered(workflow, event)):
                if publish_jobs(workflow):
                    self._create(workflow, event, _called(texts, workflow))

    def _create(
        self, workflow: Workflow, event: Event, called: dict[str, Workflow] | None = None
    ) -> WorkflowRun:
        github = self.github
        with github.lock:
            number = github.workflow_id(workflow.file)
            now = self.clock.now()
            run = WorkflowRun(
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
        carried = CarriedRun(run, workflow, event, called=called or {})
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

    def _jobs(self, run: WorkflowRun, workflow: Workflow, event: Event) -> list[JobRun]:
        contexts = contexts_of(self.github.settings, run, workflow, event)
        return [
            _job_run(job, run.attempt, {**contexts, "matrix": matrix or {}})
            for job in workflow.jobs
            for matrix in combinations(job.matrix)[:_MOST_JOBS]
        ]

    # --- what the maintainer may ask for ----------------------------------------------------------

    def rerun(self, run: WorkflowRun, *, failed_only: bool) -> None:
        """Another attempt, with new jobs; those that succeeded are kept with `failed_only`."""
        with self._lock, self.github.lock:
            carried = self._carried[run.id]
            kept = {
                job.name: job
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
                earlier = kept.get(job.name)
                if earlier is not None:
                    job.status, job.conclusion = earlier.status, earlier.conclusion
                    job.steps = earlier.steps
                    job.started_at, job.completed_at = earlier.started_at, earlier.completed_at
            run.jobs += fresh
            run.approved.clear()
            run.rejected.clear()
            if not failed_only:
                carried.files = RunFiles()
            carried.cancelled = threading.Event()
        self._start(carried)

    def cancel(self, run: WorkflowRun) -> None:
        carried = self._carried[run.id]
        carried.cancelled.set()
        if carried.thread is None or not carried.thread.is_alive():
            with self.github.lock:
                for job in run.latest_jobs():
                    if job.status != "completed":
                        job.status, job.conclusion = "completed", "cancelled"
            self._run_jobs.finish(carried)

    def resume(self, run: WorkflowRun) -> None:
        """Go on with a run that waited for a reviewer."""
        carried = self._carried[run.id]
        if run.status != "completed":
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

    def built_by(self, run: WorkflowRun) -> dict[str, tuple[Path, ...]]:
        """The files that a run has built, by their folders."""
        return dict(self._carried[run.id].files.built)

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
        run = WorkflowRun(
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
        job = JobRun(id=new_id(), key="publish", name="publish", environment=environment)
        lines: list[str] = []
        with contextlib.suppress(PublishFailed):
            publish(
                Publishing(
                    index=self.index.index,
                    request_token=lambda audience: self.index.jwt(
                        claims_of(self.github, run, job, audience)
                    ),
                    attest=False,
                ),
                tuple(files),
                self._runner,
                self.directory.parent,
                lambda text: lines.extend(text.split("\n")),
            )
        return "\n".join(lines)

    # --- carrying out -----------------------------------------------------------------------------

    def _start(self, carried: CarriedRun) -> None:
        if self._stopped.is_set():
            return
        thread = threading.Thread(
            target=self._run_jobs.carry_out,
            args=(carried,),
            name=f"run-{carried.run.id}",
            daemon=True,
        )
        with self._lock:  # `wait` must not find a thread that has not begun
            carried.thread = thread
            thread.start()


def _job_run(job: Job, attempt: int, contexts: dict[str, Any]) -> JobRun:
    """A job that has not begun; one of a matrix has its values in its name, as on GitHub."""
    name = interpolated(job.name, contexts) or job.id
    values = [str(value) for value in contexts["matrix"].values()]
    if values and "matrix." not in job.name:
        name = f"{name} ({', '.join(values)})"
    return JobRun(
        id=new_id(),
        key=job.id,
        name=name,
        attempt=attempt,
        environment=environment_name(job, contexts),
        matrix=contexts["matrix"],
    )


def _called(texts: Mapping[str, str], workflow: Workflow) -> dict[str, Workflow]:
    """The workflows of the same commit that `workflow` calls, and those that they call, by path."""
    found: dict[str, Workflow] = {}
    waiting = [workflow]
    while waiting:
        for job in waiting.pop().jobs:
            path = job.calls
            if path in texts and path not in found:
                with contextlib.suppress(UnreadableWorkflow):
                    found[path] = parse_workflow(texts[path], file=path)
                    waiting.append(found[path])
    return found
