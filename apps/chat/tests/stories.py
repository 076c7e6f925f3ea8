"""Sessions at a point of their story, for the tests of how they end by rule."""

from datetime import timedelta

from apps.chat.models import ChatSession
from apps.chat.tests.factories import active_session, agent_says, customer_says

MINUTE = timedelta(minutes=1)


def answered(start, **fields):
    """An active session in which the agent had the last word at ``start``."""
    session = active_session(now=start, opened_at=start, **fields)
    customer_says(session, now=start)
    agent_says(session, now=start)
    session.refresh_from_db()
    return session


def leave(session, at):
    ChatSession.objects.filter(pk=session.pk).update(customer_online=False, customer_lease_until=at)


def state(session):
    session.refresh_from_db()
    return session.status, session.close_reason
