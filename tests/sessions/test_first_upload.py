"""`first-upload` over the rehearsed world: the real twine before the stand-in for PyPI."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest
from test_release import FILES, register, release, run

from nox_release.edges.macaroon import parse_token
from nox_release.rehearsal.answers import Refused
from scene import repacked
from troubles import Fault

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]


@pytest.fixture
def token(world):
    return world.index.token("you")


def first_upload(world, *arguments, token="", **environ):
    given = {"TWINE_PASSWORD": token} if token else {}
    return run(
        world, "first-upload", "--yes", "--no-smoke", *arguments, environ={**given, **environ}
    )


def there(world):
    return set(world.index.filenames("tiny-demo")) if world.index.has_project("tiny-demo") else None


def uploads(world):
    return [one for one in world.index.faults.seen if one.method == "POST"]


def test_the_first_upload_ends_at_the_trusted_publisher_and_a_second_one_sends_nothing(
    world, token
):
    first = first_upload(world, token=token)
    assert first.status == 0, first
    assert there(world) == FILES
    assert "twine upload" in first.output
    assert "good for tiny-demo and ten minutes only" in first.output
    assert (
        "settings/publishing/?provider=github&owner=you&repository=tiny-demo"
        "&workflow_filename=publish.yml&environment=pypi" in first.output
    )
    assert "Delete it: " in first.output
    assert "manage/account/#api-tokens" in first.output
    assert token not in first.output
    before = len(uploads(world))
    second = first_upload(world, token=token)
    assert second.status == 0, second
    assert "already" in second.output
    assert len(uploads(world)) == before


def test_what_twine_gets_is_not_the_wide_token_and_stands_in_no_command_line(world, token):
    """Watched from outside: the command lines of all processes while it runs."""
    seen, environs, stop = set(), set(), threading.Event()

    def watch():
        while not stop.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    line = (process / "cmdline").read_bytes()
                    if b"twine" in line and b"upload" in line:
                        seen.add(line)
                        environs.add((process / "environ").read_bytes())
                except OSError:
                    continue
            time.sleep(0.02)

    if not Path("/proc/self/cmdline").exists():
        pytest.skip("there is no /proc to look into")
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        ended = first_upload(world, token=token)
    finally:
        stop.set()
        watcher.join()
    assert ended.status == 0, ended
    secrets = [token.encode(), token.partition("-")[2].encode()]
    assert seen
    assert not any(secret in line for secret in secrets for line in seen)
    assert not any(b"pypi-" in line for line in seen)
    given = [
        entry.partition(b"=")[2]
        for environ in environs
        for entry in environ.split(b"\0")
        if entry.startswith(b"TWINE_PASSWORD=")
    ]
    assert given
    assert not any(secret == token.encode() for secret in given)


def test_a_narrowed_token_that_is_refused_does_not_bring_out_the_wide_one(
    world, token, monkeypatch
):
    """As if the index took no restrictions any more that a token's holder has added."""
    accounts = world.index.accounts
    real = accounts.verify

    def verify(identity, project):
        if len(parse_token(identity.token).caveats) > len(identity.record.caveats):
            raise Refused(403, "Invalid API Token: signatures do not match")
        real(identity, project)

    monkeypatch.setattr(accounts, "verify", verify)
    ended = first_upload(world, token=token)
    assert ended.status == 1
    assert "refused the token as it was narrowed here" in ended.output
    assert len(uploads(world)) == 1
    assert not there(world)


def test_an_upload_that_broke_off_between_two_files_is_finished(world, token):
    world.index.faults.arrange(
        Fault(kind="status", endpoint="/legacy/", method="POST", skip=1, status=400)
    )
    first = first_upload(world, token=token)
    assert first.status == 1, first
    assert len(there(world)) == 1
    assert "goes on with what is missing" in first.output
    second = first_upload(world, token=token)
    assert second.status == 0, second
    assert there(world) == FILES


def test_an_upload_whose_reply_was_lost_counts(world, token):
    world.index.faults.arrange(
        Fault(kind="lost-reply", endpoint="/legacy/", method="POST", times=1)
    )
    ended = first_upload(world, token=token)
    assert ended.status == 0, ended
    assert there(world) == FILES


def test_other_bytes_under_the_same_name_are_left_to_a_person(world, token, tmp_path):
    assert first_upload(world, token=token).status == 0
    world.index.delete_project("tiny-demo")
    world.commit("Other content", {"tiny_demo/__init__.py": "VERSION = 2\n"})
    ended = first_upload(world, token=token)
    assert ended.status == 1
    assert "file-exists" in ended.ids or "twine could not upload" in ended.output


def test_a_second_upload_is_judged_by_what_is_on_the_index(world, token, tmp_path):
    assert first_upload(world, token=token).status == 0
    world.index.yank("tiny-demo", "1.2.3", "broken")
    yanked = first_upload(world, token=token)
    assert yanked.status == 1, yanked
    assert "[version-yanked]" in yanked.output
    assert "publisher" not in yanked.output
    world.index.yank("tiny-demo", "1.2.3", yanked=False)
    world.index.age_release("tiny-demo", "1.2.3", 1)
    world.index.catalogue.withheld |= FILES
    withheld = first_upload(world, token=token)
    assert withheld.status == 1, withheld
    assert "[release-not-served]" in withheld.output
    world.index.catalogue.withheld.clear()
    world.index.delete_project("tiny-demo")
    world.index.create_project("tiny-demo", owner="you")
    own = sorted((world.clone / "dist").iterdir())
    others = [repacked(path, tmp_path / "others") for path in own]
    world.index.catalogue.used_filenames.clear()
    world.index.put(*others, owner="you")
    foreign = first_upload(world, token=token)
    assert foreign.status == 1, foreign
    assert foreign.ids == ["file-exists", "file-exists"]


def test_a_project_with_releases_is_refused_with_both_ways_on(world, token):
    assert first_upload(world, token=token).status == 0
    pyproject = (world.clone / "pyproject.toml").read_text().replace("1.2.3", "1.2.4")
    world.commit("Next", {"pyproject.toml": pyproject})
    ended = first_upload(world, token=token)
    assert ended.status == 1
    assert "has releases" in ended.output
    assert "nox -s release" in ended.output
    assert "belongs to you" in ended.output
    pending = first_upload(world, "--pending-publisher")
    assert pending.status == 1
    assert "has releases" in pending.output


def test_changes_that_are_not_committed_are_refused(world, token):
    world.write({"README.md": "# changed\n"})
    ended = first_upload(world, token=token)
    assert ended.ids == ["tree-dirty"]
    assert there(world) is None


def test_without_a_credential_the_way_without_one_is_shown(world):
    ended = first_upload(world)
    assert ended.status == 1
    assert "--pending-publisher" in ended.output
    assert "manage/account/token" in ended.output
    assert there(world) is None


def test_a_token_for_another_project_is_refused_before_anything_is_sent(world):
    world.index.create_project("other", owner="you")
    ended = first_upload(world, token=world.index.token("you", projects=["other"]))
    assert ended.status == 1
    assert "other, not for tiny-demo" in ended.output
    assert uploads(world) == []


def test_a_token_the_index_does_not_know_is_told_in_its_words(world, token):
    world.index.accounts.delete(token)
    ended = first_upload(world, token=token)
    assert ended.status == 1
    assert "Invalid or non-existent authentication information" in ended.output
    assert token not in ended.output
    assert there(world) is None


def test_the_way_without_a_token_prints_the_form_and_the_next_command(world):
    ended = first_upload(world, "--pending-publisher")
    assert ended.status == 0, ended
    for text in (
        "manage/account/publishing/", "PyPI Project Name  tiny-demo", "Workflow name      publish.yml",
        "Environment name   pypi", "does not reserve the name", "30 days",
        "nox -s release -- --pending-publisher", "nox -s check-project -- --exchange",
        "manage/organization/NAME/publishing/",
    ):  # fmt: skip
        assert text in ended.output
    assert uploads(world) == []


def test_the_form_has_githubs_spelling_whatever_the_remote_says(world):
    world.git("remote", "set-url", "origin", "https://github.com/You/Tiny-Demo.git")
    ended = first_upload(world, "--pending-publisher")
    assert ended.status == 0, ended
    assert "Owner              you" in ended.output
    assert "Repository name    tiny-demo" in ended.output


def test_a_name_that_is_too_similar_is_refused_on_both_ways(world, token):
    world.index.create_project("tlny-demo", owner="somebody")
    assert "name-too-similar" in first_upload(world, token=token).ids
    assert "name-too-similar" in first_upload(world, "--pending-publisher").ids
    assert uploads(world) == []


def test_a_placeholder_says_what_it_is_and_leaves_every_version_to_ci(world, token):
    ended = first_upload(world, "--placeholder", token=token)
    assert ended.status == 0, ended
    assert there(world) == {
        "tiny_demo-0.0.0.dev0.tar.gz",
        "tiny_demo-0.0.0.dev0-py3-none-any.whl",
    }
    register(world)
    released = release(world)
    assert released.status == 0, released
    assert there(world) > FILES
    assert not list((world.clone / "dist").glob("*dev0*"))
