"""What is taken on for some hours makes nothing that lasts longer."""

from typing import Any

from django.utils.translation import gettext_lazy as _lazy

from apps.common.errors import AccessDenied


class RoleChaining(AccessDenied):
    """A token of an assumed role takes on no other, gives no roles, and makes no tokens and policies."""

    code = "role_chaining"
    default_detail = _lazy("Whoever acts in an assumed role takes on no other, and makes nothing that lasts.")


def require_own_name(actor: Any) -> None:
    """Raise ``RoleChaining`` for who acts by a token of an assumed role."""
    if getattr(actor, "assumed", None):
        raise RoleChaining()
