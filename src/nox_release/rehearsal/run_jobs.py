"""The jobs of a run in their order: what each needs, whether it may start, and how it ended."""

from collections.abc import Callable

from nox_release.rehearsal.github_state import Annotation, JobRun, WorkflowRun
from nox_release.rehearsal.job_steps import CarriedRun, JobSteps, Workplace
from nox_release.rehearsal.run_artifacts import needed_jobs
from nox_release.rehearsal.run_contexts import contexts_of, lets_run, place_of, status_of
from nox_release.rehearsal.run_triggers import admits
from nox_release.workflows.syntax import Job


class RunJobs:
    """Carries out the jobs of one run after another; `before_job` is called with each."""

    def __init__(self, place: Workplace) -> None:
        self.place = place
        self.before_job: list[Callable[[WorkflowRun, JobRun], None]] = []

    def carry_out(self, carried: CarriedRun) -> None:
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
        self.finish(carried)

    @staticmethod
    def _may_go_on(run: WorkflowRun, job: JobRun) -> bool:
        decided = {name.lower() for name in run.approved | run.rejected}
        return job.status == "waiting" and (job.environment or "").lower() in decided

    def finish(self, carried: CarriedRun) -> None:
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

    def _set(self, run: WorkflowRun, status: str, conclusion: str | None = None) -> None:
        with self.place.github.lock:
            run.status, run.conclusion = status, conclusion
            run.updated_at = self.place.github.clock.now()

    def _job(self, carried: CarriedRun, job: JobRun, text: Job, needed: list[JobRun]) -> None:
        run = carried.run
        for look in self.before_job:
            look(run, job)
        contexts = contexts_of(self.place.github.settings, run, carried.workflow, carried.event)
        same = [other for other in run.latest_jobs() if other.key == job.key]
        contexts |= place_of(text, contexts, job.matrix, same.index(job))
        contexts["needs"] = {
            other.key: {"result": other.conclusion, "outputs": {}} for other in needed
        }
        waited = needed_jobs(carried.workflow, text)
        before = {other.conclusion for other in run.latest_jobs() if other.key in waited}
        cancelled = carried.cancelled.is_set()
        failed = bool(before - {"success", "skipped"})
        status = status_of(failed=failed, cancelled=cancelled, skipped="skipped" in before)
        if not lets_run(text.condition, contexts, status):
            with self.place.github.lock:
                job.status, job.conclusion = "completed", "cancelled" if cancelled else "skipped"
                job.completed_at = self.place.github.clock.now()
            return
        gate = self._gate(run, job)
        if gate == "wait":
            with self.place.github.lock:
                job.status = "waiting"
            return
        with self.place.github.lock:
            job.status, job.started_at = "in_progress", self.place.github.clock.now()
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
            conclusion = JobSteps(self.place, carried, job, text, contexts).run()
        with self.place.github.lock:
            job.status, job.conclusion = "completed", conclusion
            job.completed_at = self.place.github.clock.now()

    def _gate(self, run: WorkflowRun, job: JobRun) -> str:
        """Empty when the job may start, `wait`, or why it may not.

        https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
        """
        if job.environment is None:
            return ""
        github = self.place.github
        with github.lock:
            environment = github.environments.get(job.environment.lower())
            if environment is None:  # GitHub makes what a job names
                environment = github.add_environment(job.environment)
        if not admits(environment, run.ref, github.settings.protected_branches):
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
