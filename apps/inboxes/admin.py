from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
)

from apps.access import services as access
from apps.access.admin_permissions import ActionPermissions
from apps.access.models import User
from apps.audit.admin_reading import RecordedReads
from apps.common.admin import DeskAdmin, ReadOnlyAdmin, ReadOnlyTabularInline
from apps.inboxes import services
from apps.inboxes.models import EmailAccount, InboundEmail, InboundFile, Inbox
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
        (
            _("What visitors see"),
            {"fields": ["shop_name", "color", "greeting", "quick_questions", "privacy_url"]},
        ),
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


class MailboxForm(forms.ModelForm):
    """A mailbox; its password is written, never shown."""

    password = forms.CharField(
        label=_("Password"),
        required=False,
        widget=UnfoldAdminPasswordWidget(render_value=False),
        help_text=_("Stored encrypted. Leave it empty to keep the one that is set."),
    )


@admin.register(EmailAccount)
class EmailAccountAdmin(ActionPermissions, DeskAdmin):
    """Mailboxes that are read: each new mail becomes a ticket or joins one."""

    view_action = add_action = change_action = InboxAction.MANAGE_ACCOUNTS
    form = MailboxForm
    list_display = ["address", "inbox", "host", "is_active", "checked_at", "error"]
    list_select_related = ["inbox"]
    readonly_fields = ["checked_at", "error"]
    fieldsets = [
        (None, {"fields": ["address", "inbox", "is_active", "plus_addresses", "checked_at", "error"]}),
        (
            _("Where it lies"),
            {"fields": ["host", "port", "security", "username", "password", "folder"]},
        ),
    ]

    def save_model(self, request, obj, form, change):
        fields = {name: form.cleaned_data[name] for name in services.ACCOUNT_FIELDS}
        known = EmailAccount.objects.get(pk=obj.pk) if change else None
        obj.pk = services.save_account(known, actor=request.user, **fields).pk
        obj._state.adding = False


class FileInline(ReadOnlyTabularInline):
    model = InboundFile
    fields = ["name", "mime", "size"]

    def has_view_permission(self, request, obj=None):
        return True  # as the mail it stands on


@admin.register(InboundEmail)
class InboundEmailAdmin(RecordedReads, ActionPermissions, ReadOnlyAdmin):
    """What came in, and what became of it."""

    view_action = InboxAction.READ_MAIL
    personal = True
    list_display = ["received_at", "from_address", "subject", "state", "automatic", "thread", "error"]
    list_filter = ["state", "account", "received_at"]
    search_fields = ["from_address", "subject", "message_id", "thread"]
    ordering = ["-pk"]
    actions = ["replay"]
    inlines = [FileInline]
    fieldsets = [
        (
            None,
            {"fields": ["account", "from_address", "from_name", "recipients", "subject", "state", "error"]},
        ),
        (_("What it says"), {"fields": ["reply_text", "text"]}),
        (
            _("Wire"),
            {"fields": ["message_id", "in_reply_to", "references", "automatic", "thread", "headers"]},
        ),
    ]

    def has_replay_permission(self, request):
        return access.can(request.user, InboxAction.REPLAY_MAIL)

    @admin.action(description=_("Look at it anew"), permissions=["replay"])
    def replay(self, request, queryset):
        done = sum(services.replay_mail(mail, actor=request.user) for mail in queryset)
        text = ngettext("%(count)s is looked at anew.", "%(count)s are looked at anew.", done)
        messages.success(request, text % {"count": done})
