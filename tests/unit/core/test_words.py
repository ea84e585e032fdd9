"""Words that stand at the beginning of a sentence."""

from nox_release.core.words import sentence


def test_a_sentence_begins_with_a_capital_unless_a_path_does():
    assert sentence("no such file") == "No such file."
    assert sentence("docs/changes.md is empty.") == "docs/changes.md is empty."
