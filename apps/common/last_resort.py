"""A Celery worker that was told to stop stops, also when the broker and its own children are gone.

Celery joins its pool by reading what the children still have to say, and says itself that a child that died in the
middle of a word leaves it reading for ever: as when all processes of a machine get their signal at once.
"""

import os
import signal
import threading
from typing import Any

from celery.signals import worker_ready
from django.conf import settings

AFTER_S = 5  # beyond the time that running tasks get


@worker_ready.connect(weak=False)
def watch(**_kwargs: object) -> None:
    """Before Celery's own handlers, for they end only where nothing hangs."""
    for number in (signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, _before(signal.getsignal(number)))


def _before(handler: Any) -> Any:
    def handle(*args: Any) -> None:
        timer = threading.Timer(settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT + AFTER_S, leave)
        timer.daemon = True
        timer.start()
        if callable(handler):
            handler(*args)

    return handle


def leave() -> None:
    """End at once, with the children where they are of no other's group."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)
