from io import StringIO

import pytest
import yaml
from django.core.management import call_command


@pytest.fixture(scope="module")
def schema():
    """The API document; a warning while it is made fails."""
    out = StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=out)
    return yaml.safe_load(out.getvalue())


def test_the_document_is_made_without_a_warning(schema):
    assert schema["openapi"].startswith("3.")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/visitor/sessions/",
        "/api/v1/visitor/sessions/{session_id}/messages/",
        "/api/v1/visitor/uploads/",
        "/api/v1/sessions/",
        "/api/v1/sessions/{session_id}/transfer/",
        "/api/v1/audit-events/",
        "/api/v1/me/",
    ],
)
def test_the_twins_of_the_socket_are_in_it(schema, path):
    assert path in schema["paths"]


@pytest.mark.parametrize(
    "path", ["sessions/{session_id}/messages/", "visitor/sessions/{session_id}/messages/"]
)
def test_what_came_before_is_no_other_answer(schema, path):
    answers = schema["paths"][f"/api/v1/{path}"]["post"]["responses"]

    assert answers["200"]["content"] == answers["201"]["content"]


def test_each_operation_has_a_name_of_its_own(schema):
    names = [
        operation["operationId"]
        for path in schema["paths"].values()
        for method, operation in path.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]

    assert len(names) == len(set(names))


def test_it_says_how_to_sign_in(schema):
    schemes = schema["components"]["securitySchemes"]

    assert schemes["bearerAuth"]["scheme"] == schemes["visitorToken"]["scheme"] == "bearer"


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/api/docs/", "/api/schema/"])
def test_everybody_may_read_it(client, url):
    assert client.get(url).status_code == 200
