from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SurveyAnswered:
    """A customer rated a chat."""

    survey_id: int
    session_id: int
    at: datetime
