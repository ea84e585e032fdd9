"""Trusted publishing on the stand-in: publishers, their registration forms, token exchange.

Sources: warehouse/oidc/{views,services}.py, oidc/models/{_core,github}.py, oidc/forms/,
accounts/views.py and manage/views/oidc_publishers.py (the texts on the pages).
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from nox_release.checks.upload import ultranormalize
from nox_release.rehearsal import jwt
from nox_release.rehearsal.accounts import RateLimit, RehearsalUser
from nox_release.rehearsal.answers import Refused
from nox_release.rehearsal.payloads import PayloadError, parse_payload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from nox_release.checks.upload import Refusal
    from nox_release.rehearsal.accounts import Accounts
    from nox_release.rehearsal.catalogue import Catalogue, RehearsalProject

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
REMINDER_DAYS = 5
_PENDING_AT_ONCE = 3
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
_PENDING_FIELDS = ("project_name", "owner", "repository", "workflow_filename", "environment")
_NAME_ERRORS = {
    "name-syntax": "Invalid project name",
    "name-prohibited": "This project name isn't allowed",
    "name-too-similar": "This project name is too similar to an existing project",
    "name-stdlib": "This project name isn't allowed (conflict with the Python standard library "
    "module name)",
}
_WORKFLOW_FILE = re.compile(r"[^/]+\.(?:yml|yaml)(?=@)")


@dataclass(slots=True, kw_only=True, eq=False)
class RehearsalPublisher:
    """One row: the four values and the owner's id; shared by all projects it is attached to."""

    owner: str
    repository: str
    workflow: str
    environment: str = ""
    owner_id: str = "1001"
    project_ids: set[str] = field(default_factory=set)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.repository, self.owner, self.workflow, self.environment

    @property
    def slug(self) -> str:
        return f"{self.owner}/{self.repository}"

    def as_provenance(self) -> dict[str, Any]:
        """As the Integrity API shows it."""
        return {
            "kind": "GitHub",
            "repository": self.slug,
            "workflow": self.workflow,
            "environment": self.environment or None,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class PendingPublisher(RehearsalPublisher):
    """Registered for a project that is not there yet."""

    project_name: str
    added_by: RehearsalUser
    created: datetime
    organization: str | None = None
    reminded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What the page said: `flash` messages by kind, `errors` by field, and the stored row."""

    accepted: bool
    flash: tuple[tuple[str, str], ...] = ()
    errors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    publisher: RehearsalPublisher | None = None
    status: int = 200


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
        audience: str,
        create_project: Callable[..., RehearsalProject],
        check_name: Callable[[str], Refusal | None],
        flags: set[str],
    ) -> None:
        self.accounts = accounts
        self.catalogue = catalogue
        self.audience = audience
        self.create_project = create_project
        self.check_name = check_name
        self.flags = flags
        self.key = jwt.THIS_PROCESS
        self.publishers: list[RehearsalPublisher] = []
        self.pending: list[PendingPublisher] = []
        self.emails: list[Email] = []
        self.github_owners: dict[str, tuple[str, str]] | None = None
        self.github_answers: dict[str, str] = {}
        self._used: dict[str, float] = {}
        self._registered_by_user = RateLimit(100, accounts.now, window=86400)
        self._registered_by_address = RateLimit(100, accounts.now, window=86400)

    # Registration

    def look_up_owner(self, typed: str) -> tuple[str, str] | None:
        """GitHub's `login` and id of an account, which Warehouse asks `api.github.com/users` for.

        Without `github_owners` every name exists, spelled as typed, with id 1001.
        """
        if self.github_owners is None:
            return typed, "1001"
        return next(
            (found for name, found in self.github_owners.items() if name.lower() == typed.lower()),
            None,
        )

    def register_pending(
        self, user: RehearsalUser, form: Mapping[str, str], *, address: str = "127.0.0.1"
    ) -> Registration:
        """The form at /manage/account/publishing/, answered in Warehouse's order and words."""
        with self.catalogue.lock:
            blocked = self._closed()
            if blocked is None and not user.verified_email:
                blocked = _flashed(
                    "You must have a verified email in order to register a pending trusted "
                    "publisher. See https://pypi.org/help#openid-connect for details."
                )
            mine = [one for one in self.pending if one.added_by is user]
            if blocked is None and len(mine) >= _PENDING_AT_ONCE:
                blocked = _flashed(
                    "You can't register more than 3 pending trusted publishers at once."
                )
            blocked = blocked or self._too_many(user, address)
            if blocked is not None:
                return blocked
            errors = self._form_errors(form)
            name_errors = self._name_errors(user, form)
            if name_errors:
                errors["project_name"] = name_errors
            if errors:
                return _flashed("The trusted publisher could not be registered", errors)
            pending = PendingPublisher(
                **self._row(form),
                project_name=form["project_name"],
                added_by=user,
                created=self.accounts.now(),
            )
            for one in self.pending:
                if one.key == pending.key:
                    return _flashed(
                        "This trusted publisher has already been registered. Please contact "
                        "PyPI's admins if this wasn't intentional."
                        if one.project_name == pending.project_name
                        else "A pending trusted publisher matching this configuration has already "
                        "been registered for a different project name. Please contact PyPI's "
                        "admins if this wasn't intentional."
                    )
            self.pending.append(pending)
            return _registered(
                "Registered a new pending publisher to create the project "
                f"'{pending.project_name}'.",
                pending,
            )

    def register_publisher(
        self,
        user: RehearsalUser,
        project: RehearsalProject,
        form: Mapping[str, str],
        *,
        address: str = "127.0.0.1",
    ) -> Registration:
        """The form at /manage/project/{name}/settings/publishing/."""
        with self.catalogue.lock:
            blocked = self._closed() or self._too_many(user, address)
            if blocked is not None:
                return blocked
            errors = self._form_errors(form)
            if errors:
                return _flashed("The trusted publisher could not be registered", errors)
            publisher = self.attach(project, **self._row(form), known=True)
            if publisher is None:
                workflow = form["workflow_filename"].strip()
                return _flashed(f"{workflow} is already registered with {project.name}")
            self.emails.append(
                Email(subject=f"Trusted publisher added to {project.name}", to=tuple(project.roles))
            )
            return _registered(
                f"Added {publisher.workflow} in https://github.com/{publisher.slug} to "
                f"{project.name}",
                publisher,
            )

    def attach(
        self, project: RehearsalProject, *, known: bool = False, **values: str
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

    def remove_publisher(self, project: RehearsalProject, publisher: RehearsalPublisher) -> None:
        """Detach it; the row stays, as in Warehouse."""
        publisher.project_ids.discard(project.id)

    def of_project(self, project: RehearsalProject) -> tuple[RehearsalPublisher, ...]:
        return tuple(one for one in self.publishers if project.id in one.project_ids)

    def pass_time(self) -> None:
        """The daily tasks: remind of pending publishers, and delete those of 30 days."""
        now = self.accounts.now()
        with self.catalogue.lock:
            for one in tuple(self.pending):
                age = now - one.created
                if age > timedelta(days=PENDING_DAYS):
                    self.pending.remove(one)
                    subject = f"Pending trusted publisher expired for {one.project_name}"
                elif age > timedelta(days=PENDING_DAYS - REMINDER_DAYS) and not one.reminded:
                    one.reminded = True
                    subject = f"Pending trusted publisher for {one.project_name} expiring soon"
                else:
                    continue
                self.emails.append(Email(subject=subject, to=(one.added_by.username,)))

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

    def _closed(self) -> Registration | None:
        if not {"disallow-oidc", "disallow-github-oidc"} & self.flags:
            return None
        return _flashed(
            "GitHub-based trusted publishing is temporarily disabled. See "
            "https://pypi.org/help#admin-intervention for details."
        )

    def _too_many(self, user: RehearsalUser, address: str) -> Registration | None:
        limits = (
            (self._registered_by_user, user.id),
            (self._registered_by_address, address),
        )
        if any(not limit.remaining(key) for limit, key in limits):
            text = (
                "There have been too many attempted trusted publisher registrations. "
                "Try again later."
            )
            return Registration(accepted=False, flash=(("error", text),), status=429)
        for limit, key in limits:
            limit.hit(key)
        return None

    def _row(self, form: Mapping[str, str]) -> dict[str, str]:
        login, owner_id = self.look_up_owner(form["owner"]) or (form["owner"], "")
        return {
            "owner": login,
            "owner_id": owner_id,
            "repository": form["repository"],
            "workflow": form["workflow_filename"].strip(),
            "environment": form.get("environment", "").lower(),
        }

    def _form_errors(self, form: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        found = {
            "owner": self._owner_error(form.get("owner", "")),
            "repository": _repository_error(form.get("repository", "")),
            "workflow_filename": _workflow_error(form.get("workflow_filename", "")),
            "environment": _environment_error(form.get("environment", "")),
        }
        return {name: (text,) for name, text in found.items() if text}

    def _owner_error(self, owner: str) -> str:
        if not owner:
            return "Specify GitHub repository owner (username or organization)"
        # `$` as in Warehouse: one line feed at the end passes.
        if not re.match(r"^[a-zA-Z0-9][a-zA-Z0-9-]*$", owner):
            return "Invalid GitHub user or organization name."
        if owner in self.github_answers:
            return self.github_answers[owner]
        if self.look_up_owner(owner) is None:
            return "Unknown GitHub user or organization."
        return ""

    def _name_errors(self, user: RehearsalUser, form: Mapping[str, str]) -> tuple[str, ...]:
        name = form.get("project_name", "")
        if not name:
            return ("Specify project name",)
        refused = self.check_name(name)
        if refused is None:
            return ()
        existing = self.catalogue.find(name)
        if refused.rule == "name-exists" and existing is not None:
            if existing.roles.get(user.username) != "Owner":
                return ("This project already exists.",)
            query = {key: form[key] for key in _PENDING_FIELDS if form.get(key)}
            url = (
                f"https://{self.accounts.host}/manage/project/{name}/settings/publishing/?"
                f"{urlencode({**query, 'provider': 'github'})}"
            )
            text = (
                "This project already exists: use the project's publishing settings "
                f"<a href='{url}'>here</a> to create a Trusted Publisher for it."
            )
            return (text,)
        text = _NAME_ERRORS[refused.rule]
        # A malformed name fails the field's pattern as well as the check.
        return (text, text) if refused.rule == "name-syntax" else (text,)

    # Exchange

    def sign(self, claims: Mapping[str, Any], *, header: Mapping[str, Any] | None = None) -> str:
        """`claims` as GitHub would sign them for this index."""
        return jwt.encode(claims, self.key, header=header)

    def mint(self, body: bytes, *, address: str = "127.0.0.1") -> dict[str, Any]:
        """The answer of /_/oidc/mint-token to `body`.

        Raises:
            Refused: 422 with PyPI's code as `text` and its description in a header; or 500, where
                Warehouse itself stumbles.
        """
        try:
            token = parse_payload(body)
        except PayloadError as error:
            raise ExchangeRefusal("invalid-payload", str(error)) from None
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
            audience=self.audience,
            now=self.accounts.now().timestamp(),
        )
        if claims is None:
            raise ExchangeRefusal("invalid-token", "malformed or invalid token")
        with self.catalogue.lock:
            self._use_pending(claims, address)
            return self._mint(claims)

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
        self.attach(
            project,
            owner=pending.owner,
            owner_id=pending.owner_id,
            repository=pending.repository,
            workflow=pending.workflow,
            environment=pending.environment,
        )
        self.emails.append(
            Email(
                subject=f"Trusted publisher created project {project.name}",
                to=(pending.added_by.username,),
            )
        )
        self._registered_by_user.clear(pending.added_by.id)
        self._registered_by_address.clear(address)

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


def _flashed(text: str, errors: Mapping[str, tuple[str, ...]] | None = None) -> Registration:
    return Registration(accepted=False, flash=(("error", text),), errors=errors or {})


def _registered(text: str, publisher: RehearsalPublisher) -> Registration:
    return Registration(accepted=True, flash=(("success", text),), publisher=publisher, status=303)


def _repository_error(repository: str) -> str:
    if not repository:
        return "Specify repository name"
    if not re.match(r"^[a-zA-Z0-9-_.]+$", repository):
        return "Invalid repository name"
    return ""


def _workflow_error(workflow: str) -> str:
    if not workflow:
        return "Specify workflow filename"
    name = workflow.strip()
    if not name.endswith((".yml", ".yaml")):
        return "Workflow name must end with .yml or .yaml"
    if "/" in name:
        return "Workflow filename must be a filename only, without directories"
    return ""


def _environment_error(environment: str) -> str:
    if not environment.strip():
        return ""
    if len(environment) > 255:
        return "Environment name is too long (maximum is 255 characters)"
    if environment.startswith(" "):
        return "Environment name may not start with whitespace"
    if environment.endswith(" "):
        return "Environment name may not end with whitespace"
    if re.search(r"[\x00-\x1F\x7F'\"`,;\\]", environment):
        return (
            "Environment name must not contain non-printable characters or the characters "
            '"\'", """, "`", ",", ";", "\\"'
        )
    return ""
