import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode

import pytest
from django.test import Client

from apps.common.errors import Invalid
from apps.common.http import Unreachable
from apps.eventbridge.errors import BadSignature
from apps.eventbridge.models import InboundEvent
from apps.orders.carriers.base import CarrierBusy, CarrierRefused, Parcel
from apps.orders.carriers.kuaidi100 import ACK, Kuaidi100, md5_upper
from apps.orders.services import push_token
from apps.orders.tests.factories import ShipmentFactory

SF = "SF1029384756101"  # of the demo: delivered, and its carrier wants the phone number
YT = "YT7719283746103"


@pytest.fixture
def kuaidi100(carriers):
    return Kuaidi100()


def parcel(number=YT, carrier="yuantong", **fields):
    return Parcel(tag="7", number=number, carrier=carrier, callback="https://desk.example/push", **fields)


def test_the_vector_of_a_query():
    param = '{"com":"yuantong","num":"YT1234567890"}'

    assert md5_upper(param + "K" + "C") == "DC6AF4BE0348C0729E7A36BA5C2E395B"


def test_the_vector_of_a_push():
    param = '{"status":"polling","lastResult":{"state":"0","nu":"YT1234567890"}}'

    assert md5_upper(param + "S") == "2EF43D4F220CF00419E51CA9EECEB2CA"


def test_the_vector_is_accepted_and_each_change_of_it_refused(settings):
    settings.KUAIDI100 = settings.KUAIDI100 | {"salt": "S"}
    param = '{"status":"polling","lastResult":{"state":"0","nu":"YT1234567890"}}'
    form = {"param": param, "sign": "2EF43D4F220CF00419E51CA9EECEB2CA"}

    push = Kuaidi100().verified({}, urlencode(form).encode())

    assert (push.number, push.raw) == ("YT1234567890", param.encode())
    for change in (
        {"param": param.replace("YT12", "YT13")},
        {"param": param + " "},
        {"param": ""},
        {"sign": ""},
        {"sign": "2EF43D4F220CF00419E51CA9EECEB2CB"},
    ):
        with pytest.raises(BadSignature):
            Kuaidi100().verified({}, urlencode(form | change).encode())
    for raw in (b"", b"\xff\xfe", param.encode()):
        with pytest.raises(BadSignature):
            Kuaidi100().verified({}, raw)


def test_a_query_brings_the_whole_way_in_utc(kuaidi100, carriers):
    snapshot = kuaidi100.fetch([parcel()]).snapshots[YT]

    assert (snapshot.status, snapshot.substatus, len(snapshot.scans)) == ("out_for_delivery", "5", 7)
    known = carriers.parcels.get(YT)["scans"]
    newest = max(snapshot.scans, key=lambda scan: scan.at)
    assert (newest.at, newest.text) == (known[-1]["at"], known[-1]["text"])
    assert (newest.location, newest.status) == ("北京", "out_for_delivery")
    assert snapshot.eta is not None


def test_a_delivered_parcel_says_since_when(kuaidi100):
    snapshot = kuaidi100.fetch([parcel(SF, "shunfeng", phone_tail="0101")]).snapshots[SF]

    assert snapshot.status == "delivered"
    assert snapshot.delivered_at == max(scan.at for scan in snapshot.scans)


def test_a_carrier_that_wants_the_phone_number_refuses_without(kuaidi100):
    fetched = kuaidi100.fetch([parcel(SF, "shunfeng")])

    assert fetched.refused == {SF: "408 验证码错误"}
    assert not fetched.snapshots


def test_a_number_that_is_asked_about_too_often_is_locked(kuaidi100):
    kuaidi100.fetch([parcel()])

    assert kuaidi100.fetch([parcel()]).snapshots[YT].scans == ()


def test_a_parcel_that_nobody_has_scanned_is_pending(kuaidi100):
    assert kuaidi100.fetch([parcel("YT-new")]).snapshots["YT-new"].status == "pending"


def test_a_wrong_key_is_refused(kuaidi100):
    kuaidi100.key = "another"

    assert kuaidi100.fetch([parcel()]).refused[YT].startswith("503")
    with pytest.raises(CarrierRefused, match="600"):
        kuaidi100.register(parcel())


def test_a_subscription_names_our_address_and_salt(kuaidi100, carriers, settings):
    kuaidi100.register(parcel())

    assert carriers.kuaidi100.subscriptions[YT] == {
        "callbackurl": "https://desk.example/push",
        "salt": settings.KUAIDI100["salt"],
        "resultv2": "4",
        "phone": "",
        "autoCom": "0",
        "company": "yuantong",
    }


def test_subscribed_before_is_subscribed(kuaidi100):
    kuaidi100.register(parcel())

    kuaidi100.register(parcel())


def test_the_parameters_signed_are_the_ones_sent(kuaidi100, carriers):
    kuaidi100.fetch([parcel("YT-引号'")])

    form = parse_qs(carriers.calls[-1]["body"])
    account = carriers.kuaidi100
    assert form["sign"][0] == md5_upper(form["param"][0] + account.key + account.customer)
    assert json.loads(form["param"][0])["num"] == "YT-引号'"


@pytest.mark.parametrize(("headers", "wait"), [({"Retry-After": "77"}, 77), ({}, 60)])
def test_too_many_calls_say_how_long_to_wait(kuaidi100, carriers, headers, wait):
    carriers.fault("/kuaidi100", status=429, headers=headers)

    with pytest.raises(CarrierBusy) as refusal:
        kuaidi100.fetch([parcel()])

    assert refusal.value.retry_after == wait


def test_a_contingent_that_is_used_up_waits_an_hour(kuaidi100, carriers):
    carriers.fault("/kuaidi100", status=200, body={"result": False, "returnCode": "601"})
    carriers.fault("/kuaidi100", status=200, body={"result": False, "returnCode": "601"})

    for call in (lambda: kuaidi100.fetch([parcel()]), lambda: kuaidi100.register(parcel())):
        with pytest.raises(CarrierBusy) as refusal:
            call()
        assert refusal.value.retry_after == 3600


def test_an_error_of_theirs_is_no_answer_and_then_one(kuaidi100, carriers):
    carriers.fault("/kuaidi100", status=500)

    with pytest.raises(Unreachable):
        kuaidi100.fetch([parcel()])
    assert kuaidi100.fetch([parcel()]).snapshots


@pytest.mark.parametrize("body", ["no json", [], "7"])
def test_an_answer_that_makes_no_sense_is_refused(kuaidi100, carriers, body):
    carriers.fault("/kuaidi100", status=200, body=body)

    with pytest.raises(CarrierRefused):
        kuaidi100.fetch([parcel()])


STATES = [
    ("0", "in_transit"),
    ("1", "in_transit"),
    ("7", "in_transit"),
    ("1001", "in_transit"),
    ("101", "info_received"),
    ("8", "customs"),
    ("13", "exception"),
    ("5", "out_for_delivery"),
    ("501", "available_for_pickup"),
    ("3", "delivered"),
    ("304", "delivered"),
    ("6", "returning"),
    ("4", "returned"),
    ("14", "returned"),
    ("2", "exception"),
    ("401", "exception"),
    ("999", "exception"),
    (None, "exception"),
    ({"a": 1}, "exception"),
]
LINE = {"ftime": "2026-11-20 09:00:00", "context": "已到达", "location": "杭州"}


def pushed(state="0", data=(LINE,), status="polling", **more):
    return {"status": status, "lastResult": {"nu": YT, "state": state, "data": list(data)}} | more


@pytest.mark.parametrize(("state", "status"), STATES)
def test_each_state_has_its_place_and_an_unknown_one_wants_looking_at(settings, state, status):
    assert Kuaidi100().parse(pushed(state)).status == status


@pytest.mark.parametrize(
    ("content", "status", "ended"),
    [
        (pushed(status="abort", message="3天查询无记录", data=[]), "pending", True),
        (pushed(status="abort", message="3天查询无记录"), "in_transit", True),
        (pushed(status="abort", message="60天无变化时"), "expired", True),
        (pushed(status="shutdown", state="3"), "delivered", True),
        (pushed(status="updateall"), "in_transit", False),
        (pushed(status="what?"), "in_transit", False),
        (pushed(data=[]), "pending", False),
    ],
)
def test_what_a_push_says_of_the_subscription(content, status, ended):
    snapshot = Kuaidi100().parse(content)

    assert (snapshot.status, snapshot.ended) == (status, ended)


def test_lines_that_make_no_sense_are_left_out():
    rows = [LINE, {"ftime": "soon"}, {}, "text", {"time": "2026-11-20 08:00", "context": 7, "location": None}]

    scans = Kuaidi100().parse(pushed(data=rows)).scans

    assert [(scan.text, scan.location) for scan in scans] == [("已到达", "杭州"), ("7", "")]
    assert scans[0].at == datetime(2026, 11, 20, 1, tzinfo=UTC)


@pytest.mark.parametrize("content", [None, [], {}, {"lastResult": []}, {"lastResult": {"nu": ""}}])
def test_a_push_about_nothing_is_invalid(content):
    with pytest.raises(Invalid):
        Kuaidi100().parse(content)


@pytest.fixture
def shipment(db, carriers):
    return ShipmentFactory(carrier="yuantong", tracking_no=YT)


def post(shipment, content=None, *, salt="salt-of-the-desk", token=None, body=None, sign=None):
    param = json.dumps(content or pushed(), ensure_ascii=False)
    form = {"param": param, "sign": sign or md5_upper(param + salt)}
    token = push_token("kuaidi100", shipment) if token is None else token
    return Client().post(
        f"/api/v1/carriers/kuaidi100/push/{token}/",
        body if body is not None else urlencode(form),
        content_type="application/x-www-form-urlencoded",
    )


def test_a_push_is_kept_and_acknowledged_in_their_words(shipment):
    answer = post(shipment)

    assert (answer.status_code, answer.content) == (200, ACK)
    assert answer.content.decode() == '{"result":true,"returnCode":"200","message":"成功"}'
    event = InboundEvent.objects.get()
    assert (event.type, event.subject, event.state) == ("carrier.kuaidi100.push", YT, "new")


def test_the_same_push_again_is_acknowledged_and_kept_once(shipment):
    assert [post(shipment).content, post(shipment).content] == [ACK, ACK]

    assert InboundEvent.objects.count() == 1


def test_after_a_change_of_salt_both_are_valid(shipment, settings):
    settings.KUAIDI100 = settings.KUAIDI100 | {"salt": "new-salt, salt-of-the-desk"}

    assert post(shipment).status_code == 200
    assert post(shipment, salt="new-salt").status_code == 200
    assert post(shipment, salt="other").status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"salt": "other"},
        {"sign": "0" * 32},
        {"sign": "é"},
        {"body": ""},
        {"body": "param=%7B%7D"},
        {"body": "x" * 70_000},
    ],
)
def test_what_is_not_signed_is_refused(shipment, change):
    assert post(shipment, **change).status_code == 401
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize("token", ["1", "1:abc", "x" * 100])
def test_an_address_that_we_did_not_give_is_not_there(shipment, token):
    assert post(shipment, token=token).status_code == 404


def test_the_address_of_one_parcel_is_not_that_of_another(shipment):
    other = ShipmentFactory(carrier="yuantong")

    assert post(other).status_code == 400
    assert not InboundEvent.objects.exists()


def test_a_signed_push_that_is_no_json_is_malformed(shipment):
    body = urlencode({"param": "{", "sign": md5_upper("{" + "salt-of-the-desk")})

    assert post(shipment, body=body).status_code == 400


def test_a_megabyte_is_the_most(shipment):
    many = [LINE | {"context": "扫描" * 200} for _ in range(150)]

    assert post(shipment, pushed(data=many)).status_code == 200
    assert post(shipment, body="x" * (1024 * 1024 + 1)).status_code == 413


def test_without_an_account_there_is_no_such_address(shipment, settings):
    token = push_token("kuaidi100", shipment)
    settings.KUAIDI100 = settings.KUAIDI100 | {"key": ""}

    assert post(shipment, token=token).status_code == 404
