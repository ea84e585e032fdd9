"""A changelog put together from fragments by the project's own towncrier."""

import shutil
from dataclasses import replace
from pathlib import Path

from nox_release.core.errors import ConfigurationError
from nox_release.edges.children import STRANGER
from nox_release.edges.context import Context
from nox_release.edges.git import find_repository
from nox_release.observing.source_tree import reader_of
from nox_release.project.documents import Files
from nox_release.project.preparing import fragments
from nox_release.project.pyproject import Project

_TOWNCRIER = 300.0


def put_together(context: Context, project: Project, folder: Path, version: str) -> None:
    """Run towncrier in `folder`, a copy of the project; afterwards no fragment may be left.

    Raises:
        ConfigurationError: there is no towncrier, or a fragment was passed over.
        CommandError: it failed.
    """
    program = find_towncrier(context, project.root)
    if program is None:
        raise ConfigurationError(
            "towncrier is not installed.",
            reason="pyproject.toml has it put the changelog together.",
            hint="pip install towncrier, in this project's environment",
        )
    # The project's own program: it gets what a build backend gets.
    replace(context.runner, child=STRANGER).run(
        [program, "build", "--yes", "--version", version], cwd=folder, timeout=_TOWNCRIER
    )
    repository = find_repository(folder, context.runner)
    if repository is None:
        return
    there = frozenset(name for name in repository.tracked() if (repository.root / name).exists())
    below = folder.relative_to(repository.root).as_posix()
    files = Files(
        names=there, read=reader_of(repository.root), prefix="" if below == "." else f"{below}/"
    )
    left = fragments(project, files)
    if left:
        raise ConfigurationError(
            "towncrier passed over fragments. Nothing was edited here.",
            problems=[f"`{name}` is left" for name in left],
            hint="Its name is NUMBER.TYPE.md, with one of the types in `[tool.towncrier]`.",
        )


def find_towncrier(context: Context, root: Path) -> str | None:
    """towncrier of the project's environment, else of this one."""
    folders = [root / ".venv", Path(context.environ.get("VIRTUAL_ENV") or root / "venv")]
    for folder in folders:
        for place in ("bin/towncrier", "Scripts/towncrier.exe"):
            if (folder / place).is_file():
                return str(folder / place)
    return shutil.which("towncrier", path=context.environ.get("PATH"))
