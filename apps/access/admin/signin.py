"""Who is signed in, who is locked out, and what a manager does when somebody cannot get in."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.access.admin.refusals import RefusalsAsMessages
from apps.access.admin_permissions import ActionPermissions
from apps.access.models import LockOut, WebSession
from apps.access.permissions import AccessAction
from apps.access.signin import factors, links, lockout, sessions
from apps.common.admin import ReadOnlyAdmin


class SignInButtons:
    """Mixin of the list of people."""

    actions = ["invite", "sign_out", "reset_factors"]

    @admin.action(description=_("Send a link to choose a password"), permissions=["change"])
    def invite(self, request, queryset):
        for user in queryset:
            self.attempt(
                request, links.invite, user, done=_("A mail to %(name)s is on its way.") % {"name": user}
            )

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out(self, request, queryset):
        for user in queryset:
            self.attempt(request, sessions.end_all, user, done=_("%(name)s is signed out.") % {"name": user})

    @admin.action(description=_("Remove all second factors"), permissions=["change"])
    def reset_factors(self, request, queryset):
        for user in queryset:
            done = _("%(name)s can sign in with the password alone, and set another factor up.")
            self.attempt(request, factors.reset_factors, user, done=done % {"name": user})


@admin.register(WebSession)
class WebSessionAdmin(RefusalsAsMessages, ActionPermissions, ReadOnlyAdmin):
    """Browsers in which somebody is signed in."""

    view_action = AccessAction.MANAGE_USERS
    list_display = ["user", "method", "mfa", "ip", "user_agent", "started_at", "last_seen_at"]
    list_select_related = ["user"]
    list_filter = ["mfa", "method"]
    search_fields = ["user__username", "user__display_name"]
    exclude = ["session_key"]
    actions = ["end"]

    @admin.action(description=_("Sign the selected browsers out"), permissions=["view"])
    def end(self, request, queryset):
        for row in queryset.select_related("user"):
            self.attempt(request, sessions.end_session, row)


@admin.register(LockOut)
class LockOutAdmin(RefusalsAsMessages, ActionPermissions, ReadOnlyAdmin):
    """Names and addresses that failed to sign in; after too often they wait."""

    view_action = AccessAction.MANAGE_USERS
    list_display = ["shown_name", "ip", "failures", "since", "until"]
    search_fields = ["name", "ip"]
    actions = ["unlock"]

    @admin.display(description=_("user name"))
    def shown_name(self, row):
        return row.name or _("any")

    @admin.action(description=_("Let the selected ones try again"), permissions=["view"])
    def unlock(self, request, queryset):
        for row in queryset:
            self.attempt(request, lockout.unlock, row)
