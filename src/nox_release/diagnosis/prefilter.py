"""Which parts of a long log can hold a known text at all.

Every pattern needs certain whole words. A log is cut into chunks, a chunk into words, and only
chunks with all the words of some pattern are read closely: the cost is one pass over the text,
whatever it says and however many patterns there are.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Words = frozenset[bytes]

_CHUNK = 16 * 1024
_QUOTA = 4
_PROBE = 16  # every so many chunks it is seen whether the log repeats itself
_OVERLAP = 2 * 1024
_LETTERS = bytes(
    code | 0x20 if chr(code).isalpha() and code < 0x80 else code if code == 0x0A else 0x20
    for code in range(256)
)
# Line breaks as annotations and JSON spell them: their last letter is not part of the next word.
_ESCAPED = (b"%0A", b"\\n")
_ANSI = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]")
_WORD = re.compile(r"[A-Za-z]+")


def words_of(text: str) -> list[bytes]:
    """The runs of ASCII letters in `text`, in lower case."""
    return _letters_in(text.encode("ascii", "replace")).split()


def _letters_in(raw: bytes) -> bytes:
    if b"\x1b" in raw:
        raw = _ANSI.sub(b" ", raw)
    return raw.translate(_LETTERS)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A log as it came: text, or the bytes of a file, which are decoded only where needed."""

    content: str | bytes

    def __len__(self) -> int:
        return len(self.content)

    def raw(self, start: int, stop: int) -> bytes:
        """A part as bytes in which ASCII letters stand for themselves."""
        part = self.content[start:stop]
        return part.encode("ascii", "replace") if isinstance(part, str) else part

    def text(self, start: int, stop: int) -> str:
        part = self.content[start:stop]
        return part if isinstance(part, str) else part.decode("utf-8", "replace")

    def line_ends(self, start: int, stop: int) -> int:
        """How many lines end in a part."""
        if isinstance(self.content, str):
            return self.content.count("\n", start, stop)
        return self.content.count(b"\n", start, stop)

    def line_start(self, start: int, stop: int) -> int:
        """Where the last line begins that begins in a part; `start` if none does."""
        if isinstance(self.content, str):
            return self.content.rfind("\n", start, stop) + 1 or start
        return self.content.rfind(b"\n", start, stop) + 1 or start

    def escapes(self) -> tuple[bytes, ...]:
        """The escapes of line breaks that occur."""
        if isinstance(self.content, str):
            return tuple(escape for escape in _ESCAPED if escape.decode() in self.content)
        return tuple(escape for escape in _ESCAPED if escape in self.content)


def reduce_log(
    content: str | bytes, needed: Iterable[Words], *, limit: int
) -> tuple[tuple[int, str], ...]:
    """The parts of a log that may hold a match, as (number of the first line, text).

    Short logs come back whole. Of a long one, each group of words keeps the first and the last
    few chunks that have it: what failed stands early, or is repeated at the end.
    """
    source = Source(content=content)
    if len(source) <= limit:
        return ((1, source.text(0, len(source))),)
    chosen = sorted(_chosen_chunks(source, _rarest_first(needed)))
    room = max(limit // _CHUNK, 2)
    if len(chosen) > room:
        chosen = chosen[: room // 2] + chosen[-(room - room // 2) :]
    return _pieces(source, chosen)


def _chosen_chunks(source: Source, by_word: dict[bytes, tuple[Words, ...]]) -> set[int]:
    keys = frozenset(by_word)
    escapes = source.escapes()
    first: dict[Words, int] = {}
    last: dict[Words, deque[int]] = {}
    kept = {0, (len(source) - 1) // _CHUNK}
    repetitive = False
    for number, position in enumerate(range(0, len(source), _CHUNK)):
        chunk = source.raw(position, position + _CHUNK)
        for escape in escapes:
            chunk = chunk.replace(escape, b" ")
        letters = _letters_in(chunk)
        if repetitive or number % _PROBE == 0:
            lines = letters.split(b"\n")
            # Lines that differ in their numbers alone are now equal.
            different = set(lines)
            repetitive = 2 * len(different) < len(lines)
            letters = b" ".join(different) if repetitive else letters
        words = letters.split()
        found = keys.intersection(words)
        if not found:
            continue
        present = frozenset(words)
        for group in (group for key in found for group in by_word[key]):
            if not group <= present:
                continue
            if first.setdefault(group, 0) < _QUOTA:
                first[group] += 1
                kept.add(number)
            else:
                last.setdefault(group, deque(maxlen=_QUOTA)).append(number)
    for numbers in last.values():
        kept.update(numbers)
    return kept


def _pieces(source: Source, chunks: list[int]) -> tuple[tuple[int, str], ...]:
    """The chunks with a little around them, adjacent ones joined."""
    spans: list[tuple[int, int]] = []
    for number in chunks:
        start = max(number * _CHUNK - _OVERLAP, 0)
        start = source.line_start(start, number * _CHUNK) if start else 0
        stop = min((number + 1) * _CHUNK + _OVERLAP, len(source))
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], stop)
        else:
            spans.append((start, stop))
    pieces = []
    line, counted = 1, 0
    for start, stop in spans:
        line += source.line_ends(counted, start)
        counted = start
        pieces.append((line, source.text(start, stop)))
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
