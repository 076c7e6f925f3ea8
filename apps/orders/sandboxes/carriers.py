"""The aggregators of carriers in one program of their own: ``python -m apps.orders.sandboxes.carriers --port N``.

Kuaidi100 under ``/kuaidi100`` (query, subscribe), 17TRACK v2.4 under ``/17track``. Both check what they are told,
refuse in the words of the real ones, and push news to the desk, signed: Kuaidi100 to each subscription's own address,
17TRACK to ``DESK_URL/api/v1/carriers/track17/push/``. Parcels are those of the demo, with times as of now; a number
that nobody knows is a new parcel without a scan.

Scripts, beside the base's faults: ``GET /_sandbox/parcels/{no}``; ``POST /_sandbox/parcels/{no}/scan {"status",
"text", "location", "minutes_ago", "times", "push"}`` adds a scan and pushes it; ``POST /_sandbox/parcels/{no}/push
{"times", "without", "status", "abort", "sign"}`` pushes again: ``without`` the newest so many scans (an old push that
comes late), with a state that nobody knows, as the end of a subscription, or with a wrong signature.
``GET /_sandbox/pushes`` lists them.
"""

import os
import threading
import time
from typing import Any

from apps.common.sandbox import Reply, Request, Sandbox, arguments, run
from apps.orders.sandboxes.kuaidi100 import Kuaidi100
from apps.orders.sandboxes.parcels import Parcels, jsonable
from apps.orders.sandboxes.track17 import Track17

FIRST_PUSH = 1.0  # seconds after a subscription; the real ones take minutes to hours


class Carriers(Sandbox):
    """Both aggregators over the same parcels; ``pushes`` lists what was sent with the statuses that came back."""

    def __init__(
        self,
        *,
        customer: str,
        key: str,
        track17_key: str,
        desk_url: str = "",
        first_push: float | None = None,
    ) -> None:
        super().__init__()
        self.parcels = Parcels()
        self.pushes: list[dict[str, Any]] = []
        self.first_push = first_push
        self.kuaidi100 = Kuaidi100(self, customer=customer, key=key)
        self.track17 = Track17(self, key=track17_key, desk_url=desk_url)
        self.route("GET", "/_sandbox/parcels/{no}", self._show)
        self.route("POST", "/_sandbox/parcels/{no}/scan", self._scan)
        self.route("POST", "/_sandbox/parcels/{no}/push", self._push)
        self.route("GET", "/_sandbox/pushes", lambda request: Reply(body={"pushes": self.pushes}))

    def reset(self) -> None:
        super().reset()
        self.parcels.load()
        self.pushes.clear()
        self.kuaidi100.reset()
        self.track17.reset()

    def subscribed(self, number: str) -> None:
        """Push what is known, a moment after the subscription."""
        if self.first_push is not None:
            timer = threading.Timer(self.first_push, self.push, args=(number,))
            timer.daemon = True
            timer.start()

    def push(self, number: str, script: dict[str, Any] | None = None) -> list[int]:
        """Tell the desk about a parcel through every aggregator that was asked to; the statuses that came back."""
        script = script or {}
        parcel = self.parcels.get(number, without=int(script.get("without", 0)))
        statuses = []
        for _time in range(int(script.get("times", 1))):
            for aggregator in (self.kuaidi100, self.track17):
                statuses += aggregator.push(parcel, script)
        self.pushes.append({"number": number, "at": time.time(), "statuses": statuses})
        return statuses

    def _show(self, request: Request) -> Reply:
        return Reply(body=jsonable(self.parcels.get(request.args["no"])))

    def _scan(self, request: Request) -> Reply:
        script = request.json() or {}
        number = request.args["no"]
        parcel = self.parcels.scan(number, script)
        statuses = self.push(number, {"times": script.get("times", 1)}) if script.get("push", True) else []
        return Reply(body={"parcel": parcel, "statuses": statuses})

    def _push(self, request: Request) -> Reply:
        return Reply(body={"statuses": self.push(request.args["no"], request.json())})


def main() -> None:
    options = arguments(__doc__.partition("\n")[0]).parse_args()
    env = os.environ.get
    carriers = Carriers(
        customer=env("KUAIDI100_CUSTOMER", "demo"),
        key=env("KUAIDI100_KEY", ""),
        track17_key=env("TRACK17_KEY", ""),
        desk_url=env("DESK_URL", ""),
        first_push=FIRST_PUSH,
    )
    run(carriers, host=options.host, port=options.port)


if __name__ == "__main__":
    main()
