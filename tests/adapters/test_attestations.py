"""What is said about provenance that is absent, malformed, or cannot be verified."""

import importlib.util
import json

import pytest

from nox_release.core.findings import Finding, Skipped
from nox_release.edges.attestations import verify_provenance


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    path.write_bytes(b"bytes")
    return path


def test_a_file_without_provenance_is_a_warning_with_the_way_to_get_one(wheel):
    finding = verify_provenance(None, wheel)
    assert (finding.id, finding.severity) == ("attestation-missing", "warning")
    assert "pypa/gh-action-pypi-publish" in finding.fix


def test_malformed_provenance_is_never_taken_for_a_good_one(wheel):
    for text in (b"{}", b"not json", b"[]"):
        finding = verify_provenance(text, wheel)
        assert isinstance(finding, Finding)
        assert finding.id == "attestation-invalid"


def test_provenance_without_any_attestation_does_not_hold(wheel):
    publisher = {"kind": "GitHub", "repository": "octo/demo", "workflow": "publish.yml"}
    for bundles in ([], [{"publisher": publisher, "attestations": []}]):
        document = {"version": 1, "attestation_bundles": bundles}
        finding = verify_provenance(json.dumps(document).encode(), wheel)
        assert isinstance(finding, Finding)
        assert finding.severity == "error"


def test_without_the_library_the_verdict_is_not_known(wheel, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "pypi_attestations" else found(name),
    )
    skipped = verify_provenance(b"{}", wheel)
    assert isinstance(skipped, Skipped)
    assert "nox-release[audit]" in skipped.reason
