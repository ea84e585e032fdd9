"""`nox -s diagnose`: files, standard input, and real runs of a rehearsed world."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import warm
from nox_release.core.clock import SystemClock
from nox_release.core.errors import ConfigurationError
from nox_release.edges.children import GH
from nox_release.edges.forge import Forge
from nox_release.operations.diagnose import read_log_file
from nox_release.operations.unnoticed import Sources, observe_release
from nox_release.project.pyproject import read_project
from troubles import Fault

if TYPE_CHECKING:
    from nox_release.rehearsal.world import World

PUBLISH = ".github/workflows/publish.yml"
REFUSED = (
    "ERROR    HTTPError: 400 Bad Request from https://upload.pypi.org/legacy/\n"
    "         File already\n         exists ('demo-1.0.tar.gz').\n"
)


def diagnose(folder, *arguments, text="", environ=os.environ):
    return warm.run("nox_release", "diagnose", *arguments, cwd=folder, environ=environ, text=text)


def test_file_is_explained_with_its_line_cause_and_cure(tmp_path):
    (tmp_path / "build.log").write_text(REFUSED)
    done = diagnose(tmp_path, "build.log")
    assert done.returncode == 0
    assert "This version is on PyPI already." in done.stdout
    assert "what happened: File already exists ('demo-1.0.tar.gz')." in done.stdout
    assert "where: line 2" in done.stdout
    assert "how sure: certain" in done.stdout
    assert done.stdout.count("Next: ") == 1
    assert "\x1b" not in done.stdout


def test_standard_input_is_kept_without_its_secrets(tmp_path):
    token = "pypi-" + "A" * 40
    done = diagnose(tmp_path, "-", text=f"{REFUSED}password {token}\n")
    kept = re.search(r"The log is kept in (\S+)", done.stdout)
    assert kept is not None
    path = Path(kept[1])
    assert "File already" in path.read_text()
    assert token not in path.read_text()
    path.unlink()


def test_json_is_one_document_and_nothing_else(tmp_path):
    done = diagnose(tmp_path, "-", "--json", text=REFUSED)
    document = json.loads(done.stdout)
    assert document["diagnoses"][0]["id"] == "wh-exists"
    assert document["diagnoses"][0]["line_number"] == 2
    Path(document["log"]).unlink()


def test_unknown_failure_gets_its_first_errors_and_no_guess(tmp_path):
    (tmp_path / "x.log").write_text("start\nfatal: the frobnicator is jammed\n")
    done = diagnose(tmp_path, "x.log")
    assert done.returncode == 1
    assert "no guess is made" in done.stdout
    assert "fatal: the frobnicator is jammed" in done.stdout
    assert "discuss.python.org" in done.stdout


def test_exception_of_any_name_is_a_failure(tmp_path):
    (tmp_path / "x.log").write_text(
        "Traceback (most recent call last):\n  File 'x.py', line 3, in f\nKeyError: 'frob'\n"
    )
    done = diagnose(tmp_path, "x.log")
    assert done.returncode == 1
    assert "KeyError: 'frob'" in done.stdout


def test_log_that_cannot_be_read_promises_nothing_to_go_on_with(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        read_log_file(tmp_path)
    assert "cannot be read" in caught.value.message
    assert "goes on" not in caught.value.hint


def test_empty_log_proves_nothing(tmp_path):
    (tmp_path / "x.log").write_text("\n")
    assert "It is empty" in diagnose(tmp_path, "x.log").stdout


def test_repository_is_that_of_the_remote_and_not_of_the_links(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'demo'\nversion = '1'\n"
        "[project.urls]\nHome = 'https://github.com/other/demo'\n"
    )
    workflow = tmp_path / ".github" / "workflows" / "publish.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "on: {release: {types: [published]}}\njobs:\n  publish:\n    runs-on: ubuntu-latest\n"
        "    environment: pypi\n    permissions: {id-token: write}\n    steps:\n"
        "      - uses: pypa/gh-action-pypi-publish@release/v1\n"
    )
    for arguments in (["init", "-q"], ["remote", "add", "origin", "https://github.com/me/demo"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    (tmp_path / "x.log").write_text(
        "* `invalid-publisher`: valid token, but no corresponding publisher "
        "(Publisher with matching claims was not found)\n"
        "* `repository`: `me/demo`\n* `repository_owner`: `me`\n* `environment`: `release`\n"
    )
    done = diagnose(tmp_path, "x.log")
    assert "other/demo" not in done.stdout
    assert "The run's environment is `release`, this project's is `pypi`." in done.stdout


def test_log_of_a_good_run_has_no_failure(tmp_path):
    (tmp_path / "x.log").write_text("View at:\nhttps://pypi.org/project/demo/1.0/\n")
    done = diagnose(tmp_path, "x.log")
    assert done.returncode == 0
    assert "No failure found in it." in done.stdout


def test_text_from_a_log_cannot_command_the_terminal_or_actions(tmp_path):
    (tmp_path / "x.log").write_text("\x1b]0;title\x07::error::File already exists \x1b[31m!\n")
    done = diagnose(tmp_path, "x.log")
    assert "\x1b" not in done.stdout
    assert not re.search(r"(?m)^::", done.stdout)


def test_source_that_is_neither_run_nor_file_is_said_to_be_so(tmp_path):
    done = diagnose(tmp_path, "nonsense")
    assert done.returncode == 1
    assert "`nonsense` is neither a run nor a file." in done.stdout


# --- in the world ----------------------------------------------------------------------------


def release(world: World, tag: str = "v1.2.3") -> None:
    world.git("tag", tag)
    world.git("push", "--quiet", "origin", tag)
    replace(world.runner, child=GH).run(
        ["gh", "release", "create", tag, "--verify-tag", "--title", tag, "--notes", "x"],
        cwd=world.clone,
        timeout=60,
    )
    world.workflows.wait()


def register(world: World, **other: str) -> None:
    world.index.create_project("tiny-demo", owner="you")
    form = {
        "owner": "you",
        "repository": "tiny-demo",
        "workflow_filename": "publish.yml",
        "environment": "pypi",
        **other,
    }
    assert world.index.register_on_project("you", "tiny-demo", form).accepted


def in_world(world: World, *arguments: str):
    return diagnose(
        world.clone, "--index", world.index.url, "--json", *arguments, environ=world.environ
    )


def first(done):
    return json.loads(done.stdout)["diagnoses"][0]


@pytest.mark.slow
def test_newest_run_names_the_publisher_that_is_missing(world):
    release(world)
    found = first(in_world(world))
    assert found["id"] == "oi-none"
    assert found["job"] == "publish"
    assert "the publisher registered on" in found["fix"]
    assert "`tiny-demo`" in found["fix"]


@pytest.mark.slow
def test_another_spelling_in_the_remote_is_no_cause(world):
    release(world)
    usual = first(in_world(world))
    world.git("remote", "set-url", "origin", "https://github.com/You/Tiny-Demo.git")
    assert first(in_world(world)) == usual


@pytest.mark.slow
def test_run_is_explained_by_number_too(world):
    release(world)
    run = world.github.runs[-1]
    assert first(in_world(world, str(run.id)))["id"] == "oi-none"
    address = f"https://github.com/you/tiny-demo/actions/runs/{run.id}"
    assert first(in_world(world, address))["id"] == "oi-none"


@pytest.mark.slow
def test_environment_that_does_not_admit_the_tag_is_found_in_the_annotations(world):
    register(world)
    world.github.add_environment("pypi", policies=(("tag", "release-*"),))
    release(world)
    assert first(in_world(world))["id"] == "gr-env"


@pytest.mark.slow
def test_run_that_waits_for_a_reviewer_says_where_to_approve(world):
    register(world)
    world.github.add_environment("pypi", reviewers=("you",))
    release(world)
    found = first(in_world(world))
    assert found["id"] == "gr-wait"
    assert "/actions/runs/" in found["fix"]


@pytest.mark.slow
def test_release_whose_workflow_does_not_know_the_event_started_nothing(world):
    register(world)
    text = (world.clone / PUBLISH).read_text()
    changed = text.replace("types: [published]", "types: [edited]")
    assert changed != text
    world.commit("Change the trigger", {PUBLISH: changed})
    release(world)
    assert first(in_world(world))["id"] == "sf-trigger"


@pytest.mark.slow
def test_published_release_is_no_failure(world):
    register(world)
    release(world)
    done = in_world(world)
    assert done.returncode == 0
    assert json.loads(done.stdout)["diagnoses"] == []


@pytest.mark.slow
def test_newest_failed_run_is_explained_and_a_newer_good_one_is_named(world):
    release(world)
    register(world)
    text = (world.clone / "pyproject.toml").read_text()
    world.commit("Raise the version", {"pyproject.toml": text.replace('"1.2.3"', '"1.2.4"')})
    release(world, "v1.2.4")
    done = in_world(world)
    assert first(done)["id"] == "oi-none"
    (note,) = json.loads(done.stdout)["notes"]
    assert note.startswith("A newer run succeeded: https://")
    assert note.endswith(f"/actions/runs/{world.github.runs[-1].id}")


@pytest.mark.slow
def test_newest_run_is_found_with_one_question(world):
    release(world)
    before = len(world.github.faults.seen)
    in_world(world)
    lists = [seen.path for seen in world.github.faults.seen[before:] if seen.path.endswith("/runs")]
    assert len(lists) <= 2


@pytest.mark.slow
def test_trouble_with_another_question_does_not_hide_that_there_is_no_release(world):
    """A version without a GitHub release has started nothing, whatever else could not be asked."""
    world.github.faults.arrange(
        Fault(kind="status", endpoint="*/actions/workflows/publish.yml", times=None, status=500)
    )
    project = read_project(world.clone)
    project = replace(project, settings=replace(project.settings, workflow="publish.yml"))
    notes: list[str] = []
    forge = Forge("you/tiny-demo", world.runner, world.clone)
    seen = observe_release(project, None, Sources(forge=forge, clock=SystemClock(), notes=notes))
    assert seen.release_exists is False
    assert notes[0].startswith("Could not read the workflow: ")


def test_failure_after_a_good_upload_is_told_with_what_is_there(tmp_path):
    (tmp_path / "x.log").write_text(
        "publish\tUpload\t2026-01-01T00:00:01.0Z Uploading demo-1.0.tar.gz (33KiB)\n"
        "publish\tTell\t2026-01-01T00:00:02.0Z the messenger is away\n"
        "publish\tTell\t2026-01-01T00:00:02.0Z ##[error]Process completed with exit code 1.\n"
    )
    done = diagnose(tmp_path, "x.log")
    assert done.returncode == 1
    assert "the messenger is away" in done.stdout
    assert "1 file is on PyPI already (demo-1.0.tar.gz): do not run the upload again" in done.stdout


def test_refusal_without_words_says_how_to_see_them(tmp_path):
    (tmp_path / "x.log").write_text(
        "ERROR    HTTPError: 400 Bad Request from https://upload.pypi.org/legacy/\nBad Request\n"
    )
    done = diagnose(tmp_path, "x.log", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["diagnoses"]) == (1, [])
    assert "verbose: true" in document["advice"]
