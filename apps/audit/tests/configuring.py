"""What every resource of the configuration does, to be asked of each of them."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.audit.models import AuditEvent


@dataclass(frozen=True)
class Resource:
    """A resource, a body that makes a row, a change of it, and a change that is refused at a field."""

    path: str
    body: dict[str, Any]
    change: dict[str, Any]
    wrong: dict[str, Any]
    hidden: tuple[str, ...] = field(default=())  # not shown as written: secrets, links shown as keys

    def __str__(self) -> str:
        return self.path

    @property
    def shown(self) -> dict[str, Any]:
        return {name: value for name, value in self.body.items() if name not in self.hidden}

    @property
    def url(self) -> str:
        return f"/api/v1/{self.path}/"


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def made(client, resource: Resource, *, key: str = "id") -> str:
    """Address of a new row."""
    answer = client.post(resource.url, resource.body)
    assert answer.status_code == 201, answer.json()
    return f"{resource.url}{answer.json()[key]}/"


def last_event() -> AuditEvent:
    return AuditEvent.objects.first()


def rows_of(client, resource: Resource) -> list[dict[str, Any]]:
    return client.get(resource.url, {"page_size": 200}).json()["results"]


def queries_of_list(client, resource: Resource, *, rows: int) -> int:
    """How many queries a list takes that has ``rows`` rows at least."""
    client.get(resource.url)  # fills the cache of content types
    with CaptureQueriesContext(connection) as queries:
        assert len(rows_of(client, resource)) >= rows
    return len(queries)
