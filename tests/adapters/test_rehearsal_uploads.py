"""Uploads to the stand-in index: by real clients, and refused as PyPI refuses them."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from pypitoken import Token

from disturbed import DisturbedIndex
from held_clock import HeldClock
from nox_release.edges.environments import fresh_environment
from nox_release.edges.process import Runner
from nox_release.rehearsal.answers import Refused
from nox_release.rehearsal.multipart import parse_form
from nox_release.rehearsal.uploading import UploadRequest, deposited_form
from small_wheels import small_sdist, small_wheel

HELP = "https://pypi.org/help/#"


@pytest.fixture
def index(tmp_path: Path):
    index = DisturbedIndex(tmp_path / "index", clock=HeldClock())
    index.add_user("me")
    yield index
    index.close()
    assert index.server.errors == []


@pytest.fixture
def web(index: DisturbedIndex):
    transport = httpx.WSGITransport(app=index.app)
    with httpx.Client(transport=transport, base_url="http://index") as client:
        yield client


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def upload(
    index: DisturbedIndex, path: Path, authorization: str | None, **fields: str
) -> str | None:
    """The refusal's status and text; `None` when the file was taken."""
    form = deposited_form(path, index.incoming)
    if fields:
        form = type(form)(fields=(*form.fields, *fields.items()), files=form.files)
    try:
        UploadRequest(index, form, authorization=authorization, address="127.0.0.1").run()
    except Refused as refused:
        return f"{refused.status} {refused.text}"
    return None


def as_me(index: DisturbedIndex) -> str:
    return basic("__token__", index.token("me"))


# Real clients


def clean_environ(tmp_path: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP") if name in os.environ}
    return {**kept, "HOME": str(tmp_path), "NO_COLOR": "1", "COLUMNS": "1000", **more}


def twine(index: DisturbedIndex, tmp_path: Path, token: str, *paths: Path):
    command = [sys.executable, "-m", "twine", "upload", "--non-interactive", "--verbose"]
    command += ["--repository-url", index.index.upload_url, *map(str, paths)]
    environ = clean_environ(tmp_path, TWINE_USERNAME="__token__", TWINE_PASSWORD=token)
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_real_twine_uploads_and_shows_refusals(index: DisturbedIndex, tmp_path: Path) -> None:
    index.start()
    paths = [small_wheel(tmp_path), small_sdist(tmp_path)]
    done = twine(index, tmp_path, index.token("me"), *paths)
    assert done.returncode == 0, done.stdout + done.stderr
    assert index.filenames("orc-demo") == ("orc_demo-1.0-py3-none-any.whl", "orc_demo-1.0.tar.gz")
    again = twine(index, tmp_path, index.token("me"), *paths)
    assert again.returncode == 0
    other = small_wheel(tmp_path, body="other = 1\n")
    refused = twine(index, tmp_path, index.token("me"), other)
    assert refused.returncode == 1
    text = " ".join(re.sub(r"\x1b\[[0-9;?]*\w", "", refused.stdout + refused.stderr).split())
    assert "400 File already exists ('orc_demo-1.0-py3-none-any.whl', with blake2_256 hash" in text


@pytest.mark.slow
def test_real_uv_publishes_and_pip_and_uv_install(index: DisturbedIndex, tmp_path: Path) -> None:
    from uv import find_uv_bin

    index.start()
    wheel = small_wheel(tmp_path, body="print('it is me')\n")
    uv = [find_uv_bin(), "--no-config", "--cache-dir", str(tmp_path / "cache")]
    environ = clean_environ(tmp_path, UV_PUBLISH_TOKEN=index.token("me"))
    publish = [*uv, "publish", "--publish-url", index.index.upload_url, str(wheel)]
    done = subprocess.run(publish, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert index.filenames("orc-demo") == (wheel.name,)
    runner = Runner(environ=dict(os.environ))  # which knows where pip comes from
    user = fresh_environment(tmp_path / "user", runner, with_pip=True)
    targets = {"pip": tmp_path / "by-pip", "uv": tmp_path / "by-uv"}
    simple = index.index.simple_url
    installers = {
        "pip": [*user.pip, "--isolated", "install", "--no-cache-dir"],
        "uv": [*uv, "pip", "install", "--python", user.python],
    }
    for name, command in installers.items():
        full = [*command, "--target", str(targets[name]), "--index-url", simple, "orc-demo==1.0"]
        done = subprocess.run(full, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert (targets[name] / "orc_demo" / "__init__.py").read_text() == "print('it is me')\n"


# The wrapping of requests


def test_refusal_is_in_the_reason_phrase_and_in_the_body_asked_for(index: DisturbedIndex) -> None:
    index.start()
    said = f"Invalid or non-existent authentication information. See {HELP}invalid-auth for more information."
    with httpx.Client(base_url=index.url) as client:
        for accept, kind in (
            ("application/json", "application/json"),
            ("text/html", "text/html; charset=UTF-8"),
            ("*/*", "text/html; charset=UTF-8"),
            ("text/plain", "text/plain; charset=UTF-8"),
        ):
            answer = client.post(
                "/legacy/",
                files={"content": ("x.whl", b"x")},
                data={":action": "file_upload"},
                headers={"Accept": accept},
            )
            assert (answer.status_code, answer.reason_phrase) == (403, said)
            assert answer.headers["Content-Type"] == kind
            assert said in answer.text
        assert answer.http_version == "HTTP/1.1"
        json_body = client.post("/legacy", headers={"Accept": "application/json"}).json()
    assert json_body["code"].startswith("308 An upload was attempted to /legacy but")


def test_characters_beyond_latin_1_become_question_marks_in_the_reason(
    index: DisturbedIndex, tmp_path: Path
) -> None:
    index.start()
    wheel = small_wheel(tmp_path)
    fields = {**dict(deposited_form(wheel, index.incoming).fields), "name": "\u043erc-demo"}
    answer = httpx.post(
        f"{index.url}legacy/",
        data={":action": "file_upload", **fields},
        files={"content": (wheel.name, wheel.read_bytes())},
        headers={"Authorization": as_me(index), "Accept": "application/json"},
    )
    assert answer.reason_phrase.startswith("'?rc-demo' is an invalid value for Name.")
    assert answer.json()["message"].startswith("'\u043erc-demo' is an invalid value for Name.")


class Trickle(io.BytesIO):
    """A body that arrives byte by byte."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(1)


def test_form_is_read_whatever_the_sizes_in_which_it_arrives(tmp_path: Path) -> None:
    body = (
        b'ignored\r\n--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
        b"\r\n--\r\n\xc3\xa9\r\n--b\r\n"
        b'Content-Disposition: form-data; name="content"; filename="a;\\"b\\".whl"\r\n'
        b"Content-Type: application/x-y\r\n\r\n\r\n--bx\r\n\x00\r\n--b--\r\nafter"
    )
    form = parse_form(Trickle(body), 'multipart/form-data; boundary="b"', tmp_path)
    assert form.fields == (("a", "\r\n--\r\n\u00e9"),)
    (part,) = form.files
    assert (part.field, part.filename, part.content_type) == (
        "content",
        'a;"b".whl',
        "application/x-y",
    )
    assert part.path.read_bytes() == b"\r\n--bx\r\n\x00"


@pytest.mark.parametrize(
    ("address", "action", "status"),
    [
        ("/legacy", "file_upload", 308),
        ("/legacy/", "submit", 410),
        ("/legacy/", "submit_pkg_info", 410),
        ("/legacy/", "doc_upload", 410),
        ("/legacy/", "unknown", 405),
        ("/legacy/", "", 405),
        ("/pypi", "file_upload", 410),
        ("/", "file_upload", 405),
        ("/simple/", "file_upload", 405),
    ],
)
def test_other_addresses_and_actions_are_refused(
    web: httpx.Client, address: str, action: str, status: int
) -> None:
    data = {":action": action} if action else {"x": "y"}
    answer = web.post(address, data=data, files={"content": ("x.whl", b"x")})
    assert answer.status_code == status
    if status == 308:
        assert answer.headers["Location"] == "/legacy/"


def test_upload_page_can_be_looked_at(web: httpx.Client) -> None:
    answer = web.get("/legacy/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=UTF-8")


def test_text_field_sent_as_a_file_is_refused(web: httpx.Client) -> None:
    files = {"summary": ("s.txt", b"x"), "content": ("x.whl", b"x")}
    answer = web.post(
        "/legacy/",
        data={":action": "file_upload"},
        files=files,
        headers={"Accept": "text/plain"},
    )
    assert answer.status_code == 400
    assert "summary: Should not be a tuple." in answer.text


def test_cut_off_form_is_a_bad_request(web: httpx.Client) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    content = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\nunfinished'
    assert web.post("/legacy/", content=content, headers=headers).status_code == 400


# Tokens


def test_tokens_are_taken_as_basic_bearer_or_token(index: DisturbedIndex, tmp_path: Path) -> None:
    token = index.token("me")
    for number, authorization in enumerate(
        (
            basic("__token__", token),
            basic("__token__", f" {token}\n"),
            f"Bearer {token}",
            f"token {token}",
        )
    ):
        wheel = small_wheel(tmp_path, version=f"{number}.0")
        assert upload(index, wheel, authorization) is None


@pytest.mark.parametrize("user", ["me", "@token", "__TOKEN__", ""])
def test_any_other_user_name_is_told_to_use_a_token(
    index: DisturbedIndex, tmp_path: Path, user: str
) -> None:
    assert upload(index, small_wheel(tmp_path), basic(user, index.token("me"))) == (
        "403 Username/Password authentication is no longer supported. Migrate to API Tokens or "
        f"Trusted Publishers instead. See {HELP}apitoken and {HELP}trusted-publishers"
    )


def test_unusable_tokens_are_no_identity(index: DisturbedIndex, tmp_path: Path) -> None:
    wheel, token = small_wheel(tmp_path), index.token("me")
    foreign = Token.create("pypi.org", "5f2b4c9e-0000-4000-8000-000000000000", "key").dump()
    deleted = index.token("me")
    index.accounts.delete(deleted)
    for one in (
        "",
        "pypi-",
        "pypi-garbage",
        token.removeprefix("pypi-"),
        f'"{token}"',
        foreign,
        deleted,
    ):
        verdict = upload(index, wheel, basic("__token__", one))
        assert verdict is not None
        assert verdict.startswith("403 Invalid or non-existent authentication information.")
    assert "Invalid or non-existent" in str(upload(index, wheel, None))
    index.user("me").frozen = True
    assert "Invalid or non-existent" in str(upload(index, wheel, basic("__token__", token)))


def test_altered_token_has_another_signature(index: DisturbedIndex, tmp_path: Path) -> None:
    token = index.token("me")
    altered = token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:]
    verdict = upload(index, small_wheel(tmp_path), basic("__token__", altered))
    assert verdict == "403 Invalid API Token: signatures do not match"
    assert not index.has_project("orc-demo")


def test_token_narrowed_to_name_and_time_makes_its_project_and_no_other(
    index: DisturbedIndex, tmp_path: Path
) -> None:
    now = int(index.now().timestamp())
    narrow = Token.load(index.token("me")).restrict(
        project_names=["orc-demo"], not_before=now, not_after=now + 600
    )
    authorization = basic("__token__", narrow.dump())
    assert upload(index, small_wheel(tmp_path), authorization) is None
    other = upload(index, small_wheel(tmp_path, name="orc-second"), authorization)
    assert other == (
        "403 Invalid API Token: project-scoped token is not valid for project: 'orc-second'"
    )
    assert not index.has_project("orc-second")
    index.clock.sleep(601)
    late = upload(index, small_wheel(tmp_path, version="2.0"), authorization)
    assert late == "403 Invalid API Token: token is expired"


def test_project_token_fails_for_a_recreated_project(index: DisturbedIndex, tmp_path: Path) -> None:
    index.put(small_wheel(tmp_path), owner="me")
    authorization = basic("__token__", index.token("me", projects=["orc-demo"]))
    assert upload(index, small_wheel(tmp_path, version="2.0"), authorization) is None
    index.delete_project("orc-demo")
    index.create_project("orc-demo", owner="me")
    said = "project-scoped token is not valid for project: 'orc-demo'"
    assert upload(index, small_wheel(tmp_path, version="3.0"), authorization) == (
        f"403 Invalid API Token: {said}, {said}"
    )


def test_account_must_have_an_address_and_two_factors(
    index: DisturbedIndex, tmp_path: Path
) -> None:
    me = index.user("me")
    me.verified_email = False
    assert "verified primary email" in str(upload(index, small_wheel(tmp_path), as_me(index)))
    me.verified_email, me.two_factor = True, False
    assert "two-factor authentication" in str(upload(index, small_wheel(tmp_path), as_me(index)))
    me.two_factor = True
    assert upload(index, small_wheel(tmp_path), as_me(index)) is None


def test_roles_and_status_decide_who_may_upload(index: DisturbedIndex, tmp_path: Path) -> None:
    index.put(small_wheel(tmp_path), owner="somebody")
    newer = small_wheel(tmp_path, version="2.0")
    refused = (
        "403 The user 'me' isn't allowed to upload to project 'orc-demo'. "
        f"See {HELP}project-name for more information."
    )
    assert upload(index, newer, as_me(index)) == refused
    index.add_role("orc-demo", "me", "Maintainer")
    index.set_status("orc-demo", "archived")
    assert upload(index, newer, as_me(index)) == refused
    index.set_status("orc-demo", "quarantined")
    assert upload(index, newer, as_me(index)) is None


def test_new_projects_are_counted_by_user_and_address(
    index: DisturbedIndex, tmp_path: Path
) -> None:
    web = httpx.Client(transport=httpx.WSGITransport(app=index.app), base_url="http://index")
    for number in range(20):
        assert upload(index, small_wheel(tmp_path, name=f"orc-{number}x"), as_me(index)) is None
    assert upload(index, small_wheel(tmp_path, name="orc-20x"), as_me(index)) == (
        "429 Too many new projects created"
    )
    assert not index.has_project("orc-20x")
    assert upload(index, small_wheel(tmp_path, "orc-0x", "2.0"), as_me(index)) is None
    wheel = small_wheel(tmp_path, name="orc-20x")
    form = deposited_form(wheel, tmp_path)
    answer = web.post(
        "/legacy/",
        data={":action": "file_upload", **dict(form.fields)},
        files={"content": (wheel.name, wheel.read_bytes())},
        headers={"Authorization": as_me(index)},
    )
    assert answer.status_code == 429
    assert answer.headers["RateLimit-Policy"] == (
        '"project.create.ip";q=40;w=3600;pk=:ip:, "project.create.user";q=20;w=3600;pk=:user:'
    )
    assert '"project.create.user";r=0' in answer.headers["RateLimit"]
    index.clock.sleep(3601)
    assert upload(index, wheel, as_me(index)) is None


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("read-only", "403 Read-only mode: Uploads are temporarily disabled."),
        ("disallow-new-upload", "403 New uploads are temporarily disabled. See"),
        ("disallow-new-project-registration", "403 New project registration temporarily disabled."),
    ],
)
def test_switches_of_the_administrators(
    index: DisturbedIndex, tmp_path: Path, flag: str, said: str
) -> None:
    index.flags.add(flag)
    assert str(upload(index, small_wheel(tmp_path), as_me(index))).startswith(said)


# What was there before


def test_identical_bytes_change_nothing(index: DisturbedIndex, tmp_path: Path) -> None:
    wheel = small_wheel(tmp_path)
    index.put(wheel, owner="me")
    index.age_release("orc-demo", "1.0", 400)
    serial = index.catalogue.serial
    assert upload(index, wheel, as_me(index)) is None
    assert index.catalogue.serial == serial
    index.set_status("orc-demo", "archived")
    assert "isn't allowed to upload" in str(upload(index, wheel, as_me(index)))


def test_same_bytes_under_another_name_are_refused_everywhere(
    index: DisturbedIndex, tmp_path: Path
) -> None:
    wheel = small_wheel(tmp_path)
    renamed = tmp_path / "orc_other-1.0-py3-none-any.whl"
    renamed.write_bytes(wheel.read_bytes())
    index.put(wheel, owner="somebody")
    form = deposited_form(renamed, index.incoming)
    fields = tuple((name, "orc-other" if name == "name" else value) for name, value in form.fields)
    with pytest.raises(Refused, match="File already exists"):
        UploadRequest(
            index,
            type(form)(fields=fields, files=form.files),
            authorization=as_me(index),
            address="127.0.0.1",
        ).run()
    assert not index.has_project("orc-other")


def test_deleted_filenames_stay_burnt(index: DisturbedIndex, tmp_path: Path) -> None:
    wheel = small_wheel(tmp_path)
    burnt = "400 This filename was previously used by a file that has since been deleted."
    index.put(wheel, owner="me")
    index.delete_file(wheel.name)
    assert str(upload(index, wheel, as_me(index))).startswith(burnt)
    index.delete_release("orc-demo", "1.0")
    assert str(upload(index, wheel, as_me(index))).startswith(burnt)
    index.delete_project("orc-demo")
    assert str(upload(index, wheel, as_me(index))).startswith(burnt)
    assert not index.has_project("orc-demo")
    assert upload(index, small_wheel(tmp_path, version="2.0"), as_me(index)) is None


def test_old_releases_are_closed_under_every_spelling(
    index: DisturbedIndex, tmp_path: Path
) -> None:
    index.put(small_wheel(tmp_path), owner="me")
    index.age_release("orc-demo", "1.0", 13)
    assert upload(index, small_sdist(tmp_path), as_me(index)) is None
    index.delete_file("orc_demo-1.0.tar.gz")
    index.age_release("orc-demo", "1.0", 15)
    closed = "400 Uploading new files to releases older than 14 days is not allowed."
    assert upload(index, small_sdist(tmp_path, version="1.0.0"), as_me(index)) == closed
    assert upload(index, small_wheel(tmp_path, version="1.1"), as_me(index)) is None


def test_one_sdist_for_1_0_and_1_0_0_together(index: DisturbedIndex, tmp_path: Path) -> None:
    index.put(small_sdist(tmp_path), owner="me")
    assert upload(index, small_sdist(tmp_path, version="1.0.0"), as_me(index)) == (
        "400 Only one sdist may be uploaded per release."
    )


def test_refused_upload_leaves_no_trace(index: DisturbedIndex, tmp_path: Path) -> None:
    wheel = small_wheel(tmp_path, headers="Classifier: No :: Such\n")
    assert "is not a valid classifier" in str(upload(index, wheel, as_me(index)))
    late = small_wheel(tmp_path).rename(tmp_path / "orc_demo-2.0-py3-none-any.whl")
    form = deposited_form(late, index.incoming)
    with pytest.raises(Refused):
        UploadRequest(index, form, authorization=as_me(index), address="x").run()
    assert not index.has_project("orc-demo")
    assert index.catalogue.serial == 0
    assert upload(index, small_wheel(tmp_path), as_me(index)) is None


def test_refused_upload_restores_name_and_pending_publishers(
    index: DisturbedIndex, tmp_path: Path
) -> None:
    index.add_user("other")
    form = {
        "project_name": "orc-demo",
        "owner": "o",
        "repository": "r",
        "workflow_filename": "p.yml",
    }
    assert index.register_pending("other", form).accepted
    index.put(small_wheel(tmp_path, name="orc-mine"), owner="me")
    broken = "Description-Content-Type: text/x-rst\n\n|undefined|\n"
    for name in ("Orc.Mine", "orc-demo"):
        wheel = small_wheel(tmp_path, name=name, version="0.1", headers=broken)
        verdict = upload(index, wheel, as_me(index))
        assert str(verdict).startswith("400 The description failed to render for 'text/x-rst'.")
    assert index.project("orc-mine").name == "orc-mine"
    assert len(index.publishing.pending) == 1
    assert upload(index, small_wheel(tmp_path, version="2.0"), as_me(index)) is None
    assert index.publishing.pending == []
    assert index.publishing.emails[-1].subject == (
        "Pending trusted publisher invalidated for orc-demo"
    )


def test_limits_of_size_are_those_of_the_project(index: DisturbedIndex, tmp_path: Path) -> None:
    index.put(small_wheel(tmp_path), owner="me")
    index.project("orc-demo").extra_size = 10 * 1024**3 - 100
    assert str(upload(index, small_wheel(tmp_path, version="2.0"), as_me(index))).startswith(
        "400 Project size too large. Limit for project 'orc-demo' total size is 10 GB."
    )


def test_inactive_organization_cannot_upload(index: DisturbedIndex, tmp_path: Path) -> None:
    index.put(small_wheel(tmp_path), owner="me")
    project = index.project("orc-demo")
    project.organization, project.organization_active = "orc-org", False
    assert str(upload(index, small_wheel(tmp_path, version="2.0"), as_me(index))).startswith(
        "400 Organization account owning this project is inactive."
    )


def test_api_token_beside_a_trusted_publisher_is_mailed_about_once(
    index: DisturbedIndex, tmp_path: Path
) -> None:
    index.put(small_wheel(tmp_path), owner="me")
    index.register_publisher("orc-demo", owner="o", repository="r", workflow="p.yml")
    authorization = as_me(index)
    for version in ("2.0", "3.0"):
        assert upload(index, small_wheel(tmp_path, version=version), authorization) is None
    assert [one.subject for one in index.publishing.emails] == [
        "API token used to upload to project orc-demo despite Trusted Publishing enabled"
    ]


def test_attestations_need_a_trusted_publisher_and_a_structure(
    index: DisturbedIndex, tmp_path: Path
) -> None:
    index.create_project("orc-demo", owner="me")
    index.register_publisher("orc-demo", owner="o", repository="r", workflow="p.yml")
    minted = index.publishing.mint(b'{"token": "%s"}' % index.github_jwt("o/r", "p.yml").encode())[
        "token"
    ]
    one = (
        '{"version": 1, "verification_material": {"certificate": "MIIC", "transparency_entries":'
        ' [{}]}, "envelope": {"statement": "e30=", "signature": "e30="}}'
    )
    said = "400 Invalid attestations supplied during upload: "
    wheel = small_wheel(tmp_path)
    for authorization, given, complaint in (
        (as_me(index), f"[{one}]", "Attestations are only supported when using Trusted Publishing"),
        (
            f"token {minted}",
            "[]",
            "Malformed attestations: an empty attestation set is not permitted",
        ),
        (
            f"token {minted}",
            "x",
            "Malformed attestations: 1 validation error for list[Attestation]",
        ),
        (
            f"token {minted}",
            '[{"version": 1}]',
            "Malformed attestations: 2 validation errors for list[Attestation]",
        ),
        (
            f"token {minted}",
            f"[{one},{one},{one}]",
            "A maximum of 2 attestations per file are supported",
        ),
    ):
        assert upload(index, wheel, authorization, attestations=given) == said + complaint
    assert upload(index, wheel, f"token {minted}", attestations=f"[{one}]") is None
    assert index.project("orc-demo").files()[0].provenance is not None


def test_the_first_failing_step_speaks(index: DisturbedIndex, tmp_path: Path) -> None:
    """Each step mends what the answer before complained of; the order is Warehouse's."""
    index.put(small_wheel(tmp_path), owner="somebody")
    index.age_release("orc-demo", "1.0", 400)
    me = index.user("me")
    me.verified_email = me.two_factor = False
    index.set_status("orc-demo", "archived")
    broken = "Description-Content-Type: text/x-rst\n\n|undefined|\n"
    wheel = small_wheel(tmp_path, headers=f"Classifier: No :: Such\n{broken}")
    good = as_me(index)

    def verdict(
        authorization: str = good, filename: str = "orc_demo-1.0-py3-none-none.zip", **fields: str
    ) -> str:
        form = deposited_form(wheel, index.incoming)
        changed = {**dict(form.fields), "filetype": "bdist_wheel", "pyversion": "py3", **fields}
        part = replace(form.files[0], filename=filename)
        request = type(form)(
            fields=tuple((name, value) for name, value in changed.items() if value), files=(part,)
        )
        try:
            UploadRequest(index, request, authorization=authorization, address="x").run()
        except Refused as refused:
            return refused.text
        return "taken"

    steps = [verdict("token pypi-garbage", pyversion=""), verdict(pyversion=""), verdict()]
    sane = {"classifiers": ""}
    steps.append(verdict(**sane))
    index.set_status("orc-demo", "active")
    steps.append(verdict(**sane))
    index.add_role("orc-demo", "me")
    steps.append(verdict(**sane))
    me.verified_email = True
    steps.append(verdict(**sane))
    me.two_factor = True
    index.project("orc-demo").organization_active = False
    index.project("orc-demo").organization = "orc-org"
    steps.append(verdict(**sane))
    index.project("orc-demo").organization_active = True
    steps.append(verdict(**sane))
    sane["description"] = ""
    steps.append(verdict(**sane))
    sane["filename"] = "orc_demo-1.0-py3-none-none.whl"
    index.project("orc-demo").extra_size = 10 * 1024**3
    steps.append(verdict(**sane, sha256_digest="0" * 64))
    index.project("orc-demo").extra_size = 0
    steps.append(verdict(**sane, sha256_digest="0" * 64))
    index.catalogue.used_filenames.add(sane["filename"])
    steps.append(verdict(**sane))
    index.catalogue.used_filenames.discard(sane["filename"])
    steps.append(verdict(**sane))
    index.age_release("orc-demo", "1.0", 1)
    steps.append(verdict(**sane))
    starts = [
        "Invalid or non-existent authentication information.",
        "Invalid value for pyversion. Error: Python version is required",
        "'No :: Such' is not a valid classifier.",
        "The user 'me' isn't allowed to upload to project 'orc-demo'.",
        "The user 'me' isn't allowed to upload to project 'orc-demo'.",
        "User 'me', associated with the API token used, does not have a verified primary email",
        "User 'me', associated with the API token used, does not have two-factor authentication",
        "Organization account owning this project is inactive.",
        "The description failed to render for 'text/x-rst'.",
        "Invalid file extension: Extension .zip is invalid for filetype bdist_wheel.",
        "Project size too large. Limit for project 'orc-demo' total size is 10 GB.",
        "The digest supplied does not match a digest calculated from the uploaded file.",
        "This filename was previously used by a file that has since been deleted.",
        "Uploading new files to releases older than 14 days is not allowed.",
        "Binary wheel 'orc_demo-1.0-py3-none-none.whl' has an unsupported platform tag 'none'.",
    ]
    assert [step[: len(start)] for step, start in zip(steps, starts, strict=True)] == starts
