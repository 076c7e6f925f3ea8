from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LANGUAGES = ("en", "zh")
TEXT_MAX = 500  # characters
QUESTIONS_MAX = 6


def in_language(texts: Mapping[str, str], *locales: str) -> str:
    """The text of the first of ``locales`` (``zh-hans`` reads ``zh``), else any there is, else empty."""
    keys = [locale.lower().split("-")[0] for locale in locales]
    return next((texts[key] for key in (*keys, *LANGUAGES) if texts.get(key)), "")


def validate_texts(value: Any) -> None:
    """Raise ``ValidationError`` unless ``value`` maps languages to short texts."""
    if not isinstance(value, dict) or not all(
        key in LANGUAGES and _is_text(text) for key, text in value.items()
    ):
        raise ValidationError(_("Give a text for en and zh, each of at most 500 characters."))


def validate_questions(value: Any) -> None:
    """Raise ``ValidationError`` unless ``value`` lists up to six questions with an id and a text."""
    if not isinstance(value, list) or len(value) > QUESTIONS_MAX or not all(map(_is_question, value)):
        raise ValidationError(_("List up to six questions, each with an id and a text for en or zh."))
    if len({question["id"] for question in value}) != len(value):
        raise ValidationError(_("Two questions have the same id."))


def _is_question(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() - {"id", *LANGUAGES} or len(value) < 2:
        return False
    return bool(value.get("id")) and all(map(_is_text, value.values()))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_MAX
