"""Programs run in one place; what they say comes back without secrets."""

import os
import signal
import sys
import time
from dataclasses import replace

import pytest

from nox_release.core.errors import CommandError
from nox_release.core.redaction import REDACTED
from nox_release.edges.children import UPLOADER
from nox_release.edges.process import Runner, side_by_side

TOKEN = "pypi-AgEIcHlwaS5vcmcCJDU3ZTk5" + "x" * 40


@pytest.fixture
def runner():
    return Runner(environ=dict(os.environ))


def python(*lines):
    return [sys.executable, "-c", "\n".join(lines)]


def test_both_streams_and_the_exit_code_come_back(runner, tmp_path):
    done = runner.run(
        python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"),
        cwd=tmp_path,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", 3)


def test_a_failure_carries_the_last_words(runner, tmp_path):
    with pytest.raises(CommandError) as caught:
        replace(runner, hint="Try that.").run(
            python("raise SystemExit('no such thing')"), cwd=tmp_path
        )
    assert caught.value.returncode == 1
    assert caught.value.reason == "no such thing"
    assert caught.value.hint == "Try that."


def test_a_missing_program_is_an_error_not_a_traceback(runner, tmp_path):
    with pytest.raises(CommandError, match="cannot be run"):
        runner.run(["no-such-program-here"], cwd=tmp_path)


def test_a_program_that_hangs_is_ended_with_its_children(runner, tmp_path):
    started = time.monotonic()
    child = "import subprocess, sys, time; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    with pytest.raises(CommandError, match="did not end within 1 s"):
        runner.run(python(child), cwd=tmp_path, timeout=1)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("streamed", [True, False])
def test_secrets_are_in_no_output_and_no_error(tmp_path, streamed):
    runner = Runner(
        environ={**os.environ, "TWINE_PASSWORD": "hunter2-hunter2"},
        child=UPLOADER,
        secrets=("given-secret",),
    )
    lines = []
    program = python(
        "import os, sys",
        f"print('{TOKEN}')",
        "print(os.environ['TWINE_PASSWORD'], file=sys.stderr)",
        "print('given-secret')",
        "sys.exit(1)",
    )
    with pytest.raises(CommandError) as caught:
        runner.run(program, cwd=tmp_path, on_line=lines.append if streamed else None)
    done = runner.run(program, cwd=tmp_path, check=False)
    everything = "".join(
        [
            repr(caught.value.__dict__),
            str(caught.value),
            *lines,
            repr(done),
            done.output,
            done.complaint,
            repr(runner),
        ]
    )
    for secret in (TOKEN, "hunter2-hunter2", "given-secret"):
        assert secret not in everything
    assert REDACTED in everything


def test_what_is_parsed_is_as_it_was_written(tmp_path):
    """A password may be a word like others: hidden in a path, it would lead nowhere."""
    runner = Runner(environ={**os.environ, "TWINE_PASSWORD": "demo"})
    done = runner.run(python("print('/work/tiny-demo')"), cwd=tmp_path)
    assert done.stdout == "/work/tiny-demo\n"
    assert done.output == f"/work/tiny-{REDACTED}\n"


LEAVES_A_PROCESS = (
    "import subprocess, sys",
    "sleeper = [sys.executable, '-c', 'import time; time.sleep(30)']",
    "left = subprocess.Popen(sleeper, start_new_session=True)",
    "print(left.pid, flush=True)",
    "print('last words', end='', file=sys.stderr, flush=True)",
)


@pytest.mark.parametrize("listener", [None, [].append])
def test_what_a_program_leaves_running_is_not_waited_for(runner, tmp_path, listener):
    started = time.monotonic()
    done = runner.run(python(*LEAVES_A_PROCESS), cwd=tmp_path, on_line=listener)
    os.kill(int(done.stdout), signal.SIGTERM)
    assert time.monotonic() - started < 20
    assert done.stderr == "last words"


def test_what_a_program_leaves_running_may_go_on_writing(runner, tmp_path):
    left = (
        "import sys, time, pathlib",
        "sys.stdin.read()",
        "for _ in range(2): print('a word', flush=True)",
        "pathlib.Path('done').touch()",
    )
    runner.run(
        python(
            "import os, subprocess, sys",
            "reading, writing = os.pipe()",
            "os.set_inheritable(writing, True)",
            f"left = [sys.executable, '-c', {chr(10).join(left)!r}]",
            "subprocess.Popen(left, stdin=reading, start_new_session=True)",
        ),
        cwd=tmp_path,
    )
    end = time.monotonic() + 20
    while not (tmp_path / "done").exists():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("listener", [None, [].append])
def test_a_timeout_holds_although_a_descendant_keeps_the_pipes(runner, tmp_path, listener):
    kept = tmp_path / "pid"
    program = python(
        *LEAVES_A_PROCESS,
        "open('pid', 'w').write(str(left.pid))",
        "import time; time.sleep(60)",
    )
    started = time.monotonic()
    with pytest.raises(CommandError, match="did not end within 5 s"):
        runner.run(program, cwd=tmp_path, timeout=5, on_line=listener)
    os.kill(int(kept.read_text()), signal.SIGTERM)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("listener", [None, [].append])
def test_a_program_may_talk_before_it_listens(runner, tmp_path, listener):
    program = python("import sys", "print('y' * 500_000)", "print(len(sys.stdin.read()))")
    parts = ("x" * 100_000 for _ in range(10))
    done = runner.run(program, cwd=tmp_path, text=parts, on_line=listener, timeout=60)
    assert done.stdout.endswith("\n1000000\n")


def test_input_that_is_never_read_does_not_outlast_the_timeout(runner, tmp_path):
    with pytest.raises(CommandError, match="did not end within 1 s"):
        runner.run(
            python("import time; time.sleep(60)"), cwd=tmp_path, text="x" * 1_000_000, timeout=1
        )


def test_lines_come_while_the_program_runs(runner, tmp_path):
    lines = []
    runner.run(python("print('one'); print('two')"), cwd=tmp_path, on_line=lines.append)
    assert lines == ["one", "two"]


def test_a_listener_that_fails_does_not_stop_the_program(runner, tmp_path):
    def listen(_line):
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        runner.run(
            python("for _ in range(3000): print('y' * 99)"),
            cwd=tmp_path,
            on_line=listen,
            timeout=20,
        )


def test_commands_are_announced_without_secrets(tmp_path):
    seen = []
    runner = Runner(environ=dict(os.environ), announce=seen.append, secrets=("s3cr3t-word",))
    announced = replace(runner, announced=True)
    announced.run([sys.executable, "-c", "pass", "s3cr3t-word"], cwd=tmp_path)
    assert seen[0][-1] == REDACTED


@pytest.mark.parametrize("listener", [None, [].append])
def test_input_is_passed_on_part_by_part_as_it_comes(runner, tmp_path, listener):
    """The second part is there only because of what the program did with the first."""
    seen = tmp_path / "seen"

    def parts():
        yield "one\n"
        until = time.monotonic() + 30
        while not seen.exists():
            assert time.monotonic() < until
            time.sleep(0.01)
        yield "twö\n"

    program = python(
        "import sys", "for line in sys.stdin:", " print(line.strip())", " open('seen', 'w')"
    )
    done = runner.run(program, cwd=tmp_path, text=parts(), on_line=listener)
    assert done.stdout == "one\ntwö\n"


@pytest.mark.parametrize("listener", [None, [].append])
@pytest.mark.parametrize("text", ["x" * 1_000_000, ["x" * 100_000] * 20])
def test_a_program_that_ends_without_reading_its_input_has_just_ended(
    runner, tmp_path, text, listener
):
    done = runner.run(python("print('done')"), cwd=tmp_path, text=text, on_line=listener)
    assert (done.stdout, done.returncode) == ("done\n", 0)


def test_input_that_never_comes_ends_the_program(runner, tmp_path):
    """A build that has failed makes no file for the program that waits for one."""
    late = tmp_path / "late"

    def parts():
        yield "one\n"
        raise LookupError("there is no second one")

    program = python(
        "import pathlib, sys, time",
        "sys.stdin.readline()",
        "time.sleep(1)",
        "pathlib.Path('late').touch()",
    )
    with pytest.raises(LookupError):
        runner.run(program, cwd=tmp_path, text=parts())
    time.sleep(1.2)
    assert not late.exists()


def at_once(*calls):
    with side_by_side(len(calls)) as pool:
        for one in [pool.submit(call) for call in reversed(calls)]:
            one.result()


def test_ctrl_c_ends_the_programs_that_are_still_asked(tmp_path):
    ended = []

    def wait():
        try:
            Runner(environ=dict(os.environ)).run(
                [sys.executable, "-c", "import time; time.sleep(60)"], cwd=tmp_path
            )
        except CommandError as error:
            ended.append(error.returncode)

    def interrupt():
        time.sleep(0.5)
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        at_once(wait, interrupt)
    while not ended and time.monotonic() - started < 30:
        time.sleep(0.05)
    assert ended
    assert time.monotonic() - started < 30
