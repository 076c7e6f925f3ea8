"""The one call of the log service that the desk makes: PutLogs."""

from typing import Any

from django.conf import settings

from apps.audit.sls.protobuf import LogGroup, encode
from apps.audit.sls.signing import signer
from apps.common.errors import DomainError
from apps.common.http import Answer, Outside

API_VERSION = "0.6.0"


class Rejected(DomainError):
    """The log service took nothing: what it said, and when it may be asked again."""

    code = "log_service_refused"
    status = 502

    def __init__(self, answer: Answer) -> None:
        said: Any = answer.json()
        words = f"{said.get('errorCode')}: {said.get('errorMessage')}" if isinstance(said, dict) else ""
        super().__init__(f"{answer.status} {words}".strip()[:300])
        self.retry_after = answer.retry_after


def configured() -> bool:
    """Whether the desk has a log service at all."""
    return all(settings.SLS[name] for name in ("url", "key_id", "secret", "logstore"))


def put(group: LogGroup) -> None:
    """Store ``group``; sent as it is, which the service takes where no ``x-log-compresstype`` says otherwise.

    Never call inside a transaction. Raises ``Unreachable`` or ``Rejected``.
    """
    given, body = settings.SLS, encode(group)
    sign = signer(
        given["key_id"],
        given["secret"],
        given["region"],
        content_type="application/x-protobuf",
        x_log_apiversion=API_VERSION,
        x_log_bodyrawsize=str(len(body)),
    )
    path = f"/logstores/{given['logstore']}/shards/lb"
    answer = Outside("sls", given["url"]).call("POST", path, body=body, sign=sign)
    if not answer.ok:
        raise Rejected(answer)
