from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from apps.common import throttle

FAILURES, WINDOW_S = 10, 300  # of one name from one address


class ThrottledBackend(ModelBackend):
    """Name and password; after too many failures no password is looked at for a while."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        if request is not None and username and throttle.used(_key(request, username)) >= FAILURES:
            raise PermissionDenied
        return super().authenticate(request, username=username, password=password, **kwargs)


def count_failure(sender: Any, credentials: dict, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Remember a sign-in that failed."""
    username = credentials.get("username")
    if request is not None and username:
        throttle.allow(_key(request, username), limit=FAILURES, window_s=WINDOW_S)


def _key(request: HttpRequest, username: str) -> str:
    return f"sign-in:{request.META.get('REMOTE_ADDR', '')}:{username[:150].casefold()}"


user_login_failed.connect(count_failure, dispatch_uid="access.count_failure")
