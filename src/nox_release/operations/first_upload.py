"""Bring the project into being on the index, once. After that every version comes from CI.

usage: nox -s first-upload -- [--pending-publisher | --placeholder] [--yes] [--open]

Builds and inspects the project, shows what goes where and as whom, uploads it with twine, waits
until the index lists it, and goes on to the trusted publisher. Running it again finishes what was
interrupted.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from packaging.version import Version

from nox_release.checks.index.state import (
    SAY_WHO_YOU_ARE,
    Released,
    check_index_state,
    is_yours,
    owners_in_words,
)
from nox_release.checks.release import preflight
from nox_release.core.answers import CouldNotAsk, ask
from nox_release.core.errors import (
    ChecksFailed,
    CommandError,
    ConfigurationError,
    ConflictError,
    NoxReleaseError,
)
from nox_release.core.findings import Finding, Passed, Severity, Skipped, errors_in, ranked
from nox_release.edges.aside import temporary_folder
from nox_release.edges.children import UPLOADER
from nox_release.edges.forge import Forge
from nox_release.edges.git import NotARepository, Repository, find_repository
from nox_release.edges.maintainer import Keyring, find_maintainer
from nox_release.edges.process import side_by_side
from nox_release.edges.tokens import Credential, find_credential, inspect_token, narrow, problems
from nox_release.files.archives import read_distribution
from nox_release.observing.place import Place, locate, python_folders
from nox_release.observing.publishers import derive, spelt
from nox_release.operations import options as shared
from nox_release.operations.build_report import show_files
from nox_release.operations.ending import judge_uploaded
from nox_release.operations.exchange import can_prove
from nox_release.operations.following import await_files
from nox_release.operations.looking import named
from nox_release.operations.placeholder import build_placeholder
from nox_release.operations.reconcile import Story, reconcile
from nox_release.project import pages
from nox_release.releases.observed import Observed
from nox_release.releases.plan import (
    AwaitFiles,
    Expected,
    Plan,
    Target,
    Upload,
    expected_names,
    files_there,
    other_bytes,
    plan_first_upload,
    unexpected_files,
)

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from typing_extensions import assert_never

    from nox_release.core.findings import Result
    from nox_release.edges.console import Console
    from nox_release.edges.context import Context
    from nox_release.edges.index import IndexClient
    from nox_release.files.distributions import Distribution
    from nox_release.project.publisher import TrustedPublisher
    from nox_release.project.pyproject import Index, Project
    from nox_release.releases.observed import IndexFile, IndexProject, Maintainer, Ownership
    from nox_release.releases.plan import UploadStep

else:

    def assert_never(value: object) -> None:
        raise AssertionError(f"no way to perform {value!r}")


T = TypeVar("T")
_AT_ONCE = 4
_UPLOAD_WITHIN = 1800.0
_KEYRING_WITHIN = 10.0
_UNLOCKED_WITHIN = 120.0  # by a person
_LOOKED = "Looked in TWINE_PASSWORD, ~/.pypirc and the keyring, as twine does."
_SCOPES = {
    "account": "for the whole account",
    "projects": "for chosen projects",
    "unknown": "for what, only the index knows",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    shared.add_yes(parser)
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--pending-publisher",
        action="store_true",
        help="upload nothing: show how the first release from CI creates the project",
    )
    ways.add_argument(
        "--placeholder",
        action="store_true",
        help="upload an empty 0.0.0.dev0 that says what it is, so that CI makes every real version",
    )
    parser.add_argument(
        "--open", action="store_true", help="open the publisher's page in the browser at the end"
    )
    parser.add_argument(
        "--no-smoke",
        dest="smoke",
        action="store_false",
        default=None,
        help="do not try the wheel out before it is uploaded",
    )
    shared.add_index(parser)
    shared.add_package(parser)


def main(context: Context, options: argparse.Namespace) -> int:
    """The session."""
    from nox_release.edges.index import open_index

    project = named(context, shared.load_project(context, options))
    repository = find_repository(project.root, context.runner)
    if repository is None:
        raise NotARepository(project.root)
    with open_index(project.settings.index, clock=context.clock) as client:
        upload = FirstUpload(context, options, project, repository, client)
        return upload.pending() if options.pending_publisher else upload.run()


class FirstUpload:
    """One `nox -s first-upload`: what is asked for, and the ways to look and act."""

    def __init__(
        self,
        context: Context,
        options: argparse.Namespace,
        project: Project,
        repository: Repository,
        client: IndexClient,
    ) -> None:
        self.context = context
        self.console = context.console
        self.options = options
        self.project = project
        self.repository = repository
        self.client = client
        self.index = project.settings.index
        self.distributions: tuple[Distribution, ...] = ()
        self.sent: set[str] = set()
        self.can_prove = False
        self.keyring = Keyring(context.runner, context.root)

    # --- the token route ---------------------------------------------------------------------

    def run(self) -> int:
        commit = self.repository.head()
        observed = self.look_around()
        there = insisted(observed.project)
        with contextlib.ExitStack() as stack:
            self.say_odd_time()
            begun = self.begun(there)
            credential = None if begun else self.credential(there)
            results = [*self.make(stack, begun)]
            target = self.target(commit)
            if there is not None:
                there = self.client.with_digests(there, target.version)
                observed = replace(observed, project=there)
            if self.plan(target, observed).is_finished:
                return self.finished(target, observed)
            self.refuse_other_releases(target, there, observed.ownership)
            results += self.judge(target, observed)
            credential = credential or self.credential(there)
            you = self.maintainer(observed.ownership)
            self.show(target, observed, results, credential, you)
            self.stop_at_blockers(target, results, credential, there)
            plan = self.plan(target, observed)
            left = sum(isinstance(step, Upload) for step in plan.todo)
            files = "one file" if left == 1 else f"{left} files"
            self.console.line()
            self.console.confirm(
                f"Upload {files} of {target.title} to {self.index.title}?",
                yes=self.options.yes,
            )
            story: Story[UploadStep, Observed] = Story(
                target=target,
                look=self.look,
                plan=lambda seen: self.plan(target, seen),
                perform=partial(perform, self, target, credential),
                console=self.console,
                clock=self.context.clock,
                again="nox -s first-upload",
            )
            try:
                observed = reconcile(story, observed, plan.todo)
            except CommandError as error:
                explain_refusal(self.console, self.project, error)
                raise
        return self.finished(target, observed, credential)

    def look_around(self) -> Observed:
        """The index, and what lies in the tree."""
        name, client, repository = self.project.name, self.client, self.repository
        with self.console.waiting(f"Asking about {name}"), side_by_side(_AT_ONCE) as pool:
            project = pool.submit(ask, lambda: client.fetch_project(name))
            ownership = pool.submit(ask, lambda: client.fetch_ownership(name))
            changes = pool.submit(ask, repository.changes)
            folders = pool.submit(ask, lambda: python_folders(repository.tracked()))
            return Observed(
                head=repository.head(),
                project=project.result(),
                ownership=ownership.result(),
                changes=changes.result(),
                tracked_folders=folders.result(),
            )

    def say_odd_time(self) -> None:
        """A token is narrowed by the index's time, where that can be."""
        if self.client.clock_trouble:
            self.console.mark("warning", f"{self.client.clock_trouble}.")

    def look(self, before: Observed) -> Observed:
        version = self.distributions[0].version
        project = self.client.fetch_project(self.project.name, version=version)
        return replace(before, project=project)

    def make(self, stack: contextlib.ExitStack, begun: tuple[Distribution, ...]) -> list[Result]:
        """The files to upload, and what was found in them."""
        if self.options.placeholder:
            folder = stack.enter_context(temporary_folder("placeholder"))
            self.distributions = build_placeholder(self.context, self.project, folder)
            return []
        if begun:
            self.console.line("Going on with the files in dist/, of which some are there already.")
            self.distributions = begun
            return []
        from nox_release.operations.build import build

        built = build(self.context, self.project, smoke=self.options.smoke)
        self.project = replace(self.project, name=built.project.name)
        self.distributions = built.uploadable
        quiet = self.options.smoke is False  # what the maintainer left out is no news to them
        return [r for r in built.results if not (quiet and isinstance(r, Skipped))]

    def begun(self, there: IndexProject | None) -> tuple[Distribution, ...]:
        """The files in dist/ whose upload was interrupted: one at least is on the index, with
        the same bytes. A build now might differ in a byte, and then nothing would fit together.
        """
        if there is None or not there.files or self.options.placeholder:
            return ()
        folder = self.project.root / "dist"
        found = []
        for path in sorted((*folder.glob("*.tar.gz"), *folder.glob("*.whl"))):
            with contextlib.suppress(NoxReleaseError, OSError):
                found.append(read_distribution(path))
        for version in {one.version for one in found}:
            there = self.client.with_digests(there, version)
        known = {file.filename: file.sha256 for file in there.files}
        same = [one for one in found if known.get(one.filename) == one.sha256]
        versions = {one.version for one in same}
        if len(versions) != 1 or len(there.versions) > 1:
            return ()
        begun = tuple(one for one in found if one.version in versions)
        declared = self.project.version
        if declared is None:  # a build has to say which version this is, unless one is half done
            return begun if len(same) < len(begun) else ()
        return begun if Version(declared) == Version(versions.pop()) else ()

    def target(self, commit: str) -> Target:
        first = self.distributions[0]
        return Target(
            name=self.project.name,
            version=first.version,
            tag="",
            commit=commit,
            index=self.index,
            files=tuple(
                Expected(filename=one.filename, sha256=one.sha256) for one in self.distributions
            ),
        )

    def refuse_other_releases(
        self,
        target: Target,
        there: IndexProject | None,
        ownership: Ownership | CouldNotAsk | None,
    ) -> None:
        """Stop where the project has releases that are not the one being uploaded.

        Raises:
            ConflictError: it has.
        """
        if there is None or (not there.files and not there.versions):
            return
        ours = there.release_files(target.version)
        if len(there.files) == len(ours) and not unexpected_files(target, ours):
            return  # begun already; bytes are looked at by the plan
        raise ConflictError(
            f"{there.name} has releases on {self.index.title} already "
            f"({', '.join(there.versions[-3:])}).",
            **self.whose(
                there,
                ownership,
                yours="Yours: go on with nox -s release"
                + (
                    " (the publisher is registered at "
                    f"{pages.publishing_page(self.index, there.name)})."
                    if self.index.is_like_pypi
                    else "."
                ),
            ),
        )

    def whose(
        self, there: IndexProject, ownership: Ownership | CouldNotAsk | None, *, yours: str
    ) -> dict[str, str]:
        """Whose project it is, as `reason`, and what to do in that case, as `hint`."""
        you, owners = self.maintainer(ownership), owners_in_words(ownership)
        reason = f"{there.name} belongs to {owners}" if owners else ""
        if owners and you:
            reason += f", and you are {you}"
        not_yours = "Not yours: choose another `project.name`, or ask its owners."
        if you and you.source:
            not_yours += f" {SAY_WHO_YOU_ARE}"
        mine = is_yours(you, ownership)
        hint = f"{yours}\n{not_yours}" if mine is None else yours if mine else not_yours
        return {
            "reason": f"{reason}." if reason else "A first upload is for new projects.",
            "hint": hint,
        }

    def judge(self, target: Target, observed: Observed) -> list[Result]:
        """Tree and index against what is to be uploaded."""
        results: list[Result] = []
        if not self.options.placeholder:
            insisted(observed.changes)
            insisted(observed.tracked_folders)
            results += preflight.check_changes(target, observed)
        if observed.project is None and self.index.is_like_pypi:
            observed = replace(observed, names=self.names())
        state = check_index_state(
            replace(observed, maintainer=self.maintainer(observed.ownership)),
            Released(
                name=target.name,
                index=self.index,
                version=target.version,
                distributions=self.distributions,
            ),
            self.context.clock.now(),
        )
        return results + [r for r in state if r.id not in ("project-absent", "version-exists")]

    def names(self) -> tuple[str, ...] | CouldNotAsk:
        with self.console.waiting(f"Reading the names on {self.index.title}"):
            return ask(self.client.fetch_names)

    def maintainer(self, ownership: Ownership | CouldNotAsk | None) -> Maintainer | None:
        """Who is about to upload, as far as it is known."""
        return find_maintainer(self.project.settings, self.context.environ, self.keyring, ownership)

    def ask_keyring(self, user: str | None) -> tuple[str, str]:
        """Name and password that the keyring has for the index; empty where it has none."""
        if self.keyring.is_off:
            return "", ""
        within = _UNLOCKED_WITHIN if self.console.interactive else _KEYRING_WITHIN
        with self.console.waiting("Asking the keyring"):
            found = self.keyring.credential(self.index, user, within=within)
        if isinstance(found, CouldNotAsk):
            self.console.mark("not known", f"{found.reason}; it may be locked")
            return "", ""
        return found

    def credential(self, there: IndexProject | None) -> Credential:
        """Who uploads.

        Raises:
            ConfigurationError: no credential is to be had.
        """
        found = find_credential(self.index, self.context.environ, self.ask_keyring)
        if found is not None:
            self.console.hide(found.secret)
            return found
        if not self.index.is_like_pypi:
            raise ConfigurationError(
                f"There is no credential for {self.index.title}.",
                reason=_LOOKED,
                hint="Give a user name and a password as TWINE_USERNAME and TWINE_PASSWORD.",
            )
        secret = ""
        if self.console.interactive:
            self.console.line()
            self.console.line(
                f"No credential for {self.index.title} in TWINE_PASSWORD, ~/.pypirc or the "
                f"keyring. Make a token for the whole account at {pages.token_page(self.index)}"
            )
            secret = _ask_for_token(self.console, self.index)
        if not secret:
            exists = "" if there is None else f" ({there.name} exists, without files)"
            raise ConfigurationError(
                f"There is no credential for {self.index.title}{exists}.",
                reason=_LOOKED,
                hint="Without any token: nox -s first-upload -- --pending-publisher\n"
                f"With one: make it at {pages.token_page(self.index)} (for the whole account, "
                "since the project does not exist yet), and give it as TWINE_PASSWORD.",
            )
        return Credential(user="__token__", secret=secret, source="what you typed")

    def show(
        self,
        target: Target,
        observed: Observed,
        results: list[Result],
        credential: Credential,
        you: Maintainer | None,
    ) -> None:
        console = self.console
        console.title(f"{target.title} to {self.index.title}")
        for result in results:
            if isinstance(result, Finding) and result.severity is not Severity.ERROR:
                console.finding(result)
            elif isinstance(result, Skipped):
                console.mark("not known", f"{result.title}: {result.reason}")
        plan = self.plan(target, observed)
        for fact in plan.done:
            console.mark("done", f"done: {fact}")
        missing = set(expected_names(target)) - {
            file.filename for file in files_there(target, observed)
        }
        show_files(console, (one for one in self.distributions if one.filename in missing))
        console.line()
        console.table(
            ("", ""), [("to", self.index.upload_url), *self.whom(target, credential, you)]
        )
        if self.options.placeholder:
            console.line("It holds nothing, and says so; pip takes it only when asked for --pre.")

    def whom(
        self, target: Target, credential: Credential, you: Maintainer | None
    ) -> list[tuple[str, str]]:
        """The credential in words, and nothing of its value."""
        rows = [("as", f"{credential.user} ({credential.source})")]
        if you is not None and you.user != credential.user:
            rows = [("as", str(you)), ("with", rows[0][1])]
        facts = inspect_token(credential.secret) if credential.is_token else None
        if facts is not None:
            kind = _SCOPES[facts.scope]
            rows.append(
                ("token", f"{kind}; twine gets it good for {target.name} and ten minutes only")
            )
        return rows

    def stop_at_blockers(
        self,
        target: Target,
        results: list[Result],
        credential: Credential,
        there: IndexProject | None,
    ) -> None:
        found = ranked(errors_in([result for result in results if isinstance(result, Finding)]))
        refused = problems(
            credential,
            self.index,
            name=target.name,
            project_exists=there is not None,
            now=self.client.server_now or self.context.clock.now(),
        )
        if refused:
            for finding in found:
                self.console.finding(finding)
            raise ConfigurationError(
                f"{self.index.title} would refuse this credential; nothing was uploaded.",
                problems=refused,
                hint=f"Make a token for the whole account: {pages.token_page(self.index)}; "
                "or need none: nox -s first-upload -- --pending-publisher"
                if self.index.is_like_pypi
                else "Give the one that belongs to it as TWINE_PASSWORD.",
            )
        if found:
            many = f"{len(found)} problems block" if len(found) > 1 else "One problem blocks"
            raise ChecksFailed(
                f"{many} {target.title}; nothing was uploaded.",
                findings=found,
                hint="When they are settled: nox -s first-upload",
            )

    def plan(self, target: Target, observed: Observed) -> Plan[UploadStep]:
        blockers = preflight.errors(preflight.check_bytes(target, observed))
        return plan_first_upload(target, observed, blockers=blockers, sent=frozenset(self.sent))

    # --- afterwards --------------------------------------------------------------------------

    def place(self) -> Place | None:
        """Where the project is on GitHub; said, not raised, when that is not known."""
        try:
            return locate(self.context, self.project)
        except ConfigurationError as error:
            self.console.mark("not known", f"the trusted publisher: {error.message} {error.reason}")
            if error.hint:
                self.console.line(error.hint, indent=2)
            return None

    def publisher(self) -> TrustedPublisher | None:
        place = self.place()
        if place is None:
            return None
        derivation = derive(self.project, place, commit=self.repository.head()).derivation
        root, clock = self.repository.root, self.context.clock
        derivation = spelt(derivation, Forge(place.slug, self.context.runner, root, clock=clock))
        for result in derivation.results:
            if isinstance(result, Finding):
                self.console.finding(result)
            elif isinstance(result, Skipped):
                self.console.mark("not known", f"{result.title}: {result.reason}")
        self.can_prove = can_prove(derivation)
        return derivation.publisher

    def finished(
        self, target: Target, observed: Observed, credential: Credential | None = None
    ) -> int:
        """What is there is judged; then step two, the trusted publisher, and the end of the wide
        token.
        """
        console = self.console
        name = target.name
        if not self.is_whole(target, observed):
            return 1
        already = " already" if credential is None else ""
        console.mark("done", f"{target.title} is on {self.index.title}{already}.")
        console.paste(pages.project_page(self.index, name, target.version))
        if not self.index.is_like_pypi:
            console.line("From the next version on: nox -s release")
            return 0
        console.title("Next: the trusted publisher")
        publisher = self.publisher()
        if publisher is None:
            console.line("Write the publish workflow first: nox -s init")
            return 0
        page = pages.publishing_page(self.index, name, publisher)
        console.line("Open this page, look at what is filled in, and press Add:")
        console.paste(page, indent=2)
        console.table(("", ""), pages.form_values(name, publisher))
        if self.options.open:
            self.open(page)
        if credential is not None and credential.is_token:
            console.line()
            console.line(
                f"The token is not needed any more. Delete it: {pages.tokens_page(self.index)}"
            )
        console.line()
        if self.can_prove:
            console.line("Then prove it, without an upload: nox -s check-project -- --exchange")
        console.line("From the next version on: nox -s release")
        return 0

    def is_whole(self, target: Target, observed: Observed) -> bool:
        """Whether what is on the index is what was to be there, and can be had; if not, it is said."""
        results = judge_uploaded(self.context, self.client, target, observed)
        odd = [one for one in results if not isinstance(one, Passed)]
        for one in odd:
            if isinstance(one, Finding):
                self.console.finding(one)
            else:
                self.console.mark("not known", f"{one.title}: {one.reason}")
        if errors_in([one for one in odd if isinstance(one, Finding)]):
            self.console.mark(
                "error",
                f"{target.title} is on {self.index.title}, and something is wrong with it: see above.",
            )
        if odd:
            self.console.line("When that is settled: nox -s first-upload")
        return not odd

    def open(self, page: str) -> None:
        if not self.console.open_page(page):
            self.console.mark("warning", "No browser could be opened; the address is above.")

    # --- the route without a token -----------------------------------------------------------

    def pending(self) -> int:
        """Show how the first release from CI creates the project."""
        console = self.console
        name = self.project.name
        if not self.index.is_like_pypi:
            raise ConfigurationError(
                f"{self.index.title} has no trusted publishing, so there is no publisher to register.",
                hint="Upload with a password: nox -s first-upload",
            )
        with self.console.waiting(f"Asking about {name}"):
            there = self.client.fetch_project(name)
        if there is not None and (there.files or there.versions):
            raise ConflictError(
                f"{there.name} has releases on {self.index.title} already "
                f"({', '.join(there.versions[-3:])}); a pending publisher is for new projects.",
                **self.whose(
                    there,
                    ask(lambda: self.client.fetch_ownership(name)),
                    yours="Yours: register the publisher at "
                    f"{pages.publishing_page(self.index, there.name)}, then nox -s release.",
                ),
            )
        publisher = self.publisher()
        if publisher is None:
            raise ConfigurationError(
                "What publishes is not clear yet, so there is nothing to register.",
                hint="Write the publish workflow first: nox -s init",
            )
        if there is not None:
            page = pages.publishing_page(self.index, there.name, publisher)
            console.line(
                f"{there.name} exists on {self.index.title}, without files. If it is yours, "
                "register the publisher on its own page:"
            )
            console.paste(page, indent=2)
            console.table(("", ""), pages.form_values(name, publisher))
            next_command = "nox -s release"
        else:
            self.refuse_unusable_name()
            page = pages.pending_page(self.index)
            console.title("A pending publisher creates the project, without any token")
            console.line(f"1. Open {page}")
            organization = pages.pending_page(self.index, "NAME")
            console.line(f"(for the project of an organisation on it: {organization})", indent=3)
            console.line("2. Under “Add a new pending publisher”, GitHub, copy these values:")
            console.table(("", ""), pages.form_values(name, publisher))
            console.line("3. Press Add. Then:")
            next_command = "nox -s release -- --pending-publisher"
            console.paste(next_command, indent=3)
            console.line()
            console.line(
                "To have the project without a release, by the exchange alone: "
                + (
                    ""
                    if self.can_prove
                    else f"nox -s init -- --workflow {publisher.workflow} shows a workflow that can; then "
                )
                + "nox -s check-project -- --exchange"
            )
            console.line(
                "It does not reserve the name: the first to create the project has it. It is "
                f"deleted after 30 days. The project comes into being, under exactly the name "
                f"{name}, when the workflow first exchanges its token, before any file arrives. "
                "No address shows whether it is registered; only your own page does."
            )
        if self.options.open:
            self.open(page)
        console.line()
        console.mark("step", f"Next: {next_command}")
        return 0

    def refuse_unusable_name(self) -> None:
        state = check_index_state(
            Observed(head="", names=self.names()),
            Released(name=self.project.name, index=self.index, pending_publisher=True),
            self.context.clock.now(),
        )
        found = errors_in([result for result in state if isinstance(result, Finding)])
        if found:
            raise ChecksFailed(
                f"{self.project.name} cannot be created on {self.index.title}.", findings=found
            )


def insisted(answer: T | CouldNotAsk) -> T:
    """The answer; without one there is nothing to go on.

    Raises:
        NoxReleaseError: there was none.
    """
    if isinstance(answer, CouldNotAsk):
        raise NoxReleaseError(
            "Could not get the information needed. Nothing was uploaded.",
            reason=answer.reason,
            hint="Run the same command again when it can be had.",
        )
    return answer


def _ask_for_token(console: Console, index: Index) -> str:
    """What a person types, once it can be a token of the index; empty when they stop."""
    while True:
        secret = console.ask_secret("API token (not shown; empty to stop):")
        console.hide(secret)
        if not secret or inspect_token(secret) is not None:
            return secret
        console.mark(
            "error",
            f"That is no API token of {index.title}: one begins with `pypi-`. Copy it whole.",
        )


def perform(upload: FirstUpload, target: Target, credential: Credential, step: UploadStep) -> None:
    """Carry out one step: the one place where a first upload acts on the world."""
    match step:
        case Upload():
            _send(upload, target, credential, step)
        case AwaitFiles():
            files = await_files(upload.console, upload.context.clock, upload.client, target)
            _refuse_other_bytes(upload, target, files)
        case _:
            assert_never(step)


def _send(upload: FirstUpload, target: Target, credential: Credential, step: Upload) -> None:
    """One file, by the twine of this interpreter, with a token for it alone."""
    path = next(one.path for one in upload.distributions if one.filename == step.filename)
    narrowed = narrow(
        credential,
        names=(target.name,),
        now=upload.context.clock.now(),
        server_now=upload.client.server_now,
    )
    url = upload.index.upload_url
    try:
        run_twine(upload.context, url, path, narrowed, credential)
    except CommandError as error:
        if narrowed == credential or "Invalid API Token" not in error.output:
            raise
        _explain_narrowing(upload, target)
        if not upload.console.interactive:  # `--yes` does not answer what comes next
            raise
        question = f"Upload {step.filename} with the token as it is, good for more than that?"
        upload.console.confirm(question, yes=False)
        run_twine(upload.context, url, path, credential, credential)
    upload.sent.add(step.filename)


def explain_refusal(console: Console, project: Project, error: CommandError) -> None:
    """What is known about such a refusal, before twine's own words."""
    from nox_release.diagnosis.engine import diagnose

    for known in diagnose(error.output, project=project)[:1]:
        console.line()
        console.line(f"{known.title} {known.cause}")
        console.line(f"fix: {known.fix}", indent=2)


def _explain_narrowing(upload: FirstUpload, target: Target) -> None:
    upload.console.mark(
        "warning",
        f"{upload.index.title} refused the token as it was narrowed here. Either it takes no "
        "restrictions that are added to a token any more, or the token is not good for "
        f"{target.name}. The token as it is, is sent only after you agree.",
    )


def _refuse_other_bytes(upload: FirstUpload, target: Target, files: tuple[IndexFile, ...]) -> None:
    strange = other_bytes(target, files)
    if strange:
        raise ConflictError(
            f"{upload.index.title} has other bytes under "
            f"{', '.join(file.filename for file in strange)} than were uploaded.",
            reason="Somebody else uploaded under that name in between.",
            hint=f"Look at {pages.project_page(upload.index, target.name)}",
        )


def run_twine(
    context: Context, upload_url: str, path: Path, credential: Credential, whole: Credential
) -> None:
    """`twine upload` of one file; the credential is in the child's environment and nowhere else.

    Raises:
        CommandError: twine or the index refused; its own words are the reason.
    """
    command = [sys.executable, "-m", "twine", "upload", "--non-interactive"]
    command += ["--disable-progress-bar", "--repository-url", upload_url, str(path)]
    runner = replace(
        context.runner,
        child=UPLOADER,
        announced=True,
        secrets=(credential.secret, whole.secret),
    )
    done = runner.run(
        command,
        cwd=path.parent,
        extra_environ={
            **credential.environ(),
            "PYTHONIOENCODING": "utf-8",
            "PYTHONSAFEPATH": "1",  # nothing that lies beside the files is imported
            "COLUMNS": "1000",
            "TERM": "",  # rich breaks lines at 80 where it is "dumb"
            # It has all it needs, and a keyring may wait for somebody.
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        },
        timeout=_UPLOAD_WITHIN,
        check=False,
    )
    if done.returncode == 0:
        return
    raise CommandError(
        f"twine could not upload {path.name}.",
        command=done.command,
        returncode=done.returncode,
        output=done.output,
        reason=_refusal(done.output),
        hint="When it is settled: nox -s first-upload goes on with what is missing.",
    )


def _refusal(output: str) -> str:
    """What the index said, out of twine's output."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        if line.startswith(("ERROR", "HTTPError")):
            return "\n".join(lines[number : number + 4])
    if "Traceback (most recent call last):" in lines:  # twine lets errors of the network through
        return lines[-1]
    return "\n".join(lines[-6:])
