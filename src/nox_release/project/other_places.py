"""Places of a version outside of the package that mean it where they agree: the settings of Sphinx,
files of JSON, and how to use a project's hooks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nox_release.project.documents import Document, Files
from nox_release.project.literals import Place, place_in, python_places

if TYPE_CHECKING:
    from packaging.version import Version


_SPHINX = ("docs/conf.py", "doc/conf.py", "docs/source/conf.py", "doc/source/conf.py")
_TOKENS = re.compile(r"""(?P<key>"(?:[^"\\]|\\.)*")\s*:|(?P<text>"(?:[^"\\]|\\.)*")|[{}\[\]]""")


def sphinx_places(files: Files, declared: Place) -> Iterator[Place]:
    """`release` and `version` of a conf.py that say what `declared` says; `version` may be short.

    https://www.sphinx-doc.org/en/master/usage/configuration.html#confval-version
    """
    version = declared.version
    for name in _SPHINX:
        document = files.own(name)
        if document is None or version is None or document.file == declared.file:
            continue
        found = {place.label: place for place in python_places(document) if not place.is_tuple}
        release, short = found.get("release"), found.get("version")
        agrees = release is not None and release.version == version
        if release is not None and agrees:
            yield release
        if short is None or (release is not None and not agrees):
            continue
        if _is_short(short.text, declared.stated) and short.text == _begin(version):
            yield replace(short, numbers=2)
        elif short.version == version:
            yield short


_HOOK = re.compile(
    r"""\brepo:[ \t]*['"]?https?://[^\s'"]{1,100}/(?P<name>[\w.-]{1,100}?)(?:\.git)?['"]?[ \t]*\r?\n"""
    r"""[ \t]*rev:[ \t]*['"]?v?(?P<version>\d[\w.+-]{0,50})"""
)


def hook_places(files: Files, normalized_name: str, declared: Place) -> Iterator[Place]:
    """`rev` of this project in examples of `.pre-commit-config.yaml`, where it has hooks.

    https://pre-commit.com/#plugins
    """
    names = files.own_names if files.own(".pre-commit-hooks.yaml") else frozenset()
    for name in sorted(names):
        if not re.fullmatch(r"(?:README|docs?/(?:.*/)?[^/]+)\.(?:md|rst)", name):
            continue
        document = files.own(name)
        for found in _HOOK.finditer(document.text) if document else ():
            place = place_in(document, "rev", *found.span("version")) if document else None
            own = canonicalize_name(found["name"]) == normalized_name
            if place is not None and own and place.version == declared.version:
                yield place


def _is_short(text: str, whole: str) -> bool:
    return text.count(".") == 1 < whole.count(".")


def _begin(version: Version) -> str:
    return ".".join(map(str, version.release[:2]))


def json_places(files: Files, normalized_name: str) -> Iterator[Place]:
    """The version of a package.json of this name, of its lock, and of codemeta.json and .zenodo.json.

    https://docs.npmjs.com/cli/configuring-npm/package-lock-json
    https://codemeta.github.io/terms/
    """
    for name in ("package.json", "package-lock.json", "codemeta.json", ".zenodo.json"):
        document = files.own(name)
        if document is None:
            continue
        try:
            content = json.loads(document.text)
        except (ValueError, RecursionError):
            continue
        if not isinstance(content, dict):
            continue
        called = str(content.get("name", "")).rpartition("/")[2]
        if name.startswith("package") and canonicalize_name(called) != normalized_name:
            continue
        for path in (("version",), ("packages", "", "version")):
            place = _json_place(document, path) if _is_there(content, path) else None
            if place is not None:
                yield place


def _is_there(content: object, path: tuple[str, ...]) -> bool:
    for key in path:
        content = content.get(key) if isinstance(content, dict) else None
    return isinstance(content, str)


def _json_place(document: Document, path: tuple[str, ...]) -> Place | None:
    """The string at `path` of a JSON document, which is valid."""
    within: list[str] = []
    key = ""
    for token in _TOKENS.finditer(document.text):
        if token["key"] is not None:
            key = json.loads(token["key"])
        elif token["text"] is not None:
            if (*within[1:], key) == path:
                return place_in(document, "version", token.start("text") + 1, token.end("text") - 1)
        elif token[0] in "{[":
            within.append(key)
        else:
            within.pop()
    return None
