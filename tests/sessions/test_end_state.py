"""Done is judged as strictly as ready: what a second `release` says of what the first one left.

In each world the exit status is what an observer of all of it would say.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import shutil
import subprocess
import sys
import zipfile

import pytest

from releasing import FILES, TAG, context_of, release, run, state
from troubles import Fault

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]

SDIST, WHEEL = "tiny_demo-1.2.3.tar.gz", "tiny_demo-1.2.3-py3-none-any.whl"


def again(world, *arguments):
    return release(world, "--no-verify-build", *arguments)


def files(world):
    return set(world.index.filenames("tiny-demo"))


def made(world, folder):
    """The two files, as the runner builds them."""
    folder.mkdir()
    world.workflows.builder.build(world.clone, folder)
    return folder / WHEEL, folder / SDIST


def retagged(wheel, folder, tag):
    """The same wheel for one platform."""
    path = folder / wheel.name.replace("py3-none-any", tag)
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(path, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename.endswith("/WHEEL"):
                data = data.replace(b"py3-none-any", tag.encode())
            target.writestr(entry.filename, data)
    return path


def other_bytes(world, folder):
    """Files of the same names with other bytes."""
    wheel, sdist = made(world, folder)
    other = folder / "other"
    other.mkdir()
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(other / WHEEL, "w") as target:
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry))
    (other / SDIST).write_bytes(gzip.compress(gzip.decompress(sdist.read_bytes()), 1, mtime=5))
    return other / WHEEL, other / SDIST


def test_half_of_the_wheels_is_run_again_before_anything_is_called_complete(ready, tmp_path):
    wheel, sdist = made(ready, tmp_path / "made")
    tags = ("cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-win_amd64")

    def build(_, outdir):
        outdir.mkdir(parents=True, exist_ok=True)
        return [
            shutil.copy(sdist, outdir) and outdir / SDIST,
            *(retagged(wheel, outdir, tag) for tag in tags),
        ]

    ready.workflows.builder.build = build
    ready.index.faults.arrange(
        Fault(kind="status", status=403, endpoint="/legacy/", method="POST", times=2, skip=2)
    )
    first = again(ready)
    assert first.status == 1, first
    assert len(files(ready)) == 2
    second = again(ready)
    assert second.status == 1, second
    assert "tiny-demo 1.2.3 is on" not in second.output
    third = again(ready)
    assert third.status == 0, third
    assert len(files(ready)) == 3


def test_a_red_run_whose_files_are_all_there_is_a_release_all_the_same(ready):
    """The last reply was lost after the index had taken the file."""
    ready.index.faults.arrange(
        Fault(kind="lost-reply", endpoint="/legacy/", method="POST", skip=1, times=1)
    )
    ended = again(ready)
    assert ready.github.runs[0].conclusion == "failure"
    assert ended.status == 0, ended
    assert "publish.yml is red, and all its files are on" in ended.output


@pytest.mark.parametrize("kind", [".whl", ".tar.gz"])
def test_a_project_of_one_kind_of_file_finishes_and_is_finished(ready, kind):
    build = ready.workflows.builder.build
    ready.workflows.builder.build = lambda source, outdir: [
        path for path in build(source, outdir) if path.name.endswith(kind)
    ]
    assert release(ready).status == 0
    second = again(ready)
    assert second.status == 0, second
    assert "already" in second.output
    assert len(files(ready)) == 1


def test_a_file_that_was_deleted_afterwards_is_missed(ready):
    assert release(ready).status == 0
    ready.index.delete_file(WHEEL)
    ended = again(ready)
    assert ended.status == 1, ended
    assert "[release-half]" in ended.output
    assert WHEEL in ended.output


def test_files_of_somebody_else_under_this_version_are_never_a_success(ready, tmp_path):
    foreign = other_bytes(ready, tmp_path / "made")
    ready.index.faults.before(
        "/legacy/", lambda: ready.index.put(*foreign, owner="you"), method="POST"
    )
    for _ in range(2):
        ended = again(ready)
        assert ended.status == 1, ended


def test_other_bytes_than_the_run_made_are_told_even_where_the_run_succeeded(ready, tmp_path):
    foreign = other_bytes(ready, tmp_path / "made")
    assert release(ready).status == 0
    for file in ready.index.project("tiny-demo").release("1.2.3").files:
        (content,) = [path.read_bytes() for path in foreign if path.name == file.filename]
        (ready.index.catalogue.directory / "packages" / file.path).write_bytes(content)
        file.size, file.sha256 = len(content), hashlib.sha256(content).hexdigest()
    ended = again(ready)
    assert ended.status == 1, ended
    assert "[release-foreign]" in ended.output
    assert "other bytes" in ended.output


def test_files_that_cannot_be_downloaded_are_no_release(ready):
    ready.index.faults.arrange(
        Fault(kind="status", status=404, endpoint="/packages/*", method="GET", times=None)
    )
    for _ in range(2):
        ended = release(ready)
        assert ended.status == 1, ended
        assert "[release-not-served]" in ended.output
        assert "When that is settled: nox -s release" in ended.output
        assert "pip install" not in ended.output
        ready.index.age_release("tiny-demo", "1.2.3", 2)  # no lag is that long: it is said at once
    ready.index.faults.clear()
    assert release(ready).status == 0


def test_files_that_are_served_a_minute_after_they_are_listed_are_waited_for(ready):
    ready.index.faults.arrange(
        Fault(kind="status", status=404, endpoint="/packages/*", method="GET", times=3)
    )
    ended = again(ready)
    assert ended.status == 0, ended
    assert "Waiting until" in ended.output


def test_downloads_that_could_not_be_tried_are_not_called_done(ready):
    assert release(ready).status == 0
    ready.index.faults.arrange(
        Fault(kind="status", status=503, endpoint="/packages/*", method="GET", times=None)
    )
    ended = again(ready)
    assert ended.status == 1, ended
    assert "whether the index serves" in ended.output
    assert "✗" not in ended.output


def test_a_yanked_version_is_no_success_and_no_command_installs_it(ready):
    assert release(ready).status == 0
    ready.index.yank("tiny-demo", "1.2.3", "broken")
    ended = again(ready)
    assert ended.status == 1, ended
    assert "[version-yanked]" in ended.output
    assert "(broken)" in ended.output
    assert "pip install" not in ended.output


def test_a_project_in_quarantine_is_said_at_once(ready):
    assert release(ready).status == 0
    ready.index.set_status("tiny-demo", "quarantined")
    ended = again(ready)
    assert ended.status == 1, ended
    assert "[project-quarantined]" in ended.output


def test_a_quarantine_that_comes_meanwhile_is_not_waited_out(ready):
    ready.index.faults.before(
        "/legacy/",
        lambda: ready.index.set_status("tiny-demo", "quarantined"),
        method="POST",
        skip=1,
    )
    ended = release(ready)
    assert ended.status == 1, ended
    assert "after 30 minutes" not in ended.output


def test_a_release_in_quarantine_is_told_from_one_that_was_never_uploaded(ready):
    assert release(ready).status == 0
    ready.index.quarantine_release("tiny-demo", "1.2.3")
    ended = again(ready)
    assert ended.status == 1, ended
    assert f"has taken {SDIST}, and lists no file of 1.2.3" in ended.output
    assert "quarantine" in ended.output
    assert "after 30 minutes" not in ended.output


def test_provenance_of_another_repository_is_an_error(ready):
    assert release(ready).status == 0
    for file in ready.index.project("tiny-demo").release("1.2.3").files:
        file.provenance["attestation_bundles"][0]["publisher"]["repository"] = "evil/tiny-demo"
    ended = again(ready)
    assert ended.status == 1, ended
    assert "[release-foreign]" in ended.output
    assert "evil/tiny-demo" in ended.output


# --- HEAD past the tag -----------------------------------------------------------------------


def test_a_version_that_was_not_raised_is_told_with_file_and_line(ready):
    assert release(ready).status == 0
    ready.commit("More")
    ended = again(ready)
    assert ended.status == 1, ended
    assert "[version-not-raised]" in ended.output
    assert f"HEAD is 1 commit after {TAG}" in ended.output
    assert "pyproject.toml:" in ended.output
    assert "pip install" not in ended.output
    assert ended.output.rstrip().endswith("nox -s prepare -- patch")
    for dear in ("Looking at", "import tiny_demo", "building"):  # it is said before
        assert dear not in ended.output


def test_a_version_that_is_asked_for_is_judged_by_its_own_commit(ready):
    assert release(ready).status == 0
    ready.commit("More")
    ended = again(ready, "1.2.3")
    assert ended.status == 0, ended


def test_the_tagged_commit_itself_is_fine(ready):
    assert release(ready).status == 0
    ready.commit("More")
    ready.git("checkout", "-q", "--detach", "HEAD^")
    assert again(ready).status == 0


def test_an_unfinished_release_is_finished_from_its_tag(world):
    from releasing import register

    world.index.create_project("tiny-demo", owner="you")
    head = world.git("rev-parse", "HEAD")
    assert release(world).status == 1
    assert '"release-unfinished"' in run(world, "check-project", "--json").output
    register(world)
    world.commit("More")
    ended = release(world)
    assert ended.status == 0, ended
    assert f"commit {head[:7]}" in ended.output
    assert "1 commit after" in ended.output
    assert set(state(world)[3]) == FILES


# --- where things really go ------------------------------------------------------------------


def test_a_push_that_goes_to_another_repository_is_refused_before_the_tag(ready):
    fork = ready.directory / "fork.git"
    subprocess.run(["git", "init", "-q", "--bare", str(fork)], check=True)
    ready.git("config", "remote.origin.pushurl", str(fork))
    ended = release(ready)
    assert "push-elsewhere" in ended.ids
    assert state(ready)[:2] == ((), ())
    assert ready.git("tag") == ""
    assert ready.git("tag", cwd=fork) == ""


def test_the_plan_names_every_place_that_a_push_goes_to(ready):
    mirror = ready.directory / "mirror.git"
    subprocess.run(["git", "init", "-q", "--bare", str(mirror)], check=True)
    ours = ready.git("config", "remote.origin.url")
    ready.git("config", "--add", "remote.origin.pushurl", ours)
    ready.git("config", "--add", "remote.origin.pushurl", str(mirror))
    ended = release(ready)
    assert f"({ours}, {mirror})" in ended.output
    assert ended.status == 0, ended


@pytest.mark.parametrize("setting", ["tag.gpgSign", "tag.forceSignAnnotated"])
def test_signing_that_would_fail_is_told_by_both(ready, setting):
    ready.git("config", setting, "true")
    ready.git("config", "gpg.program", "no-such-gpg")
    assert "signing-impossible" in release(ready).ids
    checked = run(ready, "check-project")
    assert checked.status == 1
    assert "signing-impossible" in checked.output
    assert ready.git("tag") == ""


def test_the_notes_are_those_of_the_commit(ready):
    ready.commit("Say more", {"CHANGELOG.md": "# Changelog\n\n## 1.2.3\n\n- Committed.\n"})
    ready.git("update-index", "--assume-unchanged", "CHANGELOG.md")
    ready.write({"CHANGELOG.md": "# Changelog\n\n## 1.2.3\n\n- Only here.\n"})
    ended = release(ready)
    assert ended.status == 0, ended
    assert ready.github.releases[0].body.strip() == "- Committed."


def test_a_new_release_is_tried_out_again_for_a_day(ready):
    """The first command found the fault after it had published; the second has to find it as well."""
    package = {"tiny_demo/__init__.py": "raise RuntimeError('broken on import')\n"}
    ready.commit("Break the import", package)
    for _ in range(2):
        assert "broken on import" in run(ready, "release", "--yes", "--no-build").output
        assert set(state(ready)[3]) == FILES
    ready.index.age_release("tiny-demo", "1.2.3", 2)
    assert "broken on import" not in run(ready, "release", "--yes", "--no-build").output


def test_a_version_that_no_installer_finds_is_an_error(ready, tmp_path):
    from nox_release.edges.index import open_index
    from nox_release.operations import options
    from nox_release.operations.try_out import try_published

    chosen = argparse.Namespace(index=ready.index.url, package=None)
    context = context_of(ready)
    index = options.load_project(context, chosen).settings.index
    with open_index(index, clock=context.clock) as client:
        (result,) = try_published(
            context, client, name="tiny-demo", version="9.9", files=(), downloads=tmp_path
        )
    assert result.id == "installs-from-index"
    assert "does not install" in result.message
