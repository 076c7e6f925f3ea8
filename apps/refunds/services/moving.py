"""The one way a refund changes its state."""

from datetime import datetime
from typing import Any

from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.events import publish
from apps.refunds.enums import ENDED, NEXT, RefundState
from apps.refunds.errors import WrongState
from apps.refunds.events import RefundMoved
from apps.refunds.models import Refund


def locked(pk: int) -> Refund:
    """The refund as it is now, its row locked until the caller's transaction ends. First refund, then payment."""
    return Refund.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)


def move(
    refund: Refund,
    state: RefundState,
    *,
    actor: Actor,
    action: str,
    now: datetime,
    due_at: datetime | None = None,
    story: dict[str, Any] | None = None,
    **fields: Any,
) -> None:
    """Bring ``refund``, which the caller has locked, into ``state``, and audit it with ``story``.

    ``due_at``: when the worker looks at it next, where there is a next time. Publishes ``RefundMoved``. Raises
    ``WrongState`` for a move that does not exist.
    """
    previous = RefundState(refund.state)
    if state not in NEXT[previous]:
        raise WrongState(state=previous)
    fields |= {"state": state, "version": refund.version + 1, "due_at": due_at}
    fields["ended_at"] = now if state in ENDED else None
    write(refund, **fields)
    told: dict[str, Any] = {"refund_no": refund.refund_no, "previous": previous, "state": state}
    told |= refund.money.as_json()
    audit.record(actor=actor, action=action, target=refund, at=now, **told, **(story or {}))
    publish(RefundMoved(refund_id=refund.pk, previous=previous, state=state, at=now))


def write(refund: Refund, **fields: Any) -> None:
    """Store ``fields`` of a locked refund, on the row and on the object."""
    for name, value in fields.items():
        setattr(refund, name, value)
    refund.save(update_fields=list(fields))
