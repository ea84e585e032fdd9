"""Indexes that are not PyPI: whose credentials they take, in the words of each."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from nox_release.core.values import dataclass, replace
from nox_release.diagnosis.model import Diagnosis


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`sign` is found in its addresses; `credentials` says what it takes, `link` where that is written."""

    sign: str
    credentials: str
    link: str = ""


# Sources: each server's own documentation, at the link.
_SERVERS = (
    Server(
        sign=r"pkgs\.dev\.azure\.com|\.visualstudio\.com/|/_packaging/",
        credentials="Azure Artifacts takes any user name, and as the password a personal access token with "
        "Packaging (read and write). In a pipeline use `TwineAuthenticate@1` with `artifactFeed: project/feed`, and "
        "give the build service the role Feed Publisher in the feed's settings.",
        link="https://learn.microsoft.com/azure/devops/artifacts/quickstarts/python-packages",
    ),
    Server(
        sign=r"/api/v4/projects/[^/]{1,200}/packages/pypi|//gitlab\.",
        credentials="In a GitLab job of the same project set `TWINE_USERNAME=gitlab-ci-token` and "
        "`TWINE_PASSWORD=$CI_JOB_TOKEN`; elsewhere use a deploy token with `write_package_registry`.",
        link="https://docs.gitlab.com/user/packages/pypi_repository/",
    ),
    Server(
        sign=r"-python\.pkg\.dev",
        credentials="Google's Artifact Registry takes the user name `oauth2accesstoken` with what `gcloud auth "
        "print-access-token` prints, or the keyring plugin keyrings.google-artifactregistry-auth; the account needs "
        "the role Artifact Registry Writer.",
        link="https://cloud.google.com/artifact-registry/docs/python/authentication",
    ),
    Server(
        sign=r"\.codeartifact\.",
        credentials="AWS CodeArtifact takes the user name `aws` with what `aws codeartifact get-authorization-token` "
        "prints (it lasts 12 hours at most); the role needs `codeartifact:PublishPackageVersion`.",
        link="https://docs.aws.amazon.com/codeartifact/latest/ug/python-configure-twine.html",
    ),
    Server(
        sign=r"jfrog\.io|/artifactory/",
        credentials="Artifactory takes a user with the permission Deploy on that local repository, with the password "
        "or an identity token; a virtual repository needs a default one to deploy to.",
        link="https://jfrog.com/help/r/jfrog-artifactory-documentation/pypi-repositories",
    ),
    Server(
        sign=r"/repository/[\w.-]{1,80}/?$|//nexus\.",
        credentials="Nexus takes a user whose role may add and edit in that hosted PyPI repository.",
        link="https://help.sonatype.com/en/pypi-repositories.html",
    ),
)
_ANY = Server(
    sign="",
    credentials="Use the user name and the token that this index gives to accounts that may upload.",
)
_REFUSED = (
    "The user name, password or token is wrong, has expired, or may only read: 401 says that it is not known or "
    "that none was sent, 403 that it may not upload here."
)
# What is true of PyPI and TestPyPI alone.
_ON_PYPI_ALONE = re.compile(r" ?\(PyPI accepts [^)]{1,60}\)|, which PyPI accepts again")


def at_another_index(diagnosis: Diagnosis, url: str) -> Diagnosis:
    """The diagnosis of an upload to the index at `url`, without what holds for PyPI alone."""
    if diagnosis.id == "wh-auth":
        server = next((one for one in _SERVERS if re.search(one.sign, url)), _ANY)
        return replace(
            diagnosis,
            title=f"{urlsplit(url).hostname or 'The index'} does not accept these credentials.",
            cause=_REFUSED,
            fix=f"{server.credentials} Compare the names of the variables in the workflow with the stored secrets.",
            link=server.link,
        )
    return replace(diagnosis, fix=_ON_PYPI_ALONE.sub("", diagnosis.fix))
