"""What holds for every entry of the catalogue."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nox_release.diagnosis.catalogue import ENTRIES
from nox_release.diagnosis.engine import compiled
from nox_release.diagnosis.model import TIERS
from nox_release.diagnosis.prefilter import anchors_of
from nox_release.diagnosis.values import fill

PATTERNS = [(entry.id, pattern) for entry in ENTRIES for pattern in entry.patterns]


def test_ids_are_unique_and_there_are_enough():
    assert len({entry.id for entry in ENTRIES}) == len(ENTRIES) >= 250


def test_every_id_that_is_promised_is_there():
    promised = (Path(__file__).parents[2] / "data" / "logs" / "ids").read_text().split()
    assert set(promised) <= {entry.id for entry in ENTRIES}


def test_every_entry_says_what_why_and_what_to_do():
    for entry in ENTRIES:
        assert entry.title.endswith((".", ")")), entry.id
        assert entry.cause.strip(), entry.id
        assert entry.fix.strip(), entry.id
        assert entry.tier in TIERS, entry.id
        assert not entry.link or entry.link.startswith("https://"), entry.id
        assert entry.tool, entry.id
        assert set(entry.hides) <= {other.id for other in ENTRIES} - {entry.id}, entry.id


def test_texts_have_no_unknown_places():
    """Every name in braces is a value, or a group of one of the entry's patterns."""
    values = dict.fromkeys(
        ("index", "upload_url", "pypi", "token_page", "pending_page", "workflow", "env"), "x"
    )
    for entry in ENTRIES:
        groups = {name: "x" for pattern in entry.patterns for name in compiled(pattern).groupindex}
        for text in (entry.title, entry.cause, entry.fix, entry.link):
            filled = fill(text, values, groups)
            assert not re.search(r"(?<!\$\{)\{[a-z_]+\}", filled), (entry.id, text)


DESTRUCTIVE = (
    r"push\s+(?:-f\b|--force)|force[- ]push|--force\b",
    r"gh release delete|git tag -d|push\s+--delete|:refs/tags",
    r"delete (?:the|that|this|your) (?:git ?hub )?(?:release|tag)",
    r"(?:add|set|use|try|with|pass) `?(?:--)?skip[-_]existing",
    r"reset --hard|yank it",
)


@pytest.mark.parametrize("advice", DESTRUCTIVE)
def test_no_cure_destroys_or_hides(advice):
    """Nothing tells anybody to delete a release or a tag, to force-push, or to skip what exists."""
    guilty = [
        entry.id
        for entry in ENTRIES
        if re.search(advice, f"{entry.title} {entry.cause} {entry.fix}", re.IGNORECASE)
    ]
    assert guilty == []


def test_every_pattern_needs_a_whole_word():
    """Otherwise it would be tried on every part of a long log."""
    assert [name for name, pattern in PATTERNS if not all(anchors_of(pattern))] == []


def test_no_pattern_starts_with_something_unbounded_or_has_an_unbounded_gap():
    unbounded = re.compile(
        r"^\(?(?:\?P<\w+>)?(?:\\[SwD]|\.|\[[^\]]+\])[+*]|(?<!\\)(?<![\w/[])\.[*+]"
    )
    assert [(name, pattern) for name, pattern in PATTERNS if unbounded.search(pattern)] == []


def _baits(pattern):
    words = re.findall(r"[A-Za-z]{2,}", re.sub(r"\(\?P<\w+>|\\[a-zA-Z]", " ", pattern)) or ["x"]
    yield " ".join(words[:1]) + " "
    yield " ".join(words[:-1]) + " "
    yield "".join(f"{word}'" for word in words[:3])
    yield from ("a", "'", "1.", "a b ", "x-1.0/")


@pytest.mark.slow
def test_no_pattern_backtracks_badly():
    slow = []
    for entry in ENTRIES:
        for pattern in filter(None, (*entry.patterns, entry.unless, entry.also, entry.without)):
            expression = compiled(pattern)
            for bait in _baits(pattern):
                text = (bait * (15_000 // max(len(bait), 1) + 1))[:15_000]
                started = time.process_time()
                for _ in zip(range(3), expression.finditer(text), strict=False):
                    pass
                if time.process_time() - started > 0.25:
                    slow.append((entry.id, pattern, bait))
    assert slow == []


def test_catalogue_loads_fast_and_without_anything_heavy():
    code = (
        "import sys, time; s = time.process_time(); import nox_release.diagnosis.catalogue;"
        "print(time.process_time() - s, {'rich', 'httpx', 'ruamel'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split(" ", 1)
    assert float(done[0]) < 0.5
    assert done[1].strip() == "set()"
