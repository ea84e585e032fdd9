"""The observer of the fault matrix: it calls a whole release done, and sees every way to spoil one."""

import sys

import pytest

import faults
from fault_cells import all_cells
from nox_release.rehearsal.github_state import Release, new_id
from scene import FILES, NAME, TAG, VERSION, built_files, repacked, staged

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a scene needs gh's Unix socket")
PUBLISHER = {"repository": f"you/{NAME}", "workflow": "publish.yml", "environment": "pypi"}
WHEEL, SDIST = sorted(FILES)


@pytest.fixture
def scene():
    """A world in which the release is whole, without any command of the product."""
    with staged("release") as scene:
        scene.world.index.put(*built_files(), owner="you")
        for one in stored(scene):
            one.provenance = {"attestation_bundles": [{"publisher": dict(PUBLISHER)}]}
        scene.world.git("tag", TAG)
        scene.world.git("push", "--quiet", "origin", TAG)
        scene.world.github.releases.append(github_release(scene))
        yield scene


def stored(scene):
    return scene.world.index.project(NAME).release(VERSION).files


def github_release(scene):
    now = scene.world.clock.now()
    return Release(id=new_id(), tag=TAG, target="main", name=TAG, body="", draft=False,
                   prerelease=False, author="you", created_at=now, published_at=now)  # fmt: skip


def test_a_whole_release_lacks_nothing(scene):
    assert scene.missing() == []
    assert scene.doubled() == []


def yank(scene):
    scene.world.index.yank(NAME, VERSION, "broken")


def quarantine(scene):
    scene.world.index.set_status(NAME, "quarantined")


def quarantine_release(scene):
    scene.world.index.quarantine_release(NAME, VERSION)


def delete_wheel(scene):
    scene.world.index.delete_file(WHEEL)


def withhold(scene):
    scene.world.index.catalogue.withheld.add(SDIST)


def damage(scene):
    path = scene.world.index.catalogue.directory / "packages" / stored(scene)[0].path
    path.write_bytes(b"damaged")


def replace(scene):
    delete_wheel(scene)
    other = repacked(built_files()[0], scene.folder / "other")
    scene.world.index.catalogue.used_filenames.clear()
    scene.world.index.put(other, owner="you")


def foreign_provenance(scene):
    bundle = stored(scene)[0].provenance["attestation_bundles"][0]
    bundle["publisher"]["repository"] = "somebody/else"


def draft(scene):
    scene.world.github.releases[0].draft = True


def no_tag(scene):
    scene.world.git("update-ref", "-d", f"refs/tags/{TAG}", cwd=scene.world.remote)


def move_tag(scene):
    scene.world.commit("Another")
    scene.world.git("update-ref", f"refs/tags/{TAG}", "refs/heads/main", cwd=scene.world.remote)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (yank, "the release is yanked"),
        (quarantine, "the project is in quarantine"),
        (quarantine_release, "the release is in quarantine"),
        (delete_wheel, f"files ['{SDIST}'] instead of"),
        (withhold, f"{SDIST} cannot be downloaded"),
        (damage, "cannot be downloaded"),
        (replace, f"{WHEEL} has other bytes"),
        (foreign_provenance, "was published by ('somebody/else', 'publish.yml', 'pypi')"),
        (draft, "GitHub releases: [('v1.2.3', True)]"),
        (no_tag, "the tag is not on"),
        (move_tag, "the tag is not on"),
    ],
)
def test_each_way_to_spoil_it_is_named(scene, spoil, words):
    spoil(scene)
    assert [text for text in scene.missing() if words in text]


def test_a_second_github_release_and_a_stray_file_are_doubles(scene):
    scene.world.github.releases.append(github_release(scene))
    stored(scene)[0].filename = "tiny_demo-1.2.3-cp312-cp312-win_amd64.whl"
    assert scene.doubled() == [
        "files that nobody built: ['tiny_demo-1.2.3-cp312-cp312-win_amd64.whl']",
        "2 GitHub releases",
    ]


def test_each_cell_of_the_sample_is_one_of_the_matrix():
    assert set(faults.SAMPLE_CELLS) <= {cell.title for cell in all_cells()}
