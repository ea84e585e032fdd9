"""The catalogue: every known text of a failure on the way to PyPI, its cause and its remedy.

One module for each tool or service that prints the texts. Ids are stable. The order of entries
says nothing; what a match is worth is said by its entry.
"""

from nox_release.diagnosis.catalogue import (
    actions,
    backends,
    building,
    families,
    git,
    github,
    platforms,
    publishing,
    release_tools,
    twine,
    upload,
    uv,
)
from nox_release.diagnosis.model import Entry

ENTRIES: tuple[Entry, ...] = (
    *upload.ENTRIES,
    *publishing.ENTRIES,
    *twine.ENTRIES,
    *uv.ENTRIES,
    *building.ENTRIES,
    *backends.ENTRIES,
    *platforms.ENTRIES,
    *git.ENTRIES,
    *github.ENTRIES,
    *actions.ENTRIES,
    *release_tools.ENTRIES,
    *families.ENTRIES,
)

_BY_ID = {found.id: found for found in ENTRIES}


def entry(name: str) -> Entry:
    """The entry of this id."""
    return _BY_ID[name]
