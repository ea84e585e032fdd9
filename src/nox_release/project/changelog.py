"""The sections of a changelog, each with its version: Markdown and reStructuredText headings.

Source: https://keepachangelog.com/en/1.1.0/, and what projects write that keep to nothing.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from packaging.version import Version

from nox_release.core.values import dataclass
from nox_release.project.changelog_folder import find_folder, is_aside

_NAME = re.compile(
    r"(?:change(?:s|[-_]?logs?)|history|news|release[-_]?notes|releases|whats[-_]?new)"
    r"\.(?:md|markdown|rst|txt)|change(?:s|[-_]?log)|history",
    re.IGNORECASE,
)
_FOLDERS = re.compile(r"(?:docs?(?:/[^/]+){0,3})?", re.IGNORECASE)
_MANIFESTS = ("pyproject.toml", "setup.py", "package.json", "Cargo.toml", "go.mod")
# So many lines of versions without a part, and a changelog counts as left behind.
_LINES_BEHIND = 2

_MARKDOWN = re.compile(r"^(#{1,4})[ \t]+(\S.*)$")
_UNDERLINE = re.compile(r"^([=\-~^\"'*+#`.:_])\1{2,}[ \t]*$")
_BOLD = re.compile(
    r"^\*\*(v?\d{1,20}(?:\.\d{1,20}){1,9}[^*]{0,200}|unreleased)\*\*[ \t]*$", re.IGNORECASE
)
_BARE = re.compile(r"^v?\d{1,20}(?:\.\d{1,20}){1,9}[0-9a-z]{0,30}(?:[ \t(-].{0,60})?$")
_NO_TITLE = re.compile(r"^\s*(?:[-*+|>] |\d+\. |\.\. )")
_FENCE = re.compile(r"^[ ]{0,3}(```+|~~~+)")
# https://releases.readthedocs.io/en/stable/concepts.html
RELEASE_ROLE = re.compile(r"^[-*+] :release:`(\d[^`<>]{0,50} <[^`<>]{1,50}>)`[ \t]*$")
# A label stands above the heading that it is for.
ANCHOR = re.compile(r"^(?:\([\w.-]+\)=|\.\. _[\w.-]+:)[ \t]*$")
_REFERENCE = re.compile(r"^\[([^\]\n]{1,200})\]:\s*(\S.*)$")
_LINK = re.compile(r"\[([^\[\]]{1,300})\](?:\([^()]{0,1000}\)|\[[^\[\]]{0,300}\])?")
_ROLE = re.compile(r"`([^`<>]{1,300}?)(?: <[^<>]{0,1000}>)?`_{0,2}")
_VERSION = re.compile(
    r"^\W{0,20}(?:version|release)?\W{0,20}v?(\d{1,20}(?:\.\d{1,20}){0,9}[0-9A-Za-z.+!-]{0,100})",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"^\W*(?:what['’]?s new in |release notes (?:for|of) )?(?:[A-Za-z][\w.-]*[ \t]+)?"
    r"v?(\d+(?:\.\d+)+[0-9A-Za-z.+-]*)",
    re.IGNORECASE,
)
_ISO_DATE = re.compile(r"\b\d{4}([-/])\d{1,2}\1\d{1,2}\b")
_UNRELEASED = re.compile(
    r"\b(?:unreleased|not (?:yet )?released|to be released|in development)\b", re.IGNORECASE
)
_OPEN = re.compile(
    r"^\W*(?:next|upcoming|latest|coming|development|head|main|master|trunk|dev)"
    r"(?:[ \t]+(?:version|release|changes|soon))?\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One heading's part: `version` is `None` for a heading that names none.

    `line` counts from 1; `start`, `after` and `end` count lines from 0: where the heading begins,
    where the part below it begins, and where that ends.
    """

    title: str
    level: int
    version: Version | None
    line: int
    body: str
    start: int = 0
    after: int = 0
    end: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it collects what is to come under no version yet."""
        if self.version is not None:
            return False
        return bool(_UNRELEASED.search(self.title) or _OPEN.match(self.title))


def parse_sections(text: str) -> tuple[Section, ...]:
    """Every headed part, with the deeper headings inside its body."""
    lines = text.replace("\r\n", "\n").split("\n")
    headings = list(_headings(lines))
    targets = {m[1]: m[2] for m in map(_REFERENCE.match, lines) if m is not None}
    sections = []
    for position, (line, after, level, title) in enumerate(headings):
        later = headings[position + 1 :]
        end = next((other[0] for other in later if other[2] <= level), len(lines))
        if version_in(title) and not "".join(lines[after:end]).strip():
            # Its parts stand at its own level: `## 1.2.0`, then `## Highlights`.
            end = next((o[0] for o in later if o[2] < level or _begins(o[3])), len(lines))
            if RELEASE_ROLE.match(lines[line]):  # several at once: each has what the last one has
                last = next(
                    (n for n in range(after, len(lines)) if not RELEASE_ROLE.match(lines[n])), 0
                )
                end = next((o[0] for o in later if o[0] > last), len(lines))
        body = "\n".join(lines[after:end]).strip("\n")
        sections.append(
            Section(
                title=title,
                level=level,
                version=version_in(title),
                line=line + 1,
                body=_with_own_references(body, targets),
                start=line,
                after=after,
                end=end,
            )
        )
    return tuple(sections)


def _begins(title: str) -> bool:
    """Whether a heading begins the part of another version, or of what is to come."""
    return bool(version_in(title) or _UNRELEASED.search(title) or _OPEN.match(title))


def release_sections(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Those about a version, at the level at which most of them stand, or, where older ones stand
    lower down, at that of the first.
    """
    versioned = [one for one in sections if one.version is not None and "." in one.title]
    if not versioned:
        return ()
    levels = [one.level for one in versioned]
    level = max(sorted(set(levels)), key=levels.count)
    if levels[0] < level and levels.count(levels[0]) > 1:
        level = levels[0]
    return tuple(one for one in versioned if one.level == level)


def find_section(text: str, version: str) -> Section | None:
    """The part about `version`, however it is spelled there."""
    wanted = Version(version)
    found = [one for one in parse_sections(text) if one.version == wanted]
    # Two headings that say the same, one below the other: the first has nothing of its own.
    return next((one for one in found if one.body.strip()), found[0] if found else None)


def section_about(text: str, version: str) -> Section | None:
    """The part that tells what `version` brings. A pre-release without one of its own has that of the
    version that it leads to, and, unless it is one of development, what is to come.
    """
    wanted, found = Version(version), find_section(text, version)
    if found is not None or not wanted.is_prerelease:
        return found
    found = find_section(text, wanted.base_version)
    return found if found is not None or wanted.is_devrelease else unreleased(text)


def unreleased(text: str) -> Section | None:
    """The part that collects what is to come."""
    return next(
        (s for s in parse_sections(text) if s.is_open or _UNRELEASED.search(s.title)),
        None,
    )


def keeps_versions(text: str) -> bool:
    """Whether this changelog has a part for any version at all."""
    return any(section.version is not None for section in parse_sections(text))


def coming_version(text: str, tagged: Version | None) -> Version | None:
    """The version that the changelog has a part about already, and no tag."""
    stated = max(_known(parse_sections(text)), default=None)
    if stated is None or stated.is_devrelease:
        return None
    return None if tagged is not None and stated <= tagged else stated


def candidates(names: Iterable[str]) -> list[str]:
    """The files that may be the changelog: at the top first, then below `docs`."""
    found = [
        name
        for name in names
        if _NAME.fullmatch(posixpath.basename(name)) and _FOLDERS.fullmatch(posixpath.dirname(name))
    ]
    return sorted(
        found, key=lambda name: (name.count("/"), not name.lower().startswith("change"), name)
    )


def find_changelog(
    names: Iterable[str], read: Callable[[str], str | None], version: Version | None = None
) -> str | None:
    """The changelog: the candidate that has the highest version, and not only a link to another.

    Where every version has a file of its own and no other is kept up, that of `version`, or of the
    newest one; it may not be there yet.
    """
    names = frozenset(names)
    best, highest = _newest_of(candidates(names), read)
    if best is None:
        best, highest = _newest_of(_elsewhere(names), read)
    folder = find_folder(names)
    if folder is not None and (highest is None or _is_behind(highest, folder.newest)):
        return folder.file_for(version or folder.newest)
    return best


def _newest_of(
    names: Iterable[str], read: Callable[[str], str | None]
) -> tuple[str | None, Version | None]:
    best, highest = None, None
    for name in names:
        text = read(name)
        if text is None:
            continue
        sections = parse_sections(text)
        versions = [s.version for s in release_sections(sections) if s.version]
        newest = max(versions, default=Version("0.dev0") if _is_begun(sections) else None)
        if newest is not None and (highest is None or newest > highest):
            best, highest = name, newest
    return best, highest


def _elsewhere(names: frozenset[str]) -> Iterator[str]:
    """Changelogs in other folders, but for those of another package."""
    others = {posixpath.dirname(name) for name in names if posixpath.basename(name) in _MANIFESTS}
    for name in sorted(names):
        folder = posixpath.dirname(name)
        if not folder or not _NAME.fullmatch(posixpath.basename(name)) or is_aside(folder):
            continue
        above = {folder[:at] for at, mark in enumerate(f"{folder}/") if mark == "/"}
        if "." in name and not above & others:
            yield name


def is_left_behind(sections: Iterable[Section], version: Version) -> bool:
    """Whether these end long before a version: nobody writes them any more."""
    newest = max(_known(sections), default=None)
    return newest is not None and not version.is_prerelease and _is_behind(newest, version)


def _is_behind(newest: Version, version: Version) -> bool:
    if version.major == newest.major:
        return version.minor - newest.minor > _LINES_BEHIND
    return version.major - newest.major > 1


def leave_out(sections: Iterable[Section], version: Version) -> bool:
    """Whether a version is a patch, and these have none for patches."""
    known = _known(sections)
    return (
        len(known) > 3 and any(version.release[2:]) and not any(any(v.release[2:]) for v in known)
    )


def _known(sections: Iterable[Section]) -> list[Version]:
    return [one.version for one in release_sections(sections) if one.version is not None]


def _is_begun(sections: tuple[Section, ...]) -> bool:
    return any(section.is_open for section in sections)


def _headings(lines: list[str]) -> Iterator[tuple[int, int, int, str]]:
    """Line of the heading, line after it, level, title; code, comments and front matter are none."""
    underlines: list[str] = []
    for number, line in _prose(lines):
        role = RELEASE_ROLE.match(line)
        if role:
            yield number, number + 1, 7, role[1]
            continue
        markdown = _MARKDOWN.match(line)
        if markdown:
            title = re.sub(r"[ \t]#+[ \t]*$", "", markdown[2]).rstrip()
            yield number, number + 1, len(markdown[1]), title
            continue
        under = _UNDERLINE.match(lines[number + 1]) if number + 1 < len(lines) else None
        if under and line.strip() and not _UNDERLINE.match(line) and not _NO_TITLE.match(line):
            if under[1] not in underlines:
                underlines.append(under[1])
            yield number, number + 2, 1 + underlines.index(under[1]), line.strip()
            continue
        follows = number == 0 or not lines[number - 1].strip()
        bold = _BOLD.match(line) if follows else None
        if bold:
            yield number, number + 1, 6, bold[1]
        elif _BARE.match(line) and re.match(r"[ \t]+[-*+] ", _line_after(lines, number)):
            yield number, number + 1, 7, line.rstrip()


def _line_after(lines: list[str], number: int) -> str:
    """The next line that says anything."""
    return next((line for line in lines[number + 1 : number + 4] if line.strip()), "")


def _prose(lines: list[str]) -> Iterator[tuple[int, str]]:
    """The lines outside of code fences, HTML comments and a front matter, with their numbers."""
    fence = ""
    in_comment = False
    begin = _front_matter(lines)
    for number, line in enumerate(lines[begin:], begin):
        marker = None if in_comment or _is_rule(lines, number, fence) else _FENCE.match(line)
        if marker and not fence:
            fence = marker[1]
        elif marker and marker[1].startswith(fence):
            fence = ""
        elif not fence:
            was_in_comment = in_comment
            if in_comment or "<!--" in line:
                in_comment = _stays_in_comment(line, in_comment=in_comment)
            if not was_in_comment:
                yield number, line


def _is_rule(lines: list[str], number: int, fence: str) -> bool:
    """Whether this is the rule below a title, as reStructuredText has it, and not a fence."""
    above = lines[number - 1].strip() if number else ""
    line = lines[number].rstrip()
    if not above or fence or len(line) < len(above):
        return False
    return set(line) == {"~"} or (set(line) == {"`"} and len(line) > 3)


def _stays_in_comment(line: str, *, in_comment: bool) -> bool:
    """Whether the line ends inside an HTML comment."""
    opened, closed = line.rfind("<!--"), line.rfind("-->")
    if in_comment:
        return closed < 0 or opened > closed
    return opened > closed


def _front_matter(lines: list[str]) -> int:
    """How many lines a front matter takes: `---`, settings, `---`."""
    if not lines or lines[0].rstrip() != "---":
        return 0
    for number, line in enumerate(lines[1:50], 1):
        if line.rstrip() == "---":
            return number + 1
    return 0


def version_in(title: str) -> Version | None:
    """The version that a heading names."""
    bare = _LINK.sub(r"\1", _ROLE.sub(r"\1", title))
    bare = _ISO_DATE.sub("", bare)
    for pattern in (_VERSION, _NAMED):
        found = pattern.match(bare)
        if found:
            try:
                return Version(found[1].rstrip(".-"))
            except ValueError:
                continue
    return None


def _with_own_references(body: str, targets: dict[str, str]) -> str:
    """The part with those link targets that it uses, which stand at the end of the file, and without
    the label of the next one.
    """
    lines = body.split("\n")
    while lines and (
        not lines[-1].strip() or _REFERENCE.match(lines[-1]) or ANCHOR.match(lines[-1])
    ):
        lines.pop()
    text = "\n".join(lines).strip("\n")
    used = [label for label in targets if f"[{label}]" in text and f"[{label}](" not in text]
    return "\n".join([text, *([""] if used else []), *(f"[{u}]: {targets[u]}" for u in used)])
