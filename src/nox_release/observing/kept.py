"""What a run made: the files among its artifacts, which GitHub keeps for 90 days."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from nox_release.core.errors import ConflictError, NoxReleaseError
from nox_release.edges.aside import temporary_folder
from nox_release.files.distributions import version_of_file
from nox_release.releases.end_state import SOME_FILES_AT_MOST
from nox_release.releases.observed import IndexFile, Run, upload_times
from nox_release.releases.plan import Expected, Target

if TYPE_CHECKING:
    from nox_release.edges.forge import Forge

_BYTES_AT_MOST = 300_000_000
_LOCAL_WHEEL = re.compile(r"-linux_\w+\.whl$")


def kept_files(
    forge: Forge,
    run: Run,
    target: Target,
    there: Iterable[IndexFile],
    *,
    at_most: int = _BYTES_AT_MOST,
) -> tuple[Expected, ...]:
    """The distributions of the target that a run kept as artifacts, with their bytes' digests.

    Of a run that succeeded, those that are not on the index count only where its log says that
    they were uploaded: a workflow may build more than it publishes. Empty where nothing is known:
    none were kept, they are gone by now, or they are too much to download.
    """
    try:
        artifacts = [one for one in forge.artifacts(run.id) if not one.expired]
        if not artifacts or sum(one.size for one in artifacts) > at_most:
            return ()
        with temporary_folder("kept") as folder:
            forge.download_artifacts(run.id, folder)
            found = dict(_distributions(folder, target))
        lacking = set(found) - {file.filename for file in there}
        if run.succeeded and lacking:
            log = forge.log(run.id, failed=False)
            for name in lacking:
                if f"Uploading {name}" not in log:
                    del found[name]
    except (NoxReleaseError, OSError):
        return ()
    return tuple(Expected(filename=name, sha256=sha256) for name, sha256 in sorted(found.items()))


def other_kept_files(forge: Forge, run: Run, names: Iterable[str], folder: Path) -> dict[str, Path]:
    """The files of these names among the artifacts of a run, unpacked below `folder`.

    Raises:
        ConflictError: two artifacts have one name with other bytes.
        ForgeError: GitHub gave no answer.
    """
    from nox_release.files.archives import read_digests

    kept = [one for one in forge.artifacts(run.id) if not one.expired]
    if not kept or sum(one.size for one in kept) > _BYTES_AT_MOST:
        return {}
    forge.download_artifacts(run.id, folder)
    wanted = frozenset(names)
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.name not in wanted or path.is_symlink() or not path.is_file():
            continue
        first = found.setdefault(path.name, path)
        if read_digests(first)[0] != read_digests(path)[0]:
            raise ConflictError(
                f"The run kept two files called `{path.name}`, with other bytes: {run.url}",
                hint="Give them names of their own in the workflow and in `assets`.",
            )
    return found


def is_exact(files: Iterable[Expected]) -> bool:
    """Whether these are all files that a release of them can have: none is for one platform."""
    return all(file.filename.endswith((".tar.gz", "-none-any.whl")) for file in files)


def is_settled(files: tuple[IndexFile, ...], now: datetime) -> bool:
    """Whether what a run that succeeded has uploaded can be all there: an sdist and a wheel, or
    nothing new for some minutes, which is longer than an index lags behind.
    """
    if not files:
        return False
    kinds = {file.filename.endswith(".whl") for file in files}
    times = upload_times(files)
    return len(kinds) == 2 or bool(times and now - max(times) > SOME_FILES_AT_MOST)


def _distributions(folder: Path, target: Target) -> Iterator[tuple[str, str]]:
    from nox_release.files.archives import read_digests

    for path in sorted(folder.rglob("*")):
        if path.name.endswith((".whl", ".tar.gz")) and path.is_file() and _is_of(path.name, target):
            yield path.name, read_digests(path)[0]


def _is_of(filename: str, target: Target) -> bool:
    """Whether a file is one of the target's, and one that an index would take."""
    try:
        name = (
            parse_wheel_filename(filename)[0]
            if filename.endswith(".whl")
            else parse_sdist_filename(filename)[0]
        )
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return False
    return (
        name == canonicalize_name(target.name)
        and version_of_file(filename) == Version(target.version)
        and not _LOCAL_WHEEL.search(filename)
    )
