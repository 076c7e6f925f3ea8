from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectMultipleWidget

from apps.access.models import User
from apps.routing import selectors, services
from apps.routing.admin.base import ConfigurationAdmin, ConfigurationInline
from apps.routing.models import SERVE, SUPERVISE, OverflowStep, Queue
from apps.routing.models.work import IN_QUEUE


def people_field(label, help_text):
    """A choice of active users."""
    return forms.ModelMultipleChoiceField(
        User.objects.filter(is_active=True).order_by("username"),
        label=label,
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
        help_text=help_text,
    )


class QueueForm(forms.ModelForm):
    """The queue, who serves it and who supervises it."""

    agents = people_field(_("Agents"), _("May serve this queue and are offered its work."))
    supervisors = people_field(_("Supervisors"), _("May watch this queue and help its agents."))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, codename in (("agents", SERVE), ("supervisors", SUPERVISE)):
            if self.instance.pk and name in self.fields:
                self.fields[name].initial = selectors.members(self.instance, codename)


class OverflowStepInline(ConfigurationInline):
    """The ladder: what happens when too many wait, or too long."""

    model = OverflowStep
    fk_name = "queue"
    fields = ["position", "trigger", "threshold", "action", "target"]
    ordering = ["position", "pk"]


@admin.register(Queue)
class QueueAdmin(ConfigurationAdmin):
    """Queues: their hours, how they choose an agent, and who belongs to them."""

    form = QueueForm
    list_display = ["name", "slug", "is_default", "allocation", "calendar", "priority", "waiting"]
    list_select_related = ["calendar"]
    list_filter = ["allocation"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "slug", "is_default", "calendar", "priority"]}),
        (_("People"), {"fields": ["agents", "supervisors"]}),
        (
            _("Assignment"),
            {"fields": ["allocation", "offer_seconds", "skill_hold_seconds", "wrap_up_seconds"]},
        ),
        (_("Limits"), {"fields": ["max_waiting", "answer_target_seconds"]}),
    ]
    inlines = [OverflowStepInline]

    def get_queryset(self, request):
        waiting = Count("entries", filter=Q(entries__state__in=IN_QUEUE))
        return super().get_queryset(request).annotate(waiting=waiting)

    @admin.display(description=_("Waiting"), ordering="waiting")
    def waiting(self, queue):
        return queue.waiting

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if {"agents", "supervisors"} & set(form.changed_data):
            people = {name: form.cleaned_data[name] for name in ("agents", "supervisors")}
            services.set_members(obj, **people, actor=request.user)
