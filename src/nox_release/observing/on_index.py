"""The questions to the index about one project: all at once, then what the first answer calls for.

This module loads little, so that the first request is on its way while the rest is still loading.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from nox_release.core.answers import CouldNotAsk, ask, known
from nox_release.edges.context import Context
from nox_release.edges.maintainer import Keyring
from nox_release.files.distributions import version_of_file
from nox_release.observing.siblings import needed_siblings
from nox_release.project.pyproject import Project
from nox_release.releases.end_state import Landed
from nox_release.releases.observed import (
    IndexFile,
    IndexProject,
    Maintainer,
    OnIndex,
    Ownership,
    Provenance,
)

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from nox_release.edges.index import IndexClient


_AN_HOUR = 3600


class IndexQuestions:
    """Asks the index about one project, from the moment it is made on.

    Those who wait for answers have threads of their own (`waiting`), so that those who ask (`pool`)
    have some. The caller closes it when nothing is asked any more.
    """

    def __init__(
        self,
        context: Context,
        project: Project,
        keyring: Keyring,
        *,
        pool: ThreadPoolExecutor,
        waiting: ThreadPoolExecutor,
    ) -> None:
        self._context = context
        self._project = project
        self._keyring = keyring
        self._pool = pool
        self._waiting = waiting
        self._stack = contextlib.ExitStack()
        self.opened = waiting.submit(ask, self._open)
        self._found = waiting.submit(self._find)
        self.answers: Future[OnIndex] = waiting.submit(self._ask_all)

    def close(self) -> None:
        self._stack.close()

    @property
    def versions(self) -> tuple[str, ...]:
        """What the index has; nothing where it did not answer."""
        found = known(self._found.result())
        return found.versions if found is not None else ()

    @property
    def is_absent(self) -> bool:
        """Whether the index says that it has no such project."""
        return self._found.result() is None

    def landed(self, version: str) -> Future[tuple[Landed, ...]]:
        """The files of a version, each with its publishers and a trial download."""
        return self._waiting.submit(self._look_at, version)

    def _open(self) -> IndexClient:
        from nox_release.edges.index import open_index

        index = self._project.settings.index
        return self._stack.enter_context(open_index(index, clock=self._context.clock, attempts=3))

    def _find(self) -> IndexProject | CouldNotAsk | None:
        name = self._project.name
        if not name:
            return CouldNotAsk(reason="only a build tells this project's name")
        client = self.opened.result()
        if isinstance(client, CouldNotAsk):
            return client
        return ask(lambda: client.fetch_project(name))

    def _ask_all(self) -> OnIndex:
        """About the project, and about the packages of its repository that it needs."""
        project, client = self._project, self.opened.result()
        names = needed_siblings(project) if project.dependencies else ()
        if isinstance(client, CouldNotAsk):
            return self._ask()
        asked = {
            name: self._pool.submit(ask, lambda name=name: client.fetch_project(name))
            for name in names
        }
        answers = self._ask()
        found = tuple((name, answer.result()) for name, answer in asked.items())
        return replace(answers, siblings=found)

    def _ask(self) -> OnIndex:
        """Two rounds at most: the project and its owners, then what the first answer calls for."""
        client, name = self.opened.result(), self._project.name
        if isinstance(client, CouldNotAsk) or not name:
            return OnIndex(project=self._found.result())
        ownership = self._pool.submit(ask, lambda: client.fetch_ownership(name))
        found = self._found.result()
        if found is None:
            names = ask(client.fetch_names) if client.index.is_like_pypi else None
            return OnIndex(project=None, ownership=ownership.result(), names=names)
        if isinstance(found, CouldNotAsk):
            return OnIndex(project=found, ownership=ownership.result())
        maintainer = self._pool.submit(self._maintainer, ownership)
        file = newest_proven(found.files)
        proven = None if file is None else ask(lambda: client.fetch_provenance(file))
        return OnIndex(
            project=found,
            ownership=ownership.result(),
            publishers=proven.publishers if isinstance(proven, Provenance) else proven,
            proven_version="" if file is None else str(version_of_file(file.filename)),
            maintainer=maintainer.result(),
            made_here=made_here(self._project, found.files),
        )

    def _maintainer(self, ownership: Future[Ownership | CouldNotAsk | None]) -> Maintainer | None:
        from nox_release.edges.maintainer import find_maintainer

        settings, environ = self._project.settings, self._context.environ
        return find_maintainer(settings, environ, self._keyring, ownership.result())

    def _look_at(self, version: str) -> tuple[Landed, ...]:
        from nox_release.observing.landed import look_at_files

        client, found = self.opened.result(), known(self._found.result())
        if isinstance(client, CouldNotAsk) or found is None:
            return ()
        seen = look_at_files(client, found.release_files(version), self._pool)
        return tuple(one.landed for one in seen)


def made_here(project: Project, files: Iterable[IndexFile]) -> str:
    """A file of the index that had been made in `dist/`, with the same bytes, within the hour before it
    was there: it was uploaded from here. Empty without one; a download is younger than the upload.
    """
    for file in files:
        path = project.root / "dist" / file.filename
        with contextlib.suppress(OSError):
            age = file.upload_time.timestamp() - path.stat().st_mtime if file.upload_time else -1
            if 0 < age < _AN_HOUR and hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256:
                return file.filename
    return ""


def newest_proven(files: Iterable[IndexFile]) -> IndexFile | None:
    """The newest file that has provenance."""
    proven = [
        (version, file.filename, file)
        for file in files
        if file.provenance and (version := version_of_file(file.filename))
    ]
    return max(proven, key=lambda found: found[:2])[2] if proven else None
