"""How surveys take part in the chat: offered as it ends, shown with its state, answered over its socket."""

from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.chat.events import ChatSessionClosing
from apps.chat.extensions import Frame, state_frames, visitor_command
from apps.chat.models import ChatSession
from apps.common.events import subscribe
from apps.surveys import selectors, services
from apps.surveys.models import SCALE


@subscribe(ChatSessionClosing, atomic=True)
def offer(event: ChatSessionClosing) -> None:
    """In the transaction that ends the chat: both happen or neither does."""
    services.offer_survey(event.session_id, reason=event.reason, actor=SYSTEM, now=event.at)


@state_frames
def survey_frame(session: ChatSession, viewer: str) -> list[Frame]:
    """Asks the visitor for the rating until they gave it or its time is over."""
    survey = selectors.waiting_survey(session, now=timezone.now()) if viewer == "visitor" else None
    if survey is None:
        return []
    return [{"type": "survey", "session": session.public_id, "token": survey.token, "scale": SCALE}]


@visitor_command("rate")
def rate(session: ChatSession, frame: Frame) -> list[Frame]:
    """``{"type": "rate", "session", "score", "comment"}``; answered with what was stored."""
    survey = services.answer_survey(
        session, actor=session.customer, score=frame.get("score"), comment=frame.get("comment") or ""
    )
    return [{"type": "rated", "session": session.public_id, "score": survey.score}]
