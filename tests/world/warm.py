"""Programs in Python as processes of their own, forked from one that has loaded their modules.

Loading takes longer than most of what tests have them do. They have their own arguments, folder,
environment, streams, session and end, as `python -m` has them.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path

_LENGTH = 8
_LOADED = ("twine.cli", "twine.commands.upload", "twine.commands.check", "httpx", "ruamel.yaml")
_LEFT_OUT = ("nox_release.rehearsal", "nox_release.diagnosis.catalogue")
_STARTING = threading.Lock()


def run(module, *arguments, cwd, environ, text=""):
    """What `python -m module` with these arguments says, and how it ends."""
    if sys.platform != "linux":  # without fork, or not safely with what is loaded
        return subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=cwd, env=environ, input=text,
            capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
    request = json.dumps(
        {"argv": [module, *map(str, arguments)], "cwd": str(cwd), "environ": dict(environ)}
    ).encode()
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        socket.socket(socket.AF_UNIX) as connection,
    ):
        given.write(text.encode())
        given.seek(0)
        connection.connect(_server())
        streams = [given.fileno(), out.fileno(), err.fileno()]
        socket.send_fds(connection, [len(request).to_bytes(_LENGTH, "big")], streams)
        connection.sendall(request)
        status = int(connection.makefile("rb").read() or b"1")
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read().decode("utf-8", errors="replace"))
    return subprocess.CompletedProcess([module, *arguments], status, *said)


def _server():
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
    request = json.loads(connection.makefile("rb").read(int.from_bytes(length, "big")))
    pid = os.fork()
    if not pid:
        connection.close()
        return _become(request, streams)
    _, ended = os.waitpid(pid, 0)
    connection.sendall(str(os.waitstatus_to_exitcode(ended)).encode())
    os._exit(0)


def _become(request, streams):
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - they stay
        for number, mode in enumerate(("r", "w", "w"))
    )
    sys.argv = request["argv"]
    status = 0
    try:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - as Python ends with it
        traceback.print_exc()
        status = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(status)  # without taking down what was loaded for everybody


if __name__ == "__main__":
    del sys.path[0]  # as with -P: nothing of the tests is in sight
    _serve(sys.argv[1])
