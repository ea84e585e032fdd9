"""Asking the index about one name, begun before anything else: its answers take longest.

This module loads little, so that the first request is on its way while the rest is still loading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from nox_release.core.answers import CouldNotAsk
from nox_release.core.errors import NoxReleaseError
from nox_release.files.distributions import version_of_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future, ThreadPoolExecutor

    from nox_release.edges.context import Context
    from nox_release.edges.index import IndexClient
    from nox_release.edges.maintainer import Keyring
    from nox_release.project.pyproject import Project
    from nox_release.release.observed import IndexProject, Maintainer, Ownership, Publisher

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnIndex:
    """The index's answers about one name."""

    project: IndexProject | CouldNotAsk | None
    ownership: Ownership | CouldNotAsk | None = None
    names: tuple[str, ...] | CouldNotAsk | None = None
    proven: tuple[Publisher, ...] | CouldNotAsk | None = None
    proven_version: str = ""
    maintainer: Maintainer | None = None


def ask(question: Callable[[], T]) -> T | CouldNotAsk:
    """The answer, or why there was none."""
    try:
        return question()
    except NoxReleaseError as error:
        reason = " ".join(part for part in (error.message, error.reason) if part)
        return CouldNotAsk(reason=" ".join(reason.split()))


def ask_index(
    context: Context, project: Project, pool: ThreadPoolExecutor, keyring: Keyring
) -> OnIndex:
    """Two rounds at most: the project and its owners, then what the first answer calls for."""
    from nox_release.edges.index import open_index

    name = project.name
    if not name:
        unknown = "only a build tells this project's name: nox -s check-project -- --build"
        return OnIndex(project=CouldNotAsk(reason=unknown))
    try:
        with open_index(project.settings.index, clock=context.clock, attempts=3) as client:
            ownership = pool.submit(ask, lambda: client.fetch_ownership(name))
            found = ask(lambda: client.fetch_project(name))
            if isinstance(found, CouldNotAsk):
                return OnIndex(project=found, ownership=ownership.result())
            if found is None:
                names = ask(client.fetch_names)
                return OnIndex(project=None, ownership=ownership.result(), names=names)
            maintainer = pool.submit(_find_maintainer, context, project, keyring, ownership)
            proven, version = _fetch_proven(client, found)
            return OnIndex(
                project=found,
                ownership=ownership.result(),
                proven=proven,
                proven_version=version,
                maintainer=maintainer.result(),
            )
    except NoxReleaseError as error:
        return OnIndex(project=CouldNotAsk(reason=f"{error.message} {error.reason}".strip()))


def _find_maintainer(
    context: Context,
    project: Project,
    keyring: Keyring,
    ownership: Future[Ownership | CouldNotAsk | None],
) -> Maintainer | None:
    from nox_release.edges.maintainer import find_maintainer

    return find_maintainer(project.settings, context.environ, keyring, ownership.result())


def _fetch_proven(
    client: IndexClient, project: IndexProject
) -> tuple[tuple[Publisher, ...] | CouldNotAsk | None, str]:
    """The publishers of the newest file that has provenance, and that file's version."""
    newest = max(
        (
            (released, file.filename, file)
            for file in project.files
            if file.provenance and (released := version_of_file(file.filename))
        ),
        key=lambda found: found[:2],
        default=None,
    )
    if newest is None:
        return None, ""
    version, _, file = newest
    found = ask(lambda: client.fetch_provenance(file))
    if found is None or isinstance(found, CouldNotAsk):
        return found, str(version)
    return found.publishers, str(version)
