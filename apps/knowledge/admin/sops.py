from django import forms
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.access import services as access
from apps.access.admin_permissions import ActionPermissions
from apps.common.admin import DeskAdmin, ReadOnlyTabularInline
from apps.common.errors import DomainError
from apps.knowledge import services
from apps.knowledge.comparing import changes
from apps.knowledge.enums import RevisionState
from apps.knowledge.models import Sop, SopRevision, SopStep
from apps.knowledge.permissions import KnowledgeAction
from apps.knowledge.services import StepText

STATE_COLOURS = {
    RevisionState.DRAFT: "info",
    RevisionState.IN_REVIEW: "warning",
    RevisionState.APPROVED: "success",
    RevisionState.REJECTED: "danger",
}


def not_saved(formsets):
    """Tell the admin's log that these stored nothing themselves."""
    for formset in formsets:
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []


class PressedButtons:
    """Mixin: a button under the form calls its method after the form was stored; refusals become messages."""

    def press_buttons(self, request, obj):
        # The theme does this in its own save_model, which would save the row past the service.
        for button in self.get_actions_submit_line(request, obj.pk):
            if button.action_name in request.POST:
                button.method(request, obj)

    def attempt(self, request, service, *args, done="", **kwargs):
        """What ``service`` returns; None, and its reason as a message, when it refuses."""
        try:
            result = service(*args, actor=request.user, **kwargs)
        except DomainError as error:
            request._refused = True
            messages.error(request, error.detail)
            return None
        if done:
            messages.success(request, done)
        return result


class SopForm(forms.ModelForm):
    """What a SOP is called and when it is suggested; keywords one a line."""

    keywords = forms.CharField(
        label=_("What customers say"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=_("One phrase a line, English or Chinese, e.g. “my parcel is lost”. Five make it found."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and "keywords" in self.fields:
            self.initial["keywords"] = "\n".join(self.instance.keywords)

    def clean_keywords(self):
        return self.cleaned_data["keywords"].splitlines()


class RevisionsInline(ReadOnlyTabularInline):
    """The history of a SOP, newest first."""

    model = SopRevision
    fields = readonly_fields = ["number", "state", "lang", "author", "reviewer", "reviewed_at", "note"]
    ordering = ["-number"]
    show_change_link = True
    tab = False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("sop", "author", "reviewer")

    def has_view_permission(self, request, obj=None):
        return access.can(request.user, KnowledgeAction.READ_SOP_DRAFT)


@admin.register(Sop)
class SopAdmin(ActionPermissions, PressedButtons, DeskAdmin):
    """Guides for agents. The words stand in revisions, which a second person approves."""

    view_action = KnowledgeAction.READ_SOP_DRAFT
    add_action = change_action = KnowledgeAction.WRITE_SOP
    form = SopForm
    inlines = [RevisionsInline]
    list_display = ["title", "title_zh", "category", "queue", "in_force", "is_active", "updated_at"]
    list_filter = ["category", "queue", "is_active", "revisions__state"]
    list_select_related = ["category", "current_revision"]
    search_fields = ["slug", "title", "title_zh", "keywords"]
    readonly_fields = ["in_force", "updated_at"]
    actions_submit_line = ["draft"]
    fieldsets = [
        (None, {"fields": ["title", "title_zh", "slug", "keywords"]}),
        (_("Where it belongs"), {"fields": ["category", "queue"]}),
        (_("Use"), {"fields": ["is_active", "in_force", "updated_at"]}),
    ]

    @display(description=_("in force"))
    def in_force(self, sop):
        return f"#{sop.current_revision.number}" if sop.current_revision else "–"

    def save_model(self, request, obj, form, change):
        fields = {name: value for name, value in form.cleaned_data.items() if name in services.SOP_FIELDS}
        if not change:
            made = services.create_sop(actor=request.user, **fields)
            obj.__dict__.update(made.__dict__)
        elif form.changed_data:
            changed = {name: value for name, value in fields.items() if name in form.changed_data}
            services.update_sop(Sop.objects.get(pk=obj.pk), actor=request.user, **changed)
        self.press_buttons(request, obj)

    def save_related(self, request, form, formsets, change):
        """Revisions are written on their own pages."""
        not_saved(formsets)

    @action(description=_("Save and draft a revision"), permissions=["change"])
    def draft(self, request, obj):
        request._drafted = self.attempt(request, services.draft_revision, obj)

    def response_add(self, request, obj, post_url_continue=None):
        return self._to_draft(request) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request, obj):
        return self._to_draft(request) or super().response_change(request, obj)

    def _to_draft(self, request):
        drafted = getattr(request, "_drafted", None)
        return drafted and HttpResponseRedirect(
            reverse("admin:knowledge_soprevision_change", args=[drafted.pk])
        )


class StepForm(forms.ModelForm):
    """A step; all of them are written anew, so their numbers may change places."""

    position = forms.IntegerField(label=_("Position"), required=False, min_value=1)

    def validate_unique(self):
        """Two rows may swap: the old ones are gone when these are stored."""

    def validate_constraints(self):
        """As ``validate_unique``."""


class StepsInline(StackedInline):
    """The steps of a revision; changed by its author while it is a draft."""

    model = SopStep
    form = StepForm
    fields = ["position", "title", "text", "say_en", "say_zh"]
    ordering = ["position"]
    extra = 0

    def has_view_permission(self, request, obj=None):
        return True

    def has_add_permission(self, request, obj=None):
        return is_own_draft(request, obj)

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(SopRevision)
class SopRevisionAdmin(ActionPermissions, PressedButtons, DeskAdmin):
    """One version of a SOP: written by one person, reviewed by another."""

    view_action = KnowledgeAction.READ_SOP_DRAFT
    inlines = [StepsInline]
    list_display = ["sop", "number", "state_badge", "author", "reviewer", "submitted_at", "reviewed_at"]
    list_filter = ["state", "lang", "sop__category"]
    list_select_related = ["sop", "author", "reviewer"]
    search_fields = ["sop__title", "sop__title_zh", "sop__slug", "body"]
    ordering = ["-pk"]
    actions_submit_line = ["submit", "withdraw", "approve", "reject"]
    fields = ["sop", "number", "state", "author", "reviewer", "lang", "body", "note", "compared"]

    def has_add_permission(self, request):
        return False  # drafted from the page of its SOP

    def has_change_permission(self, request, obj=None):
        """Its author in the draft, a reviewer in review; otherwise it is for reading."""
        # The theme asks for its buttons with the key of the row; those are filtered by state below.
        if not isinstance(obj, SopRevision):
            return self.has_view_permission(request)
        return bool(self._allowed(request, obj))

    def get_readonly_fields(self, request, obj=None):
        writable = {"lang", "body"} if is_own_draft(request, obj) else set()
        if obj is not None and "approve" in self._allowed(request, obj):
            writable = {"note"}
        return [name for name in self.fields if name not in writable]

    def get_actions_submit_line(self, request, object_id):
        revision = self.get_object(request, object_id) if object_id else None
        allowed = self._allowed(request, revision) if revision else set()
        every = super().get_actions_submit_line(request, object_id)
        return [button for button in every if button.action_name.rpartition("_")[2] in allowed]

    @display(description=_("state"), label={str(state): colour for state, colour in STATE_COLOURS.items()})
    def state_badge(self, revision):
        return revision.state, revision.get_state_display()

    @admin.display(description=_("changes to what is in force"))
    def compared(self, revision):
        """Line by line; nothing to compare with for a SOP's first revision."""
        before = revision.sop.current_revision
        before = None if before == revision else before
        rows = [
            ({"+": "ins", "-": "del"}.get(line.sign, "span"), f"{line.sign} {line.text}")
            for line in changes(before, revision)
        ]
        lines = format_html_join("\n", "<{0}>{1}</{0}>", rows) if rows else _("Nothing changed.")
        return format_html('<pre class="whitespace-pre-wrap">{}</pre>', lines)

    def save_model(self, request, obj, form, change):
        """The words are stored with their steps, in ``save_related``."""

    def save_related(self, request, form, formsets, change):
        not_saved(formsets)
        revision = form.instance
        if is_own_draft(request, SopRevision.objects.get(pk=revision.pk)):
            words = {name: form.cleaned_data[name] for name in ("lang", "body")}
            steps = [step for formset in formsets for step in _steps(formset)]
            self.attempt(request, services.edit_revision, revision, steps=steps, **words)
        if not getattr(request, "_refused", False):
            request._note = form.cleaned_data.get("note", "")
            self.press_buttons(request, revision)

    def _allowed(self, request, revision):
        """Names of the buttons that ``request.user`` may press now."""
        user, own = request.user, revision.author_id == request.user.pk
        if revision.state == RevisionState.DRAFT:
            return {"submit"} if own and access.can(user, KnowledgeAction.WRITE_SOP) else set()
        if revision.state != RevisionState.IN_REVIEW:
            return set()
        if own:
            return {"withdraw"}
        if revision.is_written_by(user):
            return set()
        return {"approve", "reject"} if access.can(user, KnowledgeAction.REVIEW_SOP) else set()

    @action(description=_("Save and submit for review"), permissions=["change"])
    def submit(self, request, obj):
        self.attempt(request, services.submit_revision, obj, done=_("A colleague reviews it now."))

    @action(description=_("Take back from review"), permissions=["change"])
    def withdraw(self, request, obj):
        self.attempt(request, services.withdraw_revision, obj)

    @action(description=_("Approve and put in force"), permissions=["change"])
    def approve(self, request, obj):
        done = _("Agents work by it from now on.")
        self.attempt(request, services.approve_revision, obj, note=request._note, done=done)

    @action(description=_("Reject"), permissions=["change"])
    def reject(self, request, obj):
        self.attempt(request, services.reject_revision, obj, note=request._note)


def is_own_draft(request, revision):
    """Whether ``request.user`` may still write ``revision``."""
    return (
        isinstance(revision, SopRevision)
        and revision.state == RevisionState.DRAFT
        and revision.author_id == request.user.pk
        and access.can(request.user, KnowledgeAction.WRITE_SOP)
    )


def _steps(formset):
    """The steps of the form in the order of their positions, without those that were ticked for removal."""
    rows = [form.cleaned_data for form in formset.forms if form.cleaned_data]
    kept = [row for row in rows if not row.get("DELETE") and row.get("title")]
    kept.sort(key=lambda row: row.get("position") or services.MAX_STEPS + 1)  # no number: at the end
    return [StepText(row["title"], row["text"], row["say_en"], row["say_zh"]) for row in kept]
