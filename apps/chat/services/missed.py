"""Answers that came after the customer had left: told once by e-mail."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from apps.chat import absence
from apps.chat.enums import MessageKind
from apps.chat.models import ChatSession, Message
from apps.notifications import services as notifications
from apps.notifications.services.notifying import language_of

LINES_MAX = 10
LINE_CHARS = 600
BATCH = 100
WORDS = {  # for what has no text
    "en": {"image": "(a picture)", "file": "(a file)", "card": "(a card)"},
    "zh": {"image": "（图片）", "file": "（文件）", "card": "（卡片）"},
}


def tell_missed(*, now: datetime | None = None) -> int:
    """Write to the customers who left before an answer came and stayed away; how many. Safe to run twice."""
    now = now or timezone.now()
    sessions = absence.sessions_with_missed_answers(now)[:BATCH]
    return sum(_tell(session, now) for session in sessions)


def _tell(session: ChatSession, now: datetime) -> bool:
    missed = list(absence.missed_answers(session)[:LINES_MAX])
    if not missed:
        return False
    shop = session.inbox.shop_name or session.inbox.name
    told = notifications.notify(
        customer=session.customer,
        milestone="missed_messages",
        dedupe=absence.missed_key(session),
        data={
            "shop_name": shop,
            "lines": [_line(message, session.locale, shop) for message in missed],
            "link": _page(session),
        },
        locale=session.locale,
        now=now,
    )
    return told is not None


def _line(message: Message, locale: str, shop: str) -> dict[str, Any]:
    kind = message.kind if message.kind in (MessageKind.IMAGE, MessageKind.FILE) else "card"
    text = message.body or WORDS[language_of(locale)][kind]
    return {"name": message.sender_name or shop, "text": text[:LINE_CHARS]}


def _page(session: ChatSession) -> str:
    """Where the customer wrote from, when it is a page that the inbox names: a visitor can claim any address."""
    parts = urlsplit(session.source)
    origins = [origin for origin in session.inbox.allowed_origins if origin != "*"]
    named = type(session.inbox)(allowed_origins=origins)
    return session.source if named.allows_origin(f"{parts.scheme}://{parts.netloc}") else ""
