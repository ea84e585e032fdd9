"""A wheel as one parsed value: what it installs, under which names, and what its code tells.

The zip is opened once; every rule is a function of the result.
"""

import re
import zipfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from nox_release.core.values import dataclass
from nox_release.files.archives import read_distribution
from nox_release.files.code import Code, read_code
from nox_release.files.distributions import Distribution

_EXTENSION = re.compile(r"\.(?:[A-Za-z0-9_\-]+\.)?(?:so|pyd)$")
_MAX_MODULE = 5_000_000
COMMANDS = ("console_scripts", "gui_scripts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A top-level name that the wheel makes importable, with the number of its files."""

    name: str
    files: int
    subpackages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPoint:
    """One line of entry_points.txt: `name = module:attribute [extra]` in a group."""

    group: str
    name: str
    module: str
    attribute: str = ""
    extra: str = ""

    @property
    def target(self) -> str:
        colon = f"{self.module}:{self.attribute}" if self.attribute else self.module
        return f"{colon} [{self.extra}]" if self.extra else colon


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """`paths` are its files below site-packages, `modules` dotted names with their paths."""

    file: Distribution
    paths: tuple[str, ...]
    modules: Mapping[str, str]
    packages: tuple[Package, ...]
    entry_points: tuple[EntryPoint, ...] = ()
    code: tuple[Code, ...] = ()

    @property
    def filename(self) -> str:
        return self.file.filename

    @property
    def tops(self) -> tuple[str, ...]:
        """The top-level names: `space` of `space.one`."""
        return tuple(dict.fromkeys(name.split(".")[0] for name in self.modules))

    @property
    def commands(self) -> tuple[EntryPoint, ...]:
        return tuple(one for one in self.entry_points if one.group == "console_scripts")

    @property
    def imported(self) -> frozenset[str]:
        """Every dotted name that its modules import without a guard."""
        return frozenset(name for code in self.code for one in code.imports for name in one.names)


def parse_wheel(file: Distribution, *, entry_points: str = "", code: Iterable[Code] = ()) -> Wheel:
    """The wheel, from the names of its members and the texts that were read from it."""
    paths = _installed(file)
    modules = {name: path for path in paths if (name := module_name(path))}
    return Wheel(
        file=file,
        paths=paths,
        modules=modules,
        packages=_packages(paths, modules),
        entry_points=tuple(_entry_points(entry_points)),
        code=tuple(code),
    )


def read_wheel(path: Path, read: Distribution | None = None) -> Wheel:
    """The wheel at `path`, with all that its text tells; `read` is what was read of it before.

    Raises:
        UnreadableDistributionError: it is none.
    """
    file = read or read_distribution(path)
    oldest = oldest_python(file.metadata.value("Requires-Python") or "")
    code = []
    with zipfile.ZipFile(path) as archive:
        entry_points = "".join(
            archive.read(name).decode("utf-8", errors="replace")
            for name in archive.namelist()
            if name.count("/") == 1 and name.endswith(".dist-info/entry_points.txt")
        )
        called = {one.module for one in _entry_points(entry_points)}
        for info in archive.infolist():
            below = _below_site_packages(info.filename)
            module = module_name(below) if below and below.endswith(".py") else None
            if module and below and info.file_size <= _MAX_MODULE:
                text = archive.read(info)
                code.append(read_code(module, below, text, oldest, defined=module in called))
    return parse_wheel(file, entry_points=entry_points, code=code)


def oldest_python(requires: str) -> tuple[int, int] | None:
    """The first minor version of Python 3 that a Requires-Python allows, if it says so."""
    try:
        specifiers = SpecifierSet(requires)
    except InvalidSpecifier:
        return None
    if not len(specifiers):
        return None
    # Some specifiers begin or end within a minor version: 3.6.2, 3.9.1.
    named = {int(number) for number in re.findall(r"(?<=\.)\d{1,4}", requires)}
    micros = sorted({0, 99, *named, *(number + 1 for number in named)})
    allowed = (
        (3, minor)
        for minor in range(5, 40)
        if any(specifiers.contains(f"3.{minor}.{micro}", prereleases=True) for micro in micros)
    )
    return next(allowed, None)


def module_name(path: str) -> str | None:
    """The dotted name under which `path` (below site-packages) is imported, if it is a module."""
    if path.endswith(".py"):
        stem = path.removesuffix(".py")
    elif _EXTENSION.search(path):
        stem = _EXTENSION.sub("", path)
    else:
        return None
    parts = stem.split("/")
    if parts[-1] == "__init__":
        parts.pop()
    if not parts or not all(part.isidentifier() for part in parts):
        return None
    return ".".join(parts)


def is_package(path: str) -> bool:
    return path.rpartition("/")[2].startswith("__init__.")


def _installed(file: Distribution) -> tuple[str, ...]:
    members = (member.name for member in file.members if not member.is_dir)
    return tuple(below for name in members if (below := _below_site_packages(name)))


def _below_site_packages(name: str) -> str | None:
    """Where a member goes below site-packages; its metadata and what goes elsewhere do not.

    `NAME.data/purelib` and `platlib` are site-packages too.
    Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    """
    top, _, rest = name.partition("/")
    if top.endswith(".dist-info") and rest:
        return None
    if top.endswith(".data") and rest:
        scheme, _, rest = rest.partition("/")
        return rest if scheme in ("purelib", "platlib") and rest else None
    return name


def _packages(paths: Collection[str], modules: Mapping[str, str]) -> tuple[Package, ...]:
    """What the wheel makes importable: modules, packages, and the packages in a namespace."""
    packages = {name for name, path in modules.items() if is_package(path)}
    found: dict[str, Package] = {}
    for name in modules:
        root = _root(name, packages)
        if root in found:
            continue
        folder = root.replace(".", "/") + "/"
        found[root] = Package(
            name=root,
            files=sum(path.startswith(folder) for path in paths) or 1,
            subpackages=sum(package.startswith(root + ".") for package in packages),
        )
    return tuple(sorted(found.values(), key=lambda package: package.name))


def _root(name: str, packages: Collection[str]) -> str:
    """The outermost regular package around `name`; the module itself where there is none."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        outer = ".".join(parts[:count])
        if outer in packages:
            return outer
    return name


def _entry_points(text: str) -> Iterable[EntryPoint]:
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif group and "=" in line and not line.startswith(("#", ";")):
            name, _, target = line.partition("=")
            place, _, extra = target.partition("[")
            module, _, attribute = place.partition(":")
            yield EntryPoint(
                group=group,
                name=name.strip(),
                module=module.strip(),
                attribute=attribute.strip(),
                extra=extra.rstrip("] "),
            )
