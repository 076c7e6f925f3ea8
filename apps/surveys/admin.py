from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.access.admin_permissions import ActionPermissions
from apps.audit.admin_reading import RecordedReads
from apps.common.admin import ReadOnlyAdmin
from apps.surveys.models import Survey
from apps.surveys.permissions import SurveyAction


@admin.register(Survey)
class SurveyAdmin(RecordedReads, ActionPermissions, ReadOnlyAdmin):
    """How customers rated their chats, the newest first."""

    view_action = SurveyAction.READ
    personal = True
    list_display = ["offered_at", "state", "score", "short_comment", "agent", "queue", "session"]
    list_select_related = ["agent", "queue", "session"]
    list_filter = ["state", "score", "queue", "offered_at"]
    search_fields = ["comment", "session__public_id", "agent__display_name", "agent__username"]
    search_help_text = _("Comment, chat id or agent")
    ordering = ["-pk"]
    fields = [
        "session",
        "state",
        "score",
        "comment",
        "agent",
        "queue",
        "offered_at",
        "answered_at",
        "expires_at",
    ]

    @admin.display(description=_("comment"))
    def short_comment(self, survey):
        return survey.comment[:80]
