"""Where a project is: its repository, the remote it is released through, and its GitHub.

This module loads little: nothing can be asked before it has answered.
"""

from pathlib import PurePosixPath

from nox_release.core.errors import ConfigurationError
from nox_release.core.redaction import redact
from nox_release.core.values import dataclass
from nox_release.edges.context import Context
from nox_release.edges.git import NotARepository, Repository, find_repository
from nox_release.edges.git_settings import GitSettings, read_git_settings
from nox_release.project.pyproject import Project
from nox_release.project.remotes import explain_remote, parse_remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a project is: its repository, the branch that is checked out (`None`: none), the remote
    it is released through, and its GitHub.
    """

    repository: Repository
    remote: str
    address: str
    owner: str
    name: str
    branch: str | None = None
    pushes_to: tuple[str, ...] = ()
    signs_tags: bool = False

    @property
    def slug(self) -> str:
        return f"{self.owner}/{self.name}"


def locate(context: Context, project: Project) -> Place:
    """The repository and the remote of a project.

    Raises:
        ConfigurationError: there is no remote to choose, or it is not on GitHub.
        NotARepository: the project is not under git.
    """
    repository = find_repository(project.root, context.runner)
    if repository is None:
        raise NotARepository(project.root)
    branch = repository.branch()
    settings = read_git_settings(repository)
    remote = choose_remote(settings, branch, project.settings.remote)
    address = settings.remote_url(remote)
    if address is None:
        raise ConfigurationError(
            f"There is no git remote called `{remote}`.",
            reason="`tool.nox-release.remote` names it; there are "
            + (", ".join(f"`{name}`" for name in settings.remotes) or "none")
            + ".",
            hint=f"git remote add {remote} https://github.com/OWNER/REPOSITORY.git",
        )
    slug = parse_remote(address)
    if slug is None:
        raise ConfigurationError(
            f"The remote `{remote}` is not a repository on GitHub.",
            reason=explain_remote(address),
            hint="git remote set-url, or name another remote: `[tool.nox-release] remote`.",
        )
    return Place(
        repository=repository,
        remote=remote,
        address=address,
        owner=slug[0],
        name=slug[1],
        branch=branch,
        pushes_to=tuple(map(redact, settings.push_urls(remote))),
        signs_tags=settings.signs_tags,
    )


def choose_remote(settings: GitSettings, branch: str | None, wanted: str | None) -> str:
    """The remote of the settings, else the one the branch follows, else origin or the only one.

    Raises:
        ConfigurationError: there is none, or several and none of them is the one.
    """
    if wanted is not None:
        return wanted
    remotes = settings.remotes
    upstream = settings.upstream(branch) if branch else None
    if upstream is not None and upstream[0] in remotes:
        return upstream[0]
    if "origin" in remotes:
        return "origin"
    if len(remotes) == 1:
        return remotes[0]
    if not remotes:
        raise ConfigurationError(
            "This repository has no remote.",
            reason="The tag is pushed to GitHub, and PyPI is told which repository publishes.",
            hint="gh repo create --source . --push --public, or "
            "git remote add origin https://github.com/OWNER/REPOSITORY.git",
        )
    raise ConfigurationError(
        "Which remote is released through?",
        reason="There are " + ", ".join(f"`{name}`" for name in remotes) + ".",
        hint=f'Say it in pyproject.toml: `[tool.nox-release] remote = "{remotes[0]}"`.',
    )


def python_folders(tracked: tuple[str, ...]) -> frozenset[str]:
    """The folders below the root that hold modules under git."""
    return frozenset(
        str(PurePosixPath(path).parent) for path in tracked if path.endswith(".py") and "/" in path
    )
