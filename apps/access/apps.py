from apps.common.appconfig import DeskAppConfig


class AccessConfig(DeskAppConfig):
    """Who may do what: users, roles, grants, tokens."""

    name = "apps.access"
    label = "access"
