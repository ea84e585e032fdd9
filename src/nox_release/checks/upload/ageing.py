"""Refusals that rest on lists which PyPI lengthens: what is newer than the lists here may be taken.

The platforms and metadata versions are Warehouse's of `KNOWN_AS_OF`; the classifiers come with the
package trove-classifiers, whose version is a date.
"""

import importlib.metadata
import re
from datetime import date, timedelta

from packaging.version import InvalidVersion, Version

from nox_release.checks.upload.core_metadata import classifier_groups
from nox_release.checks.upload.fields import SUPPORTED_METADATA_VERSIONS
from nox_release.checks.upload.refusals import Refusal
from nox_release.checks.upload.wheel_filename import MACOS_MAJORS

KNOWN_AS_OF = date(2026, 8, 21)
CLASSIFIERS_AGE = timedelta(days=60)


def may_be_taken(refusal: Refusal, today: date) -> str:
    """Why PyPI may take this by now; empty where it does not."""
    if refusal.rule == "metadata-version" and _is_newer_metadata(refusal.value):
        return f"PyPI did not take it on {KNOWN_AS_OF}, and may by now."
    if refusal.rule == "wheel-platform":
        found = re.fullmatch(r"macosx_(\d+)_0_\w+", refusal.value)
        if found and int(found[1]) > max(map(int, MACOS_MAJORS)):
            return f"PyPI did not take this macOS on {KNOWN_AS_OF}, and may by now."
    if refusal.rule == "classifier-unknown":
        listed = classifiers_date()
        # New classifiers come below a heading that is there already; with it twice, a comma is missing.
        group = refusal.value.split(" :: ")[0]
        known = group in classifier_groups() and refusal.value.count(f"{group} :: ") == 1
        if known and listed is not None and today - listed > CLASSIFIERS_AGE:
            return (
                f"The list of classifiers here is of {listed}; a newer one may have it: "
                "pip install --upgrade trove-classifiers"
            )
    return ""


def _is_newer_metadata(text: str) -> bool:
    try:
        return Version(text) > Version(SUPPORTED_METADATA_VERSIONS[-1])
    except InvalidVersion:
        return False


def classifiers_date() -> date | None:
    """The day of the installed list of classifiers."""
    parts = importlib.metadata.version("trove-classifiers").split(".")[:3]
    try:
        return date(*map(int, parts))
    except (TypeError, ValueError):
        return None
