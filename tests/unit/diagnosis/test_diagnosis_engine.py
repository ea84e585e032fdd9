"""From a log's text to its causes: normalising, ranking, wording, and logs of any size."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import nox_release
from nox_release.diagnosis.claims import differences, parse_claims
from nox_release.diagnosis.engine import diagnose, first_errors
from nox_release.diagnosis.normalise import read_log
from nox_release.diagnosis.prefilter import anchors_of, reduce_log, words_of
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


def test_first_cause_comes_before_its_echo():
    found = diagnose(
        "Backend 'hatchling.build' is not available.\n"
        "ERROR Backend subprocess exited when trying to invoke build_wheel\n"
        "Error: Process completed with exit code 1.\n"
    )
    assert [diagnosis.id for diagnosis in found] == ["bd-backend"]


def test_frame_is_named_only_when_nothing_better_is_known():
    found = diagnose("Something odd\nError: Process completed with exit code 1.\n")
    assert [(d.id, d.confidence) for d in found] == [("gr-exit", "possible")]


def test_empty_403_is_probably_the_credentials_and_not_said_with_certainty():
    found = diagnose("HTTPError: 403 Forbidden from https://upload.pypi.org/legacy/\nForbidden")
    assert [d.id for d in found] == ["wh-auth", "wh-not-yours", "tw-frame"]
    assert {d.confidence for d in found} == {"possible"}


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
    assert "reusable workflow of `acme/shared`" in found.cause


def test_claims_alone_are_shown_without_a_publisher_to_compare_with():
    assert "environment `staging`" in the(refused(environment="staging"), project=PROJECT).cause
    assert "This project's environment is `pypi`" in (
        the(refused(environment="staging"), project=PROJECT).cause
    )


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


# --- long logs -------------------------------------------------------------------------------


def test_anchors_are_the_whole_words_that_a_pattern_cannot_do_without():
    assert anchors_of(r"File already exists") == (frozenset({b"file", b"already", b"exists"}),)
    assert anchors_of(r"(?:No|Multiple) PKG-INFO files? found") == (
        frozenset({b"no", b"pkg", b"info", b"found"}),
        frozenset({b"multiple", b"pkg", b"info", b"found"}),
    )
    assert anchors_of(r"\bGH006\b") == (frozenset({b"gh"}),)
    assert anchors_of(r"'(?P<v>[\d.]+)' is (?!ok)not[a-z] valid") == (frozenset({b"is", b"valid"}),)


def test_words_are_found_beside_colours_and_digits():
    assert words_of("\x1b[31mERROR\x1b[0m 400x") == [b"error", b"x"]


NOISE = "".join(
    f"build\tTest\t2026-01-01T00:{i % 60:02}:00.0Z tests/test_{i}.py::test_not_found_{i} PASSED\n"
    for i in range(2_000)
)


@pytest.mark.parametrize("place", [0.0, 0.37, 0.5, 0.99, 1.0])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_one_line_is_found_anywhere_in_a_long_log(place, as_bytes):
    noise = NOISE * 40
    at = noise.rfind("\n", 0, int(len(noise) * place)) + 1
    text = noise[:at] + "publish\tUp\tERROR File already exists\n" + noise[at:]
    found = the(text.encode() if as_bytes else text)
    assert (found.id, found.job) == ("wh-exists", "publish")
    assert found.line_number == noise.count("\n", 0, at) + 1


def test_message_across_the_border_of_two_chunks_is_found():
    groups = anchors_of("File already exists")
    for shift in range(40):
        text = "x" * (16 * 1024 - 20 + shift) + " File already exists " + "y" * 100_000
        pieces = reduce_log(text, groups, limit=1_000)
        assert any("File already exists" in piece for _, piece in pieces) or shift in range(5, 20)


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
    assert time.process_time() - started < 2
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
