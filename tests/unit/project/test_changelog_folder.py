"""Changelogs in other places than the top: a file for each version, and folders of their own."""

import datetime as dt

import pytest
from packaging.version import Version

from nox_release.project.changelog import find_changelog, leave_out, parse_sections, version_in
from nox_release.project.changelog_folder import find_folder
from nox_release.project.preparing import plan_version
from small_trees import pyproject, tree

DAY = dt.date(2026, 11, 26)
INDEX = """\
Releases
========

.. toctree::

   releases/v1.2.0
   releases/v1.1.0
   releases/v1.0.1
"""


def notes(version, day):
    title = f"What's new in My-demo {version}"
    return f"{title}\n{'=' * len(title)}\n\n{day}\n{'-' * len(day)}\n\n- Things.\n"


FILES = {
    "pyproject.toml": pyproject(version='version = "1.2.0"'),
    "docs/releases.rst": INDEX,
    "docs/releases/v1.0.1.rst": notes("1.0.1", "Jan 2, 2026"),
    "docs/releases/v1.1.0.rst": notes("1.1.0", "Feb 3, 2026"),
    "docs/releases/v1.2.0.rst": notes("1.2.0", "Mar 4, 2026"),
}


def made(version, files=FILES, drafted=("Fix it.",)):
    plan = plan_version(*tree(files), version, DAY, drafted=drafted)
    return {one.file: one.after.decode() for one in plan.changes if one.file != "pyproject.toml"}


def test_a_version_gets_a_file_of_its_own_and_a_line_where_the_others_are_listed():
    changed = made("1.2.1")
    assert changed["docs/releases/v1.2.1.rst"] == (
        "What's new in My-demo 1.2.1\n===========================\n\n"
        "Nov 26, 2026\n------------\n\n- Fix it.\n"
    )
    before = "   releases/v1.2.0\n"
    assert changed["docs/releases.rst"] == INDEX.replace(before, f"   releases/v1.2.1\n{before}")
    assert len(changed) == 2


def test_the_line_in_a_list_names_the_new_file_whatever_stands_before_its_version():
    files = {
        name.replace("releases/v", "release/release_"): text
        for name, text in FILES.items()
        if "releases.rst" not in name
    }
    lines = "   release_1.2.0\n   release_1.1.0\n   release_1.0.1\n"
    files["docs/release/index.rst"] = lines
    assert made("1.2.1", files)["docs/release/index.rst"] == f"   release_1.2.1\n{lines}"


def test_a_list_that_ascends_gets_the_new_line_last():
    lines = "   releases/v1.1.0\n   releases/v1.2.0\n"
    files = FILES | {"docs/releases.rst": lines}
    assert made("1.3.0", files)["docs/releases.rst"] == f"{lines}   releases/v1.3.0\n"


def test_a_file_that_is_there_stays_as_it_is():
    files = FILES | {"docs/releases/v1.2.1.rst": notes("1.2.1", "Nov 26, 2026")}
    assert made("1.2.1", files) == {}


@pytest.mark.parametrize(
    ("names", "version", "expected"),
    [
        (("v1.0.0", "v1.1.0", "v1.2.0"), "1.3", "v1.3.0"),
        (("release_1.0", "release_1.0.1", "release_1.1"), "1.2.0", "release_1.2"),
        (("release_1.0", "release_1.0.1", "release_1.1"), "1.1.1", "release_1.1.1"),
        (("1.0", "1.1", "1.2"), "1.2.1", None),
        (("1.0-notes", "1.1-notes", "1.2-notes"), "1.2.0", "1.2-notes"),
        (("1.0", "1.1", "1.2"), "1.3rc1", None),
        (("1.0", "1.1", "1.2"), "1.3.dev0", None),
    ],
)
def test_the_name_of_the_file_follows_the_others(names, version, expected):
    folder = find_folder([f"doc/release/{name}.rst" for name in names])
    assert folder.file_for(Version(version)) == (expected and f"doc/release/{expected}.rst")


@pytest.mark.parametrize("folder", ["tests/releases", ".changes", "docs/faq", "vendor/x/releases"])
def test_files_with_versions_elsewhere_are_no_changelog(folder):
    assert find_folder([f"{folder}/1.{n}.md" for n in range(5)]) is None


def test_the_file_with_every_version_is_the_changelog_where_it_has_the_newest():
    files = FILES | {"CHANGES.md": "# 1.2.0\n\n- It.\n\n# 1.1.0\n\n- That.\n"}
    assert find_changelog(files, files.get, Version("1.3.0")) == "CHANGES.md"
    del files["CHANGES.md"]
    assert find_changelog(files, files.get, Version("1.2.0")) == "docs/releases/v1.2.0.rst"


def test_a_changelog_anywhere_is_found_but_not_that_of_another_package():
    text = "# 1.0.0\n\n- It.\n"
    files = {"guide/en/changelog.md": text, "web/package.json": "{}", "web/CHANGELOG.md": text}
    assert find_changelog(files, files.get) == "guide/en/changelog.md"
    del files["guide/en/changelog.md"]
    assert find_changelog(files, files.get) is None


ROLES = """\
=========
Changelog
=========

- :bug:`12` Less of this.
- :release:`1.1.0 <2026-02-03>`
- :release:`1.0.1 <2026-02-03>`
- :feature:`1` More of that.
- :release:`1.0.0 <2026-01-02>`
"""


def test_a_release_line_is_written_above_what_is_not_released():
    files = {"pyproject.toml": pyproject(version='version = "1.1.0"'), "docs/changelog.rst": ROLES}
    begin = "- :bug:"
    after = ROLES.replace(begin, f"- :release:`1.1.1 <2026-11-26>`\n{begin}")
    assert made("1.1.1", files) == {"docs/changelog.rst": after}


def test_what_is_below_several_release_lines_is_in_each_of_them():
    bodies = {str(one.version): one.body for one in parse_sections(ROLES) if one.version}
    assert bodies["1.0.1"] == "- :feature:`1` More of that."
    assert bodies["1.1.0"].endswith(bodies["1.0.1"])


@pytest.mark.parametrize(
    ("title", "version"),
    [
        ("What's new in Tornado 6.4.1", "6.4.1"),
        ("What's New in 1.2", "1.2"),
        ("Release notes for demo 1.2.3", "1.2.3"),
        ("What's new in the docs", None),
        ("New in this release", None),
    ],
)
def test_the_version_of_a_heading_may_stand_behind_words(title, version):
    assert version_in(title) == (version and Version(version))


def test_a_changelog_without_patches_has_no_part_about_one():
    text = "".join(f"# 1.{n}\n\n- It.\n\n" for n in range(5, 0, -1))
    assert leave_out(parse_sections(text), Version("1.5.1"))
    assert not leave_out(parse_sections(text), Version("1.6"))
    assert not leave_out(parse_sections(f"# 1.5.1\n\n- It.\n\n{text}"), Version("1.5.2"))
