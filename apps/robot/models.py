from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.robot.enums import FlowKind, HandOffReason, TurnOutcome
from apps.robot.permissions import RobotAction


class RobotTurnQuerySet(models.QuerySet):
    def visible_to(self, user):
        """All turns for those who may read them."""
        return access.reachable(self, user, RobotAction.READ)


class RobotTurn(models.Model):
    """What the robot made of a customer's words, once: everything in the session up to ``customer_seq``.

    The greeting is the turn with ``customer_seq`` 0. Only ``apps.robot.services`` writes it.
    """

    session = models.ForeignKey(
        "chat.ChatSession", models.PROTECT, related_name="robot_turns", verbose_name=_("chat")
    )
    customer_seq = models.PositiveIntegerField(_("message number"))
    outcome = models.CharField(_("outcome"), max_length=12, choices=TurnOutcome)
    reason = models.CharField(_("reason"), max_length=16, choices=HandOffReason, blank=True)
    faq = models.ForeignKey(
        "knowledge.Faq", models.SET_NULL, null=True, related_name="robot_turns", verbose_name=_("FAQ")
    )
    score = models.FloatField(
        _("score"), null=True
    )  # of the best candidate, also when it was not good enough
    matched = models.CharField(_("nearest question"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"))

    objects = RobotTurnQuerySet.as_manager()

    class Meta:
        verbose_name = _("robot turn")
        verbose_name_plural = _("robot turns")
        constraints = [
            models.UniqueConstraint(name="robot_turn_once", fields=["session", "customer_seq"]),
            models.CheckConstraint(name="robot_outcome_known", condition=Q(outcome__in=TurnOutcome.values)),
            models.CheckConstraint(
                name="robot_reason_of_hand_off", condition=Q(outcome="handed_off") ^ Q(reason="")
            ),
            models.CheckConstraint(
                name="robot_score_is_a_chance", condition=Q(score=None) | Q(score__gte=0, score__lte=1)
            ),
        ]
        indexes = [
            models.Index(name="robot_turn_by_faq", fields=["faq", "at"], condition=Q(outcome="answered"))
        ]

    def __str__(self) -> str:
        return f"{self.session_id}#{self.customer_seq}: {self.outcome}"


class RobotFlow(models.Model):
    """Where a chat stands with a question about an order. Only ``apps.robot.services`` writes it.

    ``order_no`` is what the customer said, and proves nothing; ``order`` is one that they have proven to know, or
    that is theirs. While ``is_open`` the robot waits for the number or the digits.
    """

    session = models.OneToOneField(
        "chat.ChatSession", models.PROTECT, related_name="robot_flow", verbose_name=_("chat")
    )
    kind = models.CharField(_("about"), max_length=8, choices=FlowKind, default=FlowKind.PARCEL)
    is_open = models.BooleanField(_("waits for an answer"), default=True)
    order_no = models.CharField(_("order number given"), max_length=64, blank=True)
    misses = models.PositiveSmallIntegerField(_("wrong answers"), default=0)
    order = models.ForeignKey(
        "orders.Order", models.SET_NULL, null=True, related_name="+", verbose_name=_("order")
    )
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("robot flow")
        verbose_name_plural = _("robot flows")
        constraints = [
            models.CheckConstraint(name="robot_flow_kind_known", condition=Q(kind__in=FlowKind.values))
        ]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.kind}"
