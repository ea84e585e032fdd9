"""The one thing to do next, decided from what was found."""

import shlex
from collections.abc import Sequence

from nox_release.checks.files.rules import FILE_EXISTS
from nox_release.checks.index import state as state_of_index
from nox_release.checks.judging import Case, Phase, what_must_be_known
from nox_release.checks.publisher import exchange as publisher_rules
from nox_release.checks.release import finished, preflight
from nox_release.core.answers import CouldNotAsk, known
from nox_release.core.findings import Finding, Passed, Result, errors_in, ranked
from nox_release.core.values import dataclass
from nox_release.project import pages
from nox_release.project.changelog import coming_version
from nox_release.releases.plan import files_there


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """The one thing to do next: a command, or a page with the values that belong there.

    `otherwise` introduces the page as another way to get where the command leads; without it the
    page comes first and the command after it.
    """

    kind: str
    text: str
    command: str = ""
    page: str = ""
    values: tuple[tuple[str, str], ...] = ()
    otherwise: str = ""


def command(name: str, arguments: Sequence[str] = ()) -> str:
    """A session's command line with the options this one was given."""
    return " ".join(
        [f"nox -s {name}", *(["--", *map(shlex.quote, arguments)] if arguments else [])]
    )


def next_step(
    case: Case, phase: Phase, results: Sequence[Result], *, arguments: Sequence[str] = ()
) -> NextStep:
    """What to do about the first blocker; without one, the release."""
    errors = errors_in(results)
    index, version = case.project.settings.index, _version(case)
    if errors and (step := _correction(case, errors, arguments)) is not None:
        return step
    if isinstance(case.observed.project, CouldNotAsk):
        return NextStep(
            kind="ask-again",
            text=f"Look again when {index.title} can be reached.",
            command=command("check-project", arguments),
        )
    if phase == "under way":
        return _to_know_first(results, arguments) or NextStep(
            kind="release",
            text=f"Go on with the release of {version}.",
            command=command("release", arguments),
        )
    published = is_published(results)
    if phase != "done" and (step := _registration(case, results, arguments)) is not None:
        return step
    if phase == "done" or published:
        return NextStep(
            kind="raise-version",
            text=f"{version} is {'out' if phase == 'done' else 'published'}. "
            "The next one (patch, minor, major, or a version):",
            command=_for_the_next(case, arguments),
        )
    return _to_know_first(results, arguments) or NextStep(
        kind="release",
        text=f"Release {version or 'the next version'}.",
        command=_release(case, arguments),
    )


def _to_know_first(results: Sequence[Result], arguments: Sequence[str]) -> NextStep | None:
    """What to do about the first question without whose answer a release does not begin."""
    unknown = what_must_be_known(results)
    if not unknown:
        return None
    first = unknown[0]
    return NextStep(
        kind="ask-again",
        text=f"{first.fix or first.message} [{first.id}]",
        command=command("check-project", arguments),
    )


def _correction(case: Case, errors: Sequence[Finding], arguments: Sequence[str]) -> NextStep | None:
    """What to do about errors, unless the index alone is the one to say what comes next."""
    project, ids = case.project, {error.id for error in errors}
    if finished.NOT_RAISED.id in ids:
        place = f" in {case.stated}" if case.stated else ""
        return NextStep(
            kind="raise-version",
            text=f"{_version(case)} is released, and HEAD has gone on. "
            f"Raise the version{place}, or:",
            command=command("prepare", ["patch", *arguments]),
        )
    if finished.HALF.id in ids:
        return NextStep(
            kind="raise-version",
            text=f"Nothing more comes of {_version(case)}. The next one (patch, minor, major, or a "
            "version):",
            command=_for_the_next(case, arguments),
        )
    stopping = {state_of_index.ABSENT.id, preflight.VERSION_TAKEN.id}
    if files_there(case.target, case.observed):
        stopping.add(preflight.TAG_ELSEWHERE_HERE.id)
    others = ranked([error for error in errors if error.id not in stopping])
    if "publish-workflow-missing" in ids and len(others) == 1:
        return NextStep(
            kind="init",
            text="Write the workflow that publishes.",
            command=command("init", arguments),
        )
    if others:
        first = others[0]
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        said = first.message.split(". ")[0].rstrip(".")
        return NextStep(
            kind="fix",
            text=f"Correct {first.where} [{first.id}]{more}."
            if first.where
            else f"Correct this{more}: {said}. [{first.id}]",
            command=command("check-project", arguments),
        )
    if state_of_index.ABSENT.id not in ids:
        return None
    index, ours = project.settings.index, case.derivation.publisher
    return NextStep(
        kind="first-upload",
        text=f"Bring {project.name} into being on {index.title}, once.",
        command=command("first-upload", arguments),
        page=pages.pending_page(index) if ours else "",
        values=pages.form_values(project.name, ours) if ours else (),
        otherwise="Or without any token: register a pending publisher with these values; then "
        + _release(case, [*arguments, "--pending-publisher"])
        if ours
        else "",
    )


def _registration(
    case: Case, results: Sequence[Result], arguments: Sequence[str]
) -> NextStep | None:
    """The publisher to register, where nothing proves that it is."""
    project, ours = case.project, case.derivation.publisher
    if ours is None:
        return None
    index = project.settings.index
    if case.target.pending_publisher and case.observed.project is None:
        return NextStep(
            kind="register-publisher",
            text="Register the pending publisher with these values, if you have not.",
            page=pages.pending_page(index),
            values=pages.form_values(project.name, ours),
            command=_release(case, [*arguments, "--pending-publisher"]),
        )
    if _is_proven(results):
        return None
    return NextStep(
        kind="register-publisher",
        text="Register the trusted publisher, if you have not; this page is filled in.",
        page=pages.publishing_page(index, project.name, ours),
        values=pages.form_values(project.name, ours),
        command=(_for_the_next if is_published(results) else _release)(case, arguments),
    )


def _version(case: Case) -> str | None:
    return case.target.version if case.version_known else None


def _release(case: Case, arguments: Sequence[str]) -> str:
    """The command that releases; where tags make the version, it has to be said which one."""
    unnamed = case.project.version_from_tags and not _version(case)
    return command("release", [*([_next_version(case)] if unnamed else []), *arguments])


def _for_the_next(case: Case, arguments: Sequence[str]) -> str:
    """The command that begins the release after this one."""
    if case.project.version_from_tags:
        return command("release", [_next_version(case), *arguments])
    return command("prepare", ["patch", *arguments])


def _next_version(case: Case) -> str:
    """The version that the changelog has and no tag or index; else the smallest step."""
    _, text = case.changelog
    coming, there = coming_version(text or "", case.newest_tagged), known(case.observed.project)
    known_there = coming is None or (there is not None and there.has_version(coming))
    return "patch" if known_there else str(coming)


def is_published(results: Sequence[Result]) -> bool:
    """Whether every file of this version is on the index."""
    for result in results:
        if isinstance(result, Finding):
            if result.id == preflight.VERSION_TAKEN.id:
                return True
            if result.id == state_of_index.VERSION_EXISTS.id and "not yet" not in result.message:
                return True
        elif isinstance(result, Passed) and result.id == FILE_EXISTS.id:
            return True
    return False


def _is_proven(results: Sequence[Result]) -> bool:
    """Whether the newest release came from the publisher that this checkout has."""
    return any(
        isinstance(result, Passed) and result.id == publisher_rules.LAST_RELEASE_DIFFERS.id
        for result in results
    )
