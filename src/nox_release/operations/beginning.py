"""The first questions to git and GitHub, put while the rules that judge the answers still load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nox_release.checks.release import asked
from nox_release.core.answers import CouldNotAsk
from nox_release.core.errors import ConfigurationError, ForgeError, NoxReleaseError
from nox_release.core.findings import Finding, find
from nox_release.edges.forge import OLDEST_GH, Forge, GhMissing, NotLoggedIn, find_gh
from nox_release.edges.git import NotARepository
from nox_release.observing.place import Place, locate, python_folders
from nox_release.operations.asking import ask

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future, ThreadPoolExecutor

    from nox_release.edges.context import Context
    from nox_release.project.pyproject import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where a project is, and what has been asked; `head` and `branch` are answers already."""

    place: Place
    forge: Forge
    has_gh: bool
    head: str | CouldNotAsk
    branch: str | CouldNotAsk | None
    answers: dict[str, Future[Any]]


def begin(
    context: Context, project: Project, pool: ThreadPoolExecutor
) -> Begun | Finding | CouldNotAsk:
    """Ask all that needs to know nothing but where the project is."""
    place = find_place(context, project)
    if not isinstance(place, Place):
        return place
    repository = place.repository
    forge = Forge(place.slug, context.runner, repository.root, clock=context.clock)
    has_gh = find_gh(context.environ) is not None
    head = ask(repository.head)
    questions: dict[str, Callable[[], Any]] = {}
    if has_gh:
        version = pool.submit(ask, forge.version)
        questions |= {
            "gh": lambda: gh_login(forge, version),
            "repository": forge.repository,
            "newest_releases": forge.newest_releases,
            "tag_rules": forge.rules_for_tags,
        }
        if isinstance(head, str):
            questions["checks"] = lambda: forge.checks(head)
    questions |= {
        "changes": repository.changes,
        "tracked_folders": lambda: python_folders(repository.tracked()),
        "shallow": repository.is_shallow,
        "identity": repository.identity,
        "signing_trouble": lambda: repository.probe_signing() if repository.signs_tags() else None,
    }
    answers = {name: pool.submit(ask, question) for name, question in questions.items()}
    return Begun(
        place=place,
        forge=forge,
        has_gh=has_gh,
        head=head,
        branch=ask(repository.branch),
        answers=answers,
    )


def find_place(context: Context, project: Project) -> Place | Finding | CouldNotAsk:
    """Where the project is; a finding when it is nowhere that a release could be made from."""
    try:
        return locate(context, project)
    except (ConfigurationError, NotARepository) as error:
        said = " ".join(part for part in (error.message, error.reason) if part)
        return find(asked.PLACE, said, fix=error.hint)
    except NoxReleaseError as error:
        return CouldNotAsk(reason=" ".join(f"{error.message} {error.reason}".split()))


def gh_login(forge: Forge, asked_version: Future[tuple[int, ...] | CouldNotAsk]) -> dict[str, Any]:
    """What state gh is in, told by asking who it is."""
    try:
        login = forge.login()
    except GhMissing as error:
        return {"gh": "missing", "gh_detail": error.reason}
    except NotLoggedIn as error:
        return {"gh": "logged out", "gh_detail": f"{error.message} {error.reason}"}
    except ForgeError as error:
        return {"gh": "unreachable", "gh_detail": f"{error.message} {error.reason}"}
    version = asked_version.result()
    if isinstance(version, CouldNotAsk):
        return {"gh": "unreachable", "gh_detail": version.reason}
    if version and version < OLDEST_GH:
        old = ".".join(map(str, version))
        return {"gh": "old", "gh_detail": f"gh is version {old}; 2.27 is needed.", "login": login}
    return {"gh": "ready", "gh_detail": "", "login": login}
