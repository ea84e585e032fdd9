"""Strangers' Python is read alike by every Python this runs on, and in silence."""

import ast
import warnings

import pytest

from nox_release.core.python_code import dotted_name, parse_python
from nox_release.project.pyproject import parse_setup_py

CALL = 'from setuptools import setup\nsetup(name="demo", version="1.0")\n'


def test_what_this_python_would_warn_of_is_read_in_silence():
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert parse_python('PATTERN = "\\d"\nif 1 is 1: pass\n') is not None
        assert parse_setup_py('PATTERN = "\\d"\n' + CALL)["version"] == "1.0"
    assert heard == []


@pytest.mark.parametrize(
    "text",
    ["print 'a'\n", "x = 1\0\n", "(" * 5000, "x = " + "-" * 100_000 + "1\n", b"\xff\n"],
    ids=["python 2", "NUL", "brackets", "signs", "no UTF-8"],
)
def test_what_cannot_be_read_is_none(text):
    assert parse_python(text) is None


@pytest.mark.parametrize("length", [10, 300, 3000])
def test_long_chains_do_not_hide_the_call(length):
    """Where this Python can read the file at all."""
    chain = "x" + ".y" * length + "()\n"
    expected = {"name": "demo", "version": "1.0"} if parse_python(chain) else {}
    assert parse_setup_py(chain + CALL) == expected


@pytest.mark.parametrize(
    ("code", "name"), [("a", "a"), ("a.b.c", "a.b.c"), ("f().c", ".c"), ("f()", ""), ("1", "")]
)
def test_names_are_told_with_their_dots(code, name):
    assert dotted_name(ast.parse(code, mode="eval").body) == name
