"""What `gh` asks over GraphQL, as trees for `graphql.answer`.

Types and fields: https://docs.github.com/en/graphql/reference/objects
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nox_release.rehearsal.github_api import Refused, iso_time, node_id, revision, route
from nox_release.rehearsal.graphql import GraphQLRefusal, Node, answer, connection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nox_release.rehearsal.github_api import Call
    from nox_release.rehearsal.github_state import Release


@route("POST", "/graphql")
def graphql(call: Call) -> Any:
    """https://docs.github.com/en/graphql"""
    if call.account is None:
        raise Refused(401, "This endpoint requires you to be authenticated.")
    given = call.json()
    return answer(str(given.get("query") or ""), given.get("variables") or {}, roots(call))


def roots(call: Call) -> dict[str, Node]:
    """The query root; `gh` sends no mutation that this project needs."""
    fields: dict[str, Any] = {
        "viewer": lambda _: _viewer(call),
        "repository": lambda given: _repository(call, given),
        "repositoryOwner": lambda given: _owner(call, str(given.get("login"))),
        "rateLimit": lambda _: Node("RateLimit", {"remaining": call.github.rate_remaining}),
        "__type": lambda given: _type(str(given.get("name"))),
    }
    return {"query": Node("Query", fields)}


def _type(name: str) -> Node | None:
    """Introspection, for the features that `gh` looks for by field name."""
    known = {
        "Release": (
            "name",
            "tagName",
            "isDraft",
            "isLatest",
            "isPrerelease",
            "immutable",
            "createdAt",
            "publishedAt",
        ),
        "Repository": ("name", "owner", "release", "releases", "ref"),
    }
    if name not in known:
        return None
    fields = [Node("__Field", {"name": field, "args": []}) for field in known[name]]
    return Node("__Type", {"name": name, "fields": lambda _: fields})


def _viewer(call: Call) -> Node:
    account = call.account
    assert account is not None  # noqa: S101 - GraphQL needs an account
    return Node(
        "User",
        {"login": account.login, "id": node_id("User", account.id), "databaseId": account.id},
    )


def _owner(call: Call, login: str) -> Node:
    settings = call.github.settings
    kind = "Organization" if settings.owner_type == "Organization" else "User"
    return Node(kind, {"id": node_id("User", settings.owner_id), "login": login, "name": login})


def _repository(call: Call, given: Mapping[str, Any]) -> Node:
    settings = call.github.settings
    slug = f"{given.get('owner')}/{given.get('name')}"
    known = (settings.slug, *settings.former_slugs)
    if slug.lower() not in (k.lower() for k in known) or call.permission() == "none":
        raise GraphQLRefusal(
            f"Could not resolve to a Repository with the name '{slug}'.", type="NOT_FOUND"
        )
    permission = call.permission().upper()
    fields: dict[str, Any] = {
        "id": node_id("Repository", settings.id),
        "databaseId": settings.id,
        "name": settings.name,
        "nameWithOwner": settings.slug,
        "owner": _owner(call, settings.owner),
        "description": settings.description or None,
        "url": call.github.web,
        "sshUrl": f"git@github.com:{settings.slug}.git",
        "homepageUrl": None,
        "isPrivate": settings.private,
        "isArchived": settings.archived,
        "isFork": False,
        "isEmpty": not call.github.bare.refs("refs/heads/"),
        "isTemplate": False,
        "hasIssuesEnabled": True,
        "hasWikiEnabled": False,
        "hasProjectsEnabled": False,
        "hasDiscussionsEnabled": False,
        "visibility": "PRIVATE" if settings.private else "PUBLIC",
        "viewerPermission": permission,
        "viewerCanAdminister": permission == "ADMIN",
        "parent": None,
        "mergeCommitAllowed": True,
        "rebaseMergeAllowed": True,
        "squashMergeAllowed": True,
        "stargazerCount": 0,
        "forkCount": 0,
        "createdAt": iso_time(call.github.clock.now()),
        "updatedAt": iso_time(call.github.clock.now()),
        "pushedAt": iso_time(call.github.clock.now()),
        "defaultBranchRef": _ref(call, f"refs/heads/{settings.default_branch}"),
        "ref": lambda arguments: _ref(call, str(arguments.get("qualifiedName"))),
        "release": lambda arguments: _release_by_tag(call, str(arguments.get("tagName"))),
        "latestRelease": lambda _: _latest(call),
        "releases": lambda arguments: _releases(call, arguments),
        "object": lambda arguments: _object(call, str(arguments.get("expression"))),
        "pullRequests": lambda arguments: connection("PullRequest", [], arguments),
    }
    return Node("Repository", fields)


def _ref(call: Call, name: str) -> Node | None:
    bare = call.github.bare
    full = name if name.startswith("refs/") else f"refs/heads/{name}"
    found = bare.refs(full).get(full)
    if found is None:
        return None
    sha, kind = found
    short = full.split("/", 2)[2]
    target = Node(
        "Tag" if kind == "tag" else "Commit",
        {
            "oid": sha,
            "id": node_id("Object", sha),
            "target": Node("Commit", {"oid": bare.commit(full)}),
        },
    )
    return Node(
        "Ref",
        {
            "id": node_id("Ref", full),
            "name": short,
            "prefix": full[: -len(short)],
            "target": target,
        },
    )


def _object(call: Call, expression: str) -> Node | None:
    sha = revision(call, expression)
    return Node("Commit", {"oid": sha, "id": node_id("Commit", sha)}) if sha else None


def _release(call: Call, release: Release) -> Node:
    newest = call.github.latest_release()
    return Node(
        "Release",
        {
            "id": node_id("Release", release.id),
            "databaseId": release.id,
            "name": release.name,
            "tagName": release.tag,
            "description": release.body,
            "isDraft": release.draft,
            "isPrerelease": release.prerelease,
            "isLatest": release is newest,
            "immutable": release.immutable,
            "createdAt": iso_time(release.created_at),
            "publishedAt": iso_time(release.published_at),
            "url": f"{call.github.web}/releases/tag/{release.tag}",
        },
    )


def _release_by_tag(call: Call, tag: str) -> Node | None:
    found = call.github.find_release(tag, drafts=call.may("write"))
    return _release(call, found) if found else None


def _latest(call: Call) -> Node | None:
    found = call.github.latest_release()
    return _release(call, found) if found else None


def _releases(call: Call, arguments: Mapping[str, Any]) -> Node:
    shown = [r for r in call.github.releases if not r.draft or call.may("write")]
    order = arguments.get("orderBy") or {}
    newest_first = order.get("direction", "DESC") == "DESC"
    shown.sort(key=lambda release: release.created_at, reverse=newest_first)
    return connection("Release", [_release(call, release) for release in shown], arguments)
