from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access import viewing
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.errors import Invalid
from apps.common.events import publish
from apps.common.ids import digest
from apps.customers.claims import VerifiedClaims
from apps.customers.contact import Contact, clean_contact, usable_contact
from apps.customers.enums import CustomerLevel, IdentityKind
from apps.customers.events import CustomerChanged, CustomerCreated
from apps.customers.models import Customer, Identity
from apps.customers.permissions import CustomerAction
from apps.customers.privacy.wishes import lock


@transaction.atomic
def find_or_create(
    *,
    device: str | None = None,
    claims: VerifiedClaims | None = None,
    known: Customer | None = None,
    name: str = "",
    email: str = "",
    phone: str = "",
    locale: str = "",
    zone: str = "",
    now: datetime | None = None,
) -> Customer:
    """The customer who stands before us, created when new. Publishes ``CustomerCreated`` then.

    ``device`` is the key of a browser or app (its digest is kept); ``known`` whom a valid visitor token
    names. Verified ``claims`` win over both: the same ``sub`` is always the same customer, and an
    anonymous visitor who signs in keeps their history. What was typed never joins another customer.
    Raises ``Invalid`` for a malformed address.
    """
    now = now or timezone.now()
    typed = clean_contact(name=name, email=email, phone=phone)
    visitor = known or (_owner(IdentityKind.DEVICE, digest(device)) if device else None)
    fields = {"locale": locale, "zone": zone} | typed.given()
    if claims is not None:
        return _verified_customer(claims, visitor, fields, now)
    if visitor is not None and (seen := _seen(visitor, fields, now)) is not None:
        return seen
    identities = [(IdentityKind.DEVICE, digest(device), None)] if device else []
    return _create(fields, identities, now)


def _verified_customer(
    claims: VerifiedClaims, visitor: Customer | None, typed: dict[str, str], now: datetime
) -> Customer:
    """The customer of ``claims.sub``: the owner, else the anonymous ``visitor``, else a new one."""
    signed = usable_contact(name=claims.name, email=claims.email, phone=claims.phone)
    fields = typed | signed.given()
    identity = (IdentityKind.SHOP, claims.identity_value, now)
    known = _owner(*identity[:2]) or _promote(visitor, identity)
    customer = (known and _seen(known, fields, now, signed)) or _create(fields, [identity], now)
    _note_verified(customer, signed, now)
    return customer


def _promote(visitor: Customer | None, identity: tuple[str, str, datetime | None]) -> Customer | None:
    """Give ``visitor`` their first shop account; whoever owns it by now when somebody was faster."""
    if visitor is None:
        return None
    # The lock makes two first sign-ins of one visitor take turns. Whoever was erased meanwhile is nobody.
    if Customer.objects.select_for_update().get(pk=visitor.pk).erased_at is not None:
        return None
    kind, value, at = identity
    if visitor.identities.filter(kind=IdentityKind.SHOP).exclude(value=value).exists():
        return None
    try:
        with transaction.atomic():
            Identity.objects.create(customer=visitor, kind=kind, value=value, verified_at=at)
    except IntegrityError:
        return _owner(kind, value)
    return visitor


def _owner(kind: str, value: str) -> Customer | None:
    """The customer to whom the device or shop account belongs."""
    return Customer.objects.filter(identities__kind=kind, identities__value=value).first()


@transaction.atomic
def find_by_address(
    address: str, *, name: str = "", locale: str = "", now: datetime | None = None
) -> Customer:
    """The customer who writes mail from ``address``, created when new. Publishes ``CustomerCreated`` then.

    Somebody whose shop vouched for the address comes first. What visitors type about themselves counts for nothing:
    else anybody could collect the mail of others. Raises ``Invalid`` for what is no address.
    """
    address = clean_contact(email=address).email.lower()
    with connection.cursor() as cursor:  # two first mails of one person take turns
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"customers.mail:{address}"])
    known = Identity.objects.filter(kind=IdentityKind.EMAIL, value=address)
    identity = known.order_by(F("verified_at").desc(nulls_last=True), "pk").first()
    # The lock: nobody is erased between being found and being written to.
    owners = Customer.objects.select_for_update(no_key=True).filter(erased_at=None)
    owner = owners.filter(pk=identity.customer_id).first() if identity is not None else None
    if owner is not None:
        return owner
    typed = usable_contact(name=name, email=address)
    fields = {"email": address, "locale": locale} | typed.given()
    return _create(fields, [(IdentityKind.EMAIL, address, None)], now or timezone.now())


def _create(
    fields: dict[str, str], identities: Iterable[tuple[str, str, datetime | None]], now: datetime
) -> Customer:
    """Insert a customer; when another thread owns an identity by now, return its customer instead."""
    given = {name: value for name, value in fields.items() if value}
    try:
        with transaction.atomic():
            customer = Customer.objects.create(**given, created_at=now, last_seen_at=now)
            for kind, value, verified_at in identities:
                Identity.objects.create(
                    customer=customer, kind=kind, value=value, verified_at=verified_at, created_at=now
                )
    except IntegrityError:
        # The unique index made us wait for the faster one, whose row is committed now.
        owner = next(filter(None, (_owner(kind, value) for kind, value, _ in identities)), None)
        if owner is None:
            raise
        return owner
    publish(CustomerCreated(customer_id=customer.pk, at=now))
    return customer


def _seen(
    customer: Customer, fields: dict[str, str], now: datetime, signed: Contact | None = None
) -> Customer | None:
    """Move ``last_seen_at`` on and take over what is new. What a shop signed is not typed over.

    None when they have been erased meanwhile: whoever stands there is somebody new.
    """
    proven = signed is None and customer.identities.filter(kind=IdentityKind.SHOP).exists()
    changes = {
        name: value
        for name, value in fields.items()
        if value and value != getattr(customer, name) and not (proven and getattr(customer, name))
    }
    if not Customer.objects.filter(pk=customer.pk, erased_at=None).update(last_seen_at=now, **changes):
        return None
    customer.refresh_from_db()
    if changes:
        publish(CustomerChanged(customer_id=customer.pk, fields=tuple(sorted(changes)), at=now))
    return customer


def _note_verified(customer: Customer, signed: Contact, now: datetime) -> None:
    """Remember the addresses that the shop has vouched for."""
    rows = [
        Identity(customer=customer, kind=kind, value=value, verified_at=now, created_at=now)
        for kind, value in ((IdentityKind.EMAIL, signed.email.lower()), (IdentityKind.PHONE, signed.phone))
        if value
    ]
    Identity.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def update_contact(
    customer: Customer,
    *,
    actor: Actor,
    name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    now: datetime | None = None,
) -> Customer:
    """Set how to call and reach a customer; ``None`` leaves a field, ``""`` empties it.

    Allowed to the customer and to staff with ``UPDATE``. Publishes ``CustomerChanged`` when anything
    changed. Raises ``AccessDenied``, ``AlreadyErased``, or ``Invalid`` with the fields that are malformed.
    """
    if actor != customer:
        access.require(actor, CustomerAction.UPDATE, customer)
    cleaned = clean_contact(name=name or "", email=email or "", phone=phone or "")
    asked = {"name": name, "email": email, "phone": phone}
    values = {field: getattr(cleaned, field) for field, value in asked.items() if value is not None}
    return _change(customer, values, actor=actor, now=now)


@transaction.atomic
def update_profile(
    customer: Customer,
    *,
    actor: Actor,
    level: CustomerLevel | str | None = None,
    notes: str | None = None,
    now: datetime | None = None,
) -> Customer:
    """Set what the desk notes about a customer; ``None`` leaves a field. Staff with ``UPDATE`` only.

    Publishes ``CustomerChanged`` when anything changed. Raises ``AccessDenied``, or ``Invalid``.
    """
    access.require(actor, CustomerAction.UPDATE, customer)
    if level is not None and level not in CustomerLevel:
        raise Invalid(fields={"level": [_("There is no such level.")]})
    asked = {"level": level, "notes": notes}
    values = {field: value for field, value in asked.items() if value is not None}
    return _change(customer, values, actor=actor, now=now)


def _change(customer: Customer, values: dict, *, actor: Actor, now: datetime | None) -> Customer:
    """Lock, write what differs, audit the names of the fields (never the values), publish."""
    now = now or timezone.now()
    row = lock(customer)
    values = viewing.without_echoes(row, values, actor=actor)
    changes = {field: value for field, value in values.items() if getattr(row, field) != value}
    if changes:
        Customer.objects.filter(pk=row.pk).update(**changes)
        fields = tuple(sorted(changes))
        audit.record(actor=actor, action=CustomerAction.UPDATE, target=row, at=now, fields=list(fields))
        publish(CustomerChanged(customer_id=row.pk, fields=fields, at=now))
    customer.refresh_from_db()
    return customer
