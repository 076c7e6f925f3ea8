from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DataError, OperationalError
from django.http import Http404
from psycopg_pool import PoolTimeout
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.common.api.errors import as_domain_error, problem_body
from apps.common.errors import AccessDenied, DomainError, Invalid, NotFound, RateLimited, Unavailable


def answer_to(error: Exception, **view):
    """The response of a view that raises ``error``."""

    class Failing(APIView):
        permission_classes = [AllowAny]
        throttle_classes = view.get("throttles", [])

        def get(self, request):
            raise error

    return Failing.as_view()(APIRequestFactory().get("/")).render()


@pytest.mark.parametrize(
    ("error", "status", "code", "retryable"),
    [
        (DomainError("No."), 409, "domain_error", False),
        (AccessDenied(), 403, "forbidden", False),
        (NotFound(), 404, "not_found", False),
        (Invalid(), 400, "invalid", False),
        (Invalid(code="bad_identity"), 400, "bad_identity", False),
        (RateLimited(), 429, "rate_limited", True),
        (Unavailable(), 503, "unavailable", True),
        (Http404(), 404, "not_found", False),
        (PermissionDenied(), 403, "forbidden", False),
        (OperationalError("gone"), 503, "unavailable", True),
        (DataError("time zone displacement out of range"), 400, "invalid", False),
        (OverflowError("date value out of range"), 400, "invalid", False),
        (PoolTimeout("busy"), 503, "unavailable", True),
        (exceptions.NotAuthenticated(), 401, "not_signed_in", False),
        (exceptions.PermissionDenied(), 403, "forbidden", False),
        (exceptions.NotFound(), 404, "not_found", False),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed", False),
        (exceptions.ParseError(), 400, "invalid", False),
        (exceptions.UnsupportedMediaType("x/y"), 415, "unsupported_media_type", False),
        (exceptions.NotAcceptable(), 406, "not_acceptable", False),
        (exceptions.ValidationError({"a": ["No."]}), 400, "invalid", False),
        (exceptions.APIException(), 500, "error", False),
    ],
)
def test_every_refusal_has_one_shape(error, status, code, retryable):
    response = answer_to(error)

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (response.data["code"], response.data["status"], response.data["retryable"]) == (
        code,
        status,
        retryable,
    )
    assert isinstance(response.data["detail"], str)
    assert response.data["detail"]


def test_what_nobody_expected_stays_an_error():
    with pytest.raises(ZeroDivisionError):
        answer_to(ZeroDivisionError())

    assert as_domain_error(ZeroDivisionError()) is None


def test_the_database_says_nothing_of_itself():
    response = answer_to(OperationalError("connection to 10.0.0.5 failed: password"))

    assert "10.0.0.5" not in str(response.data)


def test_complaints_stand_by_their_fields():
    assert answer_to(exceptions.ValidationError({"a": ["No."]})).data["fields"] == {"a": ["No."]}
    assert answer_to(exceptions.ValidationError("No.")).data["fields"] == {"non_field_errors": ["No."]}
    assert problem_body(Invalid(fields={"a": ["No."]}))["fields"] == {"a": ["No."]}
    assert "fields" not in problem_body(Invalid())


def test_nested_complaints_keep_their_shape():
    class Inner(serializers.Serializer):
        number = serializers.IntegerField()

    class Outer(serializers.Serializer):
        inner = Inner()

    outer = Outer(data={"inner": {"number": "x"}})
    assert not outer.is_valid()

    response = answer_to(exceptions.ValidationError(outer.errors))

    assert response.data["fields"]["inner"]["number"]


def test_more_is_said_where_there_is_more():
    response = answer_to(DomainError("Taken.", owner="Mei"))

    assert (response.data["detail"], response.data["owner"]) == ("Taken.", "Mei")


def test_who_comes_too_often_learns_when_to_come_again():
    assert answer_to(RateLimited(retry_after=60)).headers["Retry-After"] == "60"


class Taking(APIView):
    authentication_classes: list = []
    permission_classes = [AllowAny]

    def post(self, request):
        return Response(request.data)


@pytest.mark.parametrize("body", [r'{"a": "\ud800"}', r'["\udfff"]', r'{"\ud800": 1}', "[" * 100_000, "{"])
def test_a_body_that_is_no_text_is_refused(body):
    request = APIRequestFactory().post("/", body, content_type="application/json")

    response = Taking.as_view()(request).render()

    assert (response.status_code, response.data["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    "limit", ["DATA_UPLOAD_MAX_NUMBER_FIELDS", "DATA_UPLOAD_MAX_NUMBER_FILES", "DATA_UPLOAD_MAX_MEMORY_SIZE"]
)
def test_a_form_of_more_than_is_read_is_refused(settings, limit):
    setattr(settings, limit, 1)
    fields = {"a": "12", "b": "34", "c": BytesIO(b"5"), "d": BytesIO(b"6")}

    response = Taking.as_view()(APIRequestFactory().post("/", fields, format="multipart")).render()

    assert (response.status_code, response.data["code"]) == (400, "invalid")
    assert response["Content-Type"] == "application/problem+json"


def test_a_body_of_any_text_is_read():
    request = APIRequestFactory().post("/", r'{"a": "\ud83d\ude00面"}', content_type="application/json")

    assert Taking.as_view()(request).data == {"a": "😀面"}


class Closed(BaseThrottle):
    def allow_request(self, request, view):
        return False

    def wait(self):
        return 2.5


def test_throttles_of_the_framework_say_the_same():
    response = answer_to(DomainError(), throttles=[Closed])

    assert (response.status_code, response.data["code"], response.data["retryable"]) == (
        429,
        "rate_limited",
        True,
    )
    assert response.headers["Retry-After"] == str(response.data["retry_after"])
    assert 3 <= response.data["retry_after"] <= 4


@pytest.mark.parametrize("kind", [AccessDenied, NotFound, RateLimited, Unavailable, Invalid])
def test_each_kind_says_something_by_itself(kind):
    assert kind().detail == kind.default_detail
    assert str(kind("Else.")) == "Else."
