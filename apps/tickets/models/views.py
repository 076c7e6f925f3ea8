from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.access.models import User
from apps.tickets.permissions import TicketAction


class TicketViewQuerySet(models.QuerySet):
    def visible_to(self, user: User):
        """Views ``user`` may open: own and shared ones; what they list is filtered by ``Ticket.visible_to``."""
        if not access.can(user, TicketAction.READ):
            return self.none()
        return self.filter(Q(owner=user) | Q(owner=None))


class TicketView(models.Model):
    """A saved choice of tickets; without an owner it is shared by all. ``filters`` is checked by ``filtering``."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="ticket_views",
        verbose_name=_("owner"),
        help_text=_("Empty: shared with everybody."),
    )
    name = models.CharField(_("name"), max_length=60)
    filters = models.JSONField(
        _("filters"),
        default=dict,
        blank=True,
        help_text=_('E.g. {"status": ["new", "open"], "assignee": "me", "sla": ["breached"]}'),
    )
    order = models.CharField(_("order"), max_length=12, default="activity")
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = TicketViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket view")
        verbose_name_plural = _("ticket views")
        ordering = ["position", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="ticket_view_name_once", fields=["owner", "name"], nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_shared(self) -> bool:
        return self.owner_id is None
