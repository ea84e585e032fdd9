"""Waiting for others: a run of a workflow on GitHub, and files on the index.

Each wait says what it waits for, what it sees, and where to look. While waiting, a question that
gets no answer is asked again; only a long silence is an error.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nox_release.core.clock import Clock
from nox_release.core.errors import (
    ConflictError,
    ForgeError,
    IndexUnavailableError,
    NoxReleaseError,
)
from nox_release.core.words import some
from nox_release.edges import github_rules
from nox_release.edges.console import Console
from nox_release.project import pages
from nox_release.releases.end_state import FILES_AT_MOST, SOME_FILES_AT_MOST
from nox_release.releases.observed import Check, IndexFile, Run, upload_times
from nox_release.releases.plan import (
    RunsVerdict,
    Target,
    expected_names,
    is_complete,
    judge_runs,
    missing_files,
)

if TYPE_CHECKING:
    from nox_release.edges.forge import Forge
    from nox_release.edges.index import IndexClient
    from nox_release.observing.observer import Observer

NO_RUN_AFTER = timedelta(minutes=3)
NO_CHECKS_AFTER = timedelta(minutes=2)
RUN_AT_MOST = timedelta(hours=6)
_BEFORE_THE_WAIT = timedelta(minutes=30)  # between the upload and the end of the run
SILENCE_AT_MOST = timedelta(minutes=10)


class NoRun(NoxReleaseError):  # noqa: N818 - a state of the world
    """The GitHub release is there and no run of the workflow came."""


class RunFailed(ConflictError):  # noqa: N818 - a state of the world
    """The run is over and was no success; `run` is the one."""

    def __init__(self, message: str, *, run: Run, reason: str = "", hint: str = "") -> None:
        super().__init__(message, reason=reason, hint=hint)
        self.run = run


def follow_run(
    console: Console,
    clock: Clock,
    forge: Forge,
    find: Callable[[], tuple[Run, ...]],
    *,
    what: str,
    page: str,
    no_run_after: timedelta = NO_RUN_AFTER,
) -> Run:
    """Wait until one of the runs that `find` gives has succeeded.

    Raises:
        NoRun: none came.
        RunFailed: all that came are over, and none was a success.
    """
    started = last_answer = clock.now()
    told = ""
    with console.waiting(f"Waiting for {what}", where=page) as waiting:
        while True:
            now = clock.now()
            verdict: RunsVerdict | None = None
            try:
                verdict = judge_runs(find())
                state = _state(forge, verdict)
            except ForgeError as error:
                if now - last_answer > SILENCE_AT_MOST:
                    raise
                state = f"GitHub does not answer ({error.reason or error.message})"
            else:
                last_answer = now
            if verdict is not None and verdict.run is not None:
                if verdict.state == "succeeded":
                    return verdict.run
                if verdict.state == "failed":
                    raise _failed(verdict.run, what)
            elif verdict is not None and now - started > no_run_after:
                raise NoRun(
                    f"No run of {what} came within "
                    f"{int(no_run_after.total_seconds() // 60)} minutes.",
                    reason=_WHY_NO_RUN,
                    hint=f"Look at {page}",
                )
            waiting.update(state)
            held = verdict is not None and verdict.run is not None and verdict.run.is_held
            if held and state != told and console.is_live:  # a live line has no room for a link
                console.mark("warning", f"{what} is {state}")
                told = state
            if now - started > RUN_AT_MOST:
                raise NoxReleaseError(
                    f"{what} is not over after {RUN_AT_MOST}.",
                    hint="Run the same command again when it is; it goes on from here.",
                )
            clock.sleep(_pause(now - started))


_WHY_NO_RUN = (
    "Why it may be so: the release was made with a workflow's GITHUB_TOKEN; the workflow at this "
    "tag has no trigger for it; Actions or the workflow is disabled; or GitHub is late "
    "(https://www.githubstatus.com/)."
)


def _pause(elapsed: timedelta) -> float:
    seconds = elapsed.total_seconds()
    return 2.0 if seconds < 60 else 5.0 if seconds < 600 else 10.0


def _state(forge: Forge, verdict: RunsVerdict) -> str:
    """What can be seen of a run in one line."""
    run = verdict.run
    if run is None:
        return "not there yet"
    if verdict.state != "active":
        return verdict.state
    again = f", attempt {run.attempt}" if run.attempt > 1 else ""
    beside = f"; {len(verdict.others)} more for this tag" if verdict.others else ""
    if run.is_held:
        return f"{_waiting_for(forge, run)}{again}{beside}: {run.url}"
    if run.status in ("queued", "requested", "pending"):
        return f"queued{again}{beside}: {run.url}"
    jobs = forge.jobs(run.id)
    over = [job for job in jobs if job.status == "completed"]
    going = [job for job in jobs if job.status == "in_progress"]
    parts = [f"{job.name} {job.conclusion}" for job in over]
    for job in going:
        step = next((s.name for s in job.steps if s.status == "in_progress"), "")
        parts.append(f"{job.name}: {step}" if step else f"{job.name} running")
    parts += [f"{job.name} {job.status}" for job in jobs if job not in over and job not in going]
    return f"{'; '.join(parts) or 'running'}{again}{beside}"


def _waiting_for(forge: Forge, run: Run) -> str:
    pending = forge.pending_deployments(run.id)
    if not pending:
        return "waiting"
    first = pending[0]
    if first.reviewers:
        you = ", which you may give" if first.may_approve else ""
        who = ", ".join(first.reviewers)
        return f"waiting for approval of environment {first.environment} by {who}{you}"
    if first.wait_minutes:
        return f"environment {first.environment} lets it wait {first.wait_minutes} minutes"
    return f"waiting for environment {first.environment}"


def _failed(run: Run, what: str) -> RunFailed:
    ended = (run.conclusion or "over").replace("_", " ")
    words = {"cancelled": "was cancelled", "failure": "failed", "timed out": "took too long"}
    return RunFailed(
        f"{what} {words.get(ended, f'ended: {ended}')}: {run.url}",
        run=run,
        hint="What was done so far stays. Choose:\n"
        f"- nothing wrong with the project: nox -s release runs the failed jobs again "
        f"(or: gh run rerun {run.id} --failed)\n"
        "- the project is to be changed: raise the version, commit, nox -s release\n"
        f"- see why: nox -s diagnose -- {run.url}",
    )


def await_start(
    clock: Clock, find: Callable[[], tuple[Run, ...]], known: frozenset[tuple[int, int]]
) -> None:
    """Wait until a run that was just started shows; a minute at most."""
    until = clock.now() + timedelta(minutes=1)
    while clock.now() < until:
        with contextlib.suppress(ForgeError):  # it was started: not to see it yet is no failure
            if any((run.id, run.attempt) not in known for run in find()):
                return
        clock.sleep(2.0)


def follow_target(console: Console, clock: Clock, observer: Observer, target: Target) -> Run:
    """Wait for the run that publishes `target`."""
    forge = observer.forge
    page = f"{forge.url}/actions"
    if target.workflow:
        page += f"/workflows/{target.workflow}"
    what = target.workflow or "the workflow"
    return follow_run(
        console, clock, forge, lambda: observer.find_runs(target), what=what, page=page
    )


def await_checks(
    console: Console, clock: Clock, forge: Forge, commit: str, *, again: str
) -> tuple[Check, ...]:
    """Wait until every check on a commit is over; empty: none came.

    Raises:
        ConflictError: one failed.
    """
    started = last_answer = clock.now()
    page = f"{forge.url}/commit/{commit}"
    more = "" if " -- " in again else " --"
    with console.waiting(f"Waiting for the checks on {commit[:7]}", where=page) as waiting:
        while True:
            now = clock.now()
            try:
                checks = github_rules.checks(forge, commit) or ()
                # A job that waits for another one is no check yet.
                runs = [run for run in forge.runs(commit=commit) if not run.is_over]
            except ForgeError as error:
                if now - last_answer > SILENCE_AT_MOST:
                    raise
                waiting.update(f"GitHub does not answer ({error.reason or error.message})")
                clock.sleep(_pause(now - started))
                continue
            last_answer = now
            red = [check for check in checks if check.is_red]
            if red:
                raise ConflictError(
                    f"Failed on {commit[:7]}: {some(check.name for check in red)}.",
                    reason="The commit is on the branch; there is no tag yet.",
                    hint=f"Look at {red[0].url or page}; fix it, commit, and release that commit. "
                    f"If it does not matter: {again}{more} --ignore-checks",
                )
            left = [check.name for check in checks if check.is_running]
            if checks and not left and not runs:
                return checks
            if not checks and not runs and now - started > NO_CHECKS_AFTER:
                return ()
            waiting.update(some(left) if left else "not over yet" if runs else "none there yet")
            if now - started > RUN_AT_MOST:
                raise NoxReleaseError(
                    f"The checks on {commit[:7]} are not over after {RUN_AT_MOST}.",
                    hint=f"When they are: {again}",
                )
            clock.sleep(_pause(now - started))


def await_files(
    console: Console,
    clock: Clock,
    client: IndexClient,
    target: Target,
) -> tuple[IndexFile, ...]:
    """Wait until the index lists what was uploaded for `target`; what it lists comes back.

    When only some of the files come, those are all that were uploaded, and they come back alone.

    Raises:
        ConflictError: nothing came in time; says whether the index is behind or has nothing.
    """
    index = target.index
    started = last_answer = clock.now()
    first_seen: datetime | None = None
    pause = 2.0
    page = pages.project_page(index, target.name, target.version)
    with console.waiting(f"Waiting for {target.title} on {index.title}", where=page) as waiting:
        while True:
            now = clock.now()
            files: tuple[IndexFile, ...] = ()
            try:
                project = client.fetch_project(target.name, version=target.version)
                if project is not None and project.status == "quarantined":
                    return ()  # nothing comes any more; the rules say so
                files = project.release_files(target.version) if project else ()
                waiting.update(_lacking(client, target, files))
            except IndexUnavailableError as error:
                if now - last_answer > SILENCE_AT_MOST:
                    raise
                waiting.update(f"{index.title} does not answer ({error.reason})")
            else:
                last_answer = now
            if is_complete(target, files):
                return files
            if files:
                first_seen = first_seen or now
                if max(now - first_seen, age_of(client, files)) > SOME_FILES_AT_MOST:
                    return files
            elif now - started > SOME_FILES_AT_MOST and _is_in_neither_list(client, target):
                raise _never_came(client, target, files, started, now)
            if now - started > FILES_AT_MOST:
                raise _never_came(client, target, files, started, now)
            clock.sleep(pause)
            pause = min(pause * 1.5, 30.0)


def age_of(client: IndexClient, files: tuple[IndexFile, ...]) -> timedelta:
    """How long the newest of the files has been on the index, by the index's own clock."""
    times = upload_times(files)
    return client.now - max(times) if times else timedelta()


def _lacking(client: IndexClient, target: Target, files: tuple[IndexFile, ...]) -> str:
    title = target.index.title
    lacking = missing_files(target, files) or ("any others",)
    if not files:
        if _in_json(client, target):
            return f"{title} has the files; the list that installers read is behind"
        return f"{title} lists no file of {target.version} yet"
    return f"{title} lists {len(files)}, not yet {', '.join(lacking)}"


def _in_json(client: IndexClient, target: Target) -> tuple[str, ...] | None:
    """The files that the JSON API names; `None` when it did not answer."""
    try:
        return client.fetch_release(target.name, target.version) or ()
    except IndexUnavailableError:
        return None


def _is_in_neither_list(client: IndexClient, target: Target) -> bool:
    """Whether an index that has two lists says in both that it has nothing of the version."""
    return bool(client.index.api_url) and _in_json(client, target) == ()


def _never_came(
    client: IndexClient,
    target: Target,
    files: tuple[IndexFile, ...],
    started: datetime,
    now: datetime,
) -> ConflictError:
    title = target.index.title
    known = _in_json(client, target)
    minutes = int((now - started).total_seconds() // 60)
    if known:
        return ConflictError(
            f"{title} has {target.title}, but after {minutes} minutes its list is still behind.",
            reason=f"Its JSON API names {', '.join(known)}; the Simple API, which installers "
            f"read, lists {len(files)} of them.",
            hint="It is published. Run the same command again later to see it confirmed.",
        )
    taken = _taken(client, target)
    if taken:
        return ConflictError(
            f"{title} has taken {taken}, and lists no file of {target.version}.",
            reason=f"Its provenance is there and neither of the two lists names it. A release "
            f"that the administrators of {title} have put in quarantine looks like that.",
            hint=f"Look for an e-mail from {title}, and at "
            f"{pages.project_page(target.index, target.name)}",
        )
    return ConflictError(
        f"{title} lists no complete {target.title} after {minutes} minutes.",
        reason=_came_instead(client, target, started, now) or _never_listed(client, known),
        hint="See what the publish job said: nox -s diagnose",
    )


def _taken(client: IndexClient, target: Target) -> str:
    """A file of the target whose provenance the index shows, listed or not; empty: none is known.

    While it is not known which files there are to be, the name that an sdist has to have serves.
    """
    name = canonicalize_name(target.name).replace("-", "_")
    names = expected_names(target) or (f"{name}-{target.version}.tar.gz",)
    with contextlib.suppress(IndexUnavailableError):
        return next(
            (one for one in names if client.has_taken(target.name, target.version, one)), ""
        )
    return ""


def _came_instead(client: IndexClient, target: Target, started: datetime, now: datetime) -> str:
    """Files of another version that came while those of `target` were waited for."""
    try:
        project = client.fetch_project(target.name)
    except IndexUnavailableError:
        return ""
    if project is None:
        return ""
    ago = now - started + _BEFORE_THE_WAIT
    there = client.now
    wanted = {file.filename for file in project.release_files(target.version)}
    others = [
        file.filename
        for file in project.files
        if file.filename not in wanted
        and file.upload_time is not None
        and there - file.upload_time < ago
    ]
    if not others:
        return ""
    return (
        f"In this time {target.index.title} got {some(others)}: if the run uploaded that, "
        "it built another version."
    )


def _never_listed(client: IndexClient, known: tuple[str, ...] | None) -> str:
    if not client.index.is_like_pypi:
        return "So the files were most likely never uploaded there."
    if known is None:
        return "Its JSON API, which may know more, did not answer."
    return (
        "Neither of its two lists names the files, so they were most likely never uploaded there."
    )
