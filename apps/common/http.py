"""The one way out: HTTP calls to outside systems, bounded in time, size and attempts."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from apps.common.breaker import Breaker
from apps.common.errors import DomainError

logger = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(10, connect=3)
MAX_BYTES = 4 * 1024 * 1024
RETRY_STATUS = frozenset({429, 500, 502, 503, 504})
MAX_WAIT = 5.0  # seconds; a longer Retry-After is the caller's to schedule

Signer = Callable[[str, httpx.URL, bytes], Mapping[str, str]]


class Unreachable(DomainError):
    """The outside system did not answer; whether it acted is unknown (``sent``) or certain not to have."""

    code = "upstream_unreachable"
    status = 502
    retryable = True

    def __init__(self, name: str, reason: str, *, sent: bool) -> None:
        super().__init__(f"{name} did not answer: {reason}")
        self.name, self.reason, self.sent = name, reason, sent


@dataclass(frozen=True)
class Answer:
    """What came back: status, lower-case header names, raw body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        """Seconds the peer asked us to wait, where it said so in seconds."""
        value = self.headers.get("retry-after", "")
        return float(value) if value.isascii() and value.isdigit() else None

    def json(self) -> object:
        """The decoded body, or None when it is no JSON."""
        try:
            return httpx.Response(200, content=self.body).json()
        except ValueError:
            return None


class Outside:
    """Calls to one outside system at ``base_url``: no redirects, time-outs, size limit, breaker, few retries."""

    def __init__(
        self, name: str, base_url: str, *, timeout: httpx.Timeout = TIMEOUT, breaker: bool = True
    ) -> None:
        self.name = name
        self.base_url = httpx.URL(base_url.rstrip("/") + "/")
        self.timeout = timeout
        self.breaker = Breaker(name) if breaker else None

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        sign: Signer | None = None,
        attempts: int = 1,
    ) -> Answer:
        """One answer of any status. ``sign(method, url, body)`` gives headers, made anew for each attempt.

        With ``attempts`` > 1 repeats after a failed connection, a time-out, 429 and 5xx: only for calls that may be
        repeated. Never call inside a database transaction. Raises ``Unreachable``.
        """
        url = self._address(path)
        if params:
            url = url.copy_merge_params(dict(params))
        for attempt in range(1, attempts + 1):
            try:
                answer = self._once(method, url, body, headers or {}, sign)
            except Unreachable:
                if attempt == attempts:
                    raise
                pause = None
            else:
                if answer.status not in RETRY_STATUS or attempt == attempts:
                    return answer
                pause = answer.retry_after
                if pause is not None and pause > MAX_WAIT:
                    return answer
            time.sleep(pause if pause is not None else random.uniform(0, 0.2 * 2**attempt))  # noqa: S311
        raise AssertionError("unreachable")

    def _address(self, path: str) -> httpx.URL:
        """``path`` below the base. A path that spells an address stays a path: it never leads to another system."""
        url = self.base_url.join("./" + path.lstrip("/"))
        if (url.scheme, url.netloc) != (self.base_url.scheme, self.base_url.netloc):
            raise ValueError("The path leads to another system.")
        return url

    def _once(
        self, method: str, url: httpx.URL, body: bytes, headers: Mapping[str, str], sign: Signer | None
    ) -> Answer:
        if self.breaker and not self.breaker.allows():
            raise Unreachable(self.name, "calls are held back after repeated failures", sent=False)
        signed = {**headers, **(sign(method, url, body) if sign else {})}
        try:
            answer = self._exchange(method, url, body, signed)
        except httpx.HTTPError as error:
            self._note(failed=True)
            never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            raise Unreachable(self.name, type(error).__name__, sent=not never_sent) from error
        self._note(failed=answer.status >= 500)
        return answer

    def _exchange(self, method: str, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> Answer:
        with (
            httpx.Client(timeout=self.timeout, follow_redirects=False, trust_env=False) as client,
            client.stream(method, url, content=body or None, headers=dict(headers)) as response,
        ):
            content = b""
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise httpx.DecodingError("answer too large")
            return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, content)

    def _note(self, *, failed: bool) -> None:
        if self.breaker:
            (self.breaker.failed if failed else self.breaker.succeeded)()
