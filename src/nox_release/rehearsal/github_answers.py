"""Every answer of the stand-in for GitHub: account, limits, redirects, then the route's handler.

Source: https://docs.github.com/en/rest (API version 2022-11-28).
"""

import hashlib
import json
import re
from typing import Any
from urllib.parse import unquote

# These fill ROUTES.
from nox_release.rehearsal import (  # noqa: F401
    github_actions,
    github_graphql,
    github_pulls,
    github_releases,
    github_rest,
)
from nox_release.rehearsal.github_actions import stored_log
from nox_release.rehearsal.github_api import (
    API,
    DOCS,
    LOG_HOST,
    ROUTES,
    Call,
    Refused,
    Reply,
    Request,
)
from nox_release.rehearsal.github_state import Account, GitHubState


def respond(github: GitHubState, request: Request) -> Reply:
    """The whole answer to one request: host, account, limits, route, handler, headers."""
    if request.host.split(":")[0] == LOG_HOST:
        return stored_log(github, request)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-GitHub-Media-Type": "github.v3; format=json",
        "X-GitHub-Api-Version-Selected": "2022-11-28",
        "X-GitHub-Request-Id": f"REH:{github.answered:04X}",
    }
    with github.lock:
        github.answered += 1
        try:
            account = _account(github, request)
            _limits(github, headers)
            if account is not None and account.scopes is not None:
                headers["X-OAuth-Scopes"] = ", ".join(account.scopes)
                headers["X-Accepted-OAuth-Scopes"] = ""
            answered = _dispatch(Call(github, request, account))
        except Refused as refused:
            headers.update(refused.headers)
            return Reply(
                status=refused.status, body=json.dumps(refused.document).encode(), headers=headers
            )
    reply = answered if isinstance(answered, Reply) else _as_reply(answered)
    headers.update(reply.headers)
    if request.method == "GET" and reply.status == 200:
        headers["ETag"] = f'W/"{hashlib.sha256(reply.body).hexdigest()}"'
        headers["Cache-Control"] = "private, max-age=60, s-maxage=60"
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Reply(status=304, headers=headers)
    return Reply(status=reply.status, body=reply.body, headers=headers)


def _as_reply(answered: Any) -> Reply:
    status, document = answered if isinstance(answered, tuple) else (200, answered)
    if document is None:
        return Reply(status=status)
    return Reply(status=status, body=json.dumps(document).encode())


def _dispatch(call: Call) -> Any:
    path = call.request.path
    method = "GET" if call.request.method == "HEAD" else call.request.method
    moved = re.fullmatch(rf"/repositories/{call.github.settings.id}(/.*)?", path)
    if moved:
        path = f"/repos/{call.github.slug}{moved[1] or ''}"
    repository = re.match(r"/repos/([^/]+)/([^/]+)(/.*)?$", path)
    if repository:
        slug = f"{unquote(repository[1])}/{unquote(repository[2])}"
        path = "/repo" + (repository[3] or "")
        _find_repository(call, slug, repository[3] or "")
    for wanted, pattern, handler in ROUTES:
        found = pattern.fullmatch(path)
        if found and wanted == method:
            parts = {name: unquote(value or "") for name, value in found.groupdict().items()}
            return handler(call, **parts)
    raise Refused(404, "Not Found")


def _find_repository(call: Call, slug: str, rest: str) -> None:
    settings = call.github.settings
    if slug.lower() in (former.lower() for former in settings.former_slugs):
        address = f"{API}/repositories/{settings.id}{rest}"
        document = {
            "message": "Moved Permanently",
            "url": address,
            "documentation_url": f"{DOCS}/guides/best-practices-for-using-the-rest-api#follow-redirects",
        }
        status = 301 if call.request.method == "GET" else 307
        refused = Refused(status, "Moved Permanently", headers={"Location": address})
        refused.document = document
        raise refused
    if slug.lower() != settings.slug.lower() or call.permission() == "none":
        raise Refused(404, "Not Found", page="/repos/repos#get-a-repository")
    scopes = call.account.scopes if call.account else ()
    if settings.private and scopes is not None and "repo" not in scopes:
        raise Refused(404, "Not Found", headers={"X-Accepted-OAuth-Scopes": "repo"})


def _account(github: GitHubState, request: Request) -> Account | None:
    """https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api"""
    given = request.headers.get("authorization", "")
    if not given:
        return None
    token = given.partition(" ")[2]
    account = github.accounts.get(token)
    if account is None:
        raise Refused(401, "Bad credentials")
    return account


def _limits(github: GitHubState, headers: dict[str, str]) -> None:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
    reset = int(github.clock.now().timestamp()) + 3600
    github.rate_remaining = max(0, github.rate_remaining - 1)
    headers.update(
        {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": str(github.rate_remaining),
            "X-RateLimit-Used": str(5000 - github.rate_remaining),
            "X-RateLimit-Reset": str(reset),
            "X-RateLimit-Resource": "core",
        }
    )
    if github.secondary_limit_seconds:
        raise Refused(
            403,
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            headers={"Retry-After": str(github.secondary_limit_seconds)},
        )
    if github.rate_remaining == 0:
        raise Refused(
            403,
            f"API rate limit exceeded for user ID {github.user.id}.",
            page="/overview/rate-limits-for-the-rest-api",
        )
