"""What a build adds to the rules on files: it knows how the release will be uploaded."""

import zipfile

import pytest

from nox_release.checks.files.facts import Facts
from nox_release.core.findings import Severity
from nox_release.files.wheels import read_wheel
from nox_release.operations import build
from nox_release.project.pyproject import Project

METADATA = "Metadata-Version: 2.5\nName: demo\nVersion: 1.0\n"


@pytest.mark.parametrize("line", ["Colour: red\n", "Import-Name: 1bad\n"])
def test_metadata_that_twine_does_not_send_stops_a_release_before_its_tag(tmp_path, line):
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo.py", "")
        archive.writestr("demo-1.0.dist-info/METADATA", f"{METADATA}{line}\n# demo\n")
        archive.writestr("demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr("demo-1.0.dist-info/RECORD", "")
    facts = Facts(project=Project(root=tmp_path, name="demo"), wheel=read_wheel(path))
    found = {one.id: one.severity for one in build._of_upload_rules(facts)}
    assert found["twine-refuses"] is Severity.ERROR
