"""Real backends in real environments; the control is `python -m build` itself."""

import hashlib
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from nox_release.core.errors import ConfigurationError, NoxReleaseError
from nox_release.edges.building import BuildFailed, Listener, build_distributions, last_words
from nox_release.edges.environments import fresh_environment
from nox_release.edges.process import Runner
from small_projects import BACKENDS, EPOCH, environ, files_of, git, under_git, write
from small_wheels import small_wheel

pytestmark = pytest.mark.slow


@pytest.fixture
def runner():
    return Runner(environ=environ())


@pytest.fixture
def environment(tmp_path, runner):
    return fresh_environment(tmp_path / "an environment", runner)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def inside(sdist):
    """Everything in an sdist but its times: name, mode, kind and content in order."""
    with tarfile.open(sdist) as archive:
        return [
            (
                member.name,
                member.mode,
                member.type,
                archive.extractfile(member).read() if member.isfile() else b"",
            )
            for member in archive
        ]


@pytest.mark.parametrize("backend", BACKENDS)
def test_bytes_equal_those_of_python_m_build_on_the_same_tree(
    backend, tmp_path, environment, runner
):
    """setuptools writes the time of day into its sdists, so there two runs of anything differ;
    everything else in them is compared.
    """
    origin = under_git(tmp_path / "origin", files_of(backend))
    for place in ("theirs", "ours"):
        git(tmp_path, "clone", "--quiet", str(origin), place)
    subprocess.run(
        [sys.executable, "-m", "build", "--installer=uv", "--outdir", tmp_path / "their dist"],
        cwd=tmp_path / "theirs",
        env={**environ(), "SOURCE_DATE_EPOCH": str(EPOCH)},
        check=True,
        capture_output=True,
    )
    sdist, wheel = build_distributions(
        environment,
        source=tmp_path / "ours",
        outdir=tmp_path / "our dist",
        source_date_epoch=EPOCH,
    )
    their_sdist, their_wheel = sorted((tmp_path / "their dist").iterdir(), key=lambda p: p.suffix)
    assert (sdist.name, wheel.name) == (their_sdist.name, their_wheel.name)
    assert digest(wheel) == digest(their_wheel)
    assert inside(sdist) == inside(their_sdist)
    if backend != "setuptools":
        assert digest(sdist) == digest(their_sdist)


OWN_BACKEND = """\
import os, sys, tarfile, io, zipfile, json
def get_requires_for_build_sdist(config_settings=None):
    return ["six"]
def get_requires_for_build_wheel(config_settings=None):
    return ["six", "iniconfig"]
def build_sdist(directory, config_settings=None):
    import six
    seen = {name: os.environ.get(name) for name in ("SOURCE_DATE_EPOCH", "TWINE_PASSWORD")}
    seen["prefix"] = sys.prefix
    with tarfile.open(os.path.join(directory, "demo-1.0.tar.gz"), "w:gz") as archive:
        for name in ("pyproject.toml", "own.py", "PKG-INFO", "seen.json"):
            if name == "seen.json":
                data = json.dumps(seen).encode()
            elif name == "PKG-INFO":
                data = b"Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n"
            else:
                data = open(name, "rb").read()
            member = tarfile.TarInfo("demo-1.0/" + name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return "demo-1.0.tar.gz"
def build_wheel(directory, config_settings=None, metadata_directory=None):
    import six, iniconfig, extra_one
    name = "demo-1.0-py3-none-any.whl"
    seen = json.load(open("seen.json"))
    assert seen["prefix"] == sys.prefix, "another environment"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        archive.writestr("seen.json", json.dumps(seen))
    return name
"""
OWN = {
    "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n',
    "own.py": OWN_BACKEND,
}


def test_one_environment_serves_both_and_gets_what_each_needs(tmp_path, runner):
    import json
    import zipfile

    extra = write(
        tmp_path / "extra",
        {
            "pyproject.toml": '[build-system]\nrequires = ["flit-core"]\n'
            'build-backend = "flit_core.buildapi"\n'
            '[project]\nname = "extra-one"\nversion = "1"\ndescription = "x"\n',
            "extra_one.py": "",
        },
    )
    environment = fresh_environment(
        tmp_path / "env", replace(runner, environ={**environ(), "TWINE_PASSWORD": "hunter22"})
    )
    steps = []
    _, wheel = build_distributions(
        environment,
        source=write(tmp_path / "source", OWN),
        outdir=tmp_path / "out",
        extra_requires=(f"extra-one @ {extra.as_uri()}",),
        source_date_epoch=EPOCH,
        listener=Listener(step=steps.append),
    )
    seen = json.loads(zipfile.ZipFile(wheel).read("seen.json"))
    assert seen["SOURCE_DATE_EPOCH"] == str(EPOCH)
    assert seen["TWINE_PASSWORD"] is None
    assert steps[1:] == ["sdist", "wheel, from the sdist"]


def test_a_source_date_epoch_that_is_set_by_hand_is_kept(tmp_path, runner):
    environment = fresh_environment(
        tmp_path / "env", replace(runner, environ={**environ(), "SOURCE_DATE_EPOCH": "1600000000"})
    )
    sdist, _ = build_distributions(
        environment,
        source=write(tmp_path / "source", files_of("flit")),
        outdir=tmp_path / "out",
        source_date_epoch=EPOCH,
    )
    with tarfile.open(sdist) as archive:
        assert 1_600_000_000 in {member.mtime for member in archive}


def failure(environment, source, outdir):
    with pytest.raises(BuildFailed) as caught:
        build_distributions(environment, source=source, outdir=outdir)
    return caught.value


def test_a_failed_build_ends_with_the_backends_own_last_words(tmp_path, environment):
    source = write(
        tmp_path / "source",
        {**files_of("setuptools"), "setup.py": 'print("hello")\nraise RuntimeError("so it is")\n'},
    )
    error = failure(environment, source, tmp_path / "out")
    assert error.message == "The sdist could not be built."
    assert error.reason == "hello\nsetup.py, line 2:\nRuntimeError: so it is"
    assert "Traceback" in error.output


def test_a_backend_that_is_not_there_is_named(tmp_path, environment):
    files = files_of("flit")
    files["pyproject.toml"] = files["pyproject.toml"].replace("flit_core.buildapi", "no_such.api")
    error = failure(environment, write(tmp_path / "source", files), tmp_path / "out")
    assert error.reason == (
        "Backend 'no_such.api' is not available.\nModuleNotFoundError: No module named 'no_such'"
    )


def test_a_requirement_that_cannot_be_had_is_named(tmp_path, environment):
    files = files_of("flit")
    files["pyproject.toml"] = files["pyproject.toml"].replace("flit-core>=3.11", "flit-core>=999")
    error = failure(environment, write(tmp_path / "source", files), tmp_path / "out")
    assert error.message == "What the build needs could not be installed."
    assert "flit-core>=999" in error.hint


def test_a_wrong_build_system_table_is_one_clear_error(tmp_path, environment):
    source = write(tmp_path / "source", {"pyproject.toml": '[build-system]\nrequires = "x"\n'})
    with pytest.raises(ConfigurationError) as caught:
        build_distributions(environment, source=source, outdir=tmp_path / "out")
    assert "`requires` must be an array of strings" in caught.value.reason
    assert str(tmp_path) not in caught.value.reason


def test_what_the_backend_warns_of_is_passed_on_and_not_printed(tmp_path, environment, capfd):
    files = files_of("setuptools")
    del files["README.md"]
    warnings = []
    build_distributions(
        environment,
        source=write(tmp_path / "source", files),
        outdir=tmp_path / "out",
        listener=Listener(warning=warnings.append),
    )
    assert warnings == ["File 'README.md' cannot be found"]
    assert capfd.readouterr() == ("", "")


def test_pip_builds_where_there_is_no_uv(tmp_path, runner, monkeypatch):
    monkeypatch.setattr("nox_release.edges.environments.find_uv", lambda _: None)
    environment = fresh_environment(tmp_path / "env", runner, with_pip=True)
    assert environment.installer == "pip"
    runner.run([*environment.pip, "--version"], cwd=tmp_path)
    sdist, wheel = build_distributions(
        environment, source=write(tmp_path / "s", files_of("flit")), outdir=tmp_path / "out"
    )
    assert (sdist.name, wheel.name) == ("demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl")


def test_an_environment_that_cannot_be_made_is_one_clear_error(tmp_path, runner):
    with pytest.raises(NoxReleaseError, match="could not be made"):
        fresh_environment(tmp_path / "env", runner, python=tmp_path / "no" / "python")


def test_an_environment_sees_nothing_of_this_one(tmp_path, runner):
    foreign = write(tmp_path / "foreign", {"foreign_module.py": ""})
    environment = fresh_environment(
        tmp_path / "env", replace(runner, environ={**environ(), "PYTHONPATH": str(foreign)})
    )
    done = environment.run_python(
        "import sys\ntry:\n import foreign_module\nexcept ImportError: print(sys.prefix)"
    )
    assert Path(done.stdout.strip()).samefile(tmp_path / "env")


def test_last_words_of_a_log_without_a_traceback_are_its_last_lines():
    text = "\n".join(f"line {number}" for number in range(40))
    assert last_words(text).splitlines()[0] == "line 28"
    assert last_words(text).splitlines()[-1] == "line 39"


# Goes by the name of a backend that is known to need nothing more, and needs something.
SURPRISING_BACKEND = """\
import io, os, sys, tarfile, zipfile
sys.modules["flit_core.buildapi"] = sys.modules[__name__]
def asked(config_settings=None):
    with open(os.environ["KEPT"], "a") as kept:
        kept.write("asked\\n")
    return {needs!r}
get_requires_for_build_sdist = get_requires_for_build_wheel = asked
def build_sdist(directory, config_settings=None):
    import orc_demo
    with tarfile.open(os.path.join(directory, "demo-1.0.tar.gz"), "w:gz") as archive:
        archive.add("pyproject.toml", "demo-1.0/pyproject.toml")
    return "demo-1.0.tar.gz"
def build_wheel(directory, config_settings=None, metadata_directory=None):
    import orc_demo
    with zipfile.ZipFile(os.path.join(directory, "demo-1.0-py3-none-any.whl"), "w"):
        return "demo-1.0-py3-none-any.whl"
"""


def surprising(tmp_path, runner, needs):
    """A project with such a backend, an environment, and the file that notes what is asked."""
    body = SURPRISING_BACKEND.format(needs=needs)
    backend = small_wheel(tmp_path, "flit-core", "99.0", body=body)
    text = (
        f'[build-system]\nrequires = ["flit-core @ {backend.as_uri()}"]\n'
        'build-backend = "flit_core.buildapi"\n'
    )
    kept = tmp_path / "kept"
    kept.touch()
    told = replace(runner, environ={**environ(), "KEPT": str(kept)})
    environment = fresh_environment(tmp_path / "env", told)
    return write(tmp_path / "source", {"pyproject.toml": text}), environment, kept


def test_a_backend_that_fails_for_want_of_something_is_asked_then_and_makes_it_once_more(
    tmp_path, runner
):
    needed = small_wheel(tmp_path).as_uri()
    source, environment, kept = surprising(tmp_path, runner, [f"orc-demo @ {needed}"])
    steps, seen = [], []
    made = build_distributions(
        environment,
        source=source,
        outdir=tmp_path / "out",
        listener=Listener(step=steps.append, sdist=seen.append),
    )
    assert [path.name for path in made] == ["demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl"]
    assert steps[1:] == ["sdist", "wheel, from the sdist"]
    assert seen == [made[0]]
    assert kept.read_text().split() == ["asked"]


def test_a_backend_that_fails_and_needs_nothing_more_has_failed_for_its_own_reason(
    tmp_path, runner
):
    source, environment, kept = surprising(tmp_path, runner, [])
    with pytest.raises(BuildFailed) as caught:
        build_distributions(environment, source=source, outdir=tmp_path / "out")
    assert caught.value.message == "The sdist could not be built."
    assert "No module named 'orc_demo'" in caught.value.reason
    assert kept.read_text().split() == ["asked"]
