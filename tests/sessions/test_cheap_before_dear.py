"""What is known in the first second is said before anything is built, and once."""

from __future__ import annotations

import sys

import pytest
from test_whose_project import put

from releasing import run

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
    return mark.exists


def first_upload(world, *arguments, **environ):
    return run(world, "first-upload", "--yes", "--no-smoke", *arguments, environ=environ)


def test_the_backend_tells_that_it_ran(world, built):
    ended = first_upload(world, TWINE_PASSWORD=world.index.token("you"))
    assert ended.status == 0, ended
    assert built()


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
    assert not built()


def test_first_upload_says_all_that_it_knows_beforehand_at_once(world, built):
    world.write({"README.md": "changed"})
    ended = first_upload(world, TWINE_PASSWORD="hunter2")
    assert "tree-dirty" in ended.output
    assert "has no API token of" in ended.output
    assert ended.output.count("tree-dirty") == 1
    assert not built()
