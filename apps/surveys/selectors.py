from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count, Q, QuerySet

from apps.chat.models import ChatSession
from apps.surveys.enums import SurveyState
from apps.surveys.models import Survey


@dataclass(frozen=True)
class RatingFigures:
    """How customers rated."""

    offered: int  # surveys, answered or not
    answered: int
    average: float | None  # of the scores; None without an answer


def rating_figures(surveys: QuerySet[Survey], *, since: datetime) -> RatingFigures:
    """Figures over ``surveys`` offered ``since``, in one query."""
    row = surveys.filter(offered_at__gte=since).aggregate(
        offered=Count("pk"), answered=Count("pk", filter=Q(state=SurveyState.ANSWERED)), average=Avg("score")
    )
    return RatingFigures(**row)


def waiting_survey(session: ChatSession, *, now: datetime) -> Survey | None:
    """The survey that the customer of the ended ``session`` may answer now."""
    if session.ended_at is None:
        return None
    return Survey.objects.filter(session=session).answerable(now).first()
