from django.http import HttpRequest

from apps.access.models import User


class SignedInRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
