from django.utils.translation import gettext_lazy as _

from apps.common.errors import DomainError


class StaleVersion(DomainError):
    """Somebody changed the ticket meanwhile; ``current`` is what it is now."""

    code = "stale_version"
    default_detail = _("A colleague has changed this ticket meanwhile. Look at it again.")


class MoveNotAllowed(DomainError):
    """The ticket cannot go from its status to the one wanted; ``allowed`` names those it can go to."""

    code = "move_not_allowed"
    default_detail = _("The ticket cannot change to this status.")


class TicketClosed(DomainError):
    """A closed ticket takes no more messages."""

    code = "ticket_closed"
    default_detail = _("This ticket is closed.")


class RefReused(DomainError):
    """The ref names another message or ticket."""

    code = "conflict"
    default_detail = _("This reference was used for something else.")


class LinkExpired(DomainError):
    """The link of the customer's page is wrong or too old."""

    code = "link_expired"
    status = 404
    default_detail = _("This link is unknown or has expired.")
