"""Answers that could not be had, and the one way to ask for those that can."""

from collections.abc import Callable
from typing import TypeVar

from nox_release.core.errors import NoxReleaseError
from nox_release.core.values import dataclass

T = TypeVar("T")


ANSWERED = " answered: "  # in a reason: there was an answer, and it was none to the question


@dataclass(frozen=True, slots=True, kw_only=True)
class CouldNotAsk:
    """Stands in for an answer that could not be had: never "no", never empty."""

    reason: str


def ask(question: Callable[[], T]) -> T | CouldNotAsk:
    """The answer, or why there was none."""
    try:
        return question()
    except NoxReleaseError as error:
        return CouldNotAsk(reason=error.in_one_line())


def known(answer: T | CouldNotAsk | None) -> T | None:
    """The answer where there was one; for readers to whom absent and not known are the same."""
    return None if isinstance(answer, CouldNotAsk) else answer
