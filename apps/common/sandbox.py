"""Base of the bundled stand-ins for outside systems: real HTTP servers in processes of their own.

They verify signatures for real and misbehave on demand. Knows nothing of Django, so that they start at once.
Every stand-in also answers:
``GET /_sandbox/health`` · ``GET /_sandbox/calls`` (what it was asked, newest last) · ``POST /_sandbox/faults``
``{"path": "/v1/refunds", "method": "POST", "kind": "status|drop_before|drop_after|slow|slow_after", "status": 500,
"headers": {…}, "seconds": 2, "times": 1}`` · ``POST /_sandbox/reset``.
"""

import argparse
import json
import re
import signal
import threading
import time
import urllib.parse
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JOURNAL = 500


@dataclass
class Request:
    """One call as it came in: ``path`` without the query, ``headers`` with lower-case names, ``body`` raw."""

    method: str
    path: str
    raw_query: str
    headers: dict[str, str]
    body: bytes
    args: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> Any:
        return json.loads(self.body or b"null")


@dataclass
class Reply:
    """What is sent back; ``body`` may be bytes, text, or anything that JSON can hold."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> tuple[bytes, str]:
        if isinstance(self.body, bytes):
            return self.body, "application/octet-stream"
        if isinstance(self.body, str):
            return self.body.encode(), "text/plain; charset=utf-8"
        return json.dumps(self.body, ensure_ascii=False).encode(), "application/json; charset=utf-8"


@dataclass
class Fault:
    """How the next ``times`` matching calls go wrong."""

    path: str
    # status, drop_before (no effect, no answer), drop_after (effect, no answer), slow (then as usual), slow_after
    kind: str
    method: str = ""
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 1.0
    times: int = 1

    def matches(self, request: Request) -> bool:
        return self.times > 0 and self.method in ("", request.method) and request.path.startswith(self.path)


Route = Callable[[Request], Reply]


class Sandbox:
    """Routes, faults and a journal. Subclasses call ``route`` in ``__init__`` and keep their state under ``lock``."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.faults: list[Fault] = []
        self.calls: list[dict[str, Any]] = []
        self._routes: list[tuple[str, re.Pattern, Route]] = []
        self.route("GET", "/_sandbox/health", lambda request: Reply(body={"ok": True}))
        self.route("GET", "/_sandbox/calls", lambda request: Reply(body={"calls": self.calls}))
        self.route("POST", "/_sandbox/faults", self._add_fault)
        self.route("POST", "/_sandbox/reset", self._reset)

    def route(self, method: str, pattern: str, handler: Route) -> None:
        """``pattern`` such as ``/v1/orders/{no}``; what the braces match comes as ``request.args["no"]``."""
        expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
        self._routes.append((method, re.compile(expression + r"/?"), handler))

    def reset(self) -> None:
        """Back to the state at start; subclasses extend it."""
        self.faults.clear()
        self.calls.clear()

    def answer(self, request: Request) -> Reply | None:
        """The reply, or None where the connection is to be dropped without one."""
        if request.path.startswith("/_sandbox/"):
            return self._dispatch(request)
        with self.lock:
            self._note(request)
            fault = self._take_fault(request)
        if fault is None:
            return self._dispatch(request)
        return self._misbehave(fault, request)

    def _misbehave(self, fault: Fault, request: Request) -> Reply | None:
        if fault.kind == "status":
            return Reply(fault.status, fault.body, fault.headers)
        if fault.kind == "drop_before":
            return None
        if fault.kind == "drop_after":
            self._dispatch(request)
            return None
        if fault.kind == "slow_after":
            reply = self._dispatch(request)
            time.sleep(fault.seconds)
            return reply
        time.sleep(fault.seconds)
        return self._dispatch(request)

    def _dispatch(self, request: Request) -> Reply:
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                request.args = {
                    name: urllib.parse.unquote(value) for name, value in match.groupdict().items()
                }
                return handler(request)
        return Reply(404, {"error": {"code": "NOT_FOUND", "message": "No such address."}})

    def _note(self, request: Request) -> None:
        entry = {"method": request.method, "path": request.path, "query": request.raw_query}
        self.calls.append(
            {
                **entry,
                "headers": request.headers,
                "body": request.body.decode(errors="replace"),
                "at": time.time(),
            }
        )
        del self.calls[:-JOURNAL]

    def _take_fault(self, request: Request) -> Fault | None:
        fault = next((fault for fault in self.faults if fault.matches(request)), None)
        if fault:
            fault.times -= 1
        return fault

    def _add_fault(self, request: Request) -> Reply:
        with self.lock:
            self.faults.append(Fault(**request.json()))
        return Reply(201, {"faults": len(self.faults)})

    def _reset(self, request: Request) -> Reply:
        with self.lock:
            self.reset()
        return Reply(body={"ok": True})


def server_for(sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0) -> ThreadingHTTPServer:
    """An HTTP server that is bound but not yet serving; ``server.server_port`` says where."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, path, query, headers, self.rfile.read(length))
            try:
                reply = sandbox.answer(request)
            except Exception as error:
                reply = Reply(500, {"error": {"code": "SANDBOX_BUG", "message": repr(error)}})
            if reply is None:
                self.close_connection = True
                return
            with suppress(ConnectionError):  # who asked may have gone meanwhile
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            content, kind = reply.encoded()
            self.send_response(reply.status)
            for name, value in {"Content-Type": kind, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, *_args: object) -> None:
            """The journal is enough."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    return server


def arguments(description: str) -> argparse.ArgumentParser:
    """Options that every stand-in has; secrets come from the environment."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one, printed on the first line")
    return parser


def run(sandbox: Sandbox, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    server = server_for(sandbox, host=host, port=port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"Serving on http://{host}:{server.server_port}", flush=True)  # noqa: T201
    server.serve_forever(poll_interval=0.1)
