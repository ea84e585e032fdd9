"""What other tools say about distributions becomes values."""

from nox_release.core.findings import Finding, Passed, Severity
from nox_release.observing.trying import Locked, parse_lock, parse_twine


def test_what_only_strict_refuses_is_a_warning_told_once_for_both_files():
    said = (
        "Checking /tmp/x/demo-1.0.tar.gz: FAILED due to warnings\n"
        "WARNING  `long_description` missing.\n"
        "Checking /tmp/x/demo-1.0-py3-none-any.whl: FAILED due to warnings\n"
        "WARNING  `long_description` missing.\n"
    )
    (finding,) = parse_twine(said)
    assert isinstance(finding, Finding)
    assert (finding.id, finding.severity) == ("twine-check", Severity.WARNING)
    assert finding.message == (
        "`twine check --strict` does not pass `demo-1.0.tar.gz` and "
        "`demo-1.0-py3-none-any.whl`: `long_description` missing."
    )


def test_a_description_that_does_not_render_is_an_error():
    said = (
        "Checking C:\\x\\demo-1.0.tar.gz: FAILED\n"
        "ERROR    `long_description` has syntax errors in markup.\n"
        "         line 3: Warning: Inline literal start-string without end-string.\n"
        "Checking C:\\x\\demo-1.0-py3-none-any.whl: PASSED\n"
    )
    finding, passed = parse_twine(said)
    assert isinstance(finding, Finding)
    assert finding.severity is Severity.ERROR
    assert "line 3: Warning: Inline literal" in finding.message
    assert "x\\" not in finding.message
    assert isinstance(passed, Passed)


def test_sizes_in_a_lock_file_are_added_up():
    lock = (
        "[[packages]]\nname = 'a'\nwheels = [{ url = 'u', size = 10 }]\n"
        "[[packages]]\nname = 'b'\nsdist = { url = 'u', size = 5 }\n"
        "[[packages]]\nname = 'c'\nwheels = [{ url = 'u' }]\n"
    )
    assert parse_lock(lock) == Locked(names=("a", "b", "c"), size=15)
    assert parse_lock("not toml [") is None
