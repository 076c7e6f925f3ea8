from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.common.errors import DomainError, Invalid


def words_of(error: DomainError) -> str:
    """The reason for people; of an invalid input what is wrong with it."""
    complaints = error.fields.values() if isinstance(error, Invalid) else ()
    return " ".join(str(text) for texts in complaints for text in texts) or error.detail


class RefusalsAsMessages:
    """Mixin of admin pages: what a service refuses changes nothing, and its reason stands above the page."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        except DomainError as error:
            messages.error(request, words_of(error))
            return redirect(request.path)

    def attempt(self, request: HttpRequest, work: Callable[..., object], row: Any, *, done: str = "") -> None:
        """Press a button: call the service, and say ``done`` or why not."""
        try:
            work(row, actor=request.user)
        except DomainError as error:
            messages.error(request, words_of(error))
        else:
            if done:
                messages.success(request, done)
