import pytest

from apps.common import events


@pytest.fixture
def heard(monkeypatch):
    """``heard(Event)`` lists the events of that kind published since the test began, in order."""
    published = []
    for kind in _kinds():
        handlers = [*events._after_commit[kind], published.append]
        monkeypatch.setitem(events._after_commit, kind, handlers)
    return lambda kind: [event for event in published if isinstance(event, kind)]


def _kinds():
    from apps.tickets import events as ours

    return [
        kind for kind in vars(ours).values() if isinstance(kind, type) and kind.__module__ == ours.__name__
    ]
