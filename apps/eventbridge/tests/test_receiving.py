import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.eventbridge.models import InboundEvent
from apps.eventbridge.services import keep
from apps.eventbridge.tests.factories import SECRET, EventSourceFactory, cloud_event, encoded, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return EventSourceFactory(slug="shop")


def send(body, headers=None, *, slug="shop", **more):
    body = body if isinstance(body, bytes) else encoded(body)
    headers = signed(body) if headers is None else headers
    kind = headers.get("content-type", "application/json")
    return Client().post(f"/api/v1/events/{slug}/", body, content_type=kind, headers=headers, **more)


def test_a_signed_event_is_kept_as_it_came(shop):
    body = encoded(cloud_event(time="2026-11-20T09:00:00+08:00"))

    answer = send(body)

    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "duplicates": 0})
    event = InboundEvent.objects.get()
    assert (event.source, event.origin, event.event_id) == (shop, "shop.order", "e-1")
    assert (event.type, event.subject, event.state) == ("shop.order.shipped", "O-1001", "new")
    assert event.occurred_at == datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert bytes(event.raw) == body
    assert event.headers["webhook-id"] == "msg-1"


def test_the_same_event_again_is_taken_and_not_kept(shop):
    send(cloud_event())

    answer = send(cloud_event(data={"other": "text"}))

    assert (answer.status_code, answer.json()) == (202, {"accepted": 0, "duplicates": 1})
    assert json.loads(bytes(InboundEvent.objects.get().raw))["data"]["order_no"] == "O-1001"


def test_the_same_id_of_another_origin_or_source_is_another_event(shop):
    EventSourceFactory(slug="second")

    send(cloud_event())
    send(cloud_event(source="shop.refund"))
    send(cloud_event(), slug="second")

    assert InboundEvent.objects.count() == 3


def test_a_batch_is_kept_one_by_one(shop):
    send(cloud_event(id="b"))

    answer = send([cloud_event(id="a"), cloud_event(id="b"), cloud_event(id="c", subject="O-2")])

    assert answer.json() == {"accepted": 2, "duplicates": 1}
    assert json.loads(bytes(InboundEvent.objects.get(event_id="c").raw))["subject"] == "O-2"


def test_an_event_twice_in_a_batch_is_kept_once(shop):
    assert send([cloud_event(), cloud_event()]).json() == {"accepted": 1, "duplicates": 1}


def test_a_batch_with_one_bad_event_is_refused_whole(shop):
    answer = send([cloud_event(id="a"), cloud_event(id="")])

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not InboundEvent.objects.exists()


def test_a_binary_event_has_its_attributes_in_headers(shop):
    body = encoded({"order_no": "O-1"})
    attributes = cloud_event(subject="%E8%AE%A2%E5%8D%95")
    headers = {f"ce-{name}": value for name, value in attributes.items() if name != "data"}

    answer = send(body, signed(body) | headers | {"content-type": "application/json"})

    assert answer.status_code == 202
    event = InboundEvent.objects.get()
    assert (event.form, event.subject, event.event_id) == ("binary", "订单", "e-1")
    assert bytes(event.raw) == body


def test_the_content_decides_not_its_type(shop):
    body = encoded(cloud_event())

    assert send(body, signed(body) | {"content-type": "text/plain"}).status_code == 202


@pytest.mark.parametrize("kind", ["application/xml", "application/cloudevents+avro", "multipart/form-data"])
def test_formats_without_json_are_unknown(shop, kind):
    body = b"<event/>"

    answer = send(body, signed(body) | {"content-type": kind})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": 7},
        {"id": "x" * 201},
        {"source": ""},
        {"type": None},
        {"type": "nul\x00"},
        {"subject": "\ud83d"},
        {"subject": ["list"]},
        {"specversion": "0.3"},
    ],
)
def test_events_that_are_none_are_refused(shop, change):
    body = json.dumps(cloud_event(**change)).encode()

    answer = send(body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"7", b"null", b"\xff\xfe", b"[7]", b"[" * 20_000])
def test_bodies_that_are_no_events_are_refused(shop, body):
    assert send(body).status_code == 400


@pytest.mark.parametrize("payload", ["[" * 20_000, '{"a":' * 20_000])
def test_a_payload_nested_too_deep_is_refused(shop, payload):
    attributes = {f"ce-{name}": value for name, value in cloud_event().items() if name != "data"}
    packed = base64.b64encode(payload.encode()).decode()
    forms = [
        (payload.encode(), attributes),
        (encoded(cloud_event(data_base64=packed)), {}),
        (encoded([cloud_event(data_base64=packed)]), {}),
        (encoded(cloud_event(data_base64="e")), {}),
        (encoded(cloud_event(data_base64=[7])), {}),
    ]

    for body, more in forms:
        answer = send(body, signed(body) | more | {"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not InboundEvent.objects.exists()


def test_unknown_fields_are_no_harm(shop):
    event = cloud_event(aliyunpublishtime="2020-11-19T21:04:42.179PRC", new={"deep": [1]})

    assert send(event).status_code == 202


@pytest.mark.parametrize("time", [None, "yesterday", "2026-13-45T00:00:00Z", "2026-11-20T09:00:00", 7])
def test_an_event_without_a_usable_time_counts_from_its_receipt(shop, time):
    send(cloud_event(time=time))

    event = InboundEvent.objects.get()
    assert event.occurred_at == event.received_at


def test_an_event_from_the_future_counts_from_its_receipt(shop):
    send(cloud_event(time=(timezone.now() + timedelta(days=1)).isoformat()))

    event = InboundEvent.objects.get()
    assert event.occurred_at == event.received_at


def test_256_kib_are_taken_and_no_more(shop):
    frame = len(encoded(cloud_event(data="")))

    assert send(cloud_event(data="x" * (256 * 1024 - frame))).status_code == 202
    answer = send(cloud_event(id="e-2", data="x" * (256 * 1024 - frame + 1)))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_megabyte_is_refused_before_anything_else(shop):
    assert send(b"x" * 1024 * 1024, {}).status_code == 413


def test_an_unknown_source_is_not_found(db):
    assert send(cloud_event(), slug="nobody").status_code == 404


def test_a_retired_source_says_so(shop):
    shop.is_active = False
    shop.save()

    answer = send(cloud_event())

    assert (answer.status_code, answer.json()["code"]) == (410, "source_retired")


def test_secrets_are_not_kept_with_the_event(db):
    EventSourceFactory(slug="shop", auth="bearer")

    send(cloud_event(), {"authorization": f"Bearer {SECRET}", "cookie": "a=b", "x-trace": "7"})

    headers = InboundEvent.objects.get().headers
    assert headers["x-trace"] == "7"
    assert SECRET not in json.dumps(headers)
    assert "cookie" not in headers


def test_who_is_refused_again_and_again_has_to_wait(shop, monkeypatch):
    monkeypatch.setattr("apps.common.api.deliveries.REFUSALS_PER_MINUTE", 2)
    for _ in range(2):
        assert send(cloud_event(), {}).status_code == 401

    assert send(cloud_event(), {}).status_code == 429
    assert send(cloud_event(), REMOTE_ADDR="10.0.0.7").status_code == 202


def test_any_accept_header_gets_an_answer(shop):
    body = encoded(cloud_event())

    assert send(body, signed(body) | {"accept": "text/html"}).status_code == 202


def test_get_is_not_allowed(shop):
    assert Client().get("/api/v1/events/shop/").status_code == 405


def handshake(slug="shop", **headers):
    return Client().options(f"/api/v1/events/{slug}/", headers=headers)


def test_the_handshake_allows_an_active_source(shop):
    answer = handshake(**{"webhook-request-origin": "shop.example", "webhook-request-rate": "120"})

    assert (answer.status_code, answer["Allow"]) == (200, "POST, OPTIONS")
    assert (answer["WebHook-Allowed-Origin"], answer["WebHook-Allowed-Rate"]) == ("shop.example", "*")


def test_the_handshake_agrees_to_nothing_for_a_retired_source(shop):
    shop.is_active = False
    shop.save()

    assert "WebHook-Allowed-Origin" not in handshake(**{"webhook-request-origin": "shop.example"})


def test_no_handshake_without_an_origin(shop):
    assert "WebHook-Allowed-Origin" not in handshake()


def test_what_an_adapter_verified_is_kept_once():
    kept = {"name": "Carrier", "type": "carrier.push", "subject": "SF1", "raw": b'{"a": 1}', "headers": {}}

    assert [keep("carrier", **kept), keep("carrier", **kept)] == [True, False]

    event = InboundEvent.objects.get()
    assert (event.type, event.subject, event.source.auth) == ("carrier.push", "SF1", "adapter")


def test_nobody_can_send_in_the_name_of_an_adapter():
    EventSourceFactory(slug="carrier", auth="adapter", secret="")

    assert send(cloud_event(), slug="carrier").status_code == 401
