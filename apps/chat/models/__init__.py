from apps.chat.models.attachment import Attachment
from apps.chat.models.message import CancelledRef, Message
from apps.chat.models.rules import TerminationRule
from apps.chat.models.session import ChatSession, Participant, VisitorToken, WrapUp

__all__ = [
    "Attachment",
    "CancelledRef",
    "ChatSession",
    "Message",
    "Participant",
    "TerminationRule",
    "VisitorToken",
    "WrapUp",
]
