"""The checklist of one project: everything is asked at once, then judged, then one step is named.

Each question that fails leaves its own line *not known*; the others are answered all the same.
"""

from __future__ import annotations

import posixpath
import shlex
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_release import changelog, pages
from nox_release.audit import audit_workflows, without_doubles
from nox_release.checks import asked, preflight, state_of_index
from nox_release.checks import publisher as publisher_rules
from nox_release.checks.state_of_index import CouldNotAsk
from nox_release.checks.workflow import EnvironmentPolicy, WorkflowFacts, check_workflow
from nox_release.checks.workflow_upload import ENV_EQUALS
from nox_release.errors import CommandError, NoxReleaseError
from nox_release.findings import Finding, Passed, Severity, Skipped, find, ranked
from nox_release.forge import find_gh
from nox_release.git import Relation
from nox_release.operations.observe import ask, event_of, gh_state, locate
from nox_release.plan import Observed, Target, version_of_tag
from nox_release.publishing import TrustedPublisher, derive_publisher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nox_release.context import Context
    from nox_release.distributions import Distribution
    from nox_release.findings import Result
    from nox_release.git import RemoteState, Repository
    from nox_release.index import IndexClient, IndexProject, Ownership, Publisher
    from nox_release.operations.build import Built
    from nox_release.operations.observe import Place
    from nox_release.project import Index, Project
    from nox_release.publishing import Derivation, Workflow

T = TypeVar("T")

_THREADS = 16
NAME_STDLIB = "name-stdlib"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """The one thing to do next: a command, or a page with the values that belong there.

    `otherwise` introduces the page as another way to get where the command leads; without it the
    page comes first and the command after it.
    """

    kind: str
    text: str
    command: str = ""
    page: str = ""
    values: tuple[tuple[str, str], ...] = ()
    otherwise: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """What was found about one project, and what follows."""

    project: Project
    version: str | None
    results: tuple[Result, ...]
    step: NextStep
    publisher: TrustedPublisher | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(
            result
            for result in self.results
            if isinstance(result, Finding) and result.severity is Severity.ERROR
        )

    @property
    def unknown(self) -> tuple[Skipped, ...]:
        return tuple(result for result in self.results if isinstance(result, Skipped))

    @property
    def ready(self) -> bool:
        """Nothing that was found would make a release fail."""
        return not self.errors


@dataclass(frozen=True, slots=True, kw_only=True)
class OnIndex:
    """The index's answers about one name."""

    project: IndexProject | CouldNotAsk | None
    ownership: Ownership | CouldNotAsk | None = None
    names: tuple[str, ...] | CouldNotAsk | None = None
    proven: tuple[Publisher, ...] | CouldNotAsk | None = None
    proven_version: str = ""


def make_checklist(
    context: Context,
    project: Project,
    *,
    built: Built | NoxReleaseError | None = None,
    pending_publisher: bool = False,
    arguments: Sequence[str] = (),
) -> Checklist:
    """Ask everything about `project` that can be asked without changing anything.

    `built` is what a build made, or why it made nothing; without it the files in `dist/` that
    belong to this version are looked at. `arguments` are options that the commands in the next step need to be given too.
    """
    with ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="ask") as pool:
        return _gather(
            context,
            project,
            pool,
            built=built,
            pending_publisher=pending_publisher,
            arguments=arguments,
        )


def _gather(
    context: Context,
    project: Project,
    pool: ThreadPoolExecutor,
    *,
    built: Built | NoxReleaseError | None,
    pending_publisher: bool,
    arguments: Sequence[str],
) -> Checklist:
    from nox_release.checks.source import check_source, declared_version
    from nox_release.source_tree import read_source_tree

    # The network first: it takes longest. The rest is done while it answers.
    on_index = pool.submit(_ask_index, context, project, pool)
    place = ask(lambda: locate(context, project))
    known = None if isinstance(place, CouldNotAsk) else place
    workflows, derivation = _derive(project, known)
    tree = read_source_tree(
        project,
        top=known.repository.root if known else None,
        repository=known.name if known else "",
    )
    declared = declared_version(project, tree)
    if built is not None and not isinstance(built, NoxReleaseError):
        declared = built.version
    around = (
        None
        if isinstance(place, CouldNotAsk)
        else Surroundings(context, project, place, derivation, pool, version=declared)
    )
    version = around.version if around else declared
    audit = pool.submit(_audit, context, known, project, derivation)
    results: list[Result] = list(check_source(project, tree))
    found, read = (
        _distribution_results(_files(project, version), version)
        if built is None
        else _build_results(built)
    )
    results += found
    answers = on_index.result()
    results += _index_results(
        context, project, answers, derivation, read, version, pending_publisher=pending_publisher
    )
    if around is None:
        results.append(_without_git(place))
    else:
        results += around.results(answers)
    facts = _workflow_facts(project, around, answers, read)
    results += without_doubles([*_check_workflow(workflows, derivation, facts), *audit.result()])
    results += _check_changelog(project, version)
    results += _publisher_results(project, answers, derivation)
    checklist = Checklist(
        project=project,
        version=version,
        results=tuple(_earliest(_for_new_names(results, answers))),
        step=NextStep(kind="none", text=""),
        publisher=derivation.publisher,
    )
    return replace(checklist, step=next_step(checklist, answers, arguments=arguments))


def _for_new_names(results: Sequence[Result], answers: OnIndex) -> list[Result]:
    """Without PyPI's refusals of new names where the project has its name already."""
    if isinstance(answers.project, CouldNotAsk):
        return list(results)
    named = [isinstance(result, Finding) and result.id == NAME_STDLIB for result in results]
    if answers.project is not None:
        return [result for result, is_name in zip(results, named, strict=True) if not is_name]
    return [
        replace(result, severity=Severity.ERROR)
        if isinstance(result, Finding) and is_name
        else result
        for result, is_name in zip(results, named, strict=True)
    ]


def _earliest(results: Sequence[Result]) -> list[Result]:
    """Each rule's findings at the earliest distance only: the source before the built files."""
    told = {
        result.id
        for result in results
        if isinstance(result, Finding) and result.subject == "project"
    }
    return [
        result
        for result in results
        if not (
            isinstance(result, Finding) and result.subject == "distributions" and result.id in told
        )
    ]


# --- git and GitHub -------------------------------------------------------------------------------


def _without_git(place: Place | CouldNotAsk) -> Skipped:
    return Skipped(
        id=asked.GITHUB_ASKED.id,
        subject="GitHub",
        title="what git and GitHub say",
        reason=place.reason if isinstance(place, CouldNotAsk) else "",
    )


def _derive(
    project: Project, place: Place | None
) -> tuple[tuple[Workflow | Finding, ...], Derivation]:
    """The workflows in the folder, and what of them publishes."""
    from nox_release.workflows import read_actions, read_workflows

    top = place.repository.root if place else project.root
    workflows = read_workflows(top)
    derivation = derive_publisher(
        workflows,
        owner=place.owner if place else None,
        repository=place.name if place else None,
        settings=project.settings,
        actions=read_actions(top, workflows),
    )
    return workflows, derivation


# What a release cannot do without, and what nevertheless says nothing about the project.
_NOT_ASKED = frozenset(
    {
        preflight.GH_MISSING.id,
        preflight.GH_LOGGED_OUT.id,
        preflight.GH_UNREACHABLE.id,
        preflight.REMOTE_UNREACHABLE.id,
    }
)


class Surroundings:
    """git here, the remote, and GitHub: all asked when this is made, judged by `results`."""

    def __init__(
        self,
        context: Context,
        project: Project,
        place: Place,
        derivation: Derivation,
        pool: ThreadPoolExecutor,
        *,
        version: str | None,
    ) -> None:
        from nox_release.forge import Forge

        self._project = project
        self._place = place
        self._derivation = derivation
        repository = place.repository
        forge = Forge(place.slug, context.runner, repository.root, clock=context.clock)
        self._has_gh = find_gh(context.environ) is not None
        self.head = ask(repository.head)
        self.branch = ask(repository.branch)
        self.version = version or self._tagged()
        questions: dict[str, Callable[[], Any]] = {
            "remote": lambda: ask_briefly(self._ask_remote),
            "local_tag": lambda: repository.tag_commit(self.tag),
            "changes": repository.changes,
            "tracked_folders": self._folders,
            "shallow": repository.is_shallow,
            "identity": repository.identity,
        }
        if self._has_gh:
            publisher = derivation.publisher
            questions |= {
                "gh": lambda: gh_state(forge),
                "login": forge.login,
                "repository": forge.repository,
                "github_release": lambda: forge.release(self.tag),
                "tag_rules": forge.rules_for_tags,
            }
            if isinstance(self.head, str):
                head = self.head
                questions["checks"] = lambda: forge.checks(head)
                questions["runs"] = lambda: forge.runs(commit=head)
            if publisher is not None:
                questions["workflow"] = lambda: forge.workflow(publisher.workflow)
                if publisher.environment:
                    name = publisher.environment
                    questions["environment"] = lambda: forge.environment(name)
            if isinstance(self.branch, str):
                branch = self.branch
                questions["branch_rules"] = lambda: forge.rules_for_branch(branch)
        self._answers = {name: pool.submit(ask, question) for name, question in questions.items()}

    @property
    def tag(self) -> str:
        """The tag of this version; where the version is not known, one of the same shape."""
        return self._project.settings.tag(self._project.name, self.version or "0")

    def _tagged(self) -> str | None:
        """The version of a tag at HEAD, for projects whose version comes from there."""
        tags = ask(lambda: self._place.repository.tags_at("HEAD"))
        for tag in () if isinstance(tags, CouldNotAsk) else tags:
            found = version_of_tag(
                tag, tag_format=self._project.settings.tag_format, name=self._project.name
            )
            if found is not None:
                return str(found)
        return None

    def _ask_remote(self) -> tuple[RemoteState, Relation | CouldNotAsk | None]:
        """One look at the remote, and how HEAD stands to the branch there."""
        repository, remote = self._place.repository, self._place.remote
        branch = self.branch if isinstance(self.branch, str) else None
        state = repository.remote_state(remote, branch=branch, tag=self.tag)
        there = state.branch_head
        if there is None or branch is None or not isinstance(self.head, str):
            return state, None
        head = self.head
        return state, ask(lambda: relation_without_fetching(repository, head, there))

    def _folders(self) -> frozenset[str]:
        return frozenset(
            posixpath.dirname(path)
            for path in self._place.repository.tracked()
            if path.endswith(".py") and "/" in path
        )

    def target(self) -> Target | None:
        """What would be released from here."""
        if not isinstance(self.head, str):
            return None
        event, by_hand = event_of(self._derivation)
        publisher = self._derivation.publisher
        return Target(
            name=self._project.name,
            version=self.version or "0",
            tag=self.tag,
            commit=self.head,
            index=self._project.settings.index,
            slug=self._place.slug,
            remote=self._place.remote,
            branch=self.branch if isinstance(self.branch, str) else None,
            workflow=publisher.workflow if publisher else "",
            event=event,
            dispatchable=by_hand,
            publisher=publisher,
        )

    def add_to(self, facts: WorkflowFacts) -> WorkflowFacts:
        """What git and GitHub know about the publishing workflow."""
        remote = self._answers["remote"].result()
        job = self._derivation.job
        at_commit = None
        if job is not None and isinstance(self.head, str):
            head, file = self.head, job.workflow.file
            found = ask(lambda: self._place.repository.has_file(head, file))
            at_commit = None if isinstance(found, CouldNotAsk) else found
        return replace(
            facts,
            repository=self._place.slug,
            default_branch=None if isinstance(remote, CouldNotAsk) else remote[0].default_branch,
            tag=self.tag,
            at_commit=at_commit,
            environment=self._environment(),
        )

    def _environment(self) -> EnvironmentPolicy | None:
        """GitHub's rules for the environment; one that is not there yet admits everything."""
        publisher = self._derivation.publisher
        asked_ = self._answers.get("environment")
        if publisher is None or asked_ is None or publisher.environment is None:
            return None
        answer = asked_.result()
        if isinstance(answer, CouldNotAsk):
            return None
        if answer is None:
            return EnvironmentPolicy(name=publisher.environment)
        policies = answer.policies
        return EnvironmentPolicy(
            name=publisher.environment,
            patterns=None
            if policies is None
            else tuple((policy.kind, policy.pattern) for policy in policies),
            protected_branches=answer.protected_branches_only,
            reviewers=answer.reviewers,
            wait_minutes=answer.wait_minutes,
            url=answer.url,
        )

    def results(self, on_index: OnIndex) -> list[Result]:
        """The rules about commit, tag, GitHub and workflow over the answers."""
        target = self.target()
        if target is None:
            reason = self.head.reason if isinstance(self.head, CouldNotAsk) else ""
            return [_without_git(CouldNotAsk(reason=reason))]
        observed = self._observed(on_index)
        known = self.version is not None
        found: list[Result] = [
            *preflight.check_tree(
                target,
                observed,
                release_branch=self._project.settings.branch,
                version_from_tags=self._project.version_from_tags,
            )
        ]
        if known:
            found += preflight.check_tag(target, observed)
        gh = list(preflight.check_gh(target, observed))
        found += gh
        if observed.gh == "ready" and not any(isinstance(result, Finding) for result in gh):
            found.append(self._logged_in(observed))
        if observed.gh == "ready":
            found += preflight.check_checks(target, observed, ignore=False)
        found += (
            result
            for result in preflight.check_workflow_ready(target, observed)
            if result.id not in _BY_LINE
        )
        if known:
            found += preflight.check_github_release(target, observed)
            if not isinstance(observed.project, CouldNotAsk):
                found += preflight.check_files(target, observed)
        return [_unasked(result) for result in found]

    def _logged_in(self, observed: Observed) -> Passed:
        login = observed.login
        user = "" if login is None or isinstance(login, CouldNotAsk) else login.user
        return Passed(
            id=asked.GITHUB_ASKED.id,
            subject="GitHub",
            title=f"{self._place.slug} is on GitHub, and gh may write to it",
            detail=user,
        )

    def _observed(self, on_index: OnIndex) -> Observed:
        answers: dict[str, Any] = {name: asked_.result() for name, asked_ in self._answers.items()}
        for name, otherwise in (
            ("changes", None),
            ("tracked_folders", frozenset()),
            ("shallow", False),
            ("identity", ""),
            ("local_tag", None),
        ):
            if isinstance(answers[name], CouldNotAsk):
                answers[name] = otherwise
        remote = answers.pop("remote")
        if isinstance(remote, CouldNotAsk):
            answers |= {"remote": remote, "relation": remote}
        else:
            answers |= {"remote": remote[0], "relation": remote[1]}
        missing = CouldNotAsk(reason="gh is not installed")
        if self._has_gh:
            answers["gh"], answers["gh_detail"] = answers["gh"]
        else:
            answers |= {"gh": "missing", "gh_detail": "gh is not installed."}
            answers |= {"github_release": missing, "runs": missing, "login": missing}
            answers |= {"repository": missing, "tag_rules": missing, "checks": missing}
        return Observed(
            head=str(self.head),
            branch=self.branch if isinstance(self.branch, str) else None,
            project=on_index.project,
            **answers,
        )


def _unasked(result: Result) -> Result:
    """A finding that only says that something could not be asked, as *not known*."""
    if not isinstance(result, Finding) or result.id not in _NOT_ASKED:
        return result
    return Skipped(
        id=result.id,
        subject=result.subject,
        title="what GitHub says"
        if result.id != preflight.REMOTE_UNREACHABLE.id
        else "what the remote has",
        reason=f"{result.message} {result.fix}".strip(),
    )


def ask_briefly(question: Callable[[], T]) -> T | CouldNotAsk:
    """The answer, or the last words of the program that had none."""
    try:
        return question()
    except CommandError as error:
        said = error.reason.strip().splitlines() or [error.message]
        return CouldNotAsk(reason=said[-1])


def relation_without_fetching(repository: Repository, head: str, there: str) -> Relation | None:
    """How HEAD stands to the remote's branch, where this clone holds both; nothing is fetched."""
    if head == there:
        return Relation(ahead=0, behind=0)
    if not repository.has_commit(there):
        return Relation(ahead=0, behind=1)
    return repository.relation(head, there, remote="", branch="")


# --- the workflow ---------------------------------------------------------------------------------

# GitHub's rules for an environment and the trigger are judged at the workflow's own lines.
_BY_LINE = frozenset(
    {
        preflight.WORKFLOW_NOT_STARTED.id,
        preflight.ENVIRONMENT_REFUSES.id,
        preflight.ENVIRONMENT_WAITS.id,
    }
)


def _workflow_facts(
    project: Project,
    around: Surroundings | None,
    answers: OnIndex,
    distributions: Sequence[Distribution],
) -> WorkflowFacts:
    """What is known around the publishing workflow."""
    metadata = [one.metadata.value("metadata-version") for one in distributions]
    facts = WorkflowFacts(
        index=project.settings.index,
        starts=("push-tag", "release"),
        version_from_tags=project.version_from_tags,
        metadata_version=max(filter(None, metadata), default=None),
        native=any(
            one.kind == "wheel" and not one.filename.endswith("-none-any.whl")
            for one in distributions
        )
        if distributions
        else None,
        dependencies=project.dependencies,
        publisher=registered_publisher(answers),
    )
    return facts if around is None else around.add_to(facts)


def registered_publisher(answers: OnIndex) -> TrustedPublisher | None:
    """The publisher that the newest provenance shows, where it shows one alone."""
    proven = answers.proven
    if proven is None or isinstance(proven, CouldNotAsk) or len(proven) != 1:
        return None
    return as_trusted(proven[0])


def as_trusted(publisher: Publisher) -> TrustedPublisher:
    """The publisher of a provenance document, in the words of the form."""
    owner, _, repository = publisher.repository.partition("/")
    return TrustedPublisher(
        owner=owner,
        repository=repository,
        workflow=publisher.workflow,
        environment=publisher.environment,
    )


def _check_workflow(
    workflows: Sequence[Workflow | Finding], derivation: Derivation, facts: WorkflowFacts
) -> list[Result]:
    """The rules about workflow files, over the one that publishes."""
    if derivation.job is None:
        return []
    chosen = derivation.job.workflow
    others = tuple(
        one for one in workflows if not isinstance(one, Finding) and one.file != chosen.file
    )
    results = check_workflow(chosen, replace(facts, others=others))
    # That no publisher is known is told once, under its own subject.
    return [
        result
        for result in results
        if not (isinstance(result, Skipped) and result.id == ENV_EQUALS.id)
    ]


def _audit(
    context: Context, place: Place | None, project: Project, derivation: Derivation
) -> list[Result]:
    """What zizmor and actionlint say, where they are installed."""
    if derivation.job is None:
        return []
    top = place.repository.root if place else project.root
    results = audit_workflows(top, [derivation.job.workflow], context.runner)
    return [result for result in results if not isinstance(result, Skipped)]


def _check_changelog(project: Project, version: str | None) -> Sequence[Result]:
    """Whether the changelog has what the GitHub release will show."""
    if version is None:
        return ()
    for name in changelog.FILES:
        try:
            text = (project.root / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        return tuple(preflight.check_changelog(name, text, version, notes_given=False))
    return ()


# --- distributions --------------------------------------------------------------------------------


def _build_results(
    built: Built | NoxReleaseError,
) -> tuple[Sequence[Result], tuple[Distribution, ...]]:
    """What a build has found; that it failed is a finding like any other."""
    if isinstance(built, NoxReleaseError):
        failed = find(
            asked.BUILD_FAILS,
            " ".join(part for part in (built.message, built.reason) if part),
            fix=built.hint,
        )
        return [failed], ()
    return built.results, built.distributions if built.placed else ()


def _files(project: Project, version: str | None) -> tuple[Path, ...]:
    """The files in `dist/` of this version."""
    folder = project.root / "dist"
    try:
        everything = sorted(
            path for path in folder.iterdir() if path.name.endswith((".whl", ".tar.gz", ".zip"))
        )
    except OSError:
        return ()
    ours = [
        path
        for path in everything
        if canonicalize_name(path.name.split("-")[0]) == project.normalized_name
        or path.name.lower().startswith(f"{project.name.lower()}-")
    ]
    versions = {path: state_of_index.version_of(path.name) for path in ours}
    if version is None:
        known = {found for found in versions.values() if found is not None}
        return tuple(ours) if len(known) == 1 else ()
    return tuple(path for path in ours if versions[path] == Version(version))


def _distribution_results(
    files: Sequence[Path], version: str | None
) -> tuple[list[Result], tuple[Distribution, ...]]:
    from nox_release.archives import read_distribution
    from nox_release.checks.files import check_distributions

    if not files:
        of = f" of {version}" if version else ""
        return [
            Skipped(
                id=asked.DISTRIBUTIONS_CHECKED.id,
                subject="distributions",
                title=f"whether PyPI would take the files{of}",
                reason="there are none in dist/; `nox -s build` makes and checks them",
            )
        ], ()
    findings = list(check_distributions(files))
    results: list[Result] = list(findings)
    read = []
    for path in files:
        try:
            read.append(read_distribution(path))
        except NoxReleaseError:
            continue  # a finding above says so
        if not any(finding.where and path.name in finding.where.file for finding in findings):
            results.append(
                Passed(
                    id=asked.DISTRIBUTIONS_CHECKED.id,
                    subject="distributions",
                    title=f"`{path.name}` is as PyPI takes it",
                    detail=_size(read[-1].size),
                )
            )
    return results, tuple(read)


def _size(size: int) -> str:
    return f"{size / 1024:.0f} KiB" if size < 1024**2 else f"{size / 1024**2:.1f} MiB"


# --- the index ------------------------------------------------------------------------------------


def _ask_index(context: Context, project: Project, pool: ThreadPoolExecutor) -> OnIndex:
    """Two rounds at most: the project and its owners, then what the first answer calls for."""
    from nox_release.index import open_index

    name = project.name
    try:
        with open_index(project.settings.index, clock=context.clock, attempts=3) as client:
            ownership = pool.submit(ask, lambda: client.fetch_ownership(name))
            found = ask(lambda: client.fetch_project(name))
            if isinstance(found, CouldNotAsk):
                return OnIndex(project=found, ownership=ownership.result())
            if found is None:
                names = ask(client.fetch_names)
                return OnIndex(project=None, ownership=ownership.result(), names=names)
            proven, version = _fetch_proven(client, found)
            return OnIndex(
                project=found,
                ownership=ownership.result(),
                proven=proven,
                proven_version=version,
            )
    except NoxReleaseError as error:
        return OnIndex(project=CouldNotAsk(reason=f"{error.message} {error.reason}".strip()))


def _fetch_proven(
    client: IndexClient, project: IndexProject
) -> tuple[tuple[Publisher, ...] | CouldNotAsk | None, str]:
    """The publishers of the newest file that has provenance, and that file's version."""
    newest = max(
        (
            (released, file.filename)
            for file in project.files
            if file.provenance and (released := state_of_index.version_of(file.filename))
        ),
        default=None,
    )
    if newest is None:
        return None, ""
    version, filename = newest
    # The address takes the version as the index lists it.
    listed = next((text for text in project.versions if _same_version(text, version)), str(version))
    answer = ask(lambda: client.fetch_publishers(project.name, listed, filename))
    return answer, str(version)


def _same_version(text: str, version: Version) -> bool:
    try:
        return Version(text) == version
    except InvalidVersion:
        return False


def _index_results(
    context: Context,
    project: Project,
    answers: OnIndex,
    derivation: Derivation,
    distributions: Sequence[Distribution],
    version: str | None,
    *,
    pending_publisher: bool,
) -> tuple[Result, ...]:
    return state_of_index.check_index_state(
        answers.project,
        answers.ownership,
        distributions,
        context.clock.now(),
        name=project.name,
        index=project.settings.index,
        version=version,
        user=project.settings.pypi_user or pypirc_user(context, project.settings.index),
        names=answers.names,
        publisher=derivation.publisher,
        proven=answers.proven,
        uploads=False,
        pending_publisher=pending_publisher,
    )


def pypirc_user(context: Context, index: Index) -> str | None:
    """The user name in ~/.pypirc for this index, where it is a person's."""
    import configparser
    from pathlib import Path

    home = context.environ.get("HOME") or context.environ.get("USERPROFILE")
    if not home or index.name not in ("pypi", "testpypi"):
        return None
    parser = configparser.RawConfigParser()
    try:
        parser.read(Path(home) / ".pypirc", encoding="utf-8")
        user = parser.get(index.name, "username", fallback="").strip()
    except (configparser.Error, OSError, UnicodeDecodeError):
        return None
    return user if user and user != "__token__" else None


# --- the trusted publisher ------------------------------------------------------------------------


def _publisher_results(project: Project, answers: OnIndex, derivation: Derivation) -> list[Result]:
    results = list(derivation.results)
    ours = derivation.publisher
    index = project.settings.index
    if ours is None:
        return results
    environment = f", environment `{ours.environment}`" if ours.environment else ""
    results.append(
        Passed(
            id=asked.PUBLISHER_DERIVED.id,
            subject="trusted publisher",
            title="What publishes is clear",
            detail=f"{ours.owner}/{ours.repository}, `{ours.workflow}`{environment}",
        )
    )
    if isinstance(answers.proven, tuple):
        published = [as_trusted(item) for item in answers.proven]
        results.extend(
            publisher_rules.compare_provenance(
                published,
                ours,
                version=answers.proven_version,
                index=index,
                project=project.name,
            )
        )
    elif answers.project is not None and not isinstance(answers.project, CouldNotAsk):
        results.append(
            Skipped(
                id=asked.PUBLISHER_REGISTERED.id,
                subject="trusted publisher",
                title=f"whether {index.title} has this publisher",
                reason=f"{index.title} lists publishers to nobody; "
                "no file there has provenance yet that would show one",
            )
        )
    return results


# --- what follows ---------------------------------------------------------------------------------


def command(name: str, arguments: Sequence[str] = ()) -> str:
    """A session's command line with the options this one was given."""
    return " ".join(
        [f"nox -s {name}", *(["--", *map(shlex.quote, arguments)] if arguments else [])]
    )


def next_step(checklist: Checklist, answers: OnIndex, *, arguments: Sequence[str] = ()) -> NextStep:
    """The one thing to do next."""
    project = checklist.project
    index, ours = project.settings.index, checklist.publisher
    ids = {error.id for error in checklist.errors}
    stopping = {state_of_index.ABSENT.id, preflight.VERSION_TAKEN.id}
    others = [error for error in checklist.errors if error.id not in stopping]
    if "publish-workflow-missing" in ids and len(others) == 1:
        return NextStep(
            kind="init",
            text="Write the workflow that publishes.",
            command=command("init", arguments),
        )
    if others:
        first = ranked(others)[0]
        where = f"{first.where} [{first.id}]" if first.where else f"[{first.id}]"
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        return NextStep(
            kind="fix",
            text=f"Correct {where}{more}, and look again.",
            command=command("check-project", arguments),
        )
    if state_of_index.ABSENT.id in ids:
        return NextStep(
            kind="first-upload",
            text=f"Bring {project.name} into being on {index.title}, once.",
            command=command("first-upload", arguments),
            page=pages.pending_page(index) if ours else "",
            values=pages.form_values(project.name, ours) if ours else (),
            otherwise="Or without any token: register a pending publisher with these values; then "
            + command("release", [*arguments, "--pending-publisher"])
            if ours
            else "",
        )
    if isinstance(answers.project, CouldNotAsk):
        return NextStep(
            kind="ask-again",
            text=f"Look again when {index.title} can be reached.",
            command=command("check-project", arguments),
        )
    if ours is not None and not _is_proven(checklist):
        return NextStep(
            kind="register-publisher",
            text="Register the trusted publisher, if you have not; this page is filled in.",
            page=pages.publishing_page(index, project.name, ours),
            values=pages.form_values(project.name, ours),
            command=command("release", arguments),
        )
    if _is_published(checklist):
        return NextStep(
            kind="raise-version",
            text=f"{checklist.version} is published. Raise the version, commit it, and release.",
            command=command("release", arguments),
        )
    return NextStep(
        kind="release",
        text=f"Release {checklist.version or 'it'}.",
        command=command("release", arguments),
    )


def _is_published(checklist: Checklist) -> bool:
    """Whether every file of this version is on the index."""
    version = checklist.version
    if preflight.VERSION_TAKEN.id in {error.id for error in checklist.errors}:
        return True
    return version is not None and any(
        isinstance(result, Finding | Passed)
        and (
            (isinstance(result, Passed) and result.id == state_of_index.FILE_EXISTS.id)
            or (
                isinstance(result, Finding)
                and result.id == state_of_index.VERSION_EXISTS.id
                and "not yet" not in result.message
            )
        )
        for result in checklist.results
    )


def _is_proven(checklist: Checklist) -> bool:
    return any(
        isinstance(result, Passed) and result.id == publisher_rules.LAST_RELEASE_DIFFERS.id
        for result in checklist.results
    )
