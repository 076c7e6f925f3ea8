"""HTTP and WebSockets for uvicorn: ``helpdesk.asgi:application``."""

import os
import sys

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings.production")

http = get_asgi_application()  # loads the apps, so it comes before anything that imports models

from apps.common.descriptors import allow_many_files  # noqa: E402
from apps.common.garbage import set_survivors_aside  # noqa: E402
from apps.common.proxies import TrustedProxiesAsgi  # noqa: E402
from helpdesk.routing import websocket_router  # noqa: E402

# The loop of the sockets waits this long for a thread of the ORM to let go of the interpreter, not Python's 5 ms.
sys.setswitchinterval(0.0005)

application = TrustedProxiesAsgi(ProtocolTypeRouter({"http": http, "websocket": websocket_router()}))

allow_many_files()
set_survivors_aside()
