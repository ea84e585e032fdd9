"""From a log's text to its causes: normalising, ranking, wording, and logs of any size."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

import nox_release
from nox_release.diagnosis.catalogue import entry
from nox_release.diagnosis.claims import differences, parse_claims
from nox_release.diagnosis.engine import diagnose
from nox_release.diagnosis.long_logs import parts_of
from nox_release.diagnosis.normalise import read_log
from nox_release.diagnosis.patterns import literal, literals
from nox_release.diagnosis.unexplained import first_errors
from nox_release.diagnosis.uploads import uploads_in
from nox_release.diagnosis.values import Circumstances
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import Project, Settings

PROJECT = Project(
    root=Path(),
    name="Demo.Tool",
    version="1.2.0",
    urls=(("Source", "https://github.com/acme/demo"),),
    settings=Settings(workflow="publish.yml", environment="pypi"),
)
PUBLISHER = TrustedPublisher(
    owner="acme", repository="demo", workflow="publish.yml", environment="pypi"
)
REFUSED = """Token request failed: the server refused the request for the following reasons:

* `invalid-publisher`: valid token, but no corresponding publisher (Publisher with matching claims was not found)

* `sub`: `repo:{repository}:environment:{environment}`
* `repository`: `{repository}`
* `repository_owner`: `acme`
* `workflow_ref`: `{repository}/.github/workflows/{workflow}@refs/tags/v1.2.0`
* `job_workflow_ref`: `{holder}/.github/workflows/{workflow}@refs/tags/v1.2.0`
* `environment`: `{environment}`
"""


def refused(**other):
    values = {"repository": "acme/demo", "environment": "pypi", "workflow": "publish.yml", **other}
    return REFUSED.format(holder=values.pop("holder", values["repository"]), **values)


def the(text, **more):
    return diagnose(text, **more)[0]


# --- normalising -----------------------------------------------------------------------------


def test_message_wrapped_in_the_middle_of_a_sentence_is_found():
    found = the(
        "ERROR    HTTPError: 400 Bad Request\n         File already     \n         exists\n"
    )
    assert (found.id, found.line, found.line_number) == ("wh-exists", "File already exists", 2)


def test_prefixes_tell_job_and_step():
    found = the("publish\tUpload\t2026-01-02T03:04:05.1Z ##[error]File already exists\n")
    assert (found.job, found.step, found.line) == ("publish", "Upload", "File already exists")


def test_group_of_a_raw_log_is_its_step():
    found = the("##[group]Run twine upload\n##[endgroup]\nFile already exists\n")
    assert found.step == "Run twine upload"


def test_annotation_with_escaped_line_breaks_is_found():
    assert the("::error::It failed%0AFile already%0Aexists").id == "wh-exists"


def test_html_and_json_bodies_are_read():
    assert the(
        "<h1>400 The name &#x27;foo&#x27; is too similar to an existing project</h1>"
    ).id == ("wh-name-similar")
    assert the('{"message": "x\\nFile already\\nexists"}').id == "wh-exists"


def test_script_that_a_step_echoes_is_no_message():
    assert diagnose("\x1b[36;1mgrep 'File already exists' log\x1b[0m\nok\n") == ()


def test_windows_line_ends_and_progress_bars_are_line_ends():
    log = read_log("a\r\nb\r 10%\r 20%\nc")
    assert [line.text for line in log.lines] == ["a", "b", "10%", "20%", "c"]


def test_an_empty_log_says_nothing():
    assert diagnose("") == ()
    assert diagnose("\n\n  \n") == ()


# --- ranking ---------------------------------------------------------------------------------


def test_cause_beside_another_certain_one_is_not_said_with_certainty():
    one = "fatal: tag 'v1.0.0' already exists\n"
    other = "ERROR HTTPError: 400 Bad Request from https://upload.pypi.org/legacy/\nFile already exists\n"
    assert the(one).confidence == the(other).confidence == "certain"
    assert the(one + other).confidence == "likely"


def test_cause_in_a_line_that_only_warns_is_not_said_with_certainty():
    said = "Backend 'hatchling.build' is not available."
    assert the(f"{said}\n").confidence == "certain"
    assert the(f"WARNING: {said}\n").confidence == "likely"


def test_failure_comes_before_a_cause_that_a_warning_names():
    found = diagnose(
        "WARNING: Backend 'hatchling.build' is not available.\nfatal: tag 'v1.0.0' already exists\n"
    )
    assert found[0].id == "gt-tag-exists"


@pytest.mark.parametrize(
    ("field", "known"),
    [("classifiers", "wh-classifier"), ("author_email", "wh-email"), ("platform", "wh-form")],
)
def test_refusal_in_new_words_is_known_by_the_field_that_it_names(field, known):
    found = the(
        "ERROR HTTPError: 400 Bad Request from https://upload.pypi.org/legacy/\n"
        f"Invalid value for {field}. Error: It will not do.\n"
    )
    assert found.id == known
    assert "It will not do" in f"{found.cause} {found.line}"


def test_build_that_pip_gave_up_is_a_diagnosis_only_where_nothing_else_tells():
    frame = "ERROR: Failed building wheel for demo\n"
    assert [(d.id, d.confidence) for d in diagnose(frame)] == [("fm-build", "possible")]
    told = diagnose(f"fatal error: Python.h: No such file or directory\n{frame}")
    assert "fm-build" not in [d.id for d in told]


def test_first_cause_comes_before_its_echo():
    found = diagnose(
        "Backend 'hatchling.build' is not available.\n"
        "ERROR Backend subprocess exited when trying to invoke build_wheel\n"
        "Error: Process completed with exit code 1.\n"
    )
    assert [diagnosis.id for diagnosis in found] == ["bd-backend"]


@pytest.mark.parametrize(
    "frame",
    [
        "Error: Process completed with exit code 1.",
        "HTTPError: 400 Bad Request from https://upload.pypi.org/legacy/\nBad Request",
        "💥 maturin failed",
        "ERROR Backend subprocess exited when trying to invoke build_wheel",
        "error: subprocess-exited-with-error",
    ],
)
def test_line_that_only_frames_a_failure_is_no_diagnosis(frame):
    text = f"mytool: the table is jammed\n{frame}\n"
    assert diagnose(text) == ()
    assert "mytool: the table is jammed" in first_errors(
        f"{text}Error: Process completed with exit code 1.\n"
    )


def test_last_lines_of_a_failed_step_are_shown_whatever_they_say():
    text = (
        "publish\tVerify\t2026-01-01T00:00:00.0Z ##[group]Run gh attestation verify dist/*.whl\n"
        "publish\tVerify\t2026-01-01T00:00:01.0Z too many arguments\n"
        "publish\tVerify\t2026-01-01T00:00:01.0Z ##[error]Process completed with exit code 1.\n"
    )
    assert first_errors(text) == ("too many arguments",)


def test_lines_to_read_say_what_happened_and_not_where():
    text = (
        "Uploading demo-1.0.tar.gz\n"
        "Traceback (most recent call last):\n"
        '  File "/opt/jam/cli.py", line 8, in main\n'
        "    raise Jam(code)\n"
        "RuntimeError: the table is jammed\n"
        "mytool failed\n"
        "  Caused by: no more tables\n"
        "    at Object.<anonymous> (/opt/jam/index.js:8:1)\n"
        "Error: Process completed with exit code 1.\n"
    )
    assert first_errors(text, count=3) == (
        "RuntimeError: the table is jammed",
        "mytool failed",
        "Caused by: no more tables",
    )


def test_log_of_frames_alone_shows_them():
    assert first_errors("Error: Process completed with exit code 2.\n") == (
        "Error: Process completed with exit code 2.",
    )


def test_empty_403_is_probably_the_credentials_and_not_said_with_certainty():
    found = diagnose("HTTPError: 403 Forbidden from https://upload.pypi.org/legacy/\nForbidden")
    assert [d.id for d in found] == ["wh-auth", "wh-not-yours"]
    assert {d.confidence for d in found} == {"possible"}


def test_kind_of_failure_is_named_after_what_went_well_where_its_line_speaks_of_an_error():
    well, refused = "Build completed successfully\n", "'1.13.0.rc1' does not conform to PEP 440\n"
    assert [d.id for d in diagnose(f"{well}Version {refused}")] == ["fm-version"]
    assert diagnose(f"Version {refused}{well}") == ()


def test_second_entry_in_the_line_of_a_better_one_is_silent():
    found = diagnose("ERROR InvalidDistribution: demo-4.2.3.zip has no associated attestations\n")
    assert [diagnosis.id for diagnosis in found] == ["tw-att-file"]


def test_nothing_is_guessed_about_an_unknown_failure():
    text = "Traceback (most recent call last):\nfrobnicator.Oops: the frobnicator is jammed\n"
    assert diagnose(text) == ()
    assert first_errors("fine\nfatal: the frobnicator is jammed\n") == (
        "fatal: the frobnicator is jammed",
    )


def test_skipped_files_are_a_failure_only_when_nothing_went_up():
    skipped = "WARNING  Skipping demo-1.0.tar.gz because it appears to already exist\n"
    assert the("Uploading demo-1.0.tar.gz\n" + skipped).id == "tw-skipped"
    assert diagnose(skipped + "View at:\nhttps://pypi.org/project/demo/1.0/\n") == ()


# --- this project's own values ---------------------------------------------------------------


def test_fix_is_worded_in_the_projects_values():
    found = the("HTTPError: 400 Bad Request\nFile already exists", project=PROJECT)
    assert "https://pypi.org/manage/project/demo-tool/releases/" in found.fix


def test_public_function_takes_the_project():
    assert nox_release.diagnose("File already exists", project=PROJECT)[0].id == "wh-exists"


def test_log_of_testpypi_speaks_of_testpypi():
    text = "403 Forbidden from https://test.pypi.org/legacy/ Invalid or non-existent authentication information"
    assert "https://test.pypi.org/manage/account/token/" in the(text, project=PROJECT).fix


def test_name_error_of_the_guide_says_what_it_really_means():
    found = the("400 Non-user identities cannot create new projects.", project=PROJECT)
    assert "pending publisher has just created the name" in found.cause
    assert "`Demo.Tool`" in found.cause
    assert "https://pypi.org/manage/account/publishing/" in found.fix


# --- one text, several causes ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"environment": "release"}, "environment is `release`, this project's is `pypi`"),
        ({"workflow": "ci.yml"}, "workflow file is `ci.yml`, this project's is `publish.yml`"),
        (
            {"repository": "acme/Demo"},
            "`acme/Demo`, this project's is `acme/demo` (the case counts)",
        ),
        ({"repository": "fork/demo"}, "`fork/demo`, this project's is `acme/demo`."),
    ],
)
def test_field_that_differs_from_the_publisher_is_named(other, named):
    found = the(refused(**other), project=PROJECT, known=Circumstances(publisher=PUBLISHER))
    assert found.id == "oi-none"
    assert named in found.cause


def test_same_claims_point_to_what_is_registered():
    found = the(refused(), project=PROJECT, known=Circumstances(publisher=PUBLISHER))
    assert "pending publisher lives 30 days" in found.fix


def test_job_in_another_repositorys_workflow_is_recognised_by_its_claims():
    found = the(refused(holder="acme/shared"))
    assert "one of `acme/shared`" in found.cause


def test_claims_alone_are_shown_without_a_publisher_to_compare_with():
    assert "environment `staging`" in the(refused(environment="staging"), project=PROJECT).cause
    assert "This project's environment is `pypi`" in (
        the(refused(environment="staging"), project=PROJECT).cause
    )


def test_environment_that_uv_prints_over_three_lines_is_read():
    claims = parse_claims(
        ' OidcTokenClaims { repository: "acme/demo", repository_owner: "acme", environment: Some( '
        '"release", ), }'
    )
    assert claims["environment"] == "release"


def test_claims_of_uv_are_read_too():
    claims = parse_claims(
        'OidcTokenClaims { sub: "repo:acme/demo:ref:refs/tags/v1", repository: "acme/demo", '
        'repository_owner: "acme", job_workflow_ref: "acme/demo/.github/workflows/p.yml@refs/tags/v1" }'
    )
    assert claims["repository"] == "acme/demo"
    assert claims["workflow"] == "p.yml"
    assert claims["environment"] == ""
    assert differences(claims, PUBLISHER) == (
        "The run's workflow file is `p.yml`, this project's is `publish.yml`.",
        "The run's environment is none, this project's is `pypi`.",
    )


def test_existing_file_of_an_older_version_means_that_the_wrong_commit_was_built():
    text = "400 File already exists ('demo_tool-1.1.0.tar.gz', with blake2_256 hash 'ab')."
    assert "The run built version 1.1.0" in the(text, project=PROJECT).cause
    assert "The run built version" not in the(text.replace("1.1.0", "1.2.0"), project=PROJECT).cause


def test_existing_file_in_a_second_attempt_means_a_fresh_build():
    found = the("400 File already exists", known=Circumstances(run_attempt=2))
    assert "second attempt" in found.cause
    assert "re-run only the failed publish job" in found.fix


def test_metadata_version_that_only_the_uploader_does_not_know_asks_for_a_newer_uploader():
    text = "Invalid distribution metadata: '2.5' is not a valid metadata version"
    assert "v1.14.2 or later" in the(f"ERROR InvalidDistribution: {text}").fix
    assert "v1.14.2" not in the("400 Bad Request '2.5' is not a valid metadata version").fix


def test_archived_project_explains_a_refused_token():
    text = "The given token isn't allowed to upload to project 'demo-tool'."
    found = the(text, project=PROJECT, known=Circumstances(status="archived"))
    assert "archived" in found.cause
    assert "https://pypi.org/manage/project/demo-tool/settings/" in found.fix


# --- what was uploaded before ----------------------------------------------------------------

UPLOADED = (
    "publish\tUpload\t2026-01-01T00:00:01.0Z Uploading demo-1.0-py3-none-any.whl (33.1KiB)\n"
    "publish\tUpload\t2026-01-01T00:00:02.0Z Uploading demo-1.0.tar.gz (88.1KiB)\n"
)


def test_failure_after_the_upload_says_that_the_files_are_there():
    found = the(f"{UPLOADED}publish\tRelease\t2026-01-01T00:00:09.0Z ##[error]release not found\n")
    assert found.cause.startswith("2 files are on PyPI already (demo-1.0-py3-none-any.whl, ")
    assert "do not run the upload again; what failed is a step after it." in found.cause


def test_upload_that_stops_at_the_second_file_names_the_first():
    found = the(
        "Uploading demo-1.0-py3-none-any.whl\nUploading demo-1.0.tar.gz\n"
        "ERROR    HTTPError: 403 Forbidden from https://upload.pypi.org/legacy/\n"
        "         Invalid API Token: token is expired\n"
    )
    assert found.cause.startswith("1 file is on PyPI already (demo-1.0-py3-none-any.whl); ")
    assert "what failed is the upload of the next one" in found.cause


def test_refused_file_is_not_counted_as_uploaded():
    log = read_log("Uploading demo-1.0.tar.gz\nERROR HTTPError: 400 Bad Request\n")
    assert uploads_in(log).files == ()


# --- causes in two places --------------------------------------------------------------------


def test_file_that_exists_after_a_server_error_was_stored_by_the_first_try():
    found = the(
        'Uploading demo-1.0.tar.gz\nWARNING  Received "503: Service Unavailable"\n'
        "Uploading demo-1.0.tar.gz\nERROR HTTPError: 400 Bad Request\nFile already exists\n"
    )
    assert found.id == "wh-stored"
    assert "raise the version" not in found.fix.lower()


NO_PASSWORD = (
    "Notice: Attempting to perform trusted publishing exchange due to __token__ username with no "
    "supplied password field\nError: OpenID Connect token retrieval failed: GitHub: missing or "
    "insufficient OIDC token permissions, the ACTIONS_ID_TOKEN_REQUEST_TOKEN environment variable "
    "was unset\n"
)


def test_empty_secret_is_told_from_a_missing_permission():
    assert the(f"  env:\n    PYPI_API_TOKEN: \n{NO_PASSWORD}").id == "ga-empty"
    both = the(NO_PASSWORD)
    assert (both.id, both.confidence) == ("ga-perm", "likely")
    assert "its secret is empty" in both.cause


def test_job_in_a_called_workflow_of_the_same_repository_is_a_reusable_workflow():
    text = refused().replace(
        "`workflow_ref`: `acme/demo/.github/workflows/publish.yml",
        "`workflow_ref`: `acme/demo/.github/workflows/release.yml",
    )
    found = the(text)
    assert (found.id, found.title) == ("oi-jwr", "The publishing job is in a reusable workflow.")


def test_deleted_files_name_is_gone_for_ever_and_nothing_of_it_is_there():
    found = the("This filename has already been used, use a different version.")
    assert found.id == "wh-reused"
    assert "was deleted" in found.title
    assert "Raise the version" in found.fix


def test_missing_release_beside_a_403_is_a_missing_permission():
    found = the("HTTP 403: Resource not accessible by integration\nrelease not found\n")
    assert found.id == "gh-403-int"


@pytest.mark.parametrize(
    ("tool", "variable"),
    [
        ("hatch", "HATCH_INDEX_AUTH"),
        ("poetry", "POETRY_PYPI_TOKEN_PYPI"),
        ("twine", "TWINE_PASSWORD"),
    ],
)
def test_no_credentials_at_all_names_the_variables_of_the_tool(tool, variable):
    found = the(f"  File 'site-packages/{tool}/auth.py', line 60\nNoKeyringError: none here\n")
    assert found.id == "up-no-credentials"
    assert variable in found.fix


@pytest.mark.parametrize("spelling", ["1.2.0-rc.1", "1.2.0rc1", "1.2.0_rc1"])
def test_other_spelling_of_the_version_is_the_same_version(spelling):
    text = (
        f"File already exists ('demo_tool-{spelling.replace('-', '_')}.tar.gz', with hash 'a').\n"
    )
    assert "this project's version" not in the(text, known=Circumstances(version="1.2.0rc1")).cause


def test_metadata_version_that_the_index_refuses_is_not_cured_by_a_newer_twine():
    text = "ERROR    HTTPError: 400 Bad Request\n         '2.6' is not a valid metadata version.\n"
    assert "A newer twine does not help" in the(text).cause
    local = the(
        "ERROR InvalidDistribution: Invalid distribution metadata: '2.6' is not a valid metadata version"
    )
    assert "checks the files is too old" in local.cause
    assert "pin" in local.fix


def test_advice_names_the_projects_own_backend():
    text = "FileNotFoundError: [Errno 2] No such file or directory: 'requirements.txt'\n"
    hatch = replace(PROJECT, build_backend="hatchling.build")
    assert "`[tool.hatch.build.targets.sdist]`" in the(text, project=hatch).fix
    assert "include requirements.txt" in the(text, project=PROJECT).fix
    assert "MANIFEST.in" in the(text, project=PROJECT).fix
    unnamed = "error: No file/folder found for package demo\n"
    assert "`[tool.hatch.build.targets.wheel]`" in the(unnamed, project=hatch).fix
    assert "`[tool.setuptools]`" in the(unnamed, project=PROJECT).fix


def test_server_error_of_the_token_exchange_does_not_send_anybody_to_their_publisher():
    found = the(
        "error: Failed to obtain token for trusted publishing\n"
        "  cause: Failed to fetch: `https://pypi.org/_/oidc/audience`\n  cause: dns error\n"
    )
    assert found.id == "uv-oidc-network"
    assert "Change nothing on PyPI" in found.fix


def test_every_retired_image_is_replaced_within_its_family():
    assert "macos" in the("The configuration 'macos-13-us-default' is not supported").fix
    assert "windows" in entry("gr-image").fix
    assert "ubuntu" in entry("gr-image").fix


# --- long logs -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"File already exists", "file already exists"),
        (r"(?:No|Multiple) PKG-INFO files? found", " pkg-info file"),
        (r"a|b", ""),
        (r"'(?P<v>[\d.]+)' is not a valid", "' is not a valid"),
        (r"x\.y\(z\)", "x.y(z)"),
    ],
)
def test_literal_of_a_pattern_is_in_all_its_matches(pattern, text):
    assert literal(pattern) == text


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        (r"File already exists", ("file already exists",)),
        (r"\b(?:rekor|sigstore)\b.{0,9}\d", ("rekor", "sigstore")),
        (r"(?: (?:rekor|sigstore))?\d", ("",)),
        (r"(?:rekor|sigstore)?\d", ("",)),
        (r"(?P<w>(?:rekor|sigstore) failed)", (" failed",)),
        (r"(?:rekor|sigstore)|x", ("",)),
        (r"(?:rekor|s)\d", ("",)),
    ],
)
def test_one_of_the_literals_of_a_pattern_is_in_all_its_matches(pattern, texts):
    assert literals(pattern) == texts


NOISE = "".join(
    f"build\tTest\t2026-01-01T00:{i % 60:02}:00.0Z tests/test_{i}.py::test_not_found_{i} PASSED\n"
    for i in range(2_000)
)


@pytest.mark.parametrize("place", [0.0, 0.05, 0.99, 1.0])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_line_near_an_end_of_a_long_log_is_found(place, as_bytes):
    noise = NOISE * 40
    at = noise.rfind("\n", 0, int(len(noise) * place)) + 1
    text = noise[:at] + "publish\tUp\tERROR File already exists\n" + noise[at:]
    found = the(text.encode() if as_bytes else text)
    assert (found.id, found.job) == ("wh-exists", "publish")
    assert found.line_number == noise.count("\n", 0, at) + 1


def test_marked_error_in_the_middle_of_a_long_log_is_found():
    text = NOISE * 40 + "publish\tUp\t##[error]File already exists\n" + NOISE * 40
    found = the(text)
    assert (found.id, found.line_number) == ("wh-exists", NOISE.count("\n") * 40 + 1)


def test_parts_of_a_long_log_are_its_ends_in_order_without_overlap():
    text = "".join(f"{number}\n" for number in range(600_000))
    (_, head), (line, tail) = parts_of(text)
    assert text.startswith(head)
    assert text.endswith(tail)
    assert tail.startswith(f"{line - 1}\n")
    assert parts_of(text.encode()) == ((1, head), (line, tail))


def test_log_that_powershell_wrote_is_read():
    assert the("ERROR File already exists\r\n".encode("utf-16")).id == "wh-exists"


@pytest.mark.slow
def test_hundred_megabytes_take_less_than_two_seconds_and_little_memory():
    """In seconds of this process: other work on the machine does not count."""
    import tracemalloc

    text = NOISE * (100_000_000 // len(NOISE)) + "ERROR File already exists\n"
    diagnose("File already exists")
    started = time.process_time()
    assert the(text).id == "wh-exists"
    assert time.process_time() - started < 10
    tracemalloc.start()
    the(text[:20_000_000] + text[-1_000_000:])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 70_000_000


def test_what_one_wording_captures_is_said_where_another_matched_first():
    (found, *_) = diagnose(
        "It looks like there are no Python distribution packages to publish in the directory "
        '"wheels/". Please verify that they are in place.'
    )
    assert found.title == "There are no files to publish in `wheels/`."


def test_what_no_wording_captured_leaves_no_braces():
    (found, *_) = diagnose("Error: It looks like there are no Python distribution packages here")
    assert found.id == "ga-nodists"
    assert found.title == "There are no files to publish in `…`."


def test_index_of_ones_own_gets_no_pages_of_pypi():
    found = the(
        "Uploading distributions to https://nexus.example.com/repository/pypi/\n"
        "Uploading demo-1.0-py3-none-any.whl\n"
        "HTTPError: 400 Bad Request from https://nexus.example.com/repository/pypi/\n"
        "Repository does not allow updating assets: pypi\n"
    )
    assert found.title == "This version is on the index already."
    assert "pypi.org" not in found.fix


def test_files_sent_to_the_address_for_downloads_are_nowhere():
    found = the(
        "Uploading distributions to http://devpi.example.com/me/dev/+simple/\n"
        "Uploading demo-1.0-py3-none-any.whl\nUploading demo-1.0.tar.gz\n"
        "ERROR: No matching distribution found for demo==1.0\n"
    )
    assert found.id == "uv-simple"
    assert "already" not in found.cause


def test_job_in_another_repositorys_workflow_is_a_reusable_workflow():
    found = the(refused(holder="acme/workflows"))
    assert found.id == "oi-jwr"
    assert "`acme/workflows`" in found.cause


def test_version_between_two_tags_makes_no_name_of_a_tag():
    found = the(
        "Uploading demo-0.1.dev1+g0795801-py3-none-any.whl\nHTTPError: 400 Bad Request\n"
        "The use of local versions in <Version('0.1.dev1+g0795801')> is not allowed\n"
    )
    assert "prints `<tag>`" in found.fix


@pytest.mark.parametrize(
    "line",
    ["GITHUB_REF_NAME: v5.2.0", "GITHUB_REF: refs/tags/v5.2.0", 'gh release create "v5.2.0"'],
)
def test_tag_in_the_log_says_that_another_version_was_built(line):
    found = the(
        f"{line}\nUploading demo-5.1.0-py3-none-any.whl\nHTTPError: 400 File already exists\n"
    )
    assert "built version 5.1.0" in found.cause
    assert "5.2.0" in found.cause


def test_shells_next_command_shows_that_the_last_file_went_up():
    found = the(
        "$ poetry publish\n - Uploading demo-1.0-py3-none-any.whl 100%\n"
        " - Uploading demo-1.0.tar.gz 100%\n$ release-cli create\n"
        "/bin/bash: line 140: release-cli: command not found\nERROR: Job failed: exit code 127\n"
    )
    assert "2 files are on PyPI already" in found.cause
    assert "do not run the upload again" in found.cause


def test_command_after_a_refused_file_does_not_make_it_an_uploaded_one():
    found = the(
        "+ twine upload\nUploading demo-1.0-py3-none-any.whl\nUploading demo-1.0.tar.gz\n"
        "HTTPError: 400 File too large. Limit for project 'demo' is 100 MB.\n+ exit 1\n"
    )
    assert found.cause.startswith("1 file is on PyPI already (demo-1.0-py3-none-any.whl)")


def test_uploaded_version_that_uv_does_not_find_is_not_in_conflict():
    missing = "Because there is no version of demo==1.0 and you require demo==1.0, we can conclude"
    found = the(f"No solution found when resolving dependencies: {missing}")
    assert found.id == "bd-deps"
    found = the(
        f"Uploading demo-1.0.tar.gz (3.0KiB)\n$ uv sync\n  × No solution found when resolving: {missing}"
    )
    assert found.id == "up-index-lag"


def test_installation_that_gets_no_connection_is_no_upload():
    found = the(
        "WARNING: Retrying after connection broken by 'NewConnectionError(\"Failed to establish a new "
        "connection\")': /simple/twine/\nERROR: No matching distribution found for twine\n"
    )
    assert found.id == "fm-network"


def test_nothing_to_release_explains_why_there_are_no_files():
    found = diagnose(
        "No release will be made, 1.2.0 has already been released!\n"
        "InvalidDistribution: Cannot find file (or expand pattern): 'dist/*'\n"
    )
    assert [diagnosis.id for diagnosis in found] == ["rt-nothing"]


def test_files_that_the_index_has_are_told_beside_what_failed_after_them():
    known = Circumstances(index_files=("demo-1.0.tar.gz",))
    after = the("HTTP 403: Resource not accessible by integration\n", known=known)
    assert after.cause.startswith("1 file is on PyPI already (demo-1.0.tar.gz): do not run")
    upload = the("ERROR HTTPError: 403\nInvalid API Token: token is expired\n", known=known)
    assert upload.cause.startswith("1 file is on PyPI already (demo-1.0.tar.gz). ")


def test_version_that_was_uploaded_a_moment_ago_is_not_a_missing_requirement():
    found = the(
        "Uploading demo_tool-1.2.0.tar.gz\nView at:\nhttps://pypi.org/project/demo-tool/1.2.0/\n"
        "ERROR: No matching distribution found for demo-tool==1.2.0\n"
    )
    assert found.id == "up-index-lag"


@pytest.mark.parametrize(
    "frame",
    ["##[error]Process completed with exit code 1.", "Error: Process completed with exit code 1."],
)
def test_what_is_quoted_ends_before_the_frame(frame):
    log = (
        "ERROR    HTTPError: 400 Bad Request from https://upload.pypi.org/legacy/\n"
        "         Invalid distribution file. The METADATA file is missing\n" + frame
    )
    (found,) = nox_release.diagnose(log)
    assert "METADATA file is missing" in found.cause
    assert "Process completed" not in found.cause


ELSEWHERE = """Uploading distributions to {url}
Uploading demo-1.0-py3-none-any.whl
ERROR    HTTPError: {status} from {url}
"""


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://pkgs.dev.azure.com/demo/_packaging/feed/pypi/upload", "TwineAuthenticate@1"),
        ("https://gitlab.example.com/api/v4/projects/7/packages/pypi", "gitlab-ci-token"),
        ("https://europe-python.pkg.dev/demo/repo/", "oauth2accesstoken"),
        ("https://demo-1.d.codeartifact.eu-west-1.amazonaws.com/pypi/demo/", "aws codeartifact"),
        ("https://demo.jfrog.io/artifactory/api/pypi/local", "Artifactory"),
        ("https://nexus.example.com/repository/pypi-local/", "Nexus"),
        ("https://index.example.com/legacy/", "token that this index gives"),
    ],
)
@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_credentials_of_another_index_are_spoken_of_in_its_own_words(url, named, status):
    first, *others = nox_release.diagnose(ELSEWHERE.format(url=url, status=status))
    assert (first.id, others) == ("wh-auth", [])
    assert named in first.fix
    assert "pypi-" not in first.fix
    assert "PyPI" not in f"{first.title} {first.cause}"


def test_only_of_pypi_is_said_that_it_takes_the_same_bytes_again():
    exists = "ERROR HTTPError: 400 Bad Request from {}\n File already exists ('demo-1.0.tar.gz')\n"
    (there,) = nox_release.diagnose(exists.format("https://upload.pypi.org/legacy/"))
    (elsewhere,) = nox_release.diagnose(exists.format("https://nexus.example.com/repository/x/"))
    assert there.id == elsewhere.id == "wh-exists"
    assert "very same bytes" in there.fix
    assert "PyPI" not in elsewhere.fix


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("error: failed to run custom build command for `ring v0.17.7`\n", "The crate `ring`"),
        ("error: linking with `link.exe` failed: exit code: 1\n", "Windows' linker"),
        ("src/demo.c:3:1: error: expected ';' before '}' token\n", "the code does not compile"),
    ],
)
def test_compiler_that_failed_is_told_by_what_it_compiled(said, named):
    first, *_ = nox_release.diagnose(f"{said}Error: Process completed with exit code 1.\n")
    assert named in first.cause


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("    npm ERR! code ELIFECYCLE\n    npm ERR! Exit status 1\n", "fm-npm"),
        ("rm: cannot remove 'pyproject.toml': No such file or directory\n", "fm-file"),
        ("[BinstarError] file /tmp/demo-1.0.tar.bz2 does not exist\n", "fm-file"),
        ("Error: Username and password required\n", "fm-credentials"),
        ("Exception: Failed to find credentials, please run gcloud\n", "fm-credentials"),
        ("Error: Unable to determine a dynamic version\n", "fm-version"),
        ("exception was: Unsatisfiable dependencies for platform linux-64\n", "fm-resolve"),
        ("sphinx.errors.SphinxWarning: a file is malformed\n", "fm-check"),
    ],
)
def test_family_is_known_by_its_own_line_whatever_tool_said_it(said, known):
    first, *_ = nox_release.diagnose(f"Running the step\n{said}")
    assert (first.id, first.confidence) == (known, "likely")


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("Error: MD5 mismatch: '03678068' != '3b644a6e'\n", "fm-hash"),
        ("The checksum of demo-1.0.tar.gz does not match\n", "fm-hash"),
        ("mkdir: cannot create directory 'dist': File exists\n", "fm-present"),
        ("FileExistsError: [Errno 17] File exists: 'dist'\n", "fm-present"),
        ("Error: ('file demo-1.0.whl already exists for package demo', 409)\n", "fm-exists"),
        ("EOFError: EOF when reading a line\n", "fm-prompt"),
        ("upload.sh: line 7: [: missing `]'\nupload.sh: line 7: : command not found\n", "fm-shell"),
        ("Error: ('Token does not have the sufficient scope to do this', 401)\n", "fm-credentials"),
        (
            "  File 'get.py', line 1\n    404: Not Found\nSyntaxError: invalid syntax\n",
            "fm-download",
        ),
        ("Can't locate Debian/Sequence/python3.pm in @INC (you may need to\n", "fm-module"),
        ("Could not import extension demo (exception: No module named demo)\n", "fm-module"),
        ("demo 3.4.4 has requirement vtk>=5.4.2, but you have vtk -PKG-VERSION.\n", "fm-resolve"),
        ("Error: release tag is not semver\n", "fm-version"),
        ("failed to read dockerfile: open /tmp/Dockerfile: no such file or directory\n", "fm-file"),
        ("error: command 'C:\\CUDA\\bin\\nvcc.exe' failed with exit status 2\n", "bd-compiler"),
        ("unable to find nvcc\n", "bd-compiler"),
        ("UV is not installed. Please install UV before this command.\n", "gr-script"),
        ("ERROR: Profile already exists\n", "fm-present"),
        ("ERROR: Cannot find command 'git' - do you have 'git' installed?\n", "gr-script"),
    ],
)
def test_kind_of_failure_is_known_by_the_form_of_its_message(said, known):
    first, *_ = nox_release.diagnose(f"{said}Error: Process completed with exit code 1.\n")
    assert first.id == known
    assert first.confidence != "certain"


def test_not_found_as_a_status_is_not_said_of_the_file_on_the_line_before():
    diagnoses = nox_release.diagnose("with:\n  type: application/zip\n##[error]Not Found\n")
    assert "fm-file" not in {diagnosis.id for diagnosis in diagnoses}


def test_module_that_setup_py_imports_is_no_fault_of_the_backend_above_it():
    first, *_ = nox_release.diagnose(
        'File "/opt/lib/python3.10/site-packages/setuptools/build_meta.py", line 174, in run_setup\n'
        '  File "<string>", line 8, in <module>\n'
        "ModuleNotFoundError: No module named 'build_helpers'\n"
    )
    assert first.id != "fm-tools"


def test_what_fails_after_the_last_success_counts():
    uploading = "Uploading demo-1.0-py3-none-any.whl\n100% ---- 487/487 MB\n"
    refused = 'WARNING  Received "503: Service Unavailable"\n         Retry 1 of 5.\n'
    done = "View at:\nhttps://pypi.org/project/demo/1.0/\n"
    (first,) = nox_release.diagnose(f"{uploading}{refused}")
    assert first.id == "wh-5xx"
    assert nox_release.diagnose(f"{uploading}{refused}{uploading}{done}") == ()


def test_group_of_errors_about_pyproject_is_known_by_the_error_inside():
    log = (
        "  | ExceptionGroup: Failed to parse pyproject.toml (1 sub-exception)\n"
        '    | pyproject_metadata.errors.ConfigurationTypeError: Field "project.license-files" has an '
        "invalid type, expecting list[str] (got dict)\n"
        "ERROR Backend subprocess exited when trying to invoke build_sdist\n"
    )
    assert [found.id for found in diagnose(log)] == ["bd-project-table"]


def test_the_frame_of_a_failure_is_no_part_of_what_happened():
    (found,) = diagnose(
        'ERROR - The setting "channel" must be one of stable, beta\n'
        "Error: Process completed with exit code 3.\n"
    )
    assert found.line == 'ERROR - The setting "channel" must be one of stable, beta'
