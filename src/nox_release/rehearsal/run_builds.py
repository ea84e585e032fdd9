"""What a run of the stand-in runner builds: the folders that the workflow's own steps name.

Where only a run would know the folder, the one of the package that is rehearsed is built.
"""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nox_release.core.errors import ConfigurationError, NoxReleaseError
from nox_release.edges.children import GIT_REMOTE
from nox_release.edges.process import Runner
from nox_release.project.pyproject import read_project

if TYPE_CHECKING:
    from nox_release.rehearsal.github_state import WorkflowRun
    from nox_release.rehearsal.run_artifacts import RunFiles
    from nox_release.workflows.build_folders import BuiltFolder
    from nox_release.workflows.syntax import Job, Step, Workflow

Build = Callable[[Path, Path], Iterable[Path]]

# What may build, whether or not it can be told which folder.
_BUILD_ACTIONS = (
    "hynek/build-and-inspect-python-package",
    "actions/upload-artifact",
    "pypa/cibuildwheel",
    "pyo3/maturin-action",
)
_BUILD_COMMAND = re.compile(
    r"(?:-m\s{1,9}build|pyproject-build|\buv\s{1,9}build"
    r"|\b(?:hatch|poetry|flit|pdm|rye|maturin)\s{1,9}build|setup\.py\s.{0,200}dist"
    r"|\bcibuildwheel|\b[nt]ox\b.{0,200}\bbuild|\bmake\s{1,9}\w{0,60}(?:build|dist))"
)
_REPAIRING = ("pypa/cibuildwheel", "pyo3/maturin-action")
_LOCAL_WHEEL = re.compile(r"-linux_\w+\.whl$")
_NO_PROJECTS = frozenset({"node_modules", "dist", "build", "tests", "test"})
_EXIT_1 = "Process completed with exit code 1."


class StepFailed(Exception):  # noqa: N818 - an outcome of the rehearsed world
    """A step ended with an error; the message is its annotation."""


def builds(step: Step) -> bool:
    """Whether a step may build distributions, or keeps those that something built before it."""
    if step.uses is not None:
        return step.uses.action.startswith(_BUILD_ACTIONS)
    return step.run is not None and _BUILD_COMMAND.search(step.run) is not None


class Builder:
    """Checks out the commit of a run and builds folders of it.

    `build` makes the distributions of one folder in another; `folder` is built where a workflow
    does not say which. `remote` is the bare repository that stands in for GitHub's.
    """

    def __init__(
        self,
        *,
        runner: Runner,
        directory: Path,
        remote: Path,
        slug: str,
        build: Build | None = None,
    ) -> None:
        self.build: Build = build or self._build_for_real
        self.folder = "."
        self._runner = runner
        self._directory = directory
        self._remote = remote
        self._slug = slug

    def carry_out(
        self,
        wanted: Iterable[BuiltFolder],
        *,
        run: WorkflowRun,
        workflows: Sequence[Workflow],
        job: Job,
        files: RunFiles,
        say: Callable[[str], None],
    ) -> None:
        """Build what is `wanted` of the run's commit, each place once for a run. The `workflows` are
        the run's own and those that it calls.

        Raises:
            StepFailed: it cannot be built.
        """
        source = self.source(run, job, say)
        folder = source.parent
        own = files.by_job.setdefault(job.id, {})
        for place in (place for one in wanted for place in self._places(one, source)):
            if _is_of_the_run(place, source, job):
                say(f"Left out in a rehearsal: a build of {place}, which the run made itself.")
                continue
            if place in files.built:
                say("The distributions are built already.")
            else:
                outdir = folder / "dist" / place
                made = self._build_place(source, place, outdir, say)
                files.built[place] = _kept(made, workflows, say)
            own[place] = files.built[place]

    def source(self, run: WorkflowRun, job: Job, say: Callable[[str], None]) -> Path:
        """The run's commit as the job checks it out."""
        source = self._directory / f"{run.id}-{run.attempt}-{job.id}" / "source"
        if not source.exists():  # the jobs of one matrix share it
            self._check_out(run, source, job)
            say(f"Checked out {run.head_sha} ({run.ref})")
        return source

    def _places(self, built: BuiltFolder, source: Path) -> tuple[str, ...]:
        """The folders of a checkout that are meant, from its root.

        Raises:
            StepFailed: there is no such package.
        """
        if built.path is not None:
            found = sorted(source.glob(built.path)) if "*" in built.path else []
            inside = tuple(
                path.relative_to(source).as_posix() for path in found if _is_project(path)
            )
            return inside or (built.path,)
        if not built.is_known:
            return (self.folder,)
        places = tuple(
            place
            for place, name in _packages_in(source)
            # A workspace, all of which is built, has members with a pyproject.toml alone.
            if not (built.every and not (source / place / "pyproject.toml").is_file())
            and built.is_of(place, name)
        )
        if not places:
            raise StepFailed(f"There is no package `{built.member}` in the repository.")
        return places

    def _build_place(
        self, source: Path, place: str, outdir: Path, say: Callable[[str], None]
    ) -> tuple[Path, ...]:
        outdir.mkdir(parents=True, exist_ok=True)
        if place != ".":
            say(f"Building {place}")
        project = source / place
        if not _is_project(project):
            # The words of `python -m build`, which looks for these two files alone.
            said = f"Source {place} does not appear to be a Python project: no pyproject.toml or setup.py"
            say(f"ERROR {said}\n##[error]{_EXIT_1}")
            raise StepFailed(said)
        try:
            return tuple(self.build(project, outdir))
        except NoxReleaseError as error:
            said = str(getattr(error, "output", "") or error.reason or error.message)
            say(f"{said}\n##[error]{_EXIT_1}")
            raise StepFailed(_EXIT_1) from error

    def _build_for_real(self, source: Path, outdir: Path) -> Iterable[Path]:
        from nox_release.edges.building import build_distributions
        from nox_release.edges.environments import fresh_environment

        aside = self._directory / f"build-{uuid.uuid4().hex[:8]}"
        return build_distributions(
            fresh_environment(aside / "build-env", self._runner),
            source=source,
            outdir=outdir,
            extra_requires=_build_requires(source),
        )

    def _check_out(self, run: WorkflowRun, source: Path, job: Job) -> None:
        """As actions/checkout does it: the one ref at depth 1, or everything with fetch-depth 0."""
        source.mkdir(parents=True)
        address = f"https://github.com/{self._slug}.git"

        def git(*arguments: str) -> None:
            replace(self._runner, child=GIT_REMOTE).run(["git", *arguments], cwd=source)

        git("init", "--quiet")
        git("remote", "add", "origin", address)
        if _checkout_input(job, "fetch-depth") == "0":
            # What the remote has need not be copied; where its history lacks files, it could not be.
            alternates = source / ".git" / "objects" / "info" / "alternates"
            alternates.parent.mkdir(exist_ok=True)
            alternates.write_text(f"{self._remote / 'objects'}\n", encoding="utf-8")
            git("fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*")
        else:
            target = (
                run.ref
                if run.ref.startswith("refs/tags/")
                else f"refs/remotes/origin/{run.head_branch}"
            )
            git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", f"+{run.ref}:{target}")
        git("checkout", "--quiet", "--force", "--detach", run.head_sha)
        submodules = _checkout_input(job, "submodules").lower()
        if submodules in ("true", "recursive"):
            deep = ["--recursive"] if submodules == "recursive" else []
            git("submodule", "--quiet", "update", "--init", "--depth=1", *deep)


def _checkout_input(job: Job, name: str) -> str:
    """An input of the job's first actions/checkout; empty where it says nothing."""
    for step in job.steps:
        if step.uses is not None and step.uses.action == "actions/checkout":
            return (step.input(name) or "").strip()
    return ""


def _kept(
    files: tuple[Path, ...], workflows: Sequence[Workflow], say: Callable[[str], None]
) -> tuple[Path, ...]:
    """Without wheels for this machine alone, where the workflows make others of them."""
    repaired = any(
        (job.uses is not None and job.uses.owner) or any(map(_repairs_wheels, job.steps))
        for workflow in workflows
        for job in workflow.jobs
    )
    kept = []
    for path in files:
        if repaired and _LOCAL_WHEEL.search(path.name):
            say(f"Left out in a rehearsal: {path.name}; the wheels for PyPI are made elsewhere.")
        else:
            kept.append(path)
            say(f"Successfully built {path.name}")
    return tuple(kept)


def _repairs_wheels(step: Step) -> bool:
    """Whether the step makes wheels that PyPI takes of ones for this machine alone."""
    if step.uses is not None:
        return step.uses.action.startswith(_REPAIRING)
    return (
        step.run is not None and re.search(r"\b(cibuildwheel|auditwheel)\b", step.run) is not None
    )


def _is_project(folder: Path) -> bool:
    """Whether a build could begin there."""
    return (folder / "pyproject.toml").is_file() or (folder / "setup.py").is_file()


def _is_of_the_run(place: str, source: Path, job: Job) -> bool:
    """Whether nothing of the repository is built, but an sdist that an earlier job has made."""
    downloads = any(
        step.uses is not None and step.uses.action == "actions/download-artifact"
        for step in job.steps
    )
    return not (source / place).exists() and (place.endswith((".tar.gz", ".zip")) or downloads)


def _packages_in(source: Path) -> tuple[tuple[str, str], ...]:
    """Folder and name of every project in a checkout that can be built."""
    found = []
    described = (source.rglob(name) for name in ("pyproject.toml", "setup.py"))
    for folder in sorted({path.parent for paths in described for path in paths}):
        place = folder.relative_to(source)
        if any(part.startswith(".") or part in _NO_PROJECTS for part in place.parts):
            continue
        with contextlib.suppress(ConfigurationError):
            found.append((place.as_posix(), read_project(folder).name))
    return tuple(found)


def _build_requires(source: Path) -> tuple[str, ...]:
    """`build-requires` of the project's settings; a folder without any is the backend's matter."""
    try:
        return read_project(source).settings.build_requires
    except ConfigurationError:
        return ()
