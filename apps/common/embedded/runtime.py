"""What a data directory has on record of its servers: URLs, ports, passwords. For the owner's eyes only."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

RUNTIME_FILE = "runtime.json"
SECRET_FILE = "secret_key"


def read_runtime(data_dir: Path) -> dict[str, Any]:
    """The record of ``data_dir``; empty when there is none or a crash left half a file."""
    try:
        content = json.loads((data_dir / RUNTIME_FILE).read_text())
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return {}
    return content if isinstance(content, dict) else {}


def recorded_urls(data_dir: Path) -> dict[str, str]:
    """``DATABASE_URL`` and ``REDIS_URL`` of the embedded servers, as far as they were ever started."""
    record = read_runtime(data_dir)
    return {name: record[name] for name in ("DATABASE_URL", "REDIS_URL") if name in record}


def update_runtime(data_dir: Path, **entries: Any) -> dict[str, Any]:
    """Add ``entries`` to the record; readers see the old or the new file, never half of it."""
    content = {**read_runtime(data_dir), **entries}
    write_private(data_dir / RUNTIME_FILE, json.dumps(content, indent=1, sort_keys=True))
    return content


def recorded_secret(data_dir: Path) -> str:
    """The secret key of ``data_dir``; one for this process alone where none was made."""
    try:
        return (data_dir / SECRET_FILE).read_text()
    except (FileNotFoundError, NotADirectoryError):
        return secrets.token_urlsafe(64)


def ensure_secret(data_dir: Path) -> None:
    """Make the secret key of ``data_dir`` once, so that sign-ins survive a restart."""
    if not (data_dir / SECRET_FILE).exists():
        write_private(data_dir / SECRET_FILE, secrets.token_urlsafe(64))


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in one step, readable by the owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)
