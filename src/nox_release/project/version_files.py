"""Files that have the version because somebody says so: `version-files`, and the tables of tools
that raised it before.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nox_release.project.documents import Document, Files
from nox_release.project.literals import Place, find_toml, ini_sections, place_in, toml_place
from nox_release.project.toml import parse_toml, table_in


def find_mentions(text: str, version: str) -> Iterator[re.Match[str]]:
    """Where a text has exactly this version: 1.2.0 of `demo==1.2.0`, not of 11.2.0 or 1.2.0.1."""
    pattern = rf"(?<![0-9A-Za-z_])(?<!\d\.)v?{re.escape(version)}(?![0-9A-Za-z_]|\.\d|\+)"
    yield from re.finditer(pattern, text)


def all_known(files: Files, entry: str, version: str, known: Iterable[Place]) -> bool:
    """Whether an entry names a file of which every mention of the version is found by itself."""
    document = files.own(entry)
    found = list(find_mentions(document.text, version)) if document is not None else []
    spans = [(one.start, one.end) for one in known if document and one.file == document.file]
    return bool(found) and all(
        any(match.start() <= start and end <= match.end() for start, end in spans)
        for match in found
    )


def listed_place(files: Files, entry: str, version: str) -> Place | str:
    """The one place that an entry of `version-files` means, `FILE` or `FILE:KEY`; or what is wrong.

    A key is a dotted path in TOML, and elsewhere what stands before the version on its line.
    """
    name, _, key = entry.partition(":")
    document = files.own(name)
    if document is None:
        return f"`{name}` is not there"
    if key and name.endswith((".toml", ".lock")):
        place = toml_place(document, find_toml(document), *_path(key))
        if place is not None:
            return place if place.text == version else f"`{key}` in `{name}` says {place.text}"
    found = [
        match
        for match in find_mentions(document.text, version)
        if not key or key.rpartition(".")[2] in _line_before(document.text, match.start())
    ]
    if len(found) != 1:
        times = "not" if not found else f"{len(found)} times"
        return f"`{name}` has {version} {times}" + (f" behind `{key}`" if key else "")
    place = place_in(document, key or "version", *found[0].span())
    return place or f"`{name}` has {version} in a form that cannot be edited"


def _path(key: str) -> Iterator[str | int]:
    for part in key.split("."):
        yield int(part) if part.isdigit() else part


def _line_before(text: str, position: int) -> str:
    return text[text.rfind("\n", 0, position) + 1 : position]


# --- what other tools' tables name ------------------------------------------------------------------


def named_by_tools(tool: Mapping[str, Any], files: Files, version: str) -> Iterator[Place]:
    """The places that a table of another tool names, each where it is the only one there."""
    for name, before, after in _named(tool, files):
        document = files.own(name)
        place = _between(document, before, version, after) if document else None
        if place is not None:
            yield place


def _between(document: Document, before: str, version: str, after: str) -> Place | None:
    """The only place where the version stands between these texts."""
    found = [
        match
        for match in find_mentions(document.text, version)
        if document.text.startswith(after, match.end())
        and document.text[: match.end() - len(version)].endswith(before)
    ]
    if len(found) != 1:
        return None
    return place_in(document, "version", *found[0].span())


def _entries(listed: object) -> Iterator[tuple[str, str, str]]:
    """`FILE:WHAT`, as python-semantic-release and commitizen have it."""
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, str):
            yield entry.partition(":")[0], "", ""


def _named(tool: Mapping[str, Any], files: Files) -> Iterator[tuple[str, str, str]]:
    """File, and the text before and after the version there."""
    yield from _bumpversion(table_in(tool, "bumpversion").get("files"))
    yield from _tbump(table_in(tool, "tbump").get("file"))
    for table, key in (("semantic_release", "version_variables"), ("commitizen", "version_files")):
        yield from _entries(table_in(tool, table).get(key))
    for name in (".bumpversion.toml", "tbump.toml"):
        document = files.own(name)
        try:
            other = parse_toml(document.text) if document else {}
        except ValueError:
            continue
        yield from _bumpversion(table_in(other, "tool", "bumpversion").get("files"))
        yield from _tbump(other.get("file"))
    for name in (".bumpversion.cfg", "setup.cfg"):
        document = files.own(name)
        for section, values in list(ini_sections(document.text)) if document else ():
            if section.startswith("bumpversion:file:"):
                file = section.removeprefix("bumpversion:file:").strip()
                yield from _halves(file, values.get("search", ""))


def _bumpversion(listed: object) -> Iterator[tuple[str, str, str]]:
    """https://callowayproject.github.io/bump-my-version/reference/configuration/file/"""
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and isinstance(item.get("filename"), str):
            yield from _halves(item["filename"], item.get("search", ""))


def _tbump(listed: object) -> Iterator[tuple[str, str, str]]:
    """https://github.com/your-tools/tbump"""
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and isinstance(item.get("src"), str):
            yield from _halves(item["src"], item.get("search", ""))


def _halves(file: str, search: object) -> Iterator[tuple[str, str, str]]:
    """What stands around the version. A search without one is for another text, such as
    `(unreleased)`.
    """
    before, field, after = str(search).partition("{current_version}")
    if not search:
        yield file, "", ""
    elif field:
        yield file, before, after
