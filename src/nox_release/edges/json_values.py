"""Values out of JSON that somebody else wrote: each has the type it is read as, or is an error.

Every function raises `TypeError`, `LookupError` or `ValueError`; what reads a whole answer turns these
into the one error that names the address.
"""

import json
from typing import Any

MALFORMED = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""What reading a document of another shape may raise."""


def load(content: str | bytes) -> Any:
    """The document.

    Raises:
        ValueError: it is no JSON, breaks off, or is nested too deeply.
    """
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def text(document: Any, key: str) -> str:
    """A text that has to be there and to say something."""
    found = _table(document)[key]
    if not isinstance(found, str) or not found:
        raise TypeError(f"`{key}` is not a string")
    return _printable(found)


def text_or_none(document: Any, key: str) -> str | None:
    """A text, where there is one; an empty one is none."""
    found = _table(document).get(key)
    if found is None or isinstance(found, str):
        return _printable(found) if found else None
    raise TypeError(f"`{key}` is not a string")


def text_or_empty(document: Any, key: str) -> str:
    return text_or_none(document, key) or ""


def number(document: Any, key: str) -> int:
    """A whole number that has to be there."""
    found = _table(document)[key]
    if not isinstance(found, int) or isinstance(found, bool):
        raise TypeError(f"`{key}` is not a number")
    return found


def number_or(document: Any, key: str, default: int) -> int:
    return default if _table(document).get(key) is None else number(document, key)


def flag(document: Any, key: str) -> bool:
    """Yes or no; no where nothing is said."""
    found = _table(document).get(key, False)
    if found is not None and not isinstance(found, bool):
        raise TypeError(f"`{key}` is neither true nor false")
    return bool(found)


def table(document: Any, key: str) -> dict[str, Any]:
    """A table; an empty one where nothing is said."""
    found = _table(document).get(key)
    if found is None:
        return {}
    return _table(found)


def entries(document: Any, key: str) -> list[Any]:
    """A list; an empty one where nothing is said."""
    found = _table(document).get(key)
    if found is None:
        return []
    return listed(found)


def listed(document: Any) -> list[Any]:
    if not isinstance(document, list):
        raise TypeError(f"a list is expected, not {type(document).__name__}")
    return document


def texts(document: Any, key: str) -> tuple[str, ...]:
    """A list of texts; an empty one where nothing is said."""
    found = entries(document, key)
    if not all(isinstance(one, str) for one in found):
        raise TypeError(f"`{key}` is not a list of strings")
    return tuple(_printable(one) for one in found)


def _table(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise TypeError(f"a table is expected, not {type(document).__name__}")
    return document


def _printable(found: str) -> str:
    """Without what no program takes as an argument and no terminal can be sent."""
    if found.isascii() and "\0" not in found:
        return found
    return found.replace("\0", "\ufffd").encode("utf-8", errors="replace").decode("utf-8")
