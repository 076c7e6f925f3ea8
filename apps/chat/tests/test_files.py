import time

import pytest
from django.core import signing
from django.urls import reverse

from apps.chat import history, services
from apps.chat.files import SALT, URL_LIFE_S, attachment_id_of, signed_path
from apps.chat.models import Attachment
from apps.chat.tests.factories import ChatSessionFactory, customer_says, image_bytes, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def attachment():
    session = ChatSessionFactory()
    return services.add_attachment(session, actor=session.customer, upload=uploaded())


def test_a_signed_address_serves_the_file(client, attachment):
    response = client.get(signed_path(str(attachment.public_id)))

    assert response.content == image_bytes()
    assert response["Content-Type"] == "image/png"
    assert response["Content-Disposition"].startswith("inline")


def test_files_are_never_pages_of_ours(client, attachment):
    response = client.get(signed_path(str(attachment.public_id)))

    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cache-Control"].startswith("private")
    assert "Set-Cookie" not in response


def test_what_is_no_picture_is_downloaded(client):
    session = ChatSessionFactory()
    upload = uploaded("你好 <b>".encode(), '合同 "x".txt')
    attachment = services.add_attachment(session, actor=session.customer, upload=upload)

    response = client.get(signed_path(str(attachment.public_id)))

    assert response["Content-Disposition"].startswith("attachment")
    assert "\n" not in response["Content-Disposition"]
    assert response["Content-Type"] == "text/plain"


@pytest.mark.parametrize(("age", "status"), [(URL_LIFE_S - 5, 200), (URL_LIFE_S + 5, 404)])
def test_an_address_expires(client, attachment, monkeypatch, age, status):
    path = signed_path(str(attachment.public_id))
    later = time.time() + age
    monkeypatch.setattr(signing.time, "time", lambda: later)

    assert client.get(path).status_code == status


def test_a_changed_address_serves_nothing(client, attachment):
    signed = signed_path(str(attachment.public_id)).rsplit("/", 1)[-1]
    forged = [
        signed[:-1] + ("a" if signed[-1] != "a" else "b"),
        signing.dumps(str(attachment.public_id), salt="something else"),
        signing.dumps(str(attachment.public_id), salt=SALT, key="x" * 50),
        str(attachment.public_id),
        signed.split(":")[0],
        "x" * 5000,
    ]

    for value in forged:
        assert attachment_id_of(value) is None
        assert client.get(reverse("chat-file", args=[value])).status_code == 404


def test_a_file_that_was_erased_is_not_found(client, attachment):
    Attachment.objects.update(file="", name="")

    assert client.get(signed_path(str(attachment.public_id))).status_code == 404


def test_a_file_that_is_gone_is_not_found(client, attachment):
    attachment.file.storage.delete(attachment.file.name)

    assert client.get(signed_path(str(attachment.public_id))).status_code == 404


def test_files_are_only_read(client, attachment):
    assert client.post(signed_path(str(attachment.public_id))).status_code == 405
    assert client.head(signed_path(str(attachment.public_id))).status_code == 200


def test_messages_bring_an_address_in_force(client, attachment):
    session = attachment.session
    customer_says(session, "", kind="image", payload={"attachment": str(attachment.public_id)})

    (frame,) = history.messages_after(session, "customer", 0).frames

    assert client.get(frame["payload"]["url"]).status_code == 200


def test_naming_a_file_in_a_text_signs_nothing(attachment):
    other = ChatSessionFactory()
    customer_says(other, "Hi", payload={"attachment": str(attachment.public_id)})

    (frame,) = history.messages_after(other, "customer", 0).frames

    assert "url" not in frame["payload"]
