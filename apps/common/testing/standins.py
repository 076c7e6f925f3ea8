"""Stand-ins for outside systems inside a test: real HTTP on a free port, gone at its end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from apps.common.sandbox import Sandbox, server_for


@contextmanager
def serving(sandbox: Sandbox) -> Iterator[str]:
    """Serve ``sandbox`` from a thread within the block; yields its base URL."""
    server = server_for(sandbox)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
