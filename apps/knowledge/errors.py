from django.utils.translation import gettext_lazy as _

from apps.common.errors import DomainError


class KeyTaken(DomainError):
    """Another FAQ has this key, or its topic in this language."""

    code = "key_taken"
    default_detail = _("There is an FAQ with this key, or with this topic in this language.")


class ShortcutTaken(DomainError):
    """Another canned reply has this shortcut in this language and queue."""

    code = "shortcut_taken"
    default_detail = _("There is a canned reply with this shortcut.")
