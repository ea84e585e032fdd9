"""GitHub's filter patterns for branches and tags.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def matches(patterns: Iterable[str], name: str) -> bool:
    """Whether the last pattern that fits `name` is one without `!`."""
    found = False
    for pattern in patterns:
        if pattern.startswith("!"):
            found = found and not _expression(pattern[1:]).fullmatch(name)
        elif _expression(pattern).fullmatch(name):
            found = True
    return found


def _expression(pattern: str) -> re.Pattern[str]:
    parts = []
    for piece in re.findall(r"\\.|\*\*|\*|\[[^\]]*\]|.", pattern):
        if piece == "**":
            parts.append(".*")
        elif piece == "*":
            parts.append("[^/]*")
        elif piece in "?+" or (piece.startswith("[") and len(piece) > 2):
            parts.append(piece)
        else:
            parts.append(re.escape(piece.removeprefix("\\")))
    try:
        return re.compile("".join(parts))
    except re.error:
        return re.compile(re.escape(pattern))
