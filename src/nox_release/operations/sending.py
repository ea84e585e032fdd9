"""The effects of a first upload: one file by twine, with a token that is good for it alone."""

import sys
from pathlib import Path

from nox_release.core.errors import CommandError, ConflictError
from nox_release.core.values import assert_never, dataclass, field, replace
from nox_release.edges.children import UPLOADER
from nox_release.edges.console import Console
from nox_release.edges.context import Context
from nox_release.edges.screen import UNPRINTABLE
from nox_release.edges.tokens import Credential, narrow
from nox_release.files.distributions import Distribution
from nox_release.operations.following import await_files
from nox_release.operations.uploader import FirstUpload
from nox_release.project import pages
from nox_release.project.pyproject import Project
from nox_release.releases.observed import IndexFile
from nox_release.releases.plan import AwaitFiles, Target, Upload, UploadStep, other_bytes

_UPLOAD_WITHIN = 1800.0


@dataclass(slots=True, kw_only=True)
class Sent:
    """What this command has sent; an index may be slow to list it."""

    names: set[str] = field(default_factory=set)


def perform(
    upload: FirstUpload,
    target: Target,
    distributions: tuple[Distribution, ...],
    credential: Credential,
    sent: Sent,
    step: UploadStep,
) -> None:
    """Carry out one step: the one place where a first upload acts on the world."""
    match step:
        case Upload():
            path = next(one.path for one in distributions if one.filename == step.filename)
            _send(upload, target, path, credential)
            sent.names.add(step.filename)
        case AwaitFiles():
            files = await_files(upload.console, upload.context.clock, upload.client, target)
            _refuse_other_bytes(upload, target, files)
        case _:
            assert_never(step)


def _send(upload: FirstUpload, target: Target, path: Path, credential: Credential) -> None:
    """One file, by the twine of this interpreter, with a token for it alone."""
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
        question = f"Upload {path.name} with the token as it is, good for more than that?"
        upload.console.confirm(question, yes=False)
        run_twine(upload.context, url, path, credential, credential)


def explain_refusal(console: Console, project: Project, error: CommandError) -> None:
    """What is known about such a refusal, before twine's own words; of another index than PyPI and its
    like no more than that it refused name and password.
    """
    from nox_release.diagnosis.engine import diagnose

    index = project.settings.index
    for known in diagnose(error.output, project=project)[:1]:
        console.line()
        if known.id.startswith("wh-") and not index.is_like_pypi:
            if known.id == "wh-auth":
                console.line(f"{index.title} does not accept this user name and password.")
                fix = "Correct TWINE_USERNAME and TWINE_PASSWORD, or what twine finds without them."
                console.line(f"fix: {fix}", indent=2)
            return
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
    said = UNPRINTABLE.sub("", output)  # twine colours its log, whoever reads it
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        if line.startswith(("ERROR", "HTTPError")):
            return "\n".join(lines[number : number + 4])
    if "Traceback (most recent call last):" in lines:  # twine lets errors of the network through
        return lines[-1]
    return "\n".join(lines[-6:])
