"""Rules about the empty machine that each job starts on: what is there, what is gone from it."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from datetime import date

from packaging.utils import canonicalize_name

from nox_release.checks.workflow.subject import Subject, rule, uses_action
from nox_release.core.findings import Finding, Severity, Skipped, find
from nox_release.workflows import patches
from nox_release.workflows.build_folders import combinations
from nox_release.workflows.expressions import Circumstances, interpolate
from nox_release.workflows.publishing import Job, Step, Workflow
from nox_release.workflows.shell import Command
from nox_release.workflows.yaml_nodes import Node

# What this module says of GitHub's images and actions was true on this day.
KNOWN_AS_OF = date(2026, 11, 23)

IMAGES = "https://github.com/actions/runner-images#available-images"

NOT_INSTALLED = rule(
    "tool-not-installed",
    Severity.ERROR,
    "Each job installs the tools that it runs",
    why="Every job starts on a machine of its own. GitHub's images bring pip, pipx, git and gh; what "
    "another job installed is not there.",
    remedy="Install it in this job: `astral-sh/setup-uv` for uv, `pipx install TOOL` for others, or "
    "run it with `pipx run TOOL`.",
    link=IMAGES,
)
GH_NOT_READY = rule(
    "gh-not-ready",
    Severity.ERROR,
    "`gh` has a token, and knows the repository",
    why="On a runner gh takes its token from GH_TOKEN alone, and the repository from the check-out, "
    "GH_REPO or `--repo`.",
    remedy="Set `GH_TOKEN: ${{ github.token }}` and `GH_REPO: ${{ github.repository }}` under `env:`.",
    link="https://docs.github.com/actions/tutorials/authenticate-with-github_token",
)
RETIRED = rule(
    "runner-retired",
    Severity.ERROR,
    "The runner images are still there",
    why="A job that asks for an image that is gone waits for a day, and fails.",
    remedy="Name an image that is there.",
    link=IMAGES,
)
OLD_NODE = rule(
    "action-node",
    Severity.WARNING,
    "The actions are written for a Node that runners have",
    why="GitHub's runners have had Node 24 alone since September 2026. Older actions are run on it, "
    "whether or not they work there.",
    remedy="Use a newer major version; Dependabot raises them.",
    link="https://github.blog/changelog/2025-09-19-deprecation-of-node-20-on-github-actions-runners/",
)
PYTHON_NUMBER = rule(
    "python-version-number",
    Severity.ERROR,
    "Python's version is text",
    why="YAML reads 3.10 as the number 3.1, a Python that GitHub does not have: `Version 3.1 … not "
    "found`.",
    remedy='Quote it: `python-version: "3.10"`.',
    link="https://github.com/actions/setup-python/blob/main/docs/advanced-usage.md",
)

# --- tools -----------------------------------------------------------------------------------

TOOLS = ("uv", "uvx", "poetry", "hatch", "flit", "pdm", "twine", "tox", "nox", "maturin")
_PACKAGE_OF = {"uvx": "uv"}
# Packages that bring none of the tools with them.
_BRING_NO_TOOL = frozenset(
    [
        "build",
        "check-wheel-contents",
        "cibuildwheel",
        "cython",
        "flit",
        "id",
        "maturin",
        "numpy",
        "packaging",
        "pdm",
        "pip",
        "poetry",
        "pytest",
        "requests",
        "setuptools",
        "setuptools-scm",
        "toml",
        "tomli",
        "tomlkit",
        "twine",
        "virtualenv",
        "wheel",
    ]
)
# Actions that bring none.
_QUIET_ACTIONS = (
    "actions/attest",
    "actions/attest-build-provenance",
    "actions/cache",
    "actions/checkout",
    "actions/download-artifact",
    "actions/github-script",
    "actions/setup-node",
    "actions/setup-python",
    "actions/upload-artifact",
    "codecov/codecov-action",
    "docker/setup-buildx-action",
    "docker/setup-qemu-action",
    "hynek/build-and-inspect-python-package",
    "pypa/cibuildwheel",
    "pypa/gh-action-pypi-publish",
    "sigstore/gh-action-sigstore-python",
    "softprops/action-gh-release",
    "step-security/harden-runner",
)
_HOSTED = re.compile(r"(?:ubuntu|macos|windows)-[\w.-]+$", re.IGNORECASE)


def tool_not_installed(subject: Subject) -> Iterator[Finding | Skipped]:
    for job in subject.workflow.jobs:
        if job.id not in subject.needed_for_upload or not _is_hosted(job):
            continue
        brought = _brought(job)
        if brought is None:
            continue
        told = set()
        for _, command in _sure_commands(subject, job):
            tool = _run_bare(command)
            if tool is None or tool in told or _PACKAGE_OF.get(tool, tool) in brought:
                continue
            told.add(tool)
            yield find(
                NOT_INSTALLED,
                f"Job `{job.id}` runs `{tool}`, and no step of it installs that.",
                severity=Severity.WARNING if command.conditional else None,
                where=subject.workflow.at(command.line, f"jobs.{job.id}.steps"),
            )


def _is_hosted(job: Job) -> bool:
    """Whether all its runners are GitHub's own images, without a container of the project's."""
    if job.container or not job.runs_on:
        return False
    labels = [label for text in job.runs_on for label in _values(job, text)]
    return all(label is not None and _HOSTED.match(label) for label in labels)


def _values(job: Job, text: str) -> tuple[str | None, ...]:
    """What an expression becomes in each job of the matrix; `None` where only a run knows."""
    if "${{" not in text:
        return (text,)
    found: list[str | None] = []
    for combination in combinations(job.matrix):
        contexts = {} if combination is None else {"matrix": combination}
        given = Circumstances(contexts=contexts, complete=frozenset(contexts))
        found.append(interpolate(text, given))
    return tuple(dict.fromkeys(found))


def _sure_commands(subject: Subject, job: Job) -> Iterator[tuple[Step, Command]]:
    """The commands of steps that a release is sure to run, and that fail the job."""
    for step in job.steps:
        if not step.run or step.continue_on_error or job.continue_on_error:
            continue
        if step.shell.startswith(("pwsh", "powershell", "cmd", "python")):
            continue
        if subject.runs_at_release(job, step.condition) is not True:
            continue
        for command in step.commands():
            if not command.otherwise:
                yield step, command


def _run_bare(command: Command) -> str | None:
    """The tool that a command starts by its bare name, or as `python -m`."""
    words = command.words
    if not words:
        return None
    if re.fullmatch(r"python[\d.]*", words[0]) and words[1:2] == ("-m",):
        words = words[2:]
    return words[0] if words and words[0] in TOOLS else None


def _brought(job: Job) -> frozenset[str] | None:
    """The packages that its steps install; `None` where one may bring anything."""
    found: set[str] = set()
    by_tool: dict[str, set[str] | None] = {}  # what a tool brings, if it is there itself
    for step in job.steps:
        if step.uses is not None:
            if uses_action(step, *_QUIET_ACTIONS):
                continue
            if not uses_action(step, "astral-sh/setup-uv"):
                return None
            found.add("uv")
        for command in step.commands():
            names, tool = _installed(command), _run_bare(command)
            if tool is not None:
                before = by_tool.setdefault(tool, set())
                by_tool[tool] = None if names is None or before is None else before | names
            elif names is None:
                return None
            else:
                found |= names
    for tool, brought in by_tool.items():
        if _PACKAGE_OF.get(tool, tool) in found:
            if brought is None:
                return None
            found |= brought
    return frozenset(found)


_INSTALLERS = ("pip", "pip3", "pipx", "uv")
_MAY_BRING = re.compile(
    r"\b(?:install|setup(?!\.py)|bootstrap|curl|wget|source|make|just|brew|apt|apt-get|conda|mamba|mise|"
    r"asdf|nix|cargo|npm|choco|ensurepip|GITHUB_PATH|PATH)\b|venv|activate"
)


def _installed(command: Command) -> frozenset[str] | None:
    """The packages that one command installs; `None` where that is not clear."""
    words = command.words
    base = [word.rsplit("/", 1)[-1] for word in words]
    tool = next((name for name in _INSTALLERS if name in base[:4]), None)
    if tool is not None and "install" in words and "|" not in words:
        after = words[words.index("install") + 1 :]
        return _packages(after)
    if not words or words[0] in (*TOOLS, "pipx"):
        return frozenset()
    script = any(word.endswith((".py", ".sh")) and word != "setup.py" for word in words)
    return None if script or "/" in words[0] or _MAY_BRING.search(command.text) else frozenset()


def _packages(words: Iterable[str]) -> frozenset[str] | None:
    found = set()
    for word in words:
        if word in ("-U", "--upgrade", "--user", "-q", "--quiet", "--force", "--no-cache-dir"):
            continue
        if word.startswith(("-", ".")) or "$" in word or "/" in word:
            return None
        name = canonicalize_name(re.split(r"[^A-Za-z0-9._-]", word)[0])
        if name not in _BRING_NO_TOOL and name not in TOOLS:
            return None
        if "[" in word or name in ("hatch", "nox", "tox"):
            found.add("uv")  # some bring it along
        found.add(name)
    return frozenset(found)


# --- gh --------------------------------------------------------------------------------------

_NEEDS_REPOSITORY = ("release", "pr", "issue", "workflow", "run", "label", "secret", "variable")
_OWN_REPOSITORY = re.compile(r"--repo\b|-R\b|\bGH_REPO=")


def gh_not_ready(subject: Subject) -> Iterator[Finding | Skipped]:
    for job in subject.workflow.jobs:
        if not _is_hosted(job) or _prepares_gh(subject, job):
            continue
        for step, command in _sure_commands(subject, job):
            missing = _missing_for_gh(subject, job, step, command)
            if not missing:
                continue
            lost = job.id in subject.needed_for_upload and not _is_after_upload(subject, step)
            yield find(
                GH_NOT_READY,
                f"Job `{job.id}` runs `{' '.join(command.words[:3])}` without {missing}.",
                where=subject.workflow.at(command.line, f"jobs.{job.id}.steps"),
                severity=None if lost else Severity.WARNING,
            )
            break


def _prepares_gh(subject: Subject, job: Job) -> bool:
    """Whether a step may log gh in, or fetch the repository, in a way that cannot be read here."""
    for step in job.steps:
        if subject.runs_at_release(job, step.condition) is False:
            continue
        if step.uses is not None and not uses_action(step, *_QUIET_ACTIONS, "astral-sh/setup-uv"):
            return True
        text = step.run or ""
        if re.search(r"\bgh auth\b|\bgit (?:clone|init)\b|GITHUB_ENV|\bcd\b|\bexport GH_", text):
            return True
    return False


def _missing_for_gh(subject: Subject, job: Job, step: Step, command: Command) -> str:
    words = command.words
    if words[:1] != ("gh",) or len(words) < 2 or words[1].startswith("-"):
        return ""
    environ = {**dict(subject.workflow.environ), **dict(job.environ), **dict(step.environ)}
    environ.update(command.environ)
    if not {"GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN"} & environ.keys():
        return "GH_TOKEN"
    if words[1] not in _NEEDS_REPOSITORY or "GH_REPO" in environ:
        return ""
    if _OWN_REPOSITORY.search(command.text) or any("github.com/" in word for word in words):
        return ""
    if _may_be_in_checkout(subject, job, step):
        return ""
    return "a repository: there is no check-out, GH_REPO or `--repo`"


def _may_be_in_checkout(subject: Subject, job: Job, step: Step) -> bool:
    """Whether a step before this one may have checked a repository out where it works."""
    works_in = posixpath.normpath(step.working_directory or ".")
    anywhere = (
        job.node.get("defaults") is not None or subject.workflow.node.get("defaults") is not None
    )
    for one in job.steps:
        if one.line >= step.line:
            return False
        if not uses_action(one, "actions/checkout"):
            continue
        path = posixpath.normpath(one.input("path") or ".")
        if (
            anywhere
            or "$" in path + works_in
            or path == "."
            or f"{works_in}/".startswith(f"{path}/")
        ):
            return True
    return False


def _is_after_upload(subject: Subject, step: Step) -> bool:
    own = [one.step for one in subject.publishes if one.step is not None]
    return any(one in own and step.line > one.line for one in own)


# --- images ----------------------------------------------------------------------------------

_GONE = {
    "ubuntu-16.04": "2021",
    "ubuntu-18.04": "April 2023",
    "ubuntu-20.04": "April 2025",
    "macos-10.15": "2022",
    "macos-11": "June 2024",
    "macos-12": "December 2024",
    "macos-13": "December 2025",
    "windows-2016": "2022",
    "windows-2019": "June 2025",
}
_GOING = ("macos-14",)
_INSTEAD = {"ubuntu": "ubuntu-latest", "windows": "windows-latest"}


def runner_retired(subject: Subject) -> Iterator[Finding | Skipped]:
    for job in subject.workflow.jobs:
        labels = [label for text in job.runs_on for label in _values(job, text) if label]
        for label in labels:
            name = re.sub(r"-(?:xlarge|large)$", "", label.lower())
            if name not in _GONE and name not in _GOING:
                continue
            family = name.split("-", maxsplit=1)[0]
            instead = _INSTEAD.get(family, "macos-latest (Apple silicon) or macos-15-intel (Intel)")
            gone = name in _GONE
            needed = job.id in subject.needed_for_upload
            yield find(
                RETIRED,
                f"Job `{job.id}` runs on `{label}`, which GitHub "
                + (f"removed in {_GONE[name]}." if gone else "has announced to remove.")
                + f" (As of {KNOWN_AS_OF}.)",
                where=subject.workflow.at(job.line_of("runs-on"), f"jobs.{job.id}.runs-on"),
                severity=Severity.ADVICE if not needed else None if gone else Severity.WARNING,
                fix=f"Use {instead}.",
            )


# --- actions ---------------------------------------------------------------------------------


def python_version_number(subject: Subject) -> Iterator[Finding | Skipped]:
    for job in subject.workflow.jobs:
        if job.id not in subject.needed_for_upload:
            continue
        for step in job.steps:
            given = step.node.get("with")
            asked = None if given is None else given.get("python-version")
            if asked is None or not uses_action(step, "actions/setup-python"):
                continue
            if subject.runs_at_release(job, step.condition) is not True:
                continue
            axis = re.fullmatch(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}", asked.text)
            values = [asked, *_of_axis(job.matrix, axis[1] if axis else "")]
            cut = next((one for one in values if _ends_in_nought(one)), None)
            if cut is None:
                continue
            yield find(
                PYTHON_NUMBER,
                f"Job `{job.id}` asks for Python {cut.text.rstrip('0')}: `{cut.text}` has no quotes.",
                where=subject.workflow.at(cut.line, f"jobs.{job.id}"),
                patch=patches.replace_in_line(
                    subject.workflow, cut.line, cut.text, f'"{cut.text}"'
                ),
            )
            return


def _of_axis(matrix: Node | None, name: str) -> Iterator[Node]:
    """The values that a matrix gives to `name`."""
    include = None if matrix is None else matrix.get("include")
    for holder in (matrix, *(() if include is None else include.items)):
        values = None if holder is None else holder.get(name)
        yield from () if values is None else values.scalars()


def _ends_in_nought(node: Node) -> bool:
    return not node.style and re.fullmatch(r"\d\.\d{0,3}0", node.text) is not None


# The first major version of each that is written for Node 24.
_FIRST = {
    "actions/checkout": 5,
    "actions/setup-python": 6,
    "actions/upload-artifact": 6,
    "actions/download-artifact": 7,
}
_OLD_ANYWAY = "ACTIONS_ALLOW_USE_UNSECURE_NODE_VERSION"


def action_node(subject: Subject) -> Iterator[Finding | Skipped]:
    """One finding for the file, at its first old action."""
    old: dict[str, int] = {}
    for job in subject.workflow.jobs:
        if job.id not in subject.needed_for_upload:
            continue
        for step in job.steps:
            first = _FIRST.get(step.uses.action) if step.uses is not None else None
            if step.uses is None or first is None:
                continue
            # A comment behind a commit is often that of the commit before.
            major = re.match(r"v?(\d{1,3})(?:\.|$)", step.uses.ref)
            if major and int(major[1]) < first:
                old.setdefault(f"{step.uses.action} v{major[1]} (v{first})", step.line)
    if old:
        yield find(
            OLD_NODE,
            f"Written for Node 20 or older: {', '.join(old)}.",
            where=subject.workflow.at(min(old.values()), "jobs"),
            fix=f"Use at least the major version in brackets (as of {KNOWN_AS_OF}).",
        )
    holders: tuple[Workflow | Job, ...] = (subject.workflow, *subject.workflow.jobs)
    for holder in holders:
        block = holder.node.get("env") if _OLD_ANYWAY in dict(holder.environ) else None
        key = None if block is None else block.key(_OLD_ANYWAY)
        if key is not None:
            yield find(
                OLD_NODE,
                f"`{_OLD_ANYWAY}` asks for a Node that runners no longer have.",
                where=subject.workflow.at(key.line, "env"),
                fix="Remove it, and use newer major versions of the actions.",
            )


CHECKS = (
    (NOT_INSTALLED, tool_not_installed),
    (GH_NOT_READY, gh_not_ready),
    (RETIRED, runner_retired),
    (OLD_NODE, action_node),
    (PYTHON_NUMBER, python_version_number),
)
RULES = tuple(rule for rule, _ in CHECKS)
