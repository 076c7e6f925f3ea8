from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.access import partners, services, vendors
from apps.access.actors import SYSTEM
from apps.access.models import ApiToken, User, Vendor
from apps.access.people import create_person, set_password, update_person
from apps.access.services import create_token
from apps.access.tests.factories import UserFactory, VendorFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid
from apps.common.testing.locks import crossed

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # Monday, 12:00 in Shanghai
OFFICE = [{"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "18:00"}]


def person(**vendor):
    return UserFactory(vendor=VendorFactory(**vendor), role="agent")


@pytest.mark.parametrize(
    ("vendor", "now", "ip", "code"),
    [
        ({}, NOON, None, ""),
        ({"is_active": False}, NOON, None, "vendor_inactive"),
        ({"ends_on": date(2026, 11, 23)}, NOON, None, ""),
        ({"ends_on": date(2026, 11, 22)}, NOON, None, "vendor_ended"),
        ({"ended_at": NOON}, NOON, None, "vendor_ended"),
        ({"hours": OFFICE}, NOON, None, ""),
        ({"hours": OFFICE}, NOON.replace(hour=10), None, "outside_hours"),
        ({"hours": OFFICE}, NOON.replace(hour=9, minute=59, second=59), None, ""),
        ({"networks": ["203.0.113.0/24"]}, NOON, "203.0.113.9", ""),
        ({"networks": ["203.0.113.0/24"]}, NOON, "198.51.100.1", "outside_network"),
        ({"networks": ["203.0.113.0/24"]}, NOON, None, "outside_network"),
        ({"networks": ["2001:db8::/32"]}, NOON, "2001:db8::7", ""),
    ],
)
def test_bounds(vendor, now, ip, code):
    assert vendors.refuses(person(**vendor), now=now, ip=ip) == code


def test_bounds_cost_no_query(django_assert_num_queries):
    own, theirs = UserFactory(), person()

    with django_assert_num_queries(0):
        vendors.refuses(own, now=NOON, ip=None)
        vendors.refuses(theirs, now=NOON, ip=None)


@pytest.mark.parametrize(
    ("fields", "now", "opens"),
    [
        ({}, NOON.replace(hour=11), "2026-11-24T09:00:00+08:00"),
        ({}, NOON + timedelta(days=4, hours=8), "2026-11-30T09:00:00+08:00"),
        ({"ends_on": date(2026, 11, 23)}, NOON.replace(hour=11), None),
    ],
)
def test_when_hours_begin_again(fields, now, opens):
    opening = vendors.opens_at(VendorFactory(hours=OFFICE, **fields), now)

    assert (opening and opening.isoformat()) == opens


def test_a_partners_person_holds_nothing_beyond_the_bounds():
    agent = person(hours=OFFICE)

    assert services.can(agent, "chat:ReadSession", now=NOON)
    assert not services.can(agent, "chat:ReadSession", now=NOON.replace(hour=10))


def test_the_page_says_why_and_when_it_opens(settings):
    now = timezone.now()
    tomorrow = (now + timedelta(days=1)).isoweekday()
    agent = person(hours=[{"days": [tomorrow], "from": "09:00", "to": "18:00"}], zone="UTC")
    browser = Client()
    browser.force_login(agent)

    page = browser.get("/console/")
    call = browser.get("/api/v1/me/")

    assert page.status_code == 403
    assert "Outside of your working hours" in page.content.decode()
    assert call.status_code == 403
    assert call.json()["code"] == "outside_hours"
    assert browser.post("/accounts/logout/").status_code in (200, 302)


def test_the_admin_is_closed_to_partners():
    agent = person()
    User.objects.filter(pk=agent.pk).update(is_staff=True, is_superuser=True)
    browser = Client()
    browser.force_login(agent)

    assert browser.get("/admin/customers/customer/").status_code == 403
    assert browser.get("/console/").status_code == 200


def test_one_more_than_agreed_is_refused():
    vendor = VendorFactory(max_heads=1)
    first = create_person(actor=SYSTEM, username="one", vendor=vendor)

    with pytest.raises(vendors.VendorFull) as error:
        create_person(actor=SYSTEM, username="two", vendor=vendor)
    idle = create_person(actor=SYSTEM, username="three", vendor=vendor, is_active=False)
    with pytest.raises(vendors.VendorFull):
        update_person(idle, actor=SYSTEM, is_active=True)
    update_person(first, actor=SYSTEM, display_name="Bo")

    assert error.value.code == "vendor_full"
    assert vendor.users.filter(is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_last_place_goes_to_one_of_those_who_come_together():
    vendor, gate, refused = VendorFactory(max_heads=2), Barrier(6), []

    def come(name):
        gate.wait()
        try:
            create_person(actor=SYSTEM, username=name, vendor=vendor)
        except vendors.VendorFull:
            refused.append(name)
        finally:
            connection.close()

    threads = [Thread(target=come, args=(f"p{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert vendor.users.filter(is_active=True).count() == 2
    assert len(refused) == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [update_person, set_password])
def test_somebody_is_changed_while_their_partner_ends(change):
    agent = person(ends_on=date(2026, 11, 23))

    crossed(
        lambda: Vendor.objects.select_for_update().get(),
        lambda: partners.end_vendors(now=NOON + timedelta(days=1)),
        lambda: change(agent, actor=SYSTEM, password="parcels-and-letters-7"),
    )

    agent.refresh_from_db()
    assert not agent.is_active


def test_off_boarding_happens_once_after_the_last_day():
    agent = person(ends_on=date(2026, 11, 23))
    create_token(agent, actor=agent, name="laptop", now=NOON)
    later = NOON + timedelta(days=1)

    assert partners.end_vendors(now=NOON) == 0
    assert partners.end_vendors(now=later) == 1
    assert partners.end_vendors(now=later) == 0

    agent.refresh_from_db()
    assert not agent.is_active
    assert agent.vendor.ended_at == later
    assert ApiToken.objects.get(user=agent).revoked_at == later
    told = AuditEvent.objects.filter(action="access:OffBoardVendor").values_list("target_type", flat=True)
    assert sorted(told) == ["access.user", "access.vendor"]


def test_a_later_last_day_opens_the_partner_again_but_nobodys_account():
    agent = person(ends_on=date(2026, 11, 22))
    partners.end_vendors(now=NOON)

    vendor = partners.save_vendor(Vendor.objects.get(), actor=SYSTEM, now=NOON)
    assert vendor.ended_at is not None
    vendor.ends_on = date(2026, 12, 31)
    vendor = partners.save_vendor(vendor, actor=SYSTEM, now=NOON)

    assert vendor.ended_at is None
    assert not User.objects.get(pk=agent.pk).is_active


def test_only_those_who_may_change_partners():
    with pytest.raises(AccessDenied):
        partners.create_vendor(actor=UserFactory(role="agent"), slug="x", name="X")
    with pytest.raises(Invalid) as error:
        partners.create_vendor(actor=UserFactory(role="manager"), slug="x", name="X", networks=["here"])

    assert set(error.value.fields) == {"networks"}


def test_fewer_places_than_are_taken_are_refused():
    agent = person(max_heads=3)
    UserFactory(vendor=agent.vendor)

    with pytest.raises(vendors.VendorFull):
        partners.update_vendor(agent.vendor, actor=SYSTEM, max_heads=1)


def test_the_api_shows_heads_and_switches_a_partner_off():
    agent = person(slug="bright", max_heads=3)
    manager = Client()
    manager.force_login(UserFactory(role="manager"))

    listed = manager.get("/api/v1/vendors/").json()["results"]
    answer = manager.patch("/api/v1/vendors/bright/", {"is_active": False}, "application/json")
    made = manager.post(
        "/api/v1/vendors/", {"slug": "far", "name": "Far", "hours": OFFICE}, "application/json"
    )
    theirs = Client()
    theirs.force_login(agent)

    assert [(row["slug"], row["heads"], row["max_heads"]) for row in listed] == [("bright", 1, 3)]
    assert (answer.status_code, answer.json()["is_active"]) == (200, False)
    assert (made.status_code, made.json()["hours"]) == (201, OFFICE)
    assert theirs.get("/api/v1/vendors/").json()["code"] == "vendor_inactive"
    assert manager.get(f"/api/v1/users/{agent.pk}/").json()["vendor"] == "bright"
