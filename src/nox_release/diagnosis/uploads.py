"""The files that a log shows as uploaded before something failed."""

import re

from nox_release.core.values import dataclass
from nox_release.diagnosis.normalise import Line, Log

_UPLOADING = re.compile(r"\bUploading ([A-Za-z0-9][\w.+!-]*\.(?:whl|tar\.gz))")
_DONE = re.compile(
    r"View at:|Published to |[Pp]ackages? uploaded successfully|Successfully published"
)
# The shell's next command, as GitLab, Jenkins and `set -x` show it.
_NEXT = re.compile(r"^(?:\$|\+) \S")
_FAILED = re.compile(
    r"\b(?:error|failed|forbidden|refused|exception|traceback|denied|timed out)\b|HTTPError|UploadError"
    r"|\bretrying\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """`files` went up, the last of them at line `until`; `complete` if the tool said that all did."""

    files: tuple[str, ...] = ()
    until: int = 0
    complete: bool = False


def uploads_in(log: Log) -> Uploads:
    """What the log shows as uploaded; a file counts once something after it shows that it went."""
    files: list[str] = []
    until = 0
    complete = False
    pending: tuple[str, Line] | None = None
    for line in log.lines:
        name = found[1] if (found := _UPLOADING.search(line.text)) else ""
        if pending and name == pending[0]:
            continue
        over = pending and _NEXT.match(line.text)
        if pending and (over or _went(pending[1], line, named=bool(name))):
            files.append(pending[0])
            until, pending = pending[1].number, None
        elif pending and (line.level == "error" or _FAILED.search(line.text)):
            pending = None
        if over or _DONE.search(line.text):
            complete, until = True, line.number
        if name:
            pending, complete = (name, line), False
    return Uploads(files=tuple(dict.fromkeys(files)), until=until, complete=complete)


def _went(started: Line, line: Line, *, named: bool) -> bool:
    """Whether `line` shows that the upload begun at `started` had succeeded."""
    elsewhere = (started.job, started.step) != (line.job, line.step)
    return named or elsewhere or _DONE.search(line.text) is not None
