"""What every operation is handed: the place, the environment, and the edges. Nothing is global."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nox_release.core.clock import Clock
from nox_release.core.values import dataclass, replace
from nox_release.edges.console import Console
from nox_release.edges.process import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`root` is the folder with pyproject.toml, `typed_in` the one that a path on the command line
    is relative to (`root` when it is `None`). `interactive` says whether a person can answer.
    """

    root: Path
    environ: Mapping[str, str]
    interactive: bool
    console: Console
    clock: Clock
    typed_in: Path | None = None

    @property
    def runner(self) -> Runner:
        """Runs programs in this environment and announces them on this console."""
        return Runner(environ=self.environ, announce=self.console.command)

    def path(self, typed: str) -> Path:
        """A path as it was typed on the command line."""
        return (self.typed_in or self.root) / typed

    def at(self, root: Path) -> Context:
        """The same for another folder."""
        return replace(self, root=root)
