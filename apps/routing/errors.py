from django.utils.translation import gettext_lazy as _

from apps.common.errors import DomainError


class OfferGone(DomainError):
    """The offer is no longer pending: answered, expired or withdrawn."""

    code = "offer_gone"


class AlreadyTaken(DomainError):
    """Someone else has the item or is being asked; ``owner`` is their display name."""

    code = "already_taken"


class NotQueued(DomainError):
    """The item waits in no queue and no agent has it."""

    code = "not_queued"


class NoCapacity(DomainError):
    """The agent has no free units for the item."""

    code = "no_capacity"


class AgentUnavailable(DomainError):
    """The agent is not online, so nothing can be transferred to them."""

    code = "agent_unavailable"


class QueueFull(DomainError):
    """The queue holds as many waiting items as it may."""

    code = "queue_full"


class NoQueue(DomainError):
    """No rule matches and no default queue is configured."""

    code = "no_queue"


def already_taken(owner: object) -> AlreadyTaken:
    """The error for the loser of a race; ``owner`` is the user who won it."""
    name = str(owner)
    return AlreadyTaken(_("%(owner)s already has this.") % {"owner": name}, owner=name)
