"""What a run found, as the contract's JSON and as a table for people."""

from collections.abc import Iterator
from typing import Any

from apps.chat.bench.figures import median, ratio, spread

FIGURES = (
    "msgs_per_s", "ack_p50_ms", "ack_p99_ms", "delivered_p50_ms", "delivered_p99_ms", "cpu_s_per_1000",
)  # fmt: skip
STEADY_WITHIN = 2.0
KINDS = ("ours", "one", "slow", "bare", "floor", "ceiling")
NAMES = {
    "ours": "desk: stored, acked, delivered",
    "one": "desk, one socket process",
    "slow": "desk, 4 ms added to each flush",
    "bare": "bare Channels relay, nothing stored",
    "floor": "database alone, one row a commit",
    "ceiling": "the generator's own limit",
    "empty": "desk, empty table",
    "full": "desk, full table",
}


def as_json(found: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Medians over the rounds, ratios of each round, and all samples."""
    rounds = [_summary(int(pairs), samples) for pairs, samples in found["samples"].items()]
    idle = found["idle"] or {}
    return {
        "rounds": rounds,
        "violations": sum(one.get("violations", 0) for one in _measurements(found)),
        "first_violations": [
            text for one in _measurements(found) for text in one.get("first_violations", [])
        ][:20],
        "idle_kb_per_socket": idle.get("idle_kb_per_socket"),
        "idle": found["idle"],
        "stored": _stored(found["stored"]),
        "settings": settings | {"isolation": found["isolation"]},
    }


def _measurements(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for samples in [*found["samples"].values(), found["stored"]]:
        for sample in samples:
            yield from (value for value in sample.values() if isinstance(value, dict))
    if found["idle"]:
        yield found["idle"]


def _summary(pairs: int, samples: list[dict[str, Any]]) -> dict[str, Any]:
    kinds = [kind for kind in KINDS if kind in samples[0]]
    found: dict[str, Any] = {"pairs": pairs}
    found |= {kind: _medians([sample[kind] for sample in samples]) for kind in kinds}
    for other in kinds[1:]:
        found |= _ratios(f"ratio_{other}", samples, "ours", other)
    found["fdatasync_ms"] = [sample["fdatasync_ms"] for sample in samples]
    found["foreign_cores"] = max(sample[kind]["foreign_cores"] for sample in samples for kind in kinds)
    found["steady"] = _steady(samples)
    found["samples"] = samples
    return found


def _steady(samples: list[dict[str, Any]]) -> bool:
    """Whether the machine was the same all the time: no floor is twice or half of their median."""
    floors = [sample["floor"]["msgs_per_s"] for sample in samples]
    middle = median(floors) or 0.0
    return all(middle / STEADY_WITHIN <= floor <= middle * STEADY_WITHIN for floor in floors)


def _medians(measured: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {name: median(one.get(name) for one in measured) for name in FIGURES}
    names = measured[0]["cpu_s_per_1000_of"]
    found["cpu_s_per_1000_of"] = {
        name: median(one["cpu_s_per_1000_of"].get(name) for one in measured) for name in names
    }
    return found


def _ratios(name: str, samples: list[dict[str, Any]], ours: str, other: str) -> dict[str, Any]:
    """Of each round, since only what ran side by side may be compared; their median and spread."""
    each = [ratio(sample[ours]["msgs_per_s"], sample[other]["msgs_per_s"]) for sample in samples]
    return {name: median(each), f"{name}_range": spread(each)}


def _stored(samples: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not samples:
        return None
    found: dict[str, Any] = {
        kind: _medians([sample[kind] for sample in samples]) for kind in ("empty", "full")
    }
    for name in ("ack_p50_ms", "ack_p99_ms", "cpu_s_per_1000"):
        found[f"growth_{name}"] = median(ratio(s["full"][name], s["empty"][name]) for s in samples)
    return found | _ratios("ratio_full", samples, "full", "empty") | {"samples": samples}


def as_text(found: dict[str, Any]) -> str:
    """A table for each number of pairs, and lines for the rest."""
    lines = [line for one in found["rounds"] for line in _table(one)]
    if found["stored"]:
        lines += _stored_lines(found["stored"])
    if found["idle"]:
        lines += _idle_lines(found["idle"])
    lines += [f"{found['violations']} violations", *found["first_violations"], ""]
    return "\n".join([*lines, *(f"{name}: {value}" for name, value in found["settings"].items())])


def _table(one: dict[str, Any]) -> Iterator[str]:
    heads = ("msg/s", "ack p50", "ack p99", "deliv. p50", "deliv. p99", "CPU s/1000")
    doubts = "" if one["steady"] else "; NOT STEADY: repeat on a quiet machine"
    others = f"others used up to {one['foreign_cores']} cores"
    yield f"{one['pairs']} pairs; fdatasync {one['fdatasync_ms']} ms; {others}{doubts}"
    yield f"  {'':<36}" + "".join(f"{head:>12}" for head in heads)
    for kind in (kind for kind in KINDS if kind in one):
        yield _row(kind, one[kind])
    for kind in KINDS[1:]:
        if f"ratio_{kind}" in one:
            yield f"  desk ÷ {kind}: {one[f'ratio_{kind}']} ({one[f'ratio_{kind}_range']})"
    yield ""


def _row(kind: str, figures: dict[str, Any]) -> str:
    values = "".join(f"{'–' if figures[name] is None else figures[name]:>12}" for name in FIGURES)
    each = " ".join(f"{name} {value}" for name, value in figures["cpu_s_per_1000_of"].items())
    return f"  {NAMES[kind]:<36}{values}  {each}"


def _stored_lines(stored: dict[str, Any]) -> Iterator[str]:
    yield from (_row(kind, stored[kind]) for kind in ("empty", "full"))
    yield f"  full ÷ empty: {stored['ratio_full']} msg/s, {stored['growth_ack_p50_ms']} ack p50"
    yield ""


def _idle_lines(idle: dict[str, Any]) -> Iterator[str]:
    yield f"{idle['idle']} idle connections: {idle['idle_kb_per_socket']} kB each, {idle['connects_per_s']} opened/s"
    yield f"  {idle['connect_cpu_ms']} ms of processor to open one"
    late = f"ack p99 {idle['ack_p99_ms']} ms, delivered p99 {idle['delivered_p99_ms']} ms"
    yield f"  meanwhile {idle['msgs_per_s']} msg/s: {late}"
    yield ""
