"""Somebody at the door, for tests: a person with a password and, where asked for, an app."""

import time

from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEvent

LOGIN, SECOND = reverse("login"), reverse("second-factor")
PASSWORD = "correct horse battery"


def code_of(secret, *, steps=0):
    counter = int(time.time()) // 30 + steps
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def sign_in(user, *, password=PASSWORD, client=None, **extra):
    client = client or Client()
    client.last = client.post(LOGIN, {"username": user.username, "password": password}, **extra)
    return client


def deeds(*names):
    rows = AuditEvent.objects.filter(action__in=[f"access:{name}" for name in names]).order_by("pk")
    return [row.action.removeprefix("access:") for row in rows]
