"""Changelogs of which each version has a file of its own: `docs/releases/v1.2.0.rst`."""

import posixpath
import re
from collections.abc import Iterable, Mapping

from packaging.version import Version

from nox_release.core.values import dataclass

_FOLDER = re.compile(
    r"(?:^|/)(?:releases?|relnotes|release[-_]?notes|change(?:s|logs?)|news|whats[-_]?new|history)"
    r"(?:/|$)",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"(?:(?:releases?|release[-_]?notes|relnotes|version|changes|changelog|whats[-_]?new|news)[-_]?)?"
    r"v?(?P<version>\d{1,9}(?:\.\d{1,9}){1,3}(?:(?:a|b|rc)\d{1,3})?)"
    r"(?:[-_](?:release[-_]?)?notes?)?\.(?:md|rst|txt)",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"(?:^|/)(?:\.|_?vendor|node_modules|third[-_]?party|tests?(?:/|$)|testing|examples?(?:/|$)|fixtures?"
    r"|templates?(?:/|$)|locales?(?:/|$)|translations?|site-packages)",
    re.IGNORECASE,
)
_FEWEST = 3


def is_aside(folder: str) -> bool:
    """Whether a folder is of others, of tests, or hidden."""
    return bool(_ASIDE.search(folder))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The files of such a folder, by their versions."""

    files: Mapping[Version, str]

    @property
    def newest(self) -> Version:
        return max(self.files)

    def before(self, version: Version) -> tuple[str, ...]:
        """The files of older versions, the newest first."""
        older = sorted((one for one in self.files if one < version), reverse=True)
        return tuple(self.files[one] for one in older)

    def file_for(self, version: Version) -> str | None:
        """The file about a version, which may not be there yet; `None` where such a version has none."""
        if version in self.files:
            return self.files[version]
        older = self.before(version)
        patches = any(any(one.release[2:]) for one in self.files)
        pre = any(one.is_prerelease for one in self.files)
        left_out = (any(version.release[2:]) and not patches) or (version.is_prerelease and not pre)
        if not older or left_out or version.is_devrelease or version.is_postrelease:
            return None
        lengths = [len(one.release) for one in sorted(self.files)[-3:]]
        numbers = [*version.release, *[0] * max(lengths)]
        while len(numbers) > min(lengths) and not numbers[-1]:
            numbers.pop()
        text = ".".join(map(str, numbers)) + str(version).removeprefix(version.base_version)
        return renamed(older[0], text)


def version_of(name: str) -> str:
    """The version in a file's name, as it is spelled there."""
    found = _FILE.fullmatch(posixpath.basename(name))
    return found["version"] if found else ""


def renamed(name: str, version: str) -> str:
    """The name of the same file for another version."""
    folder, base = posixpath.split(name)
    return posixpath.join(folder, base.replace(version_of(name), version))


def find_folder(names: Iterable[str]) -> Folder | None:
    """The folder with the newest version, of those that have a few such files."""
    found: dict[str, dict[Version, str]] = {}
    for name in names:
        folder = posixpath.dirname(name)
        if _FOLDER.search(folder) and version_of(name) and not is_aside(folder):
            found.setdefault(folder, {})[Version(version_of(name))] = name
    folders = [Folder(files=files) for files in found.values() if len(files) >= _FEWEST]
    return max(folders, key=lambda one: one.newest, default=None)
