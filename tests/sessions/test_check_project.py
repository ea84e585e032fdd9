"""check-project over the rehearsed world: real git, real gh, an index that answers as PyPI does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import warm
from nox_release.core.findings import SUBJECTS
from small_wheels import small_sdist, small_wheel
from troubles import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from nox_release.rehearsal.world import World

TINY = Path(__file__).parents[1] / "world" / "projects" / "tiny"
WORKFLOW = (Path(__file__).parents[2] / ".github" / "workflows" / "publish.yml").read_text("utf-8")


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    world = make_world()
    files: dict[str, str | bytes] = {
        path.relative_to(TINY).as_posix(): path.read_bytes()
        for path in TINY.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    world.seed(files={**files, ".github/workflows/publish.yml": WORKFLOW, ".gitignore": "dist/\n"})
    return world


# As where no program stands beside Python.
ALONE = (
    "-c",
    "import sys; sys.executable = '/nowhere/python'; from nox_release.__main__ import main; sys.exit(main())",
)


def run(world: World, *options: str, cwd: Path | None = None, program=(), **environ: str):
    """The command's exit status and what it wrote."""
    command = ("check-project", "--index", world.index.url, *options)
    place, surroundings = cwd or world.clone, {**world.environ, **environ}
    if not program:
        return warm.run("nox_release", *command, cwd=place, environ=surroundings)
    return subprocess.run(
        [sys.executable, *program, *command],
        cwd=place,
        env=surroundings,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


class Answer:
    """The `--json` document of one project."""

    def __init__(self, world: World, *options: str, program=(), **environ: str) -> None:
        done = run(world, "--json", *options, program=program, **environ)
        self.document = json.loads(done.stdout)
        self.status = done.returncode
        (self.project,) = self.document["projects"]
        self.results = self.project["results"]
        self.next = self.project["next"]

    def ids(self, status: str = "finding", severity: str = "error") -> list[str]:
        return [
            result["id"]
            for result in self.results
            if result["status"] == status and result.get("severity", severity) == severity
        ]

    def the(self, slug: str, status: str = "finding") -> dict:
        return next(r for r in self.results if (r["id"], r["status"]) == (slug, status))


def built(world: World, version: str = "1.2.3") -> list[Path]:
    """The project's files of a version, in `dist/`."""
    folder = world.clone / "dist"
    folder.mkdir(exist_ok=True)
    return [
        small_wheel(folder, "tiny-demo", version, headers="Summary: tiny\n"),
        small_sdist(folder, "tiny-demo", version),
    ]


def bump(world: World, version: str, *, commit: bool = True, table: str = "") -> None:
    path = world.clone / "pyproject.toml"
    text = path.read_text("utf-8").replace("1.2.3", version) + table
    changes = f"# Changelog\n\n## {version}\n\n- More.\n"
    files = {"pyproject.toml": text, "CHANGELOG.md": changes}
    if commit:
        world.commit(f"Release {version}", files)
    else:
        world.write(files)


ME = '\n[tool.nox-release]\npypi-user = "you"\n'


def test_an_absent_project_is_brought_into_being_next(world):
    answer = Answer(world)
    assert answer.status == 1
    assert answer.ids() == ["project-absent"]
    assert answer.document["ready"] is False
    assert answer.next["kind"] == "first-upload"
    assert answer.next["command"] == f"nox-release first-upload --index {world.index.url}"
    assert answer.next["page"] == f"{world.index.url}manage/account/publishing/"
    assert answer.next["values"] == {
        "PyPI Project Name": "tiny-demo",
        "Owner": "you",
        "Repository name": "demo",
        "Workflow name": "publish.yml",
        "Environment name": "pypi",
    }


def test_a_pending_publisher_makes_an_absent_project_ready(world):
    answer = Answer(world, "--pending-publisher")
    assert answer.status == 0
    assert answer.ids() == []
    assert answer.next["page"].endswith("/manage/account/publishing/")
    assert answer.next["command"].endswith("--pending-publisher")


def test_a_next_version_of_your_project_is_ready_and_shows_the_page_filled_in(world):
    world.index.put(*built(world), owner="you")
    bump(world, "1.3.0", table=ME)
    answer = Answer(world)
    assert (answer.status, answer.ids()) == (0, [])
    assert answer.the("not-allowed-user", "ok")["title"] == "You (you) may upload to it"
    assert "lists publishers to nobody" in answer.the("publisher-registered", "not-known")["reason"]
    assert answer.next["kind"] == "register-publisher"
    assert answer.next["page"] == (
        f"{world.index.url}manage/project/tiny-demo/settings/publishing/?provider=github&owner=you"
        "&repository=demo&workflow_filename=publish.yml&environment=pypi"
    )
    assert answer.next["command"] == f"nox-release release --index {world.index.url}"


def test_the_page_has_githubs_spelling_whatever_the_remote_says(world):
    world.index.put(*built(world), owner="you")
    bump(world, "1.3.0", table=ME)
    address = "https://github.com/You/Demo.git"
    world.git("remote", "set-url", "origin", address)
    world.git("config", f"url.{world.remote.as_posix()}.insteadOf", address)
    answer = Answer(world)
    assert "&owner=you&repository=demo&" in answer.next["page"]
    assert answer.project["publisher"]["owner"] == "you"


def test_somebody_elses_project_never_reads_as_ready(world):
    files = built(world, "0.9")
    world.index.put(*files, owner="stranger")
    for path in files:
        path.unlink()
    unsure = Answer(world)
    assert "stranger" in unsure.the("not-allowed-user", "not-known")["reason"]
    bump(world, "1.3.0", table=ME)
    sure = Answer(world)
    assert sure.status == 1
    assert sure.ids() == ["not-allowed-user"]
    assert "Ready for a release" not in run(world).stdout


def test_a_published_version_is_to_be_raised(world):
    world.index.put(*built(world), owner="you")
    world.index.register_publisher(
        "tiny-demo", owner="you", repository="demo", workflow="publish.yml", environment="pypi"
    )
    answer = Answer(world)
    assert answer.ids() == ["version-taken"]
    assert "nox-release prepare" in answer.next["command"]  # "release" alone would be refused
    assert "the same bytes as here" in answer.the("file-exists", "ok")["title"]


def test_an_index_that_cannot_be_asked_is_not_known_and_the_rest_is(world):
    world.index.faults.arrange(Fault(kind="status", endpoint="*", times=None, status=418))
    answer = Answer(world)
    assert answer.status == 0
    assert "418" in answer.the("project-absent", "not-known")["reason"]
    assert answer.the("github-asked", "ok")
    assert answer.next["kind"] == "ask-again"


def test_without_gh_the_rest_is_answered(world):
    folder = world.directory / "bin"
    folder.mkdir()
    (folder / "git").symlink_to(shutil.which("git", path=world.environ["PATH"]))
    beside = Answer(world, "--pending-publisher", PATH=str(folder))
    assert not [r for r in beside.results if r["id"] == "gh-missing"], "gh lies beside Python"
    answer = Answer(world, "--pending-publisher", program=ALONE, PATH=str(folder))
    assert answer.status == 0
    assert "https://github.com/cli/cli" in answer.the("gh-missing", "not-known")["reason"]
    assert answer.the("publisher-derived", "ok")


def test_a_login_that_is_gone_is_not_known_with_the_command_to_run(world):
    world.github.accounts.clear()
    answer = Answer(world, "--pending-publisher")
    assert answer.status == 0
    assert "gh auth login" in answer.the("gh-logged-out", "not-known")["reason"]


def test_the_source_tree_is_told_with_file_and_line(world):
    path = world.clone / "pyproject.toml"
    text = path.read_text("utf-8") + 'dependencies = ["x @ https://example.org/x.zip"]\n'
    world.commit("Depend", {"pyproject.toml": text})
    answer = Answer(world, "--pending-publisher")
    assert (answer.status, answer.ids()) == (1, ["direct-dependency"])
    found = answer.the("direct-dependency")
    assert (found["file"], found["key"]) == ("pyproject.toml", "project.dependencies")
    assert text.splitlines()[found["line"] - 1].startswith("dependencies")
    assert answer.next["text"].startswith(f"Correct pyproject.toml:{found['line']}")


def test_changes_that_are_not_committed_stop_a_release(world):
    bump(world, "1.3.0", commit=False)
    assert "tree-dirty" in Answer(world, "--pending-publisher").ids()


def test_a_tag_that_is_not_known_yet_is_held_against_no_pattern(world):
    pyproject = (world.clone / "pyproject.toml").read_text("utf-8")
    on_push = WORKFLOW.replace(
        "  release:\n    types: [published]\n", '  push:\n    tags: ["v[1-9]*.*.*"]\n'
    )
    assert on_push != WORKFLOW
    world.commit(
        "Leave the version to the backend",
        {
            "pyproject.toml": pyproject.replace('version = "1.2.3"', 'dynamic = ["version"]'),
            ".github/workflows/publish.yml": on_push,
        },
    )
    answer = Answer(world)
    assert "trigger-tag-pattern" not in answer.ids()
    assert "trigger-matches" not in answer.ids("not-known")
    assert "v0" not in json.dumps(answer.document)


def test_what_git_does_not_say_is_not_known_and_never_fine(world):
    """`git status` fails over a broken index file, where HEAD can still be read."""
    (world.clone / ".git" / "index").write_bytes(b"broken")
    answer = Answer(world)
    assert "tree-dirty" in answer.ids("not-known")
    assert "tree-untracked-source" in answer.ids("not-known")
    assert "index" in answer.the("tree-dirty", "not-known")["reason"]
    assert answer.status == 1
    assert answer.document["ready"] is False


def test_commits_that_are_not_here_are_not_counted(world, tmp_path):
    other = tmp_path / "other"

    def git(*arguments: object, cwd: Path = world.clone) -> str:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        command = ["git", *identity, *map(str, arguments)]
        done = subprocess.run(
            command, cwd=cwd, env=world.environ, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("clone", git("remote", "get-url", "origin"), other)
    git("commit", "--allow-empty", "--message=x", cwd=other)
    git("push", cwd=other)
    message = Answer(world).the("branch-behind")["message"]
    assert message.startswith("origin/main has commits that are not in this clone")


def test_the_files_of_this_version_in_dist_are_checked_and_no_others(world):
    built(world)
    old = world.clone / "dist" / "tiny_demo-1.0-py3-none-any.whl"
    old.write_bytes(b"stale")
    answer = Answer(world, "--pending-publisher")
    assert answer.ids() == []
    checked = [
        result["title"] for result in answer.results if result["id"] == "distributions-checked"
    ]
    assert checked == [
        f"{world.index.index.title} would take `tiny_demo-1.2.3-py3-none-any.whl`",
        f"{world.index.index.title} would take `tiny_demo-1.2.3.tar.gz`",
    ]
    (world.clone / "dist" / "tiny_demo-1.2.3-py3-none-any.whl").write_bytes(b"broken")
    assert Answer(world, "--pending-publisher").status == 1


def test_what_build_says_of_the_files_in_dist_is_said_here_while_the_tree_is_theirs(world):
    package = next(world.clone.rglob("__init__.py")).parent
    added = package / "added.py"
    world.commit("More", {added.relative_to(world.clone).as_posix(): "VALUE = 1\n"})
    built(world)
    assert "added" in Answer(world).the("wheel-missing-modules")["message"]
    later = added.stat().st_mtime + 60
    os.utime(added, (later, later))
    assert "wheel-missing-modules" not in {one["id"] for one in Answer(world).results}


def test_files_are_checked_with_no_project_around_them(world, tmp_path):
    good, _ = built(world)
    bad = tmp_path / "tiny_demo-1.2.3-py3-none-linux_x86_64.whl"
    shutil.copy(good, bad)
    taken = run(world, str(good), cwd=tmp_path)
    assert (taken.returncode, "would take" in taken.stdout) == (0, True)
    refused = run(world, "--json", str(good), str(bad), cwd=tmp_path)
    assert refused.returncode == 1
    assert "wheel-platform" in [result["id"] for result in json.loads(refused.stdout)["results"]]
    gone = run(world, "gone.whl", cwd=tmp_path)
    assert (gone.returncode, "`gone.whl` is not a file" in gone.stdout) == (1, True)


def test_nothing_is_changed_anywhere(world):
    def state():
        return (
            world.git("status", "--porcelain", "--ignored"),
            world.git("for-each-ref"),
            world.git("for-each-ref", cwd=world.remote),
        )

    before = state()
    run(world)
    assert state() == before
    asked = [*world.index.faults.requests(), *world.github.faults.requests()]
    assert {seen.method for seen in asked} == {"GET"}


def test_in_actions_findings_become_annotations_and_a_summary(world, tmp_path):
    text = (world.clone / "pyproject.toml").read_text("utf-8") + 'keywords = "a"\n'
    world.write({"pyproject.toml": text})
    summary = tmp_path / "summary.md"
    done = run(world, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    line = text.splitlines().index('keywords = "a"') + 1
    assert f"::error file=pyproject.toml,line={line},title=pyproject-schema::" in done.stdout
    assert "| error | pyproject-schema |" in summary.read_text("utf-8")


def test_piped_output_is_plain_and_closes_with_one_next_step(world):
    done = run(world)
    assert "\x1b" not in done.stdout
    assert done.stdout.count("Next: ") == 1
    titles = [line for line in done.stdout.splitlines() if line.lower() in map(str.lower, SUBJECTS)]
    order = [subject.lower() for subject in SUBJECTS]
    assert [order.index(title.lower()) for title in titles] == sorted(
        order.index(title.lower()) for title in titles
    )


def test_every_package_has_its_own_checklist(world):
    pyproject = '[project]\nname = "{name}"\nversion = "1.0"\nreadme = "README.md"\n'
    files: dict[str, str] = {
        "pyproject.toml": '[tool.nox-release]\npackages = ["libs/one", "libs/two"]\n'
    }
    for name in ("one", "two"):
        files[f"libs/{name}/pyproject.toml"] = pyproject.format(name=f"tiny-{name}")
        files[f"libs/{name}/README.md"] = "# x\n"
    files["libs/two/pyproject.toml"] += 'license = "??"\n'
    world.commit("Two packages", files)
    done = run(world, "--json", "--pending-publisher")
    document = json.loads(done.stdout)
    assert [project["name"] for project in document["projects"]] == ["tiny-one", "tiny-two"]
    one, two = document["projects"]
    assert (one["ready"], two["ready"], done.returncode) == (True, False, 1)
    assert "--package tiny-one" in one["next"]["command"]
    (error,) = [result for result in two["results"] if result.get("severity") == "error"]
    assert (error["id"], error["file"]) == (
        "license-expression-invalid",
        "libs/two/pyproject.toml",
    )


def test_a_folder_outside_git_cannot_be_released_and_is_checked_all_the_same(world, tmp_path):
    folder = tmp_path / "alone"
    shutil.copytree(TINY, folder)
    done = run(world, "--json", cwd=folder)
    (project,) = json.loads(done.stdout)["projects"]
    errors = [result["id"] for result in project["results"] if result.get("severity") == "error"]
    assert "place-on-github" in errors
    assert "form-name" in [result["id"] for result in project["results"]]
    assert done.returncode == 1


def test_a_broken_pyproject_is_one_clear_error(world):
    world.write({"pyproject.toml": "[project\n"})
    done = run(world)
    assert done.returncode == 1
    assert "pyproject.toml is not valid TOML." in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.slow
def test_built_aside_what_a_release_would_build_is_inspected(world):
    answer = Answer(world, "--build", "--pending-publisher")
    assert "version 1.2.3" in answer.the("version-mismatch", "ok")["detail"]
    assert not (world.clone / "dist").exists()
    assert os.listdir(world.directory / "tmp") == []  # noqa: PTH208


def test_a_job_that_adds_files_to_a_locked_release_is_an_error_where_releases_are_locked(
    world: World,
) -> None:
    attach = WORKFLOW + (
        "  attach:\n    needs: publish\n    runs-on: ubuntu-latest\n    permissions:\n"
        '      contents: write\n    steps:\n      - run: gh release upload "$GITHUB_REF_NAME" a.txt\n'
    )
    world.commit("Attach a file", {".github/workflows/publish.yml": attach})
    world.github.settings.immutable_releases = True
    assert "immutable-release-assets" in Answer(world).ids()
    world.github.settings.immutable_releases = False
    assert "immutable-release-assets" not in Answer(world).ids(severity="advice")
