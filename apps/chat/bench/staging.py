"""The people and chats of a bench: pairs in an active chat, visitors who only wait, and a past full of messages."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.models import Grant, Role, User
from apps.access.services import create_token
from apps.chat import services
from apps.chat.enums import ChatStatus, CloseReason
from apps.chat.models import ChatSession, VisitorToken
from apps.chat.services.visitors import TOKEN_LIFE, issue_token
from apps.common.ids import digest, new_token
from apps.customers.models import Customer
from apps.inboxes.models import Inbox
from apps.routing import services as routing
from apps.routing.enums import Intent
from apps.routing.models import SERVE, Queue, QueueUserObjectPermission

PER_CHAT = 200  # lines of a chat of the past
FILL = """
    INSERT INTO chat_message (
        session_id, seq, prev_public_seq, ref, content_hash, sender_kind, sender_id, sender_name, kind, body, payload,
        internal, at
    )
    SELECT s.id, n, n - 1, gen_random_uuid(), md5(s.id || ':' || n), 'customer', s.customer_id, 'Somebody', 'text',
        'Where is my parcel number ' || s.id || '-' || n || '? 我的包裹到哪里了', '{{}}', false, s.opened_at
    FROM chat_chatsession s, generate_series(1, {lines}) n
    WHERE s.status = 'closed'
"""


def prepare(*, pairs: int, idle: int = 0, spare: int = 0, stored: int = 0) -> dict[str, Any]:
    """Make them all; returns sessions and tokens, and the keys of ``spare`` sessions for the floor."""
    now = timezone.now()
    inbox = Inbox.objects.create(slug="bench", name="Bench")
    queue = Queue.objects.create(slug="bench", name="Bench", is_default=True)
    if stored:
        fill(inbox, stored, now)
    return {
        "pairs": [pair(inbox, queue, number, now) for number in range(pairs)],
        "idle": waiting(inbox, idle, now),
        "spare": [session.pk for session in opened(inbox, spare, now)],
    }


def pair(inbox: Inbox, queue: Queue, number: int, now: datetime) -> dict[str, str]:
    """A visitor whose chat an agent has claimed, through the services as in a shop."""
    agent = User.objects.create(username=f"bench-{number}", display_name=f"Agent {number}")
    Grant.objects.create(user=agent, role=Role.objects.get(slug="agent"))
    serve = Permission.objects.get(content_type__app_label="routing", codename=SERVE)
    QueueUserObjectPermission.objects.create(user=agent, content_object=queue, permission=serve)
    routing.set_presence(agent, state=Intent.ONLINE, actor=agent)
    [session] = opened(inbox, 1, now)
    services.hand_off(session, actor=session.customer, reason="asked")
    services.claim_session(session, actor=agent)
    token = create_token(agent, actor=SYSTEM, name="bench")
    return {"session": session.public_id, "visitor": issue_token(session, now=now), "agent": token}


def opened(inbox: Inbox, count: int, now: datetime, **fields: Any) -> list[ChatSession]:
    """Chats that were just opened, each of a customer of its own."""
    people = Customer.objects.bulk_create(Customer(name="Somebody") for _ in range(count))
    return ChatSession.objects.bulk_create(
        ChatSession(inbox=inbox, customer=person, opened_at=now, **fields) for person in people
    )


def waiting(inbox: Inbox, count: int, now: datetime) -> list[dict[str, str]]:
    """Visitors with an open chat who will say nothing."""
    sessions, tokens = opened(inbox, count, now), [new_token() for _ in range(count)]
    VisitorToken.objects.bulk_create(
        VisitorToken(session=session, digest=digest(token), created_at=now, expires_at=now + TOKEN_LIFE)
        for session, token in zip(sessions, tokens, strict=True)
    )
    return [
        {"session": session.public_id, "token": token}
        for session, token in zip(sessions, tokens, strict=True)
    ]


def fill(inbox: Inbox, stored: int, now: datetime) -> None:
    """At least ``stored`` messages in closed chats; the planner knows of them afterwards."""
    chats = max(1, -(-stored // PER_CHAT))
    lines = -(-stored // chats)
    over = {
        "status": ChatStatus.CLOSED,
        "close_reason": CloseReason.RESOLVED,
        "closed_at": now,
        "ended_at": now,
    }
    opened(inbox, chats, now, last_seq=lines, last_public_seq=lines, **over)
    with connection.cursor() as cursor:
        cursor.execute(FILL.format(lines=int(lines)))
        cursor.execute("VACUUM ANALYZE")
