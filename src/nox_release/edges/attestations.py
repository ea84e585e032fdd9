"""Verifies the attestations of published files (PEP 740), with the extra `nox-release[audit]`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from nox_release.core.findings import Result, Rule, Severity, find, passed, skipped

if TYPE_CHECKING:
    from nox_release.project.publisher import TrustedPublisher

DOCS = "https://docs.pypi.org/attestations/"

MISSING = Rule(
    "attestation-missing",
    Severity.WARNING,
    "Every published file has an attestation",
    subject="trusted publisher",
    why="An attestation proves which workflow made a file; installers and auditors may ask for it.",
    remedy="Publish with pypa/gh-action-pypi-publish v1.11 or newer and trusted publishing, "
    "without `attestations: false` and without a password.",
    link=DOCS,
)
INVALID = Rule(
    "attestation-invalid",
    Severity.ERROR,
    "Every attestation fits its file and its publisher",
    subject="trusted publisher",
    why="A signature that does not fit means that the file is not what the workflow made.",
    remedy="Do not use this release before it is clear where the file came from; "
    "report it to security@pypi.org if it was not you.",
    link=DOCS,
)
RULES = (MISSING, INVALID)


def verify_provenance(
    provenance: bytes | None,
    file: Path,
    *,
    publisher: TrustedPublisher | None = None,
    offline: bool = False,
) -> Result:
    """The verdict on the attestations that the index serves for `file`, a local copy of it.

    `provenance` is the Integrity API's answer, `None` when it has none for the file. With
    `publisher`, the attestations must come from it. `offline` uses the built-in trust root.
    """
    title = f"Attestation of {file.name}"
    if provenance is None:
        return find(MISSING, f"`{file.name}` has no attestation.")
    if importlib.util.find_spec("pypi_attestations") is None:
        return skipped(
            INVALID, "pypi-attestations is not installed; add nox-release[audit]", title=title
        )
    from pydantic import ValidationError
    from pypi_attestations import AttestationError, Distribution, GitHubPublisher, Provenance
    from sigstore.errors import Error as SigstoreError

    try:
        bundles = Provenance.model_validate_json(provenance).attestation_bundles
    except ValidationError as error:
        return find(
            INVALID, f"The provenance of `{file.name}` is malformed.", fix=str(error).split("\n")[0]
        )
    distribution = Distribution.from_file(file)
    seen: list[str] = []
    for bundle in bundles:
        identity = bundle.publisher
        if not isinstance(identity, GitHubPublisher):
            seen.append(f"{identity.kind}: not a GitHub publisher")
            continue
        if publisher and not _is(identity.repository, identity.workflow, publisher):
            seen.append(f"published from {identity.repository}, {identity.workflow}")
            continue
        if not bundle.attestations:
            seen.append(f"none from {identity.repository}, {identity.workflow}")
            continue
        try:
            for attestation in bundle.attestations:
                attestation.verify(identity, distribution, offline=offline)
        except AttestationError as error:
            seen.append(str(error))
        except SigstoreError as error:  # its trust root could not be fetched: that is no verdict
            return skipped(INVALID, str(error), title=title)
        else:
            return passed(
                INVALID, f"signed by {identity.repository}, {identity.workflow}", title=title
            )
    return find(INVALID, f"No attestation of `{file.name}` holds: {'; '.join(seen) or 'none'}.")


def _is(repository: str, workflow: str, publisher: TrustedPublisher) -> bool:
    expected = publisher.slug.lower()
    return repository.lower() == expected and workflow == publisher.workflow
