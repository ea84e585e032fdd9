"""Our commands in what is shown, as they are called where it is shown."""

import re
import shlex
from collections.abc import Mapping

_COMMAND = re.compile(
    r"\bnox -s (?P<name>build|check-project|first-upload|prepare|release|rehearse|diagnose"
    r"|init)\b(?![-\w])(?P<more> --(?= ))?"
)


def as_called(text: str, *, names: Mapping[str, str] | None = None) -> str:
    """`text` with our sessions by the `names` that the noxfile gives them. One that it does not
    have runs by the `nox-release` command, which needs no ` --` before its options.
    """
    if names is None:
        return text

    def call(found: re.Match[str]) -> str:
        session = names.get(found["name"])
        if session is None:
            return f"nox-release {found['name']}"
        return f"nox -s {session}{found['more'] or ''}"

    return _COMMAND.sub(call, text)


def names_session(text: str) -> bool:
    """Whether `text` names one of our sessions as a command."""
    return _COMMAND.search(text) is not None


_TAKING_OPTIONS = re.compile(
    r"\bnox -s (?P<name>build|check-project|first-upload|prepare|release|diagnose|init)\b(?![-\w])"
    r"(?! -- (?:(?!nox -s)[^\n,;`]){0,200}?--(?:index|package)\b)(?P<more> --(?= ))?"
)


def with_options(text: str, *, index: str | None, package: str | None) -> str:
    """`text` with the options that this command was given in the commands it names: without them
    the next one would be about another index or package.
    """

    def add(found: re.Match[str]) -> str:
        given = ["--index", index] if index and found["name"] != "build" else []
        given += ["--package", package] if package else []
        return f"nox -s {found['name']} -- {shlex.join(given)}" if given else found[0]

    return _TAKING_OPTIONS.sub(add, text) if index or package else text
