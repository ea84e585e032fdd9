"""The section of a changelog that belongs to a version, as Keep a Changelog lays it out.

Source: https://keepachangelog.com/en/1.1.0/. Markdown headings only; reStructuredText underlines
are read too, since older projects have them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.version import Version

FILES = ("CHANGELOG.md", "CHANGES.md", "HISTORY.md", "CHANGELOG.rst", "CHANGES.rst", "HISTORY.rst")

_MARKDOWN = re.compile(r"^(#{1,4})[ \t]+(.+?)[ \t]*#*$")
_UNDERLINE = re.compile(r"^([=\-~^\"'*+#])\1{2,}[ \t]*$")
_FENCE = re.compile(r"^[ ]{0,3}(```+|~~~+)")
_REFERENCE = re.compile(r"^\[([^\]]+)\]:\s*(\S.*)$")
_VERSION = re.compile(
    r"^\W*(?:version|release)?\W*v?(\d+(?:\.\d+)*[0-9A-Za-z.+!-]*)", re.IGNORECASE
)
_NAMED = re.compile(r"^[A-Za-z][\w.-]*[ \t]+v?(\d+(?:\.\d+)+[0-9A-Za-z.+-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One heading's part: `version` is `None` for a heading that names none."""

    title: str
    level: int
    version: Version | None
    line: int
    body: str


def parse_sections(text: str) -> tuple[Section, ...]:
    """Every headed part, with the deeper headings inside its body."""
    lines = text.replace("\r\n", "\n").split("\n")
    headings = list(_headings(lines))
    targets = {m[1]: m[2] for m in map(_REFERENCE.match, lines) if m is not None}
    sections = []
    for position, (line, after, level, title) in enumerate(headings):
        end = next(
            (other[0] for other in headings[position + 1 :] if other[2] <= level), len(lines)
        )
        body = "\n".join(lines[after:end]).strip("\n")
        sections.append(
            Section(
                title=title,
                level=level,
                version=_version_in(title),
                line=line + 1,
                body=_with_own_references(body, targets),
            )
        )
    return tuple(sections)


def find_section(text: str, version: str) -> Section | None:
    """The part about `version`, however it is spelled there."""
    wanted = Version(version)
    return next((s for s in parse_sections(text) if s.version == wanted), None)


def unreleased(text: str) -> Section | None:
    """The part that collects what is to come."""
    return next(
        (s for s in parse_sections(text) if re.search(r"\bunreleased\b", s.title, re.IGNORECASE)),
        None,
    )


def keeps_versions(text: str) -> bool:
    """Whether this changelog has a part for any version at all."""
    return any(section.version is not None for section in parse_sections(text))


def _headings(lines: list[str]) -> list[tuple[int, int, int, str]]:
    """Line of the heading, line after it, level, title; code blocks are passed over."""
    found: list[tuple[int, int, int, str]] = []
    underlines: list[str] = []
    fence = ""
    for number, line in enumerate(lines):
        marker = _FENCE.match(line)
        if marker:
            if not fence:
                fence = marker[1]
            elif marker[1].startswith(fence):
                fence = ""
            continue
        if fence:
            continue
        markdown = _MARKDOWN.match(line)
        if markdown:
            found.append((number, number + 1, len(markdown[1]), markdown[2]))
            continue
        under = _UNDERLINE.match(lines[number + 1]) if number + 1 < len(lines) else None
        if under and line.strip() and not _UNDERLINE.match(line):
            if under[1] not in underlines:
                underlines.append(under[1])
            found.append((number, number + 2, 1 + underlines.index(under[1]), line.strip()))
    return found


def _version_in(title: str) -> Version | None:
    bare = re.sub(r"\[([^\]]+)\](\([^)]*\)|\[[^\]]*\])?", r"\1", title)
    for pattern in (_VERSION, _NAMED):
        found = pattern.match(bare)
        if found:
            try:
                return Version(found[1].rstrip(".-"))
            except ValueError:
                continue
    return None


def _with_own_references(body: str, targets: dict[str, str]) -> str:
    """The part with those link targets that it uses, which stand at the end of the file."""
    lines = body.split("\n")
    while lines and (not lines[-1].strip() or _REFERENCE.match(lines[-1])):
        lines.pop()
    text = "\n".join(lines).strip("\n")
    used = [label for label in targets if f"[{label}]" in text and f"[{label}](" not in text]
    return "\n".join([text, *([""] if used else []), *(f"[{u}]: {targets[u]}" for u in used)])
