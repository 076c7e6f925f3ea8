"""How well contacts ended: reopened chats, what they were about, and whether the first contact was enough."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from apps.chat.enums import CloseReason, MessageKind
from apps.chat.models import ChatSession, Message
from apps.monitoring.measures import Share
from apps.robot.enums import FlowKind
from apps.robot.models import RobotFlow, RobotTurn

REPEAT_WITHIN = timedelta(days=7)
TRACKING = "tracking"  # the category of FAQs about where an order is

FIRST_CONTACT = """
WITH resolved AS MATERIALIZED ({resolved}),
about AS NOT MATERIALIZED (
    SELECT session_id, order_no FROM robot_robotflow WHERE order_no <> ''
    UNION SELECT session_id, order_no FROM tickets_ticket WHERE session_id IS NOT NULL AND order_no <> ''
    UNION SELECT session_id, order_no FROM refunds_refund JOIN orders_order ON order_id = orders_order.id
        WHERE session_id IS NOT NULL
),
known AS (SELECT * FROM about WHERE session_id IN (SELECT id FROM resolved)),
later AS (
    SELECT session_id, order_no, opened_at AS at FROM about JOIN chat_chatsession ON session_id = chat_chatsession.id
        WHERE opened_at > %s
    UNION ALL SELECT session_id, order_no, created_at FROM tickets_ticket WHERE order_no <> '' AND created_at > %s
)
SELECT count(*) FILTER (
    WHERE NOT EXISTS (
        SELECT FROM chat_message
        WHERE session_id = resolved.id AND kind = 'event' AND payload ->> 'event' = 'reopened'
    ) AND NOT EXISTS (
        SELECT FROM known JOIN later USING (order_no)
        WHERE known.session_id = resolved.id AND later.session_id IS DISTINCT FROM resolved.id
            AND later.at > resolved.closed_at AND later.at <= resolved.closed_at + %s
    )
), count(*) FROM resolved
"""


def reopened_chats(sessions: QuerySet[ChatSession], since: datetime) -> Share:
    """Reopen rate of chats: reopened / closed, both since ``since``.

    Closed are the ends that stand (``ended_at``) and those that were undone; each reopening is one, from the lines
    of the chats. Unit: chats. Two queries.
    """
    again = Message.objects.filter(
        session__in=sessions.filter(customer_wrote_at__gte=since).values("pk"),
        kind=MessageKind.EVENT,
        payload__event="reopened",
        at__gte=since,
    ).count()
    return Share(again, again + sessions.filter(ended_at__gte=since).count())


def asking_where(sessions: QuerySet[ChatSession]) -> Share:
    """WISMO rate ("where is my order"): such chats / all of ``sessions``.

    Such are those in which the robot began to look a parcel up, or answered an FAQ of the category ``tracking``.
    Unit: chats. One query.
    """
    flows = RobotFlow.objects.filter(session=OuterRef("pk"), kind=FlowKind.PARCEL)
    answers = RobotTurn.objects.filter(session=OuterRef("pk"), faq__category__slug=TRACKING)
    asked = sessions.annotate(asked=Exists(flows) | Exists(answers))
    row = asked.aggregate(part=Count("pk", filter=Q(asked=True)), whole=Count("pk"))
    return Share(**row)


def first_contact(sessions: QuerySet[ChatSession], since: datetime) -> Share:
    """First-contact resolution: resolved without a reopening or a repeat on the same order in 7 days / resolved.

    Of the chats that agents closed as resolved in the seven days up to a week before ``since``: only of them it is
    known. Their orders are those that the robot was told, that a refund was asked for or that stand on a ticket, in
    the chat; a repeat is a later chat or ticket about one of them. Unit: chats. One query.
    """
    until = since - REPEAT_WITHIN
    first = until - REPEAT_WITHIN
    resolved = sessions.filter(
        close_reason=CloseReason.RESOLVED, closed_at__gte=first, closed_at__lt=until
    ).values("id", "closed_at")
    try:
        sql, params = resolved.query.sql_with_params()
    except EmptyResultSet:  # who may see no chats
        return Share(0, 0)
    values: list[Any] = [*params, first, first, REPEAT_WITHIN]
    with connection.cursor() as cursor:
        cursor.execute(FIRST_CONTACT.format(resolved=sql), values)
        return Share(*cursor.fetchone())
