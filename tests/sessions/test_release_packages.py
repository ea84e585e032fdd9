"""`release -- --all-packages` in a workspace of four packages, and what interrupts it."""

from __future__ import annotations

import sys

import pytest

from preparing import git
from releasing import run, writes
from workspaces import PUBLISHED, change, installers, make_workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]
TAGS = ["core-x-v2.0.0", "plug-x-v1.1.1", "cli-x-v1.0.3"]


@pytest.fixture
def workspace(make_world):
    world = make_workspace(make_world(repository="both"))
    change(world, "core")
    return world


def release(world, *arguments, **more):
    return run(
        world, "release", "--all-packages", "--yes", *arguments, environ=installers(world), **more
    )


def releases(world):
    return [one.tag for one in world.github.releases]


def versions(world):
    return [
        sorted({name.split("-")[1].removesuffix(".tar.gz") for name in world.index.filenames(f"{one}-x")})
        for one in PUBLISHED
    ]  # fmt: skip


def test_a_word_prepares_and_releases_all_in_order_and_each_can_be_installed(workspace):
    ended = release(workspace, "major")

    assert ended.status == 0, ended
    assert releases(workspace) == TAGS
    assert versions(workspace) == [["1.4.0", "2.0.0"], ["1.1.0", "1.1.1"], ["1.0.2", "1.0.3"]]
    tagged = {workspace.git("rev-parse", f"{tag}^{{commit}}", cwd=workspace.remote).strip() for tag in TAGS}  # fmt: skip
    assert tagged == {git(workspace, "rev-parse", "HEAD")}
    assert "Released: core-x 2.0.0, plug-x 1.1.1 and cli-x 1.0.3" in ended.output
    assert ended.output.count("pip install") >= 3
    before = writes(workspace)

    for words in ((), ("major",)):
        again = release(workspace, *words)
        assert again.status == 0, again
        assert "Everything that is prepared is released." in again.output
    assert writes(workspace) == before
