"""Trusted publishing proven from the maintainer's machine: a run of the publish workflow that only
exchanges a token is started, followed, and told about.
"""

from __future__ import annotations

import contextlib
import shlex
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from nox_release.checks.publisher.exchange import judge_trial, read_trial
from nox_release.core.errors import (
    ConfigurationError,
    ForgeError,
    IndexUnavailableError,
    NoxReleaseError,
)
from nox_release.core.findings import Passed, Result
from nox_release.edges.as_json import result_as_json
from nox_release.edges.context import Context
from nox_release.observing.place import locate
from nox_release.observing.publishers import derive, spelt
from nox_release.operations.following import RunFailed, follow_run
from nox_release.project import pages
from nox_release.project.pyproject import Project
from nox_release.releases.observed import Run
from nox_release.workflows.publishing import Derivation

if TYPE_CHECKING:
    from nox_release.edges.forge import Forge

INPUT = "check-only"
EVENT = "workflow_dispatch"


def prove_by_run(context: Context, project: Project, *, yes: bool) -> int:
    """Start the run, follow it, show its verdict; 0 when the index exchanged the token.

    Raises:
        NoxReleaseError: there is no such run to start, or it could not be followed.
    """
    from nox_release.edges.forge import Forge

    console = context.console
    index = project.settings.index
    place = locate(context, project)
    forge = Forge(place.slug, context.runner, project.root, clock=context.clock)
    derivation = derive(project, place, commit=place.repository.head()).derivation
    derivation = spelt(derivation, forge)
    workflow = _workflow_of(derivation)
    branch = _branch_of(project, forge)
    publisher = derivation.publisher
    console.title(f"Prove that {index.title} accepts {workflow}")
    if publisher is not None:
        console.table(("", ""), pages.form_values(project.name, publisher))
    console.line(
        "A run of the publish workflow exchanges a token, tries it, and burns it. Nothing is "
        "uploaded."
    )
    if _is_absent(context, project):
        console.mark(
            "warning",
            f"{project.name} is not on {index.title}. With a pending publisher, this exchange "
            "creates the project, empty.",
        )
    asked = ["gh", "workflow", "run", workflow, "--ref", branch, "-f", f"{INPUT}=true"]
    command = shlex.join(asked)
    console.confirm(f"Start it ({command})?", yes=yes)
    known = {run.id for run in forge.runs(event=EVENT, workflow=workflow)}
    forge.dispatch(workflow, ref=branch, inputs={INPUT: "true"})

    def find() -> tuple[Run, ...]:
        runs = forge.runs(event=EVENT, workflow=workflow)
        return tuple(run for run in runs if run.id not in known and run.branch in ("", branch))

    failed: RunFailed | None = None
    try:
        run = follow_run(
            console,
            context.clock,
            forge,
            find,
            what=workflow,
            page=f"{forge.url}/actions/workflows/{workflow}",
        )
    except RunFailed as error:
        failed, run = error, error.run
    trial = None
    with contextlib.suppress(NoxReleaseError):
        trial = read_trial(forge.log(run.id, failed=False))
    if trial is not None and publisher is not None:
        result = judge_trial(
            trial,
            index=index,
            project=project.name,
            publisher=publisher,
            state=_state_of(context, project, project.name),
            empty=_empty_project(context, project, publisher.repository),
        )
        return _tell(context, project, run, result)
    if failed is not None:
        return _tell_why(context, project, forge, failed)
    return _tell_of_exchange(context, project, run, workflow)


def _tell(context: Context, project: Project, run: Run, result: Result) -> int:
    """What the trial of an upload proved."""
    console = context.console
    proven = isinstance(result, Passed)
    if console.is_json:
        document = {**_document(project, run, proven=proven), "results": [result_as_json(result)]}
        console.json(document)
    console.line(f"The run: {run.url}")
    console.results((result,))
    if not proven:
        again = "nox -s check-project -- --exchange"
        console.mark("step", f"Next: correct what is named, then {again}")
        return 1
    console.mark("step", "Next: nox -s release")
    return 0


def _tell_of_exchange(context: Context, project: Project, run: Run, workflow: str) -> int:
    """What a run of an older workflow proved, which exchanges a token and tries nothing."""
    console = context.console
    index = project.settings.index
    proven = not _is_absent(context, project)
    if console.is_json:
        console.json(_document(project, run, proven=proven))
    console.mark("done", f"{index.title} exchanged the token of {workflow}: {run.url}")
    if not proven:
        console.mark(
            "error",
            f"And yet {project.name} is not on {index.title}: the publisher, or the check in "
            f"{workflow}, names another project.",
        )
        console.mark("step", f"Next: nox -s init -- --workflow {workflow} shows it as it should be")
        return 1
    console.mark("step", "Next: nox -s release")
    return 0


def _document(project: Project, run: Run, *, proven: bool) -> dict[str, Any]:
    """What `--json` says of a run that is over."""
    return {
        "operation": "check-project",
        "project": project.name,
        "index": project.settings.index.name,
        "run": run.url,
        "proven": proven,
    }


def can_prove(derivation: Derivation) -> bool:
    """Whether the publish workflow has a run that only exchanges the token."""
    event = derivation.job.workflow.event(EVENT) if derivation.job else None
    return event is not None and INPUT in event.inputs


def _workflow_of(derivation: Derivation) -> str:
    job = derivation.job
    if job is None:
        raise ConfigurationError(
            "Which workflow publishes is not known, so none can be asked.",
            hint="nox -s check-project says what was found in .github/workflows.",
        )
    if not can_prove(derivation):
        raise ConfigurationError(
            f"`{job.workflow.filename}` has no run that only exchanges the token.",
            reason=f"It needs `workflow_dispatch` with an input `{INPUT}`.",
            hint=f"nox -s init -- --workflow {job.workflow.filename} shows one that has it.",
        )
    return job.workflow.filename


def _branch_of(project: Project, forge: Forge) -> str:
    if project.settings.branch:
        return project.settings.branch
    repository = forge.repository()
    if repository is None:
        raise ForgeError(
            f"GitHub shows no repository {forge.slug}.",
            hint=f"gh repo view {forge.slug}; with several accounts: gh auth switch",
        )
    return repository.default_branch


def _empty_project(context: Context, project: Project, name: str) -> str:
    """`name` where that is a project without files: most likely what the exchange has created."""
    if canonicalize_name(name) == project.normalized_name:
        return ""
    return name if _state_of(context, project, name) == "empty" else ""


def _state_of(context: Context, project: Project, name: str) -> str | None:
    """A project's state on the index of `project`, empty where it is not there, `empty` where it
    has no files; `None`: not known.
    """
    from nox_release.edges.index import open_index

    with (
        contextlib.suppress(IndexUnavailableError),
        open_index(project.settings.index, clock=context.clock) as client,
    ):
        found = client.fetch_project(name)
        if found is None:
            return ""
        return found.status if found.files or found.status != "active" else "empty"
    return None


def _is_absent(context: Context, project: Project) -> bool:
    """Whether the project is known not to be on the index."""
    return _state_of(context, project, project.name) == ""


def _tell_why(context: Context, project: Project, forge: Forge, failed: RunFailed) -> int:
    """What the run itself says, then what its log means."""
    from nox_release.operations.diagnose import explain, show

    console = context.console
    console.mark("error", failed.message)
    with contextlib.suppress(NoxReleaseError):
        for job in forge.jobs(failed.run.id):
            for _, message in forge.annotations(job.id):
                console.line(message, indent=2)
    explanation = explain(context, project, failed.run, forge=forge)
    show(console, explanation)
    if console.is_json:
        diagnoses = [one.document() for one in explanation.diagnoses]
        console.json({**_document(project, failed.run, proven=False), "diagnoses": diagnoses})
    console.mark("step", "Next: correct what is named, then nox -s check-project -- --exchange")
    return 1
