from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action as unfold_action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectMultipleWidget

from apps.access import clients, services
from apps.access.admin_permissions import ActionPermissions
from apps.access.models import ApiClient, ApiToken, Role
from apps.access.permissions import AccessAction
from apps.common.admin import DeskAdmin, ReadOnlyAdmin

SHOWN = ["display_name", "username", "is_active", "created_by"]


class ApiClientForm(forms.ModelForm):
    """What a program is called, what it may do, and how long its first token lives."""

    roles = forms.ModelMultipleChoiceField(
        Role.objects.all(), label=_("Roles"), widget=UnfoldAdminSelectMultipleWidget
    )
    days = forms.IntegerField(
        label=_("Days until the token ends"),
        initial=90,
        min_value=1,
        max_value=services.MAX_TOKEN_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    class Meta:
        model = ApiClient
        fields = ["display_name"]
        labels = {"display_name": _("Name")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields.clear()  # its page is for reading and for the buttons
        for field in self.fields.values():
            field.required = True


@admin.register(ApiClient)
class ApiClientAdmin(ActionPermissions, DeskAdmin):
    """Programs that use the API. Their tokens are shown once, when they are made."""

    view_action = AccessAction.MANAGE_USERS
    add_action = change_action = AccessAction.CREATE_CLIENT

    form = ApiClientForm
    list_display = ["display_name", "username", "is_active", "created_by", "date_joined"]
    list_select_related = ["created_by"]
    list_filter = ["is_active"]
    search_fields = ["display_name", "username"]
    actions_submit_line = ["new_token", "stop"]

    def get_fields(self, request, obj=None):
        return SHOWN if obj else ["display_name", "roles", "days"]

    def get_readonly_fields(self, request, obj=None):
        return SHOWN if obj else []

    def save_model(self, request, obj, form, change):
        if change:
            return self._press_buttons(request, obj)
        data = form.cleaned_data
        client, token = clients.create_api_client(
            actor=request.user, name=data["display_name"], roles=data["roles"], days=data["days"]
        )
        obj.__dict__.update(client.__dict__)
        self._show(request, token)

    def save_related(self, request, form, formsets, change):
        """A program has no rows beside it that the page could store."""

    def _press_buttons(self, request, obj):
        for button in self.get_actions_submit_line(request, obj.pk):
            if button.action_name in request.POST:
                button.method(request, obj)

    def _show(self, request, token):
        text = _("The token, shown only this once: %(token)s") % {"token": token}
        messages.warning(request, text)

    @unfold_action(description=_("Make another token"), permissions=["change"])
    def new_token(self, request, obj):
        try:
            self._show(request, clients.renew_client_token(obj, actor=request.user))
        except clients.ClientStopped as error:
            messages.error(request, error.detail)

    @unfold_action(description=_("Stop this client"), permissions=["change"])
    def stop(self, request, obj):
        clients.stop_api_client(obj, actor=request.user)


@admin.register(ApiToken)
class ApiTokenAdmin(ActionPermissions, ReadOnlyAdmin):
    """Which tokens exist and when they were last used; never the tokens themselves."""

    view_action = AccessAction.MANAGE_USERS

    list_display = ["name", "user", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description=_("Revoke the selected tokens"), permissions=["view"])
    def revoke(self, request, queryset):
        for token in queryset.select_related("user"):
            services.revoke_token(token, actor=request.user)
