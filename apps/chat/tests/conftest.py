import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import uvicorn
from channels.layers import get_channel_layer
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test import Client

from apps.access.models import User
from apps.access.services import create_token
from apps.chat.consumers.hub import current_hub
from apps.chat.models import ChatSession
from apps.chat.services import claim_session, hand_off
from apps.chat.services.visitors import issue_token
from apps.chat.tests.client import PATIENCE, Agent, Peer, Visitor
from apps.chat.tests.factories import ChatSessionFactory, QueueFactory
from apps.common.aio import run_db
from apps.common.garbage import look_at_all
from apps.common.launch import MAX_FRAME
from apps.routing.models import Queue
from apps.routing.tests.factories import make_agent
from helpdesk.asgi import application

look_at_all()  # importing it set aside what there is; Hypothesis asks the collector about that


class Desk:
    """The desk's sockets under a real uvicorn, in the event loop of the test."""

    async def start(self) -> None:
        config = uvicorn.Config(
            application, host="127.0.0.1", port=0, lifespan="off", log_config=None, ws_max_size=MAX_FRAME,
            ws="helpdesk.socket_protocol:SocketProtocol", ws_per_message_deflate=False,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        config.load()
        self.server = uvicorn.Server(config)
        self.server.lifespan = config.lifespan_class(config)
        await self.server.startup()
        self.host = f"127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"
        self.url, self.origin = f"ws://{self.host}", f"http://{self.host}"

    async def restart(self) -> None:
        await self.server.shutdown()
        await self.start()

    @asynccontextmanager
    async def visitor(
        self, session: ChatSession, *, hello: bool = True, cursors: dict | None = None, **options
    ):
        """A device of the customer of ``session``, welcomed unless ``hello`` is off."""
        token = await run_db(issue_token, session, now=session.opened_at)
        async with Visitor(self.url, token=token, **options) as peer:
            yield await greeted(peer, hello, cursors)

    @asynccontextmanager
    async def agent(self, user: User, *, hello: bool = True, cursors: dict | None = None, **options):
        """An API client that chats for ``user``."""
        token = await run_db(create_token, user, actor=user, name="test")
        async with Agent(self.url, token=token, **options) as peer:
            yield await greeted(peer, hello, cursors)

    async def cookie(self, user: User) -> dict[str, str]:
        """Headers of a browser in which ``user`` is signed in."""
        browser = Client()
        await run_db(browser.force_login, user)
        return {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}


async def greeted(peer: Peer, hello: bool, cursors: dict | None) -> Peer:
    if hello:
        peer.welcome = await peer.hello(cursors)
    return peer


@pytest.fixture
async def desk(transactional_db):
    desk = Desk()
    await desk.start()
    yield desk
    await desk.server.shutdown()
    assert not current_hub()
    await current_hub().stop()
    await get_channel_layer().flush()


@pytest.fixture
def unswept(settings):
    """No sweep comes to help."""
    settings.CHAT_SWEEP_S = 600


@pytest.fixture
def asked(monkeypatch, unswept):
    """Every statement of the ORM from now on, in any thread."""
    statements, execute = [], CursorWrapper.execute

    def noting(cursor, sql, params=None):
        statements.append(sql)
        return execute(cursor, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", noting)
    return statements


@dataclass
class Chat:
    """A chat of one customer with one agent, in the agent's queue."""

    session: ChatSession
    agent: User
    queue: Queue

    @property
    def id(self) -> str:
        return self.session.public_id


@pytest.fixture
def queue(transactional_db) -> Queue:
    return QueueFactory(is_default=True)


@pytest.fixture
def robot_chat(queue) -> ChatSession:
    """A chat that is still with the robot."""
    return ChatSessionFactory()


@pytest.fixture
def chat(queue) -> Chat:
    """A chat that an agent has taken: seq 1 is “queued”, seq 2 “assigned”."""
    agent, session = make_agent(queue), ChatSessionFactory()
    hand_off(session, actor=session.customer, reason="asked")
    claim_session(session, actor=agent)
    return Chat(ChatSession.objects.select_related("customer", "inbox").get(), agent, queue)


async def soon(condition, *, within: float = PATIENCE) -> None:
    """Wait until the sync ``condition`` over the database holds."""
    async with asyncio.timeout(within):
        while not await run_db(condition):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@asynccontextmanager
async def table_away(name: str):
    """A database that answers and refuses: the table ``name`` is missing until the block ends."""
    await run_db(_rename, name, f"{name}_away")
    try:
        yield
    finally:
        await run_db(_rename, f"{name}_away", name)


def hold_session(pk: int, seconds: float) -> None:
    """Nobody else can write into the session for ``seconds``."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM chat_chatsession WHERE id = %s FOR UPDATE", [pk])
        cursor.execute("SELECT pg_sleep(%s)", [seconds])
        cursor.execute("ROLLBACK")


def _rename(table: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")
