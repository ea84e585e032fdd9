"""GitHub's addresses for releases and their assets; each handler names its page."""

import hashlib
import re
from typing import Any
from urllib.parse import quote

from nox_release.rehearsal.github_api import (
    Call,
    Refused,
    iso_time,
    paged,
    repo_url,
    revision,
    route,
    user_form,
)
from nox_release.rehearsal.github_rest import refuse_by_tag_rules
from nox_release.rehearsal.github_state import Asset, Event, Release, new_id

BODY_LIMIT = 125_000


def _release(call: Call, release: Release) -> dict[str, Any]:
    untagged = f"untagged-{release.id:x}"
    return {
        "url": f"{repo_url(call)}/releases/{release.id}",
        "upload_url": f"https://uploads.github.com/repos/{call.github.slug}/releases/{release.id}/assets{{?name,label}}",
        "html_url": f"{call.github.web}/releases/tag/{untagged if release.draft else quote(release.tag)}",
        "id": release.id,
        "author": user_form(call, release.author),
        "tag_name": release.tag,
        "target_commitish": release.target,
        "name": release.name,
        "draft": release.draft,
        "immutable": release.immutable,
        "prerelease": release.prerelease,
        "created_at": iso_time(release.created_at),
        "updated_at": iso_time(release.published_at or release.created_at),
        "published_at": iso_time(release.published_at),
        "assets": [_asset(call, release, asset) for asset in release.assets],
        "body": release.body,
    }


def _asset(call: Call, release: Release, asset: Asset) -> dict[str, Any]:
    place = f"{quote(release.tag)}/{quote(asset.name)}"
    return {
        "url": f"{repo_url(call)}/releases/assets/{asset.id}",
        "id": asset.id,
        "name": asset.name,
        "state": "uploaded",
        "size": asset.size,
        "digest": asset.digest,
        "browser_download_url": f"{call.github.web}/releases/download/{place}",
    }


def _invalid(page: str, **error: object) -> Refused:
    return Refused(422, "Validation Failed", errors=[{"resource": "Release", **error}], page=page)


@route("GET", "/repo/releases")
def list_releases(call: Call) -> Any:
    """https://docs.github.com/en/rest/releases/releases#list-releases"""
    shown = [r for r in call.github.releases if not r.draft or call.may("write")]
    newest = sorted(shown, key=lambda release: release.created_at, reverse=True)
    return paged(call, [_release(call, release) for release in newest])


@route("POST", "/repo/releases")
def create_release(call: Call) -> Any:
    """https://docs.github.com/en/rest/releases/releases#create-a-release"""
    page = "/releases/releases#create-a-release"
    call.require("write", page)
    given = call.json()
    tag = given.get("tag_name")
    if not isinstance(tag, str):
        raise Refused(422, 'Invalid request.\n\n"tag_name" wasn\'t supplied.', page=page)
    if not _valid_tag(call, tag):
        raise _invalid(page, code="custom", message="tag_name is not a valid tag", field="tag_name")
    draft = bool(given.get("draft"))
    if tag in call.github.burnt_tags:
        raise _invalid(
            page,
            code="custom",
            field="tag_name",
            message="tag_name was used by an immutable release",
        )
    if call.github.find_release(tag) is not None and not draft:
        raise _invalid(page, code="already_exists", field="tag_name")
    body = str(given.get("body") or "")
    _body_fits(body, page)
    account = call.account
    assert account is not None  # noqa: S101 - `require` has seen to it
    target = str(given.get("target_commitish") or call.github.settings.default_branch)
    if given.get("generate_release_notes"):
        notes = _notes(call, tag, None)
        body = f"{body}\n{notes[1]}".lstrip("\n")
    release = Release(
        id=new_id() % 1_000_000_000,
        tag=tag,
        target=target,
        name=str(given.get("name") or (tag if given.get("generate_release_notes") else "")),
        body=body,
        draft=True,
        prerelease=bool(given.get("prerelease")),
        author=account.login,
        created_at=call.github.clock.now(),
        published_at=None,
        make_latest=str(given.get("make_latest") or "true"),
    )
    _target_exists(call, release, draft=draft, page=page)
    if not draft:
        _publish(call, release, page)
    call.github.releases.append(release)
    if not draft:
        _announce(call, release)
    return 201, _release(call, release)


def _valid_tag(call: Call, tag: str) -> bool:
    return bool(tag) and call.github.bare.git("check-ref-format", f"refs/tags/{tag}") is not None


def _body_fits(body: str, page: str) -> None:
    if len(body) > BODY_LIMIT:
        raise _invalid(
            page,
            code="custom",
            field="body",
            message=f"body is too long (maximum is {BODY_LIMIT} characters)",
        )


def _target_exists(call: Call, release: Release, *, draft: bool, page: str) -> None:
    """A published release whose tag is not there yet needs a branch or commit to put it on."""
    if draft or f"refs/tags/{release.tag}" in call.github.bare.refs("refs/tags/"):
        return
    bare = call.github.bare
    target = release.target
    is_commit = re.fullmatch(r"[0-9a-f]{40}", target) and bare.commit(target)
    if not is_commit and bare.commit(f"refs/heads/{target.removeprefix('refs/heads/')}") is None:
        raise Refused(
            422,
            "Validation Failed",
            errors=[
                {
                    "value": target,
                    "resource": "Release",
                    "field": "target_commitish",
                    "code": "invalid",
                }
            ],
            page=page,
        )


def _publish(call: Call, release: Release, page: str) -> None:
    """Give the release its tag where it has none, and its date."""
    bare = call.github.bare
    ref = f"refs/tags/{release.tag}"
    if ref not in bare.refs("refs/tags/"):
        sha = revision(call, release.target)
        refuse_by_tag_rules(call, ref, page)
        if sha is None or not bare.update(ref, sha):
            raise _invalid(page, code="custom", message="Published releases must have a valid tag")
    release.draft = False
    release.immutable = call.github.settings.immutable_releases
    release.published_at = call.github.clock.now()


def _announce(call: Call, release: Release) -> None:
    github = call.github
    sha = github.bare.commit(f"refs/tags/{release.tag}")
    if sha:
        for look in github.before_answer:  # the tag that the release made is a push of its own
            look()
        github.publish_event(
            Event(
                name="release",
                action="published",
                ref=f"refs/tags/{release.tag}",
                sha=sha,
                actor=release.author,
                title=release.name or release.tag,
                actor_is_workflow=release.author.endswith("[bot]"),
                prerelease=release.prerelease,
            )
        )


def _notes(call: Call, tag: str, previous: Any) -> tuple[str, str]:
    if not previous:
        published = [r for r in call.github.releases if not r.draft and r.tag != tag]
        previous = max(published, key=lambda r: r.created_at).tag if published else None
    web = call.github.web
    link = f"{web}/compare/{previous}...{tag}" if previous else f"{web}/commits/{tag}"
    return tag, f"**Full Changelog**: {link}"


@route("GET", "/repo/releases/latest")
def latest_release(call: Call) -> Any:
    """https://docs.github.com/en/rest/releases/releases#get-the-latest-release"""
    release = call.github.latest_release()
    if release is None:
        raise Refused(404, "Not Found", page="/releases/releases#get-the-latest-release")
    return _release(call, release)


@route("GET", "/repo/releases/tags/{tag*}")
def release_by_tag(call: Call, tag: str) -> Any:
    """https://docs.github.com/en/rest/releases/releases#get-a-release-by-tag-name

    Drafts have no tag yet and are not found here.
    """
    release = call.github.find_release(tag)
    if release is None:
        raise Refused(404, "Not Found", page="/releases/releases#get-a-release-by-tag-name")
    return _release(call, release)


def _release_by_id(call: Call, number: str) -> Release:
    for release in call.github.releases:
        if str(release.id) == number and (not release.draft or call.may("write")):
            return release
    raise Refused(404, "Not Found", page="/releases/releases#get-a-release")


@route("GET", "/repo/releases/{number}")
def get_release(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/releases/releases#get-a-release"""
    return _release(call, _release_by_id(call, number))


@route("POST", "/repo/releases/{number}/assets")
def upload_asset(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/releases/assets#upload-a-release-asset"""
    page = "/releases/assets#upload-a-release-asset"
    call.require("write", page)
    release = _release_by_id(call, number)
    if release.immutable:
        raise Refused(422, "Cannot upload assets to an immutable release.", page=page)
    name, body = call.query.get("name", ""), call.request.body
    if any(asset.name == name for asset in release.assets):
        error = {"resource": "ReleaseAsset", "code": "already_exists", "field": "name"}
        raise Refused(422, "Validation Failed", errors=[error], page=page)
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    asset = Asset(id=new_id() % 1_000_000_000, name=name, size=len(body), digest=digest)
    release.assets.append(asset)
    return 201, _asset(call, release, asset)


@route("DELETE", "/repo/releases/assets/{number}")
def delete_asset(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/releases/assets#delete-a-release-asset"""
    page = "/releases/assets#delete-a-release-asset"
    call.require("write", page)
    for release in call.github.releases:
        for asset in release.assets:
            if str(asset.id) == number:
                if release.immutable:
                    raise Refused(422, "Cannot delete asset from an immutable release.", page=page)
                release.assets.remove(asset)
                return 204, None
    raise Refused(404, "Not Found", page=page)


@route("PATCH", "/repo/releases/{number}")
def update_release(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/releases/releases#update-a-release"""
    page = "/releases/releases#update-a-release"
    call.require("write", page)
    release = _release_by_id(call, number)
    given = call.json()
    tag = str(given.get("tag_name") or release.tag)
    other = call.github.find_release(tag)
    if other is not None and other is not release:
        raise _invalid(page, code="already_exists", field="tag_name")
    _body_fits(str(given.get("body") or ""), page)
    if release.immutable and (given.get("draft") or tag != release.tag):
        raise _invalid(
            page,
            code="custom",
            field="state" if given.get("draft") else "tag_name",
            message=f"{'state' if given.get('draft') else 'tag_name'} cannot be changed when release is immutable",
        )
    release.tag = tag
    release.target = str(given.get("target_commitish") or release.target)
    release.name = str(given["name"] or "") if "name" in given else release.name
    release.body = str(given["body"] or "") if "body" in given else release.body
    release.prerelease = bool(given.get("prerelease", release.prerelease))
    release.make_latest = str(given.get("make_latest") or release.make_latest)
    if release.draft and given.get("draft") is False:
        _target_exists(call, release, draft=False, page=page)
        _publish(call, release, page)
        _announce(call, release)
    return _release(call, release)


@route("DELETE", "/repo/releases/{number}")
def delete_release(call: Call, number: str) -> Any:
    """https://docs.github.com/en/rest/releases/releases#delete-a-release"""
    call.require("write", "/releases/releases#delete-a-release")
    release = _release_by_id(call, number)
    call.github.releases.remove(release)
    if release.immutable:
        call.github.burn(release.tag)
    return 204, None
