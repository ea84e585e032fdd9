"""GitHub's filter patterns for branches and tags.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nox_release.checks.workflow.triggers import matches_patterns

if TYPE_CHECKING:
    from collections.abc import Iterable


def matches(patterns: Iterable[str], name: str) -> bool:
    """Whether the last pattern that fits `name` is one without `!`."""
    return matches_patterns(name, tuple(patterns))
