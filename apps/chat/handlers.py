"""What the chat does when work moves."""

from apps.access import viewing
from apps.access.events import AccessChanged
from apps.access.models import User
from apps.access.shown_files import as_uuid
from apps.access.viewing import Personal
from apps.chat import files, log, services
from apps.chat.models import Attachment, ChatSession, Message
from apps.chat.selectors import KIND
from apps.common.events import subscribe
from apps.common.wake import wake
from apps.customers.events import CustomerChanged
from apps.notifications.channels import Telling, channel
from apps.notifications.enums import ChannelName
from apps.routing.events import (
    OfferEnded,
    PresenceChanged,
    QueueChanged,
    SeatLapsed,
    WorkAssigned,
    WorkMoving,
    WorkOffered,
    WorkOverflowed,
)


def _find(user: User, key: str) -> Message | None:
    """A line by ``<public id of the chat>:<seq>``; nothing of a withdrawn one."""
    session, _, seq = key.rpartition(":")
    if not (seq.isdecimal() and len(seq) < 10):
        return None
    visible = ChatSession.objects.visible_to(user).filter(public_id=session).values("pk")
    return Message.objects.filter(session__in=visible, seq=int(seq), recalled_by=None).first()


viewing.register(
    viewing.Source(
        Message,
        {"body": Personal.TEXT},
        key=lambda message: f"{message.session.public_id}:{message.seq}",
        find=_find,
        whose=lambda message: message.session.customer_id,
    )
)


def _find_file(user: User, key: str) -> Attachment | None:
    """A file by ``<public id of the chat>:<its own>``."""
    session, _, public_id = key.rpartition(":")
    visible = ChatSession.objects.visible_to(user).filter(public_id=session).values("pk")
    rows = Attachment.objects.filter(session__in=visible).exclude(file="").select_related("session")
    return rows.filter(public_id=as_uuid(public_id)).first()


viewing.register(
    viewing.Source(
        Attachment,
        {"file": Personal.FILE},
        key=lambda file: files.key_of(file.session.public_id, file.public_id),
        find=_find_file,
        whose=lambda file: file.session.customer_id,
        value=lambda file, _, user: files.shown_path(
            files.key_of(file.session.public_id, file.public_id), user
        ),
    )
)


@subscribe(AccessChanged)
def look_again(event: AccessChanged) -> None:
    """The sockets of whom it is about ask at once what they may; of a change of a role, the sweep tells its holders."""
    if isinstance(event.target, User):
        wake(log.user_group(event.target), type="agent.access")
    elif getattr(event.target, "user_id", None):  # a grant, an assumed role, a token
        wake(log.user_group(event.target.user_id), type="agent.access")


@subscribe(CustomerChanged)
def tell_names(event: CustomerChanged) -> None:
    """Whoever sees masks is to see the new name masked as well."""
    if "name" in event.fields:
        for pk in ChatSession.objects.live().filter(customer=event.customer_id).values_list("pk", flat=True):
            wake(log.session_group(pk), type="chat.named", session_pk=pk)


@subscribe(WorkMoving, atomic=True)
def lock_session(event: WorkMoving) -> None:
    """The session row is the first lock on every path."""
    if event.kind == KIND:
        log.locked(event.item_id)


@subscribe(WorkAssigned, atomic=True)
def follow_assignment(event: WorkAssigned) -> None:
    if event.kind == KIND:
        services.follow_assignment(
            event.item_id, agent_pk=event.agent_id, queue_pk=event.queue_id, accepted_by=event.accepted_by
        )


@subscribe(WorkOverflowed, atomic=True)
def follow_overflow(event: WorkOverflowed) -> None:
    if event.kind == KIND:
        services.follow_overflow(event.item_id, action=event.action, queue_pk=event.queue_id)


@subscribe(WorkOffered)
@subscribe(OfferEnded)
def push_offers(event: WorkOffered | OfferEnded) -> None:
    if event.kind == KIND:
        wake(log.user_group(event.agent_id), type="agent.offers")


@subscribe(QueueChanged)
def push_queue(event: QueueChanged) -> None:
    wake(log.queue_group(event.queue_id), type="queue.changed", queue_pk=event.queue_id)


@subscribe(PresenceChanged)
def push_presence(event: PresenceChanged) -> None:
    wake(log.user_group(event.user_id), type="agent.presence")


@subscribe(SeatLapsed)
def requeue_chats(event: SeatLapsed) -> None:
    """Nobody answers for a vanished agent: their chats go back to their places. Swept too, should this be lost."""
    for session in ChatSession.objects.filter(agent=event.user_id, status="active").order_by("pk"):
        services.requeue_session(session, reason="agent_lost")


@channel(ChannelName.CHAT)
def tell_in_chat(telling: Telling) -> bool:
    """Notifications reach a customer who has a chat open and looks at it."""
    receipt = services.post_notice(
        telling.customer_id,
        milestone=telling.milestone,
        text=telling.text,
        ref=telling.ref,
        now=telling.at,
    )
    return receipt is not None
