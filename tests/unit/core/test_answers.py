"""Answers that could not be had."""

from nox_release.core.answers import CouldNotAsk, ask, known
from nox_release.core.errors import NoxReleaseError


def test_what_could_not_be_asked_says_why_in_one_line():
    def fail():
        raise NoxReleaseError("It failed.", reason="No\nroute.")

    assert ask(lambda: 1) == 1
    assert ask(fail) == CouldNotAsk(reason="No route.")


def test_an_answer_that_is_not_known_reads_as_none():
    assert known(CouldNotAsk(reason="no route")) is None
    assert known(None) is None
    assert known(0) == 0
