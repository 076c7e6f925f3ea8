"""The signed REST gateway: our own contract, for a payment service that the shop runs in front of its providers.

``POST /v1/refunds``, ``GET /v1/refunds/{refund_no}``, ``GET /v1/refunds?date=``; amounts are whole numbers of the
currency's smallest unit. ``apps.refunds.sandboxes.gateway`` is a server of it.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime

from apps.common.http import Answer, Outside, Unreachable
from apps.common.money import from_minor
from apps.common.signing import hmac_signer
from apps.refunds.gateways.base import (
    ForgedNotice,
    MalformedNotice,
    NotConfigured,
    Outcome,
    RefundNotice,
    RefundRequest,
    RefundResult,
    StatementLine,
)
from apps.refunds.gateways.signing import notice_is_genuine

OUTCOMES = {
    "PROCESSING": Outcome.PROCESSING,
    "SUCCEEDED": Outcome.SUCCEEDED,
    "FAILED": Outcome.FAILED,
    "CLOSED": Outcome.FAILED,
}
# Turned away at the door: nothing was executed, and the same request may pass later.
TURNED_AWAY = frozenset({401, 403, 429})
DECLINED = frozenset({400, 422})
NOT_FOUND = "REFUND_NOT_FOUND"
MESSAGE_MAX = 300


class RestGateway:
    """``settings.REFUND_GATEWAY``: ``url``, ``key_id``, ``secret`` (two, comma-separated, while keys change)."""

    name = "rest"

    def submit(self, request: RefundRequest) -> RefundResult:
        """Ask for the refund, once: it is never repeated from here."""
        body = {
            "refund_no": request.refund_no,
            "payment_ref": request.payment_ref,
            "order_no": request.order_no,
            "amount": request.amount.minor,
            "currency": request.amount.currency,
            "paid": request.paid.minor,
            "reason": request.reason,
            "notify_url": request.notify_url,
        }
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            answer = self._call("POST", "v1/refunds", body=content, key=request.refund_no)
        except Unreachable as error:
            return _unreachable(error)
        return _submitted(answer)

    def query(self, request: RefundRequest) -> RefundResult:
        """Ask what became of it."""
        try:
            answer = self._call("GET", f"v1/refunds/{request.refund_no}")
        except Unreachable as error:
            return RefundResult(Outcome.UNKNOWN, code="UNREACHABLE", message=str(error)[:MESSAGE_MAX])
        if answer.status == 404 and _error(answer)[0] == NOT_FOUND:
            return RefundResult(Outcome.ABSENT, code=NOT_FOUND)
        return _read(answer.json()) if answer.ok else _unclear(answer)

    def statement(self, day: date) -> list[StatementLine]:
        answer = self._call("GET", "v1/refunds", params={"date": day.isoformat()}, attempts=3)
        body = answer.json()
        if not answer.ok or not isinstance(body, dict):
            raise Unreachable(self.name, f"no statement, but status {answer.status}", sent=True)
        return [
            StatementLine(
                row["refund_no"], from_minor(row["amount"], row["currency"]), row.get("refund_id", "")
            )
            for row in body["refunds"]
        ]

    def verify(self, headers: Mapping[str, str], raw: bytes, *, now: datetime) -> str:
        secrets = _secrets(_configured())
        if not notice_is_genuine(headers, raw, secrets=secrets, now=now):
            raise ForgedNotice
        return headers["webhook-id"]

    def parse(self, raw: bytes) -> RefundNotice:
        try:
            body = json.loads(raw)
            refund = body["refund"]
            notice = RefundNotice(str(body["id"]), str(refund["refund_no"]), _read(refund))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise MalformedNotice(repr(error)) from error
        return notice

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        key: str = "",
        params: Mapping[str, str] | None = None,
        attempts: int = 1,
    ) -> Answer:
        given = _configured()
        sign = hmac_signer(given["key_id"], _secrets(given)[0], idempotency_key=key)
        outside = Outside("refund-gateway", given["url"])
        headers = {"content-type": "application/json"} if body else {}
        return outside.call(
            method, path, params=params, body=body, headers=headers, sign=sign, attempts=attempts
        )


def _configured() -> dict[str, str]:
    given = settings.REFUND_GATEWAY
    if not given["url"] or not _secrets(given):
        raise NotConfigured
    return given


def _secrets(given: Mapping[str, str]) -> list[str]:
    """The current one first. A comma too many is no secret: an empty key would let anybody sign."""
    return [secret.strip() for secret in given["secret"].split(",") if secret.strip()]


def _unreachable(error: Unreachable) -> RefundResult:
    outcome = Outcome.UNKNOWN if error.sent else Outcome.NOT_TAKEN
    return RefundResult(outcome, code="UNREACHABLE", message=str(error)[:MESSAGE_MAX])


def _submitted(answer: Answer) -> RefundResult:
    """What the answer to a submission says. Only a refusal that the gateway words itself counts as one."""
    if answer.ok:
        return _read(answer.json())
    code, message = _error(answer)
    if answer.status in TURNED_AWAY:
        return RefundResult(
            Outcome.NOT_TAKEN,
            code=code or str(answer.status),
            message=message,
            retry_after=answer.retry_after,
        )
    if answer.status in DECLINED and code:
        return RefundResult(Outcome.FAILED, code=code, message=message)
    return _unclear(answer)


def _unclear(answer: Answer) -> RefundResult:
    code, message = _error(answer)
    return RefundResult(Outcome.UNKNOWN, code=code or str(answer.status), message=message)


def _error(answer: Answer) -> tuple[str, str]:
    """Code and message of the gateway's error body; empty where it has none."""
    body = answer.json()
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    return str(error.get("code") or "")[:60], str(error.get("message") or "")[:MESSAGE_MAX]


def _read(body: Any) -> RefundResult:
    """A refund as the gateway describes it; what cannot be read or is a word of tomorrow's is UNKNOWN."""
    try:
        failure = body.get("failure") or {}
        return RefundResult(
            OUTCOMES.get(body["status"], Outcome.UNKNOWN),
            provider_refund_id=str(body["refund_id"])[:64],
            amount=from_minor(_whole(body["amount"]), str(body["currency"])),
            payment_ref=str(body["payment_ref"]),
            version=_whole(body["version"]),
            settled_at=parse_datetime(body.get("settled_at") or ""),
            code=str(failure.get("code") or "")[:60],
            message=str(failure.get("message") or "")[:MESSAGE_MAX],
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return RefundResult(Outcome.UNKNOWN, code="UNREADABLE", message=repr(error)[:MESSAGE_MAX])


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"no whole number: {value!r}")
    return value
