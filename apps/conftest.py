"""Fixtures for the tests of every app."""

from apps.common.testing.database import _empty_cache, _keep_static_tables, django_db_setup

__all__ = ["_empty_cache", "_keep_static_tables", "django_db_setup"]
