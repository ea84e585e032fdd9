"""The changelog as a commit has it, which is what a release of that commit shows."""

import functools

from packaging.version import Version

from nox_release.core.answers import ask, known
from nox_release.edges.git import Repository
from nox_release.project.changelog import find_changelog
from nox_release.project.pyproject import Project


def read_changelog(
    project: Project, repository: Repository, commit: str, version: str | None
) -> tuple[str, str | None]:
    """Name and text of the changelog in the commit, or of the file about `version` where each has one;
    no text when there is none to be read.
    """
    below = project.root.resolve().relative_to(repository.root).as_posix()
    prefix = "" if below == "." else f"{below}/"

    listed = known(ask(lambda: repository.names_in(commit, below))) or ()
    names = frozenset(name.removeprefix(prefix) for name in listed)

    @functools.cache
    def read(name: str) -> str | None:
        there = name in names
        return known(ask(lambda: repository.text_in(commit, prefix + name))) if there else None

    name = find_changelog(names, read, Version(version) if version else None)
    text = read(name) if name is not None else None
    return (name, text) if name is not None and text is not None else ("", None)
