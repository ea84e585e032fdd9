"""What a release edits in a changelog: the heading of its section, its date and its links.

New lines are made after the file's own example, the newest release's heading; every other line
stays as it is.
"""

import enum
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from nox_release.core.values import dataclass, replace
from nox_release.project.changelog import (
    ANCHOR,
    RELEASE_ROLE,
    Section,
    is_left_behind,
    parse_sections,
    version_in,
)
from nox_release.project.changelog_folder import version_of
from nox_release.project.changelog_layout import PLACEHOLDER, Layout, Wanted
from nox_release.project.dates import find_date
from nox_release.project.documents import Document, Edit, edited


class Kind(str, enum.Enum):
    """How a project keeps its changelog."""

    PROMOTED = "an unreleased heading is promoted"
    FRAGMENTS = "fragments are put together"
    WRITTEN = "it is written at the release"
    DATED = "the heading of the next version gets its date"
    STANDS = "it has the section already"
    NONE = "there is none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangelogEdit:
    """What is done to the changelog. `is_drafted` says that its words are made up from commits,
    `unparsed` why it cannot be edited safely.
    """

    kind: Kind
    edits: tuple[Edit, ...] = ()
    line: int | None = None
    before: str = ""
    after: str = ""
    is_drafted: bool = False
    is_empty: bool = False
    unparsed: str = ""


_HEAD = re.compile(r"\b(?:HEAD|master|main|trunk|develop|dev)\b(?=$|[)>\s?#])")


def plan_file(
    name: str, older: Sequence[Document], others: Iterable[Document], wanted: Wanted
) -> ChangelogEdit:
    """A file of its own for the version, after those of `older` versions, the newest first; and its
    line in those of the `others` that list them.
    """
    text = "\n\n".join(document.text for document in older)
    plan = plan_changelog(replace(older[0], text=text), wanted)
    if plan.kind is not Kind.WRITTEN or not plan.edits:
        return ChangelogEdit(kind=Kind.NONE)
    end = older[0].line_end
    whole = plan.edits[0].text.strip() + end
    listed = [one for other in others for one in _entry(other, older, name)]
    return replace(plan, edits=(Edit(file=name, start=0, end=0, text=whole), *listed), line=None)


def _entry(listing: Document, older: Sequence[Document], name: str) -> Iterator[Edit]:
    """The line about a new file in a listing whose neighbouring lines name the two before it."""
    stems = [re.escape(posixpath.splitext(posixpath.basename(one.file))[0]) for one in older[:2]]
    lines = listing.text.splitlines(keepends=True)
    at = [
        [n for n, line in enumerate(lines) if re.search(rf"(?<![\w.]){stem}(?![\w]|\.\d)", line)]
        for stem in stems
    ]
    if [len(one) for one in at] != [1, 1] or abs(at[0][0] - at[1][0]) != 1:
        return
    number = at[0][0]
    old, new = (posixpath.splitext(posixpath.basename(one))[0] for one in (older[0].file, name))
    descends = at[1][0] > number
    start = sum(map(len, lines[: number if descends else number + 1]))
    line = lines[number].replace(old, new)
    line = _replace_version(line, version_of(older[0].file), version_of(name))
    yield Edit(file=listing.file, start=start, end=start, text=line)


def plan_changelog(document: Document, wanted: Wanted) -> ChangelogEdit:
    """The edits by which `document` has its section about the version."""
    plan = _Plan(Layout(document, wanted)).plan()
    if not plan.edits:
        return plan
    problem = _damage(document.text, edited(document.text, plan.edits), wanted, plan.kind)
    return ChangelogEdit(kind=plan.kind, unparsed=problem) if problem else plan


def _damage(before: str, after: str, wanted: Wanted, kind: Kind) -> str:
    """What is wrong with the edited text: it must have the same sections, and this one."""
    old, new = (
        [one for one in parse_sections(text) if one.version or not find_date(one.title)]
        for text in (before, after)
    )
    versions = [section.version for section in new if section.version is not None]
    if versions.count(wanted.version) < 1:
        return "a new heading in the form of the others would not be read as one"
    added = len(new) - len(old)
    if added != {Kind.PROMOTED: 1, Kind.WRITTEN: 1}.get(kind, 0):
        return f"{abs(added)} headings would be there that nobody wrote"
    kept = [(one.title, one.level) for one in new]
    for section in old:
        if (section.title, section.level) in kept:
            kept.remove((section.title, section.level))
        elif kind is not Kind.DATED or version_in(section.title) is None:
            return f"the heading `{section.title}` would be lost"
    return ""


class _Plan:
    """One document on its way to a release."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def plan(self) -> ChangelogEdit:
        standing = next(
            (s for s in self.layout.sections if s.version == self.layout.wanted.version), None
        )
        if standing is not None:
            return self._dated(standing) or self._standing(standing)
        ascending = len(self.layout.releases) > 1 and self._is_ascending()
        if ascending:
            return ChangelogEdit(kind=Kind.NONE, unparsed="its newest section stands last")
        coming = next((s for s in self.layout.releases[:1] if self.layout.is_placeholder(s)), None)
        if coming is not None:
            return self._dated(coming) or ChangelogEdit(kind=Kind.NONE)
        version = self.layout.wanted.version
        if version.is_prerelease and self.layout.releases and not self._has_prereleases():
            return ChangelogEdit(kind=Kind.NONE)
        first = self.layout.releases[0].start if self.layout.releases else len(self.layout.lines)
        opened = next((s for s in self.layout.sections if s.is_open and s.start < first), None)
        if opened is not None:
            return self._promoted(opened)
        stated, sections = self.layout.wanted.stated, self.layout.sections
        behind = stated is not None and is_left_behind(sections, stated)
        if self.layout.releases and not behind:
            return self._released() or self._written()
        return ChangelogEdit(kind=Kind.NONE)

    def _is_ascending(self) -> bool:
        pairs = [
            (one.version, other.version)
            for one, other in zip(self.layout.releases, self.layout.releases[1:], strict=False)
            if one.version and other.version
        ]
        return sum(one < other for one, other in pairs) > len(pairs) / 2

    def _has_prereleases(self) -> bool:
        return any(s.version is not None and s.version.is_prerelease for s in self.layout.releases)

    def _dated(self, section: Section) -> ChangelogEdit | None:
        """The section of the version, with its date where a placeholder stands for it."""
        line = self.layout.placeholder_line(section)
        in_title = PLACEHOLDER.search(section.title)
        if line is None and not in_title:
            return None
        title = section.title
        if in_title or section.version != self.layout.wanted.version:
            title = self.layout.title(section.level, beside=section)
        dated = [] if line is None else self._dated_line(section, line)
        edits = [*self.layout.heading_edits(section, title), *dated]
        if not edits:
            return None
        return ChangelogEdit(
            kind=Kind.DATED,
            edits=tuple(edits),
            line=section.line,
            before=self.layout.lines[line].strip() if line is not None and dated else section.title,
            after=dated[-1].text if dated else title,
        )

    def _dated_line(self, section: Section, line: int) -> list[Edit]:
        """The date in the line below the heading, as the newest release has it there."""
        for other in self.layout.releases:
            number = self.layout.first_line(other)
            if other is section or number is None:
                continue
            example = self.layout.lines[number]
            dated = find_date(example, around=self.layout.document.text)
            if dated is None or len(example) > 80:
                continue
            text = (
                example[: dated.start]
                + dated.like_this(self.layout.wanted.today)
                + example[dated.end :]
            )
            begin = self.layout.starts[line]
            return [self.layout.edit(begin, begin + len(self.layout.lines[line]), text)]
        return []

    def _standing(self, section: Section) -> ChangelogEdit:
        """A section that is there: at most the target of its link is missing."""
        label = re.match(r"\[([^\]]{1,100})\](?![(\[])", section.title)
        labels = {one[1] for one in self._references()}
        edits = self._links(None) if label and labels and label[1] not in labels else []
        return ChangelogEdit(
            kind=Kind.STANDS, edits=tuple(edits), line=section.line, before=section.title
        )

    def _promoted(self, section: Section) -> ChangelogEdit:
        title = self.layout.title(section.level, beside=section)
        links = self._links(section)
        begin = self.layout.block_start(section)
        heading = self.layout.lines[begin : section.after]
        between = self.layout.blank_after(section)
        fresh = [*heading, *[""] * between]
        edits = self.layout.heading_edits(section, title)
        insertion = self.layout.insert(begin, fresh)
        at_start = [edit for edit in edits if edit.start == insertion.start]
        if at_start:  # two edits at one place: one text
            edits = [edit for edit in edits if edit not in at_start]
            edits.append(
                self.layout.edit(
                    insertion.start, at_start[0].end, insertion.text + at_start[0].text
                )
            )
        else:
            edits.append(insertion)
        body = self.layout.lines[section.after : section.end]
        newest = next(iter(self.layout.releases), section)
        draft = [] if any(line.strip() for line in body) else self._draft(newest)
        if draft:
            blank = [""] * self.layout.blank_after(newest)
            edits.append(self.layout.insert(section.after, [*blank, *draft]))
        return ChangelogEdit(
            kind=Kind.PROMOTED,
            edits=(*edits, *links),
            line=section.line,
            before=section.title,
            after=title,
            is_drafted=bool(draft and self.layout.wanted.drafted),
        )

    def _released(self) -> ChangelogEdit | None:
        """A `:release:` line above the entries that are in no release yet."""
        first = self.layout.releases[0]
        line = self.layout.lines[first.start]
        if not RELEASE_ROLE.match(line):
            return None
        entries = enumerate(self.layout.lines[: first.start + 1])
        begin = next(number for number, text in entries if re.match(r"[-*+] :\w+:`", text))
        title = self.layout.title(first.level)
        return ChangelogEdit(
            kind=Kind.WRITTEN,
            edits=(self.layout.insert(begin, [line.replace(first.title, title)]),),
            line=begin + 1,
            after=title,
        )

    def _written(self) -> ChangelogEdit:
        """A new section above the newest one."""
        first = self.layout.releases[0]
        title = self.layout.title(first.level)
        begin = self.layout.block_start(first)
        anchor = begin - 1
        while anchor >= 0 and not self.layout.lines[anchor].strip():
            anchor -= 1
        anchored = anchor >= 0 and ANCHOR.match(self.layout.lines[anchor])
        prefix: list[str] = []
        if anchored:
            prefix = [
                self._anchor_for(self.layout.lines[anchor], first),
                *self.layout.lines[anchor + 1 : begin],
            ]
            begin = anchor
        heading = list(self.layout.lines[self.layout.block_start(first) : first.after])
        position = first.start - self.layout.block_start(first)
        heading[position] = heading[position].replace(first.title, title)
        if self.layout.is_underlined(first):
            rule = heading[-1].rstrip()
            length = (
                max(len(title), 3) if len(rule) == len(first.title) else max(len(rule), len(title))
            )
            heading[-1] = rule[:1] * length
            if position:
                heading[0] = rule[:1] * length
        body = [
            *[""] * self.layout.blank_after(first),
            *self._date_line(first),
            *self._draft(first),
        ]
        lines = [*prefix, *heading, *body, *[""] * self.layout.blank_before()]
        return ChangelogEdit(
            kind=Kind.WRITTEN,
            edits=(self.layout.insert(begin, lines), *self._links(None)),
            line=first.line,
            after=title,
            is_drafted=bool(self.layout.wanted.drafted),
            is_empty=not self._draft(first),
        )

    def _date_line(self, section: Section) -> list[str]:
        """The line with a date that stands below a heading, where the newest one has it."""
        number = self.layout.first_line(section)
        if number is None:
            return []
        line = self.layout.lines[number]
        dated = find_date(line, around=self.layout.document.text)
        if dated is None or len(line) > 60 or line.lstrip().startswith(("-", "*", "+", "#")):
            return []
        text = line[: dated.start] + dated.like_this(self.layout.wanted.today) + line[dated.end :]
        below = self.layout.lines[number + 1].rstrip()
        ruled = len(below) > 2 and set(below) <= set("-=~^")
        return [text, below[0] * len(text), ""] if ruled else [text, ""]

    def _draft(self, section: Section) -> list[str]:
        bullet = next(
            (
                found[0]
                for line in self.layout.lines[section.after : section.end]
                if (found := re.match(r"[ \t]*[-*+] +", line))
            ),
            "- ",
        )
        wanted = self.layout.wanted
        return [f"{bullet}{line}" for line in wanted.drafted or wanted.reasons]

    def _anchor_for(self, line: str, section: Section) -> str:
        own = self.layout.spelled_in(section) or ""
        new = self.layout.wanted.text
        for mark in ("_", "-", "."):
            if own.replace(".", mark) in line:
                return line.replace(own.replace(".", mark), new.replace(".", mark))
        return line

    def _links(self, opened: Section | None) -> list[Edit]:
        """The reference of the new section's heading, and that of the unreleased one renewed."""
        newest = self.layout.newest()
        own = self.layout.spelled_in(newest) if newest else None
        references = self._references()
        unreleased = next((one for one in references if "unreleased" in one[1].lower()), None)
        of_newest = next((one for one in references if own and one[1] in (own, f"v{own}")), None)
        edits: list[Edit] = []
        new_line = self._new_reference(newest, of_newest, unreleased)
        if unreleased is not None and opened is not None and own:
            number, _, line = unreleased
            renewed = _replace_version(line, own, self.layout.wanted.text)
            if renewed != line:
                begin = self.layout.starts[number]
                edits.append(self.layout.edit(begin, begin + len(line), renewed))
        if new_line is None or (opened is None and of_newest is None):
            return edits
        if unreleased is not None and of_newest is not None and of_newest[0] < unreleased[0]:
            at = unreleased[0]
        elif unreleased is not None:
            at = unreleased[0] + 1
        elif of_newest is not None:
            at = of_newest[0] if not self._references_ascend(references) else of_newest[0] + 1
        else:
            return edits
        insertion = self.layout.insert(at, [new_line])
        return [*edits, insertion]

    def _references(self) -> list[tuple[int, str, str]]:
        """Line, label and text of every link target."""
        found = []
        for number, line in enumerate(self.layout.lines):
            match = re.match(r"^(?:\[([^\]]{1,100})\]:|\.\. _`?([^:`]{1,100})`?:)\s*\S", line)
            if match:
                found.append((number, match[1] or match[2], line))
        return found

    def _references_ascend(self, references: Sequence[tuple[int, str, str]]) -> bool:
        versions = [v for _, label, _ in references if (v := version_in(label)) is not None]
        return len(versions) > 1 and versions[0] < versions[-1]

    def _new_reference(
        self,
        newest: Section | None,
        of_newest: tuple[int, str, str] | None,
        unreleased: tuple[int, str, str] | None,
    ) -> str | None:
        if newest is not None and of_newest is not None:
            return self.layout.moved_on(of_newest[2], newest)
        if unreleased is None:
            return None
        _, label, line = unreleased
        version = self.layout.wanted.text
        named = line.replace(label, version, 1)
        own = self.layout.spelled_in(newest) if newest else None
        tag = re.search(r"(v?)\d{1,20}(?:\.\d{1,20}){1,9}\S{0,60}?\.\.\.", line)
        if own is None or tag is None:
            return None
        return _HEAD.sub(f"{tag[1]}{version}", named)


def _replace_version(line: str, old: str, new: str) -> str:
    pattern = rf"(?<![0-9A-Za-z_])(?<!\d\.)(v?){re.escape(old)}(?![0-9A-Za-z_]|\.\d)"
    return re.sub(pattern, lambda found: found[1] + new, line)
