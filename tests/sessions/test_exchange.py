"""Trusted publishing proven by a real run in the rehearsed world: nothing is uploaded."""

import json
import subprocess

import pytest

import warm
from nox_release.edges import github_rules
from nox_release.edges.forge import Forge
from nox_release.project.pyproject import Settings, parse_project
from nox_release.scaffold.exchange import SCRIPT
from nox_release.scaffold.publish import Wanted, plan_publish, publish_workflow

pytestmark = pytest.mark.slow


@pytest.fixture
def prepared(world):
    """The tiny project with the workflow that this tool writes for it."""
    world.commit("Publish", {".github/workflows/publish.yml": workflow_for(world, "tiny-demo")})
    world.workflows.forget_pushes()
    return world


def workflow_for(world, name):
    project = parse_project({"project": {"name": name, "version": "1.2.3"}}, root=world.clone)
    assert project.settings == Settings()
    plan = plan_publish(
        project, Wanted(), tool="nox-release", repository="you/tiny-demo", setup_py=None
    )
    return publish_workflow(plan)


def register_pending(world, name):
    """A pending publisher of this project's workflow, for a project of that name."""
    return world.index.register_pending(
        "you",
        {
            "project_name": name,
            "owner": "you",
            "repository": "tiny-demo",
            "workflow_filename": "publish.yml",
            "environment": "pypi",
        },
    )


def check(world, *arguments):
    command = ("check-project", "--exchange", *arguments, "--index", world.index.url)
    done = warm.run("nox_release", *command, cwd=world.clone, environ=world.environ)
    return done.returncode, done.stdout + done.stderr


def register(world, **changes):
    values = {
        "owner": "you",
        "repository": "tiny-demo",
        "workflow": "publish.yml",
        "environment": "pypi",
        **changes,
    }
    world.index.register_publisher("tiny-demo", **values)


def test_a_registered_publisher_is_proven_and_nothing_is_uploaded(prepared):
    prepared.index.create_project("tiny-demo", owner="you")
    register(prepared)
    status, output = check(prepared, "--yes", "--json")
    assert status == 0, output
    assert "takes uploads of tiny-demo from this workflow" in output
    document, _ = json.JSONDecoder().raw_decode(output)  # standard output comes first
    assert (document["project"], document["proven"]) == ("tiny-demo", True)
    assert prepared.index.filenames("tiny-demo") == ()
    assert len(prepared.github.runs) == 1
    assert tokens_of_jobs(prepared) == []  # the job has burnt it


def test_a_proof_that_failed_before_the_publisher_was_registered_stops_no_release(prepared):
    prepared.index.create_project("tiny-demo", owner="you")
    head = prepared.git("rev-parse", "HEAD")
    forge = Forge("you/tiny-demo", prepared.runner, prepared.clone)
    assert check(prepared, "--yes")[0] == 1
    assert any(one.is_red for one in github_rules.checks(forge, head))
    register(prepared)
    status, output = check(prepared, "--yes")
    assert status == 0, output
    assert not any(one.is_red for one in github_rules.checks(forge, head))


def tokens_of_jobs(world):
    return [one for one in world.index.accounts.records.values() if one.publisher is not None]


def test_a_publisher_of_another_project_is_no_proof(prepared):
    prepared.index.create_project("tiny-demo", owner="you")
    prepared.index.create_project("tiny-other", owner="you")
    prepared.index.register_publisher(
        "tiny-other",
        owner="you",
        repository="tiny-demo",
        workflow="publish.yml",
        environment="pypi",
    )
    status, output = check(prepared, "--yes")
    assert status == 1
    assert "the publisher belongs to another project" in " ".join(output.split())
    assert tokens_of_jobs(prepared) == []


@pytest.mark.parametrize("state", ["archived", "quarantined"])
def test_a_project_that_takes_no_files_is_no_proof(prepared, state):
    prepared.index.create_project("tiny-demo", owner="you")
    register(prepared)
    prepared.index.catalogue.find("tiny-demo").status = state
    status, output = check(prepared, "--yes")
    assert status == 1
    assert f"which is {state}" in " ".join(output.split())


def test_no_secret_stands_in_the_arguments_of_what_the_job_runs(tmp_path):
    """Each program of the script writes its arguments down instead of running."""
    for name in ("curl", "sed", "tr", "cut"):
        program = tmp_path / name
        answer = '{"audience": "pypi", "value": "SECRET-id", "token": "SECRET-token"}'
        program.write_text(
            f'#!/bin/sh\necho "$@" >> {tmp_path}/arguments\n'
            + (
                f"cat > /dev/null; echo '{answer}'\n"
                if name == "curl"
                else f'exec $(PATH=/usr/bin:/bin command -v {name}) "$@"\n'
            ),
            encoding="utf-8",
        )
        program.chmod(0o755)
    subprocess.run(
        ["bash", "-c", SCRIPT],
        stdin=subprocess.DEVNULL,
        env={
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:9/?",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "SECRET-bearer",
            "INDEX": "http://127.0.0.1:9",
            "UPLOAD": "http://127.0.0.1:9/legacy/",
            "KNOWN_AS": "pypi",
            "PROJECT": "demo",
            "FILE_NAME": "demo",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    arguments = (tmp_path / "arguments").read_text()
    assert "mint-token" in arguments
    assert "burn-token" in arguments
    assert "SECRET" not in arguments


def test_no_index_is_given_the_identity_that_another_one_takes(tmp_path):
    program = tmp_path / "curl"
    program.write_text('#!/bin/sh\necho \'{"audience": "pypi"}\'\n', encoding="utf-8")
    program.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", SCRIPT],
        stdin=subprocess.DEVNULL,
        env={
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "INDEX": "https://own.example",
            "KNOWN_AS": "own",
            "PROJECT": "demo",
            "FILE_NAME": "demo",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "a token that is good for another index" in done.stdout


def test_a_publisher_with_another_environment_is_named_before_any_tag(prepared):
    prepared.index.create_project("tiny-demo", owner="you")
    register(prepared, environment="release")
    status, output = check(prepared, "--yes")
    assert status == 1
    assert "has no publisher for this workflow" in output
    assert "Environment name: pypi" in output
    assert "/manage/project/tiny-demo/settings/publishing/" in output


def test_a_pending_publisher_creates_the_project_and_that_is_said_first(prepared):
    result = register_pending(prepared, "tiny-demo")
    assert result.accepted
    status, output = check(prepared, "--yes")
    assert status == 0, output
    assert "this exchange creates the project, empty" in " ".join(output.split())
    assert f"Next: nox-release release --index {prepared.index.url}" in output
    assert prepared.index.has_project("tiny-demo")
    assert prepared.index.filenames("tiny-demo") == ()


def test_a_pending_publisher_of_another_name_is_told_from_success(prepared):
    register_pending(prepared, "tiny-demos-other-name")
    status, output = check(prepared, "--yes")
    assert status == 1
    assert "`tiny-demo` does not exist" in output


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "tiny-renamed",
            "`tiny-renamed` does not exist; `tiny-demo` does, without files",
        ),
        ("tiny-demo", "tries `tiny-demo`, not `tiny-renamed`"),  # the workflow proves the old name
    ],
)
def test_the_empty_project_that_a_wrong_name_made_is_looked_up(prepared, name, said):
    pyproject = (prepared.clone / "pyproject.toml").read_text()
    renamed = pyproject.replace('name = "tiny-demo"', 'name = "tiny-renamed"')
    workflow = workflow_for(prepared, name)
    prepared.commit(
        "Rename", {"pyproject.toml": renamed, ".github/workflows/publish.yml": workflow}
    )
    prepared.workflows.forget_pushes()
    register_pending(prepared, "tiny-demo")
    status, output = check(prepared, "--yes")
    assert status == 1
    assert said in " ".join(output.split())
    assert prepared.index.has_project("tiny-demo")


def test_nothing_is_started_without_a_yes(prepared):
    status, output = check(prepared)
    assert status == 1
    assert "--yes" in output
    assert prepared.github.runs == []


def test_a_workflow_without_such_a_run_says_how_to_get_one(world):
    status, output = check(world, "--yes")
    assert status == 1
    assert "nox-release init" in output
