"""Other release tools on some of the faults of `faults.py`, and nox-release on the same ones.

usage: python tests/tools/peers.py [--only TEXT] [--fault NAME] [--verbose]

Every peer is installed into a temporary environment of its own, is configured the way its
documentation has it for a project with a static version, and works in a rehearsed world: real git
and gh before the stand-ins for PyPI and GitHub. It first has to succeed without a fault, else it
is not run. Then each cell is a new world: the command runs once with the fault, the fault clears,
and the same command runs once more. The words in the table:

itself     the first run got over the fault, reached the end and exited with 0: no second run
converges  the second run reached the undisturbed end at the same version and exited with 0
there      the end is reached, but the second run exits with an error
stays      the second run does not reach the end
another    the second run releases another version instead
FALSE      a run exited with 0 although the end was not reached
DOUBLE     two tags, two GitHub releases or files of two versions are there

The first three leave nothing for a person to fix. A peer is judged on its own part alone: one that
only uploads has no tag, one that leaves the upload to a workflow is not asked about files.
`kill` is SIGKILL to the command itself, as in `faults.py`; what the command had started goes on.

Where a tool raises the version itself, it is asked for 1.2.3 from 1.2.2. python-semantic-release
often runs in workflows, where a second run has a new clone: that is a row of its own.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "world"))

from nox_release.edges.environments import fresh_environment
from nox_release.edges.process import Runner
from nox_release.rehearsal.copying import leave_out
from nox_release.rehearsal.serving import Server
from scene import FILES, NAME, TAG, VERSION, Scene, built_files
from troubles import Fault

BEFORE = "1.2.2"
"""The version in the tree for peers that raise it themselves."""

NOT_ON_MAIN = f"{TAG} is not on main"

RUN_SH = """#!/bin/sh
set -eu
{first}
tag=v$(sed -n 's/^version = "\\(.*\\)"$/\\1/p' pyproject.toml)
git push origin main "$tag"
gh release create "$tag" --title "$tag" --generate-notes --verify-tag
"""


# --- peers -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Peer:
    """`prepare` makes its world out of the one of `story`; `command` is what is run, twice."""

    name: str
    parts: frozenset[str]
    command: Callable[[Stage], list[str]]
    packages: tuple[str, ...] = ()
    prepare: Callable[[Stage], object] = lambda stage: None
    story: str = "release"
    own_workflow: bool = False
    ours: bool = False
    new_clone: bool = False


@dataclass
class Stage(Scene):
    """The scene of a peer."""

    peer: Peer | None = None
    scripts: Path | None = None
    before: frozenset[str] = frozenset()

    def __enter__(self):
        super().__enter__()
        if self.scripts:
            self.environ["PATH"] = f"{self.scripts}{os.pathsep}{self.environ['PATH']}"
        if not self.peer.own_workflow:
            self.world.workflows.deaf = True
        self.peer.prepare(self)
        self.world.workflows.forget_pushes()
        self.commit = self.world.git("rev-parse", "HEAD")
        self.before = frozenset(self.tags())
        return self

    def start(self, *arguments, yes=True):
        """Override: the peer's command instead of ours."""
        child = subprocess.Popen(
            self.peer.command(self),
            cwd=self.world.clone,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        (self.folder / "pid").write_text(str(child.pid))
        return child

    def change(self, edit, **files):
        """Commit the project with its pyproject.toml changed by `edit`, and other files."""
        text = edit((self.world.clone / "pyproject.toml").read_text(encoding="utf-8"))
        named = {name.replace("__", "."): content for name, content in files.items()}
        self.world.commit("Prepare the project", {"pyproject.toml": text, **named})

    def clone_anew(self):
        """What the next job of a workflow would find."""
        shutil.rmtree(self.world.clone)
        self.world.git("clone", "--quiet", self.world.address, str(self.world.clone), cwd=self.folder)  # fmt: skip

    def new_tags(self):
        return {name: sha for name, sha in self.tags().items() if name not in self.before}

    def reached(self):
        """Override: what of the end state is missing, of the peer's own part."""
        wrong = []
        if "tag" in self.peer.parts:
            tags = self.new_tags()
            if set(tags) != {f"refs/tags/{TAG}"}:
                wrong.append(f"tags: {sorted(tags)}")
            else:
                wrong += self.wrong_commit()
        releases = [(release.tag, release.draft) for release in self.world.github.releases]
        if "release" in self.peer.parts and releases != [(TAG, False)]:
            wrong.append(f"GitHub releases: {releases}")
        if "files" in self.peer.parts and sorted(self.files()) != sorted(FILES):
            wrong.append(f"files on the index: {sorted(self.files())}")
        return wrong

    def unkept(self):
        """What a claim of success would be false without: a branch that lacks the commit of the
        tag is not the undisturbed end, but who says "released" has not lied.
        """
        return [one for one in self.reached() if one != NOT_ON_MAIN]

    def wrong_commit(self):
        """The tag has to be on the branch, at a commit with the version in it."""
        remote = self.world.remote
        if f'version = "{VERSION}"' not in self.world.git("show", f"{TAG}:pyproject.toml", cwd=remote):  # fmt: skip
            return [f"the commit of {TAG} has another version"]
        on = self.world.git("branch", "--contains", TAG, "--format=%(refname)", cwd=remote)
        return [] if "refs/heads/main" in on.split() else [NOT_ON_MAIN]

    def doubled(self):
        wrong = []
        if set(self.files()) - FILES:
            wrong.append(f"files on the index: {sorted(self.files())}")
        if len(self.world.github.releases) > 1:
            wrong.append(f"{len(self.world.github.releases)} GitHub releases")
        if len(self.new_tags()) > 1:
            wrong.append(f"tags: {sorted(self.new_tags())}")
        return wrong

    def another(self):
        """The tag of another version that was released whole instead; saying so is no lie."""
        for name in self.new_tags():
            tag = name.removeprefix("refs/tags/")
            released = any(one.tag == tag and not one.draft for one in self.world.github.releases)
            uploaded = any(f"-{tag.removeprefix('v')}" in name for name in self.files())
            if (
                tag != TAG
                and (released or "release" not in self.peer.parts)
                and (uploaded or "files" not in self.peer.parts)
            ):
                return tag
        return ""


def older(text):
    return text.replace(f'version = "{VERSION}"', f'version = "{BEFORE}"')


def with_dist(stage):
    """The files that are to be uploaded, built once for all peers."""
    leave_out(stage.world.clone, "/dist/")
    dist = stage.world.clone / "dist"
    dist.mkdir()
    for path in built_files():
        shutil.copy(path, dist)


def legacy(stage):
    return f"{stage.world.index.url}legacy/"


def token(stage):
    return stage.environ["TWINE_PASSWORD"]


def twine_upload(stage):
    files = sorted(path.name for path in (stage.world.clone / "dist").iterdir())
    command = ["twine", "upload", "--non-interactive", "--repository-url", legacy(stage)]
    return [*command, *(f"dist/{name}" for name in files)]


def uv_publish(stage):
    stage.environ["UV_PUBLISH_TOKEN"] = token(stage)
    return ["uv", "publish", "--publish-url", legacy(stage)]


def hatch_publish(stage):
    with_dist(stage)
    stage.environ.update(
        HATCH_INDEX_USER="__token__", HATCH_INDEX_AUTH=token(stage), HATCH_INDEX_REPO=legacy(stage)
    )


def poetry_publish(stage):
    with_dist(stage)
    stage.environ.update(
        POETRY_REPOSITORIES_STANDIN_URL=legacy(stage), POETRY_PYPI_TOKEN_STANDIN=token(stage)
    )


def flit_publish(stage):
    leave_out(stage.world.clone, "/dist/")
    stage.change(
        lambda text: text.replace("requires = []", 'requires = ["flit_core >=3.12,<5"]')
        .replace('build-backend = "tiny_backend"\nbackend-path = ["."]', 'build-backend = "flit_core.buildapi"')
        + '\n[tool.flit.module]\nname = "tiny_demo"\n'
    )  # fmt: skip
    stage.environ.update(
        FLIT_INDEX_URL=legacy(stage), FLIT_USERNAME="__token__", FLIT_PASSWORD=token(stage)
    )


def zest_releaser(stage):
    stage.environ.update(
        TWINE_REPOSITORY_URL=legacy(stage),
        TWINE_USERNAME="__token__",
        TWINE_PASSWORD=stage.world.index.token("you"),
    )
    stage.change(
        lambda text: (
            text.replace(f'version = "{VERSION}"', f'version = "{VERSION}.dev0"')
            + '\n[tool.zest-releaser]\ntag-format = "v{version}"\n'
        ),
        CHANGELOG__md=f"# Changelog\n\n## {VERSION} (unreleased)\n\n- Says hello.\n",
    )


def tbump(stage):
    stage.change(
        older,
        tbump__toml=f"""[version]
current = "{BEFORE}"
regex = '''(?P<major>\\d+)\\.(?P<minor>\\d+)\\.(?P<patch>\\d+)'''

[git]
message_template = "Bump to {{new_version}}"
tag_template = "v{{new_version}}"

[[file]]
src = "pyproject.toml"
search = 'version = "{{current_version}}"'

[[after_push]]
name = "GitHub release"
cmd = "gh release create v{{new_version}} --title v{{new_version}} --generate-notes --verify-tag"
""",
    )


def bump_my_version(stage):
    config = f"""[tool.bumpversion]
current_version = "{BEFORE}"
commit = true
tag = true
tag_name = "v{{new_version}}"

[[tool.bumpversion.files]]
filename = "pyproject.toml"
search = 'version = "{{current_version}}"'
replace = 'version = "{{new_version}}"'
"""
    stage.change(older)
    stage.world.commit("Configure", {".bumpversion.toml": config})


def semantic_release(stage):
    """Its GitHub is spoken to over TCP, below /api/v3, as that of a GitHub of one's own."""
    stage.change(older)
    stage.world.git("tag", f"v{BEFORE}")
    stage.world.git("push", "--quiet", "origin", f"v{BEFORE}")
    socket_side = stage.world.github._server.application

    def application(environ, start_response):
        path = environ["PATH_INFO"].removeprefix("/api/v3")
        return socket_side({**environ, "PATH_INFO": path}, start_response)

    server = Server(application)
    server.start()
    stage.tidy.append(server.stop)
    address = f"http://127.0.0.1:{server.port}"
    stage.environ["GITHUB_REPOSITORY"] = f"you/{NAME}"
    stage.environ["GIT_COMMIT_AUTHOR"] = "you <you@users.noreply.github.com>"
    config = f"""
[tool.semantic_release]
version_toml = ["pyproject.toml:project.version"]

[tool.semantic_release.remote]
domain = "{address}"
api_domain = "{address}"
insecure = true
ignore_token_for_push = true
"""
    text = (stage.world.clone / "pyproject.toml").read_text(encoding="utf-8")
    stage.world.commit("fix: say hello", {"pyproject.toml": text + config})


def ours(stage):
    command = [sys.executable, str(Path(__file__).parents[1] / "world" / "operation.py")]
    return [*command, stage.story, "--no-smoke", "--index", stage.address, "--yes"]


def words(text):
    """A command line that is the same in every world."""
    return lambda _: text.split()


def script(first):
    """A maintainer's script: `first` makes the tag, then push and GitHub release, by the version
    that is in pyproject.toml then.
    """

    def command(stage):
        path = stage.folder / "release.sh"
        path.write_text(RUN_SH.format(first=first), encoding="utf-8")
        return ["sh", str(path)]

    return command


FILES_ONLY = frozenset({"files"})
TO_GITHUB = frozenset({"tag", "release"})

PEERS = (
    Peer("nox -s first-upload", FILES_ONLY, ours, story="first-upload", ours=True),
    Peer("twine upload", FILES_ONLY, twine_upload, ("twine",), with_dist, "first-upload"),
    Peer("uv publish", FILES_ONLY, uv_publish, ("uv",), with_dist, "first-upload"),
    Peer("hatch publish", FILES_ONLY, words("hatch publish --no-prompt"), ("hatch",), hatch_publish, "first-upload"),
    Peer("poetry publish", FILES_ONLY, words("poetry publish --no-interaction --repository standin"), ("poetry",), poetry_publish, "first-upload"),
    Peer("flit publish", FILES_ONLY, words("flit publish"), ("flit",), flit_publish, "first-upload"),
    Peer("nox -s release", TO_GITHUB | FILES_ONLY, ours, own_workflow=True, ours=True),
    Peer("zest.releaser", FILES_ONLY | {"tag"}, words("fullrelease --no-input"), ("zest.releaser",), zest_releaser),
    Peer("tbump + gh", TO_GITHUB, words(f"tbump {VERSION} --non-interactive"), ("tbump",), tbump),
    Peer("python-semantic-release", TO_GITHUB, words("semantic-release version"), ("python-semantic-release",), semantic_release),
    Peer("semantic-release, new clone", TO_GITHUB, words("semantic-release version"), ("python-semantic-release",), semantic_release, new_clone=True),
    Peer("bump-my-version patch + gh", TO_GITHUB, script("bump-my-version bump patch"), ("bump-my-version",), bump_my_version),
    Peer("bump-my-version =1.2.3 + gh", TO_GITHUB, script(f"bump-my-version bump --new-version {VERSION} patch"), ("bump-my-version",), bump_my_version),
    Peer("git tag + gh", TO_GITHUB, script(f"git tag -a {TAG} -m {TAG}")),
)  # fmt: skip


# --- faults ----------------------------------------------------------------------------------------


def strike_by_hook(where, name, before, condition=":"):
    """SIGKILL out of a git hook, once; where it comes before, git is stopped from going on."""

    def arrange(stage):
        repository = stage.world.remote if where == "remote" else stage.world.clone / ".git"
        once = stage.folder / "struck"
        end = "exit 1" if before else "exit 0"
        script = (
            f"{condition} || exit 0\nif [ ! -e {shlex.quote(str(once))} ]; then\n"
            f"  touch {shlex.quote(str(once))}; kill -9 $PID; sleep 0.3; {end}\nfi"
        )
        stage.hook(repository, name, script)

    return arrange


def tag_condition(state):
    return f'[ "$1" = {state} ] && grep -q refs/tags/'


def strike_at_github(before):
    def arrange(stage):
        faults = stage.world.github.faults
        if before:
            faults.before("/repos/*/releases", stage.strike(9), method="POST")
            faults.arrange(Fault(kind="refuse", endpoint="/repos/*/releases", method="POST"))
        else:
            faults.after("/repos/*/releases", stage.strike(9), method="POST")

    return arrange


def strike_between_files(stage):
    """The second file arrives, and its sender is killed before anything was done with it."""
    faults = stage.world.index.faults
    faults.before("/legacy/", stage.strike(9), method="POST", skip=1)
    if not stage.peer.own_workflow:  # there the workflow is the sender, and that goes on
        faults.arrange(Fault(kind="refuse", endpoint="/legacy/", method="POST", skip=1))


def at_upload(**kind):
    def arrange(stage):
        stage.world.index.faults.arrange(Fault(endpoint="/legacy/", method="POST", **kind))

    return arrange


@dataclass(frozen=True)
class Trouble:
    """One fault; it is asked of the peers that do `part`."""

    name: str
    title: str
    part: str
    arrange: Callable[[Stage], object]
    mend: Callable[[Stage], object] = lambda stage: None

    def met(self, stage, status):
        """Whether the first run ran into it at all."""
        if self.title.startswith("killed"):
            return status == -signal.SIGKILL
        uploads = len(stage.world.index.faults.requests("/legacy/", "POST"))
        return {"lost": uploads >= 1, "503": uploads >= 2}.get(self.name, True)


TROUBLES = (
    Trouble("tag-", "killed before the tag", "tag", strike_by_hook("clone", "reference-transaction", True, tag_condition("prepared"))),
    Trouble("tag+", "killed after the tag", "tag", strike_by_hook("clone", "reference-transaction", False, tag_condition("committed"))),
    Trouble("push-", "killed before the push", "tag", strike_by_hook("remote", "pre-receive", True)),
    Trouble("push+", "killed after the push", "tag", strike_by_hook("remote", "post-receive", False)),
    Trouble("gh-", "killed before the GitHub release", "release", strike_at_github(True)),
    Trouble("gh+", "killed after the GitHub release", "release", strike_at_github(False)),
    Trouble("mid", "killed between two files", "files", strike_between_files),
    Trouble("lost", "first file stored, reply lost", "files", at_upload(kind="lost-reply")),
    Trouble("503", "second file answered once with 503", "files", at_upload(kind="status", status=503, skip=1)),
    Trouble("down", "index refuses connections", "files", lambda stage: stage.world.index.stop(), lambda stage: stage.world.index.start()),
)  # fmt: skip


# --- judging ---------------------------------------------------------------------------------------


@dataclass
class Verdict:
    """What came of one peer with one fault."""

    peer: Peer
    trouble: Trouble
    false_success: str = ""
    unreached: str = ""
    second_status: int = 0
    doubled: str = ""
    another: str = ""
    alone: bool = False
    broken: str = ""
    said: str = ""
    transcript: str = ""
    seconds: float = 0.0

    @property
    def word(self):
        if self.broken:
            return "?"
        if self.doubled:
            return "DOUBLE"
        if self.false_success:
            return "FALSE"
        if self.another:
            return "another"
        if self.unreached:
            return "stays"
        if self.alone:
            return "itself"
        return "there" if self.second_status else "converges"


def in_a_world(peer, scripts, play):
    """Call `play` with the stage of `peer` in a new world."""
    folder = Path(tempfile.mkdtemp(prefix="nr-"))
    try:
        with Stage(folder / "w", peer.story, peer=peer, scripts=scripts) as stage:
            return play(stage)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def once(stage):
    outcome = stage.run()
    if stage.peer.own_workflow:
        stage.world.workflows.wait(30)
    return outcome


def last_line(outcome):
    lines = [line.strip(" │╭╰─") for line in outcome.output.splitlines()]
    return next((line for line in reversed(lines) if line), "")[:200]


def undisturbed(peer, scripts):
    """Why the peer does not succeed without a fault; nothing when it does. And what it printed."""

    def play(stage):
        outcome = once(stage)
        missing = stage.reached() + stage.doubled()
        if outcome.status:
            missing.insert(0, f"exit {outcome.status}: {last_line(outcome)}")
        return "; ".join(missing), outcome.output

    return in_a_world(peer, scripts, play)


def judge(peer, scripts, trouble):
    verdict = Verdict(peer, trouble)
    started = time.monotonic()

    def play(stage):
        run_twice(stage)
        if mistakes := stage.world.mistakes():
            verdict.broken = mistakes[0].splitlines()[-1]

    def run_twice(stage):
        trouble.arrange(stage)
        first = once(stage)
        if not trouble.met(stage, first.status):
            verdict.broken = f"the fault did not come about (exit {first.status})"
        verdict.transcript = f"--- first run: {first.status}\n{first.output}"
        if first.status == 0 and (unkept := stage.unkept()) and not stage.another():
            verdict.false_success = f"first run: {unkept}"
        verdict.doubled = "; ".join(stage.doubled())
        stage.clear_faults()
        trouble.mend(stage)
        if peer.new_clone:
            stage.clone_anew()
        if first.status == 0 and not stage.reached():
            verdict.alone = True
            return
        again = once(stage)
        verdict.transcript += f"\n--- second run: {again.status}\n{again.output}"
        missing = stage.reached()
        verdict.another = stage.another()
        if again.status == 0 and (unkept := stage.unkept()) and not verdict.another:
            verdict.false_success = verdict.false_success or f"second run: {unkept}"
        verdict.unreached = "; ".join(missing)
        verdict.second_status = again.status
        verdict.doubled = verdict.doubled or "; ".join(stage.doubled())
        verdict.said = last_line(again)

    try:
        in_a_world(peer, scripts, play)
    except Exception as error:  # noqa: BLE001 - one cell must not take the table down
        verdict.broken = f"{type(error).__name__}: {error}"
    verdict.seconds = time.monotonic() - started
    return verdict


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def installed(peer, folder):
    """The scripts of the peer's own environment and what is in it; for ours none is needed."""
    if not peer.packages:
        return None, ""
    runner = Runner(environ=dict(os.environ))
    directory = Path(tempfile.mkdtemp(dir=folder)) / "environment"
    environment = fresh_environment(directory, runner)
    environment.install(*peer.packages)
    code = f"from importlib.metadata import version; print(version({peer.packages[0]!r}))"
    return environment.scripts, environment.run_python(code).stdout.strip()


def try_peer(peer, folder, options):
    """The verdicts on one peer, its version, and why it was not run."""
    try:
        scripts, version = installed(peer, folder)
        reason, output = undisturbed(peer, scripts)
    except Exception as error:  # noqa: BLE001 - a peer that cannot be had is a row of the table
        return [], "", f"{type(error).__name__}: {error}"
    if reason:
        if options.verbose:
            say(output)
        return [], version, reason
    verdicts = []
    for trouble in TROUBLES:
        if trouble.part in peer.parts and options.fault in ("", trouble.name):
            verdict = judge(peer, scripts, trouble)
            why = verdict.broken or verdict.doubled or verdict.false_success or verdict.unreached
            status = f"second run: exit {verdict.second_status}: {verdict.said}"
            say(f"{verdict.seconds:5.1f} s  {peer.name}: {trouble.title}: {verdict.word}  {why}")
            if verdict.word not in ("itself", "converges"):
                say(f"         {status}")
                if options.verbose:
                    say(verdict.transcript)
            verdicts.append(verdict)
    return verdicts, version, ""


def row(name, verdicts):
    found = {verdict.trouble.name: verdict.word for verdict in verdicts}
    return counted(name, " ".join(f"{found.get(one.name, '·'):<9}" for one in TROUBLES), verdicts)


def counted(name, cells, verdicts):
    judged = [verdict for verdict in verdicts if not verdict.broken]
    honest = sum(not verdict.false_success for verdict in judged)
    converged = sum(verdict.word in ("itself", "converges") for verdict in judged)
    single = sum(not verdict.doubled for verdict in judged)
    return f"{name:<35} {cells} {len(judged):>5} {honest:>4} {converged:>4} {single:>4}"


def main():
    parser = argparse.ArgumentParser(description="Put other release tools through the faults.")
    parser.add_argument("--only", default="", help="peers whose name contains this")
    parser.add_argument("--fault", default="", choices=["", *(one.name for one in TROUBLES)])
    parser.add_argument("--verbose", action="store_true", help="show what the runs printed")
    options = parser.parse_args()
    if sys.platform == "win32":
        say("gh needs a Unix socket to be led to the stand-in: nothing to run here.")
        return 0
    started = time.monotonic()
    rows, left_out, all_verdicts = [], [], []
    with tempfile.TemporaryDirectory(prefix="nr-peers-") as folder:
        for peer in PEERS:
            if options.only in peer.name:
                verdicts, version, reason = try_peer(peer, Path(folder), options)
                title = f"{peer.name} {version}".strip()
                all_verdicts += verdicts
                if reason:
                    left_out.append(f"not run: {title}: without a fault already: {reason}")
                else:
                    rows.append(row(title, verdicts))
    heads = " ".join(f"{trouble.name:<9}" for trouble in TROUBLES)
    say(f"\n{'':<35} {heads} {'cells':>5} {'(a)':>4} {'(b)':>4} {'(c)':>4}")
    for line in [*rows, *left_out]:
        say(line)
    blank = " " * len(heads)
    for name, own, releasing in (
        ("nox-release, both", True, None),
        ("other uploads", False, False),
        ("other releases", False, True),
    ):
        counting = [
            one
            for one in all_verdicts
            if one.peer.ours is own and releasing in (None, "tag" in one.peer.parts)
        ]
        say(counted(name, blank, counting))
    say("")
    for trouble in TROUBLES:
        say(f"{trouble.name:<6} {trouble.title}")
    say(
        "(a) no false success, (b) one run, or one plain re-run, gets there and exits with 0, (c) one tag, one "
        f"GitHub release, one set of files; · not its part; {time.monotonic() - started:.0f} s"
    )
    broken = [verdict for verdict in all_verdicts if verdict.broken]
    for verdict in broken:
        say(f"not judged: {verdict.peer.name}: {verdict.trouble.title}: {verdict.broken}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
