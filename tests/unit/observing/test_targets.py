"""What a release of a project would be."""

import pytest

from nox_release.core.answers import CouldNotAsk
from nox_release.observing.targets import with_githubs_spelling
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import PYPI
from nox_release.releases.observed import ForgeRepository, Observed
from nox_release.releases.plan import Target


@pytest.mark.parametrize(
    ("repository", "owner"),
    [
        (
            ForgeRepository(full_name="ada/demo", default_branch="main", url="", permissions=()),
            "ada/demo",
        ),
        (CouldNotAsk(reason="gh is not installed"), "Ada/Demo"),
        (None, "Ada/Demo"),
    ],
)
def test_the_publisher_of_a_release_is_as_github_spells_it_where_it_was_asked(repository, owner):
    publisher = TrustedPublisher(owner="Ada", repository="Demo", workflow="publish.yml")
    target = Target(
        name="demo", version="1", tag="v1", commit="a" * 40, index=PYPI, publisher=publisher
    )
    seen = Observed(head=target.commit, repository=repository)
    found = with_githubs_spelling(target, seen).publisher
    assert f"{found.owner}/{found.repository}" == owner
