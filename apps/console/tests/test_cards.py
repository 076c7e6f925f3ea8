import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.chat import services
from apps.chat.models import ChatSession
from apps.chat.tests.factories import (
    ChatSessionFactory,
    active_session,
    agent_says,
    closed_session,
    customer_says,
    make_agent,
    queued_session,
    uploaded,
)
from apps.console.cards import CARDS
from apps.knowledge import selectors as knowledge_selectors
from apps.knowledge.tests.factories import FaqFactory, SopFactory
from apps.routing import services as routing
from apps.routing.tests.factories import (
    QueueFactory,
    RuleFactory,
    SkillFactory,
    StaffFactory,
    StepFactory,
    allow,
)

pytestmark = pytest.mark.django_db
PARTS = [
    *(("console-card", name) for name in CARDS),
    ("console-transcript",),
    ("console-targets",),
    ("console-why",),
]


@pytest.fixture
def chat(client):
    """An active chat whose agent is signed in."""
    session = active_session()
    client.force_login(session.agent)
    return session


def url_of(session, route, *args):
    return reverse(route, args=[session.public_id, *args])


def html_of(client, session, route, *args, **query):
    response = client.get(url_of(session, route, *args), query)
    assert response.status_code == 200
    return response.content.decode()


TABLES = re.compile(r'(?:FROM|JOIN|INTO|UPDATE) "(\w+)"')


def queries_of(client, session, route, *args):
    client.get(url_of(session, route, *args))  # what is cached per process is cached now
    with CaptureQueriesContext(
        connection,
    ) as captured:
        html_of(client, session, route, *args)
    return [" ".join(TABLES.findall(query["sql"])) for query in captured]


@pytest.mark.parametrize("part", PARTS, ids="-".join)
def test_each_part_opens_for_the_agent_of_the_chat(client, chat, part):
    assert html_of(client, chat, *part)


@pytest.mark.parametrize("part", PARTS, ids="-".join)
def test_each_part_of_anothers_chat_is_not_there(client, chat, part):
    client.force_login(make_agent(QueueFactory()))

    assert client.get(url_of(chat, *part)).status_code == 404


@pytest.mark.parametrize("part", PARTS, ids="-".join)
def test_each_part_is_closed_to_those_without_a_role(client, chat, part):
    client.force_login(StaffFactory())

    assert client.get(url_of(chat, *part)).status_code == 403


def test_an_unknown_card_is_not_there(client, chat):
    assert client.get(url_of(chat, "console-card", "secrets")).status_code == 404


def test_customer_card_says_who_and_where_they_are(client, chat):
    ChatSession.objects.filter(pk=chat.pk).update(page_title="Trail Runner 2", source="/shop/trail-runner/")
    chat.customer.email, chat.customer.level = "ann@example.com", "vip"
    chat.customer.save()

    html = html_of(client, chat, "console-card", "customer")

    assert all(text in html for text in ("ann@example.com", "VIP", "Trail Runner 2", "Online now"))


def test_customer_card_escapes_what_the_customer_typed(client, chat):
    chat.customer.name = "<script>alert(1)</script>"
    chat.customer.save()

    assert "<script>" not in html_of(client, chat, "console-card", "customer")


def test_faqs_card_answers_what_the_customer_wrote(client, chat):
    FaqFactory(question="How do I return my shoes?", answer="Within 30 days.")
    FaqFactory(question="Which payment methods do you take?", answer="All cards.")
    customer_says(chat, "I want to return my shoes")

    html = html_of(client, chat, "console-card", "faqs")

    assert "Within 30 days." in html
    assert html.index("Within 30 days.") < html.find("All cards.") or "All cards." not in html


def test_faqs_card_reads_a_short_message_with_the_one_before(client, chat):
    FaqFactory(question="How do I return my shoes?", answer="Within 30 days.")
    customer_says(chat, "I want to return my shoes")
    customer_says(chat, "ok?")

    assert "Within 30 days." in html_of(client, chat, "console-card", "faqs")


def test_faqs_card_searches_for_the_agents_own_words(client, chat):
    FaqFactory(question="How do I return my shoes?", answer="Within 30 days.")
    FaqFactory(question="Which payment methods do you take?", answer="All cards.")
    customer_says(chat, "I want to return my shoes")

    html = html_of(client, chat, "console-card", "faqs", q="payment methods")

    assert "All cards." in html
    assert "card-search" not in html  # results only: the field they stand under stays


def test_faqs_card_shows_guides_with_their_steps(client, chat):
    SopFactory(slug="lost", title="Parcel lost", in_force=True)
    customer_says(chat, "I think my parcel is lost")

    html = html_of(client, chat, "console-card", "faqs")

    assert 'data-kind="sop" data-key="lost"' in html
    assert "I am sorry." in html  # the text to send, in the customer's language
    assert "抱歉。" not in html
    assert "data-not-helpful" in html


def test_faqs_card_escapes_what_the_customer_wrote(client, chat):
    FaqFactory(question="Where is <b>bold</b>?")
    customer_says(chat, '"><script>alert(1)</script> bold')

    html = html_of(client, chat, "console-card", "faqs")

    assert "<script>" not in html
    assert "<b>bold</b>" not in html


def test_faqs_card_teaches_when_it_has_nothing(client, chat):
    assert "no answers yet" in html_of(client, chat, "console-card", "faqs")
    FaqFactory()
    assert "Suggestions appear when the customer writes" in html_of(client, chat, "console-card", "faqs")


def test_previous_card_shows_only_chats_that_the_agent_may_read(client, chat):
    mine = closed_session(
        chat.agent, customer=chat.customer, queue=chat.queue, inbox=ChatSessionFactory().inbox
    )
    other = closed_session(customer=chat.customer, queue=QueueFactory(), inbox=ChatSessionFactory().inbox)

    html = html_of(client, chat, "console-card", "previous")

    assert url_of(mine, "console-transcript") in html
    assert url_of(other, "console-transcript") not in html
    assert url_of(chat, "console-transcript") not in html


def test_previous_card_says_when_there_is_none(client, chat):
    assert "first chat" in html_of(client, chat, "console-card", "previous")


def test_transcript_shows_what_was_said_and_is_on_record(client, chat):
    customer_says(chat, "Where is my <b>parcel</b>?")
    agent_says(chat, "On its way.")

    html = html_of(client, chat, "console-transcript")

    assert "Where is my &lt;b&gt;parcel&lt;/b&gt;?" in html
    assert "On its way." in html
    assert AuditEvent.objects.filter(action="chat:ReadSession", target_id=str(chat.pk)).exists()


def test_transcript_gives_system_lines_to_the_script_to_word(client):
    session = queued_session()
    client.force_login(make_agent(session.queue))
    services.post_event(session, "rated", "Rated “5”.", actor=session.customer, score=5)

    html = html_of(client, session, "console-transcript")

    assert (
        'data-payload="{&quot;event&quot;: &quot;rated&quot;, &quot;score&quot;: 5}">Rated “5”.</span>'
        in html
    )


def test_transcript_reserves_the_place_of_images(client, chat):
    image = services.add_attachment(chat, actor=chat.agent, upload=uploaded())
    agent_says(chat, "", kind="image", payload={"attachment": str(image.public_id)})

    assert 'width="8" height="6"' in html_of(client, chat, "console-transcript")


def test_targets_show_load_and_leave_out_where_the_chat_is(client, chat):
    busy = make_agent(chat.queue, max_units=1, used_units=1)
    free = make_agent(chat.queue, max_units=4)
    queue = QueueFactory(name="Beauty")

    html = html_of(client, chat, "console-targets")

    assert f'value="queue:{queue.pk}"' in html
    assert f'value="queue:{chat.queue_id}"' not in html
    assert f'value="agent:{chat.agent_id}"' not in html
    assert html.index(f'value="agent:{free.pk}"') < html.index(f'value="agent:{busy.pk}"')
    assert is_disabled(html, busy)
    assert not is_disabled(html, free)


def is_disabled(html, agent) -> bool:
    start = html.index(f'value="agent:{agent.pk}"')
    return "disabled" in html[start : html.index(">", start)]


def test_targets_leave_out_agents_who_are_away(client, chat):
    away = make_agent(chat.queue, online=False)

    assert f"agent:{away.pk}" not in html_of(client, chat, "console-targets")


def test_targets_leave_out_who_may_not_take_the_chat(client, chat):
    other = QueueFactory()
    allow(chat.agent, other)
    stranger = make_agent(other)

    assert f"agent:{stranger.pk}" not in html_of(client, chat, "console-targets")


def test_why_tells_the_way_of_the_chat(client, chat):
    html = html_of(client, chat, "console-why")

    assert "Queued" in html
    assert f"Assigned to {chat.agent.actor_label}" in html


def test_why_names_the_method_that_chose_the_agent(client):
    session = queued_session()
    agent = make_agent(session.queue)
    routing.dispatch()
    client.force_login(agent)

    html = html_of(client, session, "console-why")

    assert f"Offered to {agent.actor_label}" in html
    assert "fewest chats of all who were free" in html


def test_why_of_a_chat_with_the_robot_says_so(client):
    session = ChatSessionFactory()
    client.force_login(StaffFactory(role="manager"))

    assert "was not routed yet" in html_of(client, session, "console-why")


def more_of_everything(session):
    """More of whatever any part lists."""
    for days in range(2):
        closed_session(
            session.agent, customer=session.customer, queue=session.queue, inbox=ChatSessionFactory().inbox
        )
        customer_says(session, "I want to return my shoes")
        agent_says(session, "Sure.", now=timezone.now() + timedelta(days=days))
        FaqFactory(question=f"How do I return shoes of kind {days}?")
        make_agent(session.queue)
        QueueFactory()


@pytest.mark.parametrize("part", PARTS, ids="-".join)
def test_each_part_costs_the_same_with_one_row_and_with_three(client, chat, part, monkeypatch):
    monkeypatch.setattr(knowledge_selectors, "SURE", 2)  # however well the first words fit, all are looked up
    more_of_everything(chat)
    few = least_queries_of(client, chat, *part)
    more_of_everything(chat)

    assert least_queries_of(client, chat, *part) == few


def least_queries_of(client, chat, *part):
    """Of three looks: now and then one also asks whether the index of the FAQs is still the newest."""
    return min((queries_of(client, chat, *part) for _ in range(3)), key=len)


def test_why_tells_of_overflow_and_of_skills(client):
    """Through the real steps: a rule wants a skill, nobody has it, the hold ends, an agent without it is asked."""
    skill, now = SkillFactory(slug="french"), timezone.now()
    queue = QueueFactory(is_default=True, skill_hold_seconds=10)
    RuleFactory(queue=queue).skills.add(skill)
    StepFactory(queue=queue, trigger="wait", threshold=20)
    session = queued_session(queue=queue, now=now - timedelta(seconds=30))
    routing.sweep_overflow(now=now)
    client.force_login(make_agent(queue))
    routing.dispatch(now=now)

    html = html_of(client, session, "console-why")

    assert "wanting french" in html
    assert "Overflow: Offer to leave a message" in html
    assert "lacks french: nobody who has it was free within 10 s" in html
