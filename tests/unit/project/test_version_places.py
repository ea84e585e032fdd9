"""Where versions are written, and that an edit changes nothing else."""

from __future__ import annotations

import datetime as dt

import pytest

from nox_release.project.preparing import plan_version
from nox_release.project.version_places import find_places
from small_trees import DYNAMIC, places, pyproject, tree

DAY = dt.date(2026, 11, 26)


LOCK = """\
version = 1

[[package]]
name = "other"
version = "0.1.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "my-demo"
version = "0.1.0"
source = { editable = "." }
"""


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"pyproject.toml": pyproject()}, ["pyproject.toml:7 version 0.1.0"], id="static"),
        pytest.param(
            {"pyproject.toml": pyproject(version="version = '0.1.0' # the version")},
            ["pyproject.toml:7 version 0.1.0"],
            id="single-quotes",
        ),
        pytest.param(
            {"pyproject.toml": '[tool.poetry]\nname = "my-demo"\nversion = "0.1.0"\n'
             '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'},
            ["pyproject.toml:3 version 0.1.0"],
            id="poetry",
        ),
        pytest.param(
            {"pyproject.toml": pyproject('[tool.hatch.version]\npath = "src/my_demo/about.py"',
                                         version=DYNAMIC),
             "src/my_demo/about.py": '"""About."""\n\n__version__ = "0.1.0"\n'},
            ["src/my_demo/about.py:3 __version__ 0.1.0"],
            id="hatch-path",
        ),
        pytest.param(
            {"pyproject.toml": pyproject(
                '[tool.hatch.version]\npath = "v.txt"\npattern = "ver=(?P<version>\\\\S+)"',
                version=DYNAMIC),
             "v.txt": "# here\nver=0.1.0\n"},
            ["v.txt:2 version 0.1.0"],
            id="hatch-pattern",
        ),
        pytest.param(
            {"pyproject.toml": pyproject('[tool.hatch.version]\nsource = "nodejs"', version=DYNAMIC),
             "package.json": '{\n  "name": "x",\n  "version": "0.1.0",\n'
             '  "dependencies": {\n    "y": {"version": "0.1.0"}\n  }\n}\n'},
            ["package.json:3 version 0.1.0"],
            id="hatch-nodejs",
        ),
        pytest.param(
            {"pyproject.toml": pyproject(
                '[tool.setuptools.dynamic]\nversion = { attr = "my_demo.__version__" }',
                version=DYNAMIC, backend="setuptools.build_meta"),
             "src/my_demo/__init__.py": "from ._v import __version__\n",
             "src/my_demo/_v.py": '__version__: Final = "0.1.0"\n'},
            ["src/my_demo/_v.py:1 __version__ 0.1.0"],
            id="setuptools-attr-imported",
        ),
        pytest.param(
            {"pyproject.toml": pyproject(
                '[tool.setuptools.dynamic]\nversion = { file = ["VERSION"] }',
                version=DYNAMIC, backend="setuptools.build_meta"),
             "VERSION": "0.1.0\n"},
            ["VERSION:1 version 0.1.0"],
            id="setuptools-file",
        ),
        pytest.param(
            {"setup.cfg": "[metadata]\nname = my-demo\nversion = 0.1.0\n", "setup.py": "setup()\n"},
            ["setup.cfg:3 version 0.1.0"],
            id="setup-cfg",
        ),
        pytest.param(
            {"setup.cfg": "[metadata]\nname = my-demo\nversion = attr: my_demo.VERSION\n",
             "my_demo/__init__.py": "VERSION = '0.1.0'\n"},
            ["my_demo/__init__.py:1 VERSION 0.1.0"],
            id="setup-cfg-attr",
        ),
        pytest.param(
            {"setup.py": "V = '0.1.0'\nsetup(name='my-demo', version=V)\n"},
            ["setup.py:1 V 0.1.0"],
            id="setup-py-name",
        ),
        pytest.param(
            {"setup.py": "setup(name='my-demo', version=read())\n",
             "my_demo/__init__.py": '__version__ = "0.1.0"\n'},
            ["my_demo/__init__.py:1 __version__ 0.1.0"],
            id="setup-py-computed",
        ),
        pytest.param(
            {"pyproject.toml": pyproject(version=DYNAMIC, backend="flit_core.buildapi"),
             "my_demo.py": '"""Demo."""\n__version__ = "0.1.0"\n'},
            ["my_demo.py:2 __version__ 0.1.0"],
            id="flit",
        ),
        pytest.param(
            {"pyproject.toml": pyproject('[tool.pdm.version]\nsource = "file"\npath = "a/v.py"',
                                         version=DYNAMIC, backend="pdm.backend"),
             "a/v.py": "__version__ = '0.1.0'\n"},
            ["a/v.py:1 __version__ 0.1.0"],
            id="pdm",
        ),
        pytest.param(
            {"pyproject.toml": pyproject(backend="uv_build"), "uv.lock": LOCK},
            ["pyproject.toml:7 version 0.1.0", "uv.lock:10 my-demo 0.1.0"],
            id="uv-build-and-lock",
        ),
        pytest.param(
            {"pyproject.toml": pyproject(version=DYNAMIC, backend="maturin"),
             "Cargo.toml": '[package]\nname = "core"\nversion = "0.1.0"\n\n'
             '[dependencies]\nserde = { version = "0.1.0" }\n',
             "Cargo.lock": '[[package]]\nname = "core"\nversion = "0.1.0"\ndependencies = []\n\n'
             '[[package]]\nname = "serde"\nversion = "0.1.0"\nsource = "registry+x"\n'},
            ["Cargo.toml:3 version 0.1.0", "Cargo.lock:3 core 0.1.0"],
            id="maturin",
        ),
        pytest.param(
            {"pyproject.toml": pyproject(version=DYNAMIC, backend="maturin"),
             "Cargo.toml": '[workspace.package]\nversion = "0.1.0"\n\n[package]\nname = "core"\n'
             "version.workspace = true\n"},
            ["Cargo.toml:2 version 0.1.0"],
            id="maturin-workspace",
        ),
        pytest.param(
            {"pyproject.toml": pyproject(backend="mesonpy"),
             "meson.build": "project('x', 'c',\n  version: '0.1.0',\n)\n"},
            ["pyproject.toml:7 version 0.1.0", "meson.build:2 version 0.1.0"],
            id="meson",
        ),
        pytest.param(
            {"pyproject.toml": pyproject(),
             "src/my_demo/__init__.py": "__version__: str = '0.1.0'\nversion_info = (0, 1, 0)\n",
             "CITATION.cff": "title: x\nversion: 0.1.0\ndate-released: '2026-01-02'\n"},
            ["pyproject.toml:7 version 0.1.0", "src/my_demo/__init__.py:1 __version__ 0.1.0",
             "src/my_demo/__init__.py:2 version_info 0, 1, 0", "CITATION.cff:2 version 0.1.0"],
            id="beside",
        ),
        pytest.param(
            {"pyproject.toml": pyproject('[tool.bumpversion]\ncurrent_version = "0.1.0"',
                                         '[[tool.bumpversion.files]]\nfilename = "README.md"'),
             "README.md": "pip install my-demo==0.1.0\n"},
            ["pyproject.toml:7 version 0.1.0", "pyproject.toml:9 current_version 0.1.0",
             "README.md:1 version 0.1.0"],
            id="bump-my-version",
        ),
        pytest.param(
            {"pyproject.toml": pyproject(
                '[[tool.bumpversion.files]]\nfilename = "HISTORY.rst"\n'
                'search = "(unreleased)"\nreplace = "({now:%Y-%m-%d})"',
                '[[tool.bumpversion.files]]\nfilename = "README.md"\n'
                'search = "demo=={current_version}"'),
             "HISTORY.rst": "0.1.0 (2026-01-02)\n------------------\n",
             "README.md": "0.1.0 is out: pip install my-demo==0.1.0\n"},
            ["pyproject.toml:7 version 0.1.0", "README.md:1 version 0.1.0"],
            id="bump-my-version-searches",
        ),
        pytest.param(
            {"pyproject.toml": pyproject("[tool.setuptools_scm]", version=DYNAMIC,
                                         backend="setuptools.build_meta").replace(
                "requires = []", 'requires = ["setuptools-scm"]'),
             "my_demo/__init__.py": '__version__ = "0.1.0"\n'},
            [],
            id="from-tags",
        ),
    ],
)  # fmt: skip
def test_a_version_is_found_wherever_it_is_declared(files, expected):
    assert places(files) == expected


def test_the_lock_of_a_workspace_has_the_line_of_its_member():
    lock = LOCK.replace('editable = "."', 'editable = "libs/demo"')
    files = {"libs/demo/pyproject.toml": pyproject(), "uv.lock": lock}

    assert places(files, prefix="libs/demo/") == [
        "libs/demo/pyproject.toml:7 version 0.1.0",
        "uv.lock:10 my-demo 0.1.0",
    ]


def test_what_says_something_else_is_told_apart_and_left_alone():
    files = {
        "pyproject.toml": pyproject(),
        "src/my_demo/__init__.py": '__version__ = "0.0.9"\n',
    }

    found = find_places(*tree(files))

    assert [one.file for one in found.all] == ["pyproject.toml"]
    assert [(one.file, one.text) for one in found.disagreeing] == [
        ("src/my_demo/__init__.py", "0.0.9")
    ]


@pytest.mark.parametrize(
    ("entry", "text", "expected"),
    [
        ("docs/conf.py", 'release = "0.1.0"\n', "docs/conf.py:1 version 0.1.0"),
        ("docs/conf.py", 'a = "0.1.0"\nb = "0.1.0"\n', "`docs/conf.py` has 0.1.0 2 times"),
        ("docs/conf.py:b", 'a = "0.1.0"\nb = "v0.1.0"\n', "docs/conf.py:2 b 0.1.0"),
        ("docs/conf.py", 'a = "10.1.0 0.1.0.1 0.1.0rc1"\n', "`docs/conf.py` has 0.1.0 not"),
        ("other.py", "", "`other.py` is not there"),
    ],
)
def test_version_files_name_one_literal(entry, text, expected):
    files = {"pyproject.toml": pyproject(), "docs/conf.py": text}

    found = find_places(*tree(files, version_files=(entry,)))

    listed = [f"{one.file}:{one.line} {one.label} {one.text}" for one in found.listed]
    assert [*listed, *found.problems] == [expected]


def test_a_key_of_toml_is_a_path():
    files = {
        "pyproject.toml": pyproject(),
        "other.toml": '[a]\nversion = "0.1.0"\n[b]\nversion = "0.1.0"\n',
    }

    assert places(files, version_files=("other.toml:b.version",))[1:] == [
        "other.toml:4 version 0.1.0"
    ]


@pytest.mark.parametrize(
    "before",
    [
        b"\xef\xbb\xbf__version__ = '0.1.0'\r\nname = '\xc3\xa4'\r\n",
        b"# -*- coding: latin-1 -*-\nname = '\xe4'\n__version__ = \"0.1.0\"  # v0.1.0\n",
        "x = 'ä'; __version__ = '0.1.0'".encode(),
        b"__version__ = u'0.1.0'\n\x0c\nrest = 1\n",
    ],
)
def test_only_the_bytes_of_the_value_change(before):
    files = {"pyproject.toml": pyproject(), "my_demo/__init__.py": before}

    plan = plan_version(*tree(files), "0.2.0", DAY)

    after = {change.file: change.after for change in plan.changes}["my_demo/__init__.py"]
    assert after == before.replace(b"0.1.0", b"0.2.0", 1)


def test_everything_is_edited_at_once():
    files = {
        "pyproject.toml": pyproject('dependencies = ["other==0.1.0"]'),
        "my_demo/__init__.py": "version_info = (0, 1, 0)\n",
        "uv.lock": LOCK,
        "CITATION.cff": "version: 0.1.0\ndate-released: 2026-01-02\n",
        "CHANGELOG.md": "## Unreleased\n\n- x\n\n## 0.1.0\n\n- y\n",
        "README.md": "pip install my-demo==0.1.0\n",
    }

    plan = plan_version(*tree(files), "0.2.0", DAY)

    after = {change.file: change.after.decode() for change in plan.changes}
    assert after == {
        "pyproject.toml": files["pyproject.toml"].replace('"0.1.0"', '"0.2.0"', 1),
        "my_demo/__init__.py": "version_info = (0, 2, 0)\n",
        "uv.lock": LOCK.replace('"my-demo"\nversion = "0.1.0"', '"my-demo"\nversion = "0.2.0"'),
        "CITATION.cff": "version: 0.2.0\ndate-released: 2026-11-26\n",
        "CHANGELOG.md": "## Unreleased\n\n## 0.2.0\n\n- x\n\n## 0.1.0\n\n- y\n",
    }
