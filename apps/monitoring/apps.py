from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class MonitoringConfig(DeskAppConfig):
    """Figures of the desk, metrics for machines, alerts for supervisors."""

    name = "apps.monitoring"
    label = "monitoring"
    verbose_name = _("Monitoring")
