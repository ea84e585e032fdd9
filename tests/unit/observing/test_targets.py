"""What a release of a project would be."""

import pytest

from nox_release.core.answers import CouldNotAsk
from nox_release.observing.publishers import run_makes_release
from nox_release.observing.targets import with_githubs_spelling
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import PYPI, Settings
from nox_release.releases.observed import ForgeRepository, Observed
from nox_release.releases.plan import CreateGitHubRelease, Target, describe
from nox_release.workflows.publishing import derive_publisher
from nox_release.workflows.syntax import parse_workflow


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


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ('run: gh release create "$GITHUB_REF_NAME" dist/*', ", unless publish.yml has"),
        ('run: gh release create --draft "$GITHUB_REF_NAME"', ""),
        ("uses: ncipollo/release-action@v1", ", unless publish.yml has"),
        ("run: echo done", ""),
    ],
)
def test_the_plan_says_that_the_run_may_have_made_the_release(step, said):
    text = f"""
on: {{push: {{tags: ['v*']}}}}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps: [uses: pypa/gh-action-pypi-publish@release/v1]
  after:
    needs: publish
    runs-on: ubuntu-latest
    permissions: {{contents: write}}
    steps:
      - {step}
"""
    parsed = parse_workflow(text, file=".github/workflows/publish.yml")
    derivation = derive_publisher(
        (parsed,), owner="ada", repository="demo", settings=Settings(), package=None
    )
    target = Target(
        name="demo",
        version="1",
        tag="v1",
        commit="a" * 40,
        index=PYPI,
        workflow="publish.yml",
        event="push",
        release_last=True,
        release_in_run=run_makes_release(derivation, {}),
    )
    made = CreateGitHubRelease(tag="v1", title="demo 1")
    assert describe(made, target) == f"publish the GitHub release demo 1{said}"
