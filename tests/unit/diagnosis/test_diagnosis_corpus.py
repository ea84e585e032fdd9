"""Every log of the corpus, and the shares that the catalogue has to reach."""

from __future__ import annotations

import textwrap

import diagnosis_corpus as corpus
import nox_release
from nox_release.diagnosis.catalogue import ENTRIES
from nox_release.diagnosis.unexplained import first_errors

# All threads of the newest one: those with a text that an older file has, too.
NEWEST = ("holdout51", "holdout51-known")

CASES = corpus.read_cases()
# Entries that stand for no text of their own: `judged` gives their words to another entry's line.
SPOKEN_FOR = {"up-bare-status"}
TUNED = [case for case in CASES if case.file not in NEWEST]


def test_every_log_is_diagnosed_as_what_it_shows():
    """One test for all: what was answered here is not worked out again by those below."""
    wrong = {one.name: corpus.diagnosed(one.text) for one in TUNED if not corpus.is_right(one)}
    assert wrong == {}


def test_every_entry_is_the_first_diagnosis_of_a_log_of_the_corpus():
    """A text that no log shows is a guess."""
    shown = {found[0].id for case in CASES if (found := corpus.diagnosed(case.text))}
    assert {entry.id for entry in ENTRIES} - shown == SPOKEN_FOR


def test_unknown_failures_show_lines_to_read():
    silent = [
        case.name
        for case in CASES
        if case.expected and not corpus.diagnosed(case.text) and not first_errors(case.text)
    ]
    assert silent == []


def test_failures_without_a_cause_show_the_line_that_tells():
    unknown = [case for case in CASES if case.telling and not corpus.diagnosed(case.text)]
    hidden = [case.name for case in unknown if not corpus.is_told(case)]
    assert len(hidden) <= 0.02 * len(unknown), hidden


def test_what_is_said_to_be_certain_is_right():
    right, of = corpus.calibration(CASES)["certain"]
    assert right / of >= 0.98


def test_newest_hold_out_reaches_the_goals():
    cases = [case for case in CASES if case.file in NEWEST and case.expected]
    assert sum(map(corpus.is_right, cases)) / len(cases) >= 0.92
    assert sum(map(corpus.is_misleading, cases)) / len(cases) <= 0.01


def test_corpus_is_large_and_has_clean_logs_too():
    assert len([case for case in CASES if case.expected]) >= 150
    assert len([case for case in CASES if not case.expected]) >= 30
    assert len([case for case in CASES if case.held_out]) >= len(CASES) / 5


def test_prefixes_and_colours_change_nothing():
    """The same logs as a runner keeps them: every second one; the others are wrapped below."""
    changed = []
    for case in CASES[::2]:
        if "\t" in case.text or "[36;1m" in case.text or "::" in case.text or "Z ##" in case.text:
            continue
        kept = "\n".join(
            f"job\tstep\t2026-01-02T03:04:05.1234567Z \x1b[31m{line}\x1b[0m"
            for line in case.text.splitlines()
        )
        plain = [found.id for found in corpus.diagnosed(case.text)]
        again = nox_release.diagnose(kept)
        if [found.id for found in again] != plain or any(found.job != "job" for found in again):
            changed.append((case.name, plain, [found.id for found in again]))
    assert changed == []


def test_messages_wrapped_at_any_width_are_the_same_messages():
    changed = []
    for number, case in enumerate(CASES[1::2]):
        if not case.expected or "\t" in case.text or "[36;1m" in case.text or "::" in case.text:
            continue
        plain = [found.id for found in corpus.diagnosed(case.text)][:1]
        width = (72, 100)[number % 2]
        wrapped = "\n".join(
            part
            for line in case.text.splitlines()
            for part in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
            or [""]
        )
        if [d.id for d in nox_release.diagnose(wrapped)][:1] != plain:
            changed.append((case.name, width))
    assert changed == []


def test_noise_of_good_steps_before_a_failure_is_not_its_cause():
    """A failing run begins with what every good run says: pulled images, retries, deprecations."""
    noise = "\n".join(case.text for case in CASES if not case.expected and case.tool in NOISY)
    end = "\nError: Process completed with exit code 1.\nPost job cleanup.\n"
    misled = []
    one_of_each = {case.expected: case for case in CASES if not QUIET & set(case.expected)}
    for case in [one for one in one_of_each.values() if one.expected][::4]:
        found = nox_release.diagnose(f"{noise}\n{case.text}{end}")
        if not found or found[0].id not in case.expected:
            misled.append((case.name, [diagnosis.id for diagnosis in found]))
    assert misled == []


def test_cause_is_looked_for_in_the_step_that_failed():
    """Between steps that went well, whatever they print about failures of others."""
    clean = [case for case in CASES if not case.expected]
    longer = [
        corpus.in_a_longer_log(case, clean, number=number)
        for number, case in enumerate(case for case in CASES[::6] if case.expected)
        if not QUIET & set(case.expected) or "unknown" in case.expected
    ]
    assert [case.name for case in longer if not corpus.is_right(case)] == []


# What is nobody's cause beside the failure of something else.
QUIET = {
    "unknown",
    "ga-notpypi",
    "tw-skipped",
    "rt-psr-noupload",
    "gr-skipped",
    "gr-wait",
    "ga-old-password",
}
NOISY = (
    "pip",
    "pytest",
    "build",
    "setuptools",
    "uv",
    "GitHub Actions",
    "git",
    "docker",
    "nox",
)
