"""Kuaidi100, for carriers of mainland China: signed queries, subscriptions, pushes.

Sources: api.kuaidi100.com/document (query, poll), its Java SDK; MD5 is theirs, hence the signed token in our address.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.common.errors import Invalid
from apps.common.http import Answer, Outside
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

NAME = "kuaidi100"
ZONE = ZoneInfo("Asia/Shanghai")  # of every time that they write
ACK = '{"result":true,"returnCode":"200","message":"成功"}'.encode()
REGISTERED = {"200", "501"}  # 501: was registered before
OUT_OF_QUOTA = {"601"}
NO_RESULT = {"500"}
ABORT, ENDED = "abort", {"abort", "shutdown"}

STATUS: dict[str, S] = {
    **dict.fromkeys(("101", "102"), S.INFO_RECEIVED),
    **dict.fromkeys(("0", "1", "7", "103", "1001", "1002", "1003"), S.IN_TRANSIT),
    **dict.fromkeys(("8", "10", "11", "12"), S.CUSTOMS),
    "5": S.OUT_FOR_DELIVERY,
    "501": S.AVAILABLE_FOR_PICKUP,
    **dict.fromkeys(("3", "301", "302", "303", "304"), S.DELIVERED),
    "6": S.RETURNING,
    **dict.fromkeys(("4", "14"), S.RETURNED),
    **dict.fromkeys(("2", "13", "401"), S.EXCEPTION),
}


def md5_upper(text: str) -> str:
    """Their signature: MD5 of the text and the secret behind it, in capital hex."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


class Kuaidi100:
    """One account. During a change of salt the setting holds both, the new one first, parted by a comma."""

    name = NAME
    batch = 1
    answers_registered_only = False

    def __init__(self) -> None:
        account = settings.KUAIDI100
        self.customer, self.key = account["customer"], account["key"]
        self.salts = keys_of(account["salt"])
        self.outside = Outside(NAME, account["url"])

    def register(self, parcel: Parcel) -> None:
        """Up to four times a month for a parcel, else they refuse; the caller counts."""
        parameters = {
            "callbackurl": parcel.callback,
            "salt": self.salts[0] if self.salts else "",
            "resultv2": "4",
            "phone": parcel.phone_tail,
            "autoCom": "0" if _code(parcel) else "1",
        }
        param = _compact(
            {"company": _code(parcel), "number": parcel.number, "key": self.key, "parameters": parameters}
        )
        body = self._post("/poll", {"schema": "json", "param": param})
        code = str(body.get("returnCode", ""))
        if code in OUT_OF_QUOTA:
            raise CarrierBusy(NAME, retry_after=HOUR_S)
        if code not in REGISTERED:
            raise CarrierRefused(f"{code} {body.get('message', '')}".strip())

    def fetch(self, parcels: Sequence[Parcel]) -> Fetched:
        """One parcel a call; never more often than each 30 minutes, else they lock its number."""
        (parcel,) = parcels
        param = _compact(
            {
                "com": _code(parcel),
                "num": parcel.number,
                "phone": parcel.phone_tail,
                "resultv2": "4",
                "show": "0",
                "order": "desc",
                "lang": "zh",
            }
        )
        sign = md5_upper(param + self.key + self.customer)
        body = self._post("/poll/query.do", {"customer": self.customer, "sign": sign, "param": param})
        if str(body.get("status")) == "200":
            return Fetched({parcel.number: _snapshot(body)})
        return self._without_result(parcel, str(body.get("returnCode", "")), str(body.get("message", "")))

    @staticmethod
    def _without_result(parcel: Parcel, code: str, message: str) -> Fetched:
        if code in NO_RESULT:
            return Fetched({parcel.number: TrackingSnapshot(parcel.number, S.PENDING, substatus=code)})
        if code in OUT_OF_QUOTA:
            raise CarrierBusy(NAME, retry_after=HOUR_S)
        return Fetched(refused={parcel.number: f"{code} {message}".strip()})

    def _post(self, path: str, form: Mapping[str, str]) -> dict[str, Any]:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = self.outside.call("POST", path, body=urlencode(form).encode(), headers=headers)
        return _body(answer)

    def verified(self, headers: Mapping[str, str], raw: bytes) -> Push:
        """``sign`` covers the text of ``param`` as it was before the form encoded it."""
        form = _form(raw)
        param, sign = form.get("param", ""), form.get("sign", "").upper()
        valid = [hmac.compare_digest(sign.encode(), md5_upper(param + salt).encode()) for salt in self.salts]
        if not param or not any(valid):
            raise BadSignature()
        return Push(_number(_result(_decoded(param))), param.encode())

    def parse(self, content: Any) -> TrackingSnapshot:
        """``abort`` ends a subscription: nothing is known of the parcel after 3 days, or nothing new after 60."""
        result = _result(content)
        number, told = _number(result), str(content.get("status", ""))
        snapshot = _snapshot(result, number=number, ended=told in ENDED)
        if told != ABORT:
            return snapshot
        if "60" in str(content.get("message", "")):
            return replace(snapshot, status=S.EXPIRED)
        return snapshot if snapshot.scans else replace(snapshot, status=S.PENDING)


def _body(answer: Answer) -> dict[str, Any]:
    refuse_busy(NAME, answer)
    body = answer.json()
    if not answer.ok or not isinstance(body, dict):
        raise CarrierRefused(f"HTTP {answer.status}")
    return body


def _compact(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _code(parcel: Parcel) -> str:
    carrier = CARRIERS.get(parcel.carrier)
    return carrier.kuaidi100 if carrier else ""


def _form(raw: bytes) -> dict[str, str]:
    try:
        return {name: values[0] for name, values in parse_qs(raw.decode(), keep_blank_values=True).items()}
    except ValueError as error:
        raise BadSignature() from error


def _decoded(param: str) -> Any:
    try:
        return json.loads(param)
    except (ValueError, RecursionError) as error:
        raise Invalid("The push is no JSON.") from error


def _result(content: Any) -> dict[str, Any]:
    result = content.get("lastResult") if isinstance(content, dict) else None
    if not isinstance(result, dict):
        raise Invalid("The push holds no result.")
    return result


def _number(result: Mapping[str, Any]) -> str:
    number = in_text(result.get("nu"), 64)
    if not number:
        raise Invalid("The push names no parcel.")
    return number


def _snapshot(result: Mapping[str, Any], *, number: str = "", ended: bool = False) -> TrackingSnapshot:
    scans = _scans(result)
    state = known(STATUS, result.get("state"))
    if not scans and state == S.IN_TRANSIT:  # what they say of a parcel that nobody has scanned
        state = S.PENDING
    delivered = max((scan.at for scan in scans), default=None) if state == S.DELIVERED else None
    return TrackingSnapshot(
        number or in_text(result.get("nu"), 64),
        state,
        scans,
        substatus=in_text(result.get("state"), SUBSTATUS_MAX),
        delivered_at=delivered,
        eta=_time(result.get("arrivalTime")),
        ended=ended,
    )


def _scans(result: Mapping[str, Any]) -> tuple[Scan, ...]:
    """Lines without a readable time are left out."""
    rows = result.get("data")
    found = []
    for row in rows if isinstance(rows, list) else []:
        at = _time(row.get("ftime") or row.get("time")) if isinstance(row, dict) else None
        if at is not None:
            text, place = texts(row.get("context"), row.get("location") or row.get("areaName"))
            code = str(row.get("statusCode") or "")
            found.append(Scan(at, text, place, known(STATUS, code) if code else ""))
    return tuple(found)


def _time(text: Any) -> datetime | None:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H"):
        try:
            return datetime.strptime(str(text), form).replace(tzinfo=ZONE)
        except ValueError:
            continue
    return None
