"""What the API's resources of the configuration share, on one of them where it takes one."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from apps.audit.api.configuring import Conflict, InUse, fields_of, refusals
from apps.audit.models import AuditEvent
from apps.audit.services import HIDDEN, save_recorded, values_of
from apps.audit.tests.configuring import client_of
from apps.common.errors import Invalid
from apps.inboxes.tests.factories import EmailAccountFactory
from apps.routing.models import Queue, RoutingRule, ServiceCalendar, Skill
from apps.routing.tests.factories import (
    CalendarFactory,
    QueueFactory,
    RuleFactory,
    SkillFactory,
    StaffFactory,
)

db = pytest.mark.django_db
together = pytest.mark.django_db(transaction=True)


def save(row, **options):
    with transaction.atomic():
        save_recorded(row, actor=StaffFactory(), action="x:Save", **options)
    return AuditEvent.objects.first().data


@db
def test_a_new_row_is_written_down_with_its_values():
    data = save(Skill(slug="french", name="French"))

    assert data == {
        "changed": ["name", "slug"],
        "before": {},
        "after": {"name": "French", "slug": "french"},
    }


@db
def test_links_and_names_without_a_column_are_written_down_too():
    rule, skill, queue = RuleFactory(), SkillFactory(), QueueFactory()
    before = rule.queue_id
    rule.queue = queue

    data = save(rule, changed=["people"], related={"skills": [skill]})

    assert data["changed"] == ["people", "queue", "skills"]
    assert (data["before"], data["after"]) == (
        {"queue": before, "skills": []},
        {"queue": queue.pk, "skills": [skill.pk]},
    )


@db
def test_a_secret_is_hidden_and_a_text_is_cut():
    account = EmailAccountFactory(password="pa55", error="x" * 300)

    assert values_of(account, ["password"]) == {"password": HIDDEN}
    account.password = ""
    assert values_of(account, ["password"]) == {"password": ""}
    assert len(values_of(Skill(name="n" * 999), ["name"])["name"]) == 300


@db
def test_what_came_first_counts_when_two_store_the_same():
    SkillFactory(slug="french")

    with pytest.raises(Conflict), refusals():
        SkillFactory(slug="french")

    assert Skill.objects.count() == 1


@db
def test_what_is_needed_stays():
    calendar = CalendarFactory()
    QueueFactory(calendar=calendar)

    with pytest.raises(InUse) as refusal, refusals():
        calendar.delete()

    assert refusal.value.extra == {"used_by": {"routing.queue": 1}}
    assert "queues (1)" in refusal.value.detail


@db
def test_a_refusal_takes_the_block_back():
    def store_and_complain():
        SkillFactory()
        raise ValidationError({"name": ["No."]})

    with pytest.raises(Invalid) as refusal, refusals():
        store_and_complain()

    assert refusal.value.fields == {"name": ["No."]}
    assert not Skill.objects.exists()


def test_complaints_about_a_whole_row_have_a_name():
    assert fields_of(ValidationError("No.")) == {"non_field_errors": ["No."]}


def at_once(*calls):
    """Status codes of calls that begin together."""
    statuses, gate = [], threading.Barrier(len(calls))

    def run(call):
        gate.wait()
        statuses.append(call().status_code)
        connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return statuses


def patching(url, body):
    client = client_of(StaffFactory(role="manager"))
    return lambda: client.patch(url, body)


@together
def test_lists_that_are_replaced_together_are_one_of_them():
    calendar = CalendarFactory()
    weeks = [[{"weekday": n, "opens": f"0{n}:00:00", "closes": "20:00:00"}] for n in range(6)]

    url = f"/api/v1/calendars/{calendar.pk}/"
    assert at_once(*(patching(url, {"hours": week}) for week in weeks)) == [200] * 6

    assert ServiceCalendar.objects.get().hours.count() == 1


@together
def test_fields_that_are_changed_together_are_both_changed():
    url = f"/api/v1/queues/{QueueFactory(slug='shoes').pk}/"
    changes = [{"priority": 7}, {"max_waiting": 8}, {"offer_seconds": 9}, {"wrap_up_seconds": 10}]

    assert at_once(*(patching(url, change) for change in changes)) == [200] * 4

    queue = Queue.objects.get()
    assert (queue.priority, queue.max_waiting, queue.offer_seconds, queue.wrap_up_seconds) == (7, 8, 9, 10)


@together
def test_one_of_two_rows_that_are_made_together_is_there():
    clients = [client_of(StaffFactory(role="manager")) for _ in range(6)]
    body = {"slug": "french", "name": "French"}

    statuses = at_once(*(lambda c=client: c.post("/api/v1/skills/", body) for client in clients))

    assert sorted(statuses)[0] == 201
    assert set(statuses) <= {201, 400, 409}
    assert Skill.objects.count() == 1


@together
def test_rules_that_are_moved_together_have_one_order():
    keys = [rule.pk for rule in RuleFactory.create_batch(5)]
    clients = [client_of(StaffFactory(role="manager")) for _ in range(4)]
    orders = [keys[n:] + keys[:n] for n in range(4)]

    statuses = at_once(
        *(
            lambda c=client, o=order: c.post("/api/v1/routing/rules/order/", {"rules": o})
            for client, order in zip(clients, orders, strict=True)
        )
    )

    assert statuses == [200] * 4
    assert list(RoutingRule.objects.values_list("pk", flat=True)) in orders
