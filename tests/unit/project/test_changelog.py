"""The part of a changelog about a version."""

import pytest

from nox_release.project.changelog import find_section, keeps_versions, parse_sections, unreleased

KEEP = """\
# Changelog

All notable changes.

## [Unreleased]

### Added

- Coming.

## [1.1.0] - 2026-01-02

### Fixed

- A [bug](https://example.org).

```
## 9.9.9
```

## [1.0.0rc1] - 2025-01-01 [YANKED]

- First.

[Unreleased]: https://example.org/compare
[1.1.0]: https://example.org/1.1.0
"""

UNDERLINED = """\
Changelog
=========

2.0 (2026-01-01)
----------------

* Two.

1.0
---

* One.
"""


@pytest.mark.parametrize(
    ("version", "body"),
    [
        ("1.1", "### Fixed\n\n- A [bug](https://example.org).\n\n```\n## 9.9.9\n```"),
        ("1.0.0rc1", "- First."),
        ("1.0", None),
        ("9.9.9", None),
    ],
)
def test_a_version_has_its_own_part_however_it_is_spelled(version, body):
    section = find_section(KEEP, version)
    assert (section.body.strip() if section else None) == body


def test_of_two_headings_of_a_version_the_one_with_a_text_is_its_part():
    text = "1.1 (2026-01-02)\n===\ndemo 1.1 (2026-01-02)\n===\n\n- Better.\n\ndemo 1.0\n===\n\n- First.\n"
    assert find_section(text, "1.1").body.strip() == "- Better."


def test_the_line_is_the_heading_in_the_file():
    assert find_section(KEEP, "1.1.0").line == 11
    assert unreleased(KEEP).line == 5


@pytest.mark.parametrize(("version", "body"), [("2.0", "* Two."), ("1.0.0", "* One.")])
def test_underlined_headings_are_read_too(version, body):
    assert find_section(UNDERLINED, version).body == body


@pytest.mark.parametrize(
    "title",
    ["1.2.3", "v1.2.3", "[1.2.3]", "[1.2.3](https://x/) (2026-01-01)", "Version 1.2.3",
     "Release 1.2.3 - 2026-01-01", "demo 1.2.3", "**1.2.3**", "1.2.3.", "[v1.2.3][ref] - today"],
)  # fmt: skip
def test_headings_in_use_are_understood(title):
    assert find_section(f"# Log\n\n## {title}\n\nText\n", "1.2.3").body == "Text"


def test_dates_and_words_are_no_versions():
    assert [s.version for s in parse_sections("# Changes in 2026\n## Notes 3\n## Thanks")] == [
        None
    ] * 3
    assert not keeps_versions("# Changelog\n\nSee the GitHub releases.\n")


def test_a_deeper_heading_belongs_to_its_version():
    text = "## 1.0\n\n### Fixed\n\n- x\n\n## 0.9\n\n- y\n"
    assert find_section(text, "1.0").body == "### Fixed\n\n- x"


def test_links_that_a_part_uses_come_with_it():
    text = (
        "## 1.0\n\n- See [#3] and [x](y).\n\n## 0.9\n\n- [#2]\n\n[#2]: https://2\n[#3]: https://3\n"
    )
    assert find_section(text, "1.0").body == "- See [#3] and [x](y).\n\n[#3]: https://3"
    assert find_section(text, "0.9").body == "- [#2]\n\n[#2]: https://2"


def test_parts_at_the_level_of_the_versions_belong_to_the_version_above():
    text = "# Log\n\n## [1.2.0] - 2026-08-05\n\n## Highlights\n\nFaster.\n\n## What changed\n\n- All.\n\n## 1.1.0\n\n- Old.\n"
    found = find_section(text, "1.2.0")
    assert "Faster." in found.body
    assert "- All." in found.body
    assert "Old" not in found.body
    assert find_section(text, "1.1.0").body == "- Old."


def test_the_label_of_the_next_heading_is_no_news() -> None:
    """A part that holds nothing else is empty, and is not shown as the notes of a release."""
    text = ".. _v2:\n\n2.0\n===\n\n.. _v1:\n\n1.0\n===\n\n- x\n"
    assert [section.body for section in parse_sections(text)] == ["", "- x"]
