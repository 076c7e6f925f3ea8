from django.contrib import admin
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.access import role_sessions
from apps.access.admin.refusals import RefusalsAsMessages
from apps.access.admin_permissions import ActionPermissions, may
from apps.access.models import RoleSession
from apps.access.permissions import AccessAction
from apps.common.admin import ReadOnlyAdmin


@admin.register(RoleSession)
class RoleSessionAdmin(RefusalsAsMessages, ActionPermissions, ReadOnlyAdmin):
    """Roles that people took on for some hours, and what for."""

    view_action = AccessAction.MANAGE_USERS

    list_display = [
        "user",
        "role",
        "break_glass",
        "reason",
        "ticket_ref",
        "started_at",
        "not_after",
        "ended_at",
    ]
    list_select_related = ["user", "role"]
    list_filter = ["break_glass", "role", "started_at"]
    search_fields = ["user__username", "user__display_name", "reason", "ticket_ref"]
    exclude = ["expiry_noted_at"]
    actions_detail = ["end_now"]

    @action(description=_("End now"), permissions=["end"])
    def end_now(self, request, object_id):
        session = self.get_object(request, object_id)
        self.attempt(request, role_sessions.end_session, session, done=_("It has ended."))
        return redirect("admin:access_rolesession_change", object_id)

    def has_end_permission(self, request, object_id=None):
        live = RoleSession.objects.in_force(timezone.now()).filter(pk=object_id)
        return live.exists() and may(request, AccessAction.MANAGE_USERS)
