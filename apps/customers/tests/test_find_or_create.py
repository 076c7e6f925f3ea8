from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common.errors import Invalid
from apps.common.ids import digest
from apps.customers.enums import IdentityKind
from apps.customers.models import Customer, Identity
from apps.customers.services import find_or_create
from apps.customers.tests.factories import CustomerFactory, claims

pytestmark = pytest.mark.django_db


def test_a_visitor_without_anything_is_new_each_time():
    assert find_or_create() != find_or_create()


def test_a_new_visitor_keeps_what_they_typed():
    customer = find_or_create(name=" Li  Mei ", email="mei@shop.example", phone="+86 138", locale="zh-hans")

    assert (customer.name, customer.email, customer.phone) == ("Li Mei", "mei@shop.example", "+86 138")
    assert customer.locale == "zh-hans"


def test_a_new_visitor_without_a_locale_has_the_standard_one():
    assert find_or_create().locale == "en"


def test_the_same_device_is_the_same_customer():
    first = find_or_create(device="key-1")

    assert find_or_create(device="key-1") == first
    assert find_or_create(device="key-2") != first


def test_only_the_digest_of_a_device_is_stored():
    customer = find_or_create(device="key-1")

    assert customer.identities.get().value == digest("key-1")


def test_a_second_visit_moves_last_seen_on():
    then = timezone.now() - timedelta(days=1)
    first = find_or_create(device="key-1", now=then)

    again = find_or_create(device="key-1", now=then + timedelta(hours=3))

    assert again.last_seen_at - again.created_at == timedelta(hours=3)
    assert first.created_at == again.created_at


def test_a_second_visit_takes_over_what_is_new_and_keeps_the_rest():
    find_or_create(device="key-1", name="Mei", email="old@shop.example")

    customer = find_or_create(device="key-1", email="new@shop.example")

    assert (customer.name, customer.email) == ("Mei", "new@shop.example")


def test_a_typed_email_joins_nobody():
    owner = find_or_create(claims=claims(email="mei@shop.example"))

    stranger = find_or_create(device="key-1", email="mei@shop.example")

    assert stranger != owner


def test_a_typed_email_is_no_identity():
    customer = find_or_create(email="mei@shop.example")

    assert not customer.identities.exists()


def test_a_malformed_address_is_refused_and_nothing_is_stored():
    with pytest.raises(Invalid) as refusal:
        find_or_create(email="nobody", phone="call me")

    assert set(refusal.value.fields) == {"email", "phone"}
    assert not Customer.objects.exists()


def test_the_same_sub_is_the_same_customer_from_any_device():
    first = find_or_create(claims=claims("42"), device="phone")

    assert find_or_create(claims=claims("42"), device="laptop") == first
    assert find_or_create(claims=claims("43")) != first


def test_the_same_sub_of_another_shop_is_somebody_else():
    assert find_or_create(claims=claims("42")) != find_or_create(claims=claims("42", inbox="app"))


def test_what_the_shop_signed_wins_over_what_was_typed():
    customer = find_or_create(claims=claims(name="Li Mei", email="mei@shop.example"), name="M", phone="12345")

    assert (customer.name, customer.email, customer.phone) == ("Li Mei", "mei@shop.example", "12345")


def test_what_the_shop_signed_is_not_typed_over_later():
    known = find_or_create(claims=claims(name="Li Mei"))

    customer = find_or_create(known=known, name="Mallory", email="mallory@shop.example")

    assert (customer.name, customer.email) == ("Li Mei", "mallory@shop.example")


def test_a_later_signature_brings_the_profile_up_to_date():
    find_or_create(claims=claims(name="Li Mei"))

    assert find_or_create(claims=claims(name="Wang Mei")).name == "Wang Mei"


def test_a_malformed_address_in_a_signature_is_left_out():
    customer = find_or_create(claims=claims(name="Mei", email="n/a", phone="none"))

    assert (customer.name, customer.email, customer.phone) == ("Mei", "", "")


def test_signed_addresses_are_verified_identities_once():
    for _ in range(2):
        customer = find_or_create(claims=claims(email="Mei@shop.example", phone="+86138000"))

    verified = customer.identities.exclude(verified_at=None).values_list("kind", "value")
    assert set(verified) == {("shop", "web:42"), ("email", "mei@shop.example"), ("phone", "+86138000")}


def test_a_visitor_who_signs_in_keeps_their_history():
    visitor = find_or_create(device="key-1")

    assert find_or_create(device="key-1", claims=claims("42")) == visitor
    assert find_or_create(claims=claims("42")) == visitor


def test_a_known_visitor_who_signs_in_keeps_their_history():
    visitor = CustomerFactory()

    assert find_or_create(known=visitor, claims=claims("42")) == visitor


def test_a_visitor_who_signs_in_as_somebody_known_becomes_that_customer():
    owner = find_or_create(claims=claims("42"))
    visitor = find_or_create(device="key-1")

    assert find_or_create(known=visitor, claims=claims("42")) == owner


def test_a_second_account_on_one_device_is_another_customer():
    first = find_or_create(device="key-1", claims=claims("42"))

    second = find_or_create(known=first, claims=claims("43"))

    assert second != first
    assert Identity.objects.filter(kind=IdentityKind.SHOP, customer=first).count() == 1


def test_a_signature_does_not_tie_the_device_to_the_account():
    signed_in = find_or_create(claims=claims("42"), device="shared")

    assert find_or_create(device="shared") != signed_in


def test_a_known_visitor_stays_who_they_are():
    visitor = CustomerFactory()

    assert find_or_create(known=visitor, device="unseen") == visitor
