"""Hours and networks as people write them in the admin."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import override

from apps.access.admin.lines import HoursField
from apps.access.models import Role, Vendor
from apps.access.tests.factories import UserFactory, VendorFactory

WEEK, NIGHT = (
    {"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "24:00"},
    {"days": [6, 7], "from": "22:00", "to": "06:00"},
)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("", []),
        ("Mon–Fri 08:00–24:00\nSat–Sun 22:00–06:00", [WEEK, NIGHT]),
        ("  monday - friday 8:00 - 24:00 \r\n\r\n", [WEEK]),
        ("Mon, Wed–Thu 09:00-10:00", [{"days": [1, 3, 4], "from": "09:00", "to": "10:00"}]),
        ("Sat–Mon 09:00–10:00", [{"days": [1, 6, 7], "from": "09:00", "to": "10:00"}]),
    ],
)
def test_lines_are_read(text, hours):
    assert HoursField(required=False).clean(text) == hours


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    "hours", [[], [WEEK, NIGHT], [{"days": [1, 3, 4, 7], "from": "09:00", "to": "10:00"}]]
)
def test_what_is_shown_can_be_saved_again(language, hours):
    field = HoursField(required=False)
    with override(language):
        shown = field.prepare_value(hours)
        assert field.clean(shown) == hours
        assert not field.has_changed(hours, shown.replace("\n", "\r\n"))


@pytest.mark.parametrize("text", ["always", "Fun–Fri 08:00–09:00", "Mon 8–9", "08:00–24:00"])
def test_what_cannot_be_read_is_named(text):
    with pytest.raises(ValidationError):
        HoursField(required=False).clean(text)


@pytest.mark.django_db
def test_the_page_of_a_partner_keeps_them(client):
    client.force_login(UserFactory(role="manager", is_staff=True))
    vendor = VendorFactory(hours=[WEEK], networks=["10.0.0.0/8"])
    url = reverse("admin:access_vendor_change", args=[vendor.pk])
    form = {
        "name": "P",
        "slug": vendor.slug,
        "is_active": "on",
        "max_heads": 3,
        "zone": "UTC",
        "reveals_per_hour": 1,
    }
    form |= {"users-TOTAL_FORMS": 0, "users-INITIAL_FORMS": 0}

    assert "Mon–Fri 08:00–24:00</textarea>" in client.get(url).content.decode()
    client.post(url, form | {"hours": "Sat–Sun 22:00–06:00", "networks": "10.0.0.0/8\r\n2001:db8::/32"})
    saved = Vendor.objects.get()
    assert (saved.hours, saved.networks) == ([NIGHT], ["10.0.0.0/8", "2001:db8::/32"])

    for wrong in ({"networks": "nowhere"}, {"hours": "Mon 25:00–26:00"}):
        assert "errorlist" in client.post(url, form | wrong).content.decode()
    assert Vendor.objects.get().hours == [NIGHT]


@pytest.mark.django_db
def test_the_page_of_a_role_keeps_them(client):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    form = {"max_session_hours": 4, "zone": "UTC", "hours": "Mon–Fri 08:00–24:00"}

    client.post(reverse("admin:access_role_change", args=[Role.objects.get(slug="agent").pk]), form)

    assert Role.objects.get(slug="agent").hours == [WEEK]
