"""Where a project's version is written: every place as a value with its file, line and span.

The place that the build goes by comes first; others count where they agree with it, or where they
are nothing but this project's own line in a lock file or a citation.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator

from packaging.version import Version

from nox_release.core.values import dataclass
from nox_release.project.cargo import cargo_lock_places, cargo_place
from nox_release.project.documents import Document, Files
from nox_release.project.literals import (
    Place,
    find_toml,
    imported_from,
    ini_place,
    matched_place,
    place_in,
    python_places,
    setup_places,
    toml_place,
    whole_file,
)
from nox_release.project.other_places import hook_places, json_places, sphinx_places
from nox_release.project.pyproject import Project
from nox_release.project.toml import table_in
from nox_release.project.uv_lock import uv_lock_place
from nox_release.project.version_files import all_known, listed_place, named_by_tools

VERSION_FILES = ("__init__.py", "__about__.py", "_version.py", "version.py", "__version__.py")

_DEDICATED = frozenset(
    {"version", "about", "meta", "metadata", "info", "const", "consts", "constants", "release"}
)
_ASIDE = frozenset(
    {"benchmarks", "doc", "docs", "example", "examples", "scripts", "test", "tests", "tools"}
)
_PLAIN_FILES = ("VERSION", "VERSION.txt", "version.txt", "_version.txt")
# What hatch and scikit-build-core look for unless they are told:
# https://hatch.pypa.io/latest/plugins/version-source/regex/
# https://scikit-build-core.readthedocs.io/en/latest/configuration/dynamic.html
_HATCH = r"""(?im)^(?:__version__|VERSION)(?: ?: ?str)? *= *(['"])v?(?P<version>.+?)\1"""
_PDM = r"""(?m)^__version__\s*(?::.*?)?=\s*(['"])(?P<version>.+?)\1"""
_MESON = r"""(?s)^\s*project\s*\([^()]*?\bversion\s*:\s*'(?P<version>[^']+)'"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Every place of a version: the one the build goes by, those that agree with it, the project's
    lines in lock files and citations, and those that say something else.

    `assumed` says that no table names `declared`: it is what all the others say.
    """

    declared: Place | None
    agreeing: tuple[Place, ...] = ()
    locked: tuple[Place, ...] = ()
    cited: tuple[Place, ...] = ()
    listed: tuple[Place, ...] = ()
    disagreeing: tuple[Place, ...] = ()
    problems: tuple[str, ...] = ()
    assumed: bool = False

    @property
    def version(self) -> Version | None:
        return self.declared.version if self.declared else None

    @property
    def reached(self) -> Version | None:
        """How far the tree is: a pre-release where a tuple beside the version has such a level."""
        levels = [one.version for one in self.agreeing if one.is_tuple and one.version]
        return min((self.version, *levels)) if self.version else None

    @property
    def all(self) -> tuple[Place, ...]:
        """What states the version, or has to."""
        first = (self.declared,) if self.declared else ()
        found = (*first, *self.agreeing, *self.locked, *self.cited, *self.listed)
        return tuple({(place.file, place.start): place for place in found}.values())


def find_places(project: Project, files: Files) -> Places:
    """Where `project` writes its version. Without `declared`, something else makes it: a tag."""
    reader = _Reader(project, files)
    declared = reader.declared()
    others = _distinct(reader.beside(), declared)
    if declared is None and project.version_from_tags:
        return Places(declared=None)
    assumed = declared is None
    if declared is None:
        declared = _unanimous(others)
        others = [one for one in others if one != declared]
    if declared is None:
        return Places(declared=None, disagreeing=tuple(others))
    version = declared.version
    agreeing = (
        *(one for one in others if one.version == version or _leads_to(one, declared)),
        *sphinx_places(files, declared),
        *hook_places(files, project.normalized_name, declared),
    )
    listed = [
        found
        for entry in project.settings.version_files
        if not isinstance(found := listed_place(files, entry, declared.stated), str)
        or not all_known(files, entry, declared.stated, agreeing)
    ]
    named = named_by_tools(reader.tool, files, declared.stated)
    return Places(
        declared=declared,
        agreeing=agreeing,
        locked=tuple(_distinct(reader.locked(), declared)),
        cited=tuple(reader.cited()),
        listed=(*(one for one in listed if not isinstance(one, str)), *named),
        problems=tuple(one for one in listed if isinstance(one, str)),
        disagreeing=tuple(
            one
            for one in others
            if one.version != version and _is_certain(one) and not _is_beside(one, declared)
        ),
        assumed=assumed,
    )


def _distinct(places: Iterable[Place | None], declared: Place | None) -> list[Place]:
    seen = {(declared.file, declared.start)} if declared else set()
    kept = []
    for place in places:
        if place is not None and (place.file, place.start) not in seen:
            seen.add((place.file, place.start))
            kept.append(place)
    return kept


def _leads_to(place: Place, declared: Place) -> bool:
    """Whether a tuple says how far the version is: `(9, 1, 0, "beta", 0)` beside 9.1.0."""
    version, whole = place.version, declared.version
    if not place.is_tuple or version is None or whole is None or whole.is_prerelease:
        return False
    return version.is_prerelease and Version(version.base_version) == whole


def _is_beside(place: Place, declared: Place) -> bool:
    """Whether a module states another version right beside its own: it means something else."""
    return place.file == declared.file and place.file.endswith(".py")


def _is_certain(place: Place) -> bool:
    """Whether a literal can mean nothing but this project's version."""
    name = posixpath.basename(place.file)
    if place.is_tuple or name in _PLAIN_FILES or name.endswith(".json"):
        return False
    if not name.endswith(".py") or name == "setup.py":
        return True
    # A module below the package with a version of its own is often somebody else's, copied in.
    is_own = name in VERSION_FILES or posixpath.dirname(place.file) in ("", "src")
    return is_own and (
        place.label == "__version__"
        or (place.label in ("VERSION", "version") and name != "__init__.py")
    )


def _unanimous(places: list[Place]) -> Place | None:
    """The first of places that all say the same, in words at least: setup.py may well read it there."""
    places = [place for place in places if not place.file.endswith(".json")]
    worded = [place for place in places if not place.is_tuple] or places
    versions = {place.version for place in worded}
    return worded[0] if len(versions) == 1 else None


class _Reader:
    """One project's files, and the tables that say where its version is."""

    def __init__(self, project: Project, files: Files) -> None:
        self.project = project
        self.files = files
        self.names = files.own_names
        self.pyproject = files.own("pyproject.toml")
        self.lines = find_toml(self.pyproject) if self.pyproject else None
        self.table = table_in(project.pyproject, "project")
        self.tool = table_in(project.pyproject, "tool")
        backend = re.split(r"[.:]", project.build_backend)[0]
        # A backend of the project's own that wraps maturin has maturin's table all the same.
        self.backend = "maturin" if "maturin" in self.tool else backend

    def at(self, *path: str) -> Place | None:
        """The literal at `path` of pyproject.toml."""
        if self.pyproject is None or self.lines is None:
            return None
        return toml_place(self.pyproject, self.lines, *path)

    def held(self, *path: str) -> object:
        return table_in(self.tool, *path[:-1]).get(path[-1])

    # --- the place the build goes by -------------------------------------------------------------

    def declared(self) -> Place | None:
        if isinstance(self.table.get("version"), str):
            return self.at("project", "version")
        dynamic = self.project.version_from_tags or self.backend not in ("poetry", "setuptools")
        if not dynamic and isinstance(self.held("poetry", "version"), str):
            return self.at("tool", "poetry", "version")
        find = {
            "hatchling": self._hatchling,
            "pdm": self._pdm,
            "flit_core": self._flit,
            "flit": self._flit,
            "setuptools": self._setuptools,
            "maturin": self._cargo,
            "scikit_build_core": self._scikit,
            "mesonpy": self._meson,
        }.get(self.backend, self._setuptools)
        return find()

    def _hatchling(self) -> Place | None:
        table = table_in(self.tool, "hatch", "version")
        source, path = table.get("source", "regex"), table.get("path")
        if source == "nodejs":
            return self._node(str(path or "package.json"))
        if not isinstance(path, str) or source not in ("regex", "code"):
            return None
        document = self.files.own(path)
        if document is None:
            return None
        pattern = table.get("pattern")
        if isinstance(pattern, str) and source == "regex":
            return matched_place(document, "version", f"(?m){pattern}")
        if source == "code":
            return self._assigned(document, str(table.get("expression", "__version__")))
        return matched_place(document, "__version__", _HATCH)

    def _node(self, path: str) -> Place | None:
        document = self.files.own(path)
        if document is None:
            return None
        return matched_place(
            document, "version", r'(?m)^(?:  |\t|    )"version"\s*:\s*"(?P<version>[^"]+)"'
        )

    def _pdm(self) -> Place | None:
        table = table_in(self.tool, "pdm", "version")
        path = table.get("path", table.get("from"))
        document = self.files.own(path) if isinstance(path, str) else None
        return matched_place(document, "__version__", _PDM) if document else None

    def _flit(self) -> Place | None:
        module = self.held("flit", "module", "name") or self.held("flit", "metadata", "module")
        name = str(module or self.project.name.replace("-", "_")).replace(".", "/")
        for path in (
            f"{name}/__init__.py",
            f"{name}.py",
            f"src/{name}/__init__.py",
            f"src/{name}.py",
        ):
            document = self.files.own(path)
            place = self._assigned(document, "__version__") if document else None
            if place is not None:
                return place
        return None

    def _setuptools(self) -> Place | None:
        table = table_in(self.tool, "setuptools", "dynamic", "version")
        setup_cfg = self.files.own("setup.cfg")
        attribute, file = table.get("attr"), table.get("file")
        if setup_cfg and not attribute and not file:
            plain = ini_place(setup_cfg, "metadata", "version")
            if plain is not None:
                return plain
            found = re.search(
                r"(?ms)^\[metadata\][^\[]*?^version\s*[=:]\s*(attr|file):\s*(\S+)", setup_cfg.text
            )
            if found:
                attribute, file = (found[2], None) if found[1] == "attr" else (None, found[2])
        if isinstance(attribute, str):
            return self._attribute(attribute)
        path = file[0] if isinstance(file, list) and file else file
        document = self.files.own(path) if isinstance(path, str) else None
        if document is not None:
            return whole_file(document)
        setup = self.files.own("setup.py")
        return next(setup_places(setup), None) if setup else None

    def _attribute(self, attribute: str) -> Place | None:
        """The literal behind setuptools' `attr`, in the module or where its `__init__` imports it."""
        module, _, name = attribute.rpartition(".")
        path = module.replace(".", "/")
        folders = self.held("setuptools", "package-dir")
        roots = ["", "src/", *(f"{root}/" for root in table_in(folders).values() if root)]
        for root in roots:
            for suffix in (".py", "/__init__.py"):
                document = self.files.own(f"{root}{path}{suffix}")
                place = self._assigned(document, name) if document else None
                if place is not None:
                    return place
        return None

    def _assigned(self, document: Document, name: str) -> Place | None:
        """The literal that a module assigns to `name`, or the module that it imports it from."""
        for place in python_places(document):
            if place.label == name:
                return place
        module = imported_from(document, name)
        if module is None:
            return None
        folder = posixpath.dirname(document.file)
        for path in (f"{module}.py", f"{module}/__init__.py"):
            other = self.files.document(posixpath.join(folder, path))
            if other is None or other.file == document.file:
                continue
            for place in python_places(other):
                if place.label == name:
                    return place
        return None

    def _scikit(self) -> Place | None:
        table = table_in(self.tool, "scikit-build", "metadata", "version")
        path, pattern = table.get("input"), table.get("regex", _HATCH)
        document = self.files.own(path) if isinstance(path, str) else None
        if document is None or not isinstance(pattern, str):
            return None
        place = matched_place(
            document, "version", f"(?m){pattern}" if "regex" in table else pattern
        )
        if place is None:  # its own expressions name the group `value`
            found = re.search(
                pattern.replace("(?P<value>", "(?P<version>"), document.text, re.MULTILINE
            )
            place = (
                place_in(document, "version", *found.span("version"))
                if (found and "version" in found.groupdict())
                else None
            )
        return place

    def _meson(self) -> Place | None:
        document = self.files.own("meson.build")
        return matched_place(document, "version", _MESON) if document else None

    # --- the places beside it ---------------------------------------------------------------------

    def beside(self) -> Iterator[Place | None]:
        """Every other literal that states the version of this project."""
        for name in self._modules():
            document = self.files.own(name)
            if document is None or "version" not in document.text.lower():
                continue
            stem = posixpath.basename(name).removesuffix(".py").strip("_")
            dedicated = stem in _DEDICATED
            for place in python_places(document):
                plain = place.label in ("__version__", "VERSION", "__VERSION__")
                plain = plain or (place.label == "version" and stem == "init")
                if plain or place.is_tuple or (dedicated and "version" in place.label.lower()):
                    yield place
        for path in (
            ("poetry", "version"),
            ("commitizen", "version"),
            ("bumpversion", "current_version"),
            ("bumpver", "current_version"),
            ("tbump", "version", "current"),
        ):
            if isinstance(self.held(*path), str):
                yield self.at("tool", *path)
        yield from self._other_files()

    def _other_files(self) -> Iterator[Place | None]:
        setup = self.files.own("setup.py")
        if setup is not None:
            yield from setup_places(setup)
        for file, section, key in (
            ("setup.cfg", "metadata", "version"),
            ("setup.cfg", "bumpversion", "current_version"),
            (".bumpversion.cfg", "bumpversion", "current_version"),
        ):
            document = self.files.own(file)
            if document is not None:
                yield ini_place(document, section, key)
        for file, path in (
            (".bumpversion.toml", ("tool", "bumpversion", "current_version")),
            (".cz.toml", ("tool", "commitizen", "version")),
            ("tbump.toml", ("version", "current")),
        ):
            document = self.files.own(file)
            if document is not None:
                yield toml_place(document, find_toml(document), *path)
        yield self._cargo()
        yield from json_places(self.files, self.project.normalized_name)
        if self.backend == "mesonpy":
            yield self._meson()
        folders = ["", *(f"{folder}/" for folder in self._folders())]
        for file in (f"{folder}{name}" for folder in folders for name in _PLAIN_FILES):
            document = self.files.own(file)
            if document is not None:
                yield whole_file(document)

    def _folders(self) -> tuple[str, ...]:
        return package_folders(self.project.normalized_name, self.names)

    def _modules(self) -> list[str]:
        """The Python files right inside the package, or the one that is all there is."""
        folders = self._folders()
        stem = self.project.normalized_name.replace("-", "_")
        found = [name for name in (f"{stem}.py", f"src/{stem}.py") if name in self.names]
        found += [
            name
            for name in sorted(self.names)
            if name.endswith(".py") and posixpath.dirname(name) in folders
        ]
        return found[:200]

    def locked(self) -> Iterator[Place | None]:
        """This project's own lines in uv.lock and Cargo.lock, in its folder or above it."""
        for folder, document in self.files.above("uv.lock", self.files.prefix.rstrip("/")):
            own = posixpath.relpath(self.files.prefix or ".", folder or ".")
            yield uv_lock_place(document, name=self.project.name, folder=own)
        if self._cargo() is not None:
            yield from cargo_lock_places(self.files, self._manifest_path())

    def _cargo(self) -> Place | None:
        return cargo_place(self.files, self._manifest_path())

    def _manifest_path(self) -> str | None:
        path = self.held("maturin", "manifest-path")
        return path if isinstance(path, str) else None

    def cited(self) -> Iterator[Place]:
        """`version` of CITATION.cff: https://github.com/citation-file-format/citation-file-format"""
        document = self.files.own("CITATION.cff")
        if document is None:
            return
        for key in ("version",):
            place = matched_place(
                document,
                key,
                rf"""(?m)^{key}:[ \t]*(['"]?)(?P<version>[^'"\s#]+)\1[ \t]*(?:#.*)?\r?$""",
            )
            if place is not None:
                yield place


def package_folders(normalized_name: str, names: Iterable[str]) -> tuple[str, ...]:
    """The folders that hold the project's import package, by its name or as the only one."""
    found = {
        posixpath.dirname(name)
        for name in names
        if name.endswith("/__init__.py") and name.count("/") <= 4
    }
    stem = normalized_name.replace("-", "_")
    wanted = {stem, stem.replace("_", "/"), stem.replace("_", "")}
    matching = {
        folder
        for folder in found
        if (bare := re.sub(r"^(src|lib|python)/", "", folder).lower()) in wanted
        or bare.replace("/", "_") == stem
    }
    if matching:
        return tuple(sorted(matching))
    inside = {folder for folder in found if re.fullmatch(r"(src|lib)/[^/]+", folder)}
    if len(inside) == 1:
        return tuple(inside)
    top = {folder for folder in found if "/" not in folder} - _ASIDE
    return tuple(top) if len(top) == 1 else ()


def date_released(document: Document) -> tuple[int, int] | None:
    """The span of `date-released` in a CITATION.cff."""
    found = re.search(r"""(?m)^date-released:[ \t]*(['"]?)(\d{4}-\d\d-\d\d)\1""", document.text)
    return found.span(2) if found else None
