"""git.py against real git and a bare repository as remote."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nox_release.core.errors import CommandError, ConflictError
from nox_release.edges.checkouts import export, submodules
from nox_release.edges.git import (
    PushRefused,
    Repository,
    find_repository,
    head_and_branch,
    parse_status,
)
from nox_release.edges.git_settings import read_git_settings
from nox_release.edges.process import Runner
from nox_release.edges.signing import identity, probe_signing
from nox_release.observing.changelogs import read_changelog
from nox_release.project.pyproject import Project
from nox_release.releases.observed import Changes, Relation


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n name = Ada\n email = ada@example.org\n[init]\n defaultBranch = main\n"
        '[protocol "file"]\n allow = always\n'
    )
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "TEMP") if key in os.environ}
    return {**kept, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture
def runner(environ: dict[str, str]) -> Runner:
    return Runner(environ=environ)


def git(runner: Runner, folder: Path, *arguments: str) -> str:
    return runner.run(["git", *arguments], cwd=folder).stdout.strip()


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


@pytest.fixture
def clone(tmp_path: Path, runner: Runner) -> Repository:
    remote = tmp_path / "remote.git"
    git(runner, tmp_path, "init", "--bare", "--initial-branch=main", str(remote))
    folder = tmp_path / "clöne with space"
    git(runner, tmp_path, "clone", "--quiet", str(remote), str(folder))
    git(runner, folder, "checkout", "-q", "-b", "main")
    write(folder, a__py="1\n")
    git(runner, folder, "add", ".")
    git(runner, folder, "commit", "-qm", "First")
    git(runner, folder, "push", "-q", "-u", "origin", "main")
    found = find_repository(folder, runner)
    assert found is not None
    return found


def tag_there(repository: Repository) -> str | None:
    there = repository.remote_state("origin", branch=None, tag="v1").tag
    return there.commit if there else None


def commit(repository: Repository, message: str = "Next") -> str:
    path = repository.root / "a.py"
    path.write_text(path.read_text() + "2\n")
    git(repository.runner, repository.root, "commit", "-qam", message)
    return repository.head()


def other_clone(repository: Repository, tmp_path: Path) -> Repository:
    folder = tmp_path / "other"
    git(repository.runner, tmp_path, "clone", "-q", str(tmp_path / "remote.git"), str(folder))
    found = find_repository(folder, repository.runner)
    assert found is not None
    return found


def test_a_folder_without_git_is_no_repository(tmp_path: Path, runner: Runner) -> None:
    assert find_repository(tmp_path, runner) is None


def test_a_broken_repository_is_an_error_and_not_an_absence(tmp_path: Path, runner: Runner) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(CommandError):
        find_repository(tmp_path, runner)


def test_missing_git_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(CommandError) as caught:
        find_repository(tmp_path, Runner(environ={"PATH": str(tmp_path)}))
    assert "git-scm.com" in caught.value.hint or caught.value.returncode


def test_the_repository_is_found_from_a_folder_inside_and_a_hooks_variables_are_ignored(
    clone: Repository, runner: Runner, environ: dict[str, str], tmp_path: Path
) -> None:
    (clone.root / "inner").mkdir()
    misled = Runner(environ={**environ, "GIT_DIR": str(tmp_path / "nowhere")})
    found = find_repository(clone.root / "inner", misled)
    assert found is not None
    assert found.root == clone.root
    assert found.branch() == "main"


def test_no_commit_yet_is_said(tmp_path: Path, runner: Runner) -> None:
    git(runner, tmp_path, "init", "-q")
    repository = find_repository(tmp_path, runner)
    assert repository is not None
    for ask in (Repository.head, head_and_branch):
        with pytest.raises(ConflictError, match="no commit yet"):
            ask(repository)


def test_changes_tell_modified_from_untracked_and_leave_ignored_out(clone: Repository) -> None:
    assert clone.changes() == Changes()
    write(clone.root, a__py="changed\n", new__py="x", ignored="x", __gitignore="ignored\n")
    git(clone.runner, clone.root, "add", ".gitignore")
    changes = clone.changes()
    assert set(changes.modified) == {"a.py", ".gitignore"}
    assert changes.untracked == ("new.py",)


def test_a_rename_and_odd_names_are_read_from_the_machine_format() -> None:
    text = (
        "1 .M N... 100644 100644 100644 aaa bbb with space\0"
        "2 R. N... 100644 100644 100644 aaa bbb R100 new\nname\0old name\0"
        "u UU N... 100644 100644 100644 100644 a b c both\0"
        "? -option\0"
    )
    assert parse_status(text) == Changes(
        modified=("with space", "new\nname", "both"), untracked=("-option",)
    )


def test_detached_head_has_no_branch(clone: Repository) -> None:
    git(clone.runner, clone.root, "tag", "main")  # a name that means two things
    assert head_and_branch(clone) == (clone.head(), "main")
    git(clone.runner, clone.root, "checkout", "-q", "--detach")
    assert clone.branch() is None
    assert head_and_branch(clone) == (clone.head(), None)


def test_the_remote_address_is_as_written_and_not_rewritten(clone: Repository) -> None:
    git(clone.runner, clone.root, "config", "remote.origin.url", "https://github.com/o/r.git")
    git(
        clone.runner, clone.root, "config", "url.file:///elsewhere.insteadOf", "https://github.com/"
    )
    settings = read_git_settings(clone)
    assert settings.remote_url("origin") == "https://github.com/o/r.git"
    assert settings.remote_url("absent") is None
    assert settings.upstream("main") == ("origin", "main")
    assert settings.upstream("absent") is None
    assert settings.remotes == ("origin",)


@pytest.mark.parametrize(
    ("written", "signs"),
    [
        ("", False), ("[tag]\n gpgSign = yes\n", True), ("[tag]\n gpgSign\n", True),
        ("[tag]\n forceSignAnnotated = 1\n", True), ("[tag]\n gpgSign = off\n", False),
        ("[tag]\n gpgSign = true\n gpgSign =\n", False),
    ],
)  # fmt: skip
def test_settings_are_read_as_git_reads_them(clone: Repository, written: str, signs: bool) -> None:
    with (clone.root / ".git" / "config").open("a") as config:
        config.write(written + '[remote "A.b c"]\n url = u v\n url = w\n pushurl = x\n')
        config.write('[remote]\n pushDefault = origin\n[branch "A.b"]\n remote = .\n')
    settings = read_git_settings(clone)
    assert settings.signs_tags is signs
    assert settings.remotes == ("A.b c", "origin")
    assert settings.remote_url("A.b c") == "u v"
    assert settings.push_urls("A.b c") == ("x",)
    assert settings.push_urls("origin") == ()
    assert settings.upstream("A.b") is None


def test_a_tag_is_made_annotated_pushed_and_seen_through_to_its_commit(clone: Repository) -> None:
    head = clone.head()
    assert clone.tag_commit("v1") is None
    clone.create_tag("v1", head, message="v1: [notes] -x")
    assert clone.tag_commit("v1") == head
    assert clone.tag_object("v1") != head
    assert clone.tags_at(head) == ("v1",)
    assert tag_there(clone) is None
    clone.push("origin", tag="v1", commit=head)
    state = clone.remote_state("origin", branch="main", tag="v1")
    assert state.tag is not None
    assert (state.tag.object, state.tag.commit) == (clone.tag_object("v1"), head)
    assert (state.default_branch, state.branch_head) == ("main", head)


def test_a_tag_elsewhere_under_the_same_ending_is_not_taken_for_it(clone: Repository) -> None:
    head = clone.head()
    git(clone.runner, clone.root, "tag", "other/v1")
    git(
        clone.runner,
        clone.root,
        "push",
        "-q",
        "origin",
        "refs/tags/other/v1:refs/tags/x/refs/tags/v1",
    )
    assert tag_there(clone) is None
    assert clone.tags_at(head) == ("other/v1",)


def test_an_unreachable_remote_is_an_error_and_not_a_missing_tag(clone: Repository) -> None:
    git(clone.runner, clone.root, "config", "remote.origin.url", str(clone.root / "gone"))
    with pytest.raises(CommandError):
        tag_there(clone)


def test_names_that_look_like_options_stay_names(clone: Repository) -> None:
    head = clone.head()
    git(clone.runner, clone.root, "update-ref", "refs/tags/--all", head)
    assert clone.tag_commit("--all") == head
    assert clone.tag_commit("--help") is None
    with pytest.raises(CommandError):
        clone.remote_state("--upload-pack=touch x", branch=None, tag=None)
    assert not (clone.root / "x").exists()


def test_the_push_takes_the_verified_commit_though_the_branch_moved_on(clone: Repository) -> None:
    verified = commit(clone)
    commit(clone, "later, unverified")
    clone.create_tag("v2", verified, message="v2")
    clone.push("origin", tag="v2", commit=verified, branch="main")
    state = clone.remote_state("origin", branch="main", tag="v2")
    assert state.branch_head == verified
    assert state.tag is not None
    assert state.tag.commit == verified


def test_a_refused_branch_keeps_the_tag_away_too(clone: Repository, tmp_path: Path) -> None:
    other = other_clone(clone, tmp_path)
    commit(other, "somebody was faster")
    other.push("origin", commit=other.head(), branch="main")
    mine = commit(clone)
    clone.create_tag("v1", mine, message="v1")
    with pytest.raises(PushRefused) as caught:
        clone.push("origin", tag="v1", commit=mine, branch="main")
    assert "refs/heads/main" in caught.value.reason
    assert tag_there(clone) is None


def test_of_two_who_push_the_same_tag_one_is_refused(clone: Repository, tmp_path: Path) -> None:
    other = other_clone(clone, tmp_path)
    head = clone.head()
    theirs = commit(other)
    other.create_tag("v1", theirs, message="theirs")
    other.push("origin", tag="v1", commit=theirs)
    clone.create_tag("v1", head, message="mine")
    with pytest.raises(PushRefused) as caught:
        clone.push("origin", tag="v1", commit=head)
    assert [one.reference for one in caught.value.refused] == ["refs/tags/v1"]
    assert tag_there(clone) == theirs


def test_a_tag_that_moved_since_it_was_verified_is_not_pushed(clone: Repository) -> None:
    head = clone.head()
    clone.create_tag("v1", head, message="v1")
    with pytest.raises(ConflictError, match="no longer on"):
        clone.push("origin", tag="v1", commit=commit(clone))


@pytest.mark.parametrize(
    ("ours", "theirs", "word"),
    [(0, 0, "same"), (2, 0, "ahead"), (0, 1, "behind"), (1, 1, "diverged")],
)
def test_relation_to_the_remote_branch_without_touching_any_reference(
    clone: Repository, tmp_path: Path, ours: int, theirs: int, word: str
) -> None:
    other = other_clone(clone, tmp_path)
    for _ in range(theirs):
        commit(other, "theirs")
    other.push("origin", commit=other.head(), branch="main")
    for _ in range(ours):
        commit(clone)
    before = git(clone.runner, clone.root, "for-each-ref")
    there = clone.remote_state("origin", branch="main", tag=None).branch_head
    assert there is not None
    git(
        clone.runner,
        clone.root,
        "fetch",
        "-q",
        "--no-write-fetch-head",
        "--refmap=",
        "origin",
        "main",
    )
    relation = clone.relation(clone.head(), there)
    assert relation == Relation(ahead=ours, behind=theirs)
    assert relation.word == word
    assert git(clone.runner, clone.root, "for-each-ref") == before


def test_a_commit_has_the_files_of_its_tree_whatever_lies_here(clone: Repository) -> None:
    head = clone.head()
    (clone.root / "a.py").unlink()
    write(clone.root, absent="not committed")
    assert clone.has_file(head, "a.py")
    assert not clone.has_file(head, "absent")
    assert not clone.has_file(head, ".")


def test_export_is_clean_and_has_tags_and_history(clone: Repository, tmp_path: Path) -> None:
    first = clone.head()
    git(clone.runner, clone.root, "tag", "old", first)
    head = commit(clone)
    write(clone.root, a__py="dirty", junk="x")
    folder = export(clone, head, tmp_path / "export", tag="v1")
    there = find_repository(folder, clone.runner)
    assert there is not None
    assert (folder / "a.py").read_text() == "1\n2\n"
    assert not (folder / "junk").exists()
    assert there.changes() == Changes()
    assert (there.head(), there.tag_commit("old"), there.tag_commit("v1")) == (head, first, head)
    assert read_git_settings(there).remote_url("origin") == (
        read_git_settings(clone).remote_url("origin")
    )
    assert clone.tag_commit("v1") is None


def test_settings_of_the_maintainer_do_not_change_what_git_answers(
    clone: Repository, tmp_path: Path
) -> None:
    for key, value in (
        ("clone.defaultRemoteName", "upstream"),
        ("log.showSignature", "true"),
        ("color.ui", "always"),
        ("column.ui", "always"),
    ):
        git(clone.runner, clone.root, "config", "--global", key, value)
    git(clone.runner, clone.root, "tag", "v1.0\u00a0x\u2028y")
    assert clone.tags() == clone.tags_at("HEAD") == ("v1.0\u00a0x\u2028y",)
    assert clone.subject("HEAD") == "First"
    assert clone.commit_time("HEAD") > 0
    assert (export(clone, clone.head(), tmp_path / "exported") / "a.py").exists()


def test_export_of_a_commit_on_no_branch(clone: Repository, tmp_path: Path) -> None:
    git(clone.runner, clone.root, "checkout", "-q", "--detach")
    head = commit(clone)
    git(clone.runner, clone.root, "checkout", "-q", "main")
    assert (export(clone, head, tmp_path / "export") / "a.py").read_text() == "1\n2\n"


def test_export_takes_submodules_from_this_clone_although_their_address_is_gone(
    clone: Repository, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    git(clone.runner, library, "init", "-q")
    write(library, lib__py="lib\n")
    git(clone.runner, library, "add", ".")
    git(clone.runner, library, "commit", "-qm", "lib")
    git(clone.runner, clone.root, "submodule", "--quiet", "add", str(library), "deps/lib")
    git(clone.runner, clone.root, "commit", "-qm", "Add lib")
    library.rename(tmp_path / "moved away")
    folder = export(clone, clone.head(), tmp_path / "export")
    assert (folder / "deps/lib/lib.py").read_text() == "lib\n"
    assert submodules(clone, clone.head())[0][0] == "deps/lib"
    shutil.rmtree(clone.root / "deps/lib")
    with pytest.raises(CommandError) as caught:
        export(clone, clone.head(), tmp_path / "another")
    assert caught.value.hint.endswith("git submodule update --init deps/lib")


def test_a_shallow_clone_is_seen_and_can_still_be_exported(
    clone: Repository, tmp_path: Path
) -> None:
    commit(clone)
    clone.push("origin", commit=clone.head(), branch="main")
    folder = tmp_path / "shallow"
    address = (tmp_path / "remote.git").as_uri()
    git(clone.runner, tmp_path, "clone", "-q", "--depth=1", address, str(folder))
    shallow = find_repository(folder, clone.runner)
    assert shallow is not None
    assert (shallow.is_shallow(), clone.is_shallow()) == (True, False)
    assert (export(shallow, shallow.head(), tmp_path / "export") / "a.py").read_text() == "1\n2\n"


@pytest.mark.skipif(sys.platform == "win32", reason="the signing program is a shell script")
def test_signing_is_tried_without_leaving_anything_behind(
    clone: Repository, tmp_path: Path
) -> None:
    program = tmp_path / "sign"
    program.write_text("#!/bin/sh\necho 'no secret key' >&2\nexit 2\n")
    program.chmod(0o755)
    git(clone.runner, clone.root, "config", "gpg.program", str(program))
    objects = subprocess.check_output(["git", "count-objects"], cwd=clone.root)
    why = probe_signing(clone)
    assert why is not None
    assert "sign" in why
    assert subprocess.check_output(["git", "count-objects"], cwd=clone.root) == objects
    program.write_text(
        "#!/bin/sh\ncat >/dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\n"
        "echo '-----BEGIN PGP SIGNATURE-----'\n"
    )
    assert probe_signing(clone) is None
    assert subprocess.check_output(["git", "count-objects"], cwd=clone.root) == objects


def test_who_commits_is_known_or_known_to_be_missing(clone: Repository, tmp_path: Path) -> None:
    assert identity(clone) == "Ada <ada@example.org>"
    git(clone.runner, clone.root, "config", "user.useConfigOnly", "true")
    (tmp_path / "home" / ".gitconfig").write_text("")
    assert identity(clone) is None


@pytest.mark.parametrize(("version", "name"), [("1.2.0", "v1.2.0.md"), ("1.3.0", "")])
def test_the_changelog_of_a_commit_may_be_one_file_for_each_version(clone, runner, version, name):
    releases = clone.root / "pkg" / "docs" / "releases"
    releases.mkdir(parents=True)
    for minor in range(3):
        (releases / f"v1.{minor}.0.md").write_text(f"# 1.{minor}.0\n\n- x\n")
    git(runner, clone.root, "add", ".")
    git(runner, clone.root, "commit", "-qm", "notes")
    (releases / "v1.3.0.md").write_text("# 1.3.0\n\nnot committed\n")
    project = Project(root=clone.root / "pkg", name="demo")
    found = read_changelog(project, clone, "HEAD", version)
    assert found == ((f"docs/releases/{name}", "# 1.2.0\n\n- x\n") if name else ("", None))
