"""Who a customer is, as the shop signs it: a JWT (RFC 7519) under HS256 with the secret of the inbox."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.customers.claims import VerifiedClaims
from apps.inboxes.errors import BadIdentity
from apps.inboxes.models import Inbox

MAX_LIFE = timedelta(hours=24)
LEEWAY = timedelta(seconds=30)  # between the shop's clock and ours
SUB_MAX, JTI_MAX = 200, 128  # characters
REQUIRED = ["exp", "aud", "sub", "jti"]


def verify_identity(token: str, inbox: Inbox, *, now: datetime | None = None) -> VerifiedClaims:
    """What the shop says about its customer. ``aud`` is the slug of ``inbox``; ``exp`` at most 24 h ahead.

    Read besides ``sub``, ``jti``, ``exp`` and ``aud``: ``name``, ``email``, ``phone``.
    Raises ``BadIdentity``.
    """
    now = now or timezone.now()
    claims = _decode(token, inbox)
    expires_at = _instant(claims["exp"])
    if expires_at + LEEWAY <= now:
        raise BadIdentity(_("The signed identity has expired."))
    if expires_at - LEEWAY > now + MAX_LIFE:
        raise BadIdentity(_("The signed identity lives too long."))
    if "nbf" in claims and _instant(claims["nbf"]) - LEEWAY > now:
        raise BadIdentity(_("The signed identity is not valid yet."))
    return _claims(claims, inbox, expires_at)


def _decode(token: str, inbox: Inbox) -> dict[str, Any]:
    if not inbox.identity_secret:
        raise BadIdentity(_("This inbox takes no signed identities."))
    # Times are checked above, against our own clock.
    options: Any = {"require": REQUIRED, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        return jwt.decode(
            token, inbox.identity_secret, algorithms=["HS256"], audience=inbox.slug, options=options
        )
    except (jwt.PyJWTError, ValueError) as error:
        raise BadIdentity(_("The signed identity cannot be verified.")) from error


def _claims(claims: dict[str, Any], inbox: Inbox, expires_at: datetime) -> VerifiedClaims:
    sub, jti = _text(claims, "sub"), _text(claims, "jti")
    if not sub or not jti or len(sub) > SUB_MAX or len(jti) > JTI_MAX or "\x00" in sub + jti:
        raise BadIdentity(_("The signed identity names nobody."))
    contact = {field: _text(claims, field) for field in ("name", "email", "phone")}
    return VerifiedClaims(inbox=inbox.slug, sub=sub, jti=jti, expires_at=expires_at, **contact)


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""


def _instant(value: Any) -> datetime:
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise BadIdentity(_("The signed identity cannot be verified.")) from error
