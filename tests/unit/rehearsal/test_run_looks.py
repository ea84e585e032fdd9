"""Which scripts of a workflow do nothing but look into the checkout, so that a rehearsal runs them."""

import pytest

from nox_release.rehearsal.run_looks import looks

BOUNDS = """
if [[ ! "$VERSION" =~ ^[0-9]+\\.[0-9]+$ ]]; then
  echo "::error::no version" >&2
  exit 1
fi
next="${VERSION%.*}.$((10#${VERSION##*.} + 1))"
grep -Eq "other >= *${VERSION}, *<${next}" pyproject.toml
"""


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('grep -q "$VERSION" NEWS.md', True),
        ('grep -q "$VERSION" NEWS.md > /dev/null 2>&1 || exit 1', True),
        (BOUNDS, True),
        ('grep -q "$(cat VERSION)" NEWS.md', False),
        ("grep -q `cat VERSION` NEWS.md", False),
        ('grep "$VERSION" NEWS.md > notes.md', False),
        ('grep "$VERSION" < NEWS.md', False),
        ('grep -q "$OTHER" NEWS.md', False),
        ('grep -q "$VERSION" NEWS.md && make', False),
        ("echo nothing", False),
    ],
)
def test_scripts_that_only_look(script, expected):
    assert looks(script, {"VERSION"}) is expected
