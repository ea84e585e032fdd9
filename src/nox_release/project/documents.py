"""Text files that are edited by span: every byte that is not meant to change stays."""

import posixpath
from collections.abc import Callable, Iterator

from nox_release.core.values import dataclass

_LARGE = 5_000_000
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file's text with its own line ends, without a byte order mark."""

    file: str
    text: str
    encoding: str = "utf-8"
    marked: bool = False

    def line_of(self, position: int) -> int:
        """The 1-based line of a place in the text."""
        return self.text.count("\n", 0, position) + 1

    @property
    def line_end(self) -> str:
        """What ends its lines: the file's first line says it."""
        first = self.text.find("\n")
        return "\r\n" if first > 0 and self.text[first - 1] == "\r" else "\n"

    def with_text(self, text: str) -> bytes:
        """The bytes of the file with other text."""
        return ((_MARK if self.marked else "") + text).encode(self.encoding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Text for what stands from `start` up to `end`."""

    file: str
    start: int
    end: int
    text: str


def parse_document(file: str, raw: bytes) -> Document:
    """The document in these bytes, which `with_text` gives back unchanged.

    What is not UTF-8 is read as Latin-1, in which every byte is a character.
    """
    try:
        text, encoding = raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text, encoding = raw.decode("latin-1"), "latin-1"
    marked = text.startswith(_MARK)
    return Document(file=file, text=text.removeprefix(_MARK), encoding=encoding, marked=marked)


def edited(text: str, edits: tuple[Edit, ...] | list[Edit]) -> str:
    """The text with all edits made; they must not overlap."""
    parts = []
    at = 0
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        if edit.start < at:
            raise ValueError(f"two edits of {edit.file} overlap at {edit.start}")
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files of a repository by their paths from its top; `prefix` leads to the project.

    `read` gives a file's bytes, or `None` where it cannot be read.
    """

    names: frozenset[str]
    read: Callable[[str], bytes | None]
    prefix: str = ""

    def document(self, file: str) -> Document | None:
        """The document at a path from the repository's top."""
        raw = self.read(file) if file in self.names else None
        return None if raw is None or len(raw) > _LARGE else parse_document(file, raw)

    def own(self, file: str) -> Document | None:
        """The document at a path from the project's folder."""
        return self.document(posixpath.normpath(self.prefix + file))

    def text(self, file: str) -> str | None:
        """The text of a file of the project."""
        document = self.own(file)
        return document.text if document else None

    def above(self, name: str, folder: str) -> Iterator[tuple[str, Document]]:
        """A file in a folder and in those above it, up to the repository's top."""
        while True:
            document = self.document(posixpath.join(folder, name))
            if document is not None:
                yield folder, document
            if not folder:
                return
            folder = posixpath.dirname(folder)

    @property
    def own_names(self) -> frozenset[str]:
        """The project's files, by their paths from its folder."""
        width = len(self.prefix)
        return frozenset(name[width:] for name in self.names if name.startswith(self.prefix))
