"""git's configuration can name programs; looking at a project runs none that a repository names."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from nox_release.core.errors import ConfigurationError
from nox_release.edges.checkouts import export, submodules
from nox_release.edges.git import Repository, find_repository
from nox_release.edges.git_settings import read_git_settings
from nox_release.edges.process import Runner
from nox_release.edges.signing import identity
from nox_release.observing.workflow_files import read_workflows

# Everything in https://git-scm.com/docs/git-config that is a program, or leads to one. `RUN` is a
# command that leaves a file behind.
CONFIGURATION = {
    "core.fsmonitor": '[core]\n fsmonitor = "RUN"',
    "core.hooksPath": "[core]\n hooksPath = HOOKS",
    "core.sshCommand": '[core]\n sshCommand = "RUN"',
    "core.gitProxy": '[core]\n gitProxy = "RUN"',
    "core.askPass": "[core]\n askPass = HOOKS/pre-push",
    "core.pager": '[core]\n pager = "RUN"',
    "core.editor": '[core]\n editor = "RUN"',
    "core.alternateRefsCommand": '[core]\n alternateRefsCommand = "RUN"',
    "sequence.editor": '[sequence]\n editor = "RUN"',
    "pager": '[pager]\n show = "RUN"\n status = "RUN"\n tag = "RUN"\n config = "RUN"',
    "alias": '[alias]\n status = "!RUN"\n rev-parse = "!RUN"\n ls-files = "!RUN"',
    "credential.helper": '[credential]\n helper = "!RUN"',
    "diff.external": '[diff]\n external = "RUN"',
    "diff.driver": '[diff "x"]\n command = "RUN"\n textconv = "RUN"',
    "diff.trustExitCode": '[diff]\n external = "RUN"\n trustExitCode = true',
    "merge.driver": '[merge "x"]\n driver = "RUN"',
    "difftool": '[difftool "x"]\n cmd = "RUN"\n[diff]\n tool = x',
    "gpg.program": "[gpg]\n program = HOOKS/pre-push\n[log]\n showSignature = true",
    "gpg.ssh": '[gpg]\n format = ssh\n[gpg "ssh"]\n program = HOOKS/pre-push\n'
    ' defaultKeyCommand = "RUN"',
    "uploadpack.packObjectsHook": '[uploadpack]\n packObjectsHook = "RUN"',
    "remote.vcs": '[remote "evil"]\n vcs = ext\n url = "RUN"',
    "remote.ext": '[remote "evil"]\n url = "ext::RUN"',
    "submodule.update": '[submodule "x"]\n update = "!RUN"\n active = true',
    "status.submoduleSummary": "[status]\n submoduleSummary = true",
    "trailer": '[trailer "x"]\n command = "RUN"\n cmd = "RUN"',
    "tar": '[tar "x"]\n command = "RUN"',
    "interactive.diffFilter": '[interactive]\n diffFilter = "RUN"',
    "browser": '[browser "x"]\n cmd = "RUN"',
    "man": '[man "x"]\n cmd = "RUN"',
    "sendemail": '[sendemail]\n toCmd = "RUN"',
    "gc.recentObjectsHook": '[gc]\n recentObjectsHook = "RUN"\n auto = 1',
    "hook": '[hook "x"]\n command = "RUN"\n event = post-index-change\n event = pre-commit',
    "include": "[include]\n path = ADDED",
    "includeIf": '[includeIf "gitdir:/"]\n path = ADDED',
}
# These work on the files or the remote themselves: they are meant where the maintainer's own
# `.git/config` has them (Git LFS is a filter), and nothing tracked can bring them in.
OWN_ONLY = {
    "filter": '[filter "x"]\n clean = "RUN; cat"\n smudge = "RUN; cat"',
    "filter.process": '[filter "x"]\n process = "RUN"',
    "remote.uploadpack": '[remote "origin"]\n uploadpack = "RUN; git-upload-pack"',
}
HOOKS = (
    "applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit", "prepare-commit-msg",
    "commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge", "pre-push",
    "pre-receive", "update", "proc-receive", "post-receive", "post-update",
    "reference-transaction", "push-to-checkout", "pre-auto-gc", "post-rewrite",
    "sendemail-validate", "fsmonitor-watchman", "post-index-change",
)  # fmt: skip


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n name = Ada\n email = ada@example.org\n[init]\n defaultBranch = main\n"
    )
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "TEMP") if key in os.environ}
    return {**kept, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture
def clone(tmp_path: Path, environ: dict[str, str]) -> Path:
    folder = tmp_path / "clone"

    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=folder, env=environ, check=True)

    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", remote], env=environ, check=True)
    subprocess.run(["git", "clone", "-q", remote, folder], env=environ, check=True)
    (folder / "a.x").write_text("one\n")
    (folder / ".gitattributes").write_text("*.x filter=x diff=x merge=x\n")
    git("add", ".")
    git("commit", "-qm", "First")
    git("push", "-q", "-u", "origin", "HEAD:main")
    (folder / "a.x").write_text("two\n")
    return folder


def arm(git_directory: Path, text: str, marker: Path) -> None:
    """Add `text` to that repository's configuration, and every hook to the repository."""
    aside = marker.parent
    run = f"touch {marker}"
    hooks = aside / "hooks"
    for folder in (hooks, git_directory / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in HOOKS:
            (folder / name).write_text(f"#!/bin/sh\n{run}\nexit 1\n")
            (folder / name).chmod(0o755)
    added = aside / "added"
    added.write_text(f'[core]\n fsmonitor = "{run}"\n')
    filled = text.replace("RUN", run).replace("HOOKS", str(hooks)).replace("ADDED", str(added))
    with (git_directory / "config").open("a") as config:
        config.write(f"{filled}\n")


def look(start: Path, environ: dict[str, str], aside: Path) -> Repository:
    """Every question that is asked of git, and a checkout."""
    found = find_repository(start, Runner(environ=environ))
    assert found is not None
    head = found.head()
    found.branch(), found.changes(), found.tracked(), found.tags(), found.tags_at(head)
    found.is_shallow(), found.has_file(head, "a.x"), submodules(found, head), identity(found)
    found.commit_time(head), found.subject(head), read_git_settings(found)
    found.tags_from(head), found.tag_commit("v1")
    state = found.remote_state("origin", branch="main", tag="v1")
    found.relation(head, state.branch_head or head)
    read_workflows(found.root, commit=head, runner=found.runner)
    export(found, head, aside / "export")
    return found


@pytest.mark.parametrize("key", [*CONFIGURATION, *OWN_ONLY])
def test_a_tracked_folder_that_looks_like_a_repository_runs_nothing(
    clone: Path, environ: dict[str, str], tmp_path: Path, key: str
) -> None:
    package = clone / "packages" / "a"
    package.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", package], env=environ, check=True)
    (package / "a.x").write_text("one\n")
    for arguments in (["add", "."], ["commit", "-qm", "x"]):
        subprocess.run(["git", *arguments], cwd=package, env=environ, check=True)
    inner = package / ".git"
    for name in ("HEAD", "config", "objects", "refs", "index", "hooks"):
        (inner / name).rename(package / name)
    shutil.rmtree(inner)
    marker = tmp_path / "ran"
    with (package / "config").open("a") as config:
        config.write("[core]\n bare = false\n worktree = .\n")
    arm(package, {**CONFIGURATION, **OWN_ONLY}[key], marker)
    found = look(package, environ, tmp_path)
    assert found.root == clone
    assert not marker.exists()


@pytest.mark.parametrize("key", CONFIGURATION)
def test_looking_runs_nothing_that_the_clone_names_for_other_occasions(
    clone: Path, environ: dict[str, str], tmp_path: Path, key: str
) -> None:
    marker = tmp_path / "ran"
    arm(clone / ".git", CONFIGURATION[key], marker)
    look(clone, environ, tmp_path)
    assert not marker.exists()


@pytest.mark.parametrize("key", ["filter", "remote.uploadpack"])
def test_what_the_clone_needs_to_read_its_files_and_its_remote_is_used(
    clone: Path, environ: dict[str, str], tmp_path: Path, key: str
) -> None:
    marker = tmp_path / "ran"
    arm(clone / ".git", OWN_ONLY[key], marker)
    look(clone, environ, tmp_path)
    assert marker.exists()


@pytest.mark.parametrize("act", ["tag", "push"])
def test_the_maintainers_hooks_run_where_a_tag_or_a_push_is_meant(
    clone: Path, environ: dict[str, str], tmp_path: Path, act: str
) -> None:
    marker = tmp_path / "ran"
    found = find_repository(clone, Runner(environ=environ))
    assert found is not None
    head = found.head()
    hook = clone / ".git/hooks" / {"tag": "reference-transaction", "push": "pre-push"}[act]
    hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
    hook.chmod(0o755)
    if act == "tag":
        found.create_tag("v1", head, message="v1")
    else:
        found.push("origin", commit=head, branch="next")
    assert marker.exists()


def test_a_work_tree_elsewhere_is_refused(
    clone: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    subprocess.run(
        ["git", "config", "core.worktree", elsewhere], cwd=clone, env=environ, check=True
    )
    with pytest.raises(ConfigurationError) as caught:
        find_repository(clone, Runner(environ=environ))
    assert str(elsewhere) in caught.value.message
    assert "core.worktree" in caught.value.hint


def test_a_broken_git_folder_does_not_hand_the_project_to_the_folder_itself(
    clone: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    """With an empty `.git` beside it, git would take the folder for a bare repository."""
    package = clone / "package"
    subprocess.run(["git", "init", "-q", "--bare", package], env=environ, check=True)
    marker = tmp_path / "ran"
    arm(package, CONFIGURATION["core.fsmonitor"], marker)
    (package / ".git").mkdir()
    with pytest.raises(Exception, match="git rev-parse"):
        find_repository(package, Runner(environ=environ))
    assert not marker.exists()


def test_a_login_in_the_address_of_a_remote_stands_in_no_argument_and_no_file(
    clone: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    """Submodules whose addresses are relative to the remote still get it."""
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    seen = tmp_path / "seen"
    real = subprocess.run(["which", "git"], check=True, capture_output=True, text=True).stdout
    git.write_text(f'#!/bin/sh\necho "$@" >> {seen}\nexec {real.strip()} "$@"\n')
    git.chmod(0o755)
    subprocess.run(
        ["git", "config", "remote.origin.url", "https://hunter2:@host.example/o/r.git"],
        cwd=clone, env=environ, check=True,
    )  # fmt: skip
    path = f"{git.parent}{os.pathsep}{environ['PATH']}"
    found = find_repository(clone, Runner(environ={**environ, "PATH": path}))
    assert found is not None
    folder = export(found, found.head(), tmp_path / "export")
    assert "hunter2" not in seen.read_text()
    assert "https://host.example/o/r.git" in (folder / ".git/config").read_text()
    assert "hunter2" not in (folder / ".git/config").read_text()
