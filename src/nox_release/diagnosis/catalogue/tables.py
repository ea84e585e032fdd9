"""How the catalogue's modules write down their entries."""

from __future__ import annotations

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


def table(*, tool: str, link: str = "") -> Table:
    """A maker of entries for the texts of one tool."""

    def make(
        name: str, patterns: str | tuple[str, ...], title: str, cause: str, fix: str, **more: Any
    ) -> Entry:
        given = (patterns,) if isinstance(patterns, str) else patterns
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
