"""What a signal that ends this program leaves behind: nothing that runs, one line, its status."""

import http.server
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are a Unix thing")

PYPROJECT = """\
[project]
name = "slow"
version = "1.0"

[build-system]
requires = []
build-backend = "slow"
backend-path = ["."]
"""
# A backend that says which process it is, and then takes its time.
BACKEND = """\
import os, pathlib, time

def build_sdist(folder, settings=None):
    pathlib.Path(__file__).with_name("pid").write_text(str(os.getpid()))
    time.sleep(120)
"""


@pytest.fixture(autouse=True)
def hangups_count():
    """Where the tests themselves run below nohup, too."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (tmp_path / "slow.py").write_text(BACKEND, encoding="utf-8")
    (tmp_path / "noxfile.py").write_text(
        "import nox_release\n\nnox_release.register()\n", encoding="utf-8"
    )
    return tmp_path


def start(folder, *arguments, **more):
    child = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=more.pop("stdout", subprocess.PIPE),
        stderr=more.pop("stderr", subprocess.STDOUT),
        **more,
    )
    until = time.monotonic() + 60
    while not (folder / "pid").exists() or not (folder / "pid").read_text():
        assert child.poll() is None, child.stdout and child.stdout.read()
        assert time.monotonic() < until
        time.sleep(0.05)
    return child, int((folder / "pid").read_text())


def is_gone(pid):
    """Whether a process ends within a few seconds."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_sigterm_ends_what_runs_and_says_so_in_one_line(folder):
    child, backend = start(folder, "nox_release", "build")
    child.send_signal(signal.SIGTERM)
    output = child.communicate(timeout=30)[0].decode()
    assert child.returncode == 143
    assert is_gone(backend)
    assert output.count("Interrupted by SIGTERM.\n") == 1
    assert "Traceback" not in output


def test_below_nox_no_other_session_follows(folder):
    child, backend = start(folder, "nox", "-s", "build", "check-project", stderr=subprocess.PIPE)
    child.send_signal(signal.SIGTERM)
    output, log = child.communicate(timeout=30)
    assert child.returncode == 143
    assert is_gone(backend)
    assert b"Interrupted by SIGTERM" in output
    assert b"check-project" not in log
    assert b"Traceback" not in log


@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
def test_closing_the_terminal_ends_what_runs(folder, terminal):
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()

    def own_terminal():
        import fcntl
        import termios

        fcntl.ioctl(1, termios.TIOCSCTTY, 0)

    child, backend = start(
        folder,
        "nox_release",
        "build",
        stdout=follower,
        stderr=follower,
        env={**os.environ, "TERM": terminal},
        preexec_fn=own_terminal,
        start_new_session=True,
    )
    os.close(follower)
    os.close(leader)
    assert child.wait(timeout=30) == 129
    assert is_gone(backend)


def test_a_hangup_that_is_to_be_ignored_is(folder):
    """`nohup nox-release build`."""
    child, backend = start(
        folder,
        "nox_release",
        "build",
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    child.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(timeout=1)
    os.kill(backend, 0)
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=30)
    assert child.returncode == 143
    assert is_gone(backend)


def into_nobody(folder, *arguments):
    """Run a command whose output nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)


@pytest.mark.parametrize("arguments", [("build", "--verbose"), ("release", "--package", "nothing")])
def test_when_nobody_reads_the_output_it_ends_without_a_word(folder, arguments):
    """`nox-release build | head -1`, in the middle of the work or of saying why it failed."""
    ended = into_nobody(folder, "nox_release", *arguments)
    assert (ended.returncode, ended.stderr) == (141, "")


def test_when_nobody_reads_the_output_no_other_session_follows_below_nox(folder):
    ended = into_nobody(folder, "nox", "-s", "build", "check-project")
    assert ended.returncode == 141
    assert "check-project" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_ctrl_c_that_also_ends_whoever_reads_along_is_no_crash(folder):
    """`nox-release build | tee log`: the terminal tells both."""
    child, backend = start(folder, "nox_release", "build", stderr=subprocess.PIPE)
    child.stdout.close()
    child.send_signal(signal.SIGINT)
    with child.stderr:
        assert child.stderr.read() == b""
    assert child.wait(timeout=30) == 130
    assert is_gone(backend)


@pytest.fixture
def silence():
    """The address of an index that takes every question and answers none, and who has asked."""
    asked, over = threading.Event(), threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.set()
            over.wait(60)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket.setblocking(False)  # accepting never waits for a client that left
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", asked
    over.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.parametrize("program", [("nox_release",), ("nox", "-s")])
def test_an_index_that_does_not_answer_keeps_nobody_waiting(folder, silence, program, name, status):
    address, asked = silence
    more = ("--",) if program[0] == "nox" else ()
    child = subprocess.Popen(
        [sys.executable, "-m", *program, "check-project", *more, "--index", address],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert asked.wait(60)
    time.sleep(0.5)  # until whoever asked waits
    child.send_signal(getattr(signal, name))
    output = child.communicate(timeout=20)[0].decode()
    assert child.returncode == status
    assert output.count("Interrupted") == 1
