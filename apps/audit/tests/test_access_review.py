import csv
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.models import Policy, Role
from apps.access.tests.factories import GrantFactory, RoleFactory, UserFactory
from apps.audit.access_review import WINDOW, review
from apps.audit.services import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    """Here since long ago, with a grant for a year."""
    user = UserFactory(username="mei", date_joined=timezone.now() - 2 * WINDOW, last_login=timezone.now())
    GrantFactory(user=user, not_after=timezone.now() + timedelta(days=365))
    return user


def codes_of(name):
    return {finding.code for finding in review().findings if finding.principal == name}


def detail_of(code, name):
    [finding] = [one for one in review().findings if (one.code, one.principal) == (code, name)]
    return finding.detail


def printed(*options):
    out = StringIO()
    call_command("audit_roles", *options, stdout=out)
    return out.getvalue()


def test_what_was_done_lately_is_not_unused(officer):
    assert "chat:AcceptSession" in detail_of("unused_permissions", "mei")

    record(actor=officer, action="chat:AcceptSession")
    record(actor=officer, action="chat:CloseSession", at=timezone.now() - WINDOW - timedelta(days=1))
    record(actor=SYSTEM, action="chat:SendMessage")

    idle = detail_of("unused_permissions", "mei").split(", ")
    assert "chat:AcceptSession" not in idle
    assert {"chat:CloseSession", "chat:SendMessage"} <= set(idle)
    assert "chat:ReadSession" not in idle  # the trail names what was read, not by which right


def test_a_newcomer_has_not_had_the_time():
    UserFactory(username="new", role="agent")

    assert codes_of("new") == {"grant_without_end"}


def test_who_was_not_seen_is_dormant(officer):
    assert "dormant_account" not in codes_of("mei")

    officer.last_login = timezone.now() - WINDOW - timedelta(days=1)
    officer.save()
    assert "dormant_account" in codes_of("mei")

    record(actor=officer, action="chat:SendMessage")
    assert "dormant_account" not in codes_of("mei")


def test_who_may_change_access_needs_a_second_factor():
    from allauth.mfa.models import Authenticator

    boss, root = UserFactory(username="boss", role="manager"), UserFactory(username="root", is_superuser=True)

    assert "admin_without_mfa" in codes_of("boss")
    assert {"admin_without_mfa", "superuser"} <= codes_of("root")

    Authenticator.objects.create(user=root, type=Authenticator.Type.RECOVERY_CODES, data={})
    Authenticator.objects.create(user=boss, type=Authenticator.Type.TOTP, data={})
    assert "admin_without_mfa" not in codes_of("boss")
    assert "admin_without_mfa" in codes_of("root")


@pytest.mark.parametrize(
    ("effect", "action", "resource", "broad"),
    [
        ("Allow", "*", "acs:helpdesk:*:*:member/*", True),
        ("Allow", "chat:SendMessage", "*", True),
        ("Allow", "chat:ReadSession", "*", False),
        ("Allow", "chat:SendMessage", "acs:helpdesk:*:*:queue/shoes/*", False),
        ("Deny", "*", "*", False),
    ],
)
def test_a_statement_without_bounds_is_too_broad(effect, action, resource, broad):
    document = {"Version": "1", "Statement": [{"Effect": effect, "Action": action, "Resource": resource}]}
    Policy.objects.create(slug="wide", name="Wide", document=document)

    assert ("over_broad" in codes_of("policy/wide")) is broad


def test_roles_of_the_shops_own_are_looked_at():
    role = RoleFactory(slug="night", actions=["chat:ReadSessionAny", "chat:CloseSessionAny"])

    assert codes_of("role/night") == {"over_broad", "unused_role"}
    assert "ReadSession" not in detail_of("over_broad", "role/night")

    GrantFactory(role=role)
    assert codes_of("role/night") == {"over_broad"}
    assert not codes_of("role/manager")


def test_the_command_says_it_in_three_forms(officer):
    found = json.loads(printed("--json"))
    [mei] = [one for one in found["principals"] if one["username"] == "mei"]
    assert (mei["roles"], mei["mfa"], mei["is_superuser"]) == (["agent"], False, False)
    assert "chat:SendMessage" in mei["can"]
    assert "chat:SendMessage" not in mei["everywhere"]

    rows = list(csv.DictReader(StringIO(printed("--csv"))))
    assert rows == found["findings"]
    assert "unused_permissions" in printed()


@pytest.mark.parametrize("people", [1, 30])
def test_it_costs_the_same_with_more_people(people, django_assert_num_queries):
    for _ in range(people):
        record(actor=UserFactory(role="agent"), action="chat:SendMessage")
    Role.objects.get(slug="agent")

    with django_assert_num_queries(10):
        review()
