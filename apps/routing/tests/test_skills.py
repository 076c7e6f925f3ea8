from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.routing.models import Offer, QueueEntry
from apps.routing.rules import Case, Decision
from apps.routing.selectors import decide_for
from apps.routing.services import dispatch, enqueue
from apps.routing.tests.factories import (
    KIND,
    QueueFactory,
    RuleFactory,
    SkillFactory,
    make_agent,
    teach,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def queue():
    return QueueFactory(skill_hold_seconds=60)


@pytest.fixture
def french():
    return SkillFactory(slug="french")


def wanting(queue, *skills, now=NOW, **decision):
    decision = Decision(queue, 0, trace=["by hand"], skills=skills, **decision)
    return enqueue(kind=KIND, item_id=1, decision=decision, actor=SYSTEM, now=now)


def asked():
    return [offer.agent for offer in Offer.objects.all()]


def test_only_the_skilled_are_asked_at_first(queue, french):
    make_agent(queue)
    speaker = make_agent(queue, used_units=4)
    teach(speaker, french)
    wanting(queue, "french")

    dispatch(now=NOW)

    assert asked() == [speaker]
    assert Offer.objects.get().why["missing_skills"] == []


def test_all_skills_are_wanted(queue, french):
    teach(make_agent(queue), french)
    both = make_agent(queue, used_units=4)
    teach(both, french, SkillFactory(slug="shoes"))
    wanting(queue, "french", "shoes")

    dispatch(now=NOW)

    assert asked() == [both]


def test_without_the_skill_the_item_is_held_and_blocks_nobody(queue, french):
    agent = make_agent(queue)
    wanting(queue, "french")
    other = enqueue(kind=KIND, item_id=2, decision=Decision(queue, 0), actor=SYSTEM, now=NOW)

    dispatch(now=NOW)

    assert asked() == [agent]
    assert Offer.objects.get().entry == other


def test_after_the_hold_others_are_asked_and_the_trace_says_so(queue, french):
    agent = make_agent(queue)
    wanting(queue, "french", now=NOW - timedelta(seconds=60))

    dispatch(now=NOW)

    assert asked() == [agent]
    why = Offer.objects.get().why
    assert (why["skills"], why["missing_skills"], why["held_seconds"]) == (["french"], ["french"], 60)
    assert QueueEntry.objects.get().trace[-1]["why"] == why


def test_after_the_hold_the_skilled_still_come_first(queue, french):
    make_agent(queue)
    speaker = make_agent(queue, used_units=4)
    teach(speaker, french)
    wanting(queue, "french", now=NOW - timedelta(minutes=5))

    dispatch(now=NOW)

    assert asked() == [speaker]


def test_a_skill_that_nobody_knows_any_more_only_holds(queue):
    make_agent(queue)
    wanting(queue, "gone", now=NOW - timedelta(minutes=5))

    assert dispatch(now=NOW) == 1


def test_the_rules_method_stands_over_the_queues(queue):
    make_agent(queue, last_assigned_at=NOW, used_units=0)
    next_in_turn = make_agent(queue, last_assigned_at=NOW - timedelta(hours=1), used_units=3)
    wanting(queue, allocation="round_robin")

    dispatch(now=NOW)

    assert asked() == [next_in_turn]
    assert Offer.objects.get().why["method"] == "round_robin"


def test_a_rule_brings_skills_and_method(queue, french):
    rule = RuleFactory(queue=queue, allocation="longest_idle")
    rule.skills.add(french, SkillFactory(slug="basics"))

    decision = decide_for(Case())

    assert (decision.skills, decision.allocation, decision.method) == (
        ("basics", "french"),
        "longest_idle",
        "longest_idle",
    )
    assert decision.trace == [f"{rule}: matches, to {queue}, wanting basics, french"]


def test_what_the_decision_says_stands_on_the_entry(queue, french):
    rule = RuleFactory(queue=queue, allocation="longest_idle")
    rule.skills.add(french)

    entry = enqueue(kind=KIND, item_id=1, decision=decide_for(Case()), actor=SYSTEM)

    entry.refresh_from_db()
    assert (entry.rule, entry.skills, entry.allocation) == (rule, ["french"], "longest_idle")


def test_sticky_without_the_last_agent_is_least_busy(queue):
    make_agent(queue, used_units=3)
    free = make_agent(queue)
    wanting(queue, allocation="sticky")

    dispatch(now=NOW)

    assert asked() == [free]
