"""Which folders of the repository the steps of a workflow build, as far as can be told unrun.

In a repository with several packages this is what tells their workflows apart.
"""

import fnmatch
import itertools
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from packaging.utils import canonicalize_name

from nox_release.core.values import dataclass
from nox_release.workflows.expressions import UNKNOWN, Circumstances, holds, interpolate
from nox_release.workflows.shell import Command
from nox_release.workflows.syntax import Job, Step, Workflow
from nox_release.workflows.yaml_nodes import Node

_MOST_COMBINATIONS = 256  # GitHub's own bound for a matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltFolder:
    """One folder that is built, seen from the repository's root, which is `.`.

    `path` may be a glob, and is `None` where only a run knows it. `member` is the package that is
    chosen by name instead; `every` says that all packages are.
    """

    path: str | None = None
    member: str = ""
    every: bool = False

    @property
    def is_known(self) -> bool:
        return self.path is not None or bool(self.member) or self.every

    def is_of(self, folder: str, name: str) -> bool:
        """Whether this is the package called `name` in `folder`."""
        if self.every:
            return True
        if self.member:
            wanted = posixpath.normpath(self.member)
            return canonicalize_name(self.member) == canonicalize_name(name) or (
                wanted in (folder, posixpath.basename(folder))
            )
        return self.path is not None and fnmatch.fnmatchcase(folder, self.path)


_NOTHING = BuiltFolder()
NOTHING_KNOWN = Circumstances(contexts={})


def builds_package(workflow: Workflow, folder: str, name: str) -> bool | None:
    """Whether `workflow` builds the package in `folder`; `None` where only a run knows."""
    found = folders_of(workflow, workflow.jobs)
    if any(built.is_of(folder, name) for built in found):
        return True
    return None if not found or not all(built.is_known for built in found) else False


def folders_of(workflow: Workflow, jobs: Iterable[Job]) -> set[BuiltFolder]:
    """What these jobs of `workflow` build, as far as it says itself."""
    return {
        built
        for job in jobs
        for step in job.steps
        for built in built_folders(workflow, job, step, NOTHING_KNOWN)
    }


def built_folders(
    workflow: Workflow, job: Job, step: Step, given: Circumstances
) -> tuple[BuiltFolder, ...]:
    """What `step` builds, in every combination of the job's matrix unless one is `given`; nothing:
    no step that builds.
    """
    found: list[BuiltFolder] = []
    matrix = given.contexts.get("matrix")
    for combination in (matrix,) if matrix else combinations(job.matrix):
        contexts = {**given.contexts}
        complete = given.complete
        if combination is not None:
            contexts["matrix"] = combination
            complete = complete | {"matrix"}
        inside = Circumstances(contexts=contexts, complete=complete, status=given.status)
        environ = _environ(workflow, job, step, inside)
        contexts["env"] = {name: UNKNOWN if v is None else v for name, v in environ.items()}
        if step.condition and holds(step.condition, inside) is False:
            continue
        found.extend(_Reader(workflow, job, step, inside, environ).folders())
    return tuple(dict.fromkeys(found))


def combinations(matrix: Node | None) -> tuple[dict[str, Any] | None, ...]:
    """The `matrix` context of each job that a matrix makes; `None` stands for one that is not known.

    https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
    """
    if matrix is None:
        return ({},)
    if matrix.kind != "mapping":
        return (None,)
    axes: dict[str, list[Any]] = {}
    extra: list[dict[str, Any]] = []
    unwanted: list[dict[str, Any]] = []
    for key, value in matrix.entries:
        if value.kind != "sequence":
            return (None,)
        items = [_value(item) for item in value.items]
        if key.text in ("include", "exclude"):
            chosen = [item for item in items if isinstance(item, dict)]
            (extra if key.text == "include" else unwanted).extend(chosen)
        else:
            axes[key.text] = items
    product = itertools.islice(itertools.product(*axes.values()), _MOST_COMBINATIONS)
    made = [dict(zip(axes, values, strict=True)) for values in product] if axes else []
    made = [one for one in made if not any(one.items() >= other.items() for other in unwanted)]
    whole = [dict(one) for one in made]
    for more in extra:
        fitting = [
            position
            for position, one in enumerate(made)
            if all(one.get(key, value) == value for key, value in more.items())
        ]
        for position in fitting:
            whole[position] |= more
        if not fitting:
            whole.append(more)
    return tuple(whole) or ({},)


def _value(node: Node) -> Any:
    if node.kind == "mapping":
        return {key.text: _value(value) for key, value in node.entries}
    if node.kind == "sequence":
        return [_value(item) for item in node.items]
    return UNKNOWN if node.is_expression else node.text


def _environ(
    workflow: Workflow, job: Job, step: Step, given: Circumstances
) -> dict[str, str | None]:
    """The variables that the workflow sets; `None` where only a run knows the value."""
    found: dict[str, str | None] = {}
    for pairs in (workflow.environ, job.environ, step.environ):
        inside = Circumstances(
            contexts={
                **given.contexts,
                "env": {k: UNKNOWN if v is None else v for k, v in found.items()},
            },
            complete=given.complete,
        )
        found.update({name: interpolate(value, inside) for name, value in pairs})
    github = given.contexts.get("github")
    if isinstance(github, dict):
        found |= {
            f"GITHUB_{key.upper()}": str(github[key])
            for key in ("ref_name", "ref", "repository")
            if key in github
        }
    return {"GITHUB_WORKSPACE": ".", **found}


# --- steps -----------------------------------------------------------------------------------

# Options whose value is the next word; what is left over is the folder.
_FRONT_END = (
    "-o", "--outdir", "-C", "--config-setting", "--config-json", "--installer", "--report",
    "--env-dir", "--sdist-extract-dir", "--dependency-constraints-txt",
)  # fmt: skip
_PIPX_RUN = ("--spec", "--with", "--python", "-i", "--index-url", "--pip-args", "--backend")
_UV = (
    "-o", "--out-dir", "--package", "-p", "--python", "-b", "--build-constraints",
    "--build-constraint", "--directory", "--project", "-C", "--config-setting", "--config-file",
    "--cache-dir", "--color", "--index", "--default-index", "-i", "--index-url",
    "--extra-index-url", "-f", "--find-links", "--index-strategy", "--keyring-provider",
    "--exclude-newer", "--resolution", "--prerelease", "--link-mode", "-P", "--upgrade-package",
    "--refresh-package", "--no-build-package", "--no-binary-package", "--allow-insecure-host",
    "--python-preference", "--python-platform", "--fork-strategy", "--upgrade-group",
    "--config-settings-package", "--exclude-newer-package", "--prerelease-package",
    "--no-build-isolation-package", "--no-sources-package", "--preview-features",
)  # fmt: skip
_CIBUILDWHEEL = (
    "--platform", "--archs", "--arch", "--only", "--output-dir", "--config-file", "--enable",
)  # fmt: skip
_ALONE = ("--sdist", "--wheel", "--clear", "--verbose", "--quiet")  # they have no value
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class _Reader:
    """Reads one step: in which folder it starts, where its script goes, what it builds there."""

    def __init__(
        self,
        workflow: Workflow,
        job: Job,
        step: Step,
        given: Circumstances,
        environ: Mapping[str, str | None],
    ) -> None:
        self._workflow = workflow
        self._job = job
        self._step = step
        self._given = given
        self._variables: dict[str, tuple[str, ...] | None] = {
            name: None if value is None else (value,) for name, value in environ.items()
        }

    def folders(self) -> Iterator[BuiltFolder]:
        if self._step.uses is not None:
            yield from self._of_action()
        elif self._step.run is not None:
            yield from self._of_script()

    def _of_action(self) -> Iterator[BuiltFolder]:
        step = self._step
        action = step.uses.action if step.uses is not None else ""
        if action == "hynek/build-and-inspect-python-package":
            yield from self._paths(".", step.input("path") or ".")
        elif action == "pypa/cibuildwheel":
            yield from self._paths(".", step.input("package-dir") or ".")
        elif action == "pyo3/maturin-action":
            arguments = f" {step.input('args') or ''}"
            elsewhere = re.search(r"\s(?:-m|--manifest-path)[ =]", arguments)
            if step.input("command") != "upload":
                yield from (
                    (_NOTHING,)
                    if elsewhere
                    else self._paths(".", step.input("working-directory") or ".")
                )

    def _of_script(self) -> Iterator[BuiltFolder]:
        start = self._start()
        here: str | None = start
        before: list[str | None] = []
        for command in self._step.commands():
            words = list(command.words)
            before.extend([here] * command.opens)
            self._assign(command, words)
            if words[:1] in (["cd"], ["pushd"], ["Set-Location"]):
                if words[0] == "pushd":
                    before.append(here)
                here = self._moved(here, words[1:])
            elif words[:1] == ["popd"]:
                here = before.pop() if before else start
            else:
                yield from self._of_command(command, words, here)
            for _ in range(min(command.closes, len(before))):
                here = before.pop()

    def _start(self) -> str | None:
        """The step's working directory: its own, the job's or the workflow's default."""
        text = self._step.working_directory
        for node in (self._job.node, self._workflow.node):
            defaults = node.get("defaults")
            run = None if defaults is None else defaults.get("run")
            default = None if run is None else run.get("working-directory")
            text = text or ("" if default is None else default.text)
        found = self._expanded(text or ".")
        return None if found is None or len(found) != 1 else posixpath.normpath(found[0])

    def _assign(self, command: Command, words: Sequence[str]) -> None:
        if not words or command.text.startswith("export "):
            for name, value in command.environ:
                self._variables[name] = self._expanded(value)
        if words[:1] == ["for"] and words[2:3] == ["in"]:
            values = [self._expanded(word) for word in words[3:]]
            known = [value for value in values if value is not None]
            self._variables[words[1]] = (
                tuple(itertools.chain(*known)) if len(known) == len(values) else None
            )

    def _moved(self, here: str | None, words: Sequence[str]) -> str | None:
        found = self._expanded(words[0]) if len(words) == 1 and words[0] != "-" else None
        if here is None or found is None or len(found) != 1:
            return None
        return posixpath.normpath(posixpath.join(here, found[0]))

    def _expanded(self, text: str) -> tuple[str, ...] | None:
        """The text with expressions and variables filled in; `None` when one is not known."""
        filled = interpolate(text, self._given)
        if filled is None:
            return None
        names = tuple(dict.fromkeys(found[1] or found[2] for found in _VARIABLE.finditer(filled)))
        values = [known for name in names if (known := self._variables.get(name)) is not None]
        if len(values) != len(names):
            return None
        results = [
            _filled_in(filled, dict(zip(names, chosen, strict=True)))
            for chosen in itertools.product(*values)
        ]
        if any(re.search(r"[$`~{]", one) for one in results):
            return None
        return tuple(one.replace("\\", "/") for one in results)

    def _paths(self, here: str | None, text: str) -> tuple[BuiltFolder, ...]:
        found = self._expanded(text)
        if here is None or found is None:
            return (_NOTHING,)
        places = (posixpath.normpath(posixpath.join(here, one)) for one in found)
        return tuple(BuiltFolder(path=self._in_checkout(place)) for place in places)

    def _in_checkout(self, place: str) -> str | None:
        """The place as seen from the repository's root, which may be checked out below."""
        for step in self._job.steps:
            if step.uses is not None and step.uses.action == "actions/checkout":
                below = posixpath.normpath(step.input("path") or ".")
                inside = posixpath.relpath(place, below)
                break
        else:
            inside = place
        return None if inside.startswith(("..", "/")) else inside

    def _members(self, text: str) -> tuple[BuiltFolder, ...]:
        found = self._expanded(text)
        return (_NOTHING,) if found is None else tuple(BuiltFolder(member=one) for one in found)

    def _of_command(
        self, command: Command, words: Sequence[str], here: str | None
    ) -> tuple[BuiltFolder, ...]:
        if not words or words[0] in ("echo", "printf"):
            return ()
        after = _after_front_end(words)
        if after is not None:
            return self._paths(here, _positional(after, _FRONT_END) or ".")
        if command.runs("uv", "build") is not None:
            return self._of_uv(words, here)
        for tool in ("nox-release", "nox"):
            after = command.tool(tool)
            if after is not None and "build" in after:
                chosen = _option(after, "--package")
                if chosen is not None:
                    return self._members(chosen)
                # At the root it builds whatever `[tool.nox-release] packages` names there.
                elsewhere = tool == "nox-release" and here != "."
                return self._paths(here, ".") if elsewhere else (_NOTHING,)
        for tool, verb, options in _TOOLS:
            if command.runs(tool, verb) is not None:
                return self._of_tool(words, here, options)
        after = command.tool("cibuildwheel")
        if after is not None:
            return self._paths(here, _positional(after, _CIBUILDWHEEL) or ".")
        script = next((word for word in words if posixpath.basename(word) == "setup.py"), None)
        if script is not None and any("dist" in word for word in words):
            return self._paths(here, posixpath.dirname(script) or ".")
        return ()

    def _of_uv(self, words: Sequence[str], here: str | None) -> tuple[BuiltFolder, ...]:
        if {"--all-packages", "--all"} & set(words):
            return (BuiltFolder(every=True),)
        member = _option(words, "--package")
        if member is not None:
            return self._members(member)
        base = _option(words, "--directory") or _option(words, "--project") or "."
        after = list(words)[list(words).index("build") + 1 :]
        return self._paths(here, posixpath.join(base, _positional(after, _UV) or "."))

    def _of_tool(
        self, words: Sequence[str], here: str | None, options: tuple[str, ...]
    ) -> tuple[BuiltFolder, ...]:
        for name in options:
            value = _option(words, name)
            if value is None:
                continue
            if value.endswith("pyproject.toml"):
                value = posixpath.dirname(value) or "."
            return (_NOTHING,) if value.endswith(".toml") else self._paths(here, value)
        return self._paths(here, ".")


def _filled_in(text: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: variables[found[1] or found[2]], text)


# The options by which each tool is told where the project is.
_TOOLS = (
    ("hatch", "build", ()),
    ("hatchling", "build", ()),
    ("poetry", "build", ("-C", "--directory", "-P", "--project")),
    ("flit", "build", ("-f", "--ini-file")),
    ("pdm", "build", ("-p", "--project")),
    ("rye", "build", ("--pyproject",)),
    ("maturin", "build", ("-m", "--manifest-path")),
    ("maturin", "sdist", ("-m", "--manifest-path")),
)


def _after_front_end(words: Sequence[str]) -> Sequence[str] | None:
    """The arguments of `python -m build`, however it is started; `None`: it is not."""
    for position, pair in enumerate(itertools.pairwise(words)):
        if pair == ("-m", "build"):
            return words[position + 2 :]
    if "pyproject-build" in words:
        return words[list(words).index("pyproject-build") + 1 :]
    if list(words[:2]) == ["pipx", "run"] and _positional(words[2:], _PIPX_RUN) == "build":
        return words[list(words).index("build") + 1 :]
    return None


def _option(words: Sequence[str], name: str) -> str | None:
    for position, word in enumerate(words):
        if word == name and position + 1 < len(words):
            return words[position + 1]
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return None


def _positional(words: Sequence[str], with_value: tuple[str, ...]) -> str | None:
    """The first word that is neither an option nor the value of one. A word right after an option that
    is not listed may be its value: one that stands alone goes first.
    """
    before, doubtful = "", None
    for word in words:
        if re.match(r"\d*>|<", word):
            break
        if not word.startswith("-") and before not in with_value:
            if not before.startswith("--") or "=" in before or before in _ALONE:
                return word
            doubtful = doubtful or word
        before = word
    return doubtful
