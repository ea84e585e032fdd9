"""What a backend says is kept, and its newest line is on the screen while it works."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from nox_release.operations.build_failure import missing_requirement
from nox_release.project.pyproject import read_project
from releasing import run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]

COMPILES = """\
import sys

for number in range(1000):
    print(f"compiling {number}.cpp")
print("src/demo.cpp:3:10: fatal error: torch/extension.h: No such file or directory")
print("    3 | #include <torch/extension.h>")
print("      |          ^~~~~~~~~~~~~~~~~~~")
print("compilation terminated.")
for number in range(40):
    print(f"src/more.cpp:{number}:1: note: in instantiation of 'void f()'")
print("error: command '/usr/bin/g++' failed with exit code 1", file=sys.stderr)
sys.exit(1)
"""


def kept(output):
    (name,) = re.findall(r"All that the build said: (\S+\.log)", output)
    return Path(name)


@pytest.mark.parametrize("operation", [("build",), ("release", "--yes", "--no-smoke")])
def test_a_failed_build_names_the_file_in_which_all_of_it_is(ready, operation, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(ready.directory))
    ready.commit("Break it", {"tiny_backend.py": COMPILES})
    ended = run(ready, *operation)
    assert ended.status == 1
    assert "fatal error: torch/extension.h" in ended.output
    assert "#include <torch/extension.h>" in ended.output
    assert "failed with exit code 1" in ended.output
    assert "in instantiation of" not in ended.output
    text = kept(ended.output).read_text("utf-8")
    assert "compiling 0.cpp" in text
    assert "src/more.cpp:39:1" in text
    assert kept(ended.output).stat().st_mode & 0o777 == 0o600


def test_a_module_that_the_build_lacks_comes_as_lines_to_paste(ready):
    text = (ready.clone / "tiny_backend.py").read_text("utf-8")
    ready.commit("Need it", {"tiny_backend.py": f"import torch\n{text}"})
    ended = run(ready, "build")
    assert ended.status == 1
    assert '\n  requires = ["torch"]\n' in ended.output
    assert '\n  build-requires = ["torch"]\n' in ended.output


def test_lines_to_paste_for_setup_py_alone_ask_for_setuptools_too(tmp_path):
    (tmp_path / "setup.py").write_text("import torch\nsetup(name='demo')\n")
    project = read_project(tmp_path)
    lines = missing_requirement("ModuleNotFoundError: No module named 'torch'", project)
    assert 'requires = ["setuptools", "torch"]' in lines
