"""Whom mail is about: by its address, whoever's name stands in it."""

import pytest
from django.db import connection

from apps.customers.models import Customer, Identity
from apps.customers.personal import with_addresses
from apps.customers.tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def test_whoever_has_an_address_is_found_however_they_wrote_it(django_assert_num_queries):
    said, known, both = (
        CustomerFactory(email=email) for email in ("Anna.Moss@Mail.example", "", "c@x.example")
    )
    for customer, address in ((known, "bert@mail.example"), (both, "c@x.example")):
        Identity.objects.create(customer=customer, kind="email", value=address)
    CustomerFactory(email="xanna.moss@mail.example")

    with django_assert_num_queries(1):
        found = list(with_addresses({"anna.moss@mail.example", "bert@mail.example", "c@x.example"}))

    assert sorted(found) == [said.pk, known.pk, both.pk]


def test_a_shop_account_is_no_address():
    Identity.objects.create(
        customer=CustomerFactory(), kind="shop", value="web:a@x.example", verified_at="2026-01-01T00:00Z"
    )

    assert list(with_addresses({"web:a@x.example"})) == []


def test_an_index_finds_whose_an_address_is():
    people = Customer.objects.bulk_create(Customer(name=f"C{number}") for number in range(2000))
    Identity.objects.bulk_create(
        Identity(customer=customer, kind="email", value=f"c{customer.pk}@mail.example") for customer in people
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_identity")
    known = Identity.objects.filter(kind="email", value=f"c{people[7].pk}@mail.example")

    assert "identity_known_by" in known.explain()
