"""What a distribution file is, as plain values: its name, its digests, its members, its metadata."""

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from nox_release.core.values import dataclass, field
from nox_release.core.versions import parse_version

Kind = Literal["sdist", "wheel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One entry of an archive. `size` is what the archive says it unpacks to."""

    name: str
    size: int
    is_dir: bool = False
    kind: Literal["file", "directory", "symlink", "hardlink", "device"] = "file"
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataField:
    """One header of METADATA or PKG-INFO, as written, with its 1-based line."""

    name: str
    value: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """METADATA or PKG-INFO as found: `member` is its name in the archive, `text` its bytes."""

    member: str
    text: bytes
    fields: tuple[MetadataField, ...]
    description: str | None = None

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of a header, whatever its case."""
        return tuple(field.value for field in self.fields if field.name.lower() == name.lower())

    def value(self, name: str) -> str | None:
        """The first value of a header, `None` when there is none."""
        return next(iter(self.values(name)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One sdist or wheel. `name` and `version` are those of its metadata, as written there."""

    path: Path
    filename: str
    kind: Kind
    name: str
    version: str
    size: int
    sha256: str
    blake2_256: str
    metadata: Metadata
    members: tuple[Member, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The members that are no directories, in the archive's order."""
        return tuple(member.name for member in self.members if not member.is_dir)


# --- archives, as far as the rules ask -------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong with the archive itself: PyPI's words, or 500 where its program fails.

    `{docs}` and `{pypi}` in the text stand for the site's hosts.
    """

    rule: str
    text: str
    status: int = 400
    member: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A member that is there and cannot be read. `limit` when it is we who stop."""

    reason: str
    limit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What an archive holds, as far as any rule asks.

    `opened` when it could be read as far as the rules ask. `top` is the one directory that
    everything is in, "" when there is none. `limits` says what was left unexamined because the
    archive is out of all proportion. `metadata_member` is where an upload client finds the
    metadata, `metadata` its bytes.
    """

    kind: Literal["zip", "tar", ""]
    opened: bool
    size: int
    members: tuple[Member, ...] = ()
    top: str = ""
    faults: tuple[Fault, ...] = ()
    limits: tuple[str, ...] = ()
    contents: Mapping[str, bytes | Unreadable] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    metadata_member: str = ""
    metadata: bytes | None = None

    def holds(self, name: str) -> bool:
        """Whether there is a member of that name, a directory's trailing slash aside."""
        return name.rstrip("/") in self.names if self.kind == "tar" else name in self.names

    def read(self, name: str) -> bytes | Unreadable | None:
        """A wheel's own files: `None` when absent. What no rule reads comes as no bytes."""
        return self.contents.get(name, b"") if name in self.names else None


# --- versions in file names ------------------------------------------------------------------------


def version_of_file(filename: str, name: str = "") -> Version | None:
    """The version in a file's name, `None` when it cannot be told; those from before the standards
    take the project's `name`.
    """
    with contextlib.suppress(InvalidWheelFilename, InvalidVersion):
        return parse_wheel_filename(filename)[1]
    with contextlib.suppress(InvalidSdistFilename, InvalidVersion):
        return parse_sdist_filename(filename)[1]
    if not name:
        return None
    # Eggs, installers and old archives, which PyPI still lists.
    pattern = re.sub("-", "[-_.]+", re.escape(canonicalize_name(name)).replace(r"\-", "-"))
    found = re.match(
        rf"{pattern}-(?P<rest>.+?)(-py\d[\d.]*.*|\.(linux|win|macosx).*)?"
        r"\.(egg|exe|msi|rpm|deb|dmg|tar\.bz2|tar\.xz|tar\.Z|tgz|tar|zip)$",
        filename,
        re.IGNORECASE,
    )
    return parse_version(found["rest"]) if found else None
