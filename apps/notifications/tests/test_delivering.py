import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.notifications import channels
from apps.notifications.models import Notification, NotificationDelivery, OptOut, OutgoingEmail
from apps.notifications.services import deliver_due, notify
from apps.notifications.services.delivering import telling_ref
from apps.notifications.tests.factories import DeliveryFactory, NotificationFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 11, 4, tzinfo=UTC)  # in Shanghai
NIGHT = datetime(2026, 11, 11, 15, 30, tzinfo=UTC)  # 23:30 there


@pytest.fixture
def chat(monkeypatch):
    """A chat channel that reaches whom the test says, and remembers what it was told."""

    class Chat:
        reaches, told, breaks = True, [], False

        def __call__(self, telling):
            if self.breaks:
                raise RuntimeError("no chat today")
            if self.reaches:
                self.told.append(telling)
            return self.reaches

    chat = Chat()
    chat.told = []
    monkeypatch.setitem(channels._tellers, "chat", chat)
    return chat


def told(channel="email", now=NOON, **fields):
    """The delivery of a notification, after the worker has been there."""
    row = DeliveryFactory(channel=channel, notification=NotificationFactory(**fields), due_at=now)
    deliver_due(now=now)
    row.refresh_from_db()
    return row


def test_an_open_chat_is_told_and_nobody_else(chat):
    row = told("chat")

    assert row.state == "done"
    assert row.sent_at == NOON
    assert "SF100" in chat.told[0].text
    assert chat.told[0].ref == telling_ref(row)
    assert not OutgoingEmail.objects.exists()


def test_without_an_open_chat_a_mail_is_written(chat):
    chat.reaches = False

    row = told("chat")

    assert row.state == "unreached"
    assert list(row.notification.deliveries.values_list("channel", "state").order_by("pk")) == [
        ("chat", "unreached"),
        ("email", "done"),
    ]
    assert OutgoingEmail.objects.get().to_address == "ana@mail.example"


def test_in_mode_all_an_unreached_chat_adds_no_second_mail(chat):
    chat.reaches = False

    told("chat", mode="all")

    assert not OutgoingEmail.objects.exists()  # the mail has a delivery of its own


def test_a_channel_that_nobody_registered_reaches_nobody(monkeypatch):
    monkeypatch.delitem(channels._tellers, "chat", raising=False)

    assert told("chat", channels=["chat"]).state == "unreached"


def test_a_customer_without_an_address_is_not_reached():
    row = DeliveryFactory(notification__customer__email="", due_at=NOON)

    deliver_due(now=NOON)

    row.refresh_from_db()
    assert row.state == "unreached"


def test_the_mail_speaks_chinese():
    told(language="zh", milestone="order_delivered")

    mail = OutgoingEmail.objects.get()
    assert mail.subject == "订单 SN1 已签收"
    assert "Ana，您好！" in mail.text
    assert "SF100" in mail.html


def test_the_mail_has_a_way_out_for_news():
    told()

    mail = OutgoingEmail.objects.get()
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.headers["List-Unsubscribe"].strip("<>") in mail.text
    assert mail.headers["Auto-Submitted"] == "auto-generated"


def test_what_the_customer_asked_for_has_no_way_out():
    told(category="transactional")

    assert "List-Unsubscribe" not in OutgoingEmail.objects.get().headers


def test_who_refused_news_gets_none():
    OptOut.objects.create(address="ana@mail.example", category="service", at=NOON)

    assert told().state == "refused"
    assert not OutgoingEmail.objects.exists()


def test_who_refused_ratings_gets_news():
    OptOut.objects.create(address="ana@mail.example", category="survey", at=NOON)

    assert told().state == "done"


def test_news_wait_until_the_customer_is_awake():
    row = told(now=NIGHT)

    assert row.state == "pending"
    assert row.due_at == datetime(2026, 11, 12, 0, tzinfo=UTC)  # 08:00 in Shanghai
    assert deliver_due(now=row.due_at) == 1
    assert OutgoingEmail.objects.exists()


def test_what_is_urgent_goes_out_at_night():
    assert told(now=NIGHT, urgent=True).state == "done"


def test_night_falls_where_the_customer_lives():
    row = DeliveryFactory(notification__customer__zone="Europe/Berlin", due_at=NIGHT)

    deliver_due(now=NIGHT)  # 16:30 in Berlin

    row.refresh_from_db()
    assert row.state == "done"


def test_the_mail_takes_the_options_of_its_notification():
    told(
        mail={"reply_to": "support+x@desk.example", "message_id": "<a@desk.example>", "headers": {"X-A": "1"}}
    )

    mail = OutgoingEmail.objects.get()
    assert (mail.reply_to, mail.message_id, mail.headers["X-A"]) == (
        "support+x@desk.example",
        "<a@desk.example>",
        "1",
    )


def test_a_failure_is_noted_and_tried_again(chat):
    chat.breaks = True

    row = told("chat")

    assert (row.state, row.attempts) == ("pending", 1)
    assert row.error == "RuntimeError: no chat today"
    assert NOON <= row.due_at <= NOON + timedelta(seconds=10)


def test_one_failure_does_not_hold_up_the_others(chat):
    chat.breaks = True
    DeliveryFactory(channel="chat", due_at=NOON - timedelta(minutes=1))

    assert told("email").state == "done"


def test_after_ten_failures_it_is_given_up(chat):
    chat.breaks = True
    row = DeliveryFactory(channel="chat", attempts=9, due_at=NOON)

    deliver_due(now=NOON)

    row.refresh_from_db()
    assert row.state == "dead"
    assert deliver_due(now=NOON + timedelta(days=1)) == 0


def test_each_occasion_of_the_whole_way_makes_one_mail(chat):
    chat.reaches = False
    customer = NotificationFactory().customer
    data = {"order_no": "1", "refund_no": "R", "amount": "¥5"}
    notify(customer=customer, milestone="refund_succeeded", dedupe="refund:R", data=data, now=NOON)

    for _ in range(3):
        deliver_due(now=NOON)

    assert OutgoingEmail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_deliver_once(chat):
    customer = NotificationFactory().customer
    for number in range(20):
        row = NotificationFactory(customer=customer, dedupe=f"o:{number}")
        DeliveryFactory(notification=row, channel="chat")

    def work():
        deliver_due(now=timezone.now())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(chat.told) == len({telling.ref for telling in chat.told}) == 20
    assert NotificationDelivery.objects.filter(state="done").count() == 20
    assert Notification.objects.count() == 21
