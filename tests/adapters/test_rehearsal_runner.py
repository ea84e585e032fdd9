"""The stand-in runner: which events start runs, what the runs do, and how they fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from nox_release.edges.children import GH
from nox_release.project.pyproject import read_project
from nox_release.rehearsal.copying import ensure_workflow
from nox_release.workflows.ref_patterns import filters_take

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nox_release.edges.process import Completed
    from nox_release.rehearsal.github_state import WorkflowRun
    from nox_release.rehearsal.world import World

PUBLISH = ".github/workflows/publish.yml"


def gh(world: World, *arguments: str) -> Completed:
    return replace(world.runner, child=GH).run(["gh", *arguments], cwd=world.clone, timeout=60)


def release(world: World, tag: str = "v1.2.3", *options: str) -> WorkflowRun:
    world.git("tag", tag)
    world.git("push", "--quiet", "origin", tag)
    gh(world, "release", "create", tag, "--verify-tag", "--title", tag, "--notes", "x", *options)
    world.workflows.wait()
    return world.github.runs[-1]


def ready(world: World) -> None:
    """The project and its trusted publisher are on the index."""
    world.index.create_project("tiny-demo", owner="you")
    form = {
        "owner": "you",
        "repository": "tiny-demo",
        "workflow_filename": "publish.yml",
        "environment": "pypi",
    }
    assert world.index.register_on_project("you", "tiny-demo", form).accepted


def change_workflow(world: World, *replacements: tuple[str, str]) -> None:
    text = (world.clone / PUBLISH).read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    world.commit("Change the workflow", {PUBLISH: text})


def test_release_builds_the_tag_and_publishes_it_by_trusted_publishing(world: World) -> None:
    ready(world)
    run = release(world)
    ended = (run.event, run.status, run.conclusion)
    log = gh(world, "run", "view", str(run.id), "--log").stdout
    assert ended == ("release", "completed", "success"), log
    assert run.head_sha == world.git("rev-parse", "v1.2.3")
    assert world.index.filenames("tiny-demo") == (
        "tiny_demo-1.2.3-py3-none-any.whl",
        "tiny_demo-1.2.3.tar.gz",
    )
    assert "completed\tsuccess\tv1.2.3\tPublish" in gh(world, "run", "list").stdout


def test_what_uv_publishes_as_a_trusted_publisher_is_uploaded(world: World) -> None:
    ready(world)
    action = "pypa/gh-action-pypi-publish@ed0c53931b1dc9bd32cbe73a98c7f6766f8a527e # v1.13.0"
    change_workflow(world, (f"uses: {action}", "run: uv publish"))
    assert ensure_workflow(world, read_project(world.clone)).note == ""
    run = release(world)
    log = gh(world, "run", "view", str(run.id), "--log").stdout
    assert run.conclusion == "success", log
    assert "twine uploads what `uv publish` would" in log
    assert len(world.index.filenames("tiny-demo")) == 2


def test_log_of_a_refused_exchange_has_the_actions_own_words(world: World) -> None:
    run = release(world)
    assert run.conclusion == "failure"
    log = gh(world, "run", "view", str(run.id), "--log-failed").stdout
    lines = [line.split("\t") for line in log.splitlines()]
    assert {line[0] for line in lines} == {"publish"}
    assert all(line[1].startswith("Run pypa/gh-action-pypi-publish@") for line in lines)
    assert "`invalid-publisher`: valid token, but no corresponding publisher" in log, log
    assert "* `environment`: `pypi`" in log
    assert f"* `job_workflow_ref`: `you/tiny-demo/{PUBLISH}@refs/tags/v1.2.3`" in log


def test_failed_jobs_run_again_as_a_second_attempt(world: World) -> None:
    run = release(world)
    ready(world)
    gh(world, "run", "rerun", str(run.id), "--failed")
    world.workflows.wait()
    assert (run.attempt, run.conclusion) == (2, "success")
    assert [(job.key, job.attempt, job.conclusion) for job in run.jobs] == [
        ("build", 1, "success"),
        ("publish", 1, "failure"),
        ("build", 2, "success"),
        ("publish", 2, "success"),
    ]


def test_job_without_permission_gets_no_identity(world: World) -> None:
    change_workflow(world, ("id-token: write", "contents: read"))
    run = release(world)
    log = gh(world, "run", "view", str(run.id), "--log-failed").stdout
    assert "ACTIONS_ID_TOKEN_REQUEST_TOKEN environment variable was unset" in log


def test_run_waits_for_its_reviewer_and_goes_on(world: World) -> None:
    ready(world)
    world.github.add_environment("pypi", reviewers=("you",))
    run = release(world)
    assert (run.status, [job.status for job in run.jobs]) == ("waiting", ["completed", "waiting"])
    path = f"repos/you/tiny-demo/actions/runs/{run.id}/pending_deployments"
    number = gh(world, "api", path, "--jq", ".[0].environment.id").stdout.strip()
    gh(
        world, "api", path, "-F", f"environment_ids[]={number}", "-f", "state=approved",
        "-f", "comment=good",
    )  # fmt: skip
    world.workflows.wait()
    assert run.conclusion == "success"


def test_rejected_deployment_fails_the_run(world: World) -> None:
    ready(world)
    world.github.add_environment("pypi", reviewers=("you",))
    run = release(world)
    world.github.decide(run, "pypi", approved=False)
    world.workflows.wait()
    assert run.conclusion == "failure"
    assert world.index.filenames("tiny-demo") == ()


def test_environment_that_admits_other_tags_only_is_said_in_an_annotation(world: World) -> None:
    ready(world)
    world.github.add_environment("pypi", policies=(("tag", "release-*"), ("branch", "v*")))
    run = release(world)
    shown = gh(world, "run", "view", str(run.id)).stdout
    assert (
        'Tag "v1.2.3" is not allowed to deploy to pypi due to environment protection rules.'
        in shown
    )


def test_workflow_is_the_one_at_the_tag(world: World) -> None:
    world.git("tag", "v1.2.3")
    change_workflow(world, ("types: [published]", "types: [edited]"))
    world.git("push", "--quiet", "origin", "v1.2.3")
    world.workflows.paused = True
    gh(world, "release", "create", "v1.2.3", "--title", "x", "--notes", "x")
    assert [run.event for run in world.github.runs] == ["release"]


@pytest.mark.parametrize(
    ("trigger", "events"),
    [
        ("  release:\n    types: [published]", ["release"]),
        ("  release:\n    types: [created]", ["release"]),
        ("  release:\n    types: [released]", []),
        ("  release:\n    types: [prereleased, published]", ["release", "release"]),
        ("  push:\n    tags: ['v*']", ["push"]),
        ("  push:\n    tags: ['[0-9]*']", []),
        ("  push:\n    branches: [main]", []),
        ("  push:\n    tags: ['v*']\n  release:\n    types: [published]", ["push", "release"]),
        ("  workflow_run:\n    workflows: [Tests]", []),
    ],
)
def test_pre_release_starts_what_its_triggers_say(
    world: World, trigger: str, events: list[str]
) -> None:
    change_workflow(world, ("  release:\n    types: [published]", trigger))
    gh(world, "api", "user")  # the push of the branch is over
    world.github.runs.clear()
    world.workflows.paused = True
    world.git("tag", "v2.0rc1")
    world.git("push", "--quiet", "origin", "v2.0rc1")
    gh(world, "release", "create", "v2.0rc1", "--prerelease", "--title", "x", "--notes", "x")
    assert [run.event for run in world.github.runs] == events


def test_release_by_a_workflows_token_starts_nothing(world: World) -> None:
    world.workflows.paused = True
    token = "ghs_" + "b" * 36
    world.github.add_user("github-actions[bot]", token=token, permission="write", scopes=None)
    world.environ["GH_TOKEN"] = token
    world.git("tag", "v1.2.3")
    world.git("push", "--quiet", "origin", "v1.2.3")
    gh(world, "release", "create", "v1.2.3", "--title", "x", "--notes", "x")
    assert world.github.runs == []


def test_condition_skips_a_job_and_what_needs_it(world: World) -> None:
    change_workflow(
        world, ("  build:\n", "  build:\n    if: github.event_name == 'workflow_dispatch'\n")
    )
    run = release(world)
    assert [job.conclusion for job in run.jobs] == ["skipped", "skipped"]
    assert run.conclusion == "skipped"


def test_a_skipped_job_skips_even_what_waits_behind_one_that_runs(world: World) -> None:
    first = """
  first:
    if: github.event_name == 'workflow_dispatch'
    runs-on: ubuntu-latest
    steps: [{run: make}]
  build:
    needs: first
    if: ${{ !cancelled() }}
"""
    change_workflow(world, ("  build:\n", first.lstrip("\n")))
    run = release(world)
    assert {job.key: job.conclusion for job in run.jobs} == {
        "first": "skipped",
        "build": "success",
        "publish": "skipped",
    }


def test_build_that_fails_fails_the_run_before_any_token(world: World) -> None:
    ready(world)
    world.commit("Break the build", {"tiny_backend.py": "raise SystemExit('no luck today')\n"})
    run = release(world)
    assert [job.conclusion for job in run.jobs] == ["failure", "skipped"]
    assert "no luck today" in gh(world, "run", "view", str(run.id), "--log-failed").stdout
    assert world.index.publishing.publishers
    assert not world.index.faults.requests("/_/oidc/*")


class SteppedClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 5, 1, 12, tzinfo=timezone.utc)

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def test_late_run_comes_a_minute_of_the_clock_later(
    make_world: Callable[..., World], project_files: Callable[[str], dict[str, bytes]]
) -> None:
    clock = SteppedClock()
    world = make_world(repository="tiny-demo", clock=clock)
    world.seed(files=project_files("tiny"))
    world.workflows.lateness = 60
    world.workflows.paused = True
    world.git("tag", "v1")
    world.git("push", "--quiet", "origin", "v1")
    gh(world, "release", "create", "v1", "--title", "x", "--notes", "x")
    clock.sleep(59)
    assert gh(world, "run", "list").stdout == ""
    clock.sleep(1)
    assert gh(world, "run", "list").stdout.startswith("queued")


def test_cancelled_run_is_cancelled(world: World) -> None:
    world.workflows.paused = True
    run = release(world)
    gh(world, "run", "cancel", str(run.id))
    assert (run.status, run.conclusion) == ("completed", "cancelled")


@pytest.mark.parametrize(
    ("patterns", "name", "fits"),
    [
        (("v*",), "v1.0", True),
        (("v*",), "1.0", False),
        (("v*",), "v1/0", False),
        (("**",), "a/b", True),
        (("v[0-9]+.[0-9]+",), "v12.3", True),
        (("v*", "!v*rc*"), "v1rc1", False),
        (("!v*rc*", "v*"), "v1rc1", True),
        (("release/**",), "release/1.0", True),
        (("[0-9]+.[0-9]+.[0-9]+*",), "1.2.3rc1", True),
    ],
)
def test_filter_patterns_are_githubs(patterns: tuple[str, ...], name: str, fits: bool) -> None:
    assert filters_take(name, patterns) is fits


def several(world: World, build: str) -> WorkflowRun:
    """A run in a repository where the project is in `libs/one` and `libs/two`, under two names;
    beside them is one with a setup.py alone.
    """
    ready(world)
    names = world.git("ls-files").splitlines()
    files: dict[str, str | bytes] = {
        "old/setup.py": "import setuptools\nsetuptools.setup(name='tiny-old')\n"
    }
    for folder in ("one", "two"):
        for name in names:
            if name.startswith("."):
                continue
            text = (world.clone / name).read_text()
            other = text.replace("tiny-demo", f"tiny-{folder}") if name.endswith(".toml") else text
            files[f"libs/{folder}/{name}"] = other
    workflow = (world.clone / PUBLISH).read_text()
    assert workflow.count("      - run: python -m build") == 1
    files[PUBLISH] = workflow.replace("      - run: python -m build", build)
    for name in names:
        if not name.startswith("."):
            (world.clone / name).unlink()
    world.commit("Several projects", files)
    world.workflows.builder.folder = "libs/two"
    return release(world)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("      - run: python -m build libs/one", ["libs/one"]),
        ("      - run: python -m build\n        working-directory: libs/one", ["libs/one"]),
        ("      - run: uv build --package tiny-one", ["libs/one"]),
        ("      - run: nox-release build --package tiny-old", ["old"]),
        ("      - run: nox-release build --package old", ["old"]),
        ("      - run: uv build --all-packages", ["libs/one", "libs/two"]),
        ("      - run: for p in libs/*; do python -m build $p; done", ["libs/one", "libs/two"]),
        ("      - run: python -m build $(cat folder)", ["libs/two"]),
    ],
)
def test_run_builds_the_folder_that_its_workflow_builds(
    world: World, build: str, expected: list[str]
) -> None:
    made: list[str] = []

    def note(source: Path, outdir: Path) -> list[Path]:
        made.append("old" if source.name == "old" else f"{source.parent.name}/{source.name}")
        return []

    world.workflows.builder.build = note
    run = several(world, build)
    assert made == expected
    assert list(world.workflows.built_by(run)) == expected


def test_folder_without_a_project_fails_the_step_as_the_build_does(world: World) -> None:
    run = several(world, "      - run: python -m build")
    assert run.conclusion == "failure"
    log = gh(world, "run", "view", str(run.id), "--log-failed").stdout
    assert "does not appear to be a Python project: no pyproject.toml or setup.py" in log


# --- artifacts, matrices and what happens between build and upload


def with_steps(world: World, *changes: tuple[str, str]) -> WorkflowRun:
    ready(world)
    change_workflow(world, *changes)
    return release(world)


def log_of(world: World, run: WorkflowRun) -> str:
    return gh(world, "run", "view", str(run.id), "--log").stdout


def some_wheels(world: World) -> None:
    """Let a build make a wheel that PyPI does not take beside the good files."""
    real = world.workflows.builder.build

    def build(source: Path, outdir: Path) -> list[Path]:
        made = list(real(source, outdir))
        (pure,) = [path for path in made if path.suffix == ".whl"]
        local = pure.with_name(pure.name.replace("py3-none-any", "cp312-cp312-linux_x86_64"))
        local.write_bytes(pure.read_bytes())
        return [*made, local]

    world.workflows.builder.build = build


BUILD = "      - run: python -m build\n"


def test_wheel_that_the_workflow_deletes_is_not_uploaded(world: World) -> None:
    some_wheels(world)
    run = with_steps(world, (BUILD, f"{BUILD}      - run: rm -f dist/*-linux_*.whl\n"))
    assert run.conclusion == "success", log_of(world, run)
    assert len(world.index.filenames("tiny-demo")) == 2
    assert "Deleted: tiny_demo-1.2.3-cp312-cp312-linux_x86_64.whl" in log_of(world, run)


def test_wheel_that_nobody_deletes_is_refused_as_before(world: World) -> None:
    some_wheels(world)
    run = with_steps(world)
    assert run.conclusion == "failure"
    assert "tiny_demo-1.2.3-cp312-cp312-linux_x86_64.whl" in log_of(world, run)
    assert "400" in log_of(world, run)


def test_upload_gets_the_files_of_the_artifact_that_it_names(world: World) -> None:
    run = with_steps(world, ("          path: dist/\n          if-no", "          path: dist/*.whl\n          if-no"))  # fmt: skip
    assert run.conclusion == "success", log_of(world, run)
    assert world.index.filenames("tiny-demo") == ("tiny_demo-1.2.3-py3-none-any.whl",)


def test_artifact_that_nothing_makes_fails_as_on_github(world: World) -> None:
    run = with_steps(world, ("          name: dist\n          path: dist/\n      - uses: pypa", "          name: disst\n          path: dist/\n      - uses: pypa"))  # fmt: skip
    assert run.conclusion == "failure"
    assert "Artifact not found for name: disst" in log_of(world, run)


MATRIX = ("  build:\n", "  build:\n    strategy:\n      matrix:\n        os: [linux, mac]\n")


def test_matrix_is_several_jobs_whose_artifacts_have_names_of_their_own(world: World) -> None:
    run = with_steps(
        world,
        MATRIX,
        ("          name: dist\n          path: dist/\n          if", "          name: dist-${{ matrix.os }}\n          path: dist/\n          if"),
        ("          name: dist\n          path: dist/\n      - uses: pypa", "          pattern: dist-*\n          merge-multiple: true\n          path: dist/\n      - uses: pypa"),
    )  # fmt: skip
    assert run.conclusion == "success", log_of(world, run)
    assert [job.name for job in run.jobs] == ["build (linux)", "build (mac)", "publish"]
    assert len(world.index.filenames("tiny-demo")) == 2


@pytest.mark.parametrize(
    "part", ["${{ runner.os }}", "${{ runner.arch }}", "${{ strategy.job-index }}"]
)
def test_jobs_of_a_matrix_have_machines_and_numbers_of_their_own(world: World, part: str) -> None:
    run = with_steps(
        world,
        MATRIX,
        ("[linux, mac]", "[ubuntu-24.04, macos-15]"),
        ("  build:\n    strategy", '  build:\n    runs-on: "${{ matrix.os }}"\n    strategy'),
        ("[ubuntu-24.04, macos-15]\n    runs-on: ubuntu-latest\n", "[ubuntu-24.04, macos-15]\n"),
        ("          name: dist\n          path: dist/\n          if", f"          name: dist-{part}\n          path: dist/\n          if"),
        ("          name: dist\n          path: dist/\n      - uses: pypa", "          pattern: dist-*\n          merge-multiple: true\n          path: dist/\n      - uses: pypa"),
    )  # fmt: skip
    assert run.conclusion == "success", log_of(world, run)


def test_second_job_of_a_matrix_cannot_write_the_same_artifact(world: World) -> None:
    run = with_steps(world, MATRIX)
    assert [job.conclusion for job in run.jobs] == ["success", "failure", "skipped"]
    assert "an artifact with this name already exists on the workflow run" in log_of(world, run)


@pytest.mark.parametrize("part", ["steps.own.outputs.hash", "needs.own.outputs.hash", "env.HASH"])
def test_a_name_that_only_a_run_decides_is_no_conflict(world: World, part: str) -> None:
    run = with_steps(
        world,
        MATRIX,
        ("          name: dist\n          path: dist/\n          if", f"          name: dist-${{{{ {part} }}}}\n          path: dist/\n          if"),
        ("          name: dist\n          path: dist/\n      - uses: pypa", "          pattern: dist-*\n          merge-multiple: true\n          path: dist/\n      - uses: pypa"),
    )  # fmt: skip
    assert run.conclusion == "success", log_of(world, run)


def test_suffix_of_an_inspected_build_is_in_the_name_of_its_artifact(world: World) -> None:
    inspect = "      - uses: hynek/build-and-inspect-python-package@v2\n        with:\n          upload-name-suffix: -${{ matrix.os }}\n"
    artifact = "      - uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2\n        with:\n          name: dist\n          path: dist/\n          if-no-files-found: error\n"
    run = with_steps(
        world,
        MATRIX,
        (BUILD + artifact, inspect),
        ("          name: dist\n          path: dist/\n      - uses: pypa", "          name: Packages-mac\n          path: dist/\n      - uses: pypa"),
    )  # fmt: skip
    assert run.conclusion == "success", log_of(world, run)
    assert len(world.index.filenames("tiny-demo")) == 2


LOOK = """      - run: |
          if ! grep -qF "## ${VERSION//v/}" NEWS.md; then
            echo "::error::NEWS.md has no part for $VERSION"
            exit 1
          fi
        env:
          VERSION: ${{ github.ref_name }}
"""


@pytest.mark.parametrize(
    ("news", "before", "conclusion"),
    [
        ("## 1.2.3\n", "", "success"),
        ("## 1.2.2\n", "", "failure"),
        ("## 1.2.2\n", "      - run: make news\n", "success"),  # which may have written it
        (None, "", "success"),
    ],
)
def test_step_that_looks_into_the_changelog_is_carried_out(
    world: World, news: str | None, before: str, conclusion: str
) -> None:
    if news:
        world.commit("Write the news", {"NEWS.md": news})
    run = with_steps(world, (BUILD, before + LOOK + BUILD))
    assert run.conclusion == conclusion, log_of(world, run)
    assert ("NEWS.md has no part for v1.2.3" in log_of(world, run)) is (conclusion == "failure")


# --- releases that a workflow makes itself

OWN_RELEASE = '      - run: gh release create "$GITHUB_REF_NAME" dist/* --verify-tag\n        env:\n          GH_TOKEN: ${{ github.token }}\n'
ON_TAGS = ("  release:\n    types: [published]", "  push:\n    tags: ['v*']")


@pytest.mark.parametrize(
    "step",
    [
        OWN_RELEASE,
        OWN_RELEASE.replace("create", "create --repo ${{ github.repository }}"),
        OWN_RELEASE.replace("$GITHUB_REF_NAME", "${TAG}").replace(
            "env:", "env:\n          TAG: ${{ github.ref_name }}"
        ),
        "      - uses: actions/create-release@v1\n        with:\n          tag_name: ${{ github.ref }}\n",
        "      - uses: ncipollo/release-action@v1\n",
    ],
)
def test_release_that_is_there_is_not_made_again_by_the_workflow(world: World, step: str) -> None:
    ready(world)
    change_workflow(world, ON_TAGS, (BUILD, BUILD + step))
    run = release(world)
    assert [job.conclusion for job in run.jobs] == ["failure", "skipped"]
    assert "Release.tag_name already exists" in log_of(world, run)
    assert len(world.github.releases) == 1
    assert world.index.filenames("tiny-demo") == ()


@pytest.mark.parametrize(
    "step",
    [
        OWN_RELEASE.replace("gh release create", "gh release view v1.2.3 || gh release create"),
        OWN_RELEASE.replace("--verify-tag", "--draft"),
        OWN_RELEASE.replace("$GITHUB_REF_NAME", "$SOMETHING_ELSE"),
        "      - uses: ncipollo/release-action@v1\n        with:\n          allowUpdates: true\n",
        "      - uses: softprops/action-gh-release@v2\n        with:\n          files: dist/*\n",
    ],
)
def test_workflow_that_is_ready_for_a_release_succeeds(world: World, step: str) -> None:
    ready(world)
    change_workflow(world, ON_TAGS, (BUILD, BUILD + step))
    run = release(world)
    assert run.conclusion == "success", log_of(world, run)


def test_nothing_is_added_to_an_immutable_release(world: World) -> None:
    world.github.settings.immutable_releases = True
    ready(world)
    step = "      - uses: softprops/action-gh-release@v2\n        with:\n          files: dist/*\n"
    change_workflow(world, (BUILD, BUILD + step))
    run = release(world)
    assert [job.conclusion for job in run.jobs] == ["failure", "skipped"]
    assert "Cannot upload assets to an immutable release" in log_of(world, run)


def test_release_that_a_workflow_makes_by_itself_starts_no_other_run(world: World) -> None:
    ready(world)
    change_workflow(world, ("  release:\n    types: [published]", "  release:\n  push:\n    tags: ['v*']"), (BUILD, BUILD + OWN_RELEASE))  # fmt: skip
    world.git("tag", "v1.2.3")
    world.git("push", "--quiet", "origin", "v1.2.3")
    gh(world, "api", "user")
    world.workflows.wait()
    assert [run.event for run in world.github.runs] == ["push"]
    assert [one.author for one in world.github.releases] == ["github-actions[bot]"]


CALLING = """\
on:
  release:
    types: [published]
jobs:
  build:
    uses: USES
    with:
      kind: sdist
  publish:
    needs: build
    runs-on: ubuntu-latest
    environment: pypi
    permissions:
      id-token: write
    steps:
      - uses: actions/download-artifact@v8
        with: {pattern: "dist-*", path: dist/, merge-multiple: true}
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
CALLED = """\
on:
  workflow_call:
    inputs:
      kind: {type: string}
jobs:
  files:
    if: github.event_name != 'pull_request'
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: STEP
      - uses: actions/upload-artifact@v7
        with: {name: "dist-${{ inputs.kind }}", path: dist/*.tar.gz}
      - uses: actions/upload-artifact@v7
        with: {name: other, path: dist/*.whl}
"""


@pytest.mark.parametrize(
    ("uses", "step", "uploaded"),
    [
        ("./.github/workflows/build.yml", "python -m build", ("tiny_demo-1.2.3.tar.gz",)),
        ("./.github/workflows/build.yml", "python -m pytest", ()),
        (
            "octo/workflows/.github/workflows/build.yml@v1",
            "",
            ("tiny_demo-1.2.3-py3-none-any.whl", "tiny_demo-1.2.3.tar.gz"),
        ),
    ],
)
def test_files_of_a_called_workflow_are_those_that_it_keeps(
    world: World, uses: str, step: str, uploaded: tuple[str, ...]
) -> None:
    """What another repository's workflow keeps cannot be known: it gets the benefit of the doubt."""
    ready(world)
    files = {PUBLISH: CALLING.replace("USES", uses)}
    if step:
        kept = CALLED if uploaded else CALLED.partition("      - uses: actions/upload-artifact")[0]
        files[".github/workflows/build.yml"] = kept.replace("STEP", step)
    world.commit("Call a workflow", files)
    run = release(world)
    assert run.conclusion == ("success" if uploaded else "failure"), log_of(world, run)
    assert world.index.filenames("tiny-demo") == uploaded
    assert "exchange failure" not in log_of(world, run)


def test_wheels_for_pypi_may_be_made_by_a_workflow_that_is_called(world: World) -> None:
    some_wheels(world)
    ready(world)
    called = CALLED.replace("run: STEP", "uses: pypa/cibuildwheel@v3.1")
    world.commit("Make wheels elsewhere", {".github/workflows/wheels.yml": called})
    change_workflow(
        world, ("\njobs:\n", "\njobs:\n  wheels:\n    uses: ./.github/workflows/wheels.yml\n")
    )
    run = release(world)
    assert run.conclusion == "success", log_of(world, run)
    assert len(world.index.filenames("tiny-demo")) == 2


def test_what_a_called_workflow_has_others_build_gets_the_benefit_of_the_doubt_too(
    world: World,
) -> None:
    ready(world)
    own = ".github/workflows/build.yml"
    name = "name: '${{ needs.build.outputs.files }}'"
    files = {PUBLISH: CALLING.replace("USES", f"./{own}").replace('pattern: "dist-*"', name)}
    files[own] = """\
on: {workflow_call: {outputs: {files: {value: x}}}}
jobs:
  files: {uses: octo/workflows/.github/workflows/tox.yml@v1}
"""
    world.commit("Call a workflow that calls one", files)
    run = release(world)
    assert run.conclusion == "success", log_of(world, run)
    assert len(world.index.filenames("tiny-demo")) == 2


def test_wheels_that_are_built_from_a_downloaded_sdist_are_left_out(world: World) -> None:
    ready(world)
    text = (world.clone / PUBLISH).read_text()
    wheels = """\
  wheels:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@v8
        with: {name: '${{ needs.build.outputs.files }}', path: dist}
      - uses: pypa/cibuildwheel@v4
        with: {package-dir: dist/tiny_demo-1.2.3.tar.gz}
"""
    publish = "  publish:\n"
    world.commit("Build wheels", {PUBLISH: text.replace(publish, f"{wheels}{publish}")})
    run = release(world)
    assert run.conclusion == "success", log_of(world, run)
    assert "a build of dist/tiny_demo-1.2.3.tar.gz, which the run made itself" in log_of(world, run)


def test_packages_uploaded_beside_this_one_are_taken_for_projects_of_the_index(
    world: World,
) -> None:
    ready(world)
    change_workflow(world, (BUILD, f"{BUILD}      - run: python -m build extra\n"))
    there = [name for name in world.git("ls-files").splitlines() if not name.startswith(".")]
    texts = {name: (world.clone / name).read_text() for name in there}
    files = {f"extra/{one}": text.replace("tiny-demo", "tiny-extra") for one, text in texts.items()}
    world.commit("Another package", files)
    run = release(world)
    assert run.conclusion == "success", log_of(world, run)
    assert len(world.index.filenames("tiny-extra")) == 2
    assert "Taken in a rehearsal: tiny-extra is on the index" in log_of(world, run)


def test_upload_to_a_third_index_is_left_out(world: World) -> None:
    upload = "      - uses: pypa/gh-action-pypi-publish"
    text = (world.clone / PUBLISH).read_text()
    (line,) = [one for one in text.splitlines() if one.startswith(upload)]
    mirror = f"{line}\n        with: {{password: '${{{{ secrets.X }}}}', repository-url: https://mirror.example/}}"
    run = with_steps(world, (line, f"{line}\n{mirror}"))
    assert run.conclusion == "success", log_of(world, run)
    assert "there is one index here" in log_of(world, run)
