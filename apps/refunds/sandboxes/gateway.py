"""A payment gateway that refunds, as a program of its own: ``python -m apps.refunds.sandboxes.gateway --port N``.

``POST /v1/refunds`` with a signature and ``Idempotency-Key`` = ``refund_no`` makes a refund once; the same number again
answers with what it became, with another amount ``409 REFUND_NO_REUSED``. ``GET /v1/refunds/{refund_no}`` asks for it,
``GET /v1/refunds?date=2026-11-22`` is the statement of a day (UTC). Amounts are whole numbers of the smallest unit.
Statuses: PROCESSING, then SUCCEEDED or FAILED; ``version`` grows with each change, and each is told to ``notify_url``.

Scripts, beside the base's faults (``drop_before`` and ``drop_after`` are the time-outs before and after the effect):
``POST /_sandbox/outcomes {"code", "message", "status", "payment_ref", "times", "settle_after"}`` decides about the next
refunds; ``POST /_sandbox/refunds/{no}/settle {"status", "code"}`` ends one by hand; ``POST /_sandbox/notices`` sets the
manner of notices (see ``notices.Manner``); ``POST /_sandbox/refunds/{no}/notify`` gives one more, of any past
``version``; ``GET /_sandbox/notices`` lists those sent, ``GET /_sandbox/refunds`` what was refunded.
"""

import json
import os
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from apps.common.sandbox import Reply, Request, Route, Sandbox, arguments, run
from apps.common.sandbox_signing import complaint
from apps.refunds.sandboxes.notices import Manner, Notifier

NUMBER_MAX = 64


@dataclass
class Outcome:
    """What becomes of the next ``times`` refunds (of ``payment_ref``, where given)."""

    status: str = "SUCCEEDED"
    code: str = ""
    message: str = ""
    payment_ref: str = ""
    times: int = 1
    settle_after: float | None = 0.0  # seconds; None: by hand

    def takes(self, payment_ref: str) -> bool:
        return self.times > 0 and self.payment_ref in ("", payment_ref)


@dataclass
class Entry:
    """One refund with all states it had, the last being the present one."""

    body: dict[str, Any]
    states: list[dict[str, Any]] = field(default_factory=list)

    @property
    def now(self) -> dict[str, Any]:
        return self.states[-1]


class Gateway(Sandbox):
    """``settle_after``: seconds until a refund succeeds; 0 at once, None when a script says so."""

    def __init__(self, *, key_id: str, secret: str, settle_after: float | None = 0.0) -> None:
        super().__init__()
        self.key_id, self.secret, self.settle_after = key_id, secret, settle_after
        self.refunds: dict[str, Entry] = {}
        self.paid: dict[str, int] = {}
        self.outcomes: list[Outcome] = []
        self.notifier = Notifier(secret)
        self.route("POST", "/v1/refunds", self._signed(self._create))
        self.route("GET", "/v1/refunds", self._signed(self._statement))
        self.route("GET", "/v1/refunds/{no}", self._signed(self._show))
        self.route("GET", "/_sandbox/refunds", self._list)
        self.route("POST", "/_sandbox/outcomes", self._script)
        self.route("POST", "/_sandbox/refunds/{no}/settle", self._settle)
        self.route("POST", "/_sandbox/refunds/{no}/notify", self._notify)
        self.route("POST", "/_sandbox/notices", self._set_manner)
        self.route("GET", "/_sandbox/notices", lambda request: Reply(body={"notices": self.notifier.sent}))

    def reset(self) -> None:
        super().reset()
        for kept in (self.refunds, self.paid, self.outcomes):
            kept.clear()
        self.notifier.reset()

    def _signed(self, handler: Route) -> Route:
        def guarded(request: Request) -> Reply:
            why = complaint(request, key_id=self.key_id, secret=self.secret)
            return refusal(401, "SIGNATURE_INVALID", why) if why else handler(request)

        return guarded

    def _create(self, request: Request) -> Reply:
        body = request.json()
        why = malformed(body, request.headers.get("idempotency-key", ""))
        if why:
            return refusal(400, "INVALID_REQUEST", why)
        with self.lock:
            known = self.refunds.get(body["refund_no"])
            if known:
                return repeated(known, body)
            why = self._exceeds(body)
            if why:
                return refusal(422, "EXCEEDS_PAID", why)
            entry = self._accept(body)
            self._tell(entry)
        return Reply(201, entry.now)

    def _exceeds(self, body: dict[str, Any]) -> str:
        """What was paid is what the first refund of a payment says."""
        reference = body["payment_ref"]
        paid = self.paid.setdefault(reference, body["paid"])
        others = [entry.now for entry in self.refunds.values() if entry.now["payment_ref"] == reference]
        taken = sum(other["amount"] for other in others if other["status"] != "FAILED")
        return f"{taken} of {paid} are refunded" if taken + body["amount"] > paid else ""

    def _accept(self, body: dict[str, Any]) -> Entry:
        """Write the refund down, in the state that the script or ``settle_after`` gives it."""
        outcome = next((each for each in self.outcomes if each.takes(body["payment_ref"])), None)
        if outcome:
            outcome.times -= 1
        ending = outcome or Outcome(settle_after=self.settle_after)
        entry = self.refunds[body["refund_no"]] = Entry(body)
        number = f"gwr_{len(self.refunds):06d}"
        common = {key: body[key] for key in ("refund_no", "payment_ref", "amount", "currency")}
        entry.states.append(
            {
                "refund_id": number,
                **common,
                "status": "PROCESSING",
                "version": 1,
                "created_at": instant(),
                "settled_at": None,
                "failure": None,
            }
        )
        if ending.settle_after == 0:
            entry.states[:] = [ended(entry.now, ending.status, ending.code, ending.message, version=1)]
        elif ending.settle_after:
            finish = (body["refund_no"], ending.status, ending.code, ending.message)
            timer = threading.Timer(ending.settle_after, self._finish, finish)
            timer.daemon = True
            timer.start()
        return entry

    def _finish(self, number: str, status: str, code: str = "", message: str = "") -> dict[str, Any] | None:
        with self.lock:
            entry = self.refunds.get(number)
            if entry is None:
                return None
            entry.states.append(ended(entry.now, status, code, message, version=entry.now["version"] + 1))
            self._tell(entry)
            return entry.now

    def _tell(self, entry: Entry) -> None:
        self.notifier.tell(entry.body.get("notify_url", ""), entry.now)

    def _show(self, request: Request) -> Reply:
        entry = self.refunds.get(request.args["no"])
        if entry is None:
            return refusal(404, "REFUND_NOT_FOUND", "No refund has this number.")
        return Reply(200, entry.now)

    def _statement(self, request: Request) -> Reply:
        """What was settled on a day, in one page."""
        day = request.query.get("date", "")
        states = [entry.now for entry in self.refunds.values()]
        settled = [state for state in states if day and (state["settled_at"] or "").startswith(day)]
        return Reply(200, {"refunds": [state for state in settled if state["status"] == "SUCCEEDED"]})

    def _list(self, request: Request) -> Reply:
        return Reply(body={"refunds": [entry.now for entry in self.refunds.values()]})

    def _script(self, request: Request) -> Reply:
        with self.lock:
            self.outcomes.append(Outcome(**request.json()))
        return Reply(201, {"outcomes": [asdict(outcome) for outcome in self.outcomes]})

    def _settle(self, request: Request) -> Reply:
        body = request.json() or {}
        state = self._finish(request.args["no"], body.get("status", "SUCCEEDED"), body.get("code", ""))
        return Reply(200, state) if state else refusal(404, "REFUND_NOT_FOUND", "No refund has this number.")

    def _set_manner(self, request: Request) -> Reply:
        self.notifier.manner = Manner(**request.json())
        return Reply(body=asdict(self.notifier.manner))

    def _notify(self, request: Request) -> Reply:
        """``{"version": 1, …manner}``: one notice, delivered before this call is answered."""
        body = request.json() or {}
        entry = self.refunds[request.args["no"]]
        version = body.pop("version", entry.now["version"])
        state = next(state for state in entry.states if state["version"] == version)
        self.notifier.deliver(entry.body["notify_url"], state, Manner(**body))
        return Reply(body={"notices": self.notifier.sent[-1:]})


def malformed(body: Any, key: str) -> str:
    """What is wrong with a request to refund; empty when it can be read."""
    if not isinstance(body, dict):
        return "not an object"
    for name in ("refund_no", "payment_ref", "currency"):
        if not isinstance(body.get(name), str) or not 0 < len(body[name]) <= NUMBER_MAX:
            return f"{name} is missing"
    if key != body["refund_no"]:
        return "the idempotency key is not the refund's number"
    for name in ("amount", "paid"):
        if type(body.get(name)) is not int or body[name] <= 0:
            return f"{name} is not a whole number of the smallest unit"
    return ""


def repeated(entry: Entry, body: dict[str, Any]) -> Reply:
    """The answer to a number that was used before."""
    same = all(entry.body[key] == body[key] for key in ("payment_ref", "amount", "currency"))
    if not same:
        return refusal(409, "REFUND_NO_REUSED", "This number belongs to another refund.")
    return Reply(200, entry.now)


def ended(state: dict[str, Any], status: str, code: str, message: str, *, version: int) -> dict[str, Any]:
    """``state`` after the money moved or did not."""
    failure = None if status != "FAILED" else {"code": code or "DECLINED", "message": message}
    return state | {"status": status, "version": version, "settled_at": instant(), "failure": failure}


def refusal(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}})


def instant() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def main() -> None:
    """Keys as the desk has them: ``REFUND_GATEWAY_KEY_ID`` and ``REFUND_GATEWAY_SECRET``."""
    parser = arguments(__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument(
        "--settle-after", type=json.loads, default=2.0, help="seconds, 0 at once, null by hand"
    )
    options = parser.parse_args()
    gateway = Gateway(
        key_id=os.environ.get("REFUND_GATEWAY_KEY_ID", "desk"),
        secret=os.environ.get("REFUND_GATEWAY_SECRET", "sandbox"),
        settle_after=options.settle_after,
    )
    run(gateway, host=options.host, port=options.port)


if __name__ == "__main__":
    main()
