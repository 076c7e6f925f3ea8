import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from celery import Task, shared_task
from celery.signals import worker_process_init
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from apps.chat.models import ChatSession
from apps.common.errors import DomainError
from apps.knowledge.live_index import index
from apps.robot import selectors, services

logger = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=1)  # the wake-up's own time; what is older has lost it
BATCH = 100


def ring(task: Task, session_id: int) -> None:
    """Start ``task`` for a session on a worker. Never raises: without Redis the sweep does it some seconds later."""
    try:
        task.apply_async((session_id,), queue="live", retry=False, expires=60)
    except Exception:
        logger.warning("A wake-up of the robot was lost.", exc_info=True)


@worker_process_init.connect
def warm_up(**kwargs: object) -> threading.Thread:
    """Build the index before the first customer asks; beside the worker's start, which must be quick."""
    thread = threading.Thread(target=_build_index, daemon=True)
    thread.start()
    return thread


def _build_index() -> None:
    try:
        index.search("ready")  # rebuilds, and reads the encoder
    except Exception:
        logger.warning("The index could not be built ahead; the first question builds it.", exc_info=True)
    finally:
        connection.close()


@shared_task(name="robot.answer")
def answer(session_id: int) -> bool:
    """Answer what waits in a session. Safe to run twice and in parallel."""
    return services.answer(session_id) is not None


@shared_task(name="robot.greet")
def greet(session_id: int) -> bool:
    """Greet whoever opened a session. Safe to run twice and in parallel."""
    return services.greet(session_id) is not None


@shared_task(name="robot.sweep")
def sweep() -> int:
    """Every 5 s by beat: sessions whose wake-up was lost. Returns how many turns were taken."""
    before = timezone.now() - PATIENCE
    greeted = _each(selectors.ungreeted_sessions(before), services.greet)
    return greeted + _each(selectors.unanswered_sessions(before), services.answer)


def _each(sessions: QuerySet[ChatSession], service: Callable[[int], object]) -> int:
    """Run ``service`` for each; one that is refused must not hold up the others."""
    done = 0
    for pk in sessions.values_list("pk", flat=True)[:BATCH]:
        try:
            done += service(pk) is not None
        except DomainError:
            logger.exception("The robot could not take up session %s.", pk)
    return done
