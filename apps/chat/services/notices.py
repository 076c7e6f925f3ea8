"""What the desk tells a customer by itself, in the chat that they have open."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.access.actors import ROBOT
from apps.chat import absence, log
from apps.chat.enums import MessageKind
from apps.chat.log import NOTICE, Draft, Receipt


@transaction.atomic
def post_notice(customer_id: int, *, milestone: str, text: str, ref: UUID, now: datetime) -> Receipt | None:
    """Say ``text`` in the chat that the customer looks at; None when there is none. Repeat-safe by ``ref``.

    It answers nobody: who waits for an answer goes on waiting.
    """
    session = absence.attended_session(customer_id, now)
    if session is None:
        return None
    session = log.locked(session)
    draft = Draft(MessageKind.TEXT, text, {NOTICE: milestone})
    repeat = log.find_repeat(session, ref=ref, content_hash=draft.content_hash(ROBOT))
    if repeat is not None:
        return repeat
    if not session.is_open:
        return None
    return log.append(session, draft, actor=ROBOT, ref=ref, now=now)
