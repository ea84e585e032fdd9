"""The recorded verdicts of a real Warehouse, where they lie beside this repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import oracle_index

REPOSITORY = Path(__file__).parents[2]
ORACLE = Path(os.environ.get("NOX_RELEASE_ORACLE") or REPOSITORY.parent / "shared" / "oracle")


@pytest.mark.slow
@pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle's files are not at hand")
def test_stand_in_repeats_every_recorded_verdict() -> None:
    wrong = {case["id"]: said for case, said in oracle_index.replay(ORACLE) if said}
    assert wrong == {}
