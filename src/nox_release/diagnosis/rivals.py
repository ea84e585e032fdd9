"""One text, several causes: which it is here, by what the log and the project show."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from packaging.version import InvalidVersion, Version

from nox_release.diagnosis.claims import (
    called_elsewhere,
    calling_workflow,
    differences,
    parse_claims,
)
from nox_release.diagnosis.model import Confidence, Diagnosis, Hit
from nox_release.diagnosis.normalise import ITS_FRAME, Log
from nox_release.diagnosis.servers import at_another_index
from nox_release.diagnosis.uploads import uploads_in
from nox_release.diagnosis.values import (
    Circumstances,
    another_index,
    fill,
    index_in,
    repository_of,
    tag_in,
    values_of,
)
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
    elsewhere = another_index(log.text)
    for diagnosis in found:
        said = at_another_index(diagnosis, elsewhere) if elsewhere else diagnosis
        unique.setdefault(said.id, said)
    first, *others = unique.values()
    if first.confidence == "certain" and not _is_certain(hits[0], others, log):
        first = replace(first, confidence="likely")
    return (_after_uploads(first, case), *others)


def _is_certain(hit: Hit, others: Sequence[Diagnosis], log: Log) -> bool:
    """Whether nothing speaks against it: a line that is no failure, or another cause as certain."""
    return not log.is_no_failure(hit.start) and all(
        other.confidence != "certain" for other in others
    )


def _diagnosis(hit: Hit, case: Case) -> Diagnosis:
    from nox_release.diagnosis.model import Diagnosis

    line = case.log.line_at(hit.start)
    shown = ITS_FRAME.split(case.log.text_of_lines(hit.start, hit.end), 1)[0]
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


def _as(
    name: str, diagnosis: Diagnosis, case: Case, *, confidence: Confidence | None = None
) -> Diagnosis:
    """The diagnosis of another entry, at the same line."""
    from nox_release.diagnosis.catalogue import entry

    other = entry(name)
    captures = dict(diagnosis.captures)
    return replace(
        diagnosis,
        id=name,
        title=fill(other.title, case.values, captures),
        cause=fill(other.cause, case.values, captures),
        fix=fill(other.fix, case.values, captures),
        link=other.link,
        tool=other.tool,
        confidence=confidence or other.confidence,
    )


# --- what went well before -------------------------------------------------------------------


def _after_uploads(diagnosis: Diagnosis, case: Case) -> Diagnosis:
    """With the files that were uploaded before this failed: they stay, and are not to be sent again."""
    if diagnosis.id == "uv-simple":
        return diagnosis
    told = uploads_told(case.log, diagnosis.line_number or 0, case.values["index"])
    if not told and case.known.index_files:
        told = f"{_files(case.known.index_files, case.values['index'])}"
        told += _AFTER if diagnosis.tool in _AFTERWARDS else "."
    return replace(diagnosis, cause=f"{told} {diagnosis.cause}") if told else diagnosis


_AFTER = ": do not run the upload again; what failed is a step after it."
# What fails in these, fails beside an upload that put files on the index.
_AFTERWARDS = ("gh", "git", "GitHub", "GitHub Actions", "release-please")


def _files(names: Sequence[str], index: str) -> str:
    number = "1 file is" if len(names) == 1 else f"{len(names)} files are"
    more = ", …" if len(names) > 4 else ""
    return f"{number} on {index} already ({', '.join(names[:4])}{more})"


def uploads_in_log(log: Log, project: Project | None) -> str:
    """A sentence about the files that a log shows as uploaded, where its failure is not known."""
    found = uploads_in(log)
    return uploads_told(log, 0, index_in(log.text, project).title) if found.files else ""


def uploads_told(log: Log, failed_at: int, index: str) -> str:
    """A sentence about the files that had been uploaded before the line `failed_at`; or nothing."""
    found = uploads_in(log)
    if not found.files or (failed_at and failed_at < found.until):
        return ""
    where = _files(found.files, index)
    last = log.line_by_number(found.until)
    failing = log.line_by_number(failed_at) if failed_at else None
    elsewhere = failing is not None and (failing.job, failing.step) != (last.job, last.step)
    if found.complete or elsewhere or not failed_at:
        return f"{where}{_AFTER}"
    return f"{where}; what failed is the upload of the next one."


# --- no publisher for these claims -----------------------------------------------------------


def _no_publisher(diagnosis: Diagnosis, hit: Hit, case: Case) -> tuple[Diagnosis, ...]:
    if hit.entry.id == "ga-refused" and case.claims and not hit.groups.get("r"):
        # The claims without PyPI's reason: they are printed where no publisher matched them.
        diagnosis = _as("oi-none", diagnosis, case, confidence="likely")
    elsewhere = called_elsewhere(case.claims)
    if elsewhere or calling_workflow(case.claims):
        called = _as("oi-jwr", diagnosis, case, confidence="certain")
        told = f" It is one of `{elsewhere}`." if elsewhere else ""
        return (replace(called, cause=f"{called.cause}{told}"),)
    if case.known.publisher is not None and case.claims:
        found = differences(case.claims, case.known.publisher)
        if found:
            return (
                replace(diagnosis, cause=" ".join((diagnosis.cause, *found)), confidence="certain"),
            )
        fix = (
            "The run's claims match this project's workflow, so the publisher registered on "
            f"{case.values['index']} is wrong, missing, expired (a pending publisher lives 30 days) "
            f"or on another index. {diagnosis.fix}"
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
    """Stored by a first try that was answered with an error; or another version than was meant."""
    before = case.log.text[case.log.bounds_of_part(hit.start)[0] : hit.start]
    if _SERVER_ERROR.search(before):
        return (_as("wh-stored", diagnosis, case),)
    version = case.known.version or (case.project.version if case.project else None)
    version = version or tag_in(case.log.text).lstrip("v")
    named = re.search(r"\('([^']+)'", case.log.text[hit.start : hit.end + 200])
    file = named[1] if named else case.values.get("file", "")
    found = re.match(r"[^-]+-([^-]+?)(?:-|\.tar\.gz|\.zip)", file)
    if version and found and not _same_version(found[1], version):
        cause = (
            f"The run built version {found[1]}, which is on {case.values['index']} already; the "
            f"version to release is {version}. The run used an older commit, or the new version was "
            "not committed before the tag was made."
        )
        return (replace(diagnosis, cause=cause),)
    if (case.known.run_attempt or 1) > 1:
        cause = (
            "This was a second attempt, and its build made other bytes under the file name that "
            "the first attempt had already uploaded."
        )
        fix = (
            "See which files are there: {releases_page}. To add the missing ones, re-run only the "
            "failed publish job (it uploads the same bytes, which PyPI accepts again). Otherwise "
            "release the next version."
        )
        return (replace(diagnosis, cause=cause, fix=fill(fix, case.values, {})),)
    return (diagnosis,)


_SERVER_ERROR = re.compile(
    r"\b50[0234] (?:Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out|Server Error)"
    r"|Received \"?50[0234]\b|status(?: code)? 50[0234]\b",
    re.IGNORECASE,
)


def _same_version(one: str, other: str) -> bool:
    """Whether two spellings are one version (`1.0.0-rc.1` is `1.0.0rc1`)."""
    try:
        return Version(one.replace("_", "-")) == Version(other)
    except InvalidVersion:
        return one == other


def _not_yours(diagnosis: Diagnosis, _: Hit, case: Case) -> tuple[Diagnosis, ...]:
    if case.known.status in ("archived", "quarantined"):
        cause = (
            f"The project is {case.known.status} on {case.values['index']}, which accepts no files "
            "for it."
        )
        fix = (
            "An owner can unarchive it at {settings_page}."
            if case.known.status == "archived"
            else "PyPI's administrators have to lift the quarantine: https://github.com/pypi/support"
        )
        return (
            replace(diagnosis, cause=cause, fix=fill(fix, case.values, {}), confidence="certain"),
        )
    return (diagnosis,)


# --- a metadata version too new --------------------------------------------------------------

# What first read each metadata version, and when that was last looked up. Sources: the changelogs
# of twine and of pypa/gh-action-pypi-publish, and Warehouse's own list.
KNOWN_AS_OF = date(2026, 11, 26)
_READERS = {
    "2.4": "twine 6.1 or later, or pypa/gh-action-pypi-publish v1.12.4 or later",
    "2.5": "twine 7.0 or later, or pypa/gh-action-pypi-publish v1.14.2 or later",
    "2.6": "twine 7.0 or later with packaging 26.3 or later",
}
_NEWEST_ON_PYPI = "2.5"


def _metadata_version(diagnosis: Diagnosis, hit: Hit, case: Case) -> tuple[Diagnosis, ...]:
    """Whether the index or the uploader does not know it: only the latter says InvalidDistribution."""
    before = case.log.text[max(hit.start - 200, 0) : hit.end]
    version = hit.groups.get("v", "")
    if "InvalidDistribution" not in before:
        return (replace(diagnosis, cause=_NOT_ON_INDEX.format(version=version or "of the files")),)
    reader = _READERS.get(version)
    if reader is None:
        reader = "the newest twine and packaging"
    cause = (
        f"The build backend writes metadata {version or 'of a newer version'}, and the twine that "
        "checks the files is too old to read it. The files are good; nothing was uploaded."
    )
    fix = (
        f"Use {reader}. Or pin {{backend_package}} in `build-system.requires` to an older release."
    )
    if version and version > _NEWEST_ON_PYPI:
        fix = (
            f"PyPI took metadata up to {_NEWEST_ON_PYPI} when this was last looked up "
            f"({KNOWN_AS_OF}), so a newer twine alone may not help: pin {{backend_package}} in "
            "`build-system.requires` to a release that writes it."
        )
    return (replace(diagnosis, cause=cause, fix=fill(fix, case.values, {})),)


_NOT_ON_INDEX = (
    "The index itself does not know metadata {version}: the build backend is newer than the index. "
    "A newer twine does not help."
)


# --- a field that the index refuses ------------------------------------------------------------

_BY_FIELD = {
    "classifiers": "wh-classifier",
    "version": "wh-version-invalid",
    "requires_python": "wh-reqpy",
    "license_expression": "wh-license-expr",
    "description_content_type": "wh-ctype",
    **dict.fromkeys(("home_page", "download_url", "project_urls"), "wh-url"),
    **dict.fromkeys(("author_email", "maintainer_email"), "wh-email"),
    **dict.fromkeys(("requires", "requires_dist"), "wh-reqdist"),
}


def _field(diagnosis: Diagnosis, hit: Hit, case: Case) -> tuple[Diagnosis, ...]:
    """What is known of the field, where the index words its refusal in a way that is not."""
    field = hit.groups.get("f", "").lower().replace("-", "_")
    if field not in _BY_FIELD:
        return (diagnosis,)
    said = replace(diagnosis, captures=(*diagnosis.captures, ("c", hit.groups.get("w", ""))))
    return (_as(_BY_FIELD[field], said, case, confidence="likely"),)


# --- a refusal without the index's words ------------------------------------------------------


_BY_STATUS = {
    "401": ("wh-auth",),
    "403": ("wh-auth", "wh-not-yours"),
    **dict.fromkeys(("404", "405", "406", "415"), ("up-address",)),
    "409": ("wh-exists",),
}


def _bare_status(diagnosis: Diagnosis, hit: Hit, case: Case) -> tuple[Diagnosis, ...]:
    """The status alone tells where to look, and no more."""
    names = _BY_STATUS.get(hit.groups.get("c", ""))
    if names is None:
        return (diagnosis,)
    if another_index(case.log.text):  # it does not say 403 where a name is taken
        names = names[:1]
    return tuple(_as(name, diagnosis, case, confidence="possible") for name in names)


# --- what failed to compile ---------------------------------------------------------------------

_CRATE = re.compile(r"failed to run custom build command for `?([\w-]{1,60})")


def _not_compiled(diagnosis: Diagnosis, hit: Hit, case: Case) -> tuple[Diagnosis, ...]:
    """Which compiler it was: a crate's own C code, or the linker of Windows."""
    near = case.log.text[max(hit.start - 1500, 0) : hit.end + 1500]
    if crate := _CRATE.search(near):
        cause = (
            f"The crate `{crate[1]}` compiles C or assembly code when it is built, and that failed: mostly "
            "the compiler for this target is missing, or older than the code asks for."
        )
        fix = (
            "The compiler's lines after it name the file. For Linux wheels take a newer image (`manylinux: "
            "2_28`) or install what is missing in `before-script-linux`; elsewhere build on a runner of the "
            "target's own kind."
        )
        return (replace(diagnosis, cause=cause, fix=fix),)
    if re.search(r"link\.exe", near):
        cause = (
            "Windows' linker failed: a library for this Python and processor is missing, or another "
            "`link.exe` (of Git or MSYS) stands before Visual Studio's in PATH."
        )
        fix = (
            "The line that begins with `LINK` or `link:` says which. Build with the Python of the target's "
            "processor, and in `shell: pwsh` instead of bash."
        )
        return (replace(diagnosis, cause=cause, fix=fix),)
    return (diagnosis,)


# --- no token and no password ------------------------------------------------------------------

_PASSWORD_MEANT = re.compile(
    r"\bsecrets\.\w+|\b(?:PYPI|TWINE)_\w*(?:TOKEN|PASSWORD)\b|\bpassword: ?(?!\*)", re.IGNORECASE
)


def _no_permission(diagnosis: Diagnosis, _: Hit, case: Case) -> tuple[Diagnosis, ...]:
    """The action tries trusted publishing when its password is empty: which of the two was meant?"""
    if "with no supplied password field" not in case.log.text:
        return (diagnosis,)
    if _PASSWORD_MEANT.search(case.log.text):
        return (_as("ga-empty", diagnosis, case),)
    cause = (
        "No password reached the action, so it tried trusted publishing, which this job may not use. "
        "If a stored token was meant, its secret is empty: it has another name, or this run cannot "
        "see it (forks and other environments cannot)."
    )
    fix = (
        "For trusted publishing, do this; for a token, compare the secret's name in the workflow "
        f"with Settings → Secrets. {diagnosis.fix}"
    )
    return (replace(diagnosis, cause=cause, fix=fix, confidence="likely"),)


_TOKENS = {
    "hatch": "`HATCH_INDEX_USER=__token__` and `HATCH_INDEX_AUTH`",
    "poetry": "`POETRY_PYPI_TOKEN_PYPI`",
    "maturin": "`MATURIN_PYPI_TOKEN`",
    "flit": "`FLIT_USERNAME=__token__` and `FLIT_PASSWORD`",
    "pdm": "`PDM_PUBLISH_USERNAME=__token__` and `PDM_PUBLISH_PASSWORD`",
    "uv": "`UV_PUBLISH_TOKEN`",
    "twine": "`TWINE_USERNAME=__token__` and `TWINE_PASSWORD`",
}


def _no_credentials(diagnosis: Diagnosis, hit: Hit, case: Case) -> tuple[Diagnosis, ...]:
    """With the variables of the tool that looked for credentials."""
    before = case.log.text[: hit.end].lower()
    near = {tool: max(before.rfind(f"{tool}{end}") for end in "/ .") for tool in _TOKENS}
    tool = max(near, key=lambda name: near[name])
    variables = _TOKENS[tool if near[tool] >= 0 else "twine"]
    return (replace(diagnosis, fix=diagnosis.fix.replace("<variables>", variables)),)


def _index_lags(diagnosis: Diagnosis, hit: Hit, case: Case) -> tuple[Diagnosis, ...]:
    """A requirement that was uploaded before in the same log is only not shown yet."""
    if _TO_DOWNLOADS.search(case.log.text):
        return (_as("uv-simple", diagnosis, case, confidence="likely"),)
    wanted = re.split(r"[^\w.-]", hit.groups.get("r", ""))[0]
    wanted = re.sub(r"[-_.]+", "-", wanted).lower()
    for file in uploads_in(case.log).files:
        if wanted and re.sub(r"[-_.]+", "-", file).lower().startswith(f"{wanted}-"):
            return (_as("up-index-lag", diagnosis, case),)
    pinned = re.search(r"[=>]=(\d[\w.]*)", hit.groups.get("r", ""))
    told = _FROM_VERSIONS.search(case.log.text, hit.start, hit.start + 4000)
    newest = told[1].rsplit(", ", 1)[-1] if told else ""
    if pinned and _is_newer(pinned[1], newest):
        diagnosis = replace(diagnosis, captures=(("p", wanted), ("h", f" {newest}")))
        return (_as("bd-unpublished", diagnosis, case, confidence="likely"),)
    return (diagnosis,)


_TO_DOWNLOADS = re.compile(r"(?:distributions|files?) to https?://\S{1,200}/\+?simple\b")
_FROM_VERSIONS = re.compile(r"\(from versions: ([^)]{1,3000})\)")


def _is_newer(version: str, other: str) -> bool:
    try:
        return Version(version) > Version(other)
    except InvalidVersion:
        return False


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
    "wh-form": _field,
    "up-bare-status": _bare_status,
    "bd-compiler": _not_compiled,
    "mt-cargo": _not_compiled,
    "ga-perm": _no_permission,
    "up-no-credentials": _no_credentials,
    "bd-deps": _index_lags,
}
