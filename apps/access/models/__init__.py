from apps.access.models.people import ApiClient, ApiClientManager, User
from apps.access.models.policies import Policy, PolicyVersion
from apps.access.models.roles import MAX_SESSION_HOURS, Grant, GrantQuerySet, Role, RoleSession
from apps.access.models.sessions import LockOut, WebSession
from apps.access.models.tokens import ApiToken, IdempotentCall
from apps.access.models.vendors import Reveal, Vendor

__all__ = [
    "MAX_SESSION_HOURS",
    "ApiClient",
    "ApiClientManager",
    "ApiToken",
    "Grant",
    "GrantQuerySet",
    "IdempotentCall",
    "LockOut",
    "Policy",
    "PolicyVersion",
    "Reveal",
    "Role",
    "RoleSession",
    "User",
    "Vendor",
    "WebSession",
]
