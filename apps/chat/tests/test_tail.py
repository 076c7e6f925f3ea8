import asyncio

import pytest

from apps.chat.consumers.tail import Tail


class Clock(asyncio.AbstractEventLoop):
    """A loop whose time passes when told."""

    def __init__(self):
        self.now, self.timers = 0.0, []

    def time(self):
        return self.now

    def call_later(self, delay, callback):
        return self.call_at(self.now + delay, callback)

    def call_at(self, moment, callback):
        timer = Timer(moment, callback, self.timers)
        self.timers.append(timer)
        return timer

    def pass_to(self, moment):
        while due := [timer for timer in self.timers if timer.at <= moment]:
            timer = min(due, key=lambda timer: timer.at)
            self.timers.remove(timer)
            self.now = timer.at
            timer.callback()
        self.now = moment


class Timer:
    def __init__(self, at, callback, timers):
        self.at, self.callback, self.timers = at, callback, timers

    def when(self):
        return self.at

    def cancel(self):
        if self in self.timers:
            self.timers.remove(self)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("apps.chat.consumers.tail.asyncio.get_running_loop", lambda: clock)
    return clock


@pytest.fixture
def log(clock):
    """What the owner did, as (moment, pushed again?)."""
    return []


@pytest.fixture
def tail(clock, log):
    tail = Tail(
        1,
        "x",
        "customer",
        due=lambda tail: log.append((clock.now, tail.again())),
        missing=lambda tail: log.append((clock.now, "missing")),
    )
    tail.start(4)
    return tail


def test_pushes_at_0_2_and_6_seconds_then_gives_up_at_10(tail, clock, log):
    tail.sent(5, own=False)
    clock.pass_to(60)

    assert log == [(2.0, True), (6.0, True), (10.0, False)]


def test_confirmation_ends_the_pushing(tail, clock, log):
    tail.sent(5, own=False)
    clock.pass_to(3)
    assert tail.confirm(5)
    clock.pass_to(60)

    assert log == [(2.0, True)]
    assert not tail.outstanding


def test_partial_confirmation_starts_anew_for_the_rest(tail, clock, log):
    tail.sent(5, own=False)
    tail.sent(6, own=False)
    clock.pass_to(5)
    tail.confirm(5)
    clock.pass_to(60)

    assert log == [(2.0, True), (7.0, True), (11.0, True), (15.0, False)]


def test_stale_confirmation_gives_no_more_time(tail, clock, log):
    tail.sent(5, own=False)
    clock.pass_to(1.9)
    tail.confirm(4)
    clock.pass_to(2)

    assert log == [(2.0, True)]


def test_later_messages_do_not_put_off_the_push(tail, clock, log):
    tail.sent(5, own=False)
    clock.pass_to(1.5)
    tail.sent(6, own=False)
    clock.pass_to(2)

    assert log == [(2.0, True)]


def test_own_messages_need_no_confirmation(tail, clock, log):
    tail.sent(5, own=True)
    clock.pass_to(60)

    assert log == []
    assert tail.cursor == 5


def test_confirmation_beyond_what_was_sent_counts_up_to_it(tail):
    tail.sent(5, own=False)
    tail.confirm(99)
    tail.sent(6, own=False)

    assert tail.confirmed == 5
    assert tail.outstanding


def test_confirmation_is_news_once(tail):
    tail.sent(5, own=False)

    assert [tail.confirm(5), tail.confirm(5), tail.confirm(4)] == [True, False, False]


def test_start_is_no_confirmation_by_itself(tail):
    assert tail.confirm(4)


def test_one_timer_serves_many_pushes(tail, clock, log):
    """Set for the first, it rings for nobody who has confirmed, and then for the one who has not."""
    for seq in range(5, 50):
        tail.sent(seq, own=False)
        assert len(clock.timers) == 1
        tail.confirm(seq)
        clock.pass_to(clock.now + 0.1)
    tail.sent(50, own=False)
    pushed = clock.now
    clock.pass_to(60)

    assert log == [
        (pytest.approx(pushed + after), more) for after, more in [(2, True), (6, True), (10, False)]
    ]


def test_a_timer_that_is_set_for_later_is_set_anew(tail, clock, log):
    tail.sent(5, own=False)
    clock.pass_to(3)  # pushed again after 2 s, which had four seconds to be confirmed
    tail.confirm(5)
    tail.sent(6, own=False)
    clock.pass_to(5)

    assert log == [(2, True), (5, True)]


def test_a_new_start_forgets_what_was_pushed_before(tail, clock, log):
    tail.sent(5, own=False)
    tail.start(5)
    clock.pass_to(10)
    tail.sent(6, own=False)
    clock.pass_to(12)

    assert log == [(12, True)]


def test_stop_ends_the_timer(tail, clock, log):
    tail.sent(5, own=False)
    tail.stop()
    clock.pass_to(60)

    assert log == []


def test_what_comes_too_early_waits_for_what_goes_before_it(tail, clock, log):
    assert tail.hold(6, {"seq": 7})
    assert tail.hold(5, {"seq": 6})
    assert tail.released() is None  # 5 is yet to come

    tail.sent(5, own=True)
    assert tail.released() == {"seq": 6}
    tail.sent(6, own=True)
    assert tail.released() == {"seq": 7}
    tail.sent(7, own=True)
    clock.pass_to(60)

    assert (tail.released(), log) == (None, [])


def test_what_never_comes_is_asked_of_the_database_once(tail, clock, log):
    tail.hold(6, {"seq": 7})
    tail.hold(8, {"seq": 9})
    clock.pass_to(60)

    assert log == [(1.0, "missing")]
    assert tail.released() is None


def test_only_so_much_is_held(tail):
    assert all(tail.hold(seq, {}) for seq in range(5, 105))
    assert not tail.hold(105, {})


def test_nothing_is_held_after_the_end(tail, clock, log):
    tail.hold(6, {"seq": 7})
    tail.end()
    clock.pass_to(60)

    assert log == []
