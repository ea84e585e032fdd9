"""A refused upload is explained where it happens, not by a second command."""

import io
from dataclasses import replace
from pathlib import Path

from nox_release.core.errors import CommandError
from nox_release.edges.console import Console
from nox_release.operations.sending import _refusal, explain_refusal
from nox_release.project.pyproject import Index, Settings, parse_project

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


OWN = Index(
    name="own", upload_url="https://devpi.example/", simple_url="https://devpi.example/+simple/"
)
COLOURED = (
    "Uploading demo-1.0.tar.gz\n"
    "\x1b[33mWARNING \x1b[0m Error during upload. Retry with the --verbose option for more details.   \n"
    "\x1b[31mERROR   \x1b[0m HTTPError: 401 Unauthorized from https://devpi.example/   \n"
    "         Unauthorized\n"
)


def test_another_index_is_not_explained_by_the_tokens_of_pypi():
    stream = io.StringIO()
    console = Console(stream, stream=stream, environ={}, interactive=False)
    project = replace(PROJECT, settings=Settings(index=OWN))
    error = CommandError("twine could not upload it.", output="HTTP Error 401: Unauthorized")
    explain_refusal(console, project, error)
    assert stream.getvalue() == (
        "\nown does not accept this user name and password.\n"
        "  fix: Correct TWINE_USERNAME and TWINE_PASSWORD, or what twine finds without them.\n"
    )


def test_twines_words_are_those_of_the_index_without_colours():
    assert _refusal(COLOURED) == (
        "ERROR    HTTPError: 401 Unauthorized from https://devpi.example/\nUnauthorized"
    )
