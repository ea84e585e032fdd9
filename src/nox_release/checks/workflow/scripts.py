"""Rules about versions and tags, shell lines, cancelled runs and failures that nobody sees."""

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from nox_release.checks.workflow.artifacts import DOWNLOADS, UPLOADS, builds
from nox_release.checks.workflow.subject import SYNTAX, Subject, rule, uses_action
from nox_release.core.findings import Finding, Severity, Skipped, find, skipped
from nox_release.core.values import replace
from nox_release.workflows import patches
from nox_release.workflows.expressions import asks_status
from nox_release.workflows.publishing import Job, Step

VERSION = rule(
    "version-equals-tag",
    Severity.WARNING,
    "The build compares the version with the tag",
    why="A tag v1.3.0 on a commit that still says 1.2.0 publishes 1.2.0, or fails after the tag is "
    "out.",
    remedy='Let the build job run `nox-release build --tag "$GITHUB_REF_NAME"`.',
    link="https://packaging.python.org/en/latest/discussions/single-source-version/",
)
DEPTH = rule(
    "scm-depth",
    Severity.ERROR,
    "The check-out has the tags that the version comes from",
    why="A check-out of one commit has no history; the version becomes 0.1.dev0 or the like.",
    remedy="Add `fetch-depth: 0` to actions/checkout in the building job.",
    link="https://github.com/actions/checkout#readme",
)
SUBMODULES = rule(
    "submodules-absent",
    Severity.WARNING,
    "The check-out has the submodules that the build reads",
    why="A check-out leaves the folders of submodules empty: the build fails on the runner, or makes an "
    "sdist that nobody can build.",
    remedy="Add `submodules: recursive` to actions/checkout in the building job.",
    link="https://github.com/actions/checkout#readme",
)
DIRTY = rule(
    "scm-dirty",
    Severity.WARNING,
    "Nothing changes the tree before the build",
    why="A changed file makes the version a local one (`+dYYYYMMDD`), which PyPI refuses.",
    remedy="Build first, or write outside the tree.",
    link="https://setuptools-scm.readthedocs.io/en/latest/usage/",
)
QUOTING = rule(
    "shell-quoting",
    Severity.WARNING,
    "Version bounds are quoted in the shell",
    why="Unquoted, `>` redirects: any version is installed, and a file such as `=2.0.0` is written "
    "into the tree, and so into the sdist. `<` reads a file that is not there, and the step fails.",
    remedy="Put the requirement in quotes: `'torch>=2.0.0'`.",
    link="https://pip.pypa.io/en/stable/cli/pip_install/#requirement-specifiers",
)
CONCURRENCY = rule(
    "concurrency-group",
    Severity.WARNING,
    "No newer run cancels an upload",
    why="A run that is cancelled between two files leaves half a release.",
    remedy="`cancel-in-progress: false` for the job that uploads.",
    link=f"{SYNTAX}#concurrency",
)
VISIBLE = rule(
    "fail-visible",
    Severity.WARNING,
    "A failed build, check or upload fails the run",
    why="With `continue-on-error` or `|| true` a release without files looks green.",
    remedy="Let it fail: remove `continue-on-error`, or what follows `||`.",
    link=f"{SYNTAX}#jobsjob_idstepscontinue-on-error",
)


def version_equals_tag(subject: Subject) -> Iterator[Finding | Skipped]:
    facts = subject.facts
    made = builds(subject.workflow)
    if not made or not subject.publish_jobs or not subject.raised:
        return
    if facts.version_from_tags is None:
        yield skipped(VERSION, "where the version comes from is not known")
        return
    if facts.version_from_tags:
        return
    unclear = ""
    for job in subject.workflow.jobs:
        if job.id not in subject.needed_for_upload:
            continue  # what fails there, or is found, does not stop the upload
        if job.uses is not None:
            unclear = unclear or f"job `{job.id}` is in {job.uses.text}"
        for step in _until_the_upload(subject, job):
            asked = _IS_A_TAG.sub("", step.condition)
            # An artifact that is called after the tag is compared with nothing.
            inputs = {} if uses_action(step, *UPLOADS, *DOWNLOADS) else dict(step.inputs)
            text = f"{step.run or ''} {dict(step.environ)} {asked} {inputs}"
            if _READS_THE_TAG.search(text):
                return
            unclear = unclear or _written_elsewhere(job, step)
    if unclear:
        yield skipped(VERSION, unclear)
        return
    build = made[0]
    yield find(
        VERSION,
        f"Job `{build.job.id}` builds whatever version is declared, without comparing it with the tag.",
        where=subject.workflow.at(build.line, f"jobs.{build.job.id}.steps"),
    )


def _until_the_upload(subject: Subject, job: Job) -> tuple[Step, ...]:
    """The steps whose failure stops the last upload of the job, that one's included."""
    for publish in reversed(subject.releases):
        if publish.job.id == job.id and publish.step and (before := subject.before(publish)):
            return (*before, publish.step)
    return job.steps


# Whether there is a tag at all is no comparison with it.
_IS_A_TAG = re.compile(
    r"startsWith\(\s*github\.(?:event\.)?ref\s*,[^()]*\)|github\.ref_type\s*==\s*'tag'"
)
# Where a script or an expression has the tag from; a variable STAGING is none.
_READS_THE_TAG = re.compile(
    r"GITHUB_REF|github\.ref|release\.tag_name|github\.event\.ref\b"
    r"|(?<![A-Za-z])(?:TAG|tag)(?![a-z])|git describe|check[-_]version|set[-_]version|version[-_]check"
)
_RUNS_SCRIPT = re.compile(
    r"(?:^|[\s/])(?!setup\.py)[\w-]+\.(?:sh|py)\b|^[^\S\n]*(?:make|just|nox|tox|invoke|poe|task)\b"
    r"|\bpython[\d.]* -c\b|(?:^|\s)\./[\w-]|\bbump|(?<!--)\bversion\b",
    re.MULTILINE,
)


def _written_elsewhere(job: Job, step: Step) -> str:
    """A step that may look at the version, or set it, where that cannot be read here."""
    if step.uses is not None:
        told = step.uses.kind == "local" or "version" in step.uses.text.lower()
        return f"job `{job.id}` uses {step.uses.text}" if told else ""
    found = _RUNS_SCRIPT.search(step.run or "")
    script = found[0].strip().removeprefix("/") if found else ""
    return f"job `{job.id}` runs `{script}`, which may look at it" if script else ""


def scm_depth(subject: Subject) -> Iterator[Finding | Skipped]:
    facts = subject.facts
    building = {build.job.id: build.job for build in builds(subject.workflow)}
    if not building or not subject.publish_jobs:
        return
    if facts.version_from_tags is None:
        yield skipped(DEPTH, "where the version comes from is not known")
        return
    if not facts.version_from_tags:
        return
    # Of a tag in the wrong form another rule tells; with that fixed, this one holds.
    at_any_tag = replace(subject, facts=replace(facts, tag=None, likely_tag=None))
    tagged = any(
        at_any_tag.reaches(one, event) is not False
        for one in subject.releases
        for event in ("release", "push-tag")
    )
    for job in building.values():
        if any(_written_elsewhere(job, step) for step in job.steps):
            continue
        if _version_is_given(subject, job):
            continue
        for step in job.steps:
            if not uses_action(step, "actions/checkout") or step.input("repository"):
                continue
            if tagged and not _WITHOUT_THE_TAG.fullmatch(step.input("ref") or ""):
                continue  # at a tag the check-out brings that one tag along, which is enough
            depth = step.input("fetch-depth")
            if depth == "0" or (depth is not None and "$" in depth):
                continue
            fetched = any(
                {"fetch", "tag", "describe"} & set(command.words[:2])
                or "--unshallow" in command.words
                for other in job.steps
                for command in other.commands()
            )
            if fetched:
                continue
            given = f"`fetch-depth: {depth}`" if depth else "no `fetch-depth`"
            given = f"`ref: {step.input('ref')}` and {given}" if tagged else given
            yield find(
                DEPTH,
                f"The version comes from git tags, but job `{job.id}` checks out with {given}.",
                where=subject.workflow.at(step.line, f"jobs.{job.id}.steps"),
                patch=patches.set_input(subject.workflow, step.node, "fetch-depth", "0"),
            )


# Commits and branches: what is fetched for them is the commit alone, without its tags.
_WITHOUT_THE_TAG = re.compile(
    r"\$\{\{\s*(?:github\.sha|github\.event\.release\.target_commitish"
    r"|github\.event\.repository\.default_branch)\s*\}\}|main|master"
)
_GIVES_VERSION = re.compile(
    r"\b(?:(?:SETUPTOOLS_SCM|HATCH_VCS|VCS_VERSIONING)_PRETEND_VERSION\w*|PBR_VERSION"
    r"|PDM_BUILD_SCM_VERSION|POETRY_DYNAMIC_VERSIONING_BYPASS|UV_DYNAMIC_VERSIONING_BYPASS)\b"
)


def _version_is_given(subject: Subject, job: Job) -> bool:
    """Whether the backend is told the version by the environment, and asks no history."""
    named = [*subject.workflow.environ, *job.environ]
    named += [pair for step in job.steps for pair in step.environ]
    return any(_GIVES_VERSION.search(name) for name, _ in named) or any(
        _GIVES_VERSION.search(step.run or "") for step in job.steps
    )


def submodules_absent(subject: Subject) -> Iterator[Finding | Skipped]:
    if not subject.facts.submodules or not subject.publish_jobs:
        return
    for job in {build.job.id: build.job for build in builds(subject.workflow)}.values():
        if subject.runs_at_release(job) is False:
            continue
        steps = [step for step in job.steps if uses_action(step, "actions/checkout")]
        said = f"{subject.workflow.environ} {job.environ} {job.steps}"
        if (
            not steps
            or "submodule" in said
            or any(_written_elsewhere(job, one) for one in job.steps)
        ):
            continue
        yield find(
            SUBMODULES,
            f"The build reads the submodule `{subject.facts.submodules[0]}`, and job `{job.id}` checks "
            "out without submodules.",
            where=subject.workflow.at(steps[0].line, f"jobs.{job.id}.steps"),
            patch=patches.set_input(subject.workflow, steps[0].node, "submodules", "recursive"),
        )
        return


def scm_dirty(subject: Subject) -> Iterator[Finding | Skipped]:
    if not subject.facts.version_from_tags:
        return
    for build in builds(subject.workflow):
        for step in build.job.steps:
            if subject.runs_at_release(build.job, step.condition) is False:
                continue
            for command in step.commands():
                if command.line >= build.line:
                    break
                changed = _changes_tree(command.words, command.text)
                if changed.startswith(">"):
                    yield skipped(DIRTY, f"whether `{changed[1:]}` is under git, or new")
                    return
                if changed:
                    yield find(
                        DIRTY,
                        f"`{command.text[:60]}` changes `{changed}` before the build, and the version "
                        "comes from git.",
                        where=subject.workflow.at(command.line, f"jobs.{build.job.id}.steps"),
                    )
                    return


_ELSEWHERE = re.compile(r"^(?:/|~|\$|&|-|dist/|build/)|GITHUB_|RUNNER_TEMP|^\d$")


def _changes_tree(words: tuple[str, ...], text: str) -> str:
    """The file that a command changes, with `>` before one that it may make, since a new file makes
    no version a local one; empty when there is none.
    """
    if words[:1] == ("sed",) and any(word.startswith(("-i", "--in-place")) for word in words):
        last = words[-1]
        return "" if _ELSEWHERE.search(last) else last
    bare = re.sub(r"(?<!>)(?<!> )(['\"])[^'\"]{0,300}\1", "''", text)
    found = re.search(r"(?<![\d&<>=])>>?\s*['\"]?([^\s'\"&|;]+)", bare)
    if (
        found
        and not _ELSEWHERE.search(found[1])
        and "." in found[1]
        and not found[1].startswith("=")
    ):
        return found[1] if ">>" in found[0] else f">{found[1]}"
    return ""


_UNQUOTED = re.compile(
    r"(?P<name>(?<![\w$./-])[A-Za-z][A-Za-z0-9._-]*(?:\[[A-Za-z0-9,._-]*\])?)"
    r"(?P<sign>>=?|<=?|~=>|!=>)(?P<bound>=?\s*[0-9][\w.*,<>=!]*)"
)


def shell_quoting(subject: Subject) -> Iterator[Finding | Skipped]:
    for job in subject.workflow.jobs:
        for step in job.steps:
            if not step.run or step.shell in ("pwsh", "powershell", "cmd", "python"):
                continue
            for number, line in enumerate(step.run.splitlines()[:5_000]):
                if len(line) > 5_000:
                    continue
                found = _unquoted_bound(line)
                if found is None:
                    continue
                place = step.run_line + number
                file = re.split("<" if "<" in found else ">", found, maxsplit=1)[1].strip() or "="
                does = "installs any version and writes a file called"
                fails = job.id in subject.needed_for_upload
                yield find(
                    QUOTING,
                    f"`{found}` is not quoted: the shell "
                    f"{'looks for a file called' if '<' in found else does} `{file}`.",
                    where=subject.workflow.at(place, f"jobs.{job.id}.steps"),
                    fix=f"'{found}'",
                    severity=Severity.ERROR if "<" in found and fails else None,
                    patch=patches.replace_in_line(
                        subject.workflow, place, f" {found}", f" '{found}'"
                    ),
                )


def _unquoted_bound(line: str) -> str | None:
    """A requirement with a bound outside quotes, in a line that installs something."""
    if not re.search(r"\b(?:install|add|sync|pipx|uvx|uv)\b", line) or line.lstrip().startswith(
        "#"
    ):
        return None
    bare = re.sub(
        r"'[^']*'|\"[^\"]*\"|\$\{\{(?:(?!\$\{\{).)*?\}\}", lambda found: "_" * len(found[0]), line
    )
    bare = bare.split(" #")[0]
    for found in _UNQUOTED.finditer(bare):
        text = line[found.start() : found.end()]
        try:
            Requirement(text.replace(" ", ""))
        except InvalidRequirement:
            continue
        if re.fullmatch(r"\d?", found["name"]):
            continue
        return text
    return None


def concurrency_group(subject: Subject) -> Iterator[Finding | Skipped]:
    if not subject.publish_jobs or subject.workflow.is_only_called:
        return
    top = subject.workflow.concurrency
    for job in subject.publish_jobs:
        for block in (job.concurrency, top):
            if block is None or block.cancel.strip().lower() != "true":
                continue
            by_ref = (
                re.search(r"github\.(?:event\.)?(?:ref|sha|run_id)|head_ref", block.group)
                is not None
            )
            yield find(
                CONCURRENCY,
                f"A newer run cancels job `{job.id}`, possibly between two files.",
                where=subject.workflow.at(block.line, "concurrency.cancel-in-progress"),
                patch=_keep_running(subject, block.line),
                severity=Severity.ADVICE if by_ref else None,
            )
            return


def _keep_running(subject: Subject, line: int) -> str:
    lines = subject.workflow.text.splitlines()
    for number in range(line, min(line + 4, len(lines)) + 1):
        if re.search(r"cancel-in-progress:\s*true", lines[number - 1]):
            return patches.replace_in_line(subject.workflow, number, "true", "false")
    return ""


def fail_visible(subject: Subject) -> Iterator[Finding | Skipped]:
    made = builds(subject.workflow)
    own = {build.job.id for build in made} >= {job.id for job in subject.publish_jobs}
    important = {
        (build.job.id, build.step.line): "build"
        for build in made
        if not own or build.job in subject.publish_jobs or _hands_over(build.job)
    }
    real = [one for one in subject.publishes if one.index == "pypi" and one.step is not None]
    important |= {(one.job.id, one.step.line): "upload" for one in real if one.step is not None}
    told = set()
    for job in subject.workflow.jobs:
        for step in job.steps:
            what = important.get((job.id, step.line))
            if what is None and any(c.runs("twine", "check") is not None for c in step.commands()):
                what = "check"
            line = _passed_over(job, step) if what is not None else None
            if line is None or (job.id, line) in told:
                continue
            told.add((job.id, line))
            yield find(
                VISIBLE,
                f"A failed {what} in job `{job.id}` does not fail the run.",
                where=subject.workflow.at(line, f"jobs.{job.id}.steps"),
            )
    for publish in real:
        if passed := _passed_over_jobs(subject, publish.job):
            names = " or ".join(f"`{name}`" for name in passed[:3])
            deliberate = "needs." in publish.job.condition
            yield find(
                VISIBLE,
                f"Job `{publish.job.id}` uploads even if job {names} has failed.",
                where=subject.workflow.at(publish.job.line_of("if"), f"jobs.{publish.job.id}.if"),
                fix="`if: ${{ !cancelled() && !failure() }}` lets skipped jobs pass, and failed "
                "ones stop it.",
                severity=Severity.ADVICE if deliberate else None,
            )
        for command in publish.step.commands() if publish.step is not None else ():
            if command.line == publish.line and command.cannot_fail:
                yield find(
                    VISIBLE,
                    f"A failed upload in job `{publish.job.id}` does not fail the run: "
                    f"`|| {command.otherwise[:40]}`.",
                    where=subject.workflow.at(command.line, f"jobs.{publish.job.id}.steps"),
                )


def _hands_over(job: Job) -> bool:
    """Whether a job passes files on to others, which may upload them."""
    return any(uses_action(step, *UPLOADS) for step in job.steps)


def _passed_over_jobs(subject: Subject, job: Job) -> tuple[str, ...]:
    """The jobs that `job` waits for, and whose failure does not keep it from running."""
    needed = subject.needed(job)
    if not any(asks_status(one.condition) for one in (job, *needed)):
        return ()  # a failure anywhere before keeps it from running
    return tuple(
        other.id
        for other in sorted(needed, key=lambda one: one.line)
        if subject.runs_at_release(other) is not False
        and subject.runs_by(subject.raised, job, failed=other.id)
    )


def _passed_over(job: Job, step: Step) -> int | None:
    """The line of the `continue-on-error` that counts for a step."""
    holder = step.node if step.continue_on_error else job.node if job.continue_on_error else None
    if holder is None:
        return None
    key = holder.key("continue-on-error")
    return key.line if key is not None else step.line


CHECKS = (
    (VERSION, version_equals_tag),
    (DEPTH, scm_depth),
    (SUBMODULES, submodules_absent),
    (DIRTY, scm_dirty),
    (QUOTING, shell_quoting),
    (CONCURRENCY, concurrency_group),
    (VISIBLE, fail_visible),
)
RULES = tuple(rule for rule, _ in CHECKS)
