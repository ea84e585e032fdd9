"""Every command that a recorded screen tells people to run is one that there is."""

import re
import shlex
from pathlib import Path

import pytest

from nox_release.operations import OPERATIONS
from nox_release.operations.running import parse

SCREENS = (Path(__file__).parents[2] / "data" / "screens.txt").read_text(encoding="utf-8")
KINDS = re.findall(r"(?m)^## (.+)$", SCREENS)


def commands():
    """The commands in backticks, and those on lines of their own, which never wrap."""
    found = set()
    for line in SCREENS.splitlines():
        quoted = re.findall(r"`((?:nox-release|nox -s) [^`]+)`", line)
        alone = re.fullmatch(r" {4}(?:then: )?((?:nox-release|nox -s) .*)", line)
        for text in [*quoted, *([alone[1]] if alone else [])]:
            name, *arguments = shlex.split(re.sub(r"^(nox-release|nox -s) ", "", text))
            found.add((name, *(one for one in arguments if one != "--")))
    return sorted(one for one in found if one[0] in OPERATIONS)


def test_six_kinds_of_project_are_recorded():
    assert len(KINDS) == 6


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_a_command_that_a_screen_names_is_understood(command):
    name, *arguments = command
    parse(name, arguments)


def test_no_screen_ends_in_a_traceback_or_is_wider_than_the_terminal():
    assert "Traceback" not in SCREENS
    prose = [
        line for line in SCREENS.splitlines() if line.startswith(("✓", "✗", "!", "·", "?", "→"))
    ]
    assert max(map(len, prose)) <= 80
