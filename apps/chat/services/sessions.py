"""Opening sessions, and what their visitors say of themselves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit import services as audit
from apps.chat.events import ChatSessionOpened
from apps.chat.models import ChatSession
from apps.chat.services.state import push_state
from apps.chat.services.visitors import issue_token, session_of_token
from apps.common.errors import AccessDenied, NotFound
from apps.common.events import publish
from apps.customers import services as customers
from apps.customers.models import Customer
from apps.inboxes.identity import verify_identity
from apps.inboxes.models import Inbox

CUSTOMER_LEASE = timedelta(seconds=75)  # three heartbeats
LIVE_CONSTRAINT = "chat_one_live_per_customer_inbox"


@dataclass(frozen=True)
class Visit:
    """What a visitor gets when the chat opens."""

    session: ChatSession
    token: str
    resumed: bool


@dataclass(frozen=True)
class Page:
    """Where in the shop the visitor is."""

    source: str = ""
    page_title: str = ""
    product_category: str = ""
    product: str = ""  # its number


@transaction.atomic
def open_session(
    *,
    inbox_slug: str,
    token: str | None = None,
    identity: str = "",
    channel: str = "",
    page: Page = Page(),
    locale: str = "",
    contact: dict[str, str] | None = None,
    now: datetime | None = None,
) -> Visit:
    """Open the chat of a visitor, or resume the live one of the same customer and inbox. Publishes when new.

    The same customer is whom an older visitor ``token`` or the shop's signed ``identity`` names; a typed address
    proves nothing. Raises ``NotFound`` for an unknown inbox, ``Invalid`` for a bad identity or address.
    """
    now = now or timezone.now()
    inbox = Inbox.objects.active().filter(slug=inbox_slug).first()
    if inbox is None:
        raise NotFound(_("There is no such inbox, or it takes no chats now."))
    customer = _customer(inbox, token, identity, contact or {}, locale, now)
    live = _live(customer, inbox)
    if live is not None and page != Page():
        update_page(live, actor=customer, page=page)
    session = live or _create(inbox, customer, channel, page, locale, now)
    return Visit(session, issue_token(session, now=now), resumed=live is not None or session.opened_at != now)


def _customer(
    inbox: Inbox, token: str | None, identity: str, contact: dict[str, str], locale: str, now: datetime
) -> Customer:
    earlier = session_of_token(token, now=now) if token else None
    claims = verify_identity(identity, inbox, now=now) if identity else None
    known = earlier.customer if earlier else None
    fields = {key: contact.get(key) or "" for key in ("name", "email", "phone")}
    return customers.find_or_create(known=known, claims=claims, locale=locale, now=now, **fields)


def _live(customer: Customer, inbox: Inbox) -> ChatSession | None:
    return ChatSession.objects.ongoing().filter(customer=customer, inbox=inbox).first()


def _create(
    inbox: Inbox, customer: Customer, channel: str, page: Page, locale: str, now: datetime
) -> ChatSession:
    """Insert the session; when another request was faster, the constraint made us wait for it and we take its row."""
    try:
        with transaction.atomic():
            session = ChatSession.objects.create(
                inbox=inbox,
                customer=customer,
                previous=ChatSession.objects.filter(customer=customer, inbox=inbox).order_by("-pk").first(),
                channel=channel or inbox.channel,
                locale=locale or inbox.default_locale,
                opened_at=now,
                customer_online=True,
                customer_lease_until=now + CUSTOMER_LEASE,
                **vars(page),
            )
    except IntegrityError as error:
        if LIVE_CONSTRAINT not in str(error):
            raise
        # When it has ended again by now, the place is free.
        return _live(customer, inbox) or _create(inbox, customer, channel, page, locale, now)
    audit.record(actor=customer, action="chat:OpenSession", target=session, at=now, inbox=inbox.slug)
    publish(ChatSessionOpened(session.pk, now))
    return session


@transaction.atomic
def update_page(session: ChatSession, *, actor: Customer, page: Page) -> None:
    """The customer walked on to another page of the shop."""
    _require_customer(session, actor)
    changed = ChatSession.objects.filter(pk=session.pk).exclude(**vars(page)).update(**vars(page))
    if changed:
        push_state(session)


def set_product_category(session: ChatSession, category: str) -> None:
    """What the chat is about turned out to be of ``category``: routing goes by it. For apps above the chat."""
    session.product_category = category[:80]
    session.save(update_fields=["product_category"])


@transaction.atomic
def update_contact(
    session: ChatSession,
    *,
    actor: Customer,
    name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
) -> Customer:
    """The customer says how to call and reach them."""
    _require_customer(session, actor)
    customer = customers.update_contact(session.customer, actor=actor, name=name, email=email, phone=phone)
    push_state(session)
    return customer


def _require_customer(session: ChatSession, actor: Customer) -> None:
    if session.customer_id != actor.pk:
        raise AccessDenied()
