"""GitHub's two dialects of patterns for branches and tags."""

import time

import pytest

from nox_release.workflows.ref_patterns import filter_takes, filters_take, fnmatch_takes


@pytest.mark.parametrize(
    ("pattern", "taken", "left"),
    [
        ("v*", ["v1.0", "v"], ["1.0", "v1/0"]),
        ("**", ["a/b", ""], []),
        ("**/v*", ["demo/v1"], ["v1", "demo/v1/x"]),
        ("v[0-9]+.[0-9]+", ["v12.3"], ["v.3", "v12.3.4", "va.3"]),
        ("v1?.2", ["v.2", "v1.2"], ["v11.2"]),
        ("v1.0+", ["v1.0", "v1.00"], ["v1.", "v100"]),
        (r"v\*", ["v*"], ["v1"]),
        ("v[^a--z[&&]", ["v^", "v[", "v&", "vb"], ["v1"]),
        ("v[z-a]", ["v[z-a]"], ["vz"]),
        ("v[", ["v["], ["v"]),
        ("(v|w)", ["(v|w)"], ["v"]),
    ],
)
def test_filter_patterns_take_what_github_takes(pattern, taken, left):
    assert [name for name in (*taken, *left) if filter_takes(name, pattern)] == taken


def test_a_later_pattern_takes_back():
    assert not filters_take("v1rc1", ["v*", "!v*rc*"])
    assert filters_take("v1rc1", ["!v*rc*", "v*"])


@pytest.mark.parametrize(
    "pattern",
    [
        "a*" * 12 + "x",
        "**a" * 12 + "x",
        "a?" * 30 + "x",
        "a+" * 30 + "x",
        "*" * 900 + "x",
        "a*" * 499,
    ],
)
def test_no_filter_pattern_takes_long_over_a_tag(pattern):
    started = time.process_time()
    filters_take("a" * 250, [pattern])
    fnmatch_takes("a" * 250, pattern)
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("pattern", "taken", "left"),
    [
        ("v*", ["v1.2", "v"], ["1.2", "v1/x"]),
        ("refs/tags/v*", ["v1.2"], ["1.2"]),
        ("~ALL", ["v1.2", "a/b"], []),
        ("*", ["v1"], ["pkg/v1"]),
        ("*/*", ["pkg/v1"], ["v1", "a/pkg/v1"]),
        ("**/v*", ["v1", "pkg/v1", "a/pkg/v1"], ["w1", "pkg/v1/x"]),
        ("releases/**/*", ["releases/1", "releases/a/1"], ["releases", "releases-evil"]),
        ("releases/**/v*", ["releases/v1", "releases/a/b/v1"], ["releases-evil/v1", "v1"]),
        ("a/**", ["a/b"], ["a", "a/b/c"]),
        ("[0-9]*", ["1.2"], ["v1.2"]),
        ("[^v]*", ["1.2", "^1"], ["v1.2"]),
        ("[!v]*", ["1.2"], ["v1.2"]),
        ("v?.?", ["v1.2"], ["v11.2", "v1/2"]),
        (r"v\*", ["v*"], ["v1"]),
        ("v1+", ["v1+"], ["v11"]),
    ],
)
def test_patterns_of_rules_and_environments_take_what_ruby_takes(pattern, taken, left):
    assert [name for name in (*taken, *left) if fnmatch_takes(name, pattern)] == taken


def test_the_two_dialects_differ():
    assert filter_takes("v1", "v1?")
    assert not fnmatch_takes("v1", "v1?")
    assert filter_takes("a/b", "**")
    assert filter_takes("^1", "[^v]*")
    assert not filter_takes("1", "[^v]*")
