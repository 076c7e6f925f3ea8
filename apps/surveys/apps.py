from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class SurveysConfig(DeskAppConfig):
    """One rating for each closed chat."""

    name = "apps.surveys"
    label = "surveys"
    verbose_name = _("Ratings")
