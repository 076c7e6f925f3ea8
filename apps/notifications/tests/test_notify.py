import threading

import pytest
from django.db import connection

from apps.customers.tests.factories import CustomerFactory
from apps.notifications.enums import MilestoneName
from apps.notifications.milestones import MILESTONES
from apps.notifications.models import Notification, NotificationDelivery
from apps.notifications.services import MailOptions, notify
from apps.notifications.tests.factories import FACTS

pytestmark = pytest.mark.django_db


def tell(customer=None, **changes):
    values = {"milestone": "order_shipped", "dedupe": "order:1:shipped", "data": FACTS} | changes
    return notify(customer=customer or CustomerFactory(), **values)


def channels_of(notification):
    return list(notification.deliveries.order_by("pk").values_list("channel", flat=True))


def test_every_milestone_has_a_name_for_people():
    assert set(MILESTONES) == set(MilestoneName.values)


def test_notify_begins_with_the_first_channel():
    assert channels_of(tell()) == ["chat"]


def test_notify_in_mode_all_takes_every_channel():
    data = {"order_no": "1", "refund_no": "R1", "amount": "¥1"}

    assert channels_of(tell(milestone="refund_succeeded", data=data)) == ["chat", "email"]


def test_notify_twice_tells_once():
    customer = CustomerFactory()

    assert tell(customer) is not None
    assert tell(customer) is None
    assert (Notification.objects.count(), NotificationDelivery.objects.count()) == (1, 1)


def test_two_customers_are_told_about_the_same_occasion():
    assert tell()
    assert tell()


def test_notify_narrows_the_channels():
    assert channels_of(tell(channels=["email"])) == ["email"]


@pytest.mark.parametrize(
    ("locale", "language"), [("zh-Hans", "zh"), ("ZH-TW", "zh"), ("en", "en"), ("fr", "en")]
)
def test_notify_speaks_the_customers_language(locale, language):
    assert tell(CustomerFactory(locale=locale)).language == language


def test_the_callers_locale_wins():
    assert tell(CustomerFactory(locale="en"), locale="zh-hans").language == "zh"


def test_mail_options_are_kept():
    assert (
        tell(mail=MailOptions(reply_to="support+a@desk.example")).mail["reply_to"] == "support+a@desk.example"
    )


@pytest.mark.parametrize(
    "wrong",
    [{"milestone": "order_eaten"}, {"data": {}}, {"data": FACTS | {"colour": "red"}}],
    ids=["unknown milestone", "missing facts", "unknown fact"],
)
def test_notify_refuses_a_callers_mistake(wrong):
    with pytest.raises(TypeError):
        tell(**wrong)
    assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_callers_that_notify_together_tell_once():
    customer = CustomerFactory()
    results = []

    def run():
        results.append(tell(customer))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(result is not None for result in results) == 1
    assert Notification.objects.get().deliveries.count() == 1
