"""Options that several operations share, and the project they choose."""

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nox_release.core.errors import ConfigurationError, NoxReleaseError
from nox_release.core.values import dataclass, replace
from nox_release.core.versions import parse_version
from nox_release.core.words import guess
from nox_release.edges.context import Context
from nox_release.observing.siblings import folders_of
from nox_release.project.pyproject import (
    Index,
    Project,
    named_indexes,
    parse_index,
    parse_settings,
    read_project,
    read_pyproject,
)
from nox_release.project.toml import table_in
from nox_release.project.workspace import member_patterns, why_kept_back

if TYPE_CHECKING:
    from packaging.version import Version


INDEX_VARIABLE = "NOX_RELEASE_INDEX"
_NEWEST = 3


def add_flag(parser: argparse._ActionsContainer, name: str, text: str) -> None:
    """An option that is off unless it is given."""
    parser.add_argument(name, action="store_true", help=text)


def add_index(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--index",
        metavar="INDEX",
        help="pypi, testpypi, the name of a `[[tool.uv.index]]`, or the root address of another "
        "index (default: pypi, or what NOX_RELEASE_INDEX or `[tool.nox-release] index` says)",
    )


def add_package(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--package",
        metavar="FOLDER",
        help="which of `[tool.nox-release] packages`, by folder or project name",
    )


def add_all_packages(parser: argparse.ArgumentParser, text: str) -> None:
    add_flag(parser, "--all-packages", text)


def add_yes(parser: argparse.ArgumentParser) -> None:
    add_flag(parser, "--yes", "agree to what is shown, without asking")


def add_smoke(parser: argparse.ArgumentParser, without: str) -> None:
    """`--no-smoke`, of which `without` says what it leaves out, and `--smoke`."""
    trying = parser.add_mutually_exclusive_group()
    trying.add_argument(
        "--no-smoke", dest="smoke", action="store_false", default=None, help=without
    )
    trying.add_argument(
        "--smoke",
        dest="smoke",
        action="store_true",
        default=None,
        help="try it even when the dependencies are more than 500 MB to download",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    add_flag(parser, "--json", "one machine-readable document on standard output")


def load_projects(context: Context, options: argparse.Namespace) -> tuple[Project, ...]:
    """The projects the options choose: one, or every one of `packages`.

    Raises:
        ConfigurationError: pyproject.toml or an option is wrong.
    """
    packages = load_packages(context, options)
    chosen = getattr(options, "package", None)
    for project, why in packages.kept_back if not chosen else ():
        context.console.line(f"Left out: {project.name or project.root.name} ({why})")
    return packages.projects


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """The projects here: those that are meant for an index, and those that are not, and why."""

    projects: tuple[Project, ...]
    kept_back: tuple[tuple[Project, str], ...] = ()


def load_packages(context: Context, options: argparse.Namespace) -> Packages:
    """The same, with those that are kept back as values.

    Raises:
        ConfigurationError: pyproject.toml or an option is wrong.
    """
    # A shell in a rehearsal's world must not reach the real index by leaving out an option.
    index = getattr(options, "index", None) or context.environ.get(INDEX_VARIABLE)
    wanted = getattr(options, "package", None)
    pyproject = read_pyproject(context.root)
    table = table_of(pyproject)
    every = getattr(options, "all_packages", False)
    folders = _package_folders(context.root, pyproject, every=every)
    kept_back: list[tuple[Project, str]] = []
    if not folders:
        projects = [read_project(context.root, pyproject)]
    else:
        found = [read_project(context.root / folder) for folder in folders]
        meant = () if every else table.get("packages", ())
        whys = [
            "" if folder in meant else why_kept_back(project)
            for folder, project in zip(folders, found, strict=True)
        ]
        kept_back = [(project, why) for project, why in zip(found, whys, strict=True) if why]
        projects = [
            _inheriting(project, table, named=named_indexes(pyproject), alone=len(folders) == 1)
            for project, why in zip(found, whys, strict=True)
            if not why
        ]
        if not projects:
            raise ConfigurationError("None of the packages here is meant for an index.")
    # The project around a workspace goes on with the tags it has.
    projects = [
        _following_tags(context, project, table)
        if len(projects) == 1 or project.root == context.root
        else project
        for project in projects
    ]
    if wanted:
        names = [name for p in projects for name in (p.name, p.root.name)]
        projects = [p for p in projects if wanted in (p.name, p.normalized_name, p.root.name)] or [
            p for p in projects if (context.root / wanted).resolve() == p.root
        ]
        if not projects:
            raise ConfigurationError(
                f"There is no package `{wanted}`.{guess(wanted, names)}",
                reason=f"There are packages in {', '.join(folders)}."
                if folders
                else "There is one project here, and no `packages` in `[tool.nox-release]`.",
            )
    if index:
        chosen = parse_index(index, named_indexes(pyproject))
        projects = [replace(p, settings=replace(p.settings, index=chosen)) for p in projects]
    return Packages(projects=tuple(projects), kept_back=tuple(kept_back))


def load_project(context: Context, options: argparse.Namespace) -> Project:
    """The one project the options choose.

    Raises:
        ConfigurationError: there are several and `--package` does not choose one.
    """
    projects = load_projects(context, options)
    if len(projects) > 1:
        name, chosen = getattr(options, "operation", ""), f"--package {projects[0].name}"
        raise ConfigurationError(
            "There are several packages here.",
            reason=", ".join(project.name for project in projects),
            hint=f"Choose one: nox -s {name} -- {chosen}" if name else f"Choose one: {chosen}",
        )
    return projects[0]


def _following_tags(context: Context, project: Project, table: Mapping[str, Any]) -> Project:
    """The project with the form of its tags, where no `tag-format` is set.

    A project that has tagged 1.0 and 1.1 goes on with 1.2, not with v1.2. A form of its own, such as
    release-1.1, is followed where all tags of versions share it.
    """
    if "tag-format" in table or "tag-format" in table_of(project.pyproject):
        return project
    from nox_release.edges.git import find_repository

    try:
        repository = find_repository(project.root, context.runner)
        tags = () if repository is None else repository.newest_tags()
    except NoxReleaseError:
        return project
    form = form_of_most(tags, project)
    if form is None:
        return project
    return replace(project, settings=replace(project.settings, tag_format=form))


def form_of_most(tags: Iterable[str], project: Project) -> str | None:
    """The `tag-format` of most of the newest tags that name a version; `tags` has the newest first.

    One stray tag of another form decides nothing, nor do those of candidates. A package in `python/`
    may have tags such as python-v1.0 beside those of another language.
    """
    from collections import Counter

    from nox_release.releases.plan import COMMON_TAG_FORMATS, version_of_tag

    known: list[tuple[Version, str]] = []
    for tag in tags:
        form = project.settings.tag_format_of(tag, project.name)
        if form is not None and not set("{}") & set(tag):
            version = version_of_tag(tag, tag_format=form, name=project.name)
            if version is not None:
                known.append((version, form))
    of_folder = [f"{project.root.name}{sign}{{version}}" for sign in ("-v", "-", "/v", "/")]
    followed = (*COMMON_TAG_FORMATS, *of_folder)
    common = [(version, form) for version, form in known if form in followed]
    final = [form for version, form in common if not version.is_prerelease]
    newest = (final or [form for _, form in common])[:_NEWEST]
    if newest:
        return Counter(newest).most_common(1)[0][0]
    forms = {form for _, form in known}
    # A single number may be anything, such as a build, unless it is what this project's versions are.
    own = parse_version(project.version) if project.version else None
    single = project.version_from_tags or (own is not None and len(own.release) == 1)
    whole = single or any(len(version.release) > 1 for version, _ in known)
    return forms.pop() if len(forms) == 1 and whole else None


def _inheriting(
    project: Project, table: Mapping[str, Any], *, named: Mapping[str, Index], alone: bool
) -> Project:
    """A package with the root's settings wherever its own `[tool.nox-release]` says nothing.

    Several packages need tags that tell them apart, so theirs carry the name unless `tag-format`
    is set.
    """
    own = table_of(project.pyproject)
    inherited = {key: value for key, value in table.items() if key != "packages"}
    if not alone:
        inherited.setdefault("tag-format", "{name}-v{version}")
    named = {**named, **named_indexes(project.pyproject)}
    return replace(project, settings=parse_settings({**inherited, **own}, named))


def table_of(pyproject: Mapping[str, Any]) -> Mapping[str, Any]:
    """`[tool.nox-release]`, empty where there is none."""
    return table_in(pyproject, "tool", "nox-release")


def _is_kept_back(root: Path, pyproject: Mapping[str, Any]) -> bool:
    """Whether the project at the root is not meant for an index; one with a setup.py may be."""
    return not (root / "setup.py").is_file() and bool(why_kept_back(read_project(root, pyproject)))


def _package_folders(root: Path, pyproject: Mapping[str, Any], *, every: bool) -> tuple[str, ...]:
    """The folders that `packages` in the root's table names, or a workspace of uv around no project
    of its own, or a private one; none: the root is the project. With `every` the project around a
    workspace and its members are all of them.
    """
    listed = parse_settings(table_of(pyproject), named_indexes(pyproject)).packages
    problems = []
    folders: list[str] = []
    for folder in listed:
        if not set(folder) & set("*?["):
            folders.append(folder)
            continue
        found = folders_of(root, (folder,))
        if not found:
            problems.append(f"`{folder}` leads to no project")
        folders += found
    members = member_patterns(pyproject)
    around = "project" in pyproject
    if members and not listed and (every or not around or _is_kept_back(root, pyproject)):
        folders += [".", *folders_of(root, *members)] if around else folders_of(root, *members)
    for folder in folders:
        place = root / folder
        if not any((place / name).is_file() for name in ("pyproject.toml", "setup.py")):
            problems.append(f"`{folder}` has neither pyproject.toml nor setup.py")
        elif not place.resolve().is_relative_to(root.resolve()):
            problems.append(f"`{folder}` leads out of this folder")
    if problems:
        raise ConfigurationError(
            "`tool.nox-release.packages` names folders that are no projects here.",
            problems=problems,
        )
    return tuple(dict.fromkeys(folders))
