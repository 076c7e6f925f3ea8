from unfold.admin import ModelAdmin, TabularInline


class _ReadOnlyMixin:
    """Shows, never writes: changes go through services, to be authorised and audited."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class DeskAdmin(ModelAdmin):
    """Base of every editable admin page."""

    list_per_page = 50
    list_fullwidth = True
    show_full_result_count = False  # counting a million rows for a footer is not worth it


class ReadOnlyAdmin(_ReadOnlyMixin, DeskAdmin):
    """A list and a detail page without a save button."""


class ReadOnlyTabularInline(_ReadOnlyMixin, TabularInline):
    """Rows of a related table, for reading."""

    extra = 0
    can_delete = False
