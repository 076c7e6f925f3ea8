import pytest

from apps.robot.language import language_of, language_of_locale


@pytest.mark.parametrize(
    ("locale", "lang"),
    [
        ("zh", "zh-hans"),
        ("zh-CN", "zh-hans"),
        ("zh-Hant", "zh-hans"),
        ("en-US", "en"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_locales(locale, lang):
    assert language_of_locale(locale) == lang


@pytest.mark.parametrize(
    ("text", "locale", "lang"),
    [
        ("怎么退货", "en", "zh-hans"),
        ("how do I return it", "zh", "en"),
        ("SH-101", "zh", "zh-hans"),
        ("LL100119 0111", "zh", "zh-hans"),
        ("LL100119, 0111", "en", "en"),
        ("ok", "zh-CN", "zh-hans"),
        ("123", "zh", "zh-hans"),
        ("", "en", "en"),
        ("refund", "en", "en"),
    ],
)
def test_the_script_decides_and_the_locale_helps(text, locale, lang):
    assert language_of(text, locale) == lang
