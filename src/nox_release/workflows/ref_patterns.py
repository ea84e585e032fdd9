"""The two dialects in which GitHub's settings name branches and tags.

Workflows have filter patterns: https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#filter-pattern-cheat-sheet
Environments and rulesets have Ruby's `File.fnmatch` with FNM_PATHNAME:
https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/creating-rulesets-for-a-repository#using-fnmatch-syntax

Both are matched by following every way at once: the time is bounded by the lengths of the two.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

_LONGEST = 1000  # a reference cannot be longer than a file's name
_EVERY_REF = ("~ALL", "**", "**/*")


class _Sign(NamedTuple):
    """One sign of a pattern: an expression for a single letter, and how often it may stand."""

    letter: str
    optional: bool = False
    repeated: bool = False


def filters_take(name: str, patterns: Sequence[str]) -> bool:
    """Whether a workflow's filter patterns take `name`; a later `!pattern` takes it back."""
    taken = False
    for pattern in patterns:
        negative = pattern.startswith("!")
        if filter_takes(name, pattern[negative:]):
            taken = not negative
    return taken


def filter_takes(name: str, pattern: str) -> bool:
    """Whether one filter pattern takes `name`: `?`, `+` and `[]` are as in expressions."""
    return _walk(_filter_signs(pattern), pattern, name)


def fnmatch_takes(name: str, pattern: str) -> bool:
    """Whether a pattern of an environment or a ruleset takes `name`.

    `*` stops at a slash, `**/` stands for any folders, none included, and `[^v]` for one other
    letter. A pattern may begin with `refs/tags/` or `refs/heads/`.
    """
    pattern = re.sub(r"^refs/(?:tags|heads)/", "", pattern)
    if pattern in _EVERY_REF:
        return True
    parts, names = pattern.split("/"), name.split("/")
    if len(pattern) > _LONGEST:
        return False
    ways = {0}  # how many of the names are taken
    for position, part in enumerate(parts):
        if part == "**" and position < len(parts) - 1:
            ways = set(range(min(ways), len(names) + 1)) if ways else set()
            continue
        signs = _fnmatch_signs(part)
        ways = {at + 1 for at in ways if at < len(names) and _walk(signs, part, names[at])}
    return len(names) in ways


def _walk(signs: Sequence[_Sign], pattern: str, name: str) -> bool:
    if len(pattern) > _LONGEST:
        return False
    try:
        letters = [re.compile(sign.letter, re.DOTALL) for sign in signs]
    except re.error:
        return pattern == name
    ways = _with_options({0}, signs)
    for letter in name:
        reached = set()
        for at in ways:
            if at < len(signs) and letters[at].fullmatch(letter):
                reached |= {at, at + 1} if signs[at].repeated else {at + 1}
        ways = _with_options(reached, signs)
    return len(signs) in ways


def _with_options(ways: set[int], signs: Sequence[_Sign]) -> set[int]:
    """The places reached, and those behind signs that may be left out."""
    further = set()
    for at in ways:
        while at not in further:
            further.add(at)
            at += at < len(signs) and signs[at].optional  # noqa: PLW2901 - one walk per way
    return further


def _filter_signs(pattern: str) -> list[_Sign]:
    signs: list[_Sign] = []
    for piece in re.findall(r"\\.|\*+|\[[^\]]{0,300}\]|.", pattern, re.DOTALL):
        if piece.startswith("*"):
            signs.append(_Sign("." if len(piece) > 1 else "[^/]", optional=True, repeated=True))
        elif piece in ("?", "+") and signs:
            before = signs.pop()
            signs.append(
                before._replace(optional=True) if piece == "?" else before._replace(repeated=True)
            )
        elif piece.startswith("[") and len(piece) > 2:
            signs.append(_Sign(f"[{_inside(piece[1:-1])}]"))
        else:
            signs.append(_Sign(re.escape(piece.removeprefix("\\") or piece)))
    return signs


def _fnmatch_signs(part: str) -> list[_Sign]:
    signs: list[_Sign] = []
    for piece in re.findall(r"\\.|\*+|\[[!^]?\]?[^\]]{0,300}\]|.", part, re.DOTALL):
        if piece.startswith("*"):
            signs.append(_Sign(".", optional=True, repeated=True))
        elif piece == "?":
            signs.append(_Sign("."))
        elif piece.startswith("[") and len(piece) > 2:
            negative = piece[1] in "!^"
            signs.append(_Sign(f"[{'^' * negative}{_inside(piece[1 + negative : -1])}]"))
        else:
            signs.append(_Sign(re.escape(piece.removeprefix("\\") or piece)))
    return signs


def _inside(letters: str) -> str:
    """The inside of `[]`, with what Python would read as its own escaped."""
    return re.sub(r"[^\w-]", r"\\\g<0>", re.sub(r"-+", "-", letters))
