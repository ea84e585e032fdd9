"""The questions about several projects, all begun at once."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from nox_release.core.answers import CouldNotAsk
from nox_release.core.findings import Finding
from nox_release.core.values import dataclass
from nox_release.edges.context import Context
from nox_release.edges.process import side_by_side
from nox_release.observing.observer import Observer
from nox_release.project.pyproject import Project

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from nox_release.observing.on_index import IndexQuestions

_THREADS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Those to whom questions about a project are put, and the threads that wait for answers."""

    observer: Observer | Finding | CouldNotAsk
    index: IndexQuestions
    pool: ThreadPoolExecutor


@contextlib.contextmanager
def asking(context: Context, projects: Sequence[Project]) -> Generator[tuple[Questions, ...]]:
    """What `check-project` asks about each of them."""
    from nox_release.edges.maintainer import Keyring
    from nox_release.observing.on_index import IndexQuestions

    keyring = Keyring(context.runner, context.root)
    with (
        # Those who wait for answers have threads of their own, so that those who ask have some.
        side_by_side(4 * len(projects)) as waiting,
        side_by_side(_THREADS) as pool,
        contextlib.ExitStack() as stack,
    ):
        indexes = [
            stack.enter_context(
                contextlib.closing(
                    IndexQuestions(context, project, keyring, pool=pool, waiting=waiting)
                )
            )
            for project in projects
        ]
        for index in indexes:
            index.opened.result()  # so that the rest is loaded while the index answers
        from nox_release.operations.looking import find_observer

        yield tuple(
            Questions(observer=find_observer(context, project, pool), index=index, pool=pool)
            for project, index in zip(projects, indexes, strict=True)
        )
