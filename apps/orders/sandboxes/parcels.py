"""The parcels that the stand-in aggregators know: those of the demo, as of now."""

import copy
import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FIXTURE = Path(__file__).resolve().parents[3] / "fixtures" / "demo" / "parcels.json"

Body = dict[str, Any]


class Parcels:
    """Parcels by number. ``scans`` have ``at`` (aware), ``status``, ``location`` and ``text``, the oldest first."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.load()

    def load(self) -> None:
        """Back to the fixtures, with times as of now."""
        now = datetime.now(UTC).replace(microsecond=0)
        rows = json.loads(FIXTURE.read_text(encoding="utf-8"))
        self.rows = {row["tracking_no"]: _parcel(row, now) for row in rows}

    def get(self, number: str, *, without: int = 0) -> Body:
        """A copy of the parcel as it was before its newest ``without`` scans; a new one for an unknown number."""
        with self.lock:
            parcel = copy.deepcopy(self.rows.setdefault(number, _parcel({"tracking_no": number}, None)))
        if without:
            parcel["scans"] = parcel["scans"][:-without]
            parcel["status"] = ""
        return parcel

    def scan(self, number: str, script: Body) -> Body:
        """Add a scan; without a ``status`` the parcel is on its way."""
        at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=script.get("minutes_ago", 0))
        line = {
            "at": at,
            "status": script.get("status", "in_transit"),
            "location": script.get("location", ""),
            "text": script.get("text", script.get("status", "Scanned")),
        }
        self.get(number)
        with self.lock:
            parcel = self.rows[number]
            parcel["status"] = ""
            parcel["scans"] = sorted([*parcel["scans"], line], key=lambda scan: scan["at"])
            return jsonable(parcel)


def state(parcel: Body) -> str:
    """Where the parcel is: what it says itself, else what its newest scan says; "" before the first."""
    own = parcel.get("status") or ""
    return own or (parcel["scans"][-1]["status"] if parcel["scans"] else "")


def jsonable(parcel: Body) -> Body:
    """The parcel with its times as texts."""
    return json.loads(json.dumps(parcel, default=lambda at: at.isoformat()))


def _parcel(row: Body, now: datetime | None) -> Body:
    scans = [
        {
            "at": now - timedelta(hours=scan["hours_ago"]) if now else None,
            **{name: scan[name] for name in ("status", "location", "text")},
        }
        for scan in row.get("scans", [])
    ]
    due = now + timedelta(hours=row["due_in_hours"]) if now and "due_in_hours" in row else None
    return {
        "tracking_no": row["tracking_no"],
        "carrier": row.get("carrier", ""),
        "phone_tail": row.get("phone_tail", ""),
        "status": row.get("status", ""),
        "due_at": due,
        "scans": scans,
    }
