from apps.access.admin import allauth
from apps.access.admin.grants import GrantAdmin
from apps.access.admin.people import UserAdmin
from apps.access.admin.policies import PolicyAdmin
from apps.access.admin.programs import ApiClientAdmin, ApiTokenAdmin
from apps.access.admin.role_sessions import RoleSessionAdmin
from apps.access.admin.roles import RoleAdmin
from apps.access.admin.signin import LockOutAdmin, WebSessionAdmin
from apps.access.admin.vendors import RevealAdmin, VendorAdmin

__all__ = [
    "ApiClientAdmin",
    "ApiTokenAdmin",
    "GrantAdmin",
    "LockOutAdmin",
    "PolicyAdmin",
    "RevealAdmin",
    "RoleAdmin",
    "RoleSessionAdmin",
    "UserAdmin",
    "VendorAdmin",
    "WebSessionAdmin",
]

allauth.hide()
