"""Files that customers sent, for those who see masks: what is in them cannot be masked, so each is uncovered alone.

The address that uncovering gives works for as long as the uncovering lasts, whoever holds it; other addresses of such a
file are refused to them.
"""

from typing import Any
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _lazy

from apps.access import viewing
from apps.access.models import Reveal, User
from apps.common.api.errors import PROBLEM, problem_body
from apps.common.errors import AccessDenied
from apps.common.refusals import tell

SALT = "access.shown-file"
FIELD = "file"  # as it is uncovered


class FileMasked(AccessDenied):
    """A file that a customer sent has to be uncovered first."""

    code = "file_masked"
    default_detail = _lazy(
        "This file is a customer's. Say what you need it for, and it is shown for ten minutes."
    )


def as_uuid(text: str) -> UUID | None:
    """The key of a file that somebody named; None for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def sign(label: str, key: str, user: Any) -> str:
    """What stands in the address of a file of the model ``label`` that ``user`` has uncovered; its id ends ``key``."""
    return signing.dumps([label, key, user.pk], salt=SALT)


def id_of(signed: str, label: str) -> str | None:
    """The public id of the file that was signed so; None when it is of another model, or no longer uncovered."""
    try:
        named, key, user_pk = signing.loads(signed, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    place = {"user": user_pk, "target_type": label, "target_id": key, "field": FIELD}
    lasts = named == label and Reveal.objects.filter(**place, until__gt=timezone.now()).exists()
    return key.rpartition(":")[2] if lasts else None


def refusal(request: HttpRequest, deed: str, **asked: Any) -> HttpResponse | None:
    """The answer to somebody signed in who sees masks and asks for a customer's file as it is; None for others."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not viewing.sees_masked(user):
        return None
    error = FileMasked()
    tell(error, actor=user, deed=deed, is_read=True, asked=asked)
    return JsonResponse(problem_body(error), status=error.status, content_type=PROBLEM)
