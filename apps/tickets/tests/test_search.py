from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.actors import SYSTEM
from apps.tickets import filtering, selectors, services, words
from apps.tickets.models import Ticket
from apps.tickets.services.renewing import renew
from apps.tickets.tests.factories import CustomerFactory, StaffFactory, TicketFactory, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return StaffFactory(role="manager")


@pytest.fixture
def find(manager):
    def find(q):
        rows = selectors.list_tickets(manager, filtering.parse({"q": q}))
        return set(rows.values_list("number", flat=True))

    return find


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Refund A-17!", ["refund", "a", "17"]),
        ("退款申请", ["退款", "款申", "申请", "请"]),
        ("订单A1到了吗", ["订单", "单", "a1", "到了", "了吗", "吗"]),
        ("Größe", ["größe"]),
        ("…!?", []),
    ],
)
def test_lexemes(text, expected):
    assert words.lexemes(text) == expected


@pytest.mark.parametrize(
    "q",
    [
        "refund",
        "REFUNDS",  # the stem
        "refu",  # a beginning
        "money refunded",  # all words, in any order
        "退款",
        "退",  # one character
        "申请退款",
        "怎么还没到",
        "snow boots",
        "2026001188",  # order number
        "wang@shop.example",
        "小王",
        "vip",  # a tag
    ],
)
def test_a_ticket_is_found_by_what_stands_in_it(find, q):
    customer = CustomerFactory(name="小王", email="wang@shop.example")
    ticket = opened(
        customer=customer,
        subject="申请退款 snow boots",
        body="I want my money back: refund please. 快递怎么还没到？",
        order_no="2026001188",
        tags=["vip"],
    )
    opened(subject="Something else", body="别的问题")

    assert find(q) == {ticket.number}


@pytest.mark.parametrize("q", ["fund", "款退", "refund gloves", "…", "'; drop", "a & | !b:*", "退货"])
def test_what_stands_in_no_ticket_finds_none(find, q):
    opened(subject="申请退款", body="refund please")

    assert find(q) == set()


def test_a_ticket_is_found_by_its_number(find):
    ticket = opened()
    opened()

    assert [find(q) for q in (ticket.label, str(ticket.number), f"#{ticket.number}")] == [{ticket.number}] * 3


def test_answers_and_notes_are_searched_too(find):
    ticket = opened()
    services.reply(ticket, actor=SYSTEM, body="包裹已找到", ref=uuid4())
    services.add_note(ticket, actor=SYSTEM, body="Claimed from the carrier", ref=uuid4())

    assert find("包裹 claimed") == {ticket.number}


def test_system_lines_are_not_searched(find):
    ticket = opened()
    services.change_ticket(ticket, actor=SYSTEM, version=None, priority="urgent")

    assert find("urgent") == set()


def test_only_what_the_user_may_read_is_found():
    opened(body="secret snow boots")

    assert not selectors.list_tickets(StaffFactory(role="agent"), filtering.parse({"q": "boots"})).exists()


def test_a_very_long_thread_stays_within_what_postgresql_holds():
    ticket = opened()
    for start in range(0x4E00, 0x4E00 + 5 * 3000, 3000):
        body = "".join(chr(start + offset) for offset in range(3000)) * 3
        services.add_note(ticket, actor=SYSTEM, body=body, ref=uuid4())

    assert Ticket.objects.get().last_seq == 6


def test_a_long_ticket_is_renewed_by_as_many_writes_as_a_short_one():
    ticket = opened(body="refund please")
    for number in range(30):
        services.add_note(ticket, actor=SYSTEM, body=f"parcel {number} 包裹", ref=uuid4())
    kept = Ticket.objects.get().search
    Ticket.objects.update(search=None)

    with CaptureQueriesContext(connection) as queries:
        renew(list(ticket.messages.values_list("pk", flat=True)[:1]))

    writes = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    assert len(writes) == 2, writes
    assert Ticket.objects.get().search == kept


def test_texts_are_batched_within_what_one_message_may_have():
    texts = ["a" * 15_000, "b" * 5_000, "c", "d" * 30_000, "e"]

    assert list(words.batched(texts)) == [texts[:2], ["c"], [texts[3]], ["e"]]
    assert list(words.batched([])) == []


def test_the_index_serves_the_search(manager):
    TicketFactory.create_batch(30)
    ticket = opened(body="refund please")
    rows = selectors.list_tickets(manager, filtering.parse({"q": "refund"}))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")

    plan = rows.select_related(None).order_by().explain()

    assert "ticket_search" in plan
    assert [row.pk for row in rows] == [ticket.pk]
