"""GitHub's addresses for accounts, repositories, git and releases; each handler names its page.

All pages are below https://docs.github.com/en/rest (API version 2022-11-28).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nox_release.rehearsal.github_api import (
    API,
    Call,
    Refused,
    iso_time,
    paged,
    repo_url,
    revision,
    route,
    user_form,
)
from nox_release.workflows.ref_patterns import fnmatch_takes

if TYPE_CHECKING:
    from nox_release.rehearsal.github_state import CheckRun, JobRun

# --- root, user, limits -------------------------------------------------------------------------


@route("GET", "/")
def root(call: Call) -> Any:  # noqa: ARG001 - every handler has the call
    """https://docs.github.com/en/rest/meta/meta#github-api-root"""
    return {"current_user_url": f"{API}/user", "rate_limit_url": f"{API}/rate_limit"}


@route("GET", "/user")
def user(call: Call) -> Any:
    """https://docs.github.com/en/rest/users/users#get-the-authenticated-user"""
    if call.account is None:
        raise Refused(
            401, "Requires authentication", page="/users/users#get-the-authenticated-user"
        )
    return user_form(call, call.account.login)


# --- repository ---------------------------------------------------------------------------------


@route("GET", "/repo")
def repository(call: Call) -> Any:
    """https://docs.github.com/en/rest/repos/repos#get-a-repository"""
    settings = call.github.settings
    document = {
        "id": settings.id,
        "name": settings.name,
        "full_name": settings.slug,
        "owner": user_form(call, settings.owner),
        "private": settings.private,
        "visibility": "private" if settings.private else "public",
        "html_url": call.github.web,
        "default_branch": settings.default_branch,
        "archived": settings.archived,
    }
    if call.account is not None:
        document["permissions"] = {
            "admin": call.may("admin"),
            "maintain": call.may("maintain"),
            "push": call.may("write"),
            "triage": call.may("triage"),
            "pull": call.may("read"),
        }
    return document


@route("GET", "/repo/immutable-releases")
def immutable_releases(call: Call) -> Any:
    """https://docs.github.com/en/rest/repos/repos#check-if-immutable-releases-are-enabled-for-a-repository"""
    call.require("read")
    if not call.github.settings.immutable_releases:
        raise Refused(404, "Not Found")
    return {"enabled": True, "enforced_by_owner": False}


# --- git ----------------------------------------------------------------------------------------


def refuse_by_tag_rules(call: Call, ref: str, page: str) -> None:
    """https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets"""
    name = ref.split("/", 2)[2]
    for ruleset in call.github.settings.rulesets:
        if ruleset.get("target") != "tag" or ruleset.get("enforcement", "active") != "active":
            continue
        conditions: Any = ruleset.get("conditions") or {}
        patterns = (conditions.get("ref_name") or {}).get("include", ["~ALL"])
        rules: Any = ruleset.get("rules") or []
        bypass = ruleset.get("current_user_can_bypass", "never") == "always"
        forbids = any(rule.get("type") == "creation" for rule in rules)
        if forbids and not bypass and any(fnmatch_takes(name, one) for one in patterns):
            raise Refused(
                422,
                "Repository rule violations found\n\nCannot create ref due to creations being restricted.\n\n",
                page=page,
            )


@route("GET", "/repo/branches/{name*}")
def get_branch(call: Call, name: str) -> Any:
    """https://docs.github.com/en/rest/branches/branches#get-a-branch"""
    sha = call.github.bare.commit(f"refs/heads/{name}")
    if sha is None:
        raise Refused(404, "Branch not found", page="/branches/branches#get-a-branch")
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{repo_url(call)}/commits/{sha}"},
        "protected": name in call.github.settings.protected_branches,
    }


@route("GET", "/repo/rulesets")
def list_rulesets(call: Call) -> Any:
    """https://docs.github.com/en/rest/repos/rules#get-all-repository-rulesets"""
    hidden = ("rules", "conditions", "bypass_actors", "current_user_can_bypass")
    return paged(
        call,
        [{k: v for k, v in r.items() if k not in hidden} for r in call.github.settings.rulesets],
    )


@route("GET", "/repo/rulesets/rule-suites")
def list_rule_suites(call: Call) -> Any:
    """https://docs.github.com/en/rest/repos/rule-suites#list-repository-rule-suites"""
    call.require("write")
    ref = call.query.get("ref", "")
    return paged(
        call, [_rule_suite(n, ref) for n, one in enumerate(_refused_tags(call), 1) if one == ref]
    )


@route("GET", "/repo/rulesets/rule-suites/{number}")
def get_rule_suite(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/repos/rule-suites#get-a-repository-rule-suite"""
    call.require("write")
    refused = _refused_tags(call)
    if not number.isdigit() or not 0 < int(number) <= len(refused):
        raise Refused(404, "Not Found", page="/repos/rule-suites#get-a-repository-rule-suite")
    evaluation = {
        "rule_source": {"type": "immutable_release"},
        "enforcement": "active",
        "result": "fail",
        "rule_type": "immutable_release_tag",
    }
    return {
        **_rule_suite(int(number), refused[int(number) - 1]), "rule_evaluations": [evaluation]
    }  # fmt: skip


def _refused_tags(call: Call) -> list[str]:
    """The refs of the pushes that were refused for the sake of a deleted immutable release."""
    path = call.github.bare.path / "refused-tags"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def _rule_suite(number: int, ref: str) -> dict[str, Any]:
    return {"id": number, "ref": ref, "result": "fail", "evaluation_result": None}


@route("GET", "/repo/rulesets/{number}")
def get_ruleset(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/repos/rules#get-a-repository-ruleset"""
    for ruleset in call.github.settings.rulesets:
        if str(ruleset.get("id")) == number:
            return ruleset
    raise Refused(404, "Not Found", page="/repos/rules#get-a-repository-ruleset")


@route("GET", "/repo/rules/branches/{name*}")
def branch_rules(call: Call, name: str) -> Any:
    """https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch"""
    found: list[Any] = []
    for ruleset in call.github.settings.rulesets:
        if ruleset.get("target") == "branch" and ruleset.get("enforcement", "active") == "active":
            conditions: Any = ruleset.get("conditions") or {}
            patterns = (conditions.get("ref_name") or {}).get("include", ["~ALL"])
            default = name == call.github.settings.default_branch
            if any(
                (p == "~DEFAULT_BRANCH" and default) or fnmatch_takes(name, p) for p in patterns
            ):
                rules: Any = ruleset.get("rules") or []
                found += [{**rule, "ruleset_id": ruleset.get("id")} for rule in rules]
    return paged(call, found)


@route("GET", "/repo/commits/{ref*}/check-runs")
def commit_check_runs(call: Call, ref: str) -> Any:
    """https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference"""
    sha = _known_commit(call, ref, "/checks/runs#list-check-runs-for-a-git-reference")
    github = call.github
    checks = [_check_run(call, c, c.head_sha) for c in github.check_runs if c.head_sha == sha]
    for run in github.runs:
        if run.head_sha == sha:
            jobs = run.latest_jobs() if call.query.get("filter") != "all" else run.jobs
            checks += [_check_run(call, job, sha) for job in jobs]
    if call.query.get("status"):
        checks = [check for check in checks if check["status"] == call.query["status"]]
    if call.query.get("check_name"):
        checks = [check for check in checks if check["name"] == call.query["check_name"]]
    return paged(call, checks, key="check_runs")


def _check_run(call: Call, check: CheckRun | JobRun, sha: str) -> dict[str, Any]:
    number = check.id
    return {
        "id": number,
        "head_sha": sha,
        "name": check.name,
        "status": check.status,
        "conclusion": check.conclusion,
        "html_url": f"{call.github.web}/runs/{number}",
        "started_at": iso_time(check.started_at),
        "completed_at": iso_time(check.completed_at),
    }


@route("GET", "/repo/check-runs/{number}/annotations")
def check_run_annotations(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/checks/runs#list-check-run-annotations"""
    found = call.github.find_job(int(number)) if number.isdigit() else None
    if found is None:
        if any(str(check.id) == number for check in call.github.check_runs):
            return []
        raise Refused(404, "Not Found", page="/checks/runs#list-check-run-annotations")
    return paged(
        call,
        [
            {
                "path": note.path,
                "start_line": 1,
                "end_line": 1,
                "annotation_level": note.level,
                "title": note.title,
                "message": note.message,
            }
            for note in found[1].annotations
        ],
    )


@route("GET", "/repo/commits/{ref*}/status")
def combined_status(call: Call, ref: str) -> Any:
    """https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference"""
    sha = _known_commit(call, ref, "/commits/statuses")
    statuses = [status for status in call.github.statuses if status["sha"] == sha]
    states = {status["state"] for status in statuses}
    state = "failure" if states & {"error", "failure"} else "success"
    if not statuses or "pending" in states:
        state = "failure" if state == "failure" else "pending"
    return {"state": state, "statuses": statuses, "sha": sha, "total_count": len(statuses)}


def _known_commit(call: Call, ref: str, page: str) -> str:
    sha = revision(call, ref)
    if sha is None:
        raise Refused(422, f"No commit found for SHA: {ref}", page=page)
    return sha
