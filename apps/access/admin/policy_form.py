import json
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.access.admin.refusals import words_of
from apps.access.models import Policy, User
from apps.access.policies import services
from apps.access.policies.document import as_text
from apps.common.errors import DomainError

EXAMPLE = {
    "Version": "1",
    "Statement": [
        {
            "Sid": "ShoesOnly",
            "Effect": "Allow",
            "Action": ["chat:ReadSession", "chat:AcceptSession"],
            "Resource": "acs:helpdesk:*:*:queue/shoes/*",
        }
    ],
}


class DocumentField(forms.JSONField):
    """JSON that people write: a slip is named by its line."""

    def to_python(self, value: Any) -> Any:
        try:
            return json.loads(value) if isinstance(value, str) and value.strip() else super().to_python(value)
        except json.JSONDecodeError as error:
            where = {"line": error.lineno, "column": error.colno}
            raise forms.ValidationError(
                _("This is no JSON: look at line %(line)s, column %(column)s."), params=where
            ) from error

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, str) else as_text(value)


class _Undone(Exception):
    """Takes back what was tried."""


class PolicyForm(forms.ModelForm):
    """A policy, and why it changes. Whatever the service would refuse stands beside the document."""

    actor: User  # set by the page, for each request

    document = DocumentField(
        label=_("Document"),
        initial=EXAMPLE,
        widget=UnfoldAdminTextareaWidget(
            attrs={"class": "policy-document", "spellcheck": "false", "autocapitalize": "off"}
        ),
        help_text=_(
            "Effect: Allow or Deny. Action: such as chat:AcceptSession or chat:*. Resource: * (everything), "
            "acs:helpdesk:*:*:member/* (own), acs:helpdesk:*:*:queue/shoes/*. A denial always wins."
        ),
    )
    note = forms.CharField(label=_("Why"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)  # the version that was looked at

    class Meta:
        model = Policy
        fields = ["name", "slug", "description", "is_guardrail", "document"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = self.instance.version
        written = self["document"].value() or ""  # faults stand below it, and are to be seen
        self.fields["document"].widget.attrs["rows"] = min(max(written.count("\n") + 3, 12), 40)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if "document" in found:
            guards = found.get("is_guardrail", self.instance.is_guardrail)
            for problem in services.faults_of(found["document"], is_guardrail=guards):
                self.add_error("document", str(problem))
        if not self.errors:
            self._try(found)
        return found

    def _try(self, found: dict[str, Any]) -> None:
        """What would be refused is said before the preview; nothing is stored."""
        try:
            with transaction.atomic():
                self.store(found)
                raise _Undone
        except _Undone:
            pass
        except DomainError as error:
            self.add_error(None, words_of(error))

    def store(self, found: dict[str, Any]) -> Policy:
        """Call the service with what was written; the policy as it is stored. Raises its errors."""
        note = found.get("note", "")
        values = {name: found[name] for name in self.changed_data if name in (*services.FIELDS, "document")}
        if self.instance.pk is None:
            values |= {name: found[name] for name in (*services.FIELDS, "document") if name in found}
            return services.create_policy(actor=self.actor, note=note, **values)
        if not values:
            return self.instance
        stored = Policy.objects.get(pk=self.instance.pk)
        version = found.get("seen") or stored.version
        return services.change_policy(stored, actor=self.actor, version=version, note=note, **values)
