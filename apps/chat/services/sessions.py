"""Opening and ending sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import SYSTEM, Actor
from apps.audit import services as audit
from apps.chat import log
from apps.chat.enums import AGENT_REASONS, ChatStatus, CloseReason
from apps.chat.errors import SessionClosed, WrongState
from apps.chat.events import ChatSessionClosed, ChatSessionClosing, ChatSessionOpened
from apps.chat.models import ChatSession, WrapUp
from apps.chat.permissions import ChatAction
from apps.chat.services.visitors import issue_token, session_of_token
from apps.common.errors import AccessDenied, Invalid, NotFound
from apps.common.events import publish
from apps.common.wake import wake
from apps.customers import services as customers
from apps.customers.models import Customer
from apps.inboxes.identity import verify_identity
from apps.inboxes.models import Inbox
from apps.routing import services as routing

KIND = "chat"  # what routing calls our work items
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
        raise NotFound("There is no such inbox, or it takes no chats now.")
    customer = _customer(inbox, token, identity, contact or {}, locale, now)
    live = _live(customer, inbox)
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
    return ChatSession.objects.live().filter(customer=customer, inbox=inbox).first()


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
        existing = _live(customer, inbox) if LIVE_CONSTRAINT in str(error) else None
        if existing is None:
            raise
        return existing
    audit.record(actor=customer, action="chat:OpenSession", target=session, at=now, inbox=inbox.slug)
    publish(ChatSessionOpened(session.pk, now))
    return session


@transaction.atomic
def close_session(
    session: ChatSession | int, *, actor: Actor | Any, reason: str = "", now: datetime | None = None
) -> ChatSession:
    """End a session for good, once: frees the agent, offers the survey, writes the reason. Repeats change nothing.

    A customer ends only the own one; users need it to be theirs, or supervise its queue. Raises ``AccessDenied``.
    """
    session = log.locked(session)
    reason = _reason(session, actor, reason)
    if session.status == ChatStatus.CLOSED:
        return session
    now = now or timezone.now()
    _leave_work(session, reason=reason, now=now)
    _end_for_customer(session, actor, reason, now)
    session.status, session.close_reason, session.closed_at = ChatStatus.CLOSED, reason, now
    session.waiting_since = None
    session.save(update_fields=["status", "close_reason", "closed_at", "ended_at", "waiting_since"])
    session.participants.filter(left_at=None).update(left_at=now)
    audit.record(actor=actor, action=ChatAction.CLOSE, target=session, at=now, reason=reason)
    publish(ChatSessionClosed(session.pk, reason, now))
    push_state(session)
    return session


def _reason(session: ChatSession, actor: Any, reason: str) -> str:
    """The reason from the closed list that ``actor`` may give; agents' own words become ``agent_closed``."""
    if actor.actor_kind == "customer":
        if session.customer_id != actor.pk:
            raise AccessDenied()
        return CloseReason.CUSTOMER_ENDED
    if actor.actor_kind == "user":
        require_own_or_supervised(session, actor, ChatAction.CLOSE)
        return reason if reason in AGENT_REASONS else CloseReason.AGENT_CLOSED
    return CloseReason(reason)


def require_own_or_supervised(session: ChatSession, actor: Any, action: str) -> None:
    """Raise ``AccessDenied`` unless the chat is the user's own, its queue is theirs to watch, or any is."""
    access.require(actor, action, session)
    if actor.actor_kind != "user" or session.agent_id == actor.pk or access.can(actor, f"{action}Any"):
        return
    if session.queue is None or not actor.has_perm("routing.supervise_queue", session.queue):
        raise AccessDenied("This chat belongs to a colleague.")


def _leave_work(session: ChatSession, *, reason: str, now: datetime) -> None:
    if session.status == ChatStatus.QUEUED:
        routing.leave_queue(KIND, session.pk, reason=reason, actor=SYSTEM, now=now)
    elif session.status in (ChatStatus.ACTIVE, ChatStatus.WRAP_UP):
        routing.release(KIND, session.pk, reason=reason, actor=SYSTEM, now=now)


def _end_for_customer(session: ChatSession, actor: Any, reason: str, now: datetime) -> None:
    """The customer can no longer write: rows of apps above (the survey) and the last line, once."""
    if session.ended_at is not None:
        return
    session.ended_at = now
    publish(ChatSessionClosing(session.pk, reason, now))
    log.append_event(session, "closed", "The chat has ended.", actor=actor, now=now, reason=str(reason))


@transaction.atomic
def wrap_up_session(
    session: ChatSession | int,
    *,
    actor: Actor | Any,
    code: str = "",
    note: str = "",
    now: datetime | None = None,
) -> ChatSession:
    """Write up a chat. An active one is over for its customer now, and the agent's seat stays taken until ``close``.

    Raises ``AccessDenied``, ``WrongState`` while no agent has had it, ``Invalid`` for an unusable code.
    """
    session = log.locked(session)
    require_own_or_supervised(session, actor, ChatAction.CLOSE)
    if session.agent_id is None:
        raise WrongState("Only a chat that an agent has taken can be written up.")
    if not isinstance(code, str) or not isinstance(note, str) or len(code) > 40 or len(note) > 4000:
        raise Invalid("A wrap-up has a code of at most 40 characters and a note of at most 4,000.")
    now = now or timezone.now()
    if session.status == ChatStatus.ACTIVE:
        _end_for_customer(session, actor, CloseReason.RESOLVED, now)
        session.status = ChatStatus.WRAP_UP
        session.save(update_fields=["status", "ended_at"])
        push_state(session)
    written = {"agent": session.agent, "code": code, "note": note, "written_at": now}
    WrapUp.objects.update_or_create(session=session, defaults=written)
    audit.record(actor=actor, action="chat:WrapUpSession", target=session, at=now, code=code)
    return session


@transaction.atomic
def update_page(session: ChatSession, *, actor: Customer, page: Page) -> None:
    """The customer walked on to another page of the shop."""
    _require_customer(session, actor)
    changed = ChatSession.objects.filter(pk=session.pk).exclude(**vars(page)).update(**vars(page))
    if changed:
        push_state(session)


@transaction.atomic
def update_contact(session: ChatSession, *, actor: Customer, **contact: str | None) -> Customer:
    """The customer says how to call and reach them."""
    _require_customer(session, actor)
    customer = customers.update_contact(session.customer, actor=actor, **contact)
    push_state(session)
    return customer


def _require_customer(session: ChatSession, actor: Customer) -> None:
    if session.customer_id != actor.pk:
        raise AccessDenied()


def require_live(session: ChatSession) -> None:
    """Raise ``SessionClosed`` when the customer can no longer write."""
    if not session.is_open:
        raise SessionClosed()


def push_state(session: ChatSession) -> None:
    """After commit, everybody who follows the session learns its new state; lists of its queue and agent move."""
    groups = [log.session_group(session.pk)]
    if session.agent_id:
        groups.append(log.user_group(session.agent_id))
    if session.queue_id:
        groups.append(log.queue_group(session.queue_id))
    for group in groups:
        transaction.on_commit(
            partial(wake, group, type="chat.state", session_pk=session.pk, public_id=session.public_id),
            robust=True,
        )
