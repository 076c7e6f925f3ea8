from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class RobotConfig(DeskAppConfig):
    """Answers what it can, hands the rest to a human."""

    name = "apps.robot"
    label = "robot"
    verbose_name = _("Robot")
