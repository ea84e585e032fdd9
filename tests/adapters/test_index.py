"""index.py against a small index on the loopback that can be told to misbehave."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.server
import json
import re
import socket
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from importlib.metadata import requires
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement

from nox_release.core.clock import parse_time
from nox_release.core.errors import ConfigurationError, IndexUnavailableError
from nox_release.core.retries import ATTEMPTS, WAIT_AT_MOST, parse_retry_after
from nox_release.edges import web
from nox_release.edges.index import SIMPLE_JSON, IndexClient, open_index
from nox_release.edges.simple_html import parse_page
from nox_release.files.distributions import version_of_file
from nox_release.project.pyproject import Index, parse_index
from nox_release.releases.observed import IndexFile, IndexProject, Ownership, Publisher


class FakeClock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=timezone.utc)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


class Answer:
    def __init__(
        self,
        status: int = 200,
        body: object = b"",
        kind: str = "application/json",
        cut: int | None = None,
        **headers: str,
    ) -> None:
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.kind = kind
        self.cut = cut
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


HANG_UP = "hang up"


class Site:
    """Answers by path; a list is used up one by one, its last entry stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer | str]] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.bodies: list[bytes] = []

    def put(self, path: str, *answers: Answer | str) -> None:
        self.answers[path] = list(answers)

    def take(self, path: str) -> Answer | str:
        left = self.answers.get(path)
        if not left:
            return Answer(404, b"404 Not Found", "text/plain")
        return left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture
def serve() -> Iterator[Callable[[], tuple[Site, str]]]:
    servers = []

    def start() -> tuple[Site, str]:
        site = Site()

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                site.asked.append((self.command, self.path, dict(self.headers)))
                site.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                answer = site.take(self.path)
                if isinstance(answer, str):
                    self.connection.shutdown(2)
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body[: answer.cut])
                if answer.cut is not None:
                    self.close_connection = True

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.socket.setblocking(False)  # accepting never waits for a client that left
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return site, f"http://127.0.0.1:{server.server_address[1]}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def place(serve: Callable[[], tuple[Site, str]]) -> tuple[Site, Index, FakeClock]:
    site, url = serve()
    return site, parse_index(url), FakeClock()


FILE = {
    "filename": "demo-1.0.tar.gz",
    "url": "https://files.example/demo-1.0.tar.gz",
    "hashes": {"sha256": "ab" * 32},
    "size": 5,
    "upload-time": "2026-01-02T03:04:05.678901Z",
    "yanked": "broken",
    "provenance": None,
    "requires-python": ">=3.9",
}
DETAIL = {
    "meta": {"api-version": "1.4", "_last-serial": 7},
    "name": "demo-x",
    "project-status": {"status": "active"},
    "versions": ["1.0"],
    "files": [FILE],
}


def bytes_at(client: IndexClient, url: str) -> bytes | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        found = client.download(url, path)
        content = path.read_bytes()
    if found is None:
        return None
    assert found == hashlib.sha256(content).hexdigest()
    assert client.is_served(url)
    return content


def detail(**changes: object) -> Answer:
    return Answer(200, {**DETAIL, **changes}, SIMPLE_JSON)


def proven_at(index: Index, address: str) -> IndexFile:
    url = index.simple_url.removesuffix("/simple/") + address
    return IndexFile(filename="demo-1.0.tar.gz", sha256="", provenance=url)


def test_a_project_becomes_a_value_and_its_name_is_normalized_before_asking(place) -> None:
    site, index, clock = place
    site.put("/simple/demo-x/", detail())
    with open_index(index, clock=clock) as client:
        project = client.fetch_project("Demo_.X")
    assert project == IndexProject(
        name="demo-x",
        versions=("1.0",),
        serial=7,
        files=(
            IndexFile(
                filename="demo-1.0.tar.gz",
                sha256="ab" * 32,
                size=5,
                yanked="broken",
                upload_time=datetime(2026, 1, 2, 3, 4, 5, 678901, timezone.utc),
                url="https://files.example/demo-1.0.tar.gz",
                requires_python=">=3.9",
            ),
        ),
    )
    _, path, headers = site.asked[0]
    assert path == "/simple/demo-x/"
    assert headers["Accept"].startswith(f"{SIMPLE_JSON}, ")
    assert headers["Cache-Control"] == "no-cache"
    assert headers["User-Agent"].endswith(" (+https://pypi.org/project/nox-release/)")


def test_404_is_an_absence_and_nothing_else_is(place) -> None:
    site, index, clock = place
    with open_index(index, clock=clock) as client:
        assert client.fetch_project("demo") is None
        assert client.fetch_ownership("demo") is None
        assert client.fetch_provenance(proven_at(index, "/integrity/demo")) is None
        for status in (400, 401, 403, 406, 410, 418):
            site.put("/simple/demo/", Answer(status, {"message": "go away"}))
            with pytest.raises(IndexUnavailableError) as caught:
                client.fetch_project("demo")
            assert caught.value.status == status
            assert "go away" in caught.value.reason
            assert "/simple/demo/" in caught.value.reason
    assert clock.slept == []


@pytest.mark.parametrize(
    "trouble",
    [Answer(500), Answer(502), Answer(503), Answer(429), HANG_UP, Answer(200, b'{"a', SIMPLE_JSON)],
    ids=["500", "502", "503", "429", "reset", "truncated"],
)
def test_a_passing_trouble_is_asked_again_and_a_lasting_one_is_an_error(place, trouble) -> None:
    site, index, clock = place
    site.put("/simple/demo/", trouble, trouble, detail())
    with open_index(index, clock=clock) as client:
        assert client.fetch_project("demo") is not None
        assert len(site.asked) == 3
        site.put("/simple/demo/", trouble)
        with pytest.raises(IndexUnavailableError) as caught:
            client.fetch_project("demo")
    assert len(site.asked) == 3 + ATTEMPTS
    assert f"({ATTEMPTS} attempts)" in caught.value.reason
    assert sum(clock.slept) < WAIT_AT_MOST.total_seconds()


def test_somebody_who_is_offline_waits_no_longer_than_five_seconds(place) -> None:
    site, index, clock = place
    site.put("/simple/demo/", HANG_UP)
    with open_index(index, clock=clock, at_first=3) as client:
        with pytest.raises(IndexUnavailableError):
            client.fetch_project("demo")
        assert len(site.asked) == 3
        assert sum(clock.slept) <= 5
        site.put("/simple/demo/", detail())
        client.fetch_project("demo")
        site.put("/simple/demo/", HANG_UP)
        with pytest.raises(IndexUnavailableError):
            client.fetch_project("demo")
    assert len(site.asked) == 3 + 1 + ATTEMPTS


def test_a_body_that_ends_early_is_asked_for_again(place) -> None:
    site, index, clock = place
    cut = detail()
    cut.cut = 40
    site.put("/simple/demo/", cut, detail())
    with open_index(index, clock=clock) as client:
        assert client.fetch_project("demo") is not None


def test_nobody_asks_again_once_the_client_is_closed() -> None:
    clock = FakeClock()
    failures: list[BaseException] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with open_index(parse_index(address), clock=clock) as client:

            def ask() -> None:
                try:
                    client.is_served(f"{address}demo-1.0.tar.gz")
                except IndexUnavailableError as error:
                    failures.append(error)

            asking = threading.Thread(target=ask)
            asking.start()
            connection, _ = server.accept()
            connection.recv(100)  # the question is out, and is never answered
        connection.close()
        asking.join(10)
    assert len(failures) == 1
    assert clock.slept == []


def test_retry_after_is_honoured_up_to_a_limit(place) -> None:
    site, index, clock = place
    site.put("/simple/demo/", Answer(429, Retry_After="17"), detail())
    with open_index(index, clock=clock) as client:
        assert client.fetch_project("demo") is not None
        assert clock.slept == [17.0]
        site.put("/simple/demo/", Answer(429, Retry_After="3600"))
        with pytest.raises(IndexUnavailableError) as caught:
            client.fetch_project("demo")
    assert clock.slept == [17.0]
    assert "3600 s" in caught.value.hint


def test_retry_after_may_be_a_date() -> None:
    now = datetime(2026, 1, 1, 12, 0, tzinfo=timezone.utc)
    assert parse_retry_after("Thu, 01 Jan 2026 12:00:30 GMT", now) == 30.0
    assert parse_retry_after("Thu, 01 Jan 2026 11:00:00 GMT", now) == 0.0
    assert parse_retry_after("soon", now) is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(200, b"<html><title>Sign in</title>", "text/html"), "Sign in"),
        (Answer(200, DETAIL, "application/json"), "application/json"),
        (Answer(200, b"", SIMPLE_JSON), "breaks off"),
        (Answer(200, ["a"], SIMPLE_JSON), "TypeError"),
        (Answer(200, {**DETAIL, "meta": {"api-version": "2.0"}}, SIMPLE_JSON), "2.0"),
        (Answer(200, {**DETAIL, "files": [{}]}, SIMPLE_JSON), "filename"),
    ],
    ids=["login-page", "wrong-type", "empty", "list", "other-version", "no-filename"],
)
def test_an_answer_of_another_kind_is_an_error_and_not_an_empty_project(
    place, answer, words
) -> None:
    site, index, clock = place
    site.put("/simple/demo/", answer)
    with open_index(index, clock=clock) as client, pytest.raises(IndexUnavailableError) as caught:
        client.fetch_project("demo")
    assert words in caught.value.reason


def test_nobody_there_is_an_error(place) -> None:
    _, _, clock = place
    nobody = parse_index("http://127.0.0.1:9/")
    with open_index(nobody, clock=clock) as client, pytest.raises(IndexUnavailableError) as caught:
        client.fetch_project("demo")
    assert "no connection" in caught.value.reason


def test_polling_sends_the_etag_and_takes_not_modified_for_the_same(place) -> None:
    site, index, clock = place
    site.put("/simple/demo/", Answer(200, DETAIL, SIMPLE_JSON, ETag='"x"'), Answer(304), detail())
    with open_index(index, clock=clock) as client:
        first = client.fetch_project("demo")
        assert client.fetch_project("demo") is first
        assert site.asked[1][2]["If-None-Match"] == '"x"'
        assert client.fetch_project("demo") == first


def test_a_redirect_on_the_same_index_is_followed_and_a_loop_is_not(place) -> None:
    site, index, clock = place
    site.put("/simple/demo/", Answer(301, Location="/simple/demo2/"))
    site.put("/simple/demo2/", detail())
    with open_index(index, clock=clock) as client:
        assert client.fetch_project("demo") is not None
        site.put("/simple/demo2/", Answer(301, Location="/simple/demo/"))
        with pytest.raises(IndexUnavailableError, match="Could not ask"):
            client.fetch_project("demo")


def test_credentials_in_the_address_stay_with_their_host(serve) -> None:
    site, url = serve()
    other, other_url = serve()
    site.put("/simple/demo/", Answer(302, Location="/simple/here/"))
    site.put("/simple/here/", detail())
    site.put("/file", Answer(302, Location=f"{other_url}file"))
    other.put("/file", Answer(200, b"bytes"))
    index = Index(
        name="own",
        upload_url=url,
        simple_url=url.replace("127", "me:hunter22@127") + "simple/",
        api_url=url,
    )
    with open_index(index, clock=FakeClock()) as client:
        assert client.fetch_project("demo") is not None
        assert bytes_at(client, index.simple_url.replace("simple/", "file")) == b"bytes"
        assert all("Authorization" in headers for _, _, headers in site.asked)
        assert "Authorization" not in other.asked[0][2]
        site.put("/simple/demo/", Answer(403, {"message": "no"}))
        with pytest.raises(IndexUnavailableError) as caught:
            client.fetch_project("demo")
    assert "hunter22" not in str(caught.value)


def test_a_redirect_to_no_address_is_an_error_of_the_index(place) -> None:
    site, index, clock = place
    site.put("/simple/demo/", Answer(302, Location="https://[here/"))
    with (
        open_index(index, clock=clock) as client,
        pytest.raises(IndexUnavailableError, match="not a web address"),
    ):
        client.fetch_project("demo")


def test_addresses_of_files_may_be_relative_and_their_names_are_no_paths(place) -> None:
    site, index, clock = place
    file = {**FILE, "url": "../../files/demo-1.0.tar.gz#sha256=x"}
    site.put("/simple/demo/", detail(files=[file]))
    site.put("/files/demo-1.0.tar.gz", Answer(200, b"bytes"))
    with open_index(index, clock=clock) as client:
        project = client.fetch_project("demo")
        assert project is not None
        assert bytes_at(client, project.files[0].url) == b"bytes"
        site.put("/simple/demo/", detail(files=[{**FILE, "filename": "../x-1.0.tar.gz"}]))
        with pytest.raises(IndexUnavailableError, match="is not a file's name"):
            client.fetch_project("demo")


@pytest.mark.parametrize("decimals", ["", ".5", ".50", ".500000", ".5000001"])
def test_a_time_may_have_any_number_of_decimals(decimals) -> None:
    moment = parse_time(f"2026-01-02T03:04:05{decimals}Z")
    assert moment == datetime(2026, 1, 2, 3, 4, 5, 500000 if decimals else 0, timezone.utc)


def test_plain_http_is_for_this_machine_only(place) -> None:
    site, index, clock = place
    far = Index(
        name="x", upload_url="", simple_url="http://example.org/simple/", api_url=index.api_url
    )
    with pytest.raises(ConfigurationError), open_index(far, clock=clock):
        pass
    site.put("/simple/demo/", Answer(302, Location="http://example.org/simple/demo/"))
    with open_index(index, clock=clock) as client, pytest.raises(IndexUnavailableError):
        client.fetch_project("demo")
    site.put("/file", Answer(302, Location="http://example.org/file"))
    with open_index(index, clock=clock) as client, pytest.raises(ConfigurationError):
        bytes_at(client, f"{index.api_url}file")


def test_ownership_names_and_publishers(place) -> None:
    site, index, clock = place
    roles = [{"role": "Owner", "user": "ada"}]
    site.put(
        "/pypi/demo/json", Answer(200, {"ownership": {"roles": roles, "organization": "acme"}})
    )
    site.put("/simple/", Answer(200, {"projects": [{"name": "A.b"}, {"name": "c"}]}, SIMPLE_JSON))
    publisher = {
        "kind": "GitHub", "repository": "o/r", "workflow": "p.yml", "environment": "", "claims": None,
    }  # fmt: skip
    site.put(
        "/integrity/demo/1.0/demo-1.0.tar.gz/provenance",
        Answer(200, {"version": 1, "attestation_bundles": [{"publisher": publisher}] * 2}),
    )
    site.put("/pypi/demo/1.0/json", Answer(200, {"urls": [{"filename": "demo-1.0.tar.gz"}]}))
    with open_index(index, clock=clock) as client:
        assert client.fetch_ownership("demo") == Ownership(
            roles=(("Owner", "ada"),), organization="acme"
        )
        assert client.fetch_names() == ("A.b", "c")
        file = proven_at(index, "/integrity/demo/1.0/demo-1.0.tar.gz/provenance")
        assert client.fetch_provenance(file).publishers == (
            Publisher(kind="GitHub", repository="o/r", workflow="p.yml"),
        )
        assert client.fetch_release("demo", "1.0") == ("demo-1.0.tar.gz",)


@pytest.mark.parametrize("packed", [True, False])
def test_an_answer_without_end_is_not_read_to_its_end(place, packed: bool) -> None:
    """A small packed answer can stand for any size."""
    site, index, clock = place
    body = b'{"padding": "' + b" " * 70_000_000 + b'"}'
    more = {"Content_Encoding": "gzip"} if packed else {}
    body = gzip.compress(body, 1) if packed else body
    site.put("/simple/demo/", Answer(200, body, SIMPLE_JSON, **more))
    with open_index(index, clock=clock) as client, pytest.raises(IndexUnavailableError) as caught:
        client.fetch_project("demo")
    assert "an answer that does not end after 64 MB" in caught.value.reason
    assert len(site.asked) == 1


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_nested_too_deeply_is_no_answer(place, status: int) -> None:
    site, index, clock = place
    site.put("/simple/demo/", Answer(status, b"[" * 200_000, SIMPLE_JSON))
    with open_index(index, clock=clock) as client, pytest.raises(IndexUnavailableError):
        client.fetch_project("demo")


def test_the_list_of_all_names_may_be_longer(place) -> None:
    site, index, clock = place
    body = gzip.compress(b'{"projects": [{"name": "demo"}]' + b" " * 65_000_000 + b"}", 1)
    site.put("/simple/", Answer(200, body, SIMPLE_JSON, Content_Encoding="gzip"))
    with open_index(index, clock=clock) as client:
        assert client.fetch_names() == ("demo",)


def test_provenance_is_asked_for_where_the_index_has_it(place) -> None:
    """An index may spell the version as it was uploaded, so its own address is the one to ask."""
    site, index, clock = place
    entry = {**FILE, "provenance": "../../integrity/demo-x/1.0.0/demo-1.0.tar.gz/provenance"}
    site.put("/simple/demo-x/", detail(files=[entry, FILE]))
    document = {"version": 1, "attestation_bundles": []}
    site.put("/integrity/demo-x/1.0.0/demo-1.0.tar.gz/provenance", Answer(200, document))
    with open_index(index, clock=clock) as client:
        proven, without = client.fetch_project("demo-x").files
        found = client.fetch_provenance(proven)
        assert found.publishers == ()
        assert json.loads(found.document) == document
        assert client.fetch_provenance(without) is None
    assert len(site.asked) == 2


@pytest.mark.parametrize("address", ["http://x:port/", "https://\x00/"])
def test_an_address_of_the_index_that_is_none_is_said(place, address: str) -> None:
    _, index, clock = place
    with open_index(index, clock=clock) as client, pytest.raises(IndexUnavailableError) as caught:
        client.is_served(address)
    assert "an invalid URL" in caught.value.reason


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "has-releases"),
        ({"files": [], "versions": []}, "empty"),
        ({"project-status": {"status": "archived"}}, "archived"),
        ({"project-status": {"status": "quarantined"}, "files": [], "versions": []}, "quarantined"),
    ],
)
def test_states_of_a_project(place, changes, state) -> None:
    site, index, clock = place
    site.put("/simple/demo/", detail(**changes))
    with open_index(index, clock=clock) as client:
        project = client.fetch_project("demo")
    assert project is not None
    assert project.state == state


def test_files_of_a_release_are_found_however_the_version_is_spelled() -> None:
    names = ("demo-1.0.tar.gz", "demo-1.0.0-py3-none-any.whl", "demo-1.0-py2.7.egg", "demo-2.zip")
    project = IndexProject(
        name="demo",
        versions=("1.0", "2"),
        files=tuple(IndexFile(filename=name, sha256="") for name in names),
    )
    assert [file.filename for file in project.release_files("1.0.0")] == list(names[:3])
    assert project.has_version("2.0")
    assert not project.has_version("3")
    assert str(project.newest) == "2"


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("zope.interface-5.0.tar.gz", "5.0"),
        ("zope.interface-5.0-py3.8-linux-x86_64.egg", "5.0"),
        ("zope_interface-5.0-cp39-cp39-manylinux1_x86_64.whl", "5.0"),
        ("zope.interface-5.0.win-amd64-py2.7.exe", "5.0"),
        ("something-else.txt", None),
    ],
)
def test_version_in_a_file_name(filename, version) -> None:
    found = version_of_file(filename, "zope-interface")
    assert (None if found is None else str(found)) == version


# --- without end ---------------------------------------------------------------------------------


@pytest.fixture
def speak() -> Iterator[Callable[[Callable[[socket.socket], None]], Index]]:
    """An index that says to everybody what it is given to say."""
    listeners, threads, over = [], [], threading.Event()

    def start(behave: Callable[[socket.socket], None]) -> Index:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0.05)
        listeners.append(listener)

        def serve_one(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                behave(connection)

        def serve_all() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    one = listener.accept()[0]
                    threading.Thread(target=serve_one, args=(one,), daemon=True).start()

        threads.append(threading.Thread(target=serve_all, daemon=True))
        threads[-1].start()
        return parse_index(f"http://127.0.0.1:{listener.getsockname()[1]}/")

    yield start
    # A thread left in accept() would take the connections of the next one with its descriptor.
    over.set()
    for thread in threads:
        thread.join()
    for listener in listeners:
        listener.close()


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
    for _ in range(600):
        connection.sendall(b"a")
        threading.Event().wait(0.05)


def hint(connection: socket.socket) -> None:
    for _ in range(600):
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
        threading.Event().wait(0.05)


@pytest.mark.parametrize("behave", [drip, hint])
def test_headers_that_never_end_are_waited_for_once_and_not_for_long(
    speak, monkeypatch, behave
) -> None:
    monkeypatch.setattr(web, "_READ_WITHIN", 0.5)
    started = time.monotonic()
    with (
        open_index(speak(behave), clock=FakeClock()) as client,
        pytest.raises(IndexUnavailableError, match="no complete answer"),
    ):
        client.fetch_project("demo")
    assert time.monotonic() - started < 30


def test_an_answer_is_unpacked_once_and_in_pieces(place) -> None:
    site, index, clock = place
    inner = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = gzip.compress(inner.compress(b"\0" * 10_000_000) + inner.flush())
    for coding, packed in (("gzip, gzip", body), ("br", body), ("gzip", b"no gzip")):
        site.put("/simple/demo/", Answer(200, packed, SIMPLE_JSON, Content_Encoding=coding))
        with open_index(index, clock=clock) as client, pytest.raises(IndexUnavailableError):
            client.fetch_project("demo")
    assert len(site.asked) == 3
    packed = gzip.compress(json.dumps(DETAIL).encode())
    site.put("/simple/demo/", Answer(200, packed, SIMPLE_JSON, Content_Encoding="gzip"))
    with open_index(index, clock=clock) as client:
        assert client.fetch_project("demo") is not None


@pytest.mark.parametrize(
    ("date", "trusted"),
    [
        ("Thu, 01 Jan 2026 00:03:00 GMT", True),
        ("Fri, 02 Jan 2026 00:00:00 GMT", True),
        ("Wed, 31 Dec 2025 00:00:00 GMT", True),
        ("Sun, 04 Jan 2026 00:00:00 GMT", False),
        ("Fri, 01 Jan 2100 00:00:00 GMT", False),
        ("Fri, 31 Dec 9999 23:59:59 GMT", False),
        ("Fri, 31 Dec 9999 23:59:59 -2359", False),
        ("tomorrow", False),
    ],
)
def test_the_time_of_an_index_is_gone_by_where_it_is_near_our_own(speak, date, trusted) -> None:
    def say(connection: socket.socket) -> None:
        connection.sendall(
            f"HTTP/1.1 404 Not Found\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n".encode()
        )

    with open_index(speak(say), clock=FakeClock()) as client:
        assert client.fetch_project("demo") is None
        assert (client.server_now is not None) is trusted
        assert (date in client.clock_trouble) is not trusted


# --- the Simple API in HTML ----------------------------------------------------------------------

PAGE = """<!DOCTYPE html>
<html><head><meta name="pypi:repository-version" content="1.1"><title>Links for demo</title></head>
<body><h1>Links for demo</h1>
<a href="/packages/demo-1.0.tar.gz#sha256={digest}" data-requires-python="&gt;=3.9">demo</a><br>
<A HREF='demo-1.0-py3-none-any.whl#md5=0123' data-yanked="broken">demo-1.0-py3-none-any.whl</A>
<a href="https://files.example/demo-0.9.zip" data-yanked>demo-0.9.zip</a>
<!-- <a href="demo-7.0.tar.gz">demo-7.0.tar.gz</a> -->
<script>'<a href="demo-8.0.tar.gz">'</script>
<a href="..">up</a></body></html>"""


def html(text: str, kind: str = "text/html; charset=utf-8", **headers: str) -> Answer:
    return Answer(200, text.encode(), kind, **headers)


def test_a_page_in_html_becomes_the_same_value(place) -> None:
    site, index, clock = place
    site.put("/simple/demo/", html(PAGE.format(digest="AB" * 32)))
    with open_index(index, clock=clock) as client:
        project = client.fetch_project("Demo")
    assert project == IndexProject(
        name="demo",
        versions=("0.9", "1.0"),
        files=(
            IndexFile(
                filename="demo-1.0.tar.gz",
                sha256="ab" * 32,
                url=f"{index.api_url}packages/demo-1.0.tar.gz",
                requires_python=">=3.9",
            ),
            IndexFile(
                filename="demo-1.0-py3-none-any.whl",
                url=f"{index.api_url}simple/demo/demo-1.0-py3-none-any.whl",
                yanked="broken",
            ),
            IndexFile(
                filename="demo-0.9.zip", url="https://files.example/demo-0.9.zip", yanked=True
            ),
        ),
    )


def test_the_digest_of_a_file_is_fetched_once_where_the_page_tells_none(place) -> None:
    site, index, clock = place
    site.put("/simple/demo/", html(PAGE.format(digest="ab" * 32)))
    site.put("/simple/demo/demo-1.0-py3-none-any.whl", Answer(200, b"wheel"))
    with open_index(index, clock=clock) as client:
        for _ in range(2):
            project = client.fetch_project("demo", version="1.0.0")
            digests = [file.sha256 for file in project.release_files("1.0")]
            assert digests == ["ab" * 32, hashlib.sha256(b"wheel").hexdigest()]
            assert project.release_files("0.9")[0].sha256 is None
    assert [path for _, path, _ in site.asked].count("/simple/demo/demo-1.0-py3-none-any.whl") == 1


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<html><title>Sign in</title><input type=password></html>", "Sign in"),
        ("<html><title>Links for you</title><input type='password'></html>", "Links for you"),
        ("<html><title>Welcome</title><a href='/shop'>shop</a></html>", "Welcome"),
        ("<html><title>Index of /</title></html>", "lists no files"),
        ('<meta name="pypi:repository-version" content="2.0">', "2.0"),
        ("<html><title>Links for demo</title><a href='demo-1.0.tar.gz'>de", "breaks off"),
    ],
)
def test_a_web_page_of_another_kind_is_an_error_and_not_an_empty_project(
    place, page, words
) -> None:
    site, index, clock = place
    site.put("/simple/demo/", html(page))
    with open_index(index, clock=clock) as client, pytest.raises(IndexUnavailableError) as caught:
        client.fetch_project("demo")
    assert words in caught.value.reason


def test_an_empty_page_is_a_project_without_files(place) -> None:
    site, index, clock = place
    site.put("/simple/demo/", html("<html><title>Links for demo</title></html>"))
    site.put("/simple/", html("<html><title>Simple Index</title><a href=demo/>demo</a></html>"))
    with open_index(index, clock=clock) as client:
        assert client.fetch_project("demo").state == "empty"
        assert client.fetch_names() == ("demo",)


def test_a_question_handed_on_to_pypi_is_a_project_that_is_not_here(place) -> None:
    """What PyPI has under the name is a stranger's, as pypiserver redirects by default."""
    site, index, clock = place
    site.put("/simple/demo/", Answer(303, Location="https://pypi.org/simple/demo/"))
    with open_index(index, clock=clock) as client:
        assert client.fetch_project("demo") is None
        site.put("/simple/demo/", Answer(303, Location="https://login.invalid/simple/demo/"))
        with pytest.raises(IndexUnavailableError, match="another host"):
            client.fetch_project("demo")


def test_an_index_with_two_addresses_is_asked_for_no_more(place) -> None:
    site, whole, clock = place
    index = Index(name="own", upload_url=whole.upload_url, simple_url=whole.simple_url, api_url="")
    with open_index(index, clock=clock) as client:
        assert client.fetch_ownership("demo") is None
        assert client.fetch_release("demo", "1.0") is None
    assert site.asked == []


@pytest.mark.parametrize(
    "text",
    [
        "<a href=",
        '<a href="',
        "<a " * 10,
        "<!--",
        "<!-- -- ",
        "<script><a ",
        "<a href=x>" + " ",
        "</",
        "<a a=b c='d'>x",
        "<a\t\n",
        "<title>",
        "&",
        "<a x=`",
        "<",
    ],
)
def test_a_page_of_a_megabyte_is_read_in_seconds_whatever_stands_in_it(text) -> None:
    started = time.process_time()
    parse_page(text * (1_000_000 // len(text)))
    assert time.process_time() - started < 10


def test_the_http_library_has_all_that_is_used_of_it() -> None:
    """Its next major version has another interface; what is new in it must not come unnoticed."""
    source = Path(web.__file__).read_text(encoding="utf-8")
    used = sorted(set(re.findall(r"\bhttpx\.([A-Z]\w+)", source)))
    assert "Client" in used
    assert [name for name in used if not hasattr(httpx, name)] == []
    (wanted,) = [one for one in requires("nox-release") or () if one.startswith("httpx")]
    assert Requirement(wanted).specifier.contains("0.99")
    assert not Requirement(wanted).specifier.contains("1.0")
