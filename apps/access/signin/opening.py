"""What happens when somebody got in, and when they leave."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.http import HttpRequest

from apps.access.events import AccessChanged
from apps.access.models import User, WebSession
from apps.access.signin import lockout, sessions
from apps.access.signin.actions import SignInAction
from apps.common import context
from apps.common.events import publish

CONFIRMED = "confirmed_at"  # key in the session: when its owner last proved who they are


@transaction.atomic
def opened(request: HttpRequest, user: User, records: list[dict[str, Any]]) -> None:
    """Somebody is in: ``records`` says how they proved it. Publishes ``AccessChanged``."""
    factors = [record.get("type", "") for record in records if record["method"] == "mfa"]
    method = next((record.get("provider") or record["method"] for record in records), "password")
    if factors:
        request.session[sessions.FACTOR] = True
    else:
        request.session.pop(sessions.FACTOR, None)
    row = sessions.open_session(request, user, method=method)
    request.session[CONFIRMED] = row.started_at.timestamp()
    request.got_in = user  # type: ignore[attr-defined]  # the answer brings the cookie of a known browser
    lockout.forget_failures(user.get_username(), lockout.address())
    context.establish(mfa=bool(factors))
    context.label(actor=f"user:{user.pk}")
    data = {"method": method, "mfa": factors[-1] if factors else ""}
    publish(AccessChanged(SignInAction.SIGN_IN, user, user, data))


def left(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Somebody signed out, or was signed out; Django deletes the session right after."""
    if user is None:
        return
    gone, _ = WebSession.objects.filter(session_key=request.session.session_key, user=user).delete()
    if gone:
        why = getattr(request, "signed_out_because", "")
        publish(AccessChanged(SignInAction.SIGN_OUT, user, user, {"why": why}))


user_logged_out.connect(left, dispatch_uid="access.left")
