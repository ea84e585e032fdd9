"""Documents of the usual form are not asked about, so nothing may be wrong with them."""

from __future__ import annotations

import copy
from pathlib import Path

from nox_release.checks import schema
from nox_release.project.pyproject import parse_toml

PLAIN = parse_toml("""\
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"
backend-path = ["."]

[project]
name = "demo-it"
version = "1.2.3"
description = "A demonstration"
readme = "README.md"
requires-python = ">=3.10, <4"
license = "MIT"
authors = [{ name = "A. B.", email = "a.b@example.org" }, { email = "c@example.org" }]
maintainers = [{ name = "D" }]
keywords = ["one", ""]
classifiers = ["Programming Language :: Python :: 3"]
dependencies = ["httpx>=0.28", "tomli; python_version < '3.11'"]
urls = { Source = "https://github.com/you/demo#readme" }
scripts = { demo = "demo.cli:main" }
gui-scripts = { demo-it = "demo:main" }
optional-dependencies = { more = ["rich"] }

[dependency-groups]
tests = ["pytest"]
""")
ODD = (
    None, 1, True, "", " ", "x y", "é", "a\nb", "-", "1.0-1", ">3", "~=3", [], [""], [1], ["x y"], [{}],
    {}, {"": ""}, {"name": ""}, {"name": 1}, {"email": "x"}, {"x": ""}, {"x": []}, {"x y": "a:b"},
    [{"name": "x", "email": "@"}], [{"name": "x", "url": "y"}], {"text": "x", "file": "y"}, ["version"],
    ["version", "readme"], {"x": "http://"}, {"x": ["y ="]}, {"x": "a:b:c"}, {"x": "a.b"},
)  # fmt: skip


def places(value, path=()):
    pairs = value.items() if isinstance(value, dict) else ()
    for key, one in enumerate(value) if isinstance(value, list) else pairs:
        yield (*path, key)
        yield from places(one, (*path, key))


def mutants():
    """The plain document with one value, at any depth, replaced, left out or added."""
    for path in [
        *places(PLAIN),
        ("project", "dynamic"),
        ("project", "new"),
        ("project", "requires_python"),
        ("build-system", "new"),
    ]:
        for odd in (*ODD, ...):
            document = copy.deepcopy(PLAIN)
            above = document
            for key in path[:-1]:
                above = above[key]
            if odd is not ...:
                above[path[-1]] = odd
            elif path[-1] in above or isinstance(above, list):
                del above[path[-1]]
            yield document


def test_nothing_is_wrong_with_what_is_plain(monkeypatch):
    assert schema.is_plain(PLAIN)
    plain = [document for document in mutants() if schema.is_plain(document)]
    own = Path(__file__).parents[3]
    for path in (*own.glob("pyproject.toml"), *own.glob("tests/world/**/pyproject.toml")):
        document = parse_toml(path.read_text(encoding="utf-8"))
        plain += [document] if schema.is_plain(document) else []
    monkeypatch.setattr(schema, "is_plain", lambda _document: False)
    assert len(plain) > 100
    for document in plain:
        assert list(schema.schema_problems(document)) == []
