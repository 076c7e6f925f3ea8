"""What the sheets of roles ask for; the services judge it."""

from django import forms

from apps.access.enums import GrantKind
from apps.access.models import MAX_SESSION_HOURS


class TakeForm(forms.Form):
    """Which role to take on, what for and for how long; the service judges the rest."""

    role = forms.SlugField()
    reason = forms.CharField(max_length=200, required=False)
    hours = forms.TypedChoiceField(
        choices=[(hours, hours) for hours in range(1, MAX_SESSION_HOURS + 1)],
        coerce=int,
        empty_value=None,
        required=False,
    )
    ticket_ref = forms.CharField(max_length=40, required=False)


class AskForm(forms.Form):
    """Which role is wanted, what for and until when."""

    role = forms.SlugField()
    reason = forms.CharField(max_length=200, required=False)
    kind = forms.ChoiceField(choices=GrantKind.choices)
    not_after = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M"])
    ticket_ref = forms.CharField(max_length=40, required=False)
