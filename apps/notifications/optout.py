"""The signed address under which a customer refuses e-mail of a category. Anybody who has the mail may use it."""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

from apps.notifications.enums import Category

SALT = "notifications.optout"
REFUSABLE = frozenset({Category.SERVICE, Category.SURVEY})


@dataclass(frozen=True)
class Choice:
    """Which e-mail of which address is meant."""

    address: str
    category: Category


def token_for(address: str, category: str) -> str:
    """A token that does not expire: old mails must keep their way out."""
    return signing.dumps([address.lower(), str(category)], salt=SALT)


def read_token(token: str) -> Choice | None:
    """What the token says; None for one that we did not make."""
    try:
        address, category = signing.loads(token, salt=SALT)
        return Choice(address, Category(category))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def opt_out_url(address: str, category: str) -> str:
    """The page, as a link in a mail."""
    path = reverse("notification-opt-out", args=[token_for(address, category)])
    return settings.PUBLIC_BASE_URL + path
