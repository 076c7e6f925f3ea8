import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter, TextFilter
from unfold.decorators import display
from unfold.utils import parse_datetime_str

from apps.access.admin_permissions import ActionPermissions, may
from apps.audit import exporting, selectors
from apps.audit.models import AuditCursor, AuditEvent, AuditSeal
from apps.audit.permissions import AuditAction
from apps.audit.trail import as_trail
from apps.common.admin import ReadOnlyAdmin
from apps.common.errors import Invalid, RateLimited

COUNTED = 10_000  # rows


class CappedPaginator(Paginator):
    """Counts no further than anybody turns pages: a trail has millions of rows."""

    @cached_property
    def count(self):
        rows: Any = self.object_list
        return rows.order_by()[:COUNTED].count()


class TimeFilter(RangeDateTimeFilter):
    """In the reader's time zone; a day without a time is the whole day."""

    def queryset(self, request, queryset):
        for side, lookup, time in (("from", "gte", "00:00:00"), ("to", "lte", "23:59:59")):
            day, given = (self.used_parameters.get(f"at_{side}_{part}") for part in (0, 1))
            moment = parse_datetime_str(f"{day} {given or time}") if day else None
            if moment is not None:
                queryset = queryset.filter(**{f"at__{lookup}": timezone.make_aware(moment)})
        return queryset


class ActionFilter(TextFilter):
    title, parameter_name = _("action"), "deed"

    def queryset(self, request, queryset):
        return selectors.by_action(queryset, self.value()) if self.value() else queryset


class AddressFilter(TextFilter):
    title, parameter_name = _("address or network"), "from"

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        try:
            return selectors.by_ip(queryset, self.value())
        except Invalid:
            messages.warning(request, _("An address looks like 192.0.2.7, a network like 10.0.0.0/8."))
            return queryset.none()


class ActorFilter(TextFilter):
    title, parameter_name = _("actor"), "who"

    def queryset(self, request, queryset):
        return queryset.filter(actor_name__icontains=self.value()) if self.value() else queryset


class RefusalFilter(admin.SimpleListFilter):
    title, parameter_name = _("outcome"), "outcome"

    def lookups(self, request, model_admin):
        return [("done", _("Done")), ("refused", _("Refused"))]

    def queryset(self, request, queryset):
        if self.value() == "refused":
            return queryset.refusals()
        return queryset.filter(error_code="") if self.value() == "done" else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ActionPermissions, ReadOnlyAdmin):
    """Who did, read or tried what, when and from where; newest first."""

    view_action = AuditAction.READ

    paginator = CappedPaginator
    list_display = ["moment", "action", "outcome", "actor_name", "actor_kind", "object_link", "ip"]
    list_filter = [
        ("at", TimeFilter),
        ActorFilter,
        ActionFilter,
        AddressFilter,
        "is_read",
        RefusalFilter,
        "actor_kind",
        "source",
    ]
    list_filter_submit = True
    list_before_template = "admin/audit/export.html"
    search_fields = ["action", "actor_name", "=target_id", "=request_id"]
    search_help_text = _("Action, actor, target id or request id")
    fields = [
        "moment", "action", "result", "actor_name", "actor_kind", "object_link", "also_about", "source", "ip",
        "user_agent", "request_id", "data", "response", "identity", "error_message", "seal", "event_id", "trail",
    ]  # fmt: skip

    def get_readonly_fields(self, request, obj=None):
        return self.fields

    def get_urls(self):
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/<slug:kind>/", view, name="audit_auditevent_export"), *super().get_urls()]

    def export_view(self, request, kind):
        """What the filters of the list leave, as a file."""
        if kind not in exporting.TYPES or not may(request, AuditAction.EXPORT):
            raise PermissionDenied
        rows = self.get_changelist_instance(request).get_queryset(request)
        asked = request.GET.dict()
        try:
            return exporting.export(rows, kind=kind, actor=request.user, request=request, asked=asked)
        except RateLimited as error:
            messages.error(request, str(error))
            return redirect("admin:audit_auditevent_changelist")

    def changelist_view(self, request, extra_context=None):
        exports = {
            kind: f"{reverse('admin:audit_auditevent_export', args=[kind])}?{request.GET.urlencode()}"
            for kind in exporting.TYPES
        }
        shown = exports if may(request, AuditAction.EXPORT) else {}
        return super().changelist_view(request, {**(extra_context or {}), "exports": shown})

    @display(description=_("at"), ordering="pk")
    def moment(self, event):
        return f"{timezone.localtime(event.at):%Y-%m-%d %H:%M:%S}"

    @display(description=_("outcome"))
    def result(self, event):
        return self.outcome(event)[1]

    @display(description=_("outcome"), label={"read": "info", "done": "success", "refused": "danger"})
    def outcome(self, event):
        if event.error_code:
            return "refused", _("Refused")
        return ("read", _("Read")) if event.is_read else ("done", _("Done"))

    @display(description=_("object"))
    def object_link(self, event):
        """To everything that happened to the same object."""
        if not event.target_type:
            return "–"
        query = urlencode({"target_type__exact": event.target_type, "target_id__exact": event.target_id})
        url = f"{reverse('admin:audit_auditevent_changelist')}?{query}"
        name = event.target_type.rpartition(".")[2]
        return format_html('<a href="{}" class="text-primary-600">{} {}</a>', url, name, event.target_id[:16])

    @display(description=_("also about"))
    def also_about(self, event):
        return ", ".join(f"{label} {key}" for label, keys in event.about.items() for key in keys) or "–"

    @display(description=_("seal"))
    def seal(self, event):
        seal = selectors.seal_of(event)
        return f"{seal.number} · {seal.hash}" if seal else _("Not sealed yet: within a minute.")

    @display(description="ActionTrail")
    def trail(self, event):
        return format_html("<pre>{}</pre>", json.dumps(as_trail(event), indent=1, ensure_ascii=False))


@admin.register(AuditSeal)
class AuditSealAdmin(ActionPermissions, ReadOnlyAdmin):
    """The chain that shows whether the trail was altered; newest first."""

    view_action = AuditAction.READ
    list_display = ["number", "count", "total", "first_id", "last_id", "root", "hash", "sealed_at"]
    fields = [
        "number",
        "count",
        "total",
        "first_id",
        "last_id",
        "lower",
        "upper",
        "root",
        "previous",
        "hash",
        "sealed_at",
    ]
    ordering = ["-number"]

    def get_queryset(self, request):
        return super().get_queryset(request).headers()


@admin.register(AuditCursor)
class AuditCursorAdmin(ActionPermissions, ReadOnlyAdmin):
    """How far the trail was sent to the log service, and what stands in the way."""

    view_action = AuditAction.READ
    list_display = ["name", "seal", "sent_at", "attempts", "due_at", "error"]
    fields = ["name", "seal", "offset", "sent_at", "attempts", "due_at", "leased_until", "error"]
