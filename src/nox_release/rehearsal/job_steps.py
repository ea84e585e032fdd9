"""The steps of one job, carried out or left out one after the other.

Carried out are check-outs, builds (`run_builds`), artifacts, releases of the run's own tag, the
proof that the publisher is registered, and the upload. Everything else is said to be left out.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from nox_release.core.values import dataclass, field, replace
from nox_release.edges.process import Completed, Runner
from nox_release.rehearsal import run_releases
from nox_release.rehearsal.github_state import (
    Annotation,
    Event,
    GitHubState,
    JobRun,
    StepRun,
    WorkflowRun,
)
from nox_release.rehearsal.identity import identity_endpoint
from nox_release.rehearsal.pypa_action import PublishFailed, Publishing, publish
from nox_release.rehearsal.run_artifacts import ArtifactTrouble, RunFiles
from nox_release.rehearsal.run_builds import Builder, StepFailed, builds
from nox_release.rehearsal.run_contexts import (
    DECIDED,
    claims_of,
    interpolated,
    lets_run,
    place_of,
    status_of,
    variables_of,
)
from nox_release.rehearsal.run_looks import is_checked_out, looks
from nox_release.workflows.build_folders import BuiltFolder, built_folders, combinations
from nox_release.workflows.expressions import Circumstances
from nox_release.workflows.publishing import PublishJob, publish_jobs
from nox_release.workflows.shell import parse_commands
from nox_release.workflows.syntax import Job, Step, Workflow

if TYPE_CHECKING:
    from nox_release.rehearsal.index import RehearsalIndex

# Of these contexts everything is known, so that what is not there is null.
_COMPLETE = frozenset({"github", "inputs"})
_MOST_CALLED = 20  # jobs of a matrix in a workflow that is called
_EXIT_1 = "Process completed with exit code 1."
_INSPECTING = "hynek/build-and-inspect-python-package"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """What a runner has to work with."""

    github: GitHubState
    index: RehearsalIndex
    builder: Builder
    runner: Runner
    directory: Path


@dataclass(slots=True)
class CarriedRun:
    """What one run has on its hands between its jobs."""

    run: WorkflowRun
    workflow: Workflow
    event: Event
    called: Mapping[str, Workflow] = field(default_factory=dict)
    cancelled: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    files: RunFiles = field(default_factory=RunFiles)


@dataclass(frozen=True, slots=True)
class _Open:
    """A step that is being carried out, and where its words go."""

    step: Step
    say: Callable[[str], None]

    def begin(self) -> None:
        step = self.step
        self.say(f"##[group]Run {step.uses.text if step.uses else (step.run or '').strip()}")
        self.say("##[endgroup]")


class JobSteps:
    """The steps of one job of one run; `contexts` are the job's own."""

    def __init__(
        self,
        place: Workplace,
        carried: CarriedRun,
        job: JobRun,
        text: Job,
        contexts: dict[str, Any],
    ) -> None:
        self.place = place
        self.carried = carried
        self.job = job
        self.text = text
        self.workflow = carried.workflow
        self.contexts = contexts
        self._failed = False
        self._is_as_checked_out = True  # no script that was left out may have changed it

    def run(self) -> str:
        """Carry them out; the job's conclusion."""
        found = [p for p in publish_jobs(self.carried.workflow) if p.job.id == self.text.id]
        uploads = {id(p.step): p for p in found if p.step}
        with self._logged("Set up job") as say:
            say("Current runner version: 'rehearsal'")
            say(f"Job name: {self.job.name}")
        for step in self.text.steps:
            self._step(step, uploads.get(id(step)))
        self._call(self.text)
        with self._logged("Complete job") as say:
            say("Cleaning up orphan processes")
        if self.carried.cancelled.is_set():
            return "cancelled"
        return "failure" if self._failed else "success"

    def _call(self, job: Job, *, above: tuple[str, ...] = ()) -> None:
        """Carry out what the workflow does that `job` calls, as if this job did it: what it builds
        and keeps is the caller's.
        """
        called = self.carried.called.get(job.calls)
        if called is None or job.calls in above:
            return
        before = self.workflow, self.text, self.contexts
        inputs = {name: interpolated(value, self.contexts) for name, value in job.inputs}
        for inner in called.jobs:
            for index, matrix in enumerate(combinations(inner.matrix)[:_MOST_CALLED]):
                self.workflow, self.text = called, replace(inner, id=before[1].id)
                self.contexts = {**before[2], "inputs": inputs}
                self.contexts |= place_of(inner, self.contexts, matrix or {}, index)
                status = status_of(failed=self._failed, cancelled=self.carried.cancelled.is_set())
                if lets_run(inner.condition, self.contexts, status):
                    for step in inner.steps:
                        self._step(step, None)
                    self._call(inner, above=(*above, job.calls))
        self.workflow, self.text, self.contexts = before

    def _step(self, step: Step, upload: PublishJob | None) -> None:
        cancelled = self.carried.cancelled.is_set()
        status = status_of(failed=self._failed, cancelled=cancelled)
        name = interpolated(step.name, self.contexts) or _default_name(step)
        if not lets_run(step.condition, self.contexts, status):
            self._skip(name)
            return
        try:
            with self._logged(name) as say:
                self._carry_out(_Open(step, say), upload)
        except StepFailed:
            self._failed = self._failed or not step.continue_on_error

    def _skip(self, name: str) -> None:
        with self.place.github.lock:
            number = len(self.job.steps) + 1
            self.job.steps.append(
                StepRun(number=number, name=name, status="completed", conclusion="skipped")
            )

    @contextlib.contextmanager
    def _logged(self, name: str) -> Generator[Callable[[str], None]]:
        github, job = self.place.github, self.job
        step = StepRun(number=len(job.steps) + 1, name=name, status="in_progress")
        step.started_at = github.clock.now()
        with github.lock:
            job.steps.append(step)

        def say(text: str) -> None:
            with github.lock:
                step.lines += [(github.clock.now(), line) for line in text.split("\n")]

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
            with github.lock:
                step.status, step.conclusion = "completed", conclusion
                step.completed_at = github.clock.now()

    def _carry_out(self, opened: _Open, upload: PublishJob | None) -> None:
        step, say = opened.step, opened.say
        action = step.uses.action if step.uses is not None else ""
        if upload is not None:
            opened.begin()
            if not self.carried.files.built and self._is_built_elsewhere():
                self._build((BuiltFolder(),), say)
            self._publish(upload, say)
            return
        if action == "actions/checkout":
            opened.begin()
            say(f"Syncing repository: {self.place.github.slug}")
            say(f"HEAD is now at {self.carried.run.head_sha[:7]}")
            return
        wanted = built_folders(self.workflow, self.text, step, self._known())
        if wanted or builds(step):
            opened.begin()
            if wanted or not self.carried.files.knows(self.text.id):
                self._build(wanted or (BuiltFolder(),), say)
            if action in ("actions/upload-artifact", _INSPECTING):
                self._store(step, say)
            return
        if action == "actions/download-artifact":
            opened.begin()
            self._fetch(step, say)
            return
        if "/_/oidc/mint-token" in (step.run or ""):
            self._exchange(opened)
            return
        if not (self._is_as_checked_out and self._looked(opened)):
            self._other(opened)

    def _looked(self, opened: _Open) -> bool:
        """Carry out a step that only looks into the checkout; whether it was one."""
        place, step, say = self.place, opened.step, opened.say
        script = interpolated(step.run or "", self.contexts, undecided=DECIDED)
        variables = variables_of(self.workflow, self.text, step, self.contexts)
        if step.working_directory or not (is_checked_out(self.text) and looks(script, variables)):
            return False
        source = place.builder.source(self.carried.run, self.text, say)
        done = place.runner.run(
            ["bash", "-e", "-c", script], cwd=source, extra_environ=variables, check=False
        )
        if "No such file or directory" in done.output:  # what a step that was left out makes
            return False
        opened.begin()
        _tell(self.job, done, say)
        return True

    def _is_built_elsewhere(self) -> bool:
        """Whether a step that was not carried out may have built: one of this job's, or those of a
        workflow in another repository that a job calls, be it one of a called workflow.
        """
        workflows = (self.carried.workflow, *self.carried.called.values())
        calls = [job.uses for one in workflows for job in one.jobs if job.uses is not None]
        return any(map(builds, self.text.steps)) or any(
            uses.path not in self.carried.called for uses in calls
        )

    def _known(self) -> Circumstances:
        return Circumstances(contexts=self.contexts, complete=_COMPLETE)

    def _other(self, opened: _Open) -> None:
        """What is not carried out, apart from files it deletes and a release it makes."""
        step, say = opened.step, opened.say
        gone = self.carried.files.remove(self.text.id, _deleted_by(step.run or ""))
        if gone:
            opened.begin()
            say(f"Deleted: {', '.join(gone)}")
        run = self.carried.run
        variables = variables_of(self.workflow, self.text, step, self.contexts)
        asked = run_releases.asked_of(step, run.head_branch, variables)
        if asked is None or not run.ref.startswith("refs/tags/"):
            if not gone:
                self._is_as_checked_out &= step.run is None
                what = step.uses.text if step.uses else (step.run or "").strip().split("\n")[0]
                say(f"Left out in a rehearsal: {what}")
            return
        opened.begin()
        refused = run_releases.carry_out(self.place.github, run, asked)
        if refused:
            say(f"{refused}\n##[error]{_EXIT_1}")
            raise StepFailed(refused.split("\n")[-1])
        say(f"{self.place.github.web}/releases/tag/{run.head_branch}")

    # --- artifacts -------------------------------------------------------------------------------

    def _filled(self, step: Step, name: str, otherwise: str = "") -> str:
        """An input of an artifact action; with its `${{ }}` where a step or a job decides it."""
        text = step.input(name)
        if text is None:
            return otherwise
        return interpolated(text, self.contexts, undecided=DECIDED)

    def _store(self, step: Step, say: Callable[[str], None]) -> None:
        inspects = step.uses is not None and step.uses.action == _INSPECTING
        suffix = self._filled(step, "upload-name-suffix") if inspects else ""
        name = f"Packages{suffix}" if inspects else self._filled(step, "name", "artifact")
        files = self.carried.files
        kept = self.carried.run.artifacts
        if "${{" in name:
            files.has_open_names = True
            kept.setdefault(f"{self.text.id} {self.job.id}", files.of_job(self.text.id))
            return
        paths = "" if inspects else self._filled(step, "path")
        attempt = 0 if self._filled(step, "overwrite") == "true" else self.job.attempt
        try:
            kept[name] = files.store(name, self.text.id, paths, attempt=attempt, job=self.job.id)
        except ArtifactTrouble as error:
            raise self._refused(str(error), say) from error
        count = len(kept[name])
        say(f"Artifact {name} has been successfully uploaded! Distributions in it: {count}")

    def _fetch(self, step: Step, say: Callable[[str], None]) -> None:
        name, pattern = self._filled(step, "name"), self._filled(step, "pattern")
        if "${{" in name + pattern or step.input("run-id") or step.input("artifact-ids"):
            say("Left out in a rehearsal: which artifact this is, only GitHub could tell.")
            return
        files, workflow = self.carried.files, self.carried.workflow
        try:
            count = files.fetch(self.text.id, name=name, pattern=pattern, workflow=workflow)
        except ArtifactTrouble as error:
            raise self._refused(str(error), say) from error
        say(f"Download artifact has finished successfully. Distributions: {count}")

    def _refused(self, said: str, say: Callable[[str], None]) -> StepFailed:
        say(f"##[error]{said}")
        return StepFailed(said.split("\n", maxsplit=1)[0])

    # --- building, proving, uploading ------------------------------------------------------------

    def _build(self, wanted: Iterable[BuiltFolder], say: Callable[[str], None]) -> None:
        self.place.builder.carry_out(
            wanted,
            run=self.carried.run,
            workflows=(self.carried.workflow, *self.carried.called.values()),
            job=self.text,
            files=self.carried.files,
            say=say,
        )

    def _may_identify_itself(self, job: Job) -> bool:
        permissions = self.carried.workflow.permissions_of(job)
        return permissions is not None and permissions.level("id-token") == "write"

    def _identity(self, audience: str) -> str:
        place = self.place
        return place.index.jwt(claims_of(place.github, self.carried.run, self.job, audience))

    def _exchange(self, opened: _Open) -> None:
        """The script that proves trusted publishing, with what a job has to ask for its identity."""
        place, say = self.place, opened.say
        place.directory.mkdir(parents=True, exist_ok=True)
        opened.begin()
        extra = dict(opened.step.environ)
        extra |= {"INDEX": place.index.url.rstrip("/"), "UPLOAD": place.index.index.upload_url}
        with contextlib.ExitStack() as stack:
            if self._may_identify_itself(self.text):
                extra |= stack.enter_context(identity_endpoint(self._identity))
            done = place.runner.run(
                ["bash", "-c", opened.step.run or ""],
                cwd=place.directory,
                extra_environ=extra,
                check=False,
            )
        _tell(self.job, done, say)

    def _publish(self, upload: PublishJob, say: Callable[[str], None]) -> None:
        mains = [one for one in publish_jobs(self.carried.workflow) if one.index in ("pypi", None)]
        if upload.index == "testpypi" or (mains and upload.index not in ("pypi", None)):
            say("Left out in a rehearsal: there is one index here, and it stands for PyPI.")
            return
        wanted = (upload.step.input("packages-dir") if upload.step else None) or ""
        by_script = upload.step is not None and upload.step.uses is None
        if by_script:
            say(f"In a rehearsal, twine uploads what `{upload.tool}` would.")
        attest = (upload.step.input("attestations") if upload.step else None) != "false"
        skip = (upload.step.input("skip-existing") if upload.step else None) == "true"
        files = self.carried.files.for_upload(
            self.carried.workflow, upload, packages_dir=interpolated(wanted, self.contexts)
        )
        self._have_siblings(files, say)
        may = self._may_identify_itself(upload.job)
        publishing = Publishing(
            index=self.place.index.index,
            request_token=self._identity if may else None,
            secret=upload.credentials == "secret",
            attest=attest and not by_script,
            skip_existing=skip,
        )
        try:
            publish(publishing, files, self.place.runner, self.place.directory, say)
        except PublishFailed as error:
            say(f"##[error]{_EXIT_1}")
            raise StepFailed(str(error)) from error

    def _have_siblings(self, files: Iterable[Path], say: Callable[[str], None]) -> None:
        """Other packages of the repository that are uploaded beside the rehearsed one are taken for
        projects which the index has, with the same publisher.
        """
        built = self.carried.files.built
        own = built.get(self.place.builder.folder)
        names = {canonicalize_name(path.name.split("-")[0]) for path in files}
        for mine in {canonicalize_name(path.name.split("-")[0]) for path in own or ()}:
            for name in sorted(names - {mine}):
                if self.place.index.attach_like(name, mine):
                    say(
                        f"Taken in a rehearsal: {name} is on the index, with the publisher of {mine}."
                    )


def _default_name(step: Step) -> str:
    if step.uses is not None:
        return f"Run {step.uses.text}"
    return f"Run {(step.run or '').strip().split(chr(10))[0]}"


def _deleted_by(script: str) -> tuple[str, ...]:
    """The patterns of what `rm` and `find -delete` in a script delete."""
    found: list[str] = []
    for command in parse_commands(script):
        removed = command.tool("rm")
        if removed is not None:
            found += [word for word in removed if not word.startswith("-")]
        searched = command.tool("find")
        if searched is not None and "-delete" in searched and "-name" in searched[:-1]:
            found.append(searched[searched.index("-name") + 1])
    return tuple(found)


# A workflow command that annotates: `::error file=f,line=1::message`, percent-encoded.
# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
_COMMAND = re.compile(r"::(error|warning|notice)[^:]*::(.*)")


def _tell(job: JobRun, done: Completed, say: Callable[[str], None]) -> None:
    """What a script said and how it ended, as GitHub shows it."""
    for line in done.output.splitlines():
        found = _COMMAND.fullmatch(line)
        if found:
            level = {"error": "failure"}.get(found[1], found[1])
            annotation = Annotation(level=level, message=unquote(found[2]))
            job.annotations.append(annotation)
        say(f"##[{found[1]}]{unquote(found[2])}" if found else line)
    if done.returncode:
        say(f"##[error]Process completed with exit code {done.returncode}.")
        raise StepFailed(f"Process completed with exit code {done.returncode}.")
