"""Browsers in which somebody got in before, known by a cookie: no stranger's failures shut their owner out there.

OWASP calls it a device cookie. It opens nothing: it only says with whose failures those of this browser are counted.
Signed, bound to the person's key and password, so that it ends when the password changes.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.access.models import User
from apps.access.signin.lockout import plain
from apps.common.ids import public_id

SALT = "access.known-browser"
GOOD_FOR_S = 180 * 86400
PEOPLE_MAX = 5  # who share one browser


@dataclass(frozen=True)
class Browser:
    """What a cookie with a signature of ours says; whether that still counts, ``is_known`` asks."""

    username: str
    pool: str
    proof: str

    def is_known(self, user: User | None = None) -> bool:
        """Whether the password is still the one of then; one query unless the user is there already."""
        user = user or User.objects.filter(username=self.username).first()
        return user is not None and constant_time_compare(self.proof, _proof(user))


def shown(request: HttpRequest | None, username: str) -> Browser | None:
    """What the request's cookie says of ``username``; no query."""
    entry = _entries(request).get(_key(username)) if request is not None else None
    return Browser(username[:150].replace("\x00", ""), *entry) if entry else None


def pool_of(request: HttpRequest, user: User) -> str:
    """With what the failures of ``user`` are counted in a browser that knows them; empty in others'."""
    browser = shown(request, user.get_username())
    return browser.pool if browser and browser.is_known(user) else ""


def remember(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Send the cookie with the answer to the request in which somebody got in (``got_in``)."""
    user = getattr(request, "got_in", None)
    if user is None:
        return response
    key = _key(user.get_username())
    others = [item for item in _entries(request).items() if item[0] != key]
    entries = dict([(key, [public_id(), _proof(user)]), *others][:PEOPLE_MAX])
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        signing.dumps(entries, salt=SALT),
        max_age=GOOD_FOR_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _entries(request: HttpRequest) -> dict[str, Any]:
    """By person; the last one who got in first."""
    try:
        text = request.COOKIES[settings.KNOWN_BROWSER_COOKIE_NAME]
        return signing.loads(text, salt=SALT, max_age=GOOD_FOR_S)
    except (KeyError, signing.BadSignature):
        return {}


def _key(username: str) -> str:
    """Names do not stand in the cookie."""
    return salted_hmac(SALT, plain(username)).hexdigest()[:16]


def _proof(user: User) -> str:
    return salted_hmac(SALT, f"{user.pk}:{user.password}").hexdigest()[:32]
