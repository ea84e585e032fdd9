"""Every Python reads a zip as PyPI's does."""

import io
import struct
import zipfile
import zlib

import pytest

from nox_release.files.archives import read_archive
from nox_release.files.zip_files import ZipReader

WHEEL = "demo-1.0-py3-none-any.whl"
FILES = {
    "demo-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\n",
    "demo-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
    "demo/a.py": b"x = 1\n",
    "demo/b.py": b"y = 1\n",
}


def packed(extra=b"", method=zipfile.ZIP_STORED):
    """The files, `extra` in the headers of each."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in FILES.items():
            info = zipfile.ZipInfo(name)
            info.extra, info.compress_type = extra, method
            archive.writestr(info, content)
    return stream.getvalue()


def unicode_path(of, name, *, version=1):
    content = struct.pack("<BL", version, zlib.crc32(of.encode())) + name
    return struct.pack("<HH", 0x7075, len(content)) + content


def reaching(name, amount):
    """The files; one of them is said to be longer than it is."""
    raw = bytearray(packed())
    entry = raw.find(name.encode(), raw.find(b"PK\x01\x02")) - 46
    (size,) = struct.unpack_from("<L", raw, entry + 20)
    struct.pack_into("<LL", raw, entry + 20, size + amount, size + amount)
    return bytes(raw)


@pytest.mark.parametrize("name", ["demo/a.py", "demo/b.py"])
def test_a_module_that_reaches_into_what_follows_is_damaged(name):
    archive = read_archive(reaching(name, 30), WHEEL)
    assert (archive.faults[0].rule, archive.faults[0].member) == ("archive-corrupt", name)


def test_a_module_before_the_start_of_the_file_is_no_crash():
    raw = bytearray(packed(method=zipfile.ZIP_DEFLATED))
    end = raw.find(b"PK\x05\x06")
    (offset,) = struct.unpack_from("<L", raw, end + 16)
    struct.pack_into("<L", raw, end + 16, offset + 600)
    assert read_archive(bytes(raw), WHEEL).faults


def test_files_one_behind_the_other_do_not_overlap():
    with ZipReader(io.BytesIO(packed())) as archive:
        assert not any(map(archive.overlaps, archive.infolist()))
        assert [archive.open_member(info).read() for info in archive.infolist()] == [
            *FILES.values()
        ]


def test_a_unicode_path_for_this_very_name_is_the_name():
    extra = unicode_path("demo/a.py", "demo/ä.py".encode())
    with ZipReader(io.BytesIO(packed(extra))) as archive:
        names = [info.filename for info in archive.infolist()]
        assert names == [name.replace("/a", "/ä") for name in FILES]
        assert archive.open_member(archive.infolist()[2]).read() == FILES["demo/a.py"]


@pytest.mark.parametrize(
    "extra", [unicode_path("demo/a.py", b""), unicode_path("demo/a.py", b"c", version=2)]
)
def test_an_empty_or_unknown_unicode_path_changes_nothing(extra):
    with ZipReader(io.BytesIO(packed(extra))) as archive:
        assert [info.filename for info in archive.infolist()] == [*FILES]


@pytest.mark.parametrize(
    "extra", [unicode_path("demo/a.py", b"\xff"), struct.pack("<HHB", 0x7075, 1, 1)]
)
def test_a_damaged_unicode_path_damages_the_file(extra):
    (fault,) = read_archive(packed(extra), WHEEL).faults
    assert (fault.rule, fault.text) == ("archive-corrupt", "None")
