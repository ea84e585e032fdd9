"""Reading workflows from a folder and from a commit, with everything that can be wrong there."""

import os
import subprocess
import sys

import pytest

from nox_release.core.findings import Finding
from nox_release.edges.git import find_repository
from nox_release.edges.process import Runner
from nox_release.observing.publishers import derive_in
from nox_release.observing.workflow_files import (
    github_remote,
    read_actions,
    read_workflows,
)
from nox_release.project.pyproject import Settings
from nox_release.workflows.publishing import Workflow, in_githubs_spelling, publish_jobs
from nox_release.workflows.yaml_nodes import MAX_BYTES

WORKFLOW = """\
on:
  release:
    types: [published]
jobs:
  publish:
    runs-on: ubuntu-latest
    environment: pypi
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
ENVIRON = {
    **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}
RUNNER = Runner(environ=ENVIRON)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    return tmp_path


def put(root, name, content=WORKFLOW):
    path = root / ".github" / "workflows" / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def git(root, *arguments):
    return subprocess.run(
        ["git", *arguments], cwd=root, env=ENVIRON, check=True, capture_output=True, timeout=60
    ).stdout.decode()


def test_only_yaml_files_are_workflows(folder):
    for name in ("publish.yml", "test.yaml", "README.md", "notes.yml.txt"):
        put(folder, name)
    assert [item.file for item in read_workflows(folder)] == [
        ".github/workflows/publish.yml",
        ".github/workflows/test.yaml",
    ]


def test_a_repository_without_workflows_has_none(tmp_path):
    assert read_workflows(tmp_path) == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"on: [push\n", "is not valid YAML"),
        (b"name: caf\xe9\n", "is not UTF-8"),
        (b"# " + b"x" * MAX_BYTES, "is too large to read"),
        (b"", "is empty"),
    ],
)
def test_a_broken_file_is_one_finding_and_the_others_are_read(folder, content, message):
    put(folder, "broken.yml", content)
    put(folder, "publish.yml")
    broken, good = read_workflows(folder)
    assert isinstance(broken, Finding)
    assert broken.message.startswith(f".github/workflows/broken.yml {message}")
    assert isinstance(good, Workflow)


@pytest.mark.skipif(sys.platform == "win32", reason="making links needs a privilege there")
def test_links_that_lead_nowhere_are_one_finding_each(folder):
    (folder / ".github" / "workflows" / "loop.yml").symlink_to("loop.yml")
    (folder / ".github" / "workflows" / "gone.yml").symlink_to("nowhere")
    (folder / ".github" / "workflows" / "folder.yml").mkdir()
    found = read_workflows(folder)
    assert [item.message for item in found] == [
        ".github/workflows/folder.yml is no file that can be read.",
        ".github/workflows/gone.yml is no file that can be read.",
        ".github/workflows/loop.yml is no file that can be read.",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="making links needs a privilege there")
def test_a_folder_that_is_a_loop_of_links_is_one_finding(tmp_path):
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "workflows").symlink_to(tmp_path / ".github" / "workflows")
    (finding,) = read_workflows(tmp_path)
    assert finding.message.startswith(".github/workflows cannot be listed.")


@pytest.mark.skipif(sys.platform == "win32", reason="modes mean something else there")
@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="root may read everything")
def test_a_file_without_permission_is_one_finding(folder):
    put(folder, "publish.yml").chmod(0)
    (finding,) = read_workflows(folder)
    assert finding.message == ".github/workflows/publish.yml cannot be read. Permission denied."


def test_a_commit_is_read_instead_of_the_folder(folder):
    git(folder, "init", "--quiet", "--initial-branch=main")
    put(folder, "publish.yml")
    put(folder, "broken.yml", b"name: caf\xe9\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "One")
    put(folder, "later.yml")
    put(folder, "publish.yml", "on: push\njobs: {}\n")
    broken, publish = read_workflows(folder, commit="HEAD", runner=RUNNER)
    assert isinstance(broken, Finding)
    assert "is not UTF-8" in broken.message
    assert [event.name for event in publish.events] == ["release"]


def test_a_commit_without_workflows_has_none(tmp_path):
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", "One")
    assert read_workflows(tmp_path, commit="HEAD", runner=RUNNER) == ()


def test_the_publisher_of_a_checkout_has_githubs_spelling(folder):
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "remote", "add", "origin", "git@github.com:Octo/Demo.git")
    put(folder, "publish.yml")
    repository = find_repository(folder, RUNNER)
    assert github_remote(repository, Settings()) == ("Octo", "Demo")
    derivation = derive_in(folder, Settings(), ("Octo", "Demo")).derivation
    publisher = in_githubs_spelling(derivation, "octo/demo").publisher
    assert (publisher.owner, publisher.repository) == ("octo", "demo")
    assert (publisher.workflow, publisher.environment) == ("publish.yml", "pypi")


def test_of_several_remotes_the_one_that_the_branch_follows_is_meant(folder):
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "remote", "add", "origin", "https://github.com/fork/demo.git")
    git(folder, "remote", "add", "upstream", "https://github.com/octo/demo.git")
    repository = find_repository(folder, RUNNER)
    assert github_remote(repository, Settings()) == ("fork", "demo")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "One")
    git(folder, "config", "branch.main.remote", "upstream")
    git(folder, "config", "branch.main.merge", "refs/heads/main")
    assert github_remote(repository, Settings()) == ("octo", "demo")
    assert github_remote(repository, Settings(remote="origin")) == ("fork", "demo")


def test_insteadof_does_not_change_whose_repository_it_is(folder):
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "remote", "add", "origin", "https://github.com/octo/demo.git")
    git(folder, "config", "url./srv/git/.insteadOf", "https://github.com/")
    assert github_remote(find_repository(folder, RUNNER), Settings()) == ("octo", "demo")


def test_without_a_remote_there_is_a_reason(folder):
    git(folder, "init", "--quiet", "--initial-branch=main")
    put(folder, "publish.yml")
    repository = find_repository(folder, RUNNER)
    assert str(github_remote(repository, Settings())).startswith("This repository has no remote.")
    assert derive_in(folder, Settings(), None).derivation.publisher is None


def test_composite_actions_are_read_and_nothing_outside_the_repository(folder):
    action = "runs:\n  using: composite\n  steps:\n    - run: twine upload dist/*\n"
    (folder / "actions" / "up").mkdir(parents=True)
    (folder / "actions" / "up" / "action.yml").write_text(action, encoding="utf-8")
    (folder.parent / "action.yml").write_text(action, encoding="utf-8")
    text = "on: push\njobs:\n  a:\n    steps:\n"
    for used in ("./actions/up", "./../", "./nowhere"):
        text += f"      - uses: {used}\n"
    put(folder, "publish.yml", text)
    found = read_actions(folder, read_workflows(folder))
    assert list(found) == ["actions/up"]
    assert found["actions/up"][0].run == "twine upload dist/*"


def test_a_script_that_a_step_runs_uploads_in_its_jobs_name(folder):
    scripts = folder / "scripts"
    scripts.mkdir()
    (scripts / "up.sh").write_text("python -m build\ntwine upload dist/*\n", encoding="utf-8")
    text = "on: push\njobs:\n  a:\n    steps:\n      - run: bash scripts/up.sh\n"
    put(folder, "publish.yml", text + "        env: {TWINE_PASSWORD: x}\n")
    (workflow,) = read_workflows(folder)
    (job,) = publish_jobs(workflow, actions=read_actions(folder, (workflow,)))
    assert (job.tool, job.credentials) == ("twine upload (in scripts/up.sh)", "secret")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "One")
    (scripts / "up.sh").write_text("", encoding="utf-8")
    read = read_actions(folder, (workflow,), commit="HEAD", runner=RUNNER)
    assert "twine upload dist/*" in read["scripts/up.sh"][0].run


def test_composite_actions_are_read_from_the_commit_that_the_workflows_are_read_from(folder):
    action = "runs:\n  using: composite\n  steps:\n    - run: {}\n"
    text = "on: push\njobs:\n  a:\n    steps:\n"
    for used in ("./", "./.github/actions/up", "./later", "./nowhere", "./../", "./broken"):
        text += f"      - uses: {used}\n"
    put(folder, "publish.yml", text)
    up = folder / ".github" / "actions" / "up"
    up.mkdir(parents=True)
    (folder / "broken").mkdir()
    (folder / "action.yml").write_text(action.format("first"), encoding="utf-8")
    (up / "action.yaml").write_text(action.format("not this"), encoding="utf-8")
    (up / "action.yml").write_text(action.format("committed"), encoding="utf-8")
    (folder / "broken" / "action.yml").write_text("{", encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "One")
    (up / "action.yml").write_text(action.format("edited"), encoding="utf-8")
    (folder / "later").mkdir()
    (folder / "later" / "action.yml").write_text(action.format("later"), encoding="utf-8")
    workflows = read_workflows(folder, commit="HEAD", runner=RUNNER)
    found = read_actions(folder, workflows, commit="HEAD", runner=RUNNER)
    runs = {name: steps[0].run for name, steps in found.items()}
    assert runs == {"": "first", ".github/actions/up": "committed"}
    runs = {name: steps[0].run for name, steps in read_actions(folder, workflows).items()}
    assert runs == {"": "first", ".github/actions/up": "edited", "later": "later"}
