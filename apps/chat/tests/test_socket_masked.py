"""What a partner's person is told over a socket, and how soon they are not told anything any more."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from apps.access import partners
from apps.access.actors import SYSTEM
from apps.access.models import Vendor
from apps.access.tests.factories import VendorFactory
from apps.chat.consumers import agent_reads
from apps.chat.consumers.hub import current_hub
from apps.chat.masked import masked_head
from apps.chat.models import Message
from apps.chat.services import claim_session, close_session, join_session
from apps.chat.tests.factories import customer_says, make_supervisor, queued_session
from apps.common.aio import run_db
from apps.customers.models import Customer
from apps.customers.services import update_contact
from apps.orders.tests.factories import OrderFactory
from apps.routing.services import dispatch

pytestmark = pytest.mark.django_db(transaction=True)

NAME, PHONE, EMAIL = "欧阳明远", "13987651234", "mingyuan@private-mail.example"
SPOKEN = f"电话{PHONE}，邮箱{EMAIL}，卡 4539 1488 0343 6467"
RECIPIENT = "Ann"
PLANTED = (NAME, RECIPIENT, PHONE, EMAIL, "4539 1488 0343 6467")


@pytest.fixture
def theirs(chat):
    """The chat of a customer who has a name and says a lot, with the agent of a partner."""
    Customer.objects.filter(pk=chat.session.customer_id).update(name=NAME, phone=PHONE, email=EMAIL)
    chat.session.customer.refresh_from_db()
    OrderFactory(customer=chat.session.customer, address={"name": RECIPIENT})
    chat.agent.vendor = VendorFactory(slug="bright")
    chat.agent.save()
    customer_says(chat.session, SPOKEN)
    return chat


@asynccontextmanager
async def deaf_agent(desk, user):
    """Hears everything and keeps it: nothing is taken out of ``heard``."""
    async with desk.agent(user) as peer:
        heard = [peer.welcome]
        take_in = peer._take_in

        async def listen(frame):
            heard.append(frame)
            await take_in(frame)

        peer._take_in = listen
        heard += peer.inbox
        peer.heard = heard
        yield peer


async def test_no_frame_has_what_is_masked_and_the_log_has_it_whole(desk, theirs):
    async with (
        deaf_agent(desk, theirs.agent) as agent,
        desk.visitor(theirs.session) as shopper,
    ):
        await agent.expect("message", seq=3)
        await shopper.send("typing", session=theirs.id, on=True, preview=PHONE[:9])
        await shopper.say(theirs.id, SPOKEN)
        live = await agent.expect("message", seq=4)
        await run_db(queued_session, queue=theirs.queue, customer=theirs.session.customer)
        await agent.expect("typing")
        await agent.say(theirs.id, f"Your number is {PHONE}?")
        asked = await shopper.expect("message", seq=5)

        await agent.say(theirs.id, f"Dear {NAME}, dear {RECIPIENT.lower()}, annual fees")
        greeting = await agent.expect("message", seq=6)

        assert greeting["body"] == "Dear 欧**, dear a**, annual fees"
        assert live["body"] == "电话139****1234，邮箱m***@private-mail.example，卡 ************6467"
        assert live["sender"] == {"kind": "customer", "name": "欧**"}
        assert [value for value in PLANTED if value in str(agent.heard)] == []
        assert PHONE[:9] not in str(agent.heard)
        assert asked["body"] == f"Your number is {PHONE}?"
    stored = await run_db(lambda: list(Message.objects.filter(body=SPOKEN)))
    assert len(stored) == 2


async def test_what_is_offered_and_taken_names_nobody(desk, theirs):
    def waiting():
        session = queued_session(queue=theirs.queue, customer=theirs.session.customer)
        customer_says(session, f"{RECIPIENT} is waiting, says {NAME[2:]}")
        close_session(theirs.session, actor=theirs.agent)
        return session

    session = await run_db(waiting)
    async with deaf_agent(desk, theirs.agent) as agent:
        await run_db(dispatch)
        offer = await agent.expect("offer")
        await agent.send("accept", offer=offer["offer"])
        taken = await agent.expect("session", session=session.public_id, status="active")

        assert offer["preview"] == "A** is waiting, says 明**"
        assert offer["customer"]["name"] == "欧**"
        assert taken["customer"]["name"] == "欧**"
        assert [value for value in PLANTED if value in str(agent.heard)] == []


async def test_the_state_of_a_chat_that_is_taken_over_names_nobody(desk, theirs):
    def taken():
        session = queued_session(queue=theirs.queue, customer=theirs.session.customer)
        customer_says(session, f"For {RECIPIENT}")
        claim_session(session, actor=theirs.agent)
        return session

    async with desk.agent(theirs.agent, cursors="now") as agent:
        await agent.settle()
        session = await run_db(taken)
        state = await agent.expect("session", session=session.public_id)

    assert state["last_message"]["preview"] == "For A**"


async def test_two_bells_of_one_chat_follow_it_once(desk, theirs, monkeypatch):
    """Whoever comes second finds the names of the chat, too."""
    opened = agent_reads.note_opened

    def slowly(*given):
        time.sleep(0.3)
        opened(*given)

    async with desk.agent(theirs.agent, cursors="now") as agent:
        await agent.settle()
        (consumer,) = current_hub()._connections
        session = await run_db(queued_session, queue=theirs.queue, customer=theirs.session.customer)
        await run_db(customer_says, session, f"For {RECIPIENT}")
        monkeypatch.setattr(agent_reads, "note_opened", slowly)
        await agent.send("accept", session=session.public_id)
        state = await agent.expect("session", session=session.public_id)
        await asyncio.sleep(1)

        assert state["last_message"]["preview"] == "For A**"
        assert consumer.tails[session.pk].names


async def test_a_name_that_is_given_while_they_talk_is_masked(desk, theirs):
    async with desk.agent(theirs.agent, cursors="now") as agent:
        await agent.settle()
        customer = theirs.session.customer
        await run_db(lambda: update_contact(customer, actor=customer, name="Mary Jane Smith"))
        await run_db(customer_says, theirs.session, f"Mary, once {NAME}")

        assert (await agent.expect("message"))["body"] == "M**, once 欧**"


async def test_a_colleague_of_the_desk_gets_the_same_line_whole(desk, theirs):
    masked_head.cache_clear()
    supervisor = await run_db(make_supervisor, theirs.queue)
    await run_db(lambda: join_session(theirs.session, actor=supervisor, mode="silent"))
    async with (
        desk.agent(theirs.agent, cursors="now") as agent,
        desk.agent(supervisor, cursors="now") as own,
        desk.visitor(theirs.session) as shopper,
    ):
        ack = await shopper.say(theirs.id, SPOKEN)
        whole = await own.expect("message", seq=ack["seq"])
        masked = await agent.expect("message", seq=ack["seq"])

    assert whole["body"] == SPOKEN
    assert PHONE not in masked["body"]
    assert masked_head.cache_info().misses <= 1


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"networks": ["203.0.113.0/24"]}, {"hours": "never"}],
    ids=["switched off", "network", "hours"],
)
async def test_sockets_close_within_five_seconds(desk, theirs, change):
    async with desk.agent(theirs.agent) as agent:
        if change.get("hours"):
            day = (time.gmtime().tm_wday + 3) % 7 + 1
            change = {"hours": [{"days": [day], "from": "01:00", "to": "01:01"}], "zone": "UTC"}
        vendor = await run_db(Vendor.objects.get)
        await run_db(lambda: partners.update_vendor(vendor, actor=SYSTEM, **change))

        code = await agent.closed(within=10)  # five, and as much again for a busy machine

    assert code == 4403
