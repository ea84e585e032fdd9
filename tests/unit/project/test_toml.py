"""TOML from anywhere is read, or refused with one kind of error and in little time."""

import time

import pytest

from nox_release.project.toml import DEEPEST, parse_toml


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 900 + "]" * 900,
        "a = " + "{a=" * 900 + "1" + "}" * 900,
        "a = " + "[" * 100 + "]" * 100,
        "a = " + "9" * 9000,
        "a." * 300_000 + "b = 1",
        '[ "a" . ' + "a." * 300_000 + "b]",
        "[" + "a." * 200 + "b]",
        "a = ",
    ],
    ids=lambda text: text[:12],
)
def test_what_python_or_a_reader_of_values_would_choke_on_is_a_value_error(text):
    started = time.monotonic()
    with pytest.raises(ValueError):
        parse_toml(text)
    assert time.monotonic() - started < 20


def test_ordinary_depth_is_read():
    text = "[tool." + ".".join("abcdefgh") + "]\nx = [[[{y = {z = 1}}]]]\n"
    assert parse_toml(text)["tool"]["a"]["b"]["c"]["d"]["e"]["f"]["g"]["h"]["x"][0][0][0]
    assert parse_toml("x = " + "[" * (DEEPEST - 2) + "]" * (DEEPEST - 2))
