"""A wheel becomes one value: its names, its entry points, and what its code tells."""

import sys
import zipfile

import pytest

from nox_release.files.code import read_code
from nox_release.files.wheels import EntryPoint, module_name, oldest_python, read_wheel

METADATA = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: >=3.8\n"


def write_wheel(folder, files, metadata=METADATA):
    path = folder / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr("demo-1.0.dist-info/METADATA", metadata)
        archive.writestr("demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr("demo-1.0.dist-info/RECORD", "")
    return path


def test_imports_are_found_but_not_those_under_a_guard(tmp_path):
    path = write_wheel(
        tmp_path,
        {
            "demo/__init__.py": "from typing import TYPE_CHECKING\nfrom . import near\n"
            "from .sub import thing\nimport os.path\n"
            "if TYPE_CHECKING:\n    import for_types\n"
            "try:\n    import maybe\nexcept ImportError:\n    import instead\n"
            "with contextlib.suppress(ImportError):\n    import perhaps\n"
            "def late():\n    from demo.late import x\n",
            "demo/sub/deep.py": "from ..up import a\n",
            "demo/broken.py": "def (\n",
        },
    )
    wheel = read_wheel(path)
    assert {"demo.near", "demo.sub", "os.path", "instead", "demo.late", "demo.up"} <= wheel.imported
    assert not {"for_types", "maybe", "perhaps"} & wheel.imported
    certain = {n for code in wheel.code for one in code.imports if one.certain for n in one.names}
    assert {"os.path", "demo.near", "demo.up"} <= certain
    assert not {"instead", "demo.late"} & certain


def test_long_sums_and_unknown_escapes_hide_no_import(tmp_path):
    total = "TOTAL = " + " + ".join(["1"] * 1000) + "\n"
    typing = "import typing as t\nif t.TYPE_CHECKING:\n    import never\n"
    path = write_wheel(tmp_path, {"demo.py": typing + total + 'PATTERN = "\\d"\nimport yaml\n'})
    assert read_wheel(path).imported == {"typing", "yaml"}


def test_entry_points_are_read_with_their_groups(tmp_path):
    text = (
        "[gui_scripts]\ng = a:b\n[console_scripts]\n# c = d:e\na-b = c.d:main [x]\n\n[o.p]\nz = y"
    )
    wheel = read_wheel(write_wheel(tmp_path, {"demo-1.0.dist-info/entry_points.txt": text}))
    assert wheel.entry_points == (
        EntryPoint(group="gui_scripts", name="g", module="a", attribute="b"),
        EntryPoint(group="console_scripts", name="a-b", module="c.d", attribute="main", extra="x"),
        EntryPoint(group="o.p", name="z", module="y"),
    )
    assert [one.target for one in wheel.commands] == ["c.d:main [x]"]


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        ('from pathlib import Path\nP = Path(__file__).parent / "t" / "a.html"', {"pkg/t/a.html"}),
        ('P = Path(__file__).resolve().parents[1].joinpath("data", name)', {"data"}),
        (
            'H = os.path.dirname(os.path.abspath(__file__))\nx = os.path.join(H, "t", "b")',
            {"pkg/t/b"},
        ),
        ('x = Path(__file__).with_name("schema.json")', {"pkg/schema.json"}),
        ('H = Path(__file__).parent\ndef f(n):\n    return H / "t" / n', {"pkg/t"}),
        (
            'from importlib.resources import files\nx = files("pkg.sub") / "x.toml"',
            {"pkg/sub/x.toml"},
        ),
        ('x = importlib.resources.files(__package__).joinpath("x.toml")', {"pkg/x.toml"}),
        ('x = pkgutil.get_data(__name__, "x.toml")', {"pkg/x.toml"}),
        ('x = pkg_resources.resource_filename("pkg", "d/x.txt")', {"pkg/d/x.txt"}),
        ('x = PackageLoader("pkg", "templates")', {"pkg/templates"}),
        ("x = Path(__file__).parent", set()),
        ('x = Path(name) / "t"', set()),
        ('x = Path(__file__).parents[5] / "t"', {"t"}),
    ],
)
def test_the_files_that_code_names_by_literals_are_found(text, opened):
    code = read_code("pkg.mod", "pkg/mod.py", text.encode())
    places = set(code.opened)
    assert opened <= places
    assert all(any(one.startswith(place) for one in opened) for place in places)


@pytest.mark.parametrize(
    ("text", "oldest", "line"),
    [
        ("x = 1\nif (y := 2):\n    pass\n", (3, 7), 2),
        ("match x:\n    case 1:\n        pass\n", (3, 9), None),
        pytest.param(
            "try:\n    pass\nexcept* ValueError:\n    pass\n",
            (3, 10),
            None,
            marks=pytest.mark.skipif(
                sys.version_info < (3, 11), reason="this Python cannot read it either"
            ),
        ),
        ("if (y := 2):\n    pass\n", (3, 8), False),
        ("x = 1\n", (3, 6), False),
    ],
)
def test_syntax_that_the_oldest_python_does_not_know_is_found(text, oldest, line):
    found = read_code("m", "m.py", text.encode(), oldest).too_new
    if line is False:
        assert found is None
    else:
        assert found is not None
        assert line is None or found[0] == line


@pytest.mark.parametrize(
    ("requires", "oldest"),
    [
        (">=3.9", (3, 9)),
        (">=3.7.1,<4", (3, 7)),
        ("", None),
        ("!=3.9.*,>3.8", (3, 8)),
        ("==3.*", (3, 5)),
    ],
)
def test_the_oldest_python_is_what_requires_python_begins_with(requires, oldest):
    assert oldest_python(requires) == oldest


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def main(): pass\nx: int = 1\n", {"main", "x"}),
        ("from a import b as c\nif y:\n    from d import e\n", {"c", "e"}),
        ("from a import *\n", None),
        ("globals().update(x)\n", None),
        ("def __getattr__(name): pass\n", None),
    ],
)
def test_the_names_that_a_module_has_are_told_where_they_can_be(text, names):
    defined = read_code("m", "m.py", text.encode()).defined
    assert (defined is None) if names is None else (names <= (defined or set()))


def test_an_import_in_an_else_counts_as_one_that_runs():
    text = b"""\
if TYPE_CHECKING:
    import a
else:
    import b
try:
    import c
except ImportError:
    import d
else:
    import e
match x:
    case 1:
        import f
"""
    found = {one.names[0]: one.certain for one in read_code("m", "m.py", text).imports}
    assert found == {"b": True, "d": False, "e": False, "f": False}


def test_no_depth_of_conditions_is_too_much():
    text = b"if x0:\n    pass\n" + b"elif x:\n    import a\n" * 500
    assert len(read_code("m", "m.py", text).imports) == 500


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("demo/__init__.py", "demo"),
        ("demo/part.py", "demo.part"),
        ("demo.py", "demo"),
        ("demo/a.cpython-311-x86_64-linux-gnu.so", "demo.a"),
        ("_fast.abi3.so", "_fast"),
        ("_fast.cp312-win_amd64.pyd", "_fast"),
        ("demo/__init__.cpython-311-darwin.so", "demo"),
        ("demo-stubs/__init__.pyi", None),
        ("demo-stubs/__init__.py", None),
        ("81d243bd__mypyc.cpython-311-darwin.so", None),
        ("demo/{{ name }}.py", None),
        ("demo/my-file.py", None),
        ("demo/data.json", None),
    ],
)
def test_modules_are_told_by_their_files(path, name):
    assert module_name(path) == name
