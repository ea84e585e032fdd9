"""A project's own copy in the rehearsed world: its HEAD, a next version, a workflow that publishes.

Only the copy is changed; each change is told in words a maintainer can follow.
"""

import re
import shutil
from collections.abc import Collection
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from nox_release.checks.workflow.checking import check_workflow
from nox_release.checks.workflow.subject import WorkflowFacts
from nox_release.core.errors import NoxReleaseError
from nox_release.core.findings import Finding, Skipped, errors_in
from nox_release.core.values import dataclass, replace
from nox_release.core.versions import parse_version
from nox_release.edges.children import GIT
from nox_release.edges.context import Context
from nox_release.edges.git import Repository, find_repository
from nox_release.edges.git_settings import read_git_settings
from nox_release.observing.changelogs import read_changelog
from nox_release.observing.publishers import derive_in, release_is_last
from nox_release.observing.source_tree import read_source_tree
from nox_release.observing.workflow_files import package_in
from nox_release.project.changelog import coming_version
from nox_release.project.pyproject import Index, Project
from nox_release.project.remotes import parse_remote
from nox_release.project.toml_lines import find_lines
from nox_release.rehearsal.world import World, repository_name
from nox_release.releases.plan import other_tags, version_of_tag
from nox_release.scaffold.publish import Wanted, plan_publish, publish_workflow
from nox_release.workflows.build_folders import builds_package
from nox_release.workflows.publishing import MISSING, Derivation, proposed_file

_NEVER_COPIED = shutil.ignore_patterns(
    ".git", ".nox", ".tox", ".venv", "venv", "node_modules", "__pycache__", "*.egg-info", "dist",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "*.pyc",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the copy comes from. `below` is the folder in the repository that sessions run in."""

    root: Path
    repository: Repository | None
    below: Path
    owner: str
    name: str
    branch: str
    remote: str
    notes: tuple[str, ...]


def find_origin(context: Context, project: Project) -> Origin:
    """The repository of a project, or what stands in for one that is not there.

    Of several packages any one will do: they are in it together.
    """
    notes = []
    root = context.root.resolve()
    repository = find_repository(root, context.runner)
    if repository is not None and not _has_commit(repository):
        repository = None
    alone = project.root == root
    name, owner = repository_name((alone and project.name) or root.name), "you"
    if repository is None:
        notes.append("The project is not under git: the files as they lie are put under git here.")
        return Origin(
            root=root,
            repository=None,
            below=Path(),
            owner=owner,
            name=name,
            branch="main",
            remote=project.settings.remote or "origin",
            notes=(*notes, f"Its GitHub repository is made up: {owner}/{name}."),
        )
    settings = read_git_settings(repository)
    remote = project.settings.remote or _only(settings.remotes) or "origin"
    address = settings.remote_url(remote)
    slug = parse_remote(address) if address else None
    if slug is None:
        notes.append(f"There is no remote on GitHub; its repository is made up: {owner}/{name}.")
    else:
        owner, name = slug
    changes = repository.changes()
    if changes:
        notes.append("What is not committed is left out: HEAD is rehearsed.")
    return Origin(
        root=repository.root,
        repository=repository,
        below=root.relative_to(repository.root),
        owner=owner,
        name=name,
        branch=project.settings.branch or repository.branch() or "main",
        remote=remote,
        notes=tuple(notes),
    )


def _has_commit(repository: Repository) -> bool:
    try:
        repository.head()
    except NoxReleaseError:
        return False
    return True


def _only(names: tuple[str, ...]) -> str | None:
    return "origin" if "origin" in names else names[0] if len(names) == 1 else None


def copy_into(world: World, origin: Origin) -> Path:
    """Fill the world's remote and clone from `origin`; the folder in the clone to run sessions in.
    What is built there is nothing of the project's.
    """
    folder = _copy(world, origin)
    leave_out(world.clone, "dist/")
    return folder


def leave_out(clone: Path, pattern: str) -> None:
    """Have git pass over `pattern` in this clone alone."""
    listed = clone / ".git" / "info" / "exclude"
    listed.parent.mkdir(exist_ok=True)  # git makes it from a template that may lack it
    with listed.open("a", encoding="utf-8") as file:
        file.write(f"{pattern}\n")


def _copy(world: World, origin: Origin) -> Path:
    if origin.repository is not None:
        world.seed(origin.root)
        _copy_submodules(world, origin.root, world.clone)
        return world.clone / origin.below
    tree = world.directory / "tree"
    shutil.copytree(origin.root, tree, ignore=_NEVER_COPIED, symlinks=True)
    world.git("init", "--quiet", f"--initial-branch={world.branch}", cwd=tree)
    world.git("add", "--all", cwd=tree)
    world.git("commit", "--quiet", "--allow-empty", "--message=Everything that is there", cwd=tree)
    world.seed(tree)
    shutil.rmtree(tree, ignore_errors=True)
    return world.clone


def drop_generated(world: World, project: Project) -> tuple[str, ...]:
    """In an unpacked sdist whose version tags decide: untrack the `*.egg-info` of its own build.

    The next build rewrites it, and a tree that differs from its tag makes a local version.
    """
    root = project.root
    if not (root / "PKG-INFO").is_file() or not project.version_from_tags:
        return ()
    below = root.relative_to(world.clone)
    found = sorted(path.relative_to(root) for path in root.glob("**/*.egg-info") if path.is_dir())
    names = [name for path in found if _is_tracked(world, name := (below / path).as_posix())]
    if names:
        world.git("rm", "-r", "--quiet", "--cached", "--", *names)
        for name in names:
            shutil.rmtree(world.clone / name)
        world.commit("Leave out what a build generated", paths=())
    return tuple(names)


def _is_tracked(world: World, name: str) -> bool:
    return bool(world.git("ls-files", "--", name))


def _copy_submodules(world: World, source: Path, clone: Path) -> None:
    """Let the addresses of checked-out submodules lead to copies of them, and check those out."""
    if not (clone / ".gitmodules").is_file():
        return
    world.git("submodule", "--quiet", "init", cwd=clone)
    listed = replace(world.runner, child=GIT).run(
        ["git", "config", "--get-regexp", r"^submodule\..*\.url$"], cwd=clone, check=False
    )  # it fails where .gitmodules names what is no submodule, as in a tree from an sdist
    for number, line in enumerate(listed.stdout.splitlines()):
        key, _, address = line.partition(" ")
        name = key.removeprefix("submodule.").removesuffix(".url")
        path = world.git("config", "--file", ".gitmodules", f"submodule.{name}.path", cwd=clone)
        inner = source / path
        if not (inner / ".git").exists():
            continue
        bare = world.directory / "submodules" / f"{world.submodules}-{number}.git"
        world.submodules += 1
        world.git(
            "clone", "--quiet", "--bare", "--no-hardlinks", "--", str(inner), str(bare), cwd=clone
        )
        world.git(
            "config", "--global", "--add", f"url.{bare.as_posix()}.insteadOf", address, cwd=clone
        )
        world.git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=bare)
        world.git("submodule", "--quiet", "update", "--", path, cwd=clone)
        _copy_submodules(world, inner, clone / path)


def drop_tags(world: World, project: Project, version: str) -> bool:
    """Let the copy be as before that version was tagged, in whatever form; whether it was."""
    form, name = project.settings.tag_format, project.name
    tags = tuple(world.git("tag", "--list").splitlines())
    found = [
        tag for tag in tags if version_of_tag(tag, tag_format=form, name=name) == Version(version)
    ]
    found += other_tags(version, tag_format=form, name=name, existing=tags)
    for tag in found:
        world.git("tag", "--delete", tag)
        world.git("update-ref", "-d", f"refs/tags/{tag}", cwd=world.remote)
    if found:
        world.workflows.forget_pushes()
    return bool(found)


# --- versions --------------------------------------------------------------------------------


def next_version(version: str) -> str:
    """The version after `version`: its last release number and one, or the final one of a pre-release."""
    parsed = Version(version)
    if parsed.is_prerelease or parsed.is_devrelease:
        return parsed.base_version
    numbers = [*parsed.release]
    numbers[-1] += 1
    epoch = f"{parsed.epoch}!" if parsed.epoch else ""
    return epoch + ".".join(map(str, numbers))


def fitting_version(need: Requirement, stated: str | None) -> str | None:
    """The version that is `stated`, where it fits; else one near those that the requirement names."""
    named = [one.version.removesuffix(".*") for one in need.specifier]
    named = [one for one in named if parse_version(one) is not None]
    candidates = filter(None, [stated, *named, *map(next_version, named), "1.0"])
    return next((one for one in candidates if need.specifier.contains(one, prereleases=True)), None)


def unused_version(world: World, project: Project, version: str) -> str:
    """The version after `version`, and above every tag: those of other branches are taken too."""
    following, form = next_version(version), project.settings.tag_format
    tags = world.git("tag", "--list", cwd=world.remote).splitlines()
    tagged = [version_of_tag(tag, tag_format=form, name=project.name) for tag in tags]
    newest = max(filter(None, tagged), default=None)
    if newest is None or Version(following) > newest:
        return following
    return next_version(newest.public)


def tagged_version(world: World, project: Project) -> str:
    """For a version that tags decide: the one that the changelog says is coming, the one after the
    newest tag, else what an sdist says.
    """
    found = _tagged_versions(world, project)
    if found:
        return _coming(world, project, max(found)) or next_version(max(found).public)
    info = project.root / "PKG-INFO"
    stated = (
        re.search(r"(?m)^Version: (\S+)", info.read_text("utf-8", "replace"))
        if info.is_file()
        else None
    )
    return Version(stated[1]).public if stated else "1.0.0"


def _coming(world: World, project: Project, tagged: Version) -> str:
    repository = find_repository(world.clone, world.runner)
    if repository is None:
        return ""
    _, text = read_changelog(project, repository, "HEAD", None)
    coming = coming_version(text or "", tagged)
    return "" if coming is None else str(coming)


def _tagged_versions(world: World, project: Project) -> list[Version]:
    form = project.settings.tag_format
    tags = world.git("tag", "--list").splitlines()
    if form not in ("v{version}", "{version}"):  # of several packages, each has its own
        tags = [tag for tag in tags if version_of_tag(tag, tag_format=form, name=project.name)]
    plain = [tag for tag in tags if re.fullmatch(r"v?\d[\w.+-]*", tag)]
    found = []
    for tag in plain or tags:
        text = re.search(r"\d[\w.+-]{0,100}$", tag)
        try:
            found.append(Version(text[0] if text else ""))
        except InvalidVersion:
            continue
    return found


_ASSIGNED = r"""(?m)^(?P<before>\s*(?:__version__|VERSION|version)\s*(?::[^=\n]+)?=\s*["'])%s(?P<after>["'])"""


def stated_version(project: Project) -> str:
    """What `project` says its version is, in pyproject.toml or in the one file it names for that."""
    places = [place for place in _stated_places(project) if place.is_file()]
    if project.version or project.version_from_tags or len(places) != 1:
        return project.version or ""
    found = re.search(_ASSIGNED % "(?P<version>[^\"'\\n]+)", places[0].read_text(encoding="utf-8"))
    return found["version"] if found else ""


def bump(project: Project, version: str, target: str) -> str | None:
    """Write `target` where the copy says `version`; the file that was changed.

    `None`: nothing was changed, for there is not exactly one place that is sure to be it.
    """
    path = project.root / "pyproject.toml"
    if not path.is_file():  # setup.py and setup.cfg may say it in any way
        return None
    text = path.read_text(encoding="utf-8")
    if project.version is not None:
        number = _line_of_version(text)
        lines = text.split("\n")
        if number is None or project.version not in lines[number - 1]:
            return None
        lines[number - 1] = lines[number - 1].replace(project.version, target)
        path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
        return "pyproject.toml"
    places = [place for place in _stated_places(project) if place.is_file()]
    # In an unpacked sdist, backends such as hatchling take the version of its PKG-INFO.
    if len(places) != 1 or (project.root / "PKG-INFO").is_file():
        return None
    content = places[0].read_text(encoding="utf-8")
    expression = re.compile(_ASSIGNED % re.escape(version))
    if places[0].suffix != ".py" and content.strip() == version:
        changed = content.replace(version, target)
    elif len(expression.findall(content)) == 1:
        changed = expression.sub(rf"\g<before>{target}\g<after>", content)
    else:
        return None
    places[0].write_text(changed, encoding="utf-8", newline="\n")
    return places[0].relative_to(project.root).as_posix()


def _line_of_version(text: str) -> int | None:
    lines = find_lines(text).by_path
    tables = (("project", "version"), ("tool", "poetry", "version"))
    return next((lines[table] for table in tables if table in lines), None)


def _stated_places(project: Project) -> list[Path]:
    """The files that the backend is told to read the version from."""
    tool = project.pyproject.get("tool") or {}
    hatch = ((tool.get("hatch") or {}).get("version") or {}).get("path")
    pdm = (tool.get("pdm") or {}).get("version") or {}
    dynamic = ((tool.get("setuptools") or {}).get("dynamic") or {}).get("version") or {}
    found = [hatch, pdm.get("path") if isinstance(pdm, dict) else None]
    if isinstance(dynamic, dict):
        file = dynamic.get("file")
        found += file if isinstance(file, list) else [file]
        module = str(dynamic.get("attr") or "").rpartition(".")[0].replace(".", "/")
        if module:
            found += [
                f"{start}{module}{end}" for start in ("", "src/") for end in (".py", "/__init__.py")
            ]
    if project.build_backend.startswith("flit_core"):
        module = project.name.replace("-", "_").replace(".", "/")
        named = ((tool.get("flit") or {}).get("module") or {}).get("name")
        module = str(named).replace(".", "/") if named else module
        found += [
            f"{start}{module}{end}" for start in ("", "src/") for end in (".py", "/__init__.py")
        ]
    return sorted({project.root / str(path) for path in found if path})


# --- the workflow ----------------------------------------------------------------------------


_RELEASER = "jupyter-server/jupyter_releaser/"
_NONE = "No workflow that is committed publishes this project."


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """The workflow that publishes in the world; `note` says what was put in its place and why,
    `written` which file, `compiles` that this one makes wheels for several platforms.
    """

    derivation: Derivation
    note: str = ""
    written: str = ""
    compiles: bool = False


def ensure_workflow(
    world: World, project: Project, *, package: str = "", written: Collection[str] = ()
) -> Publishing:
    """The project's own publish workflow, or one that `init` would write, committed to the copy.

    `package` is the project's folder as `[tool.nox-release] packages` names it, if it does;
    `written` are the workflows that the copy was given for other packages.
    """
    derivation = _derive(world, project)
    reason = _unusable(derivation)
    if derivation.job is not None and derivation.job.workflow.file in written:
        reason = _NONE
    if not reason:
        return Publishing(derivation=derivation)
    return replace_workflow(world, project, derivation, reason, package=package)


def replace_workflow(
    world: World,
    project: Project,
    derivation: Derivation,
    reason: str,
    *,
    package: str = "",
    compiled: bool = False,
) -> Publishing:
    """Commit the workflow that `init` would write to the copy, in place of those that publish.

    Of several packages, the workflows that are sure to build others only are left alone. `compiled`
    says that the wheel turned out to be one of native code.
    """
    root, index = project.root, project.settings.index
    place = package_in(world.clone, project)
    removed = sorted(
        {
            job.workflow.file
            for job in derivation.jobs
            if not package or builds_package(job.workflow, *place) is not False
        }
    )
    for file in removed:
        (world.clone / file).unlink(missing_ok=True)
    settings = replace(project.settings, index=replace(index, name="pypi"))
    filename = proposed_file(settings, place, ())
    path = world.clone / ".github" / "workflows" / filename
    path.parent.mkdir(parents=True, exist_ok=True)
    tree = read_source_tree(project)
    plan = plan_publish(
        replace(project, settings=settings),
        Wanted(
            filename=filename,
            folder="" if root == world.clone else root.relative_to(world.clone).as_posix(),
            package=package,
        ),
        tool="nox-release",
        repository=f"{world.owner}/{world.repository}",
        setup_py=tree.texts.get("setup.py"),
        names=tree.names,
    )
    if compiled and plan.native is None:
        plan = replace(plan, native="setuptools")
    path.write_text(publish_workflow(plan), encoding="utf-8", newline="\n")
    world.commit("Publish with a trusted publisher", paths=(".github",))
    what = f".github/workflows/{filename}, as `nox -s init` writes it"
    if removed == [f".github/workflows/{filename}"]:
        note = f"{reason} The copy gets another {what}."
    elif removed:
        note = f"{reason} The copy gets {what}, in place of {', '.join(removed)}."
    else:
        note = f"{reason} The copy gets {what}."
    return Publishing(
        derivation=_derive(world, project),
        note=note,
        written=f".github/workflows/{filename}",
        compiles=plan.native is not None,
    )


def losing(derivation: Derivation, index: Index, *, tag: str, metadata: str) -> tuple[Finding, ...]:
    """What in the publishing workflow would lose a release of files with that metadata version."""
    if derivation.job is None:
        return ()
    facts = WorkflowFacts(
        index=index,
        tag=tag,
        starts=("push-tag", "release", "dispatch-tag"),
        at_commit=True,
        metadata_version=metadata or None,
        release_last=release_is_last(derivation, {}),
    )
    results = check_workflow(derivation.job.workflow, facts)
    return errors_in(results)


def _derive(world: World, project: Project) -> Derivation:
    slug = (world.owner, world.repository)
    package, settings = package_in(world.clone, project), project.settings
    if settings.index.is_like_pypi:  # what is found may be quoted: by the name of the real one
        settings = replace(settings, index=replace(settings.index, name="pypi"))
    return derive_in(world.clone, settings, slug, package=package).derivation


def _unusable(derivation: Derivation) -> str:
    """Why the project's own workflow cannot be carried out here; empty when it can."""
    found = derivation.results[-1] if derivation.results else None
    if isinstance(found, Finding) and (not derivation.jobs or found.id == MISSING.id):
        return _NONE
    if derivation.publisher is None or derivation.job is None:
        if isinstance(found, Skipped):
            return f"{found.title}: not known, for {found.reason}."
        return found.message if isinstance(found, Finding) else _NONE
    job = derivation.job
    if job.credentials == "secret":
        return f"{job.workflow.file} uploads with a secret, not as a trusted publisher."
    if job.workflow.is_only_called or not {"release", "push", "workflow_dispatch"} & {
        event.name for event in job.workflow.events
    }:
        return f"{job.workflow.file} is started by something that a rehearsal does not have."
    by_uv = job.tool == "uv publish" and job.credentials == "trusted"
    if job.step is None or (job.step.uses is None and not by_uv):
        return f"{job.workflow.file} uploads with {job.tool}, which a rehearsal does not run."
    if job.tool.startswith(_RELEASER):
        return (
            f"{job.workflow.file} uploads what jupyter_releaser finds in a draft release, which a "
            "rehearsal does not have."
        )
    return ""
