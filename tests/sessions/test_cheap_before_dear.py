"""What is known in the first second is said before anything is built, and once."""

from __future__ import annotations

import sys

import pytest
from test_agreement import WORLDS
from test_whose_project import put

from releasing import register, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]

BACKEND = "tiny_backend.py"


@pytest.fixture
def built(world, tmp_path):
    """Whether the project's backend ran: it leaves a file outside of every tree."""
    mark = tmp_path / "backend-ran"
    text = (world.clone / BACKEND).read_text()
    world.commit(
        "Have the backend tell",
        {BACKEND: f"{text}\n\nPath({str(mark)!r}).write_text('')\n"},
    )
    return mark


def first_upload(world, *arguments, **environ):
    return run(world, "first-upload", "--yes", "--no-smoke", *arguments, environ=environ)


def test_the_backend_tells_that_it_ran(world, built):
    ended = first_upload(world, TWINE_PASSWORD=world.index.token("you"))
    assert ended.status == 0, ended
    assert built.exists()


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("dirty", "tree-dirty"),
        ("password", "has no API token of"),
        ("torn token", "copy it again"),
        ("no credential", "There is no credential"),
        ("another project's token", "is for other, not for tiny-demo"),
        ("released by others", "has releases on"),
        ("a name too similar", "name-too-similar"),
    ],
)
def test_first_upload_says_what_it_knows_before_it_builds(world, built, trouble, said):
    index, token = world.index, world.index.token("you")
    if trouble == "dirty":
        world.write({"README.md": "changed"})
    elif trouble == "password":
        token = "hunter2"
    elif trouble == "torn token":
        token = token[:40]
    elif trouble == "no credential":
        token = ""
    elif trouble == "another project's token":
        index.create_project("other", owner="you")
        token = index.token("you", projects=["other"])
    elif trouble == "released by others":
        put(world, "other")
    else:
        index.add_user("other")
        index.create_project("tlny-demo", owner="other")
    ended = first_upload(world, TWINE_PASSWORD=token)
    assert ended.status == 1
    assert said in ended.output
    assert not built.exists()


def test_first_upload_says_all_that_it_knows_beforehand_at_once(world, built):
    world.write({"README.md": "changed"})
    ended = first_upload(world, TWINE_PASSWORD="hunter2")
    assert "tree-dirty" in ended.output
    assert "has no API token of" in ended.output
    assert ended.output.count("tree-dirty") == 1
    assert not built.exists()


# --- release and prepare ---------------------------------------------------------------------

TROUBLES = {
    "a change is not committed": "tree-dirty",
    "the remote has more": "branch-behind",
    "head is detached": "head-detached",
    "gh is missing": "gh-missing",
    "gh is logged out": "gh-logged-out",
    "gh may only read": "gh-account",
    "the remote is gone": "remote-unreachable",
    "the project is absent": "project-absent",
    "the index is down": "index-unreachable",
    "the tag is elsewhere there": "tag-elsewhere-there",
    "no workflow publishes": "publish-workflow-missing",
}


def released_before(world):
    world.index.create_project("tiny-demo", owner="you")
    register(world)
    world.github.add_environment("pypi")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_release_says_what_it_knows_before_it_builds(world, built, trouble):
    released_before(world)
    environ = WORLDS[trouble](world) or {}
    ended = run(world, "release", "--yes", "--no-smoke", environ=environ)
    assert ended.status == 1
    assert TROUBLES[trouble] in ended.ids
    assert ended.output.count(f"[{TROUBLES[trouble]}]") == 1
    assert not built.exists()


OLD_GH = """\
#!/bin/sh
echo "gh version 2.4.0 (2021-12-21)"
"""


def test_an_old_gh_is_named_before_a_build(world, built, tmp_path):
    released_before(world)
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(OLD_GH)
    program.chmod(0o755)
    path = f"{program.parent}:{world.environ['PATH']}"
    ended = run(world, "release", "--yes", "--no-smoke", environ={"PATH": path})
    assert ended.status == 1
    assert "2.4.0" in ended.output
    assert not built.exists()


def test_a_version_that_is_none_and_one_that_is_taken_are_named_before_a_build(world, built):
    released_before(world)
    none = run(world, "release", "--yes", "--no-smoke", "1.x")
    assert "is not a version" in none.output
    WORLDS["the version was uploaded by hand"](world)
    built.unlink(missing_ok=True)
    taken = run(world, "release", "--yes", "--no-smoke")
    assert taken.status == 1
    assert "1.2.3" in taken.output
    assert not built.exists()


@pytest.mark.parametrize(
    "trouble", ["a change is not committed", "the remote has more", "gh is missing"]
)
@pytest.mark.parametrize("operation", ["prepare", "release"])
def test_a_version_that_is_prepared_first_is_no_exception(world, built, operation, trouble):
    released_before(world)
    environ = WORLDS[trouble](world) or {}
    ended = run(world, operation, "patch", "--yes", environ=environ)
    assert ended.status == 1
    assert not built.exists()


def test_build_compares_the_tag_with_the_version_before_it_builds(world, built):
    ended = run(world, "build", "--no-smoke", "--tag", "v9.9")
    assert ended.status == 1
    assert "The tag v9.9 is not the tag of version 1.2.3" in ended.output
    assert not built.exists()


COMPUTED = """\
from setuptools import setup
import os

open({mark!r}, "w").close()
setup(name="tiny-demo", version=os.environ.get("NO_SUCH") or "1.2.3", packages=["tiny_demo"])
"""


def test_neither_is_a_project_whose_version_only_a_build_knows(world, tmp_path):
    mark = tmp_path / "ran"
    world.git("rm", "-q", "pyproject.toml")
    world.commit("Work it out", {"setup.py": COMPUTED.format(mark=str(mark))})
    released_before(world)
    world.write({"README.md": "changed"})
    ended = run(world, "release", "--yes", "--no-smoke")
    assert ended.status == 1
    assert "tree-dirty" in ended.output
    assert not mark.exists()
