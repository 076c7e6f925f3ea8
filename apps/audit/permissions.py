from enum import StrEnum

from apps.access.registry import register_actions


class AuditAction(StrEnum):
    """What a role may allow on the audit trail. Nobody may write to it but the services."""

    READ = "audit:ReadEvents"
    EXPORT = "audit:ExportEvents"


register_actions(AuditAction, manager={AuditAction.READ}, auditor={AuditAction.READ, AuditAction.EXPORT})
