"""What happens to `POST /legacy/` on the stand-in, step by step in Warehouse's order.

The rules about form, metadata, names and archives are those of `nox_release.checks.upload`; here
are the ones that need an index: tokens, roles, limits, and what was uploaded before.
Source: warehouse/forklift/{decorators,legacy}.py.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import zipfile
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_version

from nox_release.checks import upload as rules
from nox_release.core.values import dataclass
from nox_release.files.archives import read_archive
from nox_release.rehearsal.accounts import Identity, RehearsalUser
from nox_release.rehearsal.answers import Refused
from nox_release.rehearsal.catalogue import RehearsalProject, RehearsalRelease, StoredFile
from nox_release.rehearsal.multipart import FilePart, Form
from nox_release.rehearsal.oidc import Email

if TYPE_CHECKING:
    from nox_release.rehearsal.index_state import IndexState

RELEASE_DAYS = 14
_MAX_ATTESTATIONS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """200, stored or (for bytes that are there already) not; `headers` tell of rate limits."""

    stored: bool
    headers: tuple[tuple[str, str], ...] = ()


class UploadRequest:
    """One request: `run` stores the file or raises `Refused`, leaving no trace of it."""

    def __init__(
        self, index: IndexState, form: Form, *, authorization: str | None, address: str
    ) -> None:
        self.index = index
        self.form = form
        self.authorization = authorization
        self.address = address
        self.fields = rules.sanitize(gathered(form))
        self.headers: tuple[tuple[str, str], ...] = ()
        self.emails: list[Email] = []

    def run(self) -> Accepted:
        for part in self.form.files:
            if part.field not in ("content", "gpg_signature"):
                raise Refused(400, f"{part.field}: Should not be a tuple.")
        identity = self._identity()
        # Reading the form and the metadata needs no state: others may be served meanwhile.
        self._refuse_first(rules.form_refusals(self.fields))
        self._refuse_first(rules.metadata_refusals(self.fields))
        # Of a field sent twice the last one counts.
        parts = [part for part in self.form.files if part.field == "content"]
        content = parts[-1] if parts else None
        if content is None and "content" not in self.fields:
            raise Refused(400, "Upload payload does not have a file.")
        catalogue = self.index.catalogue
        with catalogue.lock:
            before = catalogue.serial
            name = self.fields["name"][0]
            project, created = self._project(name, identity)
            journal = project.serial
            old_name = project.name
            try:
                stored = self._store(project, name, identity, content)
            except BaseException:
                # One request is one transaction: a project made for it goes with it.
                project.name, project.serial, catalogue.serial = old_name, journal, before
                if created:
                    catalogue.projects.pop(project.normalized_name, None)
                    self.index.publishing.pending[:] = self._pending
                raise
            self.index.publishing.emails.extend(self.emails)
        return Accepted(stored=stored, headers=self.headers)

    def _refuse_first(self, refusals: Iterable[rules.Refusal]) -> None:
        for refusal in refusals:
            raise Refused(refusal.status, refusal.text)

    def _identity(self) -> Identity:
        accounts, flags = self.index.accounts, self.index.flags
        identity = accounts.identify(self.authorization)
        if "read-only" in flags:
            raise Refused(403, "Read-only mode: Uploads are temporarily disabled.")
        if "disallow-new-upload" in flags:
            raise Refused(
                403,
                "New uploads are temporarily disabled. See "
                f"{rules.help_page('admin-intervention')} for more information.",
            )
        if identity is None:
            raise Refused(
                403,
                "Invalid or non-existent authentication information. See "
                f"{rules.help_page('invalid-auth')} for more information.",
            )
        return identity

    def _project(self, name: str, identity: Identity) -> tuple[RehearsalProject, bool]:
        project = self.index.catalogue.find(name)
        if project is not None:
            return project, False
        if identity.user is None:
            raise Refused(
                400,
                "Non-user identities cannot create new projects. This was probably caused by "
                "successfully using a pending publisher but specifying the project name "
                "incorrectly (either in the publisher or in your project's metadata). Please "
                "ensure that both match. See: "
                f"{rules.DOCS}/trusted-publishers/troubleshooting/",
            )
        self.index.accounts.require_upload_rights(identity.user)
        self._pending = tuple(self.index.publishing.pending)
        return self._created(name, identity.user), True

    def _created(self, name: str, user: RehearsalUser) -> RehearsalProject:
        accounts = self.index.accounts
        try:
            project = self.index.create_for(name, user, address=self.address)
        except Refused as refused:
            headers = accounts.rate_limit_headers(user, self.address)
            raise Refused(refused.status, refused.text, headers) from None
        self.headers = accounts.rate_limit_headers(user, self.address)
        return project

    def _store(
        self, project: RehearsalProject, name: str, identity: Identity, content: FilePart | None
    ) -> bool:
        self._check_permission(project, identity)
        if identity.user is not None:
            self.index.accounts.require_upload_rights(identity.user)
        if project.organization is not None and not project.organization_active:
            raise Refused(
                400,
                "Organization account owning this project is inactive. This may be due to "
                "inactive billing for Company Organizations, or administrator intervention for "
                "Community Organizations. Please contact support+orgs@pypi.org.",
            )
        self._warn_of_token(project, identity)
        project.name = name
        self._refuse_first(rules.description_refusals(self.fields))
        if content is None:
            # A file without a name is taken for text, and Warehouse trips over it.
            raise Refused(500, rules.SERVER_ERROR)
        version = _first(self.fields, "version")
        release = project.release(version)
        filetype = _first(self.fields, "filetype")
        self._refuse_first(rules.filename_refusals(content.filename, filetype))
        kind = content.content_type
        if not kind or kind.startswith("image/"):
            raise Refused(400, "Invalid distribution file.")
        size = content.path.stat().st_size
        self._check_size(project, size)
        digests = _digests(content.path)
        _check_digests(self.fields, digests)
        if self._is_there(content.filename, digests):
            return False
        self._check_release(release, filetype)
        self._refuse_first(
            rules.archive_refusals(
                read_archive(content.path, content.filename),
                content.filename,
                self.fields,
            )
        )
        given = self.fields.get("attestations")
        attest = given is not None and "disable-pep740" not in self.index.flags
        attestations = attestations_of(given, identity) if given and attest else []
        self._keep(project, release, identity, content, size, digests, attestations)
        return True

    def _check_permission(self, project: RehearsalProject, identity: Identity) -> None:
        self.index.accounts.verify(identity, project)
        if identity.user is not None:
            username = identity.user.username
            has_role = username in project.roles or username in project.unlisted
            allowed = has_role and not project.archived
            whom = f"The user '{identity.user.username}' isn't"
        else:
            publisher = identity.publisher
            attached = publisher is not None and project.id in publisher.project_ids
            allowed = attached and project.served_status == "active"
            whom = "The given token isn't"
        if not allowed:
            raise Refused(
                403,
                f"{whom} allowed to upload to project '{project.name}'. See "
                f"{rules.help_page('project-name')} for more information.",
            )

    def _warn_of_token(self, project: RehearsalProject, identity: Identity) -> None:
        """One e-mail for each token and project, when a trusted publisher stands ready."""
        if identity.user is None or not self.index.publishing.of_project(project):
            return
        key = (identity.record.identifier, project.id)
        if key not in self.index.warned_tokens:
            self.index.warned_tokens.add(key)
            self.emails.append(
                Email(
                    subject=f"API token used to upload to project {project.name} despite Trusted "
                    "Publishing enabled",
                    to=tuple(project.roles),
                )
            )

    def _check_size(self, project: RehearsalProject, size: int) -> None:
        limit = max(project.file_limit or 0, rules.DEFAULT_FILE_LIMIT)
        total = project.total_size
        total_limit = max(project.total_limit or 0, rules.DEFAULT_PROJECT_LIMIT)
        # Warehouse counts while it reads, so the limit that is reached first speaks.
        reached = min(size, limit + 1, total_limit - total + 1)
        self._refuse_first(
            rules.size_refusals(
                reached,
                project.name,
                limit=limit,
                total=total,
                total_limit=total_limit,
            )
        )

    def _is_there(self, filename: str, digests: dict[str, str]) -> bool:
        """Whether these very bytes are there under this very name, which is fine.

        Raises:
            Refused: the name is, or was, used otherwise, or the bytes have another name.
        """
        catalogue = self.index.catalogue
        found = catalogue.with_blake2(digests["blake2_256"], filename)
        reuse = f"See {rules.help_page('file-name-reuse')} for more information."
        if found is not None:
            if found.filename == filename and found.sha256 == digests["sha256"]:
                return True
            raise Refused(
                400,
                f"File already exists ({filename!r}, with blake2_256 hash "
                f"{digests['blake2_256']!r}). {reuse}",
            )
        if filename in catalogue.used_filenames:
            raise Refused(
                400,
                "This filename was previously used by a file that has since been deleted. Use a "
                f"different version. {reuse}",
            )
        return False

    def _check_release(self, release: RehearsalRelease | None, filetype: str) -> None:
        if release is None:
            return
        if release.created < self.index.now() - timedelta(days=RELEASE_DAYS):
            raise Refused(
                400,
                f"Uploading new files to releases older than {RELEASE_DAYS} days is not allowed.",
            )
        if filetype == "sdist" and any(one.packagetype == "sdist" for one in release.files):
            raise Refused(400, "Only one sdist may be uploaded per release.")

    def _keep(
        self,
        project: RehearsalProject,
        release: RehearsalRelease | None,
        identity: Identity,
        content: FilePart,
        size: int,
        digests: dict[str, str],
        attestations: list[Any],
    ) -> None:
        catalogue = self.index.catalogue
        blake2 = digests["blake2_256"]
        path = f"{blake2[:2]}/{blake2[2:4]}/{blake2[4:]}/{content.filename}"
        target = catalogue.directory / "packages" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        content.path.replace(target)
        metadata = wheel_metadata(target)
        if release is None:
            version = _first(self.fields, "version")
            release = RehearsalRelease(
                version=_normalized_version(version), created=self.index.now(), fields=self.fields
            )
            project.releases[canonicalize_version(version)] = release
            catalogue.touch(project)
        publisher = identity.publisher
        release.files.append(
            StoredFile(
                filename=content.filename,
                packagetype=_first(self.fields, "filetype"),
                python_version=_first(self.fields, "pyversion"),
                size=size,
                md5=digests["md5"],
                sha256=digests["sha256"],
                blake2_256=blake2,
                upload_time=self.index.now(),
                path=path,
                comment=_first(self.fields, "comment"),
                metadata=metadata,
                metadata_sha256=hashlib.sha256(metadata).hexdigest()
                if metadata is not None
                else None,
                provenance={
                    "version": 1,
                    "attestation_bundles": [
                        {"publisher": publisher.as_provenance(), "attestations": attestations}
                    ],
                }
                if attestations and publisher is not None
                else None,
            )
        )
        catalogue.used_filenames.add(content.filename)
        catalogue.touch(project)
        if metadata is not None and _record_differs(target):
            self.emails.append(
                Email(
                    subject="Deprecation notice for recent wheel distribution upload to "
                    f"'{project.name}'",
                    to=tuple(project.roles),
                )
            )


def _check_digests(fields: dict[str, tuple[str, ...]], digests: dict[str, str]) -> None:
    for name, value in digests.items():
        given = _first(fields, f"{name}_digest")
        if given and given.lower() != value:
            raise Refused(
                400,
                "The digest supplied does not match a digest calculated from the uploaded file.",
            )


def attestations_of(given: tuple[str, ...], identity: Identity) -> list[Any]:
    """What is stored of the form's attestations.

    Raises:
        Refused: they are not what PyPI takes.
    """
    complaint = ""
    value: Any = []
    if identity.publisher is None:
        complaint = "Attestations are only supported when using Trusted Publishing"
    else:
        value, errors = parse_attestations(given[-1])
        if errors:
            count = f"{errors} validation error{'s' if errors > 1 else ''}"
            complaint = f"Malformed attestations: {count} for list[Attestation]"
        elif not value:
            complaint = "Malformed attestations: an empty attestation set is not permitted"
        elif len(value) > _MAX_ATTESTATIONS:
            complaint = f"A maximum of {_MAX_ATTESTATIONS} attestations per file are supported"
    if complaint:
        raise Refused(400, f"Invalid attestations supplied during upload: {complaint}")
    return list(value)


def deposited_form(path: Path, directory: Path) -> Form:
    """The form that twine would send for the file at `path`, with a copy of it in `directory`."""
    from nox_release.checks.files.checking import form_of

    fields = [(name, value) for name, values in form_of(path).items() for value in values]
    fields.append(("sha256_digest", hashlib.sha256(path.read_bytes()).hexdigest()))
    with tempfile.NamedTemporaryFile(dir=directory, delete=False) as copy:
        copy.write(path.read_bytes())
    content = FilePart(
        field="content",
        filename=path.name,
        content_type="application/octet-stream",
        path=Path(copy.name),
    )
    return Form(fields=tuple(fields), files=(content,))


def gathered(form: Form) -> dict[str, tuple[str, ...]]:
    """The text fields by name; of one sent twice, both values."""
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in form.fields:
        fields[name] = (*fields.get(name, ()), value)
    return fields


def parse_attestations(text: str) -> tuple[Any, int]:
    """Attestations (PEP 740) by structure alone, and how many parts of them are wrong."""
    try:
        value = json.loads(text)
    except ValueError:
        return [], 1
    if not isinstance(value, list):
        return [], 1
    return value, sum(_attestation_errors(one) for one in value)


def _attestation_errors(attestation: Any) -> int:
    if not isinstance(attestation, dict):
        return 1
    errors = int(attestation.get("version") != 1)
    parts: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("verification_material", ("certificate", "transparency_entries")),
        ("envelope", ("statement", "signature")),
    )
    for part, names in parts:
        inner = attestation.get(part)
        if not isinstance(inner, dict):
            errors += 1
            continue
        for name in names:
            value = inner.get(name)
            if name == "transparency_entries":
                errors += not (isinstance(value, list) and value)
            else:
                errors += not (
                    isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9+/\s]*(?:=+\s*)?", value)
                )
    return errors


def wheel_metadata(path: Path) -> bytes | None:
    """METADATA of a wheel, which the index serves beside it (PEP 658); `None` for sdists."""
    if path.suffix != ".whl":
        return None
    try:
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                if re.fullmatch(r"[^/]+\.dist-info/METADATA", name):
                    return wheel.read(name)
    except (zipfile.BadZipFile, OSError):
        return None
    return None


def _record_differs(path: Path) -> bool:
    """Whether RECORD names other members than the wheel has; PyPI sends a mail about it."""
    import csv

    with zipfile.ZipFile(path) as wheel:
        names = {name for name in wheel.namelist() if not name.endswith("/")}
        record = next((name for name in names if name.endswith(".dist-info/RECORD")), None)
        if record is None:
            return False
        rows = csv.reader(wheel.read(record).decode("utf-8", "replace").splitlines())
        listed = {row[0] for row in rows if row}
    exempt = {f"{record}.jws", f"{record}.p7s"}
    return names - exempt != listed - exempt


def _digests(path: Path) -> dict[str, str]:
    hashes: dict[str, Any] = {
        "md5": hashlib.md5(usedforsecurity=False),
        "sha256": hashlib.sha256(),
        "blake2_256": hashlib.blake2b(digest_size=32),
    }
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            for one in hashes.values():
                one.update(piece)
    return {name: one.hexdigest() for name, one in hashes.items()}


def _first(fields: dict[str, tuple[str, ...]], name: str) -> str:
    values = fields.get(name)
    return values[0] if values else ""


def _normalized_version(version: str) -> str:
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(version))
    except InvalidVersion:
        return version
