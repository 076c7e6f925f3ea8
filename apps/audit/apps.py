from apps.common.appconfig import DeskAppConfig


class AuditConfig(DeskAppConfig):
    """What was done, by whom: append-only."""

    name = "apps.audit"
    label = "audit"
