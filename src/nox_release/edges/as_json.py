"""Findings and errors as the `--json` documents have them."""

from typing import Any

from nox_release.core.errors import ChecksFailed, ConfigurationError, NoxReleaseError
from nox_release.core.findings import Finding, Result, Skipped


def error_as_json(error: NoxReleaseError) -> dict[str, Any]:
    """An error as it stands in a `--json` document."""
    problems = error.problems if isinstance(error, ConfigurationError) else ()
    findings = error.findings if isinstance(error, ChecksFailed) else ()
    return {
        "message": error.message,
        "reason": error.reason,
        "hint": error.hint,
        "problems": list(problems),
        "results": [finding_as_json(finding) for finding in findings],
    }


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """A finding as the `--json` documents show it."""
    where = finding.where
    return {
        "status": "finding",
        "id": finding.id,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "message": finding.message,
        "file": where.file if where else None,
        "key": where.key if where else None,
        "line": where.line if where else None,
        "why": finding.why,
        "fix": finding.fix,
        "link": finding.link,
        "patch": finding.patch,
        "refusal": finding.refusal,
    }


def result_as_json(result: Result) -> dict[str, Any]:
    """Any result of a check as the `--json` documents show it."""
    if isinstance(result, Finding):
        return finding_as_json(result)
    if isinstance(result, Skipped):
        return {
            "status": "not-known",
            "id": result.id,
            "subject": result.subject,
            "title": result.title,
            "reason": result.reason,
            "fix": result.fix,
        }
    return {
        "status": "ok",
        "id": result.id,
        "subject": result.subject,
        "title": result.title,
        "detail": result.detail,
    }
