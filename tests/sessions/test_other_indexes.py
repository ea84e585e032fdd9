"""Indexes that are not PyPI: the real pypiserver and devpi, from the first upload to an installation."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from releasing import FILES, TAG, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]
WORKFLOW = """\
name: Publish
on:
  release:
    types: [published]
permissions: {}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      contents: read # the checkout
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          persist-credentials: false
      - run: python -m pip install build twine
      - run: python -m build
      - run: python -m twine upload --repository-url UPLOAD dist/*
        env:
          TWINE_USERNAME: ci
          TWINE_PASSWORD: ${{ secrets.INDEX_PASSWORD }}
"""


@dataclass(frozen=True)
class Own:
    """An index of one's own, as pyproject.toml names it."""

    upload: str
    simple: str
    user: str
    password: str

    @property
    def environ(self):
        return {"TWINE_USERNAME": self.user, "TWINE_PASSWORD": self.password}

    def names(self):
        with urllib.request.urlopen(f"{self.simple}tiny-demo/") as answer:
            page = answer.read().decode()
        return {name for name in FILES if f">{name}<" in page}

    def upload_with_twine(self, files):
        subprocess.run(
            [sys.executable, "-m", "twine", "upload", "--non-interactive", "--repository-url",
             self.upload, "-u", self.user, "-p", self.password, *files],
            check=True,
            capture_output=True,
        )  # fmt: skip


SCRIPTS = Path(sys.executable).parent


@contextlib.contextmanager
def served(folder, path, *command):
    """A server's address, from when it answers at `path` until the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen([*command, "--port", str(port)], stdout=log, stderr=log)
    try:
        until = time.monotonic() + 120
        while time.monotonic() < until and child.poll() is None:
            with contextlib.suppress(urllib.error.URLError):
                call("GET", f"{address}{path}")
                break
            threading.Event().wait(0.1)
        yield address
    finally:
        child.terminate()
        child.wait(30)


def needs(program):
    if not (SCRIPTS / program).exists():
        if os.environ.get("CI"):
            pytest.fail(f"{program} is missing: install the dependency group `tests`")
        pytest.skip(f"{program} is not installed")


@pytest.fixture
def pypiserver(tmp_path):
    """As it is installed, with no options but who may upload: it hands the rest on to PyPI."""
    needs("pypi-server")
    packages = tmp_path / "packages"
    packages.mkdir()
    command = [SCRIPTS / "pypi-server", "run", "--interface", "127.0.0.1", "-P", ".", "-a", "."]
    with served(tmp_path, "health", *command, packages) as address:
        yield Own(upload=address, simple=f"{address}simple/", user="ci", password="hunter22-hunter")


@pytest.fixture(scope="module")
def devpi_server(tmp_path_factory):
    """One server for the module; each test has an index of its own in it."""
    needs("devpi-server")
    folder = tmp_path_factory.mktemp("devpi")
    given = ["--serverdir", folder / "server"]
    subprocess.run(
        [SCRIPTS / "devpi-init", *given, "--no-root-pypi", "--root-passwd", "root-secret"],
        check=True,
        capture_output=True,
    )
    # It makes a key from a secret, which by default takes six seconds of a core.
    cheap = ("--argon2-memory-cost", "8", "--argon2-time-cost", "1", "--argon2-parallelism", "1")
    command = [SCRIPTS / "devpi-server", *given, "--host", "127.0.0.1", *cheap]
    with served(folder, "+api", *command) as address:
        yield address


def call(method, url, body=None, **headers):
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Accept": "application/json", "Content-Type": "application/json", **headers},
        method=method,
    )
    with urllib.request.urlopen(request) as answer:
        content = answer.read()
    return json.loads(content) if content[:1] == b"{" else None


@pytest.fixture
def devpi(devpi_server, request):
    login = {"user": "root", "password": "root-secret"}
    token = call("POST", f"{devpi_server}+login", login)["result"]["password"]
    auth = base64.b64encode(f"root:{token}".encode()).decode()
    name = f"index{abs(hash(request.node.name)) % 10**8}"
    address = f"{devpi_server}root/{name}"
    call("PUT", address, {"type": "stage", "bases": []}, **{"X-Devpi-Auth": auth})
    return Own(
        upload=f"{address}/", simple=f"{address}/+simple/", user="root", password="root-secret"
    )


@pytest.fixture(params=["pypiserver", "devpi"])
def own(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def project(world, own, monkeypatch):
    """The world's project, released to that index by a workflow with twine and a password."""
    pyproject = (world.clone / "pyproject.toml").read_text()
    uv = f'\n[[tool.uv.index]]\nname = "own"\nurl = "{own.simple}"\npublish-url = "{own.upload}"\n'
    world.write(
        {
            "pyproject.toml": f'{pyproject}{uv}\n[tool.nox-release]\nindex = "own"\n',
            ".github/workflows/publish.yml": WORKFLOW.replace("UPLOAD", own.upload),
        }
    )
    world.commit("Release to an index of our own")

    def publish(publishing, files, *_):
        own.upload_with_twine([str(file) for file in files])

    monkeypatch.setattr("nox_release.rehearsal.job_steps.publish", publish)
    return world


def on_own(world, operation, *arguments, **more):
    return run(world, operation, "--index", "own", *arguments, **more)


def names_pypi(output):
    """What only PyPI has: its pages, and who owns or publishes a project."""
    words = ("pypi.org", "/manage/", "trusted publish", "attestation", "owners", "JSON API")
    lines = output.lower().splitlines()
    return [line for line in lines if any(word.lower() in line for word in words)]


def test_a_first_upload_that_broke_off_is_finished_and_a_second_one_sends_nothing(
    project, own, monkeypatch
):
    from nox_release.operations import sending

    real = sending.run_twine

    def one_only(context, upload_url, path, *credentials):
        if own_files():
            raise KeyboardInterrupt
        real(context, upload_url, path, *credentials)

    def own_files():
        try:
            return own.names()
        except urllib.error.HTTPError:  # redirected to PyPI, or 404: no such project yet
            return set()
        except urllib.error.URLError:
            return set()

    monkeypatch.setattr(sending, "run_twine", one_only)
    with pytest.raises(KeyboardInterrupt):
        on_own(project, "first-upload", "--yes", "--no-smoke", environ=own.environ)
    assert len(own.names()) == 1
    monkeypatch.setattr(sending, "run_twine", real)
    again = on_own(project, "first-upload", "--yes", "--no-smoke", environ=own.environ)
    assert again.status == 0, again
    assert own.names() == FILES
    assert names_pypi(again.output) == []
    assert own.password not in again.output
    third = on_own(project, "first-upload", "--yes", "--no-smoke", environ=own.environ)
    assert third.status == 0, third
    assert "already" in third.output


def test_a_release_goes_through_and_is_installed_from_there(project, own):
    earlier = on_own(project, "first-upload", "--yes", "--no-smoke", environ=own.environ)
    assert earlier.status == 0, earlier
    project.write(
        {"pyproject.toml": (project.clone / "pyproject.toml").read_text().replace("1.2.3", "1.2.4")}
    )
    changes = (project.clone / "CHANGELOG.md").read_text()
    project.write({"CHANGELOG.md": changes.replace("1.2.3", "1.2.4")})
    package = project.clone / "tiny_demo" / "__init__.py"
    project.write({"tiny_demo/__init__.py": package.read_text().replace("1.2.3", "1.2.4")})
    project.commit("1.2.4")
    checked = on_own(project, "check-project")
    assert checked.status == 0, checked.output
    ended = on_own(project, "release", "--yes")
    assert ended.status == 0, ended
    assert "installs from" in ended.output
    assert f"--index-url {own.simple}" in ended.output
    assert names_pypi(checked.output + ended.output) == []
    again = on_own(project, "release")
    assert again.status == 0, again
    assert "already" in again.output


def test_a_project_that_is_not_there_yet_comes_into_being_with_its_release(project, own):
    checked = on_own(project, "check-project")
    assert checked.status == 0, checked.output
    assert checked.output.rstrip().endswith("nox -s release -- --index own")
    ended = on_own(project, "release", "--yes", "--no-smoke", environ=own.environ)
    assert ended.status == 0, ended
    assert own.names() == FILES


def test_other_bytes_under_the_same_name_are_seen_where_no_page_tells_a_digest(
    project, own, tmp_path
):
    build = [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", tmp_path]
    subprocess.run([*build, project.clone], check=True, capture_output=True)
    (sdist,) = tmp_path.glob("*.tar.gz")
    other = tmp_path / "other" / sdist.name
    other.parent.mkdir()
    other.write_bytes(gzip.compress(gzip.decompress(sdist.read_bytes()), 1, mtime=5))
    own.upload_with_twine([str(other)])
    refused = on_own(project, "first-upload", "--yes", "--no-smoke", environ=own.environ)
    assert refused.status == 1, refused
    assert own.names() == {other.name}


def test_without_credentials_nobody_is_sent_to_pypi(project, own):
    ended = on_own(project, "first-upload", "--yes", "--no-smoke")
    assert ended.status == 1
    assert "TWINE_PASSWORD" in ended.output
    assert names_pypi(ended.output) == []
    assert TAG not in project.git("tag")
