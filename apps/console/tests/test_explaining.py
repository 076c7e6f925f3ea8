import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access.tests.factories import GrantFactory, PolicyFactory, RoleFactory, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db
READ, SEND = "chat:ReadSession", "chat:SendMessage"


@pytest.fixture
def mei():
    """May read chats from the office only, and write nowhere."""
    document = {
        "Version": "1",
        "Statement": [
            {"Effect": "Allow", "Action": "chat:Read*", "Resource": "acs:helpdesk:*:*:queue/shoes/*"},
            {
                "Sid": "Office",
                "Effect": "Deny",
                "Action": "chat:*",
                "Resource": "*",
                "Condition": {"NotIpAddress": {"acs:SourceIp": "10.0.0.0/8"}},
            },
        ],
    }
    role = RoleFactory(slug="night", actions=[SEND])
    role.policies.add(PolicyFactory(slug="ours", document=document))
    return GrantFactory(user=StaffFactory(username="mei", display_name="Mei"), role=role).user


def why(client, role="auditor", **asked):
    client.force_login(role if not isinstance(role, str) else UserFactory(role=role))
    answer = client.get(reverse("console-explain"), asked)
    return answer.status_code, answer.content.decode()


def test_the_decision_its_statement_and_what_fits(client, mei):
    status, page = why(client, user="mei", action=READ, resource="*", ip="192.0.2.1")

    assert status == 200
    assert 'data-decision="deny"' in page
    deciding = page[page.index("why__line--decides") :]
    assert "ours [1]" in deciding[:700]
    assert "NotIpAddress acs:SourceIp: 10.0.0.0/8" in deciding[:1800]
    assert "As long as “Office” denies it" in page
    assert "“Office” denies it only while NotIpAddress of acs:SourceIp holds." in page
    assert "1 statement about other actions" in page


def test_in_another_situation_it_is_allowed(client, mei):
    _status, page = why(client, user="mei", action=READ, resource="*", ip="10.1.1.1", mfa="on")

    assert 'data-decision="allow"' in page
    assert "checked" in page


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"action": "chat:Fly"}, "The desk knows no action “chat:Fly”."),
        ({"action": READ, "resource": "queue/none/*"}, "There is no queue “none”."),
        ({"action": READ, "user": "nobody"}, "There is nobody of that name."),
        ({"action": READ, "ip": "here"}, "Enter a valid IPv4 or IPv6 address."),
        ({"action": READ, "at": "soon"}, "Enter a valid date/time."),
        ({"action": ""}, "This field is required."),
    ],
)
def test_a_question_that_makes_no_sense_is_marked(client, asked, words):
    status, page = why(client, **asked)

    assert (status, words in page) == (200, True)
    assert 'aria-invalid="true"' in page
    assert "data-decision" not in page


def test_everybody_asks_about_themselves_and_not_about_others(client, mei):
    agent = UserFactory(role="agent")

    assert 'data-decision="allow"' in why(client, agent, action=READ)[1]
    assert why(client, agent, action=READ, user=agent.username)[0] == 200
    assert why(client, agent, action=READ, user="mei")[0] == 403
    assert client.get(reverse("console-reach"), {"user": "mei"}).status_code == 403
    assert "mei" not in why(client, agent)[1]


def test_what_somebody_may_do_at_all(client, mei):
    client.force_login(UserFactory(role="manager"))

    page = client.get(reverse("console-reach"), {"user": "mei"}).content.decode()

    row = page[page.index(f"<code>{READ}</code>") :][:900]
    assert "queue shoes" in row
    assert "on conditions" in row
    assert f"?user=mei&amp;action={READ.replace(':', '%3A')}" in row
    assert page.count('data-level="nowhere"') > 50


def test_superusers_and_those_who_left(client):
    client.force_login(UserFactory(is_superuser=True))
    gone = UserFactory(role="manager", is_active=False)

    everything = client.get(reverse("console-reach")).content.decode()
    nothing = client.get(reverse("console-reach"), {"user": gone.username}).content.decode()

    assert 'data-level="nowhere"' not in everything
    assert nothing.count("data-level=") == nothing.count('data-level="nowhere"')
    assert "There is nobody" in client.get(reverse("console-reach"), {"user": "?"}).content.decode()


def test_the_pages_take_the_same_queries_for_more_people(client, mei):
    client.force_login(UserFactory(role="manager"))
    counts = []
    for more in (1, 30):
        for _ in range(more):
            GrantFactory(user=StaffFactory(), role=RoleFactory())
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("console-explain"), {"user": "mei", "action": READ})
            client.get(reverse("console-reach"), {"user": "mei"})
        counts.append(len(queries))

    assert counts[0] == counts[1]
