from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.chat import services
from apps.chat.enums import RuleKind
from apps.chat.models import TerminationRule
from apps.chat.tests.factories import (
    ChatSessionFactory,
    InboxFactory,
    QueueFactory,
    StaffFactory,
    active_session,
    agent_says,
    customer_says,
    make_supervisor,
    uploaded,
)

pytestmark = pytest.mark.django_db
LIST = "admin:chat_chatsession_changelist"
DETAIL = "admin:chat_chatsession_change"


@pytest.fixture
def sign_in(client):
    def as_somebody(role=None, user=None):
        user = user or StaffFactory(role=role)
        user.is_staff = True
        user.save()
        client.force_login(user)
        return client

    return as_somebody


def queries_of(client, url):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize("role", ["manager", "auditor"])
def test_the_transcript_is_read_in_the_admin(sign_in, role):
    session = active_session()
    customer_says(session, "Is it <b>red</b>?")
    agent_says(session, "It is.")

    page = sign_in(role).get(reverse(DETAIL, args=[session.pk])).content.decode()

    assert "Is it &lt;b&gt;red&lt;/b&gt;?" in page
    assert page.index("red") < page.index("It is.")
    assert session.public_id in page


def test_files_by_name_and_what_the_agent_noted_stand_there(sign_in):
    session = active_session()
    attachment = services.add_attachment(session, actor=session.agent, upload=uploaded(name="sole.png"))
    agent_says(session, "", kind="image", payload={"attachment": str(attachment.public_id)})
    services.wrap_up_session(session, actor=session.agent, code="product", note="Sent care advice.")

    page = sign_in("manager").get(reverse(DETAIL, args=[session.pk])).content.decode()

    for words in ("sole.png", "product", "Sent care advice."):
        assert words in page


def test_a_supervisor_sees_the_chats_of_their_queues(sign_in):
    seen, unseen = active_session(), ChatSessionFactory()

    client = sign_in(user=make_supervisor(seen.queue))

    page = client.get(reverse(LIST)).content.decode()
    assert seen.public_id in page
    assert unseen.public_id not in page
    assert client.get(reverse(DETAIL, args=[seen.pk])).status_code == 200
    assert client.get(reverse(DETAIL, args=[unseen.pk])).status_code == 302


@pytest.mark.parametrize("role", ["api_client", None])
def test_without_the_role_there_is_no_chat(sign_in, role):
    session = active_session()
    client = sign_in(role)

    assert session.public_id not in client.get(reverse(LIST)).content.decode()
    assert client.get(reverse(DETAIL, args=[session.pk])).status_code in (302, 403)


def test_nobody_writes_chats_in_the_admin(sign_in):
    session = active_session()
    client = sign_in(user=StaffFactory(is_superuser=True))

    for name in ("change", "delete"):
        url = reverse(f"admin:chat_chatsession_{name}", args=[session.pk])
        assert client.post(url, {"status": "closed", "post": "yes"}).status_code == 403
    assert client.post(reverse("admin:chat_chatsession_add"), {}).status_code == 403
    session.refresh_from_db()
    assert session.status == "active"


def test_the_list_takes_the_same_queries_for_more_rows(sign_in):
    client = sign_in("manager")
    active_session()
    client.get(reverse(LIST))
    one = queries_of(client, reverse(LIST))

    for _ in range(99):
        ChatSessionFactory(closed=True, agent=StaffFactory(), queue=QueueFactory())

    assert queries_of(client, reverse(LIST)) == one


def test_the_transcript_takes_the_same_queries_for_more_lines(sign_in):
    client, session = sign_in("manager"), active_session()
    url = reverse(DETAIL, args=[session.pk])
    client.get(url)
    few = queries_of(client, url)

    for _ in range(99):
        customer_says(session)

    assert queries_of(client, url) == few


def test_chats_are_found_by_what_is_known_of_them(sign_in):
    session, other = active_session(customer__name="Li Mei"), active_session()

    page = sign_in("manager").get(reverse(LIST), {"q": "mei"}).content.decode()

    assert session.public_id in page
    assert other.public_id not in page


# Termination rules


def rule_form(inbox):
    return {
        "inbox": inbox.pk,
        "kind": RuleKind.CUSTOMER_SILENT,
        "is_active": "on",
        "after": "00:05:00",
        "warn_before": "00:01:00",
    }


def test_a_manager_sets_when_chats_end(sign_in):
    client, inbox = sign_in("manager"), InboxFactory()

    client.post(reverse("admin:chat_terminationrule_add"), rule_form(inbox))

    rule = TerminationRule.objects.get()
    assert (rule.after, rule.warn_before) == (timedelta(minutes=5), timedelta(minutes=1))
    assert AuditEvent.objects.filter(action="chat:ManageTerminationRules", target_id=str(rule.pk)).exists()
    assert client.get(reverse("admin:chat_terminationrule_changelist")).status_code == 200


def test_a_manager_changes_and_removes_a_rule(sign_in):
    client, inbox = sign_in("manager"), InboxFactory()
    rule = TerminationRule.objects.create(
        inbox=inbox, kind=RuleKind.CUSTOMER_SILENT, after=timedelta(minutes=9)
    )

    client.post(reverse("admin:chat_terminationrule_change", args=[rule.pk]), rule_form(inbox))
    rule.refresh_from_db()
    assert rule.after == timedelta(minutes=5)

    client.post(reverse("admin:chat_terminationrule_delete", args=[rule.pk]), {"post": "yes"})
    assert not TerminationRule.objects.exists()
    assert AuditEvent.objects.filter(action="chat:ManageTerminationRules").count() == 2


@pytest.mark.parametrize("change", [{"after": "00:00:00"}, {"warn_before": "00:05:00"}, {"after": "soon"}])
def test_a_rule_that_makes_no_sense_is_refused(sign_in, change):
    form = rule_form(InboxFactory()) | change

    assert sign_in("manager").post(reverse("admin:chat_terminationrule_add"), form).status_code == 200
    assert not TerminationRule.objects.exists()


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor"])
def test_nobody_else_sets_rules(sign_in, role):
    client = sign_in(role)

    assert client.get(reverse("admin:chat_terminationrule_changelist")).status_code == 403
    assert (
        client.post(reverse("admin:chat_terminationrule_add"), rule_form(InboxFactory())).status_code == 403
    )
    assert not TerminationRule.objects.exists()
