"""What a diagnosis is, and what an entry of the catalogue is: plain values."""

from typing import Any, Literal, get_args

from nox_release.core.values import dataclass

Confidence = Literal["certain", "likely", "possible"]
"""`certain`: the text has one cause. `likely`: the usual one of several. `possible`: one of many."""

CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)

Tier = Literal["cause", "symptom", "family", "notice"]
"""How much a text says, best first.

`cause` names what is wrong. `symptom` may be the echo of something better said elsewhere.
`family` names the kind of failure alone: it counts where neither of them was found.
`notice` also stands in logs of runs that went well. What only says that something failed is in no
entry.
"""

TIERS: tuple[Tier, ...] = get_args(Tier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why something failed, and what to do about it, in the project's own values.

    `line` is the log line that says so, `job` and `step` where it stands in a run of GitHub
    Actions (empty where the log does not tell). `tool` printed the text. `captures` are the
    values that the line named.
    """

    id: str
    title: str
    cause: str
    fix: str
    link: str = ""
    line: str = ""
    line_number: int | None = None
    job: str = ""
    step: str = ""
    confidence: Confidence = "certain"
    tool: str = ""
    captures: tuple[tuple[str, str], ...] = ()

    def document(self) -> dict[str, Any]:
        """The diagnosis for a JSON document."""
        return {
            "id": self.id,
            "title": self.title,
            "cause": self.cause,
            "fix": self.fix,
            "link": self.link,
            "line": self.line,
            "line_number": self.line_number,
            "job": self.job,
            "step": self.step,
            "confidence": self.confidence,
            "tool": self.tool,
            "captures": dict(self.captures),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One cause: the texts that show it, and what to say about it.

    `patterns` are regular expressions over normalised text (one line, single spaces, any case).
    `fix` may name values in braces: `{project}`, `{tag}`, or a group of the pattern.
    A match does not count when `unless` is found around it, `without` anywhere in the log, or
    `also` nowhere in it.
    `hides` lists ids that say less about the same failure. `silent` marks a cause that leaves
    the run green.
    """

    id: str
    patterns: tuple[str, ...]
    title: str
    cause: str
    fix: str
    link: str = ""
    tool: str = ""
    tier: Tier = "cause"
    confidence: Confidence = "certain"
    unless: str = ""
    also: str = ""
    without: str = ""
    hides: tuple[str, ...] = ()
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry and the place where it matched; `groups` are the pattern's named values."""

    entry: Entry
    start: int
    end: int
    groups: dict[str, str]
