"""An empty first version that says what it is, for those whose CI is to make every real one."""

import json
from pathlib import Path

from nox_release.checks.files.checking import check_distributions
from nox_release.core.errors import ChecksFailed
from nox_release.core.findings import errors_in
from nox_release.edges.building import Listener, build_distributions
from nox_release.edges.context import Context
from nox_release.edges.environments import fresh_environment
from nox_release.files.archives import read_distribution
from nox_release.files.distributions import Distribution
from nox_release.project.pyproject import Project

VERSION = "0.0.0.dev0"
_EPOCH = 1577836800  # the same bytes each time, so that running it again finds its own files


def build_placeholder(context: Context, project: Project, folder: Path) -> tuple[Distribution, ...]:
    """An sdist and a wheel of the version 0.0.0.dev0, without any module.

    Raises:
        ChecksFailed: PyPI would refuse even these; the name, most likely.
    """
    source = folder / "source"
    source.mkdir()
    for name, text in placeholder_files(project).items():
        (source / name).write_text(text, encoding="utf-8", newline="\n")
    with context.console.waiting(f"Building a placeholder for {project.name}") as waiting:
        environment = fresh_environment(folder / "environment", context.runner)
        outdir = folder / "files"
        outdir.mkdir()
        paths = build_distributions(
            environment,
            source=source,
            outdir=outdir,
            source_date_epoch=_EPOCH,
            listener=Listener(step=waiting.update),
        )
    refused = errors_in(check_distributions(paths))
    if refused:
        raise ChecksFailed("PyPI would refuse this placeholder.", findings=refused)
    return tuple(read_distribution(path) for path in paths)


def _quoted(text: str) -> str:
    """As a TOML string; its escapes are JSON's, but for those in pairs that JSON makes of emoji."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def placeholder_files(project: Project) -> dict[str, str]:
    """The files of the placeholder's own project."""
    description = f"Placeholder: the first release of {project.name} is on its way"
    readme = (
        f"# {project.name}\n\nThis version holds nothing. Its maintainers uploaded it so that "
        "the project exists and its releases can be published by their continuous integration.\n"
    )
    urls = "".join(f"{_quoted(label)} = {_quoted(address)}\n" for label, address in project.urls)
    metadata = [
        "[build-system]",
        'requires = ["hatchling>=1.27"]',
        'build-backend = "hatchling.build"',
        "",
        "[project]",
        f"name = {_quoted(project.name)}",
        f'version = "{VERSION}"',
        f"description = {_quoted(description)}",
        'readme = "README.md"',
        'classifiers = ["Development Status :: 1 - Planning"]',
        *([f"requires-python = {_quoted(project.requires_python)}"]
          if project.requires_python else []),
        "",
        "[project.urls]",
        urls,
        "[tool.hatch.build.targets.wheel]",
        "bypass-selection = true",
        "",
    ]  # fmt: skip
    return {"pyproject.toml": "\n".join(metadata), "README.md": readme}
