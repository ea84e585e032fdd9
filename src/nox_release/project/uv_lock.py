"""A project's own line in uv.lock: the version that `uv sync --locked` compares."""

import posixpath
import re

from packaging.utils import canonicalize_name

from nox_release.project.documents import Document
from nox_release.project.literals import Place, place_in

# uv writes an entry's keys in this order: https://docs.astral.sh/uv/concepts/projects/layout/
_PACKAGE = re.compile(
    r'(?m)^\[\[package\]\]\r?\nname = "(?P<name>[^"\n]+)"\r?\nversion = "(?P<version>[^"\n]+)"\r?\n'
    r'source = \{ (?:editable|virtual|directory) = "(?P<folder>[^"\n]+)" \}'
)


def uv_lock_place(document: Document, *, name: str, folder: str) -> Place | None:
    """The line about the project `name`, which lies in `folder` as seen from the lock file."""
    for found in _PACKAGE.finditer(document.text):
        same = canonicalize_name(found["name"]) == canonicalize_name(name)
        if same and posixpath.normpath(found["folder"]) == posixpath.normpath(folder):
            return place_in(document, found["name"], *found.span("version"))
    return None
