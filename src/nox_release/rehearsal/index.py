"""A stand-in for Warehouse, the program behind PyPI, on a loopback address.

One WSGI application: mount it in `httpx.WSGITransport`, or `start()` it on a port of its own for
twine, uv and pip. It keeps its state in plain Python below a temporary directory, takes the time
from `clock`, and answers with PyPI's status codes and texts.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from nox_release.checks import upload as rules
from nox_release.core.clock import SystemClock
from nox_release.project.pyproject import Index
from nox_release.rehearsal import reading
from nox_release.rehearsal.accounts import Accounts, RehearsalUser
from nox_release.rehearsal.answers import Answer, Refused, json_answer, refusal, send
from nox_release.rehearsal.catalogue import (
    STATUSES,
    Catalogue,
    RehearsalProject,
    RehearsalRelease,
)
from nox_release.rehearsal.faults import SNAPSHOT, Faults, Faulty, request_path
from nox_release.rehearsal.multipart import Form, MalformedForm, parse_form
from nox_release.rehearsal.oidc import (
    GITHUB_ISSUER,
    ExchangeRefusal,
    RehearsalPublisher,
    TrustedPublishing,
)
from nox_release.rehearsal.registration import Registration, Registrations
from nox_release.rehearsal.serving import Server
from nox_release.rehearsal.uploading import Upload, deposited_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from nox_release.core.clock import Clock

__all__ = ["RehearsalIndex", "RehearsalPublisher", "RehearsalUser"]

_UPLOAD_PAGE = b"<!DOCTYPE html>\n<title>Upload endpoint</title>\n<p>Use an upload tool.\n"


class RehearsalIndex:
    """An index of one's own. `app` is its WSGI application; `url` its root once started.

    `flags` holds PyPI's administrators' switches by their names there: `read-only`,
    `disallow-new-upload`, `disallow-new-project-registration`, `disallow-oidc`,
    `disallow-github-oidc`, `disable-pep740`.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        clock: Clock | None = None,
        audience: str = "pypi",
        site: rules.Site | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.site = site or rules.Site()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if directory is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="rehearsal-index-")
            directory = Path(self._temporary.name)
        self.directory = directory
        self.incoming = directory / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True)
        self.flags: set[str] = set()
        self.warned_tokens: set[tuple[str, str]] = set()
        self.catalogue = Catalogue(directory, self.now)
        domain = "pypi.org" if audience == "pypi" else "test.pypi.org"
        self.accounts = Accounts(host=self.site.pypi_host, token_domain=domain, now=self.now)
        self.publishing = TrustedPublishing(
            self.accounts,
            self.catalogue,
            audience=audience,
            create_project=self.create_for,
            flags=self.flags,
        )
        self.registrations = Registrations(self.publishing, check_name=self.check_name)
        self.faults = Faults(snapshot=self.catalogue.snapshot)
        self.app = Faulty(self._application, self.faults)
        self.server = Server(self.app)
        self.files_server = Server(Faulty(self._stored_files, self.faults))

    def start(self) -> RehearsalIndex:
        """Listen on 127.0.0.1; after a `stop` on the same ports again. The files have a port of
        their own, as they have a host of their own on PyPI.
        """
        self.faults.restart()
        self.server.start()
        self.files_server.start()
        self.catalogue.files_root = f"http://127.0.0.1:{self.files_server.port}/"
        return self

    def stop(self) -> None:
        """Refuse connections from now on. The state stays."""
        self.faults.stop()
        self.server.stop()
        self.files_server.stop()

    def close(self) -> None:
        """Stop, and delete the files."""
        self.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> RehearsalIndex:  # noqa: PYI034 - `Self` is in typing from 3.11 on
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/"

    @property
    def index(self) -> Index:
        """Its addresses, for the rest of this program."""
        return Index(
            name=f"127.0.0.1:{self.server.port}",
            upload_url=f"{self.url}legacy/",
            simple_url=f"{self.url}simple/",
            api_url=self.url,
        )

    def now(self) -> datetime:
        return self.clock.now()

    def add_user(self, username: str, **flags: bool) -> RehearsalUser:
        """An account; `verified_email`, `two_factor`, `frozen` and `active` may be given."""
        return self.accounts.add(username, **flags)

    def user(self, username: str) -> RehearsalUser:
        return self.accounts.users[username]

    def token(self, username: str, *, projects: Iterable[str] | None = None) -> str:
        """An API token as PyPI's account page makes it: for the whole account, or for projects."""
        user = self.user(username)
        if projects is None:
            return self.accounts.issue([[3, user.id]], user=user)
        chosen = [self.catalogue.project(name) for name in projects]
        return self.accounts.issue(
            [[1, [one.normalized_name for one in chosen]], [2, [one.id for one in chosen]]],
            user=user,
        )

    def create_project(
        self, name: str, *, owner: str | None = None, organization: str | None = None
    ) -> RehearsalProject:
        """A project without releases, whatever its name; `owner` becomes a user if needed."""
        if owner is not None:
            self.add_user(owner)
        return self.catalogue.create(name, owner=owner, organization=organization)

    def project(self, name: str) -> RehearsalProject:
        return self.catalogue.project(name)

    def has_project(self, name: str) -> bool:
        return self.catalogue.find(name) is not None

    def filenames(self, name: str) -> tuple[str, ...]:
        """Every file of the project, sorted; none when there is no such project."""
        project = self.catalogue.find(name)
        return tuple(sorted(one.filename for one in project.files())) if project else ()

    def add_role(self, name: str, username: str, role: str = "Maintainer") -> None:
        self.project(name).roles[self.add_user(username).username] = role

    def set_status(self, name: str, status: str) -> None:
        """`active`, `archived` or `quarantined`."""
        if status not in STATUSES:
            raise ValueError(f"no such status: {status}")
        with self.catalogue.lock:
            project = self.project(name)
            project.status = status
            self.catalogue.touch(project)

    def yank(self, name: str, version: str, reason: str = "", *, yanked: bool = True) -> None:
        with self.catalogue.lock:
            release = self._release(name, version)
            release.yanked, release.yanked_reason = yanked, reason if yanked else ""
            self.catalogue.touch(self.project(name))

    def quarantine_release(self, name: str, version: str) -> None:
        with self.catalogue.lock:
            self._release(name, version).quarantined = True
            self.catalogue.touch(self.project(name))

    def age_release(self, name: str, version: str, days: float) -> None:
        """Let the release have been made `days` ago, its files too."""
        with self.catalogue.lock:
            release = self._release(name, version)
            shift = self.now() - timedelta(days=days) - release.created
            release.created += shift
            for one in release.files:
                one.upload_time += shift

    def _release(self, name: str, version: str) -> RehearsalRelease:
        release = self.project(name).release(version)
        if release is None:
            raise LookupError(f"no release {version} of {name!r} on the rehearsal's index")
        return release

    def delete_file(self, filename: str) -> None:
        self.catalogue.delete_file(filename)

    def delete_release(self, name: str, version: str) -> None:
        self.catalogue.delete_release(name, version)

    def delete_project(self, name: str) -> None:
        with self.catalogue.lock:
            project = self.project(name)
            self.catalogue.delete_project(name)
            for publisher in self.publishing.publishers:
                publisher.project_ids.discard(project.id)

    def prohibit(self, name: str) -> None:
        """Put a name on the administrators' list."""
        self.catalogue.prohibited.add(name)

    def put(self, *paths: Path, owner: str) -> None:
        """Have `owner` upload these distributions, past the network and its faults.

        Raises:
            Refused: PyPI would not take one of them.
        """
        self.add_user(owner)
        authorization = f"token {self.token(owner)}"
        for path in paths:
            form = deposited_form(path, self.incoming)
            try:
                Upload(self, form, authorization=authorization, address="127.0.0.1").run()
            finally:
                form.files[0].path.unlink(missing_ok=True)

    def register_publisher(
        self,
        name: str,
        *,
        owner: str,
        repository: str,
        workflow: str,
        environment: str | None = None,
        owner_id: str = "1001",
    ) -> RehearsalPublisher:
        """Attach a trusted publisher to an existing project, past the form."""
        with self.catalogue.lock:
            publisher = self.publishing.attach(
                self.project(name),
                {
                    "owner": owner,
                    "owner_id": owner_id,
                    "repository": repository,
                    "workflow": workflow,
                    "environment": (environment or "").lower(),
                },
            )
        assert publisher is not None  # noqa: S101 - `attach` declines only when told to
        return publisher

    def register_pending(self, username: str, form: Mapping[str, str]) -> Registration:
        """Fill in the pending publisher form: `project_name`, `owner`, `repository`,
        `workflow_filename`, `environment`.
        """
        return self.registrations.pending(self.user(username), form)

    def register_on_project(
        self, username: str, name: str, form: Mapping[str, str]
    ) -> Registration:
        """Fill in the form of an existing project's publishing page."""
        return self.registrations.on_project(self.user(username), self.project(name), form)

    def jwt(self, claims: Mapping[str, Any], *, header: Mapping[str, Any] | None = None) -> str:
        """`claims` signed with the key that this index takes for GitHub's."""
        return self.publishing.sign(claims, header=header)

    def github_jwt(
        self,
        repository: str,
        workflow: str,
        *,
        ref: str = "refs/heads/main",
        sha: str = "0" * 40,
        event_name: str = "push",
        environment: str | None = None,
        audience: str | None = None,
        **claims: Any,
    ) -> str:
        """An identity token as a job in `repository` (`owner/name`) gets it from GitHub."""
        import secrets

        start = int(self.now().timestamp())
        place = f"{repository}/.github/workflows/{workflow}@{ref}"
        full: dict[str, Any] = {
            "iss": GITHUB_ISSUER,
            "aud": audience or self.publishing.audience,
            "iat": start,
            "nbf": start,
            "exp": start + 300,
            "jti": secrets.token_hex(16),
            "sub": f"repo:{repository}:ref:{ref}",
            "repository": repository,
            "repository_owner": repository.partition("/")[0],
            "repository_owner_id": "1001",
            "job_workflow_ref": place,
            "workflow_ref": place,
            "ref": ref,
            "sha": sha,
            "event_name": event_name,
            "run_attempt": "1",
        }
        if environment is not None:
            full["environment"] = environment
        return self.jwt({**full, **claims})

    def check_name(self, name: str) -> rules.Refusal | None:
        """Warehouse's verdict on a new project's name."""
        names = tuple(one.name for one in self.catalogue.projects.values())
        refusals = rules.name_refusals(name, names, self.site, prohibited=self.catalogue.prohibited)
        return next(iter(refusals), None)

    def create_for(
        self,
        name: str,
        user: RehearsalUser,
        *,
        address: str,
        limited: bool = True,
        organization: str | None = None,
    ) -> RehearsalProject:
        """A new project of `user`'s.

        Raises:
            Refused: the name may not be used, or too many projects were made.
        """
        accounts = self.accounts
        limits = (
            (accounts.created_by_address, address),
            (accounts.created_by_user, user.id),
        )
        if limited and any(not limit.remaining(key) for limit, key in limits):
            raise Refused(429, "Too many new projects created")
        if "disallow-new-project-registration" in self.flags:
            raise Refused(
                403,
                "New project registration temporarily disabled. See "
                f"{accounts.help('admin-intervention')} for more information.",
            )
        refused = self.check_name(name)
        if refused is not None:
            raise Refused(refused.status, refused.text)
        project = self.catalogue.create(name, owner=user.username, organization=organization)
        self.publishing.invalidate_pending(name, user)
        for limit, key in limits if limited else ():
            limit.hit(key)
        return project

    def _application(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        accept = environ.get("HTTP_ACCEPT")
        try:
            answer = self._route(environ)
        except ExchangeRefusal as refused:
            errors = [{"code": refused.code, "description": refused.description}]
            answer = json_answer({"message": "Token request failed", "errors": errors}, status=422)
        except Refused as refused:
            answer = refusal(refused, accept)
            if refused.status == 500:
                answer = Answer(status=500, body=b"Internal Server Error")
        except MalformedForm as error:
            answer = refusal(Refused(400, str(error)), accept)
        return send(answer, environ, start_response)

    def _route(self, environ: dict[str, Any]) -> Answer:
        method = environ["REQUEST_METHOD"]
        path = request_path(environ)
        parts = path.split("/")[1:]
        first = parts[0] if parts else ""
        catalogue: Catalogue = environ.get(SNAPSHOT) or self.catalogue
        if path in ("/legacy", "/legacy/", "/pypi", "/"):
            return self._actions(environ, method, path)
        if first == "_":
            return self._exchange(environ, method, path)
        if first == "integrity":
            found = self._integrity(environ, method, parts, catalogue)
            return found or reading.page_not_found()
        if method not in ("GET", "HEAD"):
            allowed = "GET, HEAD, OPTIONS"
            raise Refused(405, "Method Not Allowed", [("Allow", allowed)])
        with catalogue.lock:
            return self._read(environ, parts, catalogue) or reading.page_not_found()

    def _read(
        self, environ: dict[str, Any], parts: list[str], catalogue: Catalogue
    ) -> Answer | None:
        accept, query = environ.get("HTTP_ACCEPT"), environ.get("QUERY_STRING", "")
        own = f"{environ['wsgi.url_scheme']}://{_host(environ)}/"
        roots = reading.Roots(own, catalogue.files_root or own)
        match parts:
            case ["simple", ""]:
                return reading.simple_index(catalogue, accept)
            case ["simple", name, ""] if name:
                return reading.simple_detail(catalogue, name, roots, accept, query)
            case ["pypi", name, "json"] | ["pypi", name, "json", ""]:
                return reading.project_json(catalogue, name, None, roots, query)
            case ["pypi", name, version, "json"] | ["pypi", name, version, "json", ""]:
                return reading.project_json(catalogue, name, version, roots, query)
            case ["project", name, ""]:
                return reading.project_page(catalogue, name, None)
            case ["project", name, version, ""]:
                return reading.project_page(catalogue, name, version)
            case ["simple"] | ["simple", _] | ["project", _] | ["project", _, _]:
                # What would be found with a slash at its end is found there.
                target = quote(request_path(environ)) + "/" + (f"?{query}" if query else "")
                return Answer(status=301, headers=[("Location", target)])
            case ["packages", *rest] if not catalogue.files_root:
                return reading.stored_bytes(catalogue, "/".join(rest))
        return None

    def _stored_files(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The host of the files: it has no other pages."""
        catalogue: Catalogue = environ.get(SNAPSHOT) or self.catalogue
        first, _, path = request_path(environ).removeprefix("/").partition("/")
        found = None
        if first == "packages" and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            with catalogue.lock:
                found = reading.stored_bytes(catalogue, path)
        return send(found or reading.page_not_found(), environ, start_response)

    def _integrity(
        self, environ: dict[str, Any], method: str, parts: list[str], catalogue: Catalogue
    ) -> Answer | None:
        match parts:
            case ["integrity", name, version, filename, "provenance"]:
                if method != "GET":
                    raise Refused(405, "Method Not Allowed", [("Allow", "GET")])
                return reading.provenance(
                    catalogue,
                    name,
                    version,
                    filename,
                    accept=environ.get("HTTP_ACCEPT"),
                    disabled="disable-pep740" in self.flags,
                )
        return None

    def _exchange(self, environ: dict[str, Any], method: str, path: str) -> Answer:
        wanted = {
            "/_/oidc/audience": "GET",
            "/_/oidc/mint-token": "POST",
            "/_/oidc/github/mint-token": "POST",
        }.get(path)
        if wanted is None:
            return reading.page_not_found()
        if method != wanted:
            raise Refused(405, "Method Not Allowed", [("Allow", wanted)])
        if wanted == "GET":
            if "disallow-oidc" in self.flags:
                message = {"message": "Trusted publishing functionality not enabled"}
                return json_answer(message, status=403)
            return json_answer({"audience": self.publishing.audience})
        body = environ["wsgi.input"].read(_length(environ))
        return json_answer(self.publishing.mint(body, address=_address(environ)))

    def _actions(self, environ: dict[str, Any], method: str, path: str) -> Answer:
        """/legacy/, and the addresses that uploads were sent to in earlier years."""
        if method in ("GET", "HEAD") and path in ("/legacy/", "/"):
            return Answer(body=_UPLOAD_PAGE, etag=True)
        if method == "POST" and path == "/legacy":
            raise Refused(
                308,
                "An upload was attempted to /legacy but the expected upload URL is /legacy/ "
                "(with a trailing slash)",
                [("Location", "/legacy/")],
            )
        if method != "POST" or path == "/":
            raise Refused(405, "Method Not Allowed", [("Allow", "GET, HEAD, OPTIONS")])
        kind = environ.get("CONTENT_TYPE", "")
        form = parse_form(environ["wsgi.input"], kind, self.incoming)
        try:
            return self._act(environ, path, form)
        finally:
            for part in form.files:
                part.path.unlink(missing_ok=True)

    def _act(self, environ: dict[str, Any], path: str, form: Form) -> Answer:
        asked = parse_qs(environ.get("QUERY_STRING", "")).get(":action")
        action = form.last(":action") or (asked[0] if asked else "")
        if action in ("submit", "submit_pkg_info"):
            raise Refused(
                410,
                "Project pre-registration is no longer required or supported, upload your files "
                "instead.",
            )
        if action == "doc_upload":
            raise Refused(
                410,
                "Uploading documentation is no longer supported, we recommend using "
                "https://readthedocs.org/.",
            )
        if action != "file_upload":
            raise Refused(405, "Method Not Allowed")
        if path == "/pypi":
            raise Refused(
                410,
                f"This API has moved to https://{self.site.upload_host}/legacy/. See TODO for "
                "more information.",
            )
        accepted = Upload(
            self,
            form,
            authorization=environ.get("HTTP_AUTHORIZATION"),
            address=_address(environ),
        ).run()
        return Answer(headers=[*accepted.headers])


def _length(environ: dict[str, Any]) -> int:
    given = environ.get("CONTENT_LENGTH") or ""
    return min(int(given), 1 << 20) if given.isdigit() else -1


def _address(environ: dict[str, Any]) -> str:
    return str(environ.get("REMOTE_ADDR") or "127.0.0.1")


def _host(environ: dict[str, Any]) -> str:
    return str(environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}")
