"""Policies in people's words."""

from django.utils.translation import gettext as _


def place_words(where: str) -> str:
    """A place as ``Target.text`` names it: ``queue/shoes/*`` is “queue shoes”."""
    kind, _slash, rest = where.partition("/")
    slug = rest.removesuffix("/*")
    words = {
        "*": _("everywhere"),
        "member": _("own, and in own queues and inboxes"),
        "queue": _("queue %(slug)s") % {"slug": slug},
        "inbox": _("inbox %(slug)s") % {"slug": slug},
    }
    return words.get(kind) or _("every %(kind)s") % {"kind": kind}
