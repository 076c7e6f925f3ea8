from unfold.admin import TabularInline

from apps.access import services as access
from apps.access.admin_permissions import ActionPermissions
from apps.common.admin import DeskAdmin
from apps.routing import services
from apps.routing.permissions import RoutingAction


class ConfigurationPermissions(ActionPermissions):
    """Those who see queues see how they are set up; managers change it."""

    view_action = RoutingAction.READ_QUEUE
    add_action = change_action = RoutingAction.MANAGE_QUEUES

    def has_delete_permission(self, request, obj=None):
        return access.can(request.user, RoutingAction.MANAGE_QUEUES, obj)


class ConfigurationAdmin(ConfigurationPermissions, DeskAdmin):
    """Saves and deletes through the services, so that both are audited."""

    def save_model(self, request, obj, form, change):
        services.save_configuration(obj, actor=request.user, changed=form.changed_data)

    def delete_model(self, request, obj):
        services.delete_configuration(obj, actor=request.user)

    def delete_queryset(self, request, queryset):
        for row in queryset:
            services.delete_configuration(row, actor=request.user)

    def save_formset(self, request, form, formset, change):
        for row in formset.save(commit=False):
            services.save_configuration(row, actor=request.user)
        for row in formset.deleted_objects:
            services.delete_configuration(row, actor=request.user)


class ConfigurationInline(ConfigurationPermissions, TabularInline):
    """Rows on the page of what they belong to."""

    extra = 0

    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request)
