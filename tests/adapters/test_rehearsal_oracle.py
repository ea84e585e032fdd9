"""The recorded verdicts of a real Warehouse, where they lie beside this repository."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ORACLE = Path(os.environ.get("NOX_RELEASE_ORACLE") or TESTS.parents[1] / "shared" / "oracle")


@pytest.mark.slow
@pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle's files are not at hand")
def test_stand_in_repeats_every_recorded_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TESTS))
    sys.modules.pop("oracle_index", None)
    import oracle_index

    wrong = {case["id"]: said for case, said in oracle_index.replay(ORACLE) if said}
    assert wrong == {}
