from enum import StrEnum

from apps.access.registry import register_actions


class AccessAction(StrEnum):
    """What a role may allow about users, roles and tokens."""

    MANAGE_USERS = "access:ManageUsers"
    CREATE_TOKEN = "access:CreateToken"  # for somebody else
    REVOKE_TOKEN = "access:RevokeToken"  # goes with CREATE_TOKEN; names the deed in the audit
    ENTER_ADMIN = "access:EnterAdmin"
    MANAGE_ROLES = "access:ManageRoles"  # those of the shop's own; only actions that one holds oneself
    CREATE_CLIENT = "access:CreateApiClient"


register_actions(
    AccessAction,
    supervisor={AccessAction.ENTER_ADMIN},
    manager={
        AccessAction.MANAGE_USERS,
        AccessAction.CREATE_TOKEN,
        AccessAction.ENTER_ADMIN,
        AccessAction.MANAGE_ROLES,
        AccessAction.CREATE_CLIENT,
    },
    auditor={AccessAction.ENTER_ADMIN},
)
