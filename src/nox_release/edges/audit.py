"""What zizmor and actionlint say about workflows, as findings of ours with their ids.

Both are optional: zizmor comes with `nox-release[audit]` and runs offline, actionlint is used where
it is on the PATH.
"""

import json
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nox_release.core.errors import CommandError
from nox_release.core.findings import Finding, Location, Passed, Result, Severity, Skipped
from nox_release.core.values import dataclass, replace
from nox_release.core.words import sentence
from nox_release.edges.process import Completed, Runner
from nox_release.workflows import patches
from nox_release.workflows.publishing import Workflow

_SECONDS = 60.0
_SUBJECT = "workflow"
_NO_FINDINGS = frozenset({0, 11, 12, 13, 14})  # zizmor 1.x: 11 to 14 say how grave the findings are
_TELLS = {"high": Severity.WARNING, "medium": Severity.WARNING}
_REMEDIES = {
    "unpinned-uses": "Pin the action to a commit, with the version in a comment behind it; "
    "`zizmor --fix` and Dependabot do it.",
    "artipacked": "Add `persist-credentials: false` to actions/checkout.",
    "cache-poisoning": "Switch caching off in a workflow that releases.",
    "excessive-permissions": "Put `permissions: {}` at the top, and give each job what it needs.",
    "template-injection": "Pass the value through `env:`, and use the variable in the script.",
    "dangerous-triggers": "Start the workflow on `release: types: [published]`.",
}


def audit_workflows(
    root: Path, workflows: Iterable[Workflow], runner: Runner, *, publishing: Collection[str] = ()
) -> tuple[Result, ...]:
    """The findings of zizmor and actionlint about these files below `root`, one for each rule and
    file; about files that are not `publishing`, one for each rule.

    A program that is not installed has nothing to say; one that fails is skipped.
    """
    chosen = tuple(workflows)
    if not chosen:
        return ()
    results = (*_zizmor(root, chosen, runner), *_actionlint(root, chosen, runner))
    findings = [result for result in results if isinstance(result, Finding)]
    others = [result for result in results if not isinstance(result, Finding)]
    return (*_by_rule(findings, frozenset(publishing)), *others)


def _by_rule(findings: Iterable[Finding], publishing: frozenset[str]) -> Iterator[Finding]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        file = finding.where.file if finding.where else ""
        place = file if not publishing or file in publishing else ""
        groups.setdefault((finding.id, place), []).append(finding)
    for (rule, place), group in groups.items():
        first = group[0]
        if len(group) > 1:
            places = [
                str(one.where.line if place else replace(one.where, key=""))
                for one in group
                if one.where
            ]
            listed = ", ".join(places[:_MOST_PLACES])
            more = f" and {len(places) - _MOST_PLACES} more" if places[_MOST_PLACES:] else ""
            what = "lines" if place else "in"
            message = f"{first.message.rstrip('.')} ({what} {listed}{more})."
            first = replace(first, message=message, patch="")
        grave = rule in _GRAVE_ANYWHERE
        yield first if place or grave else replace(first, severity=Severity.ADVICE)


_MOST_PLACES = 8
# Worth a warning in a file that publishes nothing, too: they give away what publishes.
_GRAVE_ANYWHERE = frozenset({"zizmor/dangerous-triggers", "zizmor/template-injection"})


def without_doubles(results: Iterable[Result]) -> tuple[Result, ...]:
    """`results` without what two tools say about the same upload."""
    everything = tuple(results)
    told = {
        result.where.file
        for result in everything
        if isinstance(result, Finding) and result.id == "no-manual-twine" and result.where
    }
    return tuple(
        result
        for result in everything
        if not (
            isinstance(result, Finding)
            and result.id == "zizmor/use-trusted-publishing"
            and result.where
            and result.where.file in told
        )
    )


# --- zizmor ----------------------------------------------------------------------------------


def _zizmor(root: Path, workflows: tuple[Workflow, ...], runner: Runner) -> tuple[Result, ...]:
    by_file = {workflow.file: workflow for workflow in workflows}
    tool = _Tool(
        name="zizmor",
        program=find_zizmor(runner.environ),
        options=("--offline", "--format", "json-v1", "--no-exit-codes", "--no-progress", "--"),
        ends=_NO_FINDINGS,
        read=lambda entry: None if entry.get("ignored") else _zizmor_finding(entry, by_file),
    )
    return tool.ask(root, workflows, runner)


def find_zizmor(environ: Mapping[str, str]) -> str | None:
    """The zizmor that was installed beside this tool, or else the one on the PATH."""
    beside = shutil.which("zizmor", path=str(Path(sys.executable).parent))
    return beside or shutil.which("zizmor", path=environ.get("PATH"))


def _zizmor_finding(entry: Mapping[str, Any], by_file: Mapping[str, Workflow]) -> Finding | None:
    ident = entry.get("ident")
    locations = entry.get("locations")
    if not isinstance(ident, str) or not isinstance(locations, list) or not locations:
        return None
    try:
        primary = next(
            (at for at in locations if at["symbolic"]["kind"] == "Primary"), locations[0]
        )
        symbolic, concrete = primary["symbolic"], primary["concrete"]
        line = int(concrete["location"]["start_point"]["row"]) + 1
        severity = str(entry["determinations"]["severity"]).lower()
        file = str(symbolic["key"]["Local"]["verbatim_path"]).replace("\\", "/").removeprefix("./")
        annotation = str(symbolic["annotation"])
    except (KeyError, TypeError, ValueError):
        return None
    route = symbolic.get("route")
    return Finding(
        id=f"zizmor/{ident}",
        severity=_TELLS.get(severity, Severity.ADVICE),
        message=f"{sentence(str(entry.get('desc', ident)))[:-1]}: {annotation}.",
        subject=_SUBJECT,
        where=Location(file=file, key=_key(route), line=line),
        fix=_REMEDIES.get(ident, ""),
        link=str(entry.get("url", "")),
        patch=_patch(ident, by_file.get(file), line),
    )


def _key(route: Any) -> str:
    """The place in the file as `jobs.build.steps`."""
    parts = route.get("route", []) if isinstance(route, dict) else []
    names = [str(part["Key"]) for part in parts if isinstance(part, dict) and "Key" in part]
    return ".".join(names[:3])


def _patch(ident: str, workflow: Workflow | None, line: int) -> str:
    if ident != "artipacked" or workflow is None:
        return ""
    for job in workflow.jobs:
        for step in job.steps:
            if step.line <= line <= step.end:
                return patches.set_input(workflow, step.node, "persist-credentials", "false")
    return ""


# --- actionlint ------------------------------------------------------------------------------


def _actionlint(root: Path, workflows: tuple[Workflow, ...], runner: Runner) -> tuple[Result, ...]:
    tool = _Tool(
        name="actionlint",
        program=shutil.which("actionlint", path=runner.environ.get("PATH")),
        options=("-no-color", "-format", "{{json .}}"),
        ends=frozenset({0, 1}),
        read=_actionlint_finding,
    )
    return tool.ask(root, workflows, runner)


def _actionlint_finding(entry: Mapping[str, Any]) -> Finding | None:
    kind, message = entry.get("kind"), entry.get("message")
    if not isinstance(kind, str) or not isinstance(message, str):
        return None
    line = entry.get("line")
    return Finding(
        id=f"actionlint/{kind}",
        severity=Severity.WARNING,
        message=sentence(message),
        subject=_SUBJECT,
        where=Location(
            file=str(entry.get("filepath", "")).replace("\\", "/"),
            line=line if isinstance(line, int) else None,
        ),
        link="https://github.com/rhysd/actionlint/blob/main/docs/checks.md",
    )


# --- both ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tool:
    """A program that lists its findings as JSON; `ends` are its exit codes when nothing failed."""

    name: str
    program: str | None
    options: tuple[str, ...]
    ends: frozenset[int]
    read: Callable[[Mapping[str, Any]], Finding | None]

    def ask(
        self, root: Path, workflows: tuple[Workflow, ...], runner: Runner
    ) -> tuple[Result, ...]:
        if self.program is None:
            return ()
        command = [self.program, *self.options, *(workflow.file for workflow in workflows)]
        done = _run(command, root, workflows, runner)
        entries = None if isinstance(done, str) else _parsed(done.stdout)
        if isinstance(done, str) or done.returncode not in self.ends or entries is None:
            reason = done if isinstance(done, str) else f"it failed: {_last(done)}"
            title = f"What {self.name} says about the workflows"
            return (Skipped(id=self.name, subject=_SUBJECT, title=title, reason=reason),)
        found = tuple(finding for entry in entries if (finding := self.read(entry)) is not None)
        title, files = f"{self.name} found nothing", _files(workflows)
        return found or (Passed(id=self.name, subject=_SUBJECT, title=title, detail=files),)


_MOST_KEPT = 8
_ENDED: dict[tuple[object, ...], Completed] = {}


def _run(
    command: list[str], root: Path, workflows: tuple[Workflow, ...], runner: Runner
) -> Completed | str:
    """The program's end, or why there is none.

    Each package of a repository asks about the same files, and each release of it twice.
    """
    asked = (root, *command, *(workflow.text for workflow in workflows))
    done = _ENDED.get(asked)
    if done is None:
        try:
            done = runner.run(command, cwd=root, timeout=_SECONDS, check=False)
        except CommandError as error:
            return error.message
        if len(_ENDED) >= _MOST_KEPT:
            _ENDED.clear()
        _ENDED[asked] = done
    return done


def _parsed(text: str) -> list[Mapping[str, Any]] | None:
    """The list of findings; `None` when the text is no such list."""
    try:
        document = json.loads(text or "null")
    except ValueError:
        return None
    if document is None:
        return []
    if not isinstance(document, list):
        return None
    return [entry for entry in document if isinstance(entry, dict)]


def _last(done: Completed) -> str:
    lines = [line.strip() for line in done.complaint.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal", "error", "invalid"))]
    return (fatal or lines or [f"exit code {done.returncode}"])[0][:200]


def _files(workflows: tuple[Workflow, ...]) -> str:
    return workflows[0].file if len(workflows) == 1 else f"{len(workflows)} workflows"
