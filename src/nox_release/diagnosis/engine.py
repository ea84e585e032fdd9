"""From the text of a log to its causes: which entries of the catalogue match, and which is first."""

from __future__ import annotations

import functools
import re
from collections import ChainMap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nox_release.diagnosis.model import TIERS, Diagnosis, Entry
from nox_release.diagnosis.normalise import Log, read_log
from nox_release.diagnosis.prefilter import Words, anchors_of, reduce_log, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nox_release.diagnosis.values import Circumstances
    from nox_release.project.pyproject import Project

_LIMIT = 1_000_000
_AROUND = 400

# What only a failed program says, and what only one that did well says.
_FAILED = re.compile(
    r"Process completed with exit code [1-9]|exit code:? [1-9]|exit status [1-9]"
    r"|HTTPError|: (?:command )?not found\b|\bfatal: |Traceback \(most recent call last\)|(?<![\w'\"-])[Ee]rror: |\bERROR\b"
    r"|Session \S+ failed|PASSED with warnings|The job was not started|returned error code"
    r"|\bUploadError\b|💥|returned non-zero|\[rejected\]|\[remote rejected\]"
)
_SUCCEEDED = re.compile(
    r"View at: ?https?://|Published to PyPI|Successfully built \S+\.(?:tar\.gz|whl)"
    r"|\b\d+ passed\b(?!.{0,40}\bfailed)|Session \S+ was successful"
    r"|https://github\.com/[\w.-]+/[\w.-]+/releases/tag/|Checking \S+: PASSED"
    r"|All checks passed|completed successfully|Successfully installed |Cache restored"
    r"|\[new tag\]|Uploading \S+ 100%|Finished: SUCCESS"
)
# Frames that a notice of the publish step may explain; any other one names a step of its own.
_ANYBODYS_FRAMES = {"tw-frame", "uv-frame", "gr-exit"}
_ERROR_LINE = re.compile(
    r"\b(?:error|fatal|failed|failure|exception|refused|denied|invalid|not found)\b"
    r"|^\s*[\w.]+(?:error|exception)(?::|$)|traceback \(most recent call last\)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry and the place where it matched; `groups` are the pattern's named values."""

    entry: Entry
    start: int
    end: int
    groups: dict[str, str]


def diagnose(
    text: str | bytes, *, project: Project | None = None, known: Circumstances | None = None
) -> tuple[Diagnosis, ...]:
    """See `nox_release.diagnose`; `known` is what has been found out beside the log.

    A log in a file may be given as its bytes: only the parts that matter are decoded.
    """
    from nox_release.diagnosis.rivals import judged
    from nox_release.diagnosis.values import Circumstances

    log = _read(text)
    hits = _chosen(log, _hits(log))
    return judged(log, hits, project=project, known=known or Circumstances())


@functools.cache
def _index() -> tuple[tuple[Entry, tuple[tuple[str, tuple[Words, ...]], ...]], ...]:
    from nox_release.diagnosis.catalogue import ENTRIES

    return tuple(
        (entry, tuple((pattern, anchors_of(pattern)) for pattern in entry.patterns))
        for entry in ENTRIES
    )


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of the catalogue, made when it is first needed."""
    return re.compile(pattern, re.IGNORECASE)


def _read(text: str | bytes) -> Log:
    if isinstance(text, bytes) and text.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = text.decode("utf-16", "replace")  # what PowerShell's `>` writes
    needed = [group for _, patterns in _index() for _, groups in patterns for group in groups]
    pieces = [
        read_log(chunk, first_line=line) for line, chunk in reduce_log(text, needed, limit=_LIMIT)
    ]
    starts: list[int] = []
    offset = 0
    for piece in pieces:
        starts.extend(start + offset for start in piece.starts)
        offset += len(piece.text) + 1
    return Log(
        text=" ".join(piece.text for piece in pieces),
        lines=tuple(line for piece in pieces for line in piece.lines),
        starts=tuple(starts),
    )


def _hits(log: Log) -> list[Hit]:
    present = set(words_of(log.text))
    hits = []
    for entry, patterns in _index():
        found = [
            hit
            for pattern, groups in patterns
            if any(group <= present for group in groups)
            and (hit := _first(entry, compiled(pattern), log)) is not None
        ]
        if found:
            hits.append(_together(found))
    return hits


def _together(hits: Sequence[Hit]) -> Hit:
    """The first of one entry's hits, with what others nearby tell besides."""
    first = min(hits, key=lambda hit: hit.start)
    near = [hit.groups for hit in hits if hit.start - first.start <= _AROUND]
    return replace(first, groups=dict(ChainMap(first.groups, *near)))


def _first(entry: Entry, pattern: re.Pattern[str], log: Log) -> Hit | None:
    if entry.also and not compiled(entry.also).search(log.text):
        return None
    if entry.without and compiled(entry.without).search(log.text):
        return None
    for number, found in enumerate(pattern.finditer(log.text)):
        around = log.text[max(found.start() - _AROUND, 0) : found.end() + _AROUND]
        if not entry.unless or not compiled(entry.unless).search(around):
            groups = {key: value.strip() for key, value in found.groupdict().items() if value}
            return Hit(entry=entry, start=found.start(), end=found.end(), groups=groups)
        if number > 200:
            break
    return None


def _chosen(log: Log, hits: list[Hit]) -> list[Hit]:
    """The hits that count, first cause first."""
    failed = _has_failed(log)
    if not failed and _SUCCEEDED.search(log.text):
        hits = [hit for hit in hits if hit.entry.silent]
    if not failed and len(log.lines) > 1:
        hits = [hit for hit in hits if hit.entry.tier != "notice"]
    frames = {hit.entry.id for hit in hits if hit.entry.tier == "frame"}
    if frames - _ANYBODYS_FRAMES:
        hits = [hit for hit in hits if hit.entry.tier != "notice"]
    if frames:
        hits = [h for h in hits if (h.entry.tier, h.entry.confidence) != ("notice", "possible")]
    hidden = {name for hit in hits for name in hit.entry.hides}
    hits = [hit for hit in hits if hit.entry.id not in hidden]
    best = min((TIERS.index(hit.entry.tier) for hit in hits), default=0)
    if TIERS[best] != "frame":
        hits = [hit for hit in hits if hit.entry.tier != "frame"]
    if TIERS[best] in ("cause", "symptom"):
        hits = [hit for hit in hits if hit.entry.tier != "notice"]
    unique: dict[str, Hit] = {}
    for hit in sorted(hits, key=lambda hit: (TIERS.index(hit.entry.tier), hit.start, -hit.end)):
        unique.setdefault(hit.entry.id, hit)
    return list(unique.values())


def _has_failed(log: Log) -> bool:
    return any(line.level == "error" for line in log.lines) or bool(_FAILED.search(log.text))


def first_errors(text: str | bytes, *, count: int = 5) -> tuple[str, ...]:
    """The first lines of a log that speak of an error, for a person to read."""
    found: list[str] = []
    for line in _read(text).lines:
        if line.level == "error" or _ERROR_LINE.search(line.text):
            shown = line.text.strip()[:300]
            if shown not in found:
                found.append(shown)
            if len(found) == count:
                break
    return tuple(found)
