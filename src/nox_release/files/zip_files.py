"""Python 3.13's `zipfile`, which is PyPI's, on whatever Python this runs.

Before 3.12 Python passed over names in the Unicode path extra field (APPNOTE.TXT 4.6.9), and
before the releases of 2024 over members that lie in each other (CVE-2024-0450).
https://docs.python.org/3/library/zipfile.html
"""

import os
import struct
import sys
import zipfile
import zlib
from typing import IO

from nox_release.core.quiet import without_warnings

UTF8_NAME = 0x800
_UNICODE_PATH = 0x7075
_LOCAL_HEADER = struct.Struct("<4s22xHH")


class ZipReader(zipfile.ZipFile):
    """A zip that is only read.

    Raises:
        zipfile.BadZipFile: it is none that PyPI's Python can list.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        with without_warnings():  # an empty Unicode path
            super().__init__(stream)
        self._stream = stream
        infos = self.infolist()
        if sys.version_info < (3, 12):
            for info in infos:
                _take_unicode_path(info)
        self._ends: dict[int, int] = {}
        end = self.start_dir
        for info in sorted(infos, key=lambda info: info.header_offset, reverse=True):
            self._ends[id(info)] = end
            end = info.header_offset

    def overlaps(self, info: zipfile.ZipInfo) -> bool:
        """Whether this member reaches into the next one, or into the table of contents."""
        self._stream.seek(info.header_offset)
        header = self._stream.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size:
            return True
        _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        start = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        return bool(start + info.compress_size > self._ends[id(info)])

    def open_member(self, info: zipfile.ZipInfo) -> IO[bytes]:
        """The member to read from.

        Raises:
            zipfile.BadZipFile: it is damaged, or overlaps another one.
        """
        with without_warnings():  # later Pythons only warn of the same member listed twice
            member = self.open(info)
        if self.overlaps(info):
            member.close()
            raise zipfile.BadZipFile(f"Overlapped entries: {info.orig_filename!r}")
        return member


def _take_unicode_path(info: zipfile.ZipInfo) -> None:
    """Name a member as its extra field says, when that was made for this very name."""
    raw = info.orig_filename.encode("utf-8" if info.flag_bits & UTF8_NAME else "cp437")
    extra = info.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        content, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind != _UNICODE_PATH:
            continue
        try:
            version, checksum = struct.unpack("<BL", content[:5])
            if version == 1 and checksum == zlib.crc32(raw):
                name = content[5:].decode("utf-8").partition("\x00")[0]
                info.filename = (name if os.sep == "/" else name.replace(os.sep, "/")) or (
                    info.filename
                )
        except (struct.error, UnicodeDecodeError) as error:
            raise zipfile.BadZipFile("Corrupt unicode path extra field (0x7075)") from error
