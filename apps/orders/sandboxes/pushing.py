"""The shop's events on their way to the desk: signed CloudEvents, sent again until they are taken."""

import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime
from typing import Any

from apps.common.sandbox_signing import EVENT, webhook_headers

PAUSES = (1, 2, 4, 8, 16)  # seconds before each further attempt
PATH = "/api/v1/events/shop/"
TIMEOUT = 5
SOURCE = "urn:shop:lumenlane"


class Pusher:
    """``sent`` lists every event with the statuses that came back; 0 stands for no answer."""

    def __init__(self, desk_url: str, secret: str) -> None:
        self.desk_url, self.secret = desk_url.rstrip("/"), secret
        self.sent: list[dict[str, Any]] = []

    @property
    def enabled(self) -> bool:
        return bool(self.desk_url and self.secret)

    def event(self, order: dict[str, Any], kind: str, *, thin: bool) -> dict[str, Any]:
        """A CloudEvent about ``order``; a thin one only names it."""
        data = {"order_no": order["order_no"], "version": order["version"]}
        return {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": SOURCE,
            "type": f"shop.order.{kind}",
            "subject": order["order_no"],
            "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": data if thin else data | {"order": order},
        }

    def push(self, event: dict[str, Any], *, times: int = 1) -> dict[str, Any]:
        """Send at once; what is not taken is tried again in the background."""
        entry: dict[str, Any] = {"event": event, "statuses": []}
        self.sent.append(entry)
        if self.enabled:
            for _time in range(times):
                entry["statuses"].append(self._send(event))
            if not 200 <= entry["statuses"][-1] < 300:
                threading.Thread(target=self._insist, args=(entry,), daemon=True).start()
        return entry

    def _insist(self, entry: dict[str, Any]) -> None:
        for pause in PAUSES:
            time.sleep(pause)
            entry["statuses"].append(self._send(entry["event"]))
            if 200 <= entry["statuses"][-1] < 300:
                return

    def _send(self, event: dict[str, Any]) -> int:
        body = json.dumps(event, ensure_ascii=False).encode()
        at = int(time.time())
        headers = webhook_headers(event["id"], body, secret=self.secret, at=at, content_type=EVENT)
        # The operator's own address, never a visitor's.
        request = urllib.request.Request(self.desk_url + PATH, data=body, headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
                return response.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0
