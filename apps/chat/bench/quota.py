"""Keeps processes apart on a machine that is too small for it, so that what a second one adds can be seen.

With four cores or more each socket process gets a core for itself, and everything else the remaining ones. With fewer,
each gets the same small share of a core from the kernel (cgroup, needs root): then the socket processes are what limits
the flow, and two of them may show twice as much, while database and generator have the rest of the machine.
"""

import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

PERIOD_US = 10_000
V1, V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")
NOT_ISOLATED = "not isolated: the socket processes share the cores with database and generator"


def keep_apart(
    teams: Sequence[Sequence[int]], others: Sequence[int], *, share: float, stack: ExitStack
) -> str:
    """Isolate the socket processes as far as this machine can; says how. ``stack`` undoes it.

    ``teams`` never work at the same time: each may have the same cores.
    """
    cores = psutil.cpu_count() or 1
    if share:
        return limit([pid for team in teams for pid in team], share, stack)
    if hasattr(os, "sched_setaffinity") and cores >= max(4, len(teams[0]) + 2):
        return _pin(teams, others, cores)
    return NOT_ISOLATED


def _pin(teams: Sequence[Sequence[int]], others: Sequence[int], cores: int) -> str:
    """A core for each of a team; others, their children and our own later ones stay off those."""
    rest = set(range(len(teams[0]), cores))
    children = [child.pid for parent in others for child in psutil.Process(parent).children()]
    for pid in [os.getpid(), *others, *children]:
        os.sched_setaffinity(pid, rest)
    for team in teams:
        for core, pid in enumerate(team):
            os.sched_setaffinity(pid, {core})
    return f"pinned: a core for each socket process, cores {min(rest)} to {max(rest)} for everything else"


def limit(pids: Sequence[int], share: float, stack: ExitStack) -> str:
    """Give each process ``share`` of a core, no more. Raises ``PermissionError`` where we may not."""
    for pid in pids:
        group = (V1 if V1.is_dir() else V2) / f"bench-chat-{pid}"
        group.mkdir()
        stack.callback(_remove, group, pid)
        _write_quota(group, int(share * PERIOD_US))
        (group / "cgroup.procs").write_text(str(pid))
    return f"each socket process may use {share:g} of a core (cgroup quota), everything else the rest"


def _write_quota(group: Path, quota_us: int) -> None:
    if (group / "cpu.cfs_quota_us").exists():
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(quota_us))
    else:
        (group / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")


def _remove(group: Path, pid: int) -> None:
    """Back to where it came from; a group is removed when nobody is in it."""
    with suppress(OSError):  # the process has ended
        (group.parent / "cgroup.procs").write_text(str(pid))
    with suppress(OSError):
        group.rmdir()
