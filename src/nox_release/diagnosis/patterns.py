"""The catalogue's regular expressions: made when first needed, and tried only where they can match."""

import functools
import re

_GAP = "\0"
_SHORT = 4  # letters; shorter texts are in nearly every log
# A group without groups in it; applied until none is left.
_GROUP = re.compile(r"(?<!\\)\((?:[^()\\\[]|\\.|\[(?:\\.|[^\]\\])*\])*\)")
_OPENING = re.compile(r"\(\?(?:P<\w+>|[a-z-]*:)|\((?!\?)")
_NOT_ITSELF = re.compile(r"\\.|\[(?:\\.|[^\]\\]){1,300}\]")
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
        text, before = _GROUP.sub(_inner, text), text
    text = _CLASS.sub(_GAP, text)
    text = _QUANTIFIED.sub(_GAP, text)
    text = _SPECIAL.sub(_GAP, text)
    if re.search(r"(?<!\\)\|", text):
        return ""
    text = text.replace("\\", "")
    return max(text.split(_GAP), key=len).lower()


def _inner(group: re.Match[str]) -> str:
    """What every match of a group holds: what is in it, unless it has alternatives or may be missing."""
    opening = _OPENING.match(group[0])
    if not opening or "|" in group[0] or group.string[group.end() : group.end() + 1] in set("*+?{"):
        return _GAP
    return group[0][opening.end() : -1]


@functools.cache
def literals(pattern: str) -> tuple[str, ...]:
    """Texts, in lower case, of which every match holds at least one."""
    found = literal(pattern)
    if len(found.strip()) >= _SHORT or "|" in _at_the_top(pattern):
        return (found,)
    for group in _GROUP.finditer(pattern):
        opening = _OPENING.match(group[0])
        before = _NOT_ITSELF.sub("", pattern[: group.start()])
        optional = pattern[group.end() : group.end() + 1] in set("*+?{")
        if opening and not optional and before.count("(") == before.count(")"):
            each = tuple(map(literal, group[0][opening.end() : -1].split("|")))
            if min(len(one.strip()) for one in each) >= _SHORT:
                return each
    return (found,)


def _at_the_top(pattern: str) -> str:
    """A pattern without its groups, classes and escapes."""
    text, before = _NOT_ITSELF.sub("", pattern), ""
    while text != before:
        text, before = re.sub(r"\([^()]*\)", "", text), text
    return text
