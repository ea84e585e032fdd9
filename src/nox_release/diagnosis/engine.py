"""From the text of a log to its causes: which entries of the catalogue match, and which is first."""

from __future__ import annotations

import functools
import itertools
import operator
import re
from collections import ChainMap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nox_release.diagnosis.long_logs import parts_of
from nox_release.diagnosis.model import CONFIDENCES, TIERS, Diagnosis, Entry, Hit
from nox_release.diagnosis.normalise import ITS_FRAME, Line, Log, read_log
from nox_release.diagnosis.patterns import compiled, literals
from nox_release.project.pyproject import Project

if TYPE_CHECKING:
    from nox_release.diagnosis.values import Circumstances

_AROUND = 400
_TRIES = 200

# What only a failed program says, and what only one that did well says.
_FAILED = re.compile(
    r"Process completed with exit code [1-9]|exit code:? [1-9]|exit status [1-9]"
    r"|HTTPError|: (?:command )?not found\b|\bfatal: |Traceback \(most recent call last\)|(?<![\w'\"-])[Ee]rror: |\bERROR\b"
    r"|Session \S+ failed|PASSED with warnings|The job was not started|returned error code"
    r"|\bUploadError\b|💥|returned (?:a )?non-zero|: \*\*\* .{1,200}(?:  ?Stop\.|\bError \d)|\[rejected\]|\[remote rejected\]"
    r"|\bNo module named\b|\b(?:PyPI upload failed|failed to (?:deploy|solve:))|Response from https?://\S{1,200}: ?4\d\d|(?:Upload failed|Server response) \([45]\d\d\)"
    r"|\b4\d\d (?:Bad Request|Forbidden|Not Found|Conflict)\b|HTTP Error [45]\d\d|\b[45]\d\d (?:Client|Server) Error\b|\bHTTP [45]\d\d: |[Ss]tatus code [45]\d\d"
    r"|\b(?:[A-Z]\w+)?(?:Error|Exception)\]?: |\[[A-Z]\w+(?:Error|Exception)\](?:\s|$)|\bNo such file or directory\b|\berror connecting to\b|\bSessions? not found\b|❌|\bAborting\b"
)
_SUCCEEDED = re.compile(
    r"View at: ?https?://|Published to PyPI|Successfully built \S+\.(?:tar\.gz|whl)"
    r"|\b\d+ passed\b(?!.{0,40}\bfailed)|Session \S+ was successful"
    r"|https://github\.com/[\w.-]+/[\w.-]+/releases/tag/|Checking \S+: PASSED"
    r"|All checks passed|completed successfully|Successfully installed |Cache restored"
    r"|\[new tag\]|Uploading \S+ 100%(?!.{0,200}?Received \"?[45]\d\d: )|Finished: SUCCESS"
)
_EXIT = re.compile(r"^(?:Error: )?Process completed with exit code [1-9]")
# Frames of programs that are no part of the publish step: its notices do not explain them.
_ANOTHER_STEP = re.compile(
    r"Backend subprocess exited|maturin failed|Failed to build `|The build backend returned an error"
    r"|cibuildwheel: (?:error|Command)|subprocess-exited-with-error|ninja: build stopped"
    r"|returned non-zero exit status|The strategy configuration was canceled|: FAIL code \d"
    r"|\[(?:Build|Publish)Error\]|git' failed with exit code"
)
_ERROR_LINE = re.compile(
    r"\b(?:error|fatal|failed|failure|exception|refused|denied|invalid|not found|cannot|unable to|unsatisfiable|not (?:exist|conform|match)|not a file|but you have|can't)\b"
    r"|^\s*[\w.]+(?:error|exception)(?::|$)|traceback \(most recent call last\)|\berr!|\.errors\.\w+:",
    re.IGNORECASE,
)


def diagnose(
    text: str | bytes, *, project: Project | None = None, known: Circumstances | None = None
) -> tuple[Diagnosis, ...]:
    """See `nox_release.diagnose`; `known` is what has been found out beside the log.

    A log in a file may be given as its bytes: only the parts that are read are decoded.
    """
    from nox_release.diagnosis.rivals import judged
    from nox_release.diagnosis.values import Circumstances

    log = read(text)
    hits = _chosen(log, _hits(log))
    return judged(log, hits, project=project, known=known or Circumstances())


@functools.cache
def _entries() -> tuple[Entry, ...]:
    from nox_release.diagnosis.catalogue import ENTRIES

    return ENTRIES


def read(text: str | bytes) -> Log:
    """The log, normalised; of a long one its first and last megabyte and its marked errors."""
    if isinstance(text, bytes) and text.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = text.decode("utf-16", "replace")  # what PowerShell's `>` writes
    pieces: list[Log] = []
    starts: list[int] = []
    offset = 0
    for first_line, part in parts_of(text):
        begun = pieces[-1].lines[-1].part if pieces and pieces[-1].lines else 0
        piece = read_log(part, first_line=first_line, part=begun)
        starts.extend(start + offset for start in piece.starts)
        offset += len(piece.text) + 1
        pieces.append(piece)
    lines = tuple(line for piece in pieces for line in piece.lines)
    return Log(
        text=" ".join(piece.text for piece in pieces),
        lines=lines,
        starts=tuple(starts),
        failed=_failed_parts(lines),
    )


@functools.cache
def _by_literal() -> dict[str, list[tuple[int, int]]]:
    """For each literal the patterns whose match may hold it: the number of the entry, and its own."""
    found: dict[str, list[tuple[int, int]]] = {}
    for number, entry in enumerate(_entries()):
        for place, pattern in enumerate(entry.patterns):
            for text in literals(pattern):
                found.setdefault(text, []).append((number, place))
    return found


def _hits(log: Log) -> list[Hit]:
    lowered = log.text.lower()
    there = [places for text, places in _by_literal().items() if text in lowered]
    hits = []
    for number, places in itertools.groupby(
        sorted({*itertools.chain(*there)}), key=operator.itemgetter(0)
    ):
        entry = _entries()[number]
        patterns = [compiled(entry.patterns[place]) for _, place in places]
        found = [hit for one in patterns if (hit := _first(entry, one, log)) is not None]
        if found:
            hits.append(_together([hit for hit in found if log.in_failed_part(hit.start)] or found))
    return hits


def _together(hits: Sequence[Hit]) -> Hit:
    """The first of one entry's hits, with what others nearby tell besides."""
    first = min(hits, key=lambda hit: hit.start)
    near = [hit.groups for hit in hits if hit.start - first.start <= _AROUND]
    return replace(first, groups=dict(ChainMap(first.groups, *near)))


def _first(entry: Entry, pattern: re.Pattern[str], log: Log) -> Hit | None:
    """The first match that counts: in a step that failed, if there is one, or else anywhere."""
    elsewhere = None
    if entry.also and not compiled(entry.also).search(log.text):
        return None
    position = 0
    for _ in range(_TRIES):
        found = pattern.search(log.text, position)
        if not found:
            break
        position = found.end() if log.in_failed_part(found.start()) else found.start() + 1
        if not _contradicted(entry, log, found):
            groups = {
                key: said
                for key, value in found.groupdict().items()
                if value and (said := ITS_FRAME.split(value, 1)[0].strip())
            }
            hit = Hit(entry=entry, start=found.start(), end=found.end(), groups=groups)
            if log.in_failed_part(hit.start):
                return hit
            elsewhere = elsewhere or hit
    return elsewhere


def _contradicted(entry: Entry, log: Log, found: re.Match[str]) -> bool:
    """Whether the same step says that this is something else: `unless` nearby, `without` anywhere."""
    if not entry.unless and not entry.without:
        return False
    first, last = log.bounds_of_part(found.start())
    last = max(last, found.end())
    near = (max(found.start() - _AROUND, first), min(found.end() + _AROUND, last))
    return bool(
        (entry.unless and compiled(entry.unless).search(log.text[slice(*near)]))
        or (entry.without and compiled(entry.without).search(log.text[first:last]))
    )


def _chosen(log: Log, hits: list[Hit]) -> list[Hit]:
    """The hits that count, first cause first."""
    failed = has_failed(log)
    well = [] if failed else [found.end() for found in _SUCCEEDED.finditer(log.text)]
    if well:
        hits = [hit for hit in hits if hit.entry.silent or _since(well[-1], hit)]
    if (not failed and len(log.lines) > 1) or _ANOTHER_STEP.search(log.text):
        hits = [hit for hit in hits if hit.entry.tier != "notice"]
    hits = [hit for hit in hits if hit.entry.silent or log.in_failed_part(hit.start)]
    if any(hit.entry.tier in ("cause", "symptom") for hit in hits):
        hits = [hit for hit in hits if hit.entry.tier != "family"]
    if well:
        hits = [hit for hit in hits if hit.entry.tier != "family" or _is_error(log, hit)]
    if failed:
        hits = [h for h in hits if (h.entry.tier, h.entry.confidence) != ("notice", "possible")]
    hidden = {name for hit in hits for name in hit.entry.hides}
    hits = [hit for hit in hits if hit.entry.id not in hidden]
    if any(hit.entry.tier != "notice" for hit in hits):
        hits = [hit for hit in hits if hit.entry.tier != "notice"]
    return _one_for_each_line(log, hits)


def _since(well: int, hit: Hit) -> bool:
    """Whether this went wrong after the last thing that the log says went well."""
    return hit.start > well and hit.entry.tier != "notice"


def _is_error(log: Log, hit: Hit) -> bool:
    """Whether its own lines speak of an error, in a log that has no other sign of a failure."""
    said = log.text_of_lines(hit.start, hit.end)
    return bool(_ERROR_LINE.search(said)) and not log.is_no_failure(hit.start)


def _one_for_each_line(log: Log, hits: Iterable[Hit]) -> list[Hit]:
    """The hits, best first, without those that stand inside the lines of a better one."""

    def lines(hit: Hit) -> tuple[int, int]:
        return log.line_at(hit.start).number, log.line_at(max(hit.end - 1, hit.start)).number

    def rank(hit: Hit) -> tuple[bool, int, bool, int, int, int, int]:
        tier, sure = TIERS.index(hit.entry.tier), CONFIDENCES.index(hit.entry.confidence)
        elsewhere = not log.in_failed_part(hit.start)
        weak = hit.entry.confidence == "possible" or log.is_no_failure(hit.start)
        return elsewhere, tier, weak, lines(hit)[0], sure, hit.start, -hit.end

    chosen: dict[str, Hit] = {}
    taken: list[tuple[int, int]] = []
    for hit in sorted(hits, key=rank):
        first, last = lines(hit)
        if not any(start <= last and first <= stop for start, stop in taken):
            chosen.setdefault(hit.entry.id, hit)
            taken.append((first, last))
    return list(chosen.values())


def _failed_parts(lines: Sequence[Line]) -> frozenset[int]:
    """The steps that ended with the runner's error, where the log shows its steps."""
    if not lines or not lines[-1].part:
        return frozenset()
    return frozenset(
        line.part for line in lines if line.level == "error" or _EXIT.search(line.text)
    )


def has_failed(log: Log) -> bool:
    """Whether something in the log says that a program failed."""
    return any(line.level == "error" for line in log.lines) or bool(_FAILED.search(log.text))


def speaks_of_success(log: Log) -> bool:
    """Whether something in the log says that a program did well."""
    return bool(_SUCCEEDED.search(log.text))
