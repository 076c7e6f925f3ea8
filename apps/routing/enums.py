from django.db import models
from django.utils.translation import gettext_lazy as _


class Allocation(models.TextChoices):
    """How a queue chooses among the agents who are free for it."""

    LEAST_BUSY = "least_busy", _("Least busy")
    ROUND_ROBIN = "round_robin", _("Round robin")
    LONGEST_IDLE = "longest_idle", _("Longest idle")
    STICKY = "sticky", _("Last agent if free, else least busy")


class Intent(models.TextChoices):
    """What an agent says about themselves; together with the lease it makes their presence."""

    ONLINE = "online", _("Online")
    BREAK = "break", _("On break")
    OFFLINE = "offline", _("Offline")


class EntryState(models.TextChoices):
    """Life of a queue entry: it may wait again after an offer or an assignment, until it has left."""

    WAITING = "waiting", _("Waiting")
    OFFERED = "offered", _("Offered to an agent")
    ASSIGNED = "assigned", _("With an agent")
    LEFT = "left", _("Left")


class OfferState(models.TextChoices):
    """Life of an offer: pending, then exactly one of the others."""

    PENDING = "pending", _("Pending")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Not answered in time")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class AssignedBy(models.TextChoices):
    """How an assignment came about."""

    OFFER = "offer", _("Offer accepted")
    CLAIM = "claim", _("Taken by hand")
    TRANSFER = "transfer", _("Transferred")


class OverflowTrigger(models.TextChoices):
    """When a rung of the ladder is reached."""

    WAITING = "waiting", _("Waiting before it")
    WAIT = "wait", _("Seconds of waiting")


class OverflowAction(models.TextChoices):
    """What is done then."""

    NOTIFY = "notify_supervisors", _("Notify the supervisors")
    OFFER_TICKET = "offer_ticket", _("Offer to leave a message")
    OFFER_ROBOT = "offer_robot", _("Offer the robot")
    MOVE = "move_to", _("Move to another queue")


class Weekday(models.IntegerChoices):
    """As ``date.weekday()`` counts."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")
