"""Trying out what is on an index: installed from there by name and version, and imported."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

from nox_release.checks.files.facts import Facts
from nox_release.core.errors import CommandError, NoxReleaseError
from nox_release.core.findings import Result, Rule, Severity, Skipped, find, passed
from nox_release.edges.aside import temporary_folder
from nox_release.edges.context import Context
from nox_release.edges.environments import fresh_environment
from nox_release.files.wheels import read_wheel
from nox_release.observing.trying import smoke
from nox_release.project.pyproject import Project
from nox_release.releases.observed import IndexFile

if TYPE_CHECKING:
    from nox_release.edges.index import IndexClient

INSTALLERS_LAG_AT_MOST = timedelta(minutes=5)

INSTALLABLE = Rule(
    "installs-from-index",
    Severity.ERROR,
    "The published version installs from the index",
    subject="index",
    why="It is what everybody does next.",
    remedy="Try it by hand; an index may be a few minutes behind for installers.",
)
RULES = (INSTALLABLE,)


def try_published(
    context: Context,
    client: IndexClient,
    *,
    name: str,
    version: str,
    files: tuple[IndexFile, ...],
    downloads: Path,
) -> tuple[Result, ...]:
    """Install `name` at `version` from the index by itself, then try its wheel out in full, where
    it is in `downloads`.
    """
    with (
        temporary_folder("trial") as aside,
        context.console.waiting(f"Trying {name} {version} out") as waiting,
    ):
        waiting.update("installing it from the index")
        try:
            installed = _install(context, client, name, version, aside)
        except NoxReleaseError as error:
            return (
                find(
                    INSTALLABLE,
                    f"{name} {version} does not install from {client.index.title}: "
                    f"{error.reason or error.message}",
                ),
            )
        wheel = wheel_for_here(files)
        path = downloads / wheel.filename if wheel is not None else None
        if path is None or not path.is_file():
            return (installed,)
        tried = smoke(
            Facts(project=Project(root=aside, name=name, version=version), wheel=read_wheel(path)),
            context.runner,
            aside=_folder(aside, "smoke"),
            on_step=waiting.update,
        )
    return (installed, *(r for r in tried if not isinstance(r, Skipped) or r.reason))


def _folder(aside: Path, name: str) -> Path:
    folder = aside / name
    folder.mkdir()
    return folder


def _install(context: Context, client: IndexClient, name: str, version: str, aside: Path) -> Result:
    """Installers read through caches of their own: give those a few minutes."""
    environment = fresh_environment(aside / "environment", context.runner)
    until = context.clock.now() + INSTALLERS_LAG_AT_MOST
    pause = 5.0
    while True:
        try:
            environment.install(
                f"{name}=={version}",
                index_url=client.index.simple_url,
                no_deps=True,
                extra_environ={"UV_NO_CACHE": "1", "PIP_NO_CACHE_DIR": "1"},
                timeout=300,
            )
        except CommandError:
            if context.clock.now() + timedelta(seconds=pause) > until:
                raise
            context.clock.sleep(pause)
            pause *= 2
        else:
            break
    return passed(
        INSTALLABLE,
        f"by {environment.installer}, into an empty environment",
        title=f"{name} {version} installs from {client.index.title}",
    )


def wheel_for_here(files: Iterable[IndexFile]) -> IndexFile | None:
    """The wheel that an installer would take on this machine; `None` without one."""
    wheels = {
        file: parse_wheel_filename(file.filename)[3]
        for file in files
        if file.filename.endswith(".whl")
    }
    for tag in sys_tags():
        for file, tags in wheels.items():
            if tag in tags:
                return file
    return None
