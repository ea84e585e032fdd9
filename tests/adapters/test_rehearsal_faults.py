"""Faults arranged in the rehearsed world, met by a real client over a real socket."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import httpx
import pytest

from disturbed import DisturbedIndex
from nox_release.rehearsal.serving import Server
from small_wheels import small_wheel
from troubles import Fault

SIMPLE = {"Accept": "application/vnd.pypi.simple.v1+json"}


@pytest.fixture
def index(tmp_path: Path):
    with DisturbedIndex(tmp_path / "index") as index:
        index.put(small_wheel(tmp_path), owner="me")
        yield index
    assert index.server.errors == []


@pytest.fixture
def client(index: DisturbedIndex):
    with httpx.Client(base_url=index.url, timeout=5) as client:
        yield client


def fetch(client: httpx.Client) -> httpx.Response:
    return client.get("/simple/orc-demo/", headers=SIMPLE)


def test_refused_connection_answers_again_when_the_fault_is_used_up(
    index: DisturbedIndex, client: httpx.Client
) -> None:
    index.faults.arrange(Fault(kind="refuse", endpoint="/simple/*"))
    with pytest.raises(httpx.TransportError):
        fetch(client)
    assert fetch(client).status_code == 200
    assert [one.status for one in index.faults.requests("/simple/*")] == [0, 200]


def test_reset_breaks_the_answer_in_the_middle(index: DisturbedIndex, client: httpx.Client) -> None:
    index.faults.arrange(Fault(kind="reset", endpoint="/simple/*"))
    with pytest.raises(httpx.TransportError):
        fetch(client)


def test_stopped_index_refuses_connections_and_comes_back_on_its_port(
    index: DisturbedIndex, client: httpx.Client
) -> None:
    address = index.url
    index.stop()
    with pytest.raises(httpx.ConnectError):
        fetch(client)
    index.start()
    assert index.url == address
    assert fetch(client).status_code == 200


def upload(client: httpx.Client, index: DisturbedIndex, path: Path) -> httpx.Response:
    from nox_release.rehearsal.uploading import deposited_form

    form = deposited_form(path, index.incoming)
    return client.post(
        "/legacy/",
        data={":action": "file_upload", **dict(form.fields)},
        files={"content": (path.name, path.read_bytes())},
        headers={"Authorization": f"token {index.token('me')}"},
    )


def test_lost_reply_leaves_the_upload_stored(
    index: DisturbedIndex, client: httpx.Client, tmp_path: Path
) -> None:
    index.faults.arrange(Fault(kind="lost-reply", endpoint="/legacy/", method="POST"))
    wheel = small_wheel(tmp_path, version="2.0")
    with pytest.raises(httpx.TransportError):
        upload(client, index, wheel)
    assert wheel.name in index.filenames("orc-demo")
    assert upload(client, index, wheel).status_code == 200


def test_refused_upload_is_not_stored(
    index: DisturbedIndex, client: httpx.Client, tmp_path: Path
) -> None:
    index.faults.arrange(Fault(kind="refuse", endpoint="/legacy/"))
    wheel = small_wheel(tmp_path, version="2.0")
    with pytest.raises(httpx.TransportError):
        upload(client, index, wheel)
    assert wheel.name not in index.filenames("orc-demo")


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_status_replaces_the_answer(
    index: DisturbedIndex, client: httpx.Client, status: int
) -> None:
    index.faults.arrange(Fault(kind="status", endpoint="/simple/*", status=status, retry_after="7"))
    answer = fetch(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "7")
    assert fetch(client).status_code == 200


def test_html_and_truncated_json_come_with_200(index: DisturbedIndex, client: httpx.Client) -> None:
    index.faults.arrange(Fault(kind="html", endpoint="/simple/*"))
    page = fetch(client)
    assert (page.status_code, page.headers["Content-Type"][:9]) == (200, "text/html")
    index.faults.arrange(Fault(kind="truncated", endpoint="/simple/*"))
    cut = fetch(client)
    assert cut.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        cut.json()


def test_redirect_goes_where_it_is_told(index: DisturbedIndex, client: httpx.Client) -> None:
    index.faults.arrange(
        Fault(kind="redirect", endpoint="/simple/*", location="https://elsewhere.invalid/x")
    )
    answer = fetch(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://elsewhere.invalid/x")


def test_delay_outlasts_the_clients_patience_and_ends_with_the_server(
    index: DisturbedIndex, client: httpx.Client
) -> None:
    index.faults.arrange(Fault(kind="delay", endpoint="/simple/*", seconds=60))
    with pytest.raises(httpx.ReadTimeout):
        client.get("/simple/orc-demo/", headers=SIMPLE, timeout=0.2)
    started = time.monotonic()
    index.stop()
    assert time.monotonic() - started < 20


def test_slow_answer_stalls_in_the_middle_of_its_body(
    index: DisturbedIndex, client: httpx.Client
) -> None:
    index.faults.arrange(Fault(kind="slow", endpoint="/simple/*", seconds=0.1))
    assert fetch(client).json()["name"] == "orc-demo"
    index.faults.arrange(Fault(kind="slow", endpoint="/simple/*", seconds=60))
    with pytest.raises(httpx.ReadTimeout):
        client.get("/simple/orc-demo/", headers=SIMPLE, timeout=0.2)


@pytest.mark.parametrize("kind", ["truncated", "reset"])
def test_body_is_spoilt_also_for_a_client_that_knows_it(
    index: DisturbedIndex, client: httpx.Client, kind: str
) -> None:
    known = {**SIMPLE, "If-None-Match": fetch(client).headers["ETag"]}
    index.faults.arrange(Fault(kind=kind, endpoint="/simple/*"))
    with pytest.raises((ValueError, httpx.TransportError)):
        client.get("/simple/orc-demo/", headers=known).json()
    assert client.get("/simple/orc-demo/", headers=known).status_code == 304


def test_latency_is_added_to_every_answer(index: DisturbedIndex, client: httpx.Client) -> None:
    fetch(client)
    index.faults.latency = 0.05
    started = time.monotonic()
    fetch(client)
    assert 0.05 <= time.monotonic() - started < 20
    index.faults.clear()
    assert index.faults.latency == 0


@pytest.mark.parametrize(
    ("stale", "fresh"), [("/simple/*", "/pypi/orc-demo/json"), ("/pypi/*", "/simple/orc-demo/")]
)
def test_one_api_may_lag_behind_the_other(
    index: DisturbedIndex, client: httpx.Client, tmp_path: Path, stale: str, fresh: str
) -> None:
    old = stale.replace("*", "orc-demo/json" if "pypi" in stale else "orc-demo/")
    fault = index.faults.arrange(Fault(kind="stale", endpoint=stale, times=None))
    index.put(small_wheel(tmp_path, version="2.0"), owner="me")
    assert "orc_demo-2.0" not in client.get(old, headers=SIMPLE).text
    assert "orc_demo-2.0" in client.get(fresh, headers=SIMPLE).text
    index.faults.lift(fault)
    assert "orc_demo-2.0" in client.get(old, headers=SIMPLE).text


def test_calls_run_before_and_after_the_effect(
    index: DisturbedIndex, client: httpx.Client, tmp_path: Path
) -> None:
    wheel = small_wheel(tmp_path, version="2.0")
    there: list[bool] = []

    def look() -> None:
        there.append(wheel.name in index.filenames("orc-demo"))

    index.faults.before("/legacy/", look)
    index.faults.after("/legacy/", look)
    assert upload(client, index, wheel).status_code == 200
    assert there == [False, True]


def test_name_may_be_taken_in_between(
    index: DisturbedIndex, client: httpx.Client, tmp_path: Path
) -> None:
    index.faults.before(
        "/legacy/", lambda: index.create_project("orc-new", owner="stranger"), method="POST"
    )
    answer = upload(client, index, small_wheel(tmp_path, name="orc-new"))
    assert answer.status_code == 403
    assert "isn't allowed to upload to project 'orc-new'" in answer.reason_phrase


def test_faults_spare_the_first_and_meet_as_many_as_asked(
    index: DisturbedIndex, client: httpx.Client
) -> None:
    index.faults.arrange(Fault(kind="status", endpoint="/simple/*", skip=1, times=2))
    assert [fetch(client).status_code for _ in range(4)] == [200, 503, 503, 200]


def test_two_uploads_of_one_filename_have_one_winner(index: DisturbedIndex, tmp_path: Path) -> None:
    paths = []
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        paths.append(small_wheel(folder, version="3.0", body=f"number = {number}\n"))
    statuses: list[int] = []

    def run(path: Path) -> None:
        with httpx.Client(base_url=index.url) as client:
            statuses.append(upload(client, index, path).status_code)

    threads = [threading.Thread(target=run, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 400, 400, 400]


def test_application_under_wsgi_meets_the_same_faults(index: DisturbedIndex) -> None:
    index.faults.arrange(Fault(kind="status", endpoint="/simple/*", status=502))
    index.faults.arrange(Fault(kind="refuse", endpoint="/pypi/*"))
    transport = httpx.WSGITransport(app=index.app)
    with httpx.Client(transport=transport, base_url="http://index") as client:
        assert fetch(client).status_code == 502
        with pytest.raises(ConnectionResetError):
            client.get("/pypi/orc-demo/json")


def test_chunked_bodies_and_kept_connections_are_served(
    index: DisturbedIndex, client: httpx.Client
) -> None:
    def pieces():
        yield b'{"tok'
        yield b'en": "x"}'

    for _ in range(2):
        answer = client.post("/_/oidc/mint-token", content=pieces())
        assert answer.json()["errors"][0]["description"] == "malformed JWT"


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="Python has no Unix sockets here")
def test_server_listens_on_a_unix_socket(index: DisturbedIndex, tmp_path: Path) -> None:
    path = tmp_path / "s"
    server = Server(index.app, unix_socket=path)
    server.start()
    try:
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, base_url="http://localhost") as client:
            assert fetch(client).status_code == 200
    finally:
        server.stop()


def test_mistake_of_the_application_is_a_500_and_remembered() -> None:
    def broken(*_: object) -> list[bytes]:
        raise KeyError("mistake")

    server = Server(broken)
    server.start()
    try:
        answer = httpx.get(f"http://127.0.0.1:{server.port}/")
        assert (answer.status_code, answer.text) == (500, "Internal Server Error")
        assert "mistake" in server.errors[0]
    finally:
        server.stop()


def test_a_client_that_left_before_it_was_accepted_keeps_nobody_waiting():
    server = Server(lambda environ, start_response: [])
    server.start()
    try:
        with pytest.raises(BlockingIOError):  # nobody waits to be accepted
            server._server.get_request()
    finally:
        server.stop()
