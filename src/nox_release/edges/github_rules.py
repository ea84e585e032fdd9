"""What a repository on GitHub lets through: environments, checks, rulesets, locked releases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nox_release.core.errors import ForgeError
from nox_release.edges import github_values as github
from nox_release.edges import json_values as values
from nox_release.edges.github_api import PAGE, parsed, read_value, refused
from nox_release.edges.process import side_by_side
from nox_release.releases.observed import Check, ForgeEnvironment, RefRule

if TYPE_CHECKING:
    from nox_release.edges.forge import Forge

_SUITES = 3  # of the newest pushes that were refused; each is a question


def environment(forge: Forge, name: str) -> ForgeEnvironment | None:
    """An environment with its rules; `None`: there is none, a job that names it makes it."""
    path = forge.path("environments", name)
    answer = forge.api.get(path)
    if answer is None:
        return None
    environment, custom = parsed(path, github.parse_environment, answer)
    if not custom:
        return environment
    policies = f"{path}/deployment-branch-policies"
    entries = forge.api.pages(policies, "branch_policies", {})
    return replace(
        environment,
        policies=tuple(read_value(policies, github.parse_policy, entry) for entry in entries),
    )


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
        entries = forge.api.pages(path, "check_runs", {"filter": "latest"}, first=answer)
        runs = tuple(
            github.in_force([read_value(path, github.parse_check, entry) for entry in entries])
        )
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
    entries = forge.api.pages(path, None, {})
    found = [read_value(path, github.parse_branch_rule, entry) for entry in entries]
    allowed = {number: _may_bypass(forge, number) for _, number in found if number is not None}
    rules = tuple(
        replace(rule, may_bypass=None if number is None else allowed[number])
        for rule, number in found
    )
    path = forge.path("branches", branch)
    answer = None if rules else forge.api.get(path)
    if answer is not None and parsed(path, github.parse_is_protected, answer):
        return (RefRule(kind="protected", ruleset=""),)
    return rules


def _may_bypass(forge: Forge, ruleset: int) -> bool | None:
    """Whether this login may pass a ruleset over; `None` where GitHub does not say."""
    path = forge.path("rulesets", ruleset)
    try:
        answer = forge.api.get(path)
    except ForgeError:
        return None
    return None if answer is None else parsed(path, github.parse_bypass, answer)


def rules_for_tags(forge: Forge) -> tuple[RefRule, ...]:
    """The active rules for tags, each with the patterns it applies to."""
    listed = forge.path("rulesets")
    entries = forge.api.pages(listed, None, {"targets": "tag", "includes_parents": "true"})
    rules: list[RefRule] = []
    for entry in entries:
        active = read_value(listed, github.parse_active_tag_ruleset, entry)
        if active is None:
            continue
        path = forge.path("rulesets", active)
        answer = forge.api.get(path)
        if answer is not None:
            rules += parsed(path, github.parse_ruleset, answer)
    return tuple(rules)


def has_immutable_releases(forge: Forge) -> bool:
    """Whether GitHub locks a release of this repository when it is published.

    Raises:
        ForgeError: it does not tell everybody.
    """
    path = forge.path("immutable-releases")
    answer = forge.api.get(path)
    return answer is not None and parsed(path, lambda d: values.flag(d, "enabled"), answer)


def is_burnt(forge: Forge, tag: str) -> bool:
    """Whether GitHub has refused a push of this tag because a deleted immutable release had its
    name. The rulesets do not tell; what came of pushes does, to those who may see it.
    """
    path = forge.path("rulesets", "rule-suites")
    query = {"ref": f"refs/tags/{tag}", "rule_suite_result": "fail", "time_period": "month"}
    answer = forge.api.get(path, query)
    if answer is None:
        return False
    for number in parsed(path, github.parse_rule_suites, answer)[:_SUITES]:
        one = forge.api.get(f"{path}/{number}")
        if one is not None and "immutable_release_tag" in parsed(path, github.parse_failures, one):
            return True
    return False
