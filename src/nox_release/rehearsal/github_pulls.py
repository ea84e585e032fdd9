"""GitHub's addresses for pull requests; each handler names its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nox_release.rehearsal.github_api import Call, Refused, iso_time, paged, repo_url, route

if TYPE_CHECKING:
    from nox_release.rehearsal.github_state import PullRequestState


@route("GET", "/repo/pulls")
def list_pulls(call: Call) -> Any:
    """https://docs.github.com/en/rest/pulls/pulls#list-pull-requests"""
    query, owner = call.query, call.github.settings.owner
    state = query.get("state", "open")
    found = [
        one
        for one in reversed(call.github.pulls)
        if query.get("head", f"{owner}:{one.head}").lower() == f"{owner}:{one.head}".lower()
        and query.get("base", one.base) == one.base
        and (state == "all" or (state == "open") == (one.state == "open"))
    ]
    return paged(call, [_form(call, one) for one in found])


@route("GET", "/repo/pulls/{number}")
def get_pull(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request"""
    for one in call.github.pulls:
        if str(one.number) == number:
            return {**_form(call, one), "merged": one.state == "merged",
                    "mergeable_state": one.mergeable_state}  # fmt: skip
    raise Refused(404, "Not Found", page="/pulls/pulls#get-a-pull-request")


@route("POST", "/repo/pulls")
def create_pull(call: Call) -> Any:
    """https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request"""
    page = "/pulls/pulls#create-a-pull-request"
    call.require("read", page)
    given, github = call.json(), call.github
    head, base = str(given.get("head", "")).rpartition(":")[2], str(given.get("base", ""))
    for name, field in ((head, "head"), (base, "base")):
        if github.bare.commit(f"refs/heads/{name}") is None:
            refusal = {"resource": "PullRequest", "field": field, "code": "invalid"}
            raise Refused(422, "Validation Failed", errors=[refusal], page=page)
    if any(one.head == head and one.base == base and one.state == "open" for one in github.pulls):
        said = f"A pull request already exists for {github.settings.owner}:{head}."
        refusal = {"resource": "PullRequest", "code": "custom", "message": said}
        raise Refused(422, "Validation Failed", errors=[refusal], page=page)
    account = call.account
    assert account is not None  # noqa: S101 - `require` has seen to it
    made = github.add_pull_request(head, base, title=str(given.get("title")), user=account.login)
    return 201, {**_form(call, made), "merged": False, "mergeable_state": made.mergeable_state}


def _form(call: Call, one: PullRequestState) -> dict[str, Any]:
    github = call.github
    owner = github.settings.owner
    if one.state == "open":  # a closed one keeps the commit that it had
        one.sha = github.bare.commit(f"refs/heads/{one.head}") or one.sha
    return {
        "id": 1_000_000 + one.number,
        "number": one.number,
        "title": one.title,
        "state": "open" if one.state == "open" else "closed",
        "url": f"{repo_url(call)}/pulls/{one.number}",
        "html_url": f"{github.web}/pull/{one.number}",
        "user": {"login": one.user},
        "draft": False,
        "head": {
            "label": f"{owner}:{one.head}",
            "ref": one.head,
            "sha": one.sha,
        },
        "base": {"label": f"{owner}:{one.base}", "ref": one.base},
        "merged_at": iso_time(one.merged_at),
        "merge_commit_sha": one.merge_commit,
    }
