"""Where things stand in a TOML document: the line of every table, key and array item.

`tomllib` gives values without places. This scanner walks a document that `tomllib` has already
accepted and only remembers lines, so it need not judge syntax. Source: https://toml.io/en/v1.1.0.
"""

import contextlib
from collections.abc import Mapping

from nox_release.core.values import dataclass, field

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """1-based lines by path, e.g. `("project", "dependencies", 2)`, and where values begin and end."""

    by_path: Mapping[Path, int] = field(default_factory=dict)
    spans: Mapping[Path, tuple[int, int]] = field(default_factory=dict)

    def of(self, *path: str | int) -> int | None:
        """The line of `path`, or of the nearest thing around it that has one."""
        for length in range(len(path), 0, -1):
            line = self.by_path.get(path[:length])
            if line is not None:
                return line
        return None


def find_lines(text: str) -> Lines:
    """The lines of everything in `text`; what a broken document hides is left out."""
    scanner = _Scanner(text)
    with contextlib.suppress(
        IndexError, RecursionError
    ):  # ended inside something: keep what was seen
        scanner.document()
    return Lines(scanner.lines, scanner.spans)


_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}
_ESCAPES |= {'"': '"', "\\": "\\"}
_HEX = {"x": 2, "u": 4, "U": 8}


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.lines: dict[Path, int] = {}
        self.spans: dict[Path, tuple[int, int]] = {}
        self.tables: dict[Path, int] = {}  # arrays of tables: how many so far

    def document(self) -> None:
        table: Path = ()
        while self._skip_blank():
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _advance(self) -> str:
        character = self.text[self.at]
        self.at += 1
        if character == "\n":
            self.line += 1
        return character

    def _skip_blank(self) -> bool:
        """Go to the next character that is neither space nor comment; false at the end."""
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "#":
                while self.at < len(self.text) and self.text[self.at] != "\n":
                    self.at += 1
            elif character in " \t\r\n":
                self._advance()
            else:
                return True
        return False

    def _skip_spaces(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1

    def _header(self) -> Path:
        line = self.line
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        keys = self._keys()
        while self._advance() not in "\n]":
            pass
        if is_array and self.text[self.at : self.at + 1] == "]":
            self.at += 1
        path = self._resolved(keys[:-1])
        self._remember(path, line)
        path = (*path, keys[-1])
        if not is_array:
            path = self._resolved((keys[-1],), path[:-1])
        else:
            self.lines.setdefault(path, line)
            self.tables[path] = self.tables.get(path, -1) + 1
            path = (*path, self.tables[path])
        self.lines.setdefault(path, line)
        return path

    def _resolved(self, keys: tuple[str, ...], start: Path = ()) -> Path:
        """A header's keys as a path: below an array of tables they mean its latest item."""
        path = start
        for key in keys:
            path = (*path, key)
            if path in self.tables:
                path = (*path, self.tables[path])
        return path

    def _remember(self, path: Path, line: int) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def _keys(self) -> tuple[str, ...]:
        """A dotted key, up to the `=` or `]` behind it."""
        keys = []
        while True:
            self._skip_spaces()
            character = self.text[self.at]
            if character in "\"'":
                keys.append(self._string())
            else:
                start = self.at
                while self.at < len(self.text) and self.text[self.at] in _BARE:
                    self.at += 1
                if self.at == start:  # not a key: do not stand still
                    self._advance()
                    return tuple(keys) or ("",)
                keys.append(self.text[start : self.at])
            self._skip_spaces()
            if self.text[self.at : self.at + 1] != ".":
                return tuple(keys)
            self.at += 1

    def _pair(self, table: Path) -> None:
        line = self.line
        path = (*table, *self._keys())
        self._remember(path, line)
        self._skip_spaces()
        if self.text[self.at : self.at + 1] == "=":
            self.at += 1
            self._skip_spaces()
            self._value(path)

    def _value(self, path: Path) -> None:
        self.lines.setdefault(path, self.line)
        begin = self.at
        self._skip_value(path)
        self.spans.setdefault(path, (begin, self.at))

    def _skip_value(self, path: Path) -> None:
        character = self.text[self.at]
        if character in "\"'":
            self._string()
        elif character == "[":
            self.at += 1
            number = 0
            while self._skip_blank() and self.text[self.at] != "]":
                self.lines.setdefault((*path, number), self.line)
                self._value((*path, number))
                number += 1
                if self._skip_blank() and self.text[self.at] == ",":
                    self.at += 1
            self.at += 1
        elif character == "{":
            self.at += 1
            while self._skip_blank() and self.text[self.at] != "}":
                self._pair(path)
                if self._skip_blank() and self.text[self.at] == ",":
                    self.at += 1
            self.at += 1
        else:  # a number, a date, a boolean
            start = self.at
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1
            if self.at == start:
                self._advance()

    def _string(self) -> str:
        quote = self.text[self.at]
        if self.text.startswith(quote * 3, self.at):
            self.at += 3
            return self._until(quote * 3, raw=quote == "'")
        self.at += 1
        return self._until(quote, raw=quote == "'")

    def _until(self, end: str, *, raw: bool) -> str:
        parts = []
        while not self.text.startswith(end, self.at):
            character = self._advance()
            if character != "\\" or raw:
                parts.append(character)
                continue
            escaped = self._advance()
            if escaped in _HEX:
                digits = self.text[self.at : self.at + _HEX[escaped]]
                self.at += len(digits)
                parts.append(chr(int(digits, 16)) if _is_code(digits) else "")
            else:
                parts.append(_ESCAPES.get(escaped, ""))
        self.at += len(end)
        while len(end) == 3 and self.text.startswith(end[0], self.at):  # """a""""" ends in quotes
            parts.append(end[0])
            self.at += 1
        return "".join(parts)


def _is_code(digits: str) -> bool:
    try:
        return int(digits, 16) <= 0x10FFFF
    except ValueError:
        return False
