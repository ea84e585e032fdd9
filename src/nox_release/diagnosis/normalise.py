"""A log as one line of plain text, and the way back from a place in it to the log's own line.

Tools wrap their messages at the terminal's width, frame them, and are themselves wrapped in
prefixes by what runs them; a message is only found after all that is taken off.
"""

import html
import re
from bisect import bisect_left, bisect_right

from nox_release.core.values import dataclass, replace

# Colours, cursor movements, and hyperlinks (OSC 8), with or without the escape character itself.
_ANSI = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)|\x1b[@-Z\\-_]"
)
_BARE_ANSI = re.compile(r"\[(?:\d{1,3}(?:;\d{1,3}){0,4})m|\[\?25[lh]")
# GitHub's runner echoes the script of a step in this colour: what a script says is no message.
_LINE_END = re.compile(r"\r\n|\r|\n")
_ECHO = re.compile(r"^(?:[^\t\n]*\t[^\t\n]*\t)?\ufeff?(?:\d{4}-\d\d-\d\dT[\d:.]+Z ?)?\x1b?\[36;1m")
_PREFIX = re.compile(
    r"(?:(?P<job>[^\t]{1,200})\t(?P<step>[^\t]{0,200})\t(?=\s*\S))?\s*\ufeff?\s*"
    r"(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?\s*){0,2}"
    r"(?:\#\d+\s+\d+\.\d+\s)?"
)
_FRAME = re.compile(r"^[\s│┃║▏╭╰╮╯├└─━┏┗┓┛×╳•❌✖✘❱►●>|]+|[\s│┃║╮╯┓┛]+$")
_COMMAND = re.compile(
    r"^(?:##\[(?P<old>error|warning|notice|debug|group|endgroup|command|section)\]"
    r"|::(?P<new>error|warning|notice|debug|group|endgroup)\b[^:\n]{0,300}::)",
    re.IGNORECASE,
)
# The group with which GitHub's runner begins a step; programs open groups of their own in it.
_STEP_BEGINS = re.compile(r"(?:Pre |Post )?Run \S")
_STEP_SETTINGS = re.compile(r"shell: \S|(?:with|env):$")
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
    r"|^[-*•] .{1,300}\(?#\d{1,6}\b"
    r"|^WARNING: Retrying \(Retry\((?!total=0\b)"
)
# The line that only frames a failure, where a message runs on into it.
ITS_FRAME = re.compile(
    r"\s(?:##\[error\]|::error::|Error: )?(?:The process '\S{1,200}'|Process completed|The command "
    r"\"[^\"]{1,200}\" (?:failed|exited)).{0,40}$"
)
_SAYS_ERROR = re.compile(r"(?i:error|exception|failure|fatal)\b|^Process completed")
# Lines that warn, or tell what is being done: a cause may stand in them, but they are no failure.
_NO_FAILURE = re.compile(
    r"(?:\S{1,200}:\d+: )?(?:\[?WARN(?:ING)?\b|[Ww]arning:|\w+Warning:|DEPRECATION)(?!.{0,60}\b(?i:failed|refused|error)\b)"
    r"|(?:Submitting|Uploading|Registering|Publishing) \S"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the log without its prefixes; `number` counts from 1.

    `part` counts the steps of a run as far as the log shows where one begins.
    """

    number: int
    text: str
    job: str = ""
    step: str = ""
    level: str = ""
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """`text` is the whole log in one line; `starts[i]` is where `lines[i]` begins in it.

    `failed` are the parts that ended with an error; empty where the log shows no parts.
    """

    text: str
    lines: tuple[Line, ...]
    starts: tuple[int, ...]
    failed: frozenset[int] = frozenset()

    def line_at(self, position: int) -> Line:
        """The line at this place of `text`."""
        if not self.lines:
            return Line(number=1, text="")
        return self.lines[max(bisect_right(self.starts, position) - 1, 0)]

    def line_by_number(self, number: int) -> Line:
        """The line of this number, or the last one before it."""
        position = bisect_right(self.lines, number, key=lambda line: line.number)
        return self.lines[max(position - 1, 0)] if self.lines else Line(number=1, text="")

    def in_failed_part(self, position: int) -> bool:
        """Whether this place of `text` is in a step that failed, or may be."""
        return not self.failed or self.line_at(position).part in self.failed

    def is_no_failure(self, position: int) -> bool:
        """Whether the line at this place of `text` only warns, or tells what is being done."""
        line = self.line_at(position)
        return line.level == "warning" or bool(_NO_FAILURE.match(line.text))

    def bounds_of_part(self, position: int) -> tuple[int, int]:
        """Where the step that holds this place of `text` begins and ends in it."""
        part = self.line_at(position).part
        first = bisect_left(self.lines, part, key=lambda line: line.part)
        last = bisect_right(self.lines, part, key=lambda line: line.part)
        return (
            self.starts[first] if self.starts else 0,
            self.starts[last] if last < len(self.starts) else len(self.text),
        )

    def text_of_lines(self, start: int, end: int) -> str:
        """The whole lines, joined, that hold this part of `text`."""
        first = max(bisect_right(self.starts, start) - 1, 0)
        last = bisect_right(self.starts, max(end - 1, start))
        return " ".join(line.text.strip() for line in self.lines[first:last])


def read_log(text: str, *, first_line: int = 1, part: int = 0) -> Log:
    """The log in `text`, normalised; its steps are counted on from `part`."""
    lines: list[Line] = []
    starts: list[int] = []
    pieces: list[str] = []
    position = 0
    group, place = "", ("", "")
    for number, raw in enumerate(_LINE_END.split(text), first_line):
        if not raw or raw.isspace():
            continue
        line = _clean_line(raw, number, group)
        if line is None:
            continue
        if line.level == "group":
            group = line.text
            part += _STEP_BEGINS.match(group) is not None
            continue
        if line.job and (line.job, line.step) != place:
            place = (line.job, line.step)
            part += line.step != group
        line = replace(line, part=part)
        if not line.text:
            continue
        lines.append(line)
        starts.append(position)
        piece = _folded(line.text)
        if line.level == "error" and not _SAYS_ERROR.search(piece):
            piece = f"Error: {piece}"
        pieces.append(piece)
        position += len(piece) + 1
    if lines and lines[-1].part == 0:
        lines = _in_parts(lines)
    return Log(text=" ".join(pieces), lines=tuple(lines), starts=tuple(starts))


def _in_parts(lines: list[Line]) -> list[Line]:
    """The lines of a log that was copied from GitHub's page, with the steps that it shows."""
    begins, heading = set(), -100
    for position, line in enumerate(lines):
        if _STEP_BEGINS.match(line.text) and not line.level:
            heading = position
        elif _STEP_SETTINGS.match(line.text) and position - heading < 40:
            begins.add(heading)
            heading = -100
    part, counted = 0, []
    for position, line in enumerate(lines):
        part += position in begins
        counted.append(replace(line, part=part) if part else line)
    return counted


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
