from collections.abc import Callable

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.access import services as access
from apps.access.admin_permissions import ActionPermissions
from apps.audit.admin_reading import RecordedReads
from apps.common.admin import DeskAdmin, ReadOnlyAdmin, ReadOnlyTabularInline
from apps.common.errors import Invalid
from apps.notifications import selectors, services
from apps.notifications.models import (
    Notification,
    NotificationDelivery,
    NotificationTemplate,
    OptOut,
    OutgoingEmail,
)
from apps.notifications.permissions import NotificationAction
from apps.notifications.texts import SAMPLES, Texts


class DeliveryInline(ReadOnlyTabularInline):
    model = NotificationDelivery
    fields = ["channel", "state", "attempts", "due_at", "sent_at", "error"]

    def has_view_permission(self, request, obj=None):
        return True  # as the notification it stands on


class Replaying:
    """Mixin: what was given up can be tried again, one or many at once."""

    actions = ["replay"]
    replay_row: Callable[..., bool]

    def has_replay_permission(self, request):
        return access.can(request.user, NotificationAction.REPLAY)

    @admin.action(description=_("Try again what was given up"), permissions=["replay"])
    def replay(self, request, queryset):
        rows = list(queryset.dead())
        done = sum(self.replay_row(row, actor=request.user) for row in rows)
        text = ngettext("%(count)s is tried again.", "%(count)s are tried again.", done)
        messages.success(request, text % {"count": done})


@admin.register(Notification)
class NotificationAdmin(RecordedReads, ActionPermissions, ReadOnlyAdmin):
    """What customers were told, and how."""

    view_action = NotificationAction.READ
    personal = True
    list_display = ["created_at", "customer", "milestone", "dedupe", "language"]
    list_select_related = ["customer"]
    list_filter = ["milestone", "category", "created_at"]
    search_fields = ["dedupe", "customer__name", "customer__email"]
    ordering = ["-pk"]
    inlines = [DeliveryInline]
    fields = ["customer", "milestone", "dedupe", "category", "mode", "language", "data", "created_at"]


@admin.register(NotificationDelivery)
class DeliveryAdmin(Replaying, ActionPermissions, ReadOnlyAdmin):
    """Each way on which something went, with its tries."""

    view_action = NotificationAction.READ
    personal = True
    list_display = ["notification", "customer", "channel", "state", "attempts", "due_at", "sent_at", "error"]
    list_select_related = ["notification__customer"]
    list_filter = ["state", "channel"]
    search_fields = ["notification__dedupe", "notification__customer__email"]
    ordering = ["-pk"]
    fields = ["notification", "channel", "state", "attempts", "due_at", "sent_at", "error"]

    @admin.display(description=_("customer"))
    def customer(self, delivery):
        return delivery.notification.customer

    def replay_row(self, row, *, actor):
        return services.replay_delivery(row, actor=actor)


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(RecordedReads, Replaying, ActionPermissions, ReadOnlyAdmin):
    """The outbox of mails."""

    view_action = NotificationAction.READ
    personal = True
    list_display = ["created_at", "to_address", "subject", "status", "attempts", "sent_at", "error"]
    list_filter = ["state", "created_at"]
    search_fields = ["to_address", "subject", "message_id"]
    ordering = ["-pk"]
    fieldsets = [
        (None, {"fields": ["to_address", "subject", "status", "error", "attempts", "due_at", "sent_at"]}),
        (_("What it says"), {"fields": ["text"]}),
        (_("Wire"), {"fields": ["from_address", "reply_to", "message_id", "headers", "files"]}),
    ]

    @admin.display(description=_("state"))
    def status(self, email):
        if email.state == "pending" and not selectors.has_mail_server():
            return _("Waiting: no mail server configured")
        return email.get_state_display()

    def replay_row(self, row, *, actor):
        return services.replay_email(row, actor=actor)


class TemplateForm(forms.ModelForm):
    """Refuses a text that cannot be filled with facts, beside its field."""

    def clean(self):
        cleaned = super().clean() or {}
        try:
            services.check_texts(Texts(**{part: cleaned.get(part, "") for part in services.PARTS}))
        except Invalid as error:
            raise ValidationError(error.fields) from error
        return cleaned


@admin.register(NotificationTemplate)
class NotificationTemplateAdmin(ActionPermissions, DeskAdmin):
    """Own words in place of the desk's, with a preview of what is in force."""

    view_action = NotificationAction.READ
    add_action = change_action = NotificationAction.WRITE_TEMPLATE
    list_display = ["milestone", "language", "subject", "updated_at"]
    list_filter = ["language", "milestone"]
    readonly_fields = ["preview"]
    fields = ["milestone", "language", "subject", "body", "chat", "preview"]
    form = TemplateForm

    def get_readonly_fields(self, request, obj=None):
        return ["milestone", "language", "preview"] if obj else ["preview"]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in ("body", "chat"):
            kwargs["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 8})
            kwargs["help_text"] = _("Empty: the desk’s own text. Facts: %(facts)s") % {
                "facts": " ".join(f"{{{{ {name} }}}}" for name in SAMPLES)
            }
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("Preview with example facts"))
    def preview(self, template):
        if not template.pk:
            return _("Shown once it is saved.")
        words = selectors.texts_for(template.milestone, template.language).filled(SAMPLES)
        return format_html(
            '<strong>{}</strong><div class="preview-text">{}</div><div class="preview-text">{}</div>',
            words.subject,
            words.body,
            words.chat,
        )

    def save_model(self, request, obj, form, change):
        kind = {"milestone": obj.milestone, "language": obj.language}
        texts = {name: form.cleaned_data.get(name, "") for name in services.PARTS}
        row = services.save_template(**kind, actor=request.user, **texts)
        obj.pk, obj._state.adding = row.pk, False

    def has_delete_permission(self, request, obj=None):
        return access.can(request.user, NotificationAction.WRITE_TEMPLATE)

    def delete_model(self, request, obj):
        services.delete_template(obj, actor=request.user)

    def delete_queryset(self, request, queryset):
        for row in queryset:
            services.delete_template(row, actor=request.user)


@admin.register(OptOut)
class OptOutAdmin(ActionPermissions, ReadOnlyAdmin):
    """Who wants no e-mail of a kind."""

    view_action = NotificationAction.READ
    personal = True
    list_display = ["address", "category", "at"]
    list_filter = ["category"]
    search_fields = ["address"]
    ordering = ["-pk"]
