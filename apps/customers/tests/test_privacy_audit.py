"""The trail outlives the data that it is about: it stays whole, and has never known a name."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.access import reveals
from apps.access.tests.factories import StaffFactory, VendorFactory
from apps.audit.models import AuditEvent
from apps.audit.services import digest_of
from apps.audit.tests.tampering import run, sealed
from apps.chat.tests.factories import ChatSessionFactory
from apps.customers.models import Customer
from apps.customers.privacy import registry, retention
from apps.customers.tests.privacy_world import EMAIL, SIGN, erased, somebody

pytestmark = pytest.mark.django_db(transaction=True)
NAME, PHONE = "Anna Moss", "13987651234"


@pytest.fixture(autouse=True)
def _own_key(settings, tmp_path):
    settings.AUDIT_FOLDER = tmp_path


def looked_at(customer):
    """Colleagues look for them by what they are called, uncover their number, and are refused something."""
    manager, theirs = StaffFactory(role="manager"), StaffFactory(role="agent", vendor=VendorFactory())
    browser, partner = Client(), Client()
    browser.force_login(manager)
    partner.force_login(theirs)
    for words in ("王芳", PHONE, EMAIL):
        assert browser.get(f"/api/v1/customers/?q={words}").status_code == 200
    reason = f"The courier asks {NAME.upper()} ({PHONE})"
    reveals.reveal(customer, "phone", actor=theirs, reason=reason)
    assert partner.get(f"/api/v1/roles/{EMAIL}/").status_code in (403, 404)


def purged():
    """Chats of three years ago, by the retention rule."""
    at = timezone.now() - timedelta(days=1000)
    ChatSessionFactory(closed=True, opened_at=at, closed_at=at)
    kind = registry.kind_of("chat.chats")
    run = retention.start_purge(kind, actor=StaffFactory(role="manager"))
    retention.run_purge(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 1)


def test_the_trail_is_whole_after_an_erasure_and_a_purge_and_knows_no_name():
    customer = somebody(name=NAME)
    Customer.objects.filter(pk=customer.pk).update(phone=PHONE)
    customer.refresh_from_db()
    looked_at(customer)
    sealed()

    erasure = erased(customer)
    sealed()
    purged()
    sealed()

    found, code = run()
    assert (found["ok"], found["first_bad"], found["unsealed"], code) == (True, None, 0, 0)
    done = AuditEvent.objects.get(action="customers:Erased")
    assert done.data["certificate"] == erasure.digest
    assert AuditEvent.objects.filter(action="customers:EndPurge", data__state="done").exists()
    events = AuditEvent.objects.values(
        "actor_name", "target_id", "data", "response", "about", "error_message"
    )
    told = json.dumps(list(events), default=str, ensure_ascii=False)
    assert [text for text in ("Moss", "MOSS", SIGN, EMAIL, PHONE, "王芳") if text in told] == []
    assert AuditEvent.objects.filter(target_id=digest_of("王芳")).exists()
    uncovered = AuditEvent.objects.get(action="access:RevealField").data
    assert uncovered["reason"] == "The courier asks A** (139****1234)"
