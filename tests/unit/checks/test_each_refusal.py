"""PyPI's rules on forms and archives: each is tripped by name, by the smallest thing that breaks it."""

import io
import tarfile
import zipfile

import pytest

from nox_release.checks import upload
from nox_release.checks.files.checking import check_distributions
from nox_release.files.archives import RATIO_FLOOR, read_archive

FORM = {
    "name": ("demo",),
    "version": ("1",),
    "metadata_version": ("2.1",),
    "filetype": ("sdist",),
    "sha256_digest": ("0" * 64,),
}


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"protocol_version": ("2",)}, "protocol-version"),
        ({"filetype": ("exe",)}, "form-filetype"),
        ({"filetype": ("bdist_wheel",)}, "form-pyversion"),
        ({"sha256_digest": ("zz",)}, "form-digest"),
        ({"sha256_digest": ()}, "form-digest"),
        ({}, None),
    ],
)
def test_a_form_that_pypi_refuses(changed, rule):
    assert [one.rule for one in upload.form_refusals({**FORM, **changed})] == [rule] * bool(rule)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"name": ()}, "name-required"),
        ({"version": ()}, "version-required"),
        ({"description_content_type": ("text/markdown; variant=x",)}, "markdown-variant"),
        ({"description_content_type": ("text/markdown; variant=GFM",)}, None),
    ],
)
def test_metadata_that_pypi_refuses(changed, rule):
    found = upload.metadata_refusals({**FORM, **changed})
    assert [one.rule for one in found] == [rule] * bool(rule)


def test_a_file_over_the_limit_is_refused():
    limit = 100 * upload.MIB
    assert [one.rule for one in upload.size_refusals(limit + 1, "demo")] == ["file-too-large"]
    assert list(upload.size_refusals(limit, "demo")) == []


METADATA = "Metadata-Version: 2.4\nName: demo\nVersion: 1\nLicense-Expression: MIT\nLicense-File: LICENSE\n"
INFO = "demo-1.dist-info/"
WHEEL = {
    f"{INFO}WHEEL": "Wheel-Version: 1.0\n",
    f"{INFO}METADATA": METADATA,
    f"{INFO}RECORD": "",
    f"{INFO}licenses/LICENSE": "x",
}
SDIST = {"demo-1/PKG-INFO": METADATA, "demo-1/LICENSE": "x"}
ARMOUR = "__pyarm" + "or__"  # put together, or this file would bear the mark


def tarred(files, mode="w:gz"):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


def zipped(files, method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return stream.getvalue()


def without(files, name):
    return {path: text for path, text in files.items() if not path.endswith(name)}


def rules_of(content, filename):
    archive = read_archive(content, filename)
    form = upload.form_from(archive, filename)
    return [one.rule for one in upload.archive_refusals(archive, filename, form)]


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        (zipped(WHEEL), []),
        (b"no", ["not-zip"]),
        (zipped(WHEEL, zipfile.ZIP_BZIP2), ["compression-type"]),
        (zipped(without(WHEEL, "WHEEL")), ["wheel-file-missing"]),
        (zipped(without(WHEEL, "METADATA")), ["wheel-metadata-missing"]),
        (zipped(without(WHEEL, "RECORD")), ["wheel-record-missing"]),
        (zipped(without(WHEEL, "LICENSE")), ["wheel-license-file"]),
        (
            zipped({**WHEEL, "demo.py": f"{ARMOUR}(__name__, __file__, b'\\x50\\x59\\x41', 2)"}),
            ["yara"],
        ),
    ],
)
def test_a_wheel_that_pypi_refuses(content, rules):
    assert rules_of(content, "demo-1-py3-none-any.whl") == rules


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        (tarred(SDIST), []),
        (b"no", ["not-tar"]),
        (tarred({**SDIST, "other/x": ""}), ["one-top-level"]),
        (tarred({"demo-1/x": "", "demo-1/y": ""}), ["pkg-info-missing"]),
        (tarred({**without(SDIST, "LICENSE"), "demo-1/x": ""}), ["sdist-license-file"]),
    ],
)
def test_an_sdist_that_pypi_refuses(content, rules):
    assert rules_of(content, "demo-1.tar.gz") == rules


@pytest.mark.parametrize(
    ("filename", "rules"),
    [
        ("demo-2-py3-none-any.whl", ["wheel-filename-version"]),
        ("demo-1.whl", ["wheel-filename-parse"]),
        ("other-1-py3-none-any.whl", ["wheel-filename-name", "wheel-filename-normalised"]),
    ],
)
def test_a_wheel_whose_filename_says_something_else(filename, rules):
    archive = read_archive(zipped(WHEEL), "demo-1-py3-none-any.whl")
    form = upload.form_from(archive, "demo-1-py3-none-any.whl")
    found = [one.rule for one in upload.archive_refusals(archive, filename, form)]
    assert found[: len(rules)] == rules


@pytest.mark.parametrize(
    ("filename", "rule"),
    [("demo.tar.gz", "sdist-filename-parse"), ("other-1.tar.gz", "sdist-filename-name")],
)
def test_an_sdist_whose_filename_says_something_else(filename, rule):
    assert rules_of(tarred(SDIST), filename)[0] == rule


def remarks(tmp_path, files, filename="demo-1-py3-none-any.whl"):
    path = tmp_path / filename
    path.write_bytes(zipped(files))
    return {one.id: one.severity.value for one in check_distributions([path])}


@pytest.mark.parametrize(
    ("member", "text", "rule"),
    [
        ("METADATA", METADATA, "description-missing"),
        ("METADATA", f'{METADATA}Requires-Dist: x; extra == "y"\n', "extra-undeclared"),
        ("WHEEL", "Wheel-Version: 2.0\n", "wheel-format"),
    ],
)
def test_what_pypi_takes_and_is_wrong_all_the_same_is_a_warning(tmp_path, member, text, rule):
    assert remarks(tmp_path, {**WHEEL, f"{INFO}{member}": text})[rule] == "warning"


def test_a_file_that_is_zip_and_tar_at_once_is_refused():
    both = tarred(SDIST, "w") + zipped(WHEEL)
    assert "zip-and-tar" in rules_of(both, "demo-1-py3-none-any.whl")


def sparse():
    """A tar file with a member of GNU's sparse type."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", format=tarfile.GNU_FORMAT) as archive:
        for name, text in SDIST.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
        member = tarfile.TarInfo("demo-1/holes")
        member.type = tarfile.GNUTYPE_SPARSE
        archive.addfile(member)
    return stream.getvalue()


def test_an_sdist_with_a_sparse_member_is_refused():
    assert rules_of(sparse(), "demo-1.tar.gz") == ["sdist-sparse"]


def test_a_wheel_on_which_pypis_own_program_fails_is_unreadable():
    content = bytearray(zipped(WHEEL))
    entry = content.index(b"PK\x01\x02")
    content[entry + 6 : entry + 8] = b"\xff\xff"  # made by, and needed to extract: not known
    assert rules_of(bytes(content), "demo-1-py3-none-any.whl")[0] == "archive-unreadable"


def test_a_description_that_is_too_long_to_be_tried_is_said(tmp_path):
    long = f"{METADATA}Description-Content-Type: text/x-rst\n\n" + "word " * 100_000
    found = remarks(tmp_path, {**WHEEL, f"{INFO}METADATA": long})
    assert found["description-not-rendered"] == "warning"


def test_an_sdist_that_unpacks_to_a_multiple_of_its_size_is_said(tmp_path):
    path = tmp_path / "demo-1.tar.gz"
    path.write_bytes(tarred({**SDIST, "demo-1/zeros": "\0" * (RATIO_FLOOR + 1)}))
    assert "sdist-unpacks-large" in [one.id for one in check_distributions([path])]
