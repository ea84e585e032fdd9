"""How a changelog is laid out: its headings, and new lines after the file's own example."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nox_release.core.values import dataclass
from nox_release.project.changelog import (
    ANCHOR,
    Section,
    parse_sections,
    release_sections,
    version_in,
)
from nox_release.project.dates import find_date
from nox_release.project.documents import Document, Edit

if TYPE_CHECKING:
    from packaging.version import Version


PLACEHOLDER = re.compile(
    r"\b(?:unreleased|not (?:yet )?released|to be (?:released|determined|announced)|tbd|tba|"
    r"in development|under development|(?:work )?in progress|wip|unknown|"
    r"[YX]{4}[-/.][MX]{2}[-/.][DX]{2}|\d{4}[-/.](?:XX|\d{2})[-/.]XX)\b|\?{4}[-/.]\?{2}[-/.]\?{2}"
    r"|\d{4}-\?{2}-\?{2}|\?\?+|\b\d{4}-(?:\d{2}-)?(?=[)\]\s]|$)",
    re.IGNORECASE,
)
_PLACEHOLDER_LINE = re.compile(
    r"^\W*(?:release(?:d|[ \t]+date)?\W*)?(?:unreleased|not (?:yet )?released|tbd|tba|"
    r"in development|[YX]{4}[-/.][MX]{2}[-/.][DX]{2})\W*$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_STYLE_WORDS = frozenset({"version", "release", "released", "on", "date"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The version to write about, `text` as the project spells it; `drafted` is what a section
    that has to be written begins with, `reasons` what one says that would be empty, `stated`
    the version that the tree states.
    """

    version: Version
    text: str
    today: dt.date
    name: str = ""
    drafted: tuple[str, ...] = ()
    stated: Version | None = None
    reasons: tuple[str, ...] = ()


class Layout:
    """One document, and how its headings, dates and blank lines are written."""

    def __init__(self, document: Document, wanted: Wanted) -> None:
        self.document = document
        self.wanted = wanted
        self.end = document.line_end
        self.lines = document.text.replace("\r\n", "\n").split("\n")
        self.starts = self.line_starts()
        self.sections = parse_sections(document.text)
        self.releases = release_sections(self.sections)

    def line_starts(self) -> list[int]:
        starts = [0]
        starts += [found.end() for found in re.finditer("\n", self.document.text)]
        return starts

    def is_placeholder(self, section: Section) -> bool:
        return bool(PLACEHOLDER.search(section.title) or self.placeholder_line(section) is not None)

    def first_line(self, section: Section) -> int | None:
        """The first line below a heading that says anything."""
        for number in range(section.after, min(section.after + 4, section.end)):
            if self.lines[number].strip():
                return number
        return None

    def placeholder_line(self, section: Section) -> int | None:
        number = self.first_line(section)
        if number is None or not _PLACEHOLDER_LINE.match(self.lines[number]):
            return None
        return number

    def example(self, level: int, *, beside: Section | None = None) -> Section | None:
        """The newest release whose heading says nothing that only belongs to it."""
        listed = [s for s in self.releases if s is not beside and not self.is_placeholder(s)]
        same = [s for s in listed if s.level == level] or listed
        for section in same[:5]:
            if not self.own_words(section, same):
                return section
        return None

    def own_words(self, section: Section, others: Sequence[Section]) -> set[str]:
        def words(one: Section) -> set[str]:
            title = re.sub(r"[(<]https?://[^()<>]*[)>]", "", one.title)
            dated = find_date(title)
            if dated is not None:
                title = title[: dated.start] + title[dated.end :]
            title = re.sub(r"v?\d[\w.+-]*", "", title)
            return {word.lower() for word in _WORD.findall(title)}

        known = _STYLE_WORDS | {word.lower() for word in _WORD.findall(self.wanted.name)}
        shared = [words(other) for other in others[:6] if other is not section]
        return {word for word in words(section) - known if sum(word in one for one in shared) < 1}

    def spelled_in(self, section: Section) -> str | None:
        """How the heading spells its version."""
        for found in re.finditer(r"\d+(?:\.\d+)*[0-9A-Za-z.!-]*", section.title):
            text = found[0].rstrip(".-")
            if version_in(text) == section.version:
                return text
        return None

    def predecessor(self, section: Section) -> str | None:
        later = (
            self.releases[self.releases.index(section) + 1 :] if section in self.releases else ()
        )
        return self.spelled_in(later[0]) if later else None

    def moved_on(self, text: str, example: Section) -> str:
        """A line about `example` as one about the version, in which its predecessor is `example`'s."""
        own = self.spelled_in(example)
        before = self.predecessor(example)
        if own is None:
            return text
        following = self.spelled_in(self.newest() or example) or own
        replaced = {own: self.wanted.text, **({before: following} if before else {})}
        pattern = (
            r"(?<![0-9A-Za-z_])(?<!\d\.)(v?)("
            + "|".join(re.escape(one) for one in sorted(replaced, key=len, reverse=True))
            + r")(?![0-9A-Za-z_]|\.\d)"
        )
        return re.sub(pattern, lambda found: found[1] + replaced[found[2]], text)

    def title(self, level: int, *, beside: Section | None = None) -> str:
        """The heading's text for the version; what is `beside` is not an example."""
        example = self.example(level, beside=beside)
        if example is None:
            return self.plain_title(beside or self.releases[0])
        dated = find_date(example.title, around=self.document.text)
        title = example.title
        if dated is not None:
            title = title[: dated.start] + "\0" + title[dated.end :]
        title = self.moved_on(title, example)
        return title.replace("\0", dated.like_this(self.wanted.today) if dated else "")

    def plain_title(self, beside: Section) -> str:
        version, today = self.wanted.text, self.wanted.today.isoformat()
        if not self.releases or any(find_date(one.title) for one in self.releases[:5]):
            if beside.title.startswith("["):
                return f"[{version}] - {today}"
            return f"{version} ({today})" if self.is_underlined(beside) else f"{version} - {today}"
        return version

    def is_underlined(self, section: Section) -> bool:
        return section.after - section.start == 2

    def heading_edits(self, section: Section, title: str) -> list[Edit]:
        """The edits that give a heading another text, with lines of its length around it."""
        line = self.lines[section.start]
        start = self.starts[section.start] + line.index(section.title)
        edits = [self.edit(start, start + len(section.title), title)]
        if self.is_underlined(section):
            width = len(line.strip())
            for number in (section.start - 1, section.after - 1):
                rule = self.lines[number].rstrip() if number >= 0 else ""
                if rule and set(rule) == {self.lines[section.after - 1][:1]} and len(rule) > 2:
                    new = max(len(title), 3) if len(rule) == width else max(len(rule), len(title))
                    begin = self.starts[number]
                    edits.append(self.edit(begin, begin + len(rule), rule[0] * new))
        return [edit for edit in edits if self.document.text[edit.start : edit.end] != edit.text]

    def edit(self, start: int, end: int, text: str) -> Edit:
        return Edit(file=self.document.file, start=start, end=end, text=text)

    def insert(self, line: int, texts: Sequence[str]) -> Edit:
        """Lines before the line with this number."""
        text = "".join(one + self.end for one in texts)
        if line < len(self.starts):
            return self.edit(self.starts[line], self.starts[line], text)
        length = len(self.document.text)
        return self.edit(length, length, self.end + text.removesuffix(self.end))

    def block_start(self, section: Section) -> int:
        """The first line of a heading: the rule above it, where it has one."""
        above = section.start - 1
        if self.is_underlined(section) and above >= 0:
            rule = self.lines[above].rstrip()
            if len(rule) > 2 and rule == self.lines[section.after - 1].rstrip():
                return above
        return section.start

    def blank_after(self, section: Section) -> int:
        """How many blank lines stand below a heading; one at least."""
        number = section.after
        while number < len(self.lines) and not self.lines[number].strip():
            number += 1
        return min(max(number - section.after, 1), 2)

    def blank_before(self) -> int:
        """How many blank lines stand between two sections."""
        if len(self.releases) < 2:
            return 1
        number = self.block_start(self.releases[1]) - 1
        if number >= 0 and ANCHOR.match(self.lines[number]):
            number -= 1
        count = 0
        while number - count > 0 and not self.lines[number - count].strip():
            count += 1
        return min(max(count, 1), 3)

    def newest(self) -> Section | None:
        """The newest section about a version before the wanted one."""
        return next(
            (
                section
                for section in self.releases
                if section.version != self.wanted.version and not self.is_placeholder(section)
            ),
            None,
        )
