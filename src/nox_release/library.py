"""The operations as functions, for noxfiles and other programs.

With a Nox session they speak as that session does: its log, colour, environment and ability to ask,
and `session.error` when something is wrong. Without one they print nothing, ask nothing, and raise.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nox_release.core.errors import ChecksFailed, NoxReleaseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from nox.sessions import Session

    from nox_release.edges.context import Context
    from nox_release.operations.built import Built
    from nox_release.operations.checklist import Checklist
    from nox_release.operations.errand import Released

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


def check_project(
    session: Session | None,
    *,
    root: str | PathLike[str] | None,
    build: bool,
    index: str | None,
) -> Checklist:
    """See `nox_release.check_project`."""

    def operation(context: Context) -> Checklist:
        from nox_release.operations.check_project import make_checklists
        from nox_release.operations.check_screen import show
        from nox_release.operations.options import load_project
        from nox_release.operations.running import parse

        options = parse("check-project", [*_index(index), *(["--build"] if build else [])])
        (checklist,) = make_checklists(context, options, (load_project(context, options),))
        show(context.console, [checklist])
        if session is not None and not checklist.ready:
            raise NoxReleaseError("A release would fail: see above.")
        return checklist

    return _carried_out(session, "check-project", operation, root=root)


def release(
    session: Session | None,
    *,
    version: str | None,
    notes: str | None,
    yes: bool,
    index: str | None,
    before_tag: Callable[[Built], object] | None,
) -> Released:
    """See `nox_release.release`."""

    def operation(context: Context) -> Released:
        from nox_release.operations.release import release as release_project
        from nox_release.operations.running import parse

        given = [*_index(index), *(["--yes"] if yes else [])]
        given += [] if notes is None else [f"--notes={notes}"]
        given += [] if version is None else ["--", version]
        released = release_project(context, parse("release", given), before_tag=before_tag)
        if released.status:
            raise ChecksFailed(
                f"{released.tag} is not released as it should be.",
                findings=() if session is not None else released.findings,
            )
        return released

    return _carried_out(session, "release", operation, root=None)


def _index(index: str | None) -> list[str]:
    return [] if index is None else [f"--index={index}"]


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
