"""The trusted publisher of a new project: where it is registered, and with which values."""

from nox_release.checks.index.state import Released, check_index_state
from nox_release.core.answers import ask
from nox_release.core.errors import ChecksFailed, ConfigurationError, ConflictError
from nox_release.core.findings import Passed, errors_in
from nox_release.core.values import dataclass
from nox_release.edges.forge import Forge
from nox_release.edges.tokens import Credential
from nox_release.observing.place import Place, locate
from nox_release.observing.publishers import derive, spelt
from nox_release.operations.exchange import can_prove
from nox_release.operations.uploader import FirstUpload, names_on_index, whose
from nox_release.project import pages
from nox_release.project.publisher import TrustedPublisher
from nox_release.releases.observed import IndexProject, Observed
from nox_release.workflows.publishing import MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """The publisher that the workflow is, and whether a run of it can prove that it is accepted."""

    publisher: TrustedPublisher
    can_prove: bool


def publishing_of(upload: FirstUpload, *, missing: bool = True) -> Publishing | None:
    """What publishes; what is odd about it is shown (that it is `missing` only if wanted), and `None`
    where that is not clear.
    """
    place = _place(upload)
    if place is None:
        return None
    console = upload.console
    derivation = derive(upload.project, place, commit=upload.repository.head()).derivation
    root, clock = upload.repository.root, upload.context.clock
    derivation = spelt(derivation, Forge(place.slug, upload.context.runner, root, clock=clock))
    for result in derivation.results:
        if not isinstance(result, Passed) and (missing or result.id != MISSING.id):
            console.result(result)
    if derivation.publisher is None:
        return None
    return Publishing(publisher=derivation.publisher, can_prove=can_prove(derivation))


def _place(upload: FirstUpload) -> Place | None:
    """Where the project is on GitHub; shown, not raised, when that is not known."""
    try:
        return locate(upload.context, upload.project)
    except ConfigurationError as error:
        upload.console.mark("not known", f"the trusted publisher: {error.message} {error.reason}")
        if error.hint:
            upload.console.line(error.hint, indent=2)
        return None


def tell_what_follows(upload: FirstUpload, name: str, credential: Credential | None) -> None:
    """After the upload: the trusted publisher, and the end of the wide token."""
    console, index = upload.console, upload.index
    if not index.is_like_pypi:
        console.line("From the next version on: nox -s release")
        return
    console.title("Next: the trusted publisher")
    publishing = publishing_of(upload, missing=False)
    if publishing is None:
        console.next_step("Next: Write the workflow that publishes.", "nox -s init")
        return
    page = pages.publishing_page(index, name, publishing.publisher)
    console.line("Open this page, look at what is filled in, and press Add:")
    console.paste(page, indent=2)
    console.table(("", ""), pages.form_values(name, publishing.publisher))
    _open_if_asked(upload, page)
    if credential is not None and credential.is_token:
        console.line()
        console.line(f"The token is not needed any more. Delete it: {pages.tokens_page(index)}")
    console.line()
    if publishing.can_prove:
        console.line("Then prove it, without an upload: nox -s check-project -- --exchange")
    console.line("From the next version on: nox -s release")


def _open_if_asked(upload: FirstUpload, page: str) -> None:
    if upload.options.open and not upload.console.open_page(page):
        upload.console.mark("warning", "No browser could be opened; the address is above.")


# --- the route without a token ---------------------------------------------------------------


def show_pending(upload: FirstUpload) -> int:
    """Show how the first release from CI creates the project.

    Raises:
        NoxReleaseError: it cannot.
    """
    console, index, name = upload.console, upload.index, upload.project.name
    if not index.is_like_pypi:
        raise ConfigurationError(
            f"{index.title} has no trusted publishing, so there is no publisher to register.",
            hint="Upload with a password: nox -s first-upload",
        )
    with console.waiting(f"Asking about {name}"):
        there = upload.client.fetch_project(name)
    if there is not None and (there.files or there.versions):
        raise ConflictError(
            f"{there.name} has releases on {index.title} already "
            f"({', '.join(there.versions[-3:])}); a pending publisher is for new projects.",
            **whose(
                upload,
                there,
                ask(lambda: upload.client.fetch_ownership(name)),
                yours="Yours: register the publisher at "
                f"{pages.publishing_page(index, there.name)}, then nox -s release.",
            ),
        )
    publishing = publishing_of(upload)
    if publishing is None:
        raise ConfigurationError(
            "What publishes is not clear yet, so there is nothing to register.",
            hint="Write the publish workflow first: nox -s init",
        )
    if there is not None:
        page, next_command = _show_own_page(upload, there, publishing.publisher)
    else:
        _refuse_unusable_name(upload)
        page, next_command = _show_pending_page(upload, publishing)
    _open_if_asked(upload, page)
    console.line()
    console.mark("step", f"Next: {next_command}")
    return 0


def _show_own_page(
    upload: FirstUpload, there: IndexProject, publisher: TrustedPublisher
) -> tuple[str, str]:
    """The page of a project that exists, and the command that follows."""
    console = upload.console
    page = pages.publishing_page(upload.index, there.name, publisher)
    console.line(
        f"{there.name} exists on {upload.index.title}, without files. If it is yours, "
        "register the publisher on its own page:"
    )
    console.paste(page, indent=2)
    console.table(("", ""), pages.form_values(upload.project.name, publisher))
    return page, "nox -s release"


def _show_pending_page(upload: FirstUpload, publishing: Publishing) -> tuple[str, str]:
    """The page of pending publishers, and the command that follows."""
    console, name, publisher = upload.console, upload.project.name, publishing.publisher
    page = pages.pending_page(upload.index)
    console.title("A pending publisher creates the project, without any token")
    console.line(f"1. Open {page}")
    organization = pages.pending_page(upload.index, "NAME")
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
            if publishing.can_prove
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
    return page, next_command


def _refuse_unusable_name(upload: FirstUpload) -> None:
    name, index = upload.project.name, upload.index
    state = check_index_state(
        Observed(head="", names=names_on_index(upload)),
        Released(name=name, index=index, pending_publisher=True),
        upload.context.clock.now(),
    )
    found = errors_in(state)
    if found:
        raise ChecksFailed(f"{name} cannot be created on {index.title}.", findings=found)
