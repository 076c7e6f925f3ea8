"""Signed-in clients for the tests of the API and the admin."""

from rest_framework.test import APIClient

from apps.access.tests.factories import StaffFactory


def api_client(role: str | None) -> APIClient:
    client = APIClient()
    client.force_authenticate(StaffFactory(role=role))
    return client
