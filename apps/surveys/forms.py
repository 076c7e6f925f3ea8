from django import forms
from django.utils.translation import gettext_lazy as _

from apps.surveys.models import COMMENT_MAX, SCALE

SCORES = [(str(score), str(score)) for score in range(1, SCALE + 1)]


class RatingForm(forms.Form):
    """A score, and a word if the customer likes."""

    score = forms.TypedChoiceField(
        label=_("Your rating"), choices=SCORES, coerce=int, widget=forms.RadioSelect
    )
    comment = forms.CharField(
        label=_("A word about it (if you like)"),
        required=False,
        max_length=COMMENT_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
