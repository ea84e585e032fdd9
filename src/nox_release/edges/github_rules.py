"""What a repository on GitHub lets through: environments, checks, rulesets, locked releases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nox_release.core.errors import ForgeError
from nox_release.edges import github_values as github
from nox_release.edges import json_values as values
from nox_release.edges.github_api import PAGE, parsed, refused
from nox_release.edges.process import side_by_side
from nox_release.releases.observed import Check, ForgeEnvironment, RefRule

if TYPE_CHECKING:
    from nox_release.edges.forge import Forge

_SUITES = 3  # of the newest pushes that were refused; each is a question


def environment(forge: Forge, name: str) -> ForgeEnvironment | None:
    """An environment with its rules; `None`: there is none, a job that names it makes it."""
    path = forge.path("environments", name)
    environment, custom = forge.api.read(path, github.parse_environment) or (None, False)
    if environment is None or not custom:
        return environment
    policies = f"{path}/deployment-branch-policies"
    found = forge.api.pages(policies, "branch_policies", github.parse_policy)
    return replace(environment, policies=found)


def checks(forge: Forge, commit: str) -> tuple[Check, ...] | None:
    """The checks on a commit, without those that were made again since; `None`: GitHub does not
    have the commit.
    """
    path = forge.path("commits", commit, "check-runs")
    statuses = forge.path("commits", commit, "status")
    with side_by_side(1) as pool:
        asked = pool.submit(forge.api.ask, statuses, query={"per_page": PAGE})
        answer = forge.api.ask(path, query={"per_page": PAGE, "filter": "latest"})
        if answer.status in (404, 422):
            return None
        if answer.status != 200:
            raise refused(path, answer)
        query = {"filter": "latest"}
        found = forge.api.pages(path, "check_runs", github.parse_check, query, first=answer)
        runs = tuple(github.in_force(found))
        status = asked.result()
    if status.status == 404:
        return runs
    if status.status != 200:
        raise refused(statuses, status)
    return runs + parsed("status", github.parse_statuses, status)


def rules_for_branch(forge: Forge, branch: str) -> tuple[RefRule, ...]:
    """The rules that apply to a branch.

    Branch protection, which is older than rules, is a rule of the kind `protected`: what it
    demands is shown to administrators alone.
    """
    path = forge.path("rules", "branches", branch)
    found = forge.api.pages(path, None, github.parse_branch_rule)
    allowed = {number: _may_bypass(forge, number) for _, number in found if number is not None}
    rules = tuple(
        replace(rule, may_bypass=None if number is None else allowed[number])
        for rule, number in found
    )
    if not rules and forge.api.read(forge.path("branches", branch), github.parse_is_protected):
        return (RefRule(kind="protected", ruleset=""),)
    return rules


def _may_bypass(forge: Forge, ruleset: int) -> bool | None:
    """Whether this login may pass a ruleset over; `None` where GitHub does not say."""
    try:
        return forge.api.read(forge.path("rulesets", ruleset), github.parse_bypass)
    except ForgeError:
        return None


def rules_for_tags(forge: Forge) -> tuple[RefRule, ...]:
    """The active rules for tags, each with the patterns it applies to."""
    query = {"targets": "tag", "includes_parents": "true"}
    path = forge.path("rulesets")
    rules: list[RefRule] = []
    for active in forge.api.pages(path, None, github.parse_active_tag_ruleset, query):
        if active is not None:
            rules += forge.api.read(f"{path}/{active}", github.parse_ruleset) or ()
    return tuple(rules)


def has_immutable_releases(forge: Forge) -> bool:
    """Whether GitHub locks a release of this repository when it is published.

    Raises:
        ForgeError: it does not tell everybody.
    """
    path = forge.path("immutable-releases")
    return bool(forge.api.read(path, lambda document: values.flag(document, "enabled")))


def is_burnt(forge: Forge, tag: str) -> bool:
    """Whether GitHub has refused a push of this tag because a deleted immutable release had its
    name. The rulesets do not tell; what came of pushes does, to those who may see it.
    """
    path = forge.path("rulesets", "rule-suites")
    query = {"ref": f"refs/tags/{tag}", "rule_suite_result": "fail", "time_period": "month"}
    suites = forge.api.read(path, github.parse_rule_suites, query) or ()
    return any(
        "immutable_release_tag" in (forge.api.read(f"{path}/{one}", github.parse_failures) or ())
        for one in suites[:_SUITES]
    )
