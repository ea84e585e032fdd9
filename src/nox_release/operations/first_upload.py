"""Bring the project into being on the index, once. After that every version comes from CI.

usage: nox -s first-upload -- [--pending-publisher | --placeholder] [--yes] [--open]

Builds and inspects the project, shows what goes where and as whom, uploads it with twine, waits
until the index lists it, and goes on to the trusted publisher. Running it again finishes what was
interrupted.
"""

import argparse
import contextlib
from collections.abc import Iterable
from functools import partial
from typing import TypeVar

from packaging.version import Version

from nox_release.checks.index.state import Released, check_index_state
from nox_release.checks.release import preflight
from nox_release.core.answers import CouldNotAsk, ask
from nox_release.core.errors import CommandError, ConfigurationError, ConflictError, NoxReleaseError
from nox_release.core.findings import Finding, Passed, Result, Severity, Skipped, errors_in, ranked
from nox_release.core.values import dataclass, replace
from nox_release.edges.aside import temporary_folder
from nox_release.edges.context import Context
from nox_release.edges.git import NotARepository, find_repository
from nox_release.edges.maintainer import Keyring
from nox_release.edges.process import side_by_side
from nox_release.edges.tokens import Credential
from nox_release.files.archives import read_distribution
from nox_release.files.distributions import Distribution
from nox_release.observing.place import python_folders
from nox_release.operations import options as shared
from nox_release.operations.build_report import show_files
from nox_release.operations.ending import judge_uploaded
from nox_release.operations.looking import named
from nox_release.operations.placeholder import VERSION, build_placeholder
from nox_release.operations.reconcile import Story, reconcile
from nox_release.operations.registering import show_pending, tell_what_follows
from nox_release.operations.release_screen import blocked
from nox_release.operations.sending import Sent, explain_refusal, perform
from nox_release.operations.uploader import (
    FirstUpload,
    asked_credential,
    credential_for,
    found_credential,
    maintainer_of,
    names_on_index,
    refused_credential,
    whom,
    whose,
)
from nox_release.project import pages
from nox_release.project.pyproject import Index
from nox_release.releases.observed import IndexProject, Observed, Ownership
from nox_release.releases.plan import (
    Expected,
    Plan,
    Target,
    Upload,
    UploadStep,
    expected_names,
    files_there,
    plan_first_upload,
    unexpected_files,
)

T = TypeVar("T")
_AT_ONCE = 4


def add_options(parser: argparse.ArgumentParser) -> None:
    shared.add_yes(parser)
    ways = parser.add_mutually_exclusive_group()
    shared.add_flag(
        ways,
        "--pending-publisher",
        "upload nothing: show how the first release from CI creates the project",
    )
    shared.add_flag(
        ways,
        "--placeholder",
        "upload an empty 0.0.0.dev0 that says what it is, so that CI makes every real version",
    )
    shared.add_flag(parser, "--open", "open the publisher's page in the browser at the end")
    shared.add_smoke(parser, "do not try the wheel out before it is uploaded")
    shared.add_index(parser)
    shared.add_package(parser)


def main(context: Context, options: argparse.Namespace) -> int:
    """The session."""
    from nox_release.edges.index import open_index

    project = named(context, shared.load_project(context, options))
    repository = find_repository(project.root, context.runner)
    if repository is None:
        raise NotARepository(project.root)
    with open_index(project.settings.index, clock=context.clock, at_first=3) as client:
        upload = FirstUpload(
            context=context,
            options=options,
            project=project,
            repository=repository,
            client=client,
            keyring=Keyring(context.runner, context.root),
        )
        return show_pending(upload) if options.pending_publisher else _upload(upload)


def _upload(upload: FirstUpload) -> int:
    """The story: look, build, judge, show, ask, send."""
    commit = upload.repository.head()
    observed = _look_around(upload)
    there = insisted(observed.project)
    _say_odd_time(upload)
    begun = _begun(upload, there)
    # What is known now is judged now: a build may take minutes.
    credential = None if begun else _admitted(upload, observed)
    with contextlib.ExitStack() as stack:
        made = _make(upload, stack, begun)
        upload = replace(upload, project=replace(upload.project, name=made.name))
        target = made.target(upload.index, commit)
        if there is not None:
            there = upload.client.with_digests(there, target.version)
            observed = replace(observed, project=there)
        sent = Sent()
        if _plan(sent, target, observed).is_finished:
            return _finished(upload, target, observed)
        _refuse_other_releases(upload, there, observed.ownership, target)
        results = (*made.results, *_judge(upload, target, observed, made.distributions))
        credential = credential or credential_for(upload, there)
        plan = _plan(sent, target, observed)
        _show_results(upload, target, results)
        _show_plan(upload, made, target, observed, plan)
        _show_uploader(upload, target, credential, observed.ownership)
        refused = refused_credential(upload, credential, there) if begun else None
        _stop_at_blockers(upload, target.title, results, refused)
        left = sum(isinstance(step, Upload) for step in plan.todo)
        files = "one file" if left == 1 else f"{left} files"
        upload.console.line()
        upload.console.confirm(
            f"Upload {files} of {target.title} to {upload.index.title}?",
            yes=upload.options.yes,
        )
        story: Story[UploadStep, Observed] = Story(
            target=target,
            look=partial(_look, upload, target),
            plan=partial(_plan, sent, target),
            perform=partial(perform, upload, target, made.distributions, credential, sent),
            console=upload.console,
            clock=upload.context.clock,
            again="nox -s first-upload",
        )
        try:
            observed = reconcile(story, observed, plan.todo)
        except CommandError as error:
            explain_refusal(upload.console, upload.project, error)
            raise
    return _finished(upload, target, observed, credential)


def _admitted(upload: FirstUpload, observed: Observed) -> Credential:
    """What uploads, when nothing that is known before a build speaks against it.

    Raises:
        NoxReleaseError: something does; all of it at once.
    """
    there = insisted(observed.project)
    version = VERSION if upload.options.placeholder else upload.project.version
    target = Target(
        name=upload.project.name,
        version=version or "",
        tag="",
        commit=observed.head,
        index=upload.index,
    )
    _refuse_other_releases(upload, there, observed.ownership, target)
    results = _judge(upload, target, observed)
    found = found_credential(upload)
    refused = refused_credential(upload, found, there) if found is not None else None
    _stop_at_blockers(upload, target.title if version else target.name, results, refused)
    if found is not None:
        return found
    typed = asked_credential(upload, there)
    _stop_at_blockers(upload, target.title, (), refused_credential(upload, typed, there))
    return typed


# --- looking ---------------------------------------------------------------------------------


def _look_around(upload: FirstUpload) -> Observed:
    """The index, and what lies in the tree."""
    name, client, repository = upload.project.name, upload.client, upload.repository
    with upload.console.waiting(f"Asking about {name}"), side_by_side(_AT_ONCE) as pool:
        project = pool.submit(ask, lambda: client.fetch_project(name))
        ownership = pool.submit(ask, lambda: client.fetch_ownership(name))
        changes = pool.submit(ask, repository.changes)
        folders = pool.submit(ask, lambda: python_folders(repository.tracked()))
        observed = Observed(
            head=repository.head(),
            project=project.result(),
            ownership=ownership.result(),
            changes=changes.result(),
            tracked_folders=folders.result(),
        )
    if observed.project is None and upload.index.is_like_pypi:
        return replace(observed, names=names_on_index(upload))
    return observed


def _look(upload: FirstUpload, target: Target, before: Observed) -> Observed:
    project = upload.client.fetch_project(upload.project.name, version=target.version)
    return replace(before, project=project)


def _say_odd_time(upload: FirstUpload) -> None:
    """A token is narrowed by the index's time, where that can be."""
    if upload.client.clock_trouble:
        upload.console.mark("warning", f"{upload.client.clock_trouble}.")


# --- the files -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The files to upload, the project's name as they spell it, and what was found in them."""

    name: str
    distributions: tuple[Distribution, ...]
    results: tuple[Result, ...] = ()

    def target(self, index: Index, commit: str) -> Target:
        return Target(
            name=self.name,
            version=self.distributions[0].version,
            tag="",
            commit=commit,
            index=index,
            files=tuple(
                Expected(filename=one.filename, sha256=one.sha256) for one in self.distributions
            ),
        )


def _make(
    upload: FirstUpload, stack: contextlib.ExitStack, begun: tuple[Distribution, ...]
) -> Made:
    name, options = upload.project.name, upload.options
    if options.placeholder:
        folder = stack.enter_context(temporary_folder("placeholder"))
        return Made(
            name=name, distributions=build_placeholder(upload.context, upload.project, folder)
        )
    if begun:
        upload.console.line("Going on with the files in dist/, of which some are there already.")
        return Made(name=name, distributions=begun)
    from nox_release.operations.build import build

    built = build(upload.context, upload.project, smoke=options.smoke)
    quiet = options.smoke is False  # what the maintainer left out is no news to them
    return Made(
        name=built.project.name,
        distributions=built.uploadable,
        results=tuple(r for r in built.results if not (quiet and isinstance(r, Skipped))),
    )


def _begun(upload: FirstUpload, there: IndexProject | None) -> tuple[Distribution, ...]:
    """The files in dist/ whose upload was interrupted: one at least is on the index, with the same
    bytes. A build now might differ in a byte, and then nothing would fit together.
    """
    if there is None or not there.files or upload.options.placeholder:
        return ()
    folder = upload.project.root / "dist"
    found = []
    for path in sorted((*folder.glob("*.tar.gz"), *folder.glob("*.whl"))):
        with contextlib.suppress(NoxReleaseError, OSError):
            found.append(read_distribution(path))
    for version in {one.version for one in found}:
        there = upload.client.with_digests(there, version)
    known = {file.filename: file.sha256 for file in there.files}
    same = [one for one in found if known.get(one.filename) == one.sha256]
    versions = {one.version for one in same}
    if len(versions) != 1 or len(there.versions) > 1:
        return ()
    begun = tuple(one for one in found if one.version in versions)
    declared = upload.project.version
    if declared is None:  # a build has to say which version this is, unless one is half done
        return begun if len(same) < len(begun) else ()
    return begun if Version(declared) == Version(versions.pop()) else ()


# --- judging ---------------------------------------------------------------------------------


def _refuse_other_releases(
    upload: FirstUpload,
    there: IndexProject | None,
    ownership: Ownership | CouldNotAsk | None,
    target: Target,
) -> None:
    """Stop where the project has releases that are not the one being uploaded. Before a build its
    files are not known, and its version may not be.

    Raises:
        ConflictError: it has.
    """
    if there is None or (not there.files and not there.versions):
        return
    if target.version:
        ours = there.release_files(target.version)
        strange = bool(target.files and unexpected_files(target, ours))
    else:
        ours, strange = there.files, len(there.versions) > 1
    if len(there.files) == len(ours) and not strange:
        return  # begun already; bytes are looked at by the plan
    page = pages.publishing_page(upload.index, there.name)
    registered = f" (the publisher is registered at {page})" if upload.index.is_like_pypi else ""
    raise ConflictError(
        f"{there.name} has releases on {upload.index.title} already "
        f"({', '.join(there.versions[-3:])}).",
        **whose(upload, there, ownership, yours=f"Yours: go on with nox -s release{registered}."),
    )


def _judge(
    upload: FirstUpload,
    target: Target,
    observed: Observed,
    distributions: tuple[Distribution, ...] = (),
) -> list[Result]:
    """Tree and index against what is to be uploaded."""
    results: list[Result] = []
    if not upload.options.placeholder:
        insisted(observed.changes)
        insisted(observed.tracked_folders)
        results += preflight.check_changes(target, observed)
    state = check_index_state(
        replace(observed, maintainer=maintainer_of(upload, observed.ownership)),
        Released(
            name=target.name,
            index=upload.index,
            version=target.version or None,
            distributions=distributions,
        ),
        upload.context.clock.now(),
    )
    return results + [r for r in state if r.id not in ("project-absent", "version-exists")]


def _plan(sent: Sent, target: Target, observed: Observed) -> Plan[UploadStep]:
    blockers = errors_in(preflight.check_bytes(target, observed))
    return plan_first_upload(target, observed, blockers=blockers, sent=frozenset(sent.names))


def _stop_at_blockers(
    upload: FirstUpload,
    title: str,
    results: Iterable[Result],
    refused: ConfigurationError | None,
) -> None:
    found = ranked(errors_in(results))
    if refused is not None:
        for finding in found:
            upload.console.finding(finding)
        raise refused
    if found:
        raise blocked(title, found, done="nothing was uploaded", again="nox -s first-upload")


# --- showing ---------------------------------------------------------------------------------


def _show_results(upload: FirstUpload, target: Target, results: Iterable[Result]) -> None:
    console = upload.console
    console.title(f"{target.title} to {upload.index.title}")
    console.listed(
        one
        for one in results
        if isinstance(one, Skipped)
        or (isinstance(one, Finding) and one.severity is not Severity.ERROR)
    )


def _show_plan(
    upload: FirstUpload, made: Made, target: Target, observed: Observed, plan: Plan[UploadStep]
) -> None:
    for fact in plan.done:
        upload.console.mark("done", f"done: {fact}")
    there = {file.filename for file in files_there(target, observed)}
    missing = set(expected_names(target)) - there
    show_files(upload.console, (one for one in made.distributions if one.filename in missing))


def _show_uploader(
    upload: FirstUpload,
    target: Target,
    credential: Credential,
    ownership: Ownership | CouldNotAsk | None,
) -> None:
    console, you = upload.console, maintainer_of(upload, ownership)
    console.line()
    console.table(("", ""), [("to", upload.index.upload_url), *whom(target, credential, you)])
    if upload.options.placeholder:
        console.line("It holds nothing, and says so; pip takes it only when asked for --pre.")


# --- afterwards ------------------------------------------------------------------------------


def _finished(
    upload: FirstUpload, target: Target, observed: Observed, credential: Credential | None = None
) -> int:
    """What is there is judged; then step two, the trusted publisher, and the end of the wide token."""
    if not _is_whole(upload, target, observed):
        return 1
    already = " already" if credential is None else ""
    upload.console.mark("done", f"{target.title} is on {upload.index.title}{already}.")
    upload.console.paste(pages.project_page(upload.index, target.name, target.version))
    tell_what_follows(upload, target.name, credential)
    return 0


def _is_whole(upload: FirstUpload, target: Target, observed: Observed) -> bool:
    """Whether what is on the index is what was to be there, and can be had; if not, it is said."""
    console = upload.console
    results = judge_uploaded(upload.context, upload.client, target, observed)
    odd = [one for one in results if not isinstance(one, Passed)]
    for one in odd:
        console.result(one)
    if errors_in(odd):
        console.mark(
            "error",
            f"{target.title} is on {upload.index.title}, and something is wrong with it: see "
            "above.",
        )
    if odd:
        console.line("When that is settled: nox -s first-upload")
    return not odd


def insisted(answer: T | CouldNotAsk) -> T:
    """The answer; without one there is nothing to go on.

    Raises:
        NoxReleaseError: there was none.
    """
    if isinstance(answer, CouldNotAsk):
        raise NoxReleaseError(
            "Could not get the information needed. Nothing was uploaded.",
            reason=answer.reason,
            hint="Run the same command again when it can be had.",
        )
    return answer
