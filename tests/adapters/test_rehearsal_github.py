"""The stand-in for GitHub, asked by the real gh."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from nox_release.edges.children import GH
from troubles import Fault

if TYPE_CHECKING:
    from nox_release.edges.process import Completed
    from nox_release.rehearsal.world import World

SLUG = "repos/you/tiny-demo"


def gh(world: World, *arguments: str) -> Completed:
    return replace(world.runner, child=GH).run(
        ["gh", *arguments], cwd=world.clone, check=False, timeout=60
    )


def api(world: World, path: str, *arguments: str) -> tuple[int, object]:
    done = gh(world, "api", "--include", path, *arguments)
    head, _, body = done.stdout.partition("\r\n\r\n")
    if not body:
        head, _, body = done.stdout.partition("\n\n")
    return int(head.split()[1]), json.loads(body) if body.strip() else None


def tagged(world: World, tag: str = "v1.2.3") -> str:
    world.git("tag", tag)
    world.git("push", "--quiet", "origin", tag)
    return tag


def test_gh_is_logged_in_and_says_its_scopes(world: World) -> None:
    done = gh(world, "auth", "status")
    assert done.returncode == 0
    assert "Logged in to github.com account you (GH_TOKEN)" in done.output
    assert "'repo', 'workflow'" in done.output


def test_bad_token_is_401(world: World) -> None:
    world.environ["GH_TOKEN"] = "gho_" + "x" * 36
    assert api(world, "user") == (
        401,
        {
            "message": "Bad credentials",
            "documentation_url": "https://docs.github.com/rest",
            "status": "401",
        },
    )
    assert "token in GH_TOKEN is invalid" in gh(world, "auth", "status").output


def test_release_of_a_tag_that_is_not_there_is_refused_by_verify_tag(world: World) -> None:
    done = gh(world, "release", "create", "v9", "--verify-tag", "--notes", "x")
    assert done.returncode == 1
    assert "tag v9 doesn't exist in the repo you/tiny-demo" in done.stderr
    assert world.github.releases == []


def test_release_is_made_shown_and_not_made_twice(world: World) -> None:
    world.workflows.paused = True
    tag = tagged(world)
    made = gh(world, "release", "create", tag, "--verify-tag", "--title", "One", "--notes", "Two")
    assert made.stdout == "https://github.com/you/tiny-demo/releases/tag/v1.2.3\n"
    assert "title:\tOne" in gh(world, "release", "view", tag).stdout
    assert gh(world, "release", "list").stdout.startswith("One\tLatest\tv1.2.3\t")
    again = gh(world, "release", "create", tag, "--verify-tag", "--title", "One", "--notes", "Two")
    assert again.returncode == 1
    assert "HTTP 422: Validation Failed" in again.stderr
    assert "Release.tag_name already exists" in again.stderr
    assert len(world.github.releases) == 1


def test_draft_has_no_address_by_its_tag_until_it_is_published(world: World) -> None:
    world.workflows.paused = True
    tag = tagged(world)
    gh(world, "release", "create", tag, "--draft", "--title", "x", "--notes", "y")
    assert api(world, f"{SLUG}/releases/tags/{tag}")[0] == 404
    assert world.github.runs == []
    assert gh(world, "release", "edit", tag, "--draft=false").returncode == 0
    assert api(world, f"{SLUG}/releases/tags/{tag}")[0] == 200
    assert [run.event for run in world.github.runs] == ["release"]


def test_release_without_a_tag_needs_a_target_that_exists(world: World) -> None:
    status, answer = api(
        world, f"{SLUG}/releases", "-f", "tag_name=v7", "-f", "target_commitish=nowhere"
    )
    assert status == 422
    assert answer["errors"] == [
        {
            "value": "nowhere",
            "resource": "Release",
            "field": "target_commitish",
            "code": "invalid",
        }
    ]


def test_reader_may_not_release_and_is_told_not_found(world: World) -> None:
    token = "gho_" + "r" * 36
    world.github.add_user("reader", token=token, permission="read")
    world.environ["GH_TOKEN"] = token
    tagged(world)
    assert api(world, SLUG)[1]["permissions"]["push"] is False
    assert api(world, f"{SLUG}/releases", "-f", "tag_name=v1.2.3")[0] == 404


def test_missing_scope_is_guessed_by_gh(world: World) -> None:
    token = "gho_" + "s" * 36
    world.github.add_user("you", token=token, permission="admin", scopes=("gist",))
    world.environ["GH_TOKEN"] = token
    tagged(world)
    done = gh(world, "release", "create", "v1.2.3", "--title", "x", "--notes", "y")
    assert done.returncode == 1
    assert "gh auth refresh -h github.com -s workflow" in done.stderr


def test_renamed_repository_redirects(world: World) -> None:
    world.github.settings.former_slugs = ("you/old-name",)
    assert api(world, "repos/you/old-name")[1]["full_name"] == "you/tiny-demo"


def test_environment_shows_its_rules(world: World) -> None:
    assert api(world, f"{SLUG}/environments/pypi")[0] == 404
    world.github.add_environment("pypi", reviewers=("you",), policies=(("tag", "v*"),))
    environment = api(world, f"{SLUG}/environments/PyPI")[1]
    kinds = [rule["type"] for rule in environment["protection_rules"]]
    assert kinds == ["required_reviewers", "branch_policy"]
    listed = api(world, f"{SLUG}/environments/pypi/deployment-branch-policies")[1]
    assert [(p["type"], p["name"]) for p in listed["branch_policies"]] == [("tag", "v*")]


def test_dispatch_is_refused_as_github_refuses_it(world: World) -> None:
    world.workflows.paused = True
    assert (
        "No ref found for: nope"
        in gh(world, "workflow", "run", "publish.yml", "--ref", "nope").stderr
    )
    unexpected = gh(world, "workflow", "run", "publish.yml", "-f", "version=1")
    assert 'Unexpected inputs provided: ["version"]' in unexpected.stderr
    assert gh(world, "workflow", "disable", "publish.yml").returncode == 0
    disabled = gh(
        world,
        "api",
        "-X",
        "POST",
        f"{SLUG}/actions/workflows/publish.yml/dispatches",
        "-f",
        "ref=main",
    )
    assert "disabled workflow" in disabled.output
    gh(world, "workflow", "enable", "publish.yml")
    assert gh(world, "workflow", "run", "publish.yml").returncode == 0
    assert [run.event for run in world.github.runs] == ["workflow_dispatch"]


def test_rate_limit_and_outages_reach_gh(world: World) -> None:
    world.github.rate_remaining = 1
    assert "rate limit exceeded" in gh(world, "api", "user").output
    world.github.rate_remaining = 5000
    world.github.faults.arrange(Fault(kind="status", endpoint="/user", status=502))
    assert "HTTP 502" in gh(world, "api", "user").output
    world.github.faults.arrange(Fault(kind="refuse", endpoint="/user"))
    assert gh(world, "api", "user").returncode == 1
    assert gh(world, "api", "user").returncode == 0


@pytest.mark.parametrize("field", ["nonsense", "viewerHasStarred"])
def test_unknown_graphql_field_is_refused_not_left_out(world: World, field: str) -> None:
    query = f'query{{repository(owner:"you",name:"tiny-demo"){{{field}}}}}'
    done = gh(world, "api", "graphql", "-f", f"query={query}")
    assert f"Field '{field}' doesn't exist on type 'Repository'" in done.output


# --- immutable releases


@pytest.fixture
def immutable(world: World) -> World:
    """A repository where releases are immutable, with one release, whose asset came in time."""
    world.workflows.paused = True
    world.github.settings.immutable_releases = True
    tag = tagged(world)
    made = gh(world, "release", "create", tag, "README.md", "--verify-tag", "--notes", "x")
    assert made.returncode == 0, made.output
    return world


def test_whether_releases_are_immutable_can_be_asked(world: World) -> None:
    assert api(world, f"{SLUG}/immutable-releases")[0] == 404
    world.github.settings.immutable_releases = True
    enabled = {"enabled": True, "enforced_by_owner": False}
    assert api(world, f"{SLUG}/immutable-releases") == (200, enabled)


def test_immutable_release_keeps_what_it_was_published_with(immutable: World) -> None:
    shown = gh(immutable, "release", "view", "v1.2.3", "--json", "isImmutable,assets")
    document = json.loads(shown.stdout)
    assert document["isImmutable"]
    assert [asset["name"] for asset in document["assets"]] == ["README.md"]


def test_immutable_release_takes_no_further_asset(immutable: World) -> None:
    late = gh(immutable, "release", "upload", "v1.2.3", "pyproject.toml")
    assert late.returncode == 1
    assert "Cannot upload assets to an immutable release" in late.stderr


def test_immutable_release_does_not_become_a_draft(immutable: World) -> None:
    back = gh(immutable, "release", "edit", "v1.2.3", "--draft")
    assert back.returncode == 1
    assert "state cannot be changed when release is immutable" in back.stderr


def test_tag_of_a_deleted_immutable_release_is_burnt(immutable: World) -> None:
    gh(immutable, "release", "delete", "v1.2.3", "--yes", "--cleanup-tag")
    immutable.git("update-ref", "-d", "refs/tags/v1.2.3", cwd=immutable.remote)
    again = gh(immutable, "release", "create", "v1.2.3", "--target", "main", "--notes", "x")
    assert "tag_name was used by an immutable release" in again.stderr
    immutable.git("tag", "--force", "v1.2.3")
    pushed = immutable.runner.run(
        ["git", "push", "origin", "v1.2.3"], cwd=immutable.clone, check=False
    )
    assert pushed.returncode
    assert "creations being restricted" in pushed.output


def test_release_from_before_the_switch_stays_as_it_is(world: World) -> None:
    world.workflows.paused = True
    gh(world, "release", "create", tagged(world), "--notes", "x")
    world.github.settings.immutable_releases = True
    assert gh(world, "release", "upload", "v1.2.3", "README.md").returncode == 0
