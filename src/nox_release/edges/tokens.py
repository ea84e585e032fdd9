"""Upload credentials: found where twine finds them, understood, and narrowed before they are used.

PyPI's API tokens are macaroons: whoever holds one may add restrictions to it, without asking PyPI.
A token for the whole account is so made good for one project and ten minutes before twine gets it.
Source: https://pypitoken.readthedocs.io/ and Warehouse's `macaroons/caveats`. No value of a
credential is ever shown; `Credential` hides it from every representation.
"""

from __future__ import annotations

import configparser
import contextlib
import json
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from nox_release.core.errors import ConfigurationError
from nox_release.core.reading import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nox_release.project.pyproject import Index

LIFE = timedelta(minutes=10)
TOKEN_USER = "__token__"  # noqa: S105 - the user name that stands for "see the password"
_EXPIRATION, _PROJECT_NAMES, _PROJECT_IDS = 0, 1, 2  # Warehouse's tags of caveats
_DOMAINS = {"pypi": "pypi.org", "testpypi": "test.pypi.org"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A user name and a secret, and where they were found."""

    user: str
    secret: str = field(repr=False)
    source: str

    @property
    def is_token(self) -> bool:
        return self.secret.startswith("pypi-")

    def environ(self) -> dict[str, str]:
        """How twine is given it: in the environment of that one child."""
        return {"TWINE_USERNAME": self.user, "TWINE_PASSWORD": self.secret}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """What a token says about itself; only the index knows whether it is still valid.

    `names` and `by_id` are its projects: `names` is `None` when it is not limited by name.
    """

    domain: str
    names: frozenset[str] | None = None
    by_id: bool = False
    expires: datetime | None = None

    @property
    def is_account_wide(self) -> bool:
        return self.names is None and not self.by_id


# --- where credentials are -------------------------------------------------------------------


def find_credential(index: Index, environ: Mapping[str, str]) -> Credential | None:
    """What twine would use for `index`, in twine's order: TWINE_*, .pypirc, keyring.

    Raises:
        ConfigurationError: .pypirc cannot be read.
    """
    section = read_pypirc(index, environ)
    user = environ.get("TWINE_USERNAME") or section.get("username", "")
    secret, source = environ.get("TWINE_PASSWORD", ""), "TWINE_PASSWORD"
    if not secret:
        secret, source = section.get("password", ""), "~/.pypirc"
    if not secret:
        user, secret, source = _from_keyring(index, environ, user or None)
    if not secret:
        return None
    secret = secret.strip()
    if not user:
        user = TOKEN_USER if secret.startswith("pypi-") or index.name in _DOMAINS else ""
    return Credential(user=user, secret=secret, source=source)


def read_pypirc(index: Index, environ: Mapping[str, str]) -> dict[str, str]:
    """The section of ~/.pypirc for `index`: by its name, or by its upload address.

    Source: https://packaging.python.org/specifications/pypirc/. What it holds is never quoted.
    """
    path = pypirc_path(environ)
    parser = configparser.RawConfigParser()
    try:
        path = path.expanduser()
        if not path.is_file():  # /dev/null, say
            return {}
        parser.read_string(read_text(path))
    except RuntimeError:  # there is no home folder
        return {}
    except (configparser.Error, UnicodeDecodeError, OSError):
        # configparser quotes the line it stumbles over, and that line may hold the token.
        raise ConfigurationError(
            f"`{path}` cannot be read.",
            reason="It is not laid out as it should be, or not readable for you.",
            hint="https://packaging.python.org/specifications/pypirc/",
        ) from None
    for name in parser.sections():
        address = parser.get(name, "repository", fallback="")
        known = name == index.name and index.name in _DOMAINS
        if known or (address and address.rstrip("/") == index.upload_url.rstrip("/")):
            return dict(parser.items(name))
    return {}


def pypirc_path(environ: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Where twine looks for .pypirc: in the home folder, which is not HOME on Windows.

    Source: `os.path.expanduser`, https://docs.python.org/3/library/os.path.html
    """
    if environ.get("TWINE_CONFIG_FILE"):
        return Path(environ["TWINE_CONFIG_FILE"])
    if platform != "win32":
        return Path(environ.get("HOME") or "~", ".pypirc")
    home = environ.get("USERPROFILE")
    if not home and environ.get("HOMEPATH"):
        home = environ.get("HOMEDRIVE", "") + environ["HOMEPATH"]
    return Path(home or "~", ".pypirc")


def _from_keyring(
    index: Index, environ: Mapping[str, str], user: str | None
) -> tuple[str, str, str]:
    """What the keyring has for the upload address; empty when there is no keyring to ask."""
    source = "the keyring"
    chosen = environ.get("PYTHON_KEYRING_BACKEND")
    if user is None and index.name in _DOMAINS:
        user = TOKEN_USER
    try:
        import keyring
        from keyring.core import load_keyring

        backend = load_keyring(chosen) if chosen else keyring.get_keyring()
        found = backend.get_credential(index.upload_url, user)
    except Exception:  # noqa: BLE001 - backends raise what they like; twine goes on too
        return "", "", source
    if found is None or not found.password:
        return "", "", source
    return found.username or "", found.password, source


# --- what a token says -----------------------------------------------------------------------


def inspect_token(secret: str) -> TokenFacts | None:
    """What a token says about itself; `None` when it is not one of PyPI's macaroons.

    A restriction of a kind not known here is passed over: the index knows it.
    """
    from pymacaroons import Macaroon  # type: ignore[import-untyped]

    try:
        macaroon = Macaroon.deserialize(secret.partition("-")[2])
        caveats = [json.loads(caveat.caveat_id) for caveat in macaroon.caveats]
    except Exception:  # noqa: BLE001 - it raises what it stumbles over (ecordell/pymacaroons#50)
        return None
    names: frozenset[str] | None = None
    by_id = False
    expires: datetime | None = None
    for caveat in caveats:
        projects, until, ids = _parse_caveat(caveat)
        by_id = by_id or ids
        if projects is not None:
            names = projects if names is None else names & projects
        if until is not None:
            expires = until if expires is None else min(expires, until)
    return TokenFacts(domain=str(macaroon.location), names=names, by_id=by_id, expires=expires)


def _parse_caveat(caveat: Any) -> tuple[frozenset[str] | None, datetime | None, bool]:
    """Project names, end, and whether it goes by project ids: of today's form or the one before."""
    with contextlib.suppress(TypeError, ValueError, KeyError, IndexError, OverflowError, OSError):
        if isinstance(caveat, list):
            if caveat[0] == _EXPIRATION:
                return None, datetime.fromtimestamp(caveat[1], timezone.utc), False
            if caveat[0] == _PROJECT_NAMES:
                return frozenset(map(canonicalize_name, caveat[1])), None, False
            if caveat[0] == _PROJECT_IDS:
                return None, None, True
        elif isinstance(caveat, dict):
            if "exp" in caveat:
                return None, datetime.fromtimestamp(caveat["exp"], timezone.utc), False
            projects = caveat["permissions"]["projects"]
            return frozenset(map(canonicalize_name, projects)), None, False
    return None, None, False


def problems(
    credential: Credential, index: Index, *, name: str, project_exists: bool, now: datetime
) -> tuple[str, ...]:
    """Why the index would refuse this credential, as far as it can be known beforehand."""
    if not credential.is_token:
        if index.name in _DOMAINS:
            said = f"{credential.source} has a password. Since January 2024 {index.title} takes "
            return (f"{said}API tokens only.",)
        return ()
    found = []
    if credential.user not in ("", TOKEN_USER):
        found.append(
            f"{credential.source} has an API token under the user name `{credential.user}`; "
            f"with a token it has to be `{TOKEN_USER}`."
        )
    facts = inspect_token(credential.secret)
    if facts is None:
        found.append(f"The token in {credential.source} is not whole: copy it again.")
        return tuple(found)
    wanted = _DOMAINS.get(index.name)
    if wanted is not None and facts.domain != wanted:
        found.append(
            f"The token in {credential.source} is for {facts.domain}, not for {wanted}: the two "
            "have separate accounts and tokens."
        )
    elif wanted is None and facts.domain in _DOMAINS.values() and not _is_here(index):
        found.append(
            f"The token in {credential.source} is for {facts.domain}, and is not to be shown to "
            f"{index.title}."
        )
    if facts.names is not None and canonicalize_name(name) not in facts.names:
        projects = ", ".join(sorted(facts.names)) or "no project at all"
        found.append(f"The token in {credential.source} is for {projects}, not for {name}.")
    if facts.by_id and not project_exists:
        found.append(
            f"The token in {credential.source} is for projects that exist; a first upload needs "
            "one for the whole account."
        )
    if facts.expires is not None and facts.expires <= now:
        found.append(
            f"The token in {credential.source} was good until {facts.expires:%Y-%m-%d %H:%M} UTC."
        )
    return tuple(found)


def _is_here(index: Index) -> bool:
    """Whether the index is on this machine: plain http is taken for nothing else."""
    return index.upload_url.startswith("http://")


def narrow(
    credential: Credential,
    *,
    names: Iterable[str],
    now: datetime,
    server_now: datetime | None = None,
    life: timedelta = LIFE,
) -> Credential:
    """The same token, good for these projects and for `life` only. What is no token stays.

    `server_now` is the index's own time: this machine's clock may be wrong.
    """
    import pypitoken  # type: ignore[import-untyped]

    if not credential.is_token:
        return credential
    try:
        token = pypitoken.Token.load(credential.secret)
    except pypitoken.LoaderError:
        return credential
    token.restrict(project_names=[canonicalize_name(name) for name in names])
    clocks = (now, server_now or now)
    token.restrict(
        not_before=int((min(clocks) - timedelta(hours=1)).timestamp()),
        not_after=int((max(clocks) + life).timestamp()),
    )
    return Credential(user=TOKEN_USER, secret=token.dump(), source=credential.source)
