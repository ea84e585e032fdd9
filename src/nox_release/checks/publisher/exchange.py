"""Trusted publishing, proven or refuted: a run's claims, PyPI's answer, and the last provenance.

Source of the matching rules: https://docs.pypi.org/trusted-publishers/ and Warehouse's
`oidc/models/github.py`: repository and workflow file are looked up exactly, the owner and the
environment without case, `ref` and `sha` are not compared at all.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from nox_release.core.errors import NoxReleaseError
from nox_release.core.findings import Location, Passed, Rule, Severity, find, make_rule
from nox_release.project import pages
from nox_release.project.publisher import TrustedPublisher

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nox_release.core.findings import Finding, Result
    from nox_release.project.pyproject import Index
    from nox_release.release.observed import Publisher

DOCS = "https://docs.pypi.org/trusted-publishers/troubleshooting/"


_rule = partial(make_rule, subject="trusted publisher", link=DOCS)


CLAIM_REPOSITORY = _rule(
    "claim-repository",
    Severity.ERROR,
    "The run's repository is the publisher's",
    why="PyPI looks a publisher up by owner and repository name, the latter in GitHub's own spelling.",
    remedy="Register the publisher with the repository's name as GitHub spells it.",
)
CLAIM_WORKFLOW = _rule(
    "claim-workflow",
    Severity.ERROR,
    "The run's workflow file is the publisher's",
    why="PyPI compares the file in which the publishing job is written, letter for letter.",
    remedy="Register the publisher with this file name, or publish from the registered file.",
)
CLAIM_REUSABLE = _rule(
    "claim-reusable",
    Severity.ERROR,
    "The publishing job is not in a called workflow",
    why="The token of a called workflow names the called file; PyPI does not support that.",
    remedy="Write the publish job out in the workflow that the release starts.",
)
CLAIM_ENVIRONMENT = _rule(
    "claim-environment",
    Severity.ERROR,
    "The run's environment is the publisher's",
    why="A publisher registered with an environment accepts only jobs that run in it.",
    remedy="Use one environment name in the workflow and on PyPI.",
)
CLAIM_EVENT = _rule(
    "claim-event",
    Severity.ERROR,
    "The run's trigger may publish",
    why="PyPI refuses tokens of `pull_request_target` runs.",
    remedy="Publish from a release, a tag or a dispatch.",
)
PUBLISHER_NOT_REGISTERED = _rule(
    "publisher-not-registered",
    Severity.ERROR,
    "A publisher is registered for this workflow",
    why="PyPI found no publisher with this run's owner, repository, workflow file and environment.",
    remedy="Register exactly the values shown, on the page shown.",
)
PENDING_IN_THE_WAY = _rule(
    "pending-publisher-obsolete",
    Severity.ERROR,
    "No pending publisher is left from before the project existed",
    why="A pending publisher is tried first, and it cannot create a project that exists already.",
    remedy="Delete the pending publisher and register one on the project's own page.",
)
NAME_UNUSABLE = _rule(
    "pending-name-unusable",
    Severity.ERROR,
    "The pending publisher's project name can be used",
    why="The name was taken, or came too close to another, after the pending publisher was registered.",
    remedy="Choose another name, or ask the owner of the existing project.",
)
WRONG_INDEX = _rule(
    "token-for-other-index",
    Severity.ERROR,
    "The token is meant for this index",
    why="PyPI and TestPyPI have separate accounts, publishers and audiences.",
    remedy="Give the publish step the index where the publisher is registered.",
)
EXCHANGE_OFF = _rule(
    "exchange-switched-off",
    Severity.ERROR,
    "The index takes trusted publishing",
    why="The index's administrators have switched trusted publishing off for now.",
    remedy="Wait, and look at https://status.python.org/.",
)
EXCHANGE_REFUSED = _rule(
    "exchange-refused",
    Severity.ERROR,
    "The index exchanges this run's token",
    why="The index refused the exchange.",
    remedy="Run the job again: each token can be used once only.",
)
EMPTY_PROJECT_ELSEWHERE = _rule(
    "pending-name-differs",
    Severity.ERROR,
    "The pending publisher names this project",
    why="The exchange succeeded and yet this project does not exist: a pending publisher with another "
    "project name was used up and has just created that other project, empty.",
    remedy="Delete the empty project in its settings and register a pending publisher with the right "
    "name, or rename the project in pyproject.toml.",
)
PUBLISHER_WITHOUT_ENVIRONMENT = _rule(
    "publisher-without-environment",
    Severity.WARNING,
    "The publisher is tied to an environment",
    why="A publisher without an environment accepts every job of the workflow file.",
    remedy="Register a publisher with the environment and remove the one without.",
)
LAST_RELEASE_DIFFERS = _rule(
    "provenance-publisher-differs",
    Severity.WARNING,
    "The last release came from this publisher",
    why="The newest release with provenance came from another workflow or environment than the one "
    "this checkout would publish from, so the publisher now needed may not be registered.",
    remedy="Register the new publisher before the tag goes out.",
)

RULES = (
    CLAIM_REPOSITORY,
    CLAIM_WORKFLOW,
    CLAIM_REUSABLE,
    CLAIM_ENVIRONMENT,
    CLAIM_EVENT,
    PUBLISHER_NOT_REGISTERED,
    PENDING_IN_THE_WAY,
    NAME_UNUSABLE,
    WRONG_INDEX,
    EXCHANGE_OFF,
    EXCHANGE_REFUSED,
    EMPTY_PROJECT_ELSEWHERE,
    PUBLISHER_WITHOUT_ENVIRONMENT,
    LAST_RELEASE_DIFFERS,
)


def parse_claims(token: str) -> Mapping[str, Any]:
    """The claims of a JSON Web Token, unverified: they are GitHub's word about this very run.

    Raises:
        NoxReleaseError: it is no such token; the message does not contain it.
    """
    parts = token.split(".")
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = json.loads(payload)
    except (IndexError, binascii.Error, ValueError):
        claims = None
    if not isinstance(claims, dict):
        raise NoxReleaseError(
            "GitHub answered with something that is not an identity token.",
            hint="Run the job again.",
        )
    return claims


def parse_workflow_ref(ref: str) -> tuple[str, str]:
    """`owner/repository` and the file name of a `job_workflow_ref` or `workflow_ref` claim."""
    found = re.fullmatch(r"([^/]+/[^/]+)/\.github/workflows/([^/@]+)@.*", ref)
    return (found[1], found[2]) if found else ("", "")


def compare_claims(claims: Mapping[str, Any], publisher: TrustedPublisher) -> tuple[Result, ...]:
    """Every claim that PyPI looks at, against the publisher that this repository implies."""
    expected = f"{publisher.owner}/{publisher.repository}"
    repository = str(claims.get("repository", ""))
    owner, _, name = repository.partition("/")
    home, file = parse_workflow_ref(str(claims.get("job_workflow_ref", "")))
    _, calling_file = parse_workflow_ref(str(claims.get("workflow_ref", "")))
    environment = str(claims.get("environment") or "")
    wanted = publisher.environment or ""
    results: list[Result] = []
    if owner.lower() == publisher.owner.lower() and name == publisher.repository:
        results.append(_same(CLAIM_REPOSITORY, repository))
    else:
        why = " (the case of letters counts)" if repository.lower() == expected.lower() else ""
        results.append(
            find(CLAIM_REPOSITORY, f"The run says `{repository}`, this checkout `{expected}`{why}.")
        )
    if home and home.lower() != repository.lower():
        results.append(
            find(CLAIM_REUSABLE, f"The publishing job is in `{home}`, which `{repository}` calls.")
        )
    elif calling_file and file != calling_file:
        results.append(
            find(
                CLAIM_REUSABLE, f"The publishing job is in `{file}`, which `{calling_file}` calls."
            )
        )
    if file == publisher.workflow:
        results.append(_same(CLAIM_WORKFLOW, file))
    else:
        results.append(
            find(
                CLAIM_WORKFLOW,
                f"The run says `{file}`, this checkout `{publisher.workflow}`.",
                where=Location(file=f".github/workflows/{file}"),
            )
        )
    if environment.lower() == wanted.lower():
        results.append(_same(CLAIM_ENVIRONMENT, environment or "none"))
    else:
        results.append(
            find(
                CLAIM_ENVIRONMENT,
                f"The run's environment is {_named(environment)}, "
                f"the publisher's {_named(wanted)}.",
                severity=Severity.ERROR if wanted else Severity.WARNING,
            )
        )
    event = str(claims.get("event_name", ""))
    if event == "pull_request_target":
        results.append(find(CLAIM_EVENT, "This run was started by `pull_request_target`."))
    else:
        results.append(_same(CLAIM_EVENT, event))
    return tuple(results)


def explain_refusal(
    code: str,
    description: str,
    *,
    index: Index,
    project: str,
    publisher: TrustedPublisher,
    exists: bool | None,
) -> Finding:
    """PyPI's refusal of an exchange, in this project's own values.

    `exists` says whether the project is on the index; `None` when that could not be asked.
    """
    answer = f"{code}: {description}"
    page = pages.publishing_page(index, project, publisher) if exists else pages.pending_page(index)
    values = ", ".join(
        f"{label}: {value}" for label, value in pages.form_values(project, publisher)
    )
    if code == "invalid-pending-publisher":
        return find(
            PENDING_IN_THE_WAY,
            f"{index.title} has a pending publisher for this workflow, but `{project}` exists.",
            fix=f"The refusal has deleted the pending publisher. Register the publisher at "
            f"{pages.publishing_page(index, project, publisher)}",
            refusal=answer,
        )
    if code == "invalid-publisher":
        if "pull_request_target" in description:
            return find(CLAIM_EVENT, "This run's trigger may not publish.", refusal=answer)
        if "job_workflow_ref" in description:
            return find(
                CLAIM_REUSABLE, "The publishing job is in a called workflow.", refusal=answer
            )
        return find(
            PUBLISHER_NOT_REGISTERED,
            f"{index.title} has no publisher for this workflow"
            + (", or a pending one that is older than 30 days." if not exists else "."),
            fix=f"Open {page} and give {values}."
            + (
                f" If `{project}` is not yours, somebody took the name meanwhile, and that deleted "
                "your pending publisher: choose another `project.name`."
                if exists
                else ""
            ),
            refusal=answer,
        )
    if code == "invalid-payload" and re.search(
        r"isn't allowed|too similar|conflicts with|is invalid", description
    ):
        return find(NAME_UNUSABLE, f"`{project}` cannot be created.", refusal=answer)
    if code == "invalid-token":
        return find(
            WRONG_INDEX,
            f"{index.title} takes this token for expired, or meant for another index.",
            refusal=answer,
        )
    if code == "not-enabled":
        return find(EXCHANGE_OFF, f"{index.title} takes no trusted publishing.", refusal=answer)
    return find(EXCHANGE_REFUSED, f"{index.title} refused the exchange.", refusal=answer)


def as_trusted(publisher: Publisher) -> TrustedPublisher:
    """The publisher of a provenance document, in the words of the form."""
    owner, _, repository = publisher.repository.partition("/")
    return TrustedPublisher(
        owner=owner,
        repository=repository,
        workflow=publisher.workflow,
        environment=publisher.environment,
    )


def compare_provenance(
    published: Sequence[TrustedPublisher],
    publisher: TrustedPublisher,
    *,
    version: str,
    index: Index,
    project: str,
) -> tuple[Result, ...]:
    """The publishers of the newest release with provenance, against the one this checkout implies."""

    def same(other: TrustedPublisher) -> bool:
        return (
            other.owner.lower() == publisher.owner.lower()
            and other.repository.lower() == publisher.repository.lower()
            and other.workflow == publisher.workflow
            and (other.environment or "").lower() in ("", (publisher.environment or "").lower())
        )

    matching = [other for other in published if same(other)]
    if not matching:
        seen = "; ".join(sorted({_described(other) for other in published}))
        return (
            find(
                LAST_RELEASE_DIFFERS,
                f"{version} came from {seen}; this checkout would publish from "
                f"{_described(publisher)}.",
                fix=f"Register it first: {pages.publishing_page(index, project, publisher)}",
            ),
        )
    if publisher.environment and not any(other.environment for other in matching):
        return (
            find(
                PUBLISHER_WITHOUT_ENVIRONMENT,
                f"{version} came from a publisher without environment, while the job runs in "
                f"`{publisher.environment}`.",
                fix="Register the publisher with the environment at "
                f"{pages.publishing_page(index, project, publisher)} and remove the other one.",
            ),
        )
    return (
        Passed(
            id=LAST_RELEASE_DIFFERS.id,
            subject="trusted publisher",
            title=LAST_RELEASE_DIFFERS.title,
            detail=f"{version} came from {_described(matching[0])}",
        ),
    )


def _same(rule: Rule, detail: str) -> Passed:
    return Passed(id=rule.id, subject=rule.subject, title=rule.title, detail=detail)


def _named(environment: str) -> str:
    return f"`{environment}`" if environment else "none"


def _described(publisher: TrustedPublisher) -> str:
    where = f"`{publisher.owner}/{publisher.repository}`, `{publisher.workflow}`"
    return f"{where}, environment {_named(publisher.environment or '')}"
