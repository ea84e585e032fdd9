"""The one look at a project for `check-project` and `release`: what is asked, read and judged."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from nox_release.checks.judging import Case
from nox_release.checks.release import asked, assets
from nox_release.core.answers import CouldNotAsk, ask, known
from nox_release.core.errors import ConfigurationError, NoxReleaseError
from nox_release.core.findings import Finding, Result, find, skipped
from nox_release.core.values import dataclass, replace
from nox_release.edges import github_rules
from nox_release.edges.aside import temporary_folder
from nox_release.edges.context import Context
from nox_release.edges.git import NotARepository
from nox_release.observing.changelogs import read_changelog
from nox_release.observing.observer import Observer
from nox_release.observing.place import locate
from nox_release.observing.publishers import Publishing, derive
from nox_release.observing.targets import (
    UNKNOWN_VERSION,
    aim,
    at_its_tag,
    newest_tagged,
    with_githubs_spelling,
    with_known_files,
)
from nox_release.project.pyproject import Project, read_project
from nox_release.releases.observed import Observed
from nox_release.releases.plan import DIST, Target, has_begun, started_by_dispatch
from nox_release.workflows.publishing import Derivation, in_githubs_spelling

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from nox_release.checks.source.subject import SourceTree
    from nox_release.observing.on_index import IndexQuestions
    from nox_release.operations.built import Built
    from nox_release.operations.preparer import Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asks for beyond the project itself; `version` where it was named."""

    version: str | None = None
    pending_publisher: bool = False
    ignore_checks: bool = False
    notes_given: bool = False


def wish_of(options: argparse.Namespace, version: str | None = None) -> Wish:
    """What the options of `release` ask for."""
    return Wish(
        version=version if options.version else None,
        pending_publisher=options.pending_publisher,
        ignore_checks=options.ignore_checks,
        notes_given=options.generate_notes or (options.notes, options.notes_file) != (None, None),
    )


def find_observer(
    context: Context, project: Project, pool: ThreadPoolExecutor
) -> Observer | Finding | CouldNotAsk:
    """An observer where the project is; a finding when no release could be made from there."""
    try:
        observer = Observer(context, locate(context, project), pool)
    except (ConfigurationError, NotARepository) as error:
        said = " ".join(part for part in (error.message, error.reason) if part)
        return find(asked.PLACE, said, fix=error.hint)
    except NoxReleaseError as error:
        return CouldNotAsk(reason=" ".join(f"{error.message} {error.reason}".split()))
    return observer.head if isinstance(observer.head, CouldNotAsk) else observer


def read_tree(project: Project, observer: Observer | Finding | CouldNotAsk) -> SourceTree:
    """The project's folder, for the rules over source trees."""
    from nox_release.observing.source_tree import read_source_tree

    place = observer.place if isinstance(observer, Observer) else None
    return read_source_tree(
        project,
        top=place.repository.root if place else None,
        slug=place.slug if place else "",
    )


def look_at(
    context: Context,
    project: Project,
    observer: Observer,
    index: IndexQuestions,
    version: str | None,
    wish: Wish,
    publishing: Publishing | None = None,
) -> Case:
    """Everything that a release of `version` from HEAD depends on, or, where its tag is out and
    HEAD has gone on, of that tag's commit; but for the source tree. `publishing` is what publishes
    it, where that is known.
    """
    place = observer.place
    head = str(observer.head)
    publishing = publishing or derive(project, place)
    pending = wish.pending_publisher
    found = aim(project, place, version, head, publishing, pending_publisher=pending)
    observed = observer.look(found.target, found.publishing.file)
    moved = at_its_tag(found, project, place, observed)
    if moved is not found:
        if not has_begun(moved.target, observed):
            observed = observer.look(moved.target, moved.publishing.file)
        observed = replace(observed, at_commit=True)
        found = moved
    observed = observed.with_index(index.answers.result())
    target = started_by_dispatch(with_githubs_spelling(found.target, observed), observed)
    derivation = found.publishing.derivation
    repository = observed.repository
    if repository is not None and not isinstance(repository, CouldNotAsk):
        derivation = in_githubs_spelling(derivation, repository.full_name)
    target = with_known_files(target, observed, observer.forge, context.clock.now())
    return Case(
        project=project,
        target=target,
        observed=observed,
        derivation=derivation,
        now=context.clock.now(),
        workflows=found.publishing.workflows,
        actions=found.publishing.actions,
        version_known=version is not None,
        changelog=read_changelog(project, place.repository, target.commit, version),
        notes_given=wish.notes_given,
        ignore_checks=wish.ignore_checks,
        asked_for=wish.version is not None,
        absent_assets=absent_assets(project, derivation),
        newest_tagged=None if version else newest_tagged(project, place.repository),
    )


def absent_assets(project: Project, derivation: Derivation) -> tuple[str, ...]:
    """Files in the setting `assets` that are neither in the project's folder nor in the workflow."""
    workflow = None if derivation.job is None else derivation.job.workflow
    named = (name for name in project.settings.assets if name != DIST)
    return tuple(
        name
        for name in named
        if not (project.root / name).is_file() and not assets.is_named_in(workflow, name)
    )


def look_at_folder(
    context: Context,
    project: Project,
    observer: Finding | CouldNotAsk,
    index: IndexQuestions,
    version: str | None,
    publishing: Publishing,
) -> Case:
    """The same for a project from whose place no release could be made."""
    nowhere: Result = (
        observer
        if isinstance(observer, Finding)
        else skipped(asked.GITHUB_ASKED, observer.reason, title="what git and GitHub say")
    )
    target = Target(
        name=project.name,
        version=version or UNKNOWN_VERSION,
        tag=project.settings.tag(project.name, version or UNKNOWN_VERSION),
        commit="",
        index=project.settings.index,
    )
    return Case(
        project=project,
        target=target,
        observed=Observed(head="", gh="missing").with_index(index.answers.result()),
        derivation=publishing.derivation,
        now=context.clock.now(),
        workflows=publishing.workflows,
        actions=publishing.actions,
        version_known=version is not None,
        nowhere=nowhere,
        changelog=changelog_here(project.root, version),
    )


def changelog_here(root: Path, version: str | None) -> tuple[str, str | None]:
    """Name and text of the changelog in a folder; no text when there is none to be read."""
    from nox_release.observing.source_tree import files_below, walk
    from nox_release.project.changelog import find_changelog

    files = files_below(root, walk(str(root)))
    wanted = Version(version) if version else None
    name = find_changelog(files.names, files.text, wanted) or ""
    return name, files.text(name)


def with_source(case: Case, tree: SourceTree) -> Case:
    """The case with what the source tree says."""
    return replace(case, **told_by(case.project, tree))


def told_by(project: Project, tree: SourceTree) -> dict[str, Any]:
    """What the source tree says, as fields of a case."""
    from nox_release.checks.source.checking import check_source
    from nox_release.checks.source.subject import built_submodules
    from nox_release.checks.source.versions import where_version_is

    return {
        "source": check_source(project, tree),
        "stated": where_version_is(project, tree),
        "submodules": built_submodules(tree),
    }


def once_pushed(case: Case, observer: Observer) -> Case:
    """The case as it will be with one commit more, which is not on the remote yet."""
    observed, branch = case.observed, known(case.observed.branch)
    relation = known(observed.relation)
    if relation is not None and relation.exact:
        observed = replace(observed, relation=replace(relation, ahead=relation.ahead + 1))
    if observed.gh == "ready" and branch is not None:
        rules = ask(lambda: github_rules.rules_for_branch(observer.forge, branch))
        observed = replace(observed, branch_rules=rules)
    return replace(case, observed=observed)


def once_prepared(case: Case, prepared: Prepared) -> Case:
    """The case with the project as its prepared copy has it."""
    from nox_release.observing.source_tree import read_source_tree

    copy = prepared.copy
    top, commit = copy.repository.root, prepared.edited
    project = replace(read_project(copy.project.root), settings=case.project.settings)
    project = replace(project, name=project.name or case.project.name)
    tree = read_source_tree(project, top=top, slug=case.target.slug)
    return replace(
        with_source(replace(case, project=project), tree),
        changelog=read_changelog(project, copy.repository, commit, prepared.version),
    )


def with_built(case: Case, built: Built, results: Sequence[Result]) -> Case:
    """The case with the files that a build made, and what was found in them."""
    return replace(
        case,
        files=tuple(results),
        distributions=built.distributions if built.placed else (),
        built=built.version,
    )


def named(context: Context, project: Project) -> Project:
    """`project` with a name: its own where it has one, else the one that its build gives it, as
    where a setup.py works it out.

    Raises:
        NoxReleaseError: it cannot be built.
    """
    if project.name:
        return project
    from nox_release.operations.build import build

    with temporary_folder("name") as folder:
        built = build(context, project, smoke=False, destination=folder)
    return replace(project, name=built.project.name)
