"""System lines come in English with the name of what happened; both clients word them by that name."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from apps.chat.enums import ChatStatus, CloseReason, JoinMode

SCRIPTS = settings.BASE_DIR / "static" / "js"
WRITTEN = re.compile(r'(?:append|post)_event\(\s*session,\s*"(\w+)"')


def read(*parts):
    return Path(SCRIPTS, *parts).read_text(encoding="utf-8")


def events():
    """Every name that a service gives to a system line."""
    apps = settings.BASE_DIR / "apps"
    paths = [*apps.glob("*/services.py"), *apps.glob("*/services/*.py")]
    found = {name for path in paths for name in WRITTEN.findall(path.read_text(encoding="utf-8"))}
    return found | {"transferred", "requeued"}  # those two by way of a variable


def keys_of(name):
    """Keys of the object ``name`` of the console's ``events.js``."""
    body = re.search(rf"const {name} = \{{\n(.*?)\n\}};", read("console", "events.js"), re.S)[1]
    return set(re.findall(r"^  (\w+): ", body, re.M))


def test_the_names_are_found():
    assert events() >= {"queued", "assigned", "closed", "reopened", "joined", "warning", "rated", "note"}


def test_the_console_words_every_event():
    assert events() - keys_of("EVENTS") == {"note"}  # shown as a note, with its own text


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_widget_words_every_event_that_customers_see(language):
    words = set(re.findall(r"^  event_(\w+):", read("widget", f"strings-{language}.js"), re.M))

    assert events() - words == {"note"}  # internal


def test_the_console_words_every_reason_mode_and_status():
    assert set(CloseReason.values) <= keys_of("CLOSE_REASONS")
    assert set(JoinMode.values) <= keys_of("JOINS")
    assert all(f"    {status}: gettext(" in read("console", "events.js") for status in ChatStatus.values)
