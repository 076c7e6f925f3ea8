from enum import StrEnum

from apps.access.registry import register_actions


class EventAction(StrEnum):
    """What a policy may grant over events from outside and the sources that send them."""

    READ = "eventbridge:ReadEventAny"
    REPLAY = "eventbridge:ReplayEventAny"
    READ_SOURCE = "eventbridge:ReadSourceAny"
    MANAGE_SOURCES = "eventbridge:ManageSourcesAny"


register_actions(
    EventAction,
    manager=set(EventAction),
    auditor={EventAction.READ, EventAction.READ_SOURCE},
    api_client={EventAction.READ},
)
