"""One GitHub release, complete: made last with the index's own files, or filled afterwards."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from nox_release.operations import release as operation
from nox_release.releases.plan import PushTag
from releasing import FILES, TAG, release, state
from troubles import Fault

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]

WORKFLOW = ".github/workflows/publish.yml"
AT_RELEASE = "  release:\n    types: [published]\n"


def change(world, *, assets=None, at_tag=False):
    """Commit the setting `assets`, and a workflow that the tag starts."""
    files = {}
    if at_tag:
        text = (world.clone / WORKFLOW).read_text("utf-8")
        files[WORKFLOW] = text.replace(AT_RELEASE, '  push:\n    tags: ["v*"]\n')
    if assets is not None:
        pyproject = (world.clone / "pyproject.toml").read_text("utf-8")
        files["pyproject.toml"] = f"{pyproject}\n[tool.nox-release]\nassets = {assets}\n"
        files["sbom.cdx.json"] = "{}\n"
    world.commit("Set up", files)


def the_release(world):
    assert [one.tag for one in world.github.releases] == [TAG]
    return world.github.releases[0]


def digests(world):
    project = world.index.catalogue.projects["tiny-demo"]
    return {file.filename: f"sha256:{file.sha256}" for file in project.files()}


def test_the_github_release_is_made_last_with_the_indexes_own_files_where_it_is_immutable(ready):
    ready.github.settings.immutable_releases = True
    change(ready, assets=["dist", "sbom.cdx.json"], at_tag=True)
    ended = release(ready)
    assert ended.status == 0, ended
    made = the_release(ready)
    assert (made.immutable, made.draft) == (True, False)
    attached = {asset.name: asset.digest for asset in made.assets}
    assert set(attached) == FILES | {"sbom.cdx.json"}
    assert digests(ready).items() <= attached.items()
    assert made.published_at > ready.github.runs[0].created_at
    before = state(ready)
    again = release(ready)
    assert (again.status, state(ready)) == (0, before), again


def test_other_files_come_from_the_run_and_not_from_what_is_in_the_folder_here(ready, tmp_path):
    change(ready, assets=["dist", "sbom.cdx.json"], at_tag=True)
    made = tmp_path / "sbom.cdx.json"
    made.write_text('{"made": "by the run"}\n')
    ready.workflows.before_job.append(lambda run, _: run.artifacts.update(sbom=(made,)))
    ended = release(ready)
    assert ended.status == 0, ended
    attached = {asset.name: asset.digest for asset in the_release(ready).assets}
    assert attached["sbom.cdx.json"] == f"sha256:{hashlib.sha256(made.read_bytes()).hexdigest()}"
    assert digests(ready).items() <= attached.items()


def test_a_file_that_only_the_run_makes_need_not_be_in_the_folder(ready, tmp_path):
    change(ready, assets=["sbom.cdx.json"], at_tag=True)
    text = (ready.clone / WORKFLOW).read_text("utf-8")
    step = "      - run: python -m build\n"
    assert step in text
    (ready.clone / "sbom.cdx.json").unlink()
    ready.commit(
        "By the run", {WORKFLOW: text.replace(step, f"{step}      - run: echo > sbom.cdx.json\n")}
    )
    made = tmp_path / "sbom.cdx.json"
    made.write_text("{}\n")
    ready.workflows.before_job.append(lambda run, _: run.artifacts.update(sbom=(made,)))
    ended = release(ready)
    assert ended.status == 0, ended
    assert {asset.name for asset in the_release(ready).assets} == {"sbom.cdx.json"}


def test_a_release_broken_off_while_its_files_are_attached_is_finished_by_the_same_command(ready):
    change(ready, assets=["dist"], at_tag=True)
    ready.github.faults.arrange(Fault(kind="status", endpoint="*/assets", method="POST", times=9))
    first = release(ready)
    assert first.status == 1
    assert not [one for one in ready.github.releases if not one.draft]
    ready.github.faults.clear()
    ended = release(ready)
    assert ended.status == 0, ended
    made = the_release(ready)
    assert ({asset.name for asset in made.assets}, made.draft) == (FILES, False)


def test_files_are_attached_afterwards_where_the_github_release_starts_the_workflow(ready):
    change(ready, assets=["dist", "sbom.cdx.json"])
    ended = release(ready)
    assert ended.status == 0, ended
    assert {asset.name for asset in the_release(ready).assets} == FILES | {"sbom.cdx.json"}


def test_files_that_an_immutable_release_would_refuse_stop_it_before_the_tag(ready):
    ready.github.settings.immutable_releases = True
    change(ready, assets=["dist"])
    ended = release(ready)
    assert ended.ids == ["release-assets-late"], ended
    assert "nox -s init -- --on tag" in ended.output
    assert state(ready)[0] == ()


def test_a_draft_that_somebody_prepared_is_published_with_its_own_notes(ready):
    create = ["gh", "release", "create", TAG, "--draft", "--title=Spring", "--notes=By hand"]
    subprocess.run([*create, "--target=main"], cwd=ready.clone, env=ready.environ, check=True)
    ended = release(ready)
    assert ended.status == 0, ended
    assert "notes: those of the draft" in ended.output
    made = the_release(ready)
    assert (made.draft, made.body, made.name) == (False, "By hand", "Spring")
    assert len(ready.github.runs) == 1


def test_a_release_started_by_its_tag_is_finished_from_the_pushed_tag(ready, monkeypatch):
    change(ready, assets=["dist"], at_tag=True)
    real = operation.perform

    def stop(errand, progress, case, planned):
        real(errand, progress, case, planned)
        if isinstance(planned, PushTag):
            raise KeyboardInterrupt

    monkeypatch.setattr(operation, "perform", stop)
    with pytest.raises(KeyboardInterrupt):
        release(ready)
    monkeypatch.setattr(operation, "perform", real)
    ended = release(ready)
    assert ended.status == 0, ended
    assert {asset.name for asset in the_release(ready).assets} == FILES
    assert len(ready.github.runs) == 1
