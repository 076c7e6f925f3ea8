"""The one way out: HTTP calls to outside systems, bounded in time, size, attempts and where they lead."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import httpx

from apps.common.addresses import PORTS, RefusedAddress, Resolver, checked, origin_of, system_resolver
from apps.common.breaker import Breaker
from apps.common.deadline import Deadline
from apps.common.errors import DomainError

logger = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(10, connect=3)
TOTAL_S = 30.0  # for one answer: a peer that sends a byte now and then does not hold a worker
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


class ForbiddenAddress(Unreachable):
    """The system's name leads inside; nothing was sent. Trying again changes nothing."""

    code = "upstream_forbidden"
    retryable = False


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
        self,
        name: str,
        base_url: str,
        *,
        timeout: httpx.Timeout = TIMEOUT,
        total_s: float = TOTAL_S,
        breaker: bool = True,
        resolver: Resolver = system_resolver,
    ) -> None:
        self.name = name
        self.base_url = httpx.URL(base_url.rstrip("/") + "/")
        self.timeout, self.total_s = timeout, total_s
        self.resolver = resolver
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
        repeated. Never call inside a database transaction. Raises ``Unreachable``, ``ForbiddenAddress`` among it.
        """
        url = self._address(path)
        if params:
            url = url.copy_merge_params(dict(params))
        for attempt in range(1, attempts + 1):
            try:
                answer = self._once(method, url, body, headers or {}, sign)
            except Unreachable as error:
                if attempt == attempts or not error.retryable:
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
            answer = self._timed(method, url, body, signed)
        except httpx.HTTPError as error:
            self._note(failed=True)
            never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            raise Unreachable(self.name, type(error).__name__, sent=not never_sent) from error
        self._note(failed=answer.status >= 500)
        return answer

    def _timed(self, method: str, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> Answer:
        with Deadline(self.total_s) as deadline:
            try:
                answer = self._exchange(method, url, body, headers, deadline)
            except (httpx.ReadError, httpx.WriteError, httpx.ProtocolError) as error:
                if deadline.passed:
                    raise httpx.ReadTimeout("answer too slow") from error
                raise
        if deadline.passed:  # an answer without a length ends where its connection does
            raise httpx.ReadTimeout("answer too slow")
        return answer

    def _exchange(
        self, method: str, url: httpx.URL, body: bytes, headers: Mapping[str, str], deadline: Deadline
    ) -> Answer:
        named = {"accept-encoding": "identity", **headers, "host": url.netloc.decode("ascii")}
        # The certificate is for the name.
        name = {"sni_hostname": url.raw_host.decode("ascii"), "trace": deadline.trace}
        *others, last = self._addresses(url)
        with httpx.Client(timeout=self.timeout, follow_redirects=False, trust_env=False) as client:

            def exchange(address: str) -> Answer:
                at = url.copy_with(host=address)
                with client.stream(
                    method, at, content=body or None, headers=named, extensions=name
                ) as response:
                    return self._answer(response)

            for address in others:
                with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                    return exchange(address)
            return exchange(last)

    def _answer(self, response: httpx.Response) -> Answer:
        content = b""
        for chunk in response.iter_raw():
            content += chunk
            if len(content) > MAX_BYTES:
                raise httpx.DecodingError("answer too large")
        return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, content)

    def _addresses(self, url: httpx.URL) -> list[str]:
        """Where ``url`` lies, resolved now and judged. Raises ``ForbiddenAddress`` or ``httpx.ConnectError``."""
        if url.scheme not in PORTS or url.userinfo or not url.host:
            raise ForbiddenAddress(
                self.name, "the address is of a kind that the desk does not call", sent=False
            )
        port = url.port or PORTS[url.scheme]
        try:
            return checked(origin_of(str(url)), url.host, port, resolver=self.resolver)
        except RefusedAddress as error:
            logger.error("A call to %s was refused: %s.", self.name, error)
            raise ForbiddenAddress(self.name, "it lies where the desk may not call", sent=False) from error
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(str(error)) from error

    def _note(self, *, failed: bool) -> None:
        if self.breaker:
            (self.breaker.failed if failed else self.breaker.succeeded)()
