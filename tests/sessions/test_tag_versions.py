"""Projects whose version is their tag: each command that a screen names can be pasted as it is."""

from __future__ import annotations

import sys

import pytest

from nox_release.rehearsal.world import World
from releasing import run
from small_projects import environ

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]

PYPROJECT = """\
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"

[project]
name = "tiny-demo"
dynamic = ["version"]
readme = "README.md"
requires-python = ">=3.10"

[tool.hatch.version]
source = "vcs"
"""
CHANGELOG = "# Changelog\n\n## 0.2.0\n\n- More.\n\n## 0.1.0\n\n- First.\n"


@pytest.fixture
def world(tmp_path):
    with World(tmp_path / "w", environ=environ(), repository="tiny-demo") as world:
        world.seed(
            files={
                "pyproject.toml": PYPROJECT,
                "README.md": "# tiny\n",
                "CHANGELOG.md": CHANGELOG,
                ".gitignore": "dist/\n",
                "tiny_demo/__init__.py": "",
            }
        )
        world.index.add_user("you")
        world.index.create_project("tiny-demo", owner="you")
        world.git("tag", "v0.1.0")
        assert run(world, "init", "--yes").status == 0
        world.commit("Publish")
        yield world


def test_what_a_build_between_tags_leaves_in_dist_is_no_blocker(world):
    assert run(world, "build", "--no-smoke").status == 0
    assert list((world.clone / "dist").glob("*.whl"))
    checked = run(world, "check-project")
    assert checked.status == 0, checked
    assert "local-version" not in checked.output


def test_a_tag_of_nothing_is_not_the_release_that_has_no_version_yet(world):
    world.git("tag", "v0.0.0", "HEAD~1")  # before there was a workflow
    world.git("push", "--quiet", "origin", "v0.0.0")
    checked = run(world, "check-project")
    assert checked.status == 0, checked
    assert "publish-workflow-missing" not in checked.output


def test_the_next_command_names_the_version_that_the_changelog_has(world):
    assert "nox -s release -- 0.2.0 " in run(world, "check-project").output
    world.git("tag", "v0.2.0", "HEAD~1")
    assert "nox -s release -- patch " in run(world, "check-project").output
    asked = run(world, "release", "--yes")
    assert asked.status == 1
    assert "nox -s release -- patch, or minor, or a version" in asked.output
