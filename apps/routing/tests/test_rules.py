import pytest

from apps.routing.errors import NoQueue
from apps.routing.models import Queue, RoutingRule
from apps.routing.rules import Case, decide, speaks
from apps.routing.selectors import decide_for
from apps.routing.tests.factories import QueueFactory, RuleFactory

SHOES, GENERAL = Queue(slug="shoes", name="Shoes", priority=3), Queue(slug="general", name="General")


def rule(**conditions):
    return RoutingRule(**{"name": "Rule", "queue": SHOES, **conditions})


@pytest.mark.parametrize(
    ("conditions", "case"),
    [
        ({}, Case()),
        ({"channel": "web"}, Case(channel="web")),
        ({"inbox": "web"}, Case(inbox="Web")),
        ({"source_prefix": "/shoes/"}, Case(source="/shoes/1")),
        ({"product_category": "Shoes"}, Case(product_category="shoes")),
        ({"language": "zh"}, Case(locale="zh-hans")),
        ({"channel": "web", "language": "en"}, Case(channel="web", locale="en-GB", source="/")),
    ],
)
def test_decide_matches(conditions, case):
    assert decide(case, rules=[rule(**conditions)], default=GENERAL).queue == SHOES


@pytest.mark.parametrize(
    ("conditions", "case", "why"),
    [
        ({"channel": "web"}, Case(channel="app"), "channel is 'app', not 'web'"),
        ({"inbox": "web"}, Case(), "inbox is '', not 'web'"),
        (
            {"source_prefix": "/shoes/"},
            Case(source="/bags/1"),
            "source '/bags/1' does not begin with '/shoes/'",
        ),
        ({"product_category": "shoes"}, Case(), "product_category is '', not 'shoes'"),
        ({"language": "en"}, Case(locale="zh-hans"), "locale is 'zh-hans', not 'en'"),
        ({"channel": "web", "language": "en"}, Case(channel="web"), "locale is '', not 'en'"),
    ],
)
def test_decide_passes_over_what_does_not_match_and_says_why(conditions, case, why):
    decision = decide(case, rules=[rule(**conditions)], default=GENERAL)

    assert decision.queue == GENERAL
    assert decision.rule is None
    assert decision.trace == [f"0. Rule: {why}", "no rule matches, default General"]


def test_decide_first_match_wins():
    first, second = rule(queue=GENERAL, position=1), rule(position=2)

    decision = decide(Case(), rules=[first, second], default=None)

    assert decision.rule is first
    assert decision.trace == ["1. Rule: matches, to General"]


@pytest.mark.parametrize(("own", "expected"), [(None, 3), (0, 0), (9, 9)])
def test_decide_priority_is_the_rules_else_the_queues(own, expected):
    assert decide(Case(), rules=[rule(priority=own)], default=None).priority == expected


def test_decide_without_match_and_default():
    with pytest.raises(NoQueue):
        decide(Case(), rules=[], default=None)


@pytest.mark.parametrize(
    ("language", "locale", "expected"),
    [
        ("", "fr", True),
        ("zh", "zh", True),
        ("zh", "zh_CN", True),
        ("zh-Hans", "zh-hans", True),
        ("zh-hans", "zh", False),
        ("en", "eno", False),
        ("en", "", False),
    ],
)
def test_speaks(language, locale, expected):
    assert speaks(language, locale) is expected


@pytest.mark.django_db
def test_decide_for_reads_the_active_rules_by_position():
    wanted = RuleFactory(position=2)
    RuleFactory(position=3)
    RuleFactory(position=1, is_active=False)

    assert decide_for(Case()).rule == wanted


@pytest.mark.django_db
def test_decide_for_falls_back_to_the_default_queue():
    RuleFactory(channel="app")
    default = QueueFactory(is_default=True)

    assert decide_for(Case(channel="web")).queue == default


@pytest.mark.django_db
@pytest.mark.parametrize("rules", [1, 100])
def test_decide_for_costs_the_same_with_more_rules(rules, django_assert_num_queries):
    RuleFactory.create_batch(rules, channel="app")
    QueueFactory(is_default=True)

    with django_assert_num_queries(3):  # rules, their skills, the default queue
        decide_for(Case(channel="web"))
