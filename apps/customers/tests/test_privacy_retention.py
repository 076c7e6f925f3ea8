from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.chat.models import ChatSession, Message
from apps.chat.tests.factories import ChatSessionFactory
from apps.common.errors import AccessDenied, Invalid
from apps.customers.models import Consent, PurgeRun, RetentionRule
from apps.customers.privacy import registry, retention, wishes
from apps.customers.privacy.errors import NotPurgeable, PurgeRunning
from apps.customers.privacy.selectors import consents_of
from apps.customers.tests.factories import CustomerFactory
from apps.customers.tests.privacy_world import somebody
from apps.monitoring.figures import today_of
from apps.tickets.models import Ticket

pytestmark = pytest.mark.django_db
CHATS = registry.kind_of("chat.chats")
YEARS = timedelta(days=1000)


@pytest.fixture
def manager():
    return StaffFactory(role="manager")


def old_chat(**fields):
    """A chat that was closed three years ago, with a line in it."""
    at = timezone.now() - YEARS
    session = ChatSessionFactory(closed=True, closed_at=at, opened_at=at, page_title="Shoes", **fields)
    Message.objects.create(
        session=session, seq=1, prev_public_seq=0, ref="00000000-0000-4000-8000-000000000001", content_hash="x",
        sender_kind="customer", sender_name="Anna", kind="text", body="Elm Street", at=at,
    )  # fmt: skip
    return session


def kept_for(days, *, enabled=False, kind=CHATS):
    RetentionRule.objects.filter(kind=kind.slug).update(keep_days=days, is_enabled=enabled)
    return RetentionRule.objects.get(kind=kind.slug)


def test_every_kind_that_can_go_by_age_has_a_rule_that_is_off():
    rules = dict(RetentionRule.objects.values_list("kind", "is_enabled"))

    assert rules == {kind.slug: False for kind in registry.purgeable()}


def test_a_preview_says_what_would_go_and_changes_nothing():
    session = old_chat()
    ChatSessionFactory(closed=True)
    ChatSessionFactory()

    found = retention.preview(CHATS, 365)

    assert (found.count, found.oldest) == (1, session.closed_at)
    assert retention.preview(CHATS, 1100).count == 0
    assert retention.preview(CHATS, None).count == 0
    assert Message.objects.get().body == "Elm Street"


def test_a_purge_takes_the_words_and_leaves_rows_and_figures(manager):
    sessions = [old_chat() for _ in range(3)]
    young = ChatSessionFactory(closed=True, page_title="Hats")
    kept_for(365)
    now = timezone.now()
    before = today_of(manager, now=now)

    run = retention.start_purge(CHATS, actor=manager, now=now)
    assert run.counted == 3
    assert retention.run_purge(run.pk, batches=1, size=2)
    run.refresh_from_db()
    assert (run.state, run.done) == ("running", 2)
    assert not retention.run_purge(run.pk)

    run.refresh_from_db()
    assert (run.state, run.done, run.failed) == ("done", 3, 0)
    assert set(Message.objects.values_list("body", "sender_name", "payload__removed")) == {("", "", True)}
    assert ChatSession.objects.filter(pk__in=[row.pk for row in sessions], redacted_at=None).count() == 0
    young.refresh_from_db()
    assert (young.page_title, young.redacted_at) == ("Hats", None)
    assert today_of(manager, now=now) == before
    assert retention.preview(CHATS, 365).count == 0
    assert AuditEvent.objects.get(action="customers:EndPurge").data["done"] == 3


def test_what_is_on_hold_stays(manager):
    session = old_chat()
    wishes.place_hold(session.customer, actor=manager, reason="Court case")
    kept_for(365)

    run = retention.start_purge(CHATS, actor=manager)
    retention.run_purge(run.pk)

    assert run.counted == 0
    assert Message.objects.get().body == "Elm Street"


def test_a_hold_that_comes_in_between_keeps_the_files_too(manager, monkeypatch):
    session, later = somebody().chat_sessions.get(), timezone.now() + timedelta(days=40)
    kept_for(30)
    run = retention.start_purge(CHATS, actor=manager, now=later)
    judged = retention.due

    def held_afterwards(kind, before):
        found = judged(kind, before)
        monkeypatch.setattr(retention, "due", judged)
        wishes.place_hold(session.customer, actor=manager, reason="Court case")
        return found

    monkeypatch.setattr(retention, "due", held_afterwards)
    retention.run_purge(run.pk, now=later)

    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 0)
    assert default_storage.exists(session.attachments.get().file.name)


def test_each_kind_finds_what_is_old_and_no_more_after_a_purge(manager):
    somebody()
    Ticket.objects.update(status="closed", closed_at=timezone.now())
    later = timezone.now() + timedelta(days=40)
    for kind in registry.purgeable():
        kept_for(30, kind=kind)
        found = retention.preview(kind, 30, now=later)
        assert found.count >= 1, kind.slug

        run = retention.start_purge(kind, actor=manager, now=later)
        retention.run_purge(run.pk, now=later)

        run.refresh_from_db()
        assert (run.state, run.done) == ("done", found.count), kind.slug
        assert retention.preview(kind, 30, now=later).count == 0, kind.slug


def test_rules_are_checked(manager):
    rule = kept_for(None)

    with pytest.raises(Invalid):
        retention.save_rule(rule, actor=manager, keep_days=29, is_enabled=False)
    with pytest.raises(Invalid):
        retention.save_rule(rule, actor=manager, keep_days=None, is_enabled=True)
    with pytest.raises(AccessDenied):
        retention.save_rule(rule, actor=StaffFactory(role="supervisor"), keep_days=90, is_enabled=False)
    with pytest.raises(NotPurgeable):
        retention.start_purge(CHATS, actor=manager)


def test_one_purge_of_a_kind_at_a_time_and_it_can_be_stopped(manager):
    old_chat()
    kept_for(365)
    run = retention.start_purge(CHATS, actor=manager)
    with pytest.raises(PurgeRunning):
        retention.start_purge(CHATS, actor=manager)

    retention.stop_purge(run, actor=manager)

    assert not retention.run_purge(run.pk)
    assert Message.objects.get().body == "Elm Street"
    assert retention.start_purge(CHATS, actor=manager).state == "running"


def test_by_night_enabled_rules_begin_once_and_what_stands_still_goes_on():
    kept_for(365, enabled=True)
    now = timezone.now()
    assert retention.sweep_purges(night=False, now=now) == []

    assert retention.sweep_purges(night=True, now=now) == []  # its own event wakes the worker
    run = PurgeRun.objects.get()
    assert run.started_by is None
    assert retention.sweep_purges(night=True, now=now + timedelta(minutes=6)) == [run.pk]
    retention.run_purge(run.pk)
    retention.sweep_purges(night=True, now=now + timedelta(hours=3))
    assert PurgeRun.objects.count() == 1
    retention.sweep_purges(night=True, now=now + timedelta(hours=24))
    assert PurgeRun.objects.count() == 2


def test_an_error_ends_a_purge_and_is_told():
    old_chat()
    kept_for(365)
    run = retention.start_purge(CHATS, actor=SYSTEM)
    PurgeRun.objects.filter(pk=run.pk).update(kind="nothing.known")

    assert not retention.run_purge(run.pk)

    run.refresh_from_db()
    assert (run.state, run.failed, run.error) == ("failed", 1, "NotPurgeable")
    assert AuditEvent.objects.get(action="customers:EndPurge").data["error"] == "NotPurgeable"


def test_a_consent_is_append_only_and_the_newest_counts(manager):
    customer = CustomerFactory()
    for given in (True, True, False):
        wishes.record_consent(
            customer, actor=manager, purpose="transcript", is_given=given, source="agent", reference="T-1"
        )

    assert list(customer.consents.order_by("pk").values_list("is_given", flat=True)) == [True, False]
    assert [(row.purpose, row.is_given) for row in consents_of(customer)] == [("transcript", False)]
    with pytest.raises(DatabaseError), transaction.atomic():
        Consent.objects.update(is_given=True)
    with pytest.raises(DatabaseError), transaction.atomic():
        Consent.objects.all().delete()
