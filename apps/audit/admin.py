from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.access.admin_permissions import ActionPermissions
from apps.audit.models import AuditEvent
from apps.audit.permissions import AuditAction
from apps.common.admin import ReadOnlyAdmin


@admin.register(AuditEvent)
class AuditEventAdmin(ActionPermissions, ReadOnlyAdmin):
    """Who did what, when and from where; newest first."""

    view_action = AuditAction.READ

    list_display = ["at", "action", "actor_name", "actor_kind", "target_type", "target_id", "ip"]
    list_filter = ["actor_kind", "source"]
    search_fields = ["action", "actor_name", "target_id", "request_id"]
    search_help_text = _("Action, actor, target id or request id")
