"""Nox sessions that bring a Python project onto PyPI and release it.

In `noxfile.py`:

    import nox_release

    nox_release.register()

Importing registers nothing and loads nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from nox_release.core.findings import Finding
    from nox_release.diagnosis.model import Diagnosis
    from nox_release.project.pyproject import Index, Project

__all__ = ["check_distributions", "diagnose", "register"]


def register(*, prefix: str = "") -> None:
    """Register this tool's sessions with Nox, each named `prefix` + its name.

    None of them runs by default, and none gets an environment of its own.

    Raises:
        ValueError: a session of that name exists already; give a `prefix`.
    """
    from nox_release.sessions import register_sessions

    register_sessions(prefix)


def check_distributions(
    paths: Iterable[str | PathLike[str]], *, index: Index | str | None = None
) -> tuple[Finding, ...]:
    """What PyPI would refuse in these sdists and wheels, and what it accepts but should not.

    Findings of severity `error` are refusals. With `index` (an `Index`, `"pypi"`, `"testpypi"`
    or an address), what is already there is asked too; without, the network is not used.

    Raises:
        IndexUnavailableError: `index` was given and could not be asked.
    """
    from nox_release.checks.files.checking import check_distributions as check

    return check(paths, index=index)


def diagnose(text: str, *, project: Project | None = None) -> tuple[Diagnosis, ...]:
    """Why a build, upload or release failed, from its log; most likely cause first.

    Empty when nothing is known. Uses no network and no git; with `project`, fixes are worded in
    that project's own values.
    """
    from nox_release.diagnosis.engine import diagnose as explain

    return explain(text, project=project)
