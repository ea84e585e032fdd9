"""Temporary folders that outlast nobody, and the one folder in which logs are kept."""

import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

from nox_release.core.redaction import redact

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


_PREFIX = "nox-release-"
_LOCK = "in-use"
_TRIES = 5
_LOGS_AT_MOST = 20
_LOG_BYTES_AT_MOST = 100_000_000
_swept: set[Path] = set()


@contextlib.contextmanager
def temporary_folder(
    purpose: str = "", *, within: Path | None = None, keep: bool = False
) -> Generator[Path]:
    """An empty folder that goes away at the end, or, where this program is killed, with its next run.

    `within` is the folder that it is made in, instead of the system's; with `keep` it stays.
    """
    base = within or Path(tempfile.gettempdir())
    if base not in _swept:
        _swept.add(base)
        _sweep(base)
    outer, lock = _make(base, f"{_PREFIX}{purpose}-" if purpose else _PREFIX)
    try:
        inner = outer.resolve() / "w"
        inner.mkdir()
        yield inner
    finally:
        if keep:
            with contextlib.suppress(OSError):  # without it, it is nobody's to sweep
                (outer / _LOCK).unlink()
        if lock is not None:
            os.close(lock)
        if not keep:
            shutil.rmtree(outer, ignore_errors=True)


def _make(base: Path, prefix: str) -> tuple[Path, int | None]:
    """A new folder and its lock, which the sweep of another run may get first: then it is that one's
    to remove. There is no lock where the file system has none.
    """
    for attempt in range(_TRIES):
        outer = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
        lock = _lock(outer / _LOCK, os.O_CREAT)
        if attempt == _TRIES - 1 or (lock is not None and (outer / _LOCK).exists()):
            break
        if lock is not None:
            os.close(lock)
        shutil.rmtree(outer, ignore_errors=True)
    return outer, lock


def _sweep(base: Path) -> None:
    """Remove the folders of runs that were killed: of this user, and locked by nobody."""
    for path in base.glob(f"{_PREFIX}*/{_LOCK}"):
        if not _is_mine(path.parent):
            continue
        lock = _lock(path, 0)
        if lock is None:
            continue
        if sys.platform == "win32":  # where no open file can be removed
            os.close(lock)
            shutil.rmtree(path.parent, ignore_errors=True)
        else:
            shutil.rmtree(path.parent, ignore_errors=True)
            os.close(lock)


def _lock(path: Path, flags: int) -> int | None:
    """A lock that ends with this process, however it ends; `None`: it could not be had."""
    handle = None
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDWR | flags, 0o600)
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return handle
    if handle is not None:
        os.close(handle)
    return None


def _is_mine(folder: Path) -> bool:
    """Whether it is a real folder of this user's: others may write into the system's, too."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    is_folder = (found.st_mode & 0o170000) == 0o040000
    return is_folder and (sys.platform == "win32" or found.st_uid == os.getuid())


def keep_log(text: str | bytes) -> Path:
    """The file in which this log is kept, without secrets."""
    handle, path = kept_log()
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as file:
        for line in io.BytesIO(text) if isinstance(text, bytes) else io.StringIO(text):
            file.write(redact(line if isinstance(line, str) else line.decode("utf-8", "replace")))
    return path


def kept_log() -> tuple[int, Path]:
    """A new file for a log, for its owner alone, open for writing; the oldest make room for it."""
    folder = Path(tempfile.gettempdir()) / (
        f"{_PREFIX}logs" if sys.platform == "win32" else f"{_PREFIX}logs-{os.getuid()}"
    )
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if not _is_mine(folder):  # somebody else has put it there
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}logs-"))
    _make_room(folder)
    handle, name = tempfile.mkstemp(suffix=".log", prefix="", dir=folder)
    return handle, Path(name)


def _make_room(folder: Path) -> None:
    logs = []
    for path in folder.glob("*.log"):
        with contextlib.suppress(OSError):
            found = path.lstat()
            logs.append((found.st_mtime, found.st_size, path))
    left = 0
    for number, (_, size, path) in enumerate(sorted(logs, reverse=True), 1):
        left += size
        if number >= _LOGS_AT_MOST or left > _LOG_BYTES_AT_MOST:
            with contextlib.suppress(OSError):
                path.unlink()
