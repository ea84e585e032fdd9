"""Programs in Python as processes of their own, forked from one that has loaded their modules.

Loading takes longer than most of what tests have them do. They have their own arguments, folder,
environment, streams, session and end, as `python -m` has them.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import marshal
import os
import pkgutil
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings
from pathlib import Path

_LENGTH = 8
_LOADED = (
    *("twine.cli", "twine.commands.upload", "twine.commands.check", "httpx", "ruamel.yaml"),
    *("nox", "nox.sessions"),
)
_LEFT_OUT = ("nox_release.rehearsal", "nox_release.diagnosis.catalogue")
_STARTING = threading.Lock()
_SERVING_AT: list[str] = []  # in the server itself and in its forks: its socket


def run(module, *arguments, cwd, environ, text=""):
    """What `python -m module` with these arguments says, and how it ends."""
    return subprocess.run(
        command("-m", module, *arguments), cwd=cwd, env=environ, input=text,
        capture_output=True, text=True, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip


def command(*arguments):
    """The command that does what `python -m module …` and `python -c code …` do."""
    if sys.platform != "linux":  # without fork, or not safely with what is loaded
        return [sys.executable, *arguments]
    return [sys.executable, "-I", "-S", "-c", _CALLER, _server(), *map(str, arguments)]


def instead_of(argv):
    """What to start in place of this command: a fork, where it is a twine of this interpreter."""
    if argv[0] == sys.executable:
        rest = argv[2:] if argv[1] == "-I" else argv[1:]
        if rest[:2] == ("-m", "twine") or (rest[0] == "-c" and "import twine" in rest[1]):
            return tuple(command(*rest))
    return argv


# Hands its streams, folder, environment and arguments over, and ends as what it asked for ends.
_CALLER = """
import _socket, marshal, os, sys
connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
connection.connect(sys.argv[1])
request = marshal.dumps((sys.argv[2:], os.getcwd(), dict(os.environ)))
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
connection.sendmsg([len(request).to_bytes(8, "big")],
                   [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
connection.sendall(request)
os.close(0)  # whoever writes into it has to notice when nobody reads on
os.close(1), os.close(2)
os._exit(int(connection.recv(8) or b"1"))
"""


def _server():
    if _SERVING_AT:
        return _SERVING_AT[0]
    with _STARTING:
        return _started()


@functools.cache
def _started():
    folder = Path(tempfile.mkdtemp(prefix="nr-warm-", dir="/tmp"))  # a socket's path is short
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = str(folder / "socket")
    child = subprocess.Popen(
        [sys.executable, __file__, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    atexit.register(_end, child)
    child.stdout.read(1)
    return path


def _end(child):
    child.stdin.close()
    child.stdout.close()
    child.wait()


def _serve(path):
    _SERVING_AT.append(path)  # for what its forks start
    for name in _LOADED:
        importlib.import_module(name)
    package = importlib.import_module("nox_release")
    for module in pkgutil.walk_packages(package.__path__, "nox_release."):
        if not module.name.startswith(_LEFT_OUT) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        os.write(1, b".")
        threading.Thread(target=_end_with_standard_input, daemon=True).start()
        while True:
            connection, _ = listener.accept()
            if not os.fork():
                listener.close()
                return _answer(connection)
            connection.close()


def _end_with_standard_input():
    os.read(0, 1)
    os._exit(0)


def _answer(connection):
    """In the child: start what is asked for in one of its own, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, streams, _, _ = socket.recv_fds(connection, _LENGTH, 3)
    request = marshal.loads(connection.makefile("rb").read(int.from_bytes(length, "big")))
    pid = os.fork()
    if not pid:
        connection.close()
        return _become(*request, streams)
    for stream in streams:
        os.close(stream)
    ended = os.pidfd_open(pid)
    ready, _, _ = select.select([ended, connection], [], [])
    if ended not in ready:  # whoever asked was ended
        os.killpg(pid, signal.SIGTERM)
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(OSError):
        connection.sendall(str(os.waitstatus_to_exitcode(status) % 256).encode())
    os._exit(0)


def _become(arguments, folder, environ, streams):
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    tempfile.tempdir = None
    if environ.get("PYTHONWARNINGS") == "ignore":
        warnings.simplefilter("ignore")
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - they stay
        for number, mode in enumerate(("r", "w", "w"))
    )
    kind, what, *rest = arguments
    if what in ("nox", "nox_release"):
        _start_twine_so_too()
    sys.argv = [what if kind == "-m" else "-c", *rest]
    status = 0
    try:
        if kind == "-m":
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        else:
            exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - as Python ends with it
        traceback.print_exc()
        status = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(status)  # without taking down what was loaded for everybody


def _start_twine_so_too():
    runner = sys.modules["nox_release.edges.process"].Runner
    start = runner._start
    runner._start = lambda self, argv, *given, **options: start(
        self, instead_of(argv), *given, **options
    )


if __name__ == "__main__":
    del sys.path[0]  # as with -P: nothing of the tests is in sight
    _serve(sys.argv[1])
