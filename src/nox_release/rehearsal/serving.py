"""A WSGI application on a loopback port or a Unix socket: HTTP/1.1, one thread a connection.

The status line goes out as the application wrote it, because PyPI tells its reasons there; wsgiref
would answer in HTTP/1.0. `HangUp` breaks the connection, so that a client meets real trouble.
"""

import contextlib
import socket
import socketserver
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from pathlib import Path
from typing import IO, Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

_IDLE_SECONDS = 60


class HangUp(ConnectionResetError):  # noqa: N818 - an event arranged, not an error
    """The connection breaks; `head` and `body` are what still went out before."""

    def __init__(self, status: str = "", headers: Any = (), body: bytes = b"") -> None:
        super().__init__("the connection was closed by the rehearsal")
        self.status = status
        self.headers = tuple(headers)
        self.body = body


class Server:
    """`application` served in threads of this process from `start` to `stop`.

    Started again after a stop it takes the same port, so a stopped server is one that refuses
    connections for a while. `errors` holds the tracebacks of the application's own mistakes.
    """

    def __init__(self, application: Application, *, unix_socket: Path | None = None) -> None:
        self.application = application
        self.errors: list[str] = []
        self._unix_socket = unix_socket
        self._port = 0
        self._server: socketserver.BaseServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return self._port

    @property
    def running(self) -> bool:
        return self._server is not None

    def start(self) -> None:
        if self._server is not None:
            return
        if self._unix_socket is not None:
            server: socketserver.BaseServer = _unix_server(str(self._unix_socket))
        else:
            server = _TcpServer(("127.0.0.1", self._port), _Handler)
            self._port = server.server_address[1]
        server.owner = self  # type: ignore[attr-defined]
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuse new connections and end the open ones."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is None or thread is None:
            return
        ending = threading.Thread(target=server.shutdown, daemon=True)
        ending.start()
        while thread.is_alive():  # it notices at the next connection, or in half a second
            server.wake()  # type: ignore[attr-defined]
            thread.join(0.02)
        server.close_connections()  # type: ignore[attr-defined]
        server.server_close()


class _Connections(socketserver.ThreadingMixIn):
    daemon_threads = True
    block_on_close = True
    # On Windows this would let a second server listen on the same port.
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        self.open: set[socket.socket] = set()
        self.lock = threading.Lock()
        super().__init__(*arguments)
        # A client that goes away before it is accepted leaves nothing to accept: waiting for the
        # next one would keep `stop` waiting, too.
        self.socket.setblocking(False)  # type: ignore[attr-defined]

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()  # type: ignore[misc]
        connection.setblocking(True)  # macOS hands the listener's mode down
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.lock:
            self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.lock:
            self.open.discard(request)
        super().shutdown_request(request)  # type: ignore[misc]

    def wake(self) -> None:
        """Connect, and go away."""
        listener: socket.socket = self.socket  # type: ignore[attr-defined]
        with socket.socket(listener.family) as client, contextlib.suppress(OSError):
            client.connect(listener.getsockname())

    def close_connections(self) -> None:
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class _TcpServer(_Connections, socketserver.TCPServer):
    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address


def _unix_server(path: str) -> socketserver.BaseServer:
    """Made when asked for: there are no Unix sockets in Python on Windows."""

    class UnixServer(_Connections, socketserver.UnixStreamServer):
        pass

    return UnixServer(path, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    wbufsize = 0

    def log_message(self, *_: Any) -> None:
        """Say nothing: `Faults.seen` keeps the requests."""

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError, ValueError):
            self.close_connection = True

    def answer(self) -> None:
        owner: Server = self.server.owner  # type: ignore[attr-defined]
        body = _body_of(self.headers, self.rfile)
        reply: list[Any] = ["500 Internal Server Error", []]

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            reply[:] = [status, headers]

        try:
            pieces = owner.application(self._environ(body), start_response)
        except HangUp as broken:
            self._hang_up(broken)
            return
        except Exception:  # noqa: BLE001 - whatever the application got wrong is a 500 to its client
            owner.errors.append(traceback.format_exc())
            pieces = [b"Internal Server Error"]
            reply[:] = ["500 Internal Server Error", [("Content-Type", "text/html")]]
        _drain(body)
        self._send(reply[0], reply[1], pieces)

    # Names that http.server looks for.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815

    def _environ(self, body: IO[bytes]) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host = self.headers.get("Host") or "127.0.0.1"
        peer: Any = self.client_address  # a string for Unix sockets
        address = peer[0] if isinstance(peer, tuple) else "127.0.0.1"
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": _unquoted(path),
            "QUERY_STRING": query,
            "SERVER_NAME": host.partition(":")[0],
            "SERVER_PORT": host.partition(":")[2] or "80",
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": address,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": body,
            "wsgi.errors": BytesIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if self.headers.get("Content-Length"):
            environ["CONTENT_LENGTH"] = self.headers["Content-Length"]
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def _send(self, status: str, headers: Iterable[tuple[str, str]], pieces: Any) -> None:
        try:
            lengths = any(name.lower() == "content-length" for name, _ in headers)
            if not lengths:
                pieces = [b"".join(pieces)]
                headers = [*headers, ("Content-Length", str(len(pieces[0])))]
            head = _head(status, headers)
            if self.command == "HEAD":
                self.wfile.write(head)
                return
            for piece in pieces:
                self.wfile.write(head + piece)
                head = b""
            if head:
                self.wfile.write(head)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    def _hang_up(self, broken: HangUp) -> None:
        if broken.status:
            self.wfile.write(_head(broken.status, broken.headers) + broken.body)
        self.close_connection = True
        # Closing with this option sends RST instead of FIN: the peer meets "connection reset".
        linger = struct.pack("hh" if hasattr(socket, "SO_EXCLUSIVEADDRUSE") else "ii", 1, 0)
        if self.connection.family != getattr(socket, "AF_UNIX", None):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()


def _head(status: str, headers: Iterable[tuple[str, str]]) -> bytes:
    # A reason of several lines ends at the first: the rest would be read as headers.
    lines = [f"HTTP/1.1 {status.splitlines()[0]}", f"Date: {formatdate(usegmt=True)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _unquoted(path: str) -> str:
    """As WSGI (PEP 3333) wants it: percent-decoded bytes, each as one latin-1 character."""
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(path).decode("latin-1")


def _body_of(headers: Any, stream: Any) -> IO[bytes]:
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        return _Chunked(stream)  # type: ignore[return-value]
    length = headers.get("Content-Length", "0")
    return _Limited(stream, int(length) if length.isdigit() else 0)  # type: ignore[return-value]


def _drain(body: IO[bytes]) -> None:
    while body.read(1 << 16):
        pass


class _Limited:
    """The first `left` bytes of `stream`."""

    def __init__(self, stream: IO[bytes], left: int) -> None:
        self.stream = stream
        self.left = left

    def read(self, size: int = -1) -> bytes:
        wanted = self.left if size < 0 else min(size, self.left)
        data = self.stream.read(wanted) if wanted else b""
        self.left = self.left - len(data) if data else 0
        return data


class _Chunked:
    """A body in chunks (RFC 9112, 7.1), read as one."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.left = 0
        self.ended = False

    def read(self, size: int = -1) -> bytes:
        data = bytearray()
        while not self.ended and (size < 0 or len(data) < size):
            if not self.left:
                self.left = int(self.stream.readline(64).split(b";")[0].strip() or b"0", 16)
                if not self.left:
                    self.ended = True
                    while self.stream.readline(1 << 16).strip():
                        pass
                    break
            wanted = self.left if size < 0 else min(self.left, size - len(data))
            piece = self.stream.read(wanted)
            if not piece:
                self.ended = True
                break
            data += piece
            self.left -= len(piece)
            if not self.left:
                self.stream.readline(4)
        return bytes(data)


def request_path(environ: dict[str, Any]) -> str:
    """The path asked for. WSGI has bytes in it, each as one character; httpx has text."""
    path: str = environ.get("PATH_INFO", "/")
    try:
        return path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return path
