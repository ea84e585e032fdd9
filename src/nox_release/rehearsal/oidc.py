"""Trusted publishing on the stand-in: publishers, and the exchange of tokens.

Sources: warehouse/oidc/{views,services,tasks}.py, oidc/models/{_core,github}.py.
"""

from __future__ import annotations

import contextlib
import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nox_release.core.values import dataclass
from nox_release.project.names import ultranormalize
from nox_release.rehearsal import jwt
from nox_release.rehearsal.accounts import Accounts, RateLimit, RehearsalUser
from nox_release.rehearsal.answers import Refused
from nox_release.rehearsal.publishers import PublisherValues, RehearsalPublisher

if TYPE_CHECKING:
    from nox_release.rehearsal.catalogue import Catalogue, RehearsalProject

AUDIENCE = "pypi"
GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
# PyPI knows these too; the stand-in has no keys of theirs, so nothing they sign is valid.
ISSUERS = {
    GITHUB_ISSUER: "github",
    "https://gitlab.com": "gitlab",
    "https://accounts.google.com": "google",
    "https://platform.activestate.com/api/v1/oauth/oidc": "activestate",
}
TOKEN_SECONDS = 900
PENDING_DAYS = 30
_REQUIRED = (
    "repository",
    "repository_owner",
    "repository_owner_id",
    "job_workflow_ref",
    "jti",
    "event_name",
    "ref",
    "sha",
)
_WORKFLOW_FILE = re.compile(r"[^/]{1,255}\.(?:yml|yaml)(?=@)")


@dataclass(slots=True, kw_only=True, eq=False)
class PendingPublisher(RehearsalPublisher):
    """Registered for a project that is not there yet."""

    project_name: str
    added_by: RehearsalUser
    created: datetime
    organization: str | None = None
    reminded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """A message that PyPI would have sent."""

    subject: str
    to: tuple[str, ...]


class InvalidPublisher(Exception):  # noqa: N818 - the reason inside `invalid-publisher`
    """No publisher fits the claims."""


class ReusedToken(Exception):  # noqa: N818 - Warehouse's own distinction
    """The token's `jti` was used before."""


class TrustedPublishing:
    """The publishers of one index and the exchange of tokens for them."""

    def __init__(
        self,
        accounts: Accounts,
        catalogue: Catalogue,
        *,
        create_project: Callable[..., RehearsalProject],
        flags: set[str],
    ) -> None:
        self.accounts = accounts
        self.catalogue = catalogue
        self.create_project = create_project
        self.flags = flags
        self.key = jwt.THIS_PROCESS
        self.publishers: list[RehearsalPublisher] = []
        self.pending: list[PendingPublisher] = []
        self.emails: list[Email] = []
        self._used: dict[str, float] = {}
        self.registered_by_user = RateLimit(100, accounts.now, window=86400)
        self.registered_by_address = RateLimit(100, accounts.now, window=86400)

    def attach(
        self, project: RehearsalProject, values: PublisherValues, *, known: bool = False
    ) -> RehearsalPublisher | None:
        """Attach the row of these values to `project`, making it if needed.

        `None` when it is attached already and `known` asks to be told.
        """
        wanted = RehearsalPublisher(**values)
        row = next((one for one in self.publishers if one.key == wanted.key), None)
        if row is None:
            row = wanted
            self.publishers.append(row)
        if known and project.id in row.project_ids:
            return None
        row.project_ids.add(project.id)
        return row

    def of_project(self, project: RehearsalProject) -> tuple[RehearsalPublisher, ...]:
        return tuple(one for one in self.publishers if project.id in one.project_ids)

    def invalidate_pending(self, name: str, creator: RehearsalUser) -> None:
        """Somebody made a project of this or a too similar name: other users' rows go."""
        for one in tuple(self.pending):
            if ultranormalize(one.project_name) == ultranormalize(name) and (
                one.added_by is not creator
            ):
                self.pending.remove(one)
                self.emails.append(
                    Email(
                        subject=f"Pending trusted publisher invalidated for {one.project_name}",
                        to=(one.added_by.username,),
                    )
                )

    def sign(self, claims: Mapping[str, Any], *, header: Mapping[str, Any] | None = None) -> str:
        """`claims` as GitHub would sign them for this index."""
        return jwt.encode(claims, self.key, header=header)

    def mint(self, body: bytes, *, address: str = "127.0.0.1") -> dict[str, Any]:
        """The answer of /_/oidc/mint-token to `body`.

        Raises:
            ExchangeRefusal: with PyPI's code and description.
            Refused: 500, where Warehouse itself stumbles.
        """
        token = _token_in(body)
        try:
            issuer = jwt.read_unverified(token)[1]["iss"]
        except (jwt.MalformedToken, KeyError):
            raise ExchangeRefusal("invalid-payload", "malformed JWT") from None
        service = ISSUERS.get(issuer) if isinstance(issuer, str) else None
        if service is None:
            raise ExchangeRefusal("invalid-payload", "unknown trusted publishing issuer")
        if {"disallow-oidc", f"disallow-{service}-oidc"} & self.flags:
            raise ExchangeRefusal(
                "not-enabled", f"{service} trusted publishing functionality not enabled"
            )
        claims = jwt.verified_claims(
            token,
            {self.key.kid: self.key} if service == "github" else {},
            issuer=issuer,
            audience=AUDIENCE,
            now=self.accounts.now().timestamp(),
        )
        if claims is None:
            raise ExchangeRefusal("invalid-token", "malformed or invalid token")
        with self.catalogue.lock, self._kept_unless_read_only():
            self._use_pending(claims, address)
            return self._mint(claims)

    @contextlib.contextmanager
    def _kept_unless_read_only(self) -> Iterator[None]:
        """In read-only mode Warehouse answers an exchange as ever, and keeps nothing of it."""
        if "read-only" not in self.flags:
            yield
            return
        places: tuple[Any, ...] = (
            self.catalogue.projects,
            self.accounts.records,
            self.pending,
            self.publishers,
            self.emails,
            self._used,
        )
        attached = {id(one): set(one.project_ids) for one in self.publishers}
        before = [copy.copy(place) for place in places]
        try:
            yield
        finally:
            for place, kept in zip(places, before, strict=True):
                place.clear()
                place.extend(kept) if isinstance(place, list) else place.update(kept)
            for one in self.publishers:
                one.project_ids = attached[id(one)]

    def burn(self, body: bytes) -> None:
        """Forget a token that an exchange gave out; whatever else is sent is nothing to burn."""
        try:
            token = _token_in(body)
        except ExchangeRefusal:
            return
        identity = self.accounts.identify(f"token {token}")
        if identity is not None and identity.publisher is not None:
            self.accounts.delete(token)

    def _use_pending(self, claims: Mapping[str, Any], address: str) -> None:
        """A fitting pending publisher makes its project and becomes an ordinary one."""
        try:
            pending = self._find(self.pending, claims)
        except InvalidPublisher:
            return
        except ReusedToken:
            # Warehouse expects this of ordinary publishers only.
            raise Refused(500, "Internal Server Error") from None
        if self.catalogue.find(pending.project_name) is not None:
            self.pending.remove(pending)
            raise ExchangeRefusal(
                "invalid-pending-publisher", "valid token, but project already exists"
            )
        try:
            project = self.create_project(
                pending.project_name,
                pending.added_by,
                address=address,
                limited=False,
                organization=pending.organization,
            )
        except Refused as refused:
            raise ExchangeRefusal("invalid-payload", refused.text) from None
        self.pending.remove(pending)
        values: PublisherValues = {
            "owner": pending.owner,
            "owner_id": pending.owner_id,
            "repository": pending.repository,
            "workflow": pending.workflow,
            "environment": pending.environment,
        }
        self.attach(project, values)
        self.emails.append(
            Email(
                subject=f"Trusted publisher created project {project.name}",
                to=(pending.added_by.username,),
            )
        )
        self.registered_by_user.clear(pending.added_by.id)
        self.registered_by_address.clear(address)

    def _mint(self, claims: Mapping[str, Any]) -> dict[str, Any]:
        try:
            publisher = self._find(self.publishers, claims)
        except ReusedToken:
            raise ExchangeRefusal("invalid-reuse-token", "invalid token: already used") from None
        except InvalidPublisher as error:
            raise ExchangeRefusal(
                "invalid-publisher", f"valid token, but no corresponding publisher ({error})"
            ) from None
        if claims["jti"]:
            self._used[claims["jti"]] = int(claims["exp"]) + jwt.LEEWAY + 5
        start = int(self.accounts.now().timestamp())
        token = self.accounts.issue(
            [
                [4, publisher.id, None],
                [2, sorted(publisher.project_ids)],
                [0, start + TOKEN_SECONDS, start],
            ],
            publisher=publisher,
            description=f"OpenID token: {publisher.workflow}",
        )
        self._advise_environment(publisher, claims)
        return {"success": True, "token": token, "expires": start + TOKEN_SECONDS}

    def _advise_environment(self, publisher: RehearsalPublisher, claims: Mapping[str, Any]) -> None:
        if publisher.environment or not claims.get("environment"):
            return
        names = [
            one.name for one in self.catalogue.projects.values() if one.id in publisher.project_ids
        ]
        if len(names) == 1:
            subject = f"Trusted Publisher for project {names[0]} can be made more secure"
            owners = [
                user
                for user, role in self.catalogue.project(names[0]).roles.items()
                if role == "Owner"
            ]
            self.emails.append(Email(subject=subject, to=tuple(owners)))

    def _find(self, rows: Any, claims: Mapping[str, Any]) -> Any:
        for name in _REQUIRED:
            if claims.get(name) is None:
                raise InvalidPublisher(f"Missing claim {name!r}")
        owner, slash, repository = claims["repository"].partition("/")
        if not slash:
            # Warehouse takes the two parts for granted.
            raise Refused(500, "Internal Server Error")
        file = _WORKFLOW_FILE.search(claims["job_workflow_ref"])
        if file is None:
            raise InvalidPublisher("Could not job extract workflow filename from OIDC claims")
        fitting = [
            one
            for one in rows
            if (one.repository, one.owner, one.owner_id, one.workflow)
            == (repository, owner, claims["repository_owner_id"], file.group())
        ]
        environment = claims.get("environment") or ""
        for wanted in (environment.lower(), ""):
            for one in fitting:
                if one.environment == wanted:
                    self._check(one, claims)
                    return one
        raise InvalidPublisher("Publisher with matching claims was not found")

    def _check(self, publisher: RehearsalPublisher, claims: Mapping[str, Any]) -> None:
        """The claim checks that follow an exact look-up, in Warehouse's order."""
        if claims["repository"].lower() != publisher.slug.lower():
            raise InvalidPublisher("Check failed for required claim 'repository'")
        if claims["repository_owner"] != publisher.owner:
            raise InvalidPublisher("Check failed for required claim 'repository_owner'")
        given = claims["job_workflow_ref"]
        places = [place for place in (claims["ref"], claims["sha"]) if place]
        if not places:
            raise InvalidPublisher("The ref and sha claims are empty")
        file = f"{publisher.slug}/.github/workflows/{publisher.workflow}"
        expected = sorted({f"{file}@{place}" for place in places})
        if given not in expected:
            raise InvalidPublisher(
                f"The job_workflow_ref claim does not match, expecting one of {expected!r}, "
                f"got {given!r}"
            )
        if self._used.get(claims["jti"], 0) > self.accounts.now().timestamp():
            raise ReusedToken
        if claims["event_name"] == "pull_request_target":
            raise InvalidPublisher(
                "Publishing from a workflow invoked via 'pull_request_target' is not supported."
            )


class ExchangeRefusal(Refused):
    """422 with one error: `code` and `description`."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(422, description)
        self.code = code
        self.description = description


def _token_in(body: bytes) -> str:
    """The token of `{"token": "…"}`.

    Raises:
        ExchangeRefusal: it is anything else. Warehouse goes on in pydantic's words.
    """
    try:
        document = json.loads(body.decode("utf-8"))
        token = document["token"]
    except (ValueError, TypeError, KeyError, RecursionError):
        token = None
    if not isinstance(token, str):
        raise ExchangeRefusal("invalid-payload", "1 validation error for TokenPayload")
    return token
