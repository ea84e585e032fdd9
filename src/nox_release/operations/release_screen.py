"""What `release` shows of its plan, what blocks it, and the question."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nox_release.checks.judging import Case, what_must_be_known
from nox_release.checks.release import preflight
from nox_release.core.answers import known
from nox_release.core.errors import ChecksFailed
from nox_release.core.findings import (
    Finding,
    Passed,
    Result,
    Severity,
    Skipped,
    errors_in,
    findings_in,
    ranked,
)
from nox_release.core.words import counted
from nox_release.operations.notes import notes_for
from nox_release.releases.plan import (
    AwaitChecks,
    AwaitFiles,
    AwaitRun,
    CreateGitHubRelease,
    Plan,
    PrepareStep,
    ProposeStep,
    ReleaseStep,
    Target,
    describe,
    first_public,
)

if TYPE_CHECKING:
    from nox_release.operations.errand import Errand

_NO_RETURN = "-- from here on others can see it, and nothing is taken back --"


def show(
    errand: Errand,
    case: Case,
    plan: Plan[ReleaseStep],
    results: tuple[Result, ...],
    *,
    first: tuple[PrepareStep | ProposeStep, ...] = (),
) -> None:
    """What is wrong, what is done, what is left (`first` what makes the commit), and where there is
    no way back.
    """
    console, target = errand.console, case.target
    console.title(f"{target.title} to {target.index.title}")
    if not first:
        subject = errand.repository.subject(target.commit)
        console.line(f"commit {target.commit[:7]}  ", quoted=subject)
    past = case.observed.past_tag
    if isinstance(past, int) and past:
        console.line(
            f"HEAD is {counted(past, 'commit')} after {target.tag}: this finishes the release of "
            "that tag's commit, without them."
        )
    findings = ranked(findings_in(results))
    console.listed(one for one in findings if one.severity is not Severity.ERROR)
    console.listed(one for one in results if isinstance(one, Skipped))
    passed = sum(isinstance(result, Passed) for result in results)
    if passed:
        console.mark("ok", f"{counted(passed, 'check')} found nothing.")
    if errors_in(findings):
        return
    console.title("Plan")
    for fact in plan.done:
        console.mark("done", f"done: {fact}")
    public = first_public((*first, *plan.todo))
    for step in (*first, *plan.todo):
        if step is public:
            console.line(_NO_RETURN, style="bold" if console.is_terminal else "", indent=2)
        console.mark("step", describe(step, target))
        if isinstance(step, CreateGitHubRelease):
            draft = known(case.observed.github_release) if step.draft else None
            notes = notes_for(
                target, errand.notes, case.changelog, draft=draft, folder=errand.folder
            )
            console.line(f"notes: {notes.source}", indent=4)


def stop_at_blockers(
    target: Target, results: Iterable[Result], *, again: str, done: str = "nothing was changed"
) -> None:
    """Raise what blocks it, what is not known and has to be among it."""
    listed = tuple(results)
    found = errors_in(listed)
    found = tuple(dict.fromkeys((*found, *what_must_be_known(listed))))
    if found:
        taken = preflight.VERSION_TAKEN.id in {one.id for one in found}
        error = blocked(target.title, found, done=done, again=again)
        error.hint = "The next version: nox -s release -- patch" if taken else error.hint
        raise error


def blocked(title: str, found: tuple[Finding, ...], *, done: str, again: str) -> ChecksFailed:
    """What stops it, counted: the same found by two rules is one problem."""
    count = len({one.message for one in found})
    many = f"{count} problems block" if count > 1 else "One problem blocks"
    return ChecksFailed(
        f"{many} {title}; {done}.",
        findings=ranked(found),
        hint=f"When {'they are' if count > 1 else 'it is'} settled: {again}",
    )


def confirm(errand: Errand, target: Target, plan: Plan[ReleaseStep]) -> None:
    acts = [step for step in plan.todo if not isinstance(step, (AwaitChecks, AwaitRun, AwaitFiles))]
    if acts:
        errand.console.line()
        errand.console.confirm(
            f"Release {target.title} from {target.commit[:7]} to {target.index.title}?",
            yes=errand.options.yes,
        )


def show_dry_run(errand: Errand) -> None:
    errand.console.line()
    errand.console.line(f"Nothing was done: this was --dry-run. To do it: {errand.again}")
