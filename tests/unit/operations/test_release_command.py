"""The command that a release names for the next time."""

import argparse

import pytest

from nox_release.operations.notes import notes_for
from nox_release.operations.release import add_options, command_again
from nox_release.project.pyproject import PYPI
from nox_release.releases.plan import Target


@pytest.mark.parametrize(
    ("given", "again"),
    [
        ("", "nox -s release"),
        ("--yes --no-smoke --notes x", "nox -s release"),
        ("2.4.0rc1 --dry-run", "nox -s release -- 2.4.0rc1"),
        ("--package one --index testpypi", "nox -s release -- --package one --index testpypi"),
        ("--pending-publisher", "nox -s release -- --pending-publisher"),
    ],
)
def test_the_next_command_means_the_same_release(given, again):
    parser = argparse.ArgumentParser()
    add_options(parser)
    assert command_again(parser.parse_args(given.split())) == again


def test_notes_from_a_changelog_in_restructuredtext_are_markdown_that_leads_to_the_tag():
    text = "1.0\n===\n\n- :func:`run` is *new*, see `how <docs/run.md>`_.\n"
    target = Target(name="d", version="1.0", tag="v1.0", commit="a", index=PYPI, slug="you/d")
    notes = notes_for(target, None, ("CHANGES.rst", text), folder="pkg")
    link = "https://github.com/you/d/blob/v1.0/pkg/docs/run.md"
    assert notes.text == f"- `run` is *new*, see [how]({link})."
    assert notes.source == "CHANGES.rst, line 1"
