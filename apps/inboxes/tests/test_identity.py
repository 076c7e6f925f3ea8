import base64
import json
from datetime import timedelta

import pytest
from django.utils import timezone
from jwt.api_jws import PyJWS

from apps.inboxes.errors import BadIdentity
from apps.inboxes.identity import verify_identity
from apps.inboxes.tests.factories import SECRET, InboxFactory, signed_identity

NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def inbox():
    return InboxFactory.build(slug="web", signing=True)


def at(**ahead):
    return int((NOW + timedelta(**ahead)).timestamp())


def refused(token, inbox, now=NOW):
    with pytest.raises(BadIdentity) as refusal:
        verify_identity(token, inbox, now=now)
    assert (refusal.value.code, refusal.value.status) == ("bad_identity", 400)


def test_a_signed_identity_is_read(inbox):
    token = signed_identity(inbox, exp=at(hours=1), name=" Li Mei ", email="mei@shop.example", phone="12345")

    claims = verify_identity(token, inbox, now=NOW)

    assert (claims.inbox, claims.sub, claims.jti) == ("web", "42", "j1")
    assert (claims.name, claims.email, claims.phone) == ("Li Mei", "mei@shop.example", "12345")
    assert claims.expires_at == NOW + timedelta(hours=1)
    assert claims.identity_value == "web:42"


def test_without_a_name_the_name_is_empty(inbox):
    claims = verify_identity(signed_identity(inbox), inbox)

    assert (claims.name, claims.email, claims.phone) == ("", "", "")


def test_a_name_that_is_no_text_is_ignored(inbox):
    assert verify_identity(signed_identity(inbox, name={"a": 1}), inbox).name == ""


def test_another_secret_is_refused(inbox):
    refused(signed_identity(inbox, secret=SECRET[::-1]), inbox)


def test_an_inbox_without_a_secret_takes_none():
    refused(signed_identity(InboxFactory.build(slug="web")), InboxFactory.build(slug="web"))


def test_an_identity_for_another_inbox_is_refused(inbox):
    refused(signed_identity(inbox, aud="app"), inbox)


@pytest.mark.parametrize("claim", ["exp", "aud", "sub", "jti"])
def test_each_required_claim(inbox, claim):
    refused(signed_identity(inbox, **{claim: None}), inbox)


@pytest.mark.parametrize("claim", ["sub", "jti"])
@pytest.mark.parametrize("value", ["", "  ", "x" * 201, "a\x00b"])
def test_an_identity_that_names_nobody(inbox, claim, value):
    refused(signed_identity(inbox, **{claim: value}), inbox)


def test_a_sub_that_is_no_text_is_refused(inbox):
    refused(unsafely_signed(inbox, sub=42), inbox)


def test_an_expired_identity_is_refused_after_the_leeway(inbox):
    token = signed_identity(inbox, exp=at(seconds=0))

    assert verify_identity(token, inbox, now=NOW + timedelta(seconds=29)).sub == "42"
    refused(token, inbox, now=NOW + timedelta(seconds=30))


def test_an_identity_lives_at_most_a_day(inbox):
    assert verify_identity(signed_identity(inbox, exp=at(hours=24)), inbox, now=NOW).sub == "42"
    refused(signed_identity(inbox, exp=at(hours=24, minutes=1)), inbox)


@pytest.mark.parametrize("exp", [10**18, 10**30])
def test_an_absurd_expiry_is_refused(inbox, exp):
    refused(signed_identity(inbox, exp=exp), inbox)


def test_an_identity_of_the_future_is_refused(inbox):
    refused(signed_identity(inbox, nbf=at(minutes=5)), inbox)


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "é.ü.ß", "." * 500])
def test_what_is_no_token_is_refused(inbox, token):
    refused(token, inbox)


def test_an_unsigned_identity_is_refused(inbox):
    refused(unsigned(inbox), inbox)


def test_another_algorithm_is_refused(inbox):
    long_secret = SECRET * 2
    inbox.identity_secret = long_secret

    refused(signed_identity(inbox, secret=long_secret, algorithm="HS512"), inbox)


def unsafely_signed(inbox, **claims):
    """A token as a careless library would write it."""
    payload = {"jti": "j1", "aud": inbox.slug, "exp": at(hours=1)} | claims
    return PyJWS().encode(json.dumps(payload).encode(), SECRET, algorithm="HS256")


def unsigned(inbox):
    """A token that claims to need no signature."""
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{header}.{signed_identity(inbox).split('.')[1]}."
