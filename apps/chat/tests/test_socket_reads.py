import pytest

from apps.audit.models import AuditEvent
from apps.chat.tests.conftest import soon
from apps.chat.tests.factories import make_agent
from apps.common.aio import run_db

pytestmark = pytest.mark.django_db(transaction=True)


def readings(user):
    return AuditEvent.objects.filter(actor_id=user.pk, is_read=True, error_code="")


async def test_the_chats_that_a_socket_shows_are_on_record_once(desk, chat):
    for _ in range(2):
        async with desk.agent(chat.agent) as agent:
            await agent.send("watch", session=chat.id)
            await agent.expect("viewers")

    event = await run_db(readings(chat.agent).get)
    assert (event.action, event.target_id, event.source) == (
        "chat:ReadSession",
        str(chat.session.pk),
        "socket",
    )


async def test_what_a_socket_was_refused_is_on_record(desk, chat):
    other = await run_db(make_agent, chat.queue)

    async with desk.agent(other) as agent:
        await agent.send("typing", session=chat.id, on=True)
        await agent.expect("error")

    await soon(AuditEvent.objects.refusals().exists)
    event = await run_db(AuditEvent.objects.refusals().get)
    assert (event.error_code, event.action, event.source) == ("AccessDenied", "chat:Typing", "socket")
