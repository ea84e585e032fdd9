"""A rehearsed world with a story to be told in it, and the command that tells it.

The faults of the matrix, the random kills and the races are all arranged in scenes; what came of
them is judged by `observer`, never by the product.
"""

from __future__ import annotations

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
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import observer
from disturbed import DisturbedWorld

HERE = Path(__file__).parent
PROJECT = HERE / "projects" / "tiny"
NAME, VERSION, TAG = "tiny-demo", "1.2.3", "v1.2.3"
WORKFLOW = ".github/workflows/publish.yml"
FILES = {"tiny_demo-1.2.3-py3-none-any.whl", "tiny_demo-1.2.3.tar.gz"}
SECONDS = 90
PACE = "20"
BOTH = ("release", "first-upload")


@functools.cache
def built_files(version=VERSION):
    """The project's own files, the wheel before the sdist, built once."""
    folder = Path(tempfile.mkdtemp(prefix="nr-built-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(PROJECT, folder / "source")
    declared = folder / "source" / "pyproject.toml"
    declared.write_text(declared.read_text().replace(VERSION, version))
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist", "source"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return sorted((folder / "dist").iterdir())


def platform_wheel(folder, platform):
    """The project's wheel as if it were made for one platform alone."""
    pure = built_files()[0]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / pure.name.replace("py3-none-any", platform)
    with zipfile.ZipFile(pure) as source, zipfile.ZipFile(target, "w") as copy:
        for member in source.infolist():
            data = source.read(member)
            if member.filename.endswith("/WHEEL"):
                data = data.replace(b"py3-none-any", platform.encode())
            copy.writestr(member.filename, data)
    return target


def repacked(path, folder):
    """A file of the same name and the same contents, with other bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
            for member in source.infolist():
                copy.writestr(member.filename, source.read(member))
        return target
    import gzip

    target.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1, mtime=5))
    return target


@dataclass
class Outcome:
    """How one run of the command ended."""

    status: int
    output: str


@dataclass
class Scene:
    """A world, the story that is told in it (`release` or `first-upload`), and the child that
    tells it.

    `artifacts` are what the workflow builds; `options` go with every run of the command.
    """

    folder: Path
    story: str
    world: DisturbedWorld = field(init=False)
    commit: str = field(init=False)
    environ: dict[str, str] = field(default_factory=dict)
    address: str = ""
    options: tuple[str, ...] = ("--no-smoke",)
    artifacts: tuple[Path, ...] = ()
    child: subprocess.Popen | None = None
    tidy: list = field(default_factory=list)
    seconds: int = SECONDS

    @property
    def command(self):
        return (self.story,)

    def __enter__(self):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.artifacts = self.artifacts or tuple(built_files())
        self.world = DisturbedWorld(
            self.folder, environ={**os.environ, "PATH": path}, repository=NAME
        )
        self.world.__enter__()
        self.seed()
        self.commit = self.world.git("rev-parse", "HEAD")
        index = self.world.index
        index.add_user("you")
        self.begin()
        self.world.workflows.forget_pushes()
        self.world.workflows.builder.build = self.build_on_the_runner
        self.environ = {**self.world.environ, "FAULTS_PACE": PACE, "FAULTS_CHILD": str(self.folder)}
        if self.story == "first-upload":
            self.environ["TWINE_PASSWORD"] = index.token("you")
            self.environ["TWINE_USERNAME"] = "__token__"
        self.address = index.url
        return self

    def seed(self):
        """The project's files, committed and pushed."""
        files = {
            file.relative_to(PROJECT).as_posix(): file.read_bytes()
            for file in PROJECT.rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        }
        self.world.seed(files=files)

    def begin(self):
        """What is there before the command runs for the first time."""
        if self.story == "release":
            index = self.world.index
            index.create_project(NAME, owner="you")
            index.register_publisher(
                NAME, owner="you", repository=NAME, workflow="publish.yml", environment="pypi"
            )

    def __exit__(self, *_):
        for call in reversed(self.tidy):
            call()
        self.world.__exit__(None, None, None)

    def build_on_the_runner(self, source, outdir):
        """What the build job makes: built once, since it is not what is disturbed here."""
        outdir.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copy(path, outdir)) for path in self.artifacts]

    # --- running the command -------------------------------------------------------------------

    def start(self, *arguments, yes=True):
        command = [sys.executable, str(HERE / "operation.py"), *self.command, *arguments]
        child = subprocess.Popen(
            [*command, *self.options, "--index", self.address, *(["--yes"] if yes else [])],
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
            output, _ = child.communicate(timeout=self.seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            output, _ = child.communicate()
            output += f"\n(it did not end within {self.seconds} s)"
        self.await_orphans()
        return Outcome(child.returncode, output)

    def descendants(self):
        """The process ids of the command and of whatever it started, runs of workflows apart."""
        mark = f"FAULTS_CHILD={self.folder}".encode()
        for entry in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in entry.read_bytes().split(b"\0"):
                    yield int(entry.parent.name)

    def await_orphans(self):
        """What a killed command had started goes on by itself: let it come to its end."""
        until = time.monotonic() + 20
        while any(self.descendants()) and time.monotonic() < until:
            time.sleep(0.05)  # polled: /proc announces nothing

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

    def cut_power(self):
        """Kill the command and everything that it started, at once."""
        for pid in tuple(self.descendants()):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

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

    def clear_faults(self):
        self.world.index.faults.clear()
        self.world.github.faults.clear()
        self.unhook()

    # --- what is there -------------------------------------------------------------------------

    def wanted(self, sent=None):
        """The end, as somebody knows it who arranged all of this. `sent` are the digests by name
        of what a first upload sent; of other files, those count that now lie in dist/.
        """
        if self.story == "release":
            return observer.Wanted(
                name=NAME,
                version=VERSION,
                bytes_of={path.name: observer.sha256(path) for path in self.artifacts},
                tag=TAG,
                commit=self.commit,
                workflow=WORKFLOW,
                publisher=(f"you/{NAME}", "publish.yml", "pypi"),
            )
        own = {name: self.world.clone / "dist" / name for name in FILES}
        lying = {name: observer.sha256(p) if p.is_file() else "" for name, p in own.items()}
        return observer.Wanted(name=NAME, version=VERSION, bytes_of=lying | (sent or {}))

    def missing(self, sent=None):
        return list(observer.missing(self.world, self.wanted(sent)))

    def doubled(self):
        return list(observer.doubled(self.world, self.wanted()))

    def has_moved_on(self):
        """Whether HEAD is not what was to be released at first."""
        return self.world.git("rev-parse", "HEAD") != self.commit

    def files(self):
        return self.world.index.filenames(NAME)

    def tags(self):
        return observer.tags(self.world)


def sent_by(outcome):
    """The digests, by name, of the files that a first upload showed before it asked."""
    return dict(
        re.findall(r"^(tiny_demo-\S+)  .*\n  sha256 ([0-9a-f]{64})$", outcome.output, re.MULTILINE)
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


@contextlib.contextmanager
def staged(story, **options):
    """A scene in a folder of its own, which is removed at the end."""
    from packages_scene import PackagesScene
    from prepared_scene import PREPARED, PreparedScene

    folder = Path(tempfile.mkdtemp(prefix="nr-"))
    made = PreparedScene if story in PREPARED else Scene
    made = PackagesScene if story == "packages" else made
    try:
        with made(folder / "w", story, **options) as scene:
            yield scene
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def later(seconds, call):
    """Have `call` run after some seconds, in a thread of its own."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
    return timer
