from apps.chat.events import ChatSessionOpened, ChatSessionReturned, CustomerAskedRobot
from apps.common.events import subscribe
from apps.robot import services, tasks


@subscribe(ChatSessionOpened)
def wake_to_greet(event: ChatSessionOpened) -> None:
    tasks.ring(tasks.greet, event.session_id)


@subscribe(ChatSessionReturned, atomic=True)
def take_back(event: ChatSessionReturned) -> None:
    services.take_back(event.session_id, now=event.at)


@subscribe(CustomerAskedRobot)
def wake_to_answer(event: CustomerAskedRobot) -> None:
    tasks.ring(tasks.answer, event.session_id)
