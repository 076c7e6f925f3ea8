"""Percentiles, ratios, processor time and the disk: what is measured, apart from who measures it."""

import math
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

BLOCK = b"\0" * 4096
flush = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest of the ``ordered`` values that ``share`` (0 to 1) of them do not exceed; None of nothing."""
    if not ordered:
        return None
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def milliseconds(seconds: Iterable[float]) -> dict[str, float | None]:
    """p50, p99 and the longest of ``seconds``, in ms."""
    ordered = sorted(seconds)
    shares = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    found = {name: percentile(ordered, share) for name, share in shares.items()}
    return {name: None if value is None else round(value * 1000, 3) for name, value in found.items()}


def ratio(ours: float | None, other: float | None) -> float | None:
    """``ours`` ÷ ``other``; None where there is nothing to divide by."""
    return round(ours / other, 3) if ours is not None and other else None


def median(values: Iterable[float | None]) -> float | None:
    """The median of those that are there."""
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 3) if known else None


def spread(values: Iterable[float | None]) -> list[float] | None:
    """``[lowest, highest]`` of those that are there."""
    known = [value for value in values if value is not None]
    return [min(known), max(known)] if known else None


def fdatasync_ms(folder: Path, *, times: int = 50) -> float:
    """Median time to get 4 KB onto the disk of ``folder``, as the log of a database does."""
    with tempfile.TemporaryFile(dir=folder) as file:
        return round(statistics.median(_flush_once(file.fileno()) for _ in range(times)) * 1000, 3)


def _flush_once(descriptor: int) -> float:
    os.write(descriptor, BLOCK)
    started = time.perf_counter()
    flush(descriptor)
    return time.perf_counter() - started


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time of the processes and their children so far, those that have ended included."""
    return sum(_cpu_of(pid) for pid in pids)


def _cpu_of(pid: int) -> float:
    total = 0.0
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        used = parent.cpu_times()
        total = used.user + used.system + used.children_user + used.children_system
        for child in parent.children():
            total += _own_cpu(child)
    return total


def _own_cpu(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        used = process.cpu_times()
        return used.user + used.system
    return 0.0


class CpuClock:
    """Processor time between two moments: of named groups of processes, of this one, and of strangers."""

    def __init__(self, groups: Mapping[str, Sequence[int]]) -> None:
        self._groups = groups
        self._start: dict[str, float] = {}
        self._busy = self._at = 0.0

    def start(self) -> None:
        """From now on."""
        self._start, self._busy, self._at = self._read(), machine_busy(), time.perf_counter()

    def stop(self) -> dict[str, Any]:
        """Seconds since ``start`` by group, and how many cores the rest of the machine kept busy meanwhile."""
        seconds, busy = time.perf_counter() - self._at, machine_busy() - self._busy
        used = {name: round(value - self._start[name], 3) for name, value in self._read().items()}
        foreign = max(0.0, (busy - sum(used.values())) / seconds)
        return {"cpu_s": used, "foreign_cores": round(foreign, 2)}

    def _read(self) -> dict[str, float]:
        groups = {name: cpu_seconds(pids) for name, pids in self._groups.items()}
        return groups | {"generator": time.process_time()}


def machine_busy() -> float:
    """Seconds that the machine's cores have worked, or were taken from us by its host."""
    times = psutil.cpu_times()
    parts = ("user", "nice", "system", "irq", "softirq", "steal")
    return sum(getattr(times, part, 0.0) for part in parts)


def rss_kb(pids: Iterable[int]) -> float:
    """Resident memory of the processes together."""
    return sum(psutil.Process(pid).memory_info().rss for pid in pids) / 1024


def settle(pids: Sequence[int], *, busy: float = 0.05, within: float = 10.0, pause: float = 0.3) -> None:
    """Wait until the processes use less than ``busy`` of a core: the last round's goodbyes are over."""
    deadline = time.monotonic() + within
    before = cpu_seconds(pids)
    while time.monotonic() < deadline:
        time.sleep(pause)
        now = cpu_seconds(pids)
        if now - before < busy * pause:
            return
        before = now
