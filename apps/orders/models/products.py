from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.common.money import Money
from apps.orders.models.orders import SHOP
from apps.orders.permissions import OrderAction


class ProductQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rows ``user`` may read: all with ``READ``, otherwise none."""
        return access.reachable(self, user, OrderAction.READ)

    def on_sale(self):
        return self.filter(is_active=True)

    def search(self, text: str):
        """Rows whose article number or name, in any language, contains ``text``."""
        text = text.strip()
        if not text:
            return self
        return self.filter(Q(sku__icontains=text) | Q(search_text__icontains=text))


class Product(models.Model):
    """An article of the shop's catalogue: a copy that agents send as a card.

    ``titles`` maps a language (``en``, ``zh-hans``) to the name in it; ``search_text`` holds them all.
    """

    source = models.CharField(_("shop"), max_length=32, default=SHOP)
    sku = models.CharField(_("article number"), max_length=64)
    category = models.CharField(_("category"), max_length=64, blank=True)
    titles = models.JSONField(_("names"), default=dict)
    blurbs = models.JSONField(_("descriptions"), default=dict, blank=True)
    search_text = models.TextField(editable=False, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    image_url = models.CharField(_("picture"), max_length=500, blank=True)
    url = models.CharField(_("page in the shop"), max_length=500, blank=True)
    is_active = models.BooleanField(_("on sale"), default=True)
    synced_at = models.DateTimeField(_("as of"))

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["sku"]
        constraints = [
            models.UniqueConstraint(name="product_sku_once", fields=["source", "sku"]),
            models.CheckConstraint(name="product_sku_given", condition=~Q(sku="")),
            models.CheckConstraint(name="product_price_not_negative", condition=Q(price__gte=0)),
        ]
        indexes = [
            models.Index(name="product_by_category", fields=["category", "sku"]),
            GinIndex(
                OpClass(Upper("sku"), name="gin_trgm_ops"),
                OpClass(Upper("search_text"), name="gin_trgm_ops"),
                name="product_search",
            ),
        ]

    def __str__(self):
        return f"{self.sku} {self.title('en')}"

    def title(self, locale: str) -> str:
        """The name in ``locale``, else in English, else in any language."""
        return in_language(self.titles, locale) or self.sku

    def blurb(self, locale: str) -> str:
        return in_language(self.blurbs, locale)

    @property
    def money(self) -> Money:
        return Money(self.price, self.currency)


def in_language(texts: dict[str, str], locale: str) -> str:
    """The text for ``locale`` ("zh-CN" finds "zh-hans"), else the English one, else any, else ``""``."""
    wanted = locale.lower()
    if wanted in texts:
        return texts[wanted]
    near = next((text for name, text in texts.items() if name.split("-")[0] == wanted.split("-")[0]), "")
    return near or texts.get("en", "") or next(iter(texts.values()), "")
