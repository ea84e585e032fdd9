"""Trusted publishing on the stand-in index: registration forms and token exchange."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from disturbed import DisturbedIndex
from held_clock import HeldClock
from nox_release.rehearsal.answers import Refused
from nox_release.rehearsal.multipart import Form
from nox_release.rehearsal.oidc import ExchangeRefusal
from nox_release.rehearsal.uploading import UploadRequest, deposited_form
from small_wheels import small_wheel

FORM = {
    "project_name": "orc-demo",
    "owner": "octo",
    "repository": "Repo",
    "workflow_filename": "publish.yml",
    "environment": "",
}


@pytest.fixture
def index(tmp_path: Path):
    index = DisturbedIndex(tmp_path / "index", clock=HeldClock())
    index.add_user("me")
    index.add_user("other")
    yield index
    index.close()


def mint(index: DisturbedIndex, token: str, path: str = "/_/oidc/mint-token") -> tuple[int, dict]:
    transport = httpx.WSGITransport(app=index.app)
    with httpx.Client(transport=transport, base_url="http://index") as client:
        answer = client.post(path, json={"token": token})
    return answer.status_code, answer.json() if answer.status_code != 500 else {}


def refusal(index: DisturbedIndex, token: str) -> tuple[str, str]:
    status, answer = mint(index, token)
    assert status == 422, answer
    assert answer["message"] == "Token request failed"
    return answer["errors"][0]["code"], answer["errors"][0]["description"]


@pytest.fixture
def published(index: DisturbedIndex) -> DisturbedIndex:
    index.create_project("orc-demo", owner="me")
    index.register_publisher("orc-demo", owner="octo", repository="Repo", workflow="publish.yml")
    return index


NOT_FOUND = (
    "invalid-publisher",
    "valid token, but no corresponding publisher (Publisher with matching claims was not found)",
)


def test_audience_is_told_unless_switched_off(index: DisturbedIndex) -> None:
    with httpx.Client(transport=httpx.WSGITransport(app=index.app), base_url="http://i") as client:
        assert client.get("/_/oidc/audience").json() == {"audience": "pypi"}
        assert client.get("/_/oidc/mint-token").status_code == 405
        index.flags.add("disallow-oidc")
        off = client.get("/_/oidc/audience")
        assert off.status_code == 403
        assert off.json() == {"message": "Trusted publishing functionality not enabled"}


@pytest.mark.parametrize("path", ["/_/oidc/mint-token", "/_/oidc/github/mint-token"])
def test_matching_token_is_exchanged_for_fifteen_minutes(
    published: DisturbedIndex, tmp_path: Path, path: str
) -> None:
    status, answer = mint(published, published.github_jwt("octo/Repo", "publish.yml"), path)
    assert status == 200
    assert answer["success"] is True
    assert answer["expires"] == int(published.now().timestamp()) + 900
    assert answer["token"].startswith("pypi-")


@pytest.mark.parametrize(
    ("repository", "workflow", "claims"),
    [
        ("octo/repo", "publish.yml", {}),
        ("Octo/Repo", "publish.yml", {}),
        ("octo/Repo", "publish.yaml", {}),
        ("octo/Repo", "Publish.yml", {}),
        ("octo/Repo", "publish.yml", {"repository_owner_id": "7"}),
    ],
)
def test_look_up_is_exact_in_every_value(
    published: DisturbedIndex, repository: str, workflow: str, claims: dict
) -> None:
    token = published.github_jwt(repository, workflow, **claims)
    assert refusal(published, token) == NOT_FOUND


def test_environment_is_compared_without_case_and_the_most_specific_wins(
    published: DisturbedIndex,
) -> None:
    specific = published.register_publisher(
        "orc-demo", owner="octo", repository="Repo", workflow="publish.yml", environment="PyPI"
    )
    for environment, expected in (("PYPI", True), ("other", False), (None, False)):
        token = published.github_jwt("octo/Repo", "publish.yml", environment=environment)
        assert mint(published, token)[0] == 200
        record = list(published.accounts.records.values())[-1]
        assert (record.publisher is specific) is expected


def test_publisher_with_environment_needs_one(index: DisturbedIndex) -> None:
    index.create_project("orc-demo", owner="me")
    index.register_publisher(
        "orc-demo", owner="octo", repository="Repo", workflow="publish.yml", environment="pypi"
    )
    assert refusal(index, index.github_jwt("octo/Repo", "publish.yml")) == NOT_FOUND


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"ref": ""}, None),
        ({"ref": "", "sha": ""}, "The ref and sha claims are empty"),
        (
            {"event_name": "pull_request_target"},
            "Publishing from a workflow invoked via 'pull_request_target' is not supported.",
        ),
        (
            {"job_workflow_ref": "shared/flows/.github/workflows/publish.yml@v1"},
            (
                "The job_workflow_ref claim does not match, expecting one of "
                "['octo/Repo/.github/workflows/publish.yml@"
                "0000000000000000000000000000000000000000', "
                "'octo/Repo/.github/workflows/publish.yml@refs/heads/main'], got "
                "'shared/flows/.github/workflows/publish.yml@v1'"
            ),
        ),
        (
            {"job_workflow_ref": "octo/Repo/.github/workflows/publish@main"},
            "Could not job extract workflow filename from OIDC claims",
        ),
        ({"sha": None}, "Missing claim 'sha'"),
    ],
)
def test_claim_checks_give_their_reason(
    published: DisturbedIndex, claims: dict, reason: str | None
) -> None:
    token = published.github_jwt("octo/Repo", "publish.yml", **claims)
    if reason is None:
        sha = claims | {"job_workflow_ref": "octo/Repo/.github/workflows/publish.yml@" + "0" * 40}
        assert mint(published, published.github_jwt("octo/Repo", "publish.yml", **sha))[0] == 200
        return
    said = f"valid token, but no corresponding publisher ({reason})"
    assert refusal(published, token) == ("invalid-publisher", said)


def test_signature_and_times_are_checked(published: DisturbedIndex) -> None:
    now = int(published.now().timestamp())

    def token(header: dict | None = None, **claims: object) -> str:
        plain = published.github_jwt("octo/Repo", "publish.yml", **claims)
        if header is None:
            return plain
        import base64

        body = plain.split(".")[1]
        payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return published.jwt(payload, header=header)

    head, body, signature = token().split(".")
    invalid = ("invalid-token", "malformed or invalid token")
    broken = "A" if signature[3] != "A" else "B"
    for bad in (
        f"{head}.{body}.{signature[:3]}{broken}{signature[4:]}",
        f"{head}.{body}.",
        token({"alg": "none"}),
        token({"alg": "HS256"}),
        token({"kid": None}),
        token({"kid": "unknown"}),
        token(aud="testpypi"),
        token(aud=["pypi"]),
        token(exp=now - 60),
        token(nbf=now + 600),
        token(iat=now + 600),
        token(iat=None),
        token(exp="soon"),
        token(jti=5),
        token(iss="https://gitlab.com"),
    ):
        assert refusal(published, bad) == invalid
    for good in (token(exp=now - 10), token(nbf=now + 20), token()):
        assert mint(published, good)[0] == 200


def test_what_is_no_token_is_an_invalid_payload(published: DisturbedIndex) -> None:
    assert refusal(published, "x") == ("invalid-payload", "malformed JWT")
    assert refusal(published, "a.b.c") == ("invalid-payload", "malformed JWT")
    unknown = published.github_jwt("octo/Repo", "publish.yml", iss="https://example.org")
    assert refusal(published, unknown) == ("invalid-payload", "unknown trusted publishing issuer")
    published.flags.add("disallow-github-oidc")
    assert refusal(published, published.github_jwt("octo/Repo", "publish.yml")) == (
        "not-enabled",
        "github trusted publishing functionality not enabled",
    )


def test_token_is_used_once_and_a_refused_one_is_not_burnt(index: DisturbedIndex) -> None:
    token = index.github_jwt("octo/Repo", "publish.yml")
    assert refusal(index, token) == NOT_FOUND
    index.create_project("orc-demo", owner="me")
    index.register_publisher("orc-demo", owner="octo", repository="Repo", workflow="publish.yml")
    assert mint(index, token)[0] == 200
    assert refusal(index, token) == ("invalid-reuse-token", "invalid token: already used")
    pending = {**FORM, "project_name": "orc-later"}
    assert index.register_pending("me", pending).accepted
    # Warehouse does not expect a used token while it looks for pending publishers.
    assert mint(index, token)[0] == 500


# Pending publishers


def test_pending_publisher_makes_its_project_at_the_exchange(index: DisturbedIndex) -> None:
    result = index.register_pending("me", FORM)
    assert result.accepted
    assert result.status == 303
    assert not index.has_project("orc-demo")
    assert mint(index, index.github_jwt("octo/Repo", "publish.yml"))[0] == 200
    assert index.project("orc-demo").roles == {"me": "Owner"}
    assert index.project("orc-demo").releases == {}
    assert index.publishing.pending == []
    assert [one.subject for one in index.publishing.emails] == [
        "Trusted publisher created project orc-demo"
    ]
    assert mint(index, index.github_jwt("octo/Repo", "publish.yml"))[0] == 200


def test_pending_name_that_differs_from_the_metadata_leaves_an_empty_project(
    index: DisturbedIndex, tmp_path: Path
) -> None:
    index.register_pending("me", {**FORM, "project_name": "orc-wrong"})
    token = mint(index, index.github_jwt("octo/Repo", "publish.yml"))[1]["token"]
    form = deposited_form(small_wheel(tmp_path), index.incoming)
    with pytest.raises(Refused, match="Non-user identities cannot create new projects"):
        UploadRequest(index, form, authorization=f"token {token}", address="x").run()
    assert index.project("orc-wrong").releases == {}
    index.create_project("orc-demo", owner="me")
    form = deposited_form(small_wheel(tmp_path), index.incoming)
    with pytest.raises(Refused) as caught:
        UploadRequest(index, form, authorization=f"token {token}", address="x").run()
    assert caught.value.text.startswith(
        "Invalid API Token: OIDC scoped token is not valid for project 'orc-demo', "
    )


def test_own_upload_first_uses_the_pending_publisher_up(
    index: DisturbedIndex, tmp_path: Path
) -> None:
    index.register_pending("me", FORM)
    index.put(small_wheel(tmp_path), owner="me")
    assert len(index.publishing.pending) == 1
    token = index.github_jwt("octo/Repo", "publish.yml")
    assert refusal(index, token) == (
        "invalid-pending-publisher",
        "valid token, but project already exists",
    )
    assert refusal(index, token) == NOT_FOUND


def test_stranger_who_takes_the_name_deletes_the_pending_publisher(
    index: DisturbedIndex, tmp_path: Path
) -> None:
    index.register_pending("me", FORM)
    index.put(small_wheel(tmp_path, name="orc-dem0"), owner="other")
    assert index.publishing.pending == []
    assert refusal(index, index.github_jwt("octo/Repo", "publish.yml")) == NOT_FOUND


def test_pending_name_that_became_unusable_is_an_invalid_payload(index: DisturbedIndex) -> None:
    index.register_pending("me", FORM)
    index.prohibit("orc-demo")
    code, text = refusal(index, index.github_jwt("octo/Repo", "publish.yml"))
    assert code == "invalid-payload"
    assert text.startswith("The name 'orc-demo' isn't allowed. See https://pypi.org/help/")


def test_pending_publishers_are_reminded_of_and_expire(index: DisturbedIndex) -> None:
    index.register_pending("me", FORM)
    for days, subjects in ((24, 0), (2, 1), (1, 1), (4, 2)):
        index.clock.sleep(days * 86400)
        index.pass_time()
        assert len(index.publishing.emails) == subjects
    assert index.publishing.pending == []


@pytest.mark.parametrize(
    ("changed", "errors"),
    [
        ({"project_name": ""}, {"project_name": "missing"}),
        ({"project_name": "a b"}, {"project_name": "name-syntax"}),
        ({"project_name": "json"}, {"project_name": "name-stdlib"}),
        ({"project_name": "orc-taken"}, {"project_name": "name-exists"}),
        ({"project_name": "0rc-taken"}, {"project_name": "name-too-similar"}),
        ({"project_name": "orc-bad"}, {"project_name": "name-prohibited"}),
        ({"owner": ""}, {"owner": "missing"}),
        ({"owner": "-octo"}, {"owner": "invalid"}),
        ({"owner": "nobody"}, {"owner": "unknown"}),
        ({"repository": ""}, {"repository": "missing"}),
        ({"repository": "a/b"}, {"repository": "invalid"}),
        ({"workflow_filename": ""}, {"workflow_filename": "missing"}),
        ({"workflow_filename": "p.yml.txt"}, {"workflow_filename": "invalid"}),
        ({"workflow_filename": "a/p.yml"}, {"workflow_filename": "invalid"}),
        ({"environment": "e" * 256}, {"environment": "invalid"}),
        ({"environment": " e"}, {"environment": "invalid"}),
        ({"environment": "e "}, {"environment": "invalid"}),
        ({"environment": "a,b"}, {"environment": "invalid"}),
        (
            {"owner": "", "workflow_filename": "p"},
            {"owner": "missing", "workflow_filename": "invalid"},
        ),
    ],
)
def test_form_refuses_what_the_page_refuses(
    index: DisturbedIndex, changed: dict, errors: dict
) -> None:
    index.registrations.github_owners = {"octo": ("octo", "1001")}
    index.create_project("orc-taken", owner="other")
    index.prohibit("orc-bad")
    result = index.register_pending("me", {**FORM, **changed})
    assert not result.accepted
    assert result.errors == errors
    assert index.publishing.pending == []


def test_form_takes_githubs_spelling_of_the_owner_and_lowers_the_environment(
    index: DisturbedIndex,
) -> None:
    index.registrations.github_owners = {"octo": ("octo", "4711")}
    row = index.register_pending(
        "me",
        {**FORM, "owner": "OCTO", "environment": "PyPI", "workflow_filename": " publish.yml "},
    ).publisher
    assert row is not None
    assert (row.owner, row.owner_id, row.environment) == ("octo", "4711", "pypi")
    assert (row.repository, row.workflow) == ("Repo", "publish.yml")


def test_registrations_are_limited_and_unique(index: DisturbedIndex) -> None:
    assert index.register_pending("me", FORM).accepted
    again = index.register_pending("me", FORM)
    assert again.problem == "registered already"
    other = index.register_pending("other", {**FORM, "project_name": "orc-second"})
    assert other.problem == "registered already"
    for number in range(2):
        form = {**FORM, "project_name": f"orc-{number}z", "repository": f"r{number}"}
        assert index.register_pending("me", form).accepted
    full = index.register_pending("me", {**FORM, "repository": "r9"})
    assert full.problem == "3 pending publishers already"
    index.user("me").verified_email = False
    assert index.register_pending("me", FORM).problem == "no verified e-mail address"
    index.flags.add("disallow-github-oidc")
    assert index.register_pending("me", FORM).problem == "disabled by the administrators"


def test_hundredth_registration_of_a_day_is_the_last(index: DisturbedIndex) -> None:
    for _ in range(100):
        index.register_pending("me", {**FORM, "repository": ""})
    refused = index.register_pending("me", FORM)
    assert refused.status == 429
    assert not refused.accepted
    index.clock.sleep(86401)
    assert index.register_pending("me", FORM).accepted


def test_project_page_registers_at_once_and_only_once(index: DisturbedIndex) -> None:
    index.create_project("orc-demo", owner="me")
    assert index.register_on_project("me", "orc-demo", FORM).accepted
    again = index.register_on_project("me", "orc-demo", FORM)
    assert again.problem == "registered already"
    assert mint(index, index.github_jwt("octo/Repo", "publish.yml"))[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"token": "a",}',
        b"{} x",
        b'"\xff"',
        b"[]",
        b'{"jwt": 1}',
        b'{"token": 5}',
        b"1",
        b"[" * 100_000,
    ],
)
def test_what_has_no_token_in_it_is_an_invalid_payload(index: DisturbedIndex, body: bytes) -> None:
    with pytest.raises(ExchangeRefusal) as caught:
        index.publishing.mint(body)
    assert (caught.value.status, caught.value.code) == (422, "invalid-payload")


# Tokens that are burnt, and an index that may only be read


def post(index: DisturbedIndex, path: str, document: object) -> httpx.Response:
    transport = httpx.WSGITransport(app=index.app)
    with httpx.Client(transport=transport, base_url="http://index") as client:
        return client.post(path, json=document)


def with_wrong_digest(index: DisturbedIndex, token: str, wheel: Path) -> str:
    """The status and the first words of the answer to a file that is not what its digest says."""
    form = deposited_form(wheel, index.incoming)
    fields = [(name, value) for name, value in form.fields if name != "sha256_digest"]
    wrong = Form(fields=(*fields, ("sha256_digest", "0" * 64)), files=form.files)
    with pytest.raises(Refused) as caught:
        UploadRequest(index, wrong, authorization=f"token {token}", address="127.0.0.1").run()
    return f"{caught.value.status} {caught.value}"


def test_burnt_token_uploads_nothing(published: DisturbedIndex, tmp_path: Path) -> None:
    token = mint(published, published.github_jwt("octo/Repo", "publish.yml"))[1]["token"]
    assert "does not match" in with_wrong_digest(published, token, small_wheel(tmp_path))
    assert post(published, "/_/oidc/burn-token", {"token": token}).status_code == 202
    refused = with_wrong_digest(published, token, small_wheel(tmp_path))
    assert refused.startswith("403 Invalid or non-existent authentication information")


@pytest.mark.parametrize("document", [{}, [], {"token": 5}, {"token": "pypi-garbage"}])
def test_burning_what_is_no_token_is_accepted_too(index: DisturbedIndex, document: object) -> None:
    assert post(index, "/_/oidc/burn-token", document).status_code == 202


def test_token_of_a_user_is_not_burnt(published: DisturbedIndex, tmp_path: Path) -> None:
    token = published.token("me")
    post(published, "/_/oidc/burn-token", {"token": token})
    assert "does not match" in with_wrong_digest(published, token, small_wheel(tmp_path))


def test_read_only_index_answers_an_exchange_and_keeps_nothing(
    index: DisturbedIndex, tmp_path: Path
) -> None:
    index.register_pending("me", FORM)
    index.flags.add("read-only")
    status, answer = mint(index, index.github_jwt("octo/Repo", "publish.yml"))
    assert (status, answer["success"]) == (200, True)
    assert not index.has_project("orc-demo")
    assert [one.project_name for one in index.publishing.pending] == ["orc-demo"]
    assert index.publishing.publishers == []
    index.flags.clear()
    refused = with_wrong_digest(index, answer["token"], small_wheel(tmp_path))
    assert refused.startswith("403 Invalid or non-existent authentication information")


@pytest.mark.parametrize(
    ("arrange", "said"),
    [
        (lambda index: None, "400 The digest supplied does not match a digest calculated"),
        (
            lambda index: index.set_status("orc-demo", "archived"),
            "403 The given token isn't allowed to upload to project 'orc-demo'",
        ),
        (
            lambda index: index.set_status("orc-demo", "quarantined"),
            "403 The given token isn't allowed to upload to project 'orc-demo'",
        ),
        (
            lambda index: index.delete_project("orc-demo"),
            "400 Non-user identities cannot create new projects",
        ),
    ],
    ids=["active", "archived", "quarantined", "deleted"],
)
def test_wrong_digest_tells_whether_a_publisher_may_upload(
    published: DisturbedIndex, tmp_path: Path, arrange, said: str
) -> None:
    token = mint(published, published.github_jwt("octo/Repo", "publish.yml"))[1]["token"]
    arrange(published)
    assert with_wrong_digest(published, token, small_wheel(tmp_path)).startswith(said)
    assert published.filenames("orc-demo") == ()


def test_wrong_digest_tells_that_the_publisher_is_another_projects(
    published: DisturbedIndex, tmp_path: Path
) -> None:
    published.create_project("orc-second", owner="me")
    token = mint(published, published.github_jwt("octo/Repo", "publish.yml"))[1]["token"]
    other = small_wheel(tmp_path, "orc-second")
    refused = with_wrong_digest(published, token, other)
    assert refused.startswith("403 Invalid API Token: OIDC scoped token is not valid for")
