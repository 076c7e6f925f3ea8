"""Programs that use the chat by REST."""

from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.chat import services
from apps.chat.tests.factories import default_queue, image_bytes, make_agent

ROOT = "/api/v1/visitor/"
PROBLEM = "application/problem+json"


class Visitor:
    """A shopper's program: a token, and the session that it opens."""

    def __init__(self, visit):
        self.session, self.client = visit.session, APIClient()
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {visit.token}")

    def url(self, name=""):
        return f"{ROOT}sessions/{self.session.public_id}" + (f"/{name}" if name else "")

    def get(self, name="", **query):
        return self.client.get(self.url(name), query)

    def post(self, name, body=None):
        return self.client.post(self.url(name), {} if body is None else body)

    def send(self, body="Hello?", ref=None, **extra):
        return self.post("messages", {"ref": str(ref or uuid4()), "body": body, **extra})

    def upload(self, content=None, name="shoe.png"):
        file = SimpleUploadedFile(name, image_bytes() if content is None else content)
        return self.client.post(f"{ROOT}uploads", {"file": file}, format="multipart")

    def accepted_by(self, agent=None):
        """The session after a hand-off and a claim."""
        queue = default_queue()
        services.hand_off(self.session, actor=self.session.customer, reason="asked")
        services.claim_session(self.session, actor=agent or make_agent(queue))
        self.session.refresh_from_db()
        return self.session


def assert_problem(response, status, code):
    assert (response.status_code, response["Content-Type"]) == (status, PROBLEM)
    body = response.json()
    assert (body["code"], body["status"]) == (code, status)
    assert body["detail"]
    assert isinstance(body["retryable"], bool)


def client_of(user) -> APIClient:
    """The program of somebody who signed in."""
    client = APIClient()
    client.force_login(user)
    return client
