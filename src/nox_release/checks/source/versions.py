"""Where a project says which version it has, and whether these places agree."""

from collections.abc import Iterator, Mapping
from typing import Any

from nox_release.checks import upload
from nox_release.checks.source.entries import of_upload
from nox_release.checks.source.places import called, check_news, check_places, where_is
from nox_release.checks.source.rules import VERSION_FOREIGN, VERSION_SOURCE
from nox_release.checks.source.subject import (
    BACKENDS,
    Source,
    SourceTree,
    is_absent,
    parsed_version,
)
from nox_release.core.findings import Finding, Location, find
from nox_release.project.pyproject import Project
from nox_release.project.toml import table_in
from nox_release.project.version_places import find_places


def _local_version(source: Source) -> Iterator[Finding]:
    text = source.project.version
    version = parsed_version(text)
    if version is None or version.local is None:
        return
    form = {"metadata_version": ("2.1",), "name": ("x",), "version": (str(text),)}
    path = ("project", "version") if source.table else ("tool", "poetry", "version")
    for refusal in upload.metadata_refusals(form):
        yield from of_upload(
            refusal.rule,
            f"`{text}` has the local part `+{version.local}`.",
            source.at(*path),
            fix=f"Release `{version.public}`.",
            refusal=refusal.text,
        )


def versions(source: Source) -> Iterator[Finding]:
    yield from _local_version(source)
    yield from _version_source(source)
    yield from _foreign_version(source)
    yield from _disagreeing(source)


def _is_dynamic(source: Source) -> bool:
    return "version" in source.project.dynamic


_VCS = frozenset(
    {"setuptools-scm", "hatch-vcs", "versioningit", "setuptools-git-versioning", "versioneer"}
    | {"poetry-dynamic-versioning", "uv-dynamic-versioning", "vcs-versioning", "dunamai"}
    | {"setuptools-scm-git-archive", "setuptools-git", "setuptools-vcs-version", "setupmeta"}
    | {"incremental", "pbr", "hatch-regex-commit", "hatch-nodejs-version"}
)


def _version_source(source: Source) -> Iterator[Finding]:
    """A dynamic version that the backend has no way to find."""
    if not _is_dynamic(source):
        return
    where = source.at("project", "dynamic")
    tool, requires = source.tool, source.build_requires
    stated = "version" in table_in(tool, "setuptools", "dynamic")
    if "setuptools_scm" in tool and source.backend == "setuptools" and not stated:
        if not requires & {"setuptools-scm", "vcs-versioning"}:
            yield find(
                VERSION_SOURCE,
                "`[tool.setuptools_scm]` has no effect: `build-system.requires` lacks "
                "setuptools-scm.",
                where=source.at("tool", "setuptools_scm"),
                fix='Add "setuptools-scm" to `build-system.requires`.',
            )
        return
    if source.backend == "hatchling":
        version = table_in(tool, "hatch", "version")
        plugin = {"vcs": "hatch-vcs"}.get(str(version.get("source", "")))
        if plugin and plugin not in requires:
            yield find(
                VERSION_SOURCE,
                f"`tool.hatch.version.source` is `{version['source']}`, and "
                f"`build-system.requires` lacks {plugin}.",
                where=source.at("tool", "hatch", "version", "source"),
                fix=f'Add "{plugin}" to `build-system.requires`.',
            )
        elif not version and not _has_hatch_hook(tool) and not requires & _VCS:
            yield find(
                VERSION_SOURCE,
                "The version is dynamic, and `[tool.hatch.version]` does not say where it is.",
                where=where,
            )
        path = version.get("path")
        if isinstance(path, str) and is_absent(source, path):
            yield find(
                VERSION_SOURCE,
                f"`tool.hatch.version.path` names `{path}`, which is not there.",
                where=source.at("tool", "hatch", "version", "path"),
            )
    if source.backend == "setuptools":
        has_other = {"setup.py", "setup.cfg"} & source.tree.names
        if not stated and not has_other and requires <= {"setuptools", "wheel"}:
            yield find(
                VERSION_SOURCE,
                "The version is dynamic, and `[tool.setuptools.dynamic]` does not say where it is: "
                "the build would make 0.0.0.",
                where=where,
            )


def _has_hatch_hook(tool: Mapping[str, Any]) -> bool:
    return "hooks" in table_in(tool, "hatch", "metadata")


_OWNERS: tuple[tuple[tuple[str, ...], frozenset[str]], ...] = (
    (("setuptools", "dynamic", "version"), frozenset({"setuptools"})),
    (("hatch", "version"), frozenset({"hatchling"})),
    (("pdm", "version"), frozenset({"pdm-backend"})),
    (("setuptools_scm",), frozenset({"setuptools", "hatchling", "scikit-build-core"})),
    (("scikit-build", "metadata", "version"), frozenset({"scikit-build-core"})),
    (("flit", "metadata", "version"), frozenset({"flit-core"})),
)


def _foreign_version(source: Source) -> Iterator[Finding]:
    if source.backend not in BACKENDS.values():
        return  # a backend of the project's own may read anything
    for path, owners in _OWNERS:
        held = table_in(source.tool, *path[:-1]).get(path[-1])
        if held is None or source.backend in owners:
            continue
        name = ".".join(path)
        if name == "setuptools_scm" and source.build_requires & _VCS:
            continue
        yield find(
            VERSION_FOREIGN,
            f"`tool.{name}` is not read by {source.backend}, the backend in `build-system`.",
            where=source.at("tool", *path),
        )
    poetry = table_in(source.tool, "poetry")
    if source.table and "version" in poetry and source.backend != "poetry-core":
        yield find(
            VERSION_FOREIGN,
            f"`tool.poetry.version` is not read by {source.backend}, the backend in "
            "`build-system`.",
            where=source.at("tool", "poetry", "version"),
        )


def _disagreeing(source: Source) -> Iterator[Finding]:
    yield from check_places(find_places(source.project, source.tree.files), source.tree.files)


def news(source: Source) -> Iterator[Finding]:
    yield from check_news(source.project, source.tree.files)


def version_places(source: Source) -> str:
    """The version and where it was read, for the line that says that all of them agree."""
    places = find_places(source.project, source.tree.files)
    if places.declared is None:
        return source.project.version or f"found by {source.backend}"
    names = [called(place) for place in places.all]
    return f"{places.declared.stated} in {', '.join(names[:4])}" + " …" * (len(names) > 4)


def where_version_is(project: Project, tree: SourceTree) -> Location | None:
    """The place that the backend takes the version from, where a file states it."""
    places = find_places(project, tree.files)
    return where_is(places.declared) if places.declared and not places.assumed else None


def declared_version(project: Project, tree: SourceTree) -> str | None:
    """The version that a build would make, where files alone tell: `None` where git does."""
    if project.version is not None:
        return project.version
    places = find_places(project, tree.files)
    return places.declared.stated if places.declared and not places.assumed else None
