"""What a project is used to do, as its history shows."""

from nox_release.core.answers import ask, known
from nox_release.edges.git import Repository
from nox_release.project.documents import Files
from nox_release.project.pyproject import Project
from nox_release.project.version_places import find_places


def goes_back_to_development(project: Project, repository: Repository, commit: str) -> bool:
    """Whether the tree states a development version between releases: it did before `commit`."""
    chosen = project.settings.after_release
    if chosen is not None or project.version_from_tags:
        return chosen == "dev" and not project.version_from_tags
    below = project.root.resolve().relative_to(repository.root).as_posix()
    tracked = known(ask(repository.tracked)) or ()

    def read(name: str) -> bytes | None:
        text = known(ask(lambda: repository.read_file(f"{commit}^", name)))
        return None if text is None else text.encode()

    files = Files(names=frozenset(tracked), read=read, prefix="" if below == "." else f"{below}/")
    stated = find_places(project, files).version
    return stated is not None and stated.is_devrelease
