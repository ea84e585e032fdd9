"""What to read of a failed log whose cause is not known."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from nox_release.diagnosis.engine import has_failed, read, speaks_of_success
from nox_release.diagnosis.normalise import Line

# Lines that only frame a failure. They are never a diagnosis: the cause stands before them.
_FRAME = re.compile(
    r"Process completed with exit code [1-9]|^\S{0,300} ?failed with exit code [1-9]"
    r"|The process '[^']{1,300}' failed with exit code|Job failed: exit code|Exited with code"
    r"|^(?:g?make|ninja)(?:\[\d+\])?: .{0,300}\b(?:Error \d|stopped)|\bELIFECYCLE\b"
)
# Where a program was when it failed: of a traceback only its last line says what happened.
_STACK = re.compile(
    r"^(?:File \".{1,300}\", line \d|Traceback \(most recent|During handling of the above"
    r"|(?:at|from) \S.{0,300}:\d|[\d❱]+ +│|[~^]+$|\.\.\.<\d+ lines>)"
)
_PLACE = re.compile(r"^File \".{1,300}\", line \d")
_HEADING = re.compile(r"^(?:Run |shell:|env:|with:)|^\s*[\w-]+: *(?:\*\*\*)?$")
# A line that says "error" where it begins, or is what an error consists of.
_STRONG = re.compile(
    r"^\W{0,6}(?:[\w.:/-]{1,60}: )?(?:[\w.]*(?:Error|Exception|Fault)\b|(?i:errors?|fatal|failed|failure|panic)\b(?![./_-]))"
    r"|\(\w+Error\)$|^Caused by|: \*\*\* |^(?:E|Fault string|FAIL\w*): "
)
_WEAK = re.compile(
    r"\b(?:error|fatal|failed|failure|exception|refused|denied|invalid|not found|cannot|unable to|unsatisfiable"
    r"|not exist|not a file|but you have|could not|did not|does not|(?:ca|do|does|did|is|are|wo|could)n't|is not|are not"
    r"|no such|missing|unexpected|expected|unsupported|must|required|requires|mandatory|too many|unavailable|crashed"
    r"|skipping|empty reply|constrains|incompatible|out of (?:date|range|memory|space)|only be|not in)\b|\berr!|\.errors\.\w+:",
    re.IGNORECASE,
)


def first_errors(text: str | bytes, *, count: int = 8) -> tuple[str, ...]:
    """The lines of a failed log that a person should read, in its order, each once.

    Those that begin as an error does, what follows them, and the last ones before the step ended,
    in whose words nothing may say "error"; then, while there is room, those that sound like one.
    """
    log = read(text)
    step = [line for line in log.lines if not log.failed or line.part in log.failed]
    telling = list(_telling(step))
    strong = [line for line in telling if line.level == "error" or _STRONG.search(line.text)]
    strong += [
        following for line, following in pairwise(telling) if line in strong and _goes_on(line)
    ]
    weak = [line for line in telling if _WEAK.search(line.text)]
    if not strong and not weak and not has_failed(log) and speaks_of_success(log):
        return ()
    since = strong[0].number if strong else 0
    after = [line for line in telling if line.number >= since]
    last = (_before_the_exit(step) or after)[-(count // 2) :]
    chosen: list[Line] = []
    for lines, room in ((strong, count - len(last)), (last, count), (weak, count)):
        chosen += [line for line in lines if line not in chosen][: max(room - len(chosen), 0)]
    if not chosen:
        chosen = list(log.lines[-2:])
    shown = (line.text.strip()[:300] for line in sorted(chosen, key=lambda line: line.number))
    return tuple(dict.fromkeys(shown))


def _telling(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines without frames and headings, and without what only says where a program was."""
    code = False
    for line in lines:
        text = line.text.strip()
        place = bool(_PLACE.match(text))
        framing = _FRAME.search(text) or _STACK.match(text) or _HEADING.search(text)
        if text and not framing and not (code and not _STRONG.search(text)):
            yield line
        code = place


def _goes_on(line: Line) -> bool:
    """Whether a line of an error says what it is only in the next one."""
    return line.text.rstrip().endswith(":")


def _before_the_exit(step: Sequence[Line]) -> list[Line]:
    """What the first step that failed printed before the line that ends it."""
    for position, line in enumerate(step):
        if "Process completed with exit code" in line.text:
            before = step[max(position - 40, 0) : position]
            here = [other for other in before if (other.job, other.step) == (line.job, line.step)]
            return list(_telling(here))
    return []


# Upload tools that leave out the server's words unless they are asked for them.
_QUIET = (
    (re.compile(r"UploadError|HTTP Error 4\d\d"), "`poetry publish -vvv`"),
    (re.compile(r"Failed to publish `"), "`uv publish --verbose`"),
    (
        re.compile(r"HTTPError: \d{3}|Error during upload"),
        "`twine upload --verbose`, or `verbose: true` in pypa/gh-action-pypi-publish",
    ),
)


def more_to_see(text: str | bytes) -> str:
    """How to get the index's own words, where the log has a status without them."""
    log = read(text)
    for sign, command in _QUIET:
        if sign.search(log.text):
            return f"The log has the index's status but not its words: {command} shows them."
    return ""
