"""What somebody was not allowed to do is on record too; a flood of it is not."""

from apps.access.actors import SystemActor
from apps.access.masking import mask_record, mask_text
from apps.audit.models import AuditEvent
from apps.audit.services import event_of
from apps.common import context, throttle
from apps.common.refusals import Refused

# Refusals of one principal that are written down in a minute; then one line for the rest.
LIMIT, WINDOW_S = 30, 60
CODE = "AccessDenied"
SUPPRESS = "audit:SuppressRefusals"
NOBODY = SystemActor("anonymous", "")
TEXT_MAX = 100  # characters of a key that somebody asked for


def record_refusal(refused: Refused) -> AuditEvent | None:
    """Write it down, in a transaction of its own; None where the principal has had enough lines for now."""
    actor = refused.actor or NOBODY
    principal = f"{actor.actor_kind}:{actor.pk or context.current().ip}"
    if throttle.allow(f"refused:{principal}", limit=LIMIT, window_s=WINDOW_S):
        return _store(
            refused, actor, refused.deed, {key: _short(value) for key, value in refused.asked.items()}
        )
    if throttle.allow(f"refused-more:{principal}", limit=1, window_s=WINDOW_S):
        return _store(refused, actor, SUPPRESS, {"more_than": LIMIT, "seconds": WINDOW_S})
    return None


def _store(refused: Refused, actor: object, action: str, data: dict) -> AuditEvent:
    target = refused.error.target
    event = event_of(
        actor=actor,
        action=action[:80],
        target=target if target is not None and target.pk is not None else None,
        data=data,
        is_read=refused.is_read,
        error_code=CODE,
        error_message=mask_text(refused.error.detail)[:300],
    )
    event.save(force_insert=True)
    return event


def _short(value: object) -> str:
    """Without what leads to a customer; the id of a row stays."""
    return str(mask_record(str(value).replace("\x00", "")))[:TEXT_MAX]
