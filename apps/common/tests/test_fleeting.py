import re

from apps.common import fleeting
from apps.common.fleeting import LASTS, Fleeting


def test_it_remembers_for_a_minute(monkeypatch):
    asked, now = [], [0.0]
    monkeypatch.setattr(fleeting, "monotonic", lambda: now[0])

    @Fleeting
    def shout(name):
        asked.append(name)
        return re.compile(name.upper())

    for now[0] in (0.0, LASTS - 1, LASTS + 1):
        last = shout("mei")
    assert asked == ["mei", "mei"]

    now[0] = 2 * LASTS + 2
    shout("bo")
    assert shout.cache_info().currsize == 1
    assert re.compile("MEI") is not last
