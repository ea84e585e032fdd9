"""Rules about versions and tags, shell lines, concurrency and what may fail unseen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nox_release.checks.workflow.artifacts import builds
from nox_release.checks.workflow.subject import SYNTAX, report, rule, skip, uses_action
from nox_release.core.findings import Severity
from nox_release.workflows import patches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nox_release.checks.workflow.subject import Subject
    from nox_release.core.findings import Finding, Skipped
    from nox_release.workflows.publishing import Step

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
    "The check-out has the tags that the version is made from",
    why="A check-out of one commit has no history; the version becomes 0.1.dev0 or the like.",
    remedy="Add `fetch-depth: 0` to actions/checkout in the building job.",
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
TAG_FIRST = rule(
    "tag-pushed-first",
    Severity.WARNING,
    "The tag is there before the release is made",
    why="`gh release create` makes a missing tag itself, at the head of the default branch, which "
    "may be another commit than the one that was tested.",
    remedy="Push the tag first, and add `--verify-tag`.",
    link="https://cli.github.com/manual/gh_release_create",
)
QUOTING = rule(
    "shell-quoting",
    Severity.ERROR,
    "Version bounds are quoted in the shell",
    why="Unquoted, `>` redirects: any version is installed, and a file such as `=2.0.0` is written "
    "into the tree, from where it gets into the sdist.",
    remedy="Put the requirement in quotes: `'torch>=2.0.0'`.",
    link="https://pip.pypa.io/en/stable/cli/pip_install/#requirement-specifiers",
)
NEEDLESS = rule(
    "build-deps-needless",
    Severity.WARNING,
    "The build job installs the build front end only",
    why="Builds are isolated: what the project needs at run time takes part in no build.",
    remedy="Install `build` alone.",
    link="https://build.pypa.io/en/stable/",
)
CONCURRENCY = rule(
    "concurrency-group",
    Severity.WARNING,
    "Two runs of one release wait for each other, and none is cancelled",
    why="A run that is killed between two files leaves half a release.",
    remedy="`concurrency: {group: ${{ github.workflow }}-${{ github.ref }}, "
    "cancel-in-progress: false}`",
    link=f"{SYNTAX}#concurrency",
)
TIMEOUT = rule(
    "timeout",
    Severity.ADVICE,
    "The publish job ends in time",
    why="Its token lasts 15 minutes; by default a job may hang for six hours.",
    remedy="`timeout-minutes: 15`",
    link=f"{SYNTAX}#jobsjob_idtimeout-minutes",
)
VISIBLE = rule(
    "fail-visible",
    Severity.ERROR,
    "A failed build, check or upload fails the run",
    why="With `continue-on-error` a release without files looks green.",
    remedy="Remove `continue-on-error`.",
    link=f"{SYNTAX}#jobsjob_idstepscontinue-on-error",
)
FORK = rule(
    "fork-guard",
    Severity.ADVICE,
    "Forks do not try to publish",
    why="In a fork the workflow runs as well, and its failure is somebody else's red mark.",
    remedy="`if: github.repository == 'OWNER/REPOSITORY'` on the publish job.",
    link=f"{SYNTAX}#jobsjob_idif",
)


def version_equals_tag(subject: Subject) -> Iterator[Finding | Skipped]:
    facts = subject.facts
    made = builds(subject.workflow)
    if not made or not subject.publish_jobs:
        return
    if facts.version_from_tags is None:
        yield skip(VERSION, "where the version comes from is not known")
        return
    if facts.version_from_tags:
        return
    for job in subject.workflow.jobs:
        if job.uses is not None:
            return
        for step in job.steps:
            text = f"{step.run or ''} {dict(step.environ)} {step.condition}"
            if re.search(r"GITHUB_REF|github\.ref|github\.event\.release\.tag_name|TAG", text):
                return
    build = made[0]
    yield report(
        subject,
        VERSION,
        build.line,
        f"Job `{build.job.id}` builds whatever version is declared, without a look at the tag.",
        key=f"jobs.{build.job.id}.steps",
    )


def scm_depth(subject: Subject) -> Iterator[Finding | Skipped]:
    facts = subject.facts
    building = {build.job.id: build.job for build in builds(subject.workflow)}
    if not building or not subject.publish_jobs:
        return
    if facts.version_from_tags is None:
        yield skip(DEPTH, "where the version comes from is not known")
        return
    if not facts.version_from_tags:
        return
    tagged = any(
        subject.reaches(one, event) is not False
        for one in subject.releases
        for event in ("release", "push-tag")
    )
    for job in building.values():
        for step in job.steps:
            if not uses_action(step, "actions/checkout") or step.input("repository"):
                continue
            depth = step.input("fetch-depth")
            if depth == "0" or (depth is not None and "$" in depth):
                continue
            fetched = any(
                {"fetch", "--tags"} <= set(command.words) or "--unshallow" in command.words
                for other in job.steps
                for command in other.commands()
            )
            if fetched:
                continue
            given = f"`fetch-depth: {depth}`" if depth else "no `fetch-depth`"
            yield report(
                subject,
                DEPTH,
                step.line,
                f"The version comes from git tags, but job `{job.id}` checks out with {given}.",
                key=f"jobs.{job.id}.steps",
                # At a tag the check-out brings that one tag along, and most tools are content.
                severity=Severity.WARNING if tagged else None,
                patch=patches.set_input(subject.workflow, step.node, "fetch-depth", "0"),
            )


def scm_dirty(subject: Subject) -> Iterator[Finding | Skipped]:
    if not subject.facts.version_from_tags:
        return
    for build in builds(subject.workflow):
        for step in build.job.steps:
            for command in step.commands():
                if command.line >= build.line:
                    break
                changed = _changes_tree(command.words, command.text)
                if changed:
                    yield report(
                        subject,
                        DIRTY,
                        command.line,
                        f"`{command.text[:60]}` changes {changed} before the build, and the version "
                        "comes from git.",
                        key=f"jobs.{build.job.id}.steps",
                    )
                    return


_ELSEWHERE = re.compile(r"^(?:/|~|\$|&|-|dist/|build/)|GITHUB_|RUNNER_TEMP|^\d$")


def _changes_tree(words: tuple[str, ...], text: str) -> str:
    """The tracked-looking file that a command changes; empty when there is none."""
    if words[:1] == ("sed",) and any(word.startswith(("-i", "--in-place")) for word in words):
        last = words[-1]
        return "" if _ELSEWHERE.search(last) else f"`{last}`"
    found = re.search(r"(?<![\d&<>=])>>?\s*['\"]?([^\s'\"&|;]+)", text)
    if (
        found
        and not _ELSEWHERE.search(found[1])
        and "." in found[1]
        and not found[1].startswith("=")
    ):
        return f"`{found[1]}`"
    return ""


def tag_pushed_first(subject: Subject) -> Iterator[Finding | Skipped]:
    for job in subject.workflow.jobs:
        for step in job.steps:
            for command in step.commands():
                after = command.tool("gh")
                if not after or after[:2] != ("release", "create") or "--verify-tag" in after:
                    continue
                if re.search(r"GITHUB_REF|github\.ref", command.text):
                    continue  # the tag that started the run
                yield report(
                    subject,
                    TAG_FIRST,
                    command.line,
                    f"Job `{job.id}` makes a release whose tag may not be there yet.",
                    key=f"jobs.{job.id}.steps",
                )


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
                yield report(
                    subject,
                    QUOTING,
                    place,
                    f"`{found}` is not quoted: the shell installs any version and writes a file "
                    f"called `{re.split('[<>]', found, maxsplit=1)[1].strip() or '='}`.",
                    key=f"jobs.{job.id}.steps",
                    fix=f"'{found}'",
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
    bare = re.sub(r"'[^']*'|\"[^\"]*\"|\$\{\{.*?\}\}", lambda found: "_" * len(found[0]), line)
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


def build_deps_needless(subject: Subject) -> Iterator[Finding | Skipped]:
    dependencies = subject.facts.dependencies
    known: set[str] = {
        canonicalize_name(re.split(r"[^A-Za-z0-9._-]", d)[0]) for d in dependencies or ()
    }
    told = set()
    for build in builds(subject.workflow):
        if not build.isolated or build.job.id in told or build.step.uses is not None:
            continue
        if _does_more(build.job.steps):
            continue
        for step in build.job.steps:
            for command in step.commands():
                if command.line >= build.line:
                    break
                needless = _needless(command.words, known)
                if needless and build.job.id not in told:
                    told.add(build.job.id)
                    yield report(
                        subject,
                        NEEDLESS,
                        command.line,
                        f"Job `{build.job.id}` installs {', '.join(needless)}, which no isolated "
                        "build uses.",
                        key=f"jobs.{build.job.id}.steps",
                    )


def _does_more(steps: tuple[Step, ...]) -> bool:
    """Whether the job also tests or generates something that may need what is installed."""
    for step in steps:
        if step.uses is not None and step.uses.kind == "local":
            return True
        for command in step.commands():
            words = command.words
            if not words:
                continue
            for tool in ("pytest", "tox", "nox", "make", "mypy", "sphinx-build", "mkdocs", "npm"):
                if command.tool(tool) is not None:
                    return True
            script = any(word.endswith((".py", ".sh")) and word != "setup.py" for word in words)
            inline = words[0].startswith("python") and "-c" in words
            if script or inline:
                return True
    return False


_FRONT_ENDS = frozenset(
    [
        "pip",
        "setuptools",
        "wheel",
        "build",
        "twine",
        "uv",
        "hatch",
        "flit",
        "poetry",
        "pdm",
        "maturin",
        "nox-release",
        "nox",
        "tox",
        "cibuildwheel",
        "check-wheel-contents",
        "setuptools-scm",
        "hatchling",
        "flit-core",
        "poetry-core",
    ]
)
_HEAVY = frozenset(
    ["torch", "tensorflow", "jax", "numpy", "scipy", "pandas", "scikit-learn", "transformers"]
)


def _needless(words: tuple[str, ...], known: set[str]) -> list[str]:
    """What a `pip install` installs beyond a build front end, as far as that is sure."""
    if "install" not in words or not any(
        word.rsplit("/", 1)[-1] in ("pip", "pip3") for word in words
    ):
        return []
    found = []
    after = words[words.index("install") + 1 :]
    for position, word in enumerate(after):
        if position and after[position - 1] in ("-r", "--requirement"):
            if re.search(r"build|release|publish|dev|ci|deploy", word) is None:
                found.append(f"`-r {word}`")
            continue
        if word in (">", ">>", "|") or word.startswith(("-", "$", ">")):
            continue
        if re.fullmatch(r"\.(?:\[.*\])?", word):
            found.append(f"`{word}`")
            continue
        name = canonicalize_name(re.split(r"[^A-Za-z0-9._-]", word)[0])
        if name and name not in _FRONT_ENDS and (name in known or name in _HEAVY):
            found.append(f"`{name}`")
    return found


def concurrency_group(subject: Subject) -> Iterator[Finding | Skipped]:
    if not subject.publish_jobs or subject.workflow.is_only_called:
        return
    top = subject.workflow.concurrency
    for job in subject.publish_jobs:
        for block in (job.concurrency, top):
            if block is not None and block.cancel.strip().lower() == "true":
                yield report(
                    subject,
                    CONCURRENCY,
                    block.line,
                    f"A newer run cancels job `{job.id}`, perhaps between two files.",
                    key="concurrency.cancel-in-progress",
                    patch=_keep_running(subject, block.line),
                )
                return
    if top is None and all(job.concurrency is None for job in subject.publish_jobs):
        jobs = subject.workflow.node.key("jobs")
        patch = ""
        if jobs is not None:
            patch = patches.add_key(
                subject.workflow,
                subject.workflow.node,
                "concurrency:",
                "  group: ${{ github.workflow }}-${{ github.ref }}",
                "  cancel-in-progress: false",
                "",
                before="jobs",
            )
        yield report(
            subject,
            CONCURRENCY,
            jobs.line if jobs is not None else None,
            "Two runs of one release can overlap: there is no `concurrency:`.",
            key="concurrency",
            patch=patch,
        )


def _keep_running(subject: Subject, line: int) -> str:
    lines = subject.workflow.text.splitlines()
    for number in range(line, min(line + 4, len(lines)) + 1):
        if re.search(r"cancel-in-progress:\s*true", lines[number - 1]):
            return patches.replace_in_line(subject.workflow, number, "true", "false")
    return ""


def timeout(subject: Subject) -> Iterator[Finding | Skipped]:
    for job in subject.publish_jobs:
        if job.timeout_minutes is None:
            yield report(
                subject,
                TIMEOUT,
                job.line,
                f"Job `{job.id}` has no `timeout-minutes`.",
                key=f"jobs.{job.id}.timeout-minutes",
                patch=patches.add_key(
                    subject.workflow, job.node, "timeout-minutes: 15", before="steps"
                ),
            )


def fail_visible(subject: Subject) -> Iterator[Finding | Skipped]:
    important = {(build.job.id, build.step.line): "build" for build in builds(subject.workflow)}
    real = [one for one in subject.publishes if one.index == "pypi" and one.step is not None]
    important |= {(one.job.id, one.step.line): "upload" for one in real if one.step is not None}
    told = set()
    for job in subject.workflow.jobs:
        for step in job.steps:
            what = important.get((job.id, step.line))
            if what is None and any(c.runs("twine", "check") is not None for c in step.commands()):
                what = "check"
            if what is None:
                continue
            holder = (
                step.node if step.continue_on_error else job.node if job.continue_on_error else None
            )
            if holder is None or (job.id, holder.line) in told:
                continue
            told.add((job.id, holder.line))
            key = holder.key("continue-on-error")
            yield report(
                subject,
                VISIBLE,
                key.line if key is not None else step.line,
                f"A failed {what} in job `{job.id}` does not fail the run.",
                key=f"jobs.{job.id}.continue-on-error",
            )


def fork_guard(subject: Subject) -> Iterator[Finding | Skipped]:
    """A guard that names another repository is worse than none: the job never runs."""
    repository = subject.facts.repository
    for publish in subject.releases:
        job = publish.job
        if publish.unusable:
            continue
        condition = f"{job.condition} {publish.step.condition if publish.step else ''}"
        guard = re.search(
            r"github\.(?:event\.repository\.full_name|repository)\s*==\s*'([^']+)'", condition
        )
        if guard and repository and guard[1].lower() != repository.lower():
            yield report(
                subject,
                FORK,
                job.line_of("if"),
                f"Job `{job.id}` runs in `{guard[1]}` only; this repository is `{repository}`.",
                key=f"jobs.{job.id}.if",
                severity=Severity.ERROR,
                fix=f"`github.repository == '{repository}'`",
                patch=patches.replace_in_line(
                    subject.workflow, job.line_of("if"), guard[1], repository
                ),
            )
            return
        if guard or re.search(r"github\.(?:repository|event\.repository)", condition):
            continue
        if publish.job.environment is not None and publish.credentials != "secret":
            continue  # an environment of its own keeps a fork from anything
        yield report(
            subject,
            FORK,
            job.line,
            f"Job `{job.id}` runs in forks as well.",
            key=f"jobs.{job.id}.if",
            fix=f"`if: github.repository == '{repository}'` on the job." if repository else "",
        )
        return


CHECKS = (
    (VERSION, version_equals_tag),
    (DEPTH, scm_depth),
    (DIRTY, scm_dirty),
    (TAG_FIRST, tag_pushed_first),
    (QUOTING, shell_quoting),
    (NEEDLESS, build_deps_needless),
    (CONCURRENCY, concurrency_group),
    (TIMEOUT, timeout),
    (VISIBLE, fail_visible),
    (FORK, fork_guard),
)
RULES = tuple(rule for rule, _ in CHECKS)
