"""The operations as functions, in a real noxfile and without Nox."""

import inspect
import os
from pathlib import Path

import pytest

import nox_release
import warm
from nox_release.core.errors import ChecksFailed, NoxReleaseError
from releasing import DONE, FILES, TAG, state
from small_projects import under_git

NOXFILE = """\
import nox
import nox_release

nox_release.register(only=["check-project", "release", "diagnose"], requires={"release": ["build"]})

@nox.session(default=False)
def build(session: nox.Session) -> None:
    built = nox_release.build(session, smoke=False)
    session.install(built.wheels[0])
    session.run("python", "-c", f"import tiny_demo; print('installed {built.version}')")
"""


@pytest.fixture
def project(tmp_path, project_files):
    files = {name: data.decode() for name, data in project_files("tiny").items()}
    return under_git(tmp_path, {**files, "noxfile.py": NOXFILE, ".gitignore": "dist/\n.nox/\n"})


def nox(folder, *arguments, environ=os.environ):
    return warm.run("nox", *arguments, cwd=folder, environ={**environ, "NO_COLOR": "1"})


@pytest.mark.slow
def test_a_session_of_ones_own_installs_the_wheel_that_it_built(project):
    done = nox(project, "-s", "build")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "installed 1.2.3" in done.stdout


def test_without_a_session_there_are_values_and_nothing_is_printed(project, capsys):
    built = nox_release.build(root=project, smoke=False)
    assert built.version == "1.2.3"
    assert built.sdist == project / "dist" / "tiny_demo-1.2.3.tar.gz"
    assert built.wheels == (project / "dist" / "tiny_demo-1.2.3-py3-none-any.whl",)
    assert built.files == (built.sdist, *built.wheels)
    assert len(built.commit) == 40
    assert [one for one in built.findings if one.severity == "error"] == []
    assert capsys.readouterr() == ("", "")


def test_without_a_session_an_error_is_raised(project):
    path = project / "pyproject.toml"
    path.write_text(path.read_text() + "\n[tool.broken\n")
    with pytest.raises(NoxReleaseError):
        nox_release.build(root=project)


def test_in_a_session_an_error_is_shown_once_and_ends_it(project):
    (project / "pyproject.toml").write_text("[project\n")
    done = nox(project, "-s", "build")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stdout.count("✗ error:") == 1
    assert "Session build aborted" in done.stderr


def test_findings_that_stop_a_release_are_in_the_exception(project):
    path = project / "pyproject.toml"
    path.write_text(path.read_text().replace('description = "', f'description = "{"long " * 110}'))
    with pytest.raises(ChecksFailed) as caught:
        nox_release.build(root=project, working_tree=True, smoke=False)
    assert {finding.severity.value for finding in caught.value.findings} == {"error"}
    assert not (project / "dist").exists()


def test_the_public_api_is_what_is_documented():
    names = ["build", "check_distributions", "check_project", "diagnose", "register", "release"]
    assert nox_release.__all__ == names
    for name in nox_release.__all__:
        public = getattr(nox_release, name)
        assert public.__doc__
        for parameter in inspect.signature(public).parameters.values():
            assert parameter.annotation is not parameter.empty
    assert (Path(nox_release.__file__).parent / "py.typed").is_file()


RELEASING = """\
import nox
import nox_release

INDEX = "{index}"

@nox.session(default=False, venv_backend="none")
def publish(session: nox.Session) -> None:
    checklist = nox_release.check_project(session, index=INDEX)
    session.log(f"ready {{checklist.version}}: {{checklist.step.command}}")
    released = nox_release.release(
        session, yes=True, index=INDEX, before_tag=lambda built: session.log(f"hook {{built.version}}")
    )
    session.log(f"released {{released.tag}} {{sorted(released.files)}} {{released.github_release}}")
"""


@pytest.mark.slow
def test_a_session_of_ones_own_checks_and_releases(ready):
    ready.write({"noxfile.py": RELEASING.format(index=ready.index.url)})
    ready.commit("Release by a session of our own")
    done = nox(ready.clone, "-s", "publish", environ=ready.environ)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ready 1.2.3: nox -s release" in done.stderr
    assert "hook 1.2.3" in done.stderr
    assert f"released {TAG} {sorted(FILES)} https://github.com/" in done.stderr
    assert state(ready) == DONE


@pytest.mark.slow
def test_a_hook_that_fails_stops_the_release_before_the_tag(ready):
    text = RELEASING.format(index=ready.index.url)
    text = text.replace('session.log(f"hook {built.version}")', "session.error('no')")
    ready.write({"noxfile.py": text})
    ready.commit("Release by a session of our own")
    before = state(ready)
    done = nox(ready.clone, "-s", "publish", environ=ready.environ)
    assert done.returncode == 1
    assert "Session publish aborted: no" in done.stderr
    assert state(ready) == before
