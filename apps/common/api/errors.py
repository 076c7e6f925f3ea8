"""One shape for every refusal: ``{"code", "detail", "status", …}`` (RFC 9457 members, plus a stable code)."""

from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found, server_error
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.common import refusals
from apps.common.errors import AccessDenied, DomainError, Invalid, NotFound, Unavailable

PROBLEM = "application/problem+json"
DRF_CODES = {
    exceptions.NotAuthenticated: "not_signed_in",
    exceptions.AuthenticationFailed: "not_signed_in",
    exceptions.PermissionDenied: "forbidden",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.Throttled: "rate_limited",
    exceptions.ParseError: "invalid",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.NotAcceptable: "not_acceptable",
}


def problem_handler(error: Exception, context: dict) -> Response | None:
    """DRF's ``EXCEPTION_HANDLER``: domain, Django and DRF errors as one kind of body; others stay a 500."""
    problem = as_domain_error(error)
    if isinstance(problem, AccessDenied) or isinstance(error, exceptions.PermissionDenied):
        _tell(problem if isinstance(problem, AccessDenied) else AccessDenied(str(error)), context)
    if problem is not None:
        return _respond(problem)
    if isinstance(error, exceptions.ValidationError):
        return _respond(Invalid(_("Some fields are not valid."), fields=_by_field(error.detail)))
    if isinstance(error, exceptions.APIException):
        return _respond_to_framework(error)
    return None


def _tell(error: AccessDenied, context: dict) -> None:
    view, request = context.get("view"), context.get("request")
    if view is not None and request is not None:
        action = getattr(view, "action", None) or request.method.lower()
        keys = dict(getattr(view, "kwargs", None) or {})
        refusals.tell_of_view(error, request=request, view=type(view), action=action, keys=keys)


def _by_field(detail: Any) -> dict:
    """DRF's complaints by field; those about the body as a whole stand under ``non_field_errors``."""
    return detail if isinstance(detail, dict) else {"non_field_errors": detail}


def as_domain_error(error: Exception) -> DomainError | None:
    """The ``DomainError`` that ``error`` is or stands for; None for anything unexpected."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return AccessDenied(str(error))
    # A time in a zone that is none, or before all times; a number that no column holds.
    # A form of more fields, files or characters than Django reads.
    if isinstance(error, DataError | OverflowError | SuspiciousOperation):
        return Invalid()
    if isinstance(error, OperationalError | PoolTimeout):
        return Unavailable()
    return None


def problem_body(error: DomainError) -> dict:
    """The JSON body of a refusal."""
    body = {"code": error.code, "detail": error.detail, "status": error.status, "retryable": error.retryable}
    if isinstance(error, Invalid) and error.fields:
        body["fields"] = error.fields
    return body | error.extra


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler404``: programs get a problem where no view is, as everywhere in the API; people get a page."""
    if request.path.startswith("/api/"):
        return JsonResponse(problem_body(NotFound()), status=404, content_type=PROBLEM)
    return page_not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """``handler500``: the same. What went wrong stands in the log alone."""
    if request.path.startswith("/api/"):
        body = {
            "code": "internal",
            "detail": _("Something went wrong here."),
            "status": 500,
            "retryable": False,
        }
        return JsonResponse(body, status=500, content_type=PROBLEM)
    return server_error(request)


def _respond(error: DomainError) -> Response:
    set_rollback()
    response = Response(problem_body(error), status=error.status, content_type=PROBLEM)
    if "retry_after" in error.extra:
        response["Retry-After"] = str(error.extra["retry_after"])
    return response


def _respond_to_framework(error: exceptions.APIException) -> Response:
    problem = DomainError(error.detail if isinstance(error.detail, str) else str(error))
    problem.code = next(
        (code for kind, code in DRF_CODES.items() if isinstance(error, kind)), error.default_code
    )
    problem.status = error.status_code
    wait = getattr(error, "wait", None)  # of a throttle
    if wait:
        problem.extra["retry_after"] = int(wait) + 1
        problem.retryable = True
    response = _respond(problem)
    challenge = getattr(error, "auth_header", None)  # set by DRF's views
    if challenge:
        response["WWW-Authenticate"] = challenge
    return response
