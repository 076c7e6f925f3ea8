import pytest

from apps.access.tests.factories import StaffFactory
from apps.common.errors import NotFound
from apps.customers.models import Customer
from apps.customers.selectors import customer_summary, visible_customer
from apps.customers.services import find_or_create
from apps.customers.tests.factories import CustomerFactory, claims

pytestmark = pytest.mark.django_db


def test_the_summary_of_a_verified_customer():
    customer = find_or_create(claims=claims(name="Li Mei", email="mei@shop.example"))

    summary = customer_summary(customer)

    assert (summary.id, summary.name, summary.verified) == (customer.public_id, "Li Mei", True)
    assert summary.verified_by == ("email", "shop")


def test_the_summary_of_a_visitor_takes_one_query(django_assert_num_queries):
    customer = CustomerFactory(name="", device="key-1")

    with django_assert_num_queries(1):
        summary = customer_summary(customer)

    assert (summary.name, summary.verified, summary.verified_by) == (customer.actor_label, False, ())


def test_a_visible_customer():
    customer = CustomerFactory()

    assert visible_customer(StaffFactory(role="agent"), customer.public_id) == customer


def test_hidden_and_unknown_customers_look_the_same():
    for user, public_id in [(StaffFactory(), CustomerFactory().public_id), (StaffFactory(role="agent"), "x")]:
        with pytest.raises(NotFound):
            visible_customer(user, public_id)


def test_an_empty_search_finds_everybody():
    CustomerFactory.create_batch(2)

    assert Customer.objects.search("  ").count() == 2
