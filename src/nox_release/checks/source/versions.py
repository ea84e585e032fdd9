"""Where a project says which version it has, and whether these places agree."""

from __future__ import annotations

import ast
import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from nox_release.checks import upload
from nox_release.checks.source.entries import of_upload
from nox_release.checks.source.rules import VERSION_DISAGREES, VERSION_FOREIGN, VERSION_SOURCE
from nox_release.checks.source.subject import (
    BACKENDS,
    Source,
    SourceTree,
    attribute_files,
    ini_values,
    is_absent,
    mapping,
    package_folders,
    parsed_version,
    setup_calls,
)
from nox_release.core.findings import Location, find
from nox_release.core.python_code import parse_python
from nox_release.project.toml_lines import Lines, find_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nox_release.core.findings import Finding
    from nox_release.project.pyproject import Project


def _local_version(source: Source) -> Iterator[Finding]:
    text = source.project.version
    version = parsed_version(text)
    if version is None or version.local is None:
        return
    form = {"metadata_version": ("2.1",), "name": ("x",), "version": (str(text),)}
    path = ("project", "version") if source.table else ("tool", "poetry", "version")
    for refusal in upload.metadata_refusals(form, upload.Site()):
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
    if "setuptools_scm" in tool and source.backend == "setuptools":
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
        version = mapping(mapping(tool.get("hatch")).get("version"))
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
        dynamic = mapping(mapping(tool.get("setuptools")).get("dynamic"))
        has_other = {"setup.py", "setup.cfg"} & source.tree.names
        if "version" not in dynamic and not has_other and requires <= {"setuptools", "wheel"}:
            yield find(
                VERSION_SOURCE,
                "The version is dynamic, and `[tool.setuptools.dynamic]` does not say where it is: "
                "the build would make 0.0.0.",
                where=where,
            )


def _has_hatch_hook(tool: Mapping[str, Any]) -> bool:
    return "hooks" in mapping(mapping(tool.get("hatch")).get("metadata"))


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
        held: object = source.tool
        for key in path:
            held = mapping(held).get(key)
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
    poetry = mapping(source.tool.get("poetry"))
    if source.table and "version" in poetry and source.backend != "poetry-core":
        yield find(
            VERSION_FOREIGN,
            f"`tool.poetry.version` is not read by {source.backend}, the backend in "
            "`build-system`.",
            where=source.at("tool", "poetry", "version"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A version that stands somewhere."""

    version: str
    where: Location
    name: str


def _disagreeing(source: Source) -> Iterator[Finding]:
    written = list(_written(source))
    declared = next(iter(written), None)
    if declared is None or (_is_dynamic(source) and declared.name != "dynamic"):
        return
    for other in written[1:]:
        if parsed_version(other.version) != parsed_version(declared.version):
            yield find(
                VERSION_DISAGREES,
                f"{other.name} says {other.version}, {_called(declared)} says {declared.version}.",
                where=other.where,
            )


def version_places(source: Source) -> str:
    """The version and where it was read, for the line that says that all of them agree."""
    places = list(_written(source))
    if not places:
        return source.project.version or f"found by {source.backend}"
    names = [_called(one) for one in places]
    return f"{places[0].version} in {', '.join(names[:4])}" + " …" * (len(names) > 4)


def _called(written: _Written) -> str:
    return str(written.where) if written.name == "dynamic" else written.name


def _written(source: Source) -> Iterator[_Written]:
    """Every place that states the version; the one the backend goes by comes first."""
    table, tool = source.table, source.tool
    poetry = mapping(tool.get("poetry"))
    modules = list(_module_versions(source))
    if parsed_version(table.get("version")):
        yield _Written(
            version=table["version"], where=source.at("project", "version"), name="project.version"
        )
    elif not table and parsed_version(poetry.get("version")) and source.project.version:
        yield _Written(
            version=poetry["version"],
            where=source.at("tool", "poetry", "version"),
            name="tool.poetry.version",
        )
    else:
        chosen = _dynamic_version(source)
        if chosen is None:
            return
        modules = [item for item in modules if item.where != chosen.where]
        yield replace(chosen, name="dynamic")
    yield from modules
    for path_, key in (
        (("commitizen",), "version"),
        (("bumpversion",), "current_version"),
        (("bumpver",), "current_version"),
        (("tbump", "version"), "current"),
        (("poetry",), "version"),
    ):
        held: object = tool
        for part in path_:
            held = mapping(held).get(part)
        value = mapping(held).get(key)
        if path_ == ("poetry",) and (not table or source.backend != "poetry-core"):
            continue
        if parsed_version(value):
            name = ".".join(("tool", *path_, key))
            yield _Written(
                version=str(value), where=source.at("tool", *path_, key), name=f"`{name}`"
            )
    yield from _setup_versions(source)
    yield from _locked_version(source)


_LOCKED = re.compile(
    r'^name = "(?P<name>[^"]+)"\nversion = "(?P<version>[^"]+)"\n'
    r'source = \{ (?:editable|virtual) = "\."',
    re.MULTILINE,
)


def _locked_version(source: Source) -> Iterator[_Written]:
    """The project's own entry in uv.lock."""
    text = source.tree.texts.get("uv.lock", "")
    for found in _LOCKED.finditer(text):
        if canonicalize_name(found["name"]) == source.project.normalized_name:
            line = text.count("\n", 0, found.start("version")) + 1
            place = source.in_file("uv.lock", line, "version")
            yield _Written(version=found["version"], where=place, name="`uv.lock`")


def where_version_is(project: Project, tree: SourceTree) -> Location | None:
    """The place that the backend takes the version from, where a file states it."""
    source = Source(
        project=project, tree=tree, lines=find_lines(tree.texts.get("pyproject.toml", ""))
    )
    return next((written.where for written in _written(source)), None)


def declared_version(project: Project, tree: SourceTree) -> str | None:
    """The version that a build would make, where files alone tell: `None` where git does."""
    if project.version is not None:
        return project.version
    found = _dynamic_version(Source(project=project, tree=tree, lines=Lines()))
    return found.version if found else None


def _dynamic_version(source: Source) -> _Written | None:
    """The version in the file that the backend reads it from."""
    tool = source.tool
    if source.backend == "flit-core":
        return next(_module_versions(source), None)
    if source.backend == "hatchling":
        table = mapping(mapping(tool.get("hatch")).get("version"))
        if table.get("source", "regex") != "regex":
            return None
        return _version_in(source, [table.get("path")], "__version__|VERSION")
    if source.backend == "pdm-backend":
        table = mapping(mapping(tool.get("pdm")).get("version"))
        if table.get("source") != "file":
            return None
        return _version_in(source, [table.get("path")], "__version__")
    if source.backend == "setuptools":
        dynamic = mapping(mapping(tool.get("setuptools")).get("dynamic"))
        table = mapping(dynamic.get("version"))
        attribute, file = table.get("attr"), table.get("file")
        if isinstance(attribute, str):
            name = attribute.rpartition(".")[2]
            return _version_in(source, attribute_files(attribute), re.escape(name))
        text = source.tree.texts.get(file, "").strip() if isinstance(file, str) else ""
        if isinstance(file, str) and parsed_version(text):
            return _Written(version=text, where=source.in_file(file, 1), name=f"`{file}`")
    return None


def _version_in(source: Source, paths: Sequence[object], names: str) -> _Written | None:
    """The version that one of the files assigns to one of the names."""
    for path in paths:
        text = source.tree.texts.get(posixpath.normpath(path)) if isinstance(path, str) else None
        for target, value, line in _string_constants(text or ""):
            if re.fullmatch(names, target) and parsed_version(value):
                place = source.in_file(posixpath.normpath(str(path)), line, target)
                return _Written(version=value, where=place, name=f"`{target}` in `{path}`")
    return None


VERSION_FILES = ("__init__.py", "__about__.py", "_version.py", "version.py", "__version__.py")


def _module_versions(source: Source) -> Iterator[_Written]:
    """`__version__` in the project's own package, where it is a plain string."""
    folders = package_folders(source.project, source.tree.names)
    for folder in folders:
        for name in VERSION_FILES:
            path = f"{folder}/{name}"
            text = source.tree.texts.get(path)
            if text is None:
                continue
            for target, value, line in _string_constants(text):
                if target in ("__version__", "VERSION", "version") and parsed_version(value):
                    if target != "__version__" and name == "__init__.py":
                        continue
                    yield _Written(
                        version=value,
                        where=source.in_file(path, line, target),
                        name=f"`{target}` in `{path}`",
                    )
                    break


def _string_constants(text: str) -> Iterator[tuple[str, str, int]]:
    """Plain module-level `NAME = "text"` assignments, with their lines."""
    tree = parse_python(text)
    for node in tree.body if tree else ():
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        else:
            continue
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, value.value, node.lineno


def _setup_versions(source: Source) -> Iterator[_Written]:
    for call in setup_calls(source):
        for keyword in call.keywords:
            value = keyword.value
            if (
                keyword.arg == "version"
                and isinstance(value, ast.Constant)
                and parsed_version(value.value)
            ):
                yield _Written(
                    version=str(value.value),
                    where=source.in_file("setup.py", value.lineno, "version"),
                    name="`version` in `setup.py`",
                )
    for section, key, value_text, line in ini_values(source.tree.texts.get("setup.cfg", "")):
        is_version = (section, key) in (("metadata", "version"), ("bumpversion", "current_version"))
        if is_version and parsed_version(value_text):
            yield _Written(
                version=value_text,
                where=source.in_file("setup.cfg", line, f"{section}.{key}"),
                name=f"`{key}` in `setup.cfg`",
            )
    for section, key, value_text, line in ini_values(source.tree.texts.get(".bumpversion.cfg", "")):
        if (section, key) == ("bumpversion", "current_version") and parsed_version(value_text):
            yield _Written(
                version=value_text,
                where=source.in_file(".bumpversion.cfg", line, key),
                name="`current_version` in `.bumpversion.cfg`",
            )
