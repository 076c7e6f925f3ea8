from datetime import timedelta

import factory
import jwt
from django.utils import timezone

from apps.inboxes.models import Inbox

SECRET = "a-secret-of-the-shop-that-is-long-enough"


class InboxFactory(factory.django.DjangoModelFactory):
    """An active web inbox that nobody may embed yet; ``signing=True`` gives its shop a secret."""

    class Meta:
        model = Inbox

    class Params:
        signing = factory.Trait(identity_secret=SECRET)

    slug = factory.Sequence("inbox-{}".format)
    name = factory.LazyAttribute(lambda inbox: inbox.slug.title())
    shop_name = "Little Shop"
    greeting = {"en": "Hello!", "zh": "您好！"}


def signed_identity(inbox, *, secret=SECRET, algorithm="HS256", headers=None, **claims) -> str:
    """The JWT that the shop of ``inbox`` gives to its page; a claim set to None is left out."""
    expires = timezone.now() + timedelta(hours=1)
    values = {"sub": "42", "jti": "j1", "aud": inbox.slug, "exp": int(expires.timestamp())} | claims
    given = {name: value for name, value in values.items() if value is not None}
    return jwt.encode(given, secret, algorithm=algorithm, headers=headers)
