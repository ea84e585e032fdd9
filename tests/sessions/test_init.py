"""`nox-release init` as a new user meets it: shown, agreed to, written, never overwritten."""

import os
import subprocess
import sys

import pytest

from nox_release.__main__ import main
from nox_release.project.pyproject import Settings
from nox_release.workflows.publishing import derive_publisher, parse_workflow

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "demo"
version = "1.0"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("GIT_", "GH_", "GITHUB_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    # No gh here: owner and repository are then spelt as the remote spells them.
    folder = tmp_path / "bin"
    folder.mkdir()
    if sys.platform != "win32":
        git = subprocess.run(["which", "git"], capture_output=True, check=True, timeout=30)
        (folder / "git").symlink_to(git.stdout.decode().strip())
        monkeypatch.setenv("PATH", str(folder))
    root = tmp_path / "demo"
    root.mkdir()
    (root / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    monkeypatch.chdir(root)
    return root


def repository(root, remote="git@github.com:octo/demo.git"):
    subprocess.run(
        ["git", "init", "--quiet", "--initial-branch=main"], cwd=root, check=True, timeout=60
    )
    subprocess.run(["git", "remote", "add", "origin", remote], cwd=root, check=True, timeout=60)


def workflow(root, name="publish.yml"):
    return root / ".github" / "workflows" / name


def test_both_files_are_written_and_the_next_step_is_one(project, capsys):
    repository(project)
    assert main(["init", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert "on GitHub as octo/demo" in shown
    assert shown.rstrip().endswith(
        "Next: Commit what was written, push it, and check the project.\n"
        "    git add noxfile.py .github/workflows/publish.yml .gitignore && "
        'git commit -m "Publish with nox-release"\n'
        "    git push --set-upstream origin main\n"
        "    nox-release check-project"
    )
    assert shown.count("Next: ") == 1
    assert "nox_release.register()" in (project / "noxfile.py").read_text(encoding="utf-8")
    parsed = parse_workflow(workflow(project).read_bytes(), file=".github/workflows/publish.yml")
    derived = derive_publisher([parsed], owner="octo", repository="demo", settings=Settings())
    assert derived.publisher.environment == "pypi"


def test_everything_is_shown_before_it_is_written(project, capsys):
    repository(project)
    main(["init", "--yes"])
    shown = capsys.readouterr().out
    for path in (project / "noxfile.py", workflow(project)):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert f"  {line}" in shown or not line


def test_without_an_answer_nothing_is_written(project, capsys):
    assert main(["init"]) == 1
    assert "add --yes to agree beforehand" in capsys.readouterr().out
    assert sorted(path.name for path in project.iterdir()) == ["pyproject.toml"]


def test_the_second_time_there_is_nothing_to_do(project, capsys):
    repository(project)
    main(["init", "--yes"])
    before = workflow(project).stat().st_mtime_ns
    capsys.readouterr()
    assert main(["init"]) == 0
    shown = capsys.readouterr().out
    assert "Next: nox-release check-project" in shown
    assert "@@" not in shown
    assert workflow(project).stat().st_mtime_ns == before


NOXFILE = "import nox\r\n\r\n\r\n@nox.session\r\ndef tests(session): ...\r\n"


def test_a_workflow_that_exists_is_shown_as_a_difference_and_stays(project, capsys):
    repository(project)
    workflow(project).parent.mkdir(parents=True)
    workflow(project).write_text("on: push\njobs: {}\n", encoding="utf-8")
    before = workflow(project).read_bytes()
    assert main(["init", "--yes"]) == 0
    assert "-on: push" in capsys.readouterr().out
    assert workflow(project).read_bytes() == before


def test_a_noxfile_that_exists_gets_its_lines_when_somebody_agrees(project, capsys):
    repository(project)
    noxfile = project / "noxfile.py"
    noxfile.write_bytes(NOXFILE.encode())
    noxfile.chmod(0o755)
    assert main(["init"]) == 1
    shown = capsys.readouterr().out
    assert "+    nox_release.register()" in shown
    assert "add these lines to noxfile.py" in shown
    assert noxfile.read_bytes() == NOXFILE.encode()
    assert main(["init", "--yes"]) == 0
    text = noxfile.read_bytes().decode()
    assert text.startswith(NOXFILE)
    assert "    nox_release.register()\r\n" in text
    assert noxfile.stat().st_mode & 0o777 == 0o755
    assert "noxfile.py changed" in capsys.readouterr().out
    assert main(["init"]) == 0
    assert noxfile.read_bytes().decode() == text


def test_sessions_of_these_names_stay_and_ours_are_called_otherwise(project):
    repository(project)
    noxfile = project / "noxfile.py"
    noxfile.write_text("import nox\n\n\n@nox.session\ndef build(session): ...\n")
    assert main(["init", "--yes"]) == 0
    text = noxfile.read_text()
    assert "def build(session): ..." in text
    assert 'nox_release.register(prefix="pypi-")' in text


@pytest.mark.parametrize("before", [None, "*.pyc", "*.pyc\r\n"])
def test_what_is_built_is_for_git_to_pass_over(project, before, capsys):
    repository(project)
    ignored = project / ".gitignore"
    if before is not None:
        ignored.write_bytes(before.encode())
    assert main(["init", "--yes"]) == 0
    text = ignored.read_bytes().decode()
    assert text.splitlines() == [*(before or "").split(), "/dist"]
    assert text.endswith("\r\n" if "\r" in text else "\n")
    assert main(["init"]) == 0
    assert ignored.read_bytes().decode() == text


@pytest.mark.parametrize("line", ["dist", "/dist/", "dist/", "**/dist", "d*"])
def test_what_git_passes_over_already_needs_no_line(project, line, capsys):
    repository(project)
    (project / ".gitignore").write_text(f"{line}\n")
    assert main(["init", "--yes"]) == 0
    assert (project / ".gitignore").read_text() == f"{line}\n"
    assert ".gitignore" not in capsys.readouterr().out


def workspace(project, text):
    """A workspace of uv around the members a, b, c, which is excluded, and d, which is private."""
    repository(project)
    text += '\n[tool.uv.workspace]\nmembers = ["libs/*"]\nexclude = ["libs/c"]\n'
    (project / "pyproject.toml").write_text(text)
    for name in ("a", "b", "c", "d"):
        folder = project / "libs" / name
        folder.mkdir(parents=True)
        member = PYPROJECT.replace('"demo"', f'"demo-{name}"')
        private = 'classifiers = ["Private :: Do Not Upload"]\n' if name == "d" else ""
        (folder / "pyproject.toml").write_text(member + private)
    return text


def test_the_members_of_a_workspace_are_written_as_packages(project, capsys):
    text = workspace(project, "")
    assert main(["init", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert "libs/d is left out: `Private :: Do Not Upload`" in shown
    assert shown.rstrip().endswith(
        "Next: Write the workflow of each package that you publish.\n"
        "    nox-release init --package demo-a\n"
        "    nox-release init --package demo-b"
    )
    named = 'packages = [\n    "libs/a",\n    "libs/b",\n]\n'
    assert (project / "pyproject.toml").read_text() == f"{text}\n[tool.nox-release]\n{named}"
    for name in ("a", "b"):
        assert main(["init", "--yes", "--package", f"demo-{name}"]) == 0
        assert workflow(project, f"publish-demo-{name}.yml").exists()
    assert main(["init"]) == 1
    assert "Choose one: nox-release init --package demo-a" in capsys.readouterr().out


def test_packages_go_below_the_heading_that_is_there_and_nowhere_unasked(project, capsys):
    workspace(project, '[tool.nox-release]\nremote = "origin"\n')
    assert main(["init"]) == 1
    assert "Not confirmed: Add these lines to pyproject.toml?" in capsys.readouterr().out
    assert main(["init", "--yes"]) == 0
    text = (project / "pyproject.toml").read_text()
    assert text.startswith(
        '[tool.nox-release]\npackages = [\n    "libs/a",\n    "libs/b",\n]\nremote'
    )


def test_around_a_workspace_the_project_alone_is_published_unless_somebody_agrees(project, capsys):
    text = workspace(project, PYPROJECT)
    assert main(["init", "--yes"]) == 0
    assert '+    ".",\n  +    "libs/a",\n  +    "libs/b",\n' in capsys.readouterr().out
    assert (project / "pyproject.toml").read_text() == text
    assert workflow(project).exists()


def test_a_workflow_that_publishes_already_needs_no_second_one(project, capsys):
    repository(project)
    other = workflow(project, "release.yml")
    other.parent.mkdir(parents=True)
    other.write_text(
        "on: release\njobs:\n  up:\n    permissions: {id-token: write}\n    steps:\n"
        "      - uses: pypa/gh-action-pypi-publish@release/v1\n",
        encoding="utf-8",
    )
    assert main(["init", "--yes"]) == 0
    assert "not needed: .github/workflows/release.yml uploads already" in capsys.readouterr().out
    assert not workflow(project).exists()


def test_a_working_publish_workflow_of_another_hand_is_left_alone(project, capsys):
    repository(project)
    workflow(project).parent.mkdir(parents=True)
    workflow(project).write_text(
        "on: release\njobs:\n  docs:\n    steps: [{run: make docs}]\n  up:\n"
        "    permissions: {id-token: write}\n    steps:\n"
        "      - uses: pypa/gh-action-pypi-publish@release/v1\n",
        encoding="utf-8",
    )
    assert main(["init", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert "publishes already: left alone (`nox-release init --diff` shows ours)" in shown
    assert "make docs" not in shown
    assert main(["init", "--yes", "--diff"]) == 0
    assert "-    steps: [{run: make docs}]" in capsys.readouterr().out


def test_a_name_that_only_a_build_tells_is_in_the_workflow(project, capsys):
    repository(project)
    (project / "pyproject.toml").unlink()
    (project / "setup.py").write_text(
        "import setuptools\nNAME = 'de' + 'mo'\nsetuptools.setup(name=NAME, version='1.0')\n",
        encoding="utf-8",
    )
    for arguments in (["add", "."], ["commit", "--quiet", "--message", "Begin"]):
        subprocess.run(
            ["git", "-c", "user.name=octo", "-c", "user.email=octo@example.org", *arguments],
            cwd=project, check=True, timeout=60,
        )  # fmt: skip
    assert main(["init", "--yes"]) == 0
    assert "Publishing demo to PyPI" in capsys.readouterr().out
    assert "PROJECT: demo\n" in workflow(project).read_text(encoding="utf-8")


def test_a_workflow_for_testpypi_alone_does_not_stand_in_for_one(project, capsys):
    repository(project)
    other = workflow(project, "try.yml")
    other.parent.mkdir(parents=True)
    other.write_text(
        "on: push\njobs:\n  up:\n    permissions: {id-token: write}\n    steps:\n"
        "      - uses: pypa/gh-action-pypi-publish@release/v1\n"
        "        with: {repository-url: https://test.pypi.org/legacy/}\n",
        encoding="utf-8",
    )
    assert main(["init", "--yes"]) == 0
    assert "not needed" not in capsys.readouterr().out
    assert workflow(project).exists()


@pytest.mark.parametrize("name", ["publish.yml", "publish-testpypi.yml"])
def test_testpypi_first_leads_on_to_a_second_workflow_for_pypi(project, capsys, name):
    repository(project)
    assert main(["init", "--yes", "--index", "testpypi"]) == 0
    assert "check-project --index testpypi" in capsys.readouterr().out
    # Earlier versions called it publish.yml.
    workflow(project, "publish-testpypi.yml").rename(workflow(project, name))
    tried = workflow(project, name).read_bytes()
    assert main(["init", "--index", "testpypi"]) == 0
    capsys.readouterr()
    assert main(["init", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert f"A release starts .github/workflows/{name}, too, as long as it is there." in shown
    assert "@@" not in shown
    assert workflow(project, name).read_bytes() == tried
    second = "publish-pypi.yml" if name == "publish.yml" else "publish.yml"
    text = workflow(project, second).read_text(encoding="utf-8")
    assert "name: pypi\n" in text
    assert "test.pypi.org" not in text
    assert main(["init"]) == 0
    assert "@@" not in capsys.readouterr().out


def test_each_of_several_packages_gets_a_workflow_of_its_own(project, capsys):
    repository(project)
    (project / "pyproject.toml").write_text(
        '[tool.nox-release]\npackages = ["libs/a", "libs/b"]\n', encoding="utf-8"
    )
    for name in ("a", "b"):
        folder = project / "libs" / name
        folder.mkdir(parents=True)
        text = PYPROJECT.replace('"demo"', f'"demo-{name}"')
        (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    for name in ("a", "b"):
        assert main(["init", "--yes", "--package", name]) == 0
    assert "not needed" not in capsys.readouterr().out
    parsed = [
        parse_workflow(workflow(project, f"publish-demo-{name}.yml").read_bytes(), file=name)
        for name in ("a", "b")
    ]
    for name in ("a", "b"):
        derived = derive_publisher(
            parsed,
            owner="octo",
            repository="demo",
            settings=Settings(),
            package=(f"libs/{name}", f"demo-{name}"),
        )
        assert derived.job.workflow.file == name


def test_before_there_is_a_repository_the_files_are_written_all_the_same(project, capsys):
    assert main(["init", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert "This is not a git repository yet." in shown
    assert "goes without `github.repository == 'OWNER/REPOSITORY'`" in shown
    assert "github.repository ==" not in workflow(project).read_text(encoding="utf-8")
    repository(project)
    assert main(["init", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert "+    if: ${{ github.repository == 'octo/demo' && !inputs.check-only" in shown
    assert "OWNER/REPOSITORY" not in shown


def test_a_remote_that_is_gone_takes_no_guard_away(project, capsys):
    repository(project)
    assert main(["init", "--yes"]) == 0
    subprocess.run(["git", "remote", "remove", "origin"], cwd=project, check=True, timeout=60)
    capsys.readouterr()
    assert main(["init", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert "owner and repository on GitHub: This repository has no remote." in shown
    assert "@@" not in shown
    assert "OWNER/REPOSITORY" not in shown
    assert "github.repository == 'octo/demo'" in workflow(project).read_text(encoding="utf-8")


def test_a_project_in_a_folder_has_its_workflow_at_the_top(project, monkeypatch, capsys):
    repository(project)
    inner = project / "python"
    inner.mkdir()
    (project / "pyproject.toml").rename(inner / "pyproject.toml")
    monkeypatch.chdir(inner)
    assert main(["init", "--yes"]) == 0
    text = workflow(project).read_text(encoding="utf-8")
    assert "working-directory: python" in text
    assert "python/dist/*.whl" in text
    assert (inner / "noxfile.py").is_file()


def test_native_code_gets_a_matrix(project):
    repository(project)
    text = PYPROJECT.replace("hatchling.build", "setuptools.build_meta").replace(
        '"hatchling"', '"setuptools"'
    )
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    (project / "setup.py").write_text(
        "from setuptools import Extension, setup\n\n"
        "setup(ext_modules=[Extension('demo._a', ['a.c'])])\n",
        encoding="utf-8",
    )
    assert main(["init", "--yes"]) == 0
    assert "cibuildwheel==" in workflow(project).read_text(encoding="utf-8")


def test_settings_and_options_choose_file_and_environment(project):
    repository(project)
    assert main(["init", "--yes", "--workflow", "upload.yaml", "--environment", "release"]) == 0
    text = workflow(project, "upload.yaml").read_text(encoding="utf-8")
    assert text.count("name: release\n") == 2  # the job that checks, and the one that publishes


@pytest.mark.parametrize("name", ["../publish.yml", "publish", "a/b.yml"])
def test_a_file_name_that_is_none_is_refused(project, name, capsys):
    assert main(["init", "--yes", "--workflow", name]) == 1
    assert "is not a workflow's file name" in capsys.readouterr().out
    assert not (project / ".github").exists()


def test_unreadable_files_are_one_clear_error(project, capsys):
    repository(project)
    (project / "noxfile.py").write_bytes(b"# caf\xe9\n")
    assert main(["init", "--yes"]) == 1
    shown = capsys.readouterr().out
    assert "noxfile.py cannot be read." in shown
    assert "Traceback" not in shown


def test_other_broken_workflows_are_named_and_do_not_stop_it(project, capsys):
    repository(project)
    broken = workflow(project, "broken.yml")
    broken.parent.mkdir(parents=True)
    broken.write_text("on: [\n", encoding="utf-8")
    assert main(["init", "--yes"]) == 0
    assert ".github/workflows/broken.yml is not valid YAML." in capsys.readouterr().out
    assert workflow(project).is_file()


TESTS = "on: pull_request\njobs:\n  tests:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest\n"


def test_the_line_that_compares_the_versions_is_proposed_for_ci_or_pre_commit_once(project, capsys):
    repository(project)
    assert main(["init", "--yes"]) == 0
    assert "prepare --check" not in capsys.readouterr().out

    workflow(project, "ci.yml").write_text(TESTS, encoding="utf-8")
    assert main(["init", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert (
        "add to .github/workflows/ci.yml:\n        - run: pipx run nox-release prepare --check\n"
        in shown
    )

    hooks = project / ".pre-commit-config.yaml"
    hooks.write_text("repos: []\n", encoding="utf-8")
    assert main(["init", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert "add to .pre-commit-config.yaml:\n    - repo: local\n" in shown
    assert "additional_dependencies: [nox-release]" in shown

    added = "      - run: pipx run nox-release prepare --check\n"
    workflow(project, "ci.yml").write_text(TESTS + added, encoding="utf-8")
    assert main(["init", "--yes"]) == 0
    assert "stays equal" not in capsys.readouterr().out


def test_the_button_compares_the_versions_before_it_releases(project):
    repository(project)
    assert main(["init", "--yes", "--release-workflow"]) == 0
    text = workflow(project, "release.yml").read_text(encoding="utf-8")
    assert text.index("nox-release prepare --check\n") < text.index("nox-release release ")
