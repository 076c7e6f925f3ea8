"""A log service, as a program of its own: ``python -m apps.audit.sandboxes.sls --port N``.

``POST /logstores/{store}/shards/lb`` with an SLS4 signature stores a ``LogGroup``; ``GET /_sandbox/logs`` lists what
was stored. Misbehaves as told by ``POST /_sandbox/faults``. Reads signature and protobuf on its own, so that it and the
desk cannot err alike.
"""

import hashlib
import hmac
import os
import re
import struct
import time
from calendar import timegm
from collections.abc import Iterator
from typing import Any

from apps.common.sandbox import Reply, Request, Sandbox, arguments, run

AUTHORIZATION = re.compile(
    r"SLS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/sls/aliyun_v4_request,Signature=([0-9a-f]{64})"
)
MAX_SKEW_S = 900
NEEDED = (
    "host",
    "content-type",
    "x-log-apiversion",
    "x-log-bodyrawsize",
    "x-log-date",
    "x-log-content-sha256",
)


class LogService(Sandbox):
    """Stores the logs of one key's holder."""

    def __init__(self, *, key_id: str, secret: str, region: str = "cn-hangzhou") -> None:
        self.key_id, self.secret, self.region = key_id, secret, region
        self.logs: list[dict[str, Any]] = []
        super().__init__()
        self.route("POST", "/logstores/{store}/shards/lb", self._put)
        self.route("GET", "/_sandbox/logs", lambda request: Reply(body={"logs": self.logs}))

    def reset(self) -> None:
        super().reset()
        self.logs.clear()

    def _put(self, request: Request) -> Reply:
        wrong = self.complaint(request)
        if wrong:
            return Reply(401, {"errorCode": "SignatureNotMatch", "errorMessage": wrong})
        if "x-log-compresstype" in request.headers:
            return Reply(400, {"errorCode": "InvalidEncoding", "errorMessage": "not compressed, please"})
        if request.headers["x-log-bodyrawsize"] != str(len(request.body)):
            return Reply(400, {"errorCode": "PostBodyInvalid", "errorMessage": "another size"})
        try:
            found = decode(request.body)
        except (ValueError, IndexError, struct.error) as error:
            return Reply(400, {"errorCode": "PostBodyInvalid", "errorMessage": str(error)})
        with self.lock:
            self.logs += [{"store": request.args["store"], **log} for log in found]
        return Reply(200, "", {"x-log-requestid": f"{len(self.calls):024X}"})

    def complaint(self, request: Request) -> str:
        """Why ``request`` is not from the holder of the secret; empty when it is."""
        match = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if match is None or (match[1], match[3]) != (self.key_id, self.region):
            return "unknown credential"
        if any(name not in request.headers for name in NEEDED):
            return "a header is missing"
        at = request.headers["x-log-date"]
        if at[:8] != match[2] or abs(time.time() - timegm(time.strptime(at, "%Y%m%dT%H%M%SZ"))) > MAX_SKEW_S:
            return "x-log-date is not now"
        if request.headers["x-log-content-sha256"] != hashlib.sha256(request.body).hexdigest():
            return "the body is not what was signed"
        return (
            "" if hmac.compare_digest(self._signature(request, match[2], at), match[4]) else "wrong signature"
        )

    def _signature(self, request: Request, day: str, at: str) -> str:
        names = sorted(
            name for name in request.headers if name in NEEDED[:2] or name.startswith(("x-log-", "x-acs-"))
        )
        lines = [request.method, request.path, request.raw_query]
        lines += [f"{name}:{request.headers[name].strip()}" for name in names]
        text = "\n".join([*lines, "", ";".join(names), request.headers["x-log-content-sha256"]])
        scope = f"{day}/{self.region}/sls/aliyun_v4_request"
        key = b"aliyun_v4" + self.secret.encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), "sha256").digest()
        signed = f"SLS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(text.encode()).hexdigest()}"
        return hmac.new(key, signed.encode(), "sha256").hexdigest()


def decode(body: bytes) -> list[dict[str, Any]]:
    """The logs of a ``LogGroup``: ``{"time", "ns", "topic", "source", "contents": {…}}``."""
    fields = list(_fields(body))
    shared = {
        name: next((v.decode() for n, v in fields if n == at), "")
        for at, name in ((3, "topic"), (4, "source"))
    }
    return [{**_log(content), **shared} for number, content in fields if number == 1]


def _log(content: bytes) -> dict[str, Any]:
    fields = list(_fields(content))
    pairs = [dict(_fields(value)) for number, value in fields if number == 2]
    return {
        "time": next(value for number, value in fields if number == 1),
        "ns": next((value for number, value in fields if number == 4), 0),
        "contents": {pair[1].decode(): pair[2].decode() for pair in pairs},
    }


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field of a message."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        if key & 7 == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
        elif key & 7 == 5:
            yield key >> 3, struct.unpack_from("<I", data, at)[0]
            at += 4
        elif key & 7 == 2:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise ValueError("a field ends behind the message")
            yield key >> 3, data[at : at + size]
            at += size
        else:
            raise ValueError(f"wire type {key & 7}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def main() -> None:
    """Keys as the desk has them: ``SLS_KEY_ID`` and ``SLS_SECRET``."""
    options = arguments(__doc__.partition("\n")[0] if __doc__ else "").parse_args()
    service = LogService(
        key_id=os.environ.get("SLS_KEY_ID", "desk"),
        secret=os.environ.get("SLS_SECRET", "sandbox"),
        region=os.environ.get("SLS_REGION", "cn-hangzhou"),
    )
    run(service, host=options.host, port=options.port)


if __name__ == "__main__":
    main()
