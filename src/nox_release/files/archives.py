"""Opening sdists and wheels that nobody has vouched for.

Nothing is unpacked to disk, nothing is believed: sizes, names and counts are limits to hold the
archive to. What is found wrong with the archive itself comes as `Fault`s, in the order in which
PyPI meets them (`warehouse/forklift/legacy.py` and `warehouse/utils/{zipfiles,scanner}.py` at
6b62157); a reader that only wants an honest file calls `read_distribution`.
"""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import posixpath
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal, cast

from packaging.metadata import parse_email

from nox_release.core.errors import NoxReleaseError
from nox_release.files.distributions import (
    Archive,
    Distribution,
    Fault,
    Kind,
    Member,
    Metadata,
    MetadataField,
    Unreadable,
)
from nox_release.files.zip_files import UTF8_NAME, ZipReader

MIB = 1024 * 1024

# What we are willing to spend on one file. Nothing on PyPI comes near these.
MAX_FILE_SIZE = 1024 * MIB  # PyPI raises no project's limit above this
MAX_UNPACKED = 1024 * MIB
MAX_MEMBERS = 100_000
MAX_DIRECTORY = 24 * MIB  # of a zip: its central directory
MAX_TEXT = 16 * MIB  # RECORD; nobody's has a tenth of it
MAX_METADATA = 4 * MIB
MAX_HEADERS = 20_000
MAX_HEADER_NAMES = 200
MAX_ENTRY_POINTS = MIB
MAX_TAR_HEADER = MIB

# PyPI's own: `COMPRESSION_RATIO_*` in forklift/legacy.py, `_SCAN_MAX_FILE_SIZE` in scanner.py.
RATIO_FLOOR = 64 * MIB
RATIO_LIMIT = 50
SCAN_LIMIT = 5 * MIB

_CHUNK = MIB


class UnreadableDistributionError(NoxReleaseError):
    """A file that should be an sdist or a wheel is none that can be read."""


class _LimitError(Exception):
    """The archive wants more of us than any honest one does."""


class _Budget:
    """How many unpacked bytes may still be read from one archive."""

    def __init__(self, amount: int = MAX_UNPACKED) -> None:
        self.left = amount

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise _LimitError(
                f"it unpacks to more than {MAX_UNPACKED // MIB} MiB; the rest was not examined"
            )


def read_archive(source: Path | bytes, filename: str) -> Archive:
    """Read an archive the way PyPI does, by the extension of its filename.

    Raises:
        UnreadableDistributionError: the file cannot be opened.
    """
    if isinstance(source, bytes):
        return _read(io.BytesIO(source), len(source), filename)
    try:
        with source.open("rb") as stream:
            return _read(stream, os.fstat(stream.fileno()).st_size, filename)
    except OSError as error:
        raise UnreadableDistributionError(
            f"`{source}` cannot be read.", reason=error.strerror or str(error)
        ) from error


def _read(stream: IO[bytes], size: int, filename: str) -> Archive:
    if size > MAX_FILE_SIZE:
        reason = f"it is larger than {MAX_FILE_SIZE // MIB} MiB and was not opened"
        return Archive(kind="", opened=False, size=size, limits=(reason,))
    # Files that PyPI turns away by their extension are still looked into, to say more of them.
    lowered = filename.lower()
    if lowered.endswith((".zip", ".whl", ".egg")):
        return _ZipReading(stream, size, filename).result()
    if lowered.endswith((".tar.gz", ".tgz")):
        return _TarReading(stream, size, filename).result()
    return _read_any(stream, size, filename)


def _read_any(stream: IO[bytes], size: int, filename: str) -> Archive:
    """A file whose extension says nothing: PyPI refuses it before it looks inside."""
    if _is_zip(stream):
        return _ZipReading(stream, size, filename).result()
    return _TarReading(stream, size, filename).result()


# --- zip -----------------------------------------------------------------------------------------


def _is_zip(stream: IO[bytes]) -> bool:
    stream.seek(0)
    return zipfile.is_zipfile(stream)


class _ZipReading:
    """One zip file, step by step as PyPI does."""

    def __init__(self, stream: IO[bytes], size: int, filename: str) -> None:
        self.stream = stream
        self.size = size
        self.filename = filename
        self.faults: list[Fault] = []
        self.limits: list[str] = []
        self.contents: dict[str, bytes | Unreadable] = {}
        self.budget = _Budget()
        self.infos: dict[str, zipfile.ZipInfo] = {}
        self.metadata_member = ""
        self.metadata: bytes | None = None
        self.top = ""
        self.examined = True

    def result(self) -> Archive:
        members: tuple[Member, ...] = ()
        opened = False
        if self._outside_is_sound():
            archive = self._open()
            if archive is not None:
                opened = True
                with archive:
                    members = tuple(map(_zip_member, archive.infolist()))
                    self.infos = {_zip_name(info): info for info in archive.infolist()}
                    try:
                        self._examine(archive)
                    except _LimitError as error:
                        self.limits.append(str(error))
                        self.examined = False
        return Archive(
            kind="zip",
            opened=opened and self.examined,
            size=self.size,
            members=members,
            top=self.top,
            faults=tuple(self.faults),
            limits=tuple(self.limits),
            contents=self.contents,
            names=frozenset(self.infos),
            metadata_member=self.metadata_member,
            metadata=self.metadata,
        )

    def _outside_is_sound(self) -> bool:
        try:
            is_zip = _is_zip(self.stream)
            is_tar = is_tarfile(self.stream)
        except _LimitError:
            is_zip = is_tar = True
        except Exception as error:  # noqa: BLE001 - PyPI does not catch these either
            self._fail("archive-unreadable", error)
            return False
        if is_zip and is_tar:
            self.faults.append(Fault(rule="zip-and-tar", text="File is both a zip and a tar file"))
        elif not is_zip:
            self.faults.append(Fault(rule="not-zip", text="File is not a zipfile"))
        if is_zip and (excess := _zip_excess(self.stream, self.size)):
            self.limits.append(excess)
            return False
        return is_zip

    def _fail(self, rule: str, error: Exception, member: str = "") -> None:
        """PyPI's program ends in an error that it does not expect here."""
        del error
        self.faults.append(
            Fault(rule=rule, text="Internal Server Error", status=500, member=member)
        )

    def _corrupt(self, member: str = "") -> None:
        self.faults.append(Fault(rule="archive-corrupt", text="None", member=member))

    def _open(self) -> ZipReader | None:
        self.stream.seek(0)
        try:
            return ZipReader(self.stream)
        except zipfile.BadZipFile:
            self._corrupt()
        except Exception as error:  # noqa: BLE001 - zipfile fails in many ways
            self._fail("archive-unreadable", error)
        return None

    def _examine(self, archive: ZipReader) -> None:
        infos = archive.infolist()
        unpacked = sum(info.file_size for info in infos)
        if unpacked > RATIO_FLOOR and unpacked / self.size > RATIO_LIMIT:
            text = f"File exceeds compression ratio of {RATIO_LIMIT}"
            self.faults.append(Fault(rule="compression-bomb", text=text))
            self.examined = False
            return
        for info in infos:
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                text = "File does not use a supported compression type"
                fault = Fault(rule="compression-type", text=text, member=_zip_name(info))
                self.faults.append(fault)
                break
        if self.filename.lower().endswith(".whl"):
            self._examine_wheel(archive)
        else:
            self._examine_sdist(archive)
        self._scan(archive)
        problem = framing_problem(self.stream, infos)
        if problem:
            text = (
                f"ZIP archive not accepted: {problem}. See {{docs}}/archives for more information"
            )
            self.faults.append(Fault(rule="zip-framing", text=text, detail=problem))

    def _examine_wheel(self, archive: ZipReader) -> None:
        parts = self.filename.split("-", 2)
        if len(parts) < 3:
            text = "Unable to parse name and version from wheel filename"
            self.faults.append(Fault(rule="wheel-file-missing", text=text))
        else:
            prefix = f"{parts[0]}-{parts[1]}.dist-info/"
            self._require(archive, f"{prefix}WHEEL", "wheel-file-missing", "WHEEL")
            # Duplicates and odd case count too: PyPI asks for these by their exact name.
            for name in self.infos:
                if name.startswith(prefix):
                    self.contents[name] = self._read_text(archive, name)
        self._find_wheel_metadata(archive)
        self._drop_excess()

    def _drop_excess(self) -> None:
        if self.metadata is not None and (excess := _metadata_excess(self.metadata)):
            self.metadata = None
            self.limits.append(excess)

    def _examine_sdist(self, archive: ZipReader) -> None:
        try:
            self.top = common_path([_zip_name(info) for info in archive.infolist()])
        except ValueError as error:
            self._fail("sdist-absolute-member", error)
            return
        if self.top in (".", "/", ""):
            text = "Incorrect number of top-level directories in sdist"
            self.faults.append(Fault(rule="one-top-level", text=text))
            return
        target = posixpath.join(self.top, "PKG-INFO")
        self._require(archive, target, "pkg-info-missing", "PKG-INFO")
        content = self.contents.get(target)
        if isinstance(content, bytes):
            self.metadata_member, self.metadata = target, content
            self._drop_excess()

    def _require(self, archive: ZipReader, name: str, rule: str, what: str) -> None:
        if name not in self.infos:
            self.faults.append(Fault(rule=rule, text=f"{what} not found at {name}"))
            return
        content = self._read_text(archive, name)
        self.contents[name] = content
        if isinstance(content, Unreadable) and not content.limit:
            self._report_unreadable(name, content)

    def _report_unreadable(self, name: str, content: Unreadable) -> None:
        if content.reason.startswith("corrupt"):
            self._corrupt(name)
        else:
            self._fail("archive-member-unreadable", RuntimeError(content.reason), name)

    def _read_text(self, archive: ZipReader, name: str) -> bytes | Unreadable:
        """A member in full, unless it is larger than any such file ought to be."""
        limit = MAX_ENTRY_POINTS if name.endswith("/entry_points.txt") else MAX_TEXT
        try:
            with archive.open_member(self.infos[name]) as member:
                content = member.read(limit + 1)
        except zipfile.BadZipFile as error:
            return Unreadable(f"corrupt: {error}")
        except Exception as error:  # noqa: BLE001 - encrypted, damaged, of an unknown method
            return Unreadable(str(error) or type(error).__name__)
        self.budget.spend(len(content))
        if len(content) > limit:
            reason = f"`{name}` is larger than {limit // MIB} MiB and was not examined"
            self.limits.append(reason)
            return Unreadable(reason, limit=True)
        return content

    def _find_wheel_metadata(self, archive: ZipReader) -> None:
        """Where twine finds it: the shallowest METADATA that says Metadata-Version."""
        candidates = [name for name in self.infos if "METADATA" in name]
        parts = sorted((len(split), split) for split in (name.split("/") for name in candidates))
        for _, split in parts[:32]:
            name = "/".join(split)
            content = self.contents.get(name)
            if content is None:
                content = self._read_text(archive, name)
            if isinstance(content, bytes) and b"Metadata-Version" in content:
                self.metadata_member, self.metadata = name, content
                return
        # twine gives up here; PyPI does not look, and another client may send what it finds.
        for name, content in self.contents.items():
            if name.endswith(".dist-info/METADATA") and isinstance(content, bytes):
                self.metadata_member, self.metadata = name, content

    def _scan(self, archive: ZipReader) -> None:
        """Read every module, as PyPI does: for protected code, and noticing damaged ones."""
        scan = _Scan()
        for info in archive.infolist():
            name = _zip_name(info)
            if name.endswith("/") or not _is_scanned(name):
                continue
            whole = _read_sound(self.stream, archive, self.infos[name])
            if whole is not None:
                self.budget.spend(len(whole))
                scan.add(name, iter((whole,)))
                continue
            try:
                with archive.open_member(self.infos[name]) as member:
                    scan.add(name, _chunks(member, self.budget))
            except zipfile.BadZipFile:
                self._corrupt(name)
                break
            except _LimitError:
                raise
            except Exception as error:  # noqa: BLE001 - encrypted or damaged
                self._fail("archive-member-unreadable", error, name)
                break
        self.faults.extend(scan.faults)


# Flags of a member that is encrypted or a patch. APPNOTE.TXT 4.4.4.
_NOT_PLAIN = 0x1 | 0x20 | 0x40


def _read_sound(stream: IO[bytes], archive: ZipReader, info: zipfile.ZipInfo) -> bytes | None:
    """A deflated member in one piece, without the care that `zipfile` takes of bad ones.

    `None`: not one of those, or something about it is amiss; `zipfile` is to say what.
    """
    if (
        info.compress_type != zipfile.ZIP_DEFLATED
        or info.flag_bits & _NOT_PLAIN
        or max(info.file_size, info.compress_size) > SCAN_LIMIT
    ):
        return None
    try:
        if archive.overlaps(info):
            return None
        name = info.orig_filename.encode("utf-8" if info.flag_bits & UTF8_NAME else "cp437")
        stream.seek(info.header_offset)
        signature, name_length, extra_length = struct.unpack("<4s22xHH", stream.read(30))
        if signature != _LOCAL or stream.read(name_length) != name:
            return None
        stream.seek(extra_length, os.SEEK_CUR)
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        content = inflate.decompress(stream.read(info.compress_size), info.file_size + 1)
    except (OSError, ValueError, struct.error, zlib.error):
        return None
    sound = inflate.eof and len(content) == info.file_size and zlib.crc32(content) == info.CRC
    return content if sound else None


def _zip_name(info: zipfile.ZipInfo) -> str:
    """A member's name as PyPI's Python reads it, on whatever system this runs."""
    if os.sep == "/":
        return info.filename
    return info.orig_filename.partition("\x00")[0]


def _zip_member(info: zipfile.ZipInfo) -> Member:
    name = _zip_name(info)
    mode = info.external_attr >> 16
    is_link = mode & 0o170000 == 0o120000
    is_dir = name.endswith("/")
    return Member(
        name=name,
        size=info.file_size,
        is_dir=is_dir,
        kind="symlink" if is_link else "directory" if is_dir else "file",
    )


def _zip_excess(stream: IO[bytes], size: int) -> str:
    """What makes a zip too large to list, or "": its directory is read whole by Python."""
    tail_size = min(size, 65536 + 22 + 20 + 56)
    stream.seek(size - tail_size)
    tail = stream.read(tail_size)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or end + 22 > len(tail):
        return ""
    length, _ = struct.unpack_from("<LL", tail, end + 12)
    record = tail.rfind(b"PK\x06\x06", 0, end)
    if record >= 0 and record + 56 <= len(tail):
        length, _ = struct.unpack_from("<QQ", tail, record + 40)
    if length > MAX_DIRECTORY:
        return f"its table of contents takes {length // MIB} MiB; it was not examined"
    start = max(0, size - tail_size + end - length - 76)
    stream.seek(start)
    entries = stream.read(size - tail_size + end - start).count(b"PK\x01\x02")
    if entries > MAX_MEMBERS:
        return f"it has more than {MAX_MEMBERS} members; it was not examined"
    return ""


# --- tar -----------------------------------------------------------------------------------------


class _Unpacked:
    """A decompressed stream for `tarfile` that reads forward in steps and counts them."""

    def __init__(self, stream: IO[bytes], budget: _Budget) -> None:
        self.stream = stream
        self.budget = budget
        self.position = 0
        self.in_header = True

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > MAX_TAR_HEADER:
            raise _LimitError(f"a header in it claims {size} bytes; it was not examined")
        content = self.stream.read(size)
        self._count(len(content))
        # Quadratic in Python before 3.11.10 (CVE-2024-6232); no honest header has such a number.
        if self.in_header and size > tarfile.BLOCKSIZE and re.search(rb"\d{256}", content):
            raise _LimitError("a header in it has an endless number; it was not examined")
        return content

    def tell(self) -> int:
        return self.position

    def seek(self, position: int, whence: int = 0) -> int:
        if whence != 0:
            raise _LimitError("it cannot be read forward")
        if position < self.position:
            self.stream.seek(position)
            self.position = position
        while self.position < position:
            step = self.stream.read(min(_CHUNK, position - self.position))
            if not step:
                break
            self._count(len(step))
        return self.position

    def _count(self, amount: int) -> None:
        self.position += amount
        self.budget.spend(amount)

    def close(self) -> None:
        self.stream.close()


def is_tarfile(stream: IO[bytes]) -> bool:
    """`tarfile.is_tarfile` for a stream, with bounds: any compression Python knows.

    Whatever the decompressors raise beside what `tarfile` expects is raised here too.
    """
    for opened in (_plain, _gunzipped, _head_of_bz2, _head_of_xz):
        stream.seek(0)
        try:
            _tar(_Unpacked(opened(stream), _Budget()))
        except (tarfile.TarError, OSError, zlib.error, lzma.LZMAError):
            continue
        return True
    return False


def _tar(stream: _Unpacked) -> tarfile.TarFile:
    return tarfile.TarFile(fileobj=stream, mode="r")  # type: ignore[arg-type]  # only reads


def _plain(stream: IO[bytes]) -> IO[bytes]:
    return stream


def _gunzipped(stream: IO[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", gzip.GzipFile(fileobj=stream, mode="rb"))


def _head_of_bz2(stream: IO[bytes]) -> IO[bytes]:
    return _head(stream, bz2.BZ2Decompressor())


def _head_of_xz(stream: IO[bytes]) -> IO[bytes]:
    return _head(stream, lzma.LZMADecompressor(memlimit=64 * MIB))


def _head(
    stream: IO[bytes], decompressor: bz2.BZ2Decompressor | lzma.LZMADecompressor
) -> IO[bytes]:
    """Enough of a stream to tell whether a tar begins in it; damage further on does not count."""
    head = bytearray()
    with suppress(OSError, EOFError, lzma.LZMAError):
        while len(head) < MIB and not decompressor.eof:
            chunk = stream.read(io.DEFAULT_BUFFER_SIZE) if decompressor.needs_input else b""
            if decompressor.needs_input and not chunk:
                break
            head += decompressor.decompress(chunk, max_length=io.DEFAULT_BUFFER_SIZE)
    return io.BytesIO(head)


_TAR_KINDS: dict[bytes, Literal["directory", "symlink", "hardlink", "device"]] = {
    tarfile.DIRTYPE: "directory",
    tarfile.SYMTYPE: "symlink",
    tarfile.LNKTYPE: "hardlink",
    tarfile.CHRTYPE: "device",
    tarfile.BLKTYPE: "device",
    tarfile.FIFOTYPE: "device",
}


def _tar_member(info: tarfile.TarInfo) -> Member:
    return Member(
        name=info.name,
        size=info.size,
        is_dir=info.isdir(),
        kind=_TAR_KINDS.get(info.type, "file"),
        target=info.linkname,
    )


class _TarReading:
    """One .tar.gz, read once from front to back."""

    def __init__(self, stream: IO[bytes], size: int, filename: str) -> None:
        self.stream = stream
        self.size = size
        self.filename = filename
        self.faults: list[Fault] = []
        self.limits: list[str] = []
        self.members: list[Member] = []
        self.budget = _Budget()
        self.sparse = ""
        self.scan = _Scan()
        self.texts: dict[str, bytes] = {}
        self.top = ""

    def result(self) -> Archive:
        opened = False
        if self._outside_is_sound():
            try:
                opened = self._read_through()
            except _LimitError as error:
                opened = True
                self.limits.append(str(error))
        if opened:
            self._judge()
        member = posixpath.join(self.top, "PKG-INFO") if self.top else ""
        metadata = self._metadata(member) if member else None
        if metadata is not None and (excess := _metadata_excess(metadata)):
            metadata = None
            self.limits.append(excess)
        return Archive(
            kind="tar",
            opened=opened and not self.limits,
            size=self.size,
            members=tuple(self.members),
            top=self.top,
            faults=tuple(self.faults),
            limits=tuple(self.limits),
            contents=dict(self.texts),
            names=frozenset(each.name for each in self.members),
            metadata_member=member,
            metadata=metadata,
        )

    def _fault(self, rule: str, text: str, status: int = 400, member: str = "") -> None:
        self.faults.append(Fault(rule=rule, text=text, status=status, member=member))

    def _outside_is_sound(self) -> bool:
        try:
            is_zip = _is_zip(self.stream)
            is_tar = is_tarfile(self.stream)
        except _LimitError as error:
            self.limits.append(str(error))
            return False
        except EOFError:  # neither this nor the next is caught by PyPI
            self._fault("archive-truncated", "Internal Server Error", 500)
            return False
        except Exception:  # noqa: BLE001 - see above
            self._fault("archive-unreadable", "Internal Server Error", 500)
            return False
        if is_zip and is_tar:
            self._fault("zip-and-tar", "File is both a zip and a tar file")
        elif not is_tar:
            self._fault("not-tar", "File is not a tarfile")
        return is_tar

    def _open(self) -> tarfile.TarFile:
        self.stream.seek(0)
        unpacked = _Unpacked(_gunzipped(self.stream), self.budget)
        try:
            return _tar(unpacked)
        except OSError as error:
            raise tarfile.ReadError("not a gzip file") from error

    def _read_through(self) -> bool:
        """Whether the archive could be read to its end."""
        try:
            with self._open() as archive:
                self._read_members(archive)
        except (tarfile.ReadError, EOFError, zlib.error):
            self._fault("archive-corrupt", "None")
        except _LimitError:
            raise
        except Exception:  # noqa: BLE001 - a damaged checksum, a number that is none
            self._fault("archive-unreadable", "Internal Server Error", 500)
        else:
            return True
        return False

    def _read_members(self, archive: tarfile.TarFile) -> None:
        unpacked = archive.fileobj
        assert isinstance(unpacked, _Unpacked)  # noqa: S101 - we put it there
        while (info := archive.next()) is not None:
            self.members.append(_tar_member(info))
            archive.members = []  # type: ignore[attr-defined]  # they would only take memory
            if len(self.members) > MAX_MEMBERS:
                raise _LimitError(
                    f"it has more than {MAX_MEMBERS} members; the rest was not examined"
                )
            if info.issparse():
                self.sparse = self.sparse or info.name
            elif info.isfile():
                unpacked.in_header = False
                self._read_member(archive, info)
                unpacked.in_header = True

    def _read_member(self, archive: tarfile.TarFile, info: tarfile.TarInfo) -> None:
        wanted = posixpath.basename(info.name) == "PKG-INFO" and info.name.count("/") < 3
        if not wanted and not _is_scanned(info.name):
            return
        stream = archive.extractfile(info)
        if stream is None:
            return
        with stream:
            if wanted:
                content = stream.read(MAX_TEXT + 1)
                if len(content) > MAX_TEXT:
                    raise _LimitError(
                        f"`{info.name}` is larger than {MAX_TEXT // MIB} MiB; "
                        "the rest was not examined"
                    )
                self.texts[info.name] = content
            else:
                self.scan.add(info.name, iter(lambda: stream.read(_CHUNK), b""))

    def _judge(self) -> None:
        try:
            self.top = common_path([member.name for member in self.members])
        except ValueError:
            self._fault("sdist-absolute-member", "Internal Server Error", 500)
            return
        if self.sparse:
            text = (
                "tar archive not accepted: Sparse members are not allowed. "
                "See {docs}/archives for more information"
            )
            self._fault("sdist-sparse", text, member=self.sparse)
        if self.limits:
            self.top = ""  # of what was not read, nothing is known
        elif self.top in (".", "/", ""):
            self.top = ""
            self._fault("one-top-level", "Incorrect number of top-level directories in sdist")
        elif not any(
            member.name == posixpath.join(self.top, "PKG-INFO") for member in self.members
        ):
            target = posixpath.join(self.top, "PKG-INFO")
            self._fault("pkg-info-missing", f"PKG-INFO not found at {target}")
        self.faults.extend(self.scan.faults)

    def _metadata(self, name: str) -> bytes | None:
        if name in self.texts:
            return self.texts[name]
        linked = [m for m in self.members if m.name == name and m.kind in ("symlink", "hardlink")]
        if not linked or self.limits:
            return None
        # A link: read again from the start, this once.
        with suppress(Exception), self._open() as archive:
            unpacked = archive.fileobj
            assert isinstance(unpacked, _Unpacked)  # noqa: S101 - we put it there
            stream = archive.extractfile(name)
            unpacked.in_header = False
            if stream is not None:
                with stream:
                    content = stream.read(MAX_TEXT + 1)
                return content if len(content) <= MAX_TEXT else None
        return None


def _metadata_excess(text: bytes) -> str:
    """What makes metadata too large to parse, or ""; each distinct header costs a pass."""
    if len(text) > MAX_METADATA:
        return f"its metadata take {len(text) // MIB} MiB; they were not examined"
    headers = re.split(rb"\r?\n\r?\n", text, maxsplit=1)[0]
    names = {line.partition(b":")[0].lower() for line in headers.splitlines() if b":" in line}
    if headers.count(b"\n") > MAX_HEADERS or len(names) > MAX_HEADER_NAMES:
        return "its metadata have more headers than can be meant; they were not examined"
    return ""


def common_path(names: Sequence[str]) -> str:
    """The directory that all names are in; raises ValueError when only some are absolute."""
    return posixpath.commonpath(names) if names else ""


# --- protected code ------------------------------------------------------------------------------

_ARMOUR = b"__pyarmor_"  # the marks are put together here, or this very file would bear them
_PYARMOR = (
    _ARMOUR + b"_(__name__, __file__,",
    _ARMOUR + b"enter__",
    _ARMOUR + b"exit__",
    _ARMOUR + b"assert__",
    _ARMOUR + b"bcc__",
)
_SOURCEDEFENDER = tuple(b"---" + word + b" PYE FILE---" for word in (b"BEGIN", b"END"))


def _is_scanned(name: str) -> bool:
    return posixpath.splitext(posixpath.basename(name))[1].lower() in (".py", ".pye")


def _chunks(stream: IO[bytes], budget: _Budget) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        budget.spend(len(chunk))
        yield chunk


class _Scan:
    """Looks for the marks of encrypted code; PyPI reports the first member that has one."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, name: str, chunks: Iterator[bytes]) -> None:
        content = next(chunks, b"")
        rest = list(_limited(chunks, SCAN_LIMIT - len(content)))
        if rest and rest[-1] is None:
            return  # longer than what PyPI scans, but read to its end: damage shows there
        content = b"".join([content, *filter(None, rest)]) if rest else content
        tool = ""
        # One cheap look before the exact ones: hardly any module has either. Long ones are faster.
        if _ARMOUR in content and any(mark in content for mark in _PYARMOR):
            tool = "PyArmor"
        elif b" PYE FILE---" in content and all(mark in content for mark in _SOURCEDEFENDER):
            tool = "SourceDefender"
        if tool:
            text = (
                f"{tool}-encrypted content is not allowed. "
                "See https://pypi.org/policy/acceptable-use-policy/ for more information."
            )
            self.faults.append(Fault(rule="yara", text=text, member=name, detail=tool))


def _limited(chunks: Iterator[bytes], limit: int) -> Iterator[bytes | None]:
    """The chunks up to a limit; when there is more, it is passed over and `None` comes last."""
    for chunk in chunks:
        limit -= len(chunk)
        if limit >= 0:
            yield chunk
    if limit < 0:
        yield None


# --- strict zip framing --------------------------------------------------------------------------

_LOCAL = b"PK\x03\x04"
_CENTRAL = b"PK\x01\x02"
_END = b"PK\x05\x06"
_END64 = b"PK\x06\x06"
_LOCATOR64 = b"PK\x06\x07"
_MAX32 = 0xFFFFFFFF
_ZIP64_EXTRA = 0x0001
_UNICODE_PATH_EXTRA = 0x7075


class _FramingError(Exception):
    """Its text is PyPI's reason."""


def framing_problem(stream: IO[bytes], infos: Sequence[zipfile.ZipInfo]) -> str:
    """Why PyPI does not accept the framing of a zip, or "".

    It must read the same from the front (local headers) and from the back (central directory),
    without a byte between or behind. APPNOTE.TXT 4.3:
    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
    """
    try:
        _Framing(stream, infos).walk()
    except _FramingError as error:
        return str(error)
    return ""


class _Framing:
    def __init__(self, stream: IO[bytes], infos: Sequence[zipfile.ZipInfo]) -> None:
        self.stream = stream
        self.sizes = {info.orig_filename: (info.compress_size, info.file_size) for info in infos}
        self.local: set[bytes] = set()
        self.central: set[bytes] = set()
        self.directory_start: int | None = None
        self.directory_size = 0
        self.records = 0
        # (records, size, offset) as the end record says; the 64-bit one wins when located.
        self.claimed: tuple[int, int, int] | None = None
        self.has_end64 = False
        self.has_locator64 = False

    def walk(self) -> None:
        self.stream.seek(0)
        steps = {
            _LOCAL: self._local_header,
            _CENTRAL: self._central_header,
            _END64: self._end64,
            _LOCATOR64: self._locator64,
        }
        while (signature := self._take(4)) != _END:
            step = steps.get(signature)
            if step is None:
                raise _FramingError("Unknown record signature")
            step()
        self._end()
        if self.central != self.local:
            raise _FramingError("Mis-matched local headers and central directory")
        reached = self.stream.tell()  # past the end when the comment claims to be longer
        if reached != self.stream.seek(0, os.SEEK_END):
            raise _FramingError("Trailing data")

    def _take(self, amount: int) -> bytes:
        content = self.stream.read(amount)
        if len(content) != amount:
            raise _FramingError("Malformed zip file")
        return content

    def _name(self, length: int) -> bytes:
        return self._take(length)

    def _local_header(self) -> None:
        flags, method, packed, unpacked, name_length, extra_length = struct.unpack(
            "<2xHH8xLLHH", self._take(26)
        )
        name = self._take(name_length)
        extra = self._take(extra_length)
        _refuse_unprintable(name)
        packed, unpacked = _sizes_with_extra(extra, method, packed, unpacked)
        if flags & 0x08:
            raise _FramingError("ZIP contains a data descriptor")
        try:
            expected = self.sizes[name.decode("utf-8")]
        except UnicodeError:
            raise _FramingError("Filename not unicode") from None
        except KeyError:
            raise _FramingError("Filename not in central directory") from None
        if expected[0] != packed:
            raise _FramingError("Mis-matched data size")
        if expected[1] != unpacked:
            raise _FramingError("Mis-matched file size")
        self.stream.seek(packed, os.SEEK_CUR)
        if name in self.local:
            raise _FramingError("Duplicate filename in local headers")
        self.local.add(name)

    def _central_header(self) -> None:
        if self.directory_start is None:
            self.directory_start = self.stream.tell() - 4
        self.records += 1
        name_length, extra_length, comment_length = struct.unpack("<24xHHH12x", self._take(42))
        if comment_length:
            raise _FramingError("Comment in central directory")
        name = self._take(name_length)
        self._take(extra_length)
        _refuse_unprintable(name)
        self.directory_size += 46 + name_length + extra_length
        if name in self.central:
            raise _FramingError("Duplicate filename in central directory")
        if name not in self.local:
            raise _FramingError("Missing filename in local headers")
        self.central.add(name)

    def _end64(self) -> None:
        self.has_end64 = True
        length, here, records, size, offset = struct.unpack("<Q12xQQQQ", self._take(52))
        if here != records:
            raise _FramingError("Malformed zip file")
        if length != 44:
            raise _FramingError("ZIP64 extensible data not allowed")
        self.claimed = (records, size, offset)

    def _locator64(self) -> None:
        self._take(16)
        self.has_locator64 = True

    def _end(self) -> None:
        if self.has_end64 and not self.has_locator64:
            raise _FramingError("Malformed zip file")
        if self.directory_start is None:  # no members at all
            self.directory_start = self.stream.tell() - 4
        here, records, size, offset, comment_length = struct.unpack("<4xHHLLH", self._take(18))
        if here != records:
            raise _FramingError("Malformed zip file")
        self.stream.seek(comment_length, os.SEEK_CUR)
        if self.claimed is None or not self.has_locator64:
            self.claimed = (records, size, offset)
        if self.claimed[0] != self.records:
            raise _FramingError("Mismatched central directory records")
        if self.claimed[2] != self.directory_start:
            raise _FramingError("Mismatched central directory offset")
        if self.claimed[1] != self.directory_size:
            raise _FramingError("Mismatched central directory size")


def _refuse_unprintable(name: bytes) -> None:
    if any(byte < 0x20 or byte == 0x7F for byte in name):
        raise _FramingError("Invalid character in filename")


def _sizes_with_extra(extra: bytes, method: int, packed: int, unpacked: int) -> tuple[int, int]:
    """The member's sizes once the extra fields of its local header had their say."""
    seen: set[int] = set()
    while extra:
        if len(extra) < 4:
            raise _FramingError("Malformed zip file")
        kind, length = struct.unpack_from("<HH", extra)
        if length + 4 > len(extra):
            raise _FramingError("Malformed zip file")
        content, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind in seen and kind in (_ZIP64_EXTRA, _UNICODE_PATH_EXTRA):
            raise _FramingError("Invalid duplicate extra in local file")
        seen.add(kind)
        if kind == _ZIP64_EXTRA:
            packed, unpacked = _zip64_sizes(content, method, packed, unpacked)
        elif kind == _UNICODE_PATH_EXTRA:
            name = content[5:]  # after a version byte and a checksum
            _refuse_unprintable(name)
            try:
                name.decode("utf-8")
            except UnicodeError:
                raise _FramingError("Filename not valid UTF-8") from None
    return packed, unpacked


def _zip64_sizes(content: bytes, method: int, packed: int, unpacked: int) -> tuple[int, int]:
    if len(content) not in (0, 8, 16, 24, 28):
        raise _FramingError("Malformed zip file")
    if not content:
        if _MAX32 in (packed, unpacked):
            raise _FramingError("Malformed zip file")
        return packed, unpacked
    (first,) = struct.unpack_from("<Q", content)
    if len(content) == 8:
        if method != zipfile.ZIP_STORED:
            raise _FramingError("Malformed zip file")
        return first, first if unpacked == _MAX32 else unpacked
    (second,) = struct.unpack_from("<Q", content, 8)
    return second, first if unpacked == _MAX32 else unpacked


# --- whole distributions -------------------------------------------------------------------------


def kind_of(filename: str) -> Kind:
    """Wheel or sdist, by the filename alone."""
    return "wheel" if filename.lower().endswith(".whl") else "sdist"


def read_sha256(path: Path) -> str:
    """The digest by which indexes name a file's content."""
    sha256 = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(MIB):
            sha256.update(chunk)
    return sha256.hexdigest()


def read_digests(path: Path) -> tuple[str, str]:
    """SHA-256 and BLAKE2b-256 of a file, in one reading."""
    sha256 = hashlib.sha256()
    blake2 = hashlib.blake2b(digest_size=32)
    with path.open("rb") as stream:
        while chunk := stream.read(MIB):
            sha256.update(chunk)
            blake2.update(chunk)
    return sha256.hexdigest(), blake2.hexdigest()


def parse_metadata(member: str, text: bytes) -> Metadata:
    """METADATA or PKG-INFO with its lines; lenient, for reports."""
    head = re.split(rb"\r?\n\r?\n", text, maxsplit=1)[0]
    fields = []
    for number, line in enumerate(head.split(b"\n"), 1):
        name, colon, value = line.partition(b":")
        if colon and not line[:1].isspace():
            field_ = MetadataField(
                name=name.decode("utf-8", "replace").strip(),
                value=value.decode("utf-8", "replace").strip(),
                line=number,
            )
            fields.append(field_)
    raw = parse_email(text)[0]
    return Metadata(
        member=member, text=text, fields=tuple(fields), description=raw.get("description")
    )


def read_distribution(path: Path, archive: Archive | None = None) -> Distribution:
    """The sdist or wheel at `path`; `archive` is what was read of it before.

    Raises:
        UnreadableDistributionError: it is none, or without name and version.
    """
    archive = archive or read_archive(path, path.name)
    if archive.metadata is None:
        where = "METADATA" if path.name.endswith(".whl") else "PKG-INFO"
        raise UnreadableDistributionError(
            f"`{path}` is not a distribution: {where} cannot be read.",
            reason="; ".join([*archive.limits, *(fault.text for fault in archive.faults)]),
            hint="Build it again with `python -m build`.",
        )
    metadata = parse_metadata(archive.metadata_member, archive.metadata)
    sha256, blake2_256 = read_digests(path)
    return Distribution(
        path=path,
        filename=path.name,
        kind=kind_of(path.name),
        name=metadata.value("Name") or "",
        version=metadata.value("Version") or "",
        size=archive.size,
        sha256=sha256,
        blake2_256=blake2_256,
        metadata=metadata,
        members=archive.members,
    )
