"""What the rules over a source tree look at: its files, its tables, and where things stand."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from nox_release.core.findings import Location
from nox_release.core.python_code import dotted_name, parse_python
from nox_release.core.values import dataclass
from nox_release.project.documents import Files
from nox_release.project.pyproject import Project
from nox_release.project.toml import table_in
from nox_release.project.toml_lines import Lines
from nox_release.project.workspace import Sibling

PYPROJECT = "pyproject.toml"


BACKENDS = {
    "hatchling": "hatchling",
    "setuptools": "setuptools",
    "flit_core": "flit-core",
    "poetry": "poetry-core",
    "pdm": "pdm-backend",
    "uv_build": "uv_build",
    "maturin": "maturin",
    "scikit_build_core": "scikit-build-core",
    "mesonpy": "meson-python",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTree:
    """The files of a project: all `names`, and the `texts` of those that rules read.

    Paths are relative to the project with `/`; `prefix` leads from the repository's root to it.
    `complete` is false where the tree was too large to be walked to its end. `siblings` are the
    repository's other packages.
    """

    texts: Mapping[str, str]
    names: frozenset[str] = frozenset()
    prefix: str = ""
    complete: bool = True
    slug: str = ""
    whole: Files | None = None
    siblings: tuple[Sibling, ...] = ()

    @property
    def repository(self) -> str:
        """The repository's name on GitHub; `slug` has its owner before it."""
        return self.slug.rpartition("/")[2]

    @property
    def files(self) -> Files:
        """The files as they are written, from the repository's top; else the texts that are read."""
        if self.whole is not None:
            return self.whole
        raw = {f"{self.prefix}{name}": text.encode() for name, text in self.texts.items()}
        return Files(names=frozenset(raw), read=raw.get, prefix=self.prefix)


# What a build reads as its own; other files may name a submodule to pass over it.
_BUILD_FILES = ("CMakeLists.txt", "meson.build", "setup.py", "Cargo.toml", "build.rs")


def built_submodules(tree: SourceTree) -> tuple[str, ...]:
    """The folders of submodules that the files of the build name, and do not fetch themselves."""
    submodules = _submodules(tree)
    if not submodules:
        return ()
    read = {name: tree.files.text(name) or "" for name in (*_BUILD_FILES, PYPROJECT)}
    if any("submodule" in text for text in read.values()):
        return ()
    said = "\n".join(read[name] for name in _BUILD_FILES)
    return tuple(
        path for path in submodules if re.search(rf"(?<![\w./-]){re.escape(path)}(?![\w-])", said)
    )


def _submodules(tree: SourceTree) -> tuple[str, ...]:
    """The folders of the repository's submodules, where the project lies at its top."""
    if ".gitmodules" not in tree.names or tree.prefix:
        return ()
    lines = (tree.files.text(".gitmodules") or "").splitlines()
    halves = [[half.strip() for half in line.split("=", 1)] for line in lines]
    return tuple(half[1] for half in halves if half[0] == "path" and half[1:])


def named_files(project: Project) -> tuple[str, ...]:
    """The files that pyproject.toml names and rules here read."""
    tool = table_in(project.pyproject, "tool")
    dynamic = table_in(tool, "setuptools", "dynamic")
    tables = [table_in(value) for value in dynamic.values()]
    tables += [table_in(value) for value in table_in(dynamic, "optional-dependencies").values()]
    names: list[object] = [readme_path(project)]
    for table in tables:
        files = table.get("file", [])
        names += [files] if isinstance(files, str) else [item for _, item in texts_of(files)]
        attribute = table.get("attr")
        names += attribute_files(attribute) if isinstance(attribute, str) else []
    names.append(table_in(tool, "hatch", "version").get("path"))
    names.append(table_in(tool, "pdm", "version").get("path"))
    return tuple(posixpath.normpath(name) for name in names if isinstance(name, str) and name)


def attribute_files(attribute: str) -> list[str]:
    """Where setuptools may find the module of `attr = "package.module.NAME"`."""
    path = attribute.rpartition(".")[0].replace(".", "/")
    return [
        f"{prefix}{path}{suffix}" for prefix in ("", "src/") for suffix in (".py", "/__init__.py")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What every rule here is handed."""

    project: Project
    tree: SourceTree
    lines: Lines
    entries: tuple[Entry, ...] = ()

    @property
    def table(self) -> Mapping[str, Any]:
        return table_in(self.project.pyproject, "project")

    @property
    def tool(self) -> Mapping[str, Any]:
        return table_in(self.project.pyproject, "tool")

    @property
    def backend(self) -> str:
        """The backend's distribution name, or the module it is called by."""
        module = re.split(r"[.:]", self.project.build_backend)[0]
        return BACKENDS.get(module, module)

    @property
    def build_requires(self) -> frozenset[str]:
        return frozenset(
            name for text in self.project.build_requires if (name := requirement_name(text))
        )

    def at(self, *path: str | int) -> Location:
        """Where `path` stands in pyproject.toml."""
        return Location(
            file=f"{self.tree.prefix}{PYPROJECT}",
            key=".".join(_quoted(part) for part in path if isinstance(part, str)),
            line=self.lines.of(*path),
        )

    def in_file(self, name: str, line: int | None = None, key: str = "") -> Location:
        return Location(file=f"{self.tree.prefix}{name}", key=key, line=line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One value that becomes one metadata field of an upload."""

    field: str
    value: str
    where: Location
    shown: str = ""


def _quoted(part: str) -> str:
    return part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"'


def texts_of(value: object) -> list[tuple[int, str]]:
    """The strings of a list, with their places."""
    if not isinstance(value, list):
        return []
    return [(number, item) for number, item in enumerate(value) if isinstance(item, str)]


def requirement_name(text: str) -> str:
    try:
        return canonicalize_name(Requirement(text).name)
    except InvalidRequirement:
        return ""


def parsed_version(text: object) -> Version | None:
    try:
        return Version(text) if isinstance(text, str) else None
    except ValueError:
        return None


def ini_items(text: str) -> Iterator[tuple[str, str, str, int]]:
    """Section, key, item and line of every value: those that hang below their key, and others."""
    section = key = ""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if line[0] in " \t":
            yield section, key, stripped.split(" #")[0].strip(), number
        elif stripped.startswith("[") and stripped.endswith("]"):
            section, key = stripped[1:-1].strip(), ""
        elif "=" in line or ":" in line:
            cut = min(at for at in (line.find("="), line.find(":")) if at >= 0)
            key, value = line[:cut].strip().lower().replace("-", "_"), line[cut + 1 :].strip()
            if value:
                yield section, key, value, number


def parsed_specifier(text: str | None) -> SpecifierSet | None:
    try:
        return SpecifierSet(text) if text else None
    except InvalidSpecifier:
        return None


def is_absent(source: Source, path: str) -> bool:
    """Whether no file of the project has this path. What lies outside of it is not known."""
    path = posixpath.normpath(path)
    if path.startswith(("../", "/")) or is_in_a_submodule(source, path):
        return False
    return source.tree.complete and path not in source.tree.names


def is_in_a_submodule(source: Source, path: str) -> bool:
    """Whether it, or a file that fits it, may lie in a submodule that is not checked out, and of
    which nothing is known.
    """
    return any(
        (path.startswith(f"{folder}/") or any_match([f"{folder}/{posixpath.basename(path)}"], path))
        and not any(name.startswith(f"{folder}/") for name in source.tree.names)
        for folder in _submodules(source.tree)
    )


# Each may stand for any part of a path, and all ways to share it out are tried.
_STARS_AT_MOST = 12


def any_match(names: Iterable[str], pattern: str) -> bool:
    """Whether a file matches a glob in which `**` spans folders; one of many stars is not judged."""
    if pattern.count("*") > _STARS_AT_MOST:
        return True
    translated = "".join(
        {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, "")
        or (_letters(part) if len(part) > 2 and part.startswith("[") else re.escape(part))
        for part in re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]{1,100}\]|[^*?\[]+|\[", pattern)
    )
    try:
        expression = re.compile(translated)
    except re.error:  # letters from one that comes later to one that comes before it
        return pattern in names
    return any(expression.fullmatch(name) for name in names)


def _letters(part: str) -> str:
    """`[…]` of a glob as that of an expression; `[!…]` is everything else."""
    inside = part[1:-1]
    negative = inside.startswith("!")
    escaped = re.sub(r"[^\w-]", r"\\\g<0>", re.sub(r"-+", "-", inside[negative:]))
    return f"[{'^' * negative}{escaped}]" if escaped else re.escape(part)


def readme_path(project: Project) -> str | None:
    """The README that becomes the project's page, as pyproject.toml names it."""
    if project.readme:
        return project.readme
    poetry = table_in(project.pyproject, "tool", "poetry").get("readme")
    if isinstance(poetry, list):
        return next((item for item in poetry if isinstance(item, str)), None)
    return poetry if isinstance(poetry, str) else None


def setup_calls(source: Source) -> Iterator[ast.Call]:
    tree = parse_python(source.tree.texts.get("setup.py", ""))
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call) and dotted_name(node.func) in ("setup", "setuptools.setup"):
            yield node
