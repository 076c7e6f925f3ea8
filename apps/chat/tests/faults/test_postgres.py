"""PostgreSQL that cuts connections, restarts or refuses: nothing is acknowledged that is not stored."""

import asyncio
from contextlib import contextmanager

from apps.chat.tests.faults.load import talking
from apps.chat.tests.faults.outbox import FAILED, SENDING, SENT, Pace

CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@contextmanager
def refusing(desk, condition: str = "true"):
    """New messages that fit ``condition`` (SQL over ``NEW``) are refused within the block."""
    desk.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$BEGIN IF {condition} THEN RAISE EXCEPTION 'Refused by the test.'; END IF; RETURN NEW; END$$"
    )
    desk.sql("CREATE TRIGGER refuse BEFORE INSERT ON chat_message FOR EACH ROW EXECUTE FUNCTION refuse()")
    try:
        yield
    finally:
        desk.sql("DROP TRIGGER refuse ON chat_message")
        desk.sql("DROP FUNCTION refuse()")


async def test_cut_database_connections_lose_nothing(desk):
    async with talking(desk, pace=Pace()) as talk:
        async with talk.going_on():
            for _ in range(5):
                await asyncio.sleep(0.5)
                await asyncio.to_thread(desk.sql, CUT)
        assert await talk.violations() == []
        assert talk.count(FAILED) == 0


async def test_database_restart_loses_nothing(desk):
    async with talking(desk, pace=Pace()) as talk:
        async with talk.going_on():
            await asyncio.sleep(1)
            await desk.stop("postgres")
            desk.start(desk.programs["postgres"])
            await desk.up("postgres")
            await asyncio.sleep(1)
        assert await talk.violations() == []
        assert talk.count(FAILED) == 0


async def test_while_inserts_are_refused_nothing_is_acknowledged_and_then_all_is(desk):
    async with talking(desk, pace=Pace()) as talk:
        await talk.violations()
        before = [client.transcript(session).cursor for client, session in everybody(talk)]
        with refusing(desk):
            lines = await talk.everybody_says("refused at first")
            async with asyncio.timeout(9):  # then the third attempt is over
                while not all(line.nacks for line in lines):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            assert {line.state for line in lines} == {SENDING}
            assert {line.code for line in lines} == {"unavailable"}
            assert [client.transcript(session).cursor for client, session in everybody(talk)] == before
        assert await talk.violations() == []
        assert {line.state for line in lines} == {SENT}


def everybody(talk):
    return [
        *zip(talk.visitors, talk.sessions, strict=True),
        *zip(talk.consoles, talk.sessions, strict=True),
    ]


async def test_poisoned_message_fails_alone(desk):
    async with talking(desk, pace=Pace.quick(0.6)) as talk:
        with refusing(desk, "NEW.body LIKE 'poison%'"):
            batches = await asyncio.gather(
                *(talk.everybody_says("before"), talk.visitors[7].say(talk.sessions[7], "poison")),
                *(talk.everybody_says(f"after {n}") for n in range(3)),
            )
            poison = batches.pop(1)
            assert await talk.violations() == []
        assert poison.state == FAILED
        assert poison.nacks > 0 or poison.code not in ("", "cancelled")
        others = [line for batch in batches for line in batch]
        assert {(line.state, line.nacks) for line in others} == {(SENT, 0)}
