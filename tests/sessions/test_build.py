"""`nox -s build`, from the outside: real nox, git, backends and twine."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

import warm
from nox_release.checks.files.facts import Facts
from nox_release.core.findings import Severity
from nox_release.files.wheels import read_wheel
from nox_release.project.pyproject import Project
from small_projects import environ, files_of, git, under_git, write

pytestmark = pytest.mark.slow

NOXFILE = {"noxfile.py": "import nox_release\n\nnox_release.register()\n"}
CLI = """
        [project.scripts]
        demo = "demo.cli:main"
        """


def command(root, *arguments, **more):
    return warm.run("nox_release", "build", *arguments, cwd=root, environ={**environ(), **more})


def document(root, *arguments, **more):
    done = command(root, "--json", *arguments, **more)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def ids(document, status="finding"):
    return {one["id"] for one in document["results"] if one["status"] == status}


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


FILES = ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"]


def test_nox_builds_inspects_and_shows_what_is_inside(tmp_path):
    files = files_of("hatchling", more=CLI) | NOXFILE
    files["src/demo/cli.py"] = (
        "import argparse\ndef main():\n argparse.ArgumentParser().parse_args()\n"
    )
    root = under_git(tmp_path / "a folder, é", files)
    done = subprocess.run(
        [sys.executable, "-m", "nox", "-s", "build"],
        cwd=root,
        env=environ(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for expected in (
        "demo 1.0, from commit ",
        "import    demo (3 files, 1 subpackage)",
        "commands  demo = demo.cli:main",
        "Python    >=3.8",
        "✓ `twine check --strict` passes",
        "✓ `import demo`",
        "✓ `demo --help`",
        "2 files in dist/",
        "Next: nox -s check-project",
    ):
        assert expected in done.stdout, done.stdout
    assert "\x1b" not in done.stdout
    assert listing(root / "dist") == FILES
    assert git(root, "status", "--porcelain") == ""


def test_the_commit_is_built_and_not_what_lies_around_it(tmp_path):
    root = under_git(tmp_path, files_of("hatchling"))
    write(root, {"src/demo/later.py": "", "notes.txt": ""})
    _, committed = document(root, "--no-smoke")
    wheel = zipfile.ZipFile(root / "dist" / FILES[0])
    assert "demo/later.py" not in wheel.namelist()
    assert committed["commit"] == git(root, "rev-parse", "HEAD")
    _, lying = document(root, "--no-smoke", "--working-tree")
    wheel = zipfile.ZipFile(root / "dist" / FILES[0])
    assert "demo/later.py" in wheel.namelist()
    assert lying["commit"] is None
    assert "sdist-stray-files" in ids(lying)


def test_a_refused_build_leaves_dist_as_it_was(tmp_path):
    files = files_of("setuptools", version="0.0.0")
    root = under_git(tmp_path, files)
    write(root, {f"dist/{FILES[0]}": "earlier", "dist/other-3.0.tar.gz": "other"})
    status, refused = document(root, "--no-smoke")
    assert status == 1
    assert "version-zero" in ids(refused)
    assert not refused["placed"]
    assert listing(root / "dist") == [FILES[0], "other-3.0.tar.gz"]
    assert (root / "dist" / FILES[0]).read_text() == "earlier"


def test_files_of_other_versions_in_dist_are_never_counted_as_built(tmp_path):
    root = under_git(tmp_path, files_of("flit"))
    write(root, {"dist/demo-0.9.tar.gz": "old"})
    status, built = document(root, "--no-smoke")
    assert status == 0
    assert sorted(one["filename"] for one in built["distributions"]) == FILES
    assert listing(root / "dist") == ["demo-0.9.tar.gz", *FILES]


def test_a_build_that_fails_leaves_no_dist_and_no_traceback(tmp_path):
    files = files_of("hatchling")
    files["src/other/__init__.py"] = files.pop("src/demo/__init__.py")
    files.pop("src/demo/part/__init__.py")
    root = under_git(tmp_path, files)
    done = command(root)
    assert done.returncode == 1
    assert "error: The wheel could not be built." in done.stdout
    assert "Unable to determine which files to ship" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not (root / "dist").exists()


def test_an_undeclared_dependency_is_found_by_trying(tmp_path):
    files = files_of("flit")
    files["src/demo/__init__.py"] = '"""A package."""\nimport iniconfig\n'
    status, built = document(under_git(tmp_path, files))
    assert status == 1
    assert "undeclared-dependency" in ids(built)
    assert not (tmp_path / "dist").exists()


def test_scripts_are_started_for_a_bounded_time_in_a_home_of_their_own(tmp_path):
    files = files_of(
        "flit",
        more="""
        [project.scripts]
        demo-fine = "demo.cli:fine"
        demo-broken = "demo.cli:broken"
        demo-rude = "demo.cli:rude"
        """,
    )
    files["src/demo/cli.py"] = (
        "import os, sys\n"
        "def fine():\n"
        "    assert 'nox-release-build-' in os.environ['HOME'], os.environ['HOME']\n"
        "    assert 'GH_TOKEN' not in os.environ\n"
        "def broken():\n    import iniconfig\n"
        "def rude():\n    sys.exit('no help here')\n"
    )
    status, built = document(under_git(tmp_path, files), GH_TOKEN="ghp_" + "x" * 36)
    said = {one["message"]: one["severity"] for one in built["results"] if "message" in one}
    assert status == 1
    assert said == {
        "`demo-broken --help` needs `iniconfig`, which no declared dependency brings.": "error",
        "`demo-rude --help` ends with exit code 1: no help here": "warning",
    }


PLUGIN = """\
        dependencies = ["twine"]

        [project.entry-points.hooks]
        x = "demo.hook:y"
        """


def facts_of(path):
    return Facts(project=Project(root=path.parent, name="demo"), wheel=read_wheel(path))


def test_a_hanging_script_is_not_known(tmp_path, monkeypatch):
    from nox_release.edges.building import build_distributions
    from nox_release.edges.environments import fresh_environment
    from nox_release.edges.process import Runner
    from nox_release.observing import trying as inspection

    files = files_of("flit", more=CLI)
    files["src/demo/cli.py"] = "import time\ndef main():\n    time.sleep(60)\n"
    runner = Runner(environ=environ())
    environment = fresh_environment(tmp_path / "env", runner)
    _, wheel = build_distributions(
        environment, source=write(tmp_path / "source", files), outdir=tmp_path / "out"
    )
    monkeypatch.setattr(inspection, "SCRIPT_SECONDS", 1.0)
    results = inspection.smoke(
        facts_of(wheel),
        runner,
        aside=tmp_path / "smoke",
    )
    (script,) = [one for one in results if one.id == "script-fails"]
    assert script.reason == "it did not end in time"


def test_a_large_download_is_left_out_unless_asked_for(tmp_path, monkeypatch):
    from nox_release.edges.building import build_distributions
    from nox_release.edges.environments import fresh_environment
    from nox_release.edges.process import Runner
    from nox_release.observing import trying as inspection

    files = files_of("flit", more='dependencies = ["iniconfig"]')
    runner = Runner(environ=environ())
    environment = fresh_environment(tmp_path / "env", runner)
    _, path = build_distributions(
        environment, source=write(tmp_path / "source", files), outdir=tmp_path / "out"
    )
    facts = facts_of(path)
    assert 0 < inspection.download_size(facts.wheel.file, environment) < 100_000
    monkeypatch.setattr(inspection, "DOWNLOAD_LIMIT", 1000)
    results = inspection.smoke(facts, runner, aside=tmp_path / "one")
    assert {type(one).__name__ for one in results} == {"Skipped"}
    assert results[0].fix == "`nox -s build -- --smoke` tries it all the same"
    results = inspection.smoke(facts, runner, aside=tmp_path / "two", whatever_the_size=True)
    assert {type(one).__name__ for one in results} == {"Passed"}
    assert results[0].id == "installs-alone"


def test_a_part_of_a_project_that_needs_it_may_leave_that_one_undeclared(tmp_path):
    """Beautiful Soup needs Soup Sieve, which imports it."""
    from nox_release.edges.building import build_distributions
    from nox_release.edges.environments import fresh_environment
    from nox_release.edges.process import Runner
    from nox_release.observing import trying as inspection

    files = files_of("flit") | {"src/demo/__init__.py": "import bs4\n__version__ = '1'\n"}
    runner = Runner(environ=environ())
    environment = fresh_environment(tmp_path / "env", runner)
    _, path = build_distributions(
        environment, source=write(tmp_path / "source", files), outdir=tmp_path / "out"
    )
    found = {}
    for name in ("demo", "soupsieve"):
        facts = Facts(project=Project(root=path.parent, name=name), wheel=read_wheel(path))
        results = inspection.smoke(facts, runner, aside=tmp_path / name)
        (found[name],) = [one for one in results if one.id == "undeclared-dependency"]
    assert found["demo"].severity is Severity.ERROR
    assert found["soupsieve"].severity is Severity.WARNING
    assert "only ever used inside beautifulsoup4, which needs it" in found["soupsieve"].fix


def test_plugins_are_loaded_and_imports_of_every_module_are_looked_for(tmp_path):
    """Dependencies bring more than their names say: what they do bring is asked of Python."""
    from nox_release.edges.building import build_distributions
    from nox_release.edges.environments import fresh_environment
    from nox_release.edges.process import Runner
    from nox_release.observing import trying as inspection

    files = files_of("flit", more=PLUGIN)
    files["src/demo/hook.py"] = "def z(): pass\n"
    files["src/demo/reports.py"] = "import gevent\nimport requests\nimport id\n"
    runner = Runner(environ=environ())
    environment = fresh_environment(tmp_path / "env", runner)
    _, path = build_distributions(
        environment, source=write(tmp_path / "source", files), outdir=tmp_path / "out"
    )
    results = inspection.smoke(facts_of(path), runner, aside=tmp_path / "one")
    found = {one.id: one for one in results if type(one).__name__ == "Finding"}
    assert set(found) == {"import-fails", "undeclared-dependency"}
    assert found["import-fails"].message.startswith("The entry point `x` in `hooks` does not load")
    assert "`gevent` (demo/reports.py, line 1)" in found["undeclared-dependency"].message
    assert "requests" not in found["undeclared-dependency"].message


def test_modules_that_end_python_or_crash_do_not_hide_the_others(tmp_path):
    from nox_release.edges.environments import fresh_environment
    from nox_release.edges.process import Runner
    from nox_release.observing.trying import try_imports

    environment = fresh_environment(tmp_path / "env", Runner(environ=environ()))
    (site,) = (tmp_path / "env").rglob("site-packages")
    write(
        site,
        {
            "leaves.py": "import os\nos._exit(3)\n",
            "exits.py": "raise SystemExit(4)\n",
            "fails.py": "raise ImportError('so') from ModuleNotFoundError('no', name='deep.er')\n",
            "fine.py": "print('noise')\n",
        },
    )
    home = tmp_path / "home"
    home.mkdir()
    attempts = try_imports(("leaves", "exits", "fails", "fine"), environment, home)
    assert [(one.name, one.outcome, one.returncode, one.missing) for one in attempts] == [
        ("leaves", "ended", 3, None),
        ("exits", "ended", 4, None),
        ("fails", "failed", None, "deep.er"),
        ("fine", "ok", None, None),
    ]


SCM = """\
[build-system]
requires = ["setuptools>=77", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"

[project]
name = "demo"
description = "A small project"
readme = "README.md"
dynamic = ["version"]

[tool.setuptools_scm]
"""


def test_a_version_from_tags_needs_a_tag_and_gets_one_in_the_copy_only(tmp_path):
    files = files_of("setuptools") | {"pyproject.toml": SCM}
    root = under_git(tmp_path, files, tag="v0.9")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "More")
    status, between = document(root, "--no-smoke")
    assert status == 0
    assert between["version"].startswith("0.10.dev1+g")
    assert "version-between-tags" in ids(between)
    assert "local-version" not in ids(between)
    status, tagged = document(root, "--no-smoke", "--tag", "v1.0")
    assert status == 0
    assert tagged["version"] == "1.0"
    assert ids(tagged) == set()
    assert git(root, "tag") == "v0.9"


CLOCK = """\
import os, time
from setuptools import setup

now = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
setup(version=time.strftime("%Y.%m.%d", now))
"""


def test_a_version_from_the_clock_is_built_by_the_clock_too(tmp_path):
    files = files_of("setuptools")
    dynamic = files["pyproject.toml"].replace('version = "1.0"', 'dynamic = ["version"]')
    root = under_git(tmp_path, files | {"pyproject.toml": dynamic, "setup.py": CLOCK})
    status, built = document(root, "--no-smoke")
    assert (status, built["version"]) == (0, "2023.11.14")
    (told,) = [one for one in built["results"] if one["id"] == "version-from-clock"]
    assert "By the commit's date the version is 2023.11.14, by the clock 20" in told["message"]


def test_what_build_requires_leaves_out_can_be_said_in_the_settings(tmp_path):
    files = files_of("setuptools")
    bare = files["pyproject.toml"].replace('requires = ["setuptools>=77"]', "requires = []")
    root = under_git(tmp_path, files | {"pyproject.toml": bare})
    assert command(root, "--no-smoke").returncode == 1
    said = bare + '\n[tool.nox-release]\nbuild-requires = ["setuptools>=77"]\n'
    under_git(root, {"pyproject.toml": said})
    status, built = document(root, "--no-smoke")
    assert (status, built["placed"]) == (0, True)


def test_a_project_that_only_setup_py_describes_is_named_by_what_was_built(tmp_path):
    root = under_git(
        tmp_path,
        {
            "setup.py": "from setuptools import setup\n"
            "setup(name='de' + 'mo', version='1.0', py_modules=['demo'])\n",
            "demo.py": "",
        },
    )
    status, built = document(root)
    assert status == 0
    assert (built["project"], built["version"]) == ("demo", "1.0")
    assert [one["name"] for one in built["packages"]] == ["demo"]


def test_submodules_are_in_the_checkout(tmp_path):
    inner = under_git(tmp_path / "inner", {"__init__.py": "VALUE = 2\n"})
    files = files_of("hatchling")
    root = under_git(tmp_path / "outer", files)
    git(
        root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
        str(inner), "src/demo/inner",
    )  # fmt: skip
    git(root, "commit", "--quiet", "--message", "A submodule")
    status, _ = document(root, "--no-smoke")
    assert status == 0
    assert "demo/inner/__init__.py" in zipfile.ZipFile(root / "dist" / FILES[0]).namelist()


def test_one_project_of_several_in_a_repository_is_built_from_its_folder(tmp_path):
    files = {f"packages/demo/{path}": text for path, text in files_of("flit").items()}
    root = under_git(tmp_path, files)
    status, built = document(root / "packages" / "demo", "--no-smoke")
    assert status == 0
    assert ids(built) == set()
    assert listing(root / "packages" / "demo" / "dist") == FILES


def test_a_project_that_is_not_committed_is_told_what_to_do(tmp_path):
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "Nothing")
    write(tmp_path, files_of("flit"))
    done = command(tmp_path)
    assert done.returncode == 1
    assert "pyproject.toml is not in the commit that is checked out." in done.stdout
    assert "--working-tree" in done.stdout


def test_without_git_the_tree_is_built_as_it_lies(tmp_path):
    write(tmp_path, files_of("flit"))
    done = command(tmp_path, "--no-smoke", GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert done.returncode == 0
    assert "demo 1.0, from the working tree" in done.stdout


def test_a_file_called_dist_is_one_clear_error(tmp_path):
    root = under_git(tmp_path, files_of("flit") | {"dist": "a file"})
    done = command(root, "--no-smoke")
    assert done.returncode == 1
    assert "The files cannot be written into `dist/`." in done.stdout
    assert (root / "dist").read_text() == "a file"


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="needs a folder it may not write to"
)
def test_a_read_only_dist_is_one_clear_error(tmp_path):
    root = under_git(tmp_path, files_of("flit"))
    (root / "dist").mkdir(mode=0o555)
    done = command(root, "--no-smoke")
    assert done.returncode == 1
    assert "You may not write there." in done.stdout
    assert listing(root / "dist") == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_leaves_nothing_behind(tmp_path):
    files = files_of("flit")
    files["pyproject.toml"] = (
        '[build-system]\nrequires = []\nbuild-backend = "slow"\nbackend-path = ["."]\n'
        '[project]\nname = "demo"\nversion = "1.0"\n'
    )
    started = tmp_path / "started"
    files["slow.py"] = (
        "import os, pathlib, time\n"
        "def build_sdist(directory, config_settings=None):\n"
        f"    pathlib.Path({str(started)!r}).write_text(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "def build_wheel(*arguments): pass\n"
    )
    root = under_git(tmp_path / "root", files)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    child = subprocess.Popen(
        [sys.executable, "-m", "nox_release", "build"],
        cwd=root,
        env={**environ(), "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    until = time.monotonic() + 30
    while not started.exists() or not started.read_text():
        assert time.monotonic() < until
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    said, _ = child.communicate(timeout=20)
    assert child.returncode == 130
    assert b"Interrupted" in said
    assert b"Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)
    assert listing(temporary) == []
    assert not (root / "dist").exists()
    assert Path(root, "pyproject.toml").exists()


@pytest.mark.parametrize("arguments", [(), ("--outdir", "dist"), ("--outdir", "dist/deeper")])
def test_a_dist_that_git_tracks_as_a_link_is_refused(tmp_path, arguments):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root = write(tmp_path / "project", files_of("hatchling"))
    (root / "dist").symlink_to(elsewhere)
    under_git(root, {})
    done = command(root, "--no-smoke", *arguments)
    assert done.returncode == 1
    assert "`dist` is a link that git tracks." in done.stdout
    assert listing(elsewhere) == []


def test_a_dist_that_is_a_link_of_the_maintainers_own_is_used(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root = under_git(tmp_path / "project", files_of("hatchling") | {".gitignore": "dist\n"})
    (root / "dist").symlink_to(elsewhere)
    done = command(root, "--no-smoke")
    assert done.returncode == 0, done.stdout
    assert listing(elsewhere) == FILES
