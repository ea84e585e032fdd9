"""The checklist of one project: everything is asked at once, then judged, then one step is named.

Each question that fails leaves its own line *not known*; the others are answered all the same.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from nox_release.checks.index import state as state_of_index
from nox_release.checks.publisher import exchange as publisher_rules
from nox_release.checks.release import asked, preflight
from nox_release.checks.workflow.checking import WorkflowFacts, check_workflow
from nox_release.checks.workflow.upload import ENV_EQUALS
from nox_release.core.answers import CouldNotAsk
from nox_release.core.errors import NoxReleaseError
from nox_release.core.findings import Finding, Passed, Severity, Skipped, errors_in
from nox_release.core.reading import read_text
from nox_release.edges.audit import audit_workflows, without_doubles
from nox_release.edges.console import size_in_words
from nox_release.files.distributions import version_of_file
from nox_release.operations.beginning import Begun
from nox_release.operations.next_step import NextStep, next_step
from nox_release.operations.surroundings import Surroundings, without_git
from nox_release.project import changelog
from nox_release.workflows.publishing import derive_publisher, in_githubs_spelling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor

    from nox_release.core.findings import Result
    from nox_release.edges.context import Context
    from nox_release.files.distributions import Distribution
    from nox_release.observing.place import Place
    from nox_release.operations.asking import OnIndex
    from nox_release.operations.build import Built
    from nox_release.project.publisher import TrustedPublisher
    from nox_release.project.pyproject import Project
    from nox_release.workflows.publishing import Derivation, Step, Workflow

NAME_STDLIB = "name-stdlib"


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
        return errors_in([one for one in self.results if isinstance(one, Finding)])

    @property
    def unknown(self) -> tuple[Skipped, ...]:
        return tuple(result for result in self.results if isinstance(result, Skipped))

    @property
    def ready(self) -> bool:
        """Nothing that was found would make a release fail."""
        return not self.errors


def make_checklist(
    context: Context,
    project: Project,
    *,
    begun: Begun | Finding | CouldNotAsk,
    on_index: Future[OnIndex],
    pool: ThreadPoolExecutor,
    built: Built | NoxReleaseError | None = None,
    pending_publisher: bool = False,
    arguments: Sequence[str] = (),
) -> Checklist:
    """Ask everything about `project` that can be asked without changing anything.

    `begun` is of `beginning.begin`; `on_index` are the answers of `asking.ask_index`. `built` is what a build
    made, or why it made nothing; without it the files in `dist/` that belong to this version are
    looked at. `arguments` are options that the commands in the next step need to be given too.
    """
    from nox_release.checks.source.checking import check_source
    from nox_release.checks.source.versions import declared_version
    from nox_release.observing.source_tree import read_source_tree

    known = begun.place if isinstance(begun, Begun) else None
    workflows, actions, derivation = _derive(project, known)
    tree = read_source_tree(
        project,
        top=known.repository.root if known else None,
        slug=known.slug if known else "",
    )
    declared = declared_version(project, tree)
    if built is not None and not isinstance(built, NoxReleaseError):
        declared = built.version
    around = (
        Surroundings(project, begun, derivation, pool, on_index=on_index, version=declared)
        if isinstance(begun, Begun)
        else None
    )
    version = around.version if around else declared
    audit = pool.submit(_audit, context, known, project, workflows, derivation)
    results: list[Result] = list(check_source(project, tree))
    found, read = (
        _distribution_results(_files(project, version), version, project.root)
        if built is None
        else _build_results(built)
    )
    results += found
    answers = on_index.result()
    if around is not None:
        derivation = in_githubs_spelling(derivation, around.full_name())
    results += _index_results(
        context, project, answers, derivation, read, version, pending_publisher=pending_publisher
    )
    if not isinstance(begun, Begun):
        results.append(without_git(begun))
    elif around is not None:
        results += around.results(answers)
    facts = replace(_workflow_facts(project, around, answers, read), actions=actions)
    results += without_doubles([*_check_workflow(workflows, derivation, facts), *audit.result()])
    results += _check_changelog(project, version)
    results += _publisher_results(project, answers, derivation)
    shown = tuple(_earliest(_for_new_names(results, answers)))
    step = next_step(
        project,
        shown,
        answers,
        version=version,
        publisher=derivation.publisher,
        arguments=arguments,
    )
    return Checklist(
        project=project,
        version=version,
        results=shown,
        step=step,
        publisher=derivation.publisher,
    )


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


def _derive(
    project: Project, place: Place | None
) -> tuple[tuple[Workflow | Finding, ...], Mapping[str, tuple[Step, ...]], Derivation]:
    """The workflows in the folder, their composite actions, and what of them publishes."""
    from nox_release.observing.workflow_files import package_in, read_actions, read_workflows

    top = place.repository.root if place else project.root
    workflows = read_workflows(top)
    actions = read_actions(top, workflows)
    derivation = derive_publisher(
        workflows,
        owner=place.owner if place else None,
        repository=place.name if place else None,
        settings=project.settings,
        actions=actions,
        package=package_in(top, project),
    )
    return workflows, actions, derivation


# --- the workflow ---------------------------------------------------------------------------------


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
        starts=("push-tag", "release", "dispatch-tag"),
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
    return publisher_rules.as_trusted(proven[0])


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
    context: Context,
    place: Place | None,
    project: Project,
    workflows: Sequence[Workflow | Finding],
    derivation: Derivation,
) -> list[Result]:
    """What zizmor and actionlint say, where they are installed."""
    if derivation.job is None:
        return []
    top = place.repository.root if place else project.root
    readable = [one for one in workflows if not isinstance(one, Finding)]
    publishing = [derivation.job.workflow.file]
    return list(audit_workflows(top, readable, context.runner, publishing=publishing))


def _check_changelog(project: Project, version: str | None) -> Sequence[Result]:
    """Whether the changelog has what the GitHub release will show."""
    if version is None:
        return ()
    for name in changelog.FILES:
        try:
            text = read_text(project.root / name)
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
        return [asked.build_failure(built)], ()
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
    versions = {path: version_of_file(path.name) for path in ours}
    if version is None:
        known = {found for found in versions.values() if found is not None}
        return tuple(ours) if len(known) == 1 else ()
    return tuple(path for path in ours if versions[path] == Version(version))


def relative_to(finding: Finding, root: Path) -> Finding:
    """The finding with its place as seen from `root`."""
    where = finding.where
    if where is None or not Path(where.file).is_absolute():
        return finding
    with contextlib.suppress(ValueError):
        file = Path(where.file).relative_to(root).as_posix()
        return replace(finding, where=replace(where, file=file))
    return finding


def _distribution_results(
    files: Sequence[Path], version: str | None, root: Path
) -> tuple[list[Result], tuple[Distribution, ...]]:
    from nox_release.checks.files.checking import check_distributions
    from nox_release.files.archives import read_distribution

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
    findings = [relative_to(finding, root) for finding in check_distributions(files)]
    results: list[Result] = list(findings)
    read = []
    for path in files:
        try:
            read.append(read_distribution(path))
        except NoxReleaseError:
            continue  # a finding above says so
        if not any(one.where and path.name in one.where.file for one in errors_in(findings)):
            results.append(
                Passed(
                    id=asked.DISTRIBUTIONS_CHECKED.id,
                    subject="distributions",
                    title=f"PyPI would take `{path.name}`",
                    detail=size_in_words(read[-1].size),
                )
            )
    return results, tuple(read)


# --- the index ------------------------------------------------------------------------------------


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
        maintainer=answers.maintainer,
        names=answers.names,
        publisher=derivation.publisher,
        proven=answers.proven,
        uploads=False,
        pending_publisher=pending_publisher,
    )


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
        published = [publisher_rules.as_trusted(item) for item in answers.proven]
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
