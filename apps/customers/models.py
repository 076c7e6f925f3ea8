from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.access import viewing
from apps.access.names import OfCustomer
from apps.common.ids import public_id
from apps.customers.enums import PROVING_KINDS, CustomerLevel, IdentityKind
from apps.customers.permissions import CustomerAction


class CustomerQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rows ``user`` may read: all with ``READ``, otherwise none."""
        return access.reachable(self, user, CustomerAction.READ)

    def with_verified(self):
        """Rows with ``is_verified``: whether a shop has signed who they are."""
        shop = Identity.objects.filter(customer=OuterRef("pk"), kind=IdentityKind.SHOP)
        return self.annotate(is_verified=Exists(shop))

    def search(self, text: str):
        """Rows whose name, e-mail address or phone number contains ``text``; is it, for whoever sees them masked."""
        text = text.strip()
        if not text:
            return self
        if viewing.is_masked():
            return self.filter(Q(name__iexact=text) | Q(email__iexact=text) | Q(phone=text))
        return self.filter(Q(name__icontains=text) | Q(email__icontains=text) | Q(phone__icontains=text))


class Customer(OfCustomer, models.Model):
    """A person who asks. Only ``apps.customers.services`` writes it.

    ``email`` and ``phone`` are where to reach them, never a proof of who they are.
    """

    public_id = models.CharField(
        _("public id"), max_length=22, unique=True, default=public_id, editable=False
    )
    name = models.CharField(_("name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("phone number"), max_length=32, blank=True)
    locale = models.CharField(_("language"), max_length=16, default=settings.LANGUAGE_CODE)
    zone = models.CharField(_("time zone"), max_length=64, blank=True)
    level = models.CharField(_("level"), max_length=8, choices=CustomerLevel, default=CustomerLevel.REGULAR)
    notes = models.TextField(_("notes"), blank=True)
    created_at = models.DateTimeField(_("first contact"), default=timezone.now)
    last_seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    erased_at = models.DateTimeField(_("erased at"), null=True, editable=False)

    objects = CustomerQuerySet.as_manager()

    whose = "id"
    actor_kind = "customer"
    is_authenticated = True  # REST throttles ask it of whom a visitor token names

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.CheckConstraint(name="customer_level_known", condition=Q(level__in=CustomerLevel)),
        ]
        indexes = [
            # Substring search in the console; one index serves any of the three.
            GinIndex(
                OpClass(Upper("name"), name="gin_trgm_ops"),
                OpClass(Upper("email"), name="gin_trgm_ops"),
                OpClass(Upper("phone"), name="gin_trgm_ops"),
                name="customer_search",
            ),
        ]

    def __str__(self):
        return self.actor_label

    @property
    def audit_label(self) -> str:
        """How the audit trail calls them: it outlives their data, so it never learns a name."""
        return f"Customer #{self.pk}"

    @property
    def actor_label(self) -> str:
        """The name, or for a nameless visitor a stable short one."""
        if self.erased_at is not None:
            return gettext("Deleted customer #%(id)s") % {"id": self.pk}
        return self.name or gettext("Visitor %(id)s") % {
            "id": "".join(filter(str.isalnum, self.public_id))[:4]
        }


class Identity(models.Model):
    """One way to recognise a customer. A device or shop account belongs to exactly one.

    ``value`` of a device is the digest of its key, of a shop account ``"<inbox slug>:<sub>"``.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="identities")
    kind = models.CharField(_("kind"), max_length=8, choices=IdentityKind)
    value = models.CharField(_("value"), max_length=320)
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    created_at = models.DateTimeField(_("added at"), default=timezone.now)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            models.CheckConstraint(name="identity_kind_known", condition=Q(kind__in=IdentityKind)),
            models.CheckConstraint(name="identity_value_given", condition=~Q(value="")),
            models.CheckConstraint(
                name="identity_shop_is_verified", condition=~Q(kind="shop") | Q(verified_at__isnull=False)
            ),
            models.UniqueConstraint(
                name="identity_one_customer", fields=["kind", "value"], condition=Q(kind__in=PROVING_KINDS)
            ),
            models.UniqueConstraint(name="identity_once_per_customer", fields=["customer", "kind", "value"]),
        ]
        # Whose an address is, asked for each mail: those that prove nothing may be of several people.
        indexes = [models.Index(name="identity_known_by", fields=["value", "kind"])]

    def __str__(self):
        return f"{self.get_kind_display()} {self.value}"


from apps.customers.privacy.models import (  # noqa: E402  (they refer to the customer by name)
    Consent,
    CustomerExport,
    Erasure,
    ErasureStep,
    LegalHold,
    PurgeRun,
    RetentionRule,
)

__all__ = [
    "Consent",
    "Customer",
    "CustomerExport",
    "CustomerQuerySet",
    "Erasure",
    "ErasureStep",
    "Identity",
    "LegalHold",
    "PurgeRun",
    "RetentionRule",
]
