import pytest
from django.db import IntegrityError, transaction

from apps.access.tests.factories import StaffFactory
from apps.robot.models import RobotTurn
from apps.robot.tests.factories import RobotTurnFactory

pytestmark = pytest.mark.django_db


def refused(**fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        RobotTurnFactory(**fields)
    return True


def test_a_seq_is_taken_up_once():
    turn = RobotTurnFactory()

    assert refused(session=turn.session, customer_seq=turn.customer_seq)


@pytest.mark.parametrize(
    "wrong",
    [{"outcome": "ignored"}, {"outcome": "handed_off"}, {"reason": "asked"}, {"score": 1.2}, {"score": -0.1}],
)
def test_the_database_refuses_an_impossible_turn(wrong):
    assert refused(**wrong)


@pytest.mark.parametrize(
    ("role", "seen"), [("manager", 1), ("supervisor", 1), ("auditor", 1), ("agent", 0), (None, 0)]
)
def test_who_reads_the_turns(role, seen):
    RobotTurnFactory()

    assert RobotTurn.objects.visible_to(StaffFactory(role=role)).count() == seen


def test_a_turn_names_itself():
    turn = RobotTurnFactory(customer_seq=7)

    assert str(turn) == f"{turn.session_id}#7: small_talk"
