"""Second factors: an app that makes codes (RFC 6238), security keys (WebAuthn), and codes for the day both are lost.

The rows and the arithmetic are allauth's. Ours are the lock that lets a code count once, and the record of it.
"""

import json
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.events import AccessChanged
from apps.access.models import User
from apps.access.permissions import AccessAction
from apps.access.reach import require_roles_of
from apps.access.signin import sessions
from apps.access.signin.actions import SignInAction
from apps.common.errors import DomainError, Invalid
from apps.common.events import publish

Kind = Authenticator.Type
REAL = (Kind.TOTP, Kind.WEBAUTHN)  # recovery codes stand in for one of these
KEYS_MAX = 10


class FactorNeeded(DomainError):
    """A role of theirs asks for a second factor: the last one stays."""

    code = "factor_needed"


def factors_of(user: User) -> list[Authenticator]:
    """Apps and keys, oldest first."""
    return list(Authenticator.objects.filter(user=user, type__in=REAL).order_by("pk"))


def check_code(user: User, code: str) -> Authenticator | None:
    """The factor whose code this is: of the app, or one for recovery. Either counts only once."""
    code = code.replace(" ", "").replace("-", "")[:20]
    if not code.isascii():
        return None
    with transaction.atomic():
        rows = Authenticator.objects.select_for_update().filter(user=user)
        for row in rows.exclude(type=Kind.WEBAUTHN).order_by("pk"):
            is_right = _is_fresh_code if row.type == Kind.TOTP else _is_recovery_code
            if is_right(row, code):
                row.record_usage()
                return row
    return None


def _is_fresh_code(row: Authenticator, code: str) -> bool:
    """Whether ``code`` is of a moment after that of the last one taken; the row is locked."""
    counter = _counter_of(decrypt(row.data["secret"]), code)
    if counter is None or counter <= row.data.get("last_counter", 0):
        return False
    row.data["last_counter"] = counter
    row.save(update_fields=["data"])
    return True


def _counter_of(secret: str, code: str) -> int | None:
    matches = [
        counter
        for counter in totp.yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, counter)))
    ]
    return max(matches, default=None)


def _is_recovery_code(row: Authenticator, code: str) -> bool:
    return RecoveryCodes(row).validate_code(code)


def check_key(user: User, answer: str) -> Authenticator | None:
    """The security key that signed the challenge of this session; ``answer`` is JSON of the browser."""
    try:
        credential = json.loads(answer)
        webauthn.parse_authentication_response(credential)
        row = webauthn.complete_authentication(user, credential)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
        return None
    row.record_usage()
    return row


def note_used(request: HttpRequest, user: User, row: Authenticator) -> None:
    """Keep in the session that ``user`` showed this factor in the sign-in that is going on."""
    record_authentication(request, user, "mfa", id=row.pk, type=row.type)


def keys_work_at(host: str) -> bool:
    """Browsers bind keys to names; at a bare address there are none."""
    name = host.rsplit(":", 1)[0] if host.count(":") == 1 else host
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return True
    return False


@transaction.atomic
def add_app(request: HttpRequest, user: User, *, secret: str, code: str) -> Authenticator:
    """Take the app that ``code`` came from; the session counts as one with a second factor from now on.

    Raises ``Invalid`` for a wrong code or when there is an app already.
    """
    User.objects.select_for_update().get(pk=user.pk)
    counter = _counter_of(secret, code.replace(" ", "")) if code.isascii() else None
    if counter is None:
        raise Invalid(fields={"code": [_("This code is not right. The clock of the telephone may be off.")]})
    if Authenticator.objects.filter(user=user, type=Kind.TOTP).exists():
        raise Invalid(fields={"code": [_("There is an app already. Remove it first.")]})
    row = totp.TOTP.activate(user, secret).instance
    row.data["last_counter"] = counter
    row.save(update_fields=["data"])
    return _added(request, user, row)


@transaction.atomic
def add_key(request: HttpRequest, user: User, *, name: str, answer: str) -> Authenticator:
    """Take a security key. Raises ``Invalid`` where its answer does not fit the challenge."""
    User.objects.select_for_update().get(pk=user.pk)
    try:
        credential = json.loads(answer)
        webauthn.parse_registration_response(credential)
        webauthn.complete_registration(credential)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise Invalid(fields={"credential": [_("The key could not be used. Try again.")]}) from error
    if Authenticator.objects.filter(user=user, type=Kind.WEBAUTHN).count() >= KEYS_MAX:
        raise Invalid(fields={"credential": [_("There are too many keys. Remove one first.")]})
    return _added(
        request, user, webauthn.WebAuthn.add(user, name[:60] or _("Security key"), credential).instance
    )


def _added(request: HttpRequest, user: User, row: Authenticator) -> Authenticator:
    RecoveryCodes.activate(user)
    row.record_usage()
    sessions.note_second_factor(request.session)
    publish(AccessChanged(SignInAction.ADD_FACTOR, user, user, {"kind": row.type, "name": str(row)}))
    return row


@transaction.atomic
def remove_factor(user: User, pk: int, *, required: bool) -> None:
    """Take an app or a key of one's own away. Raises ``FactorNeeded`` for the last one where a role needs it."""
    User.objects.select_for_update().get(pk=user.pk)
    rows = {row.pk: row for row in factors_of(user)}
    row = rows.pop(pk, None)
    if row is None:
        return
    if required and not rows:
        raise FactorNeeded(_("Your role needs a second factor. Add another one before you remove this."))
    _remove([row], user, actor=user)


@transaction.atomic
def reset_factors(user: User, *, actor: Actor) -> int:
    """Somebody lost theirs: all factors go, and they are signed out everywhere.

    Raises ``AccessDenied`` or ``RoleBeyondOwn``.
    """
    access.require(actor, AccessAction.MANAGE_USERS)
    access.require_rank(actor, user)
    require_roles_of(actor, user)
    rows = factors_of(user)
    _remove(rows, user, actor=actor)
    sessions.end_all(user, actor=actor, why="factors reset")
    return len(rows)


def _remove(rows: Iterable[Authenticator], user: User, *, actor: Actor) -> None:
    for row in rows:
        data = {"kind": row.type, "name": str(row)}
        row.delete()
        publish(AccessChanged(SignInAction.REMOVE_FACTOR, actor, user, data))
    if not factors_of(user):
        Authenticator.objects.filter(user=user).delete()


def recovery_codes(user: User) -> list[str]:
    """Those not used yet."""
    row = Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).first()
    return RecoveryCodes(row).get_unused_codes() if row else []


@transaction.atomic
def renew_codes(user: User) -> list[str]:
    """New recovery codes; the old ones are worth nothing any more. None for who has no factor."""
    User.objects.select_for_update().get(pk=user.pk)
    if not factors_of(user):
        return []
    Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).delete()
    codes = RecoveryCodes.activate(user).generate_codes()
    publish(AccessChanged(SignInAction.RENEW_CODES, user, user))
    return codes


def app_address(user: User, secret: str) -> tuple[str, str]:
    """What an app reads: its ``otpauth:`` address, and the picture of it as SVG."""
    adapter: Any = get_adapter()
    url = adapter.build_totp_url(user, secret)
    return url, adapter.build_totp_svg(url)
