"""What the rules over a build look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nox_release.core.values import dataclass
from nox_release.files.distributions import Distribution
from nox_release.project.pyproject import Project

if TYPE_CHECKING:
    from nox_release.files.wheels import Wheel


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A wheel, and what is known around it.

    `tree` are the files of the source tree, relative to the project's root; `untracked` those
    that git does not know; `tags` are those at the commit, `changed` the tracked files that the
    build changed, and `warnings` what the backend said. `version_now` is the version that the
    backend makes without SOURCE_DATE_EPOCH, where that was tried. There is no `sdist` where a wheel
    of the index is tried.
    """

    project: Project
    wheel: Wheel
    sdist: Distribution | None = None
    tree: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    tag: str | None = None
    tags: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    version_now: str | None = None

    @property
    def distributions(self) -> tuple[Distribution, ...]:
        return (self.wheel.file,) if self.sdist is None else (self.sdist, self.wheel.file)

    @property
    def sdist_files(self) -> tuple[str, ...]:
        """The files of the sdist, relative to its one folder."""
        members = self.sdist.members if self.sdist is not None else ()
        return tuple(
            member.name.partition("/")[2]
            for member in members
            if not member.is_dir and "/" in member.name
        )

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the source tree, or as far as the sdist tells."""
        return self.tree or self.sdist_files

    @property
    def requirements(self) -> tuple[str, ...]:
        return self.wheel.file.metadata.values("Requires-Dist")
