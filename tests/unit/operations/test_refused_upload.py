"""A refused upload is explained where it happens, not by a second command."""

import io
from pathlib import Path

from nox_release.core.errors import CommandError
from nox_release.edges.console import Console
from nox_release.operations.sending import explain_refusal
from nox_release.project.pyproject import parse_project

PROJECT = parse_project({"project": {"name": "demo", "version": "1.0"}}, root=Path("demo"))
REFUSED = """\
Uploading demo-1.0.tar.gz
ERROR    HTTPError: 403 Forbidden from https://upload.pypi.org/legacy/
         The user 'you' isn't allowed to upload to project 'demo'. See
         https://pypi.org/help/#project-name for more information.
"""


def explained(output):
    stream = io.StringIO()
    console = Console(stream, stream=stream, environ={}, interactive=False)
    error = CommandError("twine could not upload it.", output=output)
    explain_refusal(console, PROJECT, error)
    return stream.getvalue()


def test_a_known_refusal_is_explained_with_what_to_do():
    text = explained(REFUSED)
    assert "demo" in text
    assert "\n  fix: " in text


def test_an_unknown_one_is_left_to_its_own_words():
    assert explained("ERROR    HTTPError: 418 I'm a teapot") == ""
