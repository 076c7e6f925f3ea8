from decimal import Decimal

import pytest

from apps.common.errors import Invalid
from apps.common.money import Money, format_money, from_minor, parse_money


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ({"amount": "12.50", "currency": "CNY"}, "", Money(Decimal("12.50"), "CNY")),
        ("0.1", "USD", Money(Decimal("0.10"), "USD")),
        (1299, "JPY", Money(Decimal(1299), "JPY")),
    ],
    ids=["object", "text", "whole"],
)
def test_amounts_are_read(value, currency, expected):
    assert parse_money(value, currency=currency) == expected


@pytest.mark.parametrize(
    ("value", "currency"),
    [
        ("12.505", "CNY"),
        ("0.5", "JPY"),
        ("NaN", "CNY"),
        ("Infinity", "CNY"),
        ("twelve", "CNY"),
        ("1", "yuan"),
        ({"amount": "1"}, ""),
        (None, "CNY"),
    ],
)
def test_what_is_no_amount_is_refused(value, currency):
    with pytest.raises(Invalid) as caught:
        parse_money(value, currency=currency)

    assert "amount" in caught.value.fields


def test_the_smallest_unit_depends_on_the_currency():
    assert Money(Decimal("12.50"), "CNY").minor == 1250
    assert Money(Decimal(1250), "JPY").minor == 1250


def test_json_has_all_digits():
    assert Money(Decimal("12.5"), "CNY").as_json() == {"amount": "12.50", "currency": "CNY"}
    assert Money(Decimal(125), "JPY").as_json() == {"amount": "125", "currency": "JPY"}


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [("1299", "CNY", "¥1,299.00"), ("-3.5", "USD", "-$3.50"), ("7", "SEK", "SEK 7.00"), ("7", "JPY", "JP¥7")],
)
def test_people_read_amounts_with_their_currency(amount, currency, text):
    assert format_money(Decimal(amount), currency) == text
    assert str(Money(Decimal(amount), currency)) == text


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12.50", "CNY", 1250), ("1200", "JPY", 1200), ("5000", "PYG", 5000), ("12.505", "KWD", 12505)],
)
def test_the_smallest_unit_and_back(amount, currency, minor):
    money = parse_money(amount, currency=currency)

    assert money.minor == minor
    assert from_minor(minor, currency) == money
