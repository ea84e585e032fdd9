"""What a distribution file is, as plain values: its name, its digests, its members, its metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

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
