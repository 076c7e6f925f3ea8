from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from apps.access.held_roles import person_named
from apps.access.models import User
from apps.access.signin import browsers, lockout


class ThrottledBackend(ModelBackend):
    """Name and password; after too many failures no password is looked at for a while.

    Whom a session names comes with ``must_have_factor``: whether a role in force asks
    for a second factor. It is part of the one query that loads the user.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        if request is not None and username and (lock := _lock(request, username)):
            request.sign_in_lock = lock  # type: ignore[attr-defined]  # the page says for how long
            raise PermissionDenied
        return super().authenticate(request, username=username, password=password, **kwargs)

    def get_user(self, user_id: int) -> User | None:
        user = person_named(user_id, timezone.now())
        return user if user and self.user_can_authenticate(user) else None


def _lock(request: HttpRequest, username: str) -> lockout.Locked | None:
    return lockout.lock_at_door(username, lockout.address(), browsers.shown(request, username))


def count_failure(sender: Any, credentials: dict, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Remember a sign-in that failed, whatever page it came from; while locked, nothing is counted."""
    username = credentials.get("username")
    if request is None or not username or hasattr(request, "sign_in_lock"):
        return
    browser = browsers.shown(request, username)
    pool = browser.pool if browser and browser.is_known() else lockout.STRANGERS
    lock = lockout.note_failure(username, lockout.address(), why="password", pool=pool)
    if lock:
        request.sign_in_lock = lock  # type: ignore[attr-defined]


user_login_failed.connect(count_failure, dispatch_uid="access.count_failure")
