import pytest

from apps.eventbridge import registry
from apps.eventbridge.tests.factories import Handler


@pytest.fixture
def handler():
    """``handler("shop.*", error, …)``: registered for the test, and gone after it."""
    made = []

    def register(pattern, *failures, **options):
        made.append(Handler(pattern, *failures, **options))
        return made[-1]

    yield register
    for one in made:
        registry.forget(one)


@pytest.fixture(autouse=True)
def _only_own_handlers(monkeypatch):
    """What other apps do with these events is not ours to test."""
    monkeypatch.setattr(registry, "_handlers", [])
