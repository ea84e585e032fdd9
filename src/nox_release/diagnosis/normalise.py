"""A log as one line of plain text, and the way back from a place in it to the log's own line.

Tools wrap their messages at the terminal's width, frame them, and are themselves wrapped in
prefixes by what runs them; a message is only found after all that is taken off.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right

from nox_release.core.values import dataclass

# Colours, cursor movements, and hyperlinks (OSC 8), with or without the escape character itself.
_ANSI = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)|\x1b[@-Z\\-_]"
)
_BARE_ANSI = re.compile(r"\[(?:\d{1,3}(?:;\d{1,3}){0,4})m|\[\?25[lh]")
# GitHub's runner echoes the script of a step in this colour: what a script says is no message.
_LINE_END = re.compile(r"\r\n|\r|\n")
_ECHO = re.compile(r"^(?:[^\t\n]*\t[^\t\n]*\t)?\ufeff?(?:\d{4}-\d\d-\d\dT[\d:.]+Z ?)?\x1b?\[36;1m")
_PREFIX = re.compile(
    r"(?:(?P<job>[^\t]{1,200})\t(?P<step>[^\t]{0,200})\t)?\s*\ufeff?\s*"
    r"(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?\s*)?"
    r"(?:\#\d+\s+\d+\.\d+\s)?"
)
_FRAME = re.compile(r"^[\s│┃║▏╭╰╮╯├└─━┏┗┓┛×╳•❌✖✘❱►●>|]+|[\s│┃║╮╯┓┛]+$")
_COMMAND = re.compile(
    r"^(?:##\[(?P<old>error|warning|notice|debug|group|endgroup|command|section)\]"
    r"|::(?P<new>error|warning|notice|debug|group|endgroup)\b[^:\n]{0,300}::)",
    re.IGNORECASE,
)
# GitHub's page turns some numbers of a copied log into links.
_STEP_LINK = re.compile(r"\[([^][]{1,20})\]\(https://github\.com/[^)\s]{1,200}\)")
_TAG = re.compile(
    r"</?(?:html|head|title|body|h[1-6]|p|br|hr|a|b|center|div|span|pre|code|strong|em|ul|ol|li|font)"
    r"(?:\s[^<>]{0,300})?/?>",
    re.IGNORECASE,
)
_QUOTES = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "\u200b": None, "…": "..."}
)
# Lines that quote the names of things: passed tests, commits, branches.
_QUOTING = re.compile(
    r"::\S.{0,300}\b(?:PASSED|SKIPPED|XFAIL|XPASS)\b"
    r"|^(?:PASSED|ok \d+|✓|✔|√)\s"
    r"|\.\.\. ok$"
    r"|^HEAD is now at "
    r"|^\* ?\[new (?:branch|tag)\]"
    r"|^(?:[a-f0-9]{7,40}\.\.[a-f0-9]{7,40}) "
    r"|^\[[\w./-]+ [a-f0-9]{7,12}\] "
    r"|^\+ ?(?:grep|echo)\s"
    r"|^WARNING: Retrying \(Retry\("
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the log without its prefixes; `number` counts from 1."""

    number: int
    text: str
    job: str = ""
    step: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """`text` is the whole log in one line; `starts[i]` is where `lines[i]` begins in it."""

    text: str
    lines: tuple[Line, ...]
    starts: tuple[int, ...]

    def line_at(self, position: int) -> Line:
        """The line at this place of `text`."""
        if not self.lines:
            return Line(number=1, text="")
        return self.lines[max(bisect_right(self.starts, position) - 1, 0)]

    def line_by_number(self, number: int) -> Line:
        """The line of this number, or the last one before it."""
        position = bisect_right(self.lines, number, key=lambda line: line.number)
        return self.lines[max(position - 1, 0)] if self.lines else Line(number=1, text="")

    def text_of_lines(self, start: int, end: int) -> str:
        """The whole lines, joined, that hold this part of `text`."""
        first = max(bisect_right(self.starts, start) - 1, 0)
        last = bisect_right(self.starts, max(end - 1, start))
        return " ".join(line.text.strip() for line in self.lines[first:last])


def read_log(text: str, *, first_line: int = 1) -> Log:
    """The log in `text`, normalised."""
    lines: list[Line] = []
    starts: list[int] = []
    pieces: list[str] = []
    position = 0
    group = ""
    for number, raw in enumerate(_LINE_END.split(text), first_line):
        if not raw or raw.isspace():
            continue
        line = _clean_line(raw, number, group)
        if line is None:
            continue
        if line.level == "group":
            group = line.text
            continue
        if not line.text:
            continue
        lines.append(line)
        starts.append(position)
        piece = _folded(line.text)
        pieces.append(piece)
        position += len(piece) + 1
    return Log(text=" ".join(pieces), lines=tuple(lines), starts=tuple(starts))


def _clean_line(raw: str, number: int, group: str) -> Line | None:
    if "[36;1m" in raw and _ECHO.match(raw):
        return None
    if "\x1b" in raw:
        raw = _ANSI.sub("", raw)
    prefix = _PREFIX.match(raw)
    job = step = ""
    if prefix:
        job, step = prefix["job"] or "", prefix["step"] or ""
        raw = raw[prefix.end() :]
    if "m" in raw and "[" in raw:
        raw = _BARE_ANSI.sub("", raw)
    level = ""
    while found := _COMMAND.match(raw):
        level = (found["old"] or found["new"]).lower()
        raw = raw[found.end() :].lstrip()
    if level == "endgroup":
        return None
    text = _FRAME.sub("", raw)
    if _QUOTING.search(text):
        return None
    if step in ("", "UNKNOWN STEP"):
        step = group
    return Line(number=number, text=text, job=job, step=step, level=level)


def _folded(text: str) -> str:
    """`text` with escapes undone and single spaces."""
    if "%0" in text:
        text = text.replace("%0A", " ").replace("%0D", " ").replace("%0a", " ").replace("%25", "%")
    if "\\" in text and ('"' in text or "'" in text):
        text = (
            text.replace("\\r\\n", " ").replace("\\n", " ").replace('\\"', '"').replace("\\'", "'")
        )
    if "](https://" in text:
        text = _STEP_LINK.sub(r"\1", text)
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    if not text.isascii():
        text = text.translate(_QUOTES)
    return " ".join(text.split())
