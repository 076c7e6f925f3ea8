"""``Idempotency-Key`` on calls that create: the same call sent twice has one effect and two equal answers.

The answer is stored in the transaction of the effect, so that neither exists without the other. A refusal changed
nothing and is not kept: the same key may try again. Secrets are never stored: an answer that is given again has null
in their place (``SecretResponse``).
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.models import IdempotentCall
from apps.common.errors import DomainError, Invalid

HEADER = "Idempotency-Key"
KEY_MAX = 200
KEPT = timedelta(days=3)
# A call that holds its key longer than this has died with its process.
STUCK = timedelta(seconds=60)


class KeyReused(DomainError):
    """The key belongs to another call: same address, other body."""

    code = "idempotency_key_reused"
    status = 422
    default_detail = _("This Idempotency-Key was used with another body.")


class CallInProgress(DomainError):
    """The first call with this key has not finished."""

    code = "call_in_progress"
    status = 409
    retryable = True
    default_detail = _("A call with this Idempotency-Key is still running.")


class SecretResponse(Response):
    """An answer that shows a secret this once; ``secrets`` names its fields."""

    def __init__(self, *args: Any, secrets: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = {**self.data, **dict.fromkeys(secrets)}


class IdempotentCreates:
    """View mixin: ``POST`` with an ``Idempotency-Key`` has its effect once and answers the same each time."""

    idempotent_methods = ("post",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After the checks of the framework, put ``only_once`` around the handler that it calls next."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        name = (request.method or "").lower()
        if name in self.idempotent_methods and request.headers.get(HEADER):
            setattr(self, name, partial(only_once, getattr(self, name)))


def only_once(handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any) -> Response:
    """Answer of ``handler``, or the stored one. Raises ``KeyReused``, ``CallInProgress``, ``Invalid``."""
    call, is_new = _claim(request, timezone.now())
    if not is_new:
        return _stored_answer(call)
    try:
        with transaction.atomic():
            response = handler(request, *args, **kwargs)
            _finish(call, response)
    except BaseException:
        IdempotentCall.objects.filter(pk=call.pk, finished_at=None).delete()
        raise
    return response


def _claim(request: Request, now: datetime) -> tuple[IdempotentCall, bool]:
    """The row of the call, and whether it is ours to run. Of calls that come together, one INSERT succeeds."""
    fingerprint = _fingerprint(request)
    call, is_new = IdempotentCall.objects.get_or_create(
        **_scope(request), defaults={"fingerprint": fingerprint, "started_at": now}
    )
    if is_new:
        return call, True
    if call.fingerprint != fingerprint:
        raise KeyReused()
    if call.finished_at:
        return call, False
    if not _take_over(call, now):
        raise CallInProgress(retry_after=2)
    return call, True


def _take_over(call: IdempotentCall, now: datetime) -> bool:
    """Whether the call had died and is ours now; its effect was rolled back with its process."""
    if now - call.started_at <= STUCK:
        return False
    stuck = IdempotentCall.objects.filter(pk=call.pk, finished_at=None, started_at=call.started_at)
    call.started_at = now
    return bool(stuck.update(started_at=now))


def _scope(request: Request) -> dict[str, str]:
    key = request.headers[HEADER]
    if len(key) > KEY_MAX or not key.isprintable():
        raise Invalid(fields={HEADER: [_("At most %(most)s printable characters.") % {"most": KEY_MAX}]})
    who = f"{getattr(request.user, 'actor_kind', 'anonymous')}:{request.user.pk}"
    assumed = getattr(request.user, "assumed", None)
    if assumed is not None:  # the token of a role sees no answer that its person got
        who += f":{assumed.public_id}"
    return {"principal": who, "method": request.method or "", "path": request.path[:300], "key": key}


def _fingerprint(request: Request) -> str:
    """Of a JSON body; a form's boundary differs with each attempt, so there the key alone decides.

    Keyed, for a body may hold a password that a plain hash would let somebody guess.
    """
    is_json = (request.content_type or "").startswith("application/json")
    return salted_hmac("idempotency", request.body if is_json else b"", algorithm="sha256").hexdigest()


def _finish(call: IdempotentCall, response: Response) -> None:
    """Keep the answer, in the transaction of the effect. Fails when the call was taken over meanwhile."""
    mine = IdempotentCall.objects.filter(pk=call.pk, finished_at=None, started_at=call.started_at)
    body = response.kept if isinstance(response, SecretResponse) else response.data
    if not mine.update(status=response.status_code, body=body, finished_at=timezone.now()):
        raise CallInProgress(retry_after=2)


def _stored_answer(call: IdempotentCall) -> Response:
    return Response(call.body, status=call.status, headers={"Idempotent-Replayed": "true"})


def forget_calls(*, now: datetime | None = None) -> int:
    """Delete what is older than ``KEPT``; how many."""
    old = IdempotentCall.objects.filter(started_at__lt=(now or timezone.now()) - KEPT)
    return old.delete()[0]
