"""The sockets: visitors' and agents'."""

from apps.chat.consumers.agent import AgentConsumer
from apps.chat.consumers.visitor import VisitorConsumer

__all__ = ["AgentConsumer", "VisitorConsumer"]
