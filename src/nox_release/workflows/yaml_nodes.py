"""YAML as GitHub reads it, as a small tree that remembers its lines.

GitHub reads workflows as YAML 1.2 with anchors: `on`, `yes` and `no` are text. The tree is bounded:
size, depth, and what aliases expand to.
"""

from __future__ import annotations

from collections.abc import Iterator

from nox_release.core.errors import NoxReleaseError
from nox_release.core.values import dataclass, field
from nox_release.core.words import sentence

MAX_BYTES = 512 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 60


class UnreadableYAML(NoxReleaseError):  # noqa: N818 - it names the state of the file
    """The text is not YAML that can be taken in; `line` is 1-based where it is known."""

    def __init__(self, message: str, *, line: int | None = None, reason: str = "") -> None:
        super().__init__(message, reason=reason)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A scalar (`text`), a sequence (`items`) or a mapping (`entries`), with 1-based lines.

    `end` is the last line that belongs to the node. `style` is the quote or block sign of a
    scalar, or empty. An absent node is `None`; a key without a value is a scalar that `is_null`.
    """

    kind: str
    line: int
    end: int
    column: int = 0
    text: str = ""
    style: str = ""
    items: tuple[Node, ...] = ()
    entries: tuple[tuple[Node, Node], ...] = ()
    count: int = field(default=1, compare=False)

    @property
    def is_null(self) -> bool:
        return self.kind == "scalar" and not self.style and self.text in _NULLS

    @property
    def is_true(self) -> bool:
        return self.kind == "scalar" and not self.style and self.text in _TRUES

    @property
    def is_expression(self) -> bool:
        """Whether GitHub fills in a part of this text when it runs."""
        return self.kind == "scalar" and "${{" in self.text

    def get(self, key: str) -> Node | None:
        """The value under `key`; `None` where there is none, or this is no mapping."""
        for name, value in self.entries:
            if name.text == key:
                return value
        return None

    def key(self, key: str) -> Node | None:
        """The key itself, for its line."""
        for name, _ in self.entries:
            if name.text == key:
                return name
        return None

    def keys(self) -> tuple[str, ...]:
        return tuple(name.text for name, _ in self.entries)

    def strings(self) -> tuple[str, ...]:
        """One text or a list of texts, as GitHub takes either in many places."""
        if self.kind == "scalar":
            return () if self.is_null else (self.text,)
        return tuple(item.text for item in self.items if item.kind == "scalar")

    def mapping(self) -> dict[str, str]:
        """The scalar entries as text."""
        return {name.text: value.text for name, value in self.entries if value.kind == "scalar"}

    def scalars(self) -> Iterator[Node]:
        """Every scalar value below, once for each place it stands in."""
        if self.kind == "scalar":
            yield self
        for item in self.items:
            yield from item.scalars()
        for _, value in self.entries:
            yield from value.scalars()


_NULLS = ("", "~", "null", "Null", "NULL")
_TRUES = ("true", "True", "TRUE")


def check_size(size: int) -> None:
    """Return when a file of `size` bytes may be read.

    Raises:
        UnreadableYAML: it is too large.
    """
    if size > MAX_BYTES:
        raise UnreadableYAML(
            f"is too large to read: {size / 1024:,.0f} KiB",
            reason=f"Files above {MAX_BYTES // 1024} KiB are not looked at; "
            "a workflow is rarely above 50 KiB.",
        )


def decode(raw: bytes) -> str:
    """The text of a YAML file.

    Raises:
        UnreadableYAML: it is too large or not UTF-8.
    """
    check_size(len(raw))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableYAML(
            "is not UTF-8", line=line, reason=f"Byte {error.start} cannot be decoded."
        ) from None


def parse_yaml(text: str) -> Node | None:
    """The only document in `text`; `None` when there is nothing in it.

    Raises:
        UnreadableYAML: it does not parse, repeats a key, or expands beyond all measure.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    check_size(len(text))
    reader = YAML(typ="safe", pure=True)
    try:
        composed = reader.compose(_without_tabs_at_the_end(text) if "\t" in text else text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableYAML(
            "is not valid YAML",
            line=None if mark is None else mark.line + 1,
            reason=sentence(str(error.problem or error.context or "")),
        ) from None
    except RecursionError:
        raise UnreadableYAML("is nested too deeply") from None
    except (YAMLError, ValueError, AssertionError, AttributeError, KeyError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadableYAML("is not valid YAML", reason=sentence(first)) from None
    if composed is None:
        return None
    return _Converter().convert(composed, depth=0)


def _without_tabs_at_the_end(text: str) -> str:
    """YAML 1.2, and GitHub, take a tab where nothing follows; the reader here does not."""
    return "\n".join(line.rstrip(" \t\r") for line in text.split("\n"))


class _Converter:
    """Turns composed nodes into `Node`s; shared aliases are converted once."""

    def __init__(self) -> None:
        self._made: dict[int, Node] = {}
        self._open: set[int] = set()

    def convert(self, raw: object, *, depth: int) -> Node:
        from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

        made = self._made.get(id(raw))
        if made is not None:
            return made
        line = raw.start_mark.line + 1  # type: ignore[attr-defined]
        if id(raw) in self._open:
            raise UnreadableYAML(
                "contains itself", line=line, reason="An alias points to what it is a part of."
            )
        if depth > MAX_DEPTH:
            raise UnreadableYAML("is nested too deeply", line=line)
        self._open.add(id(raw))
        end_mark = raw.end_mark  # type: ignore[attr-defined]
        end = max(line, end_mark.line + (1 if end_mark.column > 0 else 0))
        column = raw.start_mark.column  # type: ignore[attr-defined]
        node: Node
        if isinstance(raw, ScalarNode):
            node = Node(
                kind="scalar",
                line=line,
                end=end,
                column=column,
                text=str(raw.value),
                style=raw.style or "",
            )
        elif isinstance(raw, SequenceNode):
            items = tuple(self.convert(item, depth=depth + 1) for item in raw.value)
            node = Node(
                kind="sequence",
                line=line,
                end=max([line, *(item.end for item in items)]),
                column=column,
                items=items,
                count=_bounded(line, [item.count for item in items]),
            )
        elif isinstance(raw, MappingNode):
            node = self._mapping(raw, line, column, depth)
        else:  # pragma: no cover - the composer makes no other nodes
            raise UnreadableYAML("is not valid YAML", line=line)
        self._open.discard(id(raw))
        self._made[id(raw)] = node
        return node

    def _mapping(self, raw: object, line: int, column: int, depth: int) -> Node:
        entries: list[tuple[Node, Node]] = []
        seen: set[str] = set()
        for raw_key, raw_value in raw.value:  # type: ignore[attr-defined]
            key = self.convert(raw_key, depth=depth + 1)
            if key.kind != "scalar":
                raise UnreadableYAML(
                    "has a key that is not text", line=key.line, reason="GitHub takes text only."
                )
            if key.text in seen:
                raise UnreadableYAML(
                    f"has the key `{key.text}` twice in one place",
                    line=key.line,
                    reason="GitHub refuses the whole file.",
                )
            seen.add(key.text)
            entries.append((key, self.convert(raw_value, depth=depth + 1)))
        return Node(
            kind="mapping",
            line=line,
            end=max([line, *(value.end for _, value in entries)]),
            column=column,
            entries=tuple(entries),
            count=_bounded(line, [value.count + 1 for _, value in entries]),
        )


def _bounded(line: int, counts: list[int]) -> int:
    total = 1 + sum(counts)
    if total > MAX_NODES:
        raise UnreadableYAML(
            "expands beyond all measure",
            line=line,
            reason=f"Its aliases stand for more than {MAX_NODES:,} values.",
        )
    return total
