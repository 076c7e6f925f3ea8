from django import forms
from django.utils.translation import gettext_lazy as _


class EmailForm(forms.Form):
    """Whose password is forgotten."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
