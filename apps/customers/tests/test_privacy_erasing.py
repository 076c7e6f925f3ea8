import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.chat.models import ChatSession, Message
from apps.chat.selectors import as_frames
from apps.chat.tests.factories import ChatSessionFactory
from apps.common.errors import AccessDenied, DomainError
from apps.customers.models import Customer, Erasure
from apps.customers.privacy import erasing, registry, wishes
from apps.customers.privacy.certificate import fingerprint
from apps.customers.privacy.errors import AlreadyErased, ErasureOpen, ErasureSettled, OnHold, SecondPerson
from apps.customers.privacy.stripping import files_of
from apps.customers.services import find_by_address, find_or_create
from apps.customers.tests.factories import CustomerFactory, claims
from apps.customers.tests.privacy_world import EMAIL, SIGN, erased, marked, somebody, tables_with
from apps.eventbridge.models import InboundEvent
from apps.monitoring.figures import today_of
from apps.notifications.services import notify
from apps.orders.models import Order
from apps.orders.services.mirror import mirror_order
from apps.orders.sources.base import SourceAmounts, SourceBuyer, SourceOrder
from apps.refunds.tests.factories import RefundFactory
from apps.tickets.models import Ticket
from apps.tickets.tests.factories import TicketFactory, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return StaffFactory(role="manager")


def test_nothing_of_an_erased_customer_is_left_in_any_table_or_file():
    world = marked(somebody())
    subject = registry.subject_of(world.customer)
    files = [
        file.name
        for kind in registry.kinds()
        for rows in kind.rows
        for file in files_of(rows, kind.owners_of(subject).values("pk"))
    ]
    assert tables_with(SIGN, EMAIL)
    assert len(files) >= 5

    erasure = erased(world.customer)

    assert (erasure.state, erasure.error) == ("done", "")
    left = tables_with(SIGN, EMAIL)
    assert left == set(), left
    assert [name for name in files if default_storage.exists(name)] == []
    assert Customer.objects.get(pk=world.customer.pk).actor_label == f"Deleted customer #{world.customer.pk}"


def logs():
    """What is known of all lines without their words."""
    return list(Message.objects.order_by("session", "seq").values_list("session", "seq", "at", "kind"))


def test_figures_and_logs_stay_as_they_were(manager):
    customer = somebody()
    now = timezone.now()
    before = today_of(manager, now=now), logs()
    assert before[0].chats == before[0].ratings.answered == 1

    erased(customer)

    assert (today_of(manager, now=now), logs()) == before
    session = customer.chat_sessions.get()
    assert list(session.messages.order_by("seq").values_list("seq", flat=True)) == [
        *range(1, session.last_seq + 1)
    ]
    frames = as_frames(session.public_id, "agent", session.messages.order_by("seq"))
    assert all(frame["body"] == "" and frame["payload"]["removed"] for frame in frames)
    assert "closed" in {frame["payload"].get("event") for frame in frames}


def test_the_trail_has_no_name_and_ends_with_the_certificate():
    customer = somebody()

    erasure = erased(customer)

    told = json.dumps(
        list(AuditEvent.objects.values("actor_name", "data", "target_id", "about")), default=str
    )
    assert SIGN not in told
    assert EMAIL not in told
    assert AuditEvent.objects.get(action="customers:Erased").data["certificate"] == erasure.digest
    assert fingerprint(erasure.certificate) == erasure.digest
    kinds = {line["kind"]: line for line in erasure.certificate["kinds"]}
    assert kinds["chat.chats"]["rows"]["chat.Message"] >= 3
    assert kinds["chat.chats"]["files"] == 1
    assert erasure.certificate["confirmed"]["by"] == erasure.decided_by.actor_label


def test_whoever_comes_back_is_somebody_new():
    customer = somebody()
    token_session = customer.chat_sessions.get()
    erased(customer)

    again = find_or_create(claims=claims("anna", email=EMAIL), known=token_session.customer)
    by_mail = find_by_address("new@mail.example")

    assert again.pk != customer.pk
    assert by_mail.pk != customer.pk
    assert not Customer.objects.get(pk=customer.pk).identities.exists()


def test_nothing_begins_for_an_erased_customer():
    customer = CustomerFactory()
    erased(customer)
    customer.refresh_from_db()

    with pytest.raises(AlreadyErased):
        opened(customer=customer)
    with pytest.raises(IntegrityError), transaction.atomic():
        ChatSessionFactory(customer=customer)
    with pytest.raises(IntegrityError), transaction.atomic():
        TicketFactory(customer=customer)
    assert (
        notify(customer=customer, milestone="order_paid", dedupe="x", data={"order_no": "1", "amount": "1"})
        is None
    )


def test_the_mirror_does_not_learn_an_erased_buyer_again():
    customer = CustomerFactory()
    order = Order.objects.create(
        order_no="LL1",
        customer=customer,
        buyer_name="Anna",
        placed_at=timezone.now(),
        synced_at=timezone.now(),
    )
    erased(customer)

    buyer = SourceBuyer(id="u-1", name="Anna")
    told = {"order_no": "LL1", "status": "paid", "placed_at": order.placed_at, "currency": "CNY"}
    mirror_order(SourceOrder(**told, amounts=SourceAmounts(), buyer=buyer, version=9))

    order.refresh_from_db()
    assert (order.buyer_name, order.customer, order.version, order.status) == ("", None, 9, "paid")


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        (lambda customer: ChatSessionFactory(customer=customer), "chat_live"),
        (lambda customer: opened(customer=customer), "ticket_open"),
        (lambda customer: RefundFactory(customer=customer, state="processing"), "refund_open"),
    ],
)
def test_what_is_under_way_stands_against_it(manager, stage, code):
    customer = CustomerFactory()
    erasure = erasing.request_erasure(customer, actor=manager, reason="customer")
    stage(customer)

    with pytest.raises(DomainError) as asked:
        erasing.request_erasure(customer, actor=manager, reason="customer")
    with pytest.raises(DomainError) as confirmed:
        erasing.confirm_erasure(erasure, actor=StaffFactory(role="manager"))

    assert {asked.value.code, confirmed.value.code} == {code}
    assert confirmed.value.status == 409
    customer.refresh_from_db()
    assert customer.erased_at is None


def test_a_hold_stands_against_it_and_says_why(manager):
    customer = CustomerFactory()
    wishes.place_hold(customer, actor=manager, reason="Court case")

    with pytest.raises(OnHold, match="Court case"):
        erasing.request_erasure(customer, actor=manager, reason="customer")


def test_two_people_are_needed(manager):
    customer = CustomerFactory()
    with pytest.raises(AccessDenied):
        erasing.request_erasure(customer, actor=StaffFactory(role="agent"), reason="customer")
    erasure = erasing.request_erasure(customer, actor=manager, reason="customer")

    with pytest.raises(ErasureOpen):
        erasing.request_erasure(customer, actor=manager, reason="customer")
    with pytest.raises(SecondPerson):
        erasing.confirm_erasure(erasure, actor=manager)
    with pytest.raises(AccessDenied):
        erasing.confirm_erasure(erasure, actor=StaffFactory(role="manager", is_api_client=True))
    with pytest.raises(IntegrityError), transaction.atomic():
        Erasure.objects.update(state="running", decided_by=manager)
    assert erasing.reject_erasure(erasure, actor=manager).state == "withdrawn"
    with pytest.raises(ErasureSettled):
        erasing.confirm_erasure(erasure, actor=StaffFactory(role="manager"))


def test_whoever_made_the_program_that_asked_confirms_nothing(manager):
    program = StaffFactory(role="manager", is_api_client=True, created_by=manager)
    erasure = erasing.request_erasure(CustomerFactory(), actor=program, reason="customer")

    with pytest.raises(SecondPerson):
        erasing.confirm_erasure(erasure, actor=manager)


def confirmed(customer, manager):
    erasure = erasing.request_erasure(customer, actor=manager, reason="customer")
    return erasing.confirm_erasure(erasure, actor=StaffFactory(role="manager"))


def test_a_worker_that_died_is_followed_by_one_that_goes_on(manager):
    customer = somebody()
    erasure, now = confirmed(customer, manager), timezone.now()
    subject = registry.Subject(customer.pk, erasure.traces)
    for slug in ("chat.chats", "customers.profile", "customers.exports"):
        erasing.erase_kind(erasure, registry.kind_of(slug), subject, now)
    done = dict(erasure.steps.exclude(done_at=None).values_list("kind", "counts"))
    assert {"chat.chats", "customers.identities", "chat.devices"} <= done.keys()
    assert erasing.unfinished() == [erasure.pk]

    assert erasing.run_erasure(erasure.pk, now=now + timedelta(hours=1))
    assert erasing.run_erasure(erasure.pk)

    erasure.refresh_from_db()
    assert (erasure.state, erasure.traces) == ("done", {})
    assert {
        kind: counts for kind, counts in erasure.steps.values_list("kind", "counts") if kind in done
    } == done
    left = tables_with(SIGN, EMAIL)
    assert left == set(), left


def test_a_kind_that_fails_is_told_and_tried_again(manager):
    customer = somebody()
    file = Path(customer.chat_sessions.get().attachments.get().file.path)
    file.unlink()
    (file / "in the way").mkdir(parents=True)

    erasure = confirmed(customer, manager)
    assert not erasing.run_erasure(erasure.pk)
    erasure.refresh_from_db()
    assert erasure.error == "chat.chats: OSError"
    assert list(erasure.steps.filter(done_at=None).values_list("kind", flat=True)) == ["chat.chats"]

    (file / "in the way").rmdir()
    assert erasing.run_erasure(erasure.pk)
    erasure.refresh_from_db()
    assert (erasure.state, erasure.error) == ("done", "")


def test_an_event_in_a_workers_hands_is_waited_for():
    customer = somebody()
    InboundEvent.objects.update(state="new", processed_at=None)

    erasure = erased(customer)
    assert erasure.state == "running"
    InboundEvent.objects.update(state="ignored")
    erasing.run_erasure(erasure.pk)

    erasure.refresh_from_db()
    assert erasure.state == "done"


def test_others_are_left_alone():
    other = CustomerFactory(name="Bert", email=EMAIL)
    ticket = opened(customer=other, subject="Bert's parcel")
    session = ChatSessionFactory(customer=other, page_title="Shoes")

    erased(somebody())

    other.refresh_from_db()
    assert (other.name, other.email) == ("Bert", EMAIL)
    assert Ticket.objects.get(pk=ticket.pk).subject == "Bert's parcel"
    assert ChatSession.objects.get(pk=session.pk).page_title == "Shoes"
