"""The fault matrix: disturb a first upload or a release anywhere, mend, run it again, compare.

usage: python tests/tools/faults.py [--only TEXT] [--jobs N] [--update] [--strict] [--verbose]

Every cell has a rehearsed world of its own: real git, gh, build and twine before the stand-ins for
PyPI and GitHub. The fault is arranged in that world, never in the code. The command runs once
with the fault, and once more, plainly, after the fault has cleared. Then

(a) no run claimed success without the undisturbed end state,
(b) the second run reached that end state, at the same version,
(c) there is exactly one tag, one GitHub release and one set of files,
(d) a run that failed said what is done, what is not, and the next command; its last words are
    kept in tests/data/faults.txt and compared: what changed is listed, and a failure with
    --strict; --update writes them anew.

Cells marked `person` are those whose end nobody but a person may decide (another tag, a burnt
filename): there the second run has to stop at the same words instead, having changed nothing.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from nox_release.edges.children import GH
from nox_release.rehearsal.faults import Fault
from nox_release.rehearsal.world import World

TESTS = Path(__file__).parents[1]
SNAPSHOT = TESTS / "data" / "faults.txt"
PROJECT = TESTS / "world" / "projects" / "tiny"
NAME, VERSION, TAG = "tiny-demo", "1.2.3", "v1.2.3"
WORKFLOW = ".github/workflows/publish.yml"
FILES = {"tiny_demo-1.2.3-py3-none-any.whl", "tiny_demo-1.2.3.tar.gz"}
SECONDS = 90
PACE = "20"


@dataclass
class Outcome:
    """How one run of the command ended."""

    status: int
    output: str


@dataclass
class Scene:
    """A world, the story that is told in it, and the child that tells it."""

    folder: Path
    story: str
    world: World = field(init=False)
    commit: str = field(init=False)
    environ: dict[str, str] = field(default_factory=dict)
    address: str = ""
    child: subprocess.Popen | None = None
    tidy: list = field(default_factory=list)

    def __enter__(self):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.world = World(self.folder, environ={**os.environ, "PATH": path}, repository=NAME)
        self.world.__enter__()
        files = {
            file.relative_to(PROJECT).as_posix(): file.read_bytes()
            for file in PROJECT.rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        }
        self.world.seed(files=files)
        self.commit = self.world.git("rev-parse", "HEAD")
        index = self.world.index
        index.add_user("you")
        if self.story == "release":
            index.create_project(NAME, owner="you")
            index.register_publisher(
                NAME, owner="you", repository=NAME, workflow="publish.yml", environment="pypi"
            )
        self.world.workflows.forget_pushes()
        self.world.workflows.builder.build = self.build_on_the_runner
        self.environ = {**self.world.environ, "FAULTS_PACE": PACE, "FAULTS_CHILD": str(self.folder)}
        if self.story == "first-upload":
            self.environ["TWINE_PASSWORD"] = index.token("you")
            self.environ["TWINE_USERNAME"] = "__token__"
        self.address = index.url
        return self

    def __exit__(self, *_):
        for call in reversed(self.tidy):
            call()
        self.world.__exit__(None, None, None)

    def build_on_the_runner(self, source, outdir):
        """What the build job makes: built once, since it is not what is disturbed here."""
        outdir.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copy(path, outdir)) for path in built_files()]

    # --- running the command -------------------------------------------------------------------

    def start(self, *arguments, yes=True):
        command = [sys.executable, str(TESTS / "world" / "operation.py"), self.story, "--no-smoke"]
        child = subprocess.Popen(
            [*command, "--index", self.address, *(["--yes"] if yes else []), *arguments],
            cwd=self.world.clone,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        (self.folder / "pid").write_text(str(child.pid))
        return child

    def run(self, *arguments, yes=True):
        self.child = self.start(*arguments, yes=yes)
        return self.finish(self.child)

    def finish(self, child):
        try:
            output, _ = child.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            output, _ = child.communicate()
            output += f"\n(it did not end within {SECONDS} s)"
        self.await_orphans()
        return Outcome(child.returncode, output)

    def await_orphans(self):
        """What a killed command had started goes on by itself: let it come to its end."""
        mark = f"FAULTS_CHILD={self.folder}".encode()
        until = time.monotonic() + 20
        while time.monotonic() < until:
            alive = False
            for entry in Path("/proc").glob("[0-9]*/environ"):
                with contextlib.suppress(OSError):
                    alive = alive or mark in entry.read_bytes()
            if not alive:
                return
            time.sleep(0.05)

    def strike(self, number):
        """A callable that sends the running command a signal, and waits until it has had it."""

        def call():
            child = self.child
            if child is None or child.poll() is not None:
                return
            child.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=0.5 if number != signal.SIGKILL else 5)

        return call

    def hook(self, repository, name, script):
        """A git hook; `$PID` in it is the running command's."""
        path = Path(repository) / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\nPID=$(cat '{self.folder / 'pid'}')\n{script}\n")
        path.chmod(0o755)
        return path

    def unhook(self):
        for repository in (self.world.remote, self.world.clone / ".git"):
            for path in (repository / "hooks").glob("*"):
                if not path.name.endswith(".sample"):
                    path.unlink()

    # --- what is there -------------------------------------------------------------------------

    def files(self):
        if not self.world.index.has_project(NAME):
            return ()
        return self.world.index.filenames(NAME)

    def tags(self):
        listing = self.world.git("for-each-ref", "--format=%(refname) %(*objectname)%(objectname)", "refs/tags", cwd=self.world.remote)  # fmt: skip
        return {line.split()[0]: line.split()[1] for line in listing.splitlines()}

    def reached(self):
        """What of the undisturbed end state is missing; nothing when it is reached."""
        wrong = []
        if sorted(self.files()) != sorted(FILES):
            wrong.append(f"files on the index: {sorted(self.files())}")
        if self.story == "release":
            tags = self.tags()
            if set(tags) != {f"refs/tags/{TAG}"} or self.commit not in next(iter(tags.values())):
                wrong.append(f"tags: {tags}")
            releases = [(r.tag, r.draft) for r in self.world.github.releases]
            if releases != [(TAG, False)]:
                wrong.append(f"GitHub releases: {releases}")
        return wrong

    def doubled(self):
        """Anything that is there more than once, or that nobody asked for."""
        wrong = []
        if set(self.files()) - FILES or len(self.files()) != len(set(self.files())):
            wrong.append(f"files on the index: {sorted(self.files())}")
        if len(self.world.github.releases) > 1 or len(self.tags()) > 1:
            wrong.append(f"{len(self.world.github.releases)} releases, tags {sorted(self.tags())}")
        return wrong


@dataclass(frozen=True)
class Cell:
    """One disturbance: `arrange` brings it about, `mend` ends it."""

    group: str
    name: str
    story: str
    arrange: object
    mend: object = None
    person: bool = False
    must_fail: bool = False
    yes: bool = True

    @property
    def title(self):
        return f"{self.group}: {self.story}: {self.name}"


def mend_everything(scene):
    scene.world.index.faults.clear()
    scene.world.github.faults.clear()
    scene.unhook()


# --- kill ------------------------------------------------------------------------------------------

SIGNALS = {
    name: getattr(signal, name)
    for name in ("SIGKILL", "SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
}


def kill_cells():
    def on(side, method, endpoint, number, skip=0):
        def arrange(scene):
            faults = scene.world.github.faults if "repos" in endpoint else scene.world.index.faults
            getattr(faults, side)(endpoint, scene.strike(number), method=method, skip=skip)

        return arrange

    def by_hook(where, name, script, number):
        def arrange(scene):
            repository = scene.world.remote if where == "remote" else scene.world.clone / ".git"
            sent = script.replace("STRIKE", f"kill -{int(number)} $PID; sleep 0.3")
            scene.hook(repository, name, sent)

        return arrange

    tag = 'case "$1" in {state}) if grep -q refs/tags/; then STRIKE; fi;; esac'
    for name, number in SIGNALS.items():
        for side in ("before", "after"):
            state = "prepared" if side == "before" else "committed"
            receive = "pre-receive" if side == "before" else "post-receive"
            yield Cell("kill", f"{name} {side} the tag", "release", by_hook("clone", "reference-transaction", tag.format(state=state), number))  # fmt: skip
            yield Cell("kill", f"{name} {side} the push", "release", by_hook("remote", receive, "STRIKE", number))  # fmt: skip
            yield Cell("kill", f"{name} {side} the GitHub release", "release", on(side, "POST", "/repos/*/releases", number))  # fmt: skip
            for one, skip in (("first", 0), ("second", 1)):
                yield Cell("kill", f"{name} {side} the {one} file", "first-upload", on(side, "POST", "/legacy/", number, skip))  # fmt: skip
        yield Cell("kill", f"{name} while looking", "release", on("before", "GET", "/simple/*", number))  # fmt: skip
        yield Cell("kill", f"{name} while the run is followed", "release", on("before", "GET", "/repos/*/actions/runs*", number, 2))  # fmt: skip
        yield Cell("kill", f"{name} while the files are awaited", "release", on("before", "POST", "/legacy/", number, 1))  # fmt: skip
        yield Cell("kill", f"{name} while the files are awaited", "first-upload", on("before", "GET", "/simple/*", number, 2))  # fmt: skip


# --- network ---------------------------------------------------------------------------------------

KINDS = {
    "refused": {"kind": "refuse"},
    "reset in the body": {"kind": "reset"},
    "done, reply lost": {"kind": "lost-reply"},
    "slow": {"kind": "delay", "seconds": 1.5},
    "429 Retry-After": {"kind": "status", "status": 429, "retry_after": "2"},
    "500": {"kind": "status", "status": 500},
    "502": {"kind": "status", "status": 502},
    "503": {"kind": "status", "status": 503},
    "HTML with 200": {"kind": "html"},
    "truncated": {"kind": "truncated"},
    "redirect elsewhere": {"kind": "redirect", "location": "https://login.invalid/"},
}
# How long each trouble lasts: all reads go through one retry policy, so one address shows that a
# passing trouble is waited out; what lasts is shown at each. A write is never sent twice.
ENDPOINTS = (
    ("release", "Simple API", "index", "GET", "/simple/*", ("once", "lasting")),
    ("release", "project JSON", "index", "GET", "/pypi/*", ("lasting",)),
    ("release", "GitHub, reading", "github", "GET", "/repos/*", ("lasting",)),
    ("release", "GitHub release", "github", "POST", "/repos/*/releases", ("once",)),
    ("release", "runs", "github", "GET", "/repos/*/actions/runs*", ("once", "lasting")),
    ("first-upload", "Simple API", "index", "GET", "/simple/*", ("lasting",)),
    ("first-upload", "upload", "index", "POST", "/legacy/", ("once",)),
)


def network_cells():
    def arranged(where, method, endpoint, kind, times):
        def arrange(scene):
            faults = getattr(scene.world, where).faults
            faults.arrange(Fault(endpoint=endpoint, method=method, times=times, **kind))

        return arrange

    for story, title, where, method, endpoint, spans in ENDPOINTS:
        for name, kind in KINDS.items():
            for span in spans if kind["kind"] != "delay" else ("once",):
                times = 1 if span == "once" else None
                fault = arranged(where, method, endpoint, kind, times)
                yield Cell("network", f"{title}, {name}, {span}", story, fault)

    def address(text):
        def arrange(scene):
            scene.address = text.format(port=scene.world.index.server.port)

        return arrange

    def right_again(scene):
        scene.address = scene.world.index.url

    def stopped(scene):
        scene.world.index.stop()

    def started(scene):
        scene.world.index.start()
        scene.address = scene.world.index.url

    def no_remote(scene):
        config = Path(scene.world.environ["GIT_CONFIG_GLOBAL"])
        away = config.with_name("away.gitconfig")
        address = scene.world.remote.as_posix()
        away.write_text(config.read_text().replace(address, f"{address}.gone"))
        scene.environ["GIT_CONFIG_GLOBAL"] = str(away)

    def remote_again(scene):
        scene.environ["GIT_CONFIG_GLOBAL"] = scene.world.environ["GIT_CONFIG_GLOBAL"]

    for story in ("release", "first-upload"):
        yield Cell("network", "index refuses connections", story, stopped, started, must_fail=True)
        yield Cell("network", "index has no address (DNS)", story, address("https://index.invalid/"), right_again, must_fail=True)  # fmt: skip
        yield Cell("network", "index without TLS", story, address("https://127.0.0.1:{port}/"), right_again, must_fail=True)  # fmt: skip
    yield Cell("network", "remote is gone", "release", no_remote, remote_again, must_fail=True)


# --- index -----------------------------------------------------------------------------------------


@functools.cache
def built_files():
    """The project's own files, built once."""
    folder = Path(tempfile.mkdtemp(prefix="nr-built-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(PROJECT, folder / "source")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist", "source"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return sorted((folder / "dist").iterdir())


def index_cells():
    def stale(endpoint, skip=2):
        def arrange(scene):
            scene.world.index.faults.arrange(
                Fault(kind="stale", endpoint=endpoint, method="GET", times=6, skip=skip)
            )

        return arrange

    def second_file_fails(scene):
        scene.world.index.faults.arrange(
            Fault(kind="status", status=403, endpoint="/legacy/", method="POST", times=None, skip=1)
        )

    def nothing_arrives(scene):
        scene.world.index.faults.arrange(
            Fault(kind="status", status=403, endpoint="/legacy/", method="POST", times=None)
        )

    def someone_else_first(scene):
        def take():
            if not scene.world.index.has_project(NAME):
                scene.world.index.add_user("other")
                scene.world.index.create_project(NAME, owner="other")

        scene.world.index.faults.before("/legacy/", take, method="POST")

    def other_bytes(scene):
        wheel = next(path for path in built_files() if path.suffix == ".whl")
        other = scene.folder / "other" / wheel.name
        other.parent.mkdir()
        shutil.copy(wheel, other)
        import zipfile

        with zipfile.ZipFile(other, "a") as archive:
            archive.writestr("tiny_demo/more.py", "")
        if not scene.world.index.has_project(NAME):
            scene.world.index.create_project(NAME, owner="you")
        scene.world.index.put(other, owner="you")

    def same_bytes(scene):
        if not scene.world.index.has_project(NAME):
            scene.world.index.create_project(NAME, owner="you")
        scene.world.index.put(*built_files()[:1], owner="you")

    def deleted(scene):
        if not scene.world.index.has_project(NAME):
            scene.world.index.create_project(NAME, owner="you")
        scene.world.index.put(*built_files(), owner="you")
        for name in FILES:
            scene.world.index.delete_file(name)

    def yanked(scene):
        scene.world.index.put(*built_files(), owner="you")
        scene.world.index.yank(NAME, VERSION, "broken")

    def status(word):
        return lambda scene: scene.world.index.set_status(NAME, word)

    def active(scene):
        scene.world.index.set_status(NAME, "active")

    yield Cell("index", "Simple is stale, JSON fresh", "release", stale("/simple/*"))
    yield Cell("index", "Simple is stale, JSON fresh", "first-upload", stale("/simple/*"))
    yield Cell("index", "JSON is stale, Simple fresh", "release", stale("/pypi/*", 0))
    yield Cell("index", "JSON is stale, Simple fresh", "first-upload", stale("/pypi/*", 0))
    yield Cell("index", "one of two files, then refused", "release", second_file_fails)
    yield Cell("index", "one of two files, then refused", "first-upload", second_file_fails)
    yield Cell("index", "every file refused", "release", nothing_arrives, must_fail=True)
    yield Cell("index", "every file refused", "first-upload", nothing_arrives, must_fail=True)
    yield Cell("index", "identical duplicate", "first-upload", same_bytes)
    yield Cell("index", "different duplicate", "first-upload", other_bytes, person=True, must_fail=True)  # fmt: skip
    yield Cell("index", "different duplicate", "release", other_bytes, person=True, must_fail=True)
    yield Cell("index", "deleted filename", "first-upload", deleted, person=True, must_fail=True)
    yield Cell("index", "deleted filename", "release", deleted, person=True, must_fail=True)
    yield Cell("index", "version is there, yanked", "release", yanked, person=True, must_fail=True)
    yield Cell("index", "project quarantined", "release", status("quarantined"), active, must_fail=True)  # fmt: skip
    yield Cell("index", "project archived", "release", status("archived"), active, must_fail=True)
    yield Cell("index", "name taken in between", "first-upload", someone_else_first, person=True, must_fail=True)  # fmt: skip


# --- git -------------------------------------------------------------------------------------------


def git_cells():
    def other_commit(scene):
        head = scene.world.commit("Another", {"other.txt": "x"}, push=False)
        scene.world.git("reset", "--quiet", "--hard", "HEAD~1")
        return head

    def tag_here(scene):
        scene.world.git("tag", TAG, other_commit(scene))

    def no_tag_here(scene):
        scene.world.git("tag", "--delete", TAG)

    def tag_there(scene):
        scene.world.git("push", "--quiet", "origin", f"{other_commit(scene)}:refs/tags/{TAG}")
        scene.world.workflows.forget_pushes()

    def no_tag_there(scene):
        scene.world.git("update-ref", "-d", f"refs/tags/{TAG}", cwd=scene.world.remote)
        scene.world.workflows.forget_pushes()

    def refusing(scene):
        scene.hook(scene.world.remote, "pre-receive", "echo 'GH013: Repository rule violations found' >&2; exit 1")  # fmt: skip

    def moving(scene):
        def move():
            scene.world.git("push", "--quiet", "origin", f"{other_commit(scene)}:refs/heads/main")

        scene.world.index.faults.before("/simple/*", move, method="GET")

    def pull_back(scene):
        head = scene.commit
        scene.world.git("update-ref", "refs/heads/main", head, cwd=scene.world.remote)
        scene.world.git("fetch", "--quiet", "origin")

    def shallow(scene):
        scene.world.commit("Second", {"CHANGES.txt": "x"})
        scene.commit = scene.world.git("rev-parse", "HEAD")
        shutil.rmtree(scene.world.clone)
        scene.world.git(
            "clone", "--quiet", "--depth=1", "--no-local", scene.world.address, str(scene.world.clone),
            cwd=scene.folder,
        )  # fmt: skip
        scene.world.workflows.forget_pushes()

    def deep(scene):
        if scene.world.git("rev-parse", "--is-shallow-repository") == "true":
            scene.world.git("fetch", "--quiet", "--unshallow")

    def failing_hook(scene):
        scene.hook(scene.world.clone / ".git", "pre-push", "echo 'no pushing today' >&2; exit 1")

    def unsigned(scene):
        scene.world.git("config", "tag.gpgSign", "true")
        scene.world.git("config", "gpg.program", "no-such-gpg")

    def signing_off(scene):
        scene.world.git("config", "--unset", "tag.gpgSign")

    def dirty(scene):
        (scene.world.clone / "README.md").write_text("changed")

    def clean(scene):
        scene.world.git("checkout", "--quiet", "--", "README.md")

    yield Cell(
        "git", "tag on another commit here", "release", tag_here, no_tag_here, must_fail=True
    )
    yield Cell("git", "tag on another commit there", "release", tag_there, no_tag_there, must_fail=True)  # fmt: skip
    yield Cell("git", "remote refuses the push", "release", refusing, must_fail=True)
    yield Cell("git", "remote branch moves meanwhile", "release", moving, pull_back)
    yield Cell("git", "shallow clone", "release", shallow, deep)
    yield Cell("git", "pre-push hook fails", "release", failing_hook, must_fail=True)
    yield Cell("git", "signing fails", "release", unsigned, signing_off, must_fail=True)
    for story in ("release", "first-upload"):
        yield Cell("git", "tree is dirty", story, dirty, clean, must_fail=True)


# --- GitHub ----------------------------------------------------------------------------------------


def github_cells():
    def late(scene):
        scene.world.workflows.lateness = 60 / float(PACE)

    def approval(scene):
        from nox_release.rehearsal.github_state import Environment, new_id

        environment = Environment(id=new_id(), name="pypi", reviewers=("you",))
        scene.world.github.environments["pypi"] = environment

        def approve():
            until = time.monotonic() + 30
            while time.monotonic() < until:
                for run in list(scene.world.github.runs):
                    if run.status == "waiting":
                        time.sleep(1)
                        run.approved.add("pypi")
                        scene.world.workflows.resume(run)
                        return
                time.sleep(0.2)

        thread = threading.Thread(target=approve, daemon=True)
        thread.start()
        scene.tidy.append(lambda: thread.join(35))

    def cancelled(scene):
        def cancel(run, job):
            if job.key == "publish" and run.attempt == 1:
                scene.world.workflows._carried[run.id].cancelled.set()

        scene.world.workflows.before_job.append(cancel)

    def fails_once(scene):
        scene.world.index.faults.arrange(
            Fault(kind="status", status=403, endpoint="/_/oidc/mint-token", times=1)
        )

    def two_runs(scene):
        def dispatch():
            replace(scene.world.runner, child=GH).run(
                ["gh", "workflow", "run", "publish.yml", "--repo", f"you/{NAME}", "--ref", "main"],
                cwd=scene.world.clone,
                check=False,
            )

        thread = threading.Thread(target=dispatch, daemon=True)
        scene.world.github.faults.after("/repos/*/releases", thread.start, method="POST")

    def wrong_workflow(scene):
        path = scene.world.clone / WORKFLOW
        text = path.read_text().replace("  release:\n    types: [published]\n  workflow_dispatch:\n", "  push:\n    branches: [never]\n")  # fmt: skip
        scene.world.commit("Never publish", {WORKFLOW: text})
        scene.commit = scene.world.git("rev-parse", "HEAD")
        scene.world.workflows.forget_pushes()

    def right_workflow(scene):
        scene.world.git("revert", "--no-edit", "HEAD")
        scene.world.git("push", "--quiet", "origin", "HEAD:refs/heads/main")
        scene.commit = scene.world.git("rev-parse", "HEAD")
        scene.world.workflows.forget_pushes()

    def no_scope(scene):
        scene.world.github.user.permission = "read"

    def scope(scene):
        scene.world.github.user.permission = "admin"

    def logged_out(scene):
        scene.saved = dict(scene.world.github.accounts)
        scene.world.github.accounts.clear()

    def logged_in(scene):
        scene.world.github.accounts.update(scene.saved)

    def no_run(scene):
        scene.world.workflows.deaf = True

    def hearing(scene):
        scene.world.workflows.deaf = False
        scene.environ["FAULTS_SKEW"] = "600"  # somebody looked again ten minutes later

    def disabled(scene):
        scene.world.github.disabled_workflows[WORKFLOW] = "disabled_manually"

    def enabled(scene):
        scene.world.github.disabled_workflows.clear()

    yield Cell("GitHub", "run comes a minute late", "release", late)
    yield Cell("GitHub", "run waits for approval", "release", approval)
    yield Cell("GitHub", "run is cancelled", "release", cancelled)
    yield Cell("GitHub", "run fails, then runs again", "release", fails_once)
    yield Cell("GitHub", "two runs", "release", two_runs)
    yield Cell("GitHub", "workflow has another trigger", "release", wrong_workflow, right_workflow, must_fail=True)  # fmt: skip
    yield Cell("GitHub", "workflow is disabled", "release", disabled, enabled, must_fail=True)
    yield Cell("GitHub", "no run comes", "release", no_run, hearing, must_fail=True)
    yield Cell("GitHub", "no right to write", "release", no_scope, scope, must_fail=True)
    yield Cell("GitHub", "logged out", "release", logged_out, logged_in, must_fail=True)


# --- local -----------------------------------------------------------------------------------------


def local_cells():
    def environ(name, value):
        def arrange(scene):
            scene.environ[name] = value

        def mend(scene):
            scene.environ[name] = scene.world.environ.get(name, "")
            if not scene.environ[name]:
                del scene.environ[name]

        return {"arrange": arrange, "mend": mend}

    def stale_dist(scene):
        dist = scene.world.clone / "dist"
        dist.mkdir()
        (dist / "tiny_demo-1.0.0-py3-none-any.whl").write_bytes(b"old")
        (scene.world.clone / ".git" / "info" / "exclude").write_text("/dist/\n")

    def dist_is_a_file(scene):
        (scene.world.clone / ".git" / "info" / "exclude").write_text("/dist\n")
        (scene.world.clone / "dist").write_text("in the way")

    def dist_free(scene):
        (scene.world.clone / "dist").unlink()

    def another_one(scene):
        def start():
            scene.second = scene.start()
            scene.tidy.append(lambda: scene.finish(scene.second))

        endpoint = "/repos/*/releases" if scene.story == "release" else "/legacy/"
        faults = scene.world.github.faults if scene.story == "release" else scene.world.index.faults
        faults.before(endpoint, start, method="POST")

    def other_done(scene):
        if getattr(scene, "second", None):
            scene.finish(scene.second)
            scene.tidy.clear()

    for story in ("release", "first-upload"):
        yield Cell("local", "disk full", story, must_fail=True, **environ("FAULTS_FILE_LIMIT", "600"))  # fmt: skip
        yield Cell("local", "clock a day fast", story, **environ("FAULTS_SKEW", "86400"))
        yield Cell("local", "clock a day slow", story, **environ("FAULTS_SKEW", "-86400"))
        yield Cell("local", "stale dist", story, stale_dist)
        yield Cell("local", "dist cannot be written", story, dist_is_a_file, dist_free)
        yield Cell("local", "nobody to ask", story, lambda scene: None, must_fail=True, yes=False)
        yield Cell("local", "two at once", story, another_one, other_done)


GROUPS = (kill_cells, network_cells, index_cells, git_cells, github_cells, local_cells)


# --- judging ---------------------------------------------------------------------------------------


@dataclass
class Verdict:
    """What came of one cell; each of a, b, c, d is "" when right, else what was wrong."""

    cell: Cell
    a: str = ""
    b: str = ""
    c: str = ""
    d: str = ""
    words: str = ""
    changed: bool = False
    seconds: float = 0.0
    transcript: str = ""


NEXT = re.compile(
    r"nox -s |gh \w|git \w|--yes|https?://|[Rr]un (it|the same command) again|same command"
)


def last_words(scene, outcome):
    """The closing part of a failed run, without what differs from run to run."""
    lines = outcome.output.strip().splitlines()
    marks = [i for i, line in enumerate(lines) if re.match(r"\s*(✗|x) error:|Not confirmed|Interrupted", line)]  # fmt: skip
    text = "\n".join(lines[marks[-1] :] if marks else lines[-3:])
    text = text.replace(str(scene.folder), "WORLD").replace(scene.commit, "COMMIT")
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"/runs/\d+(/job/\d+)?", "/runs/RUN", text)
    text = re.sub(r"\b[0-9a-f]{7,64}\b", "HASH", text)
    text = re.sub(r"/(?:tmp|var)/\S+", "FILE", text)
    return re.sub(r"\b\d+(\.\d+)? s\b", "N s", text)


def judge(cell):
    """Run one cell in a world of its own."""
    started = time.monotonic()
    verdict = Verdict(cell)
    folder = Path(tempfile.mkdtemp(prefix="nr-"))
    try:
        with Scene(folder / "w", cell.story) as scene:
            cell.arrange(scene)
            first = scene.run(yes=cell.yes)
            scene.world.workflows.wait(30)
            verdict.transcript = f"--- first run: {first.status}\n{first.output}"
            if first.status == 0 and (missing := scene.reached()):
                verdict.a = f"claimed success: {missing}"
            if first.status == 0 and cell.must_fail:
                verdict.a = verdict.a or "claimed success although it could not succeed"
            verdict.c = "; ".join(scene.doubled()) if not cell.person else ""
            if first.status > 0:
                verdict.words = last_words(scene, first)
                if "Traceback (most recent call last)" in first.output:
                    verdict.d = "a traceback"
                elif "did not end within" in first.output:
                    verdict.d = "no end"
                elif not NEXT.search(verdict.words):
                    verdict.d = "no next command"
            mend_everything(scene)
            if cell.mend:
                cell.mend(scene)
            if cell.story == "release":
                scene.world.workflows.wait(30)
            again = scene.run()
            scene.world.workflows.wait(30)
            verdict.transcript += f"\n--- second run: {again.status}\n{again.output}"
            missing = scene.reached()
            if cell.person:
                if again.status == 0:
                    verdict.a = verdict.a or "claimed success in the second run"
            else:
                if again.status == 0 and missing:
                    verdict.a = verdict.a or f"claimed success in the second run: {missing}"
                if again.status != 0:
                    verdict.b = f"exit {again.status}: {last_words(scene, again).splitlines()[0]}"
                elif missing:
                    verdict.b = "; ".join(missing)
                verdict.c = verdict.c or "; ".join(scene.doubled())
            mistakes = scene.world.mistakes()
            if mistakes:
                verdict.d = verdict.d or f"the stand-in failed: {mistakes[0].splitlines()[-1]}"
    except Exception as error:  # noqa: BLE001 - one cell must not take the table down
        verdict.b = verdict.b or f"the cell failed: {type(error).__name__}: {error}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    verdict.seconds = time.monotonic() - started
    return verdict


def read_snapshot():
    if not SNAPSHOT.exists():
        return {}
    parts = re.split(r"(?m)^## (.*)\n", SNAPSHOT.read_text(encoding="utf-8"))
    return dict(zip(parts[1::2], (part.strip("\n") for part in parts[2::2]), strict=True))


def write_snapshot(words):
    body = "".join(f"## {title}\n{text}\n\n" for title, text in sorted(words.items()))
    SNAPSHOT.write_text(body, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description="Run the fault matrix.")
    parser.add_argument("--only", default="", help="cells whose title contains this")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) + 2)
    parser.add_argument("--update", action="store_true", help="write the last words anew")
    parser.add_argument(
        "--strict", action="store_true", help="last words that changed are a failure"
    )
    parser.add_argument("--verbose", action="store_true", help="show what failing cells printed")
    options = parser.parse_args()
    if sys.platform == "win32":
        sys.stdout.write("The matrix needs a Unix socket for gh: nothing to run here.\n")
        return 0
    cells = [cell for group in GROUPS for cell in group() if options.only in cell.title]
    known = read_snapshot()
    words = dict(known)
    started = time.monotonic()
    built_files()
    verdicts = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for verdict in pool.map(judge, cells):
            title = verdict.cell.title
            if verdict.words:
                verdict.changed = known.get(title, verdict.words) != verdict.words
                if verdict.changed and options.strict:
                    verdict.d = verdict.d or "the last words are not those on record"
                words[title] = verdict.words
            verdicts.append(verdict)
            wrong = [f"({k}) {getattr(verdict, k)}" for k in "abcd" if getattr(verdict, k)]
            mark = "ok  " if not wrong else "FAIL"
            sys.stdout.write(f"{mark} {verdict.seconds:5.1f} s  {title}  {'  '.join(wrong)}\n")
            if wrong and options.verbose:
                sys.stdout.write(f"{verdict.transcript}\n")
            sys.stdout.flush()
    if options.update:
        write_snapshot(words)
    return report(verdicts, time.monotonic() - started)


def report(verdicts, seconds):
    """The table of groups and the totals; the exit status."""
    count = len(verdicts)
    sys.stdout.write(f"\n{'group':<10} {'cells':>5} {'(a)':>5} {'(b)':>5} {'(c)':>5} {'(d)':>5}\n")
    for group in dict.fromkeys(verdict.cell.group for verdict in verdicts):
        own = [verdict for verdict in verdicts if verdict.cell.group == group]
        right = [sum(not getattr(verdict, k) for verdict in own) for k in "abcd"]
        sys.stdout.write(f"{group:<10} {len(own):>5} " + " ".join(f"{n:>5}" for n in right) + "\n")
    right = [sum(not getattr(verdict, k) for verdict in verdicts) for k in "abcd"]
    sys.stdout.write(f"{'all':<10} {count:>5} " + " ".join(f"{n:>5}" for n in right) + "\n")
    persons = sum(verdict.cell.person for verdict in verdicts)
    sys.stdout.write(
        f"\n(a) no false success, (b) the second run reaches the end (in {persons} cells: stops for "
        f"a person), (c) one tag, one release, one set of files, (d) last words; {seconds:.0f} s\n"
    )
    for verdict in verdicts:
        if verdict.changed:
            sys.stdout.write(f"other last words than on record: {verdict.cell.title}\n")
    failed = sum(any(getattr(verdict, k) for k in "abcd") for verdict in verdicts)
    sys.stdout.write(f"{count - failed} passed, {failed} failed\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
