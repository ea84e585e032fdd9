"""Requirements rewritten so that they take a sibling's new version, in the form they had."""

import pytest
from packaging.version import Version

from nox_release.project.bounds import excluded, needs_in, widened
from nox_release.project.documents import Document, edited


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
    ]
    assert edited(PYPROJECT, edits) == (
        PYPROJECT.replace("Core.X>=1,<2", "Core.X>=2,<3")
        .replace(
            'core-x==1.4; python_version < \\"3.9\\"', 'core-x==2.0; python_version < \\"3.9\\"'
        )
        .replace("~=1.4", "~=2.0")
    )
