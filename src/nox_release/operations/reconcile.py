"""Look, plan, perform one step, look again, until nothing is left. No state is kept anywhere.

`perform` is the one place where a release or a first upload acts on the world: one exhaustive
match over `Step`, so no step can be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from nox_release.core.errors import ChecksFailed, ConflictError, NoxReleaseError, StalledError
from nox_release.release.plan import (
    AwaitFiles,
    AwaitRun,
    CreateGitHubRelease,
    CreateTag,
    Plan,
    PushTag,
    RerunFailedJobs,
    StartWorkflow,
    Step,
    Target,
    Upload,
    describe,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import assert_never

    from nox_release.core.clock import Clock
    from nox_release.edges.console import Console
    from nox_release.release.observed import Observed
else:

    def assert_never(value: object) -> None:
        raise AssertionError(f"no way to perform {value!r}")


_WAITS = (AwaitRun, AwaitFiles)
_LAG_AT_MOST = timedelta(seconds=30)


class Effects(Protocol):
    """What can be done to the world, one method for each step."""

    def create_tag(self, step: CreateTag) -> None: ...
    def push_tag(self, step: PushTag) -> None: ...
    def create_github_release(self, step: CreateGitHubRelease) -> None: ...
    def start_workflow(self, step: StartWorkflow) -> None: ...
    def rerun_failed_jobs(self, step: RerunFailedJobs) -> None: ...
    def await_run(self, step: AwaitRun) -> None: ...
    def await_files(self, step: AwaitFiles) -> None: ...
    def upload(self, step: Upload) -> None: ...


def perform(step: Step, effects: Effects) -> None:
    """Carry out one step."""
    match step:
        case CreateTag():
            effects.create_tag(step)
        case PushTag():
            effects.push_tag(step)
        case CreateGitHubRelease():
            effects.create_github_release(step)
        case StartWorkflow():
            effects.start_workflow(step)
        case RerunFailedJobs():
            effects.rerun_failed_jobs(step)
        case AwaitRun():
            effects.await_run(step)
        case AwaitFiles():
            effects.await_files(step)
        case Upload():
            effects.upload(step)
        case _:
            assert_never(step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """How it ended: what was seen last, and what was performed to get there."""

    observed: Observed
    performed: tuple[Step, ...]


def reconcile(
    target: Target,
    observed: Observed,
    *,
    look: Callable[[Observed], Observed],
    plan: Callable[[Observed], Plan],
    effects: Effects,
    console: Console,
    clock: Clock,
    again: str,
    agreed: Iterable[Step],
) -> Reconciliation:
    """Perform what is left, one step at a time, each planned from a fresh look.

    An effect that failed is not repeated: its reply may have been lost after it was done. The
    next look decides; when the step is still to be done, the failure stands. `again` is the
    command that goes on from wherever this one stops. `agreed` are the steps that a person has
    seen and agreed to; an effect of another kind is not theirs, however the world has changed.

    Raises:
        ChecksFailed: the world changed so that only a person may go on.
        ConflictError: somebody took a step back, or one is due that nobody agreed to.
        StalledError: a step was performed and changed nothing.
    """
    kinds = {type(step) for step in agreed} | set(_WAITS)
    performed: list[Step] = []
    patience = clock.now()
    known = Plan()  # the last plan that the world was seen for, without what was performed since

    def look_or_tell(seen: Observed) -> Observed:
        try:
            return look(seen)
        except NoxReleaseError as error:
            _tell_standing(console, target, known, again)
            error.hint = error.hint or f"When it is settled, {again} goes on from here."
            raise

    while True:
        current = plan(observed)
        if current.blockers:
            if performed:
                _tell_standing(console, target, known, again)
            raise ChecksFailed(
                f"{target.title} cannot go on.",
                findings=current.blockers,
                hint="Nothing is undone; when it is settled, the same command goes on from here.",
            )
        if not current.todo:
            return Reconciliation(observed=observed, performed=tuple(performed))
        step = current.todo[0]
        if performed[-1:] == [step] or (step in performed and not isinstance(step, _WAITS)):
            # A read may lag behind a write for some seconds.
            if clock.now() < patience:
                clock.sleep(2.0)
                observed = look_or_tell(observed)
                continue
            if performed[-1] != step:
                raise ConflictError(
                    f"This was done, and is so no longer: {describe(step, target)}.",
                    reason="Somebody took it back meanwhile.",
                    hint=f"To do it all the same: {again}",
                )
            raise StalledError(
                f"This step was performed and changed nothing: {describe(step, target)}.",
                reason="Looking again shows the same as before.",
                hint="Run the same command again in a few minutes; it goes on from here.",
            )
        if type(step) not in kinds:
            raise ConflictError(
                f"Next would be what nobody has agreed to: {describe(step, target)}.",
                reason="Something has changed since the plan was shown.",
                hint=f"To see what is left now: {again}",
            )
        console.mark("step", _sentence(describe(step, target)))
        failure: NoxReleaseError | None = None
        try:
            perform(step, effects)
        except NoxReleaseError as error:
            if isinstance(step, _WAITS):
                _tell_standing(console, target, current, again)
                raise
            failure = error
        known = _with_done(current, step, target) if failure is None else current
        try:
            observed = look_or_tell(observed) if failure is None else look(observed)
        except NoxReleaseError:
            if failure is None:
                raise
            _tell_standing(console, target, known, again, doubtful=step)
            failure.hint = f"Whether it took effect could not be seen. To go on: {again}"
            raise failure from None
        if failure is not None:
            after = plan(observed)
            if after.blockers or (after.todo and after.todo[0] == step):
                for finding in after.blockers:
                    console.finding(finding)
                _tell_standing(console, target, after, again)
                failure.hint = failure.hint or f"When it is settled, {again} goes on from here."
                raise failure
            console.mark(
                "warning",
                f"{failure.message} But it is done: either the reply was lost, or another "
                "release was faster. Going on.",
            )
            known = _with_done(current, step, target)
        performed.append(step)
        patience = clock.now() + _LAG_AT_MOST


def _with_done(plan: Plan, step: Step, target: Target) -> Plan:
    """What a plan becomes by performing its first step."""
    return Plan(done=(*plan.done, describe(step, target)), todo=plan.todo[1:])


def _tell_standing(
    console: Console, target: Target, plan: Plan, again: str, *, doubtful: Step | None = None
) -> None:
    """What is done and what is not, when it does not go on; of `doubtful` neither is known."""
    console.title("Where it stands")
    for fact in plan.done:
        console.mark("done", f"done: {fact}")
    for step in plan.todo:
        if step == doubtful:
            console.mark("not known", f"whether this took effect: {describe(step, target)}")
        else:
            console.line(f"not done: {describe(step, target)}", indent=2)
    console.line(f"Nothing is undone. To go on: {again}")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
