"""Answers that could not be had."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CouldNotAsk:
    """Stands in for an answer that could not be had: never "no", never empty."""

    reason: str
