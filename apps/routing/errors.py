from django.utils.translation import gettext_lazy as _

from apps.common.errors import DomainError


class OfferGone(DomainError):
    """The offer is no longer pending: answered, expired or withdrawn."""

    code = "offer_gone"
    default_detail = _("This offer is over.")


class AlreadyTaken(DomainError):
    """Someone else has the item or is being asked; ``owner`` is their display name."""

    code = "already_taken"
    default_detail = _("Somebody else already has this.")


class NotQueued(DomainError):
    """The item waits in no queue and no agent has it."""

    code = "not_queued"
    default_detail = _("This waits in no queue any more.")


class NoCapacity(DomainError):
    """The agent has no free units for the item."""

    code = "no_capacity"
    default_detail = _("There is no room for more work.")


class AgentUnavailable(DomainError):
    """The agent is not online, so nothing can be transferred to them."""

    code = "agent_unavailable"
    default_detail = _("This agent is not online.")


class QueueFull(DomainError):
    """The queue holds as many waiting items as it may."""

    code = "queue_full"
    default_detail = _("This queue is full.")


class NoQueue(DomainError):
    """No rule matches and no default queue is configured."""

    code = "no_queue"
    default_detail = _("No rule matches and no default queue is set.")


def already_taken(owner: object) -> AlreadyTaken:
    """The error for the loser of a race; ``owner`` is the user who won it."""
    name = str(owner)
    return AlreadyTaken(_("%(owner)s already has this.") % {"owner": name}, owner=name)
