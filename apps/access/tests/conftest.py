import pytest
from allauth.mfa.totp.internal import auth as totp

from apps.access.tests.door import PASSWORD
from apps.access.tests.factories import UserFactory


@pytest.fixture
def person():
    user = UserFactory(role="agent", email="mei@shop.example")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def app(person):
    """The secret of an app that ``person`` has set up."""
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(person, secret)
    return secret
