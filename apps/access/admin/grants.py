from django.contrib import admin
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.access import grants
from apps.access.admin.refusals import RefusalsAsMessages
from apps.access.admin_permissions import ActionPermissions, may
from apps.access.enums import GrantState
from apps.access.models import Grant
from apps.access.permissions import AccessAction
from apps.common.admin import ReadOnlyAdmin


@admin.register(Grant)
class GrantAdmin(RefusalsAsMessages, ActionPermissions, ReadOnlyAdmin):
    """Who holds which role, who gave it and who confirmed it. Roles are given on the page of the person."""

    view_action = AccessAction.MANAGE_USERS

    list_display = ["user", "role", "kind", "state", "not_before", "not_after", "reason", "ticket_ref"]
    list_select_related = ["user", "role"]
    list_filter = ["state", "kind", "role", "not_after"]
    search_fields = ["user__username", "user__display_name", "reason", "ticket_ref"]
    ordering = ["-pk"]
    exclude = ["expiry_noted_at"]
    actions_detail = ["approve", "reject", "revoke"]

    @action(description=_("Approve"), permissions=["decide"])
    def approve(self, request, object_id):
        return self._press(request, object_id, grants.approve_grant, _("Approved. It counts from now on."))

    @action(description=_("Reject"), permissions=["decide"])
    def reject(self, request, object_id):
        return self._press(request, object_id, grants.reject_grant, _("Rejected."))

    @action(description=_("Take back"), permissions=["revoke"])
    def revoke(self, request, object_id):
        return self._press(request, object_id, grants.revoke_grant, _("Taken back. It counts no more."))

    def _press(self, request, object_id, service, done):
        self.attempt(request, service, self.get_object(request, object_id), done=done)
        return redirect("admin:access_grant_change", object_id)

    def has_decide_permission(self, request, object_id=None):
        return self._is(object_id, GrantState.REQUESTED) and may(request, AccessAction.APPROVE_GRANT)

    def has_revoke_permission(self, request, object_id=None):
        open_states = (GrantState.REQUESTED, GrantState.ACTIVE)
        return self._is(object_id, *open_states) and may(request, AccessAction.MANAGE_USERS)

    def _is(self, object_id, *states):
        return Grant.objects.filter(pk=object_id, state__in=states).exists()
