"""What an operator should know before strangers come: ``manage.py check --deploy``."""

from typing import Any

from django.core.checks import Info, Tags, register

from apps.audit import checkpoints
from apps.common.errors import DomainError


@register(Tags.security, deploy=True)
def somebody_vouches(app_configs: Any, **kwargs: Any) -> list[Info]:
    """Without a key nobody signs where the trail stands, and an owner of the database could write it anew."""
    try:
        checkpoints.signing_key()
    except DomainError as error:
        hint = "Set AUDIT_SIGNING_KEY: python3 -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())'"
        return [
            Info(f"No checkpoints of the audit trail are signed. {error.detail}", hint=hint, id="audit.I001")
        ]
    return []
