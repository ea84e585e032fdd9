"""Random kills and races: where the fault matrix looks at chosen moments, these look anywhere.

Each kill or race draws its plan from a generator of its own, seeded with its number: kill 17 of
`--seed 100` is the only one of `--kills 1 --seed 117`. What came of each is judged by the observer
of the world, after the killed run and after every one that follows.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from scene import BOTH, last_words, later, sent_by, staged

_ATTEMPTS = 4
_TWICE = 0.1  # of the kills, those whose second run is killed as well


@dataclass(frozen=True)
class Moment:
    """When to strike: at a request (before or after it was done) and some time later, or at a
    part of the time that an undisturbed run takes. `power`: everything that was started dies too.
    """

    request: int | None
    side: str
    delay: float
    part: float
    power: bool

    def __str__(self):
        what = "command and children" if self.power else "command"
        if self.request is None:
            return f"{what} at {self.part:.0%} of the time"
        return f"{what} {self.delay:.2f} s after request {self.request} ({self.side})"


@dataclass
class Undisturbed:
    """How many requests a story makes, and how long it takes, when nothing goes wrong."""

    requests: int
    seconds: float


@dataclass
class Ending:
    """What came of one kill or race: its plan, how the runs ended, and what was wrong."""

    title: str
    killed: int = 0
    statuses: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    transcript: str = ""

    @property
    def reruns(self):
        return len(self.statuses)


def draw(generator, known):
    """A moment somewhere in a run like the undisturbed one."""
    return Moment(
        request=generator.randint(1, known.requests) if generator.random() < 0.7 else None,
        side=generator.choice(("before", "after")),
        delay=generator.choice((0.0, 0.0, generator.random() * 0.3)),
        part=generator.random(),
        power=generator.random() < 0.5,
    )


def measure(story):
    """One run without any fault."""
    with staged(story) as scene:
        started = time.monotonic()
        ended = scene.run()
        seconds = time.monotonic() - started
        assert ended.status == 0, ended.output
        requests = len(scene.world.index.faults.seen) + len(scene.world.github.faults.seen)
        return Undisturbed(requests, seconds)


def arm(scene, moment, known):
    """Have the next run of the command struck at that moment."""
    struck = threading.Event()
    count = Counter()
    lock = threading.Lock()

    def strike():
        if not struck.is_set():
            struck.set()
            scene.cut_power() if moment.power else scene.strike(9)()

    def at_request():
        with lock:
            count["requests"] += 1
            due = count["requests"] == moment.request
        if due and moment.delay:
            later(moment.delay, strike)
        elif due:
            strike()

    if moment.request is None:
        timer = later(moment.part * known.seconds, strike)
        scene.tidy.append(timer.cancel)
        return
    for faults in (scene.world.index.faults, scene.world.github.faults):
        getattr(faults, moment.side)("*", at_request, times=None)


def kill_once(number, known):
    """One story, killed at a random moment (some twice), and run again until it is done."""
    generator = random.Random(f"kill {number}")
    story = generator.choice(BOTH)
    moments = [draw(generator, known[story])]
    if generator.random() < _TWICE:
        moments.append(draw(generator, known[story]))
    ending = Ending(f"kill {number}: {story}: {', then '.join(map(str, moments))}")
    with staged(story) as scene:
        for moment in moments:
            arm(scene, moment, known[story])
            run = scene.run()
            scene.clear_faults()
            ending.killed += run.status < 0
            _note(ending, scene, "killed run", run)
        for _ in range(_ATTEMPTS):
            run = scene.run()
            ending.statuses.append(run.status)
            _note(ending, scene, "again", run)
            if run.status == 0:
                break
        _judge_end(ending, scene)
    return ending


def race_once(number, known):
    """Two of the same story at once, the second one a random time later; then one more run.

    Two first uploads share dist/, and what one has built there replaces what the other has sent:
    the one is done then, and every later run has to say that its own files are not those.
    """
    generator = random.Random(f"race {number}")
    story = generator.choice(BOTH)
    lead = generator.random() * known[story].seconds
    ending = Ending(f"race {number}: {story}: the second one {lead:.2f} s later")
    with staged(story) as scene:
        first = scene.start()
        started = threading.Event()
        started.wait(lead)
        second = scene.start()
        runs = [scene.finish(child) for child in (first, second)]
        for run in runs:
            _note(ending, scene, "one of two", run, sent_by(run))
        for _ in range(_ATTEMPTS):
            run = scene.run()
            ending.statuses.append(run.status)
            _note(ending, scene, "again", run)
            if run.status == 0 or _is_replaced(scene, runs):
                break
        if run.status == 0 or not _is_replaced(scene, runs):
            _judge_end(ending, scene)
    return ending


def _is_replaced(scene, runs):
    """Whether one of two first uploads is whole on the index, and dist/ has the other one's files."""
    done = any(run.status == 0 and not scene.missing(sent_by(run)) for run in runs)
    return done and all("has other bytes" in text for text in scene.missing())


def _note(ending, scene, title, run, sent=None):
    scene.world.workflows.wait(60)
    ending.transcript += f"--- {title}: {run.status}\n{run.output}\n"
    missing = scene.missing(sent)
    if run.status == 0 and missing:
        ending.wrong.append(f"FALSE SUCCESS ({title}): {'; '.join(missing)}")
    if run.status > 0 and "Traceback (most recent call last)" in run.output:
        ending.wrong.append(f"a traceback ({title})")
    if run.status > 0 and title == "again":
        ending.transcript += f"--- last words: {last_words(scene, run)}\n"


def _judge_end(ending, scene):
    ending.wrong += [f"DOUBLE: {text}" for text in scene.doubled()]
    if ending.statuses[-1] != 0:
        ending.wrong.append(f"not done after {_ATTEMPTS} more runs: {'; '.join(scene.missing())}")
    ending.wrong += [f"the stand-in failed: {text.splitlines()[-1]}" for text in scene.world.mistakes()]  # fmt: skip


def run_kills(options):
    """`--kills N`; how many of them ended wrongly."""
    endings = _run_all(kill_once, options.kills, options)
    killed = sum(ending.killed for ending in endings)
    sys.stdout.write(f"{len(endings)} stories, {killed} kills that hit\n")
    return _report(endings)


def run_races(options):
    """`--races N`; how many of them ended wrongly."""
    return _report(_run_all(race_once, options.races, options))


def _run_all(one, count, options):
    known = {story: measure(story) for story in BOTH}

    def guarded(number):
        try:
            return one(number, known)
        except Exception as error:  # noqa: BLE001 - one world must not end the campaign
            title = f"{one.__name__} {number}"
            return Ending(title, wrong=[f"could not be played: {type(error).__name__}: {error}"])

    endings = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for ending in pool.map(guarded, range(options.seed, options.seed + count)):
            endings.append(ending)
            mark = "FAIL" if ending.wrong else "ok  "
            sys.stdout.write(f"{mark} {ending.title}; then {ending.statuses}  {'  '.join(ending.wrong)}\n")  # fmt: skip
            if options.verbose and (ending.wrong or ending.reruns > 1):
                sys.stdout.write(f"{ending.transcript}\n")
            sys.stdout.flush()
    return endings


def _report(endings):
    count = len(endings)
    false = sum(any("FALSE SUCCESS" in text for text in ending.wrong) for ending in endings)
    double = sum(any("DOUBLE" in text for text in ending.wrong) for ending in endings)
    by_runs = Counter(ending.reruns for ending in endings if ending.statuses[-1:] == [0])
    wrong = sum(bool(ending.wrong) for ending in endings)
    sys.stdout.write(
        f"false successes {false}, duplicates {double}; done after one more run {by_runs[1]} of "
        f"{count} ({by_runs[1] / count:.1%}), after two {by_runs[2]}, after three or more "
        f"{sum(by_runs[n] for n in by_runs if n > 2)}; otherwise wrong "
        f"{wrong}\n"
    )
    return wrong
