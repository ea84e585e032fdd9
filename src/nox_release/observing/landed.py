"""What landed on the index: who published each file, and whether it can be downloaded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from nox_release.core.answers import CouldNotAsk, ask
from nox_release.core.values import dataclass
from nox_release.releases.end_state import Landed, Served
from nox_release.releases.observed import IndexFile, Provenance

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from nox_release.edges.index import IndexClient

# Bytes that are downloaded in all; of what is left only the first byte is asked for.
_READ_AT_MOST = 200_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One file with all that was fetched for it; `path` is where its bytes are, if they are."""

    landed: Landed
    provenance: Provenance | CouldNotAsk | None = None
    path: Path | None = None


def look_at_files(
    client: IndexClient,
    files: Iterable[IndexFile],
    pool: ThreadPoolExecutor,
    *,
    folder: Path | None = None,
) -> tuple[Seen, ...]:
    """Each file with its publishers and a trial download, all asked at once.

    With `folder` the bytes are downloaded into it, the smallest files first, as long as that is
    not too much; without one, the first byte has to do.
    """
    budget = _READ_AT_MOST if folder is not None else 0
    asked = []
    for file in sorted(files, key=lambda one: one.size or _READ_AT_MOST):
        size = file.size or _READ_AT_MOST
        path = folder / file.filename if folder is not None and size <= budget else None
        budget -= size if path is not None else 0
        asked.append(
            (
                file,
                path,
                pool.submit(_proven, client, file),
                pool.submit(_serve, client, file, path),
            )
        )
    seen = []
    for file, path, provenance, served in asked:
        proven = provenance.result()
        publishers = (
            proven if proven is None or isinstance(proven, CouldNotAsk) else proven.publishers
        )
        answer = served.result()
        read = isinstance(answer, Served) and answer.sha256
        landed = Landed(file=file, publishers=publishers, served=answer)
        seen.append(Seen(landed=landed, provenance=proven, path=path if read else None))
    return tuple(sorted(seen, key=lambda one: one.landed.file.filename))


def _proven(client: IndexClient, file: IndexFile) -> Provenance | CouldNotAsk | None:
    return ask(lambda: client.fetch_provenance(file))


def _serve(client: IndexClient, file: IndexFile, path: Path | None) -> Served | CouldNotAsk:
    if path is None:
        return ask(lambda: Served(there=client.is_served(file.url)))
    digest = ask(lambda: client.download(file.url, path))
    if not isinstance(digest, str):  # what is left of it is no file
        path.unlink(missing_ok=True)
    if isinstance(digest, CouldNotAsk):
        return digest
    return Served(there=digest is not None, sha256=digest or "")
