"""Literals that state a version, in the kinds of file that projects keep one in, with their spans."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nox_release.core.python_code import dotted_name, parse_python
from nox_release.core.values import dataclass
from nox_release.core.versions import parse_version
from nox_release.project.documents import Document, Edit
from nox_release.project.toml_lines import Lines, find_lines

if TYPE_CHECKING:
    from packaging.version import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One literal that states a version: what stands from `start` up to `end` is `text`.

    `is_tuple` says that it is written as numbers, such as `1, 2, 0`, maybe with a level as
    `sys.version_info` has it; `key` is the whole path of `label` in its file; `numbers` is how many
    of the release's numbers it states where it leaves out the others.
    """

    file: str
    line: int
    label: str
    start: int
    end: int
    text: str
    is_tuple: bool = False
    key: str = ""
    numbers: int = 0

    @property
    def version(self) -> Version | None:
        return _version_of_tuple(self.text) if self.is_tuple else parse_version(self.text)

    @property
    def stated(self) -> str:
        """The version in words: as it is written, but for a tuple."""
        return str(self.version) if self.is_tuple else self.text


def place_in(
    document: Document, label: str, start: int, end: int, *, key: str = ""
) -> Place | None:
    """The place of a literal, without a leading `v`; `None` where it states no version."""
    text = document.text[start:end]
    if text[:1] in ("v", "V"):
        start, text = start + 1, text[1:]
    if parse_version(text) is None or text != text.strip():
        return None
    return Place(
        file=document.file,
        line=document.line_of(start),
        label=label,
        start=start,
        end=end,
        text=text,
        key=key or label,
    )


def toml_place(document: Document, lines: Lines, *path: str | int) -> Place | None:
    """The string at `path` of a TOML document."""
    span = lines.spans.get(path)
    if span is None:
        return None
    quoted = document.text[span[0] : span[1]]
    width = 3 if quoted.startswith(('"""', "'''")) else 1
    key = ".".join(map(str, path))
    return place_in(document, str(path[-1]), span[0] + width, span[1] - width, key=key)


def matched_place(document: Document, label: str, pattern: str | re.Pattern[str]) -> Place | None:
    """The group `version` (or the first one) of an expression's first match."""
    try:
        found = re.search(pattern, document.text)
    except re.error:
        return None
    if found is None or not found.groups():
        return None
    group = "version" if "version" in found.groupdict() else 1
    return place_in(document, label, found.start(group), found.end(group))


def whole_file(document: Document) -> Place | None:
    """A file that holds a version and nothing else."""
    text = document.text
    start = len(text) - len(text.lstrip())
    return place_in(document, "version", start, len(text.rstrip()))


_INI = re.compile(
    r"(?m)^(?:\[(?P<section>[^\]\r\n]+)\]"
    r"|(?P<key>[^\s=:#;\[][^=:\r\n]{0,100}?)[ \t]*[=:](?P<value>[^\r\n]*))"
)


def ini_place(document: Document, section: str, key: str) -> Place | None:
    """A one-line value of an ini file."""
    within = ""
    for found in _INI.finditer(document.text):
        if found["section"] is not None:
            within = found["section"].strip()
        elif within == section and found["key"].lower() == key:
            value = found["value"]
            start = found.start("value") + len(value) - len(value.lstrip())
            end = start + len(value.strip())
            return place_in(document, key, start, end, key=f"{section}.{key}")
    return None


def ini_sections(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Sections of an ini file with their one-line values."""
    values: dict[str, str] = {}
    for found in _INI.finditer(text):
        if found["section"] is not None:
            values = {}
            yield found["section"].strip(), values
        else:
            values[found["key"].lower()] = found["value"].strip()


# --- Python ---------------------------------------------------------------------------------------

_TUPLE_NAME = re.compile(r"_*version(_?info|_?tuple)?_*", re.IGNORECASE)


def python_places(document: Document) -> Iterator[Place]:
    """Module-level names that are assigned a version: a string, or a tuple of numbers."""
    tree = parse_python(document.text)
    if tree is None:  # written for another Python: at least the plain ones
        yield from _plain_places(document)
    offsets = _Offsets(document.text)
    for node in tree.body if tree else ():
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        else:
            continue
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        for name in names[:1]:
            place = _string(document, offsets, name, value) or _tuple(
                document, offsets, name, value
            )
            if place is not None:
                yield place


_PLAIN = re.compile(
    r"""(?m)^(__version__|VERSION)[ \t]*=[ \t]*(?P<quote>['"])(?P<version>[^'"\\\r\n]{1,100})(?P=quote)"""
)


def _plain_places(document: Document) -> Iterator[Place]:
    found = list(_PLAIN.finditer(document.text))
    for match in found if len(found) == 1 else ():
        place = place_in(document, match[1], *match.span("version"))
        if place is not None:
            yield place


def setup_places(document: Document) -> Iterator[Place]:
    """What setup.py gives to `setup(version=…)`, as a literal or by a name of the module."""
    tree = parse_python(document.text)
    offsets = _Offsets(document.text)
    for node in ast.walk(tree) if tree else ():
        if not isinstance(node, ast.Call) or dotted_name(node.func).split(".")[-1] != "setup":
            continue
        for keyword in node.keywords:
            if keyword.arg != "version":
                continue
            place = _string(document, offsets, "version", keyword.value)
            if place is not None:
                yield place
            elif isinstance(keyword.value, ast.Name):
                wanted = keyword.value.id
                yield from (one for one in python_places(document) if one.label == wanted)


def imported_from(document: Document, name: str) -> str | None:
    """The module from which a package's `__init__` takes `name`: `_version` of `from ._version import
    name`.
    """
    tree = parse_python(document.text)
    for node in tree.body if tree else ():
        if (
            isinstance(node, ast.ImportFrom)
            and node.module
            and any((alias.asname or alias.name) == name for alias in node.names)
        ):
            return node.module.rpartition(".")[2]
    return None


def _string(document: Document, offsets: _Offsets, name: str, value: ast.expr) -> Place | None:
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return None
    start, end = offsets.span(value)
    source = document.text[start:end]
    found = re.fullmatch(r"[uUrR]?('''|\"\"\"|'|\")(.*)\1", source)
    if found is None or found[2] != value.value:  # joined from parts, or with escapes
        return None
    return place_in(document, name, start + found.start(2), start + found.end(2))


def _tuple(document: Document, offsets: _Offsets, name: str, value: ast.expr) -> Place | None:
    """Numbers alone, two of them at least, or numbers with one level among them."""
    if not isinstance(value, ast.Tuple | ast.List) or not _TUPLE_NAME.fullmatch(name):
        return None
    items = [item.value if isinstance(item, ast.Constant) else None for item in value.elts]
    numbers = [item for item in items if isinstance(item, int) and not isinstance(item, bool)]
    levels = [item for item in items if isinstance(item, str)]
    if len(numbers) < 2 or len(levels) > 1 or len(numbers) + len(levels) != len(items):
        return None
    start, _ = offsets.span(value.elts[0])
    _, end = offsets.span(value.elts[-1])
    text = document.text[start:end]
    if _version_of_tuple(text) is None:
        return None
    return Place(
        file=document.file,
        line=value.lineno,
        label=name,
        start=start,
        end=end,
        text=text,
        is_tuple=True,
        key=name,
    )


# https://docs.python.org/3/library/sys.html#sys.version_info
_LEVELS = {
    "alpha": "a",
    "beta": "b",
    "candidate": "rc",
    "a": "a",
    "b": "b",
    "rc": "rc",
    "final": "",
}
_PARTS = re.compile(r"""\d+|(?P<quote>['"])(?P<level>\w*)(?P=quote)""")


def _version_of_tuple(text: str) -> Version | None:
    """The version of `1, 2, 0` or of `1, 2, 0, "beta", 1`; a level that nobody knows has none."""
    parts = list(_PARTS.finditer(text))
    at = next((number for number, part in enumerate(parts) if part["quote"]), None)
    if at is None:
        return parse_version(".".join(part[0] for part in parts) or "?")
    level, behind = _LEVELS.get(parts[at]["level"]), [int(part[0]) for part in parts[at + 1 :]]
    if level is None or not at or any(behind[1:]) or (not level and any(behind)):
        return None
    suffix = f"{level}{behind[0] if behind else 0}" if level else ""
    return parse_version(".".join(part[0] for part in parts[:at]) + suffix)


class _Offsets:
    """From the lines and UTF-8 columns of `ast` to positions in the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]

    def span(self, node: ast.expr) -> tuple[int, int]:
        end = (node.end_lineno or node.lineno, node.end_col_offset or 0)
        return self._position(node.lineno, node.col_offset), self._position(*end)

    def _position(self, line: int, column: int) -> int:
        start = self.starts[line - 1]
        rest = self.text[start : start + column]  # at most as many characters as bytes
        return start + len(rest.encode()[:column].decode(errors="ignore"))


# --- writing --------------------------------------------------------------------------------------


def written(place: Place, text: str) -> Edit | None:
    """The edit that has `place` state the version `text`; `None` where its form cannot."""
    new: str | None = text
    version = parse_version(text)
    if place.is_tuple:
        new = _tuple_like(place.text, version) if version is not None else None
    elif place.numbers:
        numbers = [*version.release, *[0] * place.numbers] if version is not None else []
        new = ".".join(map(str, numbers[: place.numbers])) or None
    return (
        None if new is None else Edit(file=place.file, start=place.start, end=place.end, text=new)
    )


def _tuple_like(example: str, version: Version) -> str | None:
    """Another version in the form of a tuple."""
    parts = list(_PARTS.finditer(example))
    at = next((number for number, part in enumerate(parts) if part["quote"]), None)
    if version.post is not None or version.dev is not None or (version.pre and at is None):
        return None
    numbers = list(version.release)
    count = len(parts) if at is None else at
    if any(numbers[count:]) or (numbers[count:] and at is not None):
        return None
    new = [str(number) for number in (numbers + [0] * count)[:count]]
    if at is not None:
        level = _level_like(parts[at]["level"], version.pre[0] if version.pre else "")
        behind = [str(version.pre[1]) if version.pre else "0", *["0"] * len(parts)]
        new += [f"{parts[at]['quote']}{level}{parts[at]['quote']}", *behind[: len(parts) - at - 1]]
        if version.pre and len(parts) == at + 1:  # no place for the number
            return None
    values = iter(new)
    return _PARTS.sub(lambda _: next(values), example)


def _level_like(example: str, letter: str) -> str:
    """The word for a pre-release's letter, long or short as the example has it."""
    if _LEVELS[example] == letter:
        return example
    words = [word for word, meant in _LEVELS.items() if meant == letter]
    return words[-1] if example in ("a", "b", "rc") else words[0]


def find_toml(document: Document) -> Lines:
    return find_lines(document.text)
