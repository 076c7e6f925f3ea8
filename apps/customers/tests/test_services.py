import pytest

from apps.access.actors import SYSTEM
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid
from apps.common.events import subscribe
from apps.customers import events, services
from apps.customers.models import Customer
from apps.customers.permissions import CustomerAction
from apps.customers.tests.factories import CustomerFactory, claims

pytestmark = pytest.mark.django_db
published: list = []


@subscribe(events.CustomerCreated)
@subscribe(events.CustomerChanged)
def remember(event):
    published.append(event)


@pytest.fixture(autouse=True)
def _nothing_published_yet():
    published.clear()


def test_an_agent_updates_the_contact():
    customer, agent = CustomerFactory(name="M"), StaffFactory(role="agent")

    services.update_contact(customer, actor=agent, name="Mei", email="mei@shop.example")

    assert (customer.name, customer.email) == ("Mei", "mei@shop.example")


def test_customers_update_their_own_contact():
    customer = CustomerFactory()

    services.update_contact(customer, actor=customer, phone="+86 138 0000")

    assert customer.phone == "+86 138 0000"


def test_customers_cannot_update_another_contact():
    customer = CustomerFactory(email="mei@shop.example")

    with pytest.raises(AccessDenied):
        services.update_contact(customer, actor=CustomerFactory(), email="mallory@shop.example")

    customer.refresh_from_db()
    assert customer.email == "mei@shop.example"
    assert not AuditEvent.objects.deeds().exists()


def test_staff_without_the_right_cannot_update_a_contact():
    customer = CustomerFactory(name="Mei")

    with pytest.raises(AccessDenied):
        services.update_contact(customer, actor=StaffFactory(role="auditor"), name="Nobody")

    customer.refresh_from_db()
    assert customer.name == "Mei"
    assert not AuditEvent.objects.deeds().exists()


def test_none_leaves_a_field_and_empty_clears_it():
    customer = CustomerFactory(name="Mei", email="mei@shop.example")

    services.update_contact(customer, actor=SYSTEM, email="")

    assert (customer.name, customer.email) == ("Mei", "")


def test_a_malformed_address_changes_nothing():
    customer = CustomerFactory(name="Mei")

    with pytest.raises(Invalid):
        services.update_contact(customer, actor=SYSTEM, name="New", email="nobody")

    customer.refresh_from_db()
    assert customer.name == "Mei"


def test_an_update_is_audited_by_field_names_only():
    customer = CustomerFactory()

    services.update_contact(customer, actor=SYSTEM, email="mei@shop.example")

    row = AuditEvent.objects.deeds().get()
    assert (row.action, row.target_id) == (CustomerAction.UPDATE, str(customer.pk))
    assert row.data == {"fields": ["email"]}


def test_an_update_that_changes_nothing_leaves_no_trace(django_capture_on_commit_callbacks):
    customer = CustomerFactory(name="Mei")

    with django_capture_on_commit_callbacks(execute=True):
        services.update_contact(customer, actor=SYSTEM, name="Mei")

    assert not AuditEvent.objects.deeds().exists()
    assert published == []


def test_an_update_is_published(django_capture_on_commit_callbacks):
    customer = CustomerFactory()

    with django_capture_on_commit_callbacks(execute=True):
        services.update_contact(customer, actor=SYSTEM, name="Mei", phone="12345")

    (event,) = published
    assert (event.customer_id, event.fields) == (customer.pk, ("name", "phone"))


def test_an_agent_notes_level_and_remarks():
    customer = CustomerFactory()

    services.update_profile(customer, actor=StaffFactory(role="agent"), level="vip", notes="Size 44")

    assert (customer.level, customer.notes) == ("vip", "Size 44")
    assert AuditEvent.objects.deeds().get().data == {"fields": ["level", "notes"]}


def test_customers_do_not_set_their_own_level():
    customer = CustomerFactory()

    with pytest.raises(AccessDenied):
        services.update_profile(customer, actor=customer, level="vip")

    customer.refresh_from_db()
    assert customer.level == "regular"


def test_an_unknown_level_is_invalid():
    with pytest.raises(Invalid):
        services.update_profile(CustomerFactory(), actor=SYSTEM, level="gold")


def test_a_new_customer_is_published_once(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = services.find_or_create(claims=claims("42"))
        services.find_or_create(claims=claims("42"))

    assert [type(event) for event in published] == [events.CustomerCreated]
    assert published[0].customer_id == first.pk


def test_the_label_of_a_nameless_visitor_is_stable():
    customer = CustomerFactory(name="", public_id="_K-RoU2abcdefghijklmno")

    assert customer.actor_label == Customer.objects.get().actor_label
    assert "KRoU" in str(customer)
    assert customer.actor_kind == "customer"


def test_find_by_address_makes_one_customer_for_one_address():
    first = services.find_by_address("Ana@Mail.example", name="Ana", locale="zh-hans")

    assert services.find_by_address("ana@mail.example") == first
    assert (first.email, first.name, first.locale) == ("ana@mail.example", "Ana", "zh-hans")


def test_find_by_address_prefers_whom_a_shop_vouched_for():
    services.find_by_address("ana@mail.example")
    known = CustomerFactory()
    known.identities.create(kind="email", value="ana@mail.example", verified_at="2026-01-01T00:00Z")

    assert services.find_by_address("ana@mail.example") == known


def test_find_by_address_ignores_what_visitors_typed():
    typed = CustomerFactory(email="ana@mail.example")

    assert services.find_by_address("ana@mail.example") != typed


def test_find_by_address_refuses_what_is_no_address():
    with pytest.raises(Invalid):
        services.find_by_address("not an address")
    assert not Customer.objects.exists()
