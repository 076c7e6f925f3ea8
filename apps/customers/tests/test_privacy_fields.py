"""No field of the desk is forgotten: each is registered as personal, or somebody has said that it is not."""

from pathlib import Path

from django.apps import apps

from apps.customers.privacy import registry

LIST = Path(__file__).with_name("not_personal.txt")


def models():
    """Every table of the desk's own apps."""
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.startswith("apps.") and not model._meta.proxy:
            yield model


def there_are() -> set[str]:
    return {
        f"{model._meta.label}.{field.name}"
        for model in models()
        for field in (*model._meta.local_fields, *model._meta.local_many_to_many)
    }


def personal() -> set[str]:
    """Fields that an erasure reaches."""
    return {
        f"{rows.label}.{name}" for kind in registry.kinds() for rows in kind.rows for name in rows.personal
    }


def not_personal() -> set[str]:
    """Fields of which somebody has said so: ``app.Model: field field …``, going on in lines that begin with spaces."""
    lines = LIST.read_text().replace("\n ", " ").splitlines()
    return {f"{line.partition(':')[0]}.{name}" for line in lines for name in line.partition(":")[2].split()}


def test_every_field_is_personal_or_said_not_to_be():
    forgotten = there_are() - personal() - not_personal()

    assert not forgotten, f"Register these in privacy.py, or list them in {LIST.name}: {sorted(forgotten)}"


def test_no_field_is_both_and_none_is_listed_that_is_gone():
    assert personal() & not_personal() == set()
    assert (personal() | not_personal()) - there_are() == set()


def test_personal_fields_are_exported_or_said_to_be_secret():
    """What a copy leaves out is made from what it has, or is a key to a door."""
    hidden = {
        f"{rows.label}.{name}"
        for kind in registry.kinds()
        for rows in kind.rows
        for name in rows.personal - set(rows.exported) - {rows.file}
    }

    assert hidden == {
        "access.IdempotentCall.body",
        "access.IdempotentCall.path",
        "chat.ChatSession.last_preview",
        "chat.Message.content_hash",
        "chat.VisitorToken.digest",
        "customers.CustomerExport.digest",
        "eventbridge.InboundEvent.error",
        "eventbridge.InboundEvent.headers",
        "inboxes.InboundEmail.automatic",
        "inboxes.InboundEmail.error",
        "inboxes.InboundEmail.headers",
        "inboxes.InboundEmail.html",
        "inboxes.InboundEmail.recipients",
        "inboxes.InboundEmail.reply_text",
        "inboxes.InboundEmail.subject",
        "inboxes.InboundEmail.text",
        "inboxes.InboundFile.content_id",
        "notifications.Notification.mail",
        "notifications.NotificationDelivery.error",
        "notifications.OutgoingEmail.error",
        "notifications.OutgoingEmail.html",
        "notifications.OutgoingEmail.reply_to",
        "refunds.RefundAttempt.message",
        "refunds.RefundNotice.why",
        "refunds.RefundReport.error",
        "surveys.Survey.token",
        "tickets.Ticket.content_hash",
        "tickets.Ticket.last_preview",
        "tickets.Ticket.search",
        "tickets.TicketMessage.content_hash",
        "tickets.TicketMessage.html",
    }
