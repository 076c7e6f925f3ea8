from channels.sessions import SessionMiddlewareStack
from django.urls import path

from apps.chat.consumers import AgentConsumer, VisitorConsumer

websocket_urlpatterns = [
    path("ws/visitor/", VisitorConsumer.as_asgi()),
    path("ws/agent/", SessionMiddlewareStack(AgentConsumer.as_asgi())),
]
