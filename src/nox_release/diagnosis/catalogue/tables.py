"""How the catalogue's modules write down their entries."""

import re
from typing import Any, Protocol

from nox_release.diagnosis.model import Entry


class Table(Protocol):
    """Makes an entry; what is not given comes from the module's defaults."""

    def __call__(
        self,
        name: str,
        patterns: str | tuple[str, ...],
        title: str,
        cause: str,
        fix: str,
        **more: Any,
    ) -> Entry: ...


def table(*, tool: str, link: str = "", **defaults: Any) -> Table:
    """A maker of entries for the texts of one tool."""

    def make(
        name: str, patterns: str | tuple[str, ...], title: str, cause: str, fix: str, **more: Any
    ) -> Entry:
        written = (patterns,) if isinstance(patterns, str) else patterns
        given = tuple(part for pattern in written for part in _alternatives(pattern))
        more = defaults | more
        if more.get("tier") == "symptom":
            more.setdefault("confidence", "likely")
        return Entry(
            **{
                "id": name,
                "patterns": given,
                "title": title,
                "cause": cause,
                "fix": fix,
                "tool": tool,
                "link": link,
                **more,
            }
        )

    return make


# What a `|` that separates whole alternatives stands between: escapes, classes, and groups that are closed.
_PIECE = re.compile(r"\\.|\[(?:\\.|[^\]\\]){1,300}\]|[()|]|[^\\\[()|]+", re.DOTALL)


def _alternatives(pattern: str) -> list[str]:
    """The alternatives of a pattern, each one for itself: each has a literal to look it up by."""
    found, depth = [""], 0
    for piece in _PIECE.findall(pattern):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and not depth:
            found.append("")
        else:
            found[-1] += piece
    if len(found) == 1 and (whole := _WHOLE.fullmatch(pattern)):
        return [f"{whole[1]}{one}{whole[3]}" for one in _alternatives(whole[2])]
    return found


_WHOLE = re.compile(r"((?:\\b)?)\(\?:((?:[^()\[\\]|\\.|\[[^\]]*\])+)\)((?:\\b)?)")
