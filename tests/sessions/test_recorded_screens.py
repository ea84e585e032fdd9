"""The recorded screens are those that this tree shows, as far as that is cheap to see.

All of them are renewed by `python tests/tools/first_hours.py`, which takes some minutes.
"""

import sys

import pytest

pytest.importorskip("pty", reason="a pseudo terminal is a Unix thing")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]


@pytest.mark.parametrize("kind", ["a new project, hatchling", "flit, with sessions of these names"])
def test_the_first_two_screens_are_as_they_are_recorded(kind):
    from first_hours import SCREENS, screens_of

    _, _, part = SCREENS.read_text(encoding="utf-8").partition(f"## {kind}, ")
    for screen in screens_of(kind, at_most=2):
        assert screen in part, "python tests/tools/first_hours.py renews them"
