"""Who uploads a project for the first time, with what, and whose it is already."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nox_release.checks.index.state import SAY_WHO_YOU_ARE, is_yours, owners_in_words
from nox_release.core.answers import CouldNotAsk, ask
from nox_release.core.errors import ConfigurationError
from nox_release.core.values import dataclass
from nox_release.edges.console import Console
from nox_release.edges.context import Context
from nox_release.edges.git import Repository
from nox_release.edges.maintainer import Keyring, find_maintainer
from nox_release.edges.tokens import Credential, find_credential, inspect_token, problems
from nox_release.observing.on_index import made_here
from nox_release.project import pages
from nox_release.project.pyproject import Index, Project
from nox_release.releases.observed import IndexProject, Maintainer, Ownership
from nox_release.releases.plan import Target

if TYPE_CHECKING:
    from nox_release.edges.index import IndexClient

_KEYRING_WITHIN = 10.0
_UNLOCKED_WITHIN = 120.0  # by a person
_LOOKED = "Looked in TWINE_PASSWORD, ~/.pypirc and the keyring, as twine does."
_SCOPES = {
    "account": "for the whole account",
    "projects": "for chosen projects",
    "unknown": "for what, only the index knows",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstUpload:
    """One `nox -s first-upload`: what is asked for, and the ways to look and act."""

    context: Context
    options: argparse.Namespace
    project: Project
    repository: Repository
    client: IndexClient
    keyring: Keyring

    @property
    def console(self) -> Console:
        return self.context.console

    @property
    def index(self) -> Index:
        return self.project.settings.index


def maintainer_of(
    upload: FirstUpload, ownership: Ownership | CouldNotAsk | None
) -> Maintainer | None:
    """Who is about to upload, as far as it is known."""
    settings, environ = upload.project.settings, upload.context.environ
    return find_maintainer(settings, environ, upload.keyring, ownership)


def whose(
    upload: FirstUpload,
    there: IndexProject,
    ownership: Ownership | CouldNotAsk | None,
    *,
    yours: str,
) -> dict[str, str]:
    """Whose project it is, as `reason`, and what to do in that case, as `hint`."""
    you, owners = maintainer_of(upload, ownership), owners_in_words(ownership)
    reason = f"{there.name} belongs to {owners}" if owners else ""
    if owners and you:
        reason += f", and you are {you}"
    not_yours = "Not yours: choose another `project.name`, or ask its owners."
    if you and you.source:
        not_yours += f" {SAY_WHO_YOU_ARE}"
    mine = is_yours(you, ownership)
    if mine is None and made_here(upload.project, there.files):
        mine = True
    hint = f"{yours}\n{not_yours}" if mine is None else yours if mine else not_yours
    return {
        "reason": f"{reason}." if reason else "A first upload is for new projects.",
        "hint": hint,
    }


# --- the credential --------------------------------------------------------------------------


def found_credential(upload: FirstUpload) -> Credential | None:
    """What uploads, where twine would find it; `None` where it finds none."""
    found = find_credential(
        upload.index, upload.context.environ, lambda user: _ask_keyring(upload, user)
    )
    if found is not None:
        upload.console.hide(found.secret)
    return found


def credential_for(upload: FirstUpload, there: IndexProject | None) -> Credential:
    """What uploads: what is found, or what a person types.

    Raises:
        ConfigurationError: no credential is to be had.
    """
    return found_credential(upload) or asked_credential(upload, there)


def asked_credential(upload: FirstUpload, there: IndexProject | None) -> Credential:
    """What a person types, where none was found.

    Raises:
        ConfigurationError: nobody does.
    """
    console, index = upload.console, upload.index
    if not index.is_like_pypi:
        raise ConfigurationError(
            f"There is no credential for {index.title}.",
            reason=_LOOKED,
            hint="Give a user name and a password as TWINE_USERNAME and TWINE_PASSWORD.",
        )
    secret = ""
    if console.interactive:
        console.line()
        console.line(
            f"No credential for {index.title} in TWINE_PASSWORD, ~/.pypirc or the "
            f"keyring. Make a token for the whole account at {pages.token_page(index)}"
        )
        secret = _ask_for_token(console, index)
    if not secret:
        exists = "" if there is None else f" ({there.name} exists, without files)"
        raise ConfigurationError(
            f"There is no credential for {index.title}{exists}.",
            reason=_LOOKED,
            hint="Without any token: nox -s first-upload -- --pending-publisher\n"
            f"With one: make it at {pages.token_page(index)} (for the whole account, "
            "since the project does not exist yet), and give it as TWINE_PASSWORD.",
        )
    return Credential(user="__token__", secret=secret, source="what you typed")


def _ask_keyring(upload: FirstUpload, user: str | None) -> tuple[str, str]:
    """Name and password that the keyring has for the index; empty where it has none."""
    console = upload.console
    if upload.keyring.is_off:
        return "", ""
    within = _UNLOCKED_WITHIN if console.interactive else _KEYRING_WITHIN
    with console.waiting("Asking the keyring"):
        found = upload.keyring.credential(upload.index, user, within=within)
    if isinstance(found, CouldNotAsk):
        console.mark("not known", f"{found.reason}; it may be locked")
        return "", ""
    return found


def _ask_for_token(console: Console, index: Index) -> str:
    """What a person types, once it can be a token of the index; empty when they stop."""
    while True:
        secret = console.ask_secret("API token (not shown; empty to stop):")
        console.hide(secret)
        if not secret or inspect_token(secret) is not None:
            return secret
        console.mark(
            "error",
            f"That is no API token of {index.title}: one begins with `pypi-`. Copy it whole.",
        )


def whom(target: Target, credential: Credential, you: Maintainer | None) -> list[tuple[str, str]]:
    """The credential in words, and nothing of its value."""
    rows = [("as", f"{credential.user} ({credential.source})")]
    if you is not None and you.user != credential.user:
        rows = [("as", str(you)), ("with", rows[0][1])]
    facts = inspect_token(credential.secret) if credential.is_token else None
    if facts is not None:
        kind = _SCOPES[facts.scope]
        rows.append(("token", f"{kind}; twine gets it good for {target.name} and ten minutes only"))
    return rows


def refused_credential(
    upload: FirstUpload, credential: Credential, there: IndexProject | None
) -> ConfigurationError | None:
    """Why the index would refuse the credential, where that can be seen beforehand."""
    index = upload.index
    refused = problems(
        credential,
        index,
        name=upload.project.name,
        project_exists=there is not None,
        now=upload.client.now,
    )
    if not refused:
        return None
    return ConfigurationError(
        f"{index.title} would refuse this credential; nothing was uploaded.",
        problems=refused,
        hint=f"Make a token for the whole account: {pages.token_page(index)}; "
        "or need none: nox -s first-upload -- --pending-publisher"
        if index.is_like_pypi
        else "Give the one that belongs to it as TWINE_PASSWORD.",
    )


def names_on_index(upload: FirstUpload) -> tuple[str, ...] | CouldNotAsk:
    """Every project's name on the index, to find one that is too similar."""
    with upload.console.waiting(f"Reading the names on {upload.index.title}"):
        return ask(upload.client.fetch_names)
