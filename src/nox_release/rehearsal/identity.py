"""GitHub's token endpoint for one job: it gives identity tokens to those who have the job's secret.

https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
"""

import contextlib
import json
import secrets
from collections.abc import Callable, Generator, Iterable
from typing import Any
from urllib.parse import parse_qs

from nox_release.rehearsal.serving import Server


@contextlib.contextmanager
def identity_endpoint(issue: Callable[[str], str]) -> Generator[dict[str, str]]:
    """The two variables that a job with `id-token: write` has; `issue` makes the token for an
    audience. The endpoint is gone afterwards.
    """
    bearer = secrets.token_urlsafe(24)

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_AUTHORIZATION", "").lower() != f"bearer {bearer}".lower():
            status, document = "401 Unauthorized", {"message": "Bad credentials"}
        else:
            audience = parse_qs(environ.get("QUERY_STRING", "")).get("audience", [""])[0]
            status, document = "200 OK", {"value": issue(audience)}
        body = json.dumps(document).encode()
        start_response(
            status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        )
        return [body]

    server = Server(app)
    server.start()
    try:
        yield {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://127.0.0.1:{server.port}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": bearer,
        }
    finally:
        server.stop()
