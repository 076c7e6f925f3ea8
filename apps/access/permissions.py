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
    MANAGE_POLICIES = "access:ManagePolicies"  # that allow only what one holds oneself
    EXPLAIN = "access:ExplainAccess"  # of others; everybody may ask about themselves
    APPROVE_GRANT = "access:ApproveGrant"  # and reject; of roles that one holds oneself
    BREAK_GLASS = "access:BreakGlass"
    MANAGE_VENDORS = "access:ManageVendors"
    REVEAL_FIELD = "access:RevealField"  # see one masked field whole, for a reason
    OFF_BOARD = "access:OffBoardVendor"  # the desk itself
    # These name deeds in the audit. The first three go with MANAGE_USERS, or are about oneself.
    GIVE_ROLE = "access:GiveRole"
    CHANGE_GRANT = "access:ChangeGrant"
    REVOKE_GRANT = "access:RevokeGrant"
    REQUEST_ROLE = "access:RequestRole"  # everybody for themselves
    REJECT_GRANT = "access:RejectGrant"  # goes with APPROVE_GRANT
    ASSUME_ROLE = "access:AssumeRole"  # who was given it on demand
    END_ROLE_SESSION = "access:EndRoleSession"
    EXPIRE_GRANT = "access:ExpireGrant"  # the desk itself
    EXPIRE_ROLE_SESSION = "access:ExpireRoleSession"


register_actions(
    AccessAction,
    agent={AccessAction.REVEAL_FIELD},
    supervisor={AccessAction.ENTER_ADMIN, AccessAction.REVEAL_FIELD},
    manager={
        AccessAction.MANAGE_USERS,
        AccessAction.CREATE_TOKEN,
        AccessAction.ENTER_ADMIN,
        AccessAction.MANAGE_ROLES,
        AccessAction.CREATE_CLIENT,
        AccessAction.MANAGE_POLICIES,
        AccessAction.EXPLAIN,
        AccessAction.APPROVE_GRANT,
        AccessAction.BREAK_GLASS,
        AccessAction.MANAGE_VENDORS,
        AccessAction.REVEAL_FIELD,
    },
    auditor={AccessAction.ENTER_ADMIN, AccessAction.EXPLAIN},
)
