from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.access.admin_permissions import ActionPermissions
from apps.audit.admin_reading import RecordedReads
from apps.chat import services
from apps.chat.models import ChatSession, Message, TerminationRule
from apps.chat.permissions import ChatAction
from apps.common.admin import DeskAdmin, ReadOnlyAdmin, ReadOnlyTabularInline


class TranscriptInline(ActionPermissions, ReadOnlyTabularInline):
    """The transcript, in order of seq."""

    view_action = ChatAction.READ

    model = Message
    verbose_name_plural = _("transcript")
    fields = ["seq", "at", "sender_kind", "sender_name", "kind", "content"]
    readonly_fields = fields
    ordering = ["seq"]
    hide_title = True
    per_page = 200
    show_change_link = False

    @admin.display(description=_("text"))
    def content(self, message: Message) -> str:
        """What was said; of a file its name."""
        return message.body or message.payload.get("name", "")


@admin.register(ChatSession)
class ChatSessionAdmin(RecordedReads, ActionPermissions, ReadOnlyAdmin):
    """Chats with their transcripts, for reading: changes go through services, to be audited."""

    view_action = ChatAction.READ
    personal = True
    list_display = [
        "public_id",
        "status",
        "customer",
        "queue",
        "agent",
        "close_reason",
        "opened_at",
        "closed_at",
    ]
    list_filter = ["status", "close_reason", "inbox", "queue", "channel"]
    list_select_related = ["customer", "queue", "agent"]
    readonly_fields = ["wrap_up_code", "wrap_up_note"]
    search_fields = ["public_id", "customer__name", "customer__email", "last_preview"]
    ordering = ["-pk"]
    inlines = [TranscriptInline]
    fieldsets = [
        (None, {"fields": ["public_id", "status", "close_reason", "customer", "inbox", "queue", "agent"]}),
        (
            _("Where from"),
            {"fields": ["channel", "source", "page_title", "product", "product_category", "locale"]},
        ),
        (_("Times"), {"fields": ["opened_at", "queued_at", "accepted_at", "first_response_at", "closed_at"]}),
        (_("Wrap-up"), {"fields": ["wrap_up_code", "wrap_up_note"]}),
    ]

    @admin.display(description=_("about"))
    def wrap_up_code(self, session: ChatSession) -> str:
        """What it was about, as the agent filed it."""
        return session.wrap_up.code if hasattr(session, "wrap_up") else ""

    @admin.display(description=_("note for colleagues"))
    def wrap_up_note(self, session: ChatSession) -> str:
        """What the agent noted for colleagues."""
        return session.wrap_up.note if hasattr(session, "wrap_up") else ""


@admin.register(TerminationRule)
class TerminationRuleAdmin(ActionPermissions, DeskAdmin):
    """When chats end by themselves, per inbox; kinds without a row follow the defaults."""

    view_action = add_action = change_action = ChatAction.MANAGE_RULES
    list_display = ["inbox", "kind", "is_active", "after", "warn_before"]
    list_filter = ["inbox", "kind"]
    list_select_related = ["inbox"]

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        services.save_termination_rule(obj, actor=request.user, changed=form.changed_data)

    def delete_model(self, request, obj):
        services.delete_termination_rule(obj, actor=request.user)

    def delete_queryset(self, request, queryset):
        for rule in queryset:
            services.delete_termination_rule(rule, actor=request.user)
