"""Makes files that mean harm: each function writes one and returns its path.

Small on disk, large or malformed once read.
"""

import bz2
import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

MIB = 1024 * 1024
METADATA = b"Metadata-Version: 2.1\nName: harm\nVersion: 1.0\n"
WHEEL = "harm-1.0-py3-none-any.whl"
SDIST = "harm-1.0.tar.gz"
INFO = "harm-1.0.dist-info"
TOP = "harm-1.0"


def write_wheel(directory, members=(), *, metadata=METADATA, name=WHEEL):
    """A wheel with the files that every wheel has, and `members` before them."""
    path = Path(directory, name)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members:
            archive.writestr(member, content)
        archive.writestr(f"{INFO}/METADATA", metadata)
        archive.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr(f"{INFO}/RECORD", "")
    return path


def write_sdist(directory, members=(), *, metadata=METADATA, name=SDIST, **options):
    """A .tar.gz with a PKG-INFO, and `members` (TarInfo, content) after it."""
    path = Path(directory, name)
    with tarfile.open(path, "w:gz", **options) as archive:
        _add(archive, f"{TOP}/PKG-INFO", metadata)
        for info, content in members:
            member = tarfile.TarInfo(info) if isinstance(info, str) else info
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content) if member.isreg() else None)
    return path


def _add(archive, name, content):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def zip_bomb(directory):
    """A wheel of 2 MB that unpacks to half a GiB."""
    path = write_wheel(directory)
    chunk = bytes(MIB)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("harm/zeros.py", "w", force_zip64=True) as member,
    ):
        for _ in range(512):
            member.write(chunk)
    return path


def flat_zip_bomb(directory):
    """Forty thousand directory entries over one and the same compressed kernel."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = kernel.compress(bytes(4 * MIB)) + kernel.flush()
    crc = zlib.crc32(bytes(4 * MIB))
    name = b"harm/x%06d.py"
    out = io.BytesIO()
    first = name % 0
    out.write(_local(first, packed, 4 * MIB, crc) + packed)
    start = out.tell()
    for number in range(40_000):
        out.write(_central(name % number, packed, 4 * MIB, crc, 0))
    out.write(_end(40_000, out.tell() - start, start))
    path = Path(directory, WHEEL)
    path.write_bytes(out.getvalue())
    return path


def lying_zip_bomb(directory):
    """A module that claims one byte and unpacks to 4 GiB."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, -15)
    packed = b"".join(compressor.compress(bytes(MIB)) for _ in range(1024)) + compressor.flush()
    name = b"harm/x.py"
    out = io.BytesIO()
    out.write(_local(name, packed, 1, 0) + packed)
    start = out.tell()
    out.write(_central(name, packed, 1, 0, 0))
    out.write(_end(1, out.tell() - start, start))
    path = Path(directory, WHEEL)
    path.write_bytes(out.getvalue())
    return path


def _local(name, packed, size, crc):
    return (
        b"PK\3\4"
        + struct.pack("<HHHHHLLLHH", 20, 0, 8, 0, 33, crc, len(packed), size, len(name), 0)
        + name
    )


def _central(name, packed, size, crc, offset):
    head = struct.pack(
        "<HHHHHHLLLHHH", 20, 20, 0, 8, 0, 33, crc, len(packed), size, len(name), 0, 0
    )
    return b"PK\1\2" + head + struct.pack("<HHLL", 0, 0, 0, offset) + name


def _end(count, size, start):
    count = min(count, 0xFFFF)
    return b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, count, count, size, start, 0)


def crowded_zip(directory):
    """Half a million empty members."""
    out = io.BytesIO()
    start = out.tell()
    for number in range(500_000):
        out.write(_central(b"%07d" % number, b"", 0, 0, 0))
    out.write(_end(500_000, out.tell() - start, start))
    path = Path(directory, WHEEL)
    path.write_bytes(out.getvalue())
    return path


def tar_bomb(directory):
    """An sdist of 10 MB that unpacks to 10 GiB."""
    path = Path(directory, SDIST)
    compressor = zlib.compressobj(1, zlib.DEFLATED, 31)
    with path.open("wb") as out:
        info = tarfile.TarInfo(f"{TOP}/zeros.bin")
        info.size = 10 * 1024 * MIB
        out.write(compressor.compress(info.tobuf(tarfile.GNU_FORMAT)))
        once = compressor.copy()
        block = once.compress(bytes(64 * MIB)) + once.flush(zlib.Z_FULL_FLUSH)
        out.write(compressor.flush(zlib.Z_FULL_FLUSH))
        for _ in range(160):
            out.write(block)
        out.write(b"\x03\x00")  # the end of the stream; its checksum is never reached
    return path


def crowded_tar(directory):
    """A million empty members in 3 MB."""
    path = Path(directory, SDIST)
    header = tarfile.TarInfo(f"{TOP}/x").tobuf(tarfile.USTAR_FORMAT)
    with gzip.open(path, "wb", compresslevel=1) as out:
        block = header * 2048
        for _ in range(500):
            out.write(block)
    return path


def endless_tar_header(directory):
    """A long name of 3 GiB, as its header claims, of zeros."""
    path = Path(directory, SDIST)
    info = tarfile.TarInfo("././@LongLink")
    info.type = tarfile.GNUTYPE_LONGNAME
    info.size = 3 * 1024 * MIB
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(info.tobuf(tarfile.GNU_FORMAT))
        for _ in range(256):
            out.write(bytes(MIB))
    return path


def pax_of_digits(directory):
    """A pax header of a quarter of a million digits, which some Pythons read in quadratic time."""
    path = Path(directory, SDIST)
    content = b"1" * 250_000
    info = tarfile.TarInfo("pax")
    info.type = tarfile.XHDTYPE
    info.size = len(content)
    with gzip.open(path, "wb") as out:
        out.write(info.tobuf(tarfile.USTAR_FORMAT))
        out.write(content + bytes(-len(content) % 512))
        out.write(tarfile.TarInfo(f"{TOP}/PKG-INFO").tobuf(tarfile.USTAR_FORMAT))
        out.write(bytes(1024))
    return path


def xz_for_gigabytes(directory):
    """A .tar.gz that is an xz stream asking for a dictionary of 1.5 GiB."""
    path = Path(directory, SDIST)
    # Stream header, block header with LZMA2 and the largest dictionary, and nothing behind.
    flags = b"\x00\x00"
    header = b"\xfd7zXZ\x00" + flags + struct.pack("<L", zlib.crc32(flags))
    block = b"\x02\x00\x21\x01\x25\x00\x00\x00"
    path.write_bytes(header + block + struct.pack("<L", zlib.crc32(block)) + b"\xe0" * 1000)
    return path


def bz2_bomb(directory):
    path = Path(directory, SDIST)
    path.write_bytes(bz2.compress(bytes(64 * MIB)))
    return path


def metadata_of_100_mb(directory):
    return write_wheel(directory, metadata=METADATA + b"\n" + b"words " * (100 * MIB // 6))


def pkg_info_of_100_mb(directory):
    return write_sdist(directory, metadata=METADATA + b"\n" + b"words " * (100 * MIB // 6))


def metadata_of_many_headers(directory):
    lines = b"".join(b"X-%d: y\n" % number for number in range(200_000))
    return write_wheel(directory, metadata=METADATA + lines)


def metadata_of_many_requirements(directory):
    lines = b"Requires-Dist: a (>=1); python_version < '3'\n" * 100_000
    return write_wheel(directory, metadata=METADATA + lines)


def metadata_of_nested_markers(directory):
    marker = b"(" * 5000 + b"os_name == 'x'" + b")" * 5000
    return write_wheel(directory, metadata=METADATA + b"Requires-Dist: a; " + marker + b"\n")


def metadata_of_nested_licences(directory):
    expression = b"(" * 5000 + b"MIT" + b")" * 5000
    text = METADATA.replace(b"2.1", b"2.4") + b"License-Expression: " + expression + b"\n"
    return write_wheel(directory, metadata=text)


def metadata_of_endless_number(directory):
    return write_wheel(directory, metadata=METADATA.replace(b"1.0", b"9" * 5000))


def invalid_utf_8(directory):
    return write_wheel(directory, metadata=METADATA + b"Summary: caf\xe9\n\ncaf\xe9\n")


def long_description(directory):
    text = b"* item `link <https://example.org>`_ and *emphasis*\n" * 60_000
    return write_sdist(directory, metadata=METADATA + b"\n" + text)


def record_of_many_lines(directory):
    path = write_wheel(directory)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{INFO}/METADATA", METADATA)
        archive.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr(f"{INFO}/RECORD", "a/b.py,,\n" * 1_500_000)
    return path


def entry_points_of_many_lines(directory):
    text = "[console_scripts]\n" + "".join(f"a{number} = b:c\n" for number in range(500_000))
    return write_wheel(directory, [(f"{INFO}/entry_points.txt", text)])


def traversing_wheel(directory):
    return write_wheel(directory, [("../../evil.py", "x = 1\n")])


def absolute_wheel(directory):
    return write_wheel(directory, [("/tmp/evil.py", "x = 1\n")])


def traversing_sdist(directory):
    return write_sdist(directory, [(f"{TOP}/../../evil.py", b"x = 1\n")])


def absolute_sdist(directory):
    return write_sdist(directory, [("/tmp/evil.py", b"x = 1\n")])


def sdist_with_links_outside(directory):
    symlink = tarfile.TarInfo(f"{TOP}/passwd")
    symlink.type, symlink.linkname = tarfile.SYMTYPE, "/etc/passwd"
    hardlink = tarfile.TarInfo(f"{TOP}/shadow")
    hardlink.type, hardlink.linkname = tarfile.LNKTYPE, "/etc/shadow"
    return write_sdist(directory, [(symlink, b""), (hardlink, b"")])


def sdist_with_pkg_info_link(directory):
    path = Path(directory, SDIST)
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo(f"{TOP}/PKG-INFO")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        loop = tarfile.TarInfo(f"{TOP}/loop")
        loop.type, loop.linkname = tarfile.SYMTYPE, "loop"
        archive.addfile(loop)
    return path


def sdist_with_device(directory):
    device = tarfile.TarInfo(f"{TOP}/null")
    device.type = tarfile.CHRTYPE
    return write_sdist(directory, [(device, b"")])


def wheel_with_symlink(directory):
    link = zipfile.ZipInfo("harm/link")
    link.external_attr = 0o120777 << 16
    return write_wheel(directory, [(link, "/etc/passwd")])


def duplicate_entries(directory):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return write_wheel(directory, [("harm/a.py", "1"), ("harm/a.py", "2")])


def mismatched_entries(directory):
    """The central directory names another file than the local header."""
    path = write_wheel(directory, [("harm/aaaa.py", "1")])
    content = path.read_bytes()
    path.write_bytes(content.replace(b"harm/aaaa.py", b"harm/bbbb.py", 1))
    return path


def duplicate_tar_entries(directory):
    return write_sdist(directory, [(f"{TOP}/a.py", b"1"), (f"{TOP}/a.py", b"2")])


def encrypted_wheel(directory):
    path = write_wheel(directory)
    content = bytearray(path.read_bytes())
    place = content.find(b"PK\1\2")
    while place >= 0:
        content[place + 8] |= 1
        place = content.find(b"PK\1\2", place + 4)
    path.write_bytes(content)
    return path


def _of_bytes(name, content):
    def write(directory):
        path = Path(directory, name)
        path.write_bytes(content)
        return path

    return write


def truncated_wheel(directory):
    path = write_wheel(directory)
    path.write_bytes(path.read_bytes()[:-30])
    return path


def truncated_sdist(directory):
    path = write_sdist(directory, [(f"{TOP}/data", bytes(range(256)) * 400)])
    path.write_bytes(path.read_bytes()[:-40])
    return path


HOSTILE = {
    function.__name__: function
    for function in (
        zip_bomb,
        flat_zip_bomb,
        lying_zip_bomb,
        crowded_zip,
        tar_bomb,
        crowded_tar,
        endless_tar_header,
        pax_of_digits,
        xz_for_gigabytes,
        bz2_bomb,
        metadata_of_100_mb,
        pkg_info_of_100_mb,
        metadata_of_many_headers,
        metadata_of_many_requirements,
        metadata_of_nested_markers,
        metadata_of_nested_licences,
        metadata_of_endless_number,
        invalid_utf_8,
        long_description,
        record_of_many_lines,
        entry_points_of_many_lines,
        traversing_wheel,
        absolute_wheel,
        traversing_sdist,
        absolute_sdist,
        sdist_with_links_outside,
        sdist_with_pkg_info_link,
        sdist_with_device,
        wheel_with_symlink,
        duplicate_entries,
        mismatched_entries,
        duplicate_tar_entries,
        encrypted_wheel,
        truncated_wheel,
        truncated_sdist,
    )
} | {
    "two_bytes_of_zip": _of_bytes(WHEEL, b"PK"),
    "two_bytes_of_gzip": _of_bytes(SDIST, b"\x1f\x8b"),
    "empty_wheel": _of_bytes(WHEEL, b""),
    "empty_sdist": _of_bytes(SDIST, b""),
    "zeros": _of_bytes(SDIST, bytes(4096)),
}
