"""One desk per data directory: a file lock that the kernel drops with its holder."""

import fcntl
import json
from pathlib import Path
from typing import IO, Any


class Held(Exception):
    """Somebody holds the lock; ``holder`` is what they wrote about themselves."""

    def __init__(self, holder: dict[str, Any]) -> None:
        super().__init__("The data directory is in use.")
        self.holder = holder


def take_lock(data_dir: Path, **about: Any) -> IO[str]:
    """Hold ``data_dir`` until the returned file is closed. Raises ``Held``."""
    data_dir.mkdir(parents=True, exist_ok=True)
    file = (data_dir / "up.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        with file:
            raise Held(_parse(file.read())) from None
    file.truncate(0)
    json.dump(about, file)
    file.flush()
    return file


def _parse(text: str) -> dict[str, Any]:
    try:
        return json.loads(text)
    except json.JSONDecodeError:  # read while it was being written
        return {}
