"""A stand-in for Warehouse, the program behind PyPI, on a loopback address.

One WSGI application: mount it in `httpx.WSGITransport`, or `start()` it on a port of its own for
twine, uv and pip. It keeps its state in plain Python below a temporary directory, takes the time
from `clock`, and answers with PyPI's status codes and texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from nox_release.core.clock import Clock
from nox_release.project.pyproject import Index
from nox_release.rehearsal import reading
from nox_release.rehearsal.answers import Answer, Refused, json_answer, refusal, send
from nox_release.rehearsal.catalogue import Catalogue
from nox_release.rehearsal.index_state import IndexState
from nox_release.rehearsal.multipart import Form, MalformedForm, parse_form
from nox_release.rehearsal.oidc import AUDIENCE, ExchangeRefusal
from nox_release.rehearsal.serving import Application, Server, request_path
from nox_release.rehearsal.uploading import UploadRequest, deposited_form

_UPLOAD_PAGE = b"<!DOCTYPE html>\n<title>Upload endpoint</title>\n<p>Use an upload tool.\n"


class RehearsalIndex(IndexState):
    """An index of one's own. `app` is its WSGI application; `url` its root once started."""

    def __init__(self, directory: Path | None = None, *, clock: Clock | None = None) -> None:
        super().__init__(directory, clock=clock)
        self.app: Application = self._application
        self.server = Server(self.app)
        self.files_server = Server(self._stored_files)

    def start(self) -> RehearsalIndex:
        """Listen on 127.0.0.1; after a `stop` on the same ports again. The files have a port of
        their own, as they have a host of their own on PyPI.
        """
        self.server.start()
        self.files_server.start()
        self.catalogue.files_root = f"http://127.0.0.1:{self.files_server.port}/"
        return self

    def stop(self) -> None:
        """Refuse connections from now on. The state stays."""
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

    def put(self, *paths: Path, owner: str) -> None:
        """Have `owner` upload these distributions, past the network.

        Raises:
            Refused: PyPI would not take one of them.
        """
        self.add_user(owner)
        authorization = f"token {self.token(owner)}"
        for path in paths:
            form = deposited_form(path, self.incoming)
            try:
                UploadRequest(self, form, authorization=authorization, address="127.0.0.1").run()
            finally:
                form.files[0].path.unlink(missing_ok=True)

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

    def catalogue_for(self, environ: dict[str, Any]) -> Catalogue:  # noqa: ARG002 - see the tests
        """What a request is answered from."""
        return self.catalogue

    def _route(self, environ: dict[str, Any]) -> Answer:
        method = environ["REQUEST_METHOD"]
        path = request_path(environ)
        parts = path.split("/")[1:]
        first = parts[0] if parts else ""
        catalogue = self.catalogue_for(environ)
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
        catalogue = self.catalogue_for(environ)
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
            "/_/oidc/burn-token": "POST",
        }.get(path)
        if wanted is None:
            return reading.page_not_found()
        if method != wanted:
            raise Refused(405, "Method Not Allowed", [("Allow", wanted)])
        if wanted == "GET":
            if "disallow-oidc" in self.flags:
                message = {"message": "Trusted publishing functionality not enabled"}
                return json_answer(message, status=403)
            return json_answer({"audience": AUDIENCE})
        body = environ["wsgi.input"].read(_length(environ))
        if path == "/_/oidc/burn-token":
            self.publishing.burn(body)
            return json_answer({}, status=202)
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
                "This API has moved to https://upload.pypi.org/legacy/. See TODO for more "
                "information.",
            )
        accepted = UploadRequest(
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
