"""Notes of a GitHub release: Markdown made of reStructuredText, and links that lead to the tag."""

import pytest

from nox_release.project.markdown import from_rst, lead_to_tag

PAGE = "https://github.com/you/demo"


def led(text, **more):
    return lead_to_tag(text, page=PAGE, tag="v1.0", **more)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](docs/a.md)", f"[a]({PAGE}/blob/v1.0/docs/a.md)"),
        ("[a](./docs/a.md#part)", f"[a]({PAGE}/blob/v1.0/docs/a.md#part)"),
        ("![x](img/x.png)", f"![x]({PAGE}/raw/v1.0/img/x.png)"),
        ("[![x](x.svg)](a.md)", f"[![x]({PAGE}/raw/v1.0/x.svg)]({PAGE}/blob/v1.0/a.md)"),
        ("[a]: docs/a.md", f"[a]: {PAGE}/blob/v1.0/docs/a.md"),
        (
            "[a](https://x.org) [b](#c) [d](mailto:e@f.g)",
            "[a](https://x.org) [b](#c) [d](mailto:e@f.g)",
        ),
        ("`[a](docs/a.md)`", "`[a](docs/a.md)`"),
        ("```\n[a](docs/a.md)\n```", "```\n[a](docs/a.md)\n```"),
        ("[a](../out.md)", "[a](../out.md)"),
    ],
)
def test_relative_links_lead_to_the_files_of_the_tag(text, expected):
    assert led(text) == expected


def test_a_package_in_a_folder_has_its_links_from_there():
    assert led("[a](../b/a.md)", folder="packages/demo") == f"[a]({PAGE}/blob/v1.0/packages/b/a.md)"
    assert led("[a](/LICENSE)", folder="packages/demo") == f"[a]({PAGE}/blob/v1.0/LICENSE)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("``run()`` is *quite* **fast**.", "`run()` is *quite* **fast**."),
        (":func:`demo.run` and :py:class:`~demo.Thing`", "`demo.run` and `Thing`"),
        (":issue:`12`, :user:`ann`, :doc:`the guide <guide>`", "#12, ann, the guide"),
        ("`pages <https://x.org/a>`_", "[pages](https://x.org/a)"),
        ("See https://x.org/.", "See <https://x.org/>."),
        ("- one\n\n  - two\n- three", "- one\n  - two\n- three"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("Fixed\n~~~~~\n\n- it", "### Fixed\n\n- it"),
        (".. code-block:: python\n\n   x = 1", "```python\nx = 1\n```"),
        ("So::\n\n   $ run", "So:\n\n```\n$ run\n```"),
        (".. note:: Mind *this*.", "> [!NOTE]\n> Mind *this*."),
        (".. a comment\n\nText", "Text"),
        ("a_b and c*d", "a_b and c\\*d"),
        ("term\n   what it is", "- **term**: what it is"),
    ],
)
def test_restructuredtext_becomes_markdown(text, expected):
    assert from_rst(text) == expected


def test_links_that_are_defined_at_the_end_of_the_changelog_are_kept():
    whole = "1.0\n===\n\n- See `that`_ and #3_.\n\n.. _that: https://x.org/that\n.. _#3: https://x.org/3\n"
    assert from_rst("- See `that`_ and |n|.", whole=whole + ".. |n| replace:: more\n") == (
        "- See [that](https://x.org/that) and more."
    )


def test_nothing_outside_of_the_text_is_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    text = f".. include:: {secret}\n\n.. csv-table::\n   :file: {secret}\n\n.. raw:: html\n   :file: {secret}\n"
    assert "hidden" not in from_rst(text)


def test_what_sphinx_alone_knows_is_left_as_text():
    assert "in 1.0" in from_rst(".. unknown-directive:: x\n\n   hidden\n\nNew in 1.0, |nobody|_.")
