"""The frame of GitHub's API: requests, refusals, permissions, the list of routes, pages.

Source: https://docs.github.com/en/rest (API version 2022-11-28).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from nox_release.core.values import dataclass, field

if TYPE_CHECKING:
    from nox_release.rehearsal.github_state import Account, GitHubState

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

    def __init__(self, github: GitHubState, request: Request, account: Account | None) -> None:
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
ROUTES: list[tuple[str, re.Pattern[str], Callable[..., Any]]] = []


def route(method: str, pattern: str) -> Callable[[Handler], Handler]:
    """Serve `pattern`; `{name}` is one part of the path, `{name*}` the rest of it."""
    expression = re.sub(r"\{(\w+)\*\}", r"(?P<\1>.+)", pattern)
    expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", expression)

    def register(handler: Handler) -> Handler:
        ROUTES.append((method, re.compile(expression), handler))
        return handler

    return register


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
        "html_url": f"https://github.com/{login}",
        "type": settings.owner_type if is_owner else "Bot" if login.endswith("[bot]") else "User",
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
