"""Every command that a recorded screen tells people to run is one that there is."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from nox_release.operations import OPERATIONS
from nox_release.operations.running import parse, parser_options
from own_source import MODULES, nodes_of

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


_NAMED = re.compile(
    r"(?:nox-release|nox -s) (?P<name>[a-z]+(?:-[a-z]+)*)(?: --(?= ))?"
    r"(?P<options>(?: --[a-z][a-z-]*(?: (?![a-z]+ )[\\w./:-]+)?)*)"
)


def named_in(text):
    """Every session that a text names, with the options that follow."""
    for found in _NAMED.finditer(text):
        if found["name"] in OPERATIONS:
            yield found["name"], tuple(re.findall(r"--[a-z][a-z-]*", found["options"]))


def unwrapped(screen):
    """A screen's paragraphs, each on one line: `fix:` and what follows it is one."""
    return re.sub(r"\n {2,}(?=\S)", " ", screen)


def test_every_option_that_a_fix_or_a_next_step_names_is_one_that_there_is():
    found = set(named_in(unwrapped(SCREENS)))
    assert len({name for name, _ in found}) > 3
    for name, options in found:
        assert set(options) <= set(parser_options(name)), name


def test_every_option_that_any_message_names_is_one_that_there_is():
    found = {one for path in MODULES for one in named_in(joined_strings(path))}
    assert ("first-upload", ("--pending-publisher",)) in found
    for name, options in found:
        assert set(options) <= {*parser_options(name), "--working-tree"}, name


def joined_strings(path):
    """The texts of a module: strings that stand side by side are one."""
    texts = [node.value for node in nodes_of(path)
             if isinstance(node, ast.Constant) and isinstance(node.value, str)]  # fmt: skip
    return "\n".join(texts)


def test_the_recorded_screens_are_of_this_version():
    """The commands of each kind's hour, in turn, and the words of the next steps that are fixed.

    Renewed by `python tests/tools/first_hours.py`, which takes some minutes.
    """
    for kind in KINDS:
        _, _, part = SCREENS.partition(f"## {kind}\n")
        part = part.partition("\n## ")[0]
        shown = re.findall(r"(?m)^\$ nox-release (\S+)", part)
        assert shown[:2] == ["check-project", "init"], kind
        assert "Commit what was written, push it, and check the project." in part, kind
        assert "  /dist" in part or "noxfile.py" in part, kind
    plain = unwrapped(SCREENS)
    for words in fixed_words():
        assert words in plain, words


def fixed_words():
    """Sentences of the screens that stand whole in the source: a change of one is a change here."""
    return (
        "Write the workflow that publishes.",
        "takes the files: none are built",
        "is released, and nothing was found wrong with it.",
        "from here on others can see it, and nothing is taken back",
    )


def test_no_screen_ends_in_a_traceback_or_is_wider_than_the_terminal():
    assert "Traceback" not in SCREENS
    prose = [
        line for line in SCREENS.splitlines() if line.startswith(("✓", "✗", "!", "·", "?", "→"))
    ]
    assert max(map(len, prose)) <= 80
