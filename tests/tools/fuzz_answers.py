"""Every field of every answer of index and GitHub, changed one at a time, before every command.

usage: python tests/tools/fuzz_answers.py [--each N] [--cases N] [--jobs N] [--only TEXT] [--verbose]

Each command runs once in a rehearsed world; what index and GitHub answered there is on record. Then
it runs again for each case, with one field of one of these answers replaced: by another type, by
nothing, by a number beyond all measure, by text that no program takes as an argument. Whatever the
command makes of that, it ends in time, without a traceback, and has changed nothing: a release is
asked about and not agreed to.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "world"))

from scene import Scene
from troubles import Fault

TESTS = Path(__file__).parents[1]
WORLD = TESTS / "world"
SECONDS = 60
MEMORY = 3_000_000_000

# What a field is replaced by, as JSON; "" takes the field away.
MUTATIONS = {
    "away": "",
    "null": "null",
    "number": "5",
    "negative": "-1",
    "fraction": "0.5",
    "infinite": "1e999",
    "not a number": "NaN",
    "five thousand digits": "9" * 5000,
    "four thousand digits": "9" * 4000,
    "true": "true",
    "empty text": '""',
    "text": '"\\u00e4 b/../c%00"',
    "option": '"--upload-pack=touch"',
    "nul": '"a\\u0000b"',
    "half a character": '"a\\ud800"',
    "control characters": '"\\u001b[31m\\r\\n\\u202e"',
    "long text": json.dumps("x" * 100_000),
    "long version": json.dumps("1" * 5000),
    "last moment": '"9999-12-31T23:59:59-23:59"',
    "list": "[]",
    "table": "{}",
    "list of lists": "[[]]",
    "list of null": "[null]",
    "table of tables": '{"a": {"b": {}}}',
    "deep": "[" * 5000 + "]" * 5000,
}


@dataclass(frozen=True)
class Case:
    """One command before one changed answer."""

    command: str
    endpoint: str
    path: tuple[str | int, ...]
    mutation: str

    @property
    def title(self):
        endpoint = re.sub(r"[0-9a-f]{40}|\d{6,}", "N", self.endpoint)  # which differ each time
        place = ".".join(map(str, self.path)) or "(all)"
        return f"{self.command}: {endpoint}: {place}: {self.mutation}"

    @property
    def order(self):
        return hashlib.sha256(self.title.encode()).hexdigest()


@dataclass
class Lying:
    """What stands between a stand-in and who asks it: keeps the answers, or changes one."""

    seen: dict = field(default_factory=dict)
    case: Case | None = None
    changed: int = 0

    def wrapped(self, application):
        def answer(environ, start_response):
            environ.pop("HTTP_ACCEPT_ENCODING", None)
            head = []
            body = b"".join(application(environ, lambda *said: head.append(said)))
            status, headers = head[0][:2]
            document = None
            with contextlib.suppress(ValueError):
                document = json.loads(body)
            endpoint = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
            if isinstance(document, dict | list):
                if self.case is None:
                    self.seen.setdefault(endpoint, document)
                elif self.case.endpoint == endpoint:
                    body = changed(document, self.case.path, MUTATIONS[self.case.mutation])
                    self.changed += 1
                    dropped = ("content-length", "etag")
                    headers = [one for one in headers if one[0].lower() not in dropped]
            start_response(status, headers)
            return [body]

        return answer


def fields(document, path=()):
    """The place of every field; of a list, of its first entry alone."""
    yield path
    inside = document.items() if isinstance(document, dict) else ()
    if isinstance(document, list):
        inside = list(enumerate(document[:1]))
    for key, value in inside:
        yield from fields(value, (*path, key))


def changed(document, path, text):
    """The document as bytes, with `text` at `path`."""
    mark = "b1946ac92492d2347c6235b4d2611184"
    if not path:
        return text.encode()
    copied = json.loads(json.dumps(document))
    around = copied
    for key in path[:-1]:
        around = around[key]
    if not text:
        del around[path[-1]]
        return json.dumps(copied).encode()
    around[path[-1]] = mark
    return json.dumps(copied).replace(f'"{mark}"', text).encode()


# --- the worlds and the commands --------------------------------------------------------------------

NEW = ("new", "release")
DONE = ("done", "release")
FAILED = ("failed", "release")
FIRST = ("new", "first-upload")
HALF = ("half", "first-upload")
COMMANDS = {
    "check-project, nothing there": (FIRST, ("check-project",)),
    "check-project, before a release": (NEW, ("check-project",)),
    "check-project, after a release": (DONE, ("check-project",)),
    "check-project, after a failure": (FAILED, ("check-project",)),
    "release": (NEW, ("release", "--no-smoke", "--no-verify-build")),
    "release, all done": (DONE, ("release", "--yes", "--no-smoke")),
    "release, failed": (FAILED, ("release", "--no-smoke", "--no-verify-build")),
    "first-upload": (FIRST, ("first-upload", "--no-smoke")),
    "first-upload, half done": (HALF, ("first-upload", "--no-smoke")),
    "first-upload, pending": (FIRST, ("first-upload", "--pending-publisher")),
    "diagnose": (FAILED, ("diagnose",)),
}


class Stage:
    """One world in one state, with somebody who changes its answers."""

    def __init__(self, folder, state, story):
        self.scene = Scene(folder, story)
        self.state = state
        self.lying = Lying()

    def __enter__(self):
        scene = self.scene.__enter__()
        scene.environ["FAULTS_PACE"] = "200"
        if self.state == "half":
            fault = Fault(kind="status", status=503, endpoint="/legacy/", method="POST", skip=1)
            scene.world.index.faults.arrange(fault)
            scene.run()
        if self.state == "failed":
            fault = Fault(kind="status", status=403, endpoint="/legacy/", method="POST", times=None)
            scene.world.index.faults.arrange(fault)
        if self.state in ("done", "failed"):
            scene.run("--no-verify-build")
            scene.world.workflows.wait(30)
        scene.world.index.faults.clear()
        servers = (scene.world.index.server, scene.world.github._server)
        for server in servers:
            server.application = self.lying.wrapped(server.application)
        return self

    def __exit__(self, *_):
        self.scene.__exit__()

    def run(self, arguments, case=None):
        """Exit code, output and seconds; an exit code of `None` is one that never came."""
        self.lying.case = case
        self.lying.changed = 0
        output = self.scene.folder / f"output-{threading.get_ident()}"
        given = [*arguments]
        if arguments[0] != "diagnose":
            given += ["--index", self.scene.address]
        environ = {**self.scene.environ, "NOX_RELEASE_INDEX": self.scene.address}
        started = time.monotonic()
        child = CONTEXT.Process(
            target=carry_out, args=(given, str(self.scene.world.clone), environ, str(output))
        )
        child.start()
        child.join(SECONDS)
        status = child.exitcode
        if status is None:
            child.kill()
            child.join()
        text = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
        return status, text, time.monotonic() - started


CONTEXT = multiprocessing.get_context("forkserver")


def carry_out(arguments, cwd, environ, output):
    """The command as a program of its own would run it; in a child that has loaded everything."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)
    sys.path.insert(0, str(WORLD))
    sys.argv = ["nox-release", *arguments]
    import operation

    status = operation.main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 1)


# --- cases and verdicts -----------------------------------------------------------------------------


def cases_of(command, seen):
    """Every field of every answer, with every change."""
    return [
        Case(command, endpoint, path, mutation)
        for endpoint, document in seen.items()
        for path in fields(document)
        for mutation in MUTATIONS
    ]


def chosen(cases, each, most):
    """`each` of the changes of every field, `most` cases in all: first every field once."""
    turns = Counter()
    ranked = []
    for case in sorted(cases, key=lambda case: case.order):
        place = (case.command, case.endpoint, case.path)
        ranked.append((turns[place], case.order, case))
        turns[place] += 1
    ranked.sort(key=lambda one: one[:2])
    return [case for turn, _, case in ranked if turn < each][:most]


def wrong_with(status, output, seconds):
    """What no answer of anybody may bring about; empty where it did not."""
    if status is None:
        return f"no end within {SECONDS} s"
    if "Traceback (most recent call last)" in output:
        return f"a traceback: {output.strip().splitlines()[-1][:200]}"
    if status not in (0, 1):
        return f"exit code {status}"
    return ""


def run_cases(commands, *, each=1, most=None, only="", report=None):
    """Cases of these commands, in worlds of their own, and what went wrong in which; `most` is how
    many of each command.
    """
    found = []
    folder = Path(tempfile.mkdtemp(prefix="nr-"))
    try:
        for number, command in enumerate(commands):
            (state, story), arguments = COMMANDS[command]
            with Stage(folder / str(number), state, story) as stage:
                status, output, _ = stage.run(arguments)
                trouble = wrong_with(status, output, 0)
                if trouble:
                    raise RuntimeError(f"{command}, undisturbed: {trouble}\n{output}")
                before = stage.scene.files(), stage.scene.tags()
                cases = [c for c in cases_of(command, stage.lying.seen) if only in c.title]
                sys.stdout.write(
                    f"     {command}: exit {status}, {len(stage.lying.seen)} answers, "
                    f"{len(cases) // len(MUTATIONS)} fields\n"
                )
                for case in chosen(cases, each, most):
                    status, output, seconds = stage.run(arguments, case)
                    trouble = wrong_with(status, output, seconds)
                    if (stage.scene.files(), stage.scene.tags()) != before:
                        trouble = trouble or "something was done"
                        before = stage.scene.files(), stage.scene.tags()
                    found.append((case, trouble, seconds, output))
                    if report:
                        report(*found[-1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found


def prepare():
    """Have what every child needs loaded once, before there are threads."""
    os.environ.setdefault("FAULTS_PACE", "200")
    sys.path[:0] = [entry for entry in (str(WORLD),) if entry not in sys.path]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(WORLD), str(Path(__file__).parent)])
    CONTEXT.set_forkserver_preload(
        [
            "fuzz_answers",
            "operation",
            "nox_release.operations.check_project",
            "nox_release.operations.release",
            "nox_release.operations.first_upload",
            "nox_release.operations.diagnose",
        ]
    )


def main():
    parser = argparse.ArgumentParser(description="Change every answer, one field at a time.")
    parser.add_argument("--each", type=int, default=1, help="how many changes of each field")
    parser.add_argument("--cases", type=int, help="no more than about so many in all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--only", default="", help="cases whose title contains this")
    parser.add_argument("--verbose", action="store_true", help="show what failing cases printed")
    options = parser.parse_args()
    if sys.platform == "win32":
        sys.stdout.write("The rehearsed world needs a Unix socket for gh: nothing to run here.\n")
        return 0
    prepare()
    started = time.monotonic()
    most = options.cases and -(-options.cases // len(COMMANDS))
    lock = threading.Lock()

    def report(case, trouble, seconds, output):
        with lock:
            mark = "FAIL" if trouble else "ok  "
            sys.stdout.write(f"{mark} {seconds:5.1f} s  {case.title}  {trouble}\n")
            if trouble and options.verbose:
                sys.stdout.write(f"{output}\n")
            sys.stdout.flush()

    with ThreadPoolExecutor(options.jobs) as pool:
        shares = pool.map(
            lambda command: run_cases(
                [command], each=options.each, most=most, only=options.only, report=report
            ),
            COMMANDS,
        )
        found = [one for part in shares for one in part]
    wrong = [one for one in found if one[1]]
    hangs = sum("no end" in trouble for _, trouble, _, _ in wrong)
    tracebacks = sum("traceback" in trouble for _, trouble, _, _ in wrong)
    places = len({(case.command, case.endpoint, case.path) for case, *_ in found})
    sys.stdout.write(
        f"\n{len(found)} cases over {places} fields of answers: {tracebacks} tracebacks, "
        f"{hangs} hangs, {len(wrong) - hangs - tracebacks} else; slowest "
        f"{max((seconds for _, _, seconds, _ in found), default=0):.1f} s; "
        f"{time.monotonic() - started:.0f} s in all\n"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
