"""The changelog as a commit has it, which is what a release of that commit shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nox_release.core.answers import ask, known
from nox_release.project import changelog

if TYPE_CHECKING:
    from nox_release.edges.git import Repository
    from nox_release.project.pyproject import Project


def read_changelog(project: Project, repository: Repository, commit: str) -> tuple[str, str | None]:
    """Name and text of the changelog in the commit; no text when there is none to be read."""
    prefix = project.root.resolve().relative_to(repository.root).as_posix()
    paths = [name if prefix == "." else f"{prefix}/{name}" for name in changelog.FILES]
    path, text = known(ask(lambda: repository.first_file(commit, paths))) or ("", None)
    return path.rpartition("/")[2], text
