from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.customers.enums import CustomerLevel
from apps.routing import selectors, services
from apps.routing.admin.base import ConfigurationAdmin, ConfigurationInline
from apps.routing.errors import NoQueue
from apps.routing.models import AgentSkill, RoutingRule, Skill
from apps.routing.rules import Case

CONDITIONS = [
    "channel",
    "inbox",
    "source_prefix",
    "product",
    "product_category",
    "language",
    "customer_level",
]


def text_field(label, example=""):
    attrs = {"placeholder": example}
    return forms.CharField(label=label, required=False, widget=UnfoldAdminTextInputWidget(attrs=attrs))


class CaseForm(forms.Form):
    """What is known about a piece of work; all of it may be empty."""

    channel = text_field(_("channel"), "web")
    inbox = text_field(_("inbox"), "web")
    source = text_field(_("page"), "/shop/SH-101/")
    product = text_field(_("product"), "SH-101")
    product_category = text_field(_("product category"), "shoes")
    locale = text_field(_("language"), "zh-hans")
    customer_level = forms.ChoiceField(
        label=_("customer level"),
        required=False,
        choices=[("", "–"), *CustomerLevel.choices],
        widget=UnfoldAdminSelectWidget,
    )


def _outcome(case):
    try:
        return {"decision": selectors.decide_for(Case(**case))}
    except NoQueue as error:
        return {"problem": error.detail}


@admin.register(RoutingRule)
class RoutingRuleAdmin(ConfigurationAdmin):
    """Which work goes to which queue; the first match wins."""

    list_display = ["position", "name", "is_active", "channel", "product_category", "language", "queue"]
    list_display_links = ["name"]
    list_select_related = ["queue"]
    list_filter = ["is_active", "queue"]
    search_fields = ["name"]
    filter_horizontal = ["skills"]
    fieldsets = [
        (None, {"fields": ["position", "name", "is_active"]}),
        (_("When all of this holds (empty always does)"), {"fields": CONDITIONS}),
        (_("Then"), {"fields": ["queue", "priority", "skills", "allocation"]}),
    ]
    actions_list = ["try_rules"]

    def save_model(self, request, obj, form, change):
        related = {"skills": form.cleaned_data["skills"]} if "skills" in form.changed_data else {}
        services.save_configuration(obj, actor=request.user, changed=form.changed_data, related=related)

    @action(description=_("Try the rules"), url_path="try", icon="science")
    def try_rules(self, request):
        """Where a case would go, and why: nothing is stored."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = CaseForm(request.GET or None)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Try the rules"),
            "opts": self.model._meta,
            "form": form,
            **(_outcome(form.cleaned_data) if form.is_valid() else {}),
        }
        return TemplateResponse(request, "admin/routing/try_rules.html", context)


class AgentSkillInline(ConfigurationInline):
    """Who has the skill."""

    model = AgentSkill
    autocomplete_fields = ["agent"]


@admin.register(Skill)
class SkillAdmin(ConfigurationAdmin):
    """What work may need, and which agents have it."""

    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [AgentSkillInline]
