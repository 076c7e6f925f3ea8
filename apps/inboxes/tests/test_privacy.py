"""What is asked of all mail about one customer is found by indexes."""

import pytest
from django.db import connection

from apps.customers.privacy.registry import Subject, kind_of
from apps.inboxes.enums import InboundState
from apps.inboxes.models import InboundEmail
from apps.inboxes.tests.factories import EmailAccountFactory, InboundEmailFactory

pytestmark = pytest.mark.django_db

SUBJECT = Subject(1, {"email": ["anna@mail.example", "anna.moss@work.example"], "thread": ["ticket:7"]})


@pytest.fixture
def many_mails():
    account, fields = EmailAccountFactory(), {"state": InboundState.THREADED, "raw": ""}
    mails = InboundEmailFactory.build_batch(1500, account=account, **fields)
    for number, mail in enumerate(mails):
        mail.from_address, mail.text = f"c{number}@mail.example", f"Where is parcel {number}? Bert, c{number}"
        mail.headers, mail.recipients = {"cc": f"d{number}@mail.example"}, [f"e{number}@mail.example"]
    InboundEmail.objects.bulk_create(mails)
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('inbound_mail_naming')")
        cursor.execute("ANALYZE inboxes_inboundemail; SET LOCAL enable_seqscan = off")
    return account


def test_whom_mail_names_is_found_by_an_index(many_mails):
    places = [
        {"headers": {"cc": "Anna <ANNA@mail.example>"}},
        {"text": "> anna.moss@work.example wrote"},
        {"html": "<p>anna@mail.example</p>"},
        {"recipients": ["anna@mail.example"]},
    ]
    named = [InboundEmailFactory(account=many_mails, from_address="b@x.example", **place) for place in places]
    InboundEmailFactory(account=many_mails, from_address="b@x.example", text="joanna@mail.example")

    found = kind_of("inboxes.named").owners_of(SUBJECT)

    plan = found.explain()
    assert plan.count("inbound_mail_naming") == 8, plan  # each place, each address
    assert "Seq Scan" not in plan
    assert set(found) == set(named)


def test_mail_of_somebody_is_found_by_indexes(many_mails):
    theirs = InboundEmailFactory(account=many_mails, from_address="anna@mail.example")
    answered = InboundEmailFactory(account=many_mails, from_address="b@x.example", thread="ticket:7")

    found = kind_of("inboxes.mail").owners_of(SUBJECT)

    plan = found.explain()
    assert "inbound_mail_from" in plan
    assert "inbound_mail_thread" in plan
    assert set(found) == {theirs, answered}
