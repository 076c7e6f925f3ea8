from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from apps.chat.models import Message
from apps.robot import services
from apps.robot.models import RobotTurn
from apps.robot.tests.talk import robot_lines, say
from apps.routing.models import QueueEntry

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def together(work):
    """Run ``work`` in several threads at the same moment; returns what they returned."""
    barrier = Barrier(THREADS)

    def run(_):
        try:
            barrier.wait(timeout=10)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_many_answers_at_once_are_one(session, faqs):
    say(session, "How do I return something?")

    turns = together(lambda: services.answer(session.pk))

    assert sum(turn is not None for turn in turns) == 1
    assert len(robot_lines(session)) == RobotTurn.objects.count() == 1


def test_many_hand_offs_at_once_are_one(session):
    say(session, "human")

    together(lambda: services.answer(session.pk))

    assert len(robot_lines(session)) == 1
    assert QueueEntry.objects.filter(item_id=session.pk).count() == 1
    assert Message.objects.filter(session=session, payload__event="queued").count() == 1


def test_many_greetings_at_once_are_one(session):
    together(lambda: services.greet(session.pk))

    assert len(robot_lines(session)) == 1
