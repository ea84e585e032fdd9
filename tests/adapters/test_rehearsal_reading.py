"""What the stand-in index lets anyone read, fact by fact as measured on a real Warehouse."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest

from disturbed import DisturbedIndex
from small_wheels import small_sdist, small_wheel

SIMPLE = "application/vnd.pypi.simple.v1+json"
INTEGRITY = "application/vnd.pypi.integrity.v1+json"


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=timezone.utc)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def index(tmp_path: Path):
    index = DisturbedIndex(tmp_path / "index", clock=Clock())
    yield index
    index.close()


@pytest.fixture
def web(index: DisturbedIndex):
    transport = httpx.WSGITransport(app=index.app)
    headers = {"Accept-Encoding": "identity"}
    with httpx.Client(transport=transport, base_url="http://index", headers=headers) as client:
        yield client


@pytest.fixture
def demo(index: DisturbedIndex, tmp_path: Path) -> DisturbedIndex:
    wheel = small_wheel(tmp_path, headers="Requires-Python: >=3.8,<4\nSummary: A demo\n")
    index.put(wheel, small_sdist(tmp_path), owner="me")
    return index


def simple(web: httpx.Client, name: str = "orc-demo") -> dict:
    return web.get(f"/simple/{name}/", headers={"Accept": SIMPLE}).json()


# Simple API


def test_simple_json_has_warehouse_keys(demo: DisturbedIndex, web: httpx.Client) -> None:
    document = simple(web)
    assert sorted(document) == ["files", "meta", "name", "project-status", "versions"]
    assert document["meta"] == {
        "_last-serial": demo.project("orc-demo").serial,
        "api-version": "1.4",
    }
    assert document["name"] == "orc-demo"
    assert document["project-status"] == {"status": "active"}
    assert document["versions"] == ["1.0"]
    wheel, sdist = document["files"]
    assert wheel["filename"] == "orc_demo-1.0-py3-none-any.whl"
    assert sorted(wheel) == [
        "core-metadata",
        "data-dist-info-metadata",
        "filename",
        "hashes",
        "provenance",
        "requires-python",
        "size",
        "upload-time",
        "url",
        "yanked",
    ]
    assert wheel["core-metadata"] == wheel["data-dist-info-metadata"]
    assert set(wheel["core-metadata"]) == {"sha256"}
    assert sdist["core-metadata"] is False
    assert wheel["upload-time"] == "2026-11-22T09:00:00.123456Z"
    assert wheel["yanked"] is False
    assert wheel["provenance"] is None


def test_requires_python_is_that_of_the_release_for_every_file(
    demo: DisturbedIndex, web: httpx.Client
) -> None:
    assert {one["requires-python"] for one in simple(web)["files"]} == {"<4,>=3.8"}


def test_simple_html_ends_with_the_serial(demo: DisturbedIndex, web: httpx.Client) -> None:
    answer = web.get("/simple/orc-demo/")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert '<meta name="pypi:repository-version" content="1.4">' in answer.text
    assert '<meta name="pypi:project-status" content="active">' in answer.text
    assert 'data-requires-python="&lt;4,&gt;=3.8"' in answer.text
    assert "data-core-metadata=" in answer.text
    assert "data-dist-info-metadata=" in answer.text
    assert answer.text.endswith(f"<!--SERIAL {demo.project('orc-demo').serial}-->")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (SIMPLE, SIMPLE),
        ("application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+html"),
        ("application/json", "text/html; charset=UTF-8"),
        ("application/vnd.pypi.simple.latest+json", "text/html; charset=UTF-8"),
        ("application/xml", "text/html; charset=UTF-8"),
        ("*/*", "text/html; charset=UTF-8"),
        (f"{SIMPLE}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01", SIMPLE),
        (f"text/html, {SIMPLE}; q=0.5", "text/html; charset=UTF-8"),
    ],
)
def test_simple_api_negotiates_and_never_answers_406(
    demo: DisturbedIndex, web: httpx.Client, accept: str, kind: str
) -> None:
    answer = web.get("/simple/orc-demo/", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)


def test_simple_headers_are_those_of_the_origin(demo: DisturbedIndex, web: httpx.Client) -> None:
    headers = web.get("/simple/orc-demo/").headers
    assert headers["X-PyPI-Last-Serial"] == str(demo.project("orc-demo").serial)
    assert headers["Cache-Control"] == "max-age=600, public"
    assert headers["Vary"] == "Accept, Accept-Encoding"
    assert headers["Access-Control-Allow-Origin"] == "*"
    surrogate = "max-age=86400, stale-while-revalidate=300, stale-if-error=86400"
    assert headers["Surrogate-Control"] == surrogate


def test_etag_differs_by_representation_and_answers_304(
    demo: DisturbedIndex, web: httpx.Client, tmp_path: Path
) -> None:
    json_tag = web.get("/simple/orc-demo/", headers={"Accept": SIMPLE}).headers["ETag"]
    assert json_tag != web.get("/simple/orc-demo/").headers["ETag"]
    known = {"Accept": SIMPLE, "If-None-Match": json_tag}
    assert web.get("/simple/orc-demo/", headers=known).status_code == 304
    demo.put(small_wheel(tmp_path, version="2.0"), owner="me")
    assert web.get("/simple/orc-demo/", headers=known).status_code == 200


def test_head_answers_without_a_body_and_post_is_not_allowed(
    demo: DisturbedIndex, web: httpx.Client
) -> None:
    head = web.head("/simple/orc-demo/")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["Content-Length"]) > 100
    post = web.post("/simple/orc-demo/")
    assert (post.status_code, post.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_large_answers_are_compressed_when_asked(demo: DisturbedIndex, web: httpx.Client) -> None:
    asked = {"Accept": SIMPLE, "Accept-Encoding": "gzip"}
    with web.stream("GET", "/simple/orc-demo/", headers=asked) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(raw))["name"] == "orc-demo"


def test_unknown_project_is_plain_404_for_every_accept(web: httpx.Client) -> None:
    for accept in (SIMPLE, "text/html", "*/*"):
        answer = web.get("/simple/nothing/", headers={"Accept": accept})
        assert (answer.status_code, answer.text) == (404, "404 Not Found")
        assert answer.headers["Content-Type"].startswith("text/plain")
        for header in ("X-PyPI-Last-Serial", "ETag", "Cache-Control"):
            assert header not in answer.headers


def test_simple_redirects_spell_and_slash_separately(
    index: DisturbedIndex, web: httpx.Client
) -> None:
    index.create_project("Foo.Bar", owner="me")
    first = web.get("/simple/Foo.Bar?x=1")
    assert (first.status_code, first.headers["Location"]) == (301, "/simple/Foo.Bar/?x=1")
    second = web.get("/simple/Foo.Bar/?x=1")
    assert (second.status_code, second.headers["Location"]) == (301, "/simple/foo-bar/?x=1")
    assert second.headers["Cache-Control"] == "max-age=600, public"
    assert web.get("/simple/foo-bar/").status_code == 200
    assert web.get("/simple/nothing").status_code == 301
    assert web.get("/project/foo-bar").headers["Location"] == "/project/foo-bar/"
    assert web.get("/simple/No.Thing/").status_code == 404


@pytest.mark.parametrize(
    ("status", "served", "files"),
    [
        ("archived", "archived", 2),
        ("archived-noindex", "archived", 2),
        ("quarantined", "quarantined", 0),
        ("quarantine-exit", "active", 2),
    ],
)
def test_status_decides_what_simple_lists(
    demo: DisturbedIndex, web: httpx.Client, status: str, served: str, files: int
) -> None:
    demo.set_status("orc-demo", status)
    document = simple(web)
    assert document["project-status"] == {"status": served}
    assert len(document["files"]) == files
    assert bool(document["versions"]) == bool(files)


def test_project_without_releases_is_there_and_empty(
    index: DisturbedIndex, web: httpx.Client
) -> None:
    index.create_project("orc-empty", owner="me")
    document = simple(web, "orc-empty")
    assert (document["files"], document["versions"]) == ([], [])
    assert document["project-status"] == {"status": "active"}
    assert web.get("/pypi/orc-empty/json").status_code == 404
    assert web.get("/project/orc-empty/").status_code == 404


def test_release_without_files_is_not_among_the_versions(
    demo: DisturbedIndex, web: httpx.Client
) -> None:
    for filename in demo.filenames("orc-demo"):
        demo.delete_file(filename)
    assert simple(web)["versions"] == []
    document = web.get("/pypi/orc-demo/json").json()
    assert (document["urls"], document["releases"]) == ([], {"1.0": []})


def test_quarantined_release_is_left_out(
    demo: DisturbedIndex, web: httpx.Client, tmp_path: Path
) -> None:
    demo.put(small_wheel(tmp_path, version="2.0"), owner="me")
    demo.quarantine_release("orc-demo", "2.0")
    assert simple(web)["versions"] == ["1.0"]
    assert simple(web)["project-status"] == {"status": "active"}
    assert web.get("/pypi/orc-demo/2.0/json").status_code == 404
    assert web.get("/pypi/orc-demo/json").json()["info"]["version"] == "1.0"


def test_files_are_sorted_by_version_then_name(
    demo: DisturbedIndex, web: httpx.Client, tmp_path: Path
) -> None:
    for version in ("10.0", "9.0", "1.0rc1"):
        demo.put(small_wheel(tmp_path, version=version), owner="me")
    assert simple(web)["versions"] == ["1.0rc1", "1.0", "9.0", "10.0"]


def test_whole_list_shows_display_names_without_quarantined_ones(
    demo: DisturbedIndex, web: httpx.Client
) -> None:
    demo.create_project("Orc.Other", owner="me")
    demo.create_project("orc-hidden", owner="me")
    demo.set_status("orc-hidden", "quarantined")
    answer = web.get("/simple/", headers={"Accept": SIMPLE})
    document = answer.json()
    assert [one["name"] for one in document["projects"]] == ["orc-demo", "Orc.Other"]
    assert document["meta"]["_last-serial"] == demo.catalogue.serial
    assert answer.headers["X-PyPI-Last-Serial"] == str(demo.catalogue.serial)
    assert "max-age=1800," in answer.headers["Surrogate-Control"]
    assert '<a href="/simple/orc-other/">Orc.Other</a>' in web.get("/simple/").text


def test_yanked_is_true_or_the_reason(demo: DisturbedIndex, web: httpx.Client) -> None:
    demo.yank("orc-demo", "1.0")
    assert {one["yanked"] for one in simple(web)["files"]} == {True}
    demo.yank("orc-demo", "1.0", "broken & sad")
    assert {one["yanked"] for one in simple(web)["files"]} == {"broken & sad"}
    assert 'data-yanked="broken &amp; sad"' in web.get("/simple/orc-demo/").text


# JSON API


def test_project_json_has_warehouse_keys(demo: DisturbedIndex, web: httpx.Client) -> None:
    answer = web.get("/pypi/orc-demo/json")
    document = answer.json()
    assert sorted(document) == [
        "info",
        "last_serial",
        "ownership",
        "releases",
        "urls",
        "vulnerabilities",
    ]
    assert document["info"]["summary"] == "A demo"
    assert document["info"]["downloads"] == {"last_day": -1, "last_week": -1, "last_month": -1}
    assert document["urls"][0]["digests"].keys() == {"md5", "sha256", "blake2b_256"}
    assert document["urls"][0]["upload_time"] == "2026-11-22T09:00:00"
    assert answer.headers["Cache-Control"] == "max-age=900, public"
    assert answer.headers["X-PyPI-Last-Serial"] == str(document["last_serial"])
    known = {"If-None-Match": answer.headers["ETag"]}
    assert web.get("/pypi/orc-demo/json", headers=known).status_code == 304
    assert "releases" not in web.get("/pypi/orc-demo/1.0/json").json()


def test_ownership_lists_owners_first_then_by_name(demo: DisturbedIndex, web: httpx.Client) -> None:
    demo.add_role("orc-demo", "abel", "Maintainer")
    demo.add_role("orc-demo", "zoe", "Owner")
    assert web.get("/pypi/orc-demo/json").json()["ownership"] == {
        "organization": None,
        "roles": [
            {"role": "Owner", "user": "me"},
            {"role": "Owner", "user": "zoe"},
            {"role": "Maintainer", "user": "abel"},
        ],
    }


def test_project_json_is_found_by_any_version_spelling(
    demo: DisturbedIndex, web: httpx.Client
) -> None:
    for address in ("/pypi/orc-demo/1.0.0/json", "/pypi/orc-demo/json/"):
        assert web.get(address).json()["info"]["version"] == "1.0"


@pytest.mark.parametrize(
    "address", ["/pypi/nothing/json", "/pypi/orc-demo/7/json", "/pypi/No.Thing/json"]
)
def test_missing_json_says_not_found(demo: DisturbedIndex, web: httpx.Client, address: str) -> None:
    answer = web.get(address)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
    assert not {"etag", "cache-control", "x-pypi-last-serial"} & set(answer.headers)


def test_quarantined_project_has_no_json_but_a_page(
    demo: DisturbedIndex, web: httpx.Client
) -> None:
    demo.set_status("orc-demo", "quarantined")
    assert web.get("/pypi/orc-demo/json").status_code == 404
    assert web.get("/project/orc-demo/").status_code == 200


def test_unnormalised_json_address_redirects(demo: DisturbedIndex, web: httpx.Client) -> None:
    answer = web.get("/pypi/Orc_Demo/json")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/pypi/orc-demo/json")
    assert answer.headers["Content-Type"].startswith("text/html")


def test_latest_is_final_before_prerelease_and_kept_before_yanked(
    demo: DisturbedIndex, web: httpx.Client, tmp_path: Path
) -> None:
    def latest() -> dict:
        return web.get("/pypi/orc-demo/json").json()["info"]

    for version in ("2.0", "3.0a1"):
        demo.put(small_wheel(tmp_path, version=version), owner="me")
    assert latest()["version"] == "2.0"
    demo.yank("orc-demo", "2.0")
    assert latest()["version"] == "1.0"
    demo.yank("orc-demo", "1.0")
    assert latest()["version"] == "3.0a1"
    demo.yank("orc-demo", "3.0a1", "all of them")
    assert (latest()["version"], latest()["yanked_reason"]) == ("2.0", None)


def test_display_name_follows_the_latest_upload(
    demo: DisturbedIndex, web: httpx.Client, tmp_path: Path
) -> None:
    demo.put(small_wheel(tmp_path, name="Orc-Demo", version="2.0"), owner="me")
    assert web.get("/pypi/orc-demo/json").json()["info"]["name"] == "Orc-Demo"
    assert simple(web)["name"] == "orc-demo"
    moved = web.get("/project/orc-demo/")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/project/Orc-Demo/")


# Files and provenance


def test_files_and_their_metadata_download(
    demo: DisturbedIndex, web: httpx.Client, tmp_path: Path
) -> None:
    wheel, sdist = simple(web)["files"]
    got = web.get(wheel["url"])
    assert got.content == (tmp_path / wheel["filename"]).read_bytes()
    assert "immutable" in got.headers["Cache-Control"]
    assert web.get(wheel["url"] + ".metadata").text.startswith("Metadata-Version: 2.1")
    assert web.get(sdist["url"] + ".metadata").status_code == 404
    assert web.get("/packages/aa/bb/nothing.whl").status_code == 404


def give_provenance(index: DisturbedIndex) -> str:
    publisher = index.register_publisher(
        "orc-demo", owner="octo", repository="repo", workflow="p.yml", environment="PyPI"
    )
    file = index.project("orc-demo").release("1.0").files[0]
    bundle = {"publisher": publisher.as_provenance(), "attestations": [{"version": 1}]}
    file.provenance = {"version": 1, "attestation_bundles": [bundle]}
    return f"/integrity/orc-demo/1.0/{file.filename}/provenance"


def test_provenance_shows_the_registered_publisher(demo: DisturbedIndex, web: httpx.Client) -> None:
    address = give_provenance(demo)
    answer = web.get(address)
    assert answer.headers["Content-Type"] == INTEGRITY
    assert answer.json()["attestation_bundles"][0]["publisher"] == {
        "kind": "GitHub",
        "repository": "octo/repo",
        "workflow": "p.yml",
        "environment": "pypi",
    }
    assert answer.headers["Cache-Control"] == "max-age=600, public"
    assert "ETag" in answer.headers
    assert "X-PyPI-Last-Serial" not in answer.headers
    json_kind = web.get(address, headers={"Accept": "application/json"})
    assert json_kind.headers["Content-Type"] == "application/json"
    assert simple(web)["files"][0]["provenance"] == f"http://index{address}"
    assert "data-provenance=" in web.get("/simple/orc-demo/").text


def test_provenance_refusals_are_those_of_warehouse(
    demo: DisturbedIndex, web: httpx.Client
) -> None:
    address = give_provenance(demo)
    sdist = "orc_demo-1.0.tar.gz"
    missing = web.get(f"/integrity/orc-demo/1.0/{sdist}/provenance")
    assert missing.status_code == 404
    assert missing.json() == {"message": f"No provenance available for {sdist}"}
    for unknown in ("/integrity/orc-demo/1.0/x.whl/provenance", f"{address}/"):
        answer = web.get(unknown)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")
    refused = web.get(address, headers={"Accept": "text/html"})
    assert (refused.status_code, refused.json()) == (406, {"message": "Request not acceptable"})
    assert web.head(address).status_code == 405
    other_spelling = address.replace("orc-demo/1.0/", "Orc.Demo/1.0.0/")
    assert web.get(other_spelling).status_code == 200
    demo.set_status("orc-demo", "quarantined")
    assert web.get(address).status_code == 200
    demo.flags.add("disable-pep740")
    off = web.get(address)
    assert (off.status_code, off.json()) == (403, {"message": "Attestations temporarily disabled"})


# Files on a host of their own


def test_files_are_on_another_host_than_the_index(demo: DisturbedIndex) -> None:
    demo.start()
    (address, _) = [one["url"] for one in simple_at(demo)["files"]]
    assert address.startswith(demo.catalogue.files_root)
    assert not address.startswith(demo.url)
    assert httpx.get(address).status_code == 200
    assert httpx.get(address.replace(demo.catalogue.files_root, demo.url)).status_code == 404
    assert httpx.get(demo.catalogue.files_root).status_code == 404


def test_a_file_is_listed_before_it_can_be_downloaded(demo: DisturbedIndex) -> None:
    demo.start()
    demo.catalogue.download_delay = 60
    (address, _) = [one["url"] for one in simple_at(demo)["files"]]
    assert httpx.get(address).status_code == 404
    demo.clock.sleep(60)
    assert httpx.get(address).status_code == 200


def simple_at(index: DisturbedIndex) -> dict:
    return httpx.get(f"{index.url}simple/orc-demo/", headers={"Accept": SIMPLE}).json()
