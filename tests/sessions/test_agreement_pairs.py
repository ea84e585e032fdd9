"""Two or three troubles at once: what is called ready is released, what is refused changes nothing.

    PAIRS=200 SEED=7 python -m pytest tests/sessions/test_agreement_pairs.py

The worlds are those of `test_agreement`, drawn by a seed.
"""

from __future__ import annotations

import os
import random

import pytest
from test_agreement import WORLDS, it_was_yesterday, what_stops_a_release, what_the_checklist_says

from releasing import DONE, TAG, release, state

pytestmark = pytest.mark.slow

# In these the end depends on what no command can know beforehand: a person, a tag that GitHub shows
# nowhere, or a GitHub that refuses some questions for ever.
NOT_DRAWN = {
    "all is well",
    "the environment waits for an approval",
    "the tag is burnt",
    "github does not tell the runs",
    "the token may not ask who it is",
}
# Called ready once, and not released; or judged apart.
WERE_WRONG = [
    ("the run failed", "the project is archived"),
    ("the run failed", "gh may only read"),
    ("the run failed", "github does not tell the runs"),
    ("a file of the release was deleted",),
    ("the release was deleted from the index",),
]


def drawn(count, seed):
    names = [name for name in WORLDS if name not in NOT_DRAWN]
    generator = random.Random(seed)
    return [tuple(generator.sample(names, generator.choice((2, 2, 3)))) for _ in range(count)]


def bring_about(world, names):
    """The environment variables of these troubles, one after the other; skips where one rules out
    another.
    """
    environ = {}
    world.environ["GIT_EDITOR"] = "true"  # nobody is asked for a message
    for name in names:
        try:
            environ |= WORLDS[name](world) or {}
        except (AssertionError, Exception) as error:  # noqa: BLE001 - anything can rule one out
            pytest.skip(f"{name}: {type(error).__name__}")
        world.workflows.wait()
        world.workflows.forget_pushes()
    it_was_yesterday(world)
    return environ


@pytest.mark.parametrize(
    "names",
    WERE_WRONG + drawn(int(os.environ.get("PAIRS", "4")), int(os.environ.get("SEED", "1"))),
    ids=" + ".join,
)
def test_what_is_called_ready_is_released(ready, names):
    world = ready
    world.workflows.forget_pushes()
    tree = world.git("rev-parse", "HEAD:")
    environ = bring_about(world, names)
    building = world.git("rev-parse", "HEAD:") != tree
    checked, checklist = what_the_checklist_says(world, environ, building=building)
    refused, ended = what_stops_a_release(world, environ)
    # What is cheap to know stops a release before it builds anything, or looks any further.
    if not refused & {"place-on-github", "version-not-raised"}:
        assert checked - {"build-fails"} == refused - {"build-fails"}, (checklist.results, ended)
    assert bool(checked) == bool(refused) == bool(ended.status), ended
    before = state(world)
    done = release(world, environ=environ, building=building)
    world.workflows.wait()
    assert "Traceback" not in done.output
    assert bool(done.status) == bool(refused), f"{checklist.results}\n{done}"
    if refused:
        assert state(world) == before, done
        return
    tags, releases, _runs, files = state(world)
    assert (f"refs/tags/{TAG}",) == tags, done
    assert releases == (TAG,), done
    assert files == DONE[3], done
    checked, checklist = what_the_checklist_says(world, environ, building=False)
    refused, ended = what_stops_a_release(world, environ)
    assert checked == refused, f"{checklist.results}\n{ended}"
