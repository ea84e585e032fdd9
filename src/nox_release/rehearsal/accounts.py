"""Who may ask what: users, API tokens (real macaroons with PyPI's caveats), rate limits.

Sources: warehouse/macaroons/{services,security_policy}.py, macaroons/caveats/__init__.py,
accounts/security_policy.py.
"""

from __future__ import annotations

import binascii
import json
import secrets
import threading
import uuid
from base64 import b64decode
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nox_release.checks.upload import help_page
from nox_release.core.values import dataclass, field
from nox_release.edges import macaroon
from nox_release.rehearsal.answers import Refused

if TYPE_CHECKING:
    from nox_release.rehearsal.catalogue import RehearsalProject
    from nox_release.rehearsal.publishers import RehearsalPublisher

_DOMAIN = "pypi.org"  # the tokens name it


@dataclass(slots=True, kw_only=True)
class RehearsalUser:
    """An account on the stand-in; as it comes, everything an upload needs is in order."""

    username: str
    verified_email: bool = True
    two_factor: bool = True
    frozen: bool = False
    active: bool = True
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(slots=True, kw_only=True)
class TokenRecord:
    """What the index keeps of a token it gave out: its key, its holder, the caveats it issued."""

    identifier: str
    key: bytes
    caveats: tuple[tuple[Any, ...], ...]
    user: RehearsalUser | None = None
    publisher: RehearsalPublisher | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a request speaks for: a user, or a trusted publisher."""

    token: str
    record: TokenRecord

    @property
    def user(self) -> RehearsalUser | None:
        return self.record.user

    @property
    def publisher(self) -> RehearsalPublisher | None:
        return self.record.publisher


class RateLimit:
    """At most `limit` hits in any hour (or other `window`) for each key."""

    def __init__(self, limit: int, now: Callable[[], datetime], *, window: int = 3600) -> None:
        self.limit = limit
        self.window = window
        self._now = now
        self._hits: dict[str, list[datetime]] = {}

    def remaining(self, key: str) -> int:
        return max(0, self.limit - len(self._recent(key)))

    def hit(self, key: str) -> None:
        self._recent(key).append(self._now())

    def clear(self, key: str) -> None:
        self._hits.pop(key, None)

    def resets_in(self, key: str) -> int:
        """Seconds until the oldest hit no longer counts."""
        hits = self._recent(key)
        if not hits:
            return self.window
        return max(0, self.window - int((self._now() - hits[0]).total_seconds()))

    def _recent(self, key: str) -> list[datetime]:
        oldest = self._now() - timedelta(seconds=self.window)
        self._hits[key] = [moment for moment in self._hits.get(key, []) if moment > oldest]
        return self._hits[key]


class Accounts:
    """Users and the tokens given to them."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self.now = now
        self.users: dict[str, RehearsalUser] = {}
        self.records: dict[str, TokenRecord] = {}
        self.writes_caveats = True
        self.created_by_user = RateLimit(20, now)
        self.created_by_address = RateLimit(40, now)
        self._lock = threading.RLock()

    def add(self, username: str, **flags: Any) -> RehearsalUser:
        with self._lock:
            return self.users.setdefault(username, RehearsalUser(username=username, **flags))

    def issue(
        self,
        caveats: Sequence[Sequence[Any]],
        *,
        user: RehearsalUser | None = None,
        publisher: RehearsalPublisher | None = None,
        description: str = "",
    ) -> str:
        """A new token. Its caveats are remembered and, as long as Warehouse still does that,
        written into it as well.
        """
        record = TokenRecord(
            identifier=str(uuid.uuid4()),
            key=secrets.token_bytes(32),
            caveats=tuple(tuple(caveat) for caveat in caveats),
            user=user,
            publisher=publisher,
            description=description,
        )
        token = macaroon.create(_DOMAIN, record.identifier.encode(), record.key)
        for caveat in caveats if self.writes_caveats else ():
            token = token.with_caveat(_dumped(caveat).encode())
        with self._lock:
            self.records[record.identifier] = record
        return token.dump()

    def delete(self, token: str) -> None:
        """Forget the token, as its owner may on the account page."""
        with self._lock:
            self.records.pop(macaroon.parse_token(token).identifier.decode(), None)

    def identify(self, authorization: str | None) -> Identity | None:
        """Whom the Authorization header speaks for; `None` when it names no living token.

        Raises:
            Refused: a user name and password, which PyPI no longer takes.
        """
        method, _, credentials = (authorization or "").partition(" ")
        method = method.lower()
        if method == "basic":
            user, password = _basic(credentials)
            if user is None:
                return None
            if user != "__token__":
                raise Refused(
                    403,
                    "Username/Password authentication is no longer supported. Migrate to API "
                    f"Tokens or Trusted Publishers instead. See {help_page('apitoken')} and "
                    f"{help_page('trusted-publishers')}",
                )
            token = password.strip()
        elif method in ("bearer", "token"):
            token = credentials
        else:
            return None
        return self._identity(token)

    def _identity(self, token: str) -> Identity | None:
        prefix, _, raw = token.partition("-")
        if prefix != "pypi" or not raw:
            return None
        try:
            identifier = macaroon.parse_token(token).identifier.decode()
        except ValueError:
            return None
        record = self.records.get(identifier)
        if record is None or (record.user is not None and record.user.frozen):
            return None
        return Identity(token=token, record=record)

    def verify(self, identity: Identity, project: RehearsalProject) -> None:
        """Check signature and every caveat of the token, those the holder added included.

        Raises:
            Refused: with the texts of all caveats that do not hold.
        """
        token = macaroon.parse_token(identity.token)
        remembered = [_dumped(caveat).encode() for caveat in identity.record.caveats]
        complaints = [
            self._complaint(caveat, identity, project) for caveat in (*token.caveats, *remembered)
        ]
        if not token.is_signed_with(identity.record.key):
            complaints.append("signatures do not match" if not any(complaints) else "")
        reason = ", ".join(filter(None, complaints))
        if reason:
            raise Refused(403, f"Invalid API Token: {reason}")

    def _complaint(self, predicate: Any, identity: Identity, project: RehearsalProject) -> str:
        try:
            value = json.loads(predicate)
        except ValueError:
            return "unknown error"
        caveat = _modern(value, identity)
        if not isinstance(caveat, list):
            return "caveat must be an array"
        if not caveat:
            return "caveat array cannot be empty"
        tag, *values = caveat
        needed = {0: 2, 1: 1, 2: 1, 3: 1, 4: 1}.get(tag) if isinstance(tag, int) else None
        if needed is None:
            return f"caveat has unknown tag: {tag}"
        if len(values) < needed:
            return "Not enough values"
        if not _well_typed(tag, values):
            return "invalid values for fields"
        return _unmet(tag, values, identity, project, int(self.now().timestamp()))

    def require_upload_rights(self, user: RehearsalUser) -> None:
        """A verified primary address, and two factors.

        Raises:
            Refused: one is missing.
        """
        whom = f"User {user.username!r}, associated with the API token used, does not have"
        if not user.verified_email:
            raise Refused(
                403,
                f"{whom} a verified primary email address. Please add a verified primary email "
                f"before attempting to upload to PyPI. See {help_page('verified-email')} for more "
                "information.",
            )
        if not user.two_factor:
            raise Refused(
                403,
                f"{whom} two-factor authentication enabled. Please enable two-factor "
                "authentication before attempting to upload to PyPI. See "
                f"{help_page('two-factor-authentication')} for more information.",
            )

    def rate_limit_headers(self, user: RehearsalUser, address: str) -> tuple[tuple[str, str], ...]:
        """What answers about a new project carry, allowed or not."""
        limits = (
            ("project.create.ip", self.created_by_address, address, "ip"),
            ("project.create.user", self.created_by_user, user.id, "user"),
        )
        policy = ", ".join(
            f'"{name}";q={limit.limit};w={limit.window};pk=:{kind}:'
            for name, limit, _, kind in limits
        )
        state = ", ".join(
            f'"{name}";r={limit.remaining(key)};t={limit.resets_in(key)}'
            for name, limit, key, _ in limits
        )
        return (("RateLimit-Policy", policy), ("RateLimit", state))


def _basic(credentials: str) -> tuple[str | None, str]:
    try:
        decoded = b64decode(credentials.strip()).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None, ""
    user, colon, password = decoded.partition(":")
    return (user, password) if colon else (None, "")


def _dumped(caveat: Iterable[Any]) -> str:
    return json.dumps(list(caveat), sort_keys=True, separators=(",", ":"))


def _modern(value: Any, identity: Identity) -> Any:
    """Caveats of the first formats, mappings, as today's arrays (macaroons/caveats/_legacy.py)."""
    if not isinstance(value, dict):
        return value
    if value.get("version") == 1:
        permissions = value.get("permissions")
        if permissions == "user":
            return [3, identity.user.id] if identity.user else None
        if isinstance(permissions, dict) and "projects" in permissions:
            return [1, permissions["projects"]]
        return None
    if "exp" in value and "nbf" in value:
        return [0, value["exp"], value["nbf"]]
    if "project_ids" in value:
        return [2, value["project_ids"]]
    return None


def _well_typed(tag: int, values: list[Any]) -> bool:
    if tag == 0:
        return all(isinstance(value, int) for value in values[:2])
    if tag in (1, 2):
        return isinstance(values[0], list) and all(isinstance(one, str) for one in values[0])
    return isinstance(values[0], str)


def _unmet(
    tag: int, values: list[Any], identity: Identity, project: RehearsalProject, now: int
) -> str:
    if tag == 0:
        return "" if values[1] <= now < values[0] else "token is expired"
    if tag in (1, 2):
        allowed = (project.normalized_name if tag == 1 else project.id) in values[0]
        return "" if allowed else f"project-scoped token is not valid for project: {project.name!r}"
    if tag == 3:
        if identity.user is None:
            return "token with user restriction without a user"
        met = identity.user.id == values[0]
        return "" if met else "current user does not match user restriction in token"
    publisher = identity.publisher
    if publisher is None:
        return "OIDC scoped token used outside of an OIDC identified request"
    if publisher.id != values[0]:
        return "current OIDC publisher does not match publisher restriction in token"
    if project.id not in publisher.project_ids:
        return f"OIDC scoped token is not valid for project '{project.name}'"
    return ""
