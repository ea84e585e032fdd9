"""The checklist of one project: everything is asked at once, then judged, then one step is named.

Each question that fails leaves its own line *not known*; the others are answered all the same.
"""

from __future__ import annotations

import shlex
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_release import pages
from nox_release.checks import asked, state_of_index
from nox_release.checks import publisher as publisher_rules
from nox_release.checks.state_of_index import CouldNotAsk
from nox_release.errors import NoxReleaseError
from nox_release.findings import Finding, Passed, Severity, Skipped
from nox_release.publishing import TrustedPublisher, derive_publisher, explain_remote, parse_remote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nox_release.checks.source import SourceTree
    from nox_release.context import Context
    from nox_release.distributions import Distribution
    from nox_release.findings import Result
    from nox_release.git import Repository
    from nox_release.index import IndexClient, IndexProject, Ownership, Publisher
    from nox_release.project import Index, Project
    from nox_release.publishing import Derivation

T = TypeVar("T")

_THREADS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """The one thing to do next: a command, a page with values to type there, or both in turn."""

    kind: str
    text: str
    command: str = ""
    page: str = ""
    values: tuple[tuple[str, str], ...] = ()


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
class Git:
    """What git knows about the place."""

    repository: Repository | None
    slug: tuple[str, str] | None = None
    reason: str = ""
    head: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OnIndex:
    """The index's answers about one name."""

    project: IndexProject | CouldNotAsk | None
    ownership: Ownership | CouldNotAsk | None = None
    names: tuple[str, ...] | CouldNotAsk | None = None
    proven: tuple[Publisher, ...] | CouldNotAsk | None = None
    proven_version: str = ""


def ask(question: Callable[[], T]) -> T | CouldNotAsk:
    """The answer, or why there is none."""
    try:
        return question()
    except NoxReleaseError as error:
        return CouldNotAsk(reason=_reason(error))


def _reason(error: NoxReleaseError) -> str:
    first = (error.reason or "").strip().splitlines()[:1]
    said = " ".join([error.message, *first])
    return f"{said} {error.hint}".strip() if len(error.hint) < 80 else said


def make_checklist(
    context: Context,
    project: Project,
    *,
    distributions: Sequence[Path] | None = None,
    pending_publisher: bool = False,
    arguments: Sequence[str] = (),
) -> Checklist:
    """Ask everything about `project` that can be asked without changing anything.

    `distributions` are files to look at; by default those in `dist/` that belong to this version.
    `arguments` are options that the commands in the next step need to be given too.
    """
    with ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="ask") as pool:
        return _gather(
            context,
            project,
            pool,
            distributions=distributions,
            pending_publisher=pending_publisher,
            arguments=arguments,
        )


def _gather(
    context: Context,
    project: Project,
    pool: ThreadPoolExecutor,
    *,
    distributions: Sequence[Path] | None,
    pending_publisher: bool,
    arguments: Sequence[str],
) -> Checklist:
    from nox_release.checks.source import check_source

    # The network first: it takes longest. The rest is done while it answers.
    on_index = pool.submit(_ask_index, context, project, pool)
    git = _ask_git(context, project)
    tree, declared = _read_source(project, git)
    derivation = _derive(project, git)
    on_github = pool.submit(_ask_github, context, git, pool)
    version = declared or _tagged_version(project, git)
    files = _files(project, version, distributions)
    local = check_source(project, tree)
    found, read = _distribution_results(files, version)
    answers = on_index.result()
    results = [
        *local,
        *found,
        *_index_results(
            context,
            project,
            answers,
            derivation,
            read,
            version,
            pending_publisher=pending_publisher,
        ),
        *on_github.result(),
        *_publisher_results(project, answers, derivation),
    ]
    results = _earliest(results)
    checklist = Checklist(
        project=project,
        version=version,
        results=tuple(results),
        step=NextStep(kind="none", text=""),
        publisher=derivation.publisher,
    )
    return replace(checklist, step=next_step(checklist, answers, arguments=arguments))


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


# --- git and the source ---------------------------------------------------------------------------


def _ask_git(context: Context, project: Project) -> Git:
    from nox_release.git import find_repository

    found = ask(lambda: find_repository(project.root, context.runner))
    if isinstance(found, CouldNotAsk):
        return Git(repository=None, reason=found.reason)
    if found is None:
        return Git(repository=None, reason="this folder is not in a git repository")
    repository = found
    with ThreadPoolExecutor(max_workers=4, thread_name_prefix="git") as pool:
        url = pool.submit(ask, lambda: _remote_url(project, repository))
        head = pool.submit(ask, repository.head)
        tags = pool.submit(ask, lambda: repository.tags_at("HEAD"))
    address, commit, tags_here = url.result(), head.result(), tags.result()
    reason = ""
    slug = None
    if isinstance(address, CouldNotAsk):
        reason = address.reason
    elif address is None:
        reason = f"git has no remote `{project.settings.remote or 'origin'}`"
    else:
        slug = parse_remote(address)
        reason = explain_remote(address)
    return Git(
        repository=repository,
        slug=slug,
        reason=reason,
        head=None if isinstance(commit, CouldNotAsk) else commit,
        tags=() if isinstance(tags_here, CouldNotAsk) else tags_here,
    )


def _remote_url(project: Project, repository: Repository) -> str | None:
    """The address of the remote that releases go to: the one set, `origin`, or the only one."""
    if project.settings.remote:
        return repository.remote_url(project.settings.remote)
    url = repository.remote_url("origin")
    if url is not None:
        return url
    remotes = repository.remotes()
    return repository.remote_url(remotes[0]) if len(remotes) == 1 else None


def _read_source(project: Project, git: Git) -> tuple[SourceTree, str | None]:
    from nox_release.checks.source import declared_version
    from nox_release.source_tree import read_source_tree

    tree = read_source_tree(
        project,
        top=git.repository.root if git.repository else None,
        repository=git.slug[1] if git.slug else "",
    )
    return tree, declared_version(project, tree)


def _tagged_version(project: Project, git: Git) -> str | None:
    """The version of a tag at HEAD, for projects whose version comes from there."""
    before, _, after = project.settings.tag("\0", "\1").replace("\0", project.name).partition("\1")
    for tag in git.tags:
        if tag.startswith(before) and tag.endswith(after):
            text = tag[len(before) : len(tag) - len(after)]
            try:
                return str(Version(text))
            except InvalidVersion:
                continue
    return None


def _derive(project: Project, git: Git) -> Derivation:
    from nox_release.workflows import read_actions, read_workflows

    top = git.repository.root if git.repository else project.root
    workflows = read_workflows(top)
    owner, repository = git.slug or (None, None)
    return derive_publisher(
        workflows,
        owner=owner,
        repository=repository,
        settings=project.settings,
        actions=read_actions(top, workflows),
    )


# --- distributions --------------------------------------------------------------------------------


def _files(project: Project, version: str | None, given: Sequence[Path] | None) -> tuple[Path, ...]:
    """The files to look at: those given, or those in `dist/` of this version."""
    if given is not None:
        return tuple(given)
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
        with open_index(project.settings.index, clock=context.clock) as client:
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
        return OnIndex(project=CouldNotAsk(reason=_reason(error)))


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


# --- GitHub ---------------------------------------------------------------------------------------


def _ask_github(
    context: Context,
    git: Git,
    pool: ThreadPoolExecutor,
) -> list[Result]:
    """gh's answers, all asked at once; without gh or login everything here is not known."""
    from nox_release.forge import Forge

    title = "what GitHub says"
    if git.slug is None or git.repository is None:
        return [Skipped(id=asked.GITHUB_ASKED.id, subject="GitHub", title=title, reason=git.reason)]
    slug = "/".join(git.slug)
    forge = Forge(slug, context.runner, git.repository.root, clock=context.clock)
    login = pool.submit(ask, forge.login)
    repository = pool.submit(ask, forge.repository)
    results: list[Result] = []
    who = login.result()
    if isinstance(who, CouldNotAsk):
        return [Skipped(id=asked.GITHUB_ASKED.id, subject="GitHub", title=title, reason=who.reason)]
    results.append(
        Passed(id=asked.GITHUB_ASKED.id, subject="GitHub", title="gh is logged in", detail=who.user)
    )
    there = repository.result()
    if isinstance(there, CouldNotAsk):
        results.append(
            Skipped(id=asked.GITHUB_ASKED.id, subject="GitHub", title=slug, reason=there.reason)
        )
    elif there is not None:
        results.append(
            Passed(
                id=asked.GITHUB_ASKED.id,
                subject="GitHub",
                title=f"{there.full_name} is there",
                detail=there.url,
            )
        )
    return results


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
        published = [
            TrustedPublisher(
                owner=item.repository.partition("/")[0],
                repository=item.repository.partition("/")[2],
                workflow=item.workflow,
                environment=item.environment,
            )
            for item in answers.proven
        ]
        results.extend(
            publisher_rules.compare_provenance(
                published,
                ours,
                version=answers.proven_version,
                index=index,
                project=project.name,
            )
        )
    elif answers.project is not None:
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
    others = [error for error in checklist.errors if error.id != state_of_index.ABSENT.id]
    if "publish-workflow-missing" in ids and len(others) == 1:
        return NextStep(
            kind="init",
            text="Write the workflow that publishes.",
            command=command("init", arguments),
        )
    if others:
        count = f"the {len(others)} errors" if len(others) > 1 else "the error"
        return NextStep(
            kind="fix",
            text=f"Correct {count} above and look again.",
            command=command("check-project", arguments),
        )
    if state_of_index.ABSENT.id in ids:
        return NextStep(
            kind="first-upload",
            text=f"Bring {project.name} into being on {index.title}, once.",
            command=command("first-upload", arguments),
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
            text="Register the trusted publisher, if you have not: the page is filled in. "
            f"Then: {command('release', arguments)}",
            page=pages.publishing_page(index, project.name, ours),
            values=pages.form_values(project.name, ours),
            command=command("release", arguments),
        )
    if any(
        isinstance(result, Passed | Finding)
        and result.id in (state_of_index.FILE_EXISTS.id, state_of_index.VERSION_EXISTS.id)
        and "not yet" not in getattr(result, "message", "")
        and "is not on" not in getattr(result, "title", "")
        for result in checklist.results
        if result.subject == "index"
    ):
        return NextStep(
            kind="raise-version",
            text=f"{checklist.version} is published. Raise the version and commit it; then: "
            f"{command('release', arguments)}",
            command=command("release", arguments),
        )
    return NextStep(
        kind="release",
        text=f"Release {checklist.version or 'it'}.",
        command=command("release", arguments),
    )


def _is_proven(checklist: Checklist) -> bool:
    return any(
        isinstance(result, Passed) and result.id == publisher_rules.LAST_RELEASE_DIFFERS.id
        for result in checklist.results
    )
