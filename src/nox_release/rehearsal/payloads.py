"""The body of a token exchange, refused in the words of the JSON reader that Warehouse uses.

Warehouse reads `{"token": "…"}` with pydantic and shows its text to the client. This has the
same verdicts and texts for a body of one field.
"""

from __future__ import annotations

import json
from typing import Any

_DOCS = "https://errors.pydantic.dev/2.13/v"


class PayloadError(ValueError):
    """The body is not `{"token": "…"}`; the text is pydantic's."""


def parse_payload(body: bytes) -> str:
    """The token in `body`.

    Raises:
        PayloadError: it is not JSON, not an object, or its token is not a string.
    """
    problem = json_problem(body)
    if problem:
        raise PayloadError(_error("", f"Invalid JSON: {problem}", "json_invalid", body))
    document = json.loads(body)
    if not isinstance(document, dict):
        raise PayloadError(_error("", "Input should be an object", "model_type", document))
    if "token" not in document:
        raise PayloadError(_error("token", "Field required", "missing", document))
    token = document["token"]
    if not isinstance(token, str):
        raise PayloadError(_error("token", "Input should be a valid string", "string_type", token))
    return token


def _error(field: str, message: str, kind: str, value: Any) -> str:
    shown = _shortened(repr(value))
    lines = ["1 validation error for TokenPayload"]
    if field:
        lines.append(field)
    lines.append(
        f"  {message} [type={kind}, input_value={shown}, input_type={type(value).__name__}]"
    )
    lines.append(f"    For further information visit {_DOCS}/{kind}")
    return "\n".join(lines)


def _shortened(shown: str) -> str:
    """Of a long value pydantic shows 50 characters, the middle left out."""
    if len(shown) <= 50:
        return shown
    return f"{shown[:25]}...{shown[-24:]}"


def _place(before: str) -> str:
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1)
    return f"line {line} column {column}"


def json_problem(body: bytes) -> str:
    """What is wrong with `body` as JSON, and where; empty when nothing is."""
    # One character a byte: columns are counted in bytes.
    reader = _Reader(body.decode("latin-1"))
    try:
        reader.value()
        reader.space()
        if reader.at < len(reader.text):
            reader.fail("trailing characters")
    except _Problem as problem:
        return str(problem)
    return ""


class _Problem(Exception):  # noqa: N818 - carried a few lines only
    pass


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self, what: str, *, end: bool = False) -> None:
        before = self.text[: self.at + (0 if end else 1)]
        raise _Problem(f"{what} at {_place(before)}")

    def space(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
            self.at += 1

    def peek(self, what: str) -> str:
        self.space()
        if self.at >= len(self.text):
            self.fail(f"EOF while parsing {what}", end=True)
        return self.text[self.at]

    def value(self, depth: int = 0) -> None:
        first = self.peek("a value")
        if depth > 190:
            raise RecursionError
        if first == "{":
            self.members(depth)
        elif first == "[":
            self.items(depth)
        elif first == '"':
            self.string()
        elif first in "tfn":
            self.word({"t": "true", "f": "false", "n": "null"}[first])
        elif first in "-0123456789":
            self.number()
        elif first in "NI":
            self.word("NaN" if first == "N" else "Infinity")
        else:
            self.fail("expected value")

    def members(self, depth: int) -> None:
        self.at += 1
        if self.peek("an object") == "}":
            self.at += 1
            return
        while True:
            if self.peek("an object") != '"':
                self.fail("key must be a string")
            self.string()
            if self.peek("an object") != ":":
                self.fail("expected `:`")
            self.at += 1
            self.value(depth + 1)
            closing = self.peek("an object")
            if closing == "}":
                self.at += 1
                return
            if closing != ",":
                self.fail("expected `,` or `}`")
            self.at += 1
            if self.peek("a value") == "}":
                self.fail("trailing comma")

    def items(self, depth: int) -> None:
        self.at += 1
        if self.peek("a list") == "]":
            self.at += 1
            return
        while True:
            self.value(depth + 1)
            closing = self.peek("a list")
            if closing == "]":
                self.at += 1
                return
            if closing != ",":
                self.fail("expected `,` or `]`")
            self.at += 1
            if self.peek("a value") == "]":
                self.fail("trailing comma")

    def word(self, word: str) -> None:
        for letter in word:
            if self.at >= len(self.text):
                self.fail("EOF while parsing a value", end=True)
            if self.text[self.at] != letter:
                self.fail("expected ident")
            self.at += 1

    def number(self) -> None:
        if self.text[self.at] == "-":
            self.at += 1
        digits = self.digits()
        if digits.startswith("0") and len(digits) > 1:
            self.at -= len(digits) - 1
            self.fail("invalid number")
        if self.at < len(self.text) and self.text[self.at] == ".":
            self.at += 1
            self.digits()
        if self.at < len(self.text) and self.text[self.at] in "eE":
            self.at += 1
            if self.at < len(self.text) and self.text[self.at] in "+-":
                self.at += 1
            self.digits()

    def digits(self) -> str:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] in "0123456789":
            self.at += 1
        if self.at == start:
            if self.at >= len(self.text):
                self.fail("EOF while parsing a value", end=True)
            self.fail("invalid number")
        return self.text[start : self.at]

    def string(self) -> None:
        self.at += 1
        start = self.at
        while True:
            if self.at >= len(self.text):
                self.fail("EOF while parsing a string", end=True)
            letter = self.text[self.at]
            if letter == '"':
                self.check_unicode(start)
                self.at += 1
                return
            if letter < " ":
                self.fail("control character (\\u0000-\\u001F) found while parsing a string")
            if letter == "\\":
                self.escape()
            self.at += 1

    def hexadecimal(self) -> int:
        start = self.at + 1
        if start + 4 > len(self.text):
            self.at = len(self.text)
            self.fail("EOF while parsing a string", end=True)
        for _ in range(4):
            self.at += 1
            if self.text[self.at] not in "0123456789abcdefABCDEF":
                self.fail("invalid escape")
        return int(self.text[start : self.at + 1], 16)

    def second_half(self) -> None:
        """The escape that must follow the first half of a surrogate pair."""
        for letter in "\\u":
            self.at += 1
            if self.at >= len(self.text):
                self.fail("EOF while parsing a string", end=True)
            if self.text[self.at] != letter:
                self.fail("unexpected end of hex escape")
        if not 0xDC00 <= self.hexadecimal() <= 0xDFFF:
            self.fail("lone leading surrogate in hex escape")

    def check_unicode(self, start: int) -> None:
        try:
            self.text[start : self.at].encode("latin-1").decode("utf-8")
        except UnicodeDecodeError as error:
            self.at = start + error.start
            self.fail("invalid unicode code point")

    def escape(self) -> None:
        self.at += 1
        if self.at >= len(self.text):
            self.fail("EOF while parsing a string", end=True)
        if self.text[self.at] == "u":
            code = self.hexadecimal()
            if 0xDC00 <= code <= 0xDFFF:
                self.fail("lone leading surrogate in hex escape")
            if 0xD800 <= code <= 0xDBFF:
                self.second_half()
        elif self.text[self.at] not in '"\\/bfnrt':
            self.fail("invalid escape")
