"""Fixtures for the tests of every app."""

from apps.common.testing.browser import browser, new_page, page
from apps.common.testing.database import _empty_cache, django_db_modify_db_settings, django_db_setup
from apps.common.testing.live import _live_desk_end, live_desk

__all__ = [
    "_empty_cache",
    "_live_desk_end",
    "browser",
    "django_db_modify_db_settings",
    "django_db_setup",
    "live_desk",
    "new_page",
    "page",
]
