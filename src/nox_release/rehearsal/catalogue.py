"""What the stand-in index holds: projects, releases, files, and what deleting leaves behind.

Sources: warehouse/packaging/{models,services}.py.
"""

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name, canonicalize_version
from packaging.version import InvalidVersion, Version

from nox_release.core.values import dataclass, field

STATUSES = {
    "active": "active",
    "archived": "archived",
    "archived-noindex": "archived",
    "quarantined": "quarantined",
    "quarantine-enter": "quarantined",
    "quarantine-exit": "active",
}


@dataclass(slots=True, kw_only=True)
class StoredFile:
    """An uploaded file. `path` is below `packages/`, made of its BLAKE2 hash as on PyPI."""

    filename: str
    packagetype: str
    python_version: str
    size: int
    md5: str
    sha256: str
    blake2_256: str
    upload_time: datetime
    path: str
    comment: str = ""
    metadata: bytes | None = None
    metadata_sha256: str | None = None
    provenance: dict[str, Any] | None = None


@dataclass(slots=True, kw_only=True)
class RehearsalRelease:
    """One version; `fields` are the form fields of the first file that was uploaded for it."""

    version: str
    created: datetime
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    yanked: bool = False
    yanked_reason: str = ""
    quarantined: bool = False
    files: list[StoredFile] = field(default_factory=list)

    @property
    def sort_key(self) -> tuple[int, Any]:
        try:
            return 1, Version(self.version)
        except InvalidVersion:
            return 0, self.version

    @property
    def prerelease(self) -> bool:
        try:
            return Version(self.version).is_prerelease
        except InvalidVersion:
            return False


@dataclass(slots=True, kw_only=True)
class RehearsalProject:
    """A project; `roles` maps user names to `Owner` or `Maintainer`.

    `unlisted` are users who may upload as well, by their team or as the organization's owners:
    the JSON API's `ownership` does not name them. `elsewhere` are versions whose files are on PyPI
    alone.
    """

    name: str
    created: datetime
    roles: dict[str, str] = field(default_factory=dict)
    unlisted: set[str] = field(default_factory=set)
    organization: str | None = None
    organization_active: bool = True
    status: str = "active"
    releases: dict[str, RehearsalRelease] = field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()
    file_limit: int | None = None
    total_limit: int | None = None
    extra_size: int = 0
    serial: int = 0
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def normalized_name(self) -> str:
        return canonicalize_name(self.name)

    @property
    def served_status(self) -> str:
        """As the Simple API calls it (PEP 792)."""
        return STATUSES[self.status]

    @property
    def archived(self) -> bool:
        return self.served_status == "archived"

    @property
    def quarantined(self) -> bool:
        return self.served_status == "quarantined"

    @property
    def total_size(self) -> int:
        """What all files weigh, and `extra_size` for tests of the limit."""
        return self.extra_size + sum(one.size for one in self.files())

    def files(self) -> tuple[StoredFile, ...]:
        return tuple(one for release in self.releases.values() for one in release.files)

    def release(self, version: str) -> RehearsalRelease | None:
        """The release that `version` names, however it is spelled: 1.0.0 is 1.0."""
        return self.releases.get(canonicalize_version(version))

    def sorted_releases(self) -> list[RehearsalRelease]:
        return sorted(self.releases.values(), key=lambda one: one.sort_key)


class Catalogue:
    """Every project, and the filenames that were ever used. Guarded by one lock.

    Files are listed at once and can be downloaded `download_delay` seconds later, those in
    `withheld` never, from `files_root`: PyPI serves them from a host of their own.
    """

    def __init__(self, directory: Path, now: Callable[[], datetime]) -> None:
        self.directory = directory
        self.now = now
        self.projects: dict[str, RehearsalProject] = {}
        self.used_filenames: set[str] = set()
        self.prohibited: set[str] = set()
        self.withheld: set[str] = set()
        self.download_delay = 0.0
        self.files_root = ""
        self.serial = 0
        self.lock = threading.RLock()

    def find(self, name: str) -> RehearsalProject | None:
        return self.projects.get(canonicalize_name(name))

    def project(self, name: str) -> RehearsalProject:
        found = self.find(name)
        if found is None:
            raise LookupError(f"no project {name!r} on the rehearsal's index")
        return found

    def touch(self, project: RehearsalProject) -> None:
        """One entry in the journal: serials only grow."""
        self.serial += 1
        project.serial = self.serial

    def create(
        self, name: str, *, owner: str | None = None, organization: str | None = None
    ) -> RehearsalProject:
        """A project without releases. Names are not judged here."""
        with self.lock:
            project = RehearsalProject(name=name, created=self.now(), organization=organization)
            self.projects[project.normalized_name] = project
            self.touch(project)
            if owner is not None and organization is None:
                project.roles[owner] = "Owner"
                self.touch(project)
            return project

    def with_blake2(self, digest: str, filename: str) -> StoredFile | None:
        """A file, of whichever project, of this name or with these bytes."""
        for project in self.projects.values():
            for one in project.files():
                if one.filename == filename or one.blake2_256 == digest:
                    return one
        return None

    def at_path(self, path: str) -> StoredFile | None:
        for project in self.projects.values():
            for one in project.files():
                if one.path == path:
                    return one
        return None

    def can_be_downloaded(self, one: StoredFile) -> bool:
        ready = one.upload_time + timedelta(seconds=self.download_delay)
        return one.filename not in self.withheld and ready <= self.now()

    def delete_project(self, name: str) -> None:
        with self.lock:
            self.serial += 1
            del self.projects[self.project(name).normalized_name]
