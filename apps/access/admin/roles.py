from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectMultipleWidget

from apps.access import clients
from apps.access.admin.lines import HOURS_HELP, HoursField
from apps.access.admin.refusals import RefusalsAsMessages
from apps.access.admin_permissions import ActionPermissions
from apps.access.models import Role
from apps.access.permissions import AccessAction
from apps.access.registry import known_actions
from apps.common.admin import DeskAdmin


class RoleForm(forms.ModelForm):
    """A role: its actions as boxes to tick, its policies and its bounds."""

    actions = forms.MultipleChoiceField(
        label=_("Actions"),
        choices=lambda: [(name, name) for name in sorted(known_actions())],
        widget=UnfoldAdminSelectMultipleWidget,
        required=False,
        help_text=_("An action that ends in “Any” reaches everything, without it own queues and inboxes."),
    )
    hours = HoursField(label=_("Hours"), required=False, help_text=HOURS_HELP)


@admin.register(Role)
class RoleAdmin(RefusalsAsMessages, ActionPermissions, DeskAdmin):
    """Actions and names of system roles follow the code; a shop sets their bounds, and adds roles of its own."""

    view_action = AccessAction.MANAGE_USERS
    add_action = change_action = AccessAction.MANAGE_ROLES

    form = RoleForm
    fieldsets = [
        (None, {"fields": ["name", "slug", "actions", "policies"]}),
        (
            _("How it is held"),
            {"fields": ["requires_mfa", "needs_approval", "max_session_hours", "is_break_glass"]},
        ),
        (_("When it counts"), {"fields": ["hours", "zone"]}),
    ]
    filter_horizontal = ["policies"]
    prepopulated_fields = {"slug": ["name"]}
    list_display = ["__str__", "slug", "system", "requires_mfa", "needs_approval", "is_break_glass"]
    list_filter = ["requires_mfa", "needs_approval", "is_break_glass"]
    search_fields = ["name", "slug"]

    @admin.display(description=_("comes with the desk"), boolean=True)
    def system(self, role):
        return role.is_system

    def get_readonly_fields(self, request, obj=None):
        return ["name", "slug", "actions", "is_break_glass"] if obj and obj.is_system else []

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def save_model(self, request, obj, form, change):
        clients.save_role(obj, actor=request.user, policies=form.cleaned_data["policies"])

    def save_related(self, request, form, formsets, change):
        """The service has attached the policies."""
