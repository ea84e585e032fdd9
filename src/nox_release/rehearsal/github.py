"""A stand-in for GitHub that the real `gh` talks to over a Unix socket.

`gh` sends every request for any host into the socket named by `http_unix_socket` in its own
`config.yml` (https://cli.github.com/manual/gh_config), so nothing leaves the machine and no
certificate is needed. Git's facts (tags, commits, files) come from the bare remote each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nox_release.core.clock import Clock
from nox_release.core.errors import NoxReleaseError
from nox_release.edges.process import Runner
from nox_release.rehearsal.github_state import GitHubState
from nox_release.rehearsal.serving import Server

SOCKET_PATH_LIMIT = 100  # sockaddr_un: 108 bytes on Linux, 104 on macOS


class RehearsalGitHub(GitHubState):
    """That repository behind a Unix socket."""

    def __init__(
        self,
        *,
        remote: Path,
        owner: str,
        name: str,
        socket_path: Path,
        runner: Runner,
        clock: Clock,
        default_branch: str = "main",
    ) -> None:
        super().__init__(
            remote=remote,
            owner=owner,
            name=name,
            runner=runner,
            clock=clock,
            default_branch=default_branch,
        )
        self.socket_path = socket_path
        self._server: Server | None = None
        self._errors: list[str] = []

    def start(self) -> RehearsalGitHub:
        """Listen on the socket.

        Raises:
            NoxReleaseError: the path is too long for a Unix socket.
        """
        if len(str(self.socket_path).encode()) > SOCKET_PATH_LIMIT:
            raise NoxReleaseError(
                "The path of the socket for `gh` is too long for the system.",
                reason=str(self.socket_path),
                hint="Set TMPDIR to a shorter folder.",
            )
        self._server = Server(self.application, unix_socket=self.socket_path)
        self._server.start()
        return self

    def stop(self) -> None:
        """Close the socket; safe to call twice."""
        if self._server is not None:
            self._errors += self._server.errors
            self._server.stop()
            self._server = None
            self.socket_path.unlink(missing_ok=True)

    @property
    def errors(self) -> list[str]:
        """Tracebacks of the stand-in's own mistakes."""
        return [*self._errors, *(self._server.errors if self._server is not None else ())]

    def application(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        from nox_release.rehearsal.github_answers import respond
        from nox_release.rehearsal.github_api import Request

        path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/:@!$&'()*+,;=~")
        query = environ.get("QUERY_STRING", "")
        request = Request(
            method=environ["REQUEST_METHOD"],
            host=environ.get("HTTP_HOST", "api.github.com"),
            target=f"{path}?{query}" if query else path,
            headers={
                name.removeprefix("HTTP_").replace("_", "-").lower(): value
                for name, value in environ.items()
                if name.startswith("HTTP_")
            },
            body=environ["wsgi.input"].read(),  # gh sends what it reads from a pipe in chunks
        )
        for look in self.before_answer:
            look()
        reply = respond(self, request)
        headers = dict(reply.headers)
        if reply.status not in (204, 304):
            headers["Content-Length"] = str(len(reply.body))
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(headers.items()))
        return [b"" if request.method == "HEAD" else reply.body]

    def __enter__(self) -> RehearsalGitHub:  # noqa: PYI034 - never subclassed
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def write_gh_config(self, directory: Path) -> None:
        """A `GH_CONFIG_DIR` that leads `gh` here; it holds no token (GH_TOKEN does)."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "config.yml").write_text(
            'version: "1"\n'
            "git_protocol: https\n"
            "prompt: disabled\n"
            "telemetry: disabled\n"
            f"http_unix_socket: '{str(self.socket_path).replace(chr(39), chr(39) * 2)}'\n",
            encoding="utf-8",
        )
