"""The command bar's search: what each may find."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from apps.chat.tests.factories import active_session
from apps.console.search import SEARCHES_PER_MINUTE
from apps.knowledge.models import Sop, SopRevision
from apps.knowledge.tests.factories import FaqCategoryFactory
from apps.orders.tests.factories import OrderFactory
from apps.tickets.tests.factories import CustomerFactory, QueueFactory, make_agent, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue():
    return QueueFactory(is_default=True)


@pytest.fixture
def agent(client, queue):
    user = make_agent(queue)
    client.force_login(user)
    return user


def find(client, query: str) -> dict[str, list]:
    groups = client.get(reverse("console-search"), {"q": query}).json()["groups"]
    return {group["code"]: [item["text"] for item in group["items"]] for group in groups}


def sop(
    title="Refund a torn shoe",
    *,
    title_zh="破损鞋退款",
    steps=(("Check", "Please send a photo.", "请发照片。"),),
):
    """A SOP in force."""
    guide = Sop.objects.create(
        slug=f"s{Sop.objects.count()}", title=title, title_zh=title_zh, category=FaqCategoryFactory()
    )
    revision = SopRevision.objects.create(
        sop=guide,
        number=1,
        state="approved",
        reviewed_at="2026-01-01T00:00Z",
        submitted_at="2026-01-01T00:00Z",
    )
    for position, (name, english, chinese) in enumerate(steps, 1):
        revision.steps.create(position=position, title=name, say_en=english, say_zh=chinese)
    Sop.objects.filter(pk=guide.pk).update(current_revision=revision)
    guide.refresh_from_db()
    return guide


def test_all_kinds_are_found_by_a_customers_name(client, agent, queue):
    customer = CustomerFactory(name="Sofia Lindqvist")
    chat = active_session(agent, queue=queue, customer=customer)
    OrderFactory(order_no="SO-9", buyer_name="Sofia Lindqvist")
    ticket = opened(customer=customer, queue=queue)

    found = find(client, "lindqvist")

    assert found["customers"] == ["Sofia Lindqvist"]
    assert found["orders"] == ["SO-9"]
    assert found["tickets"] == [f"{ticket.label} {ticket.subject}"]
    assert found["chats"] == [chat.customer.actor_label]


def test_a_ticket_is_found_by_its_number(client, agent, queue):
    ticket = opened(queue=queue)

    assert find(client, ticket.label)["tickets"] == [f"{ticket.label} {ticket.subject}"]


def test_a_sop_is_found_by_its_title_in_either_language(client, agent):
    sop()

    assert find(client, "torn")["sops"] == find(client, "破损")["sops"] == ["Refund a torn shoe"]


def test_tickets_and_chats_of_others_are_not_found(client, agent):
    customer = CustomerFactory(name="Sofia Lindqvist")
    other = QueueFactory()
    opened(customer=customer, queue=other)
    active_session(queue=other, customer=customer)

    assert set(find(client, "lindqvist")) == {"customers"}


@pytest.mark.parametrize("query", ["", " ", "\x00", "zzzz"])
def test_nothing_is_found_by_nothing(client, agent, query):
    CustomerFactory(name="Sofia")

    assert find(client, query) == {}


def test_each_kind_lists_a_few(client, agent):
    CustomerFactory.create_batch(9, name="Sofia")

    assert len(find(client, "sofia")["customers"]) == 4


def test_a_search_costs_the_same_whatever_there_is(client, agent, queue, django_assert_max_num_queries):
    customer = CustomerFactory(name="Sofia")
    opened(customer=customer, queue=queue)
    find(client, "sofia")
    with django_assert_max_num_queries(16) as few:
        find(client, "sofia")
    for _ in range(99):
        opened(customer=CustomerFactory(name="Sofia"), queue=queue)
        OrderFactory(buyer_name="Sofia")

    with django_assert_max_num_queries(len(few)):
        find(client, "sofia")


def texts(client, query: str, lang: str) -> list[str]:
    response = client.get(reverse("console-sop-texts"), {"q": query, "lang": lang})
    return [item["body"] for item in response.json()["results"]]


def test_texts_of_sops_come_in_the_language_of_the_chat(client, agent):
    sop()

    assert texts(client, "torn", "en") == ["Please send a photo."]
    assert texts(client, "破损", "zh-hans") == ["请发照片。"]


def test_steps_that_say_nothing_are_left_out(client, agent):
    sop(steps=[("Look", "", ""), ("Say", "Hello.", "")])

    assert texts(client, "", "en") == ["Hello."]
    assert texts(client, "", "zh-hans") == []


def test_a_sop_can_be_read_step_by_step(client, agent):
    guide = sop()

    html = client.get(reverse("console-sop", args=[guide.slug])).content.decode()

    for words in ("Please send a photo.", "请发照片。", str(guide.category)):
        assert words in html


def test_an_unknown_sop_is_not_there(client, agent):
    assert client.get(reverse("console-sop", args=["nothing"])).status_code == 404


def test_who_searches_without_end_has_to_wait(client, agent):
    cache.set(f"throttle:search:{agent.pk}", SEARCHES_PER_MINUTE, timeout=60)

    answer = client.get(reverse("console-search"), {"q": "shoes"})

    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
