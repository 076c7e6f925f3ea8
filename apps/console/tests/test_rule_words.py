import re

import pytest
from django.utils.translation import override

from apps.console.rule_words import rule_words
from apps.routing.rules import Case, decide
from apps.routing.tests.factories import QueueFactory, RuleFactory

pytestmark = pytest.mark.django_db
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def trace_of(case, **conditions):
    """What routing writes when ``case`` meets one rule with ``conditions``."""
    rule = RuleFactory.build(name="Rule", queue=QueueFactory(name="Shoes"), **conditions)
    return decide(case, rules=[rule], default=QueueFactory(name="General")).trace


@pytest.mark.parametrize(
    ("case", "conditions"),
    [
        (Case(), {}),
        (Case(channel="web"), {"channel": "app"}),
        (Case(inbox="web"), {"inbox": "vip"}),
        (Case(product_category="shoes"), {"product_category": "beauty"}),
        (Case(source="https://shop.example/it's"), {"source_prefix": "https://other.example/"}),
        (Case(locale="en"), {"language": "zh"}),
        (Case(customer_level="regular"), {"customer_level": "vip"}),
        (Case(source="/shop/SH-101/"), {"product": "EL-302"}),
    ],
)
def test_every_line_that_routing_writes_is_translated(case, conditions):
    blank = {"channel": "", "inbox": "", "product_category": "", "source_prefix": "", "language": ""}

    lines = trace_of(case, **blank | conditions)

    with override("zh-hans"):
        assert [line for line in lines if not CHINESE.search(rule_words(line))] == []


def test_facts_and_values_are_named():
    with override("zh-hans"):
        words = rule_words("1. Rule: product_category is 'shoes', not 'beauty'")

    assert words == "1. Rule：商品类目为“shoes”，不是“beauty”"


def test_english_reads_as_before():
    assert rule_words("1. Rule: matches, to Shoes") == "1. Rule: matches, to Shoes"
    assert rule_words("1. Rule: locale is 'en', not 'zh'") == "1. Rule: language is “en”, not “zh”"


def test_an_unknown_line_stays():
    with override("zh-hans"):
        assert rule_words("moved by hand") == "moved by hand"
