from datetime import timedelta

import factory
import jwt
from django.utils import timezone

from apps.inboxes.models import EmailAccount, InboundEmail, Inbox

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


class EmailAccountFactory(factory.django.DjangoModelFactory):
    """A mailbox of the desk on a server that is not there."""

    class Meta:
        model = EmailAccount

    inbox = factory.SubFactory(InboxFactory)
    address = factory.Sequence("support{}@desk.example".format)
    host = "127.0.0.1"
    port = 1
    security = "none"
    username = factory.SelfAttribute("address")
    password = "mailbox-password"


class InboundEmailFactory(factory.django.DjangoModelFactory):
    """A mail that a human wrote and nobody has taken up."""

    class Meta:
        model = InboundEmail

    account = factory.SubFactory(EmailAccountFactory)
    message_id = factory.Sequence("<m{}@mail.example>".format)
    from_address = "ana@mail.example"
    from_name = "Ana"
    subject = "Where is my parcel?"
    text = reply_text = "It should have come on Monday."
    raw = "mail/none.eml"
    due_at = factory.LazyFunction(timezone.now)
    received_at = factory.SelfAttribute("due_at")
