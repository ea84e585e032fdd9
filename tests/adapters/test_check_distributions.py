"""The public check of given files: every violation at once, each with its place and its remedy."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

import nox_release
from nox_release.core.errors import IndexUnavailableError
from nox_release.core.findings import Severity
from nox_release.rehearsal.index import RehearsalIndex

GOOD = "Metadata-Version: 2.4\nName: orc\nVersion: 1.0\nDescription-Content-Type: text/markdown\n"


INDENTED = "\n        "


def make_wheel(folder, metadata=GOOD, *, name="orc-1.0-py3-none-any.whl", files=None, record=None):
    path = Path(folder, name)
    info = "-".join(name.split("-")[:2]) + ".dist-info"
    members = {
        "orc/__init__.py": "",
        f"{info}/METADATA": f"{metadata}\n# Hello\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\n",
        **(files or {}),
    }
    if record is None:
        record = "".join(f"{member},,\n" for member in [*members, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in {**members, f"{info}/RECORD": record}.items():
            if content is not None:
                archive.writestr(member, content)
    return path


def make_sdist(folder, metadata=GOOD, *, name="orc-1.0.tar.gz", top=None, body="# Hello\n"):
    path = Path(folder, name)
    top = top or name.removesuffix(".tar.gz")
    with tarfile.open(path, "w:gz") as archive:
        members = {"PKG-INFO": f"{metadata}\n{body}", "pyproject.toml": ""}
        for member, content in members.items():
            info = tarfile.TarInfo(f"{top}/{member}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content.encode()))
    return path


def ids(findings):
    return [finding.id for finding in findings]


def test_good_files_have_no_findings(tmp_path):
    assert nox_release.check_distributions([make_wheel(tmp_path), make_sdist(tmp_path)]) == ()


def test_every_violation_is_reported_at_once(tmp_path):
    metadata = (
        GOOD
        + "Summary: "
        + "u" * 600
        + "\nClassifier: Foo :: Bar\nClassifier: Private :: Do Not Upload\n"
        + "Requires-Dist: foo @ https://example.org/foo.whl\nRequires-Dist: foo bar\n"
        + "Author-Email: nobody\nProject-URL: Docs, example.org\nLicense: MIT\n"
        + "License-Expression: MIT\nLicense-File: LICENSE\n"
    )
    wheel = make_wheel(tmp_path, metadata, name="Orc-1.0-cp313-cp313-linux_x86_64.whl", record="\n")
    found = nox_release.check_distributions([wheel])
    assert sorted(ids(found)) == sorted(
        [
            "summary-length",
            "classifier-unknown",
            "classifier-unknown",
            "direct-dependency",
            "requires-dist-syntax",
            "author-email",
            "project-url-url",
            "license-both",
            "wheel-license-file",
            "wheel-platform",
            "wheel-filename-normalised",
            "wheel-record-blank-line",
        ]
    )


def test_a_finding_has_its_place_its_reason_and_its_remedy(tmp_path):
    wheel = make_wheel(tmp_path, GOOD + "Requires-Dist: a\nRequires-Dist: foo @ file:///x\n")
    (finding,) = nox_release.check_distributions([wheel])
    assert finding.severity is Severity.ERROR
    assert finding.message == "The dependency `foo @ file:///x` is an address."
    assert finding.where.file == f"{wheel.as_posix()}/orc-1.0.dist-info/METADATA"
    assert (finding.where.key, finding.where.line) == ("Requires-Dist", 6)
    assert finding.why
    assert "project.dependencies" in finding.fix
    assert finding.link.startswith("https://packaging.python.org/")
    assert finding.refusal.startswith("400 Can't have direct dependency: foo @ file:///x.")


def test_a_description_that_does_not_render_is_shown_with_its_line(tmp_path):
    metadata = GOOD.replace("text/markdown", "text/x-rst")
    sdist = make_sdist(tmp_path, f"{metadata}\nTitle\n=====\n\n.. toctree::\n")
    (finding,) = nox_release.check_distributions([sdist])
    assert finding.id == "description-render"
    assert finding.message == (
        'PyPI cannot render the description. Line 4: Unknown directive type "toctree".'
    )


@pytest.mark.parametrize(("last", "is_the_cause"), [("Good.", True), (".. toctree::", False)])
def test_a_description_that_old_setuptools_indented_asks_for_a_new_build(
    tmp_path, last, is_the_cause
):
    lines = ["Title", "=====", "", last]
    metadata = (
        f"Metadata-Version: 1.1\nName: orc\nVersion: 1.0\nDescription: {INDENTED.join(lines)}\n"
    )
    findings = nox_release.check_distributions([make_sdist(tmp_path, metadata, body="")])
    (refused,) = [finding for finding in findings if finding.id == "description-render"]
    assert ("with a current setuptools" in refused.fix) is is_the_cause


@pytest.mark.parametrize(
    ("body", "severity"),
    [
        ("Title\n=====\n\nA `link <https://example.org>`_ (#1).\n", Severity.ADVICE),
        ("A badge::\n\n    [![x](https://example.org)](https://example.org)\n", Severity.ADVICE),
        ("# Title\n", Severity.WARNING),
        ("A [link](https://example.org).\n", Severity.ADVICE),
        ("A [link](https://example.org), [another](https://example.org).\n", Severity.WARNING),
        ("A [link](https://a.org), [two](https://b.org) and `c <d>`_.\n", Severity.ADVICE),
    ],
)
def test_a_description_of_no_type_matters_where_it_looks_like_markdown(tmp_path, body, severity):
    metadata = "Metadata-Version: 2.1\nName: orc\nVersion: 1.0\n"
    (finding,) = nox_release.check_distributions([make_sdist(tmp_path, metadata, body=body)])
    assert (finding.id, finding.severity) == ("description-type-missing", severity)


def test_a_description_that_does_not_render_may_have_braces(tmp_path):
    """`{project}` is what a template that was never filled in leaves behind."""
    metadata = GOOD.replace("markdown", "x-rst")
    sdist = make_sdist(tmp_path, metadata, body="See `{project}`_.\n")
    (found,) = nox_release.check_distributions([sdist])
    assert found.id == "description-render"
    assert 'Unknown target name: "{project}".' in found.message


def test_a_message_ends_with_one_full_stop(tmp_path):
    metadata = GOOD.replace("2.4", "2.3") + "License-Expression: MIT\n"
    (finding,) = nox_release.check_distributions([make_wheel(tmp_path, metadata)])
    assert finding.message == "license-expression introduced in metadata version 2.4, not 2.3."


def test_a_mistyped_classifier_gets_a_suggestion(tmp_path):
    wheel = make_wheel(tmp_path, GOOD + "Classifier: Development Status :: 4 - Betta\n")
    (finding,) = nox_release.check_distributions([wheel])
    assert "`Development Status :: 4 - Beta`" in finding.fix


def test_a_record_that_differs_is_a_warning_only(tmp_path):
    (finding,) = nox_release.check_distributions([make_wheel(tmp_path, record="a.py,,\n")])
    assert (finding.id, finding.severity) == ("wheel-record-mismatch", Severity.WARNING)
    assert "does not list 4 files" in finding.message
    assert "lists 1 file (`a.py`) not in the wheel" in finding.message


def test_another_directory_in_the_sdist_is_a_warning_only(tmp_path):
    (finding,) = nox_release.check_distributions([make_sdist(tmp_path, top="orc")])
    assert (finding.id, finding.severity) == ("sdist-other-directory", Severity.WARNING)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("X-Foo: bar\n", "there is no field `x-foo`"),
        ("Author: caf\udce9\n", "`author` is not UTF-8"),
        ("Requires-Python: UNKNOWN\n", "`requires-python` is UNKNOWN"),
    ],
)
def test_what_twine_refuses_and_pypi_takes_is_a_warning_only(tmp_path, lines, said):
    path = tmp_path / "orc-1.0-py3-none-any.whl"
    make_wheel(tmp_path, files={"orc-1.0.dist-info/METADATA": None}, record="")
    with zipfile.ZipFile(path, "a") as archive:
        text = (GOOD + lines + "\n# Hello\n").encode("utf-8", "surrogateescape")
        archive.writestr("orc-1.0.dist-info/METADATA", text)
    found = nox_release.check_distributions([path])
    assert {finding.severity for finding in found} == {Severity.WARNING}
    (finding,) = [finding for finding in found if finding.id == "twine-refuses"]
    assert said in finding.message


def test_a_field_given_twice_is_refused(tmp_path):
    found = nox_release.check_distributions(
        [make_wheel(tmp_path, GOOD + "Summary: a\nSummary: b\n")]
    )
    assert ids(found) == ["field-unparsed"]
    assert found[0].message == "Summary is given twice."


def test_one_bad_name_is_one_finding(tmp_path):
    metadata = GOOD.replace("Name: orc", "Name: -orc")
    found = nox_release.check_distributions([make_wheel(tmp_path, metadata)])
    assert ids(found)[0] == "form-name"
    assert not {"name-invalid", "name-syntax"} & set(ids(found))


def test_the_same_bytes_under_two_names_are_refused(tmp_path):
    first = make_wheel(tmp_path)
    second = tmp_path / "orc-1.0-1-py3-none-any.whl"
    second.write_bytes(first.read_bytes())
    (finding,) = nox_release.check_distributions([first, second])
    assert finding.id == "same-content"
    assert finding.where.file == second.as_posix()
    assert finding.refusal.startswith("400 File already exists ('orc-1.0-1-py3-none-any.whl'")


def test_one_name_with_two_contents_is_refused(tmp_path):
    (tmp_path / "other").mkdir()
    paths = [make_sdist(tmp_path), make_sdist(tmp_path / "other", GOOD + "Summary: x\n")]
    assert set(ids(nox_release.check_distributions(paths))) == {"file-exists", "second-sdist"}


def test_half_a_release_is_told(tmp_path):
    metadata = GOOD.replace("orc", "Orc.X")
    wheel = make_wheel(tmp_path, metadata, name="orc_x-1.0-py3-none-any.whl")
    sdist = make_sdist(tmp_path, metadata, name="Orc.X-1.0.tar.gz")
    found = nox_release.check_distributions([wheel, sdist])
    assert ids(found) == ["sdist-filename-exact", "half-release"]
    assert "should be 'orc_x-1.0.tar.gz'" in found[0].message


def test_files_of_two_versions_are_told(tmp_path):
    older = make_sdist(tmp_path, GOOD.replace("1.0", "0.9"), name="orc-0.9.tar.gz")
    (finding,) = nox_release.check_distributions([older, make_sdist(tmp_path)])
    assert finding.id == "several-versions"
    assert "0.9, 1.0" in finding.message


def test_errors_come_first(tmp_path):
    wheel = make_wheel(tmp_path, GOOD + "Summary: " + "u" * 600 + "\n", record="")
    found = nox_release.check_distributions([wheel])
    assert [finding.severity for finding in found] == [Severity.ERROR, Severity.WARNING]


def test_paths_may_be_strings_and_none_at_all(tmp_path):
    assert nox_release.check_distributions([]) == ()
    assert nox_release.check_distributions([str(make_wheel(tmp_path))]) == ()


def test_compiled_code_in_a_wheel_for_any_platform_is_a_warning(tmp_path):
    wheel = make_wheel(tmp_path, files={"orc/fast.cpython-313.so": "x"})
    (finding,) = nox_release.check_distributions([wheel])
    assert (finding.id, finding.severity) == ("wheel-native-any", Severity.WARNING)


def test_an_entry_point_without_an_object_is_a_warning(tmp_path):
    text = "[console_scripts]\norc = orc main()\n"
    wheel = make_wheel(tmp_path, files={"orc-1.0.dist-info/entry_points.txt": text})
    (finding,) = nox_release.check_distributions([wheel])
    assert finding.id == "entry-point-object"


@pytest.fixture
def index():
    with RehearsalIndex() as stand_in:
        stand_in.add_user("ann")
        yield stand_in


def test_a_new_project_is_no_fault(tmp_path, index):
    assert nox_release.check_distributions([make_wheel(tmp_path)], index=index.url) == ()


def test_a_name_too_similar_to_another_is_refused(tmp_path, index):
    index.create_project("0rc", owner="ann")
    found = nox_release.check_distributions([make_wheel(tmp_path)], index=index.index)
    assert ids(found) == ["name-too-similar"]


def test_a_project_older_than_the_rule_keeps_its_name(tmp_path, index):
    metadata = GOOD.replace("orc", "configparser")
    wheel = make_wheel(tmp_path, metadata, name="configparser-1.0-py3-none-any.whl")
    assert ids(nox_release.check_distributions([wheel])) == ["name-stdlib"]
    index.create_project("configparser", owner="ann")
    assert nox_release.check_distributions([wheel], index=index.url) == ()


@pytest.mark.slow
def test_an_index_that_cannot_be_asked_is_an_error_and_no_answer(tmp_path, index):
    address = index.url
    index.stop()
    with pytest.raises(IndexUnavailableError):
        nox_release.check_distributions([make_wheel(tmp_path)], index=address)
