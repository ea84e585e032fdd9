"""`prepare -- WORD --all-packages` in a workspace of four packages."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from preparing import git, text_of
from releasing import run
from workspaces import PUBLISHED, change, make_workspace, pyproject

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]
SCREEN = """\
core-x  1.4.0 → 2.0.0  1 commit
plug-x  1.1.0 → 1.1.1  must follow: `core-x>=1,<2` excludes 2.0.0  → core-x>=2,<3
cli-x   1.0.2 → 1.0.3  must follow: `core-x==1.4.0`                → core-x==2.0.0
docs-x  0.3.0          not published (private classifier)
Order  1 core-x   2 plug-x   3 cli-x       each waits until 127.0.0.1"""
SUBJECT = "Release core-x 2.0.0, plug-x 1.1.1 and cli-x 1.0.3"


def prepare(world, *arguments, **more):
    return run(world, "prepare", "--all-packages", "--yes", *arguments, **more)


def commits(world):
    return git(world, "log", "--format=%s").splitlines()


def lines_with(world, text):
    found = git(world, "grep", "-hF", "-e", text, "--", "packages", "uv.lock")
    return found.splitlines()


def test_all_that_is_new_and_all_that_must_follow_is_one_commit(workspace):
    ended = prepare(workspace, "major")

    assert ended.status == 0, ended
    assert SCREEN in ended.output
    assert commits(workspace)[:2] == [SUBJECT, "Change core"]
    assert git(workspace, "status", "--porcelain") == ""
    assert [f'version = "{one}"' in text_of(workspace, "uv.lock") for one in ("2.0.0", "1.1.1", "1.0.3", "0.3.0")] == [True] * 4  # fmt: skip
    assert 'dependencies = ["core-x>=2,<3"]' in text_of(workspace, "packages/plug/pyproject.toml")
    assert '["core-x==2.0.0", "plug-x"]' in text_of(workspace, "packages/cli/pyproject.toml")
    assert "- Something." in text_of(workspace, "packages/core/CHANGELOG.md").partition("2.0.0")[2]
    assert lines_with(workspace, "- Require ") == ["- Require `core-x==2.0.0`", "- Require `core-x>=2,<3`"]  # fmt: skip
    assert ended.output.count("the edited tree builds") == 3
    assert "nox -s release -- --all-packages" in ended.output

    again = prepare(workspace, "minor")

    assert again.status == 0, again
    assert "core-x 2.0.0, plug-x 1.1.1 and cli-x 1.0.3: prepared." in again.output
    assert commits(workspace)[0] == SUBJECT


def test_whose_range_takes_what_comes_stays_and_a_dry_run_edits_nothing(workspace):
    ended = prepare(workspace, "patch", "--dry-run", "--no-build")

    assert ended.status == 0, ended
    assert "core-x  1.4.0 → 1.4.1  1 commit" in ended.output
    assert "must follow: `core-x==1.4.0` → core-x==1.4.1" in " ".join(ended.output.split())
    assert "Nothing new: `plug-x`" in ended.output
    assert "Order  1 core-x   2 cli-x" in ended.output
    assert (commits(workspace)[0], git(workspace, "status", "--porcelain")) == ("Change core", "")


def test_edits_without_a_commit_are_recognised_and_completed(workspace):
    ended = prepare(workspace, "major", "--no-commit", "--no-build")
    assert ended.status == 0, ended
    assert commits(workspace)[0] == "Change core"
    git(workspace, "checkout", "packages/plug")  # as if it had been interrupted between two files

    ended = prepare(workspace, "major", "--no-build")

    assert ended.status == 0, ended
    assert (commits(workspace)[0], git(workspace, "status", "--porcelain")) == (SUBJECT, "")
    assert prepare(workspace, "--check").status == 0


def test_other_changes_here_stop_it(workspace):
    (workspace.clone / "packages" / "docs" / "README.md").write_text("# changed\n")
    ended = prepare(workspace, "major", "--no-build")
    assert "There are changes that are not committed." in ended.output
    assert commits(workspace)[0] == "Change core"


def test_without_a_word_each_changelog_says_what_comes(workspace):
    ended = prepare(workspace, "--no-build", "--dry-run")
    assert ended.status == 0, ended
    assert "core-x  1.4.0 → 1.4.1" in ended.output


def test_nothing_new_is_said(make_world):
    ended = prepare(make_workspace(make_world(repository="both")), "patch")
    assert ended.status == 0, ended
    assert "No package has anything new since its release." in ended.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("2.0.0",), "`2.0.0` is of one package"),
        (("dev",), "`dev` and `--all-packages` do not go together."),
        (("patch", "--package", "core-x"), "`--package` and `--all-packages` do not go together."),
    ],
)
def test_what_is_of_one_package_does_not_go_with_all(workspace, arguments, said):
    ended = prepare(workspace, *arguments)
    assert (ended.status, said in ended.output) == (1, True), ended


def test_what_is_not_on_the_index_yet_is_left_out_with_its_next_command(make_world):
    world = make_workspace(make_world(repository="both"), released=("core", "plug"))
    change(world, "core")
    ended = prepare(world, "patch", "--no-build", "--dry-run")
    assert ended.status == 0, ended
    assert "core-x  1.4.0 → 1.4.1  1 commit" in ended.output
    assert "yet: nox -s first-upload -- --package cli-x" in ended.output
    assert "To do it: nox -s prepare -- patch --all-packages" in ended.output


def test_one_tag_for_several_packages_is_refused_by_name(make_world):
    root = '[tool.nox-release]\npackages = ["packages/*"]\ntag-format = "v{version}"\n'
    world = make_workspace(make_world(repository="both"), pyproject_dot_toml=root)
    ended = prepare(world, "patch")
    assert ended.status == 1
    assert "These packages cannot be released one by one. Nothing was changed." in ended.output
    assert "a tag such as `v1.0.0` is one of cli-x and of core-x" in ended.output


def test_packages_that_were_tagged_together_go_on_apart_once_the_settings_say_so(make_world):
    plug = pyproject("plug", "1.4.0")
    world = make_world(repository="both")
    make_workspace(world, released=(), packages__plug__pyproject_dot_toml=plug)
    for name in PUBLISHED:
        world.index.create_project(f"{name}-x", owner="you")
    git(world, "tag", "v1.4.0")
    ended = prepare(world, "patch", "--no-build")
    assert "the tag `v1.4.0` is of `core-x`, `plug-x`: they have one version" in ended.output
    root = world.clone / "pyproject.toml"
    root.write_text(
        f'{root.read_text()}\n[tool.nox-release]\ntag-format = "{{name}}-v{{version}}"\n'
    )
    git(world, "commit", "-qam", "Tags of their own")
    ended = prepare(world, "patch", "--no-build")
    assert "the tag `v1.4.0`" not in ended.output
    assert "its first release" in ended.output


def test_a_bound_without_a_sure_rewriting_is_refused_by_name(make_world):
    plug = pyproject("plug", needs=("core-x!=2.0.0",))
    world = make_workspace(make_world(repository="both"), packages__plug__pyproject_dot_toml=plug)
    change(world, "core")
    ended = prepare(world, "major")
    assert ended.status == 1
    assert "plug-x asks for `core-x!=2.0.0`, which excludes 2.0.0" in ended.output
    assert commits(world)[0] == "Change core"


def test_a_workflow_that_another_packages_tags_start_is_refused_by_name(make_world):
    """`core-*` takes core-x-v2.0.0, and core-plug-x-v1.1.1 as well."""
    world = make_world(repository="both")
    make_workspace(world)
    for name, pattern in (("core", "*-x-v*"), ("plug", "plug-x-v*")):
        path = world.clone / ".github" / "workflows" / f"{name}.yml"
        text = path.read_text().replace(
            "on:\n  release:\n    types: [published]\n", f'on:\n  push:\n    tags: ["{pattern}"]\n'
        )
        path.write_text("".join(line for line in text.splitlines(True) if "if: startsWith" not in line))  # fmt: skip
    change(world, "core")
    ended = prepare(world, "major")
    assert ended.status == 1
    assert (
        "the tag `plug-x-v1.1.1` of plug-x starts .github/workflows/core.yml, too" in ended.output
    )


def test_what_would_stop_a_release_is_found_before_a_file_is_edited(workspace):
    (workspace.clone / ".github" / "workflows" / "plug.yml").unlink()
    git(workspace, "commit", "-qam", "No workflow")
    git(workspace, "push", "-q", "origin", "HEAD")
    ended = prepare(workspace, "major")
    assert ended.status == 1
    assert "The release of plug-x would fail. Nothing was changed." in ended.output
    assert git(workspace, "status", "--porcelain") == ""


def test_a_branch_that_takes_pull_requests_alone_gets_one_for_all(workspace):
    workspace.github.settings.rulesets.append(
        {"id": 7, "name": "main", "target": "branch", "enforcement": "active",
         "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
         "rules": [{"type": "pull_request"}], "current_user_can_bypass": "never"},
    )  # fmt: skip
    ended = prepare(workspace, "major", "--no-build")
    assert ended.status == 0, ended
    assert commits(workspace)[0] == "Change core"
    (pull,) = workspace.github.pulls
    assert (pull.title, pull.head) == (SUBJECT, "release/core-x-2.0.0")
    again = prepare(workspace, "major", "--no-build")
    assert "proposed in " in again.output
    assert len(workspace.github.pulls) == 1


def test_uv_takes_the_lock_of_the_prepared_workspace(workspace):
    """Members' lines are the versions; what they ask of each other is in no lock."""
    environ = {**workspace.environ, "UV_OFFLINE": "1"}
    uv = shutil.which("uv", path=workspace.environ["PATH"])
    if uv is None:
        pytest.skip("uv is not installed")
    lock = [uv, "lock", "--offline", "--quiet"]
    (workspace.clone / "uv.lock").unlink()
    subprocess.run(lock, cwd=workspace.clone, env=environ, check=True)
    git(workspace, "commit", "-qam", "A lock by uv itself")
    git(workspace, "push", "-q", "origin", "HEAD")
    ended = prepare(workspace, "major", "--no-build")
    assert ended.status == 0, ended
    subprocess.run([*lock, "--check"], cwd=workspace.clone, env=environ, check=True)
