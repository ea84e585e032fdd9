"""The parts of a rehearsal that release the next version."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nox_release.core.errors import ChecksFailed, CommandError, NoxReleaseError
from nox_release.core.findings import Finding, Skipped, errors_in
from nox_release.core.words import listed
from nox_release.files.distributions import Distribution
from nox_release.operations.rehearse_coming import pass_tests
from nox_release.operations.rehearse_story import Story, part, run_session

if TYPE_CHECKING:
    from nox_release.edges.environments import Environment
    from nox_release.rehearsal.github_state import WorkflowRun


def _assume_siblings(story: Story) -> None:
    """What the package needs of its own repository is on PyPI, so it is taken for published here too,
    unless it is rehearsed itself.
    """
    from nox_release.observing.siblings import find_siblings
    from nox_release.project.workspace import needs_of
    from nox_release.rehearsal.copying import fitting_version

    needs = {canonicalize_name(need.name): need for need in needs_of(story.project)}
    for one in find_siblings(story.project, story.world.clone):
        need = needs.get(canonicalize_name(one.name))
        version = None if need is None or one.kept_back else fitting_version(need, one.version)
        if version and story.world.index.take_as_published(one.name, version):
            story.context.console.line(f"Taken for published: {one.name} {version}.")


def _prepare(story: Story) -> None:
    """The next version, as a maintainer makes it; the release builds it."""
    from packaging.version import Version

    from nox_release.project.versions import Line, choose_version

    if not story.next_version:
        return
    world, target, released = story.world, story.next_version, Version(story.version)
    with part(story, "Prepare the next version") as proven:
        chosen = choose_version(["patch"], Line(released=released, stated=released))
        word = "patch" if getattr(chosen, "version", None) == Version(target) else target
        run_session(story, "prepare", word, "--index", world.index.url, "--yes", "--no-build")
        _write_news(story, target)
        changed = world.git("show", "--format=", "--name-only", "HEAD").splitlines()
        world.git("push", "--quiet", world.remote_name, f"HEAD:refs/heads/{world.branch}")
        world.workflows.forget_pushes()
        pass_tests(story)
        proven.append(f"{story.version} → {target} in {listed(changed)}, one commit")
        story.version = target


def _write_news(story: Story, version: str) -> None:
    """A line in the changelog's new part, where `prepare` had nothing to put there: the maintainer
    would write it, so nothing after this is to warn of an empty part.
    """
    from nox_release.edges.git import find_repository
    from nox_release.observing.changelogs import read_changelog
    from nox_release.project.changelog import find_section

    world, project = story.world, story.project
    repository = find_repository(project.root, story.context.runner)
    if repository is None:
        return
    name, text = read_changelog(project, repository, "HEAD", version)
    section = find_section(text or "", version)
    path = (project.root / name).resolve()
    if section is None or section.body.strip() or not path.is_file():
        return
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    lines[section.after : section.after] = ["", "- What you would write here.", ""]
    path.write_text("\n".join(lines), encoding="utf-8", errors="surrogateescape", newline="\n")
    world.git("commit", "--quiet", "--amend", "--no-edit", "--", str(path))
    story.context.console.line(
        f"What is new in {version} is for you to write; here, the rehearsal puts a line into {name}."
    )


def _checklist(story: Story) -> None:
    with part(story, "Checklist") as proven:
        status = run_session(story, "check-project", "--index", story.world.index.url, check=False)
        if status:
            story.context.console.line("The rehearsal goes on all the same.")
        proven.append(
            "it names what to fix before the real release" if status else "nothing blocks a release"
        )


def _release(story: Story) -> None:
    world, project = story.world, story.project
    with part(story, "Release") as proven:
        # What is built was tried out in part 2, what is on the index will be in the last part.
        arguments = [story.version, "--index", world.index.url, "--yes", "--no-smoke"]
        try:
            run_session(story, "release", *arguments)
        except NoxReleaseError:
            _tell_other_folder(story, failed=True)
            raise
        world.workflows.wait()
        _tell_other_folder(story, failed=False)
        before = set(story.published)
        story.published = tuple(
            name for name in world.index.filenames(project.name) if name not in before
        )
        run = _run_of(story)
        if run is None or run.conclusion != "success":
            raise NoxReleaseError("The release ended without a successful run.")
        count = len(story.published)
        files = f"{count} file{'s' * (count != 1)}"
        proven.append(f"tag, GitHub release, run, {files} by trusted publishing")


def _run_of(story: Story) -> WorkflowRun | None:
    """The newest run of the workflow that publishes this project."""
    path = f".github/workflows/{story.publisher.workflow}"
    return next((run for run in reversed(story.world.github.runs) if run.path == path), None)


def _tell_other_folder(story: Story, *, failed: bool) -> None:
    """Where the workflow has built something else, that may be why it `failed`; where it has built
    other packages as well, they were taken for projects that the index has.
    """
    run = _run_of(story)
    built = story.world.workflows.built_by(run) if run is not None else {}
    others = {place: files for place, files in built.items() if place != story.folder}
    if not others or not (failed or story.folder in built):
        return
    what = " and ".join(
        f"`{place}` ({', '.join(path.name for path in files)})" for place, files in others.items()
    )
    if story.folder in built:
        level, said = (
            "advice",
            f"builds {what} too; here, those were taken for projects on the index.",
        )
    else:
        level, said = "warning", f"has built {what}, but {story.title} is in `{story.folder}`."
    story.context.console.line()
    story.context.console.mark(level, f"{story.publisher.workflow} {said}")


def _install(story: Story) -> None:
    """The real pip, in an environment of its own, from the index; then an import."""
    from nox_release.edges.building import install_build_requirements
    from nox_release.edges.environments import fresh_environment
    from nox_release.files.archives import read_distribution
    from nox_release.observing.trying import (
        DOWNLOAD_LIMIT,
        download_size,
        python_for,
        siblings_in,
    )

    world, console, project = story.world, story.context.console, story.project
    simple = world.index.index.simple_url
    requirement = f"{project.name}=={story.version}"
    with part(story, "Install, as a user would") as proven:
        wheel = read_distribution(next(p for p in story.files if p.suffix == ".whl"))
        aside = story.aside("user")
        python = python_for(wheel, story.context.runner, aside)
        if python is None:
            console.mark("not known", "no Python here fits what the project requires: not tried")
            proven.append("not tried: no Python here fits")
            return
        environment = fresh_environment(
            aside / "environment", story.context.runner, python=python, with_pip=True
        )
        options = ["--no-deps", "--index-url", simple]
        if not any(name.endswith(".whl") for name in story.published):
            console.line("There is only the sdist on the index: pip builds it here.")
            sdist = next(path for path in story.files if path.suffix != ".whl")
            install_build_requirements(
                environment, sdist, extra_requires=project.settings.build_requires
            )
            options.append("--no-build-isolation")
        console.line(f"$ pip install {shlex.join(options)} {requirement}")
        environment.runner.run(
            [*environment.pip, "install", "--disable-pip-version-check", "--quiet",
             "--no-cache-dir", *options, requirement],
            cwd=environment.directory,
            timeout=1800,
            extra_environ={"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""},
        )  # fmt: skip
        proven.append(f"pip installs {requirement}")
        size = download_size(wheel, environment)
        if story.options.smoke is False or (size is not None and size > DOWNLOAD_LIMIT):
            console.line("The dependencies are left out, and so is the import.")
            return
        needed = _dependencies(wheel)
        if needed:
            console.line(f"$ pip install {shlex.join(needed)}")
            try:
                environment.install(*needed, timeout=900)
            except CommandError as error:
                awaited = siblings_in(error.reason, project)
                if not awaited:
                    raise
                console.mark("not known", f"PyPI does not have {awaited} as it needs: not imported")
                return
        proven.append(_import(story, wheel, environment, aside))


def _dependencies(wheel: Distribution) -> tuple[str, ...]:
    """What the wheel needs here, without extras."""
    from packaging.requirements import Requirement

    parsed = [Requirement(text) for text in wheel.metadata.values("Requires-Dist")]
    fit = [one for one in parsed if one.marker is None or one.marker.evaluate({"extra": ""})]
    for one in fit:
        one.marker = None
    return tuple(str(one) for one in fit)


def _import(story: Story, wheel: Distribution, environment: Environment, home: Path) -> str:
    """Import what the wheel brings; what came of it in words.

    Raises:
        ChecksFailed: users could not import it.
    """
    from nox_release.checks.files.facts import Facts
    from nox_release.checks.files.tried import import_result
    from nox_release.files.wheels import parse_wheel
    from nox_release.observing.trying import import_names, of_a_part, try_imports

    facts = Facts(project=story.project, wheel=parse_wheel(wheel))
    names, console = import_names(facts), story.context.console
    imported, found = [], []
    for attempt in try_imports(names, environment, home):
        result = of_a_part(import_result(attempt, facts), attempt, facts, environment)
        if isinstance(result, Finding):
            found.append(result)
        elif isinstance(result, Skipped):
            console.mark("not known", f"import {attempt.name}: {result.reason}")
        else:
            imported.append(attempt.name)
            console.mark("ok", f"import {attempt.name}")
    if errors_in(found):
        raise ChecksFailed("What a user installs cannot be imported.", findings=found)
    for one in found:
        console.finding(one)
    story.warnings += tuple(one for one in found if one not in story.warnings)
    if names and not imported:
        return f"not imported: {', '.join(names[:3])}"
    return f"imported: {', '.join(imported[:3]) or 'nothing to import'}"


PARTS = (_assume_siblings, _prepare, _checklist, _release, _install)
