"""The programs that make a desk on one machine, and the steps that come before them. Knows nothing of Django."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from apps.common.embedded.program import Program

ROOT = Path(__file__).resolve().parent.parent.parent
MAX_FRAME = 262_144  # bytes of one WebSocket message
WEB_GRACE = 5  # seconds that requests in flight get


def web(host: str, port: int, env: Mapping[str, str]) -> Program:
    """HTTP and WebSockets from one process."""
    options = ["--host", host, "--port", str(port), "--app-dir", str(ROOT), "--lifespan", "off"]
    options += ["--ws", "helpdesk.socket_protocol:SocketProtocol"]
    options += ["--ws-max-size", str(MAX_FRAME), "--ws-max-queue", "8"]
    options += ["--ws-ping-interval", "20", "--ws-ping-timeout", "20", "--ws-per-message-deflate", "false"]
    options += ["--timeout-graceful-shutdown", str(WEB_GRACE), "--no-access-log"]
    options += ["--no-proxy-headers", "--no-server-header"]  # nobody stands before us who may name a client
    return Program("web", _python("uvicorn", "helpdesk.asgi:application", *options), env=env, cwd=ROOT)


def worker(name: str, queues: str, processes: int, env: Mapping[str, str]) -> Program:
    """A Celery worker for ``queues`` (comma-separated)."""
    options = ["-n", f"{name}@%h", "-Q", queues, "-c", str(processes), "--without-gossip", "--without-mingle"]
    argv = _python("celery", "-q", "-A", "helpdesk", "worker", "-l", "INFO", *options)
    # SIGTERM gives running tasks a moment and puts them back into the queue, instead of waiting for them.
    settings = {
        "REMAP_SIGTERM": "SIGQUIT",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
        "CELERY_SKIP_CHECKS": "1",  # migrate ran them a moment ago
    }
    return Program(name, argv, env={**env, **settings}, cwd=ROOT)


def beat(env: Mapping[str, str]) -> Program:
    """The clock that starts periodic tasks."""
    argv = _python("celery", "-q", "-A", "helpdesk", "beat", "-l", "WARNING", "--pidfile=")
    return Program("beat", argv, env={**env, "CELERY_SKIP_CHECKS": "1"}, cwd=ROOT)


def desk(host: str, port: int, env: Mapping[str, str]) -> list[Program]:
    """Everything that runs besides the servers.

    Three workers: neither long work (imports, vectors) nor waiting for others (carriers, mail) ever takes the
    processes for which seconds matter, and neither holds up the other.
    """
    return [
        web(host, port, env),
        worker("worker", "live,default", 2, env),
        beat(env),
        worker("outside", "carriers,mail", 1, env),
        worker("bulk", "bulk", 1, env),
    ]


def shared_metrics(data_dir: Path) -> dict[str, str]:
    """A folder, empty now, in which the processes of this machine add up what they count."""
    folder = data_dir / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return {"PROMETHEUS_MULTIPROC_DIR": str(folder)}


def manage(name: str, *arguments: str, env: Mapping[str, str]) -> Program:
    """A management command that runs and ends."""
    return Program(name, [sys.executable, str(ROOT / "manage.py"), *arguments], env=env, cwd=ROOT)


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]
