"""What publishes this project: from its workflows and its remote to a `TrustedPublisher`."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping

from packaging.utils import canonicalize_name

from nox_release.core.findings import (
    Finding,
    Location,
    Result,
    Rule,
    Severity,
    Skipped,
    find,
    skipped,
)
from nox_release.core.values import dataclass, replace
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import Settings
from nox_release.workflows.build_folders import builds_package
from nox_release.workflows.ref_patterns import filters_take
from nox_release.workflows.syntax import (
    UNREADABLE,
    WORKFLOWS,
    Environment,
    Event,
    Job,
    Permissions,
    Step,
    UnreadableWorkflow,
    Uses,
    Workflow,
    parse_composite,
    parse_workflow,
)
from nox_release.workflows.tree_scripts import scripts_of

__all__ = [
    "Derivation",
    "Environment",
    "Event",
    "Job",
    "Permissions",
    "PublishJob",
    "Step",
    "TrustedPublisher",
    "UnreadableWorkflow",
    "Uses",
    "Workflow",
    "derive_publisher",
    "index_of",
    "may_publish",
    "page_of",
    "parse_composite",
    "parse_workflow",
    "project_of",
    "publish_jobs",
    "spelt_by_github",
]

TROUBLES = "https://docs.pypi.org/trusted-publishers/troubleshooting/"
SUBJECT = "trusted publisher"

MISSING = Rule(
    "publish-workflow-missing",
    Severity.ERROR,
    "A workflow publishes this project",
    subject=SUBJECT,
    why="Trusted publishing needs a job on GitHub that uploads the files.",
    remedy="nox -s init writes the workflow for this project.",
    link="https://docs.pypi.org/trusted-publishers/using-a-publisher/",
)
CHOICE = Rule(
    "publish-workflow-choice",
    Severity.ERROR,
    "One workflow publishes this project",
    subject=SUBJECT,
    why="A trusted publisher names one workflow file; which one you mean cannot be guessed.",
    remedy='Choose in pyproject.toml: `[tool.nox-release] workflow = "publish.yml"`.',
    link="https://docs.pypi.org/trusted-publishers/adding-a-publisher/",
)
ENVIRONMENT_CHOICE = Rule(
    "publish-environment-choice",
    Severity.ERROR,
    "The publishing jobs agree on one environment",
    subject=SUBJECT,
    why="A trusted publisher names one environment or none.",
    remedy='Choose in pyproject.toml: `[tool.nox-release] environment = "pypi"`.',
    link="https://docs.pypi.org/trusted-publishers/adding-a-publisher/",
)
REUSABLE = Rule(
    "reusable-publish",
    Severity.ERROR,
    "The publishing job is in the workflow that is started",
    subject="workflow",
    why="PyPI does not take trusted publishing from a called (reusable) workflow: the token names "
    "the called file, the attestations name the calling one.",
    remedy="Keep the build in the called workflow, and move the publishing job to the workflow that "
    "calls it.",
    link=f"{TROUBLES}#reusable-workflows-on-github",
)
RENAMED = Rule(
    "repository-renamed",
    Severity.WARNING,
    "The remote has the repository's current name",
    subject="GitHub",
    why="GitHub forwards the old name, PyPI does not: it compares the publisher with the name that "
    "GitHub uses now.",
    remedy="git remote set-url origin https://github.com/OWNER/REPOSITORY.git",
    link="https://docs.github.com/repositories/creating-and-managing-repositories/renaming-a-repository",
)
RULES = (UNREADABLE, MISSING, CHOICE, ENVIRONMENT_CHOICE, REUSABLE, RENAMED)


# --- the repository's name -------------------------------------------------------------------


def spelt_by_github(
    slug: tuple[str, str], full_name: str | None
) -> tuple[tuple[str, str], tuple[Finding, ...]]:
    """The slug in GitHub's own spelling (`full_name`, `None` when it was not asked), and a finding
    when the repository has another name by now.
    """
    if full_name is None or full_name.count("/") != 1:
        return slug, ()
    owner, _, name = full_name.partition("/")
    written = "/".join(slug)
    if written.lower() == full_name.lower():
        return (owner, name), ()
    message = f"The remote says `{written}`, which GitHub now calls `{full_name}`."
    fix = (
        f"git remote set-url origin https://github.com/{full_name}.git, and register the trusted "
        f"publisher for `{full_name}` if it still names `{written}`."
    )
    return (owner, name), (find(RENAMED, message, fix=fix),)


# --- what publishes --------------------------------------------------------------------------

PYPA_ACTION = "pypa/gh-action-pypi-publish"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishJob:
    """A job that uploads to an index, and by what.

    `index` is `pypi`, `testpypi`, an address or another name, and `None` where only a run knows.
    `credentials` is `trusted`, `secret`, or `unknown`. `unusable` says why this job cannot be a
    trusted publisher; empty when it can.
    """

    workflow: Workflow
    job: Job
    step: Step | None
    tool: str
    line: int
    index: str | None = "pypi"
    credentials: str = "unknown"
    unusable: str = ""

    @property
    def where(self) -> str:
        return f"job `{self.job.id}` of {self.workflow.file}"

    @property
    def attests(self) -> bool:
        """Whether attestations may go with the files: they name the workflow that was started, where
        the token names the file that has the job.
        """
        if self.tool == PYPA_ACTION:
            return self.step is None or self.step.input("attestations") != "false"
        return any(
            "attest" in (step.uses.text if step.uses else step.run or "") for step in self.job.steps
        )

    @property
    def builds_itself(self) -> bool:
        """Whether the action that uploads makes the files, too."""
        if self.tool == "casperdcl/deploy-pypi":
            return bool(self.step and self.step.input("build"))
        return self.tool in _BUILD_AND_UPLOAD

    @property
    def uploads_new_versions_only(self) -> bool:
        """Whether the action compares the version with the index, and may run at every push."""
        return self.tool == "etils-actions/pypi-auto-publish"


_BUILD_AND_UPLOAD = (
    "PyO3/maturin-action",
    "jrubics/poetry-publish",
    "etils-actions/pypi-auto-publish",
)
_PYPI_HOSTS = ("upload.pypi.org", "pypi.org", "pypi.python.org", "upload.pypi.io", "www.pypi.org")
_NAMES = {
    "": "pypi",
    "pypi": "pypi",
    "main": "pypi",
    "testpypi": "testpypi",
    "test": "testpypi",
    "test-pypi": "testpypi",
    "test_pypi": "testpypi",
    "pypi-test": "testpypi",
    "pypitest": "testpypi",
}


def index_of(value: str) -> str | None:
    """Which index an address or a name in a workflow means; `None` when only a run knows."""
    value = value.strip()
    found = re.match(r"https?://(?:[^/@]*@)?([^/:]+)", value, re.IGNORECASE)
    if "$" in (found[1] if found else value):
        return None
    if not found:
        return _NAMES.get(value.lower(), value)
    host = found[1].lower()
    if host == "test.pypi.org":
        return "testpypi"
    return "pypi" if host in _PYPI_HOSTS else value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tool:
    """How a program names the index it uploads to: options (an address or a name), variables."""

    name: str
    verb: str
    options: tuple[str, ...]
    variables: tuple[str, ...]
    secrets: tuple[str, ...]


_TOOLS = (
    _Tool(
        name="twine",
        verb="upload",
        options=("--repository-url", "--repository", "-r"),
        variables=("TWINE_REPOSITORY_URL", "TWINE_REPOSITORY"),
        secrets=("TWINE_PASSWORD", "--password", "-p"),
    ),
    _Tool(
        name="uv",
        verb="publish",
        options=("--publish-url", "--index"),
        variables=("UV_PUBLISH_URL", "UV_PUBLISH_INDEX"),
        secrets=("UV_PUBLISH_TOKEN", "UV_PUBLISH_PASSWORD", "--token", "-t", "--password", "-p"),
    ),
    _Tool(
        name="poetry",
        verb="publish",
        options=("--repository", "-r"),
        variables=(),
        secrets=("POETRY_PYPI_TOKEN_PYPI", "POETRY_HTTP_BASIC_PYPI_PASSWORD", "--password", "-p"),
    ),
    _Tool(
        name="flit",
        verb="publish",
        options=("--repository",),
        variables=("FLIT_INDEX_URL",),
        secrets=("FLIT_PASSWORD",),
    ),
    _Tool(
        name="hatch",
        verb="publish",
        options=("--repo", "-r"),
        variables=("HATCH_INDEX_REPO",),
        secrets=("HATCH_INDEX_AUTH", "--auth", "-a"),
    ),
    _Tool(
        name="pdm",
        verb="publish",
        options=("--repository", "-r"),
        variables=("PDM_PUBLISH_REPO",),
        secrets=("PDM_PUBLISH_PASSWORD", "--password", "-P"),
    ),
    _Tool(
        name="maturin",
        verb="publish",
        options=("--repository-url", "--repository", "-r"),
        variables=("MATURIN_REPOSITORY_URL", "MATURIN_REPOSITORY"),
        secrets=("MATURIN_PYPI_TOKEN", "MATURIN_PASSWORD", "--password", "-p"),
    ),
    _Tool(
        name="maturin",
        verb="upload",
        options=("--repository-url", "--repository", "-r"),
        variables=("MATURIN_REPOSITORY_URL", "MATURIN_REPOSITORY"),
        secrets=("MATURIN_PYPI_TOKEN", "MATURIN_PASSWORD", "--password", "-p"),
    ),
    _Tool(
        name="rye",
        verb="publish",
        options=("--repository-url",),
        variables=(),
        secrets=("--token",),
    ),
)
_NOT_FOR_REAL = ("--dry-run", "--help", "-h", "--version")
_TRUSTED_TOOLS = ("uv", "twine", "pdm", "hatch", "poetry", "maturin")
# Programs of the project's own that may publish; what they do is written elsewhere.
_RUNNERS = (
    ("tox", ()),
    ("nox", ()),
    ("make", ()),
    ("just", ()),
    ("invoke", ()),
    ("hatch", ("run",)),
    ("poe", ()),
    ("task", ()),
)
# Actions whose name says that they upload; those that are known are told apart before.
_UPLOADERS = re.compile(r"pypi|(?:python|poetry)[-_/]?(?:package[-_])?publish", re.IGNORECASE)
# Actions that begin a release whose upload a service or another repository does.
_RELEASERS = ("getsentry/craft", "getsentry/action-prepare-release")
_OF_DOCUMENTS = re.compile(r"(?:^|[-_.])(?:docs?|documentation|pages|coverage)(?:[-_.]|$)")
_PUBLISHES = re.compile(r"(?:^|[-_:./])(?:pypi|publish|release|upload)(?:[-_:./]|$)", re.IGNORECASE)


def publish_jobs(
    workflow: Workflow,
    *,
    called: Mapping[str, Workflow] | None = None,
    actions: Mapping[str, tuple[Step, ...]] | None = None,
) -> tuple[PublishJob, ...]:
    """The jobs of `workflow` that upload, one per uploading step.

    `called` are the repository's own workflows by path, for jobs that call one of them; `actions`
    are the steps of its composite actions, by folder, and of the scripts that steps run, by path.
    """
    found: list[PublishJob] = []
    for job in workflow.jobs:
        if job.uses is not None:
            found.extend(_called_jobs(workflow, job, called or {}))
            continue
        trusted = _may_be_trusted(workflow, job)
        exported: dict[str, str] = {}
        for step in job.steps:
            found.extend(_publishing(workflow, job, step, trusted, exported))
            written: dict[str, str] = {}
            for name, part in steps_elsewhere(step, actions or {}):
                found.extend(
                    replace(
                        publish,
                        step=step,
                        tool=f"{publish.tool} (in {name})",
                        line=step.line,
                        unusable=_finds_no_image(publish, name),
                    )
                    for publish in _publishing(workflow, job, part, trusted, written)
                )
    return tuple(found)


def _finds_no_image(publish: PublishJob, name: str) -> str:
    """Why the publishing action fails in a composite action: there it asks for the image of the
    repository that runs it, since version 1.12. Empty where it does not, or a commit hides which
    version it is.
    Source: https://github.com/pypa/gh-action-pypi-publish/issues/338
    """
    uses = None if publish.step is None else publish.step.uses
    if uses is None or publish.tool != PYPA_ACTION:
        return ""
    version = re.match(r"(?:release/)?v1(?:\.(\d+))?", uses.ref)
    old = version is None or (version[1] and int(version[1]) < 12)
    return "" if old else f"in the composite action {name}, {PYPA_ACTION} does not find its image"


def steps_elsewhere(
    step: Step, actions: Mapping[str, tuple[Step, ...]]
) -> Iterator[tuple[str, Step]]:
    """What a step does in a composite action or in scripts of the repository, with their names."""
    if step.uses is not None:
        if step.uses.kind == "local":
            for part in actions.get(step.uses.path.strip("/"), ()):
                yield step.uses.text, part
        return
    for path in scripts_of(step) if actions else ():
        for part in actions.get(path, ()):
            yield path, replace(part, environ=step.environ)


def _called_jobs(workflow: Workflow, job: Job, called: Mapping[str, Workflow]) -> list[PublishJob]:
    uses = job.uses
    if uses is None or uses.kind != "workflow":
        return []
    target = called.get(job.calls)
    if target is not None:
        inner = [publish for publish in publish_jobs(target) if not publish.unusable]
        return [
            PublishJob(
                workflow=workflow,
                job=job,
                step=None,
                tool=publish.tool,
                line=job.line,
                index=publish.index,
                credentials=publish.credentials,
                # A stored secret gets to a called workflow; an identity names the called file.
                unusable=""
                if publish.credentials == "secret"
                else f"the upload is in {target.file}, which this job calls",
            )
            for publish in inner[:1]
        ]
    permissions = workflow.permissions_of(job)
    mints = permissions is not None and permissions.level("id-token") == "write"
    named = _PUBLISHES.search(uses.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]) is not None
    if uses.owner and mints and (named or _PUBLISHES.search(job.id)):
        return [
            PublishJob(
                workflow=workflow,
                job=job,
                step=None,
                tool=f"{uses.owner}/{uses.repository}/{uses.path}",
                line=job.line,
                index=None,
                credentials="trusted",
                unusable=f"the job calls a workflow of another repository ({uses.owner}/"
                f"{uses.repository}), which the token then names instead of this one",
            )
        ]
    return []


def _may_be_trusted(workflow: Workflow, job: Job) -> bool:
    permissions = workflow.permissions_of(job)
    return permissions is not None and permissions.level("id-token") == "write"


def _publishing(
    workflow: Workflow, job: Job, step: Step, trusted: bool, exported: dict[str, str]
) -> list[PublishJob]:
    environ = {**dict(workflow.environ), **dict(job.environ), **dict(step.environ)}
    if step.uses is not None:
        publish = _publishing_action(workflow, job, step, environ, trusted)
        return [] if publish is None else [publish]
    found = []
    for command in step.commands():
        exported.update(command.environ if not command.words else ())
        exported.update(_poetry_index(command.runs("poetry", "config") or ()))
        known = {**environ, **exported, **dict(command.environ)}
        for tool in _TOOLS:
            words = command.runs(tool.name, tool.verb)
            if words is None or any(word in _NOT_FOR_REAL for word in command.words):
                continue
            found.append(
                PublishJob(
                    workflow=workflow,
                    job=job,
                    step=step,
                    tool=f"{tool.name} {tool.verb}",
                    line=command.line,
                    index=_index_of_command(tool, words, known),
                    credentials=_credentials(tool, command.words, known, trusted),
                )
            )
            break
    return found


def _option(words: Iterable[str], name: str) -> str | None:
    """The value of an option, `--name value` or `--name=value`."""
    everything = tuple(words)
    for position, word in enumerate(everything):
        if word == name:
            return everything[position + 1] if position + 1 < len(everything) else ""
        if name.startswith("--") and word.startswith(f"{name}="):
            return word.partition("=")[2]
    return None


def _poetry_index(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The address that `poetry config repositories.NAME ADDRESS` gives to a name."""
    for name, value in itertools.pairwise(words):
        if name.startswith("repositories."):
            yield name.removesuffix(".url"), value


def _index_of_command(
    tool: _Tool, words: tuple[str, ...], environ: Mapping[str, str]
) -> str | None:
    for option in tool.options:
        value = _option(words, option)
        if value is not None:
            return index_of(environ.get(f"repositories.{value}", value))
    for variable in tool.variables:
        if environ.get(variable):
            return index_of(environ[variable])
    return "pypi"


def _credentials(
    tool: _Tool, words: tuple[str, ...], environ: Mapping[str, str], trusted: bool
) -> str:
    for name in tool.secrets:
        value = _option(words, name) if name.startswith("-") else environ.get(name)
        if value:
            return "secret"
    return "trusted" if trusted and tool.name in _TRUSTED_TOOLS else "unknown"


def _publishing_action(
    workflow: Workflow, job: Job, step: Step, environ: Mapping[str, str], trusted: bool
) -> PublishJob | None:
    uses = step.uses
    if uses is None or uses.kind not in ("action", "docker"):
        return None
    slug = uses.action if uses.kind == "action" else uses.text
    slug = slug.replace("/jupyter-releaser/", "/jupyter_releaser/")  # both are in use

    def publish(tool: str, index: str | None, credentials: str) -> PublishJob:
        return PublishJob(
            workflow=workflow,
            job=job,
            step=step,
            tool=tool,
            line=step.line,
            index=index,
            credentials=credentials,
        )

    if slug == PYPA_ACTION or slug.startswith(("docker://ghcr.io/pypa/gh-action-pypi-publish",)):
        address = step.input("repository-url") or ""
        secret = step.input("password")
        return publish(
            PYPA_ACTION,
            index_of(address) if address else "pypi",
            "secret" if secret else "trusted" if trusted else "unknown",
        )
    if slug in _MATURIN_ACTIONS and (step.input("command") or "build") in (
        "publish",
        "upload",
    ):
        tool = next(t for t in _TOOLS if t.name == "maturin")
        words = tuple((step.input("args") or "").split())
        if any(word in _NOT_FOR_REAL for word in words):
            return None
        return publish(
            "PyO3/maturin-action",
            _index_of_command(tool, words, environ),
            _credentials(tool, words, environ, trusted),
        )
    if slug in _OTHER_ACTIONS:
        address_input, secret_input = _OTHER_ACTIONS[slug]
        address = step.input(address_input) or ""
        return publish(
            slug,
            index_of(address) if address else "pypi",
            "secret" if step.input(secret_input) else "trusted" if trusted else "unknown",
        )
    return None


_MATURIN_ACTIONS = (
    "pyo3/maturin-action",
    "messense/maturin-action",
)  # its name since 2022, and before
# Other actions that upload: the input with the address, the input with the secret.
_OTHER_ACTIONS = {
    "jrubics/poetry-publish": ("repository-url", "pypi-token"),
    "casperdcl/deploy-pypi": ("", "password"),
    "etils-actions/pypi-auto-publish": ("repository-url", "pypi-token"),
    "jupyter-server/jupyter_releaser/.github/actions/finalize-release": ("", "pypi-token"),
    "jupyter-server/jupyter_releaser/.github/actions/publish-release": ("", "pypi-token"),
}


def may_publish(workflow: Workflow) -> tuple[tuple[Job, Step | None, str], ...]:
    """Steps that may upload by a script or action written elsewhere, in jobs that could."""
    found: list[tuple[Job, Step | None, str]] = []
    for job in workflow.jobs:
        uses = job.uses
        called = uses.path.rsplit("/", 1)[-1] if uses is not None and uses.owner else ""
        if uses is not None and _PUBLISHES.search(called) and not _OF_DOCUMENTS.search(called):
            found.append((job, None, uses.text))
        for step in job.steps:
            if step.uses is not None and step.uses.kind == "local":
                if _PUBLISHES.search(step.uses.path):
                    found.append((job, step, step.uses.text))
                continue
            if step.uses is not None:
                known = step.uses.action == PYPA_ACTION or step.uses.action in _OTHER_ACTIONS
                if not known and (
                    _UPLOADERS.search(step.uses.text) or step.uses.action in _RELEASERS
                ):
                    found.append((job, step, step.uses.text))
                continue
            for command in step.commands():
                for name, needed in _RUNNERS:
                    words = command.tool(name)
                    if words is None or words[: len(needed)] != needed:
                        continue
                    if any(_PUBLISHES.search(word) for word in words):
                        found.append((job, step, command.text))
                if _is_publishing_script(command.words):
                    found.append((job, step, command.text))
        if any(one is job for one, _, _ in found):
            continue
        given = next((step for step in job.steps if _gets_a_token(job, step)), None)
        if given is not None:
            found.append((job, given, _in_one_line(given)))
        elif _is_for_the_index(workflow, job):
            found.append((job, None, _what_may_publish(job)))
    return tuple(found)


_TOKEN_OF_AN_INDEX = re.compile(
    r"(?<!TEST_)PYPI|TWINE_PASSWORD|UV_PUBLISH_(?:TOKEN|PASSWORD)|FLIT_PASSWORD|HATCH_INDEX_AUTH",
    re.IGNORECASE,
)


def _gets_a_token(job: Job, step: Step) -> bool:
    """Whether the step is given a stored token of an index, whatever it does with it."""
    if step.uses is not None and step.uses.kind == "local":
        return False
    given = (*step.inputs, *step.environ, *(job.environ if step.run else ()))
    return any(
        "secrets." in value and bool(_TOKEN_OF_AN_INDEX.search(f"{name} {value}"))
        for name, value in given
    )


_SCRIPT = re.compile(r"(?:^|[/\\])([\w-]+)(?:\.(?:sh|py))?$")
_INTERPRETERS = ("python", "python3", "bash", "sh", "node")


def _is_publishing_script(words: tuple[str, ...]) -> bool:
    """Whether a command runs a script of the tree that is named `publish`, or is told to."""
    after = words[1:] if words and words[0] in _INTERPRETERS else words
    if not after or not re.search(r"[/\\]|\.(?:sh|py)$", after[0]) or after[0].endswith("setup.py"):
        return False
    script = _SCRIPT.search(after[0])
    named = script is not None and _PUBLISHES.search(script[1]) is not None
    return named or any(_PUBLISHES.fullmatch(word) for word in after[1:])


def page_of(job: Job) -> str | None:
    """The address of the job's environment, where it is a project's page on the index."""
    environment = job.node.get("environment")
    url = environment.get("url") if environment is not None else None
    return url.text if url is not None and _PAGE.search(url.text) else None


_PAGE = re.compile(r"pypi\.org/(?:p|project)/([\w.-]*)")


def project_of(job: Job) -> str:
    """The project on whose page its files can be seen, as its environment says; else empty."""
    found = _PAGE.search(page_of(job) or "")
    return canonicalize_name(found[1]) if found else ""


def _is_for_the_index(workflow: Workflow, job: Job) -> bool:
    """Whether a job may ask for a token, and its environment's page or its name is about an index."""
    if not _may_be_trusted(workflow, job):
        return False
    named = (job.id, *job.name.split(), (job.environment and job.environment.name) or "")
    return page_of(job) is not None or any(map(_PUBLISHES.search, named))


def _what_may_publish(job: Job) -> str:
    """The step of the job that most likely uploads: the last one but those of GitHub's own actions,
    and those that only say how it went.
    """
    last = [
        step
        for step in job.steps
        if (step.uses is not None and step.uses.owner != "actions")
        or any(command.words[:1] != ("echo",) for command in step.commands())
    ]
    return _in_one_line((last or job.steps)[-1]) if job.steps else job.id


def _in_one_line(step: Step) -> str:
    return (step.uses.text if step.uses else step.run or "").strip().split("\n", maxsplit=1)[0]


# --- the publisher ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """What the repository says about its trusted publisher.

    `publisher` is `None` when it is not settled; `results` say why. `job` is the job it stands
    for; `jobs` are all that upload, to whichever index.
    """

    publisher: TrustedPublisher | None
    job: PublishJob | None
    jobs: tuple[PublishJob, ...]
    results: tuple[Result, ...]


def derive_publisher(
    workflows: Iterable[Workflow | Finding],
    *,
    owner: str | None,
    repository: str | None,
    settings: Settings,
    actions: Mapping[str, tuple[Step, ...]] | None = None,
    package: tuple[str, str] | None = None,
) -> Derivation:
    """The trusted publisher of the job that uploads to the index of `settings`.

    `package` is the project's folder, seen from the repository's root, and its name: where several
    workflows upload, the one that builds it is meant.

    `owner` and `repository` are `None` where they could not be found out: then there is no
    publisher, and the job is chosen all the same. Findings among `workflows` (files that could
    not be read) are passed on.
    """
    everything = tuple(workflows)
    readable = tuple(item for item in everything if isinstance(item, Workflow))
    results: list[Result] = [item for item in everything if isinstance(item, Finding)]
    called = {workflow.file: workflow for workflow in readable}
    jobs = tuple(
        publish
        for workflow in readable
        for publish in publish_jobs(workflow, called=called, actions=actions)
    )
    wanted = settings.index.name
    candidates = for_index(jobs, wanted)
    if settings.workflow is not None:
        candidates = tuple(c for c in candidates if c.workflow.filename == settings.workflow)
    usable = tuple(c for c in candidates if not c.unusable and not c.workflow.is_only_called)
    file = proposed_file(settings, package or ("", ""), jobs)
    if usable and package and (of_others := _of_others(usable, settings, package)):
        results.append(_missing(of_others, file))
        return Derivation(publisher=None, job=None, jobs=jobs, results=tuple(results))
    if not usable:
        results.extend(_why_none(readable, jobs, candidates, settings, file))
        return Derivation(publisher=None, job=None, jobs=jobs, results=tuple(results))
    files = sorted({c.workflow.file for c in usable})
    if len(files) > 1:
        usable = _meant(usable, package)
        files = sorted({c.workflow.file for c in usable})
    if len(files) > 1:
        first = usable[0]
        names = " and ".join(f"{file} (job `{_first(usable, file).job.id}`)" for file in files)
        results.append(
            find(
                CHOICE,
                f"{len(files)} workflows upload to {settings.index.title}: {names}.",
                where=first.workflow.at(first.line),
                fix="Choose in pyproject.toml: "
                f'`[tool.nox-release] workflow = "{first.workflow.filename}"`.',
            )
        )
        return Derivation(publisher=None, job=None, jobs=jobs, results=tuple(results))
    of_this = [
        one for one in usable if package and project_of(one.job) == canonicalize_name(package[1])
    ]
    chosen, environment, unclear = _environment_of(tuple(of_this) or usable, settings)
    if not settings.index.is_like_pypi:  # an index without trusted publishing
        return Derivation(publisher=None, job=chosen, jobs=jobs, results=tuple(results))
    publisher = None
    if unclear is not None:
        results.append(unclear)
    elif owner is not None and repository is not None:
        publisher = TrustedPublisher(
            owner=owner,
            repository=repository,
            workflow=chosen.workflow.filename,
            environment=environment,
        )
    if owner is None or repository is None:
        results.append(
            Skipped(
                id="publisher-derived",
                subject=SUBJECT,
                title="The trusted publisher's values",
                reason="owner and repository are not known: there is no remote on github.com",
            )
        )
    return Derivation(
        publisher=publisher, job=chosen, jobs=jobs, results=tuple(map(_unless_needed, results))
    )


def _unless_needed(result: Result) -> Result:
    """A file that cannot be read is no error where another one publishes."""
    if isinstance(result, Finding) and result.id == UNREADABLE.id:
        return replace(result, severity=Severity.WARNING)
    return result


def in_githubs_spelling(derivation: Derivation, full_name: str | None) -> Derivation:
    """The same with owner and repository as GitHub calls them; `None`: it was not asked."""
    if derivation.publisher is None:
        return derivation
    return replace(derivation, publisher=as_github_spells(derivation.publisher, full_name))


def as_github_spells(publisher: TrustedPublisher, full_name: str | None) -> TrustedPublisher:
    """PyPI looks a publisher up by GitHub's own spelling, whatever the remote says."""
    (owner, name), _ = spelt_by_github((publisher.owner, publisher.repository), full_name)
    return replace(publisher, owner=owner, repository=name)


def _first(jobs: tuple[PublishJob, ...], file: str) -> PublishJob:
    return next(job for job in jobs if job.workflow.file == file)


def for_index(jobs: tuple[PublishJob, ...], wanted: str) -> tuple[PublishJob, ...]:
    """Jobs that upload to the wanted index; if none is sure to, those of which only a run knows.

    An index of the maintainer's own (a rehearsal, a mirror) takes the place of PyPI: the workflow
    is written for PyPI all the same.
    """
    names = (wanted,) if wanted in ("pypi", "testpypi") else (wanted, "pypi")
    for name in names:
        exact = tuple(job for job in jobs if job.index is not None and _is(job.index, name))
        if exact:
            return exact
    return tuple(job for job in jobs if job.index is None)


def _is(index: str, name: str) -> bool:
    """Whether an index of a workflow is the one called `name`, which may be a host."""
    host = re.match(r"https?://(?:[^/@]*@)?([^/]+)", index)
    return index == name or (host is not None and host[1].lower() == name.lower())


def _meant(
    usable: tuple[PublishJob, ...], package: tuple[str, str] | None
) -> tuple[PublishJob, ...]:
    """Those in the one file that is meant, where that is clear."""
    sure = _building(usable, package, (True,), (None,))
    for kept in (_building(usable, package, (True, None)), sure):
        chosen = _named_for(_preferred(kept), package)
        if len({one.workflow.file for one in chosen}) == 1:
            break
    return chosen


def _preferred(usable: tuple[PublishJob, ...]) -> tuple[PublishJob, ...]:
    """Those with trusted publishing, where others hold a secret; those that a release starts by
    itself, and for more than pre-releases; else all.
    """
    for wanted in (_is_trusted, _starts_by_itself, _takes_final_versions):
        usable = tuple(filter(wanted, usable)) or usable
    return usable


def _is_trusted(publish: PublishJob) -> bool:
    return publish.credentials == "trusted"


def _starts_by_itself(publish: PublishJob) -> bool:
    push = publish.workflow.event("push")
    by_tag = push is not None and (
        push.tags is not None or (push.branches is None and push.branches_ignore is None)
    )
    return by_tag or publish.workflow.event("release") is not None


_FINAL = ("1.20.3", "v1.20.3", "1.20", "v1.20", "2020.1.2")


_TRIALS = frozenset(
    ["alpha", "beta", "canary", "dev", "nightly", "pre", "prerelease", "rc", "snapshot", "weekly"]
)


def _takes_final_versions(publish: PublishJob) -> bool:
    if _TRIALS & set(re.split(r"[-_.]+", publish.workflow.filename.lower())):
        return False
    push = publish.workflow.event("push")
    patterns = None if push is None else push.tags
    return patterns is None or any(filters_take(tag, patterns) for tag in _FINAL)


def _building(
    usable: tuple[PublishJob, ...],
    package: tuple[str, str] | None,
    *ranks: tuple[bool | None, ...],
) -> tuple[PublishJob, ...]:
    """The first whose workflow builds the package, as `ranks` sorts the answers; else all."""
    if package is None:
        return usable
    known = {c.workflow.file: builds_package(c.workflow, *package) for c in usable}
    for answers in ranks:
        found = tuple(c for c in usable if known[c.workflow.file] in answers)
        if found:
            return found
    return usable


def _named_for(
    usable: tuple[PublishJob, ...], package: tuple[str, str] | None
) -> tuple[PublishJob, ...]:
    """Those in the one file whose name holds the project's, as in `publish-demo.yml`, and of no
    other part; else those in the one that names no part at all; else all.
    """
    name = re.sub(r"[-_.]+", "-", package[1]).lower() if package else ""
    files = {one.workflow.file: one.workflow.filename.lower() for one in usable}
    names = {file: f"-{re.sub(r'[-_.]+', '-', filename)}-" for file, filename in files.items()}
    own = [one for one in usable if name and f"-{name}-" in names[one.workflow.file]]
    alone = [one for one in own if _is_general(names[one.workflow.file].replace(f"-{name}-", "-"))]
    general = [one for one in usable if _is_general(names[one.workflow.file])]
    for found in (alone, own if not general else [], general if own else []):
        if len({one.workflow.file for one in found}) == 1:
            return tuple(found)
    return usable


_GENERAL = frozenset(
    [
        "build",
        "cd",
        "ci",
        "deploy",
        "package",
        "packages",
        "publish",
        "publishing",
        "py",
        "pypi",
        "python",
        "release",
        "releases",
        "sdist",
        "tag",
        "to",
        "upload",
        "wheel",
        "wheels",
        "workflow",
        "yaml",
        "yml",
    ]
)


def _is_general(filename: str) -> bool:
    return set(filename.strip("-").split("-")) <= _GENERAL


def _environment_of(
    usable: tuple[PublishJob, ...], settings: Settings
) -> tuple[PublishJob, str | None, Result | None]:
    """The job, its environment, and why that is not settled if it is not."""
    wanted = settings.environment
    if wanted is not None:
        same = [job for job in usable if _environment_name(job).lower() == wanted.lower()]
        return (same or list(usable))[0], wanted, None
    dynamic = [job for job in usable if job.job.environment and job.job.environment.name is None]
    if dynamic:
        environment = dynamic[0].job.environment
        said = "" if environment is None else environment.expression
        skipped = Skipped(
            id="env-dynamic",
            subject=SUBJECT,
            title="The publishing job's environment",
            reason=f"{dynamic[0].where} names it by an expression, `{said}`; "
            'say it in pyproject.toml: `[tool.nox-release] environment = "…"`',
        )
        return dynamic[0], None, skipped
    chosen = usable[0]
    if len({_environment_name(job).lower() for job in usable}) > 1:
        listed = "; ".join(
            f"{job.where} has " + (f"`{_environment_name(job)}`" if job.job.environment else "none")
            for job in usable
        )
        finding = find(
            ENVIRONMENT_CHOICE,
            f"The jobs that upload to {settings.index.title} have different environments: {listed}.",
            where=chosen.workflow.at(chosen.job.line),
        )
        return chosen, None, finding
    return chosen, _environment_name(chosen) or None, None


def _environment_name(publish: PublishJob) -> str:
    environment = publish.job.environment
    return "" if environment is None else environment.name or ""


def _why_none(
    workflows: tuple[Workflow, ...],
    jobs: tuple[PublishJob, ...],
    candidates: tuple[PublishJob, ...],
    settings: Settings,
    file: str,
) -> list[Result]:
    """Why no job can be a trusted publisher for the index; `init` would write `file`."""
    title = settings.index.title
    reusable = [c for c in candidates if c.unusable or c.workflow.is_only_called]
    if reusable:
        direct = [c for c in reusable if c.unusable] or reusable
        called = {one.workflow.file: one for one in jobs if not one.unusable}
        return [_reusable(c, called.get(c.job.calls, c)) for c in direct]
    named = settings.workflow
    if named is not None and not any(w.filename == named for w in workflows):
        listed = ", ".join(w.filename for w in workflows) or "no workflow"
        return [
            find(
                MISSING,
                f"`tool.nox-release.workflow` is `{named}`, which is not in {WORKFLOWS}; "
                f"there is {listed}.",
                where=Location(file="pyproject.toml", key="tool.nox-release.workflow"),
                fix="Correct the setting, or commit the file.",
            )
        ]
    clear = {(one.workflow.file, one.job.id) for one in jobs if one.index is not None}
    unclear = [
        (workflow, job, step, text)
        for workflow in workflows
        if named is None or workflow.filename == named
        for job, step, text in may_publish(workflow)
        if (workflow.file, job.id) not in clear
    ]
    if unclear:
        # What names the index before what does not, and a step that says so before a job whose
        # environment alone is about one.
        workflow, job, _, text = min(
            unclear,
            key=lambda one: (
                page_of(one[1]) is None,
                one[2] is None,
                "pypi" not in f"{one[0].filename} {one[3]}".lower(),
            ),
        )
        return [
            skipped(
                MISSING,
                f"job `{job.id}` of {workflow.file} runs `{text}`, which may upload; "
                "what it does is written elsewhere",
            )
        ]
    others = [job for job in jobs if named is None or job.workflow.filename == named]
    if others:
        said = "; ".join(
            f"{job.where} uploads to {_TITLES.get(job.index or '', job.index or 'an index')}"
            for job in others
        )
        message = f"No workflow uploads to {title}: {said}."
    elif named is not None:
        message = f"{WORKFLOWS}/{named} has no job that uploads to {title}."
    else:
        where = f"No workflow in {WORKFLOWS}" if workflows else f"{WORKFLOWS} has no workflow"
        message = f"{where} that uploads to {title}."
    return [_missing(message, file)]


def _missing(message: str, file: str) -> Finding:
    return find(MISSING, message, fix=f"nox -s init writes {WORKFLOWS}/{file} for this project.")


def _of_others(usable: tuple[PublishJob, ...], settings: Settings, package: tuple[str, str]) -> str:
    """Which workflows there are, where each is sure to build other packages than this one, whose tags
    tell it from them; empty where one may be its own, or speaks of its tags.
    """
    prefix = tag_prefix(settings, package[1])
    if not prefix or settings.workflow or any(prefix in one.workflow.text for one in usable):
        return ""
    if any(builds_package(one.workflow, *package) is not False for one in usable):
        return ""
    files = " and ".join(sorted({one.workflow.file for one in usable}))
    return f"No workflow uploads {package[1]} to {settings.index.title}: {files} builds other packages."


def proposed_file(settings: Settings, package: tuple[str, str], jobs: Iterable[PublishJob]) -> str:
    """The file to propose for `package`, which is its folder and its name: each of several packages,
    told apart by their tags, gets its own; TestPyPI's and PyPI's are two, so that one leads on to the other.
    """
    if settings.workflow:
        return settings.workflow
    folder, project = package
    several = folder not in ("", ".") and tag_prefix(settings, project)
    name = f"publish-{canonicalize_name(project)}.yml" if several else "publish.yml"
    indexes = {job.index for job in jobs if job.workflow.filename == name}
    is_test = settings.index.name == "testpypi"
    if indexes != {settings.index.name} and (is_test or indexes == {"testpypi"}):
        return name.replace(".yml", "-testpypi.yml" if is_test else "-pypi.yml")
    return name


def tag_prefix(settings: Settings, project: str) -> str:
    """What the project's tags begin with; empty where that tells them from no others."""
    prefix = settings.tag(project, "\n").partition("\n")[0]
    return prefix if prefix.strip("v") else ""


_TITLES = {"pypi": "PyPI", "testpypi": "TestPyPI"}


def _reusable(publish: PublishJob, inner: PublishJob) -> Result:
    """That the upload, which may be `inner` of a called workflow, is not in the one that is started."""
    if publish.unusable and inner is not publish and not inner.attests:
        return skipped(REUSABLE, by_token_alone(inner))
    if publish.unusable:
        message = f"Job `{publish.job.id}` cannot use trusted publishing: {publish.unusable}."
    else:
        message = (
            f"Job `{publish.job.id}` uploads, but nothing starts {publish.workflow.file} except "
            "other workflows (`workflow_call`)."
        )
    return find(REUSABLE, message, where=publish.workflow.at(publish.line))


def by_token_alone(publish: PublishJob) -> str:
    """What is not known of an upload without attestations in a called workflow of the repository."""
    return (
        f"without attestations PyPI takes an upload from {publish.workflow.file}, which is called, if "
        "the publisher is registered for that file; this tool does not follow such a run"
    )
