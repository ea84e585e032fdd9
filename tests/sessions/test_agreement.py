"""`check-project` and `release` agree: what says "ready" is what would refuse.

In each world both are run for the same target, and what stops a release is compared: findings of
severity error, and what a release needs to know and nobody could say. `diagnose` calls the same runs
failed, and names `release` as what goes on where `release` would.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from nox_release.checks.judging import NEEDED
from nox_release.operations import check_project, options
from nox_release.releases.plan import files_there
from releasing import TAG, context_of, release, run
from troubles import Fault

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]

WORLDS = {}


def world_where(function):
    """A state of the world, named by the function that brings it about."""
    WORLDS[function.__name__.replace("_", " ")] = function
    return function


# --- nothing, or not much, is wrong ----------------------------------------------------------


@world_where
def all_is_well(world):
    pass


@world_where
def a_file_lies_about(world):
    world.write({"notes.txt": "x"})


@world_where
def the_commit_is_not_pushed(world):
    world.commit("Not pushed", push=False)


@world_where
def the_environment_waits_for_an_approval(world):
    world.github.add_environment("pypi", reviewers=("you",))


@world_where
def the_token_may_not_ask_who_it_is(world):
    world.github.faults.arrange(Fault(kind="status", status=403, endpoint="/user", times=None))
    world.github.faults.arrange(Fault(kind="status", status=403, endpoint="/graphql", times=None))


# --- the tree --------------------------------------------------------------------------------


@world_where
def a_change_is_not_committed(world):
    world.write({"README.md": "changed"})


@world_where
def a_module_is_not_under_git(world):
    world.write({"tiny_demo/forgotten.py": ""})


@world_where
def head_is_detached(world):
    world.git("checkout", "-q", "--detach")


@world_where
def another_branch_is_checked_out(world):
    world.git("switch", "-q", "-c", "feature")


@world_where
def the_remote_has_more(world):
    world.commit("More")
    world.git("reset", "-q", "--hard", "HEAD^")


@world_where
def both_sides_have_more(world):
    world.commit("Theirs")
    world.git("reset", "-q", "--hard", "HEAD^")
    world.commit("Ours", {"ours.txt": "x"}, push=False)


@world_where
def git_knows_nobody(world):
    world.git("config", "user.useConfigOnly", "true")
    world.git("config", "user.name", "")
    world.git("config", "user.email", "")


@world_where
def tags_are_signed_without_a_key(world):
    world.git("config", "tag.gpgSign", "true")
    world.git("config", "gpg.program", "no-such-gpg")


@world_where
def annotated_tags_are_signed_without_a_key(world):
    world.git("config", "tag.forceSignAnnotated", "true")
    world.git("config", "gpg.program", "no-such-gpg")


@world_where
def the_changelog_says_nothing(world):
    world.commit("Say nothing", {"CHANGELOG.md": "# Changelog\n\n## 0.9\n\n- Old.\n"})


@world_where
def a_dependency_has_an_address(world):
    text = (world.clone / "pyproject.toml").read_text("utf-8")
    text += 'dependencies = ["x @ https://example.org/x.zip"]\n'
    world.commit("Depend", {"pyproject.toml": text})


@world_where
def the_build_fails(world):
    world.commit("Break it", {"tiny_backend.py": "raise SystemExit('broken')\n"})


# --- tag and remote --------------------------------------------------------------------------


def another_commit(world):
    return world.git("commit-tree", "HEAD^{tree}", "-m", "Elsewhere")


@world_where
def the_tag_is_elsewhere_here(world):
    world.git("tag", TAG, another_commit(world))


@world_where
def the_tag_is_elsewhere_there(world):
    world.git("push", "-q", "origin", f"{another_commit(world)}:refs/tags/{TAG}")


@world_where
def the_remote_is_gone(world):
    config = Path(world.environ["GIT_CONFIG_GLOBAL"])
    away = config.with_name("away.gitconfig")
    address = world.remote.as_posix()
    away.write_text(config.read_text().replace(address, f"{address}.gone"))
    return {"GIT_CONFIG_GLOBAL": str(away)}


@world_where
def there_are_two_remotes_and_none_is_origin(world):
    world.git("remote", "rename", "origin", "upstream")
    world.git("branch", "--unset-upstream")
    world.git("remote", "add", "fork", "https://github.com/me/tiny-demo.git")


@world_where
def there_is_no_remote(world):
    world.git("remote", "remove", "origin")


@world_where
def the_remote_is_elsewhere(world):
    world.git("remote", "set-url", "origin", "https://gitlab.com/you/tiny-demo.git")


@world_where
def pushes_go_to_a_fork(world):
    fork = world.directory / "fork.git"
    subprocess.run(["git", "init", "-q", "--bare", str(fork)], check=True)
    world.git("config", "remote.origin.pushurl", str(fork))


# --- GitHub ----------------------------------------------------------------------------------


@world_where
def gh_is_missing(world):
    folder = world.directory / "bin"
    folder.mkdir()
    for name in ("git", "sh"):
        (folder / name).symlink_to(shutil.which(name))
    return {"PATH": str(folder)}


@world_where
def gh_is_logged_out(world):
    world.github.accounts.clear()


@world_where
def gh_may_only_read(world):
    world.github.user.permission = "read"


@world_where
def github_is_down(world):
    world.github.faults.arrange(Fault(kind="status", status=502, endpoint="*", times=None))


@world_where
def the_workflow_is_disabled(world):
    world.github.disabled_workflows[".github/workflows/publish.yml"] = "disabled_manually"


@world_where
def the_environment_refuses_the_tag(world):
    world.github.add_environment("pypi", policies=(("branch", "main"),))


@world_where
def a_check_failed(world):
    world.github.add_check_run(world.git("rev-parse", "HEAD"), "tests", conclusion="failure")


@world_where
def the_repository_is_archived(world):
    world.github.settings.archived = True


@world_where
def actions_are_switched_off(world):
    world.github.settings.actions_enabled = False


@world_where
def the_repository_was_renamed(world):
    world.github.settings.former_slugs = ("you/tiny-demo",)
    world.github.settings.name = "tinier-demo"


@world_where
def releases_are_locked(world):
    world.github.settings.immutable_releases = True


@world_where
def the_tag_is_burnt(world):
    world.github.burn(TAG)


@world_where
def the_environment_is_absent(world):
    world.github.environments.clear()


@world_where
def the_environment_takes_protected_branches_only(world):
    world.github.add_environment("pypi", protected_branches_only=True)


@world_where
def github_does_not_tell_the_checks(world):
    world.github.faults.arrange(
        Fault(kind="status", status=500, endpoint="*/check-runs*", times=None)
    )


@world_where
def github_does_not_tell_the_rules(world):
    world.github.faults.arrange(Fault(kind="status", status=500, endpoint="*/rules*", times=None))


@world_where
def github_does_not_tell_the_environment(world):
    world.github.faults.arrange(
        Fault(kind="status", status=500, endpoint="*/environments*", times=None)
    )


@world_where
def github_does_not_tell_the_releases(world):
    world.github.faults.arrange(
        Fault(kind="status", status=500, endpoint="*/releases*", method="GET", times=None)
    )


@world_where
def github_does_not_tell_the_runs(world):
    world.github.faults.arrange(
        Fault(kind="status", status=500, endpoint="*/actions/runs*", method="GET", times=None)
    )


@world_where
def nothing_starts_the_workflow(world):
    path = ".github/workflows/publish.yml"
    text = (world.clone / path).read_text("utf-8")
    head, _, rest = text.partition("on:\n")
    _, _, rest = rest.partition("\n\n")
    world.commit("Never", {path: f"{head}on:\n  push:\n    branches: [never]\n\n{rest}"})


@world_where
def no_workflow_publishes(world):
    world.git("rm", "-q", ".github/workflows/publish.yml")
    world.git("commit", "-q", "-m", "Do not publish")
    world.git("push", "-q", "origin", "HEAD")


# --- the index -------------------------------------------------------------------------------


@world_where
def the_project_is_absent(world):
    world.index.delete_project("tiny-demo")


@world_where
def the_index_is_down(world):
    world.index.faults.arrange(Fault(kind="status", endpoint="*", times=None, status=418))


@world_where
def the_project_is_archived(world):
    world.index.set_status("tiny-demo", "archived")


@world_where
def the_project_is_in_quarantine(world):
    world.index.set_status("tiny-demo", "quarantined")


@world_where
def the_version_was_uploaded_by_hand(world):
    folder = world.directory / "made"
    folder.mkdir()
    world.index.put(*world.workflows.builder.build(world.clone, folder), owner="you")


@world_where
def the_json_api_is_down(world):
    world.index.faults.arrange(Fault(kind="status", endpoint="/pypi/*", times=None, status=503))


@world_where
def the_simple_api_is_down(world):
    world.index.faults.arrange(Fault(kind="status", endpoint="/simple/*", times=None, status=503))


@world_where
def the_index_shows_no_provenance(world):
    world.index.faults.arrange(
        Fault(kind="status", endpoint="/integrity/*", times=None, status=503)
    )


@world_where
def one_file_was_uploaded_by_hand(world):
    folder = world.directory / "one"
    folder.mkdir()
    files = world.workflows.builder.build(world.clone, folder)
    world.index.put(next(one for one in files if one.suffix == ".whl"), owner="you")


# --- a release that has begun, or is out -----------------------------------------------------


def it_was_yesterday(world):
    """No index lags behind for so long."""
    for one in world.github.runs:
        one.created_at -= timedelta(days=1)
        one.updated_at -= timedelta(days=1)
    if world.index.has_project("tiny-demo") and world.index.project("tiny-demo").release("1.2.3"):
        world.index.age_release("tiny-demo", "1.2.3", 1)


@world_where
def the_release_is_out(world):
    assert release(world).status == 0


@world_where
def head_has_gone_on_after_the_release(world):
    assert release(world).status == 0
    world.commit("More")


@world_where
def the_release_was_yanked(world):
    assert release(world).status == 0
    world.index.yank("tiny-demo", "1.2.3", "broken")


@world_where
def a_file_of_the_release_was_deleted(world):
    assert release(world).status == 0
    world.index.delete_file("tiny_demo-1.2.3.tar.gz")
    it_was_yesterday(world)


@world_where
def the_release_was_deleted_from_the_index(world):
    assert release(world).status == 0
    world.index.delete_release("tiny-demo", "1.2.3")
    it_was_yesterday(world)


@world_where
def the_release_is_in_quarantine(world):
    assert release(world).status == 0
    world.index.quarantine_release("tiny-demo", "1.2.3")
    it_was_yesterday(world)


@world_where
def the_github_release_was_deleted(world):
    assert release(world).status == 0
    world.github.releases.clear()


@world_where
def the_remote_tag_was_deleted(world):
    assert release(world).status == 0
    world.git("push", "-q", "origin", f":refs/tags/{TAG}")


@world_where
def the_local_tag_was_deleted(world):
    assert release(world).status == 0
    world.git("tag", "-d", TAG)


@world_where
def the_release_was_made_a_draft_again(world):
    assert release(world).status == 0
    world.github.releases[0].draft = True


@world_where
def the_branch_was_rewritten_after_the_release(world):
    assert release(world).status == 0
    world.git("commit", "-q", "--amend", "-m", "Rewritten")
    world.git("push", "-q", "--force", "origin", "HEAD")


@world_where
def the_files_are_not_served(world):
    assert release(world).status == 0
    world.index.age_release("tiny-demo", "1.2.3", 2)  # too old to be waited for
    world.index.faults.arrange(
        Fault(kind="status", status=404, endpoint="/packages/*", method="GET", times=None)
    )


@world_where
def another_repository_published_the_files(world):
    assert release(world).status == 0
    for file in world.index.project("tiny-demo").release("1.2.3").files:
        file.provenance["attestation_bundles"][0]["publisher"]["repository"] = "evil/tiny-demo"


@world_where
def the_run_failed(world):
    world.index.faults.arrange(
        Fault(kind="status", status=403, endpoint="/_/oidc/mint-token", times=1)
    )
    assert release(world).status == 1


@world_where
def the_run_failed_and_head_has_gone_on(world):
    the_run_failed(world)
    world.commit("More")


@world_where
def the_tag_is_out_alone(world):
    world.git("tag", "-a", "-m", "x", TAG)
    world.git("push", "-q", "origin", TAG)


@world_where
def there_is_a_draft(world):
    command = ["gh", "release", "create", TAG, "--draft", "--notes=x", "--repo=you/tiny-demo"]
    subprocess.run(command, cwd=world.clone, env=world.environ, check=True)


def what_stops_a_release(world, environ):
    ended = run(world, "release", "--dry-run", environ=environ)
    assert "Traceback" not in ended.output
    errors = re.findall(
        r"^\W* error: .*?  \[([a-z0-9-]+)\]$", ended.output, re.DOTALL | re.MULTILINE
    )
    return {*ended.ids, *errors}, ended


def what_the_checklist_says(world, environ, *, building):
    parser = argparse.ArgumentParser()
    check_project.add_options(parser)
    chosen = parser.parse_args(["--index", world.index.url, *(["--build"] if building else [])])
    context = context_of(world, environ=environ)
    projects = options.load_projects(context, chosen)
    (checklist,) = check_project.make_checklists(context, chosen, projects)
    unknown = {"index-unreachable" if r.id == "project-absent" else r.id for r in checklist.unknown}
    return {error.id for error in checklist.errors} | (unknown & NEEDED), checklist


@pytest.mark.parametrize("name", WORLDS)
def test_what_says_ready_is_what_would_refuse(ready, name):
    world = ready
    world.workflows.forget_pushes()
    tree = world.git("rev-parse", "HEAD:")
    environ = WORLDS[name](world) or {}
    world.workflows.wait()
    world.workflows.forget_pushes()
    # The tree of the first commit is built where all is well, and would be built alike elsewhere.
    building = name == "all is well" or world.git("rev-parse", "HEAD:") != tree
    checked, checklist = what_the_checklist_says(world, environ, building=building)
    refused, ended = what_stops_a_release(world, environ)
    assert checked == refused, f"{checklist.results}\n{ended}"
    assert bool(refused) == bool(ended.status), ended
    assert not (refused and checklist.step.kind == "release"), checklist.step
    if world.github.runs:
        has_failed = world.github.runs[-1].conclusion != "success"
        there = files_there(checklist.case.target, checklist.case.observed)
        said = run(world, "diagnose", environ=environ).output
        assert ("No failure found in it." not in said) == (has_failed or not there), said
        goes_on = "`nox -s release` continues where it stopped" in said
        assert goes_on == (has_failed and not refused), said
