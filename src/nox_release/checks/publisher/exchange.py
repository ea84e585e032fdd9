"""Trusted publishing, proven or refuted: a trial run, PyPI's answer, and the last provenance.

Source of the matching rules: https://docs.pypi.org/trusted-publishers/ and Warehouse's
`oidc/models/github.py`: repository and workflow file are looked up exactly, the owner and the
environment without case, `ref` and `sha` are not compared at all.
"""

import json
import re
from collections.abc import Sequence
from functools import partial

from packaging.utils import canonicalize_name

from nox_release.core.findings import Finding, Result, Rule, Severity, find, passed, skipped
from nox_release.core.values import dataclass
from nox_release.project import pages
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import Index
from nox_release.releases.observed import Publisher

DOCS = "https://docs.pypi.org/trusted-publishers/troubleshooting/"


_rule = partial(Rule, subject="trusted publisher", link=DOCS)


CLAIM_REUSABLE = _rule(
    "claim-reusable",
    Severity.ERROR,
    "The publishing job is not in a called workflow",
    why="The token of a called workflow names the called file; PyPI does not support that.",
    remedy="Move the publish job to the workflow that the release starts.",
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
PUBLISHER_ELSEWHERE = _rule(
    "publisher-of-another-project",
    Severity.ERROR,
    "The token that the index gives is good for this project",
    why="The exchange gives a token for the projects that this publisher is registered for. A file "
    "of any other project is refused with 403, and so is one of an archived or quarantined project.",
    remedy="Register the publisher on this project's own page.",
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
    CLAIM_REUSABLE,
    CLAIM_EVENT,
    PUBLISHER_NOT_REGISTERED,
    PENDING_IN_THE_WAY,
    NAME_UNUSABLE,
    WRONG_INDEX,
    EXCHANGE_OFF,
    EXCHANGE_REFUSED,
    EMPTY_PROJECT_ELSEWHERE,
    PUBLISHER_ELSEWHERE,
    PUBLISHER_WITHOUT_ENVIRONMENT,
    LAST_RELEASE_DIFFERS,
)


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

    `exists` says whether the project is on the index; `None` when that is not known.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the workflow's `check` job saw: the answers to its exchange and to its upload with a
    wrong digest, as status and text. `upload` is `None` where there was no token to try. `project`
    is the name it tried.
    """

    project: str
    exchange: tuple[int, str]
    upload: tuple[int, str] | None


_NAMED = re.compile(r"trusted publishing: project ([\w.-]+)\s*$", re.MULTILINE)
_SAID = re.compile(r"trusted publishing: (exchange|upload) (\d{3})(?: ([^\n]{0,2000}))?")


def read_trial(log: str) -> Trial | None:
    """What a run's log says of the trial; `None` where it has none, as in older workflows."""
    found = {said[1]: (int(said[2]), (said[3] or "").strip()) for said in _SAID.finditer(log)}
    if "exchange" not in found:
        return None
    named = _NAMED.search(log)
    return Trial(
        project=named[1] if named else "",
        exchange=found["exchange"],
        upload=found.get("upload"),
    )


def judge_trial(
    trial: Trial,
    *,
    index: Index,
    project: str,
    publisher: TrustedPublisher,
    state: str | None,
    empty: str = "",
) -> Result:
    """What the trial proves. `state` is that of the project on the index, empty where it is not
    there; `None` when that is not known. `empty` is a project without files that the exchange
    may have created instead.
    """
    if trial.project and canonicalize_name(trial.project) != canonicalize_name(project):
        return find(
            PUBLISHER_ELSEWHERE,
            f"The check in {publisher.workflow} tries `{trial.project}`, not `{project}`.",
            fix=f"nox -s init -- --workflow {publisher.workflow} shows it as it should be.",
        )
    status, text = trial.exchange
    if status != _OK:
        code, description = _refusal_in(text)
        return explain_refusal(
            code,
            description,
            index=index,
            project=project,
            publisher=publisher,
            exists=None if state is None else bool(state),
        )
    status, text = trial.upload or (0, "")
    if "digest supplied does not match" in text:
        return passed(
            PUBLISHER_ELSEWHERE,
            "tried with a wrong digest; nothing was uploaded, and the token is burnt",
            title=f"{index.title} takes uploads of {project} from this workflow",
        )
    if "Non-user identities" in text:
        return find(
            EMPTY_PROJECT_ELSEWHERE,
            f"{index.title} exchanged the token, but `{project}` does not exist"
            + (f"; `{empty}` does, without files." if empty else "."),
            fix=(
                f"Delete `{empty}`, if it is yours, at {pages.settings_page(index, empty)}"
                if empty
                else f"Delete the empty project, listed at {index.api_url}manage/projects/"
            )
            + f"; then register `{project}` at {pages.pending_page(index)}.",
            refusal=text,
        )
    if status == _FORBIDDEN and "temporarily disabled" not in text:
        page = pages.publishing_page(index, project, publisher)
        closed = state in ("archived", "quarantined")
        return find(
            PUBLISHER_ELSEWHERE,
            f"{index.title} exchanged the token, but refuses files of `{project}`"
            + (f", which is {state}." if closed else ": the publisher belongs to another project."),
            fix=f"See {pages.settings_page(index, project)}."
            if closed
            else f"Register it at {page}",
            refusal=text,
        )
    return skipped(
        PUBLISHER_ELSEWHERE,
        f"it answered {status or 'nothing'} to the trial: {text[:300]}",
        title=f"whether {index.title} takes uploads of {project}",
    )


_OK, _FORBIDDEN = 200, 403


def _refusal_in(text: str) -> tuple[str, str]:
    """Code and description of the index's answer; the text itself where it has another form."""
    try:
        document = json.JSONDecoder().raw_decode(text)[0]
        first = document["errors"][0]
        return str(first["code"]), str(first["description"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return "", text


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
    return (passed(LAST_RELEASE_DIFFERS, f"{version} came from {_described(matching[0])}"),)


def _named(environment: str) -> str:
    return f"`{environment}`" if environment else "none"


def _described(publisher: TrustedPublisher) -> str:
    where = f"`{publisher.slug}`, `{publisher.workflow}`"
    return f"{where}, environment {_named(publisher.environment or '')}"
