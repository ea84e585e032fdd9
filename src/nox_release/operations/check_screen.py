"""The screen of `check-project`: short enough to be seen whole, the gravest nearest to the verdict.

A line for each subject that is fine, one for each cause that left something unknown, advice as a
count, then warnings, errors, the verdict and the next command. `-v` shows every result with its
reason instead.
"""

from collections.abc import Iterable, Iterator, Sequence

from nox_release.checks.index.siblings import NOT_PUBLISHED
from nox_release.checks.index.state import ABSENT
from nox_release.checks.judging import GITHUB_AWAY, what_must_be_known
from nox_release.checks.release import asked
from nox_release.checks.release.preflight import (
    GH_UNREACHABLE,
    INDEX_UNREACHABLE,
    REMOTE_UNREACHABLE,
)
from nox_release.checks.workflow.upload import CURRENT
from nox_release.core.answers import ANSWERED
from nox_release.core.findings import (
    SUBJECTS,
    Finding,
    Location,
    Passed,
    Result,
    Severity,
    Skipped,
    findings_in,
    ranked,
)
from nox_release.core.values import replace
from nox_release.core.words import counted, git_in_brief, sentence
from nox_release.edges.as_called import names_session
from nox_release.edges.console import Console
from nox_release.operations.checklist import Checklist
from nox_release.operations.next_step import NextStep, command, is_published

_ROOM = 66
_ALIKE = 3
# Found in workflow files and asked of GitHub: the same for every package of a repository.
_OF_THE_REPOSITORY = ("GitHub", "workflow", "trusted publisher")
_OF_THE_INDEX = {ABSENT.id, INDEX_UNREACHABLE.id}
_OF_GITHUB = {GH_UNREACHABLE.id, REMOTE_UNREACHABLE.id}
_OFFLINE = "no connection; are you offline?"


def show(console: Console, checklists: Sequence[Checklist]) -> None:
    """Every checklist; what several packages have in common is shown once, before them."""
    common = _common(checklists)
    if common:
        console.title(f"All {len(checklists)} packages")
        _results(console, in_order(common))
    for checklist in checklists:
        project = checklist.project
        version = f" {checklist.version}" if checklist.version else ""
        index = project.settings.index.title
        console.title(f"Project {project.name or project.root.name}{version} → {index}")
        listed = in_order([one for one in checklist.results if one not in common])
        with console.about(project.name if len(checklists) > 1 else None):
            _results(console, [one for one in listed if not _is_past(one, checklist)])
            console.line()
            _verdict(console, checklist)
            _step(console, checklist.step)
    if len(checklists) > 1:
        console.line()
        _overall(console, checklists)
        _joint_step(console, checklists)


def _is_past(result: Result, checklist: Checklist) -> bool:
    """Whether a result is about files that CI has built and the index has taken long since."""
    return (
        checklist.phase == "done"
        and isinstance(result, Skipped)
        and result.id == asked.DISTRIBUTIONS_CHECKED.id
    )


def in_order(results: Iterable[Result]) -> list[Result]:
    """Findings first within each subject, the gravest first; then what is not known; then fine."""
    listed = list(results)
    return [
        *ranked(findings_in(listed)),
        *(result for result in listed if isinstance(result, Skipped)),
        *(result for result in listed if isinstance(result, Passed)),
    ]


def _common(checklists: Sequence[Checklist]) -> list[Result]:
    """What every one of several packages was told about their one repository, but for what one of our
    commands settles, which is run for each.
    """
    if len(checklists) == 1:
        return []
    first, *others = checklists
    return [
        result
        for result in first.results
        if result.subject in _OF_THE_REPOSITORY
        and all(result in checklist.results for checklist in others)
        and not (isinstance(result, Finding) and names_session(result.fix))
    ]


def _results(console: Console, results: Sequence[Result]) -> None:
    if console.is_verbose:
        console.results(results)
        return
    findings = findings_in(results)
    for subject, passed in _fine(results):
        console.mark("ok", f"{subject[0].upper()}{subject[1:]}: {_in_short(passed)}")
    for said, then in unknown_in_short(results):
        console.mark("not known", then, finding=said)
    _advice(console, findings)
    for severity in (Severity.WARNING, Severity.ERROR):
        _findings(console, [one for one in findings if one.severity is severity])


# --- in short ---------------------------------------------------------------------------------


def _fine(results: Sequence[Result]) -> Iterator[tuple[str, list[Passed]]]:
    """The subjects in which nothing is wrong, with what was found fine."""
    wrong = {
        result.subject
        for result in results
        if isinstance(result, Finding) and result.severity is not Severity.ADVICE
    }
    passed = [result for result in results if isinstance(result, Passed)]
    for subject in (*SUBJECTS, *sorted({one.subject for one in passed} - set(SUBJECTS))):
        group = [one for one in passed if one.subject == subject]
        if group and subject not in wrong:
            yield subject, group


def _in_short(passed: Sequence[Passed]) -> str:
    """What was found fine: in words where these are few, else how much."""
    if len(passed) == 1:
        (one,) = passed
        if one.id == asked.PUBLISHER_DERIVED.id:
            return one.detail
        whole = f"{one.title} ({one.detail})"
        return whole if one.detail and len(whole) <= _ROOM else one.title
    words = "; ".join(one.title for one in passed)
    return words if len(words) <= _ROOM else f"{len(passed)} checks"


def unknown_in_short(results: Iterable[Result]) -> list[tuple[str, str]]:
    """What is not known, a line for each cause, and what makes it known; without what nobody can
    ever know.
    """
    causes: dict[tuple[str, str], list[Skipped]] = {}
    undecided = 0
    unknown = _unknown(results)
    reason_of = _one_cause(unknown)
    for result in unknown:
        if result.subject == "workflow" and result.id != asked.ZIZMOR.id:
            undecided += 1
        else:
            reason = reason_of.get(result.id, git_in_brief(result.reason))
            causes.setdefault((reason, result.then), []).append(result)
    lines = [
        (f"{'; '.join(dict.fromkeys(one.title for one in group))}: {reason}", then)
        for (reason, then), group in causes.items()
    ]
    if undecided:
        lines.append((f"{counted(undecided, 'rule')} about the workflow (-v shows why)", ""))
    return lines


def _one_cause(unknown: Sequence[Skipped]) -> dict[str, str]:
    """The reason to show for results whose reasons are one and the same under several names."""
    ids = [one.id for one in unknown]
    index, github = _OF_THE_INDEX.intersection(ids), _OF_GITHUB.intersection(ids)
    said = next((one.reason for one in unknown if one.id in index), "")
    if index:
        index |= {NOT_PUBLISHED.id}.intersection(ids)
    if index and github and ANSWERED not in said:
        return dict.fromkeys(index | github, _OFFLINE)
    away = f"{GITHUB_AWAY} (-v shows what was said)"
    return {**dict.fromkeys(index, said), **dict.fromkeys(github if len(github) > 1 else (), away)}


def _unknown(results: Iterable[Result]) -> list[Skipped]:
    """What is not known, but for what nobody outside the index can find out (the next step speaks of
    it), and for what follows from the files that are not built.
    """
    skipped = [result for result in results if isinstance(result, Skipped)]
    hidden = {asked.PUBLISHER_REGISTERED.id}
    if any(one.id == ABSENT.id for one in skipped):  # which says the same
        hidden.add(INDEX_UNREACHABLE.id)
    if any(one.id == asked.DISTRIBUTIONS_CHECKED.id for one in skipped):
        hidden.add(CURRENT.id)
    return [one for one in skipped if one.id not in hidden]


def _advice(console: Console, findings: Sequence[Finding]) -> None:
    advice = [one for one in findings if one.severity is Severity.ADVICE]
    if advice:
        ids = list(dict.fromkeys(one.id for one in advice))
        shown = ", ".join(ids[:_ALIKE]) + (f" and {len(ids) - _ALIKE} more" * (len(ids) > _ALIKE))
        console.mark("advice", f"{len(advice)} ({shown}); -v shows it")


def _findings(console: Console, findings: Sequence[Finding]) -> None:
    """Each in one line; of many warnings alike, the first few; those of another tool together."""
    seen: dict[str, int] = {}
    foreign: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        severity = finding.severity
        tool, _, slug = finding.id.rpartition("/")
        if tool and severity is Severity.WARNING and finding.where:
            line = f" ({finding.where.line})" if finding.where.line else ""
            foreign.setdefault((finding.where.file, tool), []).append(f"{slug}{line}")
            continue
        seen[finding.id] = seen.get(finding.id, 0) + 1
        if severity is Severity.ERROR or seen[finding.id] <= _ALIKE:
            said, fix = _told(finding)
            console.mark(severity.value, fix, finding=said, detail=f"[{finding.id}]")
    for slug, count in seen.items():
        if count > _ALIKE and findings[0].severity is Severity.WARNING:
            console.mark("warning", f"{count - _ALIKE} more of these (-v)", detail=f"[{slug}]")
    for (file, tool), named in foreign.items():
        console.mark("warning", f"{file}: {tool} warns of {', '.join(named)}; -v shows the fixes")


def _told(finding: Finding) -> tuple[str, str]:
    """A finding with its place, and what to do about it: one line unless it quotes a program."""
    quotes = "\n" in finding.message.strip()
    said = finding.message if quotes else sentence(finding.message)
    where = finding.where
    before = f"{_place(where)}: " if where else ""
    fix = f"{chr(10) if quotes else ' '}fix: {' '.join(finding.fix.split())}" if finding.fix else ""
    return f"{before}{said}", fix


def _place(where: Location) -> str:
    return f"{where.file}:{where.line}" if where.line else str(where)


# --- the verdict and the next step ------------------------------------------------------------


def _verdict(console: Console, checklist: Checklist) -> None:
    errors = len(checklist.errors)
    unknown = len(_unknown([one for one in checklist.unknown if not _is_past(one, checklist)]))
    warnings = sum(
        isinstance(result, Finding) and result.severity is Severity.WARNING
        for result in checklist.results
    )
    counts = ", ".join(
        [
            *([counted(errors, "error")] if errors else []),
            *([counted(warnings, "warning")] if warnings else []),
            *([f"{unknown} not known"] if unknown else []),
        ]
    )
    counts = f" {counts}." if counts else ""
    if errors:
        console.mark("error", f"A release would fail.{counts}")
    elif checklist.phase == "done":
        said = f"{checklist.version} is released, and nothing was found wrong with it."
        console.mark("done", f"{said}{counts}")
    elif checklist.phase == "before" and is_published(checklist.results):
        index = checklist.project.settings.index.title
        said = f"{checklist.version} is on {index} already: the next release needs another version."
        console.mark("warning", f"{said}{counts}", verdict=True)
    elif not any(isinstance(r, Passed) and r.subject == "index" for r in checklist.results):
        console.mark(
            "not known",
            "Nothing found that would make a release fail, but "
            f"{checklist.project.settings.index.title} gave no answer.{counts}",
        )
    elif what_must_be_known(checklist.results):
        console.mark(
            "not known",
            "Nothing found that would make a release fail, but a question it depends on got no "
            f"answer.{counts}",
        )
    elif checklist.unknown:
        console.mark("done", f"Nothing found that would make a release fail.{counts}")
    else:
        console.mark("done", f"Ready for a release.{counts}")


def _overall(console: Console, checklists: Sequence[Checklist]) -> None:
    failing = [one.project.name or one.project.root.name for one in checklists if not one.ready]
    count = len(checklists)
    if failing:
        console.mark(
            "error",
            f"A release of {len(failing)} of {count} packages would fail: {', '.join(failing)}.",
        )
    else:
        console.mark(
            "done", f"Nothing found that would make a release of these {count} packages fail."
        )


def _joint_step(console: Console, checklists: Sequence[Checklist]) -> None:
    """What to do next for several packages: about the first that would fail or has something to be done
    before its release; else all of them at once.
    """
    ranks = {"release": 1, "raise-version": 2}
    first = min(checklists, key=lambda one: (one.ready, ranks.get(one.step.kind, 0)))
    step = first.step
    if first.ready and not first.project.version_from_tags:
        if step.kind == "release":
            every = command("release", ["--all-packages"])
            step = replace(step, text="Release what is prepared.", command=every)
        elif step.kind == "raise-version":
            every = command("prepare", ["patch", "--all-packages"])
            step = replace(step, text="All are out. The next ones, of what is new:", command=every)
    # The other way stands in the package's own part.
    _step(console, replace(step, otherwise="", page="", values=()) if step.otherwise else step)


def _step(console: Console, step: NextStep) -> None:
    console.mark("step", f"Next: {step.text}")
    if step.otherwise:
        console.paste(step.command, indent=4)
        console.line(step.otherwise, indent=2)
    if step.page:
        console.paste(step.page, indent=4)
        if console.is_verbose or "?" not in step.page:  # a page that is not filled in
            for label, value in step.values:
                console.line(f"{label}: {value}", indent=6)
    if step.command and not step.otherwise:
        after = step.page or step.kind == "fix"
        console.paste(f"then: {step.command}" if after else step.command, indent=4)
