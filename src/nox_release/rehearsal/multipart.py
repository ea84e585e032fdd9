"""multipart/form-data as upload clients send it (RFC 7578), with files streamed to disk.

Python's `cgi`, which Warehouse uses for this, left the standard library with 3.13.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from nox_release.core.values import dataclass

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """A part with a file name; `path` is where its bytes were put."""

    field: str
    filename: str
    content_type: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Text fields in the order they came, and files."""

    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[FilePart, ...] = ()

    def last(self, field: str, default: str = "") -> str:
        return next((value for name, value in reversed(self.fields) if name == field), default)


class MalformedForm(ValueError):  # noqa: N818 - named like what it is
    """The body is not what its Content-Type says."""


def parse_header(line: str) -> tuple[str, dict[str, str]]:
    """A header's value and its parameters; quoted strings may hold `;` and escaped quotes."""
    pieces, quoted, current, escaped = [], False, "", False
    for character in line:
        if character == ";" and not quoted:
            pieces.append(current)
            current = ""
            continue
        if character == '"' and not escaped:
            quoted = not quoted
        escaped = character == "\\" and quoted and not escaped
        current += character
    pieces.append(current)
    parameters = {}
    for piece in pieces[1:]:
        name, _, value = piece.strip().partition("=")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] == '"':
            value = value[1:-1].replace("\\\\", "\\").replace('\\"', '"')
        parameters[name.strip().lower()] = value
    return pieces[0].strip().lower(), parameters


def parse_form(stream: IO[bytes], content_type: str, directory: Path) -> Form:
    """The form in `stream`; its files are written below `directory`.

    Raises:
        MalformedForm: no boundary, or the body ends before its last boundary.
    """
    kind, parameters = parse_header(content_type)
    if kind == "application/x-www-form-urlencoded":
        from urllib.parse import parse_qsl

        body = stream.read(_PIECE).decode("utf-8", "replace")
        return Form(fields=tuple(parse_qsl(body, keep_blank_values=True)))
    if kind != "multipart/form-data" or not parameters.get("boundary"):
        return Form()
    source = _Source(stream)
    boundary = b"\r\n--" + parameters["boundary"].encode("latin-1", "replace")
    for _ in source.until(boundary, line=True):
        pass
    fields: list[tuple[str, str]] = []
    files: list[FilePart] = []
    while not source.ends():
        headers = b"".join(source.until(b"\r\n\r\n"))
        disposition, part_type = _headers(headers)
        name, filename = disposition.get("name", ""), disposition.get("filename")
        if not filename:
            value = b"".join(source.until(boundary, line=True))
            fields.append((name, value.decode("utf-8", "replace")))
            continue
        with tempfile.NamedTemporaryFile(dir=directory, delete=False) as target:
            for piece in source.until(boundary, line=True):
                target.write(piece)
        files.append(
            FilePart(field=name, filename=filename, content_type=part_type, path=Path(target.name))
        )
    return Form(fields=tuple(fields), files=tuple(files))


def _headers(block: bytes) -> tuple[dict[str, str], str]:
    disposition: dict[str, str] = {}
    # What `cgi`, and so Warehouse, assumes of a part that does not say.
    kind = "text/plain"
    for line in block.decode("utf-8", "replace").replace("\r\n ", " ").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            disposition = parse_header(value)[1]
        elif name.strip().lower() == "content-type":
            kind = value.strip()
    return disposition, kind


class _Source:
    """Bytes up to a mark, piece by piece, whatever the sizes in which they arrive."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        # The first boundary has no line before it; with this it looks like the others.
        self.buffer = b"\r\n"

    def until(self, mark: bytes, *, line: bool = False) -> Iterator[bytes]:
        """The bytes before `mark`, which is left behind; with `line` it must end its line, or
        be followed by the two dashes of the last boundary.
        """
        start = 0
        while True:
            found = self.buffer.find(mark, start)
            if found >= 0 and line and len(self.buffer) < found + len(mark) + 2:
                self._more()
                continue
            after = found + len(mark)
            if found >= 0 and line and self.buffer[after : after + 2] not in (b"\r\n", b"--"):
                start = found + 1
                continue
            if found >= 0:
                if found:
                    yield self.buffer[:found]
                self.buffer = self.buffer[after:]
                return
            keep = len(mark) - 1
            if len(self.buffer) > keep:
                yield self.buffer[:-keep]
                self.buffer = self.buffer[-keep:]
            start = 0
            self._more()

    def ends(self) -> bool:
        """Whether the boundary just read was the closing one; steps over the end of its line."""
        while len(self.buffer) < 2:
            self._more()
        closing, self.buffer = self.buffer[:2] == b"--", self.buffer[2:]
        return closing

    def _more(self) -> None:
        piece = self.stream.read(_PIECE)
        if not piece:
            raise MalformedForm("the form ends before its closing boundary")
        self.buffer += piece
