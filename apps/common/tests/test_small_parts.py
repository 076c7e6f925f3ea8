"""Ids, request context, throttle and wake-ups."""

from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.cache import cache
from django.http import HttpResponse
from redis.exceptions import TimeoutError as RedisTimeout

from apps.common import context, throttle
from apps.common.context import RequestContextMiddleware
from apps.common.errors import RateLimited
from apps.common.ids import digest, new_token, public_id
from apps.common.wake import EVERYBODY, origin, wake

# Ids


def test_ids_are_short_random_and_fit_addresses():
    ids = {public_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all(len(one) == 22 and one.replace("-", "").replace("_", "").isalnum() for one in ids)


def test_tokens_are_longer():
    assert len(new_token()) == 43
    assert new_token() != new_token()


def test_a_digest_is_sha256():
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert len(digest("\ud800")) == 64


# Where a request comes from


def through_middleware(rf, **headers):
    seen = []

    def view(request):
        seen.append(context.current())
        return HttpResponse()

    response = RequestContextMiddleware(view)(rf.get("/", headers=headers))
    return seen[0], response


def test_a_request_has_a_context(rf):
    seen, response = through_middleware(rf, user_agent="Firefox")

    assert (seen.ip, seen.user_agent, seen.source) == ("127.0.0.1", "Firefox", "http")
    assert response["X-Request-ID"] == seen.request_id
    assert context.current() == context.RequestContext()


def test_a_sane_request_id_is_kept(rf):
    assert through_middleware(rf, x_request_id="req-12345")[0].request_id == "req-12345"


@pytest.mark.parametrize("given", ["short", "x" * 65, "tab\there-too", "ünicode-id", ""])
def test_a_strange_request_id_is_replaced(rf, given):
    seen, response = through_middleware(rf, x_request_id=given)

    assert seen.request_id != given
    assert len(response["X-Request-ID"]) == 22


def test_a_long_user_agent_is_cut(rf):
    assert len(through_middleware(rf, user_agent="x" * 1000)[0].user_agent) == 300


@pytest.mark.parametrize("address", ["", "unix:", "not an address"])
def test_what_is_no_address_is_none(rf, address):
    request = rf.get("/", REMOTE_ADDR=address)
    seen = []

    RequestContextMiddleware(lambda request: seen.append(context.current()) or HttpResponse())(request)

    assert seen[0].ip is None


def test_contexts_nest():
    outer, inner = context.RequestContext("outer"), context.RequestContext("inner")

    with context.use(outer):
        with context.use(inner):
            assert context.current() == inner
        assert context.current() == outer


def test_a_context_ends_with_an_error():
    with pytest.raises(RuntimeError), context.use(context.RequestContext("outer")):
        raise RuntimeError

    assert context.current().request_id == ""


# Throttle


def test_the_limit_is_exact():
    assert [throttle.allow("key", limit=3, window_s=60) for _ in range(5)] == [True, True, True, False, False]


def test_each_key_has_its_own_count():
    assert not any(throttle.allow("a", limit=0, window_s=60) for _ in range(2))
    assert throttle.allow("b", limit=1, window_s=60)


@pytest.mark.parametrize("text", ["two words", "\x03ð\U000b92d5", "x" * 300, "\ud800"])
def test_whatever_people_typed_is_counted(text):
    assert [throttle.allow(text, limit=1, window_s=60) for _ in range(2)] == [True, False]
    assert throttle.used(text) == 2


def test_a_new_window_begins_anew():
    assert throttle.allow("key", limit=1, window_s=60)
    cache.delete("throttle:key")

    assert throttle.allow("key", limit=1, window_s=60)


def test_beyond_the_limit_it_says_when_to_come_again():
    throttle.require("key", limit=1, window_s=60)

    with pytest.raises(RateLimited) as refused:
        throttle.require("key", limit=1, window_s=60)

    assert refused.value.extra == {"retry_after": 60}


@pytest.fixture
def _redis_is_away(settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    settings.CHANNEL_LAYERS = {
        "default": {**settings.CHANNEL_LAYERS["default"], "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]}}
    }


@pytest.mark.usefixtures("_redis_is_away")
def test_without_redis_nobody_is_shut_out(caplog):
    assert all(throttle.allow("key", limit=0, window_s=60) for _ in range(2))
    assert "away" in caplog.text


# Wake-ups


def test_a_wake_up_reaches_other_processes():
    layer = get_channel_layer()

    async def ring():
        name = await layer.new_channel()
        await layer.group_add(EVERYBODY, name)
        wake("test.group", type="ping.it", number=1)
        wake("test.group", type="ping.it", number=2)
        return [await layer.receive(name) for _ in range(2)]

    packets = async_to_sync(ring)()
    assert {packet["origin"] for packet in packets} == {origin()}
    assert [packet["rings"] for packet in packets] == [
        [["test.group", {"type": "ping.it", "number": number}]] for number in (1, 2)
    ]


def test_a_wake_up_is_heard_in_the_process_itself(monkeypatch):
    """Who hears it there has a loop, which publishes it: this thread does not wait for Redis."""
    heard, published = [], []
    monkeypatch.setattr("apps.common.wake.listeners", {lambda rings: heard.extend(rings) or loop_runs})
    monkeypatch.setattr("apps.common.wake._publish", published.extend)
    for loop_runs in (True, False):
        wake("test.group", type="ping.it", runs=loop_runs)

    assert [event["runs"] for _group, event in heard] == [True, False]
    assert [event["runs"] for _group, event in published] == [False]


@pytest.mark.usefixtures("_redis_is_away")
def test_a_lost_wake_up_harms_nobody(caplog):
    wake("test.group", type="ping.it")

    assert "lost" in caplog.text


class Hanging:
    """A Redis that gives no answer, until ``fine``."""

    def __init__(self) -> None:
        self.asked, self.fine = 0, False

    def publish(self, *_args) -> None:
        self.asked += 1
        if not self.fine:
            raise RedisTimeout("No answer")


def test_after_a_lost_wake_up_there_is_silence_for_a_while(monkeypatch):
    """Each would hold a thread, and its connection to the database, for seconds."""
    hanging, clock = Hanging(), [100.0]
    monkeypatch.setattr("apps.common.wake._client", lambda address: hanging)
    monkeypatch.setattr("apps.common.wake._silent_until", {})
    monkeypatch.setattr("apps.common.wake.time", SimpleNamespace(monotonic=lambda: clock[0]))

    def asked_at(at: float) -> int:
        clock[0] = at
        wake("test.group", type="ping.it")
        return hanging.asked

    assert [asked_at(at) for at in (100, 100, 100.9, 101.1, 101.5)] == [1, 1, 1, 2, 2]
    hanging.fine = True
    assert [asked_at(at) for at in (102, 102.2, 102.2)] == [2, 3, 4]
