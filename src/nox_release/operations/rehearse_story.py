"""What the parts of a rehearsal hand on, and how each is run."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import time
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from nox_release.core.errors import NoxReleaseError
from nox_release.core.findings import Finding
from nox_release.core.values import dataclass, field, replace
from nox_release.edges.context import Context
from nox_release.operations import options as shared
from nox_release.project.pyproject import Project

if TYPE_CHECKING:
    from nox_release.project.publisher import TrustedPublisher
    from nox_release.rehearsal.copying import Origin, Publishing
    from nox_release.rehearsal.world import World

YOU = "you"
_LONGEST_PAUSE = 0.25
_SHORTEST_PAUSE = 0.02


class QuickClock:
    """A clock whose pauses are short: everything that is waited for is close by.

    While no run `is_busy` nothing can change, and the rest of a pause is taken as gone by: what
    never comes is given up after seconds.
    """

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        self._is_busy = is_busy
        self._ahead = timedelta()

    def now(self) -> datetime:
        from nox_release.core.clock import SystemClock

        return SystemClock().now() + self._ahead

    def sleep(self, seconds: float) -> None:
        from nox_release.core.clock import SystemClock

        idle = not self._is_busy()
        pause = min(seconds, _SHORTEST_PAUSE if idle else _LONGEST_PAUSE)
        SystemClock().sleep(pause)
        if idle:
            self._ahead += timedelta(seconds=seconds - pause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part that is over: what it proved."""

    name: str
    seconds: float
    proven: str


@dataclass(slots=True, kw_only=True)
class Story:
    """What the parts hand on, about one project."""

    world: World
    context: Context
    options: argparse.Namespace
    origin: Origin
    title: str = ""
    package: str = ""
    several: bool = False
    before: int = 0
    written: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    problem: NoxReleaseError | None = None
    publishing: Publishing | None = None
    name: str = ""
    version: str = ""
    files: tuple[Path, ...] = ()
    warnings: tuple[Finding, ...] = ()
    published: tuple[str, ...] = ()
    placeholder: bool = False
    lost: str = ""
    next_version: str = ""

    @property
    def project(self) -> Project:
        """As the copy has it now; the local index takes the place of PyPI."""
        import argparse

        chosen = argparse.Namespace(package=self.package or None)
        project = shared.load_project(self.context, chosen)
        name = self.name or project.name  # setup.py may work the name out
        return replace(
            project, name=name, settings=replace(project.settings, index=self.world.index.index)
        )

    @property
    def has_failed(self) -> bool:
        return self.problem is not None

    @property
    def root(self) -> Path:
        """The project's folder in the copy."""
        return self.context.root / self.package

    @property
    def folder(self) -> str:
        """The same, seen from the root of the repository."""
        return self.root.relative_to(self.world.clone).as_posix()

    def aside(self, name: str) -> Path:
        """A folder of this project's own outside the copy."""
        own = self.package.replace("/", "-") if self.several else ""
        return self.world.directory / name / ("root" if own == "." else own)

    @property
    def user(self) -> str:
        """Who the maintainer is on the local index: by the name the project says, if it does."""
        return self.project.settings.pypi_user or YOU

    @property
    def publisher(self) -> TrustedPublisher:
        publisher = self.publishing.derivation.publisher if self.publishing else None
        if publisher is None:
            raise NoxReleaseError(
                "What publishes this project could not be found out, not even in the copy."
            )
        return publisher


@contextlib.contextmanager
def part(story: Story, title: str) -> Generator[list[str]]:
    """A numbered part; what is put into the list is what it proved."""
    number = story.before + len(story.parts) + 1
    of = f"{story.title}: " if story.several and story.before else ""
    story.context.console.title(f"{number}. {of}{title}")
    started = time.monotonic()
    proven: list[str] = []
    yield proven
    story.parts.append(
        Part(name=title, seconds=time.monotonic() - started, proven="; ".join(proven))
    )


def run_session(
    story: Story,
    name: str,
    *arguments: str,
    environ: dict[str, str] | None = None,
    check: bool = True,
) -> int:
    """Run one of this tool's sessions in the world, as `nox -s NAME -- …` would: its exit status.

    Raises:
        NoxReleaseError: it failed.
    """
    from nox_release.operations.running import load, parse

    given = list(arguments)
    shown = shlex.join(given)  # the console adds --package
    if story.package:
        given += ["--package", story.package]
    story.context.console.line()
    story.context.console.line(f"$ nox -s {name}" + (f" -- {shown}" if shown else ""))
    # Who the maintainer is on the index is known here, as it is where twine has been used.
    known = {**story.context.environ, "TWINE_USERNAME": story.user, **(environ or {})}
    context = replace(story.context, environ=known)
    status = int(load(name).main(context, parse(name, given)))
    if status and check:
        raise NoxReleaseError(
            f"`nox -s {name}` failed in the rehearsal.",
            hint="It says why above; outside a rehearsal it would say the same.",
        )
    return status
