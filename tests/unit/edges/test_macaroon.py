"""Tokens are read and narrowed as the library does it with which PyPI makes and checks them."""

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymacaroons import MACAROON_V2, Macaroon, Verifier

from nox_release.edges.macaroon import PREFIX, create, parse_token

KEY = b"k" * 32


def theirs(location, identifier, key, *caveats):
    made = Macaroon(location=location, identifier=identifier, key=key, version=MACAROON_V2)
    for caveat in caveats:
        made.add_first_party_caveat(caveat)
    return PREFIX + made.serialize()


def ours(location, identifier, key, *caveats):
    made = create(location, identifier.encode(), key)
    for caveat in caveats:
        made = made.with_caveat(caveat.encode())
    return made.dump()


LINES = st.text(min_size=1, max_size=300)


@given(st.text(max_size=40), LINES, st.binary(min_size=1, max_size=64), st.lists(LINES, max_size=4))
def test_made_read_and_narrowed_tokens_are_those_of_the_library(location, identifier, key, caveats):
    text = theirs(location, identifier, key, *caveats)
    parsed = parse_token(text)
    assert (parsed.location, parsed.identifier.decode()) == (location, identifier)
    assert [caveat.decode() for caveat in parsed.caveats] == caveats
    assert parsed.is_signed_with(key)
    assert not parsed.is_signed_with(key + b"x")
    narrowed = parsed.with_caveat(b'[1, ["demo"]]').dump()
    assert narrowed == theirs(location, identifier, key, *caveats, '[1, ["demo"]]')
    assert text == ours(location, identifier, key, *caveats)


def test_the_library_takes_what_was_narrowed_here():
    narrowed = parse_token(theirs("pypi.org", "a", KEY)).with_caveat(b"[0, 5, 1]").dump()
    verifier = Verifier()
    verifier.satisfy_exact("[0, 5, 1]")
    assert verifier.verify(Macaroon.deserialize(narrowed.removeprefix(PREFIX)), KEY)


def test_a_token_never_shows_what_it_is_good_for():
    signature = parse_token(theirs("pypi.org", "a", KEY)).signature
    assert repr(signature) not in repr(parse_token(theirs("pypi.org", "a", KEY)))


WHOLE = theirs("pypi.org", "an identifier", KEY, "[3, 1]")
PACKED = base64.urlsafe_b64decode(WHOLE.removeprefix(PREFIX) + "==")


@pytest.mark.parametrize("length", range(len(PACKED)))
def test_a_token_that_is_cut_off_is_not_whole(length):
    cut = PREFIX + base64.urlsafe_b64encode(PACKED[:length]).decode().rstrip("=")
    with pytest.raises(ValueError):
        parse_token(cut)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pypi",
        "pypi-",
        "pypi-***",
        "pypi-ä",
        "gho_" + WHOLE,
        WHOLE + "AAAA",
        PREFIX + base64.urlsafe_b64encode(b"\x02" + b"\xff" * 50).decode(),
        PREFIX + base64.urlsafe_b64encode(b"\x02\x01\x01\xff\x02\x01a\x00\x00\x06").decode(),
        PREFIX + base64.urlsafe_b64encode(b"{" * 50).decode(),
    ],
)
def test_what_is_no_token_is_a_value_error(text):
    with pytest.raises(ValueError):
        parse_token(text)


@given(st.binary(max_size=200))
def test_no_bytes_bring_anything_but_a_value_error(content):
    with contextlib.suppress(ValueError):
        parse_token(PREFIX + base64.urlsafe_b64encode(b"\x02" + content).decode().rstrip("="))
