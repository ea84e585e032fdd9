"""Which version words mean: one table."""

import datetime as dt

import pytest
from packaging.version import Version

from nox_release.project.versions import (
    Choice,
    Line,
    Refusal,
    calendar_version,
    choose_version,
    line_of_branch,
    spelled,
)


def line(released, stated, *, moved=True):
    return Line(
        released=Version(released) if released else None,
        stated=Version(stated) if stated else None,
        moved=moved,
    )


@pytest.mark.parametrize(
    ("released", "stated", "words", "expected"),
    [
        # a word counts from what is released, whatever the tree says
        ("0.1.0", "0.1.0", "minor", "next 0.2.0"),
        ("0.1.0", "0.2.0.dev0", "minor", "next 0.2.0"),
        ("0.1.0", "0.2.0", "minor", "prepared 0.2.0"),
        ("0.1.0", None, "minor", "next 0.2.0"),
        ("0.1.0", "0.1.0", "patch", "next 0.1.1"),
        ("0.1.5", "0.1.5", "major", "next 1.0.0"),
        ("1.0", "1.0", "patch", "next 1.0.1"),
        ("1.2.3.4", "1.2.3.4", "patch", "next 1.2.4.0"),
        ("2!1.4.0", "2!1.4.0", "minor", "next 2!1.5.0"),
        ("1.0.0.post1", "1.0.0.post1", "patch", "next 1.0.1"),
        (None, "0.1.0.dev0", "minor", "next 0.1.0"),
        (None, None, "major", "next 1.0.0"),
        # a tree that says more than the word gives
        ("0.1.0", "0.3.0", "minor", "refused: 0.2.0, and the tree says 0.3.0"),
        ("0.1.0", "0.2.0.dev0", "patch", "refused: 0.1.1, and the tree says 0.2.0.dev0"),
        # suffixes
        ("0.1.0", "0.1.0", "minor rc", "next 0.2.0rc1"),
        ("0.1.0", "0.1.0", "rc minor", "next 0.2.0rc1"),
        ("0.1.0", "0.1.0", "major alpha", "next 1.0.0a1"),
        ("0.2.0rc1", "0.2.0rc1", "rc", "next 0.2.0rc2"),
        ("0.2.0a3", "0.2.0a3", "beta", "next 0.2.0b1"),
        ("0.2.0b1", "0.2.0b1", "rc", "next 0.2.0rc1"),
        ("0.2.0rc1", "0.2.0rc1", "beta", "refused: would go back"),
        ("0.1.0", "0.1.0", "rc", "refused: rc of what? 0.1.0 is released"),
        (None, None, "rc", "refused: rc of what?"),
        ("0.1.0", "0.2.0.dev0", "rc", "next 0.2.0rc1"),
        ("0.1.0", "0.2.0rc1", "rc", "prepared 0.2.0rc1"),
        ("0.2.0rc1", "0.2.0rc1", "stable", "next 0.2.0"),
        ("0.1.0", "0.2.0.dev3", "stable", "next 0.2.0"),
        ("0.1.0", "0.2.0", "stable", "prepared 0.2.0"),
        ("0.1.0", "0.1.0", "stable", "refused: has none"),
        ("0.1.0", "0.1.0", "post", "next 0.1.0.post1"),
        ("0.1.0.post1", "0.1.0.post1", "post", "next 0.1.0.post2"),
        (None, "0.1.0", "post", "refused: Nothing is released"),
        # after a pre-release, as in uv, with a word about what is passed over
        ("0.2.0rc1", "0.2.0rc1", "minor", "next 0.3.0"),
        # back to development
        ("0.2.0", "0.2.0", "dev", "next 0.2.1.dev0"),
        ("0.2.0", "0.3.0.dev0", "dev", "prepared 0.3.0.dev0"),
        ("0.2.0rc1", "0.2.0rc1", "dev", "next 0.2.0rc2.dev0"),
        # what does not go together
        ("0.1.0", "0.1.0", "minor patch", "refused: cannot be combined"),
        ("0.1.0", "0.1.0", "rc dev", "refused: cannot be combined"),
        ("0.1.0", "0.1.0", "stable rc", "refused: cannot be combined"),
        ("0.1.0", "0.1.0", "minor post", "refused: cannot be combined"),
        # a version means what it says
        ("0.1.0", "0.1.0", "1.4.0", "next 1.4.0"),
        ("0.1.0", "1.4.0", "1.4", "prepared 1.4"),
        ("0.1.0", "0.3.0", "0.2.0", "next 0.2.0"),
        ("0.2.0", "0.2.0", "0.2.0", "released 0.2.0"),
        ("0.2.0", "0.2.0", "v0.2", "released 0.2"),
        ("0.2.0", "0.2.0", "0.1.9", "refused: below 0.2.0"),
        ("0.2.0", "0.2.0", "1.0+local", "refused: +local"),
        ("0.2.0", "0.2.0", "minro", "refused: `minro` is neither"),
        ("0.2.0", "0.2.0", "1.0 rc", "refused: `1.0` is neither"),
        ("2026.8.1", "2026.8.1", "2026.11", "next 2026.11"),
    ],
)  # fmt: skip
def test_words_mean_a_version_or_are_refused(released, stated, words, expected):
    chosen = choose_version(words.split(), line(released, stated))

    kind, _, text = expected.partition(" ")
    if kind == "refused:":
        assert isinstance(chosen, Refusal)
        assert text in chosen.reason
    else:
        assert isinstance(chosen, Choice)
        assert (chosen.stands, chosen.version) == (kind, Version(text))


@pytest.mark.parametrize(
    ("words", "expected"),
    [("minor", "released"), ("patch", "released"), ("0.3.0", "next"), ("dev", "next")],
)
def test_a_word_without_a_commit_since_the_tag_means_the_tagged_version(words, expected):
    chosen = choose_version([words], line("0.2.0", "0.2.0", moved=False))

    assert chosen.stands == expected
    assert chosen.version == Version("0.2.0") or expected == "next"


@pytest.mark.parametrize(("words", "fits"), [("patch", True), ("minor", False), ("2.0", False)])
def test_no_version_of_a_maintenance_branch_leaves_its_line(words, fits):
    branch = Line(released=Version("1.4.2"), kept=line_of_branch("1.4.x"))

    assert isinstance(choose_version([words], branch), Choice) is fits


@pytest.mark.parametrize(
    ("branch", "numbers"),
    [
        ("1.4.x", (1, 4)),
        ("stable/1.4", (1, 4)),
        ("v2.x", (2,)),
        ("release-3.1.x", (3, 1)),
        ("main", None),
        ("fix-42", None),
        ("2026", None),
    ],
)
def test_a_maintenance_branch_is_known_by_its_name(branch, numbers):
    assert line_of_branch(branch) == numbers


def test_a_tree_that_is_behind_what_is_out_is_told():
    said = choose_version(["minor"], line("2.15.0", "2.12.1")).note
    assert said == "2.15.0 is out already, and the tree states 2.12.1"
    assert not choose_version(["minor"], line("2.15.0", "2.15.0")).note


def test_what_a_word_passes_over_is_said():
    assert "`stable`" in choose_version(["minor"], line("0.2.0rc1", "0.2.0rc1")).note


@pytest.mark.parametrize(
    ("version", "known", "text"),
    [
        ("1.1.0", ["1.0"], "1.1"),
        ("1.1", ["1.0.0"], "1.1.0"),
        ("1.1.0", ["1.0.3", "1.0"], "1.1"),
        ("1.0.1", ["1.0"], "1.0.1"),
        ("2.0.0", ["1.4.0"], "2.0.0"),
        ("2.0.0rc1", ["1.4"], "2.0rc1"),
        ("2026.8.17", ["2026.07.11"], "2026.08.17"),
        ("2026.11.1", ["2026.8.1"], "2026.11.1"),
        ("1.1.0", [], "1.1.0"),
        ("1!2.0.0", ["1!1.0"], "1!2.0"),
    ],
)
def test_a_version_is_spelled_as_the_project_spells_its_own(version, known, text):
    assert spelled(Version(version), known) == text


@pytest.mark.parametrize(
    ("like", "text"),
    [
        ("2026.8", "2026.11"),
        ("2026.08", "2026.11"),
        ("2026.1.0", "2026.11.0"),
        ("2026.11.0", "2026.11.1"),
        ("26.4.0", "26.11.0"),
        ("2026.08.17", "2026.11.05"),
        ("1.4.0", None),
        ("26.14.0", None),
    ],
)
def test_a_calendar_version_is_todays(like, text):
    assert calendar_version(dt.date(2026, 11, 5), like) == text


@pytest.mark.parametrize(
    ("released", "asked", "meant"),
    [("1.4", "1.41", "1.4.1"), ("1.4", "1.5", ""), ("1.4.0", "1.4.01", ""), ("2.9", "2.10", "")],
)
def test_a_version_without_its_last_dot_is_asked_about(released, asked, meant):
    choice = choose_version([asked], Line(released=Version(released), stated=Version(released)))
    assert (f"is {meant} meant?" in choice.note) if meant else choice.note == ""
