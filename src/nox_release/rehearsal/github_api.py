"""The frame of GitHub's API: requests, refusals, accounts and permissions, routes, pages.

Source: https://docs.github.com/en/rest (API version 2022-11-28).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import timezone
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from nox_release.rehearsal.github import RehearsalGitHub
    from nox_release.rehearsal.github_state import (
        Account,
    )

API = "https://api.github.com"
DOCS = "https://docs.github.com/rest"
LOG_HOST = "productionresultssa0.blob.core.windows.net"
RANKS = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        parsed = parse_qs(urlsplit(self.target).query, keep_blank_values=True)
        return {name: values[-1] for name, values in parsed.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818 - an answer of the stand-in
    """An error answer in GitHub's form."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: list[Any] | None = None,
        page: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        document: dict[str, Any] = {"message": message}
        if errors is not None:
            document["errors"] = errors
        document["documentation_url"] = f"{DOCS}{page}"
        document["status"] = str(status)
        self.status = status
        self.document = document
        self.headers = dict(headers or {})


class Call:
    """One request on its way through a handler."""

    def __init__(self, github: RehearsalGitHub, request: Request, account: Account | None) -> None:
        self.github = github
        self.request = request
        self.account = account
        self.query = request.query

    def json(self) -> dict[str, Any]:
        """The body, which has to be a JSON object."""
        if not self.request.body.strip():
            return {}
        try:
            document = json.loads(self.request.body)
        except ValueError:
            raise Refused(400, "Problems parsing JSON") from None
        if not isinstance(document, dict):
            raise Refused(400, "Body should be a JSON object")
        return document

    def permission(self) -> str:
        if self.account is None:
            return "none" if self.github.settings.private else "read"
        held = self.account.permission
        if held == "none" and not self.github.settings.private:
            return "read"
        return held

    def may(self, wanted: str) -> bool:
        return RANKS.index(self.permission()) >= RANKS.index(wanted)

    def require(self, wanted: str, page: str = "") -> None:
        """Refuse who may not; GitHub hides from those without push access what is there."""
        if self.account is None:
            raise Refused(401, "Requires authentication", page=page)
        scopes = self.account.scopes
        if scopes is not None and not {"repo", "public_repo"} & set(scopes):
            raise Refused(404, "Not Found", page=page, headers={"X-Accepted-OAuth-Scopes": "repo"})
        if not self.may(wanted):
            if scopes is None:
                raise Refused(403, "Resource not accessible by personal access token", page=page)
            if self.may("write"):
                raise Refused(403, "Must have admin rights to Repository.", page=page)
            raise Refused(404, "Not Found", page=page)
        if self.github.settings.archived and self.request.method != "GET":
            raise Refused(403, "Repository was archived so is read-only.", page=page)


Handler = TypeVar("Handler", bound="Callable[..., Any]")
_ROUTES: list[tuple[str, re.Pattern[str], Callable[..., Any]]] = []


def route(method: str, pattern: str) -> Callable[[Handler], Handler]:
    """Serve `pattern`; `{name}` is one part of the path, `{name*}` the rest of it."""
    expression = re.sub(r"\{(\w+)\*\}", r"(?P<\1>.+)", pattern)
    expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", expression)

    def register(handler: Handler) -> Handler:
        _ROUTES.append((method, re.compile(expression), handler))
        return handler

    return register


def respond(github: RehearsalGitHub, request: Request) -> Reply:
    """The whole answer to one request: host, account, limits, route, handler, headers."""
    from nox_release.rehearsal import github_rest  # noqa: F401 - fills the routes
    from nox_release.rehearsal.github_actions import stored_log

    if request.host.split(":")[0] == LOG_HOST:
        return stored_log(github, request)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-GitHub-Media-Type": "github.v3; format=json",
        "X-GitHub-Api-Version-Selected": "2022-11-28",
        "X-GitHub-Request-Id": f"REH:{len(github.faults.seen):04X}",
    }
    with github.lock:
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
    for wanted, pattern, handler in _ROUTES:
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


def _account(github: RehearsalGitHub, request: Request) -> Account | None:
    """https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api"""
    given = request.headers.get("authorization", "")
    if not given:
        return None
    token = given.partition(" ")[2]
    account = github.accounts.get(token)
    if account is None:
        raise Refused(401, "Bad credentials")
    return account


def _limits(github: RehearsalGitHub, headers: dict[str, str]) -> None:
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


# --- small forms --------------------------------------------------------------------------------


def iso_time(moment: datetime | None) -> str | None:
    return (
        None if moment is None else moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    )


def node_id(kind: str, number: object) -> str:
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


def user_form(call: Call, login: str) -> dict[str, Any]:
    account = next((a for a in call.github.accounts.values() if a.login == login), None)
    settings = call.github.settings
    is_owner = login == settings.owner
    number = account.id if account else settings.owner_id if is_owner else 41_898_282
    return {
        "login": login,
        "id": number,
        "node_id": node_id("User", number),
        "avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4",
        "url": f"{API}/users/{login}",
        "html_url": f"https://github.com/{login}",
        "type": settings.owner_type if is_owner else "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
    }


def _page(call: Call, items: list[Any]) -> tuple[list[Any], dict[str, str]]:
    """https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""

    def number(name: str, otherwise: int) -> int:
        text = call.query.get(name, "")
        return max(1, int(text)) if text.isdigit() else otherwise

    size = min(100, number("per_page", 30))
    page = number("page", 1)
    last = max(1, -(-len(items) // size))
    address = urlsplit(call.request.target)
    rest = "&".join(
        part for part in address.query.split("&") if part and not part.startswith("page=")
    )

    def link(to: int, relation: str) -> str:
        query = f"{rest}&page={to}" if rest else f"page={to}"
        return f'<{API}{address.path}?{query}>; rel="{relation}"'

    links = []
    if page > 1:
        links += [link(page - 1, "prev"), link(1, "first")]
    if page < last:
        links += [link(page + 1, "next"), link(last, "last")]
    headers = {"Link": ", ".join(links)} if links else {}
    return items[(page - 1) * size : page * size], headers


def paged(call: Call, items: list[Any], *, key: str = "") -> Reply:
    chosen, headers = _page(call, items)
    document: Any = {"total_count": len(items), key: chosen} if key else chosen
    return Reply(status=200, body=json.dumps(document).encode(), headers=headers)


def repo_url(call: Call) -> str:
    return f"{API}/repos/{call.github.slug}"


def revision(call: Call, text: str) -> str | None:
    """The commit that a branch, tag or (at least four digits of a) commit id names."""
    bare = call.github.bare
    plain = text.removeprefix("refs/")
    for ref in (f"refs/heads/{text}", f"refs/tags/{text}", f"refs/{plain}"):
        found = bare.commit(ref)
        if found:
            return found
    return bare.commit(text) if re.fullmatch(r"[0-9a-fA-F]{4,40}", text) else None
