"""What was seen of the world: git here and on the remote, GitHub, the index; and `Observed`, which
holds all of it. `None` means asked and absent, `CouldNotAsk` that there was no answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from nox_release.core.answers import CouldNotAsk, known
from nox_release.core.values import dataclass, replace
from nox_release.core.versions import parse_version
from nox_release.files.distributions import version_of_file

if TYPE_CHECKING:
    from packaging.version import Version


# --- git ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What lies in the tree and is not in HEAD; paths are relative to the repository."""

    modified: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.modified or self.untracked)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedTree:
    """How far a preparation is: whether every file is `edited`, and HEAD the commit that has it."""

    head: str
    branch: str
    edited: bool = False
    committed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteTag:
    """A tag as the remote has it: `object` is what the name stands for, `commit` what it leads to."""

    object: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteState:
    """What one look at the remote showed; `None`: the remote has no such thing."""

    default_branch: str | None
    branch_head: str | None
    tag: RemoteTag | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """How far two commits are apart; both 0: the same history. Where it is not `exact`, the other
    commit is not in this clone: what it has, and what it lacks, is not known.
    """

    ahead: int
    behind: int
    exact: bool = True

    @property
    def word(self) -> str:
        if self.ahead and self.behind:
            return "diverged"
        return "ahead" if self.ahead else "behind" if self.behind else "same"


# --- GitHub ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who gh is. `scopes` is `None` for a token that has permissions of its own instead."""

    user: str
    scopes: tuple[str, ...] | None = None

    @property
    def is_actions_token(self) -> bool:
        """Whether this is a workflow's GITHUB_TOKEN, whose releases start no other workflow."""
        return self.user == "github-actions[bot]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeRepository:
    """The repository as GitHub spells and keeps it; `parent` is what it is a fork of."""

    full_name: str
    default_branch: str
    url: str
    private: bool = False
    archived: bool = False
    parent: str = ""
    permissions: tuple[str, ...] = ()

    @property
    def may_push(self) -> bool:
        return not self.permissions or "push" in self.permissions


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file that is attached to a GitHub release, with its digest where GitHub tells it."""

    name: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubRelease:
    """A release on GitHub's own page; `target` is a branch or commit, told apart by nobody."""

    id: int
    tag: str
    title: str
    url: str
    draft: bool = False
    prerelease: bool = False
    target: str = ""
    author: str = ""
    created: datetime | None = None
    published: datetime | None = None
    body: str = ""
    immutable: bool = False
    assets: tuple[Asset, ...] = ()

    def asset(self, name: str) -> Asset | None:
        """The attached file of that name, in which GitHub has put dots for what it does not take."""
        return next((one for one in self.assets if _plain(one.name) == _plain(name)), None)


def _plain(name: str) -> str:
    return re.sub(r"[^0-9A-Za-z]+", ".", name).strip(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a workflow; `attempt` grows when it is run again."""

    id: int
    attempt: int
    status: str
    conclusion: str | None
    event: str
    workflow: str
    commit: str
    branch: str
    url: str
    created: datetime | None = None
    started: datetime | None = None
    updated: datetime | None = None
    title: str = ""
    actor: str = ""

    @property
    def is_over(self) -> bool:
        return self.status == "completed"

    @property
    def is_held(self) -> bool:
        """Whether an environment's rules keep it waiting."""
        return self.status == "waiting"

    @property
    def succeeded(self) -> bool:
        return self.is_over and self.conclusion == "success"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check on a commit, of Actions or of another service."""

    name: str
    status: str
    conclusion: str | None
    url: str = ""
    started: datetime | None = None
    completed: datetime | None = None

    @property
    def is_running(self) -> bool:
        return self.status != "completed"

    @property
    def is_red(self) -> bool:
        return self.conclusion in (
            "failure", "timed_out", "cancelled", "action_required", "startup_failure", "error",
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request: `state` is `open`, `merged` or `closed`. `merge_state` is GitHub's word for what
    an open one waits for; `merged` is the commit that it became on its base.
    """

    number: int
    url: str
    state: str
    head: str
    merge_state: str = ""
    merged: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedTree:
    """How far a pull request with a version is: its commit `here`, on the remote (`there`), the pull
    request itself, and whether HEAD has what it became.
    """

    here: str | None = None
    there: str | None = None
    pull_request: PullRequest | None = None
    taken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeWorkflow:
    """A workflow file as GitHub knows it: `state` is `active` or says why it is not."""

    id: int
    name: str
    path: str
    state: str
    url: str

    @property
    def is_active(self) -> bool:
        return self.state == "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefPolicy:
    """One pattern of an environment's rules: `kind` is `branch` or `tag`."""

    pattern: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeEnvironment:
    """An environment and what it admits; `policies` is `None` when that is every ref."""

    name: str
    url: str = ""
    protected_branches_only: bool = False
    policies: tuple[RefPolicy, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefRule:
    """A rule of the repository for tags or for a branch; `may_bypass` is `None` where GitHub does
    not say whether this login may pass it over.
    """

    kind: str
    ruleset: str
    patterns: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    may_bypass: bool | None = False
    url: str = ""


# --- the index ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """One file of a release. `yanked` is the reason when one was given, `provenance` the address
    of the document that has its attestations.
    """

    filename: str
    sha256: str | None = None
    size: int | None = None
    yanked: bool | str = False
    upload_time: datetime | None = None
    url: str = ""
    provenance: str | None = None
    requires_python: str | None = None


def upload_times(files: Iterable[IndexFile]) -> tuple[datetime, ...]:
    """When the index got those files of which it tells."""
    return tuple(file.upload_time for file in files if file.upload_time is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexProject:
    """A project the index knows, perhaps without any file."""

    name: str
    status: str = "active"
    versions: tuple[str, ...] = ()
    files: tuple[IndexFile, ...] = ()
    serial: int | None = None

    @property
    def state(self) -> str:
        """`archived`, `quarantined` or another status that is not active; else `empty` or
        `has-releases`.
        """
        if self.status != "active":
            return self.status
        return "has-releases" if self.files or self.versions else "empty"

    def release_files(self, version: str | Version) -> tuple[IndexFile, ...]:
        """The files of `version`, however it is spelled: `1.0` is `1.0.0`."""
        wanted = parse_version(str(version))
        return tuple(
            file
            for file in self.files
            if wanted is not None and version_of_file(file.filename, self.name) == wanted
        )

    def has_version(self, version: str | Version) -> bool:
        wanted = parse_version(str(version))
        return any(parse_version(known) == wanted for known in self.versions) or bool(
            self.release_files(version)
        )

    @property
    def newest(self) -> Version | None:
        """The highest version that has files, pre-releases counted."""
        return max(self._versions(), default=None)

    @property
    def newest_final(self) -> Version | None:
        """The highest version that is no pre-release."""
        return max((v for v in self._versions() if not v.is_prerelease), default=None)

    def _versions(self) -> list[Version]:
        return [version for text in self.versions if (version := parse_version(text)) is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Who may publish: pairs of role (`Owner`, `Maintainer`) and user name."""

    roles: tuple[tuple[str, str], ...] = ()
    organization: str | None = None

    @property
    def users(self) -> tuple[str, ...]:
        return tuple(user for _, user in self.roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """The configured trusted publisher that a file's provenance names."""

    kind: str
    repository: str
    workflow: str
    environment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What the index serves as a file's provenance: the publishers in it, and the whole document
    for those who verify signatures.
    """

    publishers: tuple[Publisher, ...]
    document: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintainer:
    """A user name on the index. `source` is where it was found; empty when the settings say it."""

    user: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.user} ({self.source})" if self.source else self.user


@dataclass(frozen=True, slots=True, kw_only=True)
class OnIndex:
    """The index's answers about one name, and who asks; see `Observed`. `siblings` are the packages
    of the same repository that it needs. `made_here` is a file that was in `dist/` before it was there.
    """

    project: IndexProject | CouldNotAsk | None
    ownership: Ownership | CouldNotAsk | None = None
    names: tuple[str, ...] | CouldNotAsk | None = None
    publishers: tuple[Publisher, ...] | CouldNotAsk | None = None
    proven_version: str = ""
    maintainer: Maintainer | None = None
    made_here: str = ""
    siblings: tuple[tuple[str, IndexProject | CouldNotAsk | None], ...] = ()


# --- all of it ---------------------------------------------------------------------------------


_NOT_ASKED = CouldNotAsk(reason="GitHub was not asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was seen. `None` means asked and absent, `CouldNotAsk` that there was no answer.

    `gh` is `ready`, `missing`, `old`, `logged out` or `unreachable`. `relation` is how the commit
    stands to the remote's branch, `None` when the remote has no such branch; `past_tag` by how many
    commits HEAD comes after the remote's tag. `pushes_to` are the addresses that a push goes to,
    where they are not the remote's own. `publishers` are those that the provenance of
    `proven_version` names. `immutable_releases` says whether GitHub locks a release when it is
    published, `burnt_tag` whether a locked one that was deleted has taken the tag's name for ever.
    """

    head: str
    branch: str | CouldNotAsk | None = None
    local_tag: str | CouldNotAsk | None = None
    remote: RemoteState | CouldNotAsk | None = None
    relation: Relation | CouldNotAsk | None = None
    past_tag: int | CouldNotAsk = 0
    changes: Changes | CouldNotAsk | None = None
    tracked_folders: frozenset[str] | CouldNotAsk = frozenset()
    shallow: bool | CouldNotAsk = False
    identity: str | CouldNotAsk | None = ""
    signing_trouble: str | CouldNotAsk | None = None
    pushes_to: tuple[str, ...] = ()
    at_commit: bool | CouldNotAsk | None = None
    gh: str = "ready"
    gh_detail: str = ""
    login: Login | CouldNotAsk | None = None
    repository: ForgeRepository | CouldNotAsk | None = None
    github_release: GitHubRelease | CouldNotAsk | None = None
    runs: tuple[Run, ...] | CouldNotAsk = ()
    workflow: ForgeWorkflow | CouldNotAsk | None = None
    environment: ForgeEnvironment | CouldNotAsk | None = None
    checks: tuple[Check, ...] | CouldNotAsk | None = None
    tag_rules: tuple[RefRule, ...] | CouldNotAsk = ()
    branch_rules: tuple[RefRule, ...] | CouldNotAsk = ()
    immutable_releases: bool | CouldNotAsk = _NOT_ASKED
    burnt_tag: bool | CouldNotAsk = False
    project: IndexProject | CouldNotAsk | None = None
    ownership: Ownership | CouldNotAsk | None = None
    publishers: tuple[Publisher, ...] | CouldNotAsk | None = None
    proven_version: str = ""
    names: tuple[str, ...] | CouldNotAsk | None = None
    maintainer: Maintainer | None = None
    made_here: str = ""
    siblings: tuple[tuple[str, IndexProject | CouldNotAsk | None], ...] = ()

    @property
    def remote_tag(self) -> str | None:
        """The commit of the remote's tag, where the remote was asked."""
        remote = known(self.remote)
        return remote.tag.commit if remote is not None and remote.tag is not None else None

    @property
    def default_branch(self) -> str | None:
        """The remote's default branch, where the remote was asked."""
        remote = known(self.remote)
        return None if remote is None else remote.default_branch

    @property
    def is_released_on_github(self) -> bool:
        """Whether the GitHub release is out; a draft is not."""
        release = known(self.github_release)
        return release is not None and not release.draft

    def with_index(self, answers: OnIndex) -> Observed:
        """The same with what the index answered."""
        return replace(
            self,
            project=answers.project,
            ownership=answers.ownership,
            publishers=answers.publishers,
            proven_version=answers.proven_version,
            names=answers.names,
            maintainer=answers.maintainer,
            made_here=answers.made_here,
            siblings=answers.siblings,
        )
