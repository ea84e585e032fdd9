"""forge.py with the real gh before the stand-in for GitHub."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from nox_release.core.answers import CouldNotAsk, ask
from nox_release.core.errors import ForgeError
from nox_release.core.retries import ATTEMPTS
from nox_release.edges import github_rules, web
from nox_release.edges.forge import Forge
from nox_release.edges.gh import Gh, GhMissing, NotLoggedIn, find_gh
from nox_release.edges.github_api import Answer, GitHubApi, parse_answer
from nox_release.edges.process import Runner
from nox_release.edges.web import Reply
from nox_release.observing.observer import locked
from nox_release.releases.observed import Check, GitHubRelease, RefPolicy, RefRule
from troubles import Fault

needs_gh = pytest.mark.skipif(
    sys.platform == "win32", reason="no Unix sockets in Python on Windows"
)


class FakeClock:
    def __init__(self):
        self.time = datetime(2026, 1, 1, tzinfo=timezone.utc)
        self.slept = []

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def forge(world, clock):
    return Forge("you/tiny-demo", world.runner, world.clone, clock=clock)


@pytest.fixture(params=["over our connection", "by gh"])
def way(request, monkeypatch):
    """Where gh does not tell its token, gh asks."""
    if request.param == "by gh":
        monkeypatch.setattr(Gh, "token", lambda _: None)


@pytest.fixture
def head(world):
    return world.git("rev-parse", "HEAD")


def tag(world, name="v1.2.3"):
    world.git("tag", "--annotate", "--message", name, name)
    world.git("push", "--quiet", "origin", f"refs/tags/{name}")


@needs_gh
def test_who_gh_is_and_what_the_repository_is_called(forge, world, way):
    login = forge.login()
    assert login.user == "you"
    assert not login.is_actions_token
    repository = forge.repository()
    assert (repository.full_name, repository.default_branch) == ("you/tiny-demo", "main")
    assert repository.may_push
    assert forge.gh.version() >= (2, 27)
    assert Forge("you/absent", world.runner, world.clone).repository() is None


@needs_gh
def test_another_host_or_repository_in_the_environment_does_not_mislead(world, clock):
    environ = {
        **world.environ, "GH_HOST": "ghe.example.org", "GH_REPO": "somebody/else", "GH_DEBUG": "api",
        "GH_FORCE_TTY": "80", "CLICOLOR_FORCE": "1",
    }  # fmt: skip
    forge = Forge("you/tiny-demo", Runner(environ=environ), world.clone, clock=clock)
    assert forge.repository().full_name == "you/tiny-demo"


@needs_gh
def test_gh_collects_no_garbage_unless_the_environment_says_how(world):
    environ = {**world.environ, "GODEBUG": "gctrace=1"}  # Go tells of each collection
    assert "gc 1 @" not in Gh(Runner(environ=environ), world.clone).run("--version").stderr
    often = Gh(Runner(environ={**environ, "GOGC": "100"}), world.clone).run("--version")
    assert "gc 1 @" in often.stderr


@needs_gh
def test_a_missing_gh_and_a_missing_login_are_two_things(world, tmp_path):
    nowhere = Runner(environ={"PATH": str(tmp_path)})
    assert find_gh(nowhere.environ) is None
    with pytest.raises(GhMissing) as missing:
        Forge("you/tiny-demo", nowhere, tmp_path).login()
    assert "gh auth login" in missing.value.hint
    environ = {**world.environ, "GH_TOKEN": "gho_" + "wrong" * 8}
    with pytest.raises(NotLoggedIn) as refused:
        Forge("you/tiny-demo", Runner(environ=environ), world.clone).login()
    assert "wrongwrong" not in str(refused.value)


@needs_gh
def test_a_release_is_made_once_with_its_notes_and_found_again(forge, world, head):
    assert forge.release("v1.2.3") is None
    tag(world)
    notes = "-x [bold] `code`\n\n::error::no\n"
    url = forge.create_release("v1.2.3", title="--draft", notes=notes, prerelease=True)
    found = forge.release("v1.2.3")
    assert (found.title, found.draft, found.prerelease, found.url) == ("--draft", False, True, url)
    assert found.body.strip() == notes.strip()
    with pytest.raises(ForgeError):
        forge.create_release("v1.2.3", title="again", notes="")
    assert len(world.github.releases) == 1


@needs_gh
def test_a_release_of_a_tag_that_is_not_there_is_refused(forge, world):
    with pytest.raises(ForgeError):
        forge.create_release("v9", title="x", notes="")
    assert world.github.releases == []
    assert world.git("ls-remote", "--tags", "origin") == ""


@needs_gh
def test_a_draft_is_found_although_its_tag_does_not_lead_to_it(forge, world):
    tag(world)
    forge.gh.run(
        "release", "create", "--repo=you/tiny-demo", "--draft", "--notes=x", "--", "v1.2.3"
    )
    found = forge.release("v1.2.3")
    assert found.draft
    forge.gh.run("release", "edit", "--repo=you/tiny-demo", "--draft=false", "--", "v1.2.3")
    assert not forge.release("v1.2.3").draft


@needs_gh
def test_among_the_newest_the_published_release_of_a_tag_comes_before_a_draft(forge, world):
    tag(world)
    url = forge.create_release("v1.2.3", title="x", notes="x")
    forge.gh.run(
        "release", "create", "--repo=you/tiny-demo", "--draft", "--notes=x", "--", "v1.2.3"
    )
    drafts = forge.newest_releases()
    assert sorted(one.draft for one in drafts) == [False, True]
    for newest in (drafts, drafts[::-1]):
        assert forge.release_among(newest, "v1.2.3").url == url
    assert forge.release_among(drafts, "v9") is None


@needs_gh
def test_a_release_that_is_not_among_the_newest_hundred_is_asked_for_by_its_tag(forge, world):
    tag(world)
    url = forge.create_release("v1.2.3", title="x", notes="x")
    hundred = tuple(GitHubRelease(id=n, tag=f"v{n}", title="", url="") for n in range(100))
    assert forge.release_among(hundred, "v1.2.3").url == url
    draft = (*hundred[1:], GitHubRelease(id=0, tag="v1.2.3", title="", url="", draft=True))
    assert forge.release_among(draft, "v1.2.3").url == url


@needs_gh
def test_a_run_is_found_by_commit_and_workflow_and_can_be_run_again(forge, world, head):
    tag(world)
    forge.create_release("v1.2.3", title="x", notes="x")
    world.workflows.wait()
    (run,) = forge.runs(commit=head, workflow="publish.yml")
    assert (run.event, run.commit, run.branch, run.attempt) == ("release", head, "v1.2.3", 1)
    assert run.workflow == ".github/workflows/publish.yml"
    assert (run.is_over, run.succeeded) == (True, False)  # no publisher is registered
    assert forge.runs(commit=head, workflow="other.yml") == ()
    assert forge.runs(commit="0" * 40) == ()
    jobs = forge.jobs(run.id)
    assert [(job.name, job.conclusion) for job in jobs] == [
        ("build", "success"),
        ("publish", "failure"),
    ]
    assert any(step.conclusion == "failure" for step in jobs[1].steps)
    assert "invalid-publisher" in forge.log(run.id)
    forge.rerun_failed_jobs(run.id)
    world.workflows.wait()
    assert forge.run(run.id).attempt == 2
    assert forge.run(1) is None


@needs_gh
def test_a_workflow_has_a_state_and_is_started_on_a_tag(forge, world, head):
    tag(world)
    assert forge.workflow("publish.yml").is_active
    assert forge.workflow("absent.yml") is None
    forge.dispatch("publish.yml", ref="v1.2.3")
    world.workflows.wait()
    (run,) = forge.runs(commit=head, event="workflow_dispatch", workflow="publish.yml")
    assert run.branch == "v1.2.3"


@needs_gh
def test_an_environment_with_its_patterns_and_a_run_that_waits_for_its_reviewer(forge, world, head):
    assert github_rules.environment(forge, "pypi") is None
    world.github.add_environment(
        "pypi", reviewers=("you",), policies=(("tag", "v*"), ("branch", "main"))
    )
    found = github_rules.environment(forge, "pypi")
    assert found.policies == (
        RefPolicy(pattern="v*", kind="tag"),
        RefPolicy(pattern="main", kind="branch"),
    )
    tag(world)
    forge.dispatch("publish.yml", ref="v1.2.3")
    run = None
    for _ in range(200):
        run = next(iter(forge.runs(commit=head)), None)
        if run is not None and run.status == "waiting":
            break
        world.clock.sleep(0.05)
    (pending,) = forge.pending_deployments(run.id)
    assert (pending.environment, pending.reviewers, pending.may_approve) == ("pypi", ("you",), True)


@needs_gh
def test_checks_of_a_commit_are_told_from_no_commit(forge, world, head):
    assert github_rules.checks(forge, head) == ()
    world.github.add_check_run(head, "tests", conclusion="failure")
    world.github.add_check_run(head, "lint", conclusion=None)
    found = {
        check.name: (check.is_red, check.is_running) for check in github_rules.checks(forge, head)
    }
    assert found == {"tests": (True, False), "lint": (False, True)}
    assert github_rules.checks(forge, "0" * 40) is None


@needs_gh
def test_rules_for_tags_come_with_their_patterns(forge, world):
    assert github_rules.rules_for_tags(forge) == ()
    world.github.settings.rulesets.append(
        {
            "id": 7, "name": "no tags", "target": "tag", "enforcement": "active",
            "conditions": {"ref_name": {"include": ["refs/tags/v*"], "exclude": []}},
            "rules": [{"type": "creation"}], "current_user_can_bypass": "never",
        }
    )  # fmt: skip
    (rule,) = github_rules.rules_for_tags(forge)
    assert (rule.kind, rule.ruleset, rule.patterns, rule.may_bypass) == (
        "creation", "no tags", ("refs/tags/v*",), False,
    )  # fmt: skip
    assert isinstance(rule, RefRule)


@needs_gh
@pytest.mark.parametrize(
    ("said", "may"),
    [("always", True), ("exempt", True), ("pull_requests_only", False), ("never", False), (None, None)],
)  # fmt: skip
def test_rules_for_a_branch_say_whether_this_login_may_pass_them_over(forge, world, said, may):
    ruleset = {
        "id": 7, "name": "main", "target": "branch", "enforcement": "active",
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": [{"type": "pull_request"}],
    }  # fmt: skip
    world.github.settings.rulesets.append(
        ruleset if said is None else {**ruleset, "current_user_can_bypass": said}
    )
    (rule,) = github_rules.rules_for_branch(forge, "main")
    assert (rule.kind, rule.may_bypass) == ("pull_request", may)


@needs_gh
def test_whether_releases_are_locked_is_on_off_or_not_known(forge, world):
    assert github_rules.has_immutable_releases(forge) is False
    world.github.settings.immutable_releases = True
    assert github_rules.has_immutable_releases(forge) is True
    endpoint = "/repos/you/tiny-demo/immutable-releases"
    world.github.faults.arrange(Fault(kind="status", status=403, endpoint=endpoint))
    refused = ask(lambda: github_rules.has_immutable_releases(forge))
    assert isinstance(refused, CouldNotAsk)
    older, draft = (
        GitHubRelease(id=1, tag="v1", title="", url="", immutable=immutable, draft=not immutable)
        for immutable in (True, False)
    )
    assert locked(refused, (draft, older)) is True
    assert locked(refused, (draft,)) is refused
    assert locked(False, (older,)) is False


@needs_gh
def test_a_tag_that_a_deleted_release_has_burnt_shows_after_a_push(forge, world):
    world.github.burn("v1.2.3")
    assert github_rules.is_burnt(forge, "v1.2.3") is False
    world.git("tag", "v1.2.3")
    push = ["git", "push", "origin", "v1.2.3"]
    assert world.runner.run(push, cwd=world.clone, check=False).returncode == 1
    assert github_rules.is_burnt(forge, "v1.2.3") is True
    assert github_rules.is_burnt(forge, "v1.2.4") is False


@needs_gh
def test_a_file_that_is_attached_already_is_replaced(forge, world, tmp_path):
    tag(world)
    forge.create_release("v1.2.3", title="x", notes="x")
    file = tmp_path / "sbom.json"
    for text in ("half", "whole"):
        file.write_text(text, encoding="utf-8")
        forge.attach("v1.2.3", [file])
    (asset,) = forge.release("v1.2.3").assets
    assert asset.sha256 == hashlib.sha256(b"whole").hexdigest()


@needs_gh
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "refuse"},
        {"kind": "status", "status": 502},
        {"kind": "status", "status": 429, "retry_after": "3"},
    ],
    ids=lambda fault: str(fault.get("status", fault["kind"])),
)
def test_a_read_is_tried_again_and_a_lasting_trouble_is_no_absence(forge, world, clock, fault, way):
    endpoint = "/repos/you/tiny-demo"
    world.github.faults.arrange(Fault(endpoint=endpoint, times=2, **fault))
    assert forge.repository() is not None
    assert len(clock.slept) == 2
    world.github.faults.arrange(Fault(endpoint=endpoint, times=None, **fault))
    with pytest.raises(ForgeError):
        forge.repository()
    assert len(clock.slept) <= 2 + ATTEMPTS
    world.github.faults.clear()


@needs_gh
def test_of_many_questions_one_finds_out_whether_github_is_out_of_reach(world, clock):
    def ask_all(forge):
        with ThreadPoolExecutor(6) as pool:
            asked = [pool.submit(forge.repository) for _ in range(6)]
        return [one.exception() or one.result() for one in asked]

    def sent():
        return len([one for one in world.github.faults.seen if one.path == "/repos/you/tiny-demo"])

    world.github.faults.arrange(Fault(kind="refuse", endpoint="/repos/you/tiny-demo", times=None))
    forge = Forge("you/tiny-demo", world.runner, world.clone, clock=clock)
    assert all(isinstance(one, ForgeError) for one in ask_all(forge))
    assert sent() <= 6 + 2  # each once, and one of them twice more
    assert len(clock.slept) == 2
    world.github.faults.clear()
    world.github.faults.arrange(Fault(kind="refuse", endpoint="/repos/you/tiny-demo", times=2))
    forge = Forge("you/tiny-demo", world.runner, world.clone, clock=clock)
    found = {one.full_name for one in ask_all(forge)}
    assert found == {"you/tiny-demo"}
    world.github.faults.clear()


@needs_gh
def test_a_write_is_sent_once(forge, world, clock):
    tag(world)
    world.github.faults.arrange(
        Fault(kind="status", status=502, endpoint="*/releases", method="POST", times=None)
    )
    with pytest.raises(ForgeError):
        forge.create_release("v1.2.3", title="x", notes="x")
    sent = [one for one in world.github.faults.seen if one.method == "POST"]
    assert len([one for one in sent if one.path.endswith("/releases")]) == 1
    assert clock.slept == []


def counting(world, folder):
    """A gh that writes down what it is asked, and is gh."""
    folder.mkdir()
    log, program = folder / "log", folder / "gh"
    real = find_gh(world.runner.environ)
    program.write_text(f'#!/bin/sh\necho "$@" >> "{log}"\nexec "{real}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = f"{folder}{os.pathsep}{world.runner.environ['PATH']}"
    log.touch()
    return log, replace(world.runner, environ={**world.runner.environ, "PATH": path})


@needs_gh
def test_what_is_only_read_starts_no_program_once_the_token_is_known(world, tmp_path):
    log, runner = counting(world, tmp_path / "bin")
    environ = dict(runner.environ)
    token = environ.pop("GH_TOKEN")
    hosts = f"github.com:\n  oauth_token: {token}\n  user: you\n"
    (Path(environ["GH_CONFIG_DIR"]) / "hosts.yml").write_text(hosts, encoding="utf-8")
    forge = Forge("you/tiny-demo", replace(runner, environ=environ), world.clone)
    assert forge.repository() is not None
    assert forge.workflow("absent.yml") is None
    assert forge.newest_releases() == ()
    assert log.read_text(encoding="utf-8") == "auth token --hostname github.com\n"
    tag(world)
    forge.create_release("v1.2.3", title="x", notes="x")
    assert "release create" in log.read_text(encoding="utf-8")


@needs_gh
@pytest.mark.parametrize(
    "setting",
    ["http_unix_socket: [", "http_unix_socket: /nowhere/at/all.sock", "- http_unix_socket"],
)
def test_gh_asks_where_our_connection_cannot_be_made(world, tmp_path, setting):
    """Settings that we cannot follow are gh's to judge."""
    log, runner = counting(world, tmp_path / "bin")
    (tmp_path / "gh").mkdir()
    (tmp_path / "gh" / "config.yml").write_text(setting, encoding="utf-8")
    environ = {**runner.environ, "GH_CONFIG_DIR": str(tmp_path / "gh")}
    forge = Forge("you/tiny-demo", replace(runner, environ=environ), world.clone, clock=FakeClock())
    with pytest.raises(ForgeError):
        forge.repository()
    assert log.read_text(encoding="utf-8").startswith("api --include")


@needs_gh
@pytest.mark.parametrize("status", [301, 307])
def test_a_renamed_repository_is_followed_and_no_other_host_is(world, clock, monkeypatch, status):
    told = []

    def exchange(_, url, wanted):
        told.append(url)
        where = "https://api.github.com/repositories/7" if len(told) < 2 else "https://example.org/"
        return Reply(url=url, status=status, words="", headers={"location": where})

    monkeypatch.setattr(web, "exchange", exchange)
    forge = Forge("you/tiny-demo", world.runner, world.clone, clock=clock)
    assert forge.repository().full_name == "you/tiny-demo"  # gh's answer
    assert told == ["/repos/you/tiny-demo", "/repositories/7"]


@pytest.mark.parametrize(
    ("environ", "token"),
    [
        ({"GH_TOKEN": "ghp_aaaaaaaaaa", "GITHUB_TOKEN": "ghs_bbbbbbbbbb"}, "ghp_aaaaaaaaaa"),
        ({"GITHUB_TOKEN": "ghs_bbbbbbbbbb"}, "ghs_bbbbbbbbbb"),
        ({"GH_TOKEN": "two words\nand a line"}, None),
    ],
)
def test_the_token_is_the_one_that_gh_would_send_and_never_what_is_none(environ, token, tmp_path):
    assert Gh(Runner(environ=environ), tmp_path).token() == token


@pytest.mark.parametrize(
    ("config", "hosts", "found"),
    [
        ("", "", ""),
        ("http_unix_socket:\n", "", ""),
        ("http_unix_socket: '/a/it''s.sock'\n", "", "/a/it's.sock"),
        ("http_unix_socket: /a\n", "github.com:\n    http_unix_socket: /b\n", "/b"),
        ("http_unix_socket: /a\n", "example.org:\n    http_unix_socket: /b\n", "/a"),
    ],
)
@pytest.mark.parametrize(
    ("variable", "folder"),
    [("GH_CONFIG_DIR", "."), ("XDG_CONFIG_HOME", "gh"), ("HOME", ".config/gh")],
)
def test_the_socket_is_read_where_gh_keeps_its_settings(
    tmp_path, config, hosts, found, variable, folder
):
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / "config.yml").write_text(config, encoding="utf-8")
    (tmp_path / folder / "hosts.yml").write_text(hosts, encoding="utf-8")
    assert Gh(Runner(environ={variable: str(tmp_path)}), tmp_path).socket() == found


# --- answers as values -----------------------------------------------------------------------


def test_an_answer_is_its_status_headers_and_document():
    answer = parse_answer('HTTP/2.0 404 Not Found\r\nX-Y: a:b\r\n\r\n{"message": "no"}')
    assert (answer.status, dict(answer.headers), answer.document) == (
        404, {"x-y": "a:b"}, {"message": "no"},
    )  # fmt: skip
    assert parse_answer("HTTP/1.1 204 No Content\nA: b\n\n").document is None
    assert parse_answer("error connecting to api.github.com\n") is None
    assert parse_answer("") is None


def test_an_answer_that_breaks_off_is_an_error():
    with pytest.raises(ForgeError, match="breaks off"):
        parse_answer('HTTP/2.0 200 OK\nA: b\n\n{"mess')


class Spoken(GitHubApi):
    """Told its answers, in turn; of paths that end as in `by_path`, those there."""

    def __init__(self, *answers, **by_path):
        super().__init__(Gh(Runner(environ={}), Path()), FakeClock())
        self.answers = list(answers)
        self.by_path = by_path

    def ask(self, path, *, query=None, method="GET", body=None):
        answers = self.by_path.get(path.rpartition("/")[2].replace("-", "_"), self.answers)
        found = answers.pop(0)
        if isinstance(found, Answer):
            return found
        return Answer(status=200, headers={}, document=found)


def spoken(*answers, **by_path):
    forge = Forge("o/r", Runner(environ={}), Path())
    forge.api = Spoken(*answers, **by_path)
    return forge


@pytest.mark.parametrize("answer", [None, {}, {"jobs": None}, {"jobs": [None]}, {"jobs": ["x"]}])
@pytest.mark.parametrize(
    "ask",
    [
        lambda forge: forge.jobs(1),
        lambda forge: forge.annotations(1),
        lambda forge: github_rules.rules_for_branch(forge, "main"),
        github_rules.rules_for_tags,
        lambda forge: github_rules.checks(forge, "a" * 40),
    ],
)
def test_an_answer_of_another_shape_is_an_error_that_is_told(answer, ask):
    with contextlib.suppress(ForgeError):
        assert ask(spoken(answer, answer)) == ()


def test_protection_that_is_no_ruleset_is_seen_too():
    protected = {"name": "main", "protected": True}
    (rule,) = github_rules.rules_for_branch(spoken([], protected), "main")
    assert rule.kind == "protected"
    assert (
        github_rules.rules_for_branch(spoken([], {"name": "main", "protected": False}), "main")
        == ()
    )
    (rule,) = github_rules.rules_for_branch(spoken([{"type": "pull_request"}], protected), "main")
    assert rule.kind == "pull_request"


def test_a_red_check_on_the_second_page_is_seen():
    def page(conclusion, count):
        run = {"name": "x", "status": "completed", "conclusion": conclusion}
        return {"check_runs": [run] * count}

    pages = [page("success", 100), page("failure", 1)]
    forge = spoken(check_runs=pages, status=[{"statuses": []}])
    assert sum(check.is_red for check in github_rules.checks(forge, "a" * 40)) == 1


def test_of_checks_of_one_name_those_count_that_were_not_made_again_since():
    def check(number, conclusion, started, completed, name="proof"):
        stamp = "2026-11-01T10:{:02}:00Z".format
        return {
            "name": name, "status": "completed", "conclusion": conclusion, "html_url": f"u{number}",
            "started_at": stamp(started), "completed_at": stamp(completed),
        }  # fmt: skip

    again = [check(1, "failure", 1, 3), check(2, "success", 5, 6)]
    at_once = [check(3, "failure", 1, 4, "test"), check(4, "success", 2, 3, "test")]
    found = spoken(check_runs=[{"check_runs": again + at_once}], status=[{"statuses": []}])
    assert [one.url for one in github_rules.checks(found, "a" * 40)] == ["u2", "u3", "u4"]
    worse = spoken(check_runs=[{"check_runs": again[::-1]}], status=[{"statuses": []}])
    assert [one.is_red for one in github_rules.checks(worse, "a" * 40)] == [False]


def test_statuses_that_could_not_be_asked_for_are_not_none():
    """They are asked for beside the checks, and are as good a reason to stop."""
    refused = Answer(status=502, headers={}, document={"message": "Bad Gateway"})
    with pytest.raises(ForgeError, match="502"):
        github_rules.checks(spoken(check_runs=[{"check_runs": []}], status=[refused]), "a" * 40)
    absent = Answer(status=404, headers={}, document={"message": "Not Found"})
    assert (
        github_rules.checks(spoken(check_runs=[{"check_runs": []}], status=[absent]), "a" * 40)
        == ()
    )
    assert github_rules.checks(spoken(check_runs=[absent], status=[refused]), "a" * 40) is None


@pytest.mark.parametrize(
    ("status", "conclusion", "red", "running"),
    [
        ("completed", "success", False, False),
        ("completed", "neutral", False, False),
        ("completed", "skipped", False, False),
        ("completed", "failure", True, False),
        ("completed", "timed_out", True, False),
        ("queued", None, False, True),
    ],
)
def test_what_a_check_means(status, conclusion, red, running):
    check = Check(name="x", status=status, conclusion=conclusion)
    assert (check.is_red, check.is_running) == (red, running)


@needs_gh
def test_a_draft_is_filled_and_published_and_keeps_what_it_is_not_given(forge, world, tmp_path):
    tag(world)
    made = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for path in made:
        path.write_text(path.name)
    create = ["release", "create", "v1.2.3", f"--repo={forge.slug}", "--draft", "--title=T"]
    forge.gh.run(*create, "--notes=N", str(made[0]))
    draft = forge.release("v1.2.3")
    assert (draft.draft, [asset.name for asset in draft.assets]) == (True, ["a.txt"])
    forge.attach("v1.2.3", made[1:])
    forge.publish_draft(draft.id, title="", notes=None, prerelease=True, latest=False)
    there = forge.release("v1.2.3")
    assert (there.draft, there.prerelease, there.title, there.body) == (False, True, "T", "N")
    assert [asset.name for asset in there.assets] == ["a.txt", "b.txt"]
    digest = hashlib.sha256(b"b.txt").hexdigest()
    assert there.asset("b.txt").sha256 == digest
