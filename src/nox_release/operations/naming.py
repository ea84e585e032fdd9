"""The name of a project whose setup.py works it out: only a build tells it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nox_release.edges.context import Context
    from nox_release.project.pyproject import Project


def named(context: Context, project: Project) -> Project:
    """`project` with a name: as it is where it has one, else with the one its build gives it.

    Raises:
        NoxReleaseError: it cannot be built.
    """
    if project.name:
        return project
    from nox_release.operations.build import build

    with tempfile.TemporaryDirectory(prefix="nox-release-", ignore_cleanup_errors=True) as folder:
        built = build(context, project, smoke=False, destination=Path(folder))
    return replace(project, name=built.project.name)
