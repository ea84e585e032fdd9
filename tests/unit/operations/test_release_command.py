"""The command that a release names for the next time."""

import argparse

import pytest

from nox_release.operations.release import add_options, command_again


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
