from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from apps.access import services
from apps.access.admin_permissions import ActionPermissions
from apps.access.models import ApiToken, Grant, Role, User
from apps.access.permissions import AccessAction
from apps.common.admin import DeskAdmin, ReadOnlyAdmin


class GrantInline(ActionPermissions, TabularInline):
    """Which roles a person holds, and until when."""

    view_action = add_action = change_action = AccessAction.MANAGE_USERS
    model = Grant
    extra = 0

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)


@admin.register(User)
class UserAdmin(ActionPermissions, DjangoUserAdmin, DeskAdmin):
    """People: their names, language and the roles they hold."""

    view_action = add_action = change_action = AccessAction.MANAGE_USERS

    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    list_display = ["username", "display_name", "email", "is_active", "last_login"]
    list_filter = ["is_active", "grants__role"]
    search_fields = ["username", "display_name", "email"]
    inlines = [GrantInline]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["display_name", "first_name", "last_name", "email", "locale", "zone"]}),
        (_("Sign-in"), {"fields": ["is_active", "is_staff", "is_superuser", "last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, "is_superuser"]

    def has_change_permission(self, request, obj=None):
        locked = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not locked and super().has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        services.save_person(obj, actor=request.user, changed=form.changed_data)

    def save_formset(self, request, form, formset, change):
        for grant in formset.save(commit=False):
            services.save_person(grant, actor=request.user, changed=["grant"])
        for grant in formset.deleted_objects:
            services.delete_grant(grant, actor=request.user)


@admin.register(Role)
class RoleAdmin(ActionPermissions, ReadOnlyAdmin):
    """System roles follow the code."""

    view_action = AccessAction.MANAGE_USERS

    list_display = ["__str__", "slug"]
    search_fields = ["name", "slug"]


@admin.register(ApiToken)
class ApiTokenAdmin(ActionPermissions, ReadOnlyAdmin):
    """Which tokens exist and when they were last used; never the tokens themselves."""

    view_action = AccessAction.MANAGE_USERS

    list_display = ["name", "user", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description=_("Revoke the selected tokens"), permissions=["view"])
    def revoke(self, request, queryset):
        for token in queryset.select_related("user"):
            services.revoke_token(token, actor=request.user)
