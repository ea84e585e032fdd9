"""Reading TOML that anybody may have written."""

import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEEPEST = 64  # levels; code that walks the values may recurse
# `a.b.c = 1`, which takes the parser time by the square of its parts.
_KEY_PART = r"""[ \t]*(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\."""
_LONG_KEY = re.compile(rf"^[ \t]*\[?\[?(?:{_KEY_PART}){{{DEEPEST}}}", flags=re.MULTILINE | re.ASCII)


def parse_toml(text: str) -> dict[str, Any]:
    """The values of a document.

    Raises:
        ValueError: it is not TOML, is nested too deeply, or has a number that Python refuses.
    """
    if _LONG_KEY.search(text):
        raise ValueError(f"A key has more than {DEEPEST} parts")
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise ValueError(f"Values are nested more than {DEEPEST} levels deep") from None
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        level = [value for item in level for value in _inside(item)]
    if level:
        raise ValueError(f"Values are nested more than {DEEPEST} levels deep")
    return document


def table_in(document: object, *keys: str) -> Mapping[str, Any]:
    """The table at this path; empty where there is none, or something else."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def _inside(item: object) -> Iterable[Any]:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()
