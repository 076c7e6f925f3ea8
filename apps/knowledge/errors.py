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


class SlugTaken(DomainError):
    """Another SOP has this slug."""

    code = "slug_taken"
    default_detail = _("There is a SOP with this slug.")


class RevisionOpen(DomainError):
    """The SOP has a draft or a revision in review already."""

    code = "revision_open"
    default_detail = _("There is a draft, or a revision in review, already.")


class RevisionMoved(DomainError):
    """The revision is not in the state that this step needs; somebody was faster."""

    code = "revision_moved"
    default_detail = _("The revision has moved on. Load the page again.")


class OwnRevision(DomainError):
    """A revision is reviewed by somebody else than its author, and changed by its author only."""

    code = "own_revision"
    default_detail = _("Somebody else than its author reviews a revision.")
