"""The distributions of one run: who built which, which artifacts they went into, who has them.

Only files that could be uploaded are followed, and only by their names; where a workflow hands
them over in a way that is not known, everything that the needed jobs have counts as handed over.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from nox_release.core.values import dataclass, field

if TYPE_CHECKING:
    from nox_release.workflows.publishing import PublishJob
    from nox_release.workflows.syntax import Job, Workflow

# Actions that put nothing into an artifact; any other might.
_WITHOUT_ARTIFACTS = ("actions/", "pypa/", "astral-sh/", "hynek/build-and-inspect-python-package")


class ArtifactTrouble(Exception):  # noqa: N818 - an outcome of the rehearsed world
    """What the artifact actions refuse, in their words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Artifact:
    files: tuple[Path, ...]
    attempt: int
    job: int


@dataclass(slots=True)
class RunFiles:
    """What one run has built: by folder, by the job that has it, and by artifact.

    `fetched` are the files that a job has downloaded; a job without an entry has downloaded none.
    """

    built: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    by_job: dict[str, dict[str, tuple[Path, ...]]] = field(default_factory=dict)
    fetched: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    artifacts: dict[str, _Artifact] = field(default_factory=dict)
    has_open_names: bool = False

    def of_job(self, key: str) -> tuple[Path, ...]:
        """What a job has in its workspace."""
        own = (path for files in self.by_job.get(key, {}).values() for path in files)
        return tuple(dict.fromkeys([*own, *self.fetched.get(key, ())]))

    def knows(self, key: str) -> bool:
        """Whether a job has built or fetched anything, be it no file at all."""
        return key in self.by_job or key in self.fetched

    def remove(self, key: str, patterns: Iterable[str]) -> tuple[str, ...]:
        """Let a job delete files by the last parts of their paths; the names of those that went."""
        wanted = [posixpath.basename(pattern) for pattern in patterns]
        gone = [
            path
            for path in self.of_job(key)
            if any(fnmatch.fnmatchcase(path.name, pattern) for pattern in wanted if pattern)
        ]
        for place, files in self.by_job.get(key, {}).items():
            self.by_job[key][place] = tuple(path for path in files if path not in gone)
        if key in self.fetched:
            self.fetched[key] = tuple(path for path in self.fetched[key] if path not in gone)
        return tuple(path.name for path in gone)

    def store(self, name: str, key: str, paths: str, *, attempt: int, job: int) -> tuple[Path, ...]:
        """Put a job's files that fit `paths` into an artifact, and say which.

        Raises:
            ArtifactTrouble: another job of this attempt made one of this name.
        """
        there = self.artifacts.get(name)
        if there is not None and there.attempt == attempt and there.job != job:
            raise ArtifactTrouble(
                "Failed to CreateArtifact: Received non-retryable error: Failed request: (409) "
                "Conflict: an artifact with this name already exists on the workflow run"
            )
        chosen = tuple(path for path in self.of_job(key) if _fits(path.name, paths))
        self.artifacts[name] = _Artifact(files=chosen, attempt=attempt, job=job)
        return chosen

    def fetch(self, key: str, *, name: str, pattern: str, workflow: Workflow) -> int:
        """Give a job the files of an artifact, or of those that fit `pattern`; how many.

        Raises:
            ArtifactTrouble: there is no artifact of this name, and there can be none.
        """
        if name and name not in self.artifacts:
            if not self.has_open_names and _names_are_known(workflow):
                raise ArtifactTrouble(
                    f"Unable to download artifact(s): Artifact not found for name: {name}\n"
                    "        Please ensure that your artifact is not expired and the artifact was "
                    "uploaded using a compatible version of toolkit/upload-artifact."
                )
            return 0
        chosen = [
            artifact
            for called, artifact in self.artifacts.items()
            if called == name or (not name and fnmatch.fnmatchcase(called, pattern or "*"))
        ]
        if not chosen:
            return 0
        files = [path for artifact in chosen for path in artifact.files]
        self.fetched[key] = tuple(dict.fromkeys([*self.fetched.get(key, ()), *files]))
        return len(files)

    def for_upload(
        self, workflow: Workflow, upload: PublishJob, *, packages_dir: str
    ) -> tuple[Path, ...]:
        """What the uploading job has at hand; where it has nothing of its own, what the jobs that
        it needs have.

        Of the folders that it built itself, `packages_dir` may take the files of one.
        """
        key = upload.job.id
        taken = posixpath.normpath(packages_dir or "dist")
        own = self.by_job.get(key, {})
        chosen = [place for place in own if place != "." and taken.startswith(f"{place}/")]
        if chosen:
            return tuple(path for place in chosen for path in own[place])
        if own or key in self.fetched:
            return self.of_job(key)
        needed = needed_jobs(workflow, upload.job)
        keys = [one for one in self.by_job if one in needed] or list(self.by_job)
        return tuple(dict.fromkeys(path for one in keys for path in self.of_job(one)))


def _fits(name: str, paths: str) -> bool:
    """Whether a file is meant by the `path` of an upload; a folder means everything in it."""
    lasts = [posixpath.basename(line.strip()) for line in paths.splitlines() if line.strip()]
    files = [last for last in lasts if last.endswith((".whl", ".gz", ".zip"))]
    return (
        not lasts
        or len(files) < len(lasts)
        or any(fnmatch.fnmatchcase(name, last) for last in files)
    )


def _names_are_known(workflow: Workflow) -> bool:
    """Whether nothing but the artifact actions can make artifacts here."""
    steps = [step for job in workflow.jobs for step in job.steps]
    actions = [step.uses.action for step in steps if step.uses is not None]
    return all(job.uses is None for job in workflow.jobs) and all(
        action.startswith(_WITHOUT_ARTIFACTS) for action in actions
    )


def needed_jobs(workflow: Workflow, job: Job) -> set[str]:
    """The jobs that `job` needs, and those that they need."""
    found: set[str] = set()
    left = [*job.needs]
    while left:
        name = left.pop()
        needed = workflow.job(name)
        if needed is not None and name not in found:
            found.add(name)
            left += needed.needs
    return found
