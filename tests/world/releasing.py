"""Operations in this process over a rehearsed world, and all that a release changes there."""

from __future__ import annotations

import argparse
import io
import time
from datetime import datetime, timedelta, timezone

from disturbed import WarmRunner
from nox_release.core.errors import NoxReleaseError
from nox_release.edges.console import Console
from nox_release.edges.context import Context
from nox_release.operations.running import load

TAG = "v1.2.3"
FILES = {"tiny_demo-1.2.3-py3-none-any.whl", "tiny_demo-1.2.3.tar.gz"}


class FastClock:
    """Runs a hundred times as fast as the machine's."""

    def __init__(self):
        self.start, self.real = datetime.now(timezone.utc), time.monotonic()

    def now(self):
        return self.start + timedelta(seconds=(time.monotonic() - self.real) * 100)

    def sleep(self, seconds):
        time.sleep(min(seconds / 100, 0.5))


class Ended:
    def __init__(self, status, output, error, ids):
        self.status, self.output, self.error, self.ids = status, output, error, ids

    def __repr__(self):
        return f"{self.status} {self.ids}\n{self.output}"


class WarmContext(Context):
    """Twine has been loaded before."""

    @property
    def runner(self):
        return WarmRunner(environ=self.environ, announce=self.console.command)


def context_of(world, *, environ=None, interactive=False, stream=None):
    """This world as an operation sees it, with a fast clock."""
    surroundings = {**world.environ, **(environ or {})}
    file = stream or io.StringIO()
    console = Console.for_terminal(environ=surroundings, interactive=interactive, file=file)
    return WarmContext(
        root=world.clone,
        environ=surroundings,
        interactive=interactive,
        console=console,
        clock=FastClock(),
    )


def run(world, operation, *arguments, environ=None, interactive=False):
    """One operation in this process; what it said, and the ids of what stopped it."""
    module = load(operation)
    parser = argparse.ArgumentParser()
    module.add_options(parser)
    index = [] if operation == "build" else ["--index", world.index.url]
    options = parser.parse_args([*index, *arguments])
    stream = io.StringIO()
    context = context_of(world, environ=environ, interactive=interactive, stream=stream)
    error = None
    try:
        status = module.main(context, options)
    except NoxReleaseError as caught:
        status, error = 1, caught
        context.console.error(caught)
    ids = [finding.id for finding in getattr(error, "findings", ())]
    return Ended(status, stream.getvalue(), error, ids)


def release(world, *arguments, building=False, **more):
    """A release; only where the test is about it, the commit is built here beforehand."""
    proof = () if building else ("--no-build",)
    return run(world, "release", "--yes", "--no-smoke", *proof, *arguments, **more)


def register(world):
    world.index.register_publisher(
        "tiny-demo", owner="you", repository="tiny-demo", workflow="publish.yml", environment="pypi"
    )


def state(world):
    """All that a release changes."""
    tags = world.git("for-each-ref", "--format=%(refname)", "refs/tags", cwd=world.remote)
    there = world.index.filenames("tiny-demo") if world.index.has_project("tiny-demo") else ()
    return (
        tuple(tags.split()),
        tuple(one.tag for one in world.github.releases),
        tuple((one.path, one.conclusion, one.attempt) for one in world.github.runs),
        tuple(sorted(there)),
    )


DONE = ((f"refs/tags/{TAG}",), (TAG,), ((".github/workflows/publish.yml", "success", 1),),
        tuple(sorted(FILES)))  # fmt: skip


def writes(world):
    return [
        (one.method, one.path)
        for one in world.github.faults.seen
        if one.method != "GET" and not one.path.endswith("/graphql")
    ]
