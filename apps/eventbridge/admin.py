import json

from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.access.admin_permissions import ActionPermissions
from apps.common.admin import DeskAdmin
from apps.eventbridge import services
from apps.eventbridge.models import EventSource, InboundEvent
from apps.eventbridge.permissions import EventAction

SHOWN_SECRET = _("The new secret, shown this once: %(secret)s")


class LinesField(forms.CharField):
    """A list of texts, one per line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def has_changed(self, initial, data):
        return (initial or []) != self.to_python(data)


class EventSourceForm(forms.ModelForm):
    """Lists are written one entry per line; the secret is never shown."""

    class Meta:
        field_classes = {"types": LinesField, "certificate_origins": LinesField}
        widgets = {name: UnfoldAdminTextareaWidget(attrs={"rows": 3}) for name in field_classes}


@admin.register(EventSource)
class EventSourceAdmin(ActionPermissions, DeskAdmin):
    """Who may send events to the desk, and how they prove it."""

    view_action = EventAction.READ_SOURCE
    add_action = change_action = EventAction.MANAGE_SOURCES
    form = EventSourceForm
    list_display = ["name", "slug", "auth", "is_active"]
    list_filter = ["auth", "is_active"]
    search_fields = ["name", "slug"]
    fields = ["name", "slug", "is_active", "auth", "types", "certificate_origins", "previous_until"]
    readonly_fields = ["previous_until"]
    actions_submit_line = ["new_secret"]  # a POST, unlike detail actions

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in EventSourceForm.Meta.field_classes:
            return LinesField(label=db_field.verbose_name, help_text=db_field.help_text, required=False)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        fields = {name: form.cleaned_data[name] for name in form.changed_data if name in services.WRITABLE}
        if change:
            services.update_source(EventSource.objects.get(pk=obj.pk), actor=request.user, **fields)
        else:
            self._create(request, obj, fields)
        for button in self.get_actions_submit_line(request, obj.pk):
            if button.action_name in request.POST:
                button.method(request, obj)

    def _create(self, request, obj, fields):
        made = services.create_source(actor=request.user, **fields)
        obj.pk = made.pk
        obj.refresh_from_db()
        obj._state.adding = False
        if made.secret:
            messages.warning(request, SHOWN_SECRET % {"secret": made.secret})

    @action(description=_("Save and make a new secret"), permissions=["change"])
    def new_secret(self, request, obj):
        """The old one stays valid for a week, so that the sender can change over."""
        secret = services.rotate_secret(obj, actor=request.user)
        messages.warning(request, SHOWN_SECRET % {"secret": secret})


@admin.register(InboundEvent)
class InboundEventAdmin(ActionPermissions, DeskAdmin):
    """What came in and what became of it. Nothing can be edited; events can be worked on again."""

    view_action = EventAction.READ
    personal = True
    change_action = EventAction.REPLAY
    list_display = ["received_at", "source", "type", "subject", "state", "attempts", "short_error"]
    list_select_related = ["source"]
    list_filter = ["state", "source", "type", "received_at"]
    search_fields = ["=event_id", "=subject", "=public_id"]
    search_help_text = _("Event id or subject, in full")
    ordering = ["-pk"]
    actions = ["replay_chosen"]
    actions_submit_line = ["replay_this"]
    fields = readonly_fields = [
        "source",
        "type",
        "subject",
        "origin",
        "event_id",
        "occurred_at",
        "received_at",
        "state",
        "attempts",
        "due_at",
        "processed_at",
        "error",
        "body",
        "sent_headers",
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("source")

    def has_add_permission(self, request, obj=None):
        return False

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Without buttons to save: there is nothing to."""
        buttons = {"show_save": False, "show_save_and_continue": False}
        return super().changeform_view(request, object_id, form_url, buttons | (extra_context or {}))

    @admin.display(description=_("error"))
    def short_error(self, event):
        return event.error[:80]

    @admin.display(description=_("body"))
    def body(self, event):
        return bytes(event.raw).decode(errors="replace")

    @admin.display(description=_("headers"))
    def sent_headers(self, event):
        return json.dumps(event.headers, indent=2, ensure_ascii=False)

    def save_model(self, request, obj, form, change):
        for button in self.get_actions_submit_line(request, obj.pk):
            if button.action_name in request.POST:
                button.method(request, obj)

    @action(description=_("Work on it again"), permissions=["change"])
    def replay_this(self, request, obj):
        self._replay(request, [obj])

    @admin.action(description=_("Work on the chosen events again"), permissions=["change"])
    def replay_chosen(self, request, queryset):
        self._replay(request, queryset)

    def _replay(self, request, events):
        count = services.replay(events, actor=request.user)
        text = ngettext("%(count)s event is worked on again.", "%(count)s events are worked on again.", count)
        messages.success(request, text % {"count": count})
