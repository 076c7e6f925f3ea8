from datetime import timedelta

import pytest

from apps.chat import history
from apps.chat.models import ChatSession, Message
from apps.chat.tests.factories import active_session, agent_says, customer_says

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    """Lines 1 and 2 are of the desk: queued, assigned."""
    return active_session()


def found(session, text, side="agent", **options):
    return [hit.seq for hit in history.search(fresh(session), side, text, **options).hits]


def fresh(session):
    return ChatSession.objects.get(pk=session.pk)


# Jumps


def test_around_a_message_stand_its_neighbours(session):
    for number in range(10):
        customer_says(session, f"Line {number}")

    page = history.messages_around(session, "agent", 8, limit=4)

    assert [frame["seq"] for frame in page.frames] == [6, 7, 8, 9]
    assert (page.anchor, page.has_older, page.has_newer) == (8, True, True)


def test_around_an_edge_there_is_nothing_beyond(session):
    assert history.messages_around(session, "agent", 1, limit=10).has_older is False
    page = history.messages_around(session, "agent", 99, limit=10)
    assert ([frame["seq"] for frame in page.frames], page.has_newer) == ([1, 2], False)


@pytest.mark.parametrize(("minutes", "seq"), [(-60, 1), (1, 3), (5, 3), (6, 4), (15, 5), (60, 6)])
def test_a_time_is_the_first_line_then_or_later(session, minutes, seq):
    for later in (5, 10, 15):
        customer_says(session, now=session.opened_at + timedelta(minutes=later))

    assert history.first_seq_at(fresh(session), session.opened_at + timedelta(minutes=minutes)) == seq


def test_a_time_in_an_empty_chat_is_its_beginning(session):
    Message.objects.filter(session=session).delete()
    ChatSession.objects.filter(pk=session.pk).update(last_seq=0, last_public_seq=0)

    assert history.first_seq_at(fresh(session), session.opened_at) == 1


def test_unread_is_what_the_other_side_said(session):
    agent_says(session, "Hello")
    customer_says(session, "Hi")
    customer_says(session, "Anybody?")
    ChatSession.objects.filter(pk=session.pk).update(agent_read_seq=3, customer_read_seq=2)

    assert history.first_unread_seq(fresh(session), "agent") == 4
    assert history.first_unread_seq(fresh(session), "customer") == 3


def test_notes_are_not_unread_to_the_customer(session):
    agent_says(session, "VIP", kind="note")

    assert history.first_unread_seq(fresh(session), "customer") == 4


def test_all_read_is_beyond_the_end(session):
    ChatSession.objects.filter(pk=session.pk).update(agent_read_seq=2)

    assert history.first_unread_seq(fresh(session), "agent") == 3


# Search


@pytest.mark.parametrize(
    "text",
    [
        "refund", "REFUND", "efun", "shoes refund", "退款", "鞋", "申请退款", "größe", "GRÖSSE", "SF1234567", "100%",
        " refund\n",
    ],
)  # fmt: skip
def test_words_are_found_anywhere_in_a_message(session, text):
    said = customer_says(
        session, "A Refund for shoes: 我要申请退款，鞋子不合适. Größe 42, GRÖSSE? sf1234567 100%"
    )
    customer_says(session, "Something else")

    assert found(session, text) == [said.seq]


@pytest.mark.parametrize("text", ["", "  ", "refund hats", "_efund", "%", "\x00", "assigned"])
def test_what_was_not_said_is_not_found(session, text):
    customer_says(session, "A refund, please")

    assert found(session, text) == []


def test_the_newest_is_first_and_a_page_goes_on(session):
    seqs = [customer_says(session, f"Box {number}").seq for number in range(5)]
    first = history.search(fresh(session), "agent", "box", limit=2)
    second = history.search(fresh(session), "agent", "box", limit=2, before=first.next_before)
    last = history.search(fresh(session), "agent", "box", limit=2, before=second.next_before)

    assert [hit.seq for page in (first, second, last) for hit in page.hits] == seqs[::-1]
    assert last.next_before is None


def test_one_search_reads_so_many_lines_and_says_where_it_stopped(session, monkeypatch):
    monkeypatch.setattr(history, "SPAN", 3)
    old = customer_says(session, "Needle")
    for _ in range(4):
        customer_says(session, "Hay")

    nothing = history.search(fresh(session), "agent", "needle")
    rest = history.search(fresh(session), "agent", "needle", before=nothing.next_before)

    assert (nothing.hits, nothing.next_before) == ([], 5)
    assert ([hit.seq for hit in rest.hits], rest.next_before) == ([old.seq], 2)


def test_the_customer_finds_no_notes(session):
    agent_says(session, "Secret plan", kind="note")
    said = agent_says(session, "No secret")

    assert found(session, "secret", "customer") == [said.seq]
    assert found(session, "secret") == [said.seq, said.seq - 1]


def test_what_was_withdrawn_is_not_found(session):
    said = agent_says(session, "Wrong price")
    agent_says(session, "", kind="recall", payload={"seq": said.seq})

    assert found(session, "price") == []


def test_files_are_found_by_their_names(session):
    said = customer_says(session, "See:")
    Message.objects.filter(session=session, seq=said.seq).update(
        kind="file", body="", payload={"name": "Invoice 订单.pdf"}
    )

    assert (found(session, "invoice"), found(session, "订单")) == ([said.seq], [said.seq])
    assert history.search(fresh(session), "agent", "订单").hits[0].excerpt == "Invoice 订单.pdf"


def test_other_chats_are_not_searched(session):
    customer_says(active_session(), "Refund")

    assert found(session, "refund") == []


def test_an_excerpt_begins_shortly_before_the_word(session):
    customer_says(session, f"{'x' * 300}\n refund {'y' * 300}")

    (hit,) = history.search(fresh(session), "agent", "REFUND").hits

    assert "refund" in hit.excerpt
    assert len(hit.excerpt) <= history.EXCERPT
    assert (hit.sender_kind, hit.sender_name) == ("customer", session.customer.actor_label)
