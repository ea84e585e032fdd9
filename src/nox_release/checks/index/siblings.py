"""Whether the index has what a package needs of its own repository."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nox_release.core.answers import CouldNotAsk
from nox_release.core.findings import Result, Rule, Severity, find, skipped
from nox_release.core.versions import parse_version
from nox_release.core.words import some
from nox_release.project.pyproject import Project
from nox_release.project.workspace import needs_of
from nox_release.releases.observed import IndexProject, Observed

if TYPE_CHECKING:
    from packaging.requirements import Requirement


NOT_PUBLISHED = Rule(
    "sibling-not-published",
    Severity.ERROR,
    "The index has what the package needs of its own repository",
    subject="index",
    why="Nobody can install a package whose dependency is not on the index; the trial installation "
    "after the release fails, too.",
    remedy="Release that package first",
)
RULES = (NOT_PUBLISHED,)


def check_siblings(project: Project, observed: Observed) -> Iterator[Result]:
    """Each sibling that the package cannot be installed without, as the index has it."""
    index = project.settings.index.title
    needs = {canonicalize_name(need.name): need for need in needs_of(project)}
    unasked: dict[str, CouldNotAsk] = {}
    for name, answer in observed.siblings:
        need = needs.get(canonicalize_name(name))
        if need is None:
            continue
        if isinstance(answer, CouldNotAsk):
            unasked[str(need)] = answer
        elif not _is_there(need, answer):
            has = (
                "does not have it" if answer is None else f"has no version of it that fits `{need}`"
            )
            yield find(
                NOT_PUBLISHED,
                f"{project.name} needs {name} of this repository, and {index} {has}.",
                severity=Severity.WARNING if need.marker else None,
            )
    if unasked:  # one line: they are asked of one index
        reason = next(iter(unasked.values())).reason
        yield skipped(NOT_PUBLISHED, reason, title=f"whether {index} has {some(unasked)}")


def _is_there(need: Requirement, project: IndexProject | None) -> bool:
    versions = () if project is None else project.versions
    return any(
        need.specifier.contains(version, prereleases=True)
        for text in versions
        if (version := parse_version(text)) is not None
    )
