"""Each fault test can fail: with a bug planted, the checker finds what is wrong."""

import asyncio
import re
from contextlib import contextmanager

import pytest

from apps.chat.tests.faults.checker import settle
from apps.chat.tests.faults.clients import Transcript
from apps.chat.tests.faults.load import talking
from apps.chat.tests.faults.outbox import FAILED, UNCONFIRMED, Outbox, Pace
from apps.chat.tests.faults.proxy import DROP, PASS, TWICE, Proxy, dropping, text_frame

pytestmark = pytest.mark.faults_long  # many in all

HOLE = r"I3 .* first other: \d"  # another line where one has to be, not just a list that is late
APPLICATION = "apps.chat.tests.faults.planted:application"


@pytest.fixture
async def planted(desk):
    """``planted(name)``: a web process, beside the two, that has this bug."""
    file, name = desk.folder / "planted", "planted"
    file.write_text("")
    if not desk.alive(name):
        desk.start_web(name, application=APPLICATION, PLANTED=str(file))
        await desk.up(name)

    def plant(bug: str) -> str:
        file.write_text(bug)
        return f"ws://127.0.0.1:{desk.ports[name]}"

    return plant


async def found(desk, *, url: str | None = None, seconds: float = 2, cut: bool = False, change=None) -> str:
    """What the checker says of a short talk, in one text."""
    async with talking(desk, pairs=2, urls=[url] if url else None) as talk:
        if change:
            change(talk)
        async with talk.going_on():
            for client in talk.clients if cut else ():
                await client.cut()
                await talk.everybody_says("meanwhile")
                await asyncio.sleep(seconds / len(talk.clients))
            await asyncio.sleep(seconds)
        return "\n".join(await talk.violations(within=3))


async def test_a_healthy_desk_has_no_violation(desk, planted):
    async with talking(desk, pairs=2, urls=[planted("")]) as talk:
        async with talk.going_on():
            for client in talk.clients:
                await client.cut()
                await asyncio.sleep(0.5)
        assert await talk.violations() == []


@pytest.mark.parametrize(
    ("bug", "words"),
    [
        ("lost_delivery", HOLE),
        ("no_catch_up", HOLE),
        ("random_refs", "shown as sent"),
        ("wrong_seq", "shown as sent"),
    ],
)
async def test_bug_in_the_server_is_found(desk, planted, bug, words):
    assert re.search(words, await found(desk, url=planted(bug), cut=True))


# With something else that goes wrong at the same time


@contextmanager
def triggered(desk, table: str, when: str, body: str):
    """A trigger of PL/pgSQL on ``table`` within the block."""
    desk.sql(f"CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body} END$$")
    desk.sql(f"CREATE TRIGGER planted {when} ON {table} FOR EACH ROW EXECUTE FUNCTION planted()")
    try:
        yield
    finally:
        desk.sql(f"DROP TRIGGER planted ON {table}")
        desk.sql("DROP FUNCTION planted()")


async def test_ack_before_commit_is_found(desk, planted):
    refuse = "IF NEW.seq % 3 = 0 THEN RAISE EXCEPTION 'Refused by the test.'; END IF; RETURN NEW;"
    with triggered(desk, "chat_message", "BEFORE INSERT", refuse):
        assert "shown as sent" in await found(desk, url=planted("ack_before_commit"))


@pytest.mark.parametrize(("bug", "words"), [("", ""), ("forgotten_tombstone", "shown as failed")])
async def test_forgotten_tombstone_is_found(desk, planted, bug, words):
    """The copy that was lost on the way arrives when the client has given up."""
    proxy = Proxy(planted(bug), dropping("send", 1.0, seed=1))
    async with proxy.running(), talking(desk, pairs=1, urls=[proxy.url]) as talk:
        client = talk.visitors[0]
        line = await client.say(talk.sessions[0], "late")
        await settle(desk, talk.clients, talk.sessions)
        assert line.state == FAILED
        proxy.rule = lambda _way, _frame: PASS
        await client.put(line.frame())
        await asyncio.sleep(0.5)
        assert words in (text := "\n".join(await talk.violations(within=3)))
        assert bool(words) == bool(text)


async def test_lost_rows_are_found(desk):
    lose = "IF NEW.seq % 4 = 0 THEN DELETE FROM chat_message WHERE id = NEW.id; END IF; RETURN NULL;"
    with triggered(desk, "chat_message", "AFTER INSERT", lose):
        assert "seqs [" in await found(desk)


async def test_gap_in_seq_is_found(desk):
    moved = "NEW.last_seq > OLD.last_seq AND NEW.last_seq % 4 = 0"
    skip = f"IF {moved} THEN NEW.last_seq = NEW.last_seq + 1; END IF; RETURN NEW;"
    with triggered(desk, "chat_chatsession", "BEFORE UPDATE", skip):
        assert "seqs [" in await found(desk)


async def test_repeats_on_the_screen_are_found(desk):
    proxy = Proxy(desk.urls()[0], lambda _way, frame: TWICE if frame.get("type") == "message" else PASS)

    def forget_what_was_shown(talk):
        for client in talk.visitors:
            client.transcripts = {session: Careless() for session in client.transcripts}

    async with proxy.running():
        assert re.search(HOLE, await found(desk, url=proxy.url, change=forget_what_was_shown))


class Careless(Transcript):
    """Shows whatever comes."""

    def take(self, frame):
        self.rows.append(frame)
        self.cursor = max(self.cursor, frame["seq"])
        return "applied"


async def test_client_that_overlooks_gaps_is_found(desk):
    proxy = Proxy(desk.urls()[0], dropping("message", 0.3, seed=1))

    def overlook(talk):
        for client in talk.visitors:
            client.transcripts = {session: Careless() for session in client.transcripts}

    async with proxy.running():
        assert re.search(HOLE, await found(desk, url=proxy.url, change=overlook))


async def test_failed_without_asking_is_found(desk):
    """A client that calls a message failed because no ack came."""
    proxy = Proxy(desk.urls()[0], dropping("ack", 1.0, seed=1))

    def impatient(talk):
        for client in talk.clients:
            client.outbox.__class__ = Impatient

    async with proxy.running():
        assert "shown as failed" in await found(desk, url=proxy.url, change=impatient)


class Impatient(Outbox):
    """Owes nobody a cancel, and believes in acks alone."""

    def stored(self, ref, seq):
        return None

    async def _next(self, line):
        await super()._next(line)
        if line.state == UNCONFIRMED:
            line.state = FAILED


async def test_lines_in_wrong_order_are_found(desk):
    held: list[dict] = []

    def swapped(_way, frame):
        """Two sends that follow each other change places."""
        if frame.get("type") != "send":
            return PASS
        held.append(frame)
        return DROP if len(held) % 2 else b"".join(text_frame(f, masked=True) for f in reversed(held[-2:]))

    proxy = Proxy(desk.urls()[0], swapped)
    async with proxy.running(), talking(desk, pairs=1, urls=[proxy.url], pace=Pace()) as talk:
        for number in range(4):
            await talk.visitors[0].say(talk.sessions[0], str(number))
        assert "Order" in "\n".join(await talk.violations())
