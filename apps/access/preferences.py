"""What people choose for themselves; nobody else is asked."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from apps.access.models import User
from apps.common.errors import AccessDenied, Invalid


def known_locale(code: str) -> str:
    """``code`` where the desk speaks it, else its first language."""
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def zone_of(user: User) -> ZoneInfo:
    """The user's time zone; the desk's where theirs is unknown."""
    try:
        return ZoneInfo(user.zone)
    except (KeyError, ValueError, OSError):  # unknown, not a name at all, the name of a folder
        return ZoneInfo(settings.TIME_ZONE)


def choose_locale(user: User, *, actor: User, locale: str) -> User:
    """Let the desk speak ``locale`` (one of ``LANGUAGES``) to ``user``, who alone may choose it."""
    if actor != user:
        raise AccessDenied()
    if locale not in dict(settings.LANGUAGES):
        raise Invalid(_("The desk does not speak this language."), fields={"locale": [locale]})
    User.objects.filter(pk=user.pk).update(locale=locale)
    user.locale = locale
    return user
