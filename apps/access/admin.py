from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from apps.access.models import ApiToken, Grant, Role, User
from apps.common.admin import DeskAdmin, ReadOnlyAdmin


class GrantInline(TabularInline):
    model = Grant
    extra = 0
    autocomplete_fields = ["role"]


@admin.register(User)
class UserAdmin(DjangoUserAdmin, DeskAdmin):
    """People: their names, language and the roles they hold."""

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


@admin.register(Role)
class RoleAdmin(ReadOnlyAdmin):
    """System roles follow the code."""

    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Which tokens exist and when they were last used; never the tokens themselves."""

    list_display = ["name", "user", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    exclude = ["digest"]
