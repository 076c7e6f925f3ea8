import pytest
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.chat.tests.factories import active_session
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


def page(client, customer):
    return client.get(reverse("console-customer", args=[customer.public_id]))


def test_the_page_gathers_what_the_customer_had_with_the_desk(client, agent, queue):
    customer = CustomerFactory(name="Sofia Lindqvist", email="sofia@example.org")
    chat = active_session(agent, queue=queue, customer=customer)
    OrderFactory(order_no="SO-9", customer=customer)
    ticket = opened(customer=customer, queue=queue)

    html = page(client, customer).content.decode()

    for words in ("Sofia Lindqvist", "sofia@example.org", "SO-9", ticket.label, chat.public_id):
        assert words in html


def test_what_the_reader_may_not_see_is_left_out(client, agent):
    customer = CustomerFactory()
    opened(customer=customer, queue=QueueFactory())

    assert "No ticket that you may see." in page(client, customer).content.decode()


def test_reading_is_on_record(client, agent):
    customer = CustomerFactory()
    page(client, customer)

    assert AuditEvent.objects.filter(action="customers:ReadCustomer").count() == 1


def test_an_unknown_customer_is_not_there(client, agent):
    assert client.get(reverse("console-customer", args=["nobody"])).status_code == 404


def test_the_page_costs_the_same_with_1_and_100_of_each(client, agent, queue, django_assert_max_num_queries):
    customer = CustomerFactory()
    opened(customer=customer, queue=queue)
    OrderFactory(customer=customer)
    page(client, customer)
    with django_assert_max_num_queries(30) as few:
        page(client, customer)
    for _ in range(99):
        opened(customer=customer, queue=queue)
        OrderFactory(customer=customer)

    with django_assert_max_num_queries(len(few)):
        page(client, customer)
