from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.access import viewing
from apps.access.names import OfCustomer
from apps.common.money import Money
from apps.orders.enums import OrderStatus
from apps.orders.permissions import OrderAction

SHOP = "shop"  # the source that the settings name


class OrderQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rows ``user`` may read: all with ``READ``, otherwise none."""
        return access.reachable(self, user, OrderAction.READ)

    def whole(self):
        """With what an order is shown with: lines, payments and parcels, in three more queries."""
        return self.select_related("customer").prefetch_related("lines", "payments", "shipments")

    def search(self, text: str):
        """Rows whose number, buyer's name or e-mail address contains ``text``.

        Name and address have to be ``text`` for whoever sees them masked.
        """
        text = text.strip()
        if not text:
            return self
        if viewing.is_masked():
            return self.filter(
                Q(order_no__icontains=text) | Q(buyer_name__iexact=text) | Q(email__iexact=text)
            )
        return self.filter(
            Q(order_no__icontains=text) | Q(buyer_name__icontains=text) | Q(email__icontains=text)
        )


class Order(OfCustomer, models.Model):
    """What the desk knows of an order of the shop: a copy, as fresh as ``synced_at``.

    Only ``apps.orders.services`` writes it. ``customer`` is who has proven to be the buyer. The shop shows
    the buyer's phone number masked; ``phone_tail`` is its last four digits.
    """

    source = models.CharField(_("shop"), max_length=32, default=SHOP)
    order_no = models.CharField(_("order number"), max_length=64)
    customer = models.ForeignKey(
        "customers.Customer",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("customer"),
    )
    buyer_id = models.CharField(_("buyer's shop account"), max_length=128, blank=True)
    buyer_name = models.CharField(_("buyer"), max_length=120, blank=True)
    phone_masked = models.CharField(_("phone number"), max_length=32, blank=True)
    phone_tail = models.CharField(_("last digits of the phone number"), max_length=4, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    status = models.CharField(_("state"), max_length=10, choices=OrderStatus, default=OrderStatus.UNKNOWN)
    goods_amount = models.DecimalField(_("goods"), max_digits=12, decimal_places=2, default=0)
    shipping_amount = models.DecimalField(_("shipping"), max_digits=12, decimal_places=2, default=0)
    discount_amount = models.DecimalField(_("discount"), max_digits=12, decimal_places=2, default=0)
    paid_amount = models.DecimalField(_("paid"), max_digits=12, decimal_places=2, default=0)
    refunded_amount = models.DecimalField(_("refunded"), max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    address = models.JSONField(_("delivery address"), default=dict, blank=True)
    version = models.PositiveBigIntegerField(_("version"), default=0)
    placed_at = models.DateTimeField(_("ordered at"))
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    source_updated_at = models.DateTimeField(_("changed in the shop at"), null=True, blank=True)
    synced_at = models.DateTimeField(_("as of"))
    redacted_at = models.DateTimeField(null=True)  # the buyer was erased here; the mirror learns them no more

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(name="order_number_once", fields=["source", "order_no"]),
            models.CheckConstraint(name="order_number_given", condition=~Q(order_no="")),
            models.CheckConstraint(name="order_status_known", condition=Q(status__in=OrderStatus)),
            models.CheckConstraint(
                name="order_amounts_not_negative",
                condition=Q(
                    goods_amount__gte=0,
                    shipping_amount__gte=0,
                    discount_amount__gte=0,
                    paid_amount__gte=0,
                    refunded_amount__gte=0,
                ),
            ),
            models.CheckConstraint(
                name="order_refunded_within_paid", condition=Q(refunded_amount__lte=F("paid_amount"))
            ),
        ]
        indexes = [
            models.Index(name="order_newest", fields=["-placed_at", "-id"]),
            models.Index(name="order_by_customer", fields=["customer", "-placed_at"]),
            models.Index(name="order_by_buyer", fields=["buyer_id", "-placed_at"], condition=~Q(buyer_id="")),
            models.Index(Lower("email"), name="order_by_email", condition=~Q(email="")),
            models.Index(name="order_by_phone", fields=["phone_tail", "-placed_at"]),
            # Substring search in the console; one index serves any of the three.
            GinIndex(
                OpClass(Upper("order_no"), name="gin_trgm_ops"),
                OpClass(Upper("buyer_name"), name="gin_trgm_ops"),
                OpClass(Upper("email"), name="gin_trgm_ops"),
                name="order_search",
            ),
        ]

    def __str__(self):
        return self.order_no

    @property
    def total(self) -> Money:
        """What it costs, paid or not."""
        return Money(self.goods_amount + self.shipping_amount - self.discount_amount, self.currency)

    @property
    def paid(self) -> Money:
        return Money(self.paid_amount, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_amount, self.currency)


class OrderLine(models.Model):
    """One article of an order, as it was sold."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(_("position"))
    sku = models.CharField(_("article number"), max_length=64, blank=True)
    title = models.CharField(_("title"), max_length=240)
    qty = models.PositiveIntegerField(_("quantity"), default=1)
    unit_price = models.DecimalField(_("price each"), max_digits=12, decimal_places=2)
    image_url = models.CharField(_("picture"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(name="order_line_position_once", fields=["order", "position"]),
            models.CheckConstraint(name="order_line_qty_positive", condition=Q(qty__gte=1)),
            models.CheckConstraint(name="order_line_price_not_negative", condition=Q(unit_price__gte=0)),
        ]

    def __str__(self):
        return f"{self.qty} × {self.title}"

    @property
    def total(self) -> Money:
        return Money(self.unit_price * self.qty, self.order.currency)
