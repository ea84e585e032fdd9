"""Say why a build, upload or release failed, in this project's own values, and what to do about it.

Without an argument: the newest failed run of the publish workflow. Otherwise one of
    nox -s diagnose -- 1234567890                      a run, by its number
    nox -s diagnose -- https://github.com/o/r/actions/runs/1234567890
    nox -s diagnose -- build.log                       a log in a file
    twine upload dist/* 2>&1 | nox -s diagnose -- -    a log on standard input
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from nox_release.core.errors import ConfigurationError, ForgeError, NoxReleaseError
from nox_release.core.values import dataclass, replace
from nox_release.diagnosis.engine import diagnose, read
from nox_release.diagnosis.model import Diagnosis
from nox_release.diagnosis.rivals import uploads_in_log
from nox_release.diagnosis.silent import silent_failures
from nox_release.diagnosis.unexplained import first_errors, more_to_see
from nox_release.diagnosis.values import Circumstances, repository_of
from nox_release.edges.aside import keep_log
from nox_release.edges.console import Console
from nox_release.edges.context import Context
from nox_release.operations import options as shared
from nox_release.operations.unnoticed import (
    Sources,
    ask,
    files_on_index,
    observe_release,
    tag_and_version,
)
from nox_release.project.pyproject import Project, Settings
from nox_release.releases.observed import Run

if TYPE_CHECKING:
    from nox_release.edges.forge import Forge
    from nox_release.edges.git import Repository
    from nox_release.edges.github_values import Job
    from nox_release.project.publisher import TrustedPublisher
    from nox_release.workflows.publishing import Derivation

_RUN = re.compile(
    r"(?:https?://github\.com/(?P<slug>[\w.-]+/[\w.-]+)/actions/runs/)?(?P<id>\d{3,})(?:[/?#].*)?"
)
_ASK = "https://discuss.python.org/c/packaging/14 or https://github.com/pypa/gh-action-pypi-publish/discussions"
_SHOWN = 3
_RUNS = 30  # so many are looked through for the newest one that failed
_FAILED = ("failure", "timed_out", "startup_failure", "cancelled")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", nargs="?", metavar="RUN|FILE|-", help="a run's number or address, a file, or -"
    )
    shared.add_index(parser)
    shared.add_package(parser)
    shared.add_json(parser)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a log or a run says. `log` is the file in which the log is kept, if it was fetched.

    `notes` are what got no answer, or is worth knowing beside. Where no diagnosis was found,
    `errors` are the log's lines to read, `uploaded` tells which files had gone up before, and
    `advice` how to see more.
    """

    diagnoses: tuple[Diagnosis, ...]
    source: str
    log: Path | None = None
    run_url: str = ""
    errors: tuple[str, ...] = ()
    uploaded: str = ""
    advice: str = ""
    notes: tuple[str, ...] = ()
    failed: bool = True
    is_empty: bool = False


def main(context: Context, options: argparse.Namespace) -> int:
    explanation = _explained(context, _project(context, options), options.source)
    if context.console.is_json:
        context.console.json(_document(explanation))
    else:
        show(context.console, explanation)
    return 0 if explanation.diagnoses or not explanation.failed else 1


def _explained(context: Context, project: Project | None, source: str | None) -> Explanation:
    if source == "-":
        text = getattr(sys.stdin, "buffer", sys.stdin).read()
        return _explain_log(context, project, text, source="standard input", keep=True)
    if source and context.path(source).is_file():
        return _explain_log(context, project, read_log_file(context.path(source)), source=source)
    found = _RUN.fullmatch(source or "")
    if source and not found:
        raise ConfigurationError(
            f"`{source}` is neither a run nor a file.",
            reason="A run is its address, https://github.com/OWNER/REPOSITORY/actions/runs/NUMBER, or "
            "the number at its end; the #12 beside its name is another number.",
            hint="Give `-` to read a log from standard input.",
        )
    place = _place(context, project, found["slug"] if found else None)
    if found is None:
        return _release_without_run(project, place) or _explain_newest(project, place)
    run = place.forge.run(int(found["id"]))
    if run is None:
        raise _no_run(place, f"Asked for {source}.")
    return _explain_run(project, run, place)


def read_log_file(path: Path) -> bytes:
    """The bytes of a log in a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"`{path.name}` cannot be read.",
            reason=error.strerror or str(error),
            hint="Give `-` to read the log from standard input.",
        ) from error


def _no_run(place: Sources, reason: str) -> ForgeError:
    return ForgeError(
        f"{place.forge.slug} has no such run.",
        reason=reason,
        hint=f"Look at {place.forge.url}/actions",
    )


def _project(context: Context, options: argparse.Namespace) -> Project | None:
    """The project here, if there is one: a log can be read without."""
    try:
        return shared.load_project(context, options)
    except ConfigurationError:
        if options.index or options.package:
            raise
        return None


def _place(
    context: Context, project: Project | None, slug: str | None, forge: Forge | None = None
) -> Sources:
    """Where a run is looked for, and what this checkout says about its publisher."""
    from nox_release.edges.git import find_repository
    from nox_release.observing.publishers import spelt

    repository = find_repository(context.root, context.runner)
    forge = forge or _forge(context, project, repository, slug)
    derived = spelt(_derived(repository, project), forge) if repository is not None else None
    return Sources(forge=forge, clock=context.clock, repository=repository, derived=derived)


def _forge(
    context: Context, project: Project | None, repository: Repository | None, slug: str | None
) -> Forge:
    """The repository on GitHub: that of the run's address, of the remote, or of `[project.urls]`."""
    from nox_release.edges.forge import Forge
    from nox_release.observing.workflow_files import github_remote

    found: tuple[str, str] | str = "Neither a git remote nor `[project.urls]` names one."
    if slug is None and repository is not None:
        found = github_remote(repository, project.settings if project else Settings())
    if isinstance(found, str):
        found = repository_of(project) or found
    if slug is None and isinstance(found, str):
        raise ConfigurationError(
            "It is not known which repository on GitHub is meant.",
            reason=found,
            hint="Give the run's whole address, or a log: nox -s diagnose -- FILE",
        )
    return Forge(slug or "/".join(found), context.runner, context.root, clock=context.clock)


def _derived(repository: Repository, project: Project | None) -> Derivation:
    """What the checkout publishes as; the remote's owner, whatever `[project.urls]` say."""
    from nox_release.observing.publishers import derive_in
    from nox_release.observing.workflow_files import github_remote, package_in

    settings = project.settings if project else Settings()
    slug = github_remote(repository, settings)
    return derive_in(
        repository.root,
        settings,
        None if isinstance(slug, str) else slug,
        package=package_in(repository.root, project) if project else None,
    ).derivation


def _publisher_here(context: Context, project: Project | None) -> TrustedPublisher | None:
    """What this checkout would publish as."""
    from nox_release.edges.git import find_repository

    try:
        repository = find_repository(context.root, context.runner)
        return None if repository is None else _derived(repository, project).publisher
    except NoxReleaseError:  # the log can be read without
        return None


def _explain_newest(project: Project | None, place: Sources) -> Explanation:
    """The newest run if something is wrong with it, else the newest that failed before it.

    Without a known workflow, the runs of all of them count.
    """
    workflow = project.settings.workflow if project else None
    if place.publisher is not None:
        workflow = place.publisher.workflow
    runs = place.forge.runs(workflow=workflow, newest=_RUNS)
    if not runs:
        raise _no_run(place, "The publish workflow has not run yet.")
    failed = next((run for run in runs if run.is_over and run.conclusion in _FAILED), None)
    if workflow is None and failed is not None:
        return _explain_run(project, failed, place)
    newest = _explain_run(project, runs[0], place)
    if failed is None or failed is runs[0] or newest.diagnoses or not runs[0].succeeded:
        return newest
    explanation = _explain_run(project, failed, place)
    note = f"A newer run succeeded: {runs[0].url}"
    return replace(explanation, notes=(note, *explanation.notes))


def _release_without_run(project: Project | None, place: Sources) -> Explanation | None:
    """Why this version's GitHub release started nothing, if that is so."""
    if project is None or project.version is None:
        return None
    here = replace(place, notes=[])
    world = observe_release(project, None, here)
    if not world.release_exists or world.run_found is not False or world.index_files:
        return None
    source = f"the release {world.tag}"
    return Explanation(diagnoses=silent_failures(world), source=source, notes=tuple(here.notes))


def explain(context: Context, project: Project | None, run: Run, *, forge: Forge) -> Explanation:
    """Why the run failed. What GitHub does not answer becomes a note, not an error."""
    return _explain_run(project, run, _place(context, project, None, forge))


def _explain_log(
    context: Context, project: Project | None, log: str | bytes, *, source: str, keep: bool = False
) -> Explanation:
    """What a log says; `keep` writes it to a file."""
    known = Circumstances(publisher=_publisher_here(context, project))
    found = diagnose(log, project=project, known=known)
    told = _told(project, log, found, source=source, keep=keep)
    if not told.errors:
        told = replace(told, uploaded="", advice="")
    return replace(told, failed=bool(found or told.errors), is_empty=not log.strip())


def _explain_run(project: Project | None, run: Run, place: Sources) -> Explanation:
    notes: list[str] = []
    forge = place.forge
    jobs = ask(notes, "the run's jobs", lambda: forge.jobs(run.id)) or ()
    failed = run.is_over and not run.succeeded
    text = ""
    found: tuple[Diagnosis, ...] = ()
    known = Circumstances(
        publisher=place.publisher,
        version=tag_and_version(project, run)[1] or None if project else None,
        run_attempt=run.attempt,
        run_url=run.url,
    )
    if failed:
        log = ask(notes, "the run's log", lambda: forge.log(run.id)) or ""
        text = f"{log}\n{_annotations(notes, forge, jobs)}".strip()
        if project is not None and known.version:
            files = files_on_index(project, known.version, clock=place.clock, notes=notes)
            known = replace(known, index_files=files)
        found = diagnose(text, project=project, known=known)
    if not found and project is not None:
        whole_log = cache(
            lambda: ask(notes, "the run's log", lambda: forge.log(run.id, failed=False))
        )
        here = replace(place, notes=notes, jobs=jobs, log=whole_log)
        world = observe_release(project, run, here)
        found = silent_failures(world)
        if found and run.succeeded and world.index_files == ():
            text = whole_log() or ""
            found = (*diagnose(text, project=project, known=known), *found)
    source = f"run {run.id} of {run.workflow.rpartition('/')[2]} ({run.conclusion or run.status})"
    told = _told(project, text, found, source=source, keep=bool(text))
    return replace(told, run_url=run.url, notes=tuple(notes), failed=failed)


def _told(
    project: Project | None,
    text: str | bytes,
    found: tuple[Diagnosis, ...],
    *,
    source: str,
    keep: bool,
) -> Explanation:
    """What was found in a text, or what of it is to be read where nothing was."""
    explanation = Explanation(diagnoses=found, source=source, log=keep_log(text) if keep else None)
    if found or not text:
        return explanation
    return replace(
        explanation,
        errors=first_errors(text),
        uploaded=uploads_in_log(read(text), project),
        advice=more_to_see(text),
    )


def _annotations(notes: list[str], forge: Forge, jobs: Sequence[Job]) -> str:
    """The annotations of jobs that did not succeed, as log lines: some causes stand only there."""
    lines = []
    for job in jobs:
        if job.conclusion in (None, "success", "skipped"):
            continue
        for level, message in (
            ask(notes, f"the annotations of {job.name}", partial(forge.annotations, job.id)) or ()
        ):
            kind = {"failure": "error", "notice": "notice"}.get(level, "warning")
            lines += [f"{job.name}\t\t##[{kind}]{line}" for line in message.splitlines()]
    return "\n".join(lines)


def show(console: Console, explanation: Explanation) -> None:
    """What happened, why, what to do, how sure; and where the log is."""
    console.title(f"Diagnosis of {explanation.source}")
    if explanation.run_url:
        console.line(explanation.run_url)
    for number, diagnosis in enumerate(explanation.diagnoses[:_SHOWN]):
        if number == 1:
            console.line()
            console.line("Also seen in it:")
        _show_one(console, diagnosis)
    if not explanation.diagnoses:
        _show_nothing(console, explanation)
    for note in explanation.notes:
        console.mark("not known", note)
    if explanation.log:
        console.line(f"The log is kept in {explanation.log}")
    if explanation.diagnoses:
        what = "do that" if len(explanation.diagnoses) == 1 else "do what the first one says"
        goes_on = explanation.run_url and explanation.failed
        then = "; then `nox -s release` continues where it stopped" if goes_on else ""
        console.mark("step", f"Next: {what}{then}.")


def _show_one(console: Console, diagnosis: Diagnosis) -> None:
    console.mark("error", diagnosis.title, detail=f"[{diagnosis.id}]")
    place = [
        f"{name} {value}"
        for name, value in (
            ("job", diagnosis.job),
            ("step", diagnosis.step),
            ("line", diagnosis.line_number),
        )
        if value and diagnosis.line
    ]
    if diagnosis.line:
        console.line("what happened: ", quoted=diagnosis.line, indent=2)
    for label, text in (
        ("where", ", ".join(place)),
        ("why", diagnosis.cause),
        ("what to do", diagnosis.fix),
        ("how sure", diagnosis.confidence),
        ("see", diagnosis.link),
    ):
        if text:
            console.line(f"{label}: {text}", indent=2)


def _show_nothing(console: Console, explanation: Explanation) -> None:
    if explanation.is_empty:
        console.mark("not known", "It is empty: nothing can be told from it.")
        return
    if not explanation.failed:
        console.mark("ok", "No failure found in it.")
        return
    console.mark("not known", "This failure is not in the catalogue, so no guess is made.")
    if explanation.errors:
        console.line("The lines to read:")
    for line in explanation.errors:
        console.line(quoted=line, indent=2)
    for line in filter(None, (explanation.uploaded, explanation.advice)):
        console.line(line)
    console.line(f"Ask with these lines at {_ASK}")


def _document(explanation: Explanation) -> dict[str, object]:
    return {
        "source": explanation.source,
        "run": explanation.run_url or None,
        "failed": explanation.failed,
        "diagnoses": [diagnosis.document() for diagnosis in explanation.diagnoses],
        "first_errors": list(explanation.errors),
        "uploaded": explanation.uploaded or None,
        "advice": explanation.advice or None,
        "log": str(explanation.log) if explanation.log else None,
        "notes": list(explanation.notes),
    }
