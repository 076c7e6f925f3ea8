from apps.knowledge.enums import FaqLanguage
from apps.knowledge.matching.text import detect_language


def language_of_locale(locale: str) -> str:
    """The language that the desk answers in for a locale such as ``zh-CN``; English for all others."""
    return FaqLanguage.CHINESE if locale.lower().startswith("zh") else FaqLanguage.ENGLISH


def language_of(text: str, locale: str) -> str:
    """The language of a message by its script; numbers and one Latin word ("SH-101", "ok") do not count."""
    detected = detect_language(text)
    words = [word for word in text.split() if not any(sign.isdigit() for sign in word)]
    if detected is None or (detected == FaqLanguage.ENGLISH and len(words) < 2):
        return language_of_locale(locale)
    return detected
