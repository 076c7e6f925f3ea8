import pytest
from django.db import connection

from apps.common.fields import EncryptedTextField

FIELD = EncryptedTextField()


def stored(text):
    return FIELD.get_prep_value(text)


def read(text):
    return FIELD.from_db_value(text, None, connection)


@pytest.mark.parametrize("text", ["secret", "密码", "x" * 5000])
def test_what_is_stored_is_unreadable_and_comes_back(text):
    assert text not in stored(text)
    assert read(stored(text)) == text


@pytest.mark.parametrize("empty", ["", None])
def test_nothing_stays_nothing(empty):
    assert stored(empty) == empty
    assert read(empty) == empty


def test_an_old_key_still_opens(settings):
    before = stored("secret")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 8

    assert read(before) == "secret"


def test_without_its_key_it_reads_as_never_set(settings):
    before = stored("secret")
    settings.SECRET_KEY = "another" * 8

    assert read(before) == ""
