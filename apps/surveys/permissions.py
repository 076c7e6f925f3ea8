from enum import StrEnum

from apps.access.registry import register_actions


class SurveyAction(StrEnum):
    """What a policy may grant over surveys: to read those of one's own chats and supervised queues, or any."""

    READ = "surveys:ReadSurvey"
    READ_ANY = "surveys:ReadSurveyAny"
    OFFER = "surveys:OfferSurvey"  # the desk itself only
    ANSWER = "surveys:AnswerSurvey"  # the customer only


register_actions(
    SurveyAction,
    agent={SurveyAction.READ},
    supervisor={SurveyAction.READ},
    manager={SurveyAction.READ_ANY},
    auditor={SurveyAction.READ_ANY},
    api_client={SurveyAction.READ},
)
