"""Options that several operations share, and the project they choose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nox_release.errors import ConfigurationError
from nox_release.project import Project, parse_index, read_project

if TYPE_CHECKING:
    import argparse

    from nox_release.context import Context


def add_index(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--index",
        metavar="INDEX",
        help="pypi, testpypi, or the root address of another index (default: pypi,\n"
        "or what `[tool.nox-release] index` says)",
    )


def add_package(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--package",
        metavar="FOLDER",
        help="which of `[tool.nox-release] packages`, by folder or project name",
    )


def add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="agree to what is shown, without asking")


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="one machine-readable document on standard output"
    )


def load_projects(context: Context, options: argparse.Namespace) -> tuple[Project, ...]:
    """The projects the options choose: one, or every one of `packages`.

    Raises:
        ConfigurationError: pyproject.toml or an option is wrong.
    """
    index = getattr(options, "index", None)
    wanted = getattr(options, "package", None)
    folders = _package_folders(context.root)
    if not folders:
        projects = [read_project(context.root)]
    else:
        projects = [read_project(context.root / folder) for folder in folders]
    if wanted:
        projects = [p for p in projects if wanted in (p.name, p.normalized_name, p.root.name)] or [
            p for p in projects if (context.root / wanted).resolve() == p.root
        ]
        if not projects:
            raise ConfigurationError(
                f"There is no package `{wanted}`.",
                reason="`[tool.nox-release] packages` has " + (", ".join(folders) or "none") + ".",
            )
    if index:
        chosen = parse_index(index)
        projects = [replace(p, settings=replace(p.settings, index=chosen)) for p in projects]
    return tuple(projects)


def load_project(context: Context, options: argparse.Namespace) -> Project:
    """The one project the options choose.

    Raises:
        ConfigurationError: there are several and `--package` does not choose one.
    """
    projects = load_projects(context, options)
    if len(projects) > 1:
        names = ", ".join(project.name for project in projects)
        raise ConfigurationError(
            "There are several packages here.",
            reason=f"`[tool.nox-release] packages` names {names}.",
            hint=f"Choose one: --package {projects[0].name}",
        )
    return projects[0]


def _package_folders(root: Path) -> tuple[str, ...]:
    from nox_release.project import parse_settings, read_pyproject

    tool = read_pyproject(root).get("tool", {})
    table = tool.get("nox-release", {}) if isinstance(tool, dict) else {}
    folders = parse_settings(table).packages
    missing = [folder for folder in folders if not (root / folder / "pyproject.toml").is_file()]
    if missing:
        raise ConfigurationError(
            "`tool.nox-release.packages` names folders that are no projects.",
            problems=[f"`{folder}` has no pyproject.toml" for folder in missing],
        )
    return tuple(folder for folder in folders if Path(folder) != Path())
