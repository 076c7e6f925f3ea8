from datetime import timedelta
from threading import Event

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.chat import services, tasks
from apps.chat.enums import RuleKind
from apps.chat.models import TerminationRule
from apps.chat.services import termination
from apps.chat.services.termination import sweep_terminations
from apps.chat.tests.checks import events_of, snapshot
from apps.chat.tests.factories import (
    ChatSessionFactory,
    InboxFactory,
    QueueFactory,
    StaffFactory,
    customer_says,
    make_agent,
)
from apps.chat.tests.stories import MINUTE, answered, leave, state
from apps.common.errors import AccessDenied
from apps.routing.tests.checks import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def start():
    """When the stories begin: long enough ago for every rule to be over by now."""
    return timezone.now() - timedelta(hours=2)


def test_an_inbox_has_its_own_rules(start):
    session = answered(start)
    TerminationRule.objects.create(
        inbox=session.inbox, kind=RuleKind.CUSTOMER_SILENT, after=2 * MINUTE, warn_before=MINUTE
    )

    sweep_terminations(now=start + 2 * MINUTE)
    assert sweep_terminations(now=start + 3 * MINUTE) == 1


def test_a_rule_without_a_warning_gives_none(start):
    session = answered(start)
    TerminationRule.objects.create(inbox=session.inbox, kind=RuleKind.CUSTOMER_SILENT, after=2 * MINUTE)

    assert sweep_terminations(now=start + 3 * MINUTE) == 1
    assert "warning" not in events_of(session)


def test_a_rule_that_is_switched_off_ends_nothing(start):
    session = ChatSessionFactory(opened_at=start)
    TerminationRule.objects.create(
        inbox=session.inbox, kind=RuleKind.BOT_ABANDONED, after=MINUTE, is_active=False
    )

    assert sweep_terminations(now=start + timedelta(days=1)) == 0


def test_the_rules_of_one_inbox_are_not_those_of_another(start):
    session = ChatSessionFactory(opened_at=start)
    TerminationRule.objects.create(inbox=InboxFactory(), kind=RuleKind.BOT_ABANDONED, after=MINUTE)

    assert sweep_terminations(now=start + 10 * MINUTE) == 0
    assert state(session)[0] == "bot"


@pytest.mark.parametrize(
    "times", [{"after": timedelta(0)}, {"after": MINUTE, "warn_before": MINUTE}, {"after": -MINUTE}]
)
def test_rules_that_make_no_sense_are_refused(times):
    with pytest.raises(IntegrityError), transaction.atomic():
        TerminationRule.objects.create(inbox=InboxFactory(), kind=RuleKind.CUSTOMER_LEFT, **times)


def test_an_inbox_has_one_rule_of_a_kind():
    inbox = InboxFactory()
    TerminationRule.objects.create(inbox=inbox, kind=RuleKind.CUSTOMER_LEFT, after=MINUTE)

    with pytest.raises(IntegrityError), transaction.atomic():
        TerminationRule.objects.create(inbox=inbox, kind=RuleKind.CUSTOMER_LEFT, after=MINUTE)


# The sweep


def test_the_sweep_does_not_stop_at_its_batch(start, monkeypatch):
    monkeypatch.setattr(termination, "BATCH", 2)
    inbox = InboxFactory()
    ChatSessionFactory.create_batch(3, inbox=inbox, opened_at=start)

    assert sweep_terminations(now=start + 60 * MINUTE) == 2
    assert sweep_terminations(now=start + 60 * MINUTE) == 1


def test_the_sweep_runs_as_a_task(start):
    ChatSessionFactory(opened_at=start)

    assert tasks.sweep_terminations() == 1
    assert tasks.sweep_terminations() == 0


def test_one_chat_that_cannot_be_closed_stops_no_other(start, monkeypatch):
    poisoned, healthy = ChatSessionFactory.create_batch(2, opened_at=start)
    close = termination.close_session

    def close_or_fail(session, **options):
        if session.pk == poisoned.pk:
            raise RuntimeError("no")
        return close(session, **options)

    monkeypatch.setattr(termination, "close_session", close_or_fail)

    assert sweep_terminations(now=start + 60 * MINUTE) == 1
    assert state(poisoned)[0] == "bot"
    assert state(healthy)[0] == "closed"


@pytest.mark.django_db(transaction=True)
def test_under_the_lock_it_asks_again(start):
    """The customer writes after the sweep has read and before it closes."""
    session = answered(start)
    leave(session, start)
    before = snapshot(session)[0]["last_seq"]
    holds, waits = Event(), Event()

    def write():
        with transaction.atomic():
            customer_says(session, "Wait!")
            holds.set()
            waits.wait(5)

    def sweep():
        holds.wait(5)
        waits.set()
        return sweep_terminations(now=start + 60 * MINUTE)

    _, closed = together(write, sweep)

    assert closed == 0
    assert state(session)[0] == "active"
    assert session.last_seq == before + 1
    assert connection.in_atomic_block is False


@pytest.mark.django_db(transaction=True)
def test_sweeps_that_run_at_once_close_and_warn_once(start):
    inbox = InboxFactory()
    idle = ChatSessionFactory.create_batch(3, inbox=inbox, opened_at=start)
    queue = QueueFactory(is_default=True)
    silent = answered(start, inbox=inbox, agent=make_agent(queue))

    closed = together(*[lambda: sweep_terminations(now=start + 60 * MINUTE)] * 4)

    assert sum(closed) == 3
    assert [events_of(session) for session in idle] == [["closed"]] * 3
    assert events_of(silent).count("warning") == 1


# Setting them


def new_rule():
    return TerminationRule(inbox=InboxFactory(), kind=RuleKind.CUSTOMER_LEFT, after=MINUTE)


def test_managers_set_rules_and_it_is_on_record():
    manager, rule = StaffFactory(role="manager"), new_rule()

    services.save_termination_rule(rule, actor=manager, changed=["after"])
    services.delete_termination_rule(rule, actor=manager)

    first, last = AuditEvent.objects.filter(action="chat:ManageTerminationRules").order_by("pk")
    assert first.actor_id == manager.pk
    assert first.data["after"]["kind"] == RuleKind.CUSTOMER_LEFT
    assert "deleted" in last.data
    assert not TerminationRule.objects.exists()


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client", None])
def test_nobody_else_sets_rules(role):
    actor, kept = StaffFactory(role=role), new_rule()
    kept.save()

    with pytest.raises(AccessDenied):
        services.save_termination_rule(new_rule(), actor=actor)
    with pytest.raises(AccessDenied):
        services.delete_termination_rule(kept, actor=actor)

    assert TerminationRule.objects.get() == kept
    assert not AuditEvent.objects.deeds().exists()
