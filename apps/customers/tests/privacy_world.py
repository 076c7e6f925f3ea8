"""A customer with something in every table that holds personal data, each field with a mark of its own."""

from dataclasses import dataclass, field
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.core.files.base import ContentFile
from django.db import connection, models
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.models import IdempotentCall, Reveal
from apps.access.tests.factories import StaffFactory
from apps.chat import services as chat
from apps.chat.services.attachments import add_attachment
from apps.chat.services.visitors import issue_token
from apps.chat.tests.factories import (
    QueueFactory,
    active_session,
    agent_says,
    customer_says,
    make_agent,
    uploaded,
)
from apps.customers.models import Consent, Customer, CustomerExport, LegalHold
from apps.customers.privacy import registry
from apps.customers.privacy.registry import DataKind, Rows
from apps.customers.privacy.stripping import rows_of
from apps.customers.services import find_or_create
from apps.customers.tests.factories import claims
from apps.eventbridge.tests.factories import InboundEventFactory
from apps.inboxes.models import InboundFile
from apps.inboxes.tests.factories import InboundEmailFactory
from apps.knowledge.models import SuggestionFeedback
from apps.knowledge.tests.factories import FaqFactory
from apps.notifications.models import OptOut
from apps.notifications.tests.factories import DeliveryFactory, NotificationFactory, OutgoingEmailFactory
from apps.orders.tests.factories import OrderFactory, PaymentFactory, ShipmentFactory, TrackingEventFactory
from apps.refunds.models import RefundAttempt, RefundDecision, RefundNotice, RefundReport
from apps.refunds.tests.factories import RefundFactory
from apps.robot.models import RobotFlow
from apps.surveys.models import Survey
from apps.surveys.services import answer_survey
from apps.tickets import services as tickets
from apps.tickets.models import TicketParticipant
from apps.tickets.tests.factories import answered, opened
from apps.tickets.tests.factories import uploaded as text_file

SIGN = "ʬ"  # in every mark, and nowhere else
EMAIL = "anna@mail.example"


@dataclass
class World:
    """The customer, and which mark stands in which field."""

    customer: Customer
    marks: dict[tuple[str, str], str] = field(default_factory=dict)


def somebody(*, name: str = f"{SIGN}Anna", email: str = EMAIL) -> Customer:
    """A customer with everything, all of it over."""
    customer = find_or_create(device=str(uuid4()), claims=claims("anna", name=name, email=email))
    session = _chat(customer)
    ticket = _ticket(customer)
    order = _order(customer)
    _copied()
    _mail(customer, ticket)
    _refund(customer, order)
    RobotFlow.objects.create(session=session, order_no=order.order_no, order=order, updated_at=timezone.now())
    SuggestionFeedback.objects.create(
        faq=FaqFactory(),
        verdict="sent",
        agent=session.agent,
        context=f"chat:{session.public_id}",
        query="x",
        at=timezone.now(),
    )
    InboundEventFactory(state="processed", subject=order.order_no)
    IdempotentCall.objects.create(
        principal="1", method="POST", path=f"/api/v1/customers/{customer.public_id}/", key="k",
        fingerprint="f", status=200, body={"a": 1}, started_at=timezone.now(), finished_at=timezone.now(),
    )  # fmt: skip
    now = timezone.now()
    Reveal.objects.create(
        user=session.agent, target_type="chat.message", target_id=f"{session.public_id}:1", field="body",
        reason="x", at=now, until=now,
    )  # fmt: skip
    _asked(customer, session.agent)
    return customer


def _chat(customer):
    queue = QueueFactory()
    session = active_session(make_agent(queue), queue=queue, customer=customer)
    customer_says(session, f"{SIGN} my address is Elm Street 7")
    agent_says(session, f"{SIGN} thank you, Anna")
    add_attachment(session, actor=customer, upload=uploaded())
    issue_token(session, now=timezone.now())
    chat.close_session(session, actor=session.agent)
    chat.wrap_up_session(session, actor=session.agent, code="done", note=f"{SIGN} Anna")
    session.refresh_from_db()
    if Survey.objects.filter(session=session).exists():
        answer_survey(session, actor=customer, score=5, comment=f"{SIGN} great")
    return session


def _ticket(customer):
    agent = StaffFactory(role="manager")
    ticket = opened(customer=customer, subject=f"{SIGN} parcel")
    kept = tickets.keep_file(text_file(), actor=customer)
    tickets.add_customer_message(
        ticket, customer=customer, body=f"{SIGN} more", via="web", ref=uuid4(), attachments=[kept]
    )
    answered(ticket, agent, body=f"{SIGN} dear Anna")
    TicketParticipant.objects.create(ticket=ticket, email="b@mail.example", name="B", added_at=timezone.now())
    tickets.change_ticket(ticket, actor=agent, version=None, status="solved")
    ticket.refresh_from_db()
    return ticket


def _copied():
    """A line of theirs, by mail, in the ticket of somebody else."""
    ticket = opened(subject="Another parcel")
    TicketParticipant.objects.create(ticket=ticket, email=EMAIL, name=f"{SIGN}Anna", added_at=timezone.now())
    kept = tickets.keep_file(text_file(), actor=SYSTEM)
    name = f"{SIGN}Anna <{EMAIL}>"
    tickets.add_customer_message(
        ticket,
        customer=None,
        body=f"{SIGN}me too",
        via="email",
        ref=uuid4(),
        author_name=name,
        attachments=[kept],
    )
    ticket.refresh_from_db()
    tickets.change_ticket(ticket, actor=StaffFactory(role="manager"), version=None, status="solved")


def _order(customer):
    order = OrderFactory(customer=customer, buyer_name=f"{SIGN} Anna", address={"city": SIGN})
    PaymentFactory(order=order)
    parcel = ShipmentFactory(order=order, next_poll_at=timezone.now())
    TrackingEventFactory(shipment=parcel)
    return order


def _mail(customer, ticket):
    now = timezone.now()
    mail = InboundEmailFactory(state="threaded", thread=f"ticket:{ticket.pk}", from_address=EMAIL)
    file = InboundFile(mail=mail, position=1, name="a.txt", mime="text/plain", size=3)
    file.file.save("x", ContentFile(b"abc"), save=True)
    told = NotificationFactory(customer=customer, dedupe="order:1:shipped")
    OutgoingEmailFactory(
        delivery=DeliveryFactory(notification=told), to_address=EMAIL, state="sent", sent_at=now
    )
    InboundEmailFactory(
        state="ignored", automatic="report", from_address="daemon@mail.example", recipients=[EMAIL]
    )
    OptOut.objects.create(address=EMAIL, category="survey", at=now)


def _refund(customer, order):
    now = timezone.now()
    refund = RefundFactory(order=order, customer=customer, state="succeeded", note="x")
    RefundNotice.objects.create(
        gateway="rest", notice_id="n", raw=b"x", refund=refund, received_at=now, due_at=now, state="processed"
    )
    RefundAttempt.objects.create(refund=refund, number=1, kind="submit", started_at=now)
    RefundReport.objects.create(
        refund=refund, status="done", due_at=now, created_at=now, sent_at=now, state="sent"
    )
    RefundDecision.objects.create(
        refund=refund, requester=refund.requested_by, decider=StaffFactory(), verdict="approved", at=now
    )


def _asked(customer, user):
    now = timezone.now()
    Consent.objects.create(customer=customer, purpose="transcript", is_given=True, source="agent", at=now)
    LegalHold.objects.create(
        customer=customer, reason="x", placed_by=user, placed_at=now, lifted_by=user, lifted_at=now
    )
    export = CustomerExport(
        customer=customer, language="en", state="ready", requested_by=user, requested_at=now, expires_at=now
    )
    export.file.save("x", ContentFile(b"zip"), save=True)


def marked(customer: Customer) -> World:
    """Every personal field of ``customer``'s rows with a mark of its own; files hold theirs as content."""
    world = World(customer)
    subject = registry.subject_of(customer)
    for kind in registry.kinds():
        for rows in kind.rows:
            _mark(world, kind, rows, subject)
    return world


def _mark(world: World, kind: DataKind, rows: Rows, subject) -> None:
    found = rows_of(rows, kind.owners_of(subject).values("pk"))
    assert found.exists(), f"The world has no {rows.label} of {kind.slug}."
    row = found.filter(**SAID.get(rows.label, {})).order_by("pk").first()
    for name in sorted(rows.personal):
        if (rows.label, name) in KEYS:
            continue
        mark = f"{SIGN}{len(world.marks):02d}"
        world.marks[rows.label, name] = mark
        _write(row, rows.model._meta.get_field(name), mark)


# Names of colleagues stay.
SAID = {"chat.Message": {"sender_kind": "customer"}, "tickets.TicketMessage": {"author_kind": "customer"}}

# What finds the rows, or is checked by the database: these are asked for by name.
KEYS = {
    ("customers.Identity", "value"),
    ("inboxes.InboundEmail", "from_address"),
    ("inboxes.InboundEmail", "recipients"),
    ("notifications.OutgoingEmail", "to_address"),
    ("notifications.OptOut", "address"),
    ("access.IdempotentCall", "path"),
    ("tickets.Ticket", "search"),
    ("surveys.Survey", "token"),
    ("tickets.TicketParticipant", "email"),
    ("tickets.TicketMessage", "author_name"),
}


def _write(row: models.Model, field: models.Field, mark: str) -> None:
    if isinstance(field, models.FileField):
        getattr(row, field.name).save("marked", ContentFile(mark.encode()), save=False)
        value: object = getattr(row, field.name).name
    else:
        value = _worded(field, mark)
    type(row)._base_manager.filter(pk=row.pk).update(**{field.name: value})


def _worded(field: models.Field, mark: str) -> object:
    value: object = mark
    if field.name == "source":
        value = f"https://shop.example/shoes?name={mark}"
    elif isinstance(field, models.EmailField):
        value = f"{mark}@mail.example"
    elif isinstance(field, models.JSONField):
        value = {"words": mark}
    elif isinstance(field, ArrayField):
        value = [mark]
    elif isinstance(field, models.BinaryField):
        value = f"binary {mark}".encode()
    return value


def tables_with(*texts: str) -> set[str]:
    """Tables in which one of ``texts`` stands anywhere, as text or in bytes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {table for (table,) in cursor.fetchall() if _has(cursor, table, texts)}


def _has(cursor, table: str, texts: tuple[str, ...]) -> bool:
    for text in texts:
        likes = [f"%{text}%", f"%{f'binary {text}'.encode().hex()}%"]
        cursor.execute(f'SELECT 1 FROM "{table}" t WHERE t::text ILIKE ANY (%s) LIMIT 1', [likes])  # noqa: S608
        if cursor.fetchone():
            return True
    return False


def erased(customer: Customer):
    """``customer`` erased by the service, as far as one worker gets."""
    from apps.customers.privacy import erasing

    erasure = erasing.request_erasure(customer, actor=StaffFactory(role="manager"), reason="customer")
    erasing.confirm_erasure(erasure, actor=StaffFactory(role="manager"))
    erasing.run_erasure(erasure.pk)
    erasure.refresh_from_db()
    return erasure


__all__ = ["EMAIL", "SIGN", "SYSTEM", "World", "erased", "marked", "somebody", "tables_with"]
