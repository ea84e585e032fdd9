"""Upload credentials: found where twine finds them, understood, and narrowed before they are used.

PyPI's API tokens are macaroons: anyone who holds one may add restrictions to it, without asking PyPI.
A token for the whole account is so made good for one project and ten minutes before twine gets it.
Source: Warehouse's `macaroons/caveats`. No value of a
credential is ever shown; `Credential` hides it from every representation.
"""

import configparser
import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

from packaging.utils import canonicalize_name

from nox_release.core.errors import ConfigurationError
from nox_release.core.reading import read_text
from nox_release.core.values import dataclass, field, replace
from nox_release.edges.json_values import MALFORMED, load
from nox_release.edges.macaroon import parse_token
from nox_release.project.pyproject import Index

LIFE = timedelta(minutes=10)
TOKEN_USER = "__token__"  # noqa: S105 - the user name that stands for "see the password"
_EXPIRATION, _PROJECT_NAMES, _PROJECT_IDS, _USER = 0, 1, 2, 3  # Warehouse's tags of caveats
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
    `for_user` tells that it names the account that it is for. A token may say none of this: since
    August 2026 PyPI keeps the restrictions of a token in its database too.
    """

    domain: str
    names: frozenset[str] | None = None
    by_id: bool = False
    for_user: bool = False
    expires: datetime | None = None

    @property
    def scope(self) -> Literal["account", "projects", "unknown"]:
        if self.names is not None or self.by_id:
            return "projects"
        return "account" if self.for_user else "unknown"


# --- where credentials are -------------------------------------------------------------------


def find_credential(
    index: Index,
    environ: Mapping[str, str],
    ask_keyring: Callable[[str | None], tuple[str, str]],
) -> Credential | None:
    """What twine would use for `index`, in twine's order: TWINE_*, .pypirc, keyring.

    `ask_keyring` gives name and password for a name or for none; empty where there is none.

    Raises:
        ConfigurationError: .pypirc cannot be read.
    """
    section = read_pypirc(index, environ)
    user = environ.get("TWINE_USERNAME") or section.get("username", "")
    secret, source = environ.get("TWINE_PASSWORD", ""), "TWINE_PASSWORD"
    if not secret:
        secret, source = section.get("password", ""), "~/.pypirc"
    if not secret:
        if not user and index.name in _DOMAINS:
            user = TOKEN_USER
        found, secret = ask_keyring(user or None)
        user, source = found or user, "the keyring"
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


# --- what a token says -----------------------------------------------------------------------


def inspect_token(secret: str) -> TokenFacts | None:
    """What a token says about itself; `None` when it is not one of PyPI's macaroons.

    A restriction of a kind not known here is passed over: the index knows it.
    """
    try:
        token = parse_token(secret)
    except ValueError:
        return None
    facts = TokenFacts(domain=token.location)
    for caveat in token.caveats:
        with contextlib.suppress(*MALFORMED, OSError):
            facts = _with_caveat(facts, load(caveat))
    return facts


def _with_caveat(facts: TokenFacts, caveat: Any) -> TokenFacts:
    """What is known with one more restriction, of today's form or the one before."""
    if isinstance(caveat, dict):
        if "exp" in caveat:
            return _until(facts, caveat["exp"])
        permissions = caveat["permissions"]
        if permissions == "user":
            return replace(facts, for_user=True)
        return _limited_to(facts, permissions["projects"])
    kind = caveat[0]
    if kind == _EXPIRATION:
        return _until(facts, caveat[1])
    if kind == _PROJECT_NAMES:
        return _limited_to(facts, caveat[1])
    if kind == _PROJECT_IDS:
        return replace(facts, by_id=True)
    return replace(facts, for_user=True) if kind == _USER else facts


def _until(facts: TokenFacts, seconds: float) -> TokenFacts:
    end = datetime.fromtimestamp(seconds, timezone.utc)
    return replace(facts, expires=end if facts.expires is None else min(end, facts.expires))


def _limited_to(facts: TokenFacts, projects: Iterable[str]) -> TokenFacts:
    names = frozenset(map(canonicalize_name, projects))
    return replace(facts, names=names if facts.names is None else names & facts.names)


def problems(
    credential: Credential, index: Index, *, name: str, project_exists: bool, now: datetime
) -> tuple[str, ...]:
    """Why the index would refuse this credential, as far as it can be known beforehand."""
    if not credential.is_token:
        if index.name in _DOMAINS:
            said = f"{credential.source} has a password. Since January 2024 {index.title} takes "
            return (f"{said}API tokens only.",)
        if index.is_like_pypi and not credential.user:
            said = f"{credential.source} has no API token of {index.title}"
            return (f"{said} (one begins with `pypi-`), and no user name for a password.",)
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
    if not credential.is_token:
        return credential
    try:
        token = parse_token(credential.secret)
    except ValueError:
        return credential
    clocks = (now, server_now or now)
    not_before = int((min(clocks) - timedelta(hours=1)).timestamp())
    not_after = int((max(clocks) + life).timestamp())
    for caveat in (
        [_PROJECT_NAMES, [canonicalize_name(name) for name in names]],
        [_EXPIRATION, not_after, not_before],
    ):
        token = token.with_caveat(json.dumps(caveat).encode())
    return Credential(user=TOKEN_USER, secret=token.dump(), source=credential.source)
