"""Programs run in one place; what they say comes back without secrets."""

import os
import sys
import time

import pytest

from nox_release.core.errors import CommandError
from nox_release.edges.process import REDACTED, Runner, redact

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
        runner.run(python("raise SystemExit('no such thing')"), cwd=tmp_path, hint="Try that.")
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
    runner = Runner(environ={**os.environ, "TWINE_PASSWORD": "hunter2-hunter2"})
    lines = []
    program = python(
        "import os, sys",
        f"print('{TOKEN}')",
        "print(os.environ['TWINE_PASSWORD'], file=sys.stderr)",
        "print('given-secret')",
        "sys.exit(1)",
    )
    with pytest.raises(CommandError) as caught:
        runner.run(
            program,
            cwd=tmp_path,
            secrets=["given-secret"],
            on_line=lines.append if streamed else None,
        )
    everything = repr(caught.value.__dict__) + str(caught.value) + "".join(lines)
    for secret in (TOKEN, "hunter2-hunter2", "given-secret"):
        assert secret not in everything
    assert REDACTED in everything


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        "ghp_" + "a" * 36,
        "github_pat_" + "a" * 40,
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvIn0.c2lnbmF0dXJl",
    ],
)
def test_what_looks_like_a_token_is_redacted_wherever_it_comes_from(secret):
    assert redact(f"before {secret} after") == f"before {REDACTED} after"


@pytest.mark.parametrize("userinfo", ["me:pass", "me:pa:ss", "a" * 40])
def test_the_password_of_an_address_is_redacted(userinfo):
    assert redact(f"https://{userinfo}@host/x") == f"https://{REDACTED}@host/x"


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/octo/pypi-publishing-helper-tools",
        '{"homepage":"https://example.org","topics":["a@b"]}',
    ],
)
def test_a_name_and_a_document_are_no_secrets(text):
    assert redact(text) == text


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
    runner.run([sys.executable, "-c", "pass", "s3cr3t-word"], cwd=tmp_path, quiet=False)
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
