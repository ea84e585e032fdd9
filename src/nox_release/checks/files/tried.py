"""Rules over what happened when a wheel was installed, imported and started."""

from __future__ import annotations

import re
import sys
from functools import partial
from typing import TYPE_CHECKING

from nox_release.checks.files.contents import own_modules, unpackaged
from nox_release.checks.files.imports import (
    ELSEWHERE,
    UNDECLARED_DEPENDENCY,
    dependency_for,
    extra_with,
    host_of,
    is_foreign,
)
from nox_release.core.findings import (
    Location,
    Result,
    Rule,
    Severity,
    Skipped,
    find,
    passed,
    skipped,
)
from nox_release.core.values import dataclass
from nox_release.files.wheels import EntryPoint

if TYPE_CHECKING:
    from nox_release.checks.files.facts import Facts

_SUBJECT = "distributions"
_rule = partial(Rule, subject=_SUBJECT)

INSTALLS_ALONE = _rule(
    "installs-alone",
    Severity.ERROR,
    "the wheel installs into an empty environment",
    why="This is the first thing that every user does.",
    remedy="Correct `project.dependencies` or `project.requires-python`.",
)
IMPORTS = _rule(
    "import-fails",
    Severity.ERROR,
    "its packages import with the declared dependencies alone",
    why="The development environment hides what is missing; an empty one does not.",
    remedy="Correct the module, or declare what it imports in `project.dependencies`.",
)
SCRIPT_FAILS = _rule(
    "script-fails",
    Severity.ERROR,
    "each console script answers `--help`",
    why="It is the first thing that a user types.",
    remedy="Run it in an empty environment and fix what its traceback names.",
)

RULES = (INSTALLS_ALONE, IMPORTS, SCRIPT_FAILS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of importing a module or starting a script.

    `outcome` is `ok`, `failed` (with an exception), `ended` (with an exit code) or `hung`.
    `missing` is the module that was not found, if that was it; `said` its last words.
    """

    name: str
    outcome: str
    error: str = ""
    said: str = ""
    missing: str | None = None
    returncode: int | None = None

    @property
    def lacks(self) -> str:
        """The top-level name of what is `missing`; empty where nothing is."""
        return (self.missing or "").split(".")[0]


_NO_DISPLAY = re.compile(
    r"no display name|cannot (open|connect to) (the )?(X|display)|could not connect to display"
    r"|unable to open display|\$?DISPLAY\b.*(not set|environment)|TclError|qt\.qpa\.|wayland",
    re.IGNORECASE,
)
_NO_LIBRARY = re.compile(
    r"cannot open shared object file|Library not loaded|DLL load failed|image not found"
)
# A Django app meets them in the site that uses it.
_NO_SETTINGS = re.compile(
    r"\bImproperlyConfigured\b|\bAppRegistryNotReady\b|settings are not configured"
)


def import_result(attempt: Attempt, facts: Facts) -> Result:
    """What an attempt to import one of the wheel's top-level names says about the release.

    One of several names may need an extra; where it is the only one, nothing can be imported
    without.
    """
    name = attempt.name
    what = f"`import {name}`"
    own = {package.name.split(".")[0] for package in facts.wheel.packages}
    if attempt.outcome == "ok":
        return passed(IMPORTS, title=what)
    reason = _not_known(attempt)
    if reason:
        return _unknown(IMPORTS, what, reason)
    missing = attempt.lacks
    if missing and is_foreign(missing, facts.wheel):
        return _missing(missing, what, facts, alone=len(own) == 1)
    if attempt.outcome == "ended":
        return find(IMPORTS, f"{what} ended Python with exit code {attempt.returncode}.")
    return find(
        IMPORTS,
        f"{what} fails: {attempt.error}: {attempt.said}".rstrip(": "),
        severity=None if attempt.error in _BROKEN else Severity.WARNING,
        fix=_release_sibling(attempt, facts),
    )


_LACKS_NAME = re.compile(r"cannot import name '[^']{1,200}' from '([\w.]{1,200})'")


def _release_sibling(attempt: Attempt, facts: Facts) -> str:
    """The fix where the module that lacks a name is one of another package of this repository."""
    found = _LACKS_NAME.search(attempt.said)
    if found is None or not is_foreign(found[1].split(".")[0], facts.wheel):
        return ""
    ends = [f"/{found[1].replace('.', '/')}{end}" for end in (".py", "/__init__.py")]
    here = next((path for path in facts.files if path.endswith(tuple(ends))), None)
    if here is None:
        return ""
    return (
        f"`{here}` of this repository may have it, and what the index has does not: release that "
        "package first, and raise the requirement to its new version."
    )


_UNDEFINED = re.compile(r"name '(\w+)' is not defined")


def entry_point_result(attempt: Attempt, one: EntryPoint, facts: Facts) -> Result:
    """What an attempt to load an entry point says: a plugin's host may bring what it needs."""
    what = f"The entry point `{one.name}` in `{one.group}`"
    title = f"`{one.name}` in `{one.group}` loads"
    if attempt.outcome == "ok":
        return passed(IMPORTS, title=title)
    reason = f"it needs the extra `{one.extra}`" if one.extra else _not_known(attempt)
    missing = attempt.lacks
    if not reason and missing and extra_with(missing, facts.requirements):
        reason = f"`{missing}` comes with an extra"
    foreign = bool(missing) and is_foreign(missing, facts.wheel)
    undefined = _UNDEFINED.findall(attempt.said)  # what an import that may fail would have brought
    for name in (*undefined[:1], *([missing] if foreign else [])):
        if not reason and host_of(name, facts):
            reason = f"`{name}` is what it plugs into, and no dependency"
    if reason:
        return _unknown(IMPORTS, title, reason)
    if foreign and missing in own_modules(facts.files):
        return unpackaged(facts, missing, f"{what} needs `{missing}`", severity=Severity.WARNING)
    said = f"exit code {attempt.returncode}" if attempt.outcome == "ended" else attempt.error
    return find(
        IMPORTS,
        f"{what} does not load: {said}: {attempt.said}".rstrip(": "),
        where=Location(file="pyproject.toml", key=f"project.entry-points.{one.group}"),
        severity=Severity.WARNING,
        fix=dependency_for(missing) if foreign else "",
    )


def _missing(name: str, what: str, facts: Facts, *, alone: bool) -> Result:
    """A top-level name that an import needs and nothing brings."""
    if name in own_modules(facts.files):
        return unpackaged(facts, name, f"{what} needs `{name}`")
    host = host_of(name, facts)
    extra = extra_with(name, facts.requirements)
    brings = f"only the extra `{extra}` brings" if extra else "no declared dependency brings"
    key = "optional-dependencies" if extra else "dependencies"
    fix = dependency_for(name)
    if host:
        fix = f"If it is only ever used inside {host}, all is well. {fix}"
    elif extra and not alone:
        fix = f"If that part is only for users of the extra, all is well. {fix}"
    return find(
        UNDECLARED_DEPENDENCY,
        f"{what} needs `{name}`, which {brings}.",
        where=Location(file="pyproject.toml", key=f"project.{key}"),
        severity=Severity.WARNING if host or (extra and not alone) else None,
        fix=fix,
    )


def _not_known(attempt: Attempt) -> str:
    """Why a failure says nothing about other machines; empty where it may."""
    said = attempt.said or attempt.error
    missing = attempt.lacks
    if attempt.outcome == "hung":
        return "it did not end in time"
    if missing and (missing in sys.stdlib_module_names or missing in ELSEWHERE):
        return f"this Python has no `{missing}`"
    if _NO_LIBRARY.search(said):
        return f"this machine lacks a library: {said}"
    if _NO_DISPLAY.search(f"{attempt.error}: {said}"):
        return "it needs a display"
    if _NO_SETTINGS.search(f"{attempt.error}: {said}"):
        return "it needs the settings of a Django site"
    return ""


# With these the code is broken wherever it runs; others may be this machine's (no GPU, no service).
_BROKEN = frozenset(
    {"ImportError", "ModuleNotFoundError", "SyntaxError", "NameError", "AttributeError"}
    | {"TypeError", "IndentationError", "TabError", "UnboundLocalError", "FileNotFoundError"}
)


def script_result(attempt: Attempt, one: EntryPoint, facts: Facts) -> Result:
    """What `NAME --help` in an empty environment says about the release."""
    title = f"`{attempt.name} --help`"
    if attempt.outcome == "ok":
        return passed(SCRIPT_FAILS, title=title)
    reason = _not_known(attempt)
    if not reason and one.extra and attempt.error in ("ModuleNotFoundError", "ImportError"):
        reason = f"it needs the extra `{one.extra}`"
    if not reason and not attempt.error and f"{facts.wheel.file.name}[" in attempt.said:
        reason = f"it says which extra it needs: {attempt.said}"
    if reason:
        return _unknown(SCRIPT_FAILS, title, reason)
    missing = attempt.lacks
    extra = extra_with(missing, facts.requirements) if missing else ""
    if extra:
        return find(
            UNDECLARED_DEPENDENCY,
            f"{title} needs `{missing}`, which only the extra `{extra}` brings.",
            severity=Severity.WARNING,
            where=Location(file="pyproject.toml", key="project.scripts"),
            fix="Let the command say which extra to install when it is missing.",
        )
    if missing and is_foreign(missing, facts.wheel):
        return _missing(missing, title, facts, alone=True)
    if attempt.error in ("ImportError", "ModuleNotFoundError"):
        return find(
            SCRIPT_FAILS,
            f"{title} fails: {attempt.error}: {attempt.said}",
            fix=_release_sibling(attempt, facts),
        )
    if attempt.error:
        return find(
            SCRIPT_FAILS,
            f"{title} ends with {attempt.error}: {attempt.said}",
            severity=Severity.WARNING,
        )
    return find(
        SCRIPT_FAILS,
        f"{title} ends with exit code {attempt.returncode}"
        + (f": {attempt.said}" if attempt.said else "."),
        severity=Severity.ADVICE if attempt.returncode == 2 else Severity.WARNING,
        fix="A command should answer `--help`; one that takes none may be left as it is.",
    )


def _unknown(rule: Rule, title: str, reason: str) -> Skipped:
    return skipped(rule, reason, title=title)


_TRACEBACK_END = re.compile(r"^(?P<error>[A-Za-z_][\w.]*)(?:: (?P<said>.*)|:?$)")
_NOT_FOUND = re.compile(r"No module named '([^']+)'")


def parse_traceback(text: str) -> tuple[str, str, str | None]:
    """Exception, message and missing module at the end of a program's output; empty: no traceback."""
    lines = text.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("Traceback (most recent")]
    if not starts:
        return "", "", None
    for line in lines[starts[-1] + 1 :]:
        if line.startswith((" ", "\t")) or not line:
            continue
        found = _TRACEBACK_END.match(line)
        if found:
            missing = _NOT_FOUND.search(line)
            error = found["error"].rpartition(".")[2]
            return error, (found["said"] or "").strip(), missing[1] if missing else None
        return line.strip().rpartition(".")[2], "", None
    return "", "", None
