"""What people choose for themselves; nobody else is asked."""

from django.conf import settings
from django.utils.translation import gettext as _

from apps.access.models import User
from apps.common.errors import AccessDenied, Invalid


def choose_locale(user: User, *, actor: User, locale: str) -> User:
    """Let the desk speak ``locale`` (one of ``LANGUAGES``) to ``user``, who alone may choose it."""
    if actor != user:
        raise AccessDenied()
    if locale not in dict(settings.LANGUAGES):
        raise Invalid(_("The desk does not speak this language."), fields={"locale": [locale]})
    User.objects.filter(pk=user.pk).update(locale=locale)
    user.locale = locale
    return user
