"""Versions that stand outside of the package, and in other forms than a string."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from nox_release.project.dates import is_of_another_day
from nox_release.project.literals import written
from nox_release.project.preparing import plan_version
from nox_release.project.version_places import find_places
from small_trees import DYNAMIC, places, pyproject, tree

DAY = dt.date(2026, 11, 26)
STATIC = pyproject()


def after(files, version, name):
    """What preparing `version` makes of one file."""
    changes = {
        one.file: one.after.decode() for one in plan_version(*tree(files), version, DAY).changes
    }
    return changes.get(name, files[name])


@pytest.mark.parametrize(
    ("before", "version", "expected"),
    [
        ("(0, 1, 0, 'final', 0)", "0.2.0", "(0, 2, 0, 'final', 0)"),
        ("(0, 1, 0, 'final', 0)", "0.2.0rc2", "(0, 2, 0, 'candidate', 2)"),
        ('(0, 1, 0, "final", 0, 0)', "0.2", '(0, 2, 0, "final", 0, 0)'),
        ("(0, 1, 0, 'final', 0)", "0.2.0.dev0", "(0, 1, 0, 'final', 0)"),
        ("(0, 1, 0, 'final')", "0.2.0rc2", "(0, 1, 0, 'final')"),
        ("(0, 1, 0, 'stable', 0)", "0.2.0", "(0, 1, 0, 'stable', 0)"),
        ("(0, 1, 0, 'beta', 0)", "0.2.0", "(0, 2, 0, 'final', 0)"),
        ("(0, 2, 0, 'beta', 0)", "0.2.0", "(0, 2, 0, 'beta', 0)"),
        ("(0, 1, 0, 0)", "0.2.1", "(0, 2, 1, 0)"),
    ],
)
def test_a_tuple_with_a_level_is_raised_where_its_form_can_say_it(before, version, expected):
    text = "version_info = {}\n"
    files = {"pyproject.toml": STATIC, "my_demo/__init__.py": text.format(before)}
    assert after(files, version, "my_demo/__init__.py") == text.format(expected)


@pytest.mark.parametrize(
    ("version", "level", "mark"),
    [("0.1.0", "'final', 0", "False"), ("0.1.0rc1", "'candidate', 1", "False")],
)
def test_a_version_in_development_is_finished_where_the_tree_says_how_far_it_is(
    version, level, mark
):
    text = "__version__ = {!r}\nversion_info = (0, 1, 0, {})\n_in_development: bool = {}\n"
    name = "my_demo/__init__.py"
    files = {"pyproject.toml": DYNAMIC, name: text.format("0.1.0", "'beta', 0", "True")}
    assert str(find_places(*tree(files)).reached) == "0.1.0b0"
    assert after(files, version, name) == text.format(version, level, mark)


HOOKS = """\
    - repo: https://github.com/demo/my_demo
      rev: v0.1.0
    - repo: https://github.com/other/other
      rev: 0.1.0
    - repo: https://github.com/demo/my_demo
      rev: 0.0.9
"""


def test_the_examples_of_a_hook_name_the_version_that_comes():
    files = {"pyproject.toml": STATIC, "README.md": HOOKS, ".pre-commit-hooks.yaml": "[]"}
    expected = HOOKS.replace("rev: v0.1.0", "rev: v0.2.0")
    assert after(files, "0.2.0", "README.md") == expected
    del files[".pre-commit-hooks.yaml"]
    assert after(files, "0.2.0", "README.md") == HOOKS


def test_a_tuple_with_a_level_goes_on_to_the_next_pre_release_and_to_the_final_one():
    files = {
        "pyproject.toml": pyproject(version='version = "0.2.0rc1"'),
        "my_demo/__init__.py": "VERSION_INFO = (0, 2, 0, 'rc', 1)\n",
    }
    raised = [after(files, one, "my_demo/__init__.py") for one in ("0.2.0rc2", "0.2.0")]
    assert raised == [
        "VERSION_INFO = (0, 2, 0, 'rc', 2)\n",
        "VERSION_INFO = (0, 2, 0, 'final', 0)\n",
    ]


def test_a_tuple_alone_may_be_what_setup_py_reads_and_is_shown_in_words():
    files = {
        "setup.py": "from setuptools import setup\nsetup(name='my-demo', version=read())\n",
        "my_demo/__init__.py": "",
        "my_demo/__version__.py": "version_info = (0, 1, 0, 'final', 0)\n",
    }
    declared = find_places(*tree(files)).declared
    assert (declared.stated, written(declared, "0.2.0").text) == ("0.1.0", "0, 2, 0, 'final', 0")


def test_a_package_that_says_version_in_words_and_in_numbers_is_read():
    files = {
        "setup.py": "from setuptools import setup\nsetup(name='my-demo', version=read())\n",
        "my_demo/__init__.py": 'version = "0.1b1"\nversion_info = (0, 1, 0, -98)\n',
        "my_demo/data.py": 'version = "7.1.0"\n',
    }
    assert places(files) == ["my_demo/__init__.py:1 version 0.1b1"]


@pytest.mark.parametrize(
    ("conf", "expected"),
    [
        ('release = "0.1.0"\n', 'release = "0.2.0"\n'),
        ("version = u'0.1'\nrelease = u'0.1.0'\n", "version = u'0.2'\nrelease = u'0.2.0'\n"),
        ('version = release = "0.1.0"\n', 'version = release = "0.2.0"\n'),
        ('version = "0.1"\nrelease = made()\n', 'version = "0.2"\nrelease = made()\n'),
        ('version = "0.0"\n', 'version = "0.0"\n'),
        ('release = "0.0.9"\nversion = "0.1"\n', 'release = "0.0.9"\nversion = "0.1"\n'),
        ('needs_sphinx = "0.1.0"\n', 'needs_sphinx = "0.1.0"\n'),
    ],
)
def test_the_settings_of_sphinx_follow_where_they_agree(conf, expected):
    files = {"pyproject.toml": STATIC, "docs/conf.py": conf}
    assert after(files, "0.2.0", "docs/conf.py") == expected


def test_a_listed_file_whose_places_are_found_anyway_is_no_problem():
    conf = 'version = "0.1.0"\nrelease = "0.1.0"\n'
    files = {"pyproject.toml": STATIC, "docs/conf.py": conf}
    assert find_places(*tree(files, version_files=("docs/conf.py",))).problems == ()
    files["docs/conf.py"] += 'other = "0.1.0"\n'
    assert len(find_places(*tree(files, version_files=("docs/conf.py",))).problems) == 1


def test_a_package_json_of_this_name_follows_with_its_lock_and_no_dependency_does():
    text = '{{\n    "name": "{}",\n  "version" : "0.1.0",\n "x": {{"name": "y", "version": "0.1.0"}}\n}}\n'
    lock = json.dumps(
        {
            "name": "my-demo",
            "version": "0.1.0",
            "packages": {"": {"version": "0.1.0"}, "node_modules/y": {"version": "0.1.0"}},
        },
        indent=2,
    )
    files = {
        "pyproject.toml": STATIC,
        "package.json": text.format("@octo/my-demo"),
        "package-lock.json": lock,
    }
    assert after(files, "0.2.0", "package.json").count("0.2.0") == 1
    raised = json.loads(after(files, "0.2.0", "package-lock.json"))
    assert raised["version"] == raised["packages"][""]["version"] == "0.2.0"
    assert raised["packages"]["node_modules/y"]["version"] == "0.1.0"
    other = {"pyproject.toml": STATIC, "package.json": text.format("site")}
    assert after(other, "0.2.0", "package.json") == other["package.json"]


@pytest.mark.parametrize("name", ["codemeta.json", ".zenodo.json"])
def test_what_describes_the_software_follows_where_it_agrees(name):
    for version, expected in (("0.1.0", "0.2.0"), ("0.0.9", "0.0.9")):
        files = {"pyproject.toml": STATIC, name: json.dumps({"version": version})}
        assert json.loads(after(files, "0.2.0", name)) == {"version": expected}
        assert find_places(*tree(files)).disagreeing == ()


@pytest.mark.parametrize(
    "text", ["{", '["version"]', "[" * 5000, '{"version": 3}', '{"version": "x"}']
)
def test_other_documents_have_no_version(text):
    assert places({"pyproject.toml": STATIC, "codemeta.json": text}) == places(
        {"pyproject.toml": STATIC}
    )


def test_a_package_json_is_not_what_the_build_goes_by():
    files = {
        "pyproject.toml": pyproject(version=DYNAMIC, backend="own"),
        "package.json": '{"name": "my-demo", "version": "0.1.0"}',
    }
    assert find_places(*tree(files)).declared is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__version__ = '0.1.0'\nprint 'old'\n", ["my_demo.py:1 __version__ 0.1.0"]),
        ('x = """\n__version__ = \'0.1.0\'\n"""\n__version__ = "0.1.0"\nprint 1\n', []),
    ],
)
def test_a_module_for_another_python_is_read_where_there_is_one_plain_line(text, expected):
    setup = "from setuptools import setup\nsetup(name='my-demo', version=read())\n"
    assert places({"setup.py": setup, "my_demo.py": text}) == expected


@pytest.mark.parametrize(
    ("stated", "written"), [("1.13.1", False), ("1.11.0", True), ("1.13.0.dev0", True)]
)
def test_nothing_is_written_into_a_changelog_that_was_abandoned(stated, written):
    files = {
        "pyproject.toml": pyproject(version=f'version = "{stated}"'),
        "NEWS.rst": "Releases\n========\n\nv1.9.0 (6th Nov 2012)\n---------------------\n\n* One.\n",
    }
    assert ("1.14.0" in after(files, "1.14.0", "NEWS.rst")) is written


# --- edits of yesterday --------------------------------------------------------------------------

OLD = "# Log\n\n## [Unreleased]\n\n## 1.0 - 2026-01-02\n"
PLANNED = "# Log\n\n## [Unreleased]\n\n## 1.1 - 2026-11-27\n\n## 1.0 - 2026-01-02\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLANNED, True),
        (PLANNED.replace("11-27", "11-26"), True),
        (PLANNED.replace("2026-01-02", "2026-01-03"), False),
        (PLANNED.replace("1.1 - 2026-11-27", "1.1 - today"), False),
        (PLANNED.replace("1.1 - 2026-11-27", "1.2 - 2026-11-26"), False),
        (PLANNED + "- More.\n", False),
        (OLD, False),
    ],
)
def test_an_edit_of_another_day_is_recognised_by_all_but_its_new_dates(text, expected):
    assert is_of_another_day(text, PLANNED, OLD) is expected


def test_the_rule_below_a_heading_may_be_as_long_as_another_day():
    planned = "1.1 (May 10, 2026)\n==================\n"
    assert is_of_another_day("1.1 (May 9, 2026)\n=================\n", planned, "")
