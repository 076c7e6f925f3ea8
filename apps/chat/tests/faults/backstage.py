"""Makes rows for the tests of faults, in a process of its own with the desk's settings.

Reads one JSON object a line, ``{"command": …, **arguments}``, and answers ``{"result": …}`` or ``{"error": …}``.
"""

import json
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db import close_old_connections, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.access.services import create_token  # noqa: E402
from apps.chat import services  # noqa: E402
from apps.chat.models import ChatSession  # noqa: E402
from apps.chat.services.visitors import issue_token  # noqa: E402
from apps.chat.tests.factories import ChatSessionFactory, default_queue, make_agent  # noqa: E402

LINES_AT_ONCE = 50  # in one transaction


def pairs(count: int) -> list[dict[str, Any]]:
    """``count`` chats, each of one customer with an agent of its own."""
    return [_pair() for _ in range(count)]


def _pair() -> dict[str, Any]:
    agent = make_agent(default_queue())
    return _chat(agent) | {"agent_token": create_token(agent, actor=agent, name="faults"), "agent": agent.pk}


def _chat(agent: Any) -> dict[str, Any]:
    session = ChatSessionFactory()
    services.hand_off(session, actor=session.customer, reason="asked")
    services.claim_session(session, actor=agent)
    session.refresh_from_db()
    return _opened(session)


def _opened(session: ChatSession) -> dict[str, Any]:
    return {
        "pk": session.pk,
        "session": session.public_id,
        "last_seq": session.last_seq,
        "visitor_token": issue_token(session, now=session.opened_at),
    }


def expired_token(pk: int) -> str:
    """A visitor's token of the chat ``pk`` that was good until a second ago."""
    return issue_token(ChatSession.objects.get(pk=pk), now=timezone.now() - timedelta(days=30, seconds=1))


def bot_chats(count: int) -> list[dict[str, Any]]:
    """``count`` chats that are with the robot."""
    return [_opened(ChatSessionFactory()) for _ in range(count)]


def lines(pk: int, count: int, body: str) -> int:
    """Write ``count`` system lines into the chat ``pk``, each stored and pushed as always; its last seq."""
    session = ChatSession.objects.get(pk=pk)
    for start in range(0, count, LINES_AT_ONCE):
        with transaction.atomic():
            for number in range(start, min(count, start + LINES_AT_ONCE)):
                services.post_event(session, "joined", f"{number} {body}")
    session.refresh_from_db()
    return session.last_seq


COMMANDS: dict[str, Callable] = {
    command.__name__: command for command in (pairs, bot_chats, expired_token, lines)
}


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        close_old_connections()
        try:
            answer = {"result": COMMANDS[asked.pop("command")](**asked)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
