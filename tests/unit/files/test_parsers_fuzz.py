"""The parsers of foreign bytes and texts neither crash nor contradict the libraries they follow."""

import contextlib
import gzip
import io
import tarfile
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.errors import ExceptionGroup
from packaging.metadata import Metadata

from nox_release.checks import upload
from nox_release.files.archives import framing_problem, is_tarfile, parse_metadata, read_archive

settings.register_profile(
    "bounded",
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
bounded = settings.get_profile("bounded")


def wheel(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def sdist(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


INFO = "foo-1.0.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n"
WHEEL = wheel(
    {
        "foo/__init__.py": b"",
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/WHEEL": b"Wheel-Version: 1.0\n",
        f"{INFO}/RECORD": b"",
    }
)
SDIST = sdist({"foo-1.0/PKG-INFO": METADATA, "foo-1.0/foo.py": b"x = 1\n"})
WHEEL_NAME, SDIST_NAME = "foo-1.0-py3-none-any.whl", "foo-1.0.tar.gz"

damage = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6)


def damaged(content, changes, end=None):
    mutable = bytearray(content)
    for place, byte in changes:
        mutable[place % len(mutable)] = byte
    return bytes(mutable[:end])


def verdicts(content, filename):
    archive = read_archive(content, filename)
    form = upload.form_from(archive, filename)
    steps = (
        upload.form_refusals(form),
        upload.metadata_refusals(form),
        upload.archive_refusals(archive, filename, form),
    )
    return [refusal for step in steps for refusal in step]


@bounded
@given(damage, st.none() | st.integers(1, len(WHEEL)))
def test_a_damaged_wheel_is_judged_without_a_crash(changes, end):
    for refusal in verdicts(damaged(WHEEL, changes, end), WHEEL_NAME):
        assert refusal.status in (400, 500)


@bounded
@given(damage, st.none() | st.integers(1, len(SDIST)))
def test_a_damaged_sdist_is_judged_without_a_crash(changes, end):
    for refusal in verdicts(damaged(SDIST, changes, end), SDIST_NAME):
        assert refusal.status in (400, 500)


@bounded
@given(damage)
def test_a_tar_damaged_below_its_compression_is_judged_without_a_crash(changes):
    content = gzip.compress(damaged(gzip.decompress(SDIST), changes))
    for refusal in verdicts(content, SDIST_NAME):
        assert refusal.status in (400, 500)


@bounded
@given(damage)
def test_tar_is_told_as_the_standard_library_tells_it(changes):
    for content in (SDIST, gzip.decompress(SDIST), WHEEL):
        changed = damaged(content, changes)
        try:
            expected = tarfile.is_tarfile(io.BytesIO(changed))
        except (EOFError, ValueError) as error:  # not foreseen there, and so PyPI answers 500
            with pytest.raises(type(error)):
                is_tarfile(io.BytesIO(changed))
        else:
            assert is_tarfile(io.BytesIO(changed)) == expected


@bounded
@given(st.binary(max_size=300))
def test_bytes_that_are_no_archive_are_refused(content):
    assert verdicts(content, WHEEL_NAME)
    assert verdicts(content, SDIST_NAME)


@bounded
@given(damage)
def test_framing_is_judged_without_a_crash(changes):
    with zipfile.ZipFile(io.BytesIO(WHEEL)) as archive:
        infos = archive.infolist()
    assert framing_problem(io.BytesIO(WHEEL), infos) == ""
    framing_problem(io.BytesIO(damaged(WHEEL, changes)), infos)


@bounded
@given(st.binary(max_size=400))
def test_any_bytes_pass_for_metadata(content):
    metadata = parse_metadata("METADATA", METADATA + content)
    assert metadata.value("Name") is not None
    members = {f"{INFO}/METADATA": METADATA + content, f"{INFO}/WHEEL": b"", f"{INFO}/RECORD": b""}
    verdicts(wheel(members), WHEEL_NAME)


@bounded
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_pass_for_record_and_entry_points(record, entry_points):
    members = {
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/WHEEL": b"",
        f"{INFO}/RECORD": record,
        f"{INFO}/entry_points.txt": entry_points,
    }
    verdicts(wheel(members), WHEEL_NAME)


FRAGMENTS = [
    "foo",
    "Foo.Bar",
    "1.0",
    ">=",
    "==",
    "~=",
    "===",
    ",",
    ";",
    "@",
    "(",
    ")",
    "[x]",
    "https://e.org/x",
    "python_version",
    "extra",
    "'x'",
    '"y"',
    "and",
    "or",
    "in",
    "not",
    "MIT",
    "Apache-2.0",
    "WITH",
    "LicenseRef-a",
    "+",
    "../",
    "*",
    "\\",
    ":",
    "é",
    "a@b.org",
    "<",
    ">",
    "text/markdown",
    "charset=",
    "UTF-8",
    "private",
    "class",
    ".",
]
soup = st.lists(st.sampled_from(FRAGMENTS), max_size=6).flatmap(
    lambda parts: st.sampled_from(["", " "]).map(lambda space: space.join(parts))
)
# Where packaging's own verdict depends on its release, the rules follow 26.2 (see checks.upload).
SAME_IN_EVERY_RELEASE = [
    field
    for field in upload.FIELDS
    if field.form
    not in ("metadata_version", "license_expression", "description_content_type", "summary")
]
RAW = {"platform": "platforms", "supported_platform": "supported_platforms"} | {
    "license_file": "license_files",
    "import_name": "import_names",
    "import_namespace": "import_namespaces",
}


@bounded
@given(st.sampled_from(SAME_IN_EVERY_RELEASE), st.lists(soup, min_size=1, max_size=3), soup)
def test_stage_a_agrees_with_packaging(field, many, one):
    values = tuple(many) if field.many else (one,)
    if field.form == "project_urls" or not any(values):
        return
    form = {"metadata_version": ("2.5",), "name": ("foo",), "version": ("1.0",)}
    form[field.form] = values
    raw = {"metadata_version": "2.5", "name": "foo", "version": "1.0"}
    key = RAW.get(field.form, field.form)
    raw[key] = list(values) if field.many else values[0]
    if key == "keywords":
        raw[key] = values[0].split(",")
    try:
        Metadata.from_raw(raw)
        texts = set()
    except ExceptionGroup as group:
        texts = {str(error) for error in group.exceptions}
    stage_a = {
        refusal.text
        for refusal in upload.metadata_refusals(form)
        if refusal.rule not in STAGE_B and refusal.status == 400
    }
    assert bool(texts) == bool(stage_a)
    assert all(any(text.startswith(said.rstrip(".")) for text in stage_a) for said in texts)


STAGE_B = {
    "local-version", "summary-length", "author-email", "maintainer-email", "classifier-unknown",
    "classifier-deprecated", "home-page", "download-url", "project-url-label", "project-url-url",
    "provides-obsoletes-dist", "direct-dependency", "dynamic-unknown", "license-both",
}  # fmt: skip


@bounded
@given(st.text(max_size=40))
def test_any_text_is_judged_as_any_field(text):
    for field in upload.FIELDS:
        form = {"metadata_version": ("2.5",), "name": ("foo",), "version": ("1.0",)}
        form[field.form] = (text,)
        list(upload.metadata_refusals(form))
    list(upload.form_refusals({"name": (text,)}))
    list(upload.name_refusals(text))
    list(upload.filename_refusals(text, "sdist"))


@bounded
@given(st.text(max_size=30).map(lambda text: f"{text}.whl"))
def test_any_name_of_a_wheel_is_parsed_or_refused(filename):
    with contextlib.suppress(upload.InvalidWheelFilename):
        assert upload.parse_wheel_filename(filename).platforms
