from django.contrib import admin

from apps.access.admin_permissions import ActionPermissions
from apps.common.admin import DeskAdmin
from apps.robot.models import RobotTurn
from apps.robot.permissions import RobotAction


@admin.register(RobotTurn)
class RobotTurnAdmin(ActionPermissions, DeskAdmin):
    """What the robot did, and what it could not answer."""

    view_action = RobotAction.READ
    personal = True
    list_display = ["at", "outcome", "reason", "score", "matched", "faq", "session"]
    list_filter = ["outcome", "reason", "faq__category"]
    list_select_related = ["faq", "session"]
    search_fields = ["matched", "session__public_id"]
    ordering = ["-pk"]
