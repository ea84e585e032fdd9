"""In a real terminal: what is asked, what a no and Ctrl-C do, and how wide the screen is."""

import os
import re
import select
import subprocess
import sys
import time

import pytest

pty = pytest.importorskip("pty", reason="a pseudo terminal is a Unix thing")
pytestmark = pytest.mark.slow

COLUMNS = 80


class Terminal:
    """A program in a terminal of 80 columns."""

    def __init__(self, arguments, *, cwd, environ):
        import fcntl
        import struct
        import termios

        self.leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        self.child = subprocess.Popen(
            [sys.executable, "-m", "nox_release", *arguments],
            cwd=cwd,
            env={**environ, "TERM": "xterm-256color"},
            stdin=follower,
            stdout=follower,
            stderr=follower,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads yet
            start_new_session=True,
        )
        os.close(follower)
        self.screen = ""

    def read_until(self, text, seconds=60):
        until = time.monotonic() + seconds
        while text not in self.screen and time.monotonic() < until:
            ready, _, _ = select.select([self.leader], [], [], 0.1)
            try:
                chunk = os.read(self.leader, 65536) if ready else b""
            except OSError:  # the program has gone
                break
            self.screen += chunk.decode("utf-8", errors="replace")
        return text in self.screen

    def type(self, text):
        os.write(self.leader, text.encode())

    def end(self, seconds=60):
        self.read_until("\0never\0", seconds=seconds if self.child.poll() is None else 1)
        try:
            return self.child.wait(timeout=seconds)
        finally:
            self.child.kill()
            self.child.wait()
            os.close(self.leader)


@pytest.fixture
def ready(world):
    """Everything there for a release: project, publisher."""
    world.index.create_project("tiny-demo", owner="you")
    world.index.register_publisher(
        "tiny-demo", owner="you", repository="tiny-demo", workflow="publish.yml", environment="pypi"
    )
    return world


def release(world, *arguments):
    environ = {key: value for key, value in world.environ.items() if key != "NO_COLOR"}
    options = ["release", "--no-smoke", "--index", world.index.url, *arguments]
    return Terminal(options, cwd=world.clone, environ=environ)


def nothing_happened(world):
    return not world.github.releases and not world.git("tag", "--list", cwd=world.remote)


def plain(screen):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)


@pytest.mark.parametrize("answer", ["n\r", "\r", "perhaps\rn\r", "\x04"])
def test_anything_but_yes_leaves_everything_as_it_was(ready, answer):
    terminal = release(ready)
    assert terminal.read_until("[y/N]"), terminal.screen
    terminal.type(answer)
    assert terminal.end() == 1
    assert nothing_happened(ready)
    assert "Traceback" not in terminal.screen


def test_what_cannot_be_a_token_is_refused_where_it_is_typed(world):
    environ = {
        key: value
        for key, value in world.environ.items()
        if key != "NO_COLOR" and not key.startswith("TWINE_")
    }
    terminal = Terminal(
        ["first-upload", "--index", world.index.url], cwd=world.clone, environ=environ
    )
    assert terminal.read_until("to stop):"), terminal.screen
    terminal.type("hunter2\r")
    assert terminal.read_until("That is no API token"), terminal.screen
    while terminal.screen.count("to stop):") < 2:
        assert terminal.read_until("\0", seconds=0.2) is False
        assert terminal.child.poll() is None
    terminal.type("\r")
    assert terminal.end() == 1
    assert "hunter2" not in terminal.screen
    assert not world.index.has_project("tiny-demo")


def test_ctrl_c_at_the_prompt_leaves_everything_as_it_was(ready):
    terminal = release(ready)
    assert terminal.read_until("[y/N]"), terminal.screen
    # CPython sees a signal late that arrives just before it begins to read: people press again.
    while terminal.child.poll() is None and not terminal.read_until("Interrupted", seconds=3):
        terminal.type("\x03")
    assert terminal.end() == 130
    assert nothing_happened(ready)
    assert "Interrupted before anything was changed." in terminal.screen
    assert "Traceback" not in terminal.screen


def test_yes_releases_and_no_line_but_what_can_be_pasted_is_wider_than_the_terminal(ready):
    terminal = release(ready)
    assert terminal.read_until("[y/N]"), terminal.screen
    terminal.type("y\r")
    assert terminal.end() == 0, terminal.screen
    ready.workflows.wait()
    assert len(ready.github.releases) == 1
    lines = re.split(r"[\r\n]+", plain(terminal.screen))
    wrapped = [line for line in lines if not line.startswith("$ ") and "://" not in line]
    assert max(map(len, wrapped)) <= COLUMNS


def test_the_plan_is_shown_before_the_question_and_the_point_of_no_return_is_marked(ready):
    terminal = release(ready)
    assert terminal.read_until("[y/N]"), terminal.screen
    terminal.type("n\r")
    terminal.end()
    screen = plain(terminal.screen)
    positions = [screen.index(text) for text in ("Plan", "nothing is taken back", "[y/N]")]
    assert positions == sorted(positions)


WORDY = """\
import sys
import time

print("compiling the ninth file", flush=True)
time.sleep(0.5)
"""


def test_while_a_build_runs_its_newest_line_is_on_the_screen(ready):
    text = (ready.clone / "tiny_backend.py").read_text("utf-8")
    ready.commit("Talk", {"tiny_backend.py": f"{WORDY}\n{text}"})
    environ = {key: value for key, value in ready.environ.items() if key != "NO_COLOR"}
    terminal = Terminal(["build", "--no-smoke"], cwd=ready.clone, environ=environ)
    seen = terminal.read_until("compiling the ninth file")
    assert terminal.end() == 0
    assert seen
    assert re.search(r"Building tiny[-_]demo: \w[^\n]*: compiling the ninth", terminal.screen)
