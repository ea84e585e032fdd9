"""Asking many things at once: what is answered, what is not, and what a Ctrl-C leaves behind."""

import os
import sys
import time

import pytest

from nox_release.core.answers import CouldNotAsk
from nox_release.core.errors import CommandError, NoxReleaseError
from nox_release.edges.process import Runner
from nox_release.operations.observe import ask_all
from nox_release.operations.release import with_githubs_spelling
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import PYPI
from nox_release.release.observed import ForgeRepository, Observed
from nox_release.release.plan import Target


def test_what_could_not_be_asked_is_told_beside_the_answers():
    def fail():
        raise NoxReleaseError("It failed.", reason="No\nroute.")

    answers = ask_all({"a": lambda: 1, "b": fail})
    assert answers == {"a": 1, "b": CouldNotAsk(reason="No route.")}


def test_ctrl_c_ends_the_programs_that_are_still_asked(tmp_path):
    ended = []

    def wait():
        try:
            Runner(environ=dict(os.environ)).run(
                [sys.executable, "-c", "import time; time.sleep(60)"], cwd=tmp_path
            )
        except CommandError as error:
            ended.append(error.returncode)

    def interrupt():
        time.sleep(0.5)
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        ask_all({"b": interrupt, "a": wait})
    while not ended and time.monotonic() - started < 30:
        time.sleep(0.05)
    assert ended
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("repository", "owner"),
    [
        (
            ForgeRepository(full_name="ada/demo", default_branch="main", url="", permissions=()),
            "ada/demo",
        ),
        (CouldNotAsk(reason="gh is not installed"), "Ada/Demo"),
        (None, "Ada/Demo"),
    ],
)
def test_the_publisher_of_a_release_is_as_github_spells_it_where_it_was_asked(repository, owner):
    publisher = TrustedPublisher(owner="Ada", repository="Demo", workflow="publish.yml")
    target = Target(
        name="demo", version="1", tag="v1", commit="a" * 40, index=PYPI, publisher=publisher
    )
    seen = Observed(head=target.commit, repository=repository)
    found = with_githubs_spelling(target, seen).publisher
    assert f"{found.owner}/{found.repository}" == owner
