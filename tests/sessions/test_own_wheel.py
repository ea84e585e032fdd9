"""What ships to users beside the code."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def test_the_wheel_has_the_schema_of_the_settings_and_the_marker_for_types(tmp_path):
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("these tests stand beside no source tree")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"nox_release/project/settings.schema.json", "nox_release/py.typed"} <= names
