"""A stand-in for GitHub that the real `gh` talks to over a Unix socket.

`gh` sends every request for any host into the socket named by `http_unix_socket` in its own
`config.yml` (https://cli.github.com/manual/gh_config), so nothing leaves the machine and no
certificate is needed. Git's facts (tags, commits, files) come from the bare remote each time.
"""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from nox_release.core.errors import NoxReleaseError
from nox_release.rehearsal.faults import Faults, Faulty
from nox_release.rehearsal.github_state import (
    Account,
    BareRepository,
    CheckRun,
    Environment,
    Event,
    Job,
    Release,
    Run,
    Settings,
    new_id,
)
from nox_release.rehearsal.serving import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from nox_release.core.clock import Clock
    from nox_release.edges.process import Runner

SOCKET_PATH_LIMIT = 100  # sockaddr_un: 108 bytes on Linux, 104 on macOS


class Carrier(Protocol):
    """What carries out workflow runs (`runner.WorkflowRunner`)."""

    def rerun(self, run: Run, *, failed_only: bool) -> None: ...

    def cancel(self, run: Run) -> None: ...

    def resume(self, run: Run) -> None: ...


class RehearsalGitHub:
    """One repository on a GitHub of its own. Change its state under `lock`."""

    def __init__(
        self,
        *,
        remote: Path,
        owner: str,
        name: str,
        socket_path: Path,
        runner: Runner,
        clock: Clock,
        default_branch: str = "main",
    ) -> None:
        self.settings = Settings(owner=owner, name=name, default_branch=default_branch)
        self.bare = BareRepository(path=remote, runner=runner)
        self.socket_path = socket_path
        self.clock = clock
        self.lock = threading.RLock()
        self.user = Account(login=owner, id=self.settings.owner_id, token="gho_" + "0" * 36)
        self.accounts: dict[str, Account] = {self.user.token: self.user}
        self.releases: list[Release] = []
        self.runs: list[Run] = []
        self.environments: dict[str, Environment] = {}
        self.check_runs: list[CheckRun] = []
        self.statuses: list[dict[str, Any]] = []
        self.disabled_workflows: dict[str, str] = {}
        self.workflow_ids: dict[str, int] = {}
        self.carrier: Carrier | None = None
        self.listeners: list[Callable[[Event], None]] = []
        self.before_answer: list[Callable[[], None]] = []
        self.faults = Faults()
        self.rate_remaining = 5000
        self.secondary_limit_seconds = 0
        self._server: Server | None = None
        self._errors: list[str] = []

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
    ) -> Environment:
        """Make or replace an environment."""
        environment = Environment(
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

    def workflow_id(self, path: str) -> int:
        return self.workflow_ids.setdefault(path, 100_000_000 + len(self.workflow_ids))

    def next_run_number(self, workflow_id: int) -> int:
        return 1 + sum(run.workflow_id == workflow_id for run in self.runs)

    def find_release(self, tag: str, *, drafts: bool = False) -> Release | None:
        for release in self.releases:
            if release.tag == tag and (drafts or not release.draft):
                return release
        return None

    def find_run(self, number: int) -> Run | None:
        return next((run for run in self.runs if run.id == number), None)

    def find_job(self, number: int) -> tuple[Run, Job] | None:
        return next(((run, job) for run in self.runs for job in run.jobs if job.id == number), None)

    def publish_event(self, event: Event) -> None:
        """Tell whoever carries out workflows. What GITHUB_TOKEN did starts no workflow, except
        a dispatch: https://docs.github.com/en/actions/concepts/security/github_token.
        """
        if event.actor_is_workflow and event.name != "workflow_dispatch":
            return
        for listener in self.listeners:
            listener(event)

    def rerun(self, run: Run, *, failed_only: bool) -> None:
        """Ask whoever carries out workflows for another attempt."""
        if self.carrier is not None:
            self.carrier.rerun(run, failed_only=failed_only)

    def cancel(self, run: Run) -> None:
        """Ask whoever carries out workflows to stop `run`."""
        if self.carrier is not None:
            self.carrier.cancel(run)

    def decide(self, run: Run, environment: str, *, approved: bool) -> None:
        """A reviewer's answer to a waiting deployment."""
        (run.approved if approved else run.rejected).add(environment.lower())
        if self.carrier is not None:
            self.carrier.resume(run)

    # --- the server ---------------------------------------------------------------------------

    def start(self) -> RehearsalGitHub:
        """Listen on the socket.

        Raises:
            NoxReleaseError: the path is too long for a Unix socket.
        """
        if len(str(self.socket_path).encode()) > SOCKET_PATH_LIMIT:
            raise NoxReleaseError(
                "The path of the socket for `gh` is too long for the system.",
                reason=str(self.socket_path),
                hint="Set TMPDIR to a shorter folder.",
            )
        self._server = Server(Faulty(self._application, self.faults), unix_socket=self.socket_path)
        self._server.start()
        return self

    def stop(self) -> None:
        """Close the socket; safe to call twice."""
        self.faults.stop()
        if self._server is not None:
            self._errors += self._server.errors
            self._server.stop()
            self._server = None
            self.socket_path.unlink(missing_ok=True)

    @property
    def errors(self) -> list[str]:
        """Tracebacks of the stand-in's own mistakes."""
        return [*self._errors, *(self._server.errors if self._server is not None else ())]

    def _application(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        from nox_release.rehearsal.github_api import Request, respond

        length = int(environ.get("CONTENT_LENGTH") or 0)
        path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/:@!$&'()*+,;=~")
        query = environ.get("QUERY_STRING", "")
        request = Request(
            method=environ["REQUEST_METHOD"],
            host=environ.get("HTTP_HOST", "api.github.com"),
            target=f"{path}?{query}" if query else path,
            headers={
                name.removeprefix("HTTP_").replace("_", "-").lower(): value
                for name, value in environ.items()
                if name.startswith("HTTP_")
            },
            body=environ["wsgi.input"].read(length) if length else b"",
        )
        for look in self.before_answer:
            look()
        reply = respond(self, request)
        headers = dict(reply.headers)
        if reply.status not in (204, 304):
            headers["Content-Length"] = str(len(reply.body))
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(headers.items()))
        return [b"" if request.method == "HEAD" else reply.body]

    def __enter__(self) -> RehearsalGitHub:  # noqa: PYI034 - never subclassed
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def write_gh_config(self, directory: Path) -> None:
        """A `GH_CONFIG_DIR` that leads `gh` here; it holds no token (GH_TOKEN does)."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "config.yml").write_text(
            'version: "1"\n'
            "git_protocol: https\n"
            "prompt: disabled\n"
            "telemetry: disabled\n"
            f"http_unix_socket: '{str(self.socket_path).replace(chr(39), chr(39) * 2)}'\n",
            encoding="utf-8",
        )
