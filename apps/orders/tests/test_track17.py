import hashlib
import json

import pytest
from django.test import Client

from apps.common.errors import Invalid
from apps.common.http import Unreachable
from apps.eventbridge.errors import BadSignature
from apps.eventbridge.models import InboundEvent
from apps.orders.carriers.base import CarrierBusy, CarrierRefused, Parcel
from apps.orders.carriers.track17 import Track17, signature
from apps.orders.tests.factories import ShipmentFactory

DHL = "JJD000390007176"  # of the demo: out for delivery
USPS = "LK829104417CN"
B = '{"id":1,"name":"工单"}'.encode()


@pytest.fixture
def track17(carriers):
    return Track17()


def parcel(number=DHL, carrier="dhl"):
    return Parcel(tag="7", number=number, carrier=carrier)


def test_the_vector_of_a_push():
    assert signature(B, "K") == "99bbb6c3a5f8622da881c0dbc5f195b715c74d8b4eb25634ad751e9a91a2a21a"


def test_a_parcel_that_is_registered_is_told_about(track17, carriers):
    track17.register(parcel())

    snapshot = track17.fetch([parcel()]).snapshots[DHL]

    assert carriers.track17.registered[DHL] == {"number": DHL, "carrier": 100001, "tag": "7"}
    assert (snapshot.status, len(snapshot.scans)) == ("out_for_delivery", 8)
    known = carriers.parcels.get(DHL)["scans"][-1]
    newest = max(snapshot.scans, key=lambda scan: scan.at)
    assert (newest.at, newest.text, newest.location) == (known["at"], known["text"], known["location"])
    assert snapshot.eta is not None


def test_registered_before_is_registered(track17):
    track17.register(parcel())

    track17.register(parcel())


def test_a_parcel_that_is_not_registered_is_refused(track17):
    assert track17.fetch([parcel()]).refused[DHL].startswith("-18019902")


def test_many_parcels_are_one_call(track17, carriers):
    for each in (parcel(), parcel(USPS, "usps")):
        track17.register(each)
    before = len(carriers.calls)

    fetched = track17.fetch([parcel(), parcel(USPS, "usps"), parcel("unknown")])

    assert set(fetched.snapshots) == {DHL, USPS}
    assert set(fetched.refused) == {"unknown"}
    assert len(carriers.calls) == before + 1


def test_an_unknown_carrier_is_left_to_them_to_find(track17, carriers):
    track17.register(parcel("X1", "pigeon"))

    assert "carrier" not in carriers.track17.registered["X1"]


def test_more_calls_than_three_a_second_wait_their_turn(track17, carriers):
    for number in range(4):
        track17.register(parcel(f"X{number}"))

    assert len(carriers.track17.registered) == 4


def test_a_wrong_key_is_refused(track17):
    track17.keys = ["another"]

    with pytest.raises(CarrierRefused, match="401"):
        track17.register(parcel())


def test_too_many_calls_say_how_long_to_wait(track17, carriers):
    carriers.fault("/17track", status=429, headers={"Retry-After": "33"})

    with pytest.raises(CarrierBusy) as refusal:
        track17.fetch([parcel()])

    assert refusal.value.retry_after == 33


def test_a_contingent_that_is_used_up_waits_an_hour(track17, carriers):
    error = {"number": DHL, "error": {"code": -18019908, "message": "quota"}}
    carriers.fault("/17track", status=200, body={"code": 0, "data": {"accepted": [], "rejected": [error]}})

    with pytest.raises(CarrierBusy) as refusal:
        track17.register(parcel())

    assert refusal.value.retry_after == 3600


def test_another_refusal_names_its_code(track17, carriers):
    error = {"number": DHL, "error": {"code": -18019903, "message": "carrier unknown"}}
    carriers.fault("/17track", status=200, body={"code": 0, "data": {"rejected": [error]}})

    with pytest.raises(CarrierRefused, match="-18019903 carrier unknown"):
        track17.register(parcel())


def test_an_error_of_theirs_is_no_answer_and_then_one(track17, carriers):
    track17.register(parcel())
    carriers.fault("/17track", status=503)

    with pytest.raises(Unreachable):
        track17.fetch([parcel()])
    assert track17.fetch([parcel()]).snapshots


@pytest.mark.parametrize("body", ["text", [], {"code": -18010002}, {"code": None}])
def test_an_answer_that_makes_no_sense_is_refused(track17, carriers, body):
    carriers.fault("/17track", status=200, body=body)

    with pytest.raises(CarrierRefused):
        track17.fetch([parcel()])


@pytest.mark.parametrize("data", [None, [], {"accepted": 7}, {"accepted": ["text"], "rejected": None}])
def test_an_answer_without_rows_brings_nothing(track17, carriers, data):
    carriers.fault("/17track", status=200, body={"code": 0, "data": data})

    assert not track17.fetch([parcel()]).snapshots


EVENT = {
    "time_utc": "2026-11-20T01:00:00Z",
    "description": "Arrivé à Paris",
    "location": "Paris",
    "stage": "InTransit",
}


def pushed(status="InTransit", sub_status="", events=(EVENT,), kind="TRACKING_UPDATED", number=DHL):
    info = {
        "latest_status": {"status": status, "sub_status": sub_status},
        "tracking": {"providers": [{"provider": {"key": 1}, "events": list(events)}]},
    }
    return {"event": kind, "data": {"number": number, "carrier": 100001, "tag": "7", "track_info": info}}


@pytest.mark.parametrize(
    ("status", "sub_status", "ours"),
    [
        ("NotFound", "", "pending"),
        ("InfoReceived", "InfoReceived", "info_received"),
        ("InTransit", "InTransit_PickedUp", "in_transit"),
        ("InTransit", "InTransit_CustomsProcessing", "customs"),
        ("OutForDelivery", "", "out_for_delivery"),
        ("AvailableForPickup", "", "available_for_pickup"),
        ("DeliveryFailure", "DeliveryFailure_NoBody", "attempt_failed"),
        ("Delivered", "", "delivered"),
        ("Exception", "Exception_Returning", "returning"),
        ("Exception", "Exception_Returned", "returned"),
        ("Exception", "Exception_Lost", "exception"),
        ("Expired", "", "expired"),
        ("Teleported", "", "exception"),
        (None, None, "exception"),
        (["list"], {"a": 1}, "exception"),
    ],
)
def test_each_status_has_its_place_and_an_unknown_one_wants_looking_at(status, sub_status, ours):
    assert Track17().parse(pushed(status, sub_status)).status == ours


def test_the_end_of_following_is_noted():
    assert Track17().parse(pushed(kind="TRACKING_STOPPED")).ended is True
    assert Track17().parse(pushed(kind="ANYTHING")).ended is False


def test_lines_that_make_no_sense_are_left_out():
    events = [EVENT, {"time_utc": "soon"}, {}, "text", {"time_iso": "2026-11-20T08:00:00+08:00"}]

    scans = Track17().parse(pushed(events=events)).scans

    assert [(scan.text, scan.status) for scan in scans] == [("Arrivé à Paris", "in_transit"), ("", "")]


@pytest.mark.parametrize("content", [None, [], {}, {"data": 7}, {"data": {"number": None}}])
def test_a_push_about_nothing_is_invalid(content):
    with pytest.raises(Invalid):
        Track17().parse(content)


@pytest.mark.parametrize("info", [None, [], {"latest_status": 7, "tracking": {"providers": {"a": 1}}}])
def test_a_push_that_says_nothing_is_no_crash(info):
    snapshot = Track17().parse({"data": {"number": DHL, "track_info": info}})

    assert (snapshot.number, snapshot.status, snapshot.scans) == (DHL, "exception", ())


@pytest.fixture
def shipment(db, carriers):
    return ShipmentFactory(carrier="dhl", tracking_no=DHL)


def post(body, *, key="17-key", sign=None):
    headers = {"sign": sign if sign is not None else signature(body, key)}
    return Client().post(
        "/api/v1/carriers/track17/push/", body, content_type="application/json", headers=headers
    )


BODY = json.dumps(pushed(), ensure_ascii=False).encode()


def test_a_push_is_kept_as_it_came(shipment):
    assert post(BODY).status_code == 200

    event = InboundEvent.objects.get()
    assert (event.type, event.subject, bytes(event.raw)) == ("carrier.track17.push", DHL, BODY)


def test_the_same_push_again_is_kept_once(shipment):
    assert (post(BODY).status_code, post(BODY).status_code) == (200, 200)
    assert InboundEvent.objects.count() == 1


def test_after_a_change_of_key_both_are_valid(shipment, settings):
    settings.TRACK17 = settings.TRACK17 | {"key": "new-key,17-key"}

    assert post(BODY).status_code == 200
    assert post(BODY, key="new-key").status_code == 200
    assert Track17().keys[0] == "new-key"


@pytest.mark.parametrize(
    ("body", "options"),
    [
        (BODY, {"key": "other"}),
        (BODY, {"sign": ""}),
        (BODY, {"sign": "0" * 64}),
        (BODY, {"sign": "é"}),
        (BODY + b" ", {"sign": signature(BODY, "17-key")}),
        # An HMAC with the key, as one client library has it, is not their signature.
        (BODY, {"sign": hashlib.sha256(b"17-key" + BODY).hexdigest()}),
    ],
)
def test_what_is_not_signed_is_refused(shipment, body, options):
    assert post(body, **options).status_code == 401
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b"[" * 20_000])
def test_signed_nonsense_is_malformed(shipment, body):
    assert post(body).status_code == 400


def test_a_megabyte_is_the_most(shipment):
    assert post(b"x" * (1024 * 1024 + 1)).status_code == 413


def test_without_an_account_there_is_no_such_address(shipment, settings):
    settings.TRACK17 = settings.TRACK17 | {"key": ""}

    assert post(BODY, key="").status_code == 404


def test_no_signature_is_believed_without_a_key(settings):
    settings.TRACK17 = settings.TRACK17 | {"key": ""}

    with pytest.raises(BadSignature):
        Track17().verified({"sign": signature(BODY, "")}, BODY)
