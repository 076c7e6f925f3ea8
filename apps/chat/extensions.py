"""How apps above the chat take part in it without the chat knowing them. Filled once, at start."""

from collections.abc import Callable
from typing import Any

from apps.chat.models import ChatSession

Frame = dict[str, Any]
StateProvider = Callable[[ChatSession, str], list[Frame]]
VisitorCommand = Callable[[ChatSession, Frame], list[Frame]]

_state_providers: list[StateProvider] = []
_visitor_commands: dict[str, VisitorCommand] = {}


def state_frames(provider: StateProvider) -> StateProvider:
    """Decorator: frames that go before each ``session`` frame; called with the session and ``"visitor"|"agent"``."""
    _state_providers.append(provider)
    return provider


def visitor_command(frame_type: str) -> Callable[[VisitorCommand], VisitorCommand]:
    """Decorator: the function answers the visitor's frames of ``frame_type`` with the frames it returns."""

    def register(command: VisitorCommand) -> VisitorCommand:
        _visitor_commands[frame_type] = command
        return command

    return register


def extra_state(session: ChatSession, viewer: str) -> list[Frame]:
    """What the apps above have to say about the state of ``session``."""
    return [frame for provider in _state_providers for frame in provider(session, viewer)]


def visitor_command_for(frame_type: str) -> VisitorCommand | None:
    return _visitor_commands.get(frame_type)
