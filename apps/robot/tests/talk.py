"""A customer's side of a conversation with the robot."""

from uuid import uuid4

from apps.chat import services as chat
from apps.chat.models import ChatSession, Message
from apps.robot import services
from apps.robot.models import RobotTurn


def say(session: ChatSession, *texts: str) -> int:
    """The customer writes; returns the seq of the last line."""
    for text in texts:
        receipt = chat.post_message(session, actor=session.customer, ref=uuid4(), body=text)
    return receipt.seq


def ask(session: ChatSession, *texts: str) -> RobotTurn | None:
    """The customer writes and the robot takes it up."""
    say(session, *texts)
    return services.answer(session.pk)


def robot_lines(session: ChatSession) -> list[Message]:
    """What the robot has said, in order."""
    return list(Message.objects.filter(session=session, sender_kind="bot").order_by("seq"))


def choices(message: Message) -> list[str]:
    """The texts to tap under a message."""
    return [reply["text"] for reply in message.payload.get("quick_replies", [])]
