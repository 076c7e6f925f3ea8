"""The embedded servers of a data directory together."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from apps.common.embedded.account import server_account
from apps.common.embedded.postgres import ensure_database, prepare_postgres
from apps.common.embedded.program import Program, spawn, stop, wait_ready
from apps.common.embedded.runtime import recorded_urls
from apps.common.embedded.valkey import prepare_valkey

MAX_LOG_BYTES = 10_000_000


def prepare_servers(data_dir: Path, *, given: Mapping[str, str], durable: bool = True) -> list[Program]:
    """Those of PostgreSQL and Valkey whose URL is not ``given``, prepared and not yet started."""
    open_data_dir(data_dir)
    programs = []
    if not given.get("DATABASE_URL"):
        programs.append(prepare_postgres(data_dir, durable=durable))
    if not given.get("REDIS_URL"):
        programs.append(prepare_valkey(data_dir))
    return programs


def open_data_dir(data_dir: Path) -> None:
    """Make ``data_dir`` for its owner only; when that is root, PostgreSQL's account passes through."""
    (data_dir / "logs").mkdir(parents=True, exist_ok=True)
    data_dir.chmod(0o711 if server_account() else 0o700)
    for log in (data_dir / "logs").glob("*.log"):
        if log.stat().st_size > MAX_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))


def server_urls(data_dir: Path, given: Mapping[str, str]) -> dict[str, str]:
    """``DATABASE_URL`` and ``REDIS_URL``: the ``given`` ones, else the embedded servers'."""
    return recorded_urls(data_dir) | {
        name: given[name] for name in ("DATABASE_URL", "REDIS_URL") if given.get(name)
    }


@contextmanager
def running_servers(
    data_dir: Path, *, given: Mapping[str, str], durable: bool = True
) -> Iterator[dict[str, str]]:
    """Run the servers within the block; yields their URLs. The database that the URL names exists."""
    with ExitStack() as stack:
        for program in prepare_servers(data_dir, given=given, durable=durable):
            process = spawn(program)
            stack.callback(stop, program, process)
            wait_ready(program, process)
        urls = server_urls(data_dir, given)
        ensure_database(urls["DATABASE_URL"])
        yield urls
