import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from apps.access.actors import SYSTEM
from apps.audit.models import AuditEvent
from apps.tickets import services
from apps.tickets.models import SlaPolicy, SlaTarget, TicketView
from apps.tickets.tests.factories import (
    PolicyFactory,
    QueueFactory,
    StaffFactory,
    TicketViewFactory,
    make_agent,
    opened,
    promise,
)

pytestmark = pytest.mark.django_db


def sign_in(client, role):
    client.force_login(StaffFactory(role=role, is_staff=True))
    return client


@pytest.fixture
def manager(client):
    return sign_in(client, "manager")


@pytest.mark.parametrize("page", ["ticket", "slapolicy", "ticketview"])
@pytest.mark.parametrize("count", [1, 100])
def test_each_list_is_a_constant_number_of_queries(manager, page, count, django_assert_max_num_queries):
    for _ in range(count):
        opened()
        PolicyFactory(queue=QueueFactory())
        TicketViewFactory()

    with django_assert_max_num_queries(14):
        response = manager.get(reverse(f"admin:tickets_{page}_changelist"))

    assert response.status_code == 200


def test_a_ticket_shows_its_thread_and_clocks_for_reading(manager):
    promise(first=60)
    ticket = opened(body="Where is my parcel?")
    services.add_note(ticket, actor=SYSTEM, body="Carrier asked.", ref="0" * 32)

    html = manager.get(reverse("admin:tickets_ticket_change", args=[ticket.pk])).content.decode()

    assert "Where is my parcel?" in html
    assert "Carrier asked." in html
    assert "First response" in html
    assert 'name="_save"' not in html


def test_tickets_of_others_are_not_in_the_admin(client):
    supervisor = StaffFactory(role="supervisor", is_staff=True)
    client.force_login(supervisor)
    ticket = opened(queue=QueueFactory())

    response = client.get(reverse("admin:tickets_ticket_change", args=[ticket.pk]))

    assert response.status_code == 302  # to the index: there is no such row


def policy_form(**fields):
    inline = {
        "targets-TOTAL_FORMS": "1",
        "targets-INITIAL_FORMS": "0",
        "targets-0-priority": "urgent",
        "targets-0-first_response": "00:30:00",
        "targets-0-resolution": "",
    }
    return {"name": "VIP", "position": "1", "is_active": "on", "warn_percent": "75"} | inline | fields


def test_a_manager_makes_a_policy_with_its_targets(manager):
    response = manager.post(reverse("admin:tickets_slapolicy_add"), policy_form())

    assert response.status_code == 302
    target = SlaTarget.objects.get()
    assert (target.policy.name, target.priority, target.first_response.seconds) == ("VIP", "urgent", 1800)
    assert AuditEvent.objects.filter(action="tickets:ManageSla").count() == 2


def test_a_manager_deletes_a_policy(manager):
    policy = promise(first=60)
    ticket = opened()

    manager.post(reverse("admin:tickets_slapolicy_delete", args=[policy.pk]), {"post": "yes"})

    assert not SlaPolicy.objects.exists()
    assert ticket.clocks.get().policy is None  # what was promised to this customer stands


def test_a_supervisor_reads_policies_only(client):
    promise(first=60)
    sign_in(client, "supervisor")

    assert client.get(reverse("admin:tickets_slapolicy_changelist")).status_code == 200
    assert client.post(reverse("admin:tickets_slapolicy_add"), policy_form()).status_code == 403
    assert SlaPolicy.objects.count() == 1


def test_the_button_applies_policies_to_open_tickets(manager, monkeypatch):
    from apps.tickets import tasks

    asked = []
    monkeypatch.setattr(tasks.reapply_policies, "apply_async", lambda *args, **options: asked.append(options))

    response = manager.get(reverse("admin:tickets_slapolicy_reapply"))

    assert asked == [{"queue": "bulk"}]
    assert [str(message) for message in get_messages(response.wsgi_request)]


def test_the_button_is_the_managers(client):
    sign_in(client, "supervisor")

    assert client.get(reverse("admin:tickets_slapolicy_reapply")).status_code == 403


def test_a_supervisor_shares_a_view(client):
    sign_in(client, "supervisor")
    form = {"name": "Urgent", "filters": '{"priority": ["urgent"]}', "order": "due", "position": "1"}

    response = client.post(reverse("admin:tickets_ticketview_add"), form)

    assert response.status_code == 302
    view = TicketView.objects.get()
    assert (view.owner, view.filters, view.order) == (None, {"priority": ["urgent"]}, "due")


def test_a_view_that_means_nothing_is_refused_beside_its_field(client):
    sign_in(client, "supervisor")
    form = {"name": "Red", "filters": '{"colour": "red"}', "order": "due", "position": "1"}

    response = client.post(reverse("admin:tickets_ticketview_add"), form)

    assert "colour" in response.context["adminform"].form.errors["filters"][0]
    assert not TicketView.objects.exists()


def test_own_views_of_agents_are_not_in_the_admin(manager):
    TicketViewFactory(owner=make_agent(), name="Private list")

    assert "Private list" not in manager.get(reverse("admin:tickets_ticketview_changelist")).content.decode()
