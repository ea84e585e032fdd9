"""Installing into a fresh environment with the real uv and pip, and their settings in the way."""

import http.server
import os
import sys
import threading
from pathlib import Path

import pytest
from uv import find_uv_bin

from nox_release.edges import environments
from nox_release.edges.process import Runner
from small_wheels import small_wheel

pytestmark = pytest.mark.slow


def index(folder: Path, version: str) -> str:
    """The address of an index on this disk that has this version of `orc-demo` and no other."""
    (folder / "orc-demo").mkdir(parents=True)
    wheel = small_wheel(folder / "orc-demo", version=version)
    page = f'<a href="{wheel.name}">{wheel.name}</a>'
    (folder / "orc-demo" / "index.html").write_text(page, encoding="utf-8")
    return folder.as_uri()


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Both installers' files of settings and variables, each naming a source with a later version
    or a limit.
    """
    second = index(tmp_path / "second", "2.0")
    third = index(tmp_path / "third", "3.0")
    links = (tmp_path / "fourth").as_uri()
    (tmp_path / "fourth").mkdir()
    small_wheel(tmp_path / "fourth", version="4.0")
    limits = tmp_path / "limits.txt"
    limits.write_text("orc-demo==0.1\n", encoding="utf-8")
    (tmp_path / "pip.conf").write_text(
        f"[global]\nextra-index-url = {second}\nfind-links = {links}\nno-index = true\n"
        f"constraint = {limits.as_posix()}\n",
        encoding="utf-8",
    )
    (tmp_path / "uv.toml").write_text(
        f'extra-index-url = ["{second}"]\nfind-links = ["{links}"]\nno-index = true\n'
        'exclude-newer = "2001-01-01T00:00:00Z"\n',
        encoding="utf-8",
    )
    return {
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
        "PIP_EXTRA_INDEX_URL": third,
        "UV_CONFIG_FILE": str(tmp_path / "uv.toml"),
        "UV_INDEX": third,
        "UV_CONSTRAINT": str(limits),
    }


@pytest.fixture(params=["uv", "pip"])
def installer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "pip":  # as where there is no uv
        monkeypatch.setattr(environments, "find_uv", lambda runner: None)
    return request.param


def test_what_is_tried_out_from_one_index_comes_from_there_alone(tmp_path, settings, installer):
    runner = Runner(environ={**os.environ, **settings})
    environment = environments.fresh_environment(tmp_path / "an environment", runner)
    assert environment.installer == installer
    assert not environment.has_pip  # which takes seconds; another one works there
    environment.install("orc-demo", index_url=index(tmp_path / "first", "1.0"), no_deps=True)
    found = environment.run_python("import orc_demo; print(orc_demo.version)")
    assert found.stdout.strip() == "1.0"


class Proxy(http.server.BaseHTTPRequestHandler):
    """Answers for any host, with an index that has `orc-demo` 1.0."""

    folder: Path
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        wheel = small_wheel(self.folder)
        is_page = self.path.endswith("/orc-demo/")
        body = f'<a href="{wheel.name}">x</a>'.encode() if is_page else wheel.read_bytes()
        self.send_response(200 if is_page or self.path.endswith(wheel.name) else 404)
        self.send_header("Content-Type", "text/html" if is_page else "application/zip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_the_way_to_an_index_is_the_one_that_pip_was_told(tmp_path, installer):
    """Behind a company's proxy nothing else leads out. uv reads pip's variables, by our doing, but
    no file of its.
    """
    handler = type("Handler", (Proxy,), {"folder": tmp_path, "asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket.setblocking(False)  # accepting never waits for a client that left
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    proxy = f"http://127.0.0.1:{server.server_address[1]}"
    kept = {name: text for name, text in os.environ.items() if "proxy" not in name.lower()}
    if installer == "pip":
        (tmp_path / "pip.conf").write_text(f"[global]\nproxy = {proxy}\n", encoding="utf-8")
        kept["PIP_CONFIG_FILE"] = str(tmp_path / "pip.conf")
    else:
        kept["PIP_PROXY"] = proxy
    kept["PIP_TRUSTED_HOST"] = "index.invalid"
    environment = environments.fresh_environment(tmp_path / "environment", Runner(environ=kept))
    try:
        environment.install("orc-demo", index_url="http://index.invalid/simple/", no_deps=True)
    finally:
        server.shutdown()
        server.server_close()
    assert handler.asked[0] == "http://index.invalid/simple/orc-demo/"


def write_uv(folder: Path, version: str) -> str:
    folder.mkdir()
    program = folder / "uv"
    program.write_text(f"#!/bin/sh\necho '{version}'\n")
    program.chmod(0o755)
    return str(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for uv is a shell script")
def test_uv_comes_from_the_extra_or_else_from_path_where_it_is_new_enough(tmp_path, monkeypatch):
    old = write_uv(tmp_path / "old", "uv 0.4.30 (61ed2a236 2024-11-04)")
    shim = write_uv(tmp_path / "shim", "uv: command not found")
    new = write_uv(tmp_path / "new", "uv 0.13.9 (x86_64-unknown-linux-gnu)")

    def found(path: str) -> Path | None:
        return environments.find_uv(Runner(environ={"PATH": path}))

    assert found(old) == Path(find_uv_bin())
    monkeypatch.setitem(sys.modules, "uv", None)
    assert found(new) == Path(new, "uv")
    assert found(old) is None
    assert found(shim) is None
    assert found(str(tmp_path)) is None
