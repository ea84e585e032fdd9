"""The claims of a run's token, as logs print them, and where they differ from a publisher.

PyPI compares owner, repository, workflow file and environment:
https://docs.pypi.org/trusted-publishers/troubleshooting/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nox_release.project.publisher import TrustedPublisher

# `* \x60repository\x60: \x60owner/name\x60` (PyPA action), `repository: Some("owner/name")` (uv),
# `"repository": "owner/name"` (a decoded token).
_CLAIM = re.compile(
    r"[`\"' *({,](?P<key>sub|repository|repository_owner|repository_owner_id|workflow_ref"
    r"|job_workflow_ref|environment|event_name|ref)[`\"']?\s?(?::|=)\s?"
    r"(?:Some\(\s?)?[`\"']?(?P<value>[^`\"',;\s)}(]{1,300})"
)
_WORKFLOW = re.compile(r"^[^/]+/[^/]+/(?:\.github/workflows/)(?P<file>[^@/]+)@")
_ABSENT = ("MISSING", "None", "null", "N/A")


def parse_claims(text: str) -> dict[str, str]:
    """The claims in a normalised log; `workflow` is the file named by `job_workflow_ref`.

    `environment` is absent when the log does not tell, and empty when the job had none.
    """
    if "repository_owner" not in text and "workflow_ref" not in text:
        return {}
    claims: dict[str, str] = {}
    for found in _CLAIM.finditer(text):
        value = found["value"]
        claims.setdefault(found["key"], "" if value in _ABSENT else value)
    if "/" not in claims.get("repository", "/"):
        del claims["repository"]
    reference = claims.get("job_workflow_ref") or claims.get("workflow_ref", "")
    if file := _WORKFLOW.match(reference):
        claims["workflow"] = file["file"]
    subject = claims.get("sub", "")
    if "environment" not in claims and subject.startswith("repo:"):
        claims["environment"] = (
            subject.split(":environment:", 1)[1] if ":environment:" in subject else ""
        )
    return claims


def differences(claims: Mapping[str, str], publisher: TrustedPublisher) -> tuple[str, ...]:
    """What the run said and this project's publisher does not, one sentence a field."""
    found = []
    repository = claims.get("repository", "")
    expected = publisher.slug
    if repository and repository != expected:
        found.append(
            f"The run's repository is `{repository}`, this project's is `{expected}`"
            + (" (the case counts)." if repository.lower() == expected.lower() else ".")
        )
    workflow = claims.get("workflow", "")
    if workflow and workflow != publisher.workflow:
        found.append(
            f"The run's workflow file is `{workflow}`, this project's is `{publisher.workflow}`."
        )
    environment = claims.get("environment")
    if environment is not None and environment.lower() != (publisher.environment or "").lower():
        found.append(
            f"The run's environment is {_shown(environment)}, this project's is "
            f"{_shown(publisher.environment or '')}."
        )
    if calling := calling_workflow(claims):
        found.append(
            f"The publishing job is in the called workflow `{workflow}`, not in the workflow that "
            f"was started, `{calling}`."
        )
    return tuple(found)


def calling_workflow(claims: Mapping[str, str]) -> str:
    """The file of the workflow that was started, where the job is in another one that it called."""
    called = _WORKFLOW.match(claims.get("job_workflow_ref", ""))
    calling = _WORKFLOW.match(claims.get("workflow_ref", ""))
    if not called or not calling or called["file"] == calling["file"]:
        return ""
    return calling["file"]


def _shown(environment: str) -> str:
    return f"`{environment}`" if environment else "none"


def called_elsewhere(claims: Mapping[str, str]) -> str:
    """The other repository whose workflow file held the job, if it was a called one."""
    reference = claims.get("job_workflow_ref", "")
    repository = claims.get("repository", "")
    if "/" not in reference or not repository:
        return ""
    holder = "/".join(reference.split("/")[:2])
    return holder if holder.lower() != repository.lower() else ""
