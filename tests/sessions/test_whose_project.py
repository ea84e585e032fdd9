"""Somebody else's project is told from one's own by the name in .pypirc or the keyring, too."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_first_upload import first_upload
from test_release import register, release, state

from small_wheels import small_wheel

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]

SECRET = "planted-secret-of-nobody"
KEYRINGS = Path(__file__).parents[1] / "world"


@pytest.fixture(params=["keyring", ".pypirc", "TWINE_USERNAME"])
def known_as(request, world, tmp_path):
    """Puts a name where twine would look for one: what to add to the environment, and its source."""

    def known_as(user):
        upload = world.index.index.upload_url
        if request.param == "TWINE_USERNAME":
            return {"TWINE_USERNAME": user}, "TWINE_USERNAME"
        if request.param == ".pypirc":
            Path(world.environ["HOME"], ".pypirc").write_text(
                "[distutils]\nindex-servers = here\n"
                f"[here]\nrepository = {upload}\nusername = {user}\npassword = {SECRET}\n"
            )
            return {}, "~/.pypirc"
        kept = tmp_path / "keyring.json"
        kept.write_text(json.dumps({upload: [user, SECRET]}))
        return {
            "PYTHON_KEYRING_BACKEND": "kept_keyring.Keyring",
            "PYTHONPATH": str(KEYRINGS),
            "KEPT_KEYRING": str(kept),
        }, "the keyring"

    return known_as


def check_project(world, environ):
    command = [sys.executable, "-m", "nox_release", "check-project", "--json"]
    done = subprocess.run(
        [*command, "--index", world.index.url],
        cwd=world.clone,
        env={**world.environ, **environ},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.stdout, done.stderr
    assert SECRET not in done.stdout + done.stderr
    (project,) = json.loads(done.stdout)["projects"]
    return project["ready"], {
        one["status"]: one for one in project["results"] if one["id"] == "not-allowed-user"
    }


def put(world, owner):
    """An earlier release of `owner`'s, by hand: only then are there owners to see."""
    folder = world.directory / "earlier"
    folder.mkdir()
    world.index.put(small_wheel(folder, "tiny-demo", "0.9"), owner=owner)
    register(world)
    world.github.add_environment("pypi")


def test_check_project_compares_the_owners_with_it(world, known_as):
    put(world, "ada")
    environ, source = known_as("ada")
    _, found = check_project(world, environ)
    assert found["ok"]["title"] == "You (ada) may upload to it"
    assert found["ok"]["detail"] == f"owner, by the name in {source}"
    environ, source = known_as("eve")
    ready, found = check_project(world, environ)
    assert not ready
    assert (
        f"belongs to ada on {world.index.index.title}, and you are eve ({source})."
        in (found["finding"]["message"])
    )


def test_release_stops_before_somebody_elses_project(world, known_as):
    put(world, "stranger")
    environ, source = known_as("ada")
    before = state(world)
    ended = release(world, environ=environ)
    assert ended.status == 1, ended
    assert ended.ids == ["not-allowed-user"]
    assert f"you are ada ({source})" in ended.output
    assert SECRET not in ended.output
    assert state(world) == before


def test_first_upload_tells_somebody_elses_project_from_ones_own(world, known_as):
    put(world, "ada")
    given = {"token": world.index.token("you")}
    environ, source = known_as("eve")
    ended = first_upload(world, **given, **environ)
    assert ended.status == 1, ended
    assert f"tiny-demo belongs to ada, and you are eve ({source})." in ended.output
    assert "Not yours: choose another" in ended.output
    assert "Yours: go on" not in ended.output
    assert SECRET not in ended.output
    environ, source = known_as("Ada")
    ended = first_upload(world, **given, **environ)
    assert ended.status == 1, ended
    assert f"tiny-demo belongs to ada, and you are Ada ({source})." in ended.output
    assert "Yours: go on with nox -s release" in ended.output
    assert "Not yours" not in ended.output


def test_first_upload_says_as_whom_it_uploads(world):
    """A token says nothing about whose it is; the setting does."""
    text = (world.clone / "pyproject.toml").read_text("utf-8")
    table = '\n[tool.nox-release]\npypi-user = "you"\n'
    world.commit("Say who", {"pyproject.toml": text + table})
    ended = first_upload(world, token=world.index.token("you"))
    assert ended.status == 0, ended
    assert re.search(r"^as +you$", ended.output, re.MULTILINE)
    assert re.search(r"^with +__token__ \(TWINE_PASSWORD\)$", ended.output, re.MULTILINE)


def test_ones_own_upload_is_known_by_the_files_that_were_here_before(world):
    """The same bytes with a later time may have been downloaded, and with a much earlier one somebody
    else may have uploaded what was published elsewhere.
    """
    folder = world.clone / "dist"
    folder.mkdir()
    wheel = small_wheel(folder, "tiny-demo", "0.9")
    world.index.put(wheel, owner="another-name")
    (file,) = world.index.project("tiny-demo").release("0.9").files
    uploaded = file.upload_time.timestamp()
    os.utime(wheel, (uploaded - 60, uploaded - 60))
    register(world)
    world.github.add_environment("pypi")
    _, found = check_project(world, {})
    assert found["ok"]["title"] == "You have uploaded to it from here"
    ended = first_upload(world, token=world.index.token("another-name"))
    assert "Yours: go on with nox -s release" in ended.output
    assert "Not yours" not in ended.output
    for moment in (uploaded + 60, uploaded - 86400):
        os.utime(wheel, (moment, moment))
        _, found = check_project(world, {})
        assert "it belongs to another-name" in found["not-known"]["reason"]
