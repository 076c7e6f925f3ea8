from django.db.models import Model
from django.http import HttpRequest

from apps.access import services as access
from apps.access import viewing


class ActionPermissions:
    """Mixin of admin pages: roles open them, not Django's model permissions. What names no action is closed.

    Rows are those of ``visible_to`` where the model's queryset has it.
    """

    view_action: str
    personal = False  # whether the page shows names and addresses: closed to whoever sees them masked
    add_action: str | None = None
    change_action: str | None = None

    def get_queryset(self, request: HttpRequest):
        queryset = super().get_queryset(request)  # type: ignore[misc]
        visible_to = getattr(queryset, "visible_to", None)
        return visible_to(request.user) if visible_to else queryset

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj=None) -> bool:
        return may(request, self.view_action, obj) and not (self.personal and viewing.is_masked())

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return may(request, self.add_action)

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return may(request, self.change_action, obj)

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


def may(request: HttpRequest, action: str | None, obj: object = None) -> bool:
    """``access.can``, asked once per request: the admin asks the same for the menu, the list and each button."""
    if action is None:
        return False
    # The theme asks for its buttons with the key of the row; the service they call judges the row itself.
    obj = obj if isinstance(obj, Model) else None
    answers = request.__dict__.setdefault("_may", {})
    key = (action, obj and obj.pk)
    if key not in answers:
        answers[key] = access.can(request.user, action, obj)
    return answers[key]
