"""Who the maintainer is on the index: which place is believed before which, and which say nothing."""

from pathlib import Path

import pytest

from nox_release.core.answers import CouldNotAsk
from nox_release.edges.maintainer import find_maintainer, may_tell
from nox_release.edges.tokens import pypirc_path, read_pypirc
from nox_release.project.pyproject import PYPI, TESTPYPI, Settings, parse_index
from nox_release.releases.observed import Maintainer, Ownership

ALICE = Ownership(roles=(("Owner", "alice"),))
TOKEN = "pypi-AgEIcHlwaS5vcmcCJDU3ZTk5" + "x" * 40


class Ring:
    """Stands for `Keyring`, which has tests of its own on the real one."""

    def __init__(self, name=""):
        self.name, self.asked = name, []

    def user(self, index):
        self.asked.append(index)
        return self.name


@pytest.fixture
def find(tmp_path):
    def find(*, setting=None, pypirc="", twine="", ring="", ownership=ALICE, index=PYPI):
        (tmp_path / ".pypirc").write_text(pypirc)
        environ = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
        if twine:
            environ["TWINE_USERNAME"] = twine
        find.ring = Ring(ring)
        return find_maintainer(
            Settings(index=index, pypi_user=setting), environ, find.ring, ownership
        )

    return find


def section(user, name="pypi"):
    return f"[{name}]\nusername = {user}\npassword = planted\n"


def test_the_setting_comes_first_then_twines_places_in_its_order(find):
    places = {"setting": "one", "twine": "two", "pypirc": section("three"), "ring": "four"}
    found = []
    while places:
        found.append(find(**places))
        del places[next(iter(places))]
    assert found == [
        Maintainer(user="one"),
        Maintainer(user="two", source="TWINE_USERNAME"),
        Maintainer(user="three", source="~/.pypirc"),
        Maintainer(user="four", source="the keyring"),
    ]
    assert find() is None


def test_a_token_says_nothing_about_who_has_it(find):
    assert find(twine="__token__", pypirc=section("__token__"), ring="__token__") is None
    assert find(twine="__token__", pypirc=section(" ada ")).user == "ada"


@pytest.mark.parametrize("text", [TOKEN, "", "ada lovelace", "ada@example.org", "\x1b[31m", "-a"])
def test_what_is_no_user_name_is_not_taken_for_one(find, text):
    """Least of all a token that was pasted into the wrong line."""
    assert find(twine=text, ring=text) is None
    assert find(pypirc=section(text)) is None


def test_the_section_of_another_index_says_nothing(find):
    assert find(pypirc=section("ada"), index=TESTPYPI) is None
    own = parse_index("https://example.org/")
    text = section("ada", "corp") + "repository = https://example.org/legacy/\n"
    assert find(pypirc=text, index=own).user == "ada"


def test_a_broken_pypirc_says_nothing(find):
    assert find(pypirc="password = planted\n") is None


@pytest.mark.parametrize("ownership", [None, CouldNotAsk(reason="503"), Ownership()])
def test_the_keyring_is_asked_only_where_there_are_names_to_compare_with(find, ownership):
    assert find(ring="ada", ownership=ownership) is None
    assert find.ring.asked == []


def test_the_keyring_is_not_asked_when_it_is_known_already(find):
    find(pypirc=section("ada"), ring="eve")
    assert find.ring.asked == []


NULL = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
OTHER = {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"}
BUS = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus"}


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {}, False),
        ("linux", BUS, True),
        ("linux", {**BUS, **NULL}, False),
        ("linux", OTHER, True),
        ("darwin", BUS, False),
        ("darwin", OTHER, True),
        ("win32", {}, True),
        ("win32", NULL, False),
    ],
)
def test_a_keyring_that_can_tell_no_name_is_worth_no_process(tmp_path, platform, environ, expected):
    environ = {"HOME": str(tmp_path), **environ}
    assert may_tell(environ, platform=platform) is expected


def test_a_keyring_chosen_in_its_own_settings_is_asked(tmp_path):
    file = tmp_path / ".config" / "python_keyring" / "keyringrc.cfg"
    file.parent.mkdir(parents=True)
    file.write_text("[backend]\ndefault-keyring = keyrings.alt.file.PlaintextKeyring\n")
    assert may_tell({"HOME": str(tmp_path)}, platform="linux")


HOMES = {"HOME": "msys", "USERPROFILE": "profile", "HOMEDRIVE": "C:", "HOMEPATH": "path"}


@pytest.mark.parametrize(
    ("platform", "without", "home"),
    [
        ("linux", (), "msys"),
        ("darwin", (), "msys"),
        ("win32", (), "profile"),
        ("win32", ("USERPROFILE",), "C:path"),
        ("win32", ("USERPROFILE", "HOMEPATH"), "~"),
        ("linux", ("HOME",), "~"),
    ],
)
def test_pypirc_is_where_twine_looks_for_it(platform, without, home):
    """On Windows, Git's shell sets HOME, and Python has not looked at it since 3.8."""
    environ = {name: value for name, value in HOMES.items() if name not in without}
    assert pypirc_path(environ, platform=platform) == Path(home, ".pypirc")


def test_no_home_folder_at_all_has_no_pypirc(monkeypatch):
    def none(path):
        raise RuntimeError(path)

    monkeypatch.setattr(Path, "expanduser", none)
    assert read_pypirc(PYPI, {}) == {}
