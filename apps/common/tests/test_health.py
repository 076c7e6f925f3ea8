import json

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client

from apps.common import health


@pytest.fixture
def heart():
    """A worker that ran the canary just now."""
    health.beat_heart()


@pytest.fixture(autouse=True)
def _forget_migrations(monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)


def failing(answer):
    checks = json.loads(answer.content)["checks"]
    return {name: check["detail"] for name, check in checks.items() if not check["ok"]}


def test_healthz_asks_nobody(client, django_assert_num_queries):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"ok": True})


def test_probes_answer_under_any_host():
    assert Client(SERVER_NAME="10.0.0.7").get("/healthz").status_code == 200
    assert Client(SERVER_NAME="10.0.0.7").get("/admin/").status_code == 400


@pytest.mark.django_db
def test_readyz_ready(client, heart):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["ok"] is True
    assert set(answer.json()["checks"]) == {"database", "redis", "migrations", "worker"}
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_readyz_names_a_missing_worker(client):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert failing(answer) == {"worker": "no heartbeat yet"}


@pytest.mark.django_db
def test_readyz_names_a_silent_worker(client, monkeypatch):
    cache.set(health.HEARTBEAT_KEY, 1_000)
    monkeypatch.setattr("time.time", lambda: 1_061)

    assert failing(client.get("/readyz")) == {"worker": "last heartbeat 61 s ago"}


@pytest.mark.django_db
def test_readyz_names_the_database(client, heart, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("password of postgresql://desk:secret@db is wrong")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert failing(answer)["database"] == "OperationalError"
    assert "secret" not in answer.content.decode()


@pytest.mark.django_db
def test_readyz_names_redis(client, settings):
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"},
    }
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert set(failing(answer)) == {"redis", "worker"}


@pytest.mark.django_db
def test_readyz_names_a_forgetful_redis(client, heart, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    assert failing(client.get("/readyz"))["redis"] == "does not keep what it is given"


@pytest.mark.django_db
def test_readyz_names_missing_migrations(client, heart):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")

    assert failing(client.get("/readyz")) == {"migrations": "1 not applied"}


@pytest.mark.django_db
def test_applied_migrations_are_not_asked_for_again(client, heart, django_assert_num_queries):
    client.get("/readyz")

    with django_assert_num_queries(1):  # SELECT 1
        client.get("/readyz")


@pytest.mark.django_db
def test_failed_probe_is_not_logged_as_an_error(client, caplog):
    client.get("/readyz")

    assert not [record for record in caplog.records if record.name == "django.request"]
