from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.access import services as access
from apps.customers.enums import CustomerLevel
from apps.routing.enums import Allocation
from apps.routing.models.calendars import ServiceCalendar
from apps.routing.models.skills import Skill
from apps.routing.permissions import RoutingAction

SERVE = "serve_queue"
SUPERVISE = "supervise_queue"
OFFER_SECONDS = (5, 600)


class QueueQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Queues that ``user`` serves or supervises; all with ``READ_ANY_QUEUE``; none without ``READ_QUEUE``."""
        return access.reachable(self, user, RoutingAction.READ_QUEUE)


class Queue(models.Model):
    """Where work waits for agents who may serve it."""

    SCOPE_PERMISSIONS = (SERVE, SUPERVISE)

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    calendar = models.ForeignKey(
        ServiceCalendar,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="queues",
        verbose_name=_("calendar"),
        help_text=_("Without one the queue is always open."),
    )
    is_default = models.BooleanField(_("default"), default=False, help_text=_("Takes what no rule matches."))
    priority = models.SmallIntegerField(_("priority"), default=0, help_text=_("Higher is served first."))
    allocation = models.CharField(
        _("allocation"), max_length=12, choices=Allocation, default=Allocation.LEAST_BUSY
    )
    offer_seconds = models.PositiveSmallIntegerField(
        _("offer expires after (seconds)"),
        default=30,
        validators=[MinValueValidator(OFFER_SECONDS[0]), MaxValueValidator(OFFER_SECONDS[1])],
    )
    wrap_up_seconds = models.PositiveSmallIntegerField(_("wrap-up (seconds)"), default=0)
    max_waiting = models.PositiveIntegerField(
        _("most that may wait"), null=True, blank=True, help_text=_("Empty is no limit.")
    )
    skill_hold_seconds = models.PositiveSmallIntegerField(
        _("wait for the skill (seconds)"),
        default=60,
        help_text=_("After that, agents of the queue without the asked skill are asked too."),
    )
    answer_target_seconds = models.PositiveSmallIntegerField(
        _("answer within (seconds)"), default=30, help_text=_("The target behind the service level.")
    )

    objects = QueueQuerySet.as_manager()

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering = ["name"]
        default_permissions = ["add", "change", "delete", "view"]
        permissions = [(SERVE, _("May serve this queue")), (SUPERVISE, _("May supervise this queue"))]
        constraints = [
            models.UniqueConstraint(
                name="queue_one_default", fields=["is_default"], condition=Q(is_default=True)
            ),
            models.CheckConstraint(
                name="queue_allocation_known", condition=Q(allocation__in=Allocation.values)
            ),
            models.CheckConstraint(
                name="queue_offer_seconds_sane", condition=Q(offer_seconds__range=OFFER_SECONDS)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def access_scope(self) -> "Queue":
        return self


class QueueUserObjectPermission(UserObjectPermissionBase):
    """Lets a user serve or supervise a queue; a real foreign key, so that dispatching is one indexed join."""

    content_object = models.ForeignKey(Queue, models.CASCADE, related_name="user_permissions")


class QueueGroupObjectPermission(GroupObjectPermissionBase):
    """As ``QueueUserObjectPermission``, for everybody in a group."""

    content_object = models.ForeignKey(Queue, models.CASCADE, related_name="group_permissions")


class RoutingRule(models.Model):
    """Sends matching work to a queue. Rules are tried by position; blank conditions always hold."""

    position = models.PositiveSmallIntegerField(_("position"), default=0, db_index=True)
    name = models.CharField(_("name"), max_length=80)
    is_active = models.BooleanField(_("active"), default=True)
    channel = models.CharField(_("channel"), max_length=20, blank=True)
    inbox = models.SlugField(_("inbox"), blank=True, help_text=_("Slug of the inbox."), db_index=False)
    source_prefix = models.CharField(
        _("source begins with"), max_length=200, blank=True, help_text=_("Page or product reference.")
    )
    product = models.CharField(
        _("product"),
        max_length=80,
        blank=True,
        help_text=_("Number of the product, as it stands in the address of its page."),
    )
    product_category = models.CharField(_("product category"), max_length=80, blank=True)
    customer_level = models.CharField(_("customer level"), max_length=20, choices=CustomerLevel, blank=True)
    language = models.CharField(
        _("language"), max_length=12, blank=True, help_text=_("“zh” covers zh-hans too.")
    )
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="rules", verbose_name=_("queue"))
    priority = models.SmallIntegerField(
        _("priority"), null=True, blank=True, help_text=_("Empty is the priority of the queue.")
    )
    skills = models.ManyToManyField(
        Skill, blank=True, related_name="rules", verbose_name=_("skills"), help_text=_("All of them.")
    )
    allocation = models.CharField(
        _("allocation"),
        max_length=12,
        choices=Allocation,
        blank=True,
        help_text=_("Empty is the method of the queue."),
    )

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="rule_allocation_known", condition=Q(allocation__in=["", *Allocation.values])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.name}"
