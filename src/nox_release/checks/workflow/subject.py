"""What the rules about workflows look at: the workflow, what is known around it, and which event
reaches which upload.
"""

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from nox_release.core.findings import Finding, Rule, Skipped
from nox_release.core.values import dataclass, field, replace
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import Index
from nox_release.releases.observed import ForgeEnvironment
from nox_release.workflows.expressions import Circumstances, as_text, asks_status, holds
from nox_release.workflows.publishing import Event, Job, PublishJob, Step, Workflow, publish_jobs
from nox_release.workflows.ref_patterns import filters_take

SYNTAX = "https://docs.github.com/actions/reference/workflow-syntax-for-github-actions"
EVENTS = "https://docs.github.com/actions/reference/events-that-trigger-workflows"
ACTION = "https://github.com/pypa/gh-action-pypi-publish#readme"
SECURITY = "https://docs.pypi.org/trusted-publishers/security-model/"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFacts:
    """What is known besides the file. `None` means that it is not known: such rules are skipped.

    `likely_tag` stands for a `tag` that is not known yet: of its form, with another version.
    `starts` are the events that releasing with this tool raises. `publisher` is what is
    registered on the index, `environment` what GitHub has of the job's environment.
    `at_commit` and `on_default_branch` say where the file is. `others` are the repository's other
    workflows, `actions` the steps of its composite actions by folder. `metadata_version` is that of
    the built files. `immutable_releases` says whether GitHub locks a release when it is published,
    `release_last` that `nox -s release` makes it when the run is over. `submodules` are the folders
    of those that the build reads.
    """

    repository: str | None = None
    index: Index | None = None
    default_branch: str | None = None
    tag: str | None = None
    likely_tag: str | None = None
    starts: tuple[str, ...] | None = None
    at_commit: bool | None = None
    on_default_branch: bool | None = None
    version_from_tags: bool | None = None
    metadata_version: str | None = None
    native: bool | None = None
    publisher: TrustedPublisher | None = None
    environment: ForgeEnvironment | None = None
    others: tuple[Workflow, ...] | None = None
    actions: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    private: bool | None = None
    immutable_releases: bool | None = None
    release_last: bool = False
    submodules: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One workflow with its uploads; those to PyPI (or to where only a run knows) are `releases`."""

    workflow: Workflow
    facts: WorkflowFacts
    publishes: tuple[PublishJob, ...]

    @property
    def called(self) -> dict[str, Workflow]:
        """The repository's other workflows by path, for jobs that call one of them."""
        return {other.file: other for other in self.facts.others or ()}

    @property
    def releases(self) -> tuple[PublishJob, ...]:
        """The uploads that count: those to PyPI, and to where only a run knows; not those to TestPyPI
        or to a third index, unless there are no others.
        """
        real = tuple(one for one in self.publishes if one.index != "testpypi")
        return tuple(one for one in real if one.index in ("pypi", None)) or real or self.publishes

    @property
    def publish_jobs(self) -> tuple[Job, ...]:
        """The jobs with an upload of their own, each once."""
        found: dict[str, Job] = {}
        for publish in self.publishes:
            if not publish.unusable:
                found.setdefault(publish.job.id, publish.job)
        return tuple(found.values())

    def reaches(self, publish: PublishJob, event: str) -> bool | None:
        """Whether `event` (`release`, `push-tag`, `push-branch`, `dispatch-tag`, or an event's name) makes this upload happen; `None`: not known."""
        if not starts(self.workflow, event):
            return False
        answers: set[bool | None] = set()
        for tag, given in circumstances(event, self.facts, publish, self.workflow):
            if starts(self.workflow, event, tag=tag):
                answers.add(_runs(self.workflow, publish, given))
            elif self.facts.tag is not None:
                answers.add(False)
        return answers.pop() if len(answers) == 1 else None

    @property
    def raised(self) -> tuple[str, ...]:
        """The events of a release that start this workflow; a manual start is the last resort."""
        found = tuple(kind for kind in ("push-tag", "release") if starts(self.workflow, kind))
        by_hand = ("dispatch-tag",) if starts(self.workflow, "dispatch-tag") else ()
        return found or by_hand

    def runs_at_release(self, job: Job, condition: str = "") -> bool | None:
        """Whether a release makes `job`, and a step of it with this `if:`, run; `None`: not known."""
        key = (job.id, condition)
        if key not in self._at_release:
            self._at_release[key] = self.runs_by(self.raised, job, condition)
        return self._at_release[key]

    @functools.cached_property
    def _at_release(self) -> dict[tuple[str, str], bool | None]:
        return {}

    def runs_by(
        self, events: Iterable[str], job: Job, condition: str = "", *, failed: str = ""
    ) -> bool | None:
        """The same for one of `events`, which are named as in `reaches`, if job `failed` has failed."""
        answers: set[bool | None] = set()
        for event in events:
            for tag, given in circumstances(event, self.facts, None, self.workflow):
                if not starts(self.workflow, event, tag=tag):
                    if self.facts.tag is not None:
                        answers.add(False)
                    continue
                runs = job_runs(self.workflow, job, given, failed=failed)
                both = {runs, _holds(condition, given, self.workflow, job)}
                answers.add(False if False in both else None if None in both else True)
        return True if True in answers else None if None in answers else False

    @property
    def other_events(self) -> tuple[str, ...]:
        """What starts the workflow beside a pushed tag and a published release."""
        names = (event.name for event in self.workflow.events)
        kinds = ("push-branch" if name == "push" else name for name in names)
        return tuple(kind for kind in kinds if kind != "release" and starts(self.workflow, kind))

    @functools.cached_property
    def needed_for_upload(self) -> frozenset[str]:
        """The jobs without which nothing is uploaded, the uploading ones among them."""
        found = {job.id for job in self.publish_jobs}
        for job in self.publish_jobs:
            found.update(other.id for other in self.needed(job))
        return frozenset(found)

    def before(self, publish: PublishJob) -> tuple[Step, ...]:
        """The steps of the publishing job that run before the upload."""
        steps = publish.job.steps
        if publish.step is None:
            return ()
        for position, step in enumerate(steps):
            if step is publish.step or step == publish.step:
                return steps[:position]
        return ()

    def needed(self, job: Job) -> tuple[Job, ...]:
        """The jobs that `job` needs, and those that these need."""
        found: dict[str, Job] = {}
        waiting = list(job.needs)
        while waiting:
            name = waiting.pop()
            other = self.workflow.job(name)
            if other is not None and name not in found:
                found[name] = other
                waiting.extend(other.needs)
        return tuple(found.values())


_MOST = 60  # uploads looked at; a real workflow has a handful


def look_at(workflow: Workflow, facts: WorkflowFacts) -> Subject:
    called = {other.file: other for other in facts.others or ()}
    return Subject(
        workflow=workflow,
        facts=facts,
        publishes=publish_jobs(workflow, called=called, actions=facts.actions)[:_MOST],
    )


# --- events ----------------------------------------------------------------------------------


def starts(workflow: Workflow, kind: str, *, tag: str = "") -> bool:
    """Whether an event of this kind, of `tag` where it is given, starts the workflow at all."""
    if kind in ("push-tag", "push-branch"):
        return _push_starts(workflow.event("push"), kind, tag)
    if kind == "release":
        release = workflow.event("release")
        if release is None or release.types is None:
            return release is not None
        raised = {"published", "created", "prereleased" if is_prerelease(tag) else "released"}
        return bool((raised if tag else _RELEASE_TYPES) & set(release.types))
    return workflow.event("workflow_dispatch" if kind == "dispatch-tag" else kind) is not None


_RELEASE_TYPES = {"published", "created", "released", "prereleased"}


def _push_starts(push: Event | None, kind: str, tag: str) -> bool:
    if push is None:
        return False
    tags = push.tags is not None or push.tags_ignore is not None
    branches = push.branches is not None or push.branches_ignore is not None
    if not tags and not branches:
        return True
    if kind == "push-branch":
        return branches
    if not tags or not tag:
        return tags
    if push.tags_ignore is not None:
        return not filters_take(tag, push.tags_ignore)
    patterns = push.tags or ()
    return any("${{" in pattern for pattern in patterns) or filters_take(tag, patterns)


def is_prerelease(tag: str) -> bool:
    """Whether a tag names a pre-release, as far as its form tells."""
    return re.search(r"\d[-._]?(?:a|b|c|rc|alpha|beta|pre|preview|dev)[-._]?\d*$", tag) is not None


@functools.lru_cache(maxsize=256)
def _given(
    event: str,
    tag: str,
    branch: str,
    repository: str | None,
    action: str,
    inputs: tuple[tuple[str, str | bool], ...],
) -> Circumstances:
    github: dict[str, object] = {"event_name": event.split("-", maxsplit=1)[0]}
    complete = frozenset[str]()
    if event in ("release", "push-tag", "dispatch-tag"):
        github |= {"ref": f"refs/tags/{tag}", "ref_name": tag, "ref_type": "tag"}
        complete = frozenset() if event == "dispatch-tag" else frozenset({"inputs"})
    elif event == "push-branch":
        github |= {"ref": f"refs/heads/{branch}", "ref_name": branch, "ref_type": "branch"}
        complete = frozenset({"inputs"})
    elif event == "pull_request":
        github |= {"ref": "refs/pull/1/merge", "ref_name": "1/merge", "ref_type": "branch"}
    elif event in ("workflow_dispatch", "schedule", "pull_request_target"):
        github |= {"ref": f"refs/heads/{branch}", "ref_name": branch, "ref_type": "branch"}
    if event == "dispatch-tag":
        github["event_name"] = "workflow_dispatch"
        github["event"] = {"inputs": {name: as_text(value) for name, value in inputs}}
    if event == "release":
        release = {"draft": False, "prerelease": is_prerelease(tag), "tag_name": tag}
        github["event"] = {"action": action, "release": release, "ref": None}
    elif event in ("push-tag", "push-branch"):  # GitHub's payloads have a release or a ref
        github["event"] = {"action": None, "release": None, "ref": github["ref"]}
    if repository:
        github["repository"] = repository
        github["repository_owner"] = repository.split("/", maxsplit=1)[0]
    contexts: dict[str, object] = {"github": github}
    if complete or inputs:
        contexts["inputs"] = dict(inputs)
    return Circumstances(contexts=contexts, complete=complete)


# A form of tag that a condition asks for, as in `startsWith(github.ref, 'refs/tags/demo-v')`.
_TAG_ASKED_FOR = re.compile(
    r"(?:tag_name|ref_name|github\.ref)\s*(?:,|==)\s*'(?:refs/tags/)?([^']+)'"
)


def circumstances(
    event: str, facts: WorkflowFacts, publish: PublishJob | None, workflow: Workflow
) -> tuple[tuple[str, Circumstances], ...]:
    """The runs to look at, by tag: one, or one for each likely form of tag where it is not known."""
    tags: tuple[str, ...] = ("v1.0.0", "1.0.0")
    known = facts.tag or facts.likely_tag
    if known is not None:
        tags = (known,)
    else:
        step = None if publish is None else publish.step
        conditions = f"{'' if publish is None else publish.job.condition} {step and step.condition}"
        asked = sorted(set(_TAG_ASKED_FOR.findall(conditions)))[:8]
        tags += tuple(f"{form}1.0.0" for form in asked if not form.startswith("refs/"))
    branch = facts.default_branch or "main"
    inputs = _left_out(workflow) if event == "dispatch-tag" else ()
    return tuple(
        (tag, _given(event, tag, branch, facts.repository, _release_action(workflow, tag), inputs))
        for tag in tags
    )


def _left_out(workflow: Workflow) -> tuple[tuple[str, str | bool], ...]:
    """The inputs of a run that is started without any, as far as GitHub says what they are then."""
    event = workflow.event("workflow_dispatch")
    inputs = event.node.get("inputs") if event is not None and event.node is not None else None
    found: list[tuple[str, str | bool]] = []
    for key, value in () if inputs is None else inputs.entries:
        kind, default, required = (value.get(name) for name in ("type", "default", "required"))
        if kind is not None and kind.text == "boolean":
            if default is not None and key.text != CHECK_ONLY:
                found.append((key.text, default.is_true))
        elif default is not None and not default.is_null:
            found.append((key.text, default.text))
        elif (kind is None or kind.text == "string") and not (required and required.is_true):
            found.append((key.text, ""))
    return tuple(found)


CHECK_ONLY = "check-only"  # said by `nox -s release` where a workflow that `init` wrote has it


def _release_action(workflow: Workflow, tag: str) -> str:
    """What a release of `tag` did to start the workflow: `published` where it listens for that."""
    release = workflow.event("release")
    types = ("published",) if release is None or release.types is None else release.types
    raised = ("published", "prereleased" if is_prerelease(tag) else "released", "created")
    return next((one for one in raised if one in types), "published")


def _runs(workflow: Workflow, publish: PublishJob, given: Circumstances) -> bool | None:
    answer = job_runs(workflow, publish.job, given)
    if answer is False or publish.step is None:
        return answer
    step = _holds(publish.step.condition, given, workflow, publish.job)
    upload = publish.step.input("upload")
    if upload is not None and step is not False:  # an action that builds, and uploads if told to
        told = holds(upload, given)
        step = False if told is False else None if None in (step, told) else True
    return False if step is False else None if None in (answer, step) else True


def job_runs(
    workflow: Workflow, job: Job, given: Circumstances, *, failed: str = ""
) -> bool | None:
    """Whether the job runs, given that nothing fails but the job `failed`.

    Where a condition asks for no status, a job that was skipped or has failed anywhere before skips
    it too, even behind one that runs all the same.
    Source: https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/use-jobs
    """
    ends: dict[str, frozenset[str]] = {}  # how each job may end
    sure: dict[str, frozenset[str]] = {}  # how some job up to this one certainly ends
    maybe: dict[str, frozenset[str]] = {}  # how some job up to this one may end
    none = frozenset[str]()
    for one in _with_needs(workflow, job):
        # In a circle, which GitHub refuses, a job that is not decided yet decides nothing.
        needs = [name for name in one.needs if name in ends]
        certain = none.union(*(sure[name] for name in needs))
        possible = none.union(*(maybe[name] for name in needs))
        told = _statuses(certain, possible)
        answers: set[bool | None] = {status == "success" for status in told}
        if one.condition:
            results = {name: {"result": min(ends[name])} for name in needs if len(ends[name]) == 1}
            contexts = {**given.contexts, "needs": results}
            states = (replace(given, contexts=contexts, status=status) for status in told)
            answers = {_holds(one.condition, state, workflow, one) for state in states}
        ran = "failure" if one.id == failed else "success"
        end = frozenset(
            end for end, other in ((ran, False), ("skipped", True)) if answers != {other}
        )
        ends[one.id] = end
        sure[one.id] = certain | (end if len(end) == 1 else none)
        maybe[one.id] = possible | end
    return None if len(ends[job.id]) > 1 else ends[job.id] != {"skipped"}


_OUTPUT = re.compile(r"\b(needs|steps)\.([\w-]+)\.outputs\.([\w-]+)")


def _holds(condition: str, given: Circumstances, workflow: Workflow, job: Job) -> bool | None:
    """Whether a condition of `job` holds, also where that is the same whether an output says `true`
    or `false`: both are text, so neither is false, nor equal to what is no text.
    """
    answer = holds(condition, given)
    asked = sorted(set(_OUTPUT.findall(condition))) if answer is None else []
    if not 0 < len(asked) < 4 or asks_status(f"{condition} {job.condition}"):
        return answer
    if not all(_says_true_or_false(workflow, job, *one) for one in asked):
        return answer
    answers = set()
    for words in itertools.product(("true", "false"), repeat=len(asked)):
        contexts = dict(given.contexts)
        for (kind, name, output), word in zip(asked, words, strict=True):
            known = {**contexts.get(kind, {})}
            one = {**known.get(name, {})}
            known[name] = {**one, "outputs": {**one.get("outputs", {}), output: word}}
            contexts[kind] = known
        answers.add(holds(condition, replace(given, contexts=contexts)))
    return answers.pop() if len(answers) == 1 else None


def _says_true_or_false(workflow: Workflow, job: Job, kind: str, name: str, output: str) -> bool:
    """Whether a script is sure to write one of the two words as this output of a step or a job."""
    of: Job | None = job
    if kind == "needs":
        of = workflow.job(name)
        declared = None if of is None else of.node.get("outputs")
        value = None if declared is None else declared.get(output)
        found = re.fullmatch(
            r"\$\{\{\s*steps\.([\w-]+)\.outputs\.([\w-]+)\s*\}\}", value.text if value else ""
        )
        if found is None:
            return False
        name, output = found[1], found[2]
    written = re.escape(output)
    by_line = re.compile(rf"\b{written}=(true|false)\b")
    in_one = re.compile(rf"\b{written}=\$\(.*echo ['\"]?true\b.*\|\| *echo ['\"]?false\b")
    for step in of.steps if of else ():
        run = step.run or ""
        if step.id == name and not step.condition:
            both = re.search(r"\belse\b", run) and {*by_line.findall(run)} == {"true", "false"}
            return bool(both or in_one.search(run))
    return False


def _statuses(certain: frozenset[str], possible: frozenset[str]) -> frozenset[str]:
    """What the status functions may be told of jobs that end like this."""
    if "failure" in certain:
        return frozenset({"failure"})
    return possible - {"success"} if "skipped" in certain else possible | {"success"}


def _with_needs(workflow: Workflow, job: Job) -> list[Job]:
    """The job and all that it waits for, each once and after its own needs."""
    ordered: dict[str, Job] = {}
    seen = {job.id}
    waiting = [(job, iter(job.needs))]
    while waiting:
        one, needs = waiting[-1]
        name = next(needs, None)
        if name is None:
            ordered[one.id] = one
            waiting.pop()
        elif name not in seen and (other := workflow.job(name)) is not None:
            seen.add(name)
            waiting.append((other, iter(other.needs)))
    return list(ordered.values())


# --- rules -----------------------------------------------------------------------------------


rule = functools.partial(Rule, subject="workflow", link=SYNTAX)


Check = Callable[[Subject], Iterator[Finding | Skipped]]


# --- versions of actions ---------------------------------------------------------------------


def action_version(workflow: Workflow, step: Step) -> tuple[int, ...] | None:
    """The version an action is pinned to: in its ref, or in the comment behind a commit.

    A branch such as `release/v1` moves, and has none.
    """
    if step.uses is None:
        return None
    found = re.fullmatch(r"v?(\d+(?:\.\d+)*)", step.uses.ref)
    if not found and re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", step.uses.ref):
        node = step.node.get("uses")
        lines = workflow.text.splitlines()
        text = lines[node.line - 1] if node is not None and node.line <= len(lines) else ""
        found = re.search(r"#\s{0,9}(?:[^\s@]{0,99}@)?v?(\d{1,9}(?:\.\d{1,9}){0,9})\b", text)
    return tuple(int(part) for part in found[1].split(".")) if found else None


def uses_action(step: Step, *actions: str) -> bool:
    return step.uses is not None and step.uses.kind == "action" and step.uses.action in actions
