"""The catalogue's regular expressions: made when first needed, and tried only where they can match."""

from __future__ import annotations

import functools
import re

_GAP = "\0"
# A group without groups in it; applied until none is left.
_GROUP = re.compile(r"(?<!\\)\((?:[^()\\\[]|\\.|\[(?:\\.|[^\]\\])*\])*\)")
_CLASS = re.compile(r"(?<!\\)\[(?:\\.|[^\]\\])+\]")
_QUANTIFIED = re.compile(r"(?:\\.|[^\\])(?:[*+?]|\{\d*,?\d*\})\??")
_SPECIAL = re.compile(r"\\[A-Za-z]|(?<!\\)[.^$]")


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of the catalogue, made when it is first needed."""
    return re.compile(pattern, re.IGNORECASE)


@functools.cache
def literal(pattern: str) -> str:
    """The longest text, in lower case, that every match holds; empty where none can be named."""
    text, before = pattern, ""
    while text != before:
        text, before = _GROUP.sub(_GAP, text), text
    text = _CLASS.sub(_GAP, text)
    text = _QUANTIFIED.sub(_GAP, text)
    text = _SPECIAL.sub(_GAP, text)
    if re.search(r"(?<!\\)\|", text):
        return ""
    text = text.replace("\\", "")
    return max(text.split(_GAP), key=len).lower()
