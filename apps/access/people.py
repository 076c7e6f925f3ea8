"""People, as programs write them; the admin calls ``save_person`` itself. Their roles: see ``grants``."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.models import User, Vendor
from apps.access.permissions import AccessAction
from apps.access.reach import require_roles_of
from apps.access.signin import sessions
from apps.common.errors import AccessDenied, Invalid


class OwnIdentity(AccessDenied):
    """Policies ask for somebody's name and partner."""

    code = "own_identity"
    default_detail = _lazy("Somebody else has to change your user name or partner.")


@transaction.atomic
def store(user: User, *, actor: Actor, changed: Iterable[str]) -> User:
    """As ``save_person``. How they sign in, and who they are, is for those who hold what they do.

    Raises ``AccessDenied``, ``OwnIdentity`` or ``RoleBeyondOwn``.
    """
    before = User.objects.filter(pk=user.pk).first()
    if before is not None:
        _require_entitled(user, before, actor)
    return access.save_person(user, actor=actor, changed=changed)


def _require_entitled(user: User, before: User, actor: Actor) -> None:
    is_another = (user.username, user.vendor_id) != (before.username, before.vendor_id)
    if is_another and isinstance(actor, User) and before.is_behind(actor) and not access.is_root(actor):
        raise OwnIdentity()
    if is_another or (user.email, user.password) != (before.email, before.password):
        require_roles_of(actor, user)


@transaction.atomic
def set_password(user: User, *, actor: Actor, password: str, keep: str = "") -> User:
    """Give somebody a password, or with "" none; their sessions end, but for the one with the key ``keep``.

    Raises as ``update_person``.
    """
    access.require(actor, AccessAction.MANAGE_USERS)
    user = _locked(user, user.vendor_id)
    if password:
        _set_password(user, password)
    else:
        user.set_unusable_password()
    store(user, actor=actor, changed=["password"])
    sessions.end_all(user, actor=actor, but=keep, why="password set")
    return user


def _locked(user: User, vendor: int | None) -> User:
    """Fresh, after the partner at whom they are to have a place: whoever ends a partner locks it first, too."""
    Vendor.objects.select_for_update().filter(pk=vendor).first()
    return User.objects.select_for_update().get(pk=user.pk)


@transaction.atomic
def create_person(*, actor: Actor, password: str = "", **fields: Any) -> User:
    """Somebody who signs in; without a ``password`` they cannot until they get one.

    Raises ``AccessDenied``, or ``Invalid`` with the fields that are not valid.
    """
    return _stored(User(**fields), actor, sorted(fields), password)


@transaction.atomic
def update_person(user: User, *, actor: Actor, password: str = "", **changes: Any) -> User:
    """Change somebody; a new ``password`` ends their sessions.

    Raises as ``create_person``, and ``OwnIdentity`` or ``RoleBeyondOwn`` as ``store``.
    """
    access.require(actor, AccessAction.MANAGE_USERS)
    vendor = changes.get("vendor", user.vendor)
    user = _locked(user, vendor.pk if vendor else None)
    for name, value in changes.items():
        setattr(user, name, value)
    return _stored(user, actor, sorted(changes), password)


def _stored(user: User, actor: Actor, changed: list[str], password: str) -> User:
    access.require(actor, AccessAction.MANAGE_USERS)
    if password:
        _set_password(user, password)
        changed = [*changed, "password"]
    elif user.pk is None:
        user.set_unusable_password()
    _validate(user)
    store(user, actor=actor, changed=changed)
    if password:
        sessions.end_all(user, actor=actor, why="password set")
    return user


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(fields={"password": error.messages}) from error
    user.set_password(password)


def _validate(user: User) -> None:
    if user.locale not in dict(settings.LANGUAGES):
        raise Invalid(fields={"locale": [_("The desk does not speak this language.")]})
    if user.zone not in available_timezones():
        raise Invalid(fields={"zone": [_("There is no such time zone.")]})
    try:
        user.full_clean()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error
