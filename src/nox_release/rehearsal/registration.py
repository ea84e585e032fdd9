"""The forms with which PyPI's users register trusted publishers: what the pages take and refuse,
not the words in which they do.

Sources: warehouse/oidc/forms/{_core,github}.py, accounts/views.py (pending publishers),
manage/views/oidc_publishers.py (those of a project).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from nox_release.core.values import dataclass, field
from nox_release.rehearsal.accounts import RehearsalUser
from nox_release.rehearsal.oidc import Email, PendingPublisher, TrustedPublishing
from nox_release.rehearsal.publishers import PublisherValues, RehearsalPublisher

if TYPE_CHECKING:
    from nox_release.checks.upload import Refusal
    from nox_release.rehearsal.catalogue import RehearsalProject

_PENDING_AT_ONCE = 3
_ENVIRONMENT_AT_MOST = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What the page made of the form: the row that it stored, or why it stored none.

    `problem` is what is wrong apart from single fields; `errors` maps fields to short reasons.
    """

    problem: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    publisher: RehearsalPublisher | None = None
    status: int = 200

    @property
    def accepted(self) -> bool:
        return self.publisher is not None


class Registrations:
    """The two pages of one index.

    `github_owners` are the accounts that exist on GitHub, by name, with `login` and id; `None`
    stands for: all of them. `github_answers` are the troubles met when GitHub is asked for a name.
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
            mine = [one for one in self.publishing.pending if one.added_by is user]
            blocked = self._closed()
            if blocked is None and not user.verified_email:
                blocked = Registration(problem="no verified e-mail address")
            if blocked is None and len(mine) >= _PENDING_AT_ONCE:
                blocked = Registration(problem=f"{_PENDING_AT_ONCE} pending publishers already")
            blocked = blocked or self._too_many(user, address)
            if blocked is not None:
                return blocked
            errors = self._form_errors(form)
            name_error = self._name_error(form)
            if name_error:
                errors["project_name"] = name_error
            if errors:
                return Registration(errors=errors)
            pending = PendingPublisher(
                **self._row(form),
                project_name=form["project_name"],
                added_by=user,
                created=self.publishing.accounts.now(),
            )
            if any(one.key == pending.key for one in self.publishing.pending):
                return Registration(problem="registered already")
            self.publishing.pending.append(pending)
            return Registration(publisher=pending, status=303)

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
                return Registration(errors=errors)
            publisher = self.publishing.attach(project, self._row(form), known=True)
            if publisher is None:
                return Registration(problem="registered already")
            self.publishing.emails.append(
                Email(subject=f"Trusted publisher added to {project.name}", to=tuple(project.roles))
            )
            return Registration(publisher=publisher, status=303)

    def _closed(self) -> Registration | None:
        if not {"disallow-oidc", "disallow-github-oidc"} & self.publishing.flags:
            return None
        return Registration(problem="disabled by the administrators")

    def _too_many(self, user: RehearsalUser, address: str) -> Registration | None:
        limits = (
            (self.publishing.registered_by_user, user.id),
            (self.publishing.registered_by_address, address),
        )
        if any(not limit.remaining(key) for limit, key in limits):
            return Registration(problem="too many registrations", status=429)
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

    def _form_errors(self, form: Mapping[str, str]) -> dict[str, str]:
        found = {
            "owner": self._owner_error(form.get("owner", "")),
            "repository": _repository_error(form.get("repository", "")),
            "workflow_filename": _workflow_error(form.get("workflow_filename", "")),
            "environment": _environment_error(form.get("environment", "")),
        }
        return {name: text for name, text in found.items() if text}

    def _owner_error(self, owner: str) -> str:
        if not owner:
            return "missing"
        # `$` as in Warehouse: one line feed at the end passes.
        if not re.match(r"^[a-zA-Z0-9][a-zA-Z0-9-]*$", owner):
            return "invalid"
        if owner in self.github_answers:
            return self.github_answers[owner]
        return "" if self.look_up_owner(owner) is not None else "unknown"

    def _name_error(self, form: Mapping[str, str]) -> str:
        name = form.get("project_name", "")
        refused = self.check_name(name) if name else None
        return (refused.rule if refused else "") if name else "missing"


def _repository_error(repository: str) -> str:
    if not repository:
        return "missing"
    return "" if re.match(r"^[a-zA-Z0-9-_.]+$", repository) else "invalid"


def _workflow_error(workflow: str) -> str:
    name = workflow.strip()
    if not workflow:
        return "missing"
    return "invalid" if "/" in name or not name.endswith((".yml", ".yaml")) else ""


def _environment_error(environment: str) -> str:
    if not environment.strip():
        return ""
    wrong = (
        len(environment) > _ENVIRONMENT_AT_MOST
        or environment != environment.strip(" ")
        or re.search(r"[\x00-\x1F\x7F'\"`,;\\]", environment)
    )
    return "invalid" if wrong else ""
