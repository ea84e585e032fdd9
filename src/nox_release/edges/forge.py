"""GitHub, asked and told through the maintainer's `gh`.

Questions go through `gh api --include` and are decided by the HTTP status: 404 is `None`, and an
answer without a status is never a no but a `ForgeError`.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

from nox_release.core.clock import SystemClock, parse_time
from nox_release.core.errors import CommandError, ForgeError
from nox_release.core.retries import ATTEMPTS, PASSING, Retries, parse_retry_after
from nox_release.edges import json_values as values
from nox_release.edges.children import GH
from nox_release.edges.process import side_by_side
from nox_release.releases.observed import (
    Asset,
    Check,
    ForgeEnvironment,
    ForgeRepository,
    ForgeWorkflow,
    GitHubRelease,
    Login,
    RefPolicy,
    RefRule,
    Run,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from nox_release.core.clock import Clock
    from nox_release.edges.process import Completed, Runner

T = TypeVar("T")

HOST = "github.com"
OLDEST_GH = (2, 27)  # has `gh release create --verify-tag`
_TIMEOUT = 60.0
_LOG_TIMEOUT = 300.0
_UPLOAD_TIMEOUT = 1800.0
_PAGE = 100  # entries; GitHub gives no more at once
_PAGES = 10
_SUITES = 3  # of the newest pushes that were refused; each is a question
_NOT_LOGGED_IN = 4  # `gh help exit-codes`

# They would choose another host or repository, or dress the output up for a terminal.
_MISLEADING = (
    "GH_HOST",
    "GH_REPO",
    "GH_DEBUG",
    "DEBUG",
    "GH_FORCE_TTY",
    "GH_PAGER",
    "CLICOLOR_FORCE",
)


_ATTEMPTS_AT_FIRST = 3  # somebody who is offline need not wait long to be told


class GhMissing(ForgeError):  # noqa: N818 - a state
    """`gh` is not on PATH."""

    def __init__(self) -> None:
        super().__init__(
            "GitHub's command line, gh, is not installed.",
            reason="No `gh` is on PATH.",
            hint="Install it: https://github.com/cli/cli#installation, then `gh auth login`.",
        )

    def in_one_line(self) -> str:
        return self.message


class NotLoggedIn(ForgeError):  # noqa: N818 - a state
    """`gh` has no token for GitHub, or one that GitHub does not take."""

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__(
            "gh is not logged in to GitHub.",
            status=status,
            reason=reason,
            hint=f"gh auth login --hostname {HOST}",
        )

    def in_one_line(self) -> str:
        return " ".join(f"{self.message} {self.reason}".split())


def find_gh(environ: Mapping[str, str]) -> str | None:
    """The program `gh` on this environment's PATH."""
    return shutil.which("gh", path=environ.get("PATH"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    name: str
    status: str
    conclusion: str | None
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job of a run's newest attempt."""

    id: int
    name: str
    status: str
    conclusion: str | None
    url: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """Something that a run has kept; `size` is in bytes."""

    name: str
    size: int
    expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingDeployment:
    """An environment whose rules keep a run waiting."""

    environment: str
    reviewers: tuple[str, ...] = ()
    may_approve: bool = False
    wait_minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What GitHub answered: header names in lower case, `document` the parsed body."""

    status: int
    headers: Mapping[str, str]
    document: Any


class Forge:
    """One repository on GitHub; may be asked from several threads."""

    def __init__(self, slug: str, runner: Runner, cwd: Path, *, clock: Clock | None = None) -> None:
        self.slug = slug
        self.url = f"https://{HOST}/{slug}"
        self._cwd = cwd
        self._clock = clock or SystemClock()
        environ = {key: value for key, value in runner.environ.items() if key not in _MISLEADING}
        self._runner = replace(runner, environ=environ, child=GH)
        self._gh = find_gh(environ)
        self._has_answered = False

    # --- gh itself ---------------------------------------------------------------------------

    def gh(
        self,
        *arguments: str,
        text: str | None = None,
        check: bool = True,
        timeout: float = _TIMEOUT,
        quiet: bool = True,
    ) -> Completed:
        """Run gh.

        Raises:
            GhMissing: there is none.
            NotLoggedIn: it has no token.
            ForgeError: it failed, with `check`.
        """
        if self._gh is None:
            raise GhMissing
        try:
            done = replace(self._runner, announced=not quiet).run(
                [self._gh, *arguments],
                cwd=self._cwd,
                text=text,
                check=False,
                timeout=timeout,
                extra_environ={"GH_HOST": HOST, "GH_PAGER": "cat"},
            )
        except CommandError as error:
            raise ForgeError(
                "gh gave no answer.", reason=error.reason or error.message, hint=_LATER
            ) from None
        if done.returncode == _NOT_LOGGED_IN:
            raise NotLoggedIn(_first_line(done.complaint))
        if check and done.returncode != 0:
            raise ForgeError(
                f"`{' '.join(('gh', *done.command[1:3]))}` failed.",
                reason=done.complaint,
                hint=_LATER,
            )
        return done

    def version(self) -> tuple[int, ...]:
        """gh's version; empty when it does not say one (a build from source)."""
        found = re.match(r"gh version (\d+(?:\.\d+)+)", self.gh("--version").stdout)
        return tuple(map(int, found[1].split("."))) if found else ()

    def api(
        self,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        method: str = "GET",
        body: Any = None,
    ) -> Answer:
        """One request, whatever the status of its answer; reads are retried, writes are not.

        Raises:
            ForgeError: there was no answer, or one that says: later.
        """
        endpoint = f"{path}?{urlencode(query)}" if query else path
        retries = Retries(self._clock, ATTEMPTS if self._has_answered else _ATTEMPTS_AT_FIRST)
        while True:
            try:
                answer = self._send(endpoint, method, body)
                self._has_answered = True
            except (GhMissing, NotLoggedIn):
                raise
            except ForgeError as error:
                if method != "GET" or not retries.wait():
                    raise
                trouble = error
            else:
                passing = answer.status in PASSING or _is_rate_limit(answer)
                if not passing:
                    return answer
                trouble = _refused(endpoint, answer)
                asked = parse_retry_after(
                    answer.headers.get("retry-after", ""), self._clock.now()
                ) or _until_reset(answer, self._clock.now())
                if method != "GET" or not retries.wait(asked):
                    raise trouble

    def _send(self, endpoint: str, method: str, body: Any) -> Answer:
        arguments = ["api", "--include", "--method", method]
        if body is not None:
            arguments += ["--input", "-"]
        done = self.gh(
            *arguments, endpoint, check=False, text=None if body is None else json.dumps(body)
        )
        answer = parse_answer(done.stdout)
        if answer is None:
            raise ForgeError(
                "Could not ask GitHub.",
                reason=_first_line(done.complaint) or f"gh ended with exit code {done.returncode}",
                hint=_LATER,
            )
        if answer.status == 401:
            raise NotLoggedIn(_words(answer), status=401)
        return answer

    def _get(self, path: str, query: Mapping[str, str | int] | None = None) -> Answer | None:
        """The answer with status 200, or `None` for 404."""
        answer = self.api(path, query=query)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise _refused(path, answer)
        return answer

    def _pages(
        self,
        path: str,
        key: str | None,
        query: Mapping[str, str | int],
        *,
        first: Answer | None = None,
    ) -> list[Any]:
        """Every entry of a list that GitHub gives in pages; empty for 404.

        `first` is the first page, where it was asked for already.
        """
        entries: list[Any] = []
        for page in range(1, _PAGES + 1):
            answer = (
                first
                if first is not None and page == 1
                else self._get(path, {**query, "per_page": _PAGE, "page": page})
            )
            if answer is None:
                break
            part = _parsed(path, lambda d: values.listed(d if key is None else d[key]), answer)
            entries += part
            if len(part) < _PAGE:
                break
        return entries

    def _path(self, *parts: str | int) -> str:
        return "/".join(["repos", self.slug, *(quote(str(part), safe="") for part in parts)])

    # --- who and what ------------------------------------------------------------------------

    def login(self) -> Login:
        """Who gh is, and with which scopes.

        Raises:
            NotLoggedIn: nobody.
        """
        answer = self.api("user")
        if answer.status == 200:
            scopes = answer.headers.get("x-oauth-scopes")
            return Login(
                user=_parsed("user", lambda d: values.text(d, "login"), answer),
                scopes=None
                if scopes is None
                else tuple(filter(None, (scope.strip() for scope in scopes.split(",")))),
            )
        if answer.status != 403:
            raise _refused("user", answer)
        # An installation's token may not ask who it is there; GraphQL tells it.
        viewer = self.api("graphql", method="POST", body={"query": "query { viewer { login } }"})
        if viewer.status != 200:
            raise _refused("user", answer)
        return Login(
            user=_parsed("graphql", lambda d: values.text(d["data"]["viewer"], "login"), viewer)
        )

    def repository(self) -> ForgeRepository | None:
        """The repository in GitHub's own spelling, also after it was renamed; `None`: not there,
        or hidden from this login.
        """
        answer = self._get(f"repos/{self.slug}")
        return None if answer is None else _parsed(self.slug, _parse_repository, answer)

    def leads_to(self, slug: str) -> str | None:
        """What GitHub calls a repository now that was called `slug`, in lower case; `None` where
        that cannot be told.
        """
        path = "/".join(quote(part, safe="") for part in slug.split("/", 1))
        try:
            answer = self._get(f"repos/{path}")
            found = None if answer is None else _parsed(slug, _parse_repository, answer)
        except ForgeError:
            return None
        return None if found is None else found.full_name.lower()

    # --- releases ----------------------------------------------------------------------------

    def release(self, tag: str) -> GitHubRelease | None:
        """The GitHub release of `tag`, drafts included."""
        path = self._path("releases", "tags", tag)
        answer = self._get(path)
        if answer is not None:
            return _parsed(path, parse_release, answer)
        # By its tag only a published one is found: a draft's tag is a promise.
        return _with_tag(tag, self.newest_releases())

    def newest_releases(self) -> tuple[GitHubRelease, ...]:
        """The newest hundred GitHub releases, drafts included."""
        answer = self._get(self._path("releases"), {"per_page": _PAGE})
        if answer is None:
            return ()
        return _parsed("releases", lambda d: tuple(map(parse_release, values.listed(d))), answer)

    def release_among(self, newest: tuple[GitHubRelease, ...], tag: str) -> GitHubRelease | None:
        """As `release`, from the answer of `newest_releases` where that tells it."""
        found = _with_tag(tag, newest)
        is_all = len(newest) < _PAGE
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
        done = self.gh(*arguments, "--", tag, *paths, text=notes, quiet=quiet, timeout=timeout)
        return done.stdout.strip()

    def publish_draft(
        self, number: int, *, title: str, notes: str | None, prerelease: bool, latest: bool | None
    ) -> None:
        """Publish the draft of that number; `None` keeps what it has. Sent once.

        Raises:
            ForgeError: it was refused, or its reply was lost: look before trying again.
        """
        path = self._path("releases", number)
        body: dict[str, Any] = {"draft": False, "prerelease": prerelease}
        body |= {} if not title else {"name": title}
        body |= {} if notes is None else {"body": notes}
        body |= {} if latest is None else {"make_latest": str(latest).lower()}
        answer = self.api(path, method="PATCH", body=body)
        if answer.status != 200:
            raise _refused(path, answer)

    def attach(self, tag: str, files: Iterable[Path], *, quiet: bool = False) -> None:
        """Attach files to the GitHub release of `tag`, which may be a draft. Sent once.

        What an interrupted upload left of a file is replaced.
        """
        paths = [str(path) for path in files]
        self.gh(
            "release", "upload", f"--repo={self.slug}", "--clobber", "--", tag, *paths,
            quiet=quiet, timeout=_UPLOAD_TIMEOUT,
        )  # fmt: skip

    # --- workflows and runs ------------------------------------------------------------------

    def workflow(self, file: str) -> ForgeWorkflow | None:
        """The workflow of that file name, from the default branch; `None`: GitHub knows none."""
        path = self._path("actions", "workflows", file)
        answer = self._get(path)
        return None if answer is None else _parsed(path, _parse_workflow, answer)

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
            self._path("actions", "workflows", workflow, "runs")
            if workflow is not None and commit is None
            else self._path("actions", "runs")
        )
        if newest is None:
            entries = self._pages(path, "workflow_runs", query)
        else:
            answer = self._get(path, {**query, "per_page": newest})
            entries = [] if answer is None else _parsed(path, lambda d: d["workflow_runs"], answer)
        runs = tuple(_value(path, parse_run, entry) for entry in entries)
        return tuple(
            run for run in runs
            if workflow is None or run.workflow.rpartition("/")[2] == workflow
        )  # fmt: skip

    def run(self, run_id: int) -> Run | None:
        """One run in its newest attempt."""
        path = self._path("actions", "runs", run_id)
        answer = self._get(path)
        return None if answer is None else _parsed(path, parse_run, answer)

    def jobs(self, run_id: int) -> tuple[Job, ...]:
        """The jobs of a run's newest attempt."""
        path = self._path("actions", "runs", run_id, "jobs")
        entries = self._pages(path, "jobs", {"filter": "latest"})
        return tuple(_value(path, _parse_job, entry) for entry in entries)

    def pending_deployments(self, run_id: int) -> tuple[PendingDeployment, ...]:
        """What keeps a waiting run from going on."""
        path = self._path("actions", "runs", run_id, "pending_deployments")
        answer = self._get(path)
        if answer is None:
            return ()
        return _parsed(path, lambda d: tuple(map(_parse_pending, values.listed(d))), answer)

    def log(self, run_id: int, *, failed: bool = True) -> str:
        """The log of a run's newest attempt, of the failed steps or of all."""
        only = "--log-failed" if failed else "--log"
        done = self.gh(
            "run", "view", f"--repo={self.slug}", only, str(int(run_id)), timeout=_LOG_TIMEOUT
        )
        return done.shown(done.stdout)

    def artifacts(self, run_id: int) -> tuple[Artifact, ...]:
        """What a run has kept; GitHub deletes it after 90 days."""
        path = self._path("actions", "runs", run_id, "artifacts")
        entries = self._pages(path, "artifacts", {})
        return tuple(_value(path, _parse_artifact, entry) for entry in entries)

    def download_artifacts(self, run_id: int, folder: Path) -> None:
        """Unpack all that a run has kept below `folder`."""
        self.gh(
            "run", "download", str(int(run_id)), f"--repo={self.slug}", f"--dir={folder}",
            timeout=_LOG_TIMEOUT,
        )  # fmt: skip

    def rerun_failed_jobs(self, run_id: int, *, quiet: bool = False) -> None:
        """Run a run's failed and cancelled jobs again, as its next attempt. Sent once."""
        self.gh("run", "rerun", f"--repo={self.slug}", "--failed", str(int(run_id)), quiet=quiet)

    def annotations(self, job_id: int) -> tuple[tuple[str, str], ...]:
        """Level and message of each annotation of a job."""
        path = self._path("check-runs", job_id, "annotations")
        entries = self._pages(path, None, {})
        return tuple(_value(path, _parse_annotation, entry) for entry in entries)

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
        self.gh(
            "workflow", "run", f"--repo={self.slug}", f"--ref={ref}", *given, "--", workflow,
            quiet=quiet,
        )  # fmt: skip

    # --- rules -------------------------------------------------------------------------------

    def environment(self, name: str) -> ForgeEnvironment | None:
        """An environment with its rules; `None`: there is none, a job that names it makes it."""
        path = self._path("environments", name)
        answer = self._get(path)
        if answer is None:
            return None
        environment, custom = _parsed(path, _parse_environment, answer)
        if not custom:
            return environment
        policies = f"{path}/deployment-branch-policies"
        entries = self._pages(policies, "branch_policies", {})
        return replace(
            environment,
            policies=tuple(_value(policies, _parse_policy, entry) for entry in entries),
        )

    def checks(self, commit: str) -> tuple[Check, ...] | None:
        """The checks on a commit, without those that were made again since; `None`: GitHub does not
        have the commit.
        """
        path = self._path("commits", commit, "check-runs")
        statuses = self._path("commits", commit, "status")
        with side_by_side(1) as pool:
            asked = pool.submit(self.api, statuses, query={"per_page": _PAGE})
            answer = self.api(path, query={"per_page": _PAGE, "filter": "latest"})
            if answer.status in (404, 422):
                return None
            if answer.status != 200:
                raise _refused(path, answer)
            entries = self._pages(path, "check_runs", {"filter": "latest"}, first=answer)
            runs = tuple(in_force([_value(path, _parse_check, entry) for entry in entries]))
            status = asked.result()
        if status.status == 404:
            return runs
        if status.status != 200:
            raise _refused(statuses, status)
        return runs + _parsed("status", _parse_statuses, status)

    def rules_for_branch(self, branch: str) -> tuple[RefRule, ...]:
        """The rules that apply to a branch.

        Branch protection, which is older than rules, is a rule of the kind `protected`: what it
        demands is shown to administrators alone.
        """
        path = self._path("rules", "branches", branch)
        entries = self._pages(path, None, {})
        found = [_value(path, _parse_branch_rule, entry) for entry in entries]
        allowed = {number: self._may_bypass(number) for _, number in found if number is not None}
        rules = tuple(
            replace(rule, may_bypass=None if number is None else allowed[number])
            for rule, number in found
        )
        path = self._path("branches", branch)
        answer = None if rules else self._get(path)
        if answer is not None and _parsed(path, _parse_is_protected, answer):
            return (RefRule(kind="protected", ruleset=""),)
        return rules

    def _may_bypass(self, ruleset: int) -> bool | None:
        """Whether this login may pass a ruleset over; `None` where GitHub does not say."""
        path = self._path("rulesets", ruleset)
        try:
            answer = self._get(path)
        except ForgeError:
            return None
        return None if answer is None else _parsed(path, _parse_bypass, answer)

    def rules_for_tags(self) -> tuple[RefRule, ...]:
        """The active rules for tags, each with the patterns it applies to."""
        listed = self._path("rulesets")
        entries = self._pages(listed, None, {"targets": "tag", "includes_parents": "true"})
        rules: list[RefRule] = []
        for entry in entries:
            active = _value(listed, _parse_active_tag_ruleset, entry)
            if active is None:
                continue
            path = self._path("rulesets", active)
            answer = self._get(path)
            if answer is not None:
                rules += _parsed(path, _parse_ruleset, answer)
        return tuple(rules)

    def has_immutable_releases(self) -> bool:
        """Whether GitHub locks a release of this repository when it is published.

        Raises:
            ForgeError: it does not tell everybody.
        """
        path = self._path("immutable-releases")
        answer = self._get(path)
        return answer is not None and _parsed(path, lambda d: values.flag(d, "enabled"), answer)

    def is_burnt(self, tag: str) -> bool:
        """Whether GitHub has refused a push of this tag because a deleted immutable release had its
        name. The rulesets do not tell; what came of pushes does, to those who may see it.
        """
        path = self._path("rulesets", "rule-suites")
        query = {"ref": f"refs/tags/{tag}", "rule_suite_result": "fail", "time_period": "month"}
        answer = self._get(path, query)
        if answer is None:
            return False
        for number in _parsed(path, _parse_rule_suites, answer)[:_SUITES]:
            one = self._get(f"{path}/{number}")
            if one is not None and "immutable_release_tag" in _parsed(path, _parse_failures, one):
                return True
        return False


def _with_tag(tag: str, releases: tuple[GitHubRelease, ...]) -> GitHubRelease | None:
    """The one that is published, if there is one: drafts may bear its tag, too."""
    found = [release for release in releases if release.tag == tag]
    return min(found, key=lambda release: release.draft, default=None)


_LATER = "Nothing was decided; run the same command again when GitHub can be reached."


# --- answers to values -----------------------------------------------------------------------


def parse_answer(text: str) -> Answer | None:
    """The output of `gh api --include`; `None` when it holds no answer."""
    head, separator, body = text.replace("\r\n", "\n").partition("\n\n")
    lines = head.split("\n")
    found = re.fullmatch(r"HTTP/[\d.]+ (\d{3})(?: .*)?", lines[0].strip())
    if found is None or (not separator and len(lines) < 2):
        return None
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    status = int(found[1])
    document: Any = None
    if body.strip():
        try:
            document = values.load(body)
        except ValueError:
            if 200 <= status < 300:
                raise ForgeError(
                    "GitHub gave an answer that breaks off or is no JSON.",
                    status=status,
                    reason=f"{len(body)} characters that begin with {body.strip()[:60]!r}",
                    hint=_LATER,
                ) from None
    return Answer(status=status, headers=headers, document=document)


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _words(answer: Answer) -> str:
    if isinstance(answer.document, dict):
        details = answer.document.get("errors")
        said = [str(answer.document.get("message") or "")]
        if isinstance(details, list):
            said += [
                str(one.get("message") or one.get("code") or "")
                if isinstance(one, dict)
                else str(one)
                for one in details
            ]
        return "; ".join(filter(None, said)) or "no words"
    return "no words"


def _refused(path: str, answer: Answer) -> ForgeError:
    if _is_rate_limit(answer):
        hint = "GitHub's rate limit is used up; run the same command again in a while."
    elif answer.status == 403:
        hint = "This login may not ask that: see `gh auth status`."
    else:
        hint = _LATER
    return ForgeError(
        "GitHub did not answer the question.",
        status=answer.status,
        reason=f"`gh api {path}`: {answer.status} {_words(answer)}",
        hint=hint,
    )


def _is_rate_limit(answer: Answer) -> bool:
    """Source: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api."""
    return answer.status in (403, 429) and (
        answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
    )


def _until_reset(answer: Answer, now: datetime) -> float | None:
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.headers.get("x-ratelimit-remaining") != "0" or not re.fullmatch(
        r"[0-9]{1,11}", reset
    ):
        return None
    return max(0.0, float(reset) - now.timestamp())


def _value(path: str, parse: Callable[[Any], T], document: Any) -> T:
    try:
        return parse(document)
    except values.MALFORMED as error:
        raise ForgeError(
            "GitHub gave an answer that cannot be understood.",
            reason=f"`gh api {path}`: {type(error).__name__}: {error}",
        ) from None


def _parsed(path: str, parse: Callable[[Any], T], answer: Answer) -> T:
    return _value(path, parse, answer.document)


def _parse_repository(document: Any) -> ForgeRepository:
    permissions = values.table(document, "permissions")
    return ForgeRepository(
        full_name=values.text(document, "full_name"),
        default_branch=values.text(document, "default_branch"),
        url=values.text_or_empty(document, "html_url"),
        private=values.flag(document, "private"),
        archived=values.flag(document, "archived"),
        permissions=tuple(name for name, given in permissions.items() if given),
    )


def parse_release(document: Any) -> GitHubRelease:
    return GitHubRelease(
        id=values.number(document, "id"),
        tag=values.text(document, "tag_name"),
        title=values.text_or_empty(document, "name"),
        url=values.text_or_empty(document, "html_url"),
        draft=values.flag(document, "draft"),
        prerelease=values.flag(document, "prerelease"),
        target=values.text_or_empty(document, "target_commitish"),
        author=values.text_or_empty(values.table(document, "author"), "login"),
        created=parse_time(values.text_or_none(document, "created_at")),
        published=parse_time(values.text_or_none(document, "published_at")),
        body=values.text_or_empty(document, "body"),
        immutable=values.flag(document, "immutable"),
        assets=tuple(map(_parse_asset, filter(_is_whole, values.entries(document, "assets")))),
    )


def _is_whole(document: Any) -> bool:
    """Whether the asset's upload came to its end."""
    return values.text_or_none(document, "state") in (None, "uploaded")


def _parse_asset(document: Any) -> Asset:
    kind, _, digest = values.text_or_empty(document, "digest").partition(":")
    return Asset(name=values.text(document, "name"), sha256=digest if kind == "sha256" else None)


def parse_run(document: Any) -> Run:
    return Run(
        id=values.number(document, "id"),
        attempt=values.number_or(document, "run_attempt", 1),
        status=values.text(document, "status"),
        conclusion=values.text_or_none(document, "conclusion"),
        event=values.text(document, "event"),
        workflow=values.text_or_empty(document, "path").partition("@")[0],
        commit=values.text(document, "head_sha"),
        branch=values.text_or_empty(document, "head_branch"),
        url=values.text_or_empty(document, "html_url"),
        created=parse_time(values.text_or_none(document, "created_at")),
        started=parse_time(values.text_or_none(document, "run_started_at")),
        title=values.text_or_empty(document, "display_title"),
        actor=values.text_or_empty(values.table(document, "actor"), "login"),
    )


def _parse_job(document: Any) -> Job:
    return Job(
        id=values.number(document, "id"),
        name=values.text(document, "name"),
        status=values.text(document, "status"),
        conclusion=values.text_or_none(document, "conclusion"),
        url=values.text_or_empty(document, "html_url"),
        steps=tuple(
            Step(
                name=values.text(step, "name"),
                status=values.text(step, "status"),
                conclusion=values.text_or_none(step, "conclusion"),
                number=values.number_or(step, "number", 0),
            )
            for step in values.entries(document, "steps")
        ),
    )


def _parse_artifact(document: Any) -> Artifact:
    return Artifact(
        name=values.text(document, "name"),
        size=values.number_or(document, "size_in_bytes", 0),
        expired=values.flag(document, "expired"),
    )


def _parse_pending(document: Any) -> PendingDeployment:
    return PendingDeployment(
        environment=values.text(document["environment"], "name"),
        reviewers=_parse_reviewers(document),
        may_approve=values.flag(document, "current_user_can_approve"),
        wait_minutes=values.number_or(document, "wait_timer", 0),
    )


def _parse_reviewers(document: Any) -> tuple[str, ...]:
    """Users by login, teams by name."""
    found = [values.table(entry, "reviewer") for entry in values.entries(document, "reviewers")]
    return tuple(
        values.text_or_none(one, "login") or values.text_or_none(one, "name") or "somebody"
        for one in found
    )


def _parse_workflow(document: Any) -> ForgeWorkflow:
    return ForgeWorkflow(
        id=values.number(document, "id"),
        name=values.text(document, "name"),
        path=values.text(document, "path"),
        state=values.text(document, "state"),
        url=values.text_or_empty(document, "html_url"),
    )


def _parse_environment(document: Any) -> tuple[ForgeEnvironment, bool]:
    """The environment, and whether its refs have patterns of their own."""
    rules = values.entries(document, "protection_rules")
    policy = values.table(document, "deployment_branch_policy")
    environment = ForgeEnvironment(
        name=values.text(document, "name"),
        url=values.text_or_empty(document, "html_url"),
        reviewers=tuple(
            reviewer
            for rule in rules
            if rule.get("type") == "required_reviewers"
            for reviewer in _parse_reviewers(rule)
        ),
        wait_minutes=max(
            (values.number_or(r, "wait_timer", 0) for r in rules if r.get("type") == "wait_timer"),
            default=0,
        ),
        protected_branches_only=values.flag(policy, "protected_branches"),
    )
    return environment, values.flag(policy, "custom_branch_policies")


def _parse_check(document: Any) -> Check:
    return Check(
        name=values.text(document, "name"),
        status=values.text(document, "status"),
        conclusion=values.text_or_none(document, "conclusion"),
        url=values.text_or_empty(document, "html_url"),
        started=parse_time(values.text_or_none(document, "started_at")),
        completed=parse_time(values.text_or_none(document, "completed_at")),
    )


def in_force(checks: Sequence[Check]) -> Iterator[Check]:
    """The checks less each that was over before another of its name began: a workflow that is
    started by hand again makes new ones. Two of one name at the same time are of two workflows.
    """
    for check in checks:
        later = [
            other.started
            for other in checks
            if other.name == check.name
            and other.started is not None
            and (check.started is None or other.started > check.started)
        ]
        if check.completed is None or all(started < check.completed for started in later):
            yield check


def _parse_statuses(document: Any) -> tuple[Check, ...]:
    """Commit statuses, the older kind of check, in the newer one's words."""
    return tuple(
        Check(
            name=values.text_or_empty(status, "context"),
            status="in_progress" if status["state"] == "pending" else "completed",
            conclusion=None if status["state"] == "pending" else values.text(status, "state"),
            url=values.text_or_empty(status, "target_url"),
        )
        for status in values.entries(document, "statuses")
    )


def _parse_annotation(document: Any) -> tuple[str, str]:
    return values.text_or_empty(document, "annotation_level"), values.text_or_empty(
        document, "message"
    )


def _parse_policy(document: Any) -> RefPolicy:
    return RefPolicy(
        pattern=values.text(document, "name"),
        kind=values.text_or_none(document, "type") or "branch",
    )


def _parse_branch_rule(document: Any) -> tuple[RefRule, int | None]:
    """A rule, and the number of the ruleset that it belongs to."""
    number = document.get("ruleset_id")
    rule = RefRule(
        kind=values.text(document, "type"), ruleset=values.text_or_empty(document, "ruleset_source")
    )
    return rule, number if isinstance(number, int) else None


def _parse_bypass(document: Any) -> bool | None:
    """Source: https://docs.github.com/rest/repos/rules#get-a-repository-ruleset."""
    said = values.text_or_none(document, "current_user_can_bypass")
    return None if said is None else said in ("always", "exempt")


def _parse_is_protected(document: Any) -> bool:
    return values.flag(document, "protected")


def _parse_active_tag_ruleset(document: Any) -> int | None:
    """The number of a ruleset that is in force for tags; `None` for any other."""
    if document.get("target") != "tag" or document.get("enforcement") != "active":
        return None
    return values.number(document, "id")


def _parse_rule_suites(document: Any) -> tuple[int, ...]:
    return tuple(values.number(one, "id") for one in values.listed(document))


def _parse_failures(document: Any) -> frozenset[str]:
    """The kinds of the rules for which a push was refused."""
    rules = values.listed(document.get("rule_evaluations"))
    return frozenset(
        values.text_or_empty(one, "rule_type")
        for one in rules
        if values.text_or_empty(one, "result") == "fail"
    )


def _parse_ruleset(document: Any) -> tuple[RefRule, ...]:
    names = values.table(values.table(document, "conditions"), "ref_name")
    page = values.table(values.table(document, "_links"), "html")
    return tuple(
        RefRule(
            kind=values.text(rule, "type"),
            ruleset=values.text_or_empty(document, "name"),
            patterns=values.texts(names, "include"),
            excluded=values.texts(names, "exclude"),
            may_bypass=_parse_bypass(document),
            url=values.text_or_empty(page, "href"),
        )
        for rule in values.entries(document, "rules")
    )
