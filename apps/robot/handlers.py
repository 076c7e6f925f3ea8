from apps.chat.enums import ChatStatus, SenderKind
from apps.chat.events import ChatSessionOpened, ChatSessionReturned, MessageStored
from apps.chat.models import ChatSession
from apps.common.events import subscribe
from apps.robot import services, tasks


@subscribe(ChatSessionOpened)
def wake_to_greet(event: ChatSessionOpened) -> None:
    tasks.ring(tasks.greet, event.session_id)


@subscribe(ChatSessionReturned, atomic=True)
def take_back(event: ChatSessionReturned) -> None:
    services.take_back(event.session_id, now=event.at)


@subscribe(MessageStored)
def wake_to_answer(event: MessageStored) -> None:
    """A read by primary key is cheaper than a task for every line that customers write to agents."""
    if event.sender_kind != SenderKind.CUSTOMER:
        return
    if ChatSession.objects.filter(pk=event.session_id, status=ChatStatus.BOT).exists():
        tasks.ring(tasks.answer, event.session_id)
