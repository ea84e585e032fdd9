"""The forms with which PyPI's users register trusted publishers, answered as the pages do.

Sources: warehouse/oidc/forms/{_core,github}.py, accounts/views.py (pending publishers),
manage/views/oidc_publishers.py (those of a project).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from nox_release.rehearsal.oidc import Email, PendingPublisher

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nox_release.checks.upload import Refusal
    from nox_release.rehearsal.accounts import RehearsalUser
    from nox_release.rehearsal.catalogue import RehearsalProject
    from nox_release.rehearsal.oidc import PublisherValues, RehearsalPublisher, TrustedPublishing

_PENDING_AT_ONCE = 3
_PENDING_FIELDS = ("project_name", "owner", "repository", "workflow_filename", "environment")
_NAME_ERRORS = {
    "name-syntax": "Invalid project name",
    "name-prohibited": "This project name isn't allowed",
    "name-too-similar": "This project name is too similar to an existing project",
    "name-stdlib": "This project name isn't allowed (conflict with the Python standard library "
    "module name)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What the page said: `flash` messages by kind, `errors` by field, and the stored row."""

    accepted: bool
    flash: tuple[tuple[str, str], ...] = ()
    errors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    publisher: RehearsalPublisher | None = None
    status: int = 200


class Registrations:
    """The two pages of one index.

    `github_owners` are the accounts that exist on GitHub, by name, with `login` and id; `None`
    stands for: all of them. `github_answers` are errors to show for a name instead.
    """

    def __init__(
        self, publishing: TrustedPublishing, *, check_name: Callable[[str], Refusal | None]
    ) -> None:
        self.publishing = publishing
        self.check_name = check_name
        self.github_owners: dict[str, tuple[str, str]] | None = None
        self.github_answers: dict[str, str] = {}

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

    def pending(
        self, user: RehearsalUser, form: Mapping[str, str], *, address: str = "127.0.0.1"
    ) -> Registration:
        """The form at /manage/account/publishing/, answered in Warehouse's order and words."""
        with self.publishing.catalogue.lock:
            blocked = self._closed()
            if blocked is None and not user.verified_email:
                blocked = _flashed(
                    "You must have a verified email in order to register a pending trusted "
                    "publisher. See https://pypi.org/help#openid-connect for details."
                )
            mine = [one for one in self.publishing.pending if one.added_by is user]
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
                created=self.publishing.accounts.now(),
            )
            for one in self.publishing.pending:
                if one.key == pending.key:
                    return _flashed(
                        "This trusted publisher has already been registered. Please contact "
                        "PyPI's admins if this wasn't intentional."
                        if one.project_name == pending.project_name
                        else "A pending trusted publisher matching this configuration has already "
                        "been registered for a different project name. Please contact PyPI's "
                        "admins if this wasn't intentional."
                    )
            self.publishing.pending.append(pending)
            return _registered(
                "Registered a new pending publisher to create the project "
                f"'{pending.project_name}'.",
                pending,
            )

    def on_project(
        self,
        user: RehearsalUser,
        project: RehearsalProject,
        form: Mapping[str, str],
        *,
        address: str = "127.0.0.1",
    ) -> Registration:
        """The form at /manage/project/{name}/settings/publishing/."""
        with self.publishing.catalogue.lock:
            blocked = self._closed() or self._too_many(user, address)
            if blocked is not None:
                return blocked
            errors = self._form_errors(form)
            if errors:
                return _flashed("The trusted publisher could not be registered", errors)
            publisher = self.publishing.attach(project, self._row(form), known=True)
            if publisher is None:
                workflow = form["workflow_filename"].strip()
                return _flashed(f"{workflow} is already registered with {project.name}")
            self.publishing.emails.append(
                Email(subject=f"Trusted publisher added to {project.name}", to=tuple(project.roles))
            )
            return _registered(
                f"Added {publisher.workflow} in https://github.com/{publisher.slug} to "
                f"{project.name}",
                publisher,
            )

    def _closed(self) -> Registration | None:
        if not {"disallow-oidc", "disallow-github-oidc"} & self.publishing.flags:
            return None
        return _flashed(
            "GitHub-based trusted publishing is temporarily disabled. See "
            "https://pypi.org/help#admin-intervention for details."
        )

    def _too_many(self, user: RehearsalUser, address: str) -> Registration | None:
        limits = (
            (self.publishing.registered_by_user, user.id),
            (self.publishing.registered_by_address, address),
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

    def _row(self, form: Mapping[str, str]) -> PublisherValues:
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
        existing = self.publishing.catalogue.find(name)
        if refused.rule == "name-exists" and existing is not None:
            if existing.roles.get(user.username) != "Owner":
                return ("This project already exists.",)
            query = {key: form[key] for key in _PENDING_FIELDS if form.get(key)}
            url = (
                f"https://{self.publishing.accounts.host}/manage/project/{name}/settings/publishing/?"
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
