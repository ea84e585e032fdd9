"""Places in a TOML document."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nox_release.project.toml_lines import find_lines

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DOCUMENT = '''\
# a comment with [brackets] and = signs
[project]
name = "demo"   # [x]
dependencies = [
    "one",  # "two"
    "a; python_version < '3.11'", 'b',

    """many
lines""",
    "last",
]
urls."A b".x = 1
urls.Docs = { "nested" = [1, 2], deep.er = 2024-01-01 }

[project.optional-dependencies]
test = ["pytest"]

[[tool.mypy.overrides]]
module = "a"
[[tool.mypy.overrides]]
module = "b"
[tool.mypy.overrides.more]
key = true
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("project",), 2),
        (("project", "name"), 3),
        (("project", "dependencies"), 4),
        (("project", "dependencies", 0), 5),
        (("project", "dependencies", 1), 6),
        (("project", "dependencies", 2), 6),
        (("project", "dependencies", 3), 8),
        (("project", "dependencies", 4), 10),
        (("project", "urls", "A b"), 12),
        (("project", "urls", "Docs", "nested", 1), 13),
        (("project", "urls", "Docs", "deep", "er"), 13),
        (("project", "optional-dependencies", "test", 0), 16),
        (("tool", "mypy", "overrides", 0, "module"), 19),
        (("tool", "mypy", "overrides", 1, "module"), 21),
        (("tool", "mypy", "overrides", 1, "more", "key"), 23),
    ],
)
def test_every_key_and_item_has_its_line(path, line):
    assert find_lines(DOCUMENT).by_path[path] == line


def test_what_is_not_there_has_the_line_of_what_is_around_it():
    lines = find_lines(DOCUMENT)
    assert lines.of("project", "readme") == 2
    assert lines.of("build-system", "requires") is None


def test_windows_line_ends_count_once():
    assert find_lines("[a]\r\nb = 1\r\nc = '''\r\n'''\r\nd = 2\r\n").of("a", "d") == 5


def _paths(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _paths(item, (*path, number))


def test_paths_are_those_of_the_parsed_document():
    parsed = {path for path in _paths(tomllib.loads(DOCUMENT)) if path}
    assert parsed == set(find_lines(DOCUMENT).by_path)


@given(st.text(alphabet="ab.=[]{}\"'#\\\n ,1u", max_size=60))
def test_no_text_stops_the_scanner(text):
    find_lines(text)
