"""Model fields that the desk needs and Django does not bring."""

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.utils.encoding import force_bytes

CONTEXT = b"helpdesk.encrypted-field"


class EncryptedTextField(models.TextField):
    """Text that the database holds encrypted under ``SECRET_KEY``: passwords and secrets of outside systems.

    Cannot be searched. What an earlier key wrote is read through ``SECRET_KEY_FALLBACKS``; what no key opens
    reads as an empty text, as if it had never been set.
    """

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypted(text) if text else text

    def from_db_value(self, value: str | None, *_args: object) -> str | None:
        return decrypted(value) if value else value


def encrypted(text: str) -> str:
    """``text`` as such a field stores it, for secrets inside JSON."""
    return _box().encrypt(text.encode()).decode()


def decrypted(text: str) -> str:
    """The other way; empty where no key opens it."""
    try:
        return _box().decrypt(text.encode()).decode()
    except InvalidToken:
        return ""


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str | bytes) -> bytes:
    return hashlib.blake2b(force_bytes(key), digest_size=32, person=CONTEXT[:16]).digest()
