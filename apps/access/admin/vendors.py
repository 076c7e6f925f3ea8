from django import forms
from django.contrib import admin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action as unfold_action

from apps.access import partners
from apps.access.admin.lines import HOURS_HELP, HoursField, LinesField
from apps.access.admin.refusals import RefusalsAsMessages
from apps.access.admin_permissions import ActionPermissions
from apps.access.models import Reveal, User, Vendor
from apps.access.permissions import AccessAction
from apps.access.vendors import with_heads
from apps.common.admin import DeskAdmin, ReadOnlyAdmin, ReadOnlyTabularInline


class PeopleInline(ReadOnlyTabularInline):
    """Whom the partner sends."""

    model = User
    fk_name = "vendor"
    fields = ["username", "display_name", "is_active", "last_login"]
    show_change_link = True
    verbose_name_plural = _("people")

    def has_view_permission(self, request, obj=None):
        return True  # of whoever may see the page it is on


class VendorForm(forms.ModelForm):
    """Bounds of a partner, a line each."""

    hours = HoursField(label=_("Hours"), required=False, help_text=HOURS_HELP)
    networks = LinesField(
        label=_("Networks"),
        required=False,
        help_text=_("Where they may work from, one network a line, like 203.0.113.0/24. Empty is anywhere."),
    )


@admin.register(Vendor)
class VendorAdmin(RefusalsAsMessages, ActionPermissions, DeskAdmin):
    """Outsourcing partners: how many, when, from where and until when; and the switch that shuts all out."""

    view_action = add_action = change_action = AccessAction.MANAGE_VENDORS

    form = VendorForm
    list_display = ["name", "heads", "is_active", "zone", "ends_on", "reveals_per_hour"]
    list_filter = ["is_active"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [PeopleInline]
    fieldsets = [
        (None, {"fields": ["name", "slug", "is_active", "max_heads", "ends_on"]}),
        (_("When and from where"), {"fields": ["hours", "zone", "networks"]}),
        (_("Personal data"), {"fields": ["reveals_per_hour"]}),
    ]
    actions_detail = ["shut_out", "let_in"]

    def get_queryset(self, request):
        return with_heads()

    @admin.display(description=_("people"), ordering="heads")
    def heads(self, vendor):
        return f"{vendor.heads} / {vendor.max_heads}"

    def save_model(self, request, obj, form, change):
        partners.save_vendor(obj, actor=request.user, changed=form.changed_data)

    @unfold_action(description=_("Shut all of its people out"), permissions=["change"])
    def shut_out(self, request, object_id):
        return self._switch(request, object_id, False, _("All of its people are shut out."))

    @unfold_action(description=_("Let its people in again"), permissions=["change"])
    def let_in(self, request, object_id):
        return self._switch(request, object_id, True, _("Its people may come in again."))

    def _switch(self, request, object_id, on, done):
        vendor = Vendor.objects.get(pk=object_id)

        def set_active(row, actor):
            partners.update_vendor(row, actor=actor, is_active=on)

        self.attempt(request, set_active, vendor, done=done)
        return redirect(reverse("admin:access_vendor_change", args=[object_id]))


@admin.register(Reveal)
class RevealAdmin(ActionPermissions, ReadOnlyAdmin):
    """Who uncovered which masked field, when, and what for; never the value."""

    view_action = AccessAction.MANAGE_VENDORS

    list_display = ["at", "user", "target_type", "target_id", "field", "reason"]
    list_filter = ["target_type", "field", "user__vendor"]
    list_select_related = ["user"]
    search_fields = ["target_id", "reason", "user__username"]
    ordering = ["-pk"]
