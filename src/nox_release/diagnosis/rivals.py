"""One text, several causes: which it is here, by what the log and the project show."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from nox_release.diagnosis.claims import called_elsewhere, differences, parse_claims
from nox_release.diagnosis.model import Diagnosis
from nox_release.diagnosis.values import fill, repository_of, values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nox_release.diagnosis.engine import Hit
    from nox_release.diagnosis.normalise import Log
    from nox_release.diagnosis.values import Circumstances
    from nox_release.project.pyproject import Project


class Case:
    """Everything a judgement may look at."""

    def __init__(
        self, log: Log, project: Project | None, known: Circumstances, claims: Mapping[str, str]
    ) -> None:
        self.log = log
        self.project = project
        self.known = known
        self.claims = claims
        self.values = values_of(log.text, project, known, claims)


def judged(
    log: Log, hits: Sequence[Hit], *, project: Project | None, known: Circumstances
) -> tuple[Diagnosis, ...]:
    """The diagnoses of these hits, worded for this project, most likely first."""
    if not hits:
        return ()
    case = Case(log, project, known, parse_claims(log.text))
    found: list[Diagnosis] = []
    for hit in hits:
        diagnosis = _diagnosis(hit, case)
        judge = _JUDGES.get(hit.entry.id)
        found.extend(judge(diagnosis, hit, case) if judge else (diagnosis,))
    unique: dict[str, Diagnosis] = {}
    for diagnosis in found:
        unique.setdefault(diagnosis.id, diagnosis)
    return tuple(unique.values())


def _diagnosis(hit: Hit, case: Case) -> Diagnosis:
    line = case.log.line_at(hit.start)
    shown = case.log.text_of_lines(hit.start, hit.end)
    entry = hit.entry
    return Diagnosis(
        id=entry.id,
        title=fill(entry.title, case.values, hit.groups),
        cause=fill(entry.cause, case.values, hit.groups),
        fix=fill(entry.fix, case.values, hit.groups),
        link=fill(entry.link, case.values, hit.groups),
        line=shown[:500],
        line_number=line.number,
        job=line.job,
        step="" if line.step == "UNKNOWN STEP" else line.step,
        confidence=entry.confidence,
        tool=entry.tool,
        captures=tuple(hit.groups.items()),
    )


# --- no publisher for these claims -----------------------------------------------------------


def _no_publisher(diagnosis: Diagnosis, _: Hit, case: Case) -> tuple[Diagnosis, ...]:
    elsewhere = called_elsewhere(case.claims)
    if elsewhere:
        cause = (
            f"The publishing job stands in a reusable workflow of `{elsewhere}`, but the run "
            f"belongs to `{case.claims['repository']}`: PyPI knows no such publisher."
        )
        fix = (
            "Write the publishing job out in this repository's own workflow, and keep only the "
            "build in the reusable one."
        )
        return (replace(diagnosis, cause=cause, fix=fix),)
    if case.known.publisher is not None and case.claims:
        found = differences(case.claims, case.known.publisher)
        if found:
            return (
                replace(diagnosis, cause=" ".join((diagnosis.cause, *found)), confidence="certain"),
            )
        fix = (
            "The run's claims are those of this project's workflow, so what is registered on "
            f"{case.values['index']} differs, has expired (a pending publisher lives 30 days) or "
            f"is registered on another index. {diagnosis.fix}"
        )
        return (replace(diagnosis, fix=fix),)
    hints = _claim_hints(case)
    if hints:
        return (replace(diagnosis, cause=" ".join((diagnosis.cause, *hints))),)
    return (diagnosis,)


def _claim_hints(case: Case) -> tuple[str, ...]:
    claims, found = case.claims, []
    if not claims:
        return ()
    shown = [
        f"{label} `{claims[key]}`"
        for key, label in (
            ("repository", "repository"),
            ("workflow", "workflow file"),
            ("environment", "environment"),
        )
        if claims.get(key)
    ]
    if claims.get("environment") == "":
        shown.append("no environment")
    found.append(f"The run came with {', '.join(shown)}.")
    expected = repository_of(case.project)
    actual = claims.get("repository", "")
    if expected and actual and "/".join(expected) != actual:
        found.append(f"This project's repository is `{'/'.join(expected)}`.")
    settings = case.project.settings if case.project else None
    if settings and settings.workflow and claims.get("workflow") not in (None, settings.workflow):
        found.append(f"This project publishes with `{settings.workflow}`.")
    if (
        settings
        and settings.environment
        and claims.get("environment", settings.environment).lower() != settings.environment.lower()
    ):
        found.append(f"This project's environment is `{settings.environment}`.")
    return tuple(found)


# --- the file is there already ---------------------------------------------------------------


def _already_there(diagnosis: Diagnosis, hit: Hit, case: Case) -> tuple[Diagnosis, ...]:
    """The named file of another version than the project's: what was built is not what was meant."""
    version = case.known.version or (case.project.version if case.project else None)
    named = re.search(r"\('([^']+)'", case.log.text[hit.start : hit.end + 200])
    file = named[1] if named else case.values.get("file", "")
    found = re.match(r"[^-]+-([^-]+?)(?:-|\.tar\.gz|\.zip)", file)
    if version and found and found[1] != version:
        cause = (
            f"The run built version {found[1]}, which is on {case.values['index']} already; this "
            f"project's version is {version}. The run was made from an older commit, or the new "
            "version was not committed before the tag."
        )
        return (replace(diagnosis, cause=cause),)
    if (case.known.run_attempt or 1) > 1:
        cause = (
            "This was a second attempt, and its build made other bytes under the file name that "
            "the first attempt had already uploaded."
        )
        fix = (
            "See which files are there: {releases_page}. To bring the missing ones, re-run only "
            "the failed publish job (same artifacts, same bytes: PyPI accepts those again); "
            "otherwise release the next version."
        )
        return (replace(diagnosis, cause=cause, fix=fill(fix, case.values, {})),)
    return (diagnosis,)


def _not_yours(diagnosis: Diagnosis, _: Hit, case: Case) -> tuple[Diagnosis, ...]:
    if case.known.status in ("archived", "quarantined"):
        cause = (
            f"The project is {case.known.status} on {case.values['index']}, so it takes no uploads."
        )
        fix = (
            "An owner unarchives it at {settings_page}."
            if case.known.status == "archived"
            else "PyPI's administrators have to lift the quarantine: https://github.com/pypi/support"
        )
        return (
            replace(diagnosis, cause=cause, fix=fill(fix, case.values, {}), confidence="certain"),
        )
    return (diagnosis,)


# --- a metadata version too new --------------------------------------------------------------

# What first read each metadata version. Sources: the changelogs of twine and of
# pypa/gh-action-pypi-publish, and public reports of failed releases.
_READERS = {
    "2.4": "twine 6.1 or later, or pypa/gh-action-pypi-publish v1.12.4 or later",
    "2.5": "twine 7.0 or later, or pypa/gh-action-pypi-publish v1.14.2 or later",
}


def _metadata_version(diagnosis: Diagnosis, hit: Hit, case: Case) -> tuple[Diagnosis, ...]:
    """Whether the uploader or PyPI does not know it: only the uploader says InvalidDistribution."""
    before = case.log.text[max(hit.start - 120, 0) : hit.end]
    reader = _READERS.get(hit.groups.get("v", ""))
    if "InvalidDistribution" not in before or reader is None:
        return (diagnosis,)
    version = hit.groups["v"]
    cause = (
        f"The build back end writes metadata {version}, and the twine that checks the files is too "
        "old to read it; the files themselves are sound, and nothing was uploaded."
    )
    fix = (
        f"Use {reader}. Or keep the back end below the release that began to write it, in "
        "`build-system.requires`."
    )
    return (replace(diagnosis, cause=cause, fix=fix),)


# --- an empty 403 ----------------------------------------------------------------------------


def _frame(diagnosis: Diagnosis, hit: Hit, case: Case) -> tuple[Diagnosis, ...]:
    """A refusal without PyPI's words: the status alone tells where to look."""
    from nox_release.diagnosis.catalogue import entry

    status = hit.groups.get("c", "")
    likely = {"403": ("wh-auth", "wh-not-yours"), "401": ("wh-auth",)}.get(status, ())
    first = []
    for name in likely:
        other = entry(name)
        first.append(
            replace(
                diagnosis,
                id=name,
                title=fill(other.title, case.values, {}),
                cause=fill(other.cause, case.values, {}),
                fix=fill(other.fix, case.values, {}),
                link=other.link,
                tool=other.tool,
                confidence="possible",
            )
        )
    return (*first, diagnosis)


_JUDGES: dict[str, Callable[[Diagnosis, Hit, Case], tuple[Diagnosis, ...]]] = {
    "oi-none": _no_publisher,
    "ga-claims": _no_publisher,
    "ga-refused": _no_publisher,
    "uv-oidc-rejected": _no_publisher,
    "tw-tp": _no_publisher,
    "wh-exists": _already_there,
    "wh-not-yours": _not_yours,
    "wh-token-not-yours": _not_yours,
    "wh-metaver": _metadata_version,
    "tw-frame": _frame,
    "uv-frame": _frame,
}
