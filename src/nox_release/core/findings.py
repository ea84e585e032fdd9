"""Findings: what a rule has to say about the maintainer's project, as plain values."""

import enum
from collections.abc import Iterable

from nox_release.core.values import dataclass, field


class Severity(str, enum.Enum):
    """`error` stops a release or loses it, `warning` weakens it, `advice` may be ignored."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong; a module binds what its rules have in common with `partial`, and
    lists those that its functions yield in `RULES`, where the reference page finds them.

    `id` is a stable kebab-case slug. `subject` is the group of the checklist it belongs to
    (see `SUBJECTS`). `why` says why it matters, `remedy` what to do in general, `link` is the
    page that states the rule. The reference page (`.github/RULES.md`) is made from these.
    """

    id: str
    severity: Severity
    title: str
    subject: str = field(kw_only=True)
    why: str = field(kw_only=True)
    remedy: str = field(kw_only=True)
    link: str = field(default="", kw_only=True)


SUBJECTS = (
    "project",
    "distributions",
    "index",
    "GitHub",
    "workflow",
    "trusted publisher",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a finding is: a file (relative to the project's root), a key in it, a 1-based line."""

    file: str = ""
    key: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place} ({self.key})" if place and self.key else place or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule found. `refusal` is the text with which PyPI would answer, if it would."""

    id: str
    severity: Severity
    message: str
    subject: str = "project"
    where: Location | None = None
    why: str = ""
    fix: str = ""
    link: str = ""
    patch: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A check that could not be made: shown as *not known*, never as fine, never as missing.

    `reason` may quote others; `fix` is ours, and says what makes it known.
    """

    id: str
    subject: str
    title: str
    reason: str
    fix: str = ""

    @property
    def then(self) -> str:
        """What follows the reason."""
        return f"; {self.fix}" if self.fix else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A check that was made and found nothing; `detail` is the fact it saw."""

    id: str
    subject: str
    title: str
    detail: str = ""


Result = Finding | Skipped | Passed


def find(
    rule: Rule,
    message: str,
    *,
    where: Location | None = None,
    fix: str = "",
    severity: Severity | None = None,
    patch: str = "",
    refusal: str = "",
) -> Finding:
    """The finding of `rule` with `message`; why, fix and link come from the rule unless given."""
    return Finding(
        id=rule.id,
        severity=severity or rule.severity,
        message=message,
        subject=rule.subject,
        where=where,
        why=rule.why,
        fix=fix or rule.remedy,
        link=rule.link,
        patch=patch,
        refusal=refusal,
    )


def passed(rule: Rule, detail: str = "", *, title: str = "") -> Passed:
    """That `rule` holds, in its own words unless others are given."""
    return Passed(id=rule.id, subject=rule.subject, title=title or rule.title, detail=detail)


def skipped(rule: Rule, reason: str, *, title: str = "", fix: str = "") -> Skipped:
    """That whether `rule` holds is not known."""
    title = title or rule.title
    return Skipped(id=rule.id, subject=rule.subject, title=title, reason=reason, fix=fix)


_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.ADVICE: 2}


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings in the order to work on them: severity first, then subject, stable within."""

    def key(finding: Finding) -> tuple[int, int]:
        subject = SUBJECTS.index(finding.subject) if finding.subject in SUBJECTS else len(SUBJECTS)
        return _ORDER[finding.severity], subject

    return tuple(sorted(findings, key=key))


def findings_in(results: Iterable[Result]) -> tuple[Finding, ...]:
    """What was found, without what holds and what is not known."""
    return tuple(result for result in results if isinstance(result, Finding))


def errors_in(results: Iterable[Result]) -> tuple[Finding, ...]:
    """Those findings that stop a release."""
    return tuple(one for one in findings_in(results) if one.severity is Severity.ERROR)
