"""Looking at a release for failures that leave no error: GitHub, the tag's tree, and the index.

What cannot be asked becomes a note; it is never held for "no".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from nox_release.core.clock import Clock
from nox_release.core.errors import NoxReleaseError
from nox_release.core.values import dataclass, field, replace
from nox_release.diagnosis.silent import JobSeen, World
from nox_release.project.pyproject import Index, Project
from nox_release.releases.observed import Run

if TYPE_CHECKING:
    from nox_release.edges.forge import Forge
    from nox_release.edges.git import Repository
    from nox_release.edges.github_values import Job
    from nox_release.project.publisher import TrustedPublisher
    from nox_release.workflows.publishing import Derivation, Event

T = TypeVar("T")

_PUBLISHING = re.compile(r"publish|pypi|upload|deploy|release", re.IGNORECASE)
_UPLOADED = re.compile(r"\bUploading ([A-Za-z0-9][\w.+!-]*\.(?:whl|tar\.gz))")


def ask(notes: list[str], what: str, question: Callable[[], T]) -> T | None:
    """The answer, or `None` and a note."""
    return _ask(notes, what, question)[0]


def _ask(notes: list[str], what: str, question: Callable[[], T]) -> tuple[T | None, bool]:
    """The answer and whether there is one; else a note."""
    try:
        return question(), True
    except NoxReleaseError as error:
        notes.append(f"Could not read {what}: {error.reason or error.message}")
        return None, False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a release is looked at. `notes` collects what got no answer.

    `log` fetches the run's whole log; it is asked only where a green run left nothing on the index.
    """

    forge: Forge
    clock: Clock
    notes: list[str] = field(default_factory=list)
    repository: Repository | None = None
    derived: Derivation | None = None
    jobs: Sequence[Job] = ()
    log: Callable[[], str | None] = lambda: None

    @property
    def publisher(self) -> TrustedPublisher | None:
        return self.derived.publisher if self.derived else None


def observe_release(project: Project, run: Run | None, sources: Sources) -> World:
    """What is seen of the release that `run` publishes, or, without one, of the project's version."""
    forge, notes, derived = sources.forge, sources.notes, sources.derived
    tag, version = tag_and_version(project, run)
    workflow = sources.publisher.workflow if sources.publisher else project.settings.workflow or ""
    if run is not None:
        workflow = run.workflow.rpartition("/")[2] or workflow
    world = World(
        version=version,
        tag=tag,
        workflow=workflow,
        index=project.settings.index.title,
        slug=forge.slug,
        jobs=tuple(_job(job, derived) for job in sources.jobs),
    )
    if run is not None:
        world = _with_run(world, run, forge, notes)
    elif tag:
        world = _without_run(world, forge, sources.repository, notes)
    if (run is None or run.succeeded) and version:
        world = _with_index(world, project, sources.clock, notes)
    if run is not None and run.succeeded and world.index_files == ():
        world = _with_uploads(world, project, sources.log())
    return world


def tag_and_version(project: Project, run: Run | None) -> tuple[str, str]:
    """The tag a run was started by and its version; else the project's own."""
    before, _, after = project.settings.tag_format.partition("{version}")
    before, after = (part.replace("{name}", project.name) for part in (before, after))
    if run is not None and run.branch.startswith(before) and run.branch.endswith(after):
        version = run.branch[len(before) : len(run.branch) - len(after)]
        if re.match(r"\d", version):
            return run.branch, version
    if project.version is None:
        return "", ""
    return project.settings.tag(project.name, project.version), project.version


def _job(job: Job, derived: Derivation | None) -> JobSeen:
    publishing = derived.job if derived else None
    named = (publishing.job.id, publishing.job.name) if publishing else ()
    publishes = job.name in named if publishing else _PUBLISHING.search(job.name) is not None
    return JobSeen(name=job.name, conclusion=job.conclusion, publishes=publishes)


def _with_run(world: World, run: Run, forge: Forge, notes: list[str]) -> World:
    waits_for = ""
    if run.status == "waiting":
        pending = ask(notes, "what the run waits for", lambda: forge.pending_deployments(run.id))
        waits_for = pending[0].environment if pending else ""
    return replace(
        world,
        run_found=True,
        run_status=run.status,
        run_conclusion=run.conclusion,
        run_url=run.url,
        waits_for=waits_for,
    )


def _without_run(
    world: World, forge: Forge, repository: Repository | None, notes: list[str]
) -> World:
    release, answered = _ask(notes, "the GitHub release", lambda: forge.release(world.tag))
    known = ask(notes, "the workflow", lambda: forge.workflow(world.workflow))
    runs = ask(
        notes,
        "the runs",
        lambda: forge.runs(branch=world.tag, workflow=world.workflow, newest=1),
    )
    world = replace(
        world,
        run_found=None if runs is None else bool(runs),
        release_exists=release is not None if answered else None,
        release_by_token=release.author == "github-actions[bot]" if release else None,
        is_draft=bool(release and release.draft),
        workflow_state=known.state if known else None,
    )
    if repository is None:
        return world
    return _with_tree(world, repository, notes)


def _with_tree(world: World, repository: Repository, notes: list[str]) -> World:
    """What the tag's own commit holds: that is the workflow which a release starts."""
    from nox_release.observing.workflow_files import read_workflows
    from nox_release.workflows.publishing import Workflow

    commit = ask(notes, f"the tag {world.tag}", lambda: repository.tag_commit(world.tag))
    if commit is None:
        return world
    files = ask(
        notes,
        f"the workflows at {world.tag}",
        lambda: read_workflows(repository.root, commit=commit, runner=repository.runner),
    )
    if files is None:
        return world
    found = [f for f in files if isinstance(f, Workflow) and f.filename == world.workflow]
    if not found:
        return replace(world, workflow_at_tag=False)
    starting = tuple(event.name for event in found[0].events if _starts(event))
    return replace(world, workflow_at_tag=True, workflow_events=starting)


def _starts(event: Event) -> bool:
    """Whether publishing a release is among the types of a `release` event."""
    return event.name != "release" or event.types is None or "published" in event.types


def files_on_index(
    project: Project, version: str, *, clock: Clock, notes: list[str]
) -> tuple[str, ...] | None:
    """The names of the version's files on the project's index."""
    index = project.settings.index
    answer = ask(notes, index.title, lambda: _files_on(index, project.name, version, clock))
    return None if answer is None else answer[0]


def _files_on(
    index: Index, name: str, version: str, clock: Clock
) -> tuple[tuple[str, ...], str | None]:
    """The names of the version's files there, and the newest version that is there."""
    from nox_release.edges.index import open_index

    with open_index(index, clock=clock, attempts=1) as client:
        found = client.fetch_project(name)
    if found is None:
        return (), None
    newest = str(found.newest) if found.newest else None
    return tuple(file.filename for file in found.release_files(version)), newest


def _with_index(world: World, project: Project, clock: Clock, notes: list[str]) -> World:
    from nox_release.project.pyproject import PYPI, TESTPYPI

    def files_on(index: Index) -> tuple[tuple[str, ...], str | None] | None:
        asked = partial(_files_on, index, project.name, world.version, clock)
        return ask(notes, index.title, asked)

    index = project.settings.index
    answer = files_on(index)
    if answer is None:
        return world
    files, newest = answer
    world = replace(world, index_files=files, newest_on_index=newest)
    other = {"pypi": TESTPYPI, "testpypi": PYPI}.get(index.name)
    if files or other is None:
        return world
    elsewhere = files_on(other)
    return replace(world, on_other_index=other.title) if elsewhere and elsewhere[0] else world


def _with_uploads(world: World, project: Project, log: str | None) -> World:
    """What the run's log says it uploaded."""
    from nox_release.files.distributions import version_of_file

    if log is None:
        return world
    uploaded = tuple(dict.fromkeys(_UPLOADED.findall(log)))
    versions = {str(version_of_file(name, project.name) or "") for name in uploaded} - {""}
    return replace(
        world,
        uploaded=uploaded,
        uploaded_version=next(iter(versions)) if len(versions) == 1 else None,
    )
