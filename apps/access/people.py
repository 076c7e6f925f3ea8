"""People, as programs write them; the admin calls ``save_person`` itself. Their roles: see ``grants``."""

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.models import User
from apps.access.permissions import AccessAction
from apps.access.signin import sessions
from apps.common.errors import Invalid


@transaction.atomic
def create_person(*, actor: Actor, password: str = "", **fields: Any) -> User:
    """Somebody who signs in; without a ``password`` they cannot until they get one.

    Raises ``AccessDenied``, or ``Invalid`` with the fields that are not valid.
    """
    return _stored(User(**fields), actor, sorted(fields), password)


@transaction.atomic
def update_person(user: User, *, actor: Actor, password: str = "", **changes: Any) -> User:
    """Change somebody; a new ``password`` ends their sessions. Raises as ``create_person``."""
    access.require(actor, AccessAction.MANAGE_USERS)
    user = User.objects.select_for_update().get(pk=user.pk)
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
    access.save_person(user, actor=actor, changed=changed)
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
