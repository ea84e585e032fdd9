"""Planted secrets are looked for in every output, every file and every command line."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from troubles import Fault

pytestmark = pytest.mark.slow

PROC = Path("/proc")


class Watcher:
    """Collects the command lines of every process, for as long as it is entered."""

    def __init__(self):
        self.seen = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self._over.wait(0.01):
            for path in PROC.glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes())
                except OSError:  # the process is gone
                    continue

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


def run(world, operation, *arguments, environ=None):
    return subprocess.run(
        [
            *(sys.executable, "-m", "nox_release", operation, "--yes", "--no-smoke"),
            *("--index", world.index.url, *arguments),
        ],
        cwd=world.clone,
        env={**world.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def files_with(folder, secret):
    """Files below `folder` that contain the secret; the stand-ins' own memory is not on disk."""
    return [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and secret.encode() in path.read_bytes()
    ]


@pytest.mark.skipif(not PROC.is_dir(), reason="command lines are read from /proc")
def test_a_token_is_in_no_output_file_or_command_line(world):
    token = world.index.token("you")
    secrets = {token, token.removeprefix("pypi-"), world.environ["GH_TOKEN"]}
    credentials = {"TWINE_USERNAME": "__token__", "TWINE_PASSWORD": token}
    outputs = []
    with Watcher() as watcher:
        world.index.faults.arrange(
            Fault(
                kind="status",
                endpoint="/legacy/",
                status=403,
                body=f"Invalid token {token} for you",
            )
        )
        refused = run(world, "first-upload", environ=credentials)
        assert refused.returncode == 1
        uploaded = run(world, "first-upload", environ=credentials)
        assert uploaded.returncode == 0, uploaded.stdout
        world.commit("Next", {"tiny_demo/more.py": ""})
        released = run(world, "release", environ=credentials)
        outputs += [done.stdout + done.stderr for done in (refused, uploaded, released)]
    assert any(b"twine" in line for line in watcher.seen)
    for secret in secrets:
        assert not any(secret in output for output in outputs)
        assert not any(secret.encode() in line for line in watcher.seen)
        assert files_with(world.directory, secret) == []


def test_the_token_that_twine_gets_is_narrowed_to_the_project(world):
    wide = world.index.token("you")
    credentials = {"TWINE_USERNAME": "__token__", "TWINE_PASSWORD": wide}
    seen = []
    world.index.faults.before(
        "/legacy/", lambda: seen.extend(_environments(world, b"TWINE_PASSWORD=")), method="POST"
    )
    done = run(world, "first-upload", environ=credentials)
    assert done.returncode == 0, done.stdout
    if not PROC.is_dir():
        return
    narrowed = {value for value in seen if value != wide}
    assert narrowed, "twine got the wide token"
    assert all(len(value) > len(wide) for value in narrowed)
    assert "delete" in done.stdout.lower()


def _environments(world, name):
    """The values of a variable in the environments of the twines at work for this world's index."""
    for path in PROC.glob("[0-9]*/environ"):
        try:
            entries = path.read_bytes().split(b"\0")
            command = path.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if b"twine" in command and world.index.url.rstrip("/").encode() in command:
            yield from (e[len(name) :].decode() for e in entries if e.startswith(name))
