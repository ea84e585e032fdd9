"""Workflow files as typed views that remember their lines.

GitHub's workflow syntax: https://docs.github.com/actions/reference/workflow-syntax-for-github-actions
"""

import functools
import re

from nox_release.core.errors import NoxReleaseError
from nox_release.core.findings import Finding, Location, Rule, Severity, find
from nox_release.core.values import dataclass, field
from nox_release.workflows.shell import Command, parse_commands
from nox_release.workflows.yaml_nodes import Node, UnreadableYAML, decode, parse_yaml

WORKFLOWS = ".github/workflows"

UNREADABLE = Rule(
    "yaml-valid",
    Severity.ERROR,
    "Every workflow file can be read",
    subject="workflow",
    why="GitHub runs nothing from a file that it cannot read, and what is in it is not known here.",
    remedy="Correct the named line; an editor with YAML support shows it too.",
    link="https://docs.github.com/actions/reference/workflow-syntax-for-github-actions",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """A `permissions:` block. `everything` is `read` or `write` for the two short forms."""

    line: int
    scopes: tuple[tuple[str, str], ...] = ()
    everything: str | None = None
    known: bool = True

    def level(self, scope: str) -> str:
        """`write`, `read` or `none`; what a block leaves out is `none`."""
        for name, value in self.scopes:
            if name == scope:
                return value
        if self.everything == "read" and scope == "id-token":
            return "none"
        return self.everything or "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One trigger. Filters that are not given are `None`; given but empty, empty."""

    name: str
    line: int
    types: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    tags_ignore: tuple[str, ...] | None = None
    branches: tuple[str, ...] | None = None
    branches_ignore: tuple[str, ...] | None = None
    inputs: tuple[str, ...] = ()
    node: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What a step or a job uses: an `action`, a `local` folder, a `docker` image or a `workflow`."""

    kind: str
    text: str
    owner: str = ""
    repository: str = ""
    path: str = ""
    ref: str = ""

    @property
    def action(self) -> str:
        """`owner/repository` in lower case, with a path below it if there is one."""
        slug = f"{self.owner}/{self.repository}".lower()
        return f"{slug}/{self.path}" if self.path else slug

    @property
    def major(self) -> int | None:
        """The major version the ref says; `None` for branches and commits."""
        found = re.fullmatch(r"v?(\d+)(?:\.\d+)*", self.ref)
        return int(found[1]) if found else None


def parse_uses(text: str) -> Uses:
    """What stands behind `uses:`."""
    text = text.strip()
    if text.startswith("docker://"):
        return Uses(kind="docker", text=text)
    path, _, ref = text.partition("@")
    is_workflow = re.search(r"\.github/workflows/[^/]+\.ya?ml$", path) is not None
    if path.startswith(("./", "$/")):  # the second since 2026: the workflow's own repository
        return Uses(kind="workflow" if is_workflow else "local", text=text, path=path[2:])
    owner, _, rest = path.partition("/")
    repository, _, below = rest.partition("/")
    kind = "workflow" if is_workflow else "action"
    return Uses(kind=kind, text=text, owner=owner, repository=repository, path=below, ref=ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step; `inputs` is its `with:`. `run_line` is the file's line of the script's first line."""

    line: int
    end: int
    name: str = ""
    id: str = ""
    uses: Uses | None = None
    run: str | None = None
    run_line: int = 0
    shell: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    environ: tuple[tuple[str, str], ...] = ()
    condition: str = ""
    continue_on_error: bool = False
    working_directory: str = ""
    node: Node = field(compare=False, repr=False)

    def input(self, name: str) -> str | None:
        """An input of the action, whatever its case and whichever of `-` and `_` it is spelt with."""
        for key, value in self.inputs:
            if key.lower().replace("_", "-") == name:
                return value
        return None

    def input_line(self, name: str) -> int:
        """The line of an input, or of the step."""
        with_ = self.node.get("with")
        if with_ is not None:
            for key, _ in with_.entries:
                if key.text.lower().replace("_", "-") == name:
                    return key.line
        return self.line

    def commands(self) -> tuple[Command, ...]:
        """The shell commands of `run:`, by the file's lines."""
        return parse_commands(self.run, first_line=self.run_line) if self.run else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A job's environment; `name` is `None` where it is an expression that only a run resolves."""

    line: int
    name: str | None
    expression: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concurrency:
    line: int
    group: str
    cancel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job of a workflow."""

    id: str
    line: int
    end: int
    name: str = ""
    needs: tuple[str, ...] = ()
    uses: Uses | None = None
    inputs: tuple[tuple[str, str], ...] = ()
    condition: str = ""
    runs_on: tuple[str, ...] = ()
    container: bool = False
    environment: Environment | None = None
    permissions: Permissions | None = None
    concurrency: Concurrency | None = None
    continue_on_error: bool = False
    matrix: Node | None = field(default=None, compare=False, repr=False)
    has_matrix: bool = False
    environ: tuple[tuple[str, str], ...] = ()
    steps: tuple[Step, ...] = ()
    node: Node = field(compare=False, repr=False)

    @property
    def calls(self) -> str:
        """The path of the workflow of its own repository that it calls; empty where it calls none."""
        return self.uses.path if self.uses is not None and not self.uses.owner else ""

    def line_of(self, key: str) -> int:
        found = self.node.key(key)
        return self.line if found is None else found.line


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """One file of `.github/workflows`; `file` is its path from the repository's root."""

    file: str
    name: str = ""
    events: tuple[Event, ...] = ()
    permissions: Permissions | None = None
    concurrency: Concurrency | None = None
    environ: tuple[tuple[str, str], ...] = ()
    jobs: tuple[Job, ...] = ()
    text: str = field(default="", compare=False, repr=False)
    node: Node = field(compare=False, repr=False)

    @property
    def filename(self) -> str:
        """The name that a publisher is registered with."""
        return self.file.rsplit("/", 1)[-1]

    def event(self, name: str) -> Event | None:
        return next((event for event in self.events if event.name == name), None)

    def job(self, name: str) -> Job | None:
        return next((job for job in self.jobs if job.id == name), None)

    def permissions_of(self, job: Job) -> Permissions | None:
        """The block that counts for `job`: its own replaces the workflow's."""
        return job.permissions or self.permissions

    @property
    def is_only_called(self) -> bool:
        """Whether nothing but another workflow can start this one."""
        return bool(self.events) and all(event.name == "workflow_call" for event in self.events)

    def at(self, line: int | None, key: str = "") -> Location:
        return Location(file=self.file, key=key, line=line)


class UnreadableWorkflow(NoxReleaseError):  # noqa: N818 - it names the state of the file
    """A workflow file that cannot be taken in; `finding` says why, with file and line."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message, hint=finding.fix)
        self.finding = finding


def unreadable(file: str, message: str, *, line: int | None = None, reason: str = "") -> Finding:
    """The finding for a workflow file that cannot be read."""
    text = f"{file} {message}." + (f" {reason}" if reason else "")
    return find(UNREADABLE, text, where=Location(file=file, line=line))


def parse_workflow(text: bytes | str, *, file: str) -> Workflow:
    """The workflow in `text`, which is (or would be) the content of `file`.

    Raises:
        UnreadableWorkflow: it is not UTF-8, not YAML, too large, or no workflow at all.
    """
    try:
        return _parsed(decode(text) if isinstance(text, bytes) else text, file)
    except UnreadableYAML as error:
        raise UnreadableWorkflow(
            unreadable(file, error.message, line=error.line, reason=error.reason)
        ) from None


@functools.lru_cache(maxsize=64)
def _parsed(decoded: str, file: str) -> Workflow:
    """The workflow in a text, which is read from the tree, at a commit and on GitHub."""
    root = parse_yaml(decoded)
    if root is None or root.kind != "mapping":
        raise UnreadableWorkflow(
            unreadable(file, "is empty" if root is None or root.is_null else "is no workflow")
        )
    jobs = root.get("jobs")
    return Workflow(
        file=file,
        name=_text(root.get("name")),
        events=_events(root),
        permissions=_permissions(root.get("permissions"), root.key("permissions")),
        concurrency=_concurrency(root.get("concurrency")),
        environ=_pairs(root.get("env")),
        jobs=tuple(_job(key, value) for key, value in jobs.entries if value.kind == "mapping")
        if jobs is not None
        else (),
        text=decoded,
        node=root,
    )


def _text(node: Node | None) -> str:
    return "" if node is None or node.kind != "scalar" or node.is_null else node.text


def _pairs(node: Node | None) -> tuple[tuple[str, str], ...]:
    return () if node is None else tuple(node.mapping().items())


def _events(root: Node) -> tuple[Event, ...]:
    on = root.get("on") or root.get("true") or root.get("True")
    if on is None:
        return ()
    if on.kind == "scalar":
        return (Event(name=on.text, line=on.line),) if on.text else ()
    if on.kind == "sequence":
        return tuple(Event(name=i.text, line=i.line) for i in on.items if i.kind == "scalar")
    return tuple(_event(key, value) for key, value in on.entries)


def _event(key: Node, value: Node) -> Event:
    def strings(name: str) -> tuple[str, ...] | None:
        node = value.get(name)
        return None if node is None else node.strings()

    inputs = value.get("inputs")
    return Event(
        name=key.text,
        line=key.line,
        types=strings("types"),
        tags=strings("tags"),
        tags_ignore=strings("tags-ignore"),
        branches=strings("branches"),
        branches_ignore=strings("branches-ignore"),
        inputs=() if inputs is None else inputs.keys(),
        node=value,
    )


def _permissions(node: Node | None, key: Node | None) -> Permissions | None:
    if node is None or key is None:
        return None
    if node.kind == "mapping":
        return Permissions(line=key.line, scopes=tuple(node.mapping().items()))
    if node.kind == "scalar" and node.text in ("read-all", "write-all"):
        return Permissions(line=key.line, everything=node.text.removesuffix("-all"))
    if node.is_null:
        return Permissions(line=key.line)
    return Permissions(line=key.line, known=False)


def _concurrency(node: Node | None) -> Concurrency | None:
    if node is None:
        return None
    if node.kind == "scalar":
        return Concurrency(line=node.line, group=node.text)
    return Concurrency(
        line=node.line,
        group=_text(node.get("group")),
        cancel=_text(node.get("cancel-in-progress")),
    )


def _environment(node: Node | None, key: Node | None) -> Environment | None:
    if node is None or key is None or node.is_null:
        return None
    name = node if node.kind == "scalar" else node.get("name")
    if name is None or name.kind != "scalar":
        return Environment(line=key.line, name=None)
    if name.is_null:
        return None
    if name.is_expression:
        return Environment(line=name.line, name=None, expression=name.text)
    return Environment(line=name.line, name=name.text.strip())


def _job(key: Node, node: Node) -> Job:
    strategy = node.get("strategy")
    matrix = None if strategy is None else strategy.get("matrix")
    uses = _text(node.get("uses"))
    steps = node.get("steps")
    runs_on = node.get("runs-on")
    if runs_on is not None and runs_on.kind == "mapping":
        runs_on = runs_on.get("labels")
    return Job(
        id=key.text,
        line=key.line,
        end=node.end,
        name=_text(node.get("name")),
        needs=_strings(node.get("needs")),
        uses=parse_uses(uses) if uses else None,
        inputs=_pairs(node.get("with")),
        condition=_text(node.get("if")),
        runs_on=_strings(runs_on),
        container=node.get("container") is not None,
        environment=_environment(node.get("environment"), node.key("environment")),
        permissions=_permissions(node.get("permissions"), node.key("permissions")),
        concurrency=_concurrency(node.get("concurrency")),
        continue_on_error=_may_fail(node.get("continue-on-error")),
        matrix=matrix,
        has_matrix=strategy is not None and matrix is not None,
        environ=_pairs(node.get("env")),
        steps=()
        if steps is None
        else tuple(_step(step) for step in steps.items if step.kind == "mapping"),
        node=node,
    )


def _strings(node: Node | None) -> tuple[str, ...]:
    return () if node is None else node.strings()


def _may_fail(node: Node | None) -> bool:
    return node is not None and node.is_true


def _step(node: Node) -> Step:
    uses = _text(node.get("uses"))
    run = node.get("run")
    return Step(
        line=node.line,
        end=node.end,
        name=_text(node.get("name")),
        id=_text(node.get("id")),
        uses=parse_uses(uses) if uses else None,
        run=run.text if run is not None and run.kind == "scalar" else None,
        run_line=0 if run is None else run.line + (run.style in ("|", ">")),
        shell=_text(node.get("shell")),
        inputs=_pairs(node.get("with")),
        environ=_pairs(node.get("env")),
        condition=_text(node.get("if")),
        continue_on_error=_may_fail(node.get("continue-on-error")),
        working_directory=_text(node.get("working-directory")),
        node=node,
    )


def parse_composite(text: bytes | str, *, file: str) -> tuple[Step, ...]:
    """The steps of a composite action (`action.yml`); none when it is an action of another kind.

    Raises:
        UnreadableWorkflow: see `parse_workflow`.
    """
    try:
        root = parse_yaml(decode(text) if isinstance(text, bytes) else text)
    except UnreadableYAML as error:
        raise UnreadableWorkflow(
            unreadable(file, error.message, line=error.line, reason=error.reason)
        ) from None
    runs = None if root is None else root.get("runs")
    steps = None if runs is None else runs.get("steps")
    if steps is None:
        return ()
    return tuple(_step(step) for step in steps.items if step.kind == "mapping")
