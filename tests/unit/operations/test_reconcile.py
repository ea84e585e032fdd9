"""The loop itself, over a world of one variable: what it performs, and when it stops."""

import io
from datetime import datetime, timedelta, timezone

import pytest

from nox_release.core.errors import ChecksFailed, ConflictError, NoxReleaseError, StalledError
from nox_release.core.findings import Finding, Severity
from nox_release.edges.console import Console
from nox_release.operations.reconcile import Story, reconcile
from nox_release.project.pyproject import PYPI
from nox_release.releases.observed import Observed
from nox_release.releases.plan import AwaitFiles, CreateTag, Plan, PushTag, Target

HEAD = "a" * 40
TARGET = Target(name="demo", version="1.0", tag="v1.0", commit=HEAD, index=PYPI)
TAG = CreateTag(tag="v1.0", commit=HEAD)
PUSH = PushTag(tag="v1.0", commit=HEAD, remote="origin")
FILES = AwaitFiles(version="1.0", filenames=())


class FakeClock:
    def __init__(self):
        self.time = datetime(2026, 1, 1, tzinfo=timezone.utc)

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += timedelta(seconds=seconds)


class World:
    """Steps that are done, and what happens when one is performed."""

    def __init__(self, *steps):
        self.steps = steps
        self.done = []
        self.performed = []
        self.troubles = {}
        self.hidden = 0

    def plan(self, _observed):
        return Plan(
            done=tuple(type(step).__name__ for step in self.steps if step in self.done),
            todo=tuple(step for step in self.steps if step not in self.done),
        )

    def look(self, observed):
        if self.hidden:
            self.hidden -= 1
            return observed
        self.done = list(self.performed)
        return observed

    def act(self, step):
        trouble = self.troubles.pop(type(step).__name__, None)
        if trouble != "undone":
            self.performed.append(step)
        if trouble in ("undone", "lost"):
            raise NoxReleaseError(f"{type(step).__name__} failed.")


def go(world, **more):
    stream = io.StringIO()
    console = Console.for_terminal(environ={}, interactive=False, file=stream)
    try:
        story = Story(
            target=TARGET,
            look=world.look,
            plan=more.get("plan", world.plan),
            perform=world.act,
            console=console,
            clock=FakeClock(),
            again="nox -s release",
        )
        reconcile(story, Observed(head=HEAD), more.get("agreed", world.steps))
    except NoxReleaseError as error:
        return error, stream.getvalue()
    return None, stream.getvalue()


def test_each_step_is_performed_once_and_in_order():
    world = World(TAG, PUSH, FILES)
    assert go(world)[0] is None
    assert world.performed == [TAG, PUSH, FILES]


def test_nothing_left_performs_nothing():
    assert go(World()) == (None, "")


def test_a_lost_reply_is_not_repeated():
    world = World(TAG, PUSH)
    world.troubles["PushTag"] = "lost"
    error, output = go(world)
    assert error is None
    assert world.performed == [TAG, PUSH]
    assert "But it is done" in output


@pytest.mark.parametrize("step", [PUSH, FILES])
def test_a_failure_says_what_is_done_what_is_not_and_the_next_command(step):
    world = World(TAG, step)
    world.troubles[type(step).__name__] = "undone"
    error, output = go(world)
    assert error.message == f"{type(step).__name__} failed."
    assert world.performed == [TAG]
    assert "done: CreateTag" in output
    assert "not done: " in output
    assert "To go on: nox -s release" in output


def test_a_read_that_lags_behind_a_write_is_waited_for():
    world = World(TAG, PUSH)
    world.hidden = 4
    assert go(world)[0] is None
    assert world.performed == [TAG, PUSH]


def test_a_step_that_changes_nothing_is_said_and_not_repeated():
    world = World(TAG)
    world.hidden = 1000
    error, _ = go(world)
    assert isinstance(error, StalledError)
    assert world.performed == [TAG]


def test_a_step_that_somebody_took_back_is_not_done_again():
    world = World(TAG, PUSH, FILES)

    def take_back(observed):
        world.done = [PUSH] if FILES in world.performed else list(world.performed)
        return observed

    world.look = take_back
    error, _ = go(world)
    assert isinstance(error, ConflictError)
    assert world.performed == [TAG, PUSH, FILES]
    assert "has been undone since" in error.message


def test_an_effect_that_nobody_agreed_to_is_not_performed():
    world = World(FILES, TAG)
    error, _ = go(world, agreed=(FILES,))
    assert isinstance(error, ConflictError)
    assert world.performed == [FILES]
    assert "not in the plan you agreed to: tag commit" in error.message


def test_a_blocker_that_appears_meanwhile_stops_before_the_next_step():
    world = World(TAG, PUSH)
    blocker = Finding(id="tag-elsewhere-there", severity=Severity.ERROR, message="elsewhere")

    def plan(observed):
        made = world.plan(observed)
        return made if not world.done else Plan(todo=made.todo, blockers=(blocker,))

    error, _ = go(world, plan=plan)
    assert isinstance(error, ChecksFailed)
    assert error.findings == (blocker,)
    assert world.performed == [TAG]


@pytest.mark.parametrize("blind", ["at once", "after a wait"])
def test_what_was_done_is_told_when_the_world_cannot_be_seen_afterwards(blind):
    world = World(TAG, PUSH)
    looks = ["lagging"] if blind == "after a wait" else []

    def look(observed):
        if looks:
            looks.pop()
            return observed
        raise NoxReleaseError("git gave no answer.")

    world.look = look
    error, output = go(world)
    assert error.message == "git gave no answer."
    assert error.hint == "When it is settled, nox -s release goes on from here."
    assert world.performed == [TAG]
    standing = output.split("Where it stands")[1]
    assert "done: tag commit aaaaaaa as v1.0, in this clone" in standing
    assert "not done: push tag v1.0 to origin" in standing
    assert "not done: tag commit" not in standing
    assert "To go on: nox -s release" in standing


def test_a_failure_that_nobody_could_look_at_is_neither_done_nor_not():
    world = World(TAG, PUSH)
    world.troubles["CreateTag"] = "lost"

    def look(_observed):
        raise NoxReleaseError("git gave no answer.")

    world.look = look
    error, output = go(world)
    assert error.message == "CreateTag failed."
    assert "could not be seen. To go on: nox -s release" in error.hint
    assert "not known: whether this took effect: tag commit" in output
    assert "not done: push tag" in output


def test_a_blocker_after_a_step_says_what_is_done_by_then():
    world = World(TAG, PUSH)
    blocker = Finding(id="index-unreachable", severity=Severity.ERROR, message="not asked")

    def plan(observed):
        made = world.plan(observed)
        return made if not world.done else Plan(todo=(TAG, PUSH), blockers=(blocker,))

    _, output = go(world, plan=plan)
    standing = output.split("Where it stands")[1]
    assert "done: tag commit" in standing
    assert "not done: tag commit" not in standing
    assert "not done: push tag" in standing
