"""Notifications: from the stand-in's bytes over the endpoint to the refund."""

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.common.sandbox_signing import webhook_headers
from apps.notifications.models import Notification
from apps.refunds.gateways.base import Outcome, RefundResult
from apps.refunds.models import LedgerEntry, RefundNotice
from apps.refunds.services import advance, apply_result, process_notice
from apps.refunds.services.notices import _claim
from apps.refunds.tests.factories import RefundFactory

pytestmark = pytest.mark.django_db
GOOD = "secret-one"
URL = "/api/v1/refunds/notices/rest/"


@pytest.fixture
def sent(gateway):
    """A refund that the gateway is working on."""
    gateway.settle_after = None
    refund = RefundFactory(state="approved")
    assert advance(refund.pk) == "processing"
    return refund


def states(gateway, refund):
    return gateway.refunds[refund.refund_no].states


def body_of(state, notice_id="ntc_1"):
    return json.dumps(
        {"id": notice_id, "type": "refund.updated", "refund": state}, ensure_ascii=False
    ).encode()


def post(raw, *, notice_id="ntc_1", secret=GOOD, at=None, url=URL, **changes):
    headers = dict(webhook_headers(notice_id, raw, secret=secret, at=at or int(time.time()))) | changes
    headers.pop("content-type")
    return APIClient().generic("POST", url, raw, content_type="application/json", headers=headers)


def work():
    """What the worker does with all that came in."""
    return [
        process_notice(pk, now=timezone.now()) for pk in RefundNotice.objects.values_list("pk", flat=True)
    ]


def now(refund):
    refund.refresh_from_db()
    return refund.state


def test_a_notice_ends_the_refund(gateway, sent):
    gateway._finish(sent.refund_no, "SUCCEEDED")

    response = post(body_of(states(gateway, sent)[-1]))

    assert (response.status_code, response.json()) == (200, {"ok": True})
    assert now(sent) == "processing"  # the request itself does no work
    assert work() == ["processed"]
    assert now(sent) == "succeeded"
    assert RefundNotice.objects.get().refund == sent


def test_a_notice_that_comes_twice_is_one(gateway, sent):
    gateway._finish(sent.refund_no, "SUCCEEDED")
    raw = body_of(states(gateway, sent)[-1])

    answers = [post(raw).status_code for _ in range(3)]
    work()
    answers.append(post(raw).status_code)

    assert answers == [200] * 4
    assert RefundNotice.objects.count() == 1
    assert work() == [None]
    assert (LedgerEntry.objects.count(), Notification.objects.count()) == (1, 1)


def test_two_notices_of_one_state_tell_the_customer_once(gateway, sent):
    gateway._finish(sent.refund_no, "SUCCEEDED")
    for name in ("ntc_1", "ntc_2"):
        post(body_of(states(gateway, sent)[-1], name), notice_id=name)

    assert work() == ["processed", "processed"]
    assert (LedgerEntry.objects.count(), Notification.objects.count()) == (1, 1)


def test_notices_out_of_order(gateway, sent):
    gateway._finish(sent.refund_no, "SUCCEEDED")
    first, last = states(gateway, sent)
    post(body_of(last, "ntc_2"), notice_id="ntc_2")
    post(body_of(first, "ntc_1"), notice_id="ntc_1")

    work()

    assert now(sent) == "succeeded"
    assert Notification.objects.count() == 1


def test_a_late_notice_after_the_question_was_answered(gateway, sent):
    gateway._finish(sent.refund_no, "SUCCEEDED")
    type(sent).objects.update(due_at=timezone.now())
    assert advance(sent.pk, now=timezone.now()) == "succeeded"

    post(body_of(states(gateway, sent)[-1]))

    assert work() == ["processed"]
    assert (LedgerEntry.objects.count(), Notification.objects.count()) == (1, 1)


def test_a_notice_that_comes_before_the_answer_of_the_call(gateway, sent):
    """The gateway was faster than its own answer, which says less."""
    gateway._finish(sent.refund_no, "SUCCEEDED")
    post(body_of(states(gateway, sent)[-1]))
    work()
    slow = RefundResult(
        Outcome.PROCESSING, version=1, amount=sent.money, payment_ref=sent.payment.payment_ref
    )
    apply_result(sent.pk, slow, now=timezone.now(), attempt=1)

    assert now(sent) == "succeeded"


@pytest.mark.parametrize(
    "how",
    [
        {"secret": "not the secret"},
        {"at": int(time.time()) - 3600},
        {"at": int(time.time()) + 3600},
        {"webhook-id": "ntc_other"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": ""},
    ],
    ids=["forged", "stale", "early", "renamed", "garbled", "unsigned"],
)
def test_what_the_gateway_did_not_sign_is_refused(gateway, sent, how):
    response = post(body_of(states(gateway, sent)[-1] | {"status": "SUCCEEDED", "version": 9}), **how)

    assert (response.status_code, response.json()["code"]) == (401, "bad_signature")
    assert not RefundNotice.objects.exists()
    assert now(sent) == "processing"


def test_a_changed_body_is_refused(gateway, sent):
    raw = body_of(states(gateway, sent)[-1])
    headers = dict(webhook_headers("ntc_1", raw, secret="secret-one", at=int(time.time())))
    headers.pop("content-type")

    forged = raw.replace(b"PROCESSING", b"SUCCEEDED")
    response = APIClient().generic("POST", URL, forged, content_type="application/json", headers=headers)

    assert response.status_code == 401


def test_both_secrets_are_good_while_they_change(gateway, sent, settings):
    settings.REFUND_GATEWAY = settings.REFUND_GATEWAY | {"secret": "secret-two,secret-one"}

    assert post(body_of(states(gateway, sent)[-1])).status_code == 200


@pytest.mark.parametrize("raw", [b"", b"{}", b"not json", b'{"id":"ntc_1","refund":7}'])
def test_a_signed_notice_that_nobody_can_read(gateway, raw):
    response = post(raw)

    assert (response.status_code, response.json()["code"]) == (400, "unreadable_notice")
    assert not RefundNotice.objects.exists()


def test_a_megabyte_is_too_large(gateway):
    response = post(b'{"id":"' + b"x" * 1_000_000 + b'"}')

    assert (response.status_code, response.json()["code"]) == (413, "notice_too_large")


def test_a_comma_too_many_is_no_empty_key(gateway, sent, settings):
    settings.REFUND_GATEWAY = settings.REFUND_GATEWAY | {"secret": "secret-one,"}

    assert post(b"{}", secret="").status_code == 401
    assert post(b"{}").status_code == 400  # believed, and not readable


def test_whoever_guesses_is_held_back(gateway, sent, monkeypatch):
    monkeypatch.setattr("apps.common.api.deliveries.REFUSALS_PER_MINUTE", 2)
    answers = [post(body_of(now(sent)), secret="guess").status_code for _ in range(3)]

    assert answers == [401, 401, 429]


def test_a_notice_about_nothing_we_know(gateway, sent):
    post(body_of(states(gateway, sent)[-1] | {"refund_no": "RF-OTHER"}))

    assert work() == ["ignored"]
    assert RefundNotice.objects.get().why == "No refund here has this number."


def test_a_word_of_tomorrow_asks_the_gateway_later(gateway, sent):
    post(body_of(states(gateway, sent)[-1] | {"status": "NEEDS_ACTION", "version": 2}))

    assert work() == ["processed"]
    assert now(sent) == "processing"


def test_unknown_gateways_and_those_without_a_key(gateway, settings):
    assert post(b"{}", url="/api/v1/refunds/notices/other/").status_code == 404
    settings.REFUND_GATEWAY = {"url": "", "key_id": "", "secret": ""}
    assert post(b"{}").status_code == 503


def test_nobody_reads_there(gateway):
    assert APIClient().get(URL).status_code == 405


def test_a_notice_that_failed_comes_back_later(gateway, sent):
    post(body_of(states(gateway, sent)[-1]))
    notice = RefundNotice.objects.get()
    start = timezone.now()
    # As if the worker had died in the work: the claim alone is committed.
    assert _claim(notice.pk, start)

    assert process_notice(notice.pk, now=start) is None
    assert process_notice(notice.pk, now=start + timedelta(minutes=2)) == "processed"
