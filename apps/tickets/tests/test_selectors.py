from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.common import context
from apps.common.context import RequestContext
from apps.common.errors import AccessDenied, Invalid, NotFound
from apps.tickets import filtering, selectors, services
from apps.tickets.errors import LinkExpired
from apps.tickets.links import page_token
from apps.tickets.models import Ticket, TicketView
from apps.tickets.tests.factories import (
    CustomerFactory,
    QueueFactory,
    StaffFactory,
    TicketFactory,
    TicketViewFactory,
    make_agent,
    make_supervisor,
    opened,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return StaffFactory(role="manager")


def numbers(user, **filters):
    return set(selectors.list_tickets(user, filtering.parse(filters)).values_list("number", flat=True))


# Who sees what


def test_agents_see_tickets_of_their_queues_and_their_own():
    queue = QueueFactory()
    agent = make_agent(queue)
    of_queue, own = TicketFactory(queue=queue), TicketFactory(queue=QueueFactory(), assignee=agent)
    TicketFactory(queue=QueueFactory())
    TicketFactory()

    assert numbers(agent) == {of_queue.number, own.number}


def test_supervisors_see_tickets_of_supervised_queues():
    queue = QueueFactory()
    ticket = TicketFactory(queue=queue)
    TicketFactory(queue=QueueFactory())

    assert numbers(make_supervisor(queue)) == {ticket.number}


@pytest.mark.parametrize("role", ["manager", "auditor", "api_client"])
def test_managers_auditors_and_programs_see_any(role):
    ticket = TicketFactory()

    assert numbers(StaffFactory(role=role)) == {ticket.number}


def test_nobody_sees_tickets_without_a_role():
    TicketFactory()

    assert numbers(StaffFactory()) == set()


def test_visible_ticket_by_number_or_label(manager):
    ticket = TicketFactory()

    assert selectors.visible_ticket(manager, ticket.number) == ticket
    assert selectors.visible_ticket(manager, ticket.label.lower()) == ticket


@pytest.mark.parametrize("number", ["", "T-", "x", "1e3", "١٠٠١", 10**30, None])
def test_what_is_no_number_is_not_found(manager, number):
    with pytest.raises(NotFound):
        selectors.visible_ticket(manager, number)


def test_forbidden_looks_like_unknown():
    ticket = TicketFactory(queue=QueueFactory())

    with pytest.raises(NotFound):
        selectors.visible_ticket(make_agent(QueueFactory()), ticket.number)


# Filters


def test_filters_of_one_name_are_or_of_several_and(manager):
    urgent = TicketFactory(priority="urgent")
    high = TicketFactory(priority="high", status="open")
    TicketFactory()

    assert numbers(manager, priority="urgent,high") == {urgent.number, high.number}
    assert numbers(manager, priority=["urgent", "high"], status="open") == {high.number}


def test_live_is_what_is_neither_solved_nor_closed(manager):
    live = TicketFactory(status="on_hold")
    TicketFactory(done=True)

    assert numbers(manager, status="live") == {live.number}


def test_me_and_none_and_keys(manager):
    mine, free = TicketFactory(assignee=manager), TicketFactory()
    other = TicketFactory(assignee=StaffFactory())

    assert numbers(manager, assignee="me") == {mine.number}
    assert numbers(manager, assignee="none") == {free.number}
    assert numbers(manager, assignee=["me", "none"]) == {mine.number, free.number}
    assert numbers(manager, assignee=other.assignee.pk) == {other.number}


def test_tag_customer_order_and_time(manager):
    now = timezone.now()
    ticket = TicketFactory(tags=["parcel", "vip"], order_no="A-1", created_at=now - timedelta(days=2))
    TicketFactory()

    assert numbers(manager, tag="VIP") == {ticket.number}
    assert numbers(manager, customer=ticket.customer.public_id) == {ticket.number}
    assert numbers(manager, order_no="A-1") == {ticket.number}
    assert numbers(manager, created_before=(now - timedelta(days=1)).isoformat()) == {ticket.number}


@pytest.mark.parametrize(
    "query",
    ["status=gone", "assignee=you", "queue=x", "queue=99999999999999999999", "created_after=soon", "q=%00"],
)
def test_malformed_filters_are_refused(query):
    with pytest.raises(Invalid) as error:
        filtering.parse(QueryDict(query))

    assert list(error.value.fields) == [query.split("=")[0]]


def test_unknown_filters_of_an_address_are_ignored_and_of_a_view_refused():
    assert filtering.parse({"page": "2"}) == filtering.Filters()
    with pytest.raises(Invalid):
        filtering.parse({"page": "2"}, strict=True)


def test_filters_survive_being_saved():
    parsed = filtering.parse({"status": "new,open", "q": "退款", "created_after": "2026-11-01T00:00:00Z"})

    assert filtering.parse(parsed.as_json()) == parsed


# Order and pages


@pytest.mark.parametrize("order", selectors.ORDERS)
def test_pages_show_each_ticket_once_in_order(manager, order):
    now = timezone.now()
    for number in range(11):
        due = now + timedelta(minutes=number % 3) if number % 4 else None
        TicketFactory(created_at=now - timedelta(minutes=number // 2), next_due_at=due)
    shown, cursor = [], ""

    while True:
        page = selectors.page_of(selectors.list_tickets(manager), order=order, cursor=cursor, limit=3)
        shown += page.tickets
        cursor = page.next_cursor
        if not cursor:
            break

    column, descends = selectors.ORDERS[order]
    values = [getattr(ticket, column) for ticket in shown]
    known = [value for value in values if value]
    assert len(shown) == len({ticket.pk for ticket in shown}) == 11
    assert known == sorted(known, reverse=descends)
    assert values[: len(known)] == known  # those without a value last


@pytest.mark.parametrize("options", [{"order": "random"}, {"cursor": "x"}])
def test_an_unknown_order_or_cursor_is_refused(manager, options):
    with pytest.raises(Invalid):
        selectors.page_of(selectors.list_tickets(manager), **options)


def test_a_cursor_belongs_to_its_order(manager):
    TicketFactory.create_batch(2)
    cursor = selectors.page_of(selectors.list_tickets(manager), order="newest", limit=1).next_cursor

    with pytest.raises(Invalid):
        selectors.page_of(selectors.list_tickets(manager), order="due", cursor=cursor)


@pytest.mark.parametrize("count", [1, 100])
def test_a_page_is_one_query(count, django_assert_num_queries):
    agent = make_agent(QueueFactory())
    for _ in range(count):
        TicketFactory(assignee=agent, queue=QueueFactory() if count == 1 else None)
    rows = selectors.list_tickets(agent)

    with django_assert_num_queries(1):
        for ticket in selectors.page_of(rows, limit=100).tickets:
            str(ticket.customer), str(ticket.queue), str(ticket.assignee)


def test_a_thread_is_two_queries_however_long(django_assert_num_queries):
    ticket = opened()
    for number in range(100):
        services.add_note(ticket, actor=SYSTEM, body=f"Note {number}", ref=f"{number:032x}")

    with django_assert_num_queries(2):
        lines = selectors.messages_of(ticket)
        assert [list(line.attachments.all()) for line in lines]
    assert [line.seq for line in lines] == list(range(2, 102))  # the last hundred


def test_earlier_lines_come_by_seq():
    ticket = opened()
    for number in range(5):
        services.add_note(ticket, actor=SYSTEM, body="Note", ref=f"{number:032x}")

    assert [line.seq for line in selectors.messages_of(ticket, before=4, limit=2)] == [2, 3]


# The customer's link


def test_a_link_opens_its_ticket():
    ticket = TicketFactory()
    TicketFactory()

    assert selectors.ticket_of_page(page_token(ticket)) == ticket


def test_a_changed_link_opens_nothing():
    token = page_token(TicketFactory())

    for wrong in (token[:-1], token[1:], "", token.upper()):
        with pytest.raises(LinkExpired):
            selectors.ticket_of_page(wrong)


def test_tickets_of_a_customer_are_those_the_user_may_read():
    queue, customer = QueueFactory(), CustomerFactory()
    first, second = TicketFactory.create_batch(2, customer=customer, queue=queue)
    TicketFactory(customer=customer, queue=QueueFactory())

    assert list(selectors.tickets_of(make_agent(queue), customer)) == [second, first]


# Saved views


def test_a_view_is_ones_own(manager):
    agent = make_agent()
    view = services.save_view(actor=agent, name=" Mine ", filters={"assignee": "me", "status": ["live"]})

    assert (view.owner, view.name) == (agent, "Mine")
    assert view.filters == {"status": ["live"], "assignee": ["me"]}
    assert selectors.views_of(agent) == [view]
    assert selectors.views_of(manager) == []
    with pytest.raises(NotFound):
        selectors.visible_view(manager, view.pk)


def test_shared_views_are_everybodys_and_stand_first():
    supervisor, agent = make_supervisor(QueueFactory()), make_agent()
    own = services.save_view(actor=agent, name="A mine", filters={})
    shared = services.save_view(actor=supervisor, name="Urgent", filters={"priority": "urgent"}, shared=True)

    assert selectors.views_of(agent) == [shared, own]


def test_agents_do_not_share_views():
    agent, shared = make_agent(), TicketViewFactory()

    with pytest.raises(AccessDenied):
        services.save_view(actor=agent, name="For all", filters={}, shared=True)
    with pytest.raises(AccessDenied):
        services.delete_view(shared, actor=agent)
    assert TicketView.objects.get() == shared


def test_views_of_others_stay_as_they_are():
    view = services.save_view(actor=make_agent(), name="Mine", filters={})

    with pytest.raises(AccessDenied):
        services.save_view(view, actor=make_supervisor(), name="Theirs", filters={})
    with pytest.raises(AccessDenied):
        services.delete_view(view, actor=make_supervisor())
    assert TicketView.objects.get().name == "Mine"


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"name": " "}, "name"),
        ({"filters": {"status": "gone"}}, "status"),
        ({"filters": {"colour": "red"}}, "colour"),
        ({"order": "random"}, "order"),
    ],
)
def test_views_that_mean_nothing_are_refused(fields, at_fault):
    with pytest.raises(Invalid) as error:
        services.save_view(actor=make_agent(), **({"name": "Mine", "filters": {}} | fields))

    assert list(error.value.fields) == [at_fault]


def test_a_name_is_used_once():
    agent = make_agent()
    services.save_view(actor=agent, name="Mine", filters={})

    with pytest.raises(Invalid):
        services.save_view(actor=agent, name="Mine", filters={})
    assert services.save_view(actor=make_agent(), name="Mine", filters={})


def test_a_saved_filter_that_no_longer_exists_is_left_out():
    view = TicketViewFactory(filters={"status": ["gone"], "priority": ["high"], "colour": "red"})

    assert selectors.saved_filters(view) == filtering.Filters(priority=("high",))


@pytest.mark.parametrize("count", [1, 100])
def test_all_views_are_counted_in_one_query(manager, count, django_assert_num_queries):
    TicketFactory(priority="urgent")
    TicketFactory()
    views = TicketViewFactory.create_batch(count, filters={"priority": ["urgent"]})
    manager = type(manager).objects.get(pk=manager.pk)

    # What the user may, and the counts.
    with context.use(RequestContext(memo={})), django_assert_num_queries(2):
        counts = selectors.view_counts(manager, views)

    assert counts == {view.pk: 1 for view in views}


def test_no_views_are_no_query(manager, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert selectors.view_counts(manager, []) == {}


def test_counting_ends_at_a_hundred(manager, monkeypatch):
    monkeypatch.setattr(selectors, "COUNTED_MAX", 3)
    TicketFactory.create_batch(5)
    view = TicketViewFactory()

    assert selectors.view_counts(manager, [view]) == {view.pk: 3}
    assert Ticket.objects.count() == 5
