"""How the stand-in tells the desk what became of a refund: signed, in the background, again until it is heard."""

import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

from apps.common.sandbox_signing import webhook_headers

PAUSES = (0.5, 1, 2, 4, 8)  # seconds between deliveries until one is answered with 2xx
TIMEOUT = 5
STALE = 3600  # how old a stale notice claims to be, seconds


@dataclass
class Manner:
    """How notices are given: ``POST /_sandbox/notices`` sets it, ``/notify`` takes one for a single notice."""

    copies: int = 1
    delay: float = 0.0  # seconds before the first delivery
    hold: bool = False  # sent by hand only
    forge: bool = False  # signed with a secret that is not ours
    stale: bool = False  # signed an hour ago
    same_id: bool = True  # copies are deliveries of one notice, not notices of their own


class Notifier:
    """Sends notices and remembers what was answered."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.manner = Manner()
        self.sent: list[dict[str, Any]] = []

    def reset(self) -> None:
        self.manner = Manner()
        self.sent.clear()

    def tell(self, url: str, refund: dict[str, Any], manner: Manner | None = None) -> None:
        """Deliver the state ``refund`` to ``url`` from a thread; nothing without an address or while held."""
        chosen = manner or self.manner
        if url and not chosen.hold:
            threading.Thread(target=self.deliver, args=(url, refund, chosen), daemon=True).start()

    def deliver(self, url: str, refund: dict[str, Any], manner: Manner) -> None:
        """All copies, each until it is heard."""
        time.sleep(manner.delay)
        notice_id = f"ntc_{uuid.uuid4().hex}"
        for copy in range(manner.copies):
            if copy and not manner.same_id:
                notice_id = f"ntc_{uuid.uuid4().hex}"
            self._until_heard(url, notice_id, refund, manner)

    def _until_heard(self, url: str, notice_id: str, refund: dict[str, Any], manner: Manner) -> None:
        body = json.dumps({"id": notice_id, "type": "refund.updated", "refund": refund}, ensure_ascii=False)
        for pause in (*PAUSES, None):
            status = self._post(url, notice_id, body.encode(), manner)
            self.sent.append({"id": notice_id, "refund": refund, "status": status, "at": time.time()})
            # What is wrong on purpose is not improved by repeating it.
            if 200 <= status < 300 or pause is None or manner.forge or manner.stale:
                return
            time.sleep(pause)

    def _post(self, url: str, notice_id: str, body: bytes, manner: Manner) -> int:
        """The status answered; 0 for no answer."""
        secret = "not the secret" if manner.forge else self.secret
        at = int(time.time()) - (STALE if manner.stale else 0)
        headers = webhook_headers(notice_id, body, secret=secret, at=at)
        request = urllib.request.Request(url, body, dict(headers), method="POST")  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0
