"""What the stand-in index remembers: accounts, projects, publishers, switches."""

import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from nox_release.checks import upload as rules
from nox_release.core.clock import Clock, SystemClock
from nox_release.rehearsal.accounts import Accounts, RehearsalUser
from nox_release.rehearsal.answers import Refused
from nox_release.rehearsal.catalogue import Catalogue, RehearsalProject
from nox_release.rehearsal.oidc import TrustedPublishing
from nox_release.rehearsal.registration import Registration, Registrations


class IndexState:
    """Change it under the lock of its `catalogue`.

    `flags` holds PyPI's administrators' switches by their names there: `read-only`,
    `disallow-new-upload`, `disallow-new-project-registration`, `disallow-oidc`,
    `disallow-github-oidc`, `disable-pep740`.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if directory is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="rehearsal-index-")
            directory = Path(self._temporary.name)
        self.directory = directory
        self.incoming = directory / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True)
        self.flags: set[str] = set()
        self.warned_tokens: set[tuple[str, str]] = set()
        self.catalogue = Catalogue(directory, self.now)
        self.accounts = Accounts(now=self.now)
        self.publishing = TrustedPublishing(
            self.accounts,
            self.catalogue,
            create_project=self.create_for,
            flags=self.flags,
        )
        self.registrations = Registrations(self.publishing, check_name=self.check_name)

    def now(self) -> datetime:
        return self.clock.now()

    def add_user(self, username: str, **flags: bool) -> RehearsalUser:
        """An account; `verified_email`, `two_factor`, `frozen` and `active` may be given."""
        return self.accounts.add(username, **flags)

    def user(self, username: str) -> RehearsalUser:
        return self.accounts.users[username]

    def token(self, username: str, *, projects: Iterable[str] | None = None) -> str:
        """An API token as PyPI's account page makes it: for the whole account, or for projects."""
        user = self.user(username)
        if projects is None:
            return self.accounts.issue([[3, user.id]], user=user)
        chosen = [self.catalogue.project(name) for name in projects]
        return self.accounts.issue(
            [[1, [one.normalized_name for one in chosen]], [2, [one.id for one in chosen]]],
            user=user,
        )

    def create_project(
        self, name: str, *, owner: str | None = None, organization: str | None = None
    ) -> RehearsalProject:
        """A project without releases, whatever its name; `owner` becomes a user if needed."""
        if owner is not None:
            self.add_user(owner)
        return self.catalogue.create(name, owner=owner, organization=organization)

    def project(self, name: str) -> RehearsalProject:
        return self.catalogue.project(name)

    def filenames(self, name: str) -> tuple[str, ...]:
        """Every file of the project, sorted; none when there is no such project."""
        project = self.catalogue.find(name)
        return tuple(sorted(one.filename for one in project.files())) if project else ()

    def delete_project(self, name: str) -> None:
        with self.catalogue.lock:
            project = self.project(name)
            self.catalogue.delete_project(name)
            for publisher in self.publishing.publishers:
                publisher.project_ids.discard(project.id)

    def register_pending(self, username: str, form: Mapping[str, str]) -> Registration:
        """Fill in the pending publisher form: `project_name`, `owner`, `repository`,
        `workflow_filename`, `environment`.
        """
        return self.registrations.pending(self.user(username), form)

    def register_on_project(
        self, username: str, name: str, form: Mapping[str, str]
    ) -> Registration:
        """Fill in the form of an existing project's publishing page."""
        return self.registrations.on_project(self.user(username), self.project(name), form)

    def take_as_published(self, name: str, version: str) -> bool:
        """Have a project that is not here list this version, whose files are on PyPI; whether it was not."""
        with self.catalogue.lock:
            if self.catalogue.find(name) is not None:
                return False
            self.create_project(name).elsewhere = (version,)
            return True

    def attach_like(self, name: str, known: str) -> bool:
        """Give the project `name`, made if need be, the publishers of `known`; whether it lacked any."""
        with self.catalogue.lock:
            there, made = self.catalogue.find(known), self.catalogue.find(name)
            if there is None or (made is not None and not made.elsewhere):
                return False
            made = made or self.create_project(name)
            for publisher in self.publishing.publishers:
                if there.id in publisher.project_ids:
                    publisher.project_ids.add(made.id)
            return True

    def jwt(self, claims: Mapping[str, Any], *, header: Mapping[str, Any] | None = None) -> str:
        """`claims` signed with the key that this index takes for GitHub's."""
        return self.publishing.sign(claims, header=header)

    def check_name(self, name: str) -> rules.Refusal | None:
        """Warehouse's verdict on a new project's name."""
        names = tuple(one.name for one in self.catalogue.projects.values())
        refusals = rules.name_refusals(name, names, prohibited=self.catalogue.prohibited)
        return next(iter(refusals), None)

    def create_for(
        self,
        name: str,
        user: RehearsalUser,
        *,
        address: str,
        limited: bool = True,
        organization: str | None = None,
    ) -> RehearsalProject:
        """A new project of `user`'s.

        Raises:
            Refused: the name may not be used, or too many projects were made.
        """
        accounts = self.accounts
        limits = (
            (accounts.created_by_address, address),
            (accounts.created_by_user, user.id),
        )
        if limited and any(not limit.remaining(key) for limit, key in limits):
            raise Refused(429, "Too many new projects created")
        if "disallow-new-project-registration" in self.flags:
            raise Refused(
                403,
                "New project registration temporarily disabled. See "
                f"{rules.help_page('admin-intervention')} for more information.",
            )
        refused = self.check_name(name)
        if refused is not None:
            raise Refused(refused.status, refused.text)
        project = self.catalogue.create(name, owner=user.username, organization=organization)
        self.publishing.invalidate_pending(name, user)
        for limit, key in limits if limited else ():
            limit.hit(key)
        return project
