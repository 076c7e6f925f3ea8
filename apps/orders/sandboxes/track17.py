"""17TRACK's side of the stand-in: it wants its key, three calls a second at most, and signs what it pushes."""

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

from apps.common.sandbox import Reply, Request
from apps.orders.sandboxes.parcels import Body, state
from apps.orders.sandboxes.posting import post

if TYPE_CHECKING:
    from apps.orders.sandboxes.carriers import Carriers

PUSH_PATH = "/api/v1/carriers/track17/push/"
PER_SECOND = 3
MOST_ROWS = 40
WORDS = {
    "": ("NotFound", "NotFound_Other"),
    "info_received": ("InfoReceived", "InfoReceived"),
    "in_transit": ("InTransit", "InTransit_Other"),
    "customs": ("InTransit", "InTransit_CustomsProcessing"),
    "out_for_delivery": ("OutForDelivery", "OutForDelivery_Other"),
    "available_for_pickup": ("AvailableForPickup", "AvailableForPickup_Other"),
    "attempt_failed": ("DeliveryFailure", "DeliveryFailure_NoBody"),
    "delivered": ("Delivered", "Delivered_Other"),
    "returning": ("Exception", "Exception_Returning"),
    "returned": ("Exception", "Exception_Returned"),
    "exception": ("Exception", "Exception_Other"),
    "expired": ("Expired", "Expired_Other"),
}


class Track17:
    """One account over the shared parcels."""

    def __init__(self, carriers: "Carriers", *, key: str, desk_url: str) -> None:
        self.carriers = carriers
        self.key, self.desk_url = key, desk_url.rstrip("/")
        self.reset()
        carriers.route("POST", "/17track/track/v2.4/register", self._register)
        carriers.route("POST", "/17track/track/v2.4/gettrackinfo", self._info)

    def reset(self) -> None:
        self.registered: dict[str, Body] = {}
        self.calls: list[float] = []

    def _register(self, request: Request) -> Reply:
        return self._rows(request, self._registered)

    def _info(self, request: Request) -> Reply:
        return self._rows(request, self._told)

    def _rows(self, request: Request, row_of: Any) -> Reply:
        if request.headers.get("17token") != self.key:
            return Reply(401, {"code": -18010002, "data": {}})
        if self._too_fast():
            return Reply(429, {"code": -18010003, "data": {}}, {"Retry-After": "1"})
        rows = request.json()
        if not isinstance(rows, list) or len(rows) > MOST_ROWS:
            return Reply(400, {"code": -18010013, "data": {}})
        done = [row_of(row) for row in rows]
        accepted = [row for row in done if "error" not in row]
        rejected = [row for row in done if "error" in row]
        return Reply(body={"code": 0, "data": {"accepted": accepted, "rejected": rejected}})

    def _too_fast(self) -> bool:
        with self.carriers.lock:
            now = time.time()
            self.calls = [at for at in self.calls if at > now - 1]
            self.calls.append(now)
            return len(self.calls) > PER_SECOND

    def _registered(self, row: Body) -> Body:
        number = row.get("number", "")
        with self.carriers.lock:
            if number in self.registered:
                return _rejected(number, -18019901, "The tracking number has been registered.")
            self.registered[number] = row
        self.carriers.subscribed(number)
        return {"origin": 1, "number": number, "carrier": row.get("carrier", 0)}

    def _told(self, row: Body) -> Body:
        number = row.get("number", "")
        if number not in self.registered:
            return _rejected(number, -18019902, "The tracking number is not registered.")
        return self._track(self.carriers.parcels.get(number), {})

    def _track(self, parcel: Body, script: Body) -> Body:
        registered = self.registered.get(parcel["tracking_no"], {})
        status, substatus = WORDS.get(state(parcel), (state(parcel), ""))
        return {
            "number": parcel["tracking_no"],
            "carrier": registered.get("carrier", 0),
            "tag": registered.get("tag", ""),
            "track_info": {
                "latest_status": {
                    "status": script.get("status") or status,
                    "sub_status": "" if script.get("status") else substatus,
                },
                "time_metrics": {"estimated_delivery_date": {"to": _text(parcel["due_at"])}},
                "tracking": {"providers": [{"provider": {"name": "Carrier"}, "events": _events(parcel)}]},
            },
        }

    def push(self, parcel: Body, script: Body) -> list[int]:
        """One push where the number is registered."""
        if parcel["tracking_no"] not in self.registered or not self.desk_url:
            return []
        event = "TRACKING_STOPPED" if script.get("abort") else "TRACKING_UPDATED"
        content = {"event": event, "data": self._track(parcel, script)}
        body = json.dumps(content, ensure_ascii=False).encode()
        sign = script.get("sign") or hashlib.sha256(body + b"/" + self.key.encode()).hexdigest()
        status, _ = post(self.desk_url + PUSH_PATH, body, {"Content-Type": "application/json", "sign": sign})
        return [status]


def _events(parcel: Body) -> list[Body]:
    return [
        {
            "time_utc": _text(scan["at"]),
            "time_iso": _text(scan["at"]),
            "description": scan["text"],
            "location": scan["location"],
            "stage": WORDS.get(scan["status"], (scan["status"], ""))[0],
            "sub_status": WORDS.get(scan["status"], ("", ""))[1],
        }
        for scan in reversed(parcel["scans"])
    ]


def _text(at: Any) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _rejected(number: str, code: int, message: str) -> Body:
    return {"number": number, "error": {"code": code, "message": message}}
