from django.db import models
from django.utils.translation import gettext_lazy as _


class CustomerLevel(models.TextChoices):
    """How the shop values a customer; routing may favour the higher one."""

    REGULAR = "regular", _("Regular")
    VIP = "vip", _("VIP")


class IdentityKind(models.TextChoices):
    """By what a customer is recognised."""

    DEVICE = "device", _("Device")
    SHOP = "shop", _("Shop account")
    EMAIL = "email", _("E-mail address")
    PHONE = "phone", _("Phone number")


# Kinds of which one value always means one and the same person.
PROVING_KINDS = (IdentityKind.DEVICE, IdentityKind.SHOP)
