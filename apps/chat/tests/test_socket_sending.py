from uuid import uuid4

from apps.chat.models import Message
from apps.common.aio import run_db


async def test_send_is_acknowledged_and_stored(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        ref = str(uuid4())
        ack = await shopper.say(chat.id, "Where is my parcel?", ref=ref)

    row = await run_db(Message.objects.get, ref=ref)
    assert ack == {"type": "ack", "ref": ref, "session": chat.id, "seq": 3, "at": row.at.isoformat()}
    assert (row.seq, row.body, row.sender_kind) == (3, "Where is my parcel?", "customer")
