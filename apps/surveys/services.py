from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.chat import log
from apps.chat import services as chat
from apps.chat.enums import CloseReason, MessageKind, SenderKind
from apps.chat.models import ChatSession, Message
from apps.common.errors import AccessDenied, Invalid
from apps.common.events import publish
from apps.customers.models import Customer
from apps.notifications import services as notifications
from apps.surveys import invitations
from apps.surveys.enums import SurveyState
from apps.surveys.errors import AlreadyRated, NoSurvey, SurveyExpired
from apps.surveys.events import SurveyAnswered
from apps.surveys.models import COMMENT_MAX, SCALE, Survey
from apps.surveys.permissions import SurveyAction

LIFE = timedelta(days=3)
INVITED_AT_ONCE = 200
# Ends after which nobody asks for a rating: there was nobody to ask, or nothing to rate.
NOT_RATED = frozenset({CloseReason.SPAM, CloseReason.QUEUE_ABANDONED, CloseReason.BOT_ABANDONED})


@transaction.atomic
def offer_survey(
    session: ChatSession | int, *, reason: str, actor: Actor, now: datetime | None = None
) -> Survey | None:
    """Offer the survey of a chat that ends for ``reason``; ``None`` where there is nothing to rate.

    A chat has one survey: one that ends again after a reopening has its unanswered survey offered anew.
    The caller's transaction holds the lock on the session. Raises ``AccessDenied``.
    """
    access.require(actor, SurveyAction.OFFER)
    now = now or timezone.now()
    session = log.locked(session)
    if reason in NOT_RATED or not _had_exchange(session):
        return None
    survey, created = Survey.objects.get_or_create(session=session, defaults=_offer(session, now))
    if not created:
        Survey.objects.filter(pk=survey.pk).exclude(state=SurveyState.ANSWERED).update(**_offer(session, now))
        survey.refresh_from_db()
    audit.record(actor=actor, action=SurveyAction.OFFER, target=survey, at=now, session=session.public_id)
    return survey


def _offer(session: ChatSession, now: datetime) -> dict[str, Any]:
    return {
        "state": SurveyState.OFFERED,
        "agent": session.agent,
        "queue": session.queue,
        "offered_at": now,
        "expires_at": now + LIFE,
    }


def _had_exchange(session: ChatSession) -> bool:
    """Whether the customer wrote and an agent or the robot answered after that."""
    lines = Message.objects.filter(session=session, internal=False).exclude(kind=MessageKind.EVENT)
    asked = (
        lines.filter(sender_kind=SenderKind.CUSTOMER).order_by("seq").values_list("seq", flat=True).first()
    )
    if asked is None:
        return False
    return lines.filter(seq__gt=asked, sender_kind__in=[SenderKind.AGENT, SenderKind.BOT]).exists()


@transaction.atomic
def answer_survey(
    session: ChatSession, *, actor: Customer, score: Any, comment: Any = "", now: datetime | None = None
) -> Survey:
    """Store the customer's rating, once and for good: 1 (worst) to 5. Publishes ``SurveyAnswered``.

    Takes what came over the wire: anything but a whole number and a text is ``Invalid``.

    Raises ``AccessDenied`` for anybody but the customer of ``session``, ``Invalid``, ``NoSurvey``,
    ``SurveyExpired``, or ``AlreadyRated`` when an answer is stored: the first one stands.
    """
    if getattr(actor, "actor_kind", "") != "customer" or session.customer_id != actor.pk:
        raise AccessDenied()
    answer = _checked(score, comment)
    now = now or timezone.now()
    session = log.locked(session)
    # Compare-and-set: of answers that come together, one UPDATE matches the row.
    stored = Survey.objects.filter(session=session).answerable(now)
    if not stored.update(state=SurveyState.ANSWERED, answered_at=now, **answer):
        raise _refusal(session)
    survey = Survey.objects.get(session=session)
    audit.record(actor=actor, action=SurveyAction.ANSWER, target=survey, at=now, score=survey.score)
    text = f"The customer rated this chat {survey.score} of {SCALE}."
    chat.post_event(session, "rated", text, actor=actor, now=now, scale=SCALE, **answer)
    publish(SurveyAnswered(survey_id=survey.pk, session_id=session.pk, at=now))
    return survey


def answer_by_token(token: str, *, score: int, comment: str = "", now: datetime | None = None) -> Survey:
    """As ``answer_survey``, for whoever holds the survey's token. Raises ``NoSurvey`` for an unknown one."""
    survey = Survey.objects.select_related("session__customer").filter(token=token).first()
    if survey is None:
        raise NoSurvey()
    session = survey.session
    return answer_survey(session, actor=session.customer, score=score, comment=comment, now=now)


def invite_by_email(*, now: datetime | None = None) -> int:
    """Write to customers who left before rating; how many. Safe to run twice: each survey is asked for once."""
    now = now or timezone.now()
    surveys = invitations.uninvited_surveys(now).order_by("pk")[:INVITED_AT_ONCE]
    return sum(_invite(survey, now) for survey in surveys)


def _invite(survey: Survey, now: datetime) -> bool:
    session = survey.session
    told = notifications.notify(
        customer=session.customer,
        milestone="survey_invitation",
        dedupe=invitations.occasion(survey),
        data={
            "link": settings.PUBLIC_BASE_URL + reverse("survey-rate", args=[survey.token]),
            "shop_name": session.inbox.shop_name or session.inbox.name,
        },
        locale=session.locale,
        now=now,
    )
    return told is not None


def _checked(score: Any, comment: Any) -> dict[str, Any]:
    """The answer, trimmed. Raises ``Invalid`` naming each malformed field."""
    faults = {}
    if type(score) is not int or not 1 <= score <= SCALE:
        faults["score"] = [_("Give a whole number from 1 to %(scale)s.") % {"scale": SCALE}]
    if not isinstance(comment, str) or "\x00" in comment:
        faults["comment"] = [_("The comment is not a text.")]
    elif len(comment) > COMMENT_MAX:
        faults["comment"] = [_("The comment has at most %(most)s characters.") % {"most": COMMENT_MAX}]
    if faults:
        raise Invalid(fields=faults)
    return {"score": score, "comment": comment.strip()}


def _refusal(session: ChatSession) -> Exception:
    state = Survey.objects.filter(session=session).values_list("state", flat=True).first()
    if state is None:
        return NoSurvey()
    return AlreadyRated() if state == SurveyState.ANSWERED else SurveyExpired()


def expire_surveys(*, now: datetime | None = None) -> int:
    """Note which surveys were left unanswered; how many. Safe to run twice: an answer is never touched."""
    return Survey.objects.overdue(now or timezone.now()).update(state=SurveyState.EXPIRED)
