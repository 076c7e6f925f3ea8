import pytest

from apps.knowledge.matching.text import detect_language
from apps.robot.enums import HandOffReason
from apps.robot.intents import Intent
from apps.robot.phrases import say

NAMES = ["greeting", "clarify", "clarify_openly", "list", *HandOffReason, *(set(Intent) - {Intent.HUMAN})]


@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize("lang", ["en", "zh-hans"])
def test_everything_can_be_said_in_each_language(name, lang):
    assert detect_language(say(name, lang, category="")) == lang
