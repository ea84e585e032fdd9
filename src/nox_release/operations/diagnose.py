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
from nox_release.diagnosis.engine import diagnose, first_errors, more_to_see, read
from nox_release.diagnosis.model import Diagnosis
from nox_release.diagnosis.rivals import uploads_in_log
from nox_release.diagnosis.silent import silent_failures
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
    project = _project(context, options)
    explanation = _explained(context, project, options.source)
    if context.console.is_json:
        context.console.json(_document(explanation))
    else:
        show(context.console, explanation)
    return 0 if explanation.diagnoses or not explanation.failed else 1


def _explained(context: Context, project: Project | None, source: str | None) -> Explanation:
    if source == "-":
        stream = getattr(sys.stdin, "buffer", None)
        text = stream.read() if stream else sys.stdin.read()
        here = _publisher_here(context, project)
        return explain(context, project, text, publisher=here, source="standard input", keep=True)
    if source and context.path(source).is_file():
        text = read_log_file(context.path(source))
        here = _publisher_here(context, project)
        return explain(context, project, text, publisher=here, source=source)
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
        unnoticed = _release_without_run(context, project, place)
        if unnoticed is not None:
            return unnoticed
        return _explain_newest(context, project, place)
    run = place.forge.run(int(found["id"]))
    if run is None:
        raise _no_run(place, f"Asked for {source}.")
    return _explain_run(context, project, run, place)


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


def _no_run(place: Place, reason: str) -> ForgeError:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a run is looked for, and what this checkout says about its publisher."""

    forge: Forge
    repository: Repository | None
    derived: Derivation | None

    @property
    def publisher(self) -> TrustedPublisher | None:
        return self.derived.publisher if self.derived else None


def _place(
    context: Context, project: Project | None, slug: str | None, forge: Forge | None = None
) -> Place:
    from nox_release.edges.git import find_repository
    from nox_release.observing.publishers import spelt

    repository = find_repository(context.root, context.runner)
    derived = _derived(repository, project) if repository is not None else None
    forge = forge or _forge(context, project, repository, slug)
    return Place(
        forge=forge,
        repository=repository,
        derived=spelt(derived, forge) if derived is not None else None,
    )


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


# So many runs are looked through for the newest one that failed.
_RUNS = 30


def _explain_newest(context: Context, project: Project | None, place: Place) -> Explanation:
    """The newest run if something is wrong with it, else the newest that failed before it.

    Without a known workflow, the runs of all of them count.
    """
    workflow = project.settings.workflow if project else None
    if place.publisher is not None:
        workflow = place.publisher.workflow
    runs = place.forge.runs(workflow=workflow, newest=_RUNS)
    failed = next((run for run in runs if _has_failed(run)), None)
    if not runs:
        raise _no_run(place, "The publish workflow has not run yet.")
    if workflow is None and failed is not None:
        return _explain_run(context, project, failed, place)
    newest = _explain_run(context, project, runs[0], place)
    if newest.diagnoses or failed in (None, runs[0]) or not runs[0].succeeded:
        return newest
    assert failed is not None  # noqa: S101 - `None` was returned for
    explanation = _explain_run(context, project, failed, place)
    note = f"A newer run succeeded: {runs[0].url}"
    return replace(explanation, notes=(note, *explanation.notes))


def _has_failed(run: Run) -> bool:
    return run.is_over and run.conclusion in (
        "failure",
        "timed_out",
        "startup_failure",
        "cancelled",
    )


def _release_without_run(
    context: Context, project: Project | None, place: Place
) -> Explanation | None:
    """Why this version's GitHub release started nothing, if that is so."""
    if project is None or project.version is None:
        return None
    notes: list[str] = []
    world = observe_release(project, None, _sources(context, place, notes))
    if not world.release_exists or world.run_found is not False or world.index_files:
        return None
    return Explanation(
        diagnoses=silent_failures(world),
        source=f"the release {world.tag}",
        notes=tuple(notes),
    )


def _sources(context: Context, place: Place, notes: list[str]) -> Sources:
    return Sources(
        forge=place.forge,
        clock=context.clock,
        notes=notes,
        repository=place.repository,
        derived=place.derived,
    )


def explain(
    context: Context,
    project: Project | None,
    subject: str | bytes | Run,
    *,
    forge: Forge | None = None,
    publisher: TrustedPublisher | None = None,
    source: str = "",
    keep: bool = False,
) -> Explanation:
    """Why the run failed, or what the log in `subject` says; `keep` writes that log to a file.

    What GitHub does not answer becomes a note, not an error.
    """
    if not isinstance(subject, str | bytes):
        named = _RUN.fullmatch(subject.url)
        place = _place(context, project, named["slug"] if named else None, forge)
        return _explain_run(context, project, subject, place)
    known = Circumstances(publisher=publisher)
    found = diagnose(subject, project=project, known=known)
    errors = () if found else first_errors(subject)
    return Explanation(
        diagnoses=found,
        source=source or "the log",
        log=keep_log(subject) if keep else None,
        errors=errors,
        uploaded=uploads_in_log(read(subject), project) if errors else "",
        advice=more_to_see(subject) if errors else "",
        failed=bool(found or errors),
        is_empty=not subject.strip(),
    )


def _explain_run(context: Context, project: Project | None, run: Run, place: Place) -> Explanation:
    notes: list[str] = []
    forge = place.forge
    jobs = ask(notes, "the run's jobs", lambda: forge.jobs(run.id)) or ()
    text = ""
    found: tuple[Diagnosis, ...] = ()
    known = Circumstances(
        publisher=place.publisher,
        version=tag_and_version(project, run)[1] or None if project else None,
        run_attempt=run.attempt,
        run_url=run.url,
    )
    if run.is_over and not run.succeeded:
        log = ask(notes, "the run's log", lambda: forge.log(run.id)) or ""
        text = f"{log}\n{_annotations(notes, forge, jobs)}".strip()
        if project is not None and known.version:
            files = files_on_index(project, known.version, clock=context.clock, notes=notes)
            known = replace(known, index_files=files)
        found = diagnose(text, project=project, known=known)
    if not found and project is not None:
        whole_log = cache(
            lambda: ask(notes, "the run's log", lambda: forge.log(run.id, failed=False))
        )
        sources = replace(_sources(context, place, notes), jobs=jobs, log=whole_log)
        world = observe_release(project, run, sources)
        found = silent_failures(world)
        if found and run.succeeded and world.index_files == ():
            text = whole_log() or ""
            found = (*diagnose(text, project=project, known=known), *found)
    unknown = bool(text) and not found
    return Explanation(
        diagnoses=found,
        source=f"run {run.id} of {run.workflow.rpartition('/')[2]} ({run.conclusion or run.status})",
        log=keep_log(text) if text else None,
        run_url=run.url,
        errors=first_errors(text) if unknown else (),
        uploaded=uploads_in_log(read(text), project) if unknown else "",
        advice=more_to_see(text) if unknown else "",
        notes=tuple(notes),
        failed=run.is_over and not run.succeeded,
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
        then = "; then `nox -s release` continues where it stopped" if explanation.run_url else ""
        console.mark("step", f"Next: {what}{then}.")


def _show_one(console: Console, diagnosis: Diagnosis) -> None:
    console.mark("error", diagnosis.title, detail=f"[{diagnosis.id}]")
    if diagnosis.line:
        place = [f"job {diagnosis.job}"] if diagnosis.job else []
        place += [f"step {diagnosis.step}"] if diagnosis.step else []
        place += [f"line {diagnosis.line_number}"] if diagnosis.line_number else []
        console.line("what happened: ", quoted=diagnosis.line, indent=2)
        if place:
            console.line(f"where: {', '.join(place)}", indent=2)
    console.line(f"why: {diagnosis.cause}", indent=2)
    console.line(f"what to do: {diagnosis.fix}", indent=2)
    console.line(f"how sure: {diagnosis.confidence}", indent=2)
    if diagnosis.link:
        console.line(f"see: {diagnosis.link}", indent=2)


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
