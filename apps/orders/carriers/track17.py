"""17TRACK v2.4, for carriers of the rest of the world: up to 40 parcels a call, three calls a second.

Sources: asset.17track.net/api/document; the header ``sign`` and the codes of v2.4 from several client libraries.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime

from apps.common import throttle
from apps.common.errors import Invalid
from apps.common.http import Outside
from apps.eventbridge.errors import BadSignature
from apps.orders.carriers.base import (
    SUBSTATUS_MAX,
    CarrierBusy,
    CarrierRefused,
    Fetched,
    Parcel,
    Push,
    Scan,
    TrackingSnapshot,
    known,
)
from apps.orders.carriers.directory import CARRIERS
from apps.orders.carriers.reading import HOUR_S, in_text, keys_of, refuse_busy, texts
from apps.orders.enums import ShipmentStatus as S

NAME = "track17"
SLOT_S = 0.5  # for each call; shorter ones would let a fourth into some second
ALREADY_REGISTERED = -18019901
OUT_OF_QUOTA = frozenset({-18019907, -18019908})
BAD_KEY = frozenset({-18010001, -18010002, -18010004})

STATUS: dict[str, S] = {
    "NotFound": S.PENDING,
    "InfoReceived": S.INFO_RECEIVED,
    "InTransit": S.IN_TRANSIT,
    "OutForDelivery": S.OUT_FOR_DELIVERY,
    "AvailableForPickup": S.AVAILABLE_FOR_PICKUP,
    "DeliveryFailure": S.ATTEMPT_FAILED,
    "Delivered": S.DELIVERED,
    "Exception": S.EXCEPTION,
    "Expired": S.EXPIRED,
}
SUBSTATUS = {"Exception_Returning": S.RETURNING, "Exception_Returned": S.RETURNED}
CUSTOMS = "InTransit_Customs"  # prefix of several


class Track17:
    """One account. During a change of key the setting holds both, the new one first, parted by a comma."""

    name = NAME
    batch = 40
    answers_registered_only = True

    def __init__(self) -> None:
        self.keys = keys_of(settings.TRACK17["key"])
        self.outside = Outside(NAME, settings.TRACK17["url"])

    def register(self, parcel: Parcel) -> None:
        """Their account names the address of the pushes; the parcel's own is not asked for."""
        data = self._post("register", [_query(parcel, tag=True)])
        for rejected in _rows(data, "rejected"):
            code = _fault(rejected)[0]
            if code in OUT_OF_QUOTA:
                raise CarrierBusy(NAME, retry_after=HOUR_S)
            if code != ALREADY_REGISTERED:
                raise CarrierRefused(" ".join(map(str, _fault(rejected))))

    def fetch(self, parcels: Sequence[Parcel]) -> Fetched:
        """All in one call; what they have not been told to follow is refused."""
        data = self._post("gettrackinfo", [_query(parcel) for parcel in parcels])
        found = [_snapshot(row) for row in _rows(data, "accepted")]
        refused = {
            in_text(row.get("number"), 64): " ".join(map(str, _fault(row))) for row in _rows(data, "rejected")
        }
        return Fetched({snapshot.number: snapshot for snapshot in found}, refused)

    def _post(self, method: str, rows: list[dict[str, Any]]) -> Any:
        self._wait_for_turn()
        headers = {"17token": self.keys[0], "content-type": "application/json"}
        body = json.dumps(rows, ensure_ascii=False).encode()
        answer = self.outside.call("POST", f"/track/v2.4/{method}", body=body, headers=headers)
        refuse_busy(NAME, answer)
        decoded = answer.json()
        content = decoded if isinstance(decoded, dict) else {}
        code = content.get("code")
        if not answer.ok or code in BAD_KEY or code != 0:
            raise CarrierRefused(f"HTTP {answer.status}, code {code}")
        return content.get("data")

    @staticmethod
    def _wait_for_turn() -> None:
        """One call in each slot, all workers together: never more than three in any second."""
        for _attempt in range(20):
            if throttle.allow(f"{NAME}:{int(time.time() / SLOT_S)}", limit=1, window_s=2):
                return
            time.sleep(SLOT_S - time.time() % SLOT_S)
        raise CarrierBusy(NAME, retry_after=10)

    def verified(self, headers: Mapping[str, str], raw: bytes) -> Push:
        """``sign`` is the SHA-256 of the body, a slash and the key."""
        sign = headers.get("sign", "").lower().encode("utf-8", "surrogateescape")
        valid = [hmac.compare_digest(sign, signature(raw, key).encode()) for key in self.keys]
        if not any(valid):
            raise BadSignature()
        data = _data(_decoded(raw))
        return Push(_number(data), raw, in_text(data.get("tag"), 64))

    def parse(self, content: Any) -> TrackingSnapshot:
        data = _data(content)
        _number(data)
        return _snapshot(data, ended=content.get("event") == "TRACKING_STOPPED")


def signature(raw: bytes, key: str) -> str:
    """What their header ``sign`` holds."""
    return hashlib.sha256(raw + b"/" + key.encode()).hexdigest()


def _query(parcel: Parcel, *, tag: bool = False) -> dict[str, Any]:
    carrier = CARRIERS.get(parcel.carrier)
    code = {"carrier": carrier.track17} if carrier and carrier.track17 else {}
    return {"number": parcel.number, **code, **({"tag": parcel.tag} if tag else {})}


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Invalid("The push is no JSON.") from error


def _data(content: Any) -> dict[str, Any]:
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict):
        raise Invalid("The push holds no data.")
    return data


def _number(data: Mapping[str, Any]) -> str:
    number = in_text(data.get("number"), 64)
    if not number:
        raise Invalid("The push names no parcel.")
    return number


def _rows(data: Any, name: str) -> list[dict[str, Any]]:
    rows = data.get(name) if isinstance(data, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _fault(row: Mapping[str, Any]) -> tuple[int, str]:
    error = _part(row, "error")
    code = error.get("code")
    return (code if isinstance(code, int) else 0, in_text(error.get("message"), 200))


def _part(row: Any, *names: str) -> dict[str, Any]:
    """The object at a path of names; an empty one where anything on the way is none."""
    for name in names:
        row = row.get(name) if isinstance(row, dict) else None
    return row if isinstance(row, dict) else {}


def _snapshot(data: Mapping[str, Any], *, ended: bool = False) -> TrackingSnapshot:
    info = _part(data, "track_info")
    latest = _part(info, "latest_status")
    state = _status(latest.get("status"), latest.get("sub_status"))
    scans = _scans(info)
    delivered = max((scan.at for scan in scans), default=None) if state == S.DELIVERED else None
    expected = _part(info, "time_metrics", "estimated_delivery_date")
    return TrackingSnapshot(
        in_text(data.get("number"), 64),
        state,
        scans,
        substatus=in_text(latest.get("sub_status") or latest.get("status"), SUBSTATUS_MAX),
        delivered_at=delivered,
        eta=_time(expected.get("to") or expected.get("from")),
        ended=ended,
    )


def _status(status: Any, substatus: Any) -> S:
    detail = str(substatus or "")
    if detail in SUBSTATUS:
        return SUBSTATUS[detail]
    if detail.startswith(CUSTOMS):
        return S.CUSTOMS
    return known(STATUS, status)


def _scans(info: Mapping[str, Any]) -> tuple[Scan, ...]:
    """The lines of all carriers on the way; those without a readable time are left out."""
    found = []
    for provider in _rows(_part(info, "tracking"), "providers"):
        for row in _rows(provider, "events"):
            at = _time(row.get("time_utc")) or _time(row.get("time_iso"))
            if at is not None:
                text, place = texts(row.get("description"), row.get("location"))
                stage = row.get("stage")
                found.append(Scan(at, text, place, _status(stage, row.get("sub_status")) if stage else ""))
    return tuple(found)


def _time(text: Any) -> datetime | None:
    try:
        at = parse_datetime(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None
