import pytest
from django.utils import timezone

from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied
from apps.notifications import tasks
from apps.notifications.models import OutgoingEmail
from apps.notifications.services import replay_delivery, replay_email
from apps.notifications.tests.factories import DeliveryFactory, OutgoingEmailFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return StaffFactory(role="manager")


def test_a_given_up_mail_is_sent_anew(manager, mailbox):
    row = OutgoingEmailFactory(state="dead", attempts=10)

    assert replay_email(row, actor=manager) is True
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("pending", 0)
    assert AuditEvent.objects.deeds().get().action == "notifications:ReplayNotification"
    assert tasks.send_mail() == 1


def test_a_given_up_delivery_is_tried_anew(manager):
    row = DeliveryFactory(state="dead", attempts=10, notification__urgent=True)

    assert replay_delivery(row, actor=manager) is True
    assert tasks.deliver() == 1
    assert OutgoingEmail.objects.count() == 1


@pytest.mark.parametrize("factory", [OutgoingEmailFactory, DeliveryFactory])
def test_what_is_not_given_up_stays(manager, factory):
    row = factory(attempts=3)
    replay = replay_email if factory is OutgoingEmailFactory else replay_delivery

    assert replay(row, actor=manager) is False
    row.refresh_from_db()
    assert row.attempts == 3
    assert not AuditEvent.objects.deeds().exists()


@pytest.mark.parametrize("factory", [OutgoingEmailFactory, DeliveryFactory])
def test_replaying_denied_changes_nothing(factory):
    row = factory(state="dead")
    replay = replay_email if factory is OutgoingEmailFactory else replay_delivery

    with pytest.raises(AccessDenied):
        replay(row, actor=StaffFactory(role="supervisor"))
    row.refresh_from_db()
    assert row.state == "dead"


def test_the_worker_takes_more_than_one_batch(mailbox):
    OutgoingEmailFactory.create_batch(23)

    assert tasks.send_mail() == 23
    assert not OutgoingEmail.objects.filter(due_at__lte=timezone.now(), state="pending").exists()
