"""The cells of the fault matrix: each arranges one disturbance in a scene, and ends it again.

Every disturbance is arranged in the world, never in the code under test.
"""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from nox_release.edges.children import GH
from nox_release.rehearsal.copying import leave_out
from prepared_scene import BRANCH as RELEASE_BRANCH
from prepared_scene import PREPARED
from scene import (
    BOTH,
    FILES,
    NAME,
    PACE,
    TAG,
    VERSION,
    WORKFLOW,
    built_files,
    platform_wheel,
    repacked,
)
from troubles import Fault


@dataclass(frozen=True)
class Cell:
    """One disturbance. `arrange` brings it about before the first run, `repair` is what happens
    between the two runs; the faults are lifted there too, unless they are `lasting`.

    `person`: only a person can decide how it ends, so the second run has to stop as well.
    `must_fail`: the first run cannot succeed. `again` are arguments of the second run alone.
    """

    group: str
    name: str
    story: str
    arrange: Callable
    repair: Callable | None = None
    person: bool = False
    must_fail: bool = False
    lasting: bool = False
    yes: bool = True
    options: tuple[str, ...] = ("--no-smoke",)
    again: tuple[str, ...] = ()

    @property
    def title(self):
        return f"{self.group}: {self.story}: {self.name}"


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

    for story in BOTH:
        yield Cell("network", "index refuses connections", story, stopped, started, must_fail=True)
        yield Cell("network", "index has no address (DNS)", story, address("https://index.invalid/"), right_again, must_fail=True)  # fmt: skip
        yield Cell("network", "index without TLS", story, address("https://127.0.0.1:{port}/"), right_again, must_fail=True)  # fmt: skip
    yield Cell("network", "remote is gone", "release", no_remote, remote_again, must_fail=True)


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
    for story in BOTH:
        yield Cell("git", "tree is dirty", story, dirty, clean, must_fail=True)


def github_cells():
    def late(scene):
        scene.world.workflows.lateness = 60 / float(PACE)

    def approval(scene):
        from nox_release.rehearsal.github_state import DeploymentEnvironment, new_id

        environment = DeploymentEnvironment(id=new_id(), name="pypi", reviewers=("you",))
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


def local_cells():
    def environ(name, value):
        def arrange(scene):
            scene.environ[name] = value

        def repair(scene):
            scene.environ[name] = scene.world.environ.get(name, "")
            if not scene.environ[name]:
                del scene.environ[name]

        return {"arrange": arrange, "repair": repair}

    def stale_dist(scene):
        dist = scene.world.clone / "dist"
        dist.mkdir()
        (dist / "tiny_demo-1.0.0-py3-none-any.whl").write_bytes(b"old")
        leave_out(scene.world.clone, "/dist/")

    def dist_is_a_file(scene):
        leave_out(scene.world.clone, "/dist")
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

    for story in BOTH:
        yield Cell("local", "disk full", story, must_fail=True, **environ("FAULTS_FILE_LIMIT", "600"))  # fmt: skip
        yield Cell("local", "clock a day fast", story, **environ("FAULTS_SKEW", "86400"))
        yield Cell("local", "clock a day slow", story, **environ("FAULTS_SKEW", "-86400"))
        yield Cell("local", "stale dist", story, stale_dist)
        yield Cell("local", "dist cannot be written", story, dist_is_a_file, dist_free)
        yield Cell("local", "nobody to ask", story, lambda scene: None, must_fail=True, yes=False)
        yield Cell("local", "two at once", story, another_one, other_done)


def end_state_cells():
    """What "done" means: the same for the first run, the second one and an observer."""

    def nothing(scene):
        pass

    def three_wheels(scene):
        platforms = ("manylinux_2_17_x86_64", "macosx_11_0_arm64", "win_amd64")
        wheels = [platform_wheel(scene.folder / "wheels", f"cp312-cp312-{p}") for p in platforms]
        scene.artifacts = (built_files()[1], *wheels)

    def half(scene):
        """The sdist goes up by itself, one wheel after it, and then the index has enough."""
        three_wheels(scene)
        index = scene.world.index
        index.faults.before("/legacy/", lambda: index.put(scene.artifacts[0], owner="you"), method="POST")  # fmt: skip
        index.faults.arrange(Fault(kind="status", status=503, endpoint="/legacy/", method="POST", times=None, skip=1))  # fmt: skip

    def half_without_a_run(scene):
        three_wheels(scene)
        scene.world.workflows.deaf = True
        scene.world.index.put(*scene.artifacts[:2], owner="you")

    def only(suffix):
        def arrange(scene):
            scene.artifacts = tuple(path for path in built_files() if path.name.endswith(suffix))

        return arrange

    def foreign(*which):
        def arrange(scene):
            others = [repacked(path, scene.folder / "others") for path in built_files()]
            chosen = [path for path in others if path.suffix in which]

            def put():
                scene.world.index.put(*chosen, owner="you")

            scene.world.index.faults.before("/legacy/", put, method="POST")

        return arrange

    def withheld(scene):
        scene.world.index.catalogue.withheld |= FILES

    def served(scene):
        scene.world.index.catalogue.withheld.clear()

    def late_downloads(scene):
        scene.world.index.catalogue.download_delay = 60 / float(PACE)

    def yank(scene):
        scene.world.index.yank(NAME, VERSION, "broken")

    def status(word):
        return lambda scene: scene.world.index.set_status(NAME, word)

    def release_in_quarantine(scene):
        scene.world.index.quarantine_release(NAME, VERSION)

    def other_publisher(scene):
        release = scene.world.index.project(NAME).release(VERSION)
        for one in release.files:
            publisher = one.provenance["attestation_bundles"][0]["publisher"]
            publisher["repository"] = f"somebody/{NAME}"

    def file_deleted(scene):
        scene.world.index.delete_file(built_files()[0].name)

    def upload_refused(scene):
        scene.world.index.faults.arrange(
            Fault(kind="status", status=403, endpoint="/legacy/", method="POST", times=None)
        )

    def head_moves_on(scene):
        scene.world.commit("More work, and no new version", {"tiny_demo/more.py": "x = 1\n"})
        scene.world.workflows.forget_pushes()

    release = "release"
    yield Cell("end", "half of the wheels", release, half, must_fail=True)
    yield Cell("end", "half of the wheels, and it stays so", release, half, must_fail=True, person=True, lasting=True)  # fmt: skip
    yield Cell("end", "half of the wheels, and no run", release, half_without_a_run, must_fail=True, person=True, lasting=True)  # fmt: skip
    yield Cell("end", "an sdist alone", release, only(".tar.gz"))
    yield Cell("end", "a wheel alone", release, only(".whl"))
    yield Cell("end", "three wheels", release, three_wheels)
    yield Cell("end", "foreign files", release, foreign(".whl", ".gz"), must_fail=True, person=True)
    yield Cell("end", "foreign sdist", release, foreign(".gz"), must_fail=True, person=True)
    yield Cell("end", "foreign wheel", release, foreign(".whl"), must_fail=True, person=True)
    yield Cell("end", "files cannot be downloaded", release, withheld, served, must_fail=True, options=())  # fmt: skip
    yield Cell("end", "files can never be downloaded", release, withheld, must_fail=True, person=True, lasting=True, options=())  # fmt: skip
    yield Cell("end", "files can be downloaded a minute later", release, late_downloads, options=())
    for story in BOTH:
        yield Cell("end", "yanked afterwards", story, nothing, yank, person=True)
        yield Cell("end", "project quarantined afterwards", story, nothing, status("quarantined"), person=True)  # fmt: skip
        yield Cell("end", "release quarantined afterwards", story, nothing, release_in_quarantine, person=True)  # fmt: skip
        yield Cell("end", "project archived afterwards", story, nothing, status("archived"))
        yield Cell("end", "a file deleted afterwards", story, nothing, file_deleted, person=True)
    yield Cell("end", "provenance of another repository", release, nothing, other_publisher, person=True)  # fmt: skip
    yield Cell("end", "HEAD past the tag, unfinished", release, upload_refused, head_moves_on, must_fail=True)  # fmt: skip
    yield Cell("end", "HEAD past the tag, finished", release, nothing, head_moves_on, person=True)
    yield Cell("end", "HEAD past the tag, finished, asked for", release, nothing, head_moves_on, again=(VERSION,))  # fmt: skip


def prepare_cells():
    """`release -- minor`: prepared and committed, or proposed in a pull request, then released."""

    def by_hook(where, name, script):
        def arrange(scene):
            repository = scene.world.remote if where == "there" else scene.world.clone / ".git"
            scene.hook(repository, name, script)

        return arrange

    def at_file(number, name):
        def arrange(scene):
            scene.environ["FAULTS_STRIKE"] = f"{number}:{name}"

        return arrange

    def spared(scene):
        scene.environ.pop("FAULTS_STRIKE", None)

    def a_day_later(scene):
        spared(scene)
        scene.environ["FAULTS_SKEW"] = "86400"

    def on(side, method, endpoint, number, skip=0):
        def arrange(scene):
            faults = scene.world.github.faults
            getattr(faults, side)(endpoint, scene.strike(number), method=method, skip=skip)

        return arrange

    def opening(**kind):
        def arrange(scene):
            scene.world.github.faults.arrange(
                Fault(endpoint="/repos/*/pulls", method="POST", **kind)
            )

        return arrange

    def having(**what):
        def arrange(scene):
            vars(scene).update(what)

        return arrange

    def another_pushes(scene):
        if scene.story == "minor":
            scene.world.index.faults.before("/simple/*", scene.push_another, method="GET")
        else:
            scene.world.github.faults.before("/repos/*/pulls", scene.push_another, method="POST")

    def pulled(scene):
        scene.world.git("pull", "--quiet", "--rebase", "origin", "main")

    def edited(scene):
        spared(scene)
        (scene.world.clone / "README.md").write_text("changed")

    def reopened(scene):
        scene.review = "squash"
        for pull in scene.world.github.pulls:
            pull.state, pull.mergeable_state = "open", "clean"

    def begun_again(scene):
        """As the hint says: the branch goes, here and there."""
        scene.review = "squash"
        scene.there("update-ref", "-d", f"refs/heads/{RELEASE_BRANCH}")
        scene.world.git("branch", "-D", RELEASE_BRANCH)

    def green(scene):
        for one in scene.world.github.check_runs:
            one.conclusion = "success"
        scene.checks = "success"

    options = ("--no-smoke", "--no-build")

    def cell(name, story, arrange, repair=None, **more):
        return Cell("prepare", name, story, arrange, repair, **{"options": options, **more})

    ref = 'case "$1" in {state}) if grep -q refs/heads/{name}; then {strike}; fi;; esac'
    for name in ("SIGKILL", "SIGINT"):
        number = SIGNALS.get(name, 0)
        strike = f"kill -{int(number)} $PID; sleep 0.3"
        pushed = f"if grep -q refs/heads/; then {strike}; fi"
        made = ref.format(state="committed", name="release/", strike=strike)
        taken = ref.format(state="committed", name="main", strike=strike)
        yield cell(f"{name} before the edits", "minor", at_file(1, name), spared)
        yield cell(f"{name} in the middle of the edits", "minor", at_file(2, name), spared)
        for story in PREPARED:
            yield cell(f"{name} before the commit", story, by_hook("here", "pre-commit", strike))
            yield cell(f"{name} after the commit", story, by_hook("here", "post-commit", strike))
            yield cell(f"{name} before the branch is pushed", story, by_hook("there", "pre-receive", pushed))  # fmt: skip
            yield cell(f"{name} after the branch is pushed", story, by_hook("there", "post-receive", pushed))  # fmt: skip
            yield cell(f"{name} before the GitHub release", story, on("before", "POST", "/repos/*/releases", number))  # fmt: skip
        yield cell(f"{name} while the checks are awaited", "minor", on("before", "GET", "/repos/*/check-runs*", number, 1))  # fmt: skip
        yield cell(f"{name} after the branch is made", "proposed", by_hook("here", "reference-transaction", made))  # fmt: skip
        for side in ("before", "after"):
            yield cell(f"{name} {side} the pull request", "proposed", on(side, "POST", "/repos/*/pulls", number))  # fmt: skip
        yield cell(f"{name} while the merge is awaited", "proposed", on("before", "GET", "/repos/*/pulls/*", number, 2))  # fmt: skip
        yield cell(f"{name} after the merge is taken", "proposed", by_hook("here", "reference-transaction", taken))  # fmt: skip

    refusing = by_hook("there", "pre-receive", "echo 'GH013: Repository rule violations found' >&2; exit 1")  # fmt: skip
    no_commit = by_hook("here", "pre-commit", "echo 'no commits today' >&2; exit 1")
    for story in PREPARED:
        yield cell("the push is refused", story, refusing, must_fail=True)
        yield cell("a hook refuses the commit", story, no_commit, must_fail=True)
        yield cell("built first", story, having(), options=("--no-smoke",))
    yield cell("main moves meanwhile", "minor", another_pushes, pulled, must_fail=True)
    yield cell("main moves meanwhile, and nobody pulls", "minor", another_pushes, must_fail=True, person=True)  # fmt: skip
    yield cell("main moves meanwhile", "proposed", another_pushes)
    yield cell("half-edited, resumed a day later", "minor", at_file(2, "SIGKILL"), a_day_later)
    yield cell("half-edited, and somebody edits too", "minor", at_file(2, "SIGKILL"), edited, person=True)  # fmt: skip
    yield cell("a check is red, then green", "minor", having(checks="failure"), green, must_fail=True)  # fmt: skip
    yield cell("a check is red", "minor", having(checks="failure"), must_fail=True, person=True)
    for name in ("done, reply lost", "reset in the body", "500", "HTML with 200"):
        yield cell(f"opening it: {name}", "proposed", opening(**KINDS[name]))
    forbidden = '{"message": "Resource not accessible by personal access token"}'
    yield cell("opening it is forbidden", "proposed", opening(kind="status", status=403, body=forbidden), must_fail=True)  # fmt: skip
    for review in ("merge", "tidy", "later"):
        yield cell(f"the reviewer's way: {review}", "proposed", having(review=review))
    yield cell("closed, then reopened", "proposed", having(review="close"), reopened, must_fail=True)  # fmt: skip
    yield cell("closed, and begun again", "proposed", having(review="close"), begun_again, must_fail=True)  # fmt: skip
    yield cell("closed", "proposed", having(review="close"), must_fail=True, person=True)
    yield cell("in conflict, then resolved", "proposed", having(review="conflict"), reopened, must_fail=True)  # fmt: skip
    yield cell("in conflict", "proposed", having(review="conflict"), must_fail=True, person=True)


def packages_cells():
    """`release -- major --all-packages`: three releases, each after those that it needs."""

    def by_hook(name, script):
        return lambda scene: scene.hook(scene.world.remote, name, script)

    def on(side, number, skip):
        def arrange(scene):
            faults = scene.world.github.faults
            getattr(faults, side)(
                "/repos/*/releases", scene.strike(number), method="POST", skip=skip
            )

        return arrange

    def slow(**kind):
        def arrange(scene):
            scene.world.index.faults.arrange(Fault(endpoint="/simple/*", method="GET", **kind))

        return arrange

    def cell(name, arrange, **more):
        options = ("--no-smoke", "--no-build")
        return Cell("packages", name, "packages", arrange, **{"options": options, **more})

    refused = "{ echo 'GH013: Repository rule violations found' >&2; exit 1; }"
    for name in ("SIGKILL", "SIGINT"):
        number = SIGNALS.get(name, 0)
        strike = f"kill -{int(number)} $PID; sleep 0.3"
        tagged = f"if grep -q refs/tags/plug-x; then {strike}; fi"
        yield cell(f"{name} after the first package", on("before", number, 1))
        yield cell(f"{name} before the last package", on("after", number, 1))
        yield cell(f"{name} after the second package's tag", by_hook("post-receive", tagged))
    yield cell("the index lists late what the next needs", slow(kind="stale", times=8, skip=9))
    yield cell("the index is slow", slow(kind="delay", seconds=1.5, times=20))
    yield cell("the push is refused", by_hook("pre-receive", refused), must_fail=True)
    yield cell("the second package's tag is refused", by_hook("pre-receive", f"if grep -q refs/tags/plug-x; then {refused}; fi"), must_fail=True)  # fmt: skip


GROUPS = (
    kill_cells, network_cells, index_cells, git_cells, github_cells, local_cells, end_state_cells,
    prepare_cells, packages_cells,
)  # fmt: skip


def all_cells():
    return [cell for group in GROUPS for cell in group()]
