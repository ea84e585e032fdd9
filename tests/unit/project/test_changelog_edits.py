"""What a release edits in a changelog: texts in, the changed lines out."""

import datetime as dt
import difflib

import pytest
from packaging.version import Version

from nox_release.project.changelog_edits import Kind, plan_changelog
from nox_release.project.changelog_layout import Wanted
from nox_release.project.documents import edited, parse_document

DAY = dt.date(2026, 11, 26)


def changed(text, version="0.2.0", *, file="CHANGELOG.md", drafted=(), name="my-demo"):
    """The kind, and the lines that go and come."""
    document = parse_document(file, text.encode())
    wanted = Wanted(version=Version(version), text=version, today=DAY, name=name, drafted=drafted)
    plan = plan_changelog(document, wanted)
    assert not plan.unparsed, plan.unparsed
    after = edited(document.text, plan.edits)
    lines = difflib.ndiff(text.split("\n"), after.split("\n"))
    return plan.kind, [line for line in lines if line[0] in "+-" and line.strip() != "+"]


KEEP = """\
# Changelog

An introduction.

```
## [Unreleased]
```

<!--
## [Unreleased]
-->

## [Unreleased]

### Added

- Coming.

## [0.1.0] - 2026-01-02

- First.

[Unreleased]: https://example.org/compare/v0.1.0...HEAD
[0.1.0]: https://example.org/releases/tag/v0.1.0
"""


def test_an_unreleased_heading_is_promoted_and_the_links_are_renewed():
    assert changed(KEEP) == (
        Kind.PROMOTED,
        [
            "+ ## [0.2.0] - 2026-11-26",
            "- [Unreleased]: https://example.org/compare/v0.1.0...HEAD",
            "+ [Unreleased]: https://example.org/compare/v0.2.0...HEAD",
            "+ [0.2.0]: https://example.org/releases/tag/v0.2.0",
        ],
    )


def test_the_first_release_gets_a_heading_with_its_date():
    assert changed("# Log\n\n## [Unreleased]\n\n- Coming.\n", "0.1.0") == (
        Kind.PROMOTED,
        ["+ ## [0.1.0] - 2026-11-26"],
    )


@pytest.mark.parametrize(
    ("opened", "released", "heading"),
    [
        ("## Unreleased", "## 0.1.0 (2026-01-02)", "## 0.2.0 (2026-11-26)"),
        ("## [UNRELEASED]", "## 0.1.0 (6th December, 2025)", "## 0.2.0 (26th November, 2026)"),
        ("## Latest Changes", "## 0.1.0 (Jan 2, 2026)", "## 0.2.0 (Nov 26, 2026)"),
        ("## Unreleased", "## v0.1.0", "## v0.2.0"),
        ("## Unreleased: demo next", "## 2026-01-02: my-demo 0.1.0", "## 2026-11-26: my-demo 0.2.0"),
        ("## Unreleased", "## Release 0.1.0 - 02.01.2026", "## Release 0.2.0 - 26.11.2026"),
        ("# Unreleased", "# [0.1.0](https://x/v0.0.9...v0.1.0) (January 2, 2026)",
         "# [0.2.0](https://x/v0.1.0...v0.2.0) (November 26, 2026)"),
    ],
)  # fmt: skip
def test_the_new_heading_is_like_the_newest_one(opened, released, heading):
    text = f"{opened}\n\n- Coming.\n\n{released}\n\n- One.\n\n## 0.0.9\n\n- Zero.\n"

    assert changed(text.replace("## 0.0.9", released.split(" ")[0] + " 0.0.9")) == (
        Kind.PROMOTED,
        [f"+ {heading}"],
    )


def test_an_underlined_heading_keeps_a_line_of_its_length():
    text = "Log\n===\n\nUnreleased\n----------\n\n* Coming.\n\n0.1.0 (2026-01-02)\n------------------\n\n* One.\n"

    assert changed(text, file="CHANGES.rst") == (
        Kind.PROMOTED,
        ["+ 0.2.0 (2026-11-26)", "+ ------------------"],
    )


def test_a_rule_of_tildes_is_no_fence_in_restructuredtext():
    text = (
        "Log\n---\n\n*unreleased*\n~~~~~~~~~~~~\n\nx\n\n0.1 - 2026-01-02\n~~~~~~~~~~~~~~~~\n\ny\n"
    )

    assert changed(text, "0.2", file="CHANGELOG.rst")[1] == [
        "+ 0.2 - 2026-11-26",
        "+ ~~~~~~~~~~~~~~~~",
    ]


def test_a_rule_of_backticks_is_no_fence_and_a_file_may_have_no_suffix():
    text = "History\n=======\n\nDevelopment Version\n```````````````````\n\n* x\n\nRelease 0.1 (Jan 2, 2026)\n`````````````````````````\n\ny\n"

    assert changed(text, "0.2", file="CHANGELOG") == (
        Kind.PROMOTED,
        ["+ Release 0.2 (Nov 26, 2026)", "+ ``````````````````````````"],
    )


@pytest.mark.parametrize(
    ("opened", "released", "heading"),
    [
        ("## 0.2.0 (unreleased)", "## 0.1.0 (2026-01-02)", "## 0.2.0 (2026-11-26)"),
        ("## 0.3.0 (unreleased)", "## 0.1.0 (2026-01-02)", "## 0.2.0 (2026-11-26)"),
        ("## [0.2.0] - YYYY-MM-DD", "## [0.1.0] - 2026-01-02", "## [0.2.0] - 2026-11-26"),
        ("## 0.2.0 - TBD", "## 0.1.0 - 2026-01-02", "## 0.2.0 - 2026-11-26"),
        ("## 0.2.0 (2026-11-)", "## 0.1.0 (2026-01-02)", "## 0.2.0 (2026-11-26)"),
    ],
)
def test_the_next_versions_heading_gets_its_date(opened, released, heading):
    text = f"{opened}\n\n- Coming.\n\n{released}\n\n- One.\n"

    kind, lines = changed(text)

    assert kind is Kind.DATED
    assert [line for line in lines if line[0] in "+-"] == [f"- {opened}", f"+ {heading}"]


def test_a_date_in_the_line_below_the_heading_is_filled_in():
    text = (
        "Version 0.2.0\n-------------\n\nUnreleased\n\n- Coming.\n\n"
        "Version 0.1.0\n-------------\n\nReleased 2026-01-02\n\n- One.\n"
    )

    assert changed(text, file="CHANGES.rst") == (
        Kind.DATED,
        ["- Unreleased", "+ Released 2026-11-26"],
    )


def test_a_section_is_written_from_what_was_drafted():
    text = "# Log\n\n## 0.1.0 (2026-01-02)\n\n* One.\n"

    assert changed(text, drafted=("Read files faster.",)) == (
        Kind.WRITTEN,
        ["+ ## 0.2.0 (2026-11-26)", "+ * Read files faster."],
    )


@pytest.mark.parametrize(("drafted", "is_drafted"), [(("Read files faster.",), True), ((), False)])
def test_a_section_that_is_empty_is_not_called_drafted(drafted, is_drafted):
    document = parse_document("CHANGELOG.md", b"# Log\n\n## 0.1.0 (2026-01-02)\n\n* One.\n")
    wanted = Wanted(version=Version("0.2.0"), text="0.2.0", today=DAY, name="demo", drafted=drafted)
    plan = plan_changelog(document, wanted)
    assert (plan.is_drafted, plan.is_empty) == (is_drafted, not is_drafted)


def test_a_section_is_written_above_the_newest_one_where_older_ones_have_another_line():
    newer = "".join(f"1.{n} (2026-01-0{n})\n****************\n\n- x\n\n" for n in (3, 2))
    older = "".join(f"0.{n} (2025-01-0{n})\n++++++++++++++++\n\n- x\n\n" for n in (9, 8, 7, 6))
    text = f"Log\n---\n\n{newer}{older}"

    kind, lines = changed(text, "1.4", file="CHANGES.rst", drafted=("New.",))

    assert kind is Kind.WRITTEN
    assert lines[:2] == ["+ 1.4 (2026-11-26)", "+ ****************"]
    document = parse_document("CHANGES.rst", text.encode())
    wanted = Wanted(version=Version("1.4"), text="1.4", today=DAY, drafted=("New.",))
    edit = plan_changelog(document, wanted).edits[0]
    assert edit.start == text.index("1.3 (")


def test_a_label_above_a_written_heading_is_written_too():
    text = "# Log\n\n(v0_1)=\n## 0.1 (2026-01-02)\n\n- One.\n"

    assert changed(text, "0.2", drafted=("Two.",))[1] == [
        "+ (v0_2)=",
        "+ ## 0.2 (2026-11-26)",
        "+ - Two.",
    ]


def test_a_section_that_is_there_stays_as_it_is():
    assert changed("## 0.2.0 (2026-11-20)\n\n- Two.\n\n## 0.1.0 (2026-01-02)\n\n- One.\n") == (
        Kind.STANDS,
        [],
    )


def test_a_codename_is_not_taken_over():
    text = (
        "## Unreleased\n\n- Coming.\n\n## 0.1.2 - Purple Rain\n\n- c\n\n## 0.1.1\n\n- b\n\n"
        "## 0.1.0\n\n- a\n"
    )

    assert changed(text)[1] == ["+ ## 0.2.0"]


def test_a_prerelease_leaves_a_changelog_without_prereleases_alone():
    assert changed(KEEP, "0.2.0rc1") == (Kind.NONE, [])


def test_line_ends_stay():
    raw = KEEP.replace("\n", "\r\n").encode()
    document = parse_document("CHANGELOG.md", raw)
    wanted = Wanted(version=Version("0.2.0"), text="0.2.0", today=DAY)

    after = document.with_text(edited(document.text, plan_changelog(document, wanted).edits))

    assert after.count(b"\r\n") == after.count(b"\n") == raw.count(b"\n") + 3


def test_a_changelog_with_its_newest_part_last_is_not_edited():
    document = parse_document("NEWS.md", b"## 0.0.8\n\na\n\n## 0.0.9\n\nb\n\n## 0.1.0\n\nc\n")
    wanted = Wanted(version=Version("0.2.0"), text="0.2.0", today=DAY)

    assert plan_changelog(document, wanted).unparsed


def test_a_heading_in_progress_is_finished():
    text = "# Changes\n\n## 0.2.0 WIP\n\n- It.\n\n## 0.1.0\n\n- That.\n"
    assert changed(text) == (Kind.DATED, ["- ## 0.2.0 WIP", "+ ## 0.2.0"])


def test_what_is_told_of_a_heading_is_its_title_where_the_line_below_stays():
    text = "News\n====\n\n0.2.0 (in development)\n----------------------\n\nTBD\n\n0.1.0\n-----\n\n* First.\n"
    wanted = Wanted(version=Version("0.2.0"), text="0.2.0", today=DAY, name="my-demo", drafted=())
    plan = plan_changelog(parse_document("NEWS.rst", text.encode()), wanted)
    assert (plan.before, plan.after) == ("0.2.0 (in development)", "0.2.0")
