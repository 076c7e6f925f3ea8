from django.utils.translation import gettext_lazy as _

from apps.common.errors import DomainError


class AlreadyRated(DomainError):
    """The chat was rated before; the first answer stands."""

    code = "already_rated"
    default_detail = _("You have already rated this chat. Thank you.")


class NoSurvey(DomainError):
    """The chat has no survey: it goes on, or it ended without an exchange to rate."""

    code = "no_survey"
    default_detail = _("This chat cannot be rated.")


class SurveyExpired(DomainError):
    """The answer came too late."""

    code = "survey_expired"
    default_detail = _("The time to rate this chat is over.")
