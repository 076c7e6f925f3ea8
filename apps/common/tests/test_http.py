import httpx
import pytest
from django.core.cache import cache

from apps.common.breaker import FAILURES, Breaker
from apps.common.embedded.program import free_port
from apps.common.http import MAX_BYTES, Answer, Outside, Unreachable
from apps.common.sandbox import Fault, Reply, Sandbox
from apps.common.testing.standins import serving

QUICK = httpx.Timeout(0.3, connect=0.3)


class Echo(Sandbox):
    """Counts what reached it."""

    def __init__(self):
        super().__init__()
        self.effects = 0
        self.route("POST", "/things/{name}", self.make)
        self.route("GET", "/big", lambda request: Reply(body=b"x" * (MAX_BYTES + 1)))
        self.route("GET", "/elsewhere", lambda request: Reply(302, headers={"Location": "http://10.0.0.1/"}))

    def make(self, request):
        self.effects += 1
        shown = {"name": request.args["name"], "query": request.query, "said": request.headers.get("x-said")}
        return Reply(201, {**shown, "body": request.body.decode()})


@pytest.fixture
def echo():
    cache.clear()
    sandbox = Echo()
    with serving(sandbox) as url:
        yield sandbox, Outside("echo", url, timeout=QUICK)


def test_a_call_carries_everything(echo):
    _sandbox, outside = echo

    answer = outside.call(
        "POST",
        "/things/工单",
        params={"q": "a b"},
        body="内容".encode(),
        sign=lambda method, url, body: {"X-Said": f"{method} {len(body)}"},
    )

    assert (answer.status, answer.ok) == (201, True)
    assert answer.json() == {"name": "工单", "query": {"q": "a b"}, "said": "POST 6", "body": "内容"}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_repeatable_call_is_tried_again(echo, status):
    sandbox, outside = echo
    sandbox.faults.append(Fault("/things", "status", status=status, headers={"Retry-After": "0"}))

    assert outside.call("POST", "/things/a", attempts=2).status == 201
    assert len(sandbox.calls) == 2


def test_other_calls_are_tried_once(echo):
    sandbox, outside = echo
    sandbox.faults.append(Fault("/things", "status", status=500))

    assert outside.call("POST", "/things/a").status == 500
    assert len(sandbox.calls) == 1


def test_a_long_wait_is_the_callers_to_plan(echo):
    sandbox, outside = echo
    sandbox.faults.append(Fault("/things", "status", status=429, headers={"Retry-After": "60"}))

    answer = outside.call("POST", "/things/a", attempts=3)

    assert (answer.status, answer.retry_after) == (429, 60)


def test_each_attempt_is_signed_anew(echo):
    sandbox, outside = echo
    sandbox.faults.append(Fault("/things", "status", status=503, headers={"Retry-After": "0"}))
    stamps = iter("12")

    answer = outside.call("POST", "/things/a", sign=lambda *_: {"X-Said": next(stamps)}, attempts=2)

    assert answer.json()["said"] == "2"


@pytest.mark.parametrize(
    ("kind", "effects"), [("drop_before", 0), ("drop_after", 1), ("slow", 0)], ids=["before", "after", "slow"]
)
def test_no_answer_leaves_the_outcome_open(echo, kind, effects):
    sandbox, outside = echo
    sandbox.faults.append(Fault("/things", kind, seconds=1))

    with pytest.raises(Unreachable) as caught:
        outside.call("POST", "/things/a")

    assert caught.value.sent
    assert sandbox.effects == effects


def test_a_refused_connection_never_carried_the_call():
    outside = Outside("nobody", f"http://127.0.0.1:{free_port()}", timeout=QUICK)

    with pytest.raises(Unreachable) as caught:
        outside.call("GET", "/")

    assert not caught.value.sent


def test_an_endless_answer_is_cut(echo):
    with pytest.raises(Unreachable, match="DecodingError"):
        echo[1].call("GET", "/big")


def test_redirects_are_not_followed(echo):
    assert echo[1].call("GET", "/elsewhere").status == 302


def test_calls_are_held_back_after_failures_and_resume(echo):
    sandbox, outside = echo
    sandbox.faults.append(Fault("/things", "status", status=500, times=FAILURES))
    for _ in range(FAILURES):
        outside.call("POST", "/things/a")

    with pytest.raises(Unreachable, match="held back"):
        outside.call("POST", "/things/a")
    assert outside.breaker.is_open()

    cache.delete("breaker:echo:probe")  # as after the pause
    assert outside.call("POST", "/things/a").status == 201
    assert not outside.breaker.is_open()
    assert outside.call("POST", "/things/a").status == 201


def test_of_many_who_ask_one_may_probe():
    cache.clear()
    breaker = Breaker("probed")
    for _ in range(FAILURES):
        breaker.failed()
    cache.delete("breaker:probed:probe")

    assert [breaker.allows() for _ in range(4)] == [True, False, False, False]


def test_without_a_cache_calls_go_out(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{free_port()}",
        }
    }
    breaker = Breaker("lonely")
    for _ in range(FAILURES):
        breaker.failed()

    assert breaker.allows()
    assert not breaker.is_open()


def test_a_path_that_spells_an_address_stays_with_its_system():
    """The address of a certificate comes from the peer: its path must not lead elsewhere."""
    outside = Outside("somebody", "https://trusted.example/base")

    for path in ("/https://evil.example/key.pem", "https://evil.example/key.pem", "//evil.example/key.pem"):
        url = outside._address(path)
        assert url.host == "trusted.example"
        assert url.path.startswith("/base/")


@pytest.mark.parametrize("value", ["²", "soon", ""])
def test_an_odd_retry_after_is_none(value):
    assert Answer(503, {"retry-after": value}, b"").retry_after is None
