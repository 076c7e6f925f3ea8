from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectMultipleWidget, UnfoldAdminTextareaWidget

from apps.access.admin_permissions import ActionPermissions
from apps.access.models import User
from apps.common.admin import DeskAdmin
from apps.inboxes import services
from apps.inboxes.models import Inbox
from apps.inboxes.permissions import InboxAction
from apps.inboxes.selectors import inbox_members


class InboxForm(forms.ModelForm):
    """The inbox and who may use it."""

    members = forms.ModelMultipleChoiceField(
        User.objects.filter(is_active=True),
        label=_("May use it"),
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
        help_text=_("People whose role reaches every inbox need not be named."),
    )

    class Meta:
        widgets = {
            name: UnfoldAdminTextareaWidget(attrs={"rows": rows})
            for name, rows in (("greeting", 4), ("quick_questions", 6), ("allowed_origins", 2))
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and "members" in self.fields:
            self.fields["members"].initial = inbox_members(self.instance)


@admin.register(Inbox)
class InboxAdmin(ActionPermissions, DeskAdmin):
    """Channels: what they show, who may embed them and how their shop signs customers."""

    view_action = InboxAction.READ
    add_action = InboxAction.CREATE
    change_action = InboxAction.UPDATE
    form = InboxForm
    list_display = ["name", "slug", "channel", "is_active", "shop_name"]
    list_filter = ["channel", "is_active"]
    search_fields = ["name", "slug", "shop_name"]
    readonly_fields = ["signs_identities"]
    actions_submit_line = ["new_secret"]  # a POST, unlike detail actions
    fieldsets = [
        (None, {"fields": ["name", "slug", "channel", "is_active", "members"]}),
        (_("What visitors see"), {"fields": ["shop_name", "color", "greeting", "quick_questions"]}),
        (_("Behaviour"), {"fields": ["default_locale", "reopen_seconds"]}),
        (_("Security"), {"fields": ["allowed_origins", "signs_identities"]}),
    ]

    @admin.display(description=_("Signed identities"), boolean=True)
    def signs_identities(self, inbox):
        return inbox.signs_identities

    def save_model(self, request, obj, form, change):
        fields = {name: form.cleaned_data[name] for name in form.changed_data if name in services.WRITABLE}
        if change:
            services.update_inbox(Inbox.objects.get(pk=obj.pk), actor=request.user, **fields)
        else:
            obj.pk = services.create_inbox(actor=request.user, **fields).pk
            obj.refresh_from_db()
            obj._state.adding = False
        if "members" in form.changed_data:
            services.set_inbox_members(obj, users=form.cleaned_data["members"], actor=request.user)
        self._run_pressed_button(request, obj)

    def _run_pressed_button(self, request, obj):
        # The theme does this in its own save_model, which would save the row past the service.
        for button in self.get_actions_submit_line(request, obj.pk):
            if button.action_name in request.POST:
                button.method(request, obj)

    @action(description=_("Save and make a new identity secret"), permissions=["change"])
    def new_secret(self, request, obj):
        secret = services.rotate_identity_secret(obj, actor=request.user)
        text = _("The new secret, shown this once: %(secret)s") % {"secret": secret}
        messages.warning(request, text)
