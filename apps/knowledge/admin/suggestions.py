from django.contrib import admin

from apps.access.admin_permissions import ActionPermissions
from apps.common.admin import ReadOnlyAdmin
from apps.knowledge.models import SuggestionFeedback
from apps.knowledge.permissions import KnowledgeAction


@admin.register(SuggestionFeedback)
class SuggestionFeedbackAdmin(ActionPermissions, ReadOnlyAdmin):
    """What agents did with suggestions, beside what the customer wrote."""

    view_action = KnowledgeAction.READ_RETIRED
    personal = True

    list_display = ["at", "verdict", "faq", "sop", "score", "query", "agent"]
    list_filter = ["verdict", "at"]
    list_select_related = ["faq", "sop", "agent"]
    search_fields = ["query", "faq__question", "sop__title"]
    ordering = ["-pk"]

    def has_add_permission(self, request, obj=None):
        return False

    has_change_permission = has_delete_permission = has_add_permission
