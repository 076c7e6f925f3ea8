from django.contrib import admin, messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.access import services as access
from apps.access.admin.refusals import RefusalsAsMessages
from apps.access.admin_permissions import ActionPermissions
from apps.common.admin import DeskAdmin, ReadOnlyAdmin
from apps.monitoring import services
from apps.monitoring.enums import AlertKind, WebhookState
from apps.monitoring.models import Alert, AlertRule, AlertWebhook
from apps.monitoring.permissions import MonitoringAction
from apps.monitoring.words import words_of


@admin.register(AlertRule)
class AlertRuleAdmin(RefusalsAsMessages, ActionPermissions, DeskAdmin):
    """When supervisors are called."""

    view_action = MonitoringAction.READ_ALERT
    add_action = change_action = MonitoringAction.MANAGE
    list_display = ["name", "kind", "queue", "threshold", "is_active", "sends_webhook"]
    list_select_related = ["queue"]
    list_filter = ["kind", "is_active"]
    search_fields = ["name"]

    def has_delete_permission(self, request, obj=None):
        is_fixed = obj is not None and obj.kind == AlertKind.BREAK_GLASS
        return not is_fixed and access.can(request.user, MonitoringAction.MANAGE)

    def save_model(self, request, obj, form, change):
        services.save_alert_rule(obj, actor=request.user, changed=form.changed_data)

    def delete_model(self, request, obj):
        services.delete_alert_rule(obj, actor=request.user)

    def delete_queryset(self, request, queryset):
        for rule in queryset:
            self.attempt(request, services.delete_alert_rule, rule)


@admin.register(Alert)
class AlertAdmin(ActionPermissions, ReadOnlyAdmin):
    """What called supervisors, and for how long."""

    view_action = MonitoringAction.READ_ALERT
    list_display = ["raised_at", "what", "rule", "worst", "acknowledged_by", "resolved_at"]
    list_select_related = ["rule", "queue", "acknowledged_by"]
    list_filter = ["rule", "queue", "raised_at"]
    search_fields = ["rule__name", "key"]
    exclude = ["public_id"]

    @admin.display(description=_("What"))
    def what(self, alert):
        return words_of(alert)


@admin.register(AlertWebhook)
class AlertWebhookAdmin(ActionPermissions, ReadOnlyAdmin):
    """Calls to the other system; what was given up can be tried again."""

    view_action = MonitoringAction.READ_ANY_ALERT
    list_display = ["alert", "news", "state", "attempts", "due_at", "sent_at", "error"]
    list_select_related = ["alert__rule"]
    list_filter = ["state", "news"]
    search_fields = ["message_id", "error"]
    actions_detail = ["replay"]

    @action(description=_("Try again"), url_path="replay", icon="replay", permissions=["replay"])
    def replay(self, request, object_id):
        call = AlertWebhook.objects.get(pk=object_id)
        services.replay_webhook(call, actor=request.user)
        messages.success(request, _("It is tried again within seconds."))
        return redirect(reverse("admin:monitoring_alertwebhook_change", args=[object_id]))

    def has_replay_permission(self, request, object_id=None):
        call = AlertWebhook.objects.filter(pk=object_id, state=WebhookState.DEAD).first()
        return call is not None and access.can(request.user, MonitoringAction.REPLAY)
