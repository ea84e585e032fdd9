"""Rules about how files get from the build to the upload."""

import fnmatch
import functools
import itertools
import posixpath
import re
from collections.abc import Iterator, Mapping

from nox_release.checks.workflow.subject import (
    SECURITY,
    Subject,
    action_version,
    rule,
    uses_action,
)
from nox_release.core.findings import Finding, Severity, Skipped, find, skipped
from nox_release.core.values import dataclass, replace
from nox_release.workflows import patches
from nox_release.workflows.build_folders import NOTHING_KNOWN, built_folders, combinations
from nox_release.workflows.expressions import EXPRESSION, Circumstances, holds, interpolate
from nox_release.workflows.publishing import (
    PYPA_ACTION,
    Job,
    PublishJob,
    Step,
    Workflow,
    steps_elsewhere,
)
from nox_release.workflows.shell import Command
from nox_release.workflows.yaml_nodes import Node

UPLOAD_DOCS = "https://github.com/actions/upload-artifact#readme"
DOWNLOAD_DOCS = "https://github.com/actions/download-artifact#readme"

SPLIT = rule(
    "split-build-publish",
    Severity.WARNING,
    "Building and uploading are two jobs",
    why="A build runs your code and your build tools'. In the job with the token, each of them "
    "could publish in your name.",
    remedy="Build in one job, pass the files on as an artifact, and upload in another.",
    link=SECURITY,
)
STEPS = rule(
    "publish-steps",
    Severity.WARNING,
    "The publish job only downloads the files and uploads them",
    why="Any code that runs there can request the token.",
    remedy="Move installations and scripts to the build job.",
    link=SECURITY,
)
NAME_PATH = rule(
    "artifact-name-path",
    Severity.ERROR,
    "The files that are built are those that are uploaded",
    why="The upload takes the files in its folder. If the artifact's name or path differs, there are "
    "none.",
    remedy="Use the same artifact name on both sides, and download into `dist/`.",
    link=DOWNLOAD_DOCS,
)
MERGE = rule(
    "artifact-merge",
    Severity.ERROR,
    "Several artifacts are downloaded into one folder",
    why="Without `merge-multiple: true` each artifact gets a folder of its own below the path, and "
    "the upload finds no files.",
    remedy="Add `merge-multiple: true` to the download.",
    link=DOWNLOAD_DOCS,
)
UNIQUE = rule(
    "artifact-unique",
    Severity.ERROR,
    "Every artifact has its own name",
    why="Since version 4 an artifact cannot be written twice: the second job fails.",
    remedy="Put what differs into the name: `name: dist-${{ matrix.os }}`.",
    link=UPLOAD_DOCS,
)
MAJOR = rule(
    "artifact-same-major",
    Severity.ERROR,
    "The artifact actions still run",
    why="GitHub has switched versions 1 to 3 off, and version 4 does not see their artifacts.",
    remedy="Use version 4 or later of both actions.",
    link="https://github.blog/changelog/2024-04-16-deprecation-notice-v3-of-the-artifact-actions/",
)
ONLY_DISTS = rule(
    "only-dists",
    Severity.ERROR,
    "The upload's folder holds sdists and wheels only",
    why="Anything else is refused: `Unknown distribution format`.",
    remedy="Pass on `dist/*.whl` and `dist/*.tar.gz`; keep other files in another artifact.",
    link="https://github.com/pypa/gh-action-pypi-publish#readme",
)
BOTH = rule(
    "wheel-and-sdist",
    Severity.WARNING,
    "Both sdist and wheel are built",
    why="Without a wheel every user builds it; without an sdist nobody else can.",
    remedy="`python -m build` makes both.",
    link="https://packaging.python.org/en/latest/discussions/package-formats/",
)
LINUX = rule(
    "linux-runner",
    Severity.ERROR,
    "The publish job runs on Linux",
    why="The publishing action runs in a container, which only Linux runners support.",
    remedy="`runs-on: ubuntu-latest`",
    link="https://github.com/pypa/gh-action-pypi-publish#-non-goals",
)

UPLOADS = ("actions/upload-artifact",)
DOWNLOADS = ("actions/download-artifact",)


# --- artifacts -------------------------------------------------------------------------------


def _holds_in_order(name: str, pieces: list[str]) -> bool:
    """Whether `name` is these pieces in their order, with anything between them."""
    first, *others = pieces
    if not others:
        return name == first
    *between, last = others
    at, end = len(first), len(name) - len(last)
    if not name.startswith(first) or not name.endswith(last) or at > end:
        return False
    for piece in between:
        found = name.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One artifact: `folders` are those below its root that hold files; `None`: not known."""

    job: Job
    step: Step
    name: str
    paths: tuple[str, ...]
    folders: tuple[str, ...] | None

    def is_called(self, name: str) -> bool:
        """Whether the artifact can have this name; expressions stand for anything."""
        if self.name == name:
            return True
        if re.search(r"\$\{\{|[*?]", name):
            return False  # no artifact's name has a star: that is for `pattern`
        return _holds_in_order(name, EXPRESSION.sub("\0", self.name).split("\0"))

    def matches(self, pattern: str) -> bool:
        """Whether a download's glob can take the artifact."""
        filled = EXPRESSION.sub("x", self.name)
        choices = re.fullmatch(r"(.*)\{([^{}]*)\}(.*)", pattern)
        patterns = (
            [f"{choices[1]}{choice}{choices[3]}" for choice in choices[2].split(",")]
            if choices
            else [pattern]
        )
        return any(fnmatch.fnmatchcase(filled, one) for one in patterns) or (
            "${{" in self.name
            and any(fnmatch.fnmatchcase(one, EXPRESSION.sub("*", self.name)) for one in patterns)
        )


def uploads(workflow: Workflow, called: Mapping[str, Workflow] | None = None) -> tuple[Upload, ...]:
    """Every artifact that the workflow's steps write, those of the `called` ones of the repository
    among them.
    """
    found: list[Upload] = []
    for job in workflow.jobs:
        target = (called or {}).get(job.calls)
        if target is not None:
            found.extend(replace(one, job=job) for one in uploads(target))
        for step in job.steps:
            if uses_action(step, *UPLOADS):
                paths = tuple(
                    line.strip() for line in (step.input("path") or "").splitlines() if line.strip()
                )
                found.append(
                    Upload(
                        job=job,
                        step=step,
                        name=_artifact_name(step, paths),
                        paths=paths,
                        folders=_layout(paths),
                    )
                )
            elif uses_action(step, "actions/upload-artifact/merge"):
                name = step.input("name") or "merged-artifacts"
                found.append(Upload(job=job, step=step, name=name, paths=(), folders=None))
            elif uses_action(step, "hynek/build-and-inspect-python-package"):
                name = "Packages" + (step.input("upload-name-suffix") or "")
                found.append(Upload(job=job, step=step, name=name, paths=("dist",), folders=(".",)))
    return tuple(found)


def _artifact_name(step: Step, paths: tuple[str, ...]) -> str:
    """Without an archive there is one file, and the artifact has its name."""
    if (step.input("archive") or "").strip().lower() != "false":
        return step.input("name") or "artifact"
    last = posixpath.basename(paths[0]) if len(paths) == 1 else ""
    return last if last and not re.search(r"[*?$\[]", last) else "${{ the file's name }}"


def _layout(paths: tuple[str, ...]) -> tuple[str, ...] | None:
    """The folders with files, below the deepest folder that all paths share."""
    prefixes = []
    for path in paths:
        if path.startswith("!"):
            continue
        text = re.sub(r"\$\{\{\s*github\.workspace\s*\}\}/?", "", path).replace("\\", "/")
        if "${{" in text or text.startswith(("~", "$")):
            return None
        parts = posixpath.normpath(text).split("/")
        fixed = []
        for part in parts:
            if any(sign in part for sign in "*?["):
                break
            fixed.append(part)
        rest = parts[len(fixed) :]
        if len(rest) > 1 or "**" in rest:
            return None
        if not rest and _is_file(parts[-1]):
            fixed = fixed[:-1]
        prefixes.append("/".join(fixed) or ".")
    if not prefixes:
        return None
    if len(prefixes) == 1:
        return (".",)
    if any(prefix.startswith(("/", "..")) for prefix in prefixes):
        return None
    root = posixpath.commonpath([posixpath.normpath(prefix) for prefix in prefixes]) or "."
    return tuple(posixpath.relpath(prefix, root) for prefix in prefixes)


def _is_file(name: str) -> bool:
    return (
        re.search(r"\.(?:whl|gz|zip|exe|json|txt|xml|md|deb|rpm|zst|asc|sig|sigstore)$", name)
        is not None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What one download puts where: `folders` with files, `None` where that is not known."""

    step: Step
    taken: tuple[Upload, ...]
    folders: tuple[str, ...] | None
    merged: tuple[str, ...] | None
    asked: str


def _arrival(subject: Subject, step: Step, available: tuple[Upload, ...]) -> Arrival:
    name, pattern = step.input("name"), step.input("pattern")
    base = posixpath.normpath(_workspace(step.input("path") or "."))
    if name:
        taken = tuple(upload for upload in available if upload.is_called(name))
        asked = f"`{name}`"
    elif pattern:
        taken = tuple(upload for upload in available if upload.matches(pattern))
        asked = f"`{pattern}`"
    else:
        taken = available
        asked = "every artifact"
    if "$" in base or base.startswith("~"):
        return Arrival(step=step, taken=taken, folders=None, merged=None, asked=asked)
    merged = _below(base, taken)
    version = action_version(subject.workflow, step)
    single = len(taken) == 1 and not taken[0].job.has_matrix
    if (
        name
        or step.input("merge-multiple") == "true"
        or (single and version is not None and version[0] >= 5)
    ):
        folders = merged
    else:
        apart: list[str] = []
        for upload in taken:
            artifact = EXPRESSION.sub("*", upload.name)
            inner = _below(f"{base}/{artifact}", (upload,))
            if inner is None:
                return Arrival(step=step, taken=taken, folders=None, merged=merged, asked=asked)
            apart.extend(inner)
        if single and version is None:  # since version 5 a lone artifact gets no folder
            apart.extend(merged or ())
        folders = tuple(apart)
    return Arrival(step=step, taken=taken, folders=folders, merged=merged, asked=asked)


def _workspace(path: str) -> str:
    return re.sub(r"\$\{\{\s*github\.workspace\s*\}\}", ".", path)


def _below(base: str, taken: tuple[Upload, ...]) -> tuple[str, ...] | None:
    found: list[str] = []
    for upload in taken:
        if upload.folders is None:
            return None
        found.extend(posixpath.normpath(f"{base}/{folder}") for folder in upload.folders)
    return tuple(found)


def packages_folders(publish: PublishJob) -> tuple[str, ...] | None:
    """The folders from which an upload takes files, as globs; `None` where that is not known."""
    step = publish.step
    if step is None or step.uses is not None:
        if step is not None and uses_action(step, PYPA_ACTION):
            folder = _workspace(step.input("packages-dir") or "dist")
            return None if "$" in folder else (posixpath.normpath(folder),)
        return None
    if step.working_directory or not publish.tool.startswith(("twine", "uv")):
        return None
    folders, unclear = [], not publish.tool.startswith("uv")  # it has a folder of its own
    for command in step.commands():
        if command.line != publish.line:
            continue
        tool, verb = publish.tool.split(" ")[:2]
        words = command.runs(tool, verb) or ()
        for before, word in itertools.pairwise(("", *words)):
            if word.startswith(("-", "http")):
                continue
            named = word.endswith(("*", ".whl", ".gz", "/")) or "/" in word
            if named and "$" not in word:
                folder = word if word.endswith("/") else posixpath.dirname(word)
                folders.append(posixpath.normpath(folder or "."))
            elif not before.startswith("-") or "=" in before or before in _SWITCHES:
                unclear = True
    return tuple(folders) or (None if unclear else ("dist",))


# Options of `uv publish` that take no value.
_SWITCHES = ("-v", "--verbose", "-q", "--quiet", "--no-attestations", "--native-tls", "-n")


_MAY_UPLOAD = re.compile(r"artifact|build|package|wheel|dist", re.IGNORECASE)
_NO_UPLOAD = ("actions/checkout", "pypa/cibuildwheel", "pyo3/maturin-action", *DOWNLOADS, *UPLOADS)


def unknown_sources(jobs: tuple[Job, ...], called: Mapping[str, Workflow] | None = None) -> str:
    """A job or step that may write artifacts which cannot be seen here; empty when there is none."""
    for job in jobs:
        if job.uses is not None:
            target = (called or {}).get(job.calls)
            if target is not None:
                hidden = unknown_sources(target.jobs)
                if hidden:
                    return hidden
                continue
            return f"job `{job.id}` is in {job.uses.text}"
        for step in job.steps:
            if step.uses is None or uses_action(step, *_NO_UPLOAD, _INSPECTED):
                continue
            if step.uses.kind == "local" or _MAY_UPLOAD.search(step.uses.text.split("@")[0]):
                return f"job `{job.id}` uses {step.uses.text}"
    return ""


def artifact_name_path(subject: Subject) -> Iterator[Finding | Skipped]:
    available = uploads(subject.workflow, subject.called)
    for publish in subject.publishes:
        if publish.unusable or publish.step is None:
            continue
        steps = subject.before(publish)
        downloads = [step for step in steps if uses_action(step, *DOWNLOADS)]
        hidden = unknown_sources((*subject.needed(publish.job), publish.job), subject.called)
        if subject.workflow.event("workflow_call") is not None:
            hidden = hidden or "the calling workflow may write artifacts"
        if not downloads:
            takes = publish.step.uses is not None and not publish.builds_itself
            wanted = packages_folders(publish)
            if wanted and uses_action(publish.step, PYPA_ACTION):
                place = _fills_another(subject.workflow, publish.job, steps, wanted)
                if place:
                    yield find(
                        NAME_PATH,
                        f"Job `{publish.job.id}` builds into `{place}/`, but uploads from "
                        f"`{wanted[0]}/`.",
                        where=subject.workflow.at(publish.line, f"jobs.{publish.job.id}.steps"),
                        fix=f"{_FROM_THE_ROOT} Here: `packages-dir: {place}`.",
                    )
            if not hidden and takes and _brings_nothing(steps, wanted):
                aside = any(uses_action(step, _INSPECTED) for step in steps)
                yield find(
                    NAME_PATH,
                    f"Job `{publish.job.id}` uploads, but none of its steps "
                    + (
                        f"brings files into `{wanted[0]}/`: {_INSPECTED} leaves them elsewhere."
                        if aside and wanted
                        else "builds or downloads files."
                    ),
                    where=subject.workflow.at(publish.line, f"jobs.{publish.job.id}.steps"),
                )
            continue
        yield from _arrivals_fit(subject, publish, downloads, available, hidden)


def _misses_the_build(workflow: Workflow, upload: Upload) -> str:
    """The folder that `python -m build` fills and the artifact does not take; else empty.

    A working directory counts for `run:`, and not for the paths of an action.
    """
    steps = upload.job.steps
    if upload.step not in steps:
        return ""
    before = steps[: steps.index(upload.step)]
    return _fills_another(workflow, upload.job, before, upload.paths)


# Two words of a command that builds into `dist` of the folder where it runs.
_INTO_DIST = frozenset(
    {("-m", "build"), ("run", "build"), ("poetry", "build"), ("flit", "build")}
    | {("setup.py", "sdist"), ("setup.py", "bdist_wheel")}
)
_TO_A_FOLDER = ("-o", "--out", "-d", "--dist-dir")
_FROM_THE_ROOT = (
    "Paths of an action start at the repository's root, whatever the working directory is."
)


def _fills_another(
    workflow: Workflow, job: Job, steps: tuple[Step, ...], paths: tuple[str, ...]
) -> str:
    """The folder that `python -m build` in these steps fills, where `paths` take none of it."""
    if any("$" in path for path in paths):
        return ""
    filled: list[str] = []
    for step in steps:
        if step.uses is not None and not uses_action(step, "actions/checkout", *_QUIET):
            return ""
        for command in step.commands():
            words = command.words
            elsewhere = any(word.startswith(_TO_A_FOLDER) for word in words)
            if elsewhere or words[:1] in (("mv",), ("cp",), ("cd",)):
                return ""
            front = any(pair in _INTO_DIST for pair in itertools.pairwise(words))
            if not front and _command_kinds(command):
                return ""
            if front:
                folders = built_folders(workflow, job, step, NOTHING_KNOWN)
                filled.extend(one.path or "*" for one in folders)
    if not filled or any("*" in folder for folder in filled):
        return ""
    places = [posixpath.normpath(f"{folder}/dist") for folder in filled]
    if any(_covers(path, place) for path in paths for place in places):
        return ""
    return places[0]


_QUIET = ("actions/setup-python", "actions/cache", "astral-sh/setup-uv")


def _covers(path: str, place: str) -> bool:
    """Whether an artifact's path may take files of the folder `place`."""
    path = posixpath.normpath(_workspace(path).replace("\\", "/"))
    if any(sign in path for sign in "*?["):
        head = re.split(r"[*?\[]", path, maxsplit=1)[0].rstrip("/")
        return head in ("", ".") or place.startswith(head) or head.startswith(place)
    return path == "." or f"{place}/".startswith(f"{path}/") or path.startswith(f"{place}/")


# Builds in a folder of its own, and keeps the files as an artifact.
_INSPECTED = "hynek/build-and-inspect-python-package"


def _brings_nothing(steps: tuple[Step, ...], wanted: tuple[str, ...] | None) -> bool:
    quiet = ("actions/checkout", *_QUIET, *((_INSPECTED,) if wanted else ()))
    return all(uses_action(step, *quiet) for step in steps)


def _arrivals_fit(
    subject: Subject,
    publish: PublishJob,
    downloads: list[Step],
    available: tuple[Upload, ...],
    hidden: str,
) -> Iterator[Finding | Skipped]:
    arrivals = []
    for step in downloads:
        if any(step.input(name) for name in ("run-id", "repository", "artifact-ids")):
            by = (
                "artifacts by their number"
                if step.input("artifact-ids")
                else "another run's artifacts"
            )
            yield skipped(NAME_PATH, f"job `{publish.job.id}` downloads {by}")
            return
        arrival = _arrival(subject, step, available)
        if not arrival.taken:
            expression = "${{" in (step.input("name") or step.input("pattern") or "")
            if hidden or expression:
                reason = hidden or "the artifact's name is an expression"
                yield skipped(NAME_PATH, reason)
                return
            names = ", ".join(sorted({f"`{upload.name}`" for upload in available})) or "none"
            key = "name" if step.input("name") else "pattern"
            yield find(
                NAME_PATH,
                f"Job `{publish.job.id}` downloads the artifact {arrival.asked}, which no job "
                f"uploads; there is {names}.",
                where=subject.workflow.at(step.input_line(key), f"jobs.{publish.job.id}.steps"),
            )
            return
        arrivals.append(arrival)
        if late := _not_waited_for(subject, publish, arrival):
            yield find(
                NAME_PATH,
                f"Job `{publish.job.id}` downloads {arrival.asked} without waiting for job "
                f"`{late}`, which makes it.",
                where=subject.workflow.at(step.line, f"jobs.{publish.job.id}.steps"),
                fix=f"Add `{late}` to the `needs:` of `{publish.job.id}`.",
                severity=Severity.WARNING if publish.job.needs else None,
            )
            return
    for upload in dict.fromkeys(one for arrival in arrivals for one in arrival.taken):
        place = _misses_the_build(subject.workflow, upload)
        if place:
            yield find(
                NAME_PATH,
                f"Job `{upload.job.id}` builds into `{place}/`, but its artifact takes "
                f"`{' '.join(upload.paths)}`.",
                where=subject.workflow.at(
                    upload.step.input_line("path"), f"jobs.{upload.job.id}.steps"
                ),
                fix=_FROM_THE_ROOT,
            )
            return
    wanted = packages_folders(publish)
    position = subject.before(publish).index(downloads[0])
    moved = any(step.run is not None for step in subject.before(publish)[position:])
    if wanted is None or moved or any(arrival.folders is None for arrival in arrivals) or hidden:
        return
    arrived = [folder for arrival in arrivals for folder in arrival.folders or ()]
    if any(_fits(folder, glob) for folder in arrived for glob in wanted):
        return
    if any(_fits(f, glob) for a in arrivals for f in a.merged or () for glob in wanted):
        return  # artifact-merge speaks of it
    yield find(
        NAME_PATH,
        f"Job `{publish.job.id}` uploads from `{wanted[0]}/`, but the files are downloaded to "
        f"`{arrived[0]}/`.",
        where=subject.workflow.at(publish.line, f"jobs.{publish.job.id}.steps"),
    )


def _not_waited_for(subject: Subject, publish: PublishJob, arrival: Arrival) -> str:
    """The job that alone makes what arrives, and that the publish job does not need; else empty."""
    ready = {publish.job.id, *(job.id for job in subject.needed(publish.job))}
    makers = {upload.job.id for upload in arrival.taken}
    return min(makers) if not makers & ready and len(makers) == 1 else ""


def _fits(folder: str, glob: str) -> bool:
    return fnmatch.fnmatchcase(folder, glob) or (
        "*" in folder and fnmatch.fnmatchcase(glob, folder)
    )


def artifact_merge(subject: Subject) -> Iterator[Finding | Skipped]:
    available = uploads(subject.workflow, subject.called)
    for publish in subject.publishes:
        wanted = packages_folders(publish)
        if publish.unusable or publish.step is None or wanted is None:
            continue
        # A lone artifact gets no folder of its own; where there are two, others change nothing.
        needed = subject.needed(publish.job)
        several = sum(1 + one.job.has_matrix for one in available if one.job in needed) > 1
        if subject.workflow.is_only_called or (
            not several and unknown_sources(needed, subject.called)
        ):
            continue
        steps = subject.before(publish)
        for position, step in enumerate(steps):
            if not uses_action(step, *DOWNLOADS) or step.input("name"):
                continue
            if any(later.run is not None for later in steps[position:]):
                continue
            arrival = _arrival(subject, step, available)
            if arrival.folders is None or arrival.merged is None:
                continue
            if any(_fits(folder, glob) for folder in arrival.folders for glob in wanted):
                continue
            if any(_fits(folder, glob) for folder in arrival.merged for glob in wanted):
                yield find(
                    MERGE,
                    f"Job `{publish.job.id}` downloads {arrival.asked} into a folder for each "
                    f"artifact; `{wanted[0]}/` itself stays empty.",
                    where=subject.workflow.at(step.line, f"jobs.{publish.job.id}.steps"),
                    patch=patches.set_input(subject.workflow, step.node, "merge-multiple", "true"),
                )


def artifact_unique(subject: Subject) -> Iterator[Finding | Skipped]:
    literal: dict[str, Upload] = {}
    for upload in uploads(subject.workflow):
        version = action_version(subject.workflow, upload.step)
        if version is not None and version[0] < 4:
            continue
        replaced = upload.step.input("overwrite") == "true"
        if replaced and not any("matrix." in label for label in upload.job.runs_on):
            continue  # the same files once more, or a later job that adds to them
        if uses_action(upload.step, "hynek/build-and-inspect-python-package"):
            continue
        line = upload.step.input_line("name")
        if upload.job.has_matrix and not upload.step.condition:
            size = matrix_size(upload.job.matrix)
            varies = "${{" in upload.name
            if not varies and size is None:
                yield skipped(UNIQUE, f"how many jobs the matrix of `{upload.job.id}` makes")
            elif not varies and size is not None and size > 1:
                first = _first_key(upload.job.matrix)
                yield find(
                    UNIQUE,
                    f"Each of the {size} jobs of the matrix `{upload.job.id}` writes the artifact "
                    f"`{upload.name}`"
                    + (", and `overwrite` keeps the files of the last one." if replaced else "."),
                    severity=Severity.WARNING if replaced else None,
                    where=subject.workflow.at(line, f"jobs.{upload.job.id}.steps"),
                    patch=_unique_patch(subject, upload, first),
                )
        if replaced or "${{" in upload.name or upload.step.condition or upload.job.condition:
            continue
        other = literal.setdefault(upload.name, upload)
        if other is not upload:
            yield find(
                UNIQUE,
                f"Jobs `{other.job.id}` and `{upload.job.id}` both write the artifact "
                f"`{upload.name}`.",
                where=subject.workflow.at(line, f"jobs.{upload.job.id}.steps"),
            )


def _unique_patch(subject: Subject, upload: Upload, first: str) -> str:
    if not first or upload.step.input("name") is None:
        return ""
    name = f"{upload.name}-${{{{ matrix.{first} }}}}"
    return patches.set_input(subject.workflow, upload.step.node, "name", name)


def _first_key(matrix: Node | None) -> str:
    if matrix is None or matrix.kind != "mapping":
        return ""
    keys = [key.text for key, _ in matrix.entries if key.text not in ("include", "exclude")]
    values = matrix.get(keys[0]) if keys else None
    scalars = values is not None and all(item.kind == "scalar" for item in values.items)
    return keys[0] if keys and scalars else ""


def matrix_size(matrix: Node | None) -> int | None:
    """How many jobs a matrix makes at most; `None` where an expression decides."""
    if matrix is None or matrix.kind != "mapping":
        return None
    size = 1
    axes = 0
    for key, values in matrix.entries:
        if key.text == "exclude":
            return None
        if values.kind != "sequence":
            return None
        if key.text != "include":
            size *= len(values.items)
            axes += 1
    include = matrix.get("include")
    if include is None:
        return size
    if axes:
        return size if size > 1 else None  # an entry may add to a job instead of adding one
    return len(include.items)


def artifact_same_major(subject: Subject) -> Iterator[Finding | Skipped]:
    for job in subject.workflow.jobs:
        for step in job.steps:
            if not uses_action(step, *UPLOADS, *DOWNLOADS):
                continue
            if step.uses is not None and re.match(r"v?[123](?:\.|$)", step.uses.ref):
                yield find(
                    MAJOR,
                    f"Job `{job.id}` uses {step.uses.text}, which GitHub no longer runs.",
                    where=subject.workflow.at(step.line, f"jobs.{job.id}.steps"),
                )


_DISTRIBUTION = re.compile(r"\.(?:whl|tar\.gz|zip|egg)$|\.publish\.attestation$")
_OTHER_FILE = re.compile(r"\.[A-Za-z0-9]+$|^[A-Z0-9_]+SUMS?$")
_OTHER_FOLDER = re.compile(r"(?:^|/)(?:docs?|htmlcov|coverage|site|_build|html|logs?)(?:/|$)")


def only_dists(subject: Subject) -> Iterator[Finding | Skipped]:
    available = uploads(subject.workflow, subject.called)
    told = set()
    for publish in subject.publishes:
        wanted = packages_folders(publish)
        if (
            publish.unusable
            or publish.step is None
            or wanted is None
            or publish.tool != PYPA_ACTION
        ):
            continue
        steps = subject.before(publish)
        for step in steps:
            if uses_action(step, "sigstore/gh-action-sigstore-python") and any(
                (step.input("inputs") or "").strip().lstrip("./").startswith(f"{folder}/")
                for folder in wanted
            ):
                yield find(
                    ONLY_DISTS,
                    f"Job `{publish.job.id}` puts signature files into `{wanted[0]}/` before the "
                    "upload.",
                    where=subject.workflow.at(step.line, f"jobs.{publish.job.id}.steps"),
                )
            if not uses_action(step, *DOWNLOADS):
                continue
            arrival = _arrival(subject, step, available)
            cleaned = any(later.run is not None for later in steps[steps.index(step) :])
            if (
                cleaned
                or arrival.folders is None
                or not any(_fits(folder, glob) for folder in arrival.folders for glob in wanted)
            ):
                continue
            for upload in arrival.taken:
                stranger = _stranger(upload)
                if stranger and upload.step.line not in told:
                    told.add(upload.step.line)
                    yield find(
                        ONLY_DISTS,
                        f"The artifact `{upload.name}` brings {stranger} into `{wanted[0]}/`, "
                        "and everything there is uploaded.",
                        where=subject.workflow.at(
                            upload.step.input_line("path"), f"jobs.{upload.job.id}.steps"
                        ),
                    )


def _stranger(upload: Upload) -> str:
    """Something in an artifact that is no distribution."""
    for path in upload.paths:
        last = path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
        if path.startswith("!") or _DISTRIBUTION.search(last):
            continue
        if _OTHER_FILE.search(last) and "${{" not in last and not last.endswith(".*"):
            return f"`{path}`"
        if _OTHER_FOLDER.search(path):
            return f"`{path}`"
    for step in upload.job.steps:
        if step is upload.step:
            break
        for command in step.commands():
            written = re.search(r">>?\s{0,20}['\"]?([^\s>]{0,300}?dist/[^\s'\"]+)", command.text)
            if written and not _DISTRIBUTION.search(written[1]) and _takes(upload, written[1]):
                return f"`{written[1]}`"
    return ""


def _takes(upload: Upload, file: str) -> bool:
    """Whether the artifact's paths take a file that a command wrote."""
    file = posixpath.normpath(file)
    return any(
        fnmatch.fnmatchcase(file, posixpath.normpath(path))
        or file.startswith(posixpath.normpath(path) + "/")
        for path in upload.paths
        if not path.startswith("!") and "$" not in path
    )


# --- builds ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A command or action that makes distributions: `kinds` of `sdist` and `wheel`."""

    job: Job
    step: Step
    line: int
    kinds: frozenset[str]


_EVERYTHING = frozenset({"sdist", "wheel"})


@functools.lru_cache(maxsize=16)
def builds(workflow: Workflow) -> tuple[Build, ...]:
    """What the workflow's own steps build."""
    found = []
    for job in workflow.jobs:
        for step in job.steps:
            kinds = _action_kinds(step)
            if kinds:
                found.append(Build(job=job, step=step, line=step.line, kinds=kinds))
            for command in step.commands():
                kinds = _command_kinds(command)
                if kinds:
                    found.append(Build(job=job, step=step, line=command.line, kinds=kinds))
    return tuple(found)


def _action_kinds(step: Step) -> frozenset[str]:
    if uses_action(step, "hynek/build-and-inspect-python-package"):
        return _EVERYTHING
    if uses_action(step, "pypa/cibuildwheel"):
        return frozenset({"wheel"})
    if uses_action(step, "pyo3/maturin-action"):
        command, arguments = step.input("command") or "build", step.input("args") or ""
        if command not in ("build", "publish", "sdist"):
            return frozenset()  # `upload` takes what is there
        both = "--sdist" in arguments or (command == "publish" and "--no-sdist" not in arguments)
        return frozenset({"sdist"} if command == "sdist" else _EVERYTHING if both else {"wheel"})
    return frozenset()


def _command_kinds(command: Command) -> frozenset[str]:
    words = command.words
    if not words or words[0] in ("echo", "printf"):
        return frozenset()
    sdist, wheel = {"--sdist", "-s"}, {"--wheel", "-w", "--wheels"}
    front = any(pair == ("-m", "build") for pair in itertools.pairwise(words))
    front = (
        front or "pyproject-build" in words or (words[:2] == ("pipx", "run") and "build" in words)
    )
    if front or command.runs("uv", "build") is not None:
        chosen = ({"sdist"} if sdist & set(words) else set()) | (
            {"wheel"} if wheel & set(words) else set()
        )
        return frozenset(chosen) or _EVERYTHING
    if command.runs("nox-release", "build") is not None:
        return _EVERYTHING
    for tool in ("hatch", "hatchling", "poetry", "flit", "pdm", "rye"):
        after = command.runs(tool, "build")
        if after is not None:
            text = " ".join(after)
            only_wheel = re.search(r"(?:-t|--target|--format|-f)[ =]wheel|--no-sdist", text)
            only_sdist = re.search(r"(?:-t|--target|--format|-f)[ =]sdist|--no-wheel", text)
            if only_wheel and only_sdist:
                return _EVERYTHING
            return frozenset({"wheel"} if only_wheel else {"sdist"} if only_sdist else _EVERYTHING)
    if "setup.py" in words:
        made = {"sdist": "sdist", "bdist_wheel": "wheel"}
        return frozenset(made[word] for word in words if word in made)
    if command.runs("maturin", "build") is not None:
        return _EVERYTHING if "--sdist" in words else frozenset({"wheel"})
    if command.runs("maturin", "publish") is not None:
        return frozenset({"wheel"}) if "--no-sdist" in words else _EVERYTHING
    if command.runs("pdm", "publish") is not None and "--no-build" not in words:
        return _EVERYTHING
    builds_too = command.runs("poetry", "publish") is not None and "--build" in words
    if builds_too or command.runs("flit", "publish") is not None:
        return _EVERYTHING
    if command.runs("maturin", "sdist") is not None:
        return frozenset({"sdist"})
    if command.tool("cibuildwheel") is not None:
        return frozenset({"wheel"})
    return frozenset()


def split_build_publish(subject: Subject) -> Iterator[Finding | Skipped]:
    made = builds(subject.workflow)
    events = subject.raised
    for job in subject.publish_jobs:
        meant = [one for one in subject.releases if one.job.id == job.id]
        if not any(subject.reaches(p, e) is not False for p in meant for e in events) and events:
            continue  # a trial of TestPyPI, or of a branch
        inside = [(build.line, "") for build in made if build.job.id == job.id]
        told = inside or _built_elsewhere(subject, job)
        if told:
            line, name = told[0]
            yield find(
                SPLIT,
                f"Job `{job.id}` builds the files and uploads them{name}.",
                where=subject.workflow.at(line, f"jobs.{job.id}"),
            )


def _built_elsewhere(subject: Subject, job: Job) -> list[tuple[int, str]]:
    """Where the job builds in a composite action or a script of the repository."""
    return [
        (step.line, f" (in {name})")
        for step in job.steps
        for name, part in steps_elsewhere(step, subject.facts.actions)
        if _action_kinds(part) or any(map(_command_kinds, part.commands()))
    ]


_HARMLESS = (
    "actions/checkout",
    "actions/download-artifact",
    "actions/attest-build-provenance",
    "actions/attest",
    "astral-sh/attest-action",
    "astral-sh/setup-uv",
    "actions/setup-python",
    "sigstore/gh-action-sigstore-python",
    "step-security/harden-runner",
    PYPA_ACTION,
    "dawidd6/action-download-artifact",
)


def publish_steps(subject: Subject) -> Iterator[Finding | Skipped]:
    made = {build.job.id for build in builds(subject.workflow)}
    for job in subject.publish_jobs:
        uploads_here = [p for p in subject.publishes if p.job.id == job.id]
        if job.id in made or _built_elsewhere(subject, job):
            continue  # split-build-publish says so
        if all(p.builds_itself or "jupyter_releaser" in p.tool for p in uploads_here):
            continue  # a tool that does the rest too, or a release tool of several actions
        extra = [
            step
            for step in job.steps
            if not _belongs(subject, step)
            and subject.runs_at_release(job, step.condition) is not False
        ]
        if not extra:
            continue
        what = "; ".join(
            f"line {step.line}: {step.uses.text if step.uses else _short(step.run or '')}"
            for step in extra[:4]
        )
        yield find(
            STEPS,
            f"Job `{job.id}` does more than download and upload: {what}.",
            where=subject.workflow.at(extra[0].line, f"jobs.{job.id}.steps"),
            severity=Severity.ADVICE if all(_is_of_others(step) for step in extra) else None,
        )


def _is_of_others(step: Step) -> bool:
    """Whether it is a published action: one that can be pinned, and installs nothing unseen."""
    return step.uses is not None and step.uses.kind == "action"


def _short(script: str) -> str:
    """The line of a script that tells most: the first that runs code, no comment."""
    lines = [text for line in script.splitlines() if (text := line.strip()) and text[0] != "#"]
    first = next(filter(_RUNS_CODE.search, lines), lines[0] if lines else "")
    return f"`{first[:60]}`"


# What runs code that is neither the image's own nor written out in the step.
_RUNS_CODE = re.compile(
    r"\b(?:pip3?|uvx?|pipx|pixi|python[\d.]*(?! -c\b)|npm|npx|pnpm|yarn|make|just|nox|tox|hatch|poetry|"
    r"pdm|flit|cargo|go|docker|conda|mamba)\b|(?:^|[\s;&|])\.?/?[\w-]+/[\w./-]+\.(?:sh|py)\b|^\./\w"
)


def _belongs(subject: Subject, step: Step) -> bool:
    """Whether a step of a publish job runs no code of the project or of strangers."""
    if uses_action(step, *_HARMLESS):
        return True
    if any(p.step is not None and p.step == step for p in subject.publishes):
        return True
    if step.run is None:
        return False
    return not any(
        _RUNS_CODE.search(command.text)
        for command in step.commands()
        if command.tool("nox-release") is None
        and command.runs("twine", "check") is None
        and command.runs("uv", "publish") is None
        and not (command.words and command.words[0] in ("echo", "printf"))
    )


def wheel_and_sdist(subject: Subject) -> Iterator[Finding | Skipped]:
    made = builds(subject.workflow)
    if not made:
        return
    if unknown_sources(subject.workflow.jobs) or _builds_elsewhere(subject.workflow):
        return
    kinds = frozenset[str]().union(*(build.kinds for build in made))
    if kinds == _EVERYTHING:
        return
    missing = "wheel" if kinds == {"sdist"} else "sdist"
    if any(_tells_of(missing, step) for job in subject.workflow.jobs for step in job.steps):
        yield skipped(BOTH, f"whether a step that speaks of it makes the {missing}")
        return
    yield find(
        BOTH,
        f"No {missing} is built.",
        where=subject.workflow.at(made[0].line, f"jobs.{made[0].job.id}.steps"),
    )


def _tells_of(kind: str, step: Step) -> bool:
    """Whether a step may make such files by a tool that is not known, as `make sdist` does."""
    suffix = r"\.whl\b" if kind == "wheel" else r"\.tar\.gz\b"
    lines = (step.run or " ".join(value for _, value in step.inputs)).splitlines()
    said = re.compile(rf"(?<!no-)\b{kind}s?\b|{suffix}")
    return any(said.search(line) for line in lines if "install" not in line)


def _builds_elsewhere(workflow: Workflow) -> bool:
    """Whether a release tool runs, which builds what its own settings say."""
    return any(
        "semantic-release" in (step.uses.text if step.uses is not None else step.run or "")
        for job in workflow.jobs
        for step in job.steps
    )


def linux_runner(subject: Subject) -> Iterator[Finding | Skipped]:
    for publish in subject.publishes:
        if publish.tool != PYPA_ACTION:
            continue
        for text, label in _machines_of(publish):
            if re.match(r"(?:windows|macos)", label, re.IGNORECASE):
                line = publish.job.line_of("runs-on")
                yield find(
                    LINUX,
                    f"Job `{publish.job.id}` runs on {label}, where the publishing action cannot.",
                    where=subject.workflow.at(line, f"jobs.{publish.job.id}.runs-on"),
                    patch=""
                    if text != label
                    else patches.replace_in_line(subject.workflow, line, label, "ubuntu-latest"),
                )
                break


def _machines_of(publish: PublishJob) -> Iterator[tuple[str, str]]:
    """The labels of `runs-on`, as written and as each job of the matrix that uploads has them."""
    for combination in combinations(publish.job.matrix):
        contexts = {} if combination is None else {"matrix": combination}
        given = Circumstances(contexts=contexts, complete=frozenset(contexts))
        if publish.step is None or holds(publish.step.condition, given) is not False:
            for text in publish.job.runs_on:
                yield text, interpolate(text, given) or ""


CHECKS = (
    (SPLIT, split_build_publish),
    (STEPS, publish_steps),
    (NAME_PATH, artifact_name_path),
    (MERGE, artifact_merge),
    (UNIQUE, artifact_unique),
    (MAJOR, artifact_same_major),
    (ONLY_DISTS, only_dists),
    (BOTH, wheel_and_sdist),
    (LINUX, linux_runner),
)
RULES = tuple(rule for rule, _ in CHECKS)
