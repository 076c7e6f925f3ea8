import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from guardian.shortcuts import assign_perm

from apps.access.models import Policy, Role
from apps.access.tests.factories import GrantFactory, UserFactory
from apps.routing.models import SERVE
from apps.routing.tests.factories import QueueFactory

pytestmark = pytest.mark.django_db
SHOES = "acs:helpdesk:*:*:queue/shoes/*"


@pytest.fixture
def agent():
    user = UserFactory(username="mei", role="agent")
    assign_perm(f"routing.{SERVE}", user, QueueFactory(slug="shoes"))
    QueueFactory(slug="hats")
    return user


def policy(slug="extra", **part):
    part = {"Effect": "Allow", "Action": "chat:AcceptSession", "Resource": "*"} | part
    found = Policy.objects.create(slug=slug, name=slug, document={"Version": "1", "Statement": [part]})
    Role.objects.get(slug="agent").policies.add(found)
    return found


def explain(*args):
    out = StringIO()
    call_command("explain_access", *args, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_ones_own_queue_is_allowed_and_the_statement_named(agent):
    found = explain("mei", "chat:AcceptSession", SHOES)

    assert found["decision"] == "allow"
    assert found["deciding"]["policy"] == "role/agent"
    assert "chat:AcceptSession" in found["deciding"]["statement"]["Action"]
    assert found["considered"]


@pytest.mark.parametrize("resource", ["queue/hats/*", "acs:helpdesk:*:*:queue/hats", "session/*"])
def test_another_queue_is_denied_and_what_is_missing_said(agent, resource):
    found = explain("mei", "chat:AcceptSession", resource)

    assert (found["decision"], found["deciding"]) == ("deny", None)
    assert any("member/*" in reason for reason in found["would_change"])


def test_an_explicit_denial_wins(agent):
    policy(slug="stop", Effect="Deny", Resource=SHOES, Sid="NoShoes")

    found = explain("mei", "chat:AcceptSession", SHOES)

    assert found["decision"] == "deny"
    assert found["deciding"]["policy"] == "stop"
    assert "NoShoes" in found["would_change"][0]


def test_conditions_are_asked_as_told(agent):
    condition = {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}, "Bool": {"acs:MFAPresent": "true"}}
    policy(Resource="acs:helpdesk:*:*:queue/hats/*", Condition=condition)
    question = ("mei", "chat:AcceptSession", "queue/hats/*")

    assert explain(*question)["decision"] == "deny"
    assert explain(*question, "--ip", "10.2.3.4")["decision"] == "deny"
    assert explain(*question, "--ip", "10.2.3.4", "--mfa")["decision"] == "allow"
    assert explain(*question, "--ip", "192.0.2.1", "--mfa")["decision"] == "deny"


def test_a_grant_that_is_over_is_worth_nothing(agent):
    now = timezone.now()
    agent.grants.all().delete()
    GrantFactory(user=agent, not_after=now + timedelta(hours=1))

    def at(moment):
        return explain("mei", "chat:AcceptSession", SHOES, "--at", moment.isoformat())["decision"]

    assert at(now) == "allow"
    assert at(now + timedelta(minutes=59, seconds=59)) == "allow"
    assert at(now + timedelta(hours=1, seconds=1)) == "deny"


def test_who_has_left_and_who_is_root(agent):
    UserFactory(username="root", is_superuser=True)
    agent.is_active = False
    agent.save()

    assert explain("mei", "chat:AcceptSession")["decision"] == "deny"
    assert explain("root", "chat:AcceptSession", "queue/hats/*")["decision"] == "allow"


@pytest.mark.parametrize(
    "args",
    [
        ("nobody", "chat:AcceptSession", "*"),
        ("mei", "chat:FlySession", "*"),
        ("mei", "chat:AcceptSession", "queue/gloves/*"),
        ("mei", "chat:AcceptSession", "session/none"),
        ("mei", "chat:AcceptSession", "planet/mars"),
    ],
    ids=" ".join,
)
def test_what_the_desk_does_not_know_is_a_bad_argument(agent, args):
    with pytest.raises(CommandError) as caught:
        explain(*args)

    assert caught.value.returncode == 2


def test_people_read_it_too(agent, capsys):
    call_command("explain_access", "mei", "chat:AcceptSession", SHOES)

    told = capsys.readouterr().out
    assert told.startswith("ALLOWED")
    assert "role/agent" in told
