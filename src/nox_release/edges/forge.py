"""One repository on GitHub, asked and told as the maintainer who is logged in to `gh`."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nox_release.core.clock import Clock, SystemClock
from nox_release.core.errors import ForgeError
from nox_release.edges import github_values as github
from nox_release.edges import json_values as values
from nox_release.edges.gh import HOST, Gh
from nox_release.edges.github_api import (
    ATTEMPTS_AT_FIRST,
    PAGE,
    GitHubApi,
    parsed,
    refused,
)
from nox_release.edges.github_values import Artifact, Job, PendingDeployment
from nox_release.edges.process import Runner
from nox_release.releases.observed import ForgeRepository, ForgeWorkflow, GitHubRelease, Login, Run

_LOG_TIMEOUT = 300.0
_UPLOAD_TIMEOUT = 1800.0


class Forge:
    """One repository on GitHub; may be asked from several threads. `at_first` is how often it is
    tried before GitHub has answered once: less where nothing depends on the answer.
    """

    def __init__(
        self,
        slug: str,
        runner: Runner,
        cwd: Path,
        *,
        clock: Clock | None = None,
        at_first: int = ATTEMPTS_AT_FIRST,
    ) -> None:
        self.slug = slug
        self.url = f"https://{HOST}/{slug}"
        self.gh = Gh(runner, cwd)
        self.api = GitHubApi(self.gh, clock or SystemClock(), at_first=at_first)

    def path(self, *parts: str | int) -> str:
        return "/".join(["repos", self.slug, *(quote(str(part), safe="") for part in parts)])

    # --- who and what ------------------------------------------------------------------------

    def login(self) -> Login:
        """Who gh is, and with which scopes.

        Raises:
            NotLoggedIn: nobody.
        """
        answer = self.api.ask("user")
        if answer.status == 200:
            scopes = answer.headers.get("x-oauth-scopes")
            return Login(
                user=parsed("user", lambda d: values.text(d, "login"), answer),
                scopes=None
                if scopes is None
                else tuple(filter(None, (scope.strip() for scope in scopes.split(",")))),
            )
        if answer.status != 403:
            raise refused("user", answer)
        # An installation's token may not ask who it is there; GraphQL tells it.
        viewer = self.api.ask(
            "graphql", method="POST", body={"query": "query { viewer { login } }"}
        )
        if viewer.status != 200:
            raise refused("user", answer)
        return Login(
            user=parsed("graphql", lambda d: values.text(d["data"]["viewer"], "login"), viewer)
        )

    def repository(self) -> ForgeRepository | None:
        """The repository in GitHub's own spelling, also after it was renamed; `None`: not there,
        or hidden from this login.
        """
        return self.api.read(f"repos/{self.slug}", github.parse_repository)

    def leads_to(self, slug: str) -> str | None:
        """What GitHub calls a repository now that was called `slug`, in lower case; `None` where
        that cannot be told.
        """
        path = "/".join(quote(part, safe="") for part in slug.split("/", 1))
        try:
            found = self.api.read(f"repos/{path}", github.parse_repository)
        except ForgeError:
            return None
        return None if found is None else found.full_name.lower()

    # --- releases ----------------------------------------------------------------------------

    def release(self, tag: str) -> GitHubRelease | None:
        """The GitHub release of `tag`, drafts included."""
        found = self.api.read(self.path("releases", "tags", tag), github.parse_release)
        # By its tag only a published one is found: a draft's tag is a promise.
        return found or _with_tag(tag, self.newest_releases())

    def newest_releases(self) -> tuple[GitHubRelease, ...]:
        """The newest hundred GitHub releases, drafts included."""

        def parse(document: Any) -> tuple[GitHubRelease, ...]:
            return tuple(map(github.parse_release, values.listed(document)))

        return self.api.read(self.path("releases"), parse, {"per_page": PAGE}) or ()

    def release_among(self, newest: tuple[GitHubRelease, ...], tag: str) -> GitHubRelease | None:
        """As `release`, from the answer of `newest_releases` where that tells it."""
        found = _with_tag(tag, newest)
        is_all = len(newest) < PAGE
        return found if is_all or (found is not None and not found.draft) else self.release(tag)

    def create_release(
        self,
        tag: str,
        *,
        title: str,
        notes: str | None,
        prerelease: bool = False,
        latest: bool | None = None,
        files: Iterable[Path] = (),
        quiet: bool = False,
    ) -> str:
        """Publish a GitHub release of a tag that GitHub has; its address comes back.

        `notes=None` lets GitHub write them. With `files` gh makes a draft, attaches them, and
        publishes it then. Sent once.

        Raises:
            ForgeError: it was refused, or its reply was lost: look before trying again.
        """
        arguments = ["release", "create", f"--repo={self.slug}", "--verify-tag", f"--title={title}"]
        arguments.append("--generate-notes" if notes is None else "--notes-file=-")
        if prerelease:
            arguments.append("--prerelease")
        if latest is not None:
            arguments.append(f"--latest={str(latest).lower()}")
        paths = [str(path) for path in files]
        timeout = _UPLOAD_TIMEOUT if paths else 120.0
        done = self.gh.run(*arguments, "--", tag, *paths, text=notes, quiet=quiet, timeout=timeout)
        return done.stdout.strip()

    def publish_draft(
        self, number: int, *, title: str, notes: str | None, prerelease: bool, latest: bool | None
    ) -> None:
        """Publish the draft of that number; `None` keeps what it has. Sent once.

        Raises:
            ForgeError: it was refused, or its reply was lost: look before trying again.
        """
        path = self.path("releases", number)
        body: dict[str, Any] = {"draft": False, "prerelease": prerelease}
        body |= {} if not title else {"name": title}
        body |= {} if notes is None else {"body": notes}
        body |= {} if latest is None else {"make_latest": str(latest).lower()}
        answer = self.api.ask(path, method="PATCH", body=body)
        if answer.status != 200:
            raise refused(path, answer)

    def attach(self, tag: str, files: Iterable[Path], *, quiet: bool = False) -> None:
        """Attach files to the GitHub release of `tag`, which may be a draft. Sent once.

        What an interrupted upload left of a file is replaced.
        """
        paths = [str(path) for path in files]
        self.gh.run(
            "release", "upload", f"--repo={self.slug}", "--clobber", "--", tag, *paths,
            quiet=quiet, timeout=_UPLOAD_TIMEOUT,
        )  # fmt: skip

    # --- workflows and runs ------------------------------------------------------------------

    def workflow(self, file: str) -> ForgeWorkflow | None:
        """The workflow of that file name, from the default branch; `None`: GitHub knows none."""
        return self.api.read(self.path("actions", "workflows", file), github.parse_workflow)

    def runs(
        self,
        *,
        commit: str | None = None,
        event: str | None = None,
        workflow: str | None = None,
        branch: str | None = None,
        newest: int | None = None,
    ) -> tuple[Run, ...]:
        """Runs, newest first, of a commit, an event, a workflow file, a branch or tag.

        With `newest` no more than that many are asked for, in one question.
        """
        wanted = {"head_sha": commit, "event": event, "branch": branch}
        query = {key: value for key, value in wanted.items() if value is not None}
        path = (
            self.path("actions", "workflows", workflow, "runs")
            if workflow is not None and commit is None
            else self.path("actions", "runs")
        )

        def parse(document: Any) -> tuple[Run, ...]:
            return tuple(map(github.parse_run, document["workflow_runs"]))

        if newest is None:
            runs = self.api.pages(path, "workflow_runs", github.parse_run, query)
        else:
            runs = self.api.read(path, parse, {**query, "per_page": newest}) or ()
        return tuple(
            run for run in runs
            if workflow is None or run.workflow.rpartition("/")[2] == workflow
        )  # fmt: skip

    def run(self, run_id: int) -> Run | None:
        """One run in its newest attempt."""
        return self.api.read(self.path("actions", "runs", run_id), github.parse_run)

    def jobs(self, run_id: int) -> tuple[Job, ...]:
        """The jobs of a run's newest attempt."""
        path = self.path("actions", "runs", run_id, "jobs")
        return self.api.pages(path, "jobs", github.parse_job, {"filter": "latest"})

    def pending_deployments(self, run_id: int) -> tuple[PendingDeployment, ...]:
        """What keeps a waiting run from going on."""

        def parse(document: Any) -> tuple[PendingDeployment, ...]:
            return tuple(map(github.parse_pending, values.listed(document)))

        return (
            self.api.read(self.path("actions", "runs", run_id, "pending_deployments"), parse) or ()
        )

    def log(self, run_id: int, *, failed: bool = True) -> str:
        """The log of a run's newest attempt, of the failed steps or of all."""
        only = "--log-failed" if failed else "--log"
        done = self.gh.run(
            "run", "view", f"--repo={self.slug}", only, str(int(run_id)), timeout=_LOG_TIMEOUT
        )
        return done.shown(done.stdout)

    def artifacts(self, run_id: int) -> tuple[Artifact, ...]:
        """What a run has kept; GitHub deletes it after 90 days."""
        path = self.path("actions", "runs", run_id, "artifacts")
        return self.api.pages(path, "artifacts", github.parse_artifact)

    def download_artifacts(self, run_id: int, folder: Path) -> None:
        """Unpack all that a run has kept below `folder`."""
        self.gh.run(
            "run", "download", str(int(run_id)), f"--repo={self.slug}", f"--dir={folder}",
            timeout=_LOG_TIMEOUT,
        )  # fmt: skip

    def rerun_failed_jobs(self, run_id: int, *, quiet: bool = False) -> None:
        """Run a run's failed and cancelled jobs again, as its next attempt. Sent once."""
        self.gh.run(
            "run", "rerun", f"--repo={self.slug}", "--failed", str(int(run_id)), quiet=quiet
        )

    def annotations(self, job_id: int) -> tuple[tuple[str, str], ...]:
        """Level and message of each annotation of a job."""
        path = self.path("check-runs", job_id, "annotations")
        return self.api.pages(path, None, github.parse_annotation)

    def dispatch(
        self,
        workflow: str,
        *,
        ref: str,
        inputs: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> None:
        """Start a workflow by hand on a branch or tag. Sent once."""
        given = [f"--raw-field={key}={value}" for key, value in (inputs or {}).items()]
        self.gh.run(
            "workflow", "run", f"--repo={self.slug}", f"--ref={ref}", *given, "--", workflow,
            quiet=quiet,
        )  # fmt: skip


def _with_tag(tag: str, releases: tuple[GitHubRelease, ...]) -> GitHubRelease | None:
    """The one that is published, if there is one: drafts may bear its tag, too."""
    found = [release for release in releases if release.tag == tag]
    return min(found, key=lambda release: release.draft, default=None)
