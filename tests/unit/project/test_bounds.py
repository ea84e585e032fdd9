"""Requirements rewritten so that they take a sibling's new version, in the form they had."""

import pytest
from packaging.version import Version

from nox_release.project.bounds import excluded, needs_in, widened
from nox_release.project.documents import Document, edited, parse_document


@pytest.mark.parametrize(
    ("before", "version", "after"),
    [
        ("core-x==1.4.0", "2.0.0", "core-x==2.0.0"),
        ("core-x == 1.4.0", "2.0", "core-x == 2.0"),
        ("core-x===1.4.0", "2.0.0", "core-x===2.0.0"),
        ("core-x==1.4.*", "2.1.3", "core-x==2.1.*"),
        ("core-x==1.*", "2.1.3", "core-x==2.*"),
        ("core-x~=1.4", "2.1.3", "core-x~=2.1"),
        ("core-x~=1.4.2", "2.1.3", "core-x~=2.1.3"),
        ("core-x>=1,<2", "2.0.0", "core-x>=2,<3"),
        ("core-x>=1.4,<2", "2.1.3", "core-x>=2.1,<3"),
        ("core-x <2, >=1.4", "2.1.3", "core-x <3, >=2.1"),
        ("core-x>=1.4.0,<1.5", "1.5.0", "core-x>=1.5.0,<1.6"),
        ("core-x>=1.4,<2.0.0", "2.0.0", "core-x>=2.0,<3.0.0"),
        ("core-x>=0.4.2,<0.5.0", "0.5.0", "core-x>=0.5.0,<0.6.0"),
        ("core-x<2", "3.1", "core-x<4"),
        ("core-x<=1.4.0", "1.5.0", "core-x<=1.5.0"),
        ("core-x>=1,<2", "2.0.0rc1", "core-x>=2rc1,<3"),
        ("core-x>=1.4,<2.0.dev0", "2.0.0", "core-x>=2.0,<3.0.dev0"),
        ("core-x~=1.4", "2.0.0rc1", "core-x~=2.0rc1"),
        ("core-x>=1,<2,!=1.2", "2.0.0", "core-x>=2,<3,!=1.2"),
        ("core-x[fast]>=1,<2; python_version<'3.9'", "2.0.0", "core-x[fast]>=2,<3; python_version<'3.9'"),
        ("core-x (>=1,<2)", "2.0.0", "core-x (>=2,<3)"),
        ("core-x==2026.11", "2026.12", "core-x==2026.12"),
        ("core-x>=1!1,<1!2", "1!2.0", "core-x>=1!2,<1!3"),
        # it takes the version already
        ("core-x>=1", "2.0.0", "core-x>=1"),
        ("core-x", "2.0.0", "core-x"),
        # no rewriting that is sure to be right
        ("core-x>=3", "2.0.0", None),
        ("core-x!=2.0.0", "2.0.0", None),
        ("core-x>=1,<2,!=2.0.0", "2.0.0", None),
        ("core-x>2", "2.0.0", None),
        ("core-x>=1,<2,<1.9", "2.0.0", "core-x>=2,<3,<2.1"),
        ("core-x~=3.0", "2.0.0", None),
    ],
)  # fmt: skip
def test_a_requirement_keeps_its_form_and_takes_the_version(before, version, after):
    assert widened(before, version) == after


PYPROJECT = """\
[project]
name = "plug-x"
dependencies = [
    "Core.X>=1,<2",  # both
    'httpx',
    "core-x==1.4; python_version < \\"3.9\\"",
    "core-x @ https://example.org/core.whl",
]

[project.optional-dependencies]
all = ["core_x[fast]~=1.4"]

[dependency-groups]
dev = ["core-x==1.4"]
"""


def test_every_need_of_a_package_is_found_where_it_stands_and_edited_by_span():
    document = Document(file="packages/plug/pyproject.toml", text=PYPROJECT)
    found = list(excluded(needs_in(document), "core-x", Version("2.0")))
    edits = [one.rewritten("2.0") for one in found]
    assert [one.text for one in found] == [
        "Core.X>=1,<2",
        'core-x==1.4; python_version < \\"3.9\\"',
        "core_x[fast]~=1.4",
        "core-x==1.4",
    ]
    assert edited(PYPROJECT, edits) == (
        PYPROJECT.replace("Core.X>=1,<2", "Core.X>=2,<3")
        .replace(
            'core-x==1.4; python_version < \\"3.9\\"', 'core-x==2.0; python_version < \\"3.9\\"'
        )
        .replace("~=1.4", "~=2.0")
        .replace('["core-x==1.4"]', '["core-x==2.0"]')
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('core-x = "^1.4"', 'core-x = "^2.0"'),
        ('core-x = "~1.4.1"', 'core-x = "~2.0.0"'),
        ('core-x = "1.4.0"', 'core-x = "2.0"'),
        ('core-x = ">=1,<2"', 'core-x = ">=2,<3"'),
        ('core-x = {version = "^0.4.1", optional = true}', 'core-x = {version = "^2.0.0", optional = true}'),
        ('core-x = "*"', None),
        ('core-x = "^2.0"', None),
        ('core-x = {path = "../core", develop = true}', None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("table", ["dependencies", "group.dev.dependencies"])
def test_what_poetry_is_told_keeps_its_form(before, after, table):
    text = f"[tool.poetry.{table}]\npython = '>=3.10'\n{before}\n"
    document = parse_document("pyproject.toml", text.encode())
    found = list(excluded(needs_in(document), "core-x", Version("2.0")))
    assert [one.published for one in found] == ([table == "dependencies"] if after else [])
    edits = [edit for one in found if (edit := one.rewritten("2.0"))]
    assert edited(text, edits) == text.replace(before, after or before)


def test_what_a_group_asks_for_is_not_published():
    text = '[dependency-groups]\ndev = ["core-x<2", {include-group = "x"}]\n'
    document = parse_document("pyproject.toml", text.encode())
    (found,) = excluded(needs_in(document), "core-x", Version("2.0"))
    assert not found.published
    assert found.rewritten("2.0").text == "core-x<3"
