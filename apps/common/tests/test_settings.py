import ast
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from helpdesk.settings.environment import redis_database
from helpdesk.settings.parts.refusals import MIN_SECRET_LENGTH, refuse_unsafe

# Only the stand-ins of the demo have them.
STANDINS_ONLY = {"EVENT_SECRET", "MAILBOX_IMAP", "MAILBOX_PASSWORD"}
GOOD = {"secret_key": "k" * MIN_SECRET_LENGTH, "debug": False, "hosts": ["desk.example"]}


def production(*arguments, **env):
    """Run ``manage.py`` with the production settings and nothing but ``env``."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings.production",
            "DATABASE_URL": os.environ["DATABASE_URL"],
            "REDIS_URL": os.environ["REDIS_URL"],
            **env,
        },
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def test_safe_settings_are_accepted():
    refuse_unsafe(**GOOD)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"secret_key": ""}, "SECRET_KEY"),
        ({"secret_key": "k" * (MIN_SECRET_LENGTH - 1)}, "SECRET_KEY"),
        ({"secret_key": "django-insecure-" + "k" * MIN_SECRET_LENGTH}, "SECRET_KEY"),
        ({"secret_key": "Change-Me" * MIN_SECRET_LENGTH}, "SECRET_KEY"),
        ({"secret_key": settings.SECRET_KEY}, "SECRET_KEY"),
        ({"debug": True}, "DEBUG"),
        ({"hosts": []}, "ALLOWED_HOSTS"),
        ({"hosts": ["desk.example", "*"]}, "ALLOWED_HOSTS"),
    ],
)
def test_unsafe_settings_are_refused(change, names):
    with pytest.raises(ImproperlyConfigured, match=names):
        refuse_unsafe(**GOOD | change)


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ({"ALLOWED_HOSTS": "desk.example"}, "SECRET_KEY"),
        ({"ALLOWED_HOSTS": "desk.example", "SECRET_KEY": "k" * 60, "DEBUG": "1"}, "DEBUG"),
        ({"SECRET_KEY": "k" * 60}, "ALLOWED_HOSTS"),
    ],
)
def test_production_does_not_start_unsafe(env, names):
    done = production("check", **env)

    assert done.returncode == 1
    assert f"ImproperlyConfigured: {names}" in done.stderr


def test_production_starts_and_is_safe():
    secret = "0aB-xyz" * 10
    done = production(
        "check", "--deploy", "--fail-level", "WARNING", ALLOWED_HOSTS="desk.example", SECRET_KEY=secret
    )

    assert done.returncode == 0, done.stderr


def test_redis_users_have_databases_of_their_own():
    used = {redis_database(offset) for offset in range(3)}

    assert len(used) == 3
    assert settings.CACHES["default"]["LOCATION"] in used
    assert settings.CELERY_BROKER_URL in used
    assert settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"] in used


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://:pw@host:6379/4", "redis://:pw@host:6379/6"),
        ("redis://host:6379", "redis://host:6379/2"),
        ("redis://host:6379/", "redis://host:6379/2"),
    ],
)
def test_redis_database_counts_from_the_given_one(monkeypatch, url, expected):
    monkeypatch.setattr("helpdesk.settings.environment.REDIS_URL", url)

    assert redis_database(2) == expected


def test_database_connections_are_bounded():
    database = settings.DATABASES["default"]

    assert database["CONN_MAX_AGE"] == 0
    assert database["OPTIONS"]["pool"]["timeout"] == 5
    assert settings.DB_THREADS < 8 <= database["OPTIONS"]["pool"]["max_size"]
    assert not database["ATOMIC_REQUESTS"]


def test_attachments_lie_outside_the_web_root():
    media = settings.STORAGES["default"]["OPTIONS"]

    assert media["base_url"] is None
    assert not str(media["location"]).startswith(str(settings.BASE_DIR / "static"))
    assert settings.MEDIA_URL in ("", "/")


def test_every_setting_of_the_environment_is_in_the_example():
    example = (settings.BASE_DIR / ".env.example").read_text()
    source = "".join(path.read_text() for path in (settings.BASE_DIR / "helpdesk" / "settings").rglob("*.py"))
    used = set(re.findall(r"(?:env\.\w+|outside)\(\s*\"([A-Z0-9_]+)\"", source))

    assert used
    assert not {name for name in used - STANDINS_ONLY if f"{name}=" not in example}


def test_what_stands_in_the_query_of_a_database_counts():
    code = "from helpdesk.settings.base import DATABASES as d; print([d[n]['OPTIONS'] for n in ('default', 'replica')])"
    urls = {
        "DATABASE_URL": "postgresql://a@h/desk?sslmode=verify-full",
        "REPLICA_DATABASE_URL": "postgresql://a@copy/desk?sslmode=require",
    }
    given = {"PATH": os.environ["PATH"], "REDIS_URL": os.environ["REDIS_URL"], **urls}
    told = subprocess.check_output([sys.executable, "-c", code], env=given, cwd=settings.BASE_DIR, text=True)
    own, replica = ast.literal_eval(told)

    assert (own["sslmode"], replica["sslmode"]) == ("verify-full", "require")
    assert [options["keepalives_idle"] for options in (own, replica)] == [2, 2]
    assert own["pool"]["timeout"] == replica["pool"]["timeout"] == 5
