"""Kuaidi100's side of the stand-in: it recomputes signatures, locks numbers, counts subscriptions."""

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from apps.common.sandbox import Reply, Request
from apps.orders.sandboxes.parcels import Body, state
from apps.orders.sandboxes.posting import post

if TYPE_CHECKING:
    from apps.orders.sandboxes.carriers import Carriers

CHINA = ZoneInfo("Asia/Shanghai")
REST = 30 * 60  # seconds between two queries of one number
MOST_SUBSCRIPTIONS = 4
NEEDS_PHONE = {"shunfeng", "zhongtong"}
NO_NEWS = "60天无变化时"
ACK = {"result": True, "returnCode": "200", "message": "成功"}
CODES = {
    "": "0",
    "info_received": "101",
    "in_transit": "0",
    "customs": "8",
    "out_for_delivery": "5",
    "available_for_pickup": "501",
    "attempt_failed": "2",
    "delivered": "3",
    "returning": "6",
    "returned": "4",
    "exception": "2",
    "expired": "0",
}


class Kuaidi100:
    """One account over the shared parcels."""

    def __init__(self, carriers: "Carriers", *, customer: str, key: str) -> None:
        self.carriers = carriers
        self.customer, self.key = customer, key
        self.reset()
        carriers.route("POST", "/kuaidi100/poll", self._subscribe)
        carriers.route("POST", "/kuaidi100/poll/query.do", self._query)

    def reset(self) -> None:
        self.asked: dict[str, float] = {}
        self.subscriptions: dict[str, Body] = {}
        self.counts: dict[str, int] = {}

    def _query(self, request: Request) -> Reply:
        form = request.form
        param = form.get("param", "")
        if form.get("customer") != self.customer or form.get("sign") != md5(param + self.key + self.customer):
            return _refusal("503", "验证签名失败")
        asked = json.loads(param)
        number = asked.get("num", "")
        if not number or not asked.get("com"):
            return _refusal("400", "提交的数据不完整，或者贵公司没授权")
        with self.carriers.lock:
            last, self.asked[number] = self.asked.get(number, 0.0), time.time()
        if time.time() - last < REST:
            return _refusal("500", "单号查询过于频繁，已被锁定")
        parcel = self.carriers.parcels.get(number)
        if asked["com"] in NEEDS_PHONE and parcel["phone_tail"] not in ("", asked.get("phone")):
            return _refusal("408", "验证码错误")
        if not parcel["scans"]:
            return _refusal("500", "查询无结果，请隔段时间再查")
        return Reply(body={"message": "ok", "status": "200", **_result(parcel, asked["com"])})

    def _subscribe(self, request: Request) -> Reply:
        form = request.form
        asked = json.loads(form.get("param", "{}"))
        if form.get("schema") != "json" or asked.get("key") != self.key:
            return _refusal("600", "您不是合法的订阅者（即授权Key出错）")
        parameters, number = asked.get("parameters", {}), asked.get("number", "")
        if not number or not str(parameters.get("callbackurl", "")).startswith("http"):
            return _refusal("700", "订阅方的订阅数据存在错误")
        with self.carriers.lock:
            if number in self.subscriptions:
                return _refusal("501", "重复订阅")
            self.counts[number] = self.counts.get(number, 0) + 1
            if self.counts[number] > MOST_SUBSCRIPTIONS:
                return _refusal("701", "本月订阅次数已用完")
            self.subscriptions[number] = parameters | {"company": asked.get("company", "")}
        self.carriers.subscribed(number)
        return Reply(body={"result": True, "returnCode": "200", "message": "提交成功"})

    def push(self, parcel: Body, script: Body) -> list[int]:
        """One push where the parcel is subscribed to; an answer in other words than the contract's counts as 0."""
        number = parcel["tracking_no"]
        with self.carriers.lock:
            subscription = self.subscriptions.get(number)
            if script.get("abort"):
                self.subscriptions.pop(number, None)
        if subscription is None:
            return []
        param = json.dumps(_push(parcel, subscription, script), ensure_ascii=False)
        sign = script.get("sign") or md5(param + subscription.get("salt", ""))
        body = urlencode({"sign": sign, "param": param}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        status, answer = post(subscription["callbackurl"], body, headers)
        return [status if status != 200 or answer == _ack() else 0]


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def _ack() -> bytes:
    return json.dumps(ACK, ensure_ascii=False, separators=(",", ":")).encode()


def _refusal(code: str, message: str) -> Reply:
    return Reply(body={"result": False, "returnCode": code, "message": message})


def _push(parcel: Body, subscription: Body, script: Body) -> Body:
    result = _result(parcel, subscription["company"])
    if script.get("status"):
        result["state"] = script["status"]
    over = script.get("abort") or (NO_NEWS if state(parcel) == "expired" else "")
    kind = "abort" if over else ("shutdown" if state(parcel) == "delivered" else "polling")
    return {
        "status": kind,
        "message": over,
        "autoCheck": "0",
        "comOld": "",
        "comNew": "",
        "lastResult": result,
    }


def _result(parcel: Body, company: str) -> dict[str, Any]:
    rows = [
        {
            "time": _china(scan["at"]),
            "ftime": _china(scan["at"]),
            "context": scan["text"],
            "location": scan["location"],
            "areaName": scan["location"],
            "status": "",
            "statusCode": CODES.get(scan["status"], scan["status"]),
        }
        for scan in reversed(parcel["scans"])
    ]
    code = CODES.get(state(parcel), state(parcel))
    due = (
        {"arrivalTime": parcel["due_at"].astimezone(CHINA).strftime("%Y-%m-%d %H")}
        if parcel["due_at"]
        else {}
    )
    checked = "1" if code == "3" else "0"
    return {
        "state": code,
        "ischeck": checked,
        "com": company,
        "nu": parcel["tracking_no"],
        "data": rows,
        **due,
    }


def _china(at: Any) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
