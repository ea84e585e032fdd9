"""Which parts of a long log can hold a known text at all.

Every pattern needs certain whole words. A log is cut into chunks, a chunk into words, and only
chunks with all the words of some pattern are read closely: the cost is one pass over the text,
whatever it says and however many patterns there are.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Words = frozenset[bytes]

_CHUNK = 16 * 1024
_QUOTA = 4
_OVERLAP = 2 * 1024
_LETTERS = bytes(
    code | 0x20 if 0x41 <= code <= 0x5A or 0x61 <= code <= 0x7A else 0x20 for code in range(256)
)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_WORD = re.compile(r"[A-Za-z]+")


def words_of(text: str) -> list[bytes]:
    """The runs of ASCII letters in `text`, in lower case."""
    if "\x1b" in text:
        text = _ANSI.sub(" ", text)
    raw = text.encode("ascii", "replace")
    return raw.replace(b"%0A", b" ").replace(b"\\n", b" ").translate(_LETTERS).split()


# Stand-ins while a pattern is read: EDGE is no letter, OPEN may be one.
_EDGE, _OPEN = " ", "\0"
_ALTERNATIVES = 24


def anchors_of(pattern: str) -> tuple[Words, ...]:
    """For each alternative of a pattern, words without which it does not match.

    A word that a pattern spells out is meant as a whole word. Words in optional parts do not
    count, nor those beside something that may be a letter.
    """
    texts, _ = _alternatives(pattern, 0)
    return tuple(_required(text) for text in texts)


def _required(text: str) -> Words:
    found = []
    for word in _WORD.finditer(text):
        before = text[word.start() - 1 : word.start()] if word.start() else ""
        if _OPEN not in (before, text[word.end() : word.end() + 1]):
            found.append(word[0].lower().encode())
    return frozenset(found)


def _alternatives(pattern: str, index: int) -> tuple[list[str], int]:
    """The literal texts of a pattern from `index` on to the end of its group, one for each
    alternative, and where the group ends.
    """
    finished: list[str] = []
    current = [""]
    while index < len(pattern) and pattern[index] != ")":
        if pattern[index] == "|":
            finished += current
            current = [""]
            index += 1
            continue
        items, index = _item(pattern, index)
        optional, index = _quantified(pattern, index)
        if optional:
            items = [_OPEN if any(any(map(str.isalpha, i)) or _OPEN in i for i in items) else _EDGE]
        if len(current) * len(items) > _ALTERNATIVES:
            items = [_OPEN]
        current = [before + item for before in current for item in items]
    return finished + current, index + 1


def _item(pattern: str, index: int) -> tuple[list[str], int]:
    """One item of a pattern as literal text, in each of its alternatives."""
    char = pattern[index]
    if char == "\\":
        escaped = pattern[index + 1]
        return [_OPEN if escaped in "wSWD" else _EDGE], index + 2
    if char == "[":
        end = pattern.index("]", index + 2)
        inside = pattern[index + 1 : end]
        letters = inside.startswith("^") or re.search(r"[A-Za-z]", inside) is not None
        return [_OPEN if letters else _EDGE], end + 1
    if char == "(":
        head = re.compile(r"\(\?(?:P<\w+>|[:=!]|<[=!])|\(").match(pattern, index)
        assert head is not None  # noqa: S101 - it starts with a parenthesis
        texts, end = _alternatives(pattern, head.end())
        return ([""] if head[0].endswith(("=", "!")) else texts), end
    return [char if char.isascii() and char.isalpha() else _EDGE], index + 1


def _quantified(pattern: str, index: int) -> tuple[bool, int]:
    """Whether a quantifier here lets the item before it be absent, and where it ends."""
    found = _QUANTIFIER.match(pattern, index)
    if not found:
        return False, index
    return found[0][0] in "?*" or found[0].startswith(("{0", "{,")), found.end()


_QUANTIFIER = re.compile(r"(?:[?*+]|\{\d*,?\d*\})\??")


def reduce_log(text: str, needed: Iterable[Words], *, limit: int) -> tuple[tuple[int, str], ...]:
    """The parts of `text` that may hold a match, as (number of the first line, text).

    Short texts come back whole. Of a long one, each group of words keeps the first and the last
    few chunks that have it: what failed stands early, or is repeated at the end.
    """
    if len(text) <= limit:
        return ((1, text),)
    by_word = _rarest_first(needed)
    first: dict[Words, int] = {}
    last: dict[Words, deque[int]] = {}
    kept = {0, (len(text) - 1) // _CHUNK}
    for number, position in enumerate(range(0, len(text), _CHUNK)):
        for group in _groups_in(text[position : position + _CHUNK], by_word):
            if first.setdefault(group, 0) < _QUOTA:
                first[group] += 1
                kept.add(number)
            else:
                last.setdefault(group, deque(maxlen=_QUOTA)).append(number)
    for numbers in last.values():
        kept.update(numbers)
    chosen = sorted(kept)
    room = max(limit // _CHUNK, 2)
    if len(chosen) > room:
        chosen = chosen[: room // 2] + chosen[-(room - room // 2) :]
    return _pieces(text, chosen)


def _pieces(text: str, chunks: list[int]) -> tuple[tuple[int, str], ...]:
    """The chunks with a little around them, adjacent ones joined."""
    spans: list[tuple[int, int]] = []
    for number in chunks:
        start = max(number * _CHUNK - _OVERLAP, 0)
        start = text.rfind("\n", start, number * _CHUNK) + 1 or start if start else 0
        stop = min((number + 1) * _CHUNK + _OVERLAP, len(text))
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], stop)
        else:
            spans.append((start, stop))
    pieces = []
    line, counted = 1, 0
    for start, stop in spans:
        line += text.count("\n", counted, start)
        counted = start
        pieces.append((line, text[start:stop]))
    return tuple(pieces)


def _rarest_first(needed: Iterable[Words]) -> dict[bytes, tuple[Words, ...]]:
    """The groups of words, each under one of its words: the one that the fewest groups share,
    and the longest of those, since long words are rare in logs.
    """
    groups = set(needed)
    shared: dict[bytes, int] = {}
    for group in groups:
        for word in group:
            shared[word] = shared.get(word, 0) + 1
    by_word: dict[bytes, list[Words]] = {}
    for group in groups:
        if group:
            key = max(group, key=lambda word: (len(word), -shared[word], word))
            by_word.setdefault(key, []).append(group)
    return {word: tuple(found) for word, found in by_word.items()}


def _groups_in(chunk: str, by_word: dict[bytes, tuple[Words, ...]]) -> list[Words]:
    """The groups whose words are all in this chunk."""
    words = words_of(chunk)
    keys = by_word.keys()
    if keys.isdisjoint(words):
        return []
    present = set(words)
    return [group for key in keys & present for group in by_word[key] if group <= present]
