from apps.common.appconfig import DeskAppConfig


class SurveysConfig(DeskAppConfig):
    """One rating for each closed chat."""

    name = "apps.surveys"
    label = "surveys"
