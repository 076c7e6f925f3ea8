from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.access import reveals, viewing
from apps.access.events import RevealBudgetSpent
from apps.access.models import Reveal
from apps.access.tests.factories import GrantFactory, PolicyFactory, RoleFactory, UserFactory, VendorFactory
from apps.audit.models import AuditEvent
from apps.common import events
from apps.common.errors import AccessDenied, Invalid, NotFound
from apps.customers.tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db

PHONE = "13987651234"


@pytest.fixture
def agent():
    return UserFactory(vendor=VendorFactory(reveals_per_hour=2), role="agent")


@pytest.fixture
def customer():
    return CustomerFactory(name="Jane Doe", phone=PHONE, email="jane.doe@mail.example")


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


def uncover(agent, customer, field="phone", **options):
    return reveals.reveal(customer, field, actor=agent, reason="The courier asks", **options)


def test_who_sees_masks(agent):
    own, plain, root = UserFactory(role="agent"), UserFactory(), UserFactory(is_superuser=True)
    theirs = UserFactory(is_superuser=True, vendor=agent.vendor)

    assert [viewing.sees_masked(user) for user in (agent, theirs, plain)] == [True] * 3
    assert [viewing.sees_masked(user) for user in (own, root, CustomerFactory(), None)] == [False] * 4


def test_uncovering_is_for_ten_minutes_and_on_record(agent, customer):
    now = timezone.now()

    found = uncover(agent, customer, now=now)

    assert (found.value, found.masked, found.until) == (PHONE, "139****1234", now + timedelta(minutes=10))
    event = AuditEvent.objects.get(action="access:RevealField")
    assert (event.actor_id, event.target_type) == (agent.pk, "customers.customer")
    assert event.data["field"] == "phone"
    assert PHONE not in str(event.data)


def test_uncovered_already_costs_nothing(agent, customer):
    first = uncover(agent, customer)

    assert uncover(agent, customer).until == first.until
    assert Reveal.objects.count() == 1


def test_budget_of_an_hour(agent, customer):
    now, told = timezone.now(), []
    events.subscribe(RevealBudgetSpent, atomic=True)(told.append)
    uncover(agent, customer, "phone", now=now)
    uncover(agent, customer, "email", now=now)

    with pytest.raises(reveals.RevealBudget) as error:
        uncover(agent, customer, "name", now=now)
    uncover(agent, customer, "name", now=now + timedelta(minutes=61))

    events._atomic[RevealBudgetSpent].remove(told.append)
    assert (error.value.code, error.value.status) == ("reveal_budget", 429)
    assert error.value.extra["retry_after"] == 3601
    assert [event.user_id for event in told] == [agent.pk]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_not_exceed_the_budget(agent):
    customers, gate, refused = CustomerFactory.create_batch(5, phone=PHONE), Barrier(5), []

    def press(customer):
        gate.wait()
        try:
            uncover(agent, customer)
        except reveals.RevealBudget:
            refused.append(customer)
        finally:
            connection.close()

    threads = [Thread(target=press, args=(customer,)) for customer in customers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (Reveal.objects.count(), len(refused)) == (2, 3)


def test_what_is_refused(agent, customer):
    with pytest.raises(Invalid):
        reveals.reveal(customer, "phone", actor=agent, reason=" ")
    with pytest.raises(AccessDenied):
        reveals.reveal(customer, "phone", actor=UserFactory(), reason="Curious")
    for name in [
        ("customers.customer", customer.public_id, "public_id"),
        ("customers.customer", "nobody", "phone"),
        ("access.user", str(agent.pk), "password"),
        ("chat.message", "x:1", "body"),
    ]:
        with pytest.raises(NotFound):
            reveals.target(agent, *name)
    assert Reveal.objects.count() == 0


def test_answers_show_it_until_the_time_is_over(agent, customer):
    browser = browser_of(agent)
    address = f"/api/v1/customers/{customer.public_id}/"
    asked = {"type": "customers.customer", "id": customer.public_id, "field": "phone", "reason": "Call back"}

    before = browser.get(address).json()
    answer = browser.post("/api/v1/reveals/", asked, "application/json")
    during = browser.get(address).json()
    Reveal.objects.update(until=timezone.now())
    after = browser.get(address).json()

    assert (answer.status_code, answer.json()["value"]) == (201, PHONE)
    assert [row["phone"] for row in (before, during, after)] == ["139****1234", PHONE, "139****1234"]
    assert {row["email"] for row in (before, during, after)} == {"j***@mail.example"}
    assert (before["name"], before["display_name"]) == ("J**", "J**")


def test_nobody_else_sees_what_one_has_uncovered(agent, customer):
    uncover(agent, customer)
    colleague = UserFactory(vendor=agent.vendor, role="agent")

    shown = browser_of(colleague).get(f"/api/v1/customers/{customer.public_id}/").json()

    assert shown["phone"] == "139****1234"


def test_from_the_page_with_a_reason(agent, customer):
    browser = browser_of(agent)
    name = {"type": "customers.customer", "id": customer.public_id, "field": "phone"}

    sheet = browser.get("/console/reveal/", name)
    early = browser.get("/console/revealed/", name)
    refused = browser.post("/console/reveal/", name | {"reason": ""})
    done = browser.post("/console/reveal/", name | {"reason": "Call back"})
    value = browser.get("/console/revealed/", name)
    page = browser.get(f"/console/customers/{customer.public_id}/").content.decode()

    assert (sheet.status_code, early.status_code, refused.status_code, done.status_code) == (
        200,
        404,
        422,
        204,
    )
    assert f"customers.customer/{customer.public_id}/phone" in done["HX-Trigger"]
    assert value.json()["value"] == PHONE
    assert PHONE in page
    assert "jane.doe@" not in page


def test_uncovered_fields_cost_one_query(agent):
    rows = CustomerFactory.create_batch(3, phone=PHONE)
    browser = browser_of(agent)
    browser.get("/api/v1/customers/")
    uncover(agent, rows[0])
    with CaptureReveals() as reads:
        shown = browser.get("/api/v1/customers/").json()["results"]

    assert reads.count == 1
    assert sorted(row["phone"] for row in shown) == sorted([PHONE, "139****1234", "139****1234"])


class CaptureReveals:
    """Counts the queries that read uncovered fields."""

    def __enter__(self):
        self.count = 0
        self._wrapper = connection.execute_wrapper(self._note)
        self._wrapper.__enter__()
        return self

    def __exit__(self, *error):
        self._wrapper.__exit__(*error)

    def _note(self, execute, sql, params, many, context):
        self.count += "access_reveal" in sql
        return execute(sql, params, many, context)


@pytest.mark.parametrize(
    ("query", "found"), [(PHONE, 1), ("1398765", 0), ("jane.doe@mail.example", 1), ("jane", 0)]
)
def test_searching_by_a_part_finds_nothing_that_is_masked(agent, customer, query, found):
    rows = browser_of(agent).get("/api/v1/customers/", {"q": query}).json()["results"]

    assert len(rows) == found


def test_whoever_sees_masks_exports_nothing(agent):
    viewing.require_export(UserFactory(role="manager"))

    with pytest.raises(viewing.NoExport) as error:
        viewing.require_export(agent)
    assert error.value.code == "no_export"


def test_a_mask_that_is_sent_back_changes_nothing(agent, customer):
    address = f"/api/v1/customers/{customer.public_id}/contact/"

    sent = {"name": "J**", "email": "j***@mail.example"}
    browser_of(agent).post(address, sent, "application/json")
    customer.refresh_from_db()
    assert (customer.name, customer.email) == ("Jane Doe", "jane.doe@mail.example")

    browser_of(agent).post(address, {"name": "Jane Smith"}, "application/json")
    customer.refresh_from_db()
    assert customer.name == "Jane Smith"


def test_uncovering_asks_about_the_row(customer):
    """A customer lies in no queue."""
    allowed = {"Effect": "Allow", "Action": "access:RevealField", "Resource": "queue/shoes"}
    role = RoleFactory(actions=[])
    role.policies.add(PolicyFactory(document={"Version": "1", "Statement": [allowed]}))

    with pytest.raises(AccessDenied):
        uncover(GrantFactory(role=role).user, customer)

    assert not Reveal.objects.exists()
