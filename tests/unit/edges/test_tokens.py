"""Credentials: where they are found, what tokens say, and how they are narrowed."""

from datetime import datetime, timedelta, timezone

import pytest
from pypitoken import Token

from nox_release.core.errors import ConfigurationError
from nox_release.edges.macaroon import parse_token
from nox_release.edges.tokens import Credential, find_credential, inspect_token, narrow, problems
from nox_release.project.pyproject import PYPI, TESTPYPI, parse_index

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=timezone.utc)
KEY = b"k" * 32


def token(domain="pypi.org", **restrictions):
    made = Token.create(domain, "identifier", KEY)
    if restrictions:
        made.restrict(**restrictions)
    return made.dump()


def credential(secret, user="__token__"):
    return Credential(user=user, secret=secret, source="TWINE_PASSWORD")


@pytest.fixture
def environ(tmp_path):
    return {"HOME": str(tmp_path)}


def no_keyring(_user):
    return "", ""


def test_nothing_anywhere_is_none(environ):
    assert find_credential(PYPI, environ, no_keyring) is None


def test_the_environment_comes_before_the_file(environ, tmp_path):
    (tmp_path / ".pypirc").write_text("[pypi]\nusername = __token__\npassword = pypi-file\n")
    assert find_credential(PYPI, environ, no_keyring).secret == "pypi-file"
    found = find_credential(PYPI, {**environ, "TWINE_PASSWORD": " pypi-env\n"}, no_keyring)
    assert (found.user, found.secret, found.source) == ("__token__", "pypi-env", "TWINE_PASSWORD")
    assert find_credential(TESTPYPI, environ, no_keyring) is None


def test_the_keyring_is_asked_last_and_for_the_name_that_is_known(environ):
    asked = []

    def keyring(user):
        asked.append(user)
        return "", "pypi-ring"

    found = find_credential(PYPI, environ, keyring)
    assert (found.user, found.secret, found.source) == ("__token__", "pypi-ring", "the keyring")
    find_credential(PYPI, {**environ, "TWINE_USERNAME": "ada"}, keyring)
    find_credential(parse_index("https://example.org/"), environ, keyring)
    assert asked == ["__token__", "ada", None]


def test_an_index_of_ones_own_is_found_in_the_file_by_its_address(environ, tmp_path):
    index = parse_index("https://example.org/")
    (tmp_path / ".pypirc").write_text(
        "[distutils]\nindex-servers = corp\n[corp]\nrepository = https://example.org/legacy\n"
        "username = ada\npassword = pass%word\n"
    )
    found = find_credential(index, environ, no_keyring)
    assert (found.user, found.secret) == ("ada", "pass%word")


def test_a_broken_file_is_said_without_quoting_it(environ, tmp_path):
    (tmp_path / ".pypirc").write_text("password = pypi-planted-secret\n")
    with pytest.raises(ConfigurationError) as caught:
        find_credential(PYPI, environ, no_keyring)
    assert "planted" not in str(caught.value)


def test_a_credential_never_shows_its_value():
    assert "pypi-x" not in repr(credential("pypi-x"))


@pytest.mark.parametrize(
    ("made", "index", "exists", "word"),
    [
        (token(), PYPI, False, None),
        (token(project_names=["Demo"]), PYPI, False, None),
        (token("test.pypi.org"), TESTPYPI, False, None),
        (token(project_ids=["1"]), PYPI, True, None),
        ("hunter2", parse_index("https://example.org/"), False, None),
        ("hunter2", PYPI, False, "API tokens only"),
        (token(), parse_index("http://127.0.0.1:8000/"), False, None),
        (token(), parse_index("https://example.org/"), False, "not to be shown to example.org"),
        (token("test.pypi.org"), PYPI, False, "test.pypi.org"),
        (token(), TESTPYPI, False, "pypi.org"),
        (token(project_names=["other"]), PYPI, False, "other"),
        (token(project_ids=["1"]), PYPI, False, "for the whole account"),
        (token(not_before=1, not_after=5), PYPI, False, "1970"),
        ("pypi-AgEIcHlwaS5vcmc", PYPI, False, "not whole"),
    ],
)
def test_what_the_index_would_refuse_is_known_before(made, index, exists, word):
    found = problems(credential(made), index, name="demo", project_exists=exists, now=NOW)
    if word is None:
        assert found == ()
    else:
        assert len(found) == 1
        assert word in found[0]
        assert made not in found[0]


def test_a_token_under_another_user_name_is_said():
    found = problems(credential(token(), "ada"), PYPI, name="d", project_exists=False, now=NOW)
    assert "`ada`" in found[0]


def test_a_narrowed_token_is_good_for_this_project_and_ten_minutes():
    wide = credential(token())
    slim = narrow(wide, names=["My_Demo"], now=NOW)
    facts = inspect_token(slim.secret)
    assert facts.names == {"my-demo"}
    assert facts.expires == NOW + timedelta(minutes=10)
    assert inspect_token(wide.secret).scope == "unknown"
    parsed = Token.load(slim.secret)
    later = int((NOW + timedelta(minutes=11)).timestamp())
    parsed.check(key=KEY, project_name="my-demo", now=int(NOW.timestamp()))
    for wrong in ({"project_name": "other", "now": int(NOW.timestamp())},
                  {"project_name": "my-demo", "now": later}):  # fmt: skip
        with pytest.raises(Exception, match=r".+"):
            parsed.check(key=KEY, **wrong)


def test_a_clock_that_is_a_day_late_does_not_make_a_token_of_yesterday():
    slim = narrow(credential(token()), names=["d"], now=NOW, server_now=NOW + timedelta(days=1))
    assert inspect_token(slim.secret).expires == NOW + timedelta(days=1, minutes=10)


def test_a_password_is_handed_on_as_it_is():
    assert narrow(credential("hunter2", "ada"), names=["d"], now=NOW).secret == "hunter2"


@pytest.mark.parametrize(
    ("restrictions", "scope"),
    [
        ({}, "unknown"),
        ({"not_before": 1, "not_after": 5}, "unknown"),
        ({"user_id": "6f8c2a7e-0000-4000-8000-000000000000"}, "account"),
        ({"legacy_noop": True}, "account"),
        ({"project_names": ["demo"]}, "projects"),
        ({"project_ids": ["1"]}, "projects"),
        ({"legacy_project_names": ["demo"]}, "projects"),
    ],
)
def test_a_token_that_shows_no_restriction_is_not_taken_for_one_of_the_whole_account(
    restrictions, scope
):
    assert inspect_token(token(**restrictions)).scope == scope


def test_a_restriction_that_nobody_here_knows_is_passed_over():
    made = parse_token(token(project_names=["demo"]))
    for odd in (b"\xff", b"[]", b"[9, 9]", b"[0, 1e999]", b"[1, 5]", b"[" * 5000, b"5", b'"a"'):
        made = made.with_caveat(odd)
    assert inspect_token(made.dump()).names == {"demo"}
