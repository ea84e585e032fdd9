"""Look, plan, perform one step, look again, until nothing is left. No state is kept anywhere."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Generic, TypeVar

from nox_release.core.clock import Clock
from nox_release.core.errors import ChecksFailed, ConflictError, NoxReleaseError, StalledError
from nox_release.core.values import dataclass
from nox_release.core.words import capitalised
from nox_release.edges.console import Console
from nox_release.releases.plan import (
    AwaitChecks,
    AwaitFiles,
    AwaitMerge,
    AwaitRun,
    Plan,
    S,
    Target,
    describe,
)

Seen = TypeVar("Seen")

_WAITS = (AwaitChecks, AwaitMerge, AwaitRun, AwaitFiles)
_LAG_AT_MOST = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story(Generic[S, Seen]):
    """What is to be brought about, and the ways to see, to plan and to act. `again` is the command
    that goes on from wherever this one stops.
    """

    target: Target
    look: Callable[[Seen], Seen]
    plan: Callable[[Seen], Plan[S]]
    perform: Callable[[S], None]
    console: Console
    clock: Clock
    again: str


def reconcile(story: Story[S, Seen], observed: Seen, agreed: Iterable[S]) -> Seen:
    """Perform what is left, one step at a time, each planned from a fresh look; what was seen last
    comes back.

    An effect that failed is not repeated: its reply may have been lost after it was done. The
    next look decides; when the step is still to be done, the failure stands. `agreed` are the
    steps that a person has seen and agreed to; an effect of another kind is not theirs, however
    the world has changed.

    Raises:
        ChecksFailed: the world changed so that only a person may go on.
        ConflictError: somebody took a step back, or one is due that nobody agreed to.
        StalledError: a step was performed and changed nothing.
    """
    kinds = {type(step) for step in agreed} | set(_WAITS)
    performed: list[S] = []
    patience = story.clock.now()
    known: Plan[S] = Plan()  # the last plan the world was seen for, less what was performed since
    while True:
        current = story.plan(observed)
        if current.blockers:
            if performed:
                _tell_standing(story, known)
            raise ChecksFailed(
                f"{story.target.title} cannot go on.",
                findings=current.blockers,
                hint="Nothing is undone; when it is settled, the same command goes on from here.",
            )
        if not current.todo:
            return observed
        step = current.todo[0]
        if performed[-1:] == [step] or (step in performed and not isinstance(step, _WAITS)):
            # A read may lag behind a write for some seconds.
            if story.clock.now() >= patience:
                raise _repeated(story, step, last=performed[-1] == step)
            story.clock.sleep(2.0)
            observed = _look_or_tell(story, observed, known)
            continue
        if type(step) not in kinds:
            raise ConflictError(
                f"The next step is not in the plan you agreed to: {describe(step, story.target)}.",
                reason="Something has changed since the plan was shown.",
                hint=f"To see what is left now: {story.again}",
            )
        observed, known = _perform(story, step, current, observed)
        performed.append(step)
        patience = story.clock.now() + _LAG_AT_MOST


def _repeated(story: Story[S, Seen], step: S, *, last: bool) -> NoxReleaseError:
    """What to say of a step that is due again although it was performed."""
    words = describe(step, story.target)
    if not last:
        return ConflictError(
            f"This step had succeeded, and has been undone since: {words}.",
            hint=f"To do it all the same: {story.again}",
        )
    return StalledError(
        f"This step was performed and changed nothing: {words}.",
        reason="Looking again shows the same as before.",
        hint="Run the same command again in a few minutes; it goes on from here.",
    )


def _perform(
    story: Story[S, Seen], step: S, current: Plan[S], observed: Seen
) -> tuple[Seen, Plan[S]]:
    """Carry out one step and look again; where it failed, the look decides whether it is done."""
    story.console.mark("step", capitalised(describe(step, story.target)))
    try:
        story.perform(step)
    except NoxReleaseError as failure:
        if isinstance(step, _WAITS):
            _tell_standing(story, current)
            raise
        return _after_failure(story, step, current, observed, failure)
    known = _with_done(current, step, story.target)
    return _look_or_tell(story, observed, known), known


def _after_failure(
    story: Story[S, Seen], step: S, current: Plan[S], observed: Seen, failure: NoxReleaseError
) -> tuple[Seen, Plan[S]]:
    try:
        seen = story.look(observed)
    except NoxReleaseError:
        _tell_standing(story, current, doubtful=step)
        failure.hint = f"Whether it took effect could not be seen. To go on: {story.again}"
        raise failure from None
    after = story.plan(seen)
    if after.blockers or (after.todo and after.todo[0] == step):
        for finding in after.blockers:
            story.console.finding(finding)
        _tell_standing(story, after)
        failure.hint = failure.hint or f"When it is settled, {story.again} goes on from here."
        raise failure
    story.console.mark(
        "warning",
        f"{failure.message} But it is done: either the reply was lost, or another release was "
        "faster. Going on.",
    )
    return seen, _with_done(current, step, story.target)


def _look_or_tell(story: Story[S, Seen], observed: Seen, known: Plan[S]) -> Seen:
    try:
        return story.look(observed)
    except NoxReleaseError as error:
        _tell_standing(story, known)
        error.hint = error.hint or f"When it is settled, {story.again} goes on from here."
        raise


def _with_done(plan: Plan[S], step: S, target: Target) -> Plan[S]:
    """What a plan becomes by performing its first step."""
    return Plan(done=(*plan.done, describe(step, target)), todo=plan.todo[1:])


def _tell_standing(story: Story[S, Seen], plan: Plan[S], *, doubtful: S | None = None) -> None:
    """What is done and what is not, when it does not go on; of `doubtful` neither is known."""
    console, target = story.console, story.target
    console.title("Where it stands")
    for fact in plan.done:
        console.mark("done", f"done: {fact}")
    for step in plan.todo:
        if step == doubtful:
            console.mark("not known", f"whether this took effect: {describe(step, target)}")
        else:
            console.line(f"not done: {describe(step, target)}", indent=2)
    console.line(f"Nothing is undone. To go on: {story.again}")
