import json
from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from apps.access.admin.policy_form import PolicyForm
from apps.access.admin.refusals import RefusalsAsMessages
from apps.access.admin_permissions import ActionPermissions, may
from apps.access.models import Policy, User
from apps.access.permissions import AccessAction
from apps.access.policies.document import as_text
from apps.access.policies.preview import Change, changes_of, text_diff
from apps.access.policies.services import delete_policy
from apps.common.admin import DeskAdmin

SHOWN = 20  # names beside the same change
STEPS = ("_confirm", "_edit", "csrfmiddlewaretoken")


def _alike(changes: Iterable[Change]) -> Iterator[tuple[Change, list[User], int]]:
    """A change, who it happens to, and to how many more; most people first."""
    found: dict[tuple, list[Change]] = defaultdict(list)
    for change in changes:
        found[change.gained, change.lost, change.changed].append(change)
    for group in sorted(found.values(), key=len, reverse=True):
        yield group[0], [change.user for change in group[:SHOWN]], max(len(group) - SHOWN, 0)


@admin.register(Policy)
class PolicyAdmin(RefusalsAsMessages, ActionPermissions, DeskAdmin):
    """Documents in RAM's grammar. Nothing is saved before it was shown what changes for whom."""

    view_action = AccessAction.EXPLAIN
    add_action = change_action = AccessAction.MANAGE_POLICIES

    form = PolicyForm
    list_display = ["__str__", "slug", "kind", "version", "used_by"]
    list_filter = ["is_guardrail", "is_system", "roles"]
    search_fields = ["name", "slug", "description"]
    prepopulated_fields = {"slug": ["name"]}
    actions_detail = ["versions", "copy"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("roles")

    @display(
        description=_("kind"),
        label={"guardrail": "danger", "system": "info", "own": "success"},
    )
    def kind(self, policy):
        if policy.is_guardrail:
            return "guardrail", _("Guardrail: for everybody")
        return ("system", _("Comes with the desk")) if policy.is_system else ("own", _("Own"))

    @admin.display(description=_("kind"))
    def kind_told(self, policy):
        return self.kind(policy)[1]

    @admin.display(description=_("roles"))
    def used_by(self, policy):
        return ", ".join(map(str, policy.roles.all())) or "–"

    @admin.display(description=_("document"))
    def text(self, policy):
        return format_html('<pre class="policy-text">{}</pre>', as_text(policy.document))

    @admin.display(description=_("description"))
    def told(self, policy):
        return policy.purpose

    def get_fieldsets(self, request, obj=None):
        if obj is None or self.has_change_permission(request, obj):
            fields = ["name", "slug", "description", "is_guardrail", "document", "note", "seen"]
        else:
            fields = ["__str__", "slug", "told", "kind_told", "version", "used_by", "text"]
        return [(None, {"fields": fields})]

    def get_readonly_fields(self, request, obj=None):
        return ["slug", "told", "kind_told", "used_by", "text"] if obj else []

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def has_change_permission(self, request, obj=None):
        return not (obj and obj.is_system) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        free = obj is not None and not obj.is_system and not obj.roles.all()
        return free and may(request, AccessAction.MANAGE_POLICIES)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.actor = request.user
        return form

    # Saving

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method == "POST" and "_edit" in request.POST:
            return self._again(request, object_id, form_url)
        if request.method == "POST" and "_confirm" not in request.POST:
            preview = self._preview(request, object_id)
            if preview is not None:
                return preview
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _preview(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """What changes for whom; None where the page itself has something to say first."""
        policy = self.get_object(request, object_id) if object_id else None
        allowed = (
            self.has_change_permission(request, policy) if object_id else self.has_add_permission(request)
        )
        if not allowed or (object_id and policy is None):
            return None
        form = self.get_form(request, policy, change=bool(object_id))(request.POST, instance=policy)
        if not form.is_valid() or not set(form.changed_data) - {"note", "seen"}:
            return None
        stored = Policy.objects.get(pk=policy.pk) if policy else Policy(slug=form.cleaned_data["slug"])
        document, guards = form.cleaned_data["document"], form.cleaned_data["is_guardrail"]
        changes = changes_of(stored, document, is_guardrail=guards)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What changes for whom"),
            "opts": self.model._meta,
            "name": form.cleaned_data["name"],
            "guards": guards,
            "groups": list(_alike(changes)),
            "people": len(changes),
            "diff": text_diff(stored.document if policy else None, document),
            "posted": [(name, value) for name, value in request.POST.items() if name not in STEPS],
        }
        return TemplateResponse(request, "admin/access/policy_preview.html", context)

    def _again(self, request, object_id, form_url):
        """The form with what was written, as it was before the preview."""
        request.draft = request.POST
        request.method = "GET"
        return super().changeform_view(request, object_id, form_url)

    def get_object(self, request, object_id, from_field=None):
        policy = super().get_object(request, object_id, from_field)
        draft = getattr(request, "draft", None)
        if policy is not None and draft is not None:
            for name, value in self._drafted(draft).items():
                setattr(policy, name, value)
        return policy

    def get_changeform_initial_data(self, request):
        draft = getattr(request, "draft", None)
        if draft is not None:
            return {**self._drafted(draft), "slug": draft.get("slug", ""), "note": draft.get("note", "")}
        source = Policy.objects.filter(slug=request.GET.get("copy_of", "")).first()
        if source is None:
            return super().get_changeform_initial_data(request)
        names = {"name": _("Copy of %(name)s") % {"name": source}, "slug": f"{source.slug[:45]}-copy"}
        return {**names, "description": source.purpose, "document": source.document}

    def _drafted(self, draft):
        """What was written, of a document that is JSON: it was looked at before."""
        return {
            "name": draft.get("name", ""),
            "description": draft.get("description", ""),
            "is_guardrail": "is_guardrail" in draft,
            "document": json.loads(draft.get("document") or "{}"),
            "version": int(draft.get("seen") or 1),
        }

    def save_model(self, request, obj, form, change):
        stored = form.store(form.cleaned_data)
        obj.pk, obj.version = stored.pk, stored.version

    def delete_model(self, request, obj):
        delete_policy(obj, actor=request.user)

    def get_actions(self, request):
        return {}  # policies are removed one by one, each by its service

    # Buttons

    @action(description=_("Versions"), icon="difference", url_path="versions")
    def versions(self, request, object_id):
        """What it said, each with what it changed; an earlier one goes the way of every change."""
        policy = super().get_object(request, object_id)
        if policy is None or not self.has_view_permission(request, policy):
            raise PermissionDenied
        rows = list(policy.versions.select_related("author"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Versions of %(name)s") % {"name": policy},
            "opts": self.model._meta,
            "policy": policy,
            "versions": [
                (row, text_diff(older and older.document, row.document), as_text(row.document))
                for row, older in zip(rows, [*rows[1:], None], strict=True)
            ],
            "may_restore": self.has_change_permission(request, policy),
        }
        return TemplateResponse(request, "admin/access/policy_versions.html", context)

    @action(description=_("Copy"), icon="content_copy", permissions=["add"])
    def copy(self, request, object_id):
        policy = super().get_object(request, object_id)
        return redirect(f"{reverse('admin:access_policy_add')}?copy_of={policy.slug if policy else ''}")
