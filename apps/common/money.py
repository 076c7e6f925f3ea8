"""Amounts of money: a decimal and its currency, never a float."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from apps.common.errors import Invalid

# Currencies whose smallest unit is the unit itself, and those with a thousandth (ISO 4217).
WHOLE = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())
THOUSANDTHS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "JP¥"}


@dataclass(frozen=True)
class Money:
    """``amount`` in units of ``currency`` (ISO 4217)."""

    amount: Decimal
    currency: str

    @property
    def minor(self) -> int:
        """In the smallest unit, e.g. cents or fen."""
        return int(self.amount.scaleb(places(self.currency)))

    def as_json(self) -> dict[str, str]:
        """``{"amount": "12.50", "currency": "CNY"}``"""
        return {"amount": f"{self.amount:.{places(self.currency)}f}", "currency": self.currency}

    def __str__(self) -> str:
        return format_money(self.amount, self.currency)


def places(currency: str) -> int:
    """Digits after the point."""
    if currency in WHOLE:
        return 0
    return 3 if currency in THOUSANDTHS else 2


def from_minor(minor: int, currency: str) -> Money:
    """Money from a whole number of the smallest unit."""
    return Money(Decimal(minor).scaleb(-places(currency)), currency)


def parse_money(value: object, *, currency: str = "") -> Money:
    """From ``{"amount", "currency"}``, or from a number or text in ``currency``. Raises ``Invalid``."""
    if isinstance(value, dict):
        currency, value = str(value.get("currency", "")), value.get("amount")
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise Invalid(fields={"amount": [f"Not an amount: {value!r}"]}) from None
    if not amount.is_finite() or len(currency) != 3 or not currency.isupper():
        raise Invalid(fields={"amount": [f"Not an amount of money: {value!r} {currency!r}"]})
    exact = amount.quantize(Decimal(1).scaleb(-places(currency)), ROUND_HALF_UP)
    if exact != amount:
        raise Invalid(fields={"amount": [f"{currency} has {places(currency)} digits after the point."]})
    return Money(exact, currency)


def format_money(amount: Decimal, currency: str) -> str:
    """``¥1,299.00``: as people read it, with the currency's sign or its code."""
    sign = SIGNS.get(currency, f"{currency} ")
    return f"{'-' if amount < 0 else ''}{sign}{abs(amount):,.{places(currency)}f}"
