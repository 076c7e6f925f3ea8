"""PostgreSQL refuses to run as root. When we are root, another account runs it and must reach its files."""

import os
import pwd
import stat
from pathlib import Path
from typing import Any

ACCOUNTS = ("postgres", "nobody")  # the first one that the machine has
TRAVERSE = stat.S_IXOTH
READ = stat.S_IROTH


def server_account() -> str | None:
    """Name of the account to run as; None when we may run the server ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ACCOUNTS if name in known)


def credentials(account: str | None) -> dict[str, Any]:
    """Arguments of ``subprocess`` that run a program as ``account``; none for ourselves."""
    if account is None:
        return {}
    entry = pwd.getpwnam(account)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def make_reachable(path: Path) -> None:
    """Let other accounts pass through the folders above ``path``; they still cannot list them."""
    for folder in path.resolve().parents:
        if not folder.stat().st_mode & TRAVERSE:
            folder.chmod(folder.stat().st_mode | TRAVERSE)


def make_readable(tree: Path) -> None:
    """Let other accounts read and execute the files under ``tree``, as a strict umask may have prevented."""
    make_reachable(tree)
    for path in [tree, *tree.rglob("*")]:
        mode = path.lstat().st_mode
        wanted = mode | READ | (TRAVERSE if mode & stat.S_IXUSR else 0)
        if not path.is_symlink() and wanted != mode:
            path.chmod(wanted)


def give(path: Path, account: str | None) -> None:
    """Make ``account`` the owner of ``path``."""
    if account:
        entry = pwd.getpwnam(account)
        os.chown(path, entry.pw_uid, entry.pw_gid)
