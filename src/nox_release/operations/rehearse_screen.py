"""How a rehearsal ends: what was proven, as tables and as a document."""

from collections.abc import Sequence

from nox_release.core.errors import ChecksFailed, NoxReleaseError
from nox_release.core.findings import Finding
from nox_release.core.words import counted
from nox_release.edges.console import Console
from nox_release.operations.rehearse_story import Story


def summary(story: Story, seconds: float) -> None:
    console, problem = story.context.console, story.problem
    if story.options.json:
        console.json(_document(story, seconds))
    _table(story, "What was proven" if problem is None else "How far it came")
    console.line()
    if problem is None:
        end_well(
            story.context.console,
            f"All {len(story.parts)} parts in {seconds:.0f} s; nothing was published anywhere.",
            story.warnings,
            [story.lost],
        )
        console.next_step("Next: See what the real way still needs.", "nox -s check-project")
    else:
        console.mark(
            "error", f"Part {len(story.parts) + 1} failed; nothing was published anywhere."
        )
        console.next_step(
            "Next: when that is settled (and committed), rehearse again.", "nox -s rehearse"
        )
        if story.options.json:
            console.error(problem)


def end_well(console: Console, done: str, warnings: Sequence[Finding], lost: Sequence[str]) -> None:
    """The end of a rehearsal that came through; not all green where users would meet something, or
    where the project's own workflow would not do: the `lost` files.
    """
    told = [done]
    if warnings:
        ids = ", ".join(dict.fromkeys(one.id for one in warnings))
        told.append(f"The build has {counted(len(warnings), 'warning')}: {ids}.")
    files = " and ".join(dict.fromkeys(filter(None, lost)))
    if files:
        told.append(f"With {files} as it is, a real release would be lost.")
    if told == [done]:
        console.mark("done", done)
    else:
        console.mark("warning", " ".join(told), verdict=True)


def _table(story: Story, title: str) -> None:
    story.context.console.table(
        ("part", "seconds", "proven"),
        [(part.name, f"{part.seconds:.1f}", part.proven) for part in story.parts],
        title=title,
    )


def _document(story: Story, seconds: float) -> dict[str, object]:
    return {
        "project": story.project.name,
        "version": story.version,
        "ok": story.problem is None,
        "workflow": story.publishing.note if story.publishing is not None else "",
        "placeholder": story.placeholder,
        "warnings": [{"id": one.id, "message": one.message} for one in story.warnings],
        "seconds": round(seconds, 1),
        "parts": [
            {"name": p.name, "seconds": round(p.seconds, 1), "proven": p.proven}
            for p in story.parts
        ],
        "problem": _in_words(story.problem) if story.problem is not None else None,
    }


def summary_of_all(stories: Sequence[Story], seconds: float, parts: int) -> int:
    """What was proven of every package; the exit status.

    Raises:
        NoxReleaseError: one of them failed.
    """
    first = stories[0]
    console = first.context.console
    failed = [story for story in stories if story.problem is not None]
    if first.options.json:
        documents = [_document(s, sum(part.seconds for part in s.parts)) for s in stories]
        console.json({"ok": not failed, "seconds": round(seconds, 1), "packages": documents})
    for story in stories:
        _table(
            story,
            f"What was proven of {story.title}"
            if story.problem is None
            else f"How far {story.title} came",
        )
        if story.problem is not None:
            number = story.before + len(story.parts) + 1
            console.mark("error", f"Part {number} failed: {story.problem.message}")
    console.line()
    if not failed:
        end_well(
            console,
            f"{len(stories)} packages, {parts} parts in {seconds:.0f} s; "
            "nothing was published anywhere.",
            [one for story in stories for one in story.warnings],
            [story.lost for story in stories],
        )
        console.next_step("Next: See what the real way still needs.", "nox -s check-project")
        return 0
    if first.options.json:
        return 1
    names = " and ".join(story.title for story in failed)
    raise NoxReleaseError(
        f"{len(failed)} of {len(stories)} packages did not come through: {names}.",
        reason="Nothing was published anywhere.",
        hint="Where its last part ends, above, is why. When that is fixed: nox -s rehearse",
    )


def _in_words(problem: NoxReleaseError) -> str:
    findings = problem.findings if isinstance(problem, ChecksFailed) else ()
    return " ".join([*(f"{one.message} [{one.id}]" for one in findings), str(problem)])
