"""The admin's pages of privacy. What is decided about one customer is decided in the console."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.access.admin_permissions import ActionPermissions
from apps.common.admin import DeskAdmin, ReadOnlyAdmin, ReadOnlyTabularInline
from apps.customers.models import (
    Consent,
    CustomerExport,
    Erasure,
    ErasureStep,
    LegalHold,
    PurgeRun,
    RetentionRule,
)
from apps.customers.permissions import CustomerAction
from apps.customers.privacy import retention
from apps.customers.privacy.certificate import name_of
from apps.customers.privacy.models.retention import KEEP_MIN
from apps.customers.privacy.retention import Preview


def in_words(found: Preview) -> str:
    """What a rule would delete today."""
    if found.before is None:
        return _now("Nothing is deleted.")
    if not found.count or found.oldest is None:
        return _now("Today this would delete nothing.")
    return _now("Today this would delete %(count)s, the oldest from %(oldest)s.") % {
        "count": number_format(found.count, force_grouping=True),
        "oldest": date_format(found.oldest, "SHORT_DATE_FORMAT"),
    }


class RetentionForm(forms.ModelForm):
    """Saved at the second press: the first one shows what the rule would delete."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = RetentionRule
        fields = ["keep_days", "is_enabled"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        days = cleaned.get("keep_days")
        if self.errors or days is None:
            return cleaned
        asked = f"{days}/{cleaned['is_enabled']}"
        if self.has_changed() and cleaned.get("seen") != asked:
            self.data = {**self.data.dict(), "seen": asked}  # type: ignore[attr-defined]
            found = retention.preview(retention.kind_named(self.instance.kind), max(days, KEEP_MIN))
            raise ValidationError(
                _now("Not saved yet. %(preview)s Save again if that is right.") % {"preview": in_words(found)}
            )
        return cleaned


class NamesKind:
    """The kind of data in words."""

    @admin.display(description=_("data"), ordering="kind")
    def data(self, row):
        return name_of(row.kind)


@admin.register(RetentionRule)
class RetentionRuleAdmin(NamesKind, ActionPermissions, DeskAdmin):
    """How long data are kept."""

    view_action = CustomerAction.READ_PRIVACY
    change_action = CustomerAction.MANAGE_RETENTION
    form = RetentionForm
    list_display = ["data", "keep_days", "is_enabled"]
    fields = ["data", "keep_days", "is_enabled", "today", "seen"]
    readonly_fields = ["data", "today"]

    @admin.display(description=_("today"))
    def today(self, rule):
        return in_words(retention.preview(retention.kind_named(rule.kind), rule.keep_days))

    def save_model(self, request, obj, form, change):
        retention.save_rule(obj, actor=request.user, keep_days=obj.keep_days, is_enabled=obj.is_enabled)


@admin.register(PurgeRun)
class PurgeRunAdmin(NamesKind, ActionPermissions, ReadOnlyAdmin):
    """What went by age; the console begins and stops purges."""

    view_action = CustomerAction.READ_PRIVACY
    list_display = ["started_at", "data", "state", "done", "counted", "failed", "started_by", "error"]
    list_select_related = ["started_by"]
    list_filter = ["state", "kind"]
    exclude = ["public_id", "cursor"]


@admin.register(CustomerExport)
class CustomerExportAdmin(ActionPermissions, ReadOnlyAdmin):
    """Copies that customers asked for; fetched in the console."""

    view_action = CustomerAction.READ_PRIVACY
    list_display = ["requested_at", "customer", "state", "records", "files", "requested_by", "expires_at"]
    list_select_related = ["customer", "requested_by"]
    list_filter = ["state"]
    exclude = ["public_id", "file", "locked_until"]


class ErasureStepInline(NamesKind, ReadOnlyTabularInline):
    """What went, kind by kind."""

    model = ErasureStep
    fields = ["data", "counts", "done_at"]
    readonly_fields = ["data"]

    def has_view_permission(self, request, obj=None):
        return True  # of whoever may see the page it is on


@admin.register(Erasure)
class ErasureAdmin(ActionPermissions, ReadOnlyAdmin):
    """Erasures; a second person decides in the console."""

    view_action = CustomerAction.READ_PRIVACY
    list_display = [
        "requested_at",
        "customer",
        "state",
        "reason",
        "requested_by",
        "decided_by",
        "finished_at",
    ]
    list_select_related = ["customer", "requested_by", "decided_by"]
    list_filter = ["state", "reason"]
    search_fields = ["public_id", "reference"]
    inlines = [ErasureStepInline]


@admin.register(LegalHold)
class LegalHoldAdmin(ActionPermissions, ReadOnlyAdmin):
    """Whose data have to stay."""

    view_action = CustomerAction.READ_PRIVACY
    list_display = ["placed_at", "customer", "reason", "placed_by", "lifted_at", "lifted_by"]
    list_select_related = ["customer", "placed_by", "lifted_by"]


@admin.register(Consent)
class ConsentAdmin(ActionPermissions, ReadOnlyAdmin):
    """What customers agreed to, as it was said."""

    view_action = CustomerAction.READ_PRIVACY
    list_display = ["at", "customer", "purpose", "is_given", "source", "recorded_by"]
    list_select_related = ["customer", "recorded_by"]
    list_filter = ["purpose", "is_given", "source"]
