"""Reading files that anybody may have made: regular files only, and no more of them than fits.

A link in a repository may lead to a device that never ends, or to a pipe that never begins.
"""

import errno
import os
import stat
from pathlib import Path

AT_MOST = 16_000_000  # bytes; no file that a person maintains has as many


def read_file(path: Path, *, at_most: int = AT_MOST) -> bytes:
    """The whole content of a file.

    Raises:
        OSError: it cannot be read, is a device or a pipe, or has more than `at_most` bytes.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        # The size is asked for first, so that no memory is taken for what is refused.
        if found.st_size > at_most or len(content := file.read(at_most + 1)) > at_most:
            raise OSError(errno.EFBIG, f"More than {at_most:,} bytes", str(path))
    return content


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_text(path: Path, *, at_most: int = AT_MOST) -> str:
    """A file's text.

    Raises:
        OSError: see `read_file`.
        UnicodeDecodeError: it is not UTF-8.
    """
    text = read_file(path, at_most=at_most).decode("utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")
