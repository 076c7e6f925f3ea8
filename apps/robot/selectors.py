from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from apps.chat.enums import ChatStatus, MessageKind, SenderKind
from apps.chat.models import ChatSession, Message
from apps.knowledge.models import Faq, FaqCategory
from apps.knowledge.selectors import categories_with_faqs
from apps.robot.language import language_of
from apps.robot.models import RobotTurn

MENU_SIZE = 6
POPULAR_WITHIN = timedelta(days=30)
GREET_WITHIN = timedelta(minutes=10)
FILE_KINDS = frozenset({MessageKind.IMAGE, MessageKind.FILE})
# A recall takes words back; system lines are ours.
SAID_KINDS = tuple(set(MessageKind.values) - {MessageKind.RECALL, MessageKind.EVENT, MessageKind.NOTE})


@dataclass(frozen=True)
class Heard:
    """What the customer said since the robot's last turn."""

    session_id: int
    seq: int  # of the last of it
    text: str  # all of it, in lines; empty when only files or cards came
    has_file: bool
    lang: str
    previous: RobotTurn | None


def heard(session_id: int) -> Heard | None:
    """What waits for the robot in a session; None when nothing does or the session is not the robot's."""
    session = ChatSession.objects.filter(pk=session_id, status=ChatStatus.BOT).first()
    if session is None:
        return None
    previous = RobotTurn.objects.filter(session=session).order_by("-customer_seq").first()
    said = _said(session).filter(seq__gt=previous.customer_seq if previous else 0)
    messages = list(said.order_by("seq").values_list("seq", "kind", "body"))
    if not messages:
        return None
    text = "\n".join(body for _, kind, body in messages if kind == MessageKind.TEXT)
    return Heard(
        session_id=session.pk,
        seq=messages[-1][0],
        text=text,
        has_file=any(kind in FILE_KINDS for _, kind, _ in messages),
        lang=language_of(text, session.locale),
        previous=previous,
    )


def _said(session: ChatSession) -> QuerySet[Message]:
    return Message.objects.filter(
        session=session, sender_kind=SenderKind.CUSTOMER, kind__in=SAID_KINDS, recalled_by=None
    )


def unanswered_sessions(before: datetime) -> QuerySet[ChatSession]:
    """The robot's sessions with words from before ``before`` that it has not taken up."""
    turns = RobotTurn.objects.filter(session=OuterRef("session")).values("session")
    taken_up = Coalesce(Subquery(turns.annotate(seq=Max("customer_seq")).values("seq")), Value(0))
    waiting = Message.objects.filter(
        session=OuterRef("pk"),
        sender_kind=SenderKind.CUSTOMER,
        kind__in=SAID_KINDS,
        recalled_by=None,
        at__lte=before,
        seq__gt=taken_up,
    )
    # ``customer_wrote_at`` is indexed with the status: sessions without a word are not looked at.
    live = ChatSession.objects.filter(status=ChatStatus.BOT, customer_wrote_at__isnull=False)
    return live.filter(Exists(waiting)).order_by("customer_wrote_at")


def ungreeted_sessions(before: datetime) -> QuerySet[ChatSession]:
    """The robot's young sessions in which nobody has said anything."""
    young = Q(opened_at__gt=before - GREET_WITHIN, opened_at__lte=before)
    return ChatSession.objects.filter(young, status=ChatStatus.BOT, last_seq=0).order_by("opened_at")


def menu(lang: str) -> list[str]:
    """Names of the first categories that have something to say in ``lang``."""
    return [category.name_in(lang) for category in categories_with_faqs(lang)[:MENU_SIZE]]


def category_named(text: str, lang: str) -> FaqCategory | None:
    """The category that the customer tapped or typed, in any language."""
    name = text.strip().casefold()
    wanted = (c for c in categories_with_faqs(lang) if name in (c.name_en.casefold(), c.name_zh.casefold()))
    return next(wanted, None) if name else None


def most_asked(category: FaqCategory, lang: str, *, now: datetime, limit: int) -> list[Faq]:
    """FAQs of a category: what the robot answered most in the last 30 days, then in the order they were made."""
    recent = Count("robot_turns", filter=Q(robot_turns__at__gt=now - POPULAR_WITHIN))
    faqs = Faq.objects.active().filter(category=category, lang=lang).annotate(asked=recent)
    return list(faqs.order_by(F("asked").desc(), "pk")[:limit])
