"""What the stand-in for GitHub remembers, and the bare repository it reads git facts from."""

import contextlib
import os
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from nox_release.core.clock import Clock
from nox_release.core.values import dataclass, field, replace
from nox_release.edges.children import GIT
from nox_release.edges.process import Runner


@dataclass(slots=True, kw_only=True)
class Account:
    """A user of the stand-in; `scopes` of `None` are those of a fine-grained token: not shown."""

    login: str
    id: int
    token: str
    scopes: tuple[str, ...] | None = ("gist", "read:org", "repo", "workflow")
    permission: str = "admin"


@dataclass(slots=True, kw_only=True)
class Settings:
    """The repository's own settings. `owner` and `name` are GitHub's spelling."""

    owner: str
    name: str
    id: int = 80_0001
    owner_id: int = 1001
    owner_type: str = "User"
    default_branch: str = "main"
    private: bool = False
    archived: bool = False
    former_slugs: tuple[str, ...] = ()
    actions_enabled: bool = True
    immutable_releases: bool = False
    protected_branches: dict[str, dict[str, object]] = field(default_factory=dict)
    rulesets: list[dict[str, object]] = field(default_factory=list)

    @property
    def slug(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file of a GitHub release, without its bytes."""

    id: int
    name: str
    size: int
    digest: str


@dataclass(slots=True, kw_only=True)
class Release:
    """One GitHub release; `immutable` is decided when it is published."""

    id: int
    tag: str
    target: str
    name: str
    body: str
    draft: bool
    prerelease: bool
    author: str
    created_at: datetime
    published_at: datetime | None
    make_latest: str = "true"
    immutable: bool = False
    assets: list[Asset] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class DeploymentEnvironment:
    """A deployment environment; `policies` of `None` let every branch and tag deploy.

    A policy is (`branch` or `tag`, pattern).
    """

    id: int
    name: str
    reviewers: tuple[str, ...] = ()
    wait_minutes: int = 0
    protected_branches_only: bool = False
    policies: tuple[tuple[str, str], ...] | None = None
    prevent_self_review: bool = False


@dataclass(slots=True, kw_only=True)
class StepRun:
    """One step of a job with its log lines (without timestamps)."""

    number: int
    name: str
    status: str = "queued"
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    lines: list[tuple[datetime, str]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Annotation:
    """What a job has to say beside its log."""

    level: str
    message: str
    title: str = ""
    path: str = ".github"


@dataclass(slots=True, kw_only=True)
class JobRun:
    """One job of one attempt; its check run has the same number."""

    id: int
    key: str
    name: str
    attempt: int = 1
    status: str = "queued"
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    environment: str | None = None
    matrix: Mapping[str, Any] = field(default_factory=dict)
    steps: list[StepRun] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class WorkflowRun:
    """One workflow run; `jobs` holds those of every attempt."""

    id: int
    name: str
    path: str
    workflow_id: int
    number: int
    event: str
    ref: str
    head_sha: str
    title: str
    actor: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime
    status: str = "queued"
    conclusion: str | None = None
    attempt: int = 1
    jobs: list[JobRun] = field(default_factory=list)
    inputs: Mapping[str, str] = field(default_factory=dict)
    approved: set[str] = field(default_factory=set)
    rejected: set[str] = field(default_factory=set)
    artifacts: dict[str, tuple[Path, ...]] = field(default_factory=dict)

    @property
    def head_branch(self) -> str:
        """The branch or tag, without `refs/…/`, as GitHub shows it."""
        return self.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")

    def latest_jobs(self) -> list[JobRun]:
        return [job for job in self.jobs if job.attempt == self.attempt]


@dataclass(slots=True, kw_only=True)
class CheckRun:
    """A check on a commit that no run of the stand-in made."""

    id: int
    head_sha: str
    name: str
    status: str = "completed"
    conclusion: str | None = "success"
    started_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that can start workflows: `release`, `push` or `workflow_dispatch`.

    `actor_is_workflow` marks what was done with a workflow's GITHUB_TOKEN: it starts nothing.
    """

    name: str
    ref: str
    sha: str
    actor: str
    action: str = ""
    title: str = ""
    workflow: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    actor_is_workflow: bool = False
    prerelease: bool = False


@dataclass(slots=True, kw_only=True)
class PullRequestState:
    """A pull request: `state` is `open`, `merged` or `closed`."""

    number: int
    head: str
    base: str
    title: str
    user: str
    sha: str
    state: str = "open"
    mergeable_state: str = "clean"
    merge_commit: str | None = None
    merged_at: datetime | None = None


_OBJECT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BareRepository:
    """The remote's git facts. What git answered is remembered: about an object for ever, about refs
    until one of them changes.
    """

    path: Path
    runner: Runner
    _answers: dict[object, dict[tuple[str, ...], str | None]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def git(self, *arguments: str, text: str | None = None) -> str | None:
        """The output of a git command in the repository; `None` when git says no."""
        done = replace(self.runner, child=GIT).run(
            ["git", "--git-dir", self.path, *arguments], cwd=self.path, check=False, text=text
        )
        return done.stdout if done.returncode == 0 else None

    def read(self, *arguments: str, of: str = "") -> str | None:
        """The same, for a command that changes nothing; an object's id in `of` says that the answer
        is about that object alone.
        """
        state = of if _OBJECT.fullmatch(of) else self._refs_on_disk()
        if state is None:
            return self.git(*arguments)
        if state not in self._answers and state != of:
            for old in tuple(self._answers):
                if isinstance(old, frozenset):
                    self._answers.pop(old, None)
        known = self._answers.setdefault(state, {})
        if arguments not in known:
            found = self.git(*arguments)
            if found is None and state == of:
                return None  # the object may come
            known[arguments] = found
        return known[arguments]

    def _refs_on_disk(self) -> frozenset[tuple[str, bytes]] | None:
        """All that git keeps about refs, in files; `None` where it has another way."""
        if (self.path / "reftable").exists():
            return None
        found = [self.path / "HEAD", self.path / "packed-refs"]
        for folder, _, names in os.walk(self.path / "refs"):
            found += [Path(folder, name) for name in names]
        state = []
        for path in found:
            with contextlib.suppress(OSError):  # there is none, or it goes at this moment
                state.append((str(path), path.read_bytes()))
        return frozenset(state)

    def refs(self, prefix: str = "refs/") -> dict[str, tuple[str, str]]:
        """Every ref below `prefix` with the object it names and that object's type."""
        listed = self.read(
            "for-each-ref", "--format=%(refname)%09%(objectname)%09%(objecttype)", "refs/"
        )
        rows = (line.split("\t") for line in (listed or "").splitlines())
        return {
            name: (sha, kind)
            for name, sha, kind in rows
            if name == prefix or name.startswith(f"{prefix.removesuffix('/')}/")
        }

    def commit(self, revision: str) -> str | None:
        """The full id of the commit that `revision` leads to."""
        if not revision or revision.startswith("-"):
            return None
        if revision.startswith("refs/"):
            sha, kind = self.refs(revision).get(revision, ("", ""))
            if kind in ("", "commit"):
                return sha or None
        found = self.read(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}",
            of=revision,
        )  # fmt: skip
        return found.strip() if found else None

    def object_type(self, sha: str) -> str | None:
        found = (
            self.read("cat-file", "-t", sha, of=sha) if sha and not sha.startswith("-") else None
        )
        return found.strip() if found else None

    def show(self, commit: str, path: str) -> str | None:
        """The text of a file in a commit."""
        return self.read("cat-file", "blob", f"{commit}:{path}", of=commit)

    def listing(self, commit: str, folder: str) -> tuple[tuple[str, str, str, int], ...]:
        """(name, type, id, size) of what lies directly in a folder of a commit."""
        listed = self.read("ls-tree", "-l", "-z", f"{commit}:{folder.strip('/')}", of=commit)
        found = []
        for row in (listed or "").split("\0"):
            if row:
                facts, name = row.split("\t", 1)
                _, kind, sha, size = facts.split()
                found.append((name, kind, sha, int(size) if size.isdigit() else 0))
        return tuple(found)

    def update(self, ref: str, sha: str) -> bool:
        """Make a new ref; `False` when git refuses."""
        return self.git("update-ref", ref, sha, "0" * 40) is not None


def new_id() -> int:
    """A number like GitHub's: large and without an order to lean on."""
    return 10_000_000_000 + secrets.randbelow(80_000_000_000)


class Carrier(Protocol):
    """What carries out workflow runs (`runner.WorkflowRunner`)."""

    def rerun(self, run: WorkflowRun, *, failed_only: bool) -> None: ...

    def cancel(self, run: WorkflowRun) -> None: ...

    def resume(self, run: WorkflowRun) -> None: ...


class GitHubState:
    """One repository on a GitHub of its own: what it remembers, and who hears of its events.

    Change it under `lock`.
    """

    def __init__(
        self,
        *,
        remote: Path,
        owner: str,
        name: str,
        runner: Runner,
        clock: Clock,
        default_branch: str = "main",
    ) -> None:
        self.settings = Settings(owner=owner, name=name, default_branch=default_branch)
        self.bare = BareRepository(path=remote, runner=runner)
        self.clock = clock
        self.lock = threading.RLock()
        self.user = Account(login=owner, id=self.settings.owner_id, token="gho_" + "0" * 36)
        self.accounts: dict[str, Account] = {self.user.token: self.user}
        self.releases: list[Release] = []
        self.burnt_tags: set[str] = set()
        self.runs: list[WorkflowRun] = []
        self.environments: dict[str, DeploymentEnvironment] = {}
        self.check_runs: list[CheckRun] = []
        self.pulls: list[PullRequestState] = []
        self.statuses: list[dict[str, Any]] = []
        self.disabled_workflows: dict[str, str] = {}
        self.workflow_ids: dict[str, int] = {}
        self.carrier: Carrier | None = None
        self.listeners: list[Callable[[Event], None]] = []
        self.before_answer: list[Callable[[], None]] = []
        self.answered = 0
        self.rate_remaining = 5000
        self.secondary_limit_seconds = 0

    # --- state, for tests and the rehearsal ----------------------------------------------------

    @property
    def slug(self) -> str:
        return self.settings.slug

    @property
    def web(self) -> str:
        """The address of the repository's pages."""
        return f"https://github.com/{self.slug}"

    def add_user(
        self,
        login: str,
        *,
        token: str,
        permission: str = "none",
        scopes: tuple[str, ...] | None = ("gist", "read:org", "repo", "workflow"),
    ) -> Account:
        """Another account; `permission` is admin, maintain, write, triage, read or none."""
        account = Account(
            login=login,
            id=new_id() % 100_000_000,
            token=token,
            scopes=scopes,
            permission=permission,
        )
        self.accounts[token] = account
        return account

    def add_environment(
        self,
        name: str,
        *,
        reviewers: tuple[str, ...] = (),
        policies: tuple[tuple[str, str], ...] | None = None,
        wait_minutes: int = 0,
        protected_branches_only: bool = False,
    ) -> DeploymentEnvironment:
        """Make or replace an environment."""
        environment = DeploymentEnvironment(
            id=new_id() % 10_000_000_000,
            name=name,
            reviewers=reviewers,
            policies=policies,
            wait_minutes=wait_minutes,
            protected_branches_only=protected_branches_only,
        )
        self.environments[name.lower()] = environment
        return environment

    def add_check_run(self, sha: str, name: str, *, conclusion: str | None = "success") -> CheckRun:
        """A check on a commit; a `conclusion` of `None` is one still in progress."""
        check = CheckRun(
            id=new_id(),
            head_sha=sha,
            name=name,
            status="completed" if conclusion else "in_progress",
            conclusion=conclusion,
        )
        self.check_runs.append(check)
        return check

    def add_pull_request(self, head: str, base: str, *, title: str, user: str) -> PullRequestState:
        """A pull request that is open."""
        pull = PullRequestState(
            number=len(self.pulls) + 1, head=head, base=base, title=title, user=user,
            sha=self.bare.commit(f"refs/heads/{head}") or "",
        )  # fmt: skip
        self.pulls.append(pull)
        return pull

    def workflow_id(self, path: str) -> int:
        return self.workflow_ids.setdefault(path, 100_000_000 + len(self.workflow_ids))

    def next_run_number(self, workflow_id: int) -> int:
        return 1 + sum(run.workflow_id == workflow_id for run in self.runs)

    def find_release(self, tag: str, *, drafts: bool = False) -> Release | None:
        for release in self.releases:
            if release.tag == tag and (drafts or not release.draft):
                return release
        return None

    def find_run(self, number: int) -> WorkflowRun | None:
        return next((run for run in self.runs if run.id == number), None)

    def find_job(self, number: int) -> tuple[WorkflowRun, JobRun] | None:
        return next(((run, job) for run in self.runs for job in run.jobs if job.id == number), None)

    def publish_event(self, event: Event) -> None:
        """Tell those that carry out workflows. What GITHUB_TOKEN did starts no workflow, except
        a dispatch: https://docs.github.com/en/actions/concepts/security/github_token.
        """
        if event.actor_is_workflow and event.name != "workflow_dispatch":
            return
        for listener in self.listeners:
            listener(event)

    def rerun(self, run: WorkflowRun, *, failed_only: bool) -> None:
        """Ask the runner for another attempt."""
        if self.carrier is not None:
            self.carrier.rerun(run, failed_only=failed_only)

    def cancel(self, run: WorkflowRun) -> None:
        """Ask the runner to stop `run`."""
        if self.carrier is not None:
            self.carrier.cancel(run)

    def decide(self, run: WorkflowRun, environment: str, *, approved: bool) -> None:
        """A reviewer's answer to a waiting deployment."""
        (run.approved if approved else run.rejected).add(environment.lower())
        if self.carrier is not None:
            self.carrier.resume(run)

    def burn(self, tag: str) -> None:
        """Let `tag` be one that a deleted immutable release had: nobody can ever use it again.

        https://docs.github.com/en/code-security/concepts/supply-chain-security/immutable-releases
        """
        self.burnt_tags.add(tag)
        hook = self.bare.path / "hooks" / "update"
        hook.parent.mkdir(exist_ok=True)
        (self.bare.path / "burnt-tags").write_text(
            "".join(f"refs/tags/{name}\n" for name in sorted(self.burnt_tags)), encoding="utf-8"
        )
        hook.write_text(_BURNT_HOOK, encoding="utf-8")
        hook.chmod(0o755)

    def latest_release(self) -> Release | None:
        """The release GitHub calls latest: neither draft nor pre-release, unless kept from it."""
        fit = [
            r
            for r in self.releases
            if not r.draft and not r.prerelease and r.make_latest != "false"
        ]
        return max(fit, key=lambda r: r.created_at) if fit else None


# What GitHub says to a push of such a tag; a ruleset that forbids creations says the same.
_BURNT_HOOK = """#!/bin/sh
grep -qxF "$1" "$GIT_DIR/burnt-tags" || exit 0
echo "$1" >> "$GIT_DIR/refused-tags"
echo "error: GH013: Repository rule violations found for $1." >&2
echo "- Cannot create ref due to creations being restricted." >&2
exit 1
"""
