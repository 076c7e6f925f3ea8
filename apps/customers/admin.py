from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.access.admin_permissions import ActionPermissions
from apps.audit.admin_reading import RecordedReads
from apps.common.admin import ReadOnlyAdmin, ReadOnlyTabularInline
from apps.customers.models import Customer, Identity
from apps.customers.permissions import CustomerAction
from apps.customers.privacy import pages as privacy_pages

__all__ = ["privacy_pages"]  # registered by their import


class IdentityInline(ReadOnlyTabularInline):
    """How the customer is recognised."""

    model = Identity
    fields = ["kind", "value", "verified_at", "created_at"]

    def has_view_permission(self, request, obj=None):
        return True  # of whoever may see the page it is on


@admin.register(Customer)
class CustomerAdmin(RecordedReads, ActionPermissions, ReadOnlyAdmin):
    """The people who ask, the newest first."""

    view_action = CustomerAction.READ
    personal = True
    list_display = ["shown_name", "email", "phone", "level", "locale", "created_at", "last_seen_at"]
    list_filter = ["level", "locale"]
    search_fields = ["name", "email", "phone", "public_id"]
    search_help_text = _("Name, e-mail address, phone number or public id")
    ordering = ["-pk"]
    inlines = [IdentityInline]
    fieldsets = [
        (None, {"fields": ["public_id", "name", "email", "phone", "level", "notes"]}),
        (_("Where and when"), {"fields": ["locale", "zone", "created_at", "last_seen_at"]}),
    ]

    @admin.display(description=_("name"), ordering="name")
    def shown_name(self, customer):
        return customer.actor_label
