"""What a build made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nox_release.core.findings import Finding, Result, errors_in, findings_in
from nox_release.core.values import dataclass
from nox_release.files.distributions import Distribution
from nox_release.project.pyproject import Project

if TYPE_CHECKING:
    from nox_release.files.wheels import Wheel


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What was made: exactly these files, whatever else lies in the folder.

    `project` has the name and version of the built metadata. `distributions` are the sdist and
    the wheel, `placed` says that they are in their destination (not so when findings of error
    severity kept them out). `commit` is `None` when the working tree was built; otherwise
    `left_out` are the files that differ from it here, and so are not in what was built.
    """

    project: Project
    distributions: tuple[Distribution, ...]
    results: tuple[Result, ...]
    commit: str | None
    wheel: Wheel
    tag: str | None = None
    placed: bool = True
    left_out: tuple[str, ...] = ()
    seconds: tuple[tuple[str, float], ...] = ()

    @property
    def version(self) -> str:
        return self.distributions[0].version

    @property
    def files(self) -> tuple[Path, ...]:
        """The paths of the sdist and the wheel."""
        return tuple(one.path for one in self.distributions)

    @property
    def sdist(self) -> Path | None:
        """The path of the sdist."""
        return next((one.path for one in self.distributions if one.kind == "sdist"), None)

    @property
    def wheels(self) -> tuple[Path, ...]:
        """The paths of the wheels."""
        return tuple(one.path for one in self.distributions if one.kind == "wheel")

    @property
    def findings(self) -> tuple[Finding, ...]:
        return findings_in(self.results)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return errors_in(self.results)

    @property
    def uploadable(self) -> tuple[Distribution, ...]:
        """Those that PyPI takes; a wheel for this machine alone is not among them."""
        from nox_release.checks.files.built import is_uploadable

        return tuple(one for one in self.distributions if is_uploadable(one))


def shown_folder(path: Path, root: Path) -> str:
    """A folder as seen from the project."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix() + "/"
    except ValueError:
        return str(path)
