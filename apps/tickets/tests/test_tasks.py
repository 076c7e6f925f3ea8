from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.tickets import services, tasks
from apps.tickets.models import Ticket, TicketAttachment
from apps.tickets.tests.factories import opened, promise, uploaded

pytestmark = pytest.mark.django_db


def test_the_sweep_notes_what_is_overdue():
    promise(first=1)
    opened(now=timezone.now() - timedelta(minutes=5))

    assert tasks.sweep_sla() == 1
    assert tasks.sweep_sla() == 0
    assert Ticket.objects.get().sla_state == "breached"


def test_what_was_solved_a_week_ago_is_closed():
    ticket = opened(now=timezone.now() - timedelta(days=9))
    services.change_ticket(
        ticket, actor=SYSTEM, version=None, status="solved", now=timezone.now() - timedelta(days=8)
    )

    assert tasks.close_solved() == 1
    assert Ticket.objects.get().status == "closed"


def test_files_that_nobody_sent_are_forgotten_with_their_content():
    long_ago = timezone.now() - timedelta(days=2)
    unsent = services.keep_file(uploaded(), actor=SYSTEM, now=long_ago)
    sent = services.keep_file(uploaded(), actor=SYSTEM, now=long_ago)
    fresh = services.keep_file(uploaded(), actor=SYSTEM)
    opened(attachments=[sent])

    assert tasks.forget_unsent_files() == 1

    assert set(TicketAttachment.objects.all()) == {sent, fresh}
    assert not unsent.file.storage.exists(unsent.file.name)
    assert sent.file.storage.exists(sent.file.name)


def test_policies_are_applied_batch_by_batch(monkeypatch):
    promise(first=60)
    tickets = [opened(), opened()]
    asked = []
    monkeypatch.setattr(tasks.reapply_policies, "apply_async", lambda args, **options: asked.append(args))

    assert tasks.reapply_policies() == tickets[-1].pk
    assert asked == [(tickets[-1].pk,)]
    assert tasks.reapply_policies(tickets[-1].pk) == 0
    assert len(asked) == 1
