"""The name of a project whose setup.py works it out: only a build tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nox_release.edges.aside import temporary_folder

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

    with temporary_folder("name") as folder:
        built = build(context, project, smoke=False, destination=folder)
    return replace(project, name=built.project.name)
