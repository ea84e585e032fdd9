"""What `gh` asks over GraphQL, as trees for `graphql.answer`.

Types and fields: https://docs.github.com/en/graphql/reference/objects
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nox_release.rehearsal.github_api import Call, Refused, iso_time, node_id, route
from nox_release.rehearsal.graphql import GraphQLRefusal, answer

if TYPE_CHECKING:
    from nox_release.rehearsal.github_state import Release

# The features of a release that `gh` looks for by the names of its fields.
_OF_A_RELEASE = (
    "name", "tagName", "isDraft", "isLatest", "isPrerelease", "immutable", "createdAt", "publishedAt",
)  # fmt: skip


@route("POST", "/graphql")
def graphql(call: Call) -> Any:
    """https://docs.github.com/en/graphql"""
    account, given = call.account, call.json()
    if account is None:
        raise Refused(401, "This endpoint requires you to be authenticated.")
    names = [{"__typename": "__Field", "name": name} for name in _OF_A_RELEASE]
    root = {
        "__typename": "Query",
        "viewer": {"__typename": "User", "login": account.login},
        "repository": lambda arguments: _repository(call, arguments),
        "__type": lambda arguments: (
            {"__typename": "__Type", "fields": names} if arguments["name"] == "Release" else None
        ),
    }
    return answer(str(given.get("query") or ""), given.get("variables") or {}, root)


def _repository(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    settings = call.github.settings
    slug = f"{given.get('owner')}/{given.get('name')}"
    known = (settings.slug, *settings.former_slugs)
    if slug.lower() not in (k.lower() for k in known) or call.permission() == "none":
        raise GraphQLRefusal(
            f"Could not resolve to a Repository with the name '{slug}'.",
            type="NOT_FOUND",
            path=["repository"],
        )
    return {
        "__typename": "Repository",
        "id": node_id("Repository", settings.id),
        "databaseId": settings.id,
        "name": settings.name,
        "owner": {"__typename": settings.owner_type, "login": settings.owner},
        "description": None,
        "sshUrl": f"git@github.com:{settings.slug}.git",
        "hasIssuesEnabled": True,
        "hasWikiEnabled": False,
        "viewerPermission": call.permission().upper(),
        "parent": None,
        "mergeCommitAllowed": True,
        "rebaseMergeAllowed": True,
        "squashMergeAllowed": True,
        "defaultBranchRef": _ref(call, f"refs/heads/{settings.default_branch}"),
        "ref": lambda arguments: _ref(call, str(arguments.get("qualifiedName"))),
        "release": lambda arguments: _release(
            call, call.github.find_release(arguments.get("tagName"), drafts=call.may("write"))
        ),
        "releases": lambda _: _releases(call),
    }


def _ref(call: Call, name: str) -> dict[str, Any] | None:
    there = name in call.github.bare.refs(name)
    short = name.split("/", 2)[-1]
    return {"__typename": "Ref", "id": node_id("Ref", name), "name": short} if there else None


def _release(call: Call, release: Release | None) -> dict[str, Any] | None:
    if release is None:
        return None
    return {
        "__typename": "Release",
        "databaseId": release.id,
        "name": release.name,
        "tagName": release.tag,
        "isDraft": release.draft,
        "isPrerelease": release.prerelease,
        "isLatest": release is call.github.latest_release(),
        "immutable": release.immutable,
        "createdAt": iso_time(release.created_at),
        "publishedAt": iso_time(release.published_at),
    }


def _releases(call: Call) -> dict[str, Any]:
    """All of them, the newest first, as one page."""
    shown = [one for one in call.github.releases if not one.draft or call.may("write")]
    shown.sort(key=lambda release: release.created_at, reverse=True)
    return {
        "__typename": "ReleaseConnection",
        "nodes": [_release(call, release) for release in shown],
        "pageInfo": {"__typename": "PageInfo", "hasNextPage": False, "endCursor": None},
    }
