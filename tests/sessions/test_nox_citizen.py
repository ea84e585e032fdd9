"""Our sessions among those of somebody else's noxfile, in real Nox."""

import inspect
import json
import os
import subprocess
import sys

import nox
import pytest

import warm
from nox_release.operations import OPERATIONS

ACTING = [name for name, operation in OPERATIONS.items() if operation.acts]
OWN = """\
import nox
import nox_release

@nox.session(venv_backend="none")
def tests(session):
    session.log("own tests ran")

nox_release.register()
"""


def run(folder, *arguments, environ=None, command=("-m", "nox")):
    surroundings = {**os.environ, "NO_COLOR": "1", **(environ or {})}
    if command == ("-m", "nox"):
        return warm.run("nox", *arguments, cwd=folder, environ=surroundings)
    return subprocess.run(
        [sys.executable, *command, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.fixture
def noxfile(tmp_path):
    def write(text=OWN):
        (tmp_path / "noxfile.py").write_text(text)
        return tmp_path

    return write


def ran(done):
    return {
        line.removeprefix("nox > * ").partition(":")[0]: line.partition(": ")[2]
        for line in done.stderr.splitlines()
        if line.startswith("nox > * ")
    }


def test_a_filter_that_excludes_something_else_runs_none_of_ours(noxfile):
    """Nox ignores `default=False` once `-k` is given, and its manual teaches `-k "not lint"`."""
    ended = ran(run(noxfile(), "-k", "not lint"))
    assert ended.pop("tests").startswith("success")
    assert set(ended) == set(OPERATIONS)
    assert all(status.startswith("skipped") for status in ended.values())


@pytest.mark.parametrize("chosen", [("-t", "nox-release"), ("-k", "release or init")])
def test_what_acts_on_the_world_runs_only_when_it_is_named(noxfile, chosen):
    ended = ran(run(noxfile(), *chosen))
    for name in ACTING:
        assert ended[name].startswith(f"skipped (it runs only when it is named: nox -s {name})")
    if chosen[0] == "-t":
        assert ended["check-project"].startswith("aborted")  # there is no project here


def test_a_session_that_is_required_or_notified_runs(noxfile):
    text = (
        OWN
        + """
@nox.session(default=False, requires=["release"])
def after(session):
    pass

@nox.session(default=False)
def before(session):
    session.notify("first-upload")
"""
    )
    done = run(noxfile(text), "-s", "after")
    assert "There is no pyproject.toml here." in done.stdout
    assert "Session release aborted" in done.stderr
    assert "Session first-upload aborted" in run(noxfile(text), "-s", "before").stderr


def test_ours_can_require_theirs(noxfile):
    text = OWN.replace("register()", 'register(requires={"build": ["tests"]})')
    done = run(noxfile(text), "-s", "build")
    assert done.stderr.index("own tests ran") < done.stderr.index("Session build aborted")


def test_registering_twice_is_registering_once(noxfile):
    """`python noxfile.py` runs the file, and then Nox loads it."""
    text = OWN + "\nnox_release.register()\n\nif __name__ == '__main__':\n    nox.main()\n"
    folder = noxfile(text)
    done = run(folder, "-l", command=("-W", "error::FutureWarning:nox_release", "noxfile.py"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("- release [") == 1
    assert "ours is left out" not in done.stderr


@pytest.mark.skipif(
    "allow_parallel" not in inspect.signature(nox.session).parameters,
    reason="this Nox runs one session at a time",
)
def test_ours_run_beside_no_other_session(noxfile):
    """With NOX_PARALLEL a session could not ask."""
    text = OWN + (
        "\nfor name, one in nox.registry.get().items():\n    print(name, one.allow_parallel)\n"
    )
    told = dict(
        line.split() for line in run(noxfile(text), "-l").stdout.splitlines()[: len(OPERATIONS) + 1]
    )
    assert told.pop("tests") == "None"
    assert set(told) == set(OPERATIONS)
    assert set(told.values()) == {"False"}


def test_a_session_below_register_replaces_ours_and_screens_stop_naming_it(noxfile):
    text = OWN + "\n@nox.session\ndef build(session):\n    pass\n"
    done = run(noxfile(text), "-s", "check-project", "--", "--help")
    assert "nox -s check-project -- --build" in done.stdout
    help_of_release = run(noxfile(text), "-s", "first-upload", "--", "--help").stdout
    assert "nox -s build" not in help_of_release


def test_only_and_names_choose_what_is_registered(noxfile):
    text = OWN.replace(
        "register()", 'register(only=["release", "build"], names={"build": "dist"}, tags=["ship"])'
    )
    listing = run(noxfile(text), "-l").stdout
    ours = [line for line in listing.splitlines() if line.startswith("- ")]
    assert [line.partition(" ->")[0] for line in ours] == [
        "- release [nox-release,ship]",
        "- dist [nox-release,ship]",
    ]


@pytest.mark.parametrize(
    "call", ['only=["relase"]', 'names={"relase": "x"}', 'options={"relase": ["--yes"]}']
)
def test_a_misspelt_session_is_refused_with_a_guess(noxfile, call):
    done = run(noxfile(OWN.replace("register()", f"register({call})")), "-l")
    assert done.returncode != 0
    assert "Did you mean 'release'?" in done.stderr


def test_options_always_given_come_before_those_that_are_typed(noxfile):
    text = OWN.replace("register()", 'register(options={"build": ["--no-such-option"]})')
    done = run(noxfile(text), "-s", "build", "--", "--json")
    assert "unrecognized arguments: --no-such-option" in done.stderr


def test_root_leads_from_a_noxfile_in_a_folder_of_tools(tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "noxfile.py").write_text(OWN.replace("register()", 'register(root="..")'))
    (tmp_path / "pyproject.toml").write_text("[project\n")
    done = run(tmp_path, "-f", "tools/noxfile.py", "-s", "build")
    assert "There is no pyproject.toml here." not in done.stdout
    assert "pyproject.toml" in done.stdout


def test_a_path_is_relative_to_where_it_was_typed(noxfile, tmp_path):
    folder = noxfile()
    below = folder / "below"
    below.mkdir()
    (below / "log.txt").write_text("error: invalid-publisher\n")
    done = run(below, "-f", "../noxfile.py", "-s", "diagnose", "--", "log.txt")
    assert "invalid-publisher" in done.stdout


def test_install_only_does_nothing(noxfile):
    done = run(noxfile(), "--install-only", "-s", "build")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_report_says_why_a_session_failed(noxfile, tmp_path):
    run(noxfile(), "-s", "build", "--report", "report.json")
    (session,) = json.loads((tmp_path / "report.json").read_text())["sessions"]
    assert session["result"] == "aborted"
    if "reason" in session:
        assert session["reason"] == "There is no pyproject.toml here"


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_what_was_found_is_a_reason_too(noxfile, tmp_path, more):
    folder = noxfile()
    (tmp_path / "bad-1.0.tar.gz").write_bytes(b"no archive")
    run(folder, "--report", "report.json", "-s", "check-project", "--", "bad-1.0.tar.gz", *more)
    (session,) = json.loads((tmp_path / "report.json").read_text())["sessions"]
    if "reason" in session:
        assert session["reason"].startswith("`bad-1.0.tar.gz`" if more else "PyPI would refuse")


@pytest.mark.parametrize(("option", "colored"), [("--forcecolor", True), ("--nocolor", False)])
def test_nox_decides_about_colour(noxfile, option, colored):
    environ = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    done = subprocess.run(
        [sys.executable, "-m", "nox", option, "-s", "build"],
        cwd=noxfile(),
        capture_output=True,
        text=True,
        env=environ,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert ("\x1b[" in done.stdout) is colored


def test_what_the_session_puts_into_its_environment_counts(noxfile):
    text = """\
import nox
import nox_release

ours = nox_release.register(only=["check-project"])

@nox.session(venv_backend="none")
def own(session):
    session.env["NOX_RELEASE_INDEX"] = "no index at all"
    ours["check-project"](session)
"""
    folder = noxfile(text)
    (folder / "pyproject.toml").write_text('[project]\nname = "demo"\nversion = "1"\n')
    done = run(folder, "-s", "own")
    assert "no index at all" in done.stdout


def test_usage_lists_the_options(noxfile):
    done = run(noxfile(), "--usage", "release", "-s", "release")
    assert OPERATIONS["release"].line in done.stdout
    assert "--generate-notes" in done.stdout


def test_no_foreign_logger_reaches_the_screen(noxfile):
    text = (
        OWN
        + """
import logging

@nox.session(default=False)
def noisy(session):
    from nox_release.operations.running import quieten_libraries

    quieten_libraries()
    logging.getLogger("keyring.backend").info("a foreign line")
    session.log("our own line")
"""
    )
    done = run(noxfile(text), "-s", "noisy")
    assert "a foreign line" not in done.stderr
    assert "our own line" in done.stderr
