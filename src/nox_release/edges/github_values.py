"""GitHub's documents, read as values: https://docs.github.com/rest."""

from collections.abc import Iterator, Sequence
from typing import Any

from nox_release.core.clock import parse_time
from nox_release.core.values import dataclass
from nox_release.edges import json_values as values
from nox_release.releases.observed import (
    Asset,
    Check,
    ForgeEnvironment,
    ForgeRepository,
    ForgeWorkflow,
    GitHubRelease,
    RefPolicy,
    RefRule,
    Run,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    name: str
    status: str
    conclusion: str | None
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job of a run's newest attempt."""

    id: int
    name: str
    status: str
    conclusion: str | None
    url: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """Something that a run has kept; `size` is in bytes."""

    name: str
    size: int
    expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingDeployment:
    """An environment whose rules keep a run waiting."""

    environment: str
    reviewers: tuple[str, ...] = ()
    may_approve: bool = False
    wait_minutes: int = 0


def parse_repository(document: Any) -> ForgeRepository:
    permissions = values.table(document, "permissions")
    return ForgeRepository(
        full_name=values.text(document, "full_name"),
        default_branch=values.text(document, "default_branch"),
        url=values.text_or_empty(document, "html_url"),
        private=values.flag(document, "private"),
        archived=values.flag(document, "archived"),
        parent=values.text_or_empty(values.table(document, "parent"), "full_name"),
        permissions=tuple(name for name, given in permissions.items() if given),
    )


def parse_release(document: Any) -> GitHubRelease:
    return GitHubRelease(
        id=values.number(document, "id"),
        tag=values.text(document, "tag_name"),
        title=values.text_or_empty(document, "name"),
        url=values.text_or_empty(document, "html_url"),
        draft=values.flag(document, "draft"),
        prerelease=values.flag(document, "prerelease"),
        target=values.text_or_empty(document, "target_commitish"),
        author=values.text_or_empty(values.table(document, "author"), "login"),
        created=parse_time(values.text_or_none(document, "created_at")),
        published=parse_time(values.text_or_none(document, "published_at")),
        body=values.text_or_empty(document, "body"),
        immutable=values.flag(document, "immutable"),
        assets=tuple(map(_parse_asset, filter(_is_whole, values.entries(document, "assets")))),
    )


def _is_whole(document: Any) -> bool:
    """Whether the asset's upload came to its end."""
    return values.text_or_none(document, "state") in (None, "uploaded")


def _parse_asset(document: Any) -> Asset:
    kind, _, digest = values.text_or_empty(document, "digest").partition(":")
    return Asset(name=values.text(document, "name"), sha256=digest if kind == "sha256" else None)


def parse_run(document: Any) -> Run:
    return Run(
        id=values.number(document, "id"),
        attempt=values.number_or(document, "run_attempt", 1),
        status=values.text(document, "status"),
        conclusion=values.text_or_none(document, "conclusion"),
        event=values.text(document, "event"),
        workflow=values.text_or_empty(document, "path").partition("@")[0],
        commit=values.text(document, "head_sha"),
        branch=values.text_or_empty(document, "head_branch"),
        url=values.text_or_empty(document, "html_url"),
        created=parse_time(values.text_or_none(document, "created_at")),
        started=parse_time(values.text_or_none(document, "run_started_at")),
        updated=parse_time(values.text_or_none(document, "updated_at")),
        title=values.text_or_empty(document, "display_title"),
        actor=values.text_or_empty(values.table(document, "actor"), "login"),
    )


def parse_job(document: Any) -> Job:
    return Job(
        id=values.number(document, "id"),
        name=values.text(document, "name"),
        status=values.text(document, "status"),
        conclusion=values.text_or_none(document, "conclusion"),
        url=values.text_or_empty(document, "html_url"),
        steps=tuple(
            Step(
                name=values.text(step, "name"),
                status=values.text(step, "status"),
                conclusion=values.text_or_none(step, "conclusion"),
                number=values.number_or(step, "number", 0),
            )
            for step in values.entries(document, "steps")
        ),
    )


def parse_artifact(document: Any) -> Artifact:
    return Artifact(
        name=values.text(document, "name"),
        size=values.number_or(document, "size_in_bytes", 0),
        expired=values.flag(document, "expired"),
    )


def parse_pending(document: Any) -> PendingDeployment:
    return PendingDeployment(
        environment=values.text(document["environment"], "name"),
        reviewers=tuple(
            values.text_or_none(one, "login") or values.text_or_none(one, "name") or "somebody"
            for one in (
                values.table(entry, "reviewer") for entry in values.entries(document, "reviewers")
            )
        ),
        may_approve=values.flag(document, "current_user_can_approve"),
        wait_minutes=values.number_or(document, "wait_timer", 0),
    )


def parse_workflow(document: Any) -> ForgeWorkflow:
    return ForgeWorkflow(
        id=values.number(document, "id"),
        name=values.text(document, "name"),
        path=values.text(document, "path"),
        state=values.text(document, "state"),
        url=values.text_or_empty(document, "html_url"),
    )


def parse_environment(document: Any) -> tuple[ForgeEnvironment, bool]:
    """The environment, and whether its refs have patterns of their own."""
    policy = values.table(document, "deployment_branch_policy")
    environment = ForgeEnvironment(
        name=values.text(document, "name"),
        url=values.text_or_empty(document, "html_url"),
        protected_branches_only=values.flag(policy, "protected_branches"),
    )
    return environment, values.flag(policy, "custom_branch_policies")


def parse_check(document: Any) -> Check:
    return Check(
        name=values.text(document, "name"),
        status=values.text(document, "status"),
        conclusion=values.text_or_none(document, "conclusion"),
        url=values.text_or_empty(document, "html_url"),
        started=parse_time(values.text_or_none(document, "started_at")),
        completed=parse_time(values.text_or_none(document, "completed_at")),
    )


def in_force(checks: Sequence[Check]) -> Iterator[Check]:
    """The checks less each that was over before another of its name began: a workflow that is
    started by hand again makes new ones. Two of one name at the same time are of two workflows.
    """
    for check in checks:
        later = [
            other.started
            for other in checks
            if other.name == check.name
            and other.started is not None
            and (check.started is None or other.started > check.started)
        ]
        if check.completed is None or all(started < check.completed for started in later):
            yield check


def parse_statuses(document: Any) -> tuple[Check, ...]:
    """Commit statuses, the older kind of check, in the newer one's words."""
    return tuple(
        Check(
            name=values.text_or_empty(status, "context"),
            status="in_progress" if status["state"] == "pending" else "completed",
            conclusion=None if status["state"] == "pending" else values.text(status, "state"),
            url=values.text_or_empty(status, "target_url"),
        )
        for status in values.entries(document, "statuses")
    )


def parse_annotation(document: Any) -> tuple[str, str]:
    return values.text_or_empty(document, "annotation_level"), values.text_or_empty(
        document, "message"
    )


def parse_policy(document: Any) -> RefPolicy:
    return RefPolicy(
        pattern=values.text(document, "name"),
        kind=values.text_or_none(document, "type") or "branch",
    )


def parse_branch_rule(document: Any) -> tuple[RefRule, int | None]:
    """A rule, and the number of the ruleset that it belongs to."""
    number = document.get("ruleset_id")
    rule = RefRule(
        kind=values.text(document, "type"), ruleset=values.text_or_empty(document, "ruleset_source")
    )
    return rule, number if isinstance(number, int) else None


def parse_bypass(document: Any) -> bool | None:
    """Source: https://docs.github.com/rest/repos/rules#get-a-repository-ruleset."""
    said = values.text_or_none(document, "current_user_can_bypass")
    return None if said is None else said in ("always", "exempt")


def parse_is_protected(document: Any) -> bool:
    return values.flag(document, "protected")


def parse_active_tag_ruleset(document: Any) -> int | None:
    """The number of a ruleset that is in force for tags; `None` for any other."""
    if document.get("target") != "tag" or document.get("enforcement") != "active":
        return None
    return values.number(document, "id")


def parse_rule_suites(document: Any) -> tuple[int, ...]:
    return tuple(values.number(one, "id") for one in values.listed(document))


def parse_failures(document: Any) -> frozenset[str]:
    """The kinds of the rules for which a push was refused."""
    rules = values.listed(document.get("rule_evaluations"))
    return frozenset(
        values.text_or_empty(one, "rule_type")
        for one in rules
        if values.text_or_empty(one, "result") == "fail"
    )


def parse_ruleset(document: Any) -> tuple[RefRule, ...]:
    names = values.table(values.table(document, "conditions"), "ref_name")
    page = values.table(values.table(document, "_links"), "html")
    return tuple(
        RefRule(
            kind=values.text(rule, "type"),
            ruleset=values.text_or_empty(document, "name"),
            patterns=values.texts(names, "include"),
            excluded=values.texts(names, "exclude"),
            may_bypass=parse_bypass(document),
            url=values.text_or_empty(page, "href"),
        )
        for rule in values.entries(document, "rules")
    )
