"""WebSocket paths of the desk."""

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from django.urls import re_path

from apps.chat.routing import websocket_urlpatterns


class UnknownPath(AsyncWebsocketConsumer):
    """Refuses a socket on a path that leads nowhere."""

    async def connect(self) -> None:
        await self.close(code=4404)


def websocket_router() -> URLRouter:
    """Every socket path; anything else is refused with 4404."""
    return URLRouter([*websocket_urlpatterns, re_path("", UnknownPath.as_asgi())])
