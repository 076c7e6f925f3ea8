import pytest

from apps.common.errors import Invalid
from apps.customers.contact import clean_contact, usable_contact


def test_a_name_becomes_one_clean_line():
    assert clean_contact(name="  Li\x00\tMei\n\u202e ").name == "Li Mei"


def test_a_long_name_is_cut():
    assert len(clean_contact(name="x" * 500).name) == 120


@pytest.mark.parametrize("phone", ["+86 138-0000-0000", "(020) 8123.4567", "12345"])
def test_phone_numbers_that_people_type(phone):
    assert clean_contact(phone=phone).phone == phone


@pytest.mark.parametrize("phone", ["call me", "12", "1" * 40, "+", "１３８００００"])
def test_what_is_no_phone_number(phone):
    with pytest.raises(Invalid) as refusal:
        clean_contact(phone=phone)

    assert list(refusal.value.fields) == ["phone"]


@pytest.mark.parametrize("email", ["nobody", "a@", "a b@shop.example", "x" * 250 + "@shop.example"])
def test_what_is_no_email(email):
    with pytest.raises(Invalid) as refusal:
        clean_contact(email=email)

    assert list(refusal.value.fields) == ["email"]


def test_usable_contact_drops_only_the_malformed():
    contact = usable_contact(name="Mei", email="nobody", phone="12345")

    assert contact.given() == {"name": "Mei", "phone": "12345"}
