"""What other tools say about distributions becomes values."""

import zipfile

from nox_release.core.findings import Finding, Passed, Severity
from nox_release.observing.trying import imported_names, locked_size, parse_twine, read_entry_points


def test_what_only_strict_refuses_is_a_warning_told_once_for_both_files():
    said = (
        "Checking /tmp/x/demo-1.0.tar.gz: FAILED due to warnings\n"
        "WARNING  `long_description` missing.\n"
        "Checking /tmp/x/demo-1.0-py3-none-any.whl: FAILED due to warnings\n"
        "WARNING  `long_description` missing.\n"
    )
    (finding,) = parse_twine(said)
    assert isinstance(finding, Finding)
    assert finding.severity is Severity.WARNING
    assert finding.message == (
        "`twine check --strict` does not pass `demo-1.0.tar.gz` and "
        "`demo-1.0-py3-none-any.whl`: `long_description` missing."
    )


def test_a_description_that_does_not_render_is_an_error():
    said = (
        "Checking C:\\x\\demo-1.0.tar.gz: FAILED\n"
        "ERROR    `long_description` has syntax errors in markup.\n"
        "         line 3: Warning: Inline literal start-string without end-string.\n"
        "Checking C:\\x\\demo-1.0-py3-none-any.whl: PASSED\n"
    )
    finding, passed = parse_twine(said)
    assert isinstance(finding, Finding)
    assert finding.severity is Severity.ERROR
    assert "line 3: Warning: Inline literal" in finding.message
    assert "x\\" not in finding.message
    assert isinstance(passed, Passed)


def test_sizes_in_a_lock_file_are_added_up():
    lock = (
        "[[packages]]\nname = 'a'\nwheels = [{ url = 'u', size = 10 }]\n"
        "[[packages]]\nname = 'b'\nsdist = { url = 'u', size = 5 }\n"
        "[[packages]]\nname = 'c'\nwheels = [{ url = 'u' }]\n"
    )
    assert locked_size(lock) == 15
    assert locked_size("not toml [") is None


def test_imports_are_found_but_not_those_under_a_guard(tmp_path):
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "demo/__init__.py",
            "from typing import TYPE_CHECKING\nfrom . import near\nfrom .sub import thing\n"
            "import os.path\n"
            "if TYPE_CHECKING:\n    import for_types\n"
            "try:\n    import maybe\nexcept ImportError:\n    import instead\n"
            "def late():\n    from demo.late import x\n",
        )
        archive.writestr("demo/sub/deep.py", "from ..up import a\n")
        archive.writestr("demo/broken.py", "def (\n")
        archive.writestr("demo-1.0.dist-info/entry_points.txt", "[console_scripts]\n")
    names = imported_names(path)
    assert {"demo.near", "demo.sub", "os.path", "instead", "demo.late", "demo.up"} <= names
    assert not {"for_types", "maybe"} & names
    assert read_entry_points(path) == "[console_scripts]\n"


def test_long_sums_and_unknown_escapes_hide_no_import(tmp_path):
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    total = "TOTAL = " + " + ".join(["1"] * 1000) + "\n"
    typing = "import typing as t\nif t.TYPE_CHECKING:\n    import never\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo.py", typing + total + 'PATTERN = "\\d"\nimport yaml\n')
    assert imported_names(path) == {"typing", "yaml"}
