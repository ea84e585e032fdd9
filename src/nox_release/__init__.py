"""Nox sessions that bring a Python project onto PyPI and release it.

In `noxfile.py`:

    import nox_release

    nox_release.register()

Importing registers nothing and loads nothing heavy.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from os import PathLike

    from nox.registry import Func  # type: ignore[attr-defined] # not in its __all__
    from nox.sessions import Session

    from nox_release.core.findings import Finding
    from nox_release.diagnosis.model import Diagnosis
    from nox_release.operations.built import Built
    from nox_release.operations.checklist import Checklist
    from nox_release.operations.errand import Released
    from nox_release.project.pyproject import Index, Project

__all__ = ["build", "check_distributions", "check_project", "diagnose", "register", "release"]


def register(
    *,
    only: Iterable[str] | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
    prefix: str = "",
    tags: Iterable[str] = ("nox-release",),
    requires: Mapping[str, Sequence[str]] = MappingProxyType({}),
    options: Mapping[str, Sequence[str]] = MappingProxyType({}),
    root: str | PathLike[str] | None = None,
) -> Mapping[str, Func]:
    """Register this tool's sessions with Nox and return them by their names here.

    None of them runs by default, and none gets an environment of its own. Those that act on the
    world (`first-upload`, `release`, ...) run only when they are named, never by `-k` or `-t` alone.
    A session that the noxfile has already is left alone, and ours of that name is left out.

    Args:
        only: the sessions to register; all of them when it is left out.
        names: other names for some of them, such as `{"build": "dist"}`.
        prefix: what stands before every name that `names` does not change.
        tags: Nox tags, in addition to `nox-release`.
        requires: sessions that must run before one of ours, such as `{"release": ["tests"]}`.
        options: arguments that one of ours always gets, such as `{"build": ["--no-smoke"]}`.
        root: the folder with pyproject.toml, relative to the noxfile; its own when left out.

    Raises:
        ValueError: there is no such session.
    """
    from nox_release.sessions import register_sessions

    return register_sessions(
        only=only,
        names=names,
        prefix=prefix,
        tags=tags,
        requires=requires,
        options=options,
        root=root,
    )


def build(
    session: Session | None = None,
    *,
    root: str | PathLike[str] | None = None,
    working_tree: bool = False,
    tag: str | None = None,
    smoke: bool | None = None,
    outdir: str | PathLike[str] | None = None,
) -> Built:
    """Build the sdist, and the wheel from it, and inspect both; they end up in `dist/`.

    The commit that is checked out is built, or with `working_tree` the files as they are; with
    `tag` as if that commit had this tag. `smoke` installs the wheel into a fresh environment and
    imports it: `None` unless the download is large, `True` always, `False` never. `root` is the
    folder with pyproject.toml (relative to the noxfile), `outdir` where the files go.

    Returns:
        `version`, `sdist` and `wheels` (paths), `files` (both), `findings`, and `commit` (`None`
        for a working tree).

    Raises:
        NoxReleaseError: it could not be built, or PyPI would refuse it. With a session, this is
            shown and ends the session instead.
    """
    from nox_release.library import build as build_project

    return build_project(
        session, root=root, working_tree=working_tree, tag=tag, smoke=smoke, outdir=outdir
    )


def check_project(
    session: Session | None = None,
    *,
    root: str | PathLike[str] | None = None,
    build: bool = False,
    index: str | None = None,
) -> Checklist:
    """Ask git, GitHub and the index what a release depends on, and judge it. Reads only.

    With `build`, a build into a temporary folder is judged too. `index` is `"pypi"`, `"testpypi"`
    or an address.

    Returns:
        `ready`, `version`, `results` (every rule's), `errors`, `unknown` (what got no answer),
        and `step` (the next thing to do: `text`, `command`, `page`).

    Raises:
        NoxReleaseError: the project cannot be read. With a session, this, and a project that is not
            ready, is shown and ends the session instead.
    """
    from nox_release.library import check_project as check

    return check(session, root=root, build=build, index=index)


def release(
    session: Session | None = None,
    *,
    version: str | None = None,
    notes: str | None = None,
    yes: bool = False,
    index: str | None = None,
    before_tag: Callable[[Built], object] | None = None,
) -> Released:
    """Release the commit that is checked out, or finish a release that was begun.

    Everything that can stop it is found first, then the plan is shown and asked about; `yes` agrees
    beforehand, and without a session that is the only way. `notes` are the GitHub release's text
    (default: the changelog's section). `before_tag` is called with what was built, before anything
    is tagged; an exception in it stops the release.

    Returns:
        `version`, `tag`, `commit`, `files` (names on the index), `page`, `github_release` (an
        address), `findings`.

    Raises:
        NoxReleaseError: it could not be released, or something is wrong with what is out. With a
            session, this is shown and ends the session instead.
    """
    from nox_release.library import release as release_project

    return release_project(
        session, version=version, notes=notes, yes=yes, index=index, before_tag=before_tag
    )


def check_distributions(
    paths: Iterable[str | PathLike[str]], *, index: Index | str | None = None
) -> tuple[Finding, ...]:
    """What PyPI would refuse in these sdists and wheels, and what it accepts but should not.

    Findings of severity `error` are refusals. With `index` (an `Index`, `"pypi"`, `"testpypi"`
    or an address), what is already there is asked too; without, the network is not used.

    Raises:
        IndexUnavailableError: `index` was given and did not answer.
    """
    from nox_release.observing.distributions import check_distributions as check

    return check(paths, index=index)


def diagnose(text: str, *, project: Project | None = None) -> tuple[Diagnosis, ...]:
    """Why a build, upload or release failed, from its log; most likely cause first.

    Empty when nothing is known. Uses no network and no git; with `project`, fixes are worded in
    that project's own values.
    """
    from nox_release.diagnosis.engine import diagnose as explain

    return explain(text, project=project)
