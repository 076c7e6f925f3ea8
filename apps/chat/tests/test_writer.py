"""Group commit, without sockets: what the writer makes of lines and of trouble."""

import asyncio
import json
import threading
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.chat import batches, log, writer
from apps.chat.batches import Sending
from apps.chat.errors import Cancelled, Conflict, SessionClosed
from apps.chat.log import Draft, Receipt
from apps.chat.models import ChatSession, Message
from apps.chat.services import cancel_message, close_session
from apps.chat.statements import Statements
from apps.chat.tests.factories import ChatSessionFactory, active_session
from apps.chat.writer import Writer
from apps.common.aio import run_db
from apps.common.errors import AccessDenied, Invalid, NotFound, Unavailable

pytestmark = pytest.mark.django_db(transaction=True)
POISON = "poison"


@asynccontextmanager
async def writing():
    """A writer, and the wake-ups that it spread."""
    rings = []
    one = Writer(database := Statements(), rings.extend)
    try:
        yield one, rings
    finally:
        await one.close()
        await database.close()


def a_line(session, body="Hello", *, ref=None, actor=None):
    actor = actor or session.customer
    details = {"session_pk": session.pk, "ref": ref or uuid4(), "at": datetime.now(UTC), "guarded": True}
    return log.line_of(Draft("text", body, {}), actor, **details)


async def answers_to(one, lines):
    """What the senders learn, in order."""
    answers = [asyncio.get_running_loop().create_future() for _ in lines]
    for line, answer in zip(lines, answers, strict=True):
        one.submit(Sending(line, "public", answer.set_result))
    async with asyncio.timeout(10):
        return [await answer for answer in answers]


async def answer_to(one, line):
    return (await answers_to(one, [line]))[0]


def in_log(session):
    return list(Message.objects.filter(session=session).order_by("seq").values_list("seq", "body"))


async def test_lines_of_many_sessions_share_a_statement(monkeypatch):
    sessions = await run_db(lambda: [ChatSessionFactory() for _ in range(5)])
    async with writing() as (one, rings):
        calls = counted(one, monkeypatch)
        answers = await answers_to(one, [a_line(session) for session in sessions])

    assert [answer.seq for answer in answers] == [1] * 5
    assert len(calls) == 1
    assert [group for group, _ in rings] == [log.session_group(session.pk) for session in sessions]


def counted(one, monkeypatch):
    """The statements that the writer asks from now on."""
    calls, ask = [], one._database.ask
    monkeypatch.setattr(one._database, "ask", lambda *args: calls.append(args) or ask(*args))
    return calls


async def test_lines_of_one_session_keep_their_order_without_a_gap(monkeypatch):
    session = await run_db(ChatSessionFactory)
    async with writing() as (one, rings):
        calls = counted(one, monkeypatch)
        answers = await answers_to(one, [a_line(session, str(number)) for number in range(30)])

    assert [answer.seq for answer in answers] == list(range(1, 31))
    assert await run_db(in_log, session) == [(number + 1, str(number)) for number in range(30)]
    assert [(ring["prev"], ring["seq"]) for _, ring in rings] == [(seq - 1, seq) for seq in range(1, 31)]
    assert len(calls) == 30 / batches.TURNS_MAX


async def test_turns_leave_the_session_as_one_line_after_the_other_would():
    """Asked, answered, noted, asked twice: in one batch and in five."""
    together, alone = await run_db(two_active)
    async with writing() as (one, _):
        await answers_to(one, list(conversation(together)))
        for line in conversation(alone):
            await answer_to(one, line)

    assert await run_db(noted, together) == await run_db(noted, alone)
    assert (await run_db(noted, alone))["unread_count"] == 3


def two_active():
    made = [active_session().pk, active_session().pk]
    return list(ChatSession.objects.select_related("customer", "agent").filter(pk__in=made))


def conversation(session):
    """Five lines of both sides, a minute between them; the third is for colleagues."""
    said = [(session.customer, "Where?"), (session.agent, "On its way."), (session.agent, "He is angry.")]
    said += [(session.customer, "Since when?"), (session.customer, "Hello?")]
    for minute, (actor, body) in enumerate(said):
        line = a_line(session, body, actor=actor)
        line.at, line.internal = datetime(2026, 1, 1, 12, minute, tzinfo=UTC), minute == 2
        yield line


def noted(session):
    """What lists and sweeps know of it."""
    return ChatSession.objects.values(*log.NOTED).get(pk=session.pk)


async def test_the_answer_comes_after_the_commit_and_before_the_wake_up():
    session = await run_db(ChatSessionFactory)
    seen = []
    async with writing() as (one, _):
        one._spread = lambda rings: seen.append("spread")
        one.submit(Sending(a_line(session), "public", lambda answer: seen.append(answer.seq)))
        await one.drained()

    assert seen == [1, "spread"]


async def test_a_repeat_has_the_first_answer_and_rings_nobody():
    session = await run_db(ChatSessionFactory)
    line = a_line(session)
    async with writing() as (one, rings):
        first, *copies = await answers_to(one, [line, *[a_line(session, ref=line.ref) for _ in range(20)]])

    assert {(copy.seq, copy.at, copy.repeated) for copy in copies} == {(1, first.at, True)}
    assert len(rings) == 1


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda session, ref: cancel_message(session, actor=session.customer, ref=ref), Cancelled),
        (lambda session, ref: close_session(session, actor=session.customer), SessionClosed),
        (lambda session, ref: session.delete(), NotFound),
    ],
    ids=["cancelled", "closed", "gone"],
)
async def test_the_database_refuses(change, refusal):
    session = await run_db(ChatSessionFactory)
    line = a_line(session)
    await run_db(change, session, line.ref)
    async with writing() as (one, rings):
        assert isinstance(await answer_to(one, line), refusal)
        assert not rings


async def test_another_text_under_one_ref_is_a_conflict():
    session = await run_db(ChatSessionFactory)
    line = a_line(session)
    async with writing() as (one, _):
        answers = await answers_to(one, [line, a_line(session, "Else", ref=line.ref), a_line(session)])

    assert isinstance(answers[1], Conflict)
    assert (answers[0].seq, answers[2].seq) == (1, 2)


async def test_a_stranger_may_not_write():
    session, other = await run_db(lambda: [ChatSessionFactory(), ChatSessionFactory()])
    async with writing() as (one, _):
        assert isinstance(await answer_to(one, a_line(session, actor=other.customer)), AccessDenied)

    assert await run_db(in_log, session) == []


def test_a_process_of_the_release_before_is_understood():
    """It sends its lines without turns, and reads columns by their names."""
    session = ChatSessionFactory()
    [[line]] = json.loads(log.turns_json([[a_line(session)]]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT session, outcome, seq FROM chat_append(%s::jsonb, true)", [json.dumps([line])])
        assert cursor.fetchall() == [(session.pk, "stored", 1)]


# Trouble


@pytest.fixture
def poisonous():
    """The database takes no message that says ``POISON``."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE chat_message ADD CONSTRAINT sane CHECK (body <> 'poison')")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE chat_message DROP CONSTRAINT sane")


async def test_a_poisoned_line_is_refused_alone(poisonous):
    sessions = await run_db(lambda: [ChatSessionFactory() for _ in range(4)])
    bodies = ["a", POISON, "c", "d"]
    async with writing() as (one, _):
        lines = [a_line(session, body) for session, body in zip(sessions, bodies, strict=True)]
        lines.append(a_line(sessions[1], "healthy again"))
        answers = await answers_to(one, lines)

    assert [type(answer) for answer in answers] == [Receipt, Invalid, Receipt, Receipt, Receipt]
    assert answers[4].seq == 1


class Holder:
    """Somebody who has a session locked, in a thread."""

    def __init__(self, session):
        self.session, self.held, self.enough = session, threading.Event(), threading.Event()

    def __call__(self):
        with transaction.atomic():
            log.locked(self.session)
            self.held.set()
            assert self.enough.wait(20)


@asynccontextmanager
async def held(session):
    holder = Holder(session)
    task = asyncio.create_task(run_db(holder))
    await asyncio.to_thread(holder.held.wait, 20)
    yield
    holder.enough.set()
    await task


async def test_a_held_session_holds_up_nobody_else(monkeypatch):
    monkeypatch.setattr(batches, "GIVE_UP_S", 20)  # the machine may be busy
    stuck, free = await run_db(lambda: [ChatSessionFactory(), ChatSessionFactory()])
    async with writing() as (one, _):
        async with held(stuck):
            waiting = asyncio.create_task(answer_to(one, a_line(stuck, "waits")))
            await asyncio.sleep(0)
            for number in range(1, 4):
                assert (await answer_to(one, a_line(free, str(number)))).seq == number
            assert not waiting.done()
        assert (await waiting).seq == 1


async def test_whoever_waits_too_long_is_told(monkeypatch):
    monkeypatch.setattr(batches, "GIVE_UP_S", 0.3)
    session = await run_db(ChatSessionFactory)
    async with writing() as (one, _):
        async with held(session):
            assert isinstance(await answer_to(one, a_line(session)), Unavailable)
        assert (await answer_to(one, a_line(session))).seq == 1


def cut_writer(one):
    """End the writer's connection from outside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(%s)", [one._database._pipeline.connection.info.backend_pid]
        )


async def test_a_cut_connection_is_replaced():
    session = await run_db(ChatSessionFactory)
    async with writing() as (one, _):
        await answer_to(one, a_line(session))
        await run_db(cut_writer, one)
        assert (await answer_to(one, a_line(session))).seq == 2


async def test_a_commit_whose_answer_was_lost_is_found_again(monkeypatch):
    session = await run_db(ChatSessionFactory)
    async with writing() as (one, rings):
        await answer_to(one, a_line(session))
        ask, died = one._database._pipeline.ask, []

        async def dies_after(*args):
            await ask(*args)
            died.append(True)
            await one._database._pipeline.close()
            raise ConnectionResetError

        monkeypatch.setattr(one._database._pipeline, "ask", dies_after)
        answer = await answer_to(one, a_line(session, "once"))

    assert (answer.seq, answer.repeated, died) == (2, True, [True])
    assert rings[-1] == (log.session_group(session.pk), writer.behind_ring(session.pk))
    assert await run_db(in_log, session) == [(1, "Hello"), (2, "once")]


async def test_no_answer_is_given_that_may_not_be_true(monkeypatch):
    monkeypatch.setattr(batches, "GIVE_UP_S", 0.2)
    session = await run_db(ChatSessionFactory)
    async with writing() as (one, _):

        async def dies(*args):
            await asyncio.sleep(0.3)
            raise ConnectionResetError

        await answer_to(one, a_line(session))
        monkeypatch.setattr(one._database._pipeline, "ask", dies)
        assert await answer_to(one, a_line(session)) is None


async def test_a_session_that_is_held_says_nothing_of_what_was_sent_before(monkeypatch):
    """The connection died, and the server may still be at the commit: it holds the session."""
    monkeypatch.setattr(batches, "GIVE_UP_S", 0.5)
    session = await run_db(ChatSessionFactory)
    async with writing() as (one, _):
        await answer_to(one, a_line(session))
        lost = one._database._pipeline

        async def dies(*args):
            await lost.close()
            raise ConnectionResetError

        monkeypatch.setattr(lost, "ask", dies)
        async with held(session):
            assert await answer_to(one, a_line(session)) is None


async def test_too_many_are_told_to_come_again(monkeypatch):
    monkeypatch.setattr(writer, "WAITING_MAX", 2)
    session = await run_db(ChatSessionFactory)
    async with writing() as (one, _):
        answers = await answers_to(one, [a_line(session) for _ in range(3)])

    assert isinstance(answers[2], Unavailable)


async def test_who_takes_no_more_begins_nothing_and_ends_what_it_began():
    session = await run_db(ChatSessionFactory)
    async with writing() as (one, _):
        begun = asyncio.create_task(answer_to(one, a_line(session, "one")))
        while not one.busy or one._waiting:  # noqa: ASYNC110
            await asyncio.sleep(0)
        waits = asyncio.create_task(answer_to(one, a_line(session, "two")))
        await asyncio.sleep(0)
        with one.refusing():
            assert isinstance(await answer_to(one, a_line(session)), Unavailable)
            assert isinstance(await waits, Unavailable)
            assert (await begun).seq == 1
        assert (await answer_to(one, a_line(session, "three"))).seq == 2

    assert await run_db(in_log, session) == [(1, "one"), (2, "three")]


async def test_a_sender_that_cannot_be_told_keeps_no_other_waiting():
    answers, outcome = [], (next(iter(log.REFUSALS)), None, None, None, None)
    lines = [
        SimpleNamespace(line=None, answered=answered) for answered in (lambda _answer: 1 / 0, answers.append)
    ]
    Writer(None, lambda rings: None)._tell([(one, outcome) for one in lines])

    assert len(answers) == 1
