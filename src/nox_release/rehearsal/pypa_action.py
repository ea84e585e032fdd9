"""What the action pypa/gh-action-pypi-publish does, step by step, with the words it fails with.

Its messages are facts that diagnosis has to recognise. Source:
https://github.com/pypa/gh-action-pypi-publish (oidc-exchange.py, twine-upload.sh).
"""

from __future__ import annotations

import base64
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nox_release.core.values import dataclass, replace
from nox_release.edges.process import Runner
from nox_release.files.distributions import version_of_file
from nox_release.project.pyproject import Index

if TYPE_CHECKING:
    Say = Callable[[str], None]

_CLAIMS = (
    "sub",
    "repository",
    "repository_owner",
    "repository_owner_id",
    "workflow_ref",
    "job_workflow_ref",
    "ref",
    "environment",
)


class PublishFailed(Exception):  # noqa: N818 - an outcome of the rehearsed world
    """The action ended with an error, which is in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """What the action is told.

    `request_token` gives the job's identity token for an audience; `None` where the job has no
    `id-token: write`. `secret` says that the workflow names a password, which nobody has here;
    `skip_existing` that files whose names the index has are left out.
    """

    index: Index
    request_token: Callable[[str], str] | None
    secret: bool = False
    attest: bool = True
    skip_existing: bool = False


def publish(
    publishing: Publishing, files: Sequence[Path], runner: Runner, directory: Path, say: Say
) -> None:
    """Exchange an identity for a token and upload `files` with twine.

    Raises:
        PublishFailed: with the error's first line.
    """
    index = publishing.index
    if publishing.secret:
        said = (
            "Input required and not supplied: password: the secret that the workflow names is not "
            "set in the rehearsal; the action was not passed a password or it is otherwise empty."
        )
        say(f"##[error]{said}")
        raise PublishFailed(said)
    token = exchange(index, publishing.request_token, say)
    say(f"::add-mask::{'*' * 3}")
    if not files:
        say(
            "##[warning]It looks like there are no Python distribution packages to publish in the "
            'directory "dist/". Please verify that they are in place should you face this problem.'
        )
        said = "InvalidDistribution: Cannot find file (or expand pattern): 'dist/*'"
        say(f"ERROR    {said}")
        raise PublishFailed(said)
    if publishing.skip_existing:
        files = [path for path in files if not _exists(index, path, say)]
        if not files:
            return
    if publishing.attest:
        say("Generating and uploading digital attestations")
        files = [*files, *map(write_attestation, files)]
    say(f"Uploading distributions to {index.upload_url}")
    extra = ["--attestations"] if publishing.attest else []
    done = replace(runner, secrets=(*runner.secrets, token)).run(
        [sys.executable, "-I", "-m", "twine", "upload", "--non-interactive", "--disable-progress-bar", "--verbose",
         *extra, *map(str, files)],
        cwd=directory,
        check=False,
        extra_environ={
            "TWINE_USERNAME": "__token__",
            "TWINE_PASSWORD": token,
            "TWINE_REPOSITORY_URL": index.upload_url,
            "TERM": "dumb",
        },
    )  # fmt: skip
    say(done.output.rstrip("\n"))
    if done.returncode:
        lines = [line for line in done.output.splitlines() if "ERROR" in line or "Error" in line]
        raise PublishFailed(lines[-1].strip() if lines else "twine failed")


def _exists(index: Index, path: Path, say: Say) -> bool:
    """What twine finds for `--skip-existing`, which it has for PyPI's own addresses alone."""
    name = path.name.split("-")[0] if path.suffix == ".whl" else path.name.rpartition("-")[0]
    _, document = _ask(f"{index.api_url}pypi/{name}/{version_of_file(path.name)}/json")
    there = document.get("urls", []) if isinstance(document, dict) else []
    if path.name not in {one.get("filename") for one in there}:
        return False
    say(f"WARNING  Skipping {path.name} because it appears to already exist")
    return True


def exchange(index: Index, request_token: Callable[[str], str] | None, say: Say) -> str:
    """The token that the index gives for the job's identity.

    Raises:
        PublishFailed: it gives none.
    """
    host = urlsplit(index.upload_url).netloc
    status, document = _ask(f"{index.api_url}_/oidc/audience")
    if status == 403:
        raise _fail(
            say, f"audience retrieval failed: repository at {host} has trusted publishing disabled"
        )
    if status == 404:
        raise _fail(
            say,
            f"audience retrieval failed: repository at {host} does not indicate trusted publishing support",
        )
    if status != 200 or not isinstance(document, dict):
        raise _fail(
            say,
            f"audience retrieval failed: repository at {host} responded with unexpected {status}: "
            f"{_phrase(status)}",
        )
    if request_token is None:
        raise _fail(say, _NO_IDENTITY)
    identity = request_token(str(document.get("audience")))
    status, document = _ask(f"{index.api_url}_/oidc/mint-token", {"token": identity})
    if not isinstance(document, dict):
        raise _fail(say, _NOT_JSON.format(status=status))
    if status != 200:
        reasons = "\n".join(
            f"* `{error['code']}`: {error['description']}" for error in document.get("errors", ())
        )
        raise _fail(say, _REFUSED.format(reasons=reasons, claims=rendered_claims(identity)))
    token = document.get("token")
    if not isinstance(token, str):
        raise _fail(say, _INVALID_ANSWER)
    return token


def rendered_claims(identity: str) -> str:
    """The claims as the action shows them."""
    payload = identity.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return "\n".join(f"* `{name}`: `{claims.get(name, 'MISSING')}`" for name in _CLAIMS)


def write_attestation(path: Path) -> Path:
    """A publish attestation by form alone, beside the file; nobody has signed it."""
    material = base64.b64encode(b"rehearsal").decode()
    attestation = {
        "version": 1,
        "verification_material": {"certificate": material, "transparency_entries": [{}]},
        "envelope": {"statement": material, "signature": material},
    }
    target = path.with_name(f"{path.name}.publish.attestation")
    target.write_text(json.dumps(attestation), encoding="utf-8")
    return target


def _fail(say: Say, message: str) -> PublishFailed:
    say(f"##[error]Trusted publishing exchange failure: \n{message}")
    return PublishFailed(message.strip().split("\n")[0])


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _ask(address: str, body: Any = None) -> tuple[int, Any]:
    """Status and JSON (or `None`); a connection that broke has status 0. Never through a proxy."""
    request = urllib.request.Request(  # noqa: S310 - the loopback index
        address,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "gh-action-pypi-publish"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            status, text = error.code, error.read()
    except (OSError, urllib.error.URLError):
        return 0, None
    try:
        return status, json.loads(text)
    except ValueError:
        return status, None


_NO_IDENTITY = """OpenID Connect token retrieval failed: GitHub: missing or insufficient OIDC token \
permissions, the ACTIONS_ID_TOKEN_REQUEST_TOKEN environment variable was unset

This generally indicates a workflow configuration error, such as insufficient
permissions. Make sure that your workflow has `id-token: write` configured
at the job level, e.g.:

permissions:
  id-token: write
"""
_REFUSED = """Token request failed: the server refused the request for the following reasons:

{reasons}

This generally indicates a trusted publisher configuration error, but could
also indicate an internal error on GitHub or PyPI's part.


The claims rendered below are **for debugging purposes only**. You should **not**
use them to configure a trusted publisher unless they already match your expectations.

If a claim is not present in the claim set, then it is rendered as `MISSING`.

{claims}

See https://docs.pypi.org/trusted-publishers/troubleshooting/ for more help.
"""
_NOT_JSON = """Token request failed: the index produced an unexpected
{status} response.

This strongly suggests a server configuration or downtime issue; wait
a few minutes and try again.
"""
_INVALID_ANSWER = """Token response error: the index gave us an invalid response.

This strongly suggests a server configuration or downtime issue; wait
a few minutes and try again.
"""
