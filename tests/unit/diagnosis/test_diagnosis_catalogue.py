"""What holds for every entry of the catalogue."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import diagnosis_corpus as corpus
from nox_release.diagnosis.catalogue import ENTRIES
from nox_release.diagnosis.model import TIERS
from nox_release.diagnosis.patterns import compiled, literal, literals
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
        assert len(entry.fix.split()) > 5, entry.id
        assert entry.tier in TIERS, entry.id
        assert not entry.link or entry.link.startswith("https://"), entry.id
        assert entry.tool, entry.id
        assert set(entry.hides) <= {other.id for other in ENTRIES} - {entry.id}, entry.id


def test_texts_have_no_unknown_places():
    """Every name in braces is a value, or a group of one of the entry's patterns."""
    values = dict.fromkeys(
        (
            *("index", "upload_url", "pypi", "token_page", "pending_page", "workflow", "env"),
            *("backend_package", "pack", "named"),
        ),
        "x",
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


def test_no_cure_puts_a_checkout_into_the_publishing_job():
    """The audit asks for a publishing job that only downloads and uploads."""
    for entry in ENTRIES:
        told = re.search(r"actions/checkout|check out", entry.fix, re.IGNORECASE)
        where = r"build job|needs no checkout|checked out|a branch|lfs: false"
        assert not told or re.search(where, entry.fix, re.IGNORECASE), (entry.id, entry.fix)


FOREIGN = (
    r"\bmend\b|\banew\b|\bwhoever\b|\bas it lies\b|\bis so\b|\bis told\b|\blets? it wait\b"
    r"|\bis said\b|\bis seen\b|\bonce more\b|\bout of the way\b"
)


def test_texts_are_plain_english():
    for entry in ENTRIES:
        text = f"{entry.title} {entry.cause} {entry.fix}"
        assert not re.search(FOREIGN, text, re.IGNORECASE), (entry.id, text)


def test_every_match_holds_the_literal_that_its_pattern_is_looked_up_by():
    texts = [case.text for case in corpus.read_cases()]
    log = " ".join(" ".join(text.split()) for text in texts)
    for name, pattern in PATTERNS:
        found = compiled(pattern).search(log)
        assert not found or literal(pattern) in found[0].lower(), (name, pattern)
        assert not found or any(text in found[0].lower() for text in literals(pattern)), name


def test_almost_every_pattern_has_a_literal():
    """Otherwise it would be tried on all of a long log."""
    without = [
        name for name, pattern in PATTERNS if min(len(t.strip()) for t in literals(pattern)) < 3
    ]
    assert len(without) < 25


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


def _seconds(expression, text):
    started = time.process_time()
    for _ in zip(range(3), expression.finditer(text), strict=False):
        pass
    return time.process_time() - started


@pytest.mark.slow
def test_no_pattern_backtracks_badly():
    slow = []
    for entry in ENTRIES:
        for pattern in filter(None, (*entry.patterns, entry.unless, entry.also, entry.without)):
            expression = compiled(pattern)
            for bait in _baits(pattern):
                text = (bait * (6_000 // max(len(bait), 1) + 1))[:6_000]
                # Whatever else runs may slow it down once, and will not five times.
                if all(_seconds(expression, text) > 0.06 for _ in range(5)):
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
