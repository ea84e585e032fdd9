"""The keyring, asked for a name in a child of its own: the real keyring, with backends in a file."""

import json
import os
import time
from pathlib import Path

import pytest

from nox_release.core.answers import CouldNotAsk
from nox_release.edges import keyring_user
from nox_release.edges.maintainer import Keyring
from nox_release.edges.process import Runner
from nox_release.project.pyproject import PYPI, TESTPYPI

pytest.importorskip("keyring")

KEYRINGS = Path(__file__).parents[1] / "world"
SECRET = "planted-secret-in-the-keyring"


@pytest.fixture
def keep(tmp_path):
    """A keyring of a kind that has `user` for PyPI's upload address."""
    file = tmp_path / "keyring.json"
    (tmp_path / "empty").mkdir()

    def keep(kind, user="ada", cwd=tmp_path / "empty", **more):
        file.write_text(json.dumps({PYPI.upload_url: [user, SECRET]}), encoding="utf-8")
        environ = {
            **os.environ,
            "PYTHONPATH": str(KEYRINGS),
            "PYTHON_KEYRING_BACKEND": f"kept_keyring.{kind}",
            "KEPT_KEYRING": str(file),
            **more,
        }
        return Keyring(Runner(environ=environ), cwd)

    keep.asked = file.with_suffix(".asked")
    return keep


def test_the_name_is_asked_for_as_twine_asks_once_for_each_index(keep):
    keyring = keep("Keyring")
    assert [keyring.user(PYPI), keyring.user(PYPI), keyring.user(TESTPYPI)] == ["ada", "ada", ""]
    assert keep.asked.read_text().splitlines() == [
        "https://upload.pypi.org/legacy/ None",
        "https://test.pypi.org/legacy/ None",
    ]


def test_twine_would_ask_for_the_same_address(keep):
    """The address is the whole question, so it has to be the same to the letter."""
    from twine.utils import get_repository_from_config

    assert keep("Keyring").user(PYPI) == "ada"
    config = get_repository_from_config("no-such-file", "pypi", PYPI.upload_url)
    assert keep.asked.read_text().split()[0] == config["repository"]


def test_whatever_a_keyring_prints_goes_nowhere(keep, capfd):
    assert keep("Talkative").user(PYPI) == "ada"
    assert "".join(capfd.readouterr()) == ""


@pytest.mark.parametrize("kind", ["Locked", "Asking", "NoSuchClass"])
def test_a_keyring_that_gives_nothing_is_not_known(keep, kind, capfd):
    assert keep(kind).user(PYPI) == ""
    assert "".join(capfd.readouterr()) == ""


@pytest.mark.slow
def test_a_keyring_that_hangs_is_left_after_three_seconds(keep):
    keyring = keep("Hanging")
    started = time.monotonic()
    assert keyring.user(PYPI) == ""
    assert 2 < time.monotonic() - started < 15
    assert keep.asked.exists()


def test_name_and_password_come_through_a_pipe_and_are_in_no_error(keep, capfd):
    keyring = keep("Talkative")
    assert keyring.credential(PYPI, "__token__", within=60) == ("ada", SECRET)
    assert keyring.credential(TESTPYPI, None, within=60) == ("", "")
    assert keep.asked.read_text().splitlines()[0] == "https://upload.pypi.org/legacy/ __token__"
    assert "".join(capfd.readouterr()) == ""


@pytest.mark.slow
def test_a_keyring_that_waits_for_somebody_is_left_in_time(keep):
    found = keep("Hanging").credential(PYPI, None, within=3)
    assert found == CouldNotAsk(reason="the keyring gave no answer within 3 s")


@pytest.mark.parametrize("kind", ["Locked", "Asking", "NoSuchClass"])
def test_a_keyring_that_gives_no_password_has_none(keep, kind):
    assert keep(kind).credential(PYPI, None, within=60) == ("", "")


@pytest.mark.parametrize("kind", ["null", "fail"])
def test_a_keyring_that_is_switched_off_costs_no_process(keep, kind, monkeypatch):
    monkeypatch.setattr(Runner, "run", None)
    keyring = keep("Keyring", PYTHON_KEYRING_BACKEND=f"keyring.backends.{kind}.Keyring")
    assert keyring.user(PYPI) == ""


def test_a_file_of_the_project_is_not_taken_for_the_keyring(keep, tmp_path):
    for name in ("keyring.py", "nox_release.py", "os.py", "contextlib.py"):
        (tmp_path / name).write_text(f"open('ran', 'w').close()\nraise SystemExit({name!r})\n")
    assert keep("Keyring", cwd=tmp_path).user(PYPI) == "ada"
    assert not (tmp_path / "ran").exists()


def test_a_locked_secret_service_opens_no_dialog(monkeypatch):
    """Unlocking asks the service for a dialog by its address; showing it is a second step."""
    util = pytest.importorskip("secretstorage.util")

    class Service:
        def __init__(self, *_):
            pass

        def call(self, method, *_):
            assert method == "Unlock", "a dialog was opened"
            return (), "/org/freedesktop/secrets/prompt/1"

    for name in ("util", "collection", "item"):
        module = __import__(f"secretstorage.{name}", fromlist=["*"])
        if hasattr(module, "exec_prompt"):
            monkeypatch.setattr(module, "exec_prompt", module.exec_prompt)
    monkeypatch.setattr(util, "DBusAddressWrapper", Service)
    keyring_user.refuse_dialogs()
    with pytest.raises(RuntimeError, match="locked"):
        util.unlock_objects(None, ["/org/freedesktop/secrets/collection/login"])
