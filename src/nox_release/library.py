"""The operations as functions, for noxfiles and other programs.

With a Nox session they speak as that session does: its log, colour, environment and ability to ask,
and `session.error` when something is wrong. Without one they print nothing, ask nothing, and raise.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nox_release.core.errors import ChecksFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from nox.sessions import Session

    from nox_release.edges.context import Context
    from nox_release.operations.build import Built

T = TypeVar("T")


def build(
    session: Session | None,
    *,
    root: str | PathLike[str] | None,
    working_tree: bool,
    tag: str | None,
    smoke: bool | None,
    outdir: str | PathLike[str] | None,
) -> Built:
    """See `nox_release.build`."""

    def operation(context: Context) -> Built:
        from nox_release.operations.build import build as build_project
        from nox_release.operations.build_report import show
        from nox_release.project.pyproject import read_project

        built = build_project(
            context,
            read_project(context.root),
            working_tree=working_tree,
            tag=tag,
            smoke=smoke,
            destination=None if outdir is None else context.path(os.fspath(outdir)),
        )
        if built.errors:
            raise ChecksFailed("What was built cannot be released.", findings=built.errors)
        show(context.console, built, root=context.root)
        return built

    return _carried_out(session, "build", operation, root=root)


def _carried_out(
    session: Session | None,
    name: str,
    operation: Callable[[Context], T],
    *,
    root: str | PathLike[str] | None,
) -> T:
    """What the operation returns; in a session its errors are shown and end that session."""
    from nox_release.operations.running import (
        INTERRUPTED,
        carry_out,
        context_of,
        leave,
        quiet_context,
        quieten_libraries,
    )

    if session is None:
        return operation(quiet_context(Path(root or Path.cwd()).resolve()))
    from nox_release.sessions import caller_of, session_names

    context = context_of(caller_of(session, root, names=session_names()))
    quieten_libraries()
    results: list[T] = []

    def kept() -> int:
        results.append(operation(context))
        return 0

    ended = carry_out(name, kept, context.console)
    if ended.status in INTERRUPTED:  # Nox would go on with the next session
        leave(ended.status)
    if ended.status:
        session.error(ended.reason.rstrip("."))
    return results[0]
