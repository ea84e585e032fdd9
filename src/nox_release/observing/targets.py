"""What a release of a project would be: which commit, which tag, which files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from nox_release.core.answers import known
from nox_release.core.values import dataclass, replace
from nox_release.edges.forge import Forge
from nox_release.edges.git import Repository
from nox_release.observing.kept import is_exact, is_settled, kept_files
from nox_release.observing.place import Place
from nox_release.observing.publishers import (
    Publishing,
    derive,
    event_of,
    inputs_to_publish,
    release_is_last,
    run_makes_release,
)
from nox_release.project.pyproject import Project
from nox_release.releases.observed import IndexFile, Observed, Run
from nox_release.releases.plan import (
    Expected,
    Target,
    files_there,
    judge_runs,
    other_tags,
    runs_of,
    tag_for,
    version_of_tag,
)
from nox_release.workflows.publishing import as_github_spells

if TYPE_CHECKING:
    from packaging.version import Version


# Three numbers, as most patterns for tags ask for; many have tagged 0.0.0, and that is another release.
UNKNOWN_VERSION = "9.9.9"
_LOOK_AT_MOST = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A target, and what publishes it."""

    target: Target
    publishing: Publishing


def aim(
    project: Project,
    place: Place,
    version: str | None,
    commit: str,
    publishing: Publishing,
    *,
    pending_publisher: bool = False,
) -> Aim:
    """The release of `version` from `commit`, published by `publishing`."""
    repository = place.repository
    derivation = publishing.derivation
    event, dispatchable = event_of(derivation)
    settings, shown = project.settings, version or UNKNOWN_VERSION
    tags = repository.tags_from(commit) if version else ()
    form = {"tag_format": settings.tag_format, "name": project.name}
    target = Target(
        name=project.name,
        version=shown,
        tag=tag_for(shown, **form, existing=tags),
        other_tags=tuple(dict.fromkeys(other_tags(shown, **form, existing=tags))),
        commit=commit,
        index=settings.index,
        slug=place.slug,
        remote=place.remote,
        branch=place.branch,
        workflow=derivation.job.workflow.filename if derivation.job else "",
        event=event,
        dispatchable=dispatchable,
        inputs=inputs_to_publish(derivation),
        release_last=release_is_last(derivation, publishing.actions),
        release_in_run=run_makes_release(derivation, publishing.actions),
        assets=settings.assets,
        publisher=derivation.publisher,
        pending_publisher=pending_publisher,
    )
    return Aim(target=target, publishing=publishing)


def tagged_version(project: Project, repository: Repository, commit: str) -> str | None:
    """The highest version of a tag at `commit`, for projects whose version comes from there."""
    found = [
        version
        for tag in repository.tags_at(commit)
        if (
            version := version_of_tag(
                tag, tag_format=project.settings.tag_format, name=project.name
            )
        )
    ]
    return str(max(found)) if found else None


def newest_tagged(project: Project, repository: Repository) -> Version | None:
    """The highest version that has a tag, for projects whose version comes from there."""
    if not project.version_from_tags:
        return None
    form, name = project.settings.tag_format, project.name
    versions = (version_of_tag(tag, tag_format=form, name=name) for tag in repository.tags())
    return max(filter(None, versions), default=None)


def at_its_tag(found: Aim, project: Project, place: Place, observed: Observed) -> Aim:
    """The same release from the commit of its tag, where the remote has that and HEAD is past it."""
    tagged, past = observed.remote_tag, observed.past_tag
    if tagged is None or not isinstance(past, int) or past == 0:
        return found
    target = found.target
    return aim(
        project,
        place,
        target.version,
        tagged,
        derive(project, place, commit=tagged),
        pending_publisher=target.pending_publisher,
    )


def with_githubs_spelling(target: Target, observed: Observed) -> Target:
    """The target with the publisher as GitHub calls its repository, where GitHub was asked."""
    found = known(observed.repository)
    if target.publisher is None or found is None:
        return target
    return replace(target, publisher=as_github_spells(target.publisher, found.full_name))


def as_expected(files: Iterable[IndexFile]) -> tuple[Expected, ...]:
    return tuple(Expected(filename=file.filename) for file in files)


def with_known_files(
    target: Target, observed: Observed, forge: Forge, now: datetime, *, at_most: int = _LOOK_AT_MOST
) -> Target:
    """The target with the files that it is known to consist of: those that a run which succeeded
    kept, or without a word of them what the index has, once that can be all.
    """
    verdict = judge_runs(runs_of(target, known(observed.runs) or ()))
    if verdict.run is None or verdict.state != "succeeded":
        return target
    there = files_there(target, observed)
    if not there:
        return target
    kept = kept_files(forge, verdict.run, target, there, at_most=at_most)
    if kept:
        return replace(target, files=kept, exact=is_exact(kept))
    return (
        replace(target, files=as_expected(there), exact=False) if is_settled(there, now) else target
    )


def whole_all_the_same(target: Target, observed: Observed, forge: Forge, run: Run) -> Target | None:
    """The target with its files, where the index has each that a failed run made, byte for byte."""
    there = files_there(target, observed)
    kept = kept_files(forge, run, target, there)
    digests = {file.filename: file.sha256 for file in there if file.sha256}
    if not kept or any(not f.sha256 or digests.get(f.filename) != f.sha256 for f in kept):
        return None
    return replace(target, files=kept, exact=is_exact(kept))
