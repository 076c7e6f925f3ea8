import io
import json
import logging
from logging.config import dictConfig

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from apps.common import context, task_context
from apps.common.logs import JsonFormatter, Scrub
from apps.common.scrubbing import LONGEST, scrubbed, without_tokens
from apps.common.tasks import heartbeat
from apps.customers.models import Customer
from apps.customers.tests.factories import CustomerFactory
from helpdesk.settings.parts.logs import logging_to


def line(message="Hello %s", *args, **options):
    record = logging.getLogger("apps.test").makeRecord("apps.test", logging.INFO, "f", 1, message, args, None)
    vars(record).update(options)
    return json.loads(JsonFormatter().format(record))


def test_json_line_says_what_happened():
    entry = line("Hello %s", "你好")

    assert (entry["level"], entry["logger"], entry["message"]) == ("INFO", "apps.test", "Hello 你好")
    assert entry["time"].endswith("+00:00")


def test_json_line_keeps_extra_of_any_kind():
    assert line(session="abc", error=ValueError("x")).items() >= {"session": "abc", "error": "x"}.items()


def test_json_line_stays_one_line_with_a_trace():
    try:
        raise ValueError("boom\nbang")
    except ValueError as error:
        entry = line(exc_info=(type(error), error, error.__traceback__))

    assert "ValueError: boom" in entry["trace"]


def test_inside_a_call_lines_say_which_and_who():
    with context.use(context.RequestContext("r-1", source="http")):
        context.label(actor="user:7", session="abc")
        entry = line()

    assert entry.items() >= {"request": "r-1", "source": "http", "actor": "user:7", "session": "abc"}.items()


def test_outside_a_call_there_is_nothing_to_say():
    context.label(actor="user:7")

    assert not line().keys() & {"request", "source", "actor"}


def test_a_task_carries_the_request_that_started_it():
    headers = {}
    with context.use(context.RequestContext("r-1", source="http")):
        task_context.carry_request(headers=headers)
    heartbeat.push_request(id="t-1", headers=headers)
    try:
        task_context.enter(task_id="t-1", task=heartbeat)
        entry = line()
        task_context.leave(task_id="t-1", task=heartbeat, state="SUCCESS")
    finally:
        heartbeat.pop_request()

    assert entry.items() >= {"request": "r-1", "source": "task", "task": "common.heartbeat"}.items()
    assert "request" not in line()


@pytest.mark.parametrize(
    ("said", "hidden"),
    [
        ("Not Found: /t/abc:d-e/", "Not Found: /t/…/"),
        ("Gone: /n/abc", "Gone: /n/…"),
        ('"GET /r/abc/?x=1 HTTP/1.1" 410', '"GET /r/…/?x=1 HTTP/1.1" 410'),
        ("Forbidden: /api/v1/carriers/kuaidi100/push/abc/", "Forbidden: /api/v1/carriers/kuaidi100/push/…/"),
        ("<WSGIRequest: GET '/t/abc/'>", "<WSGIRequest: GET '/t/…/'>"),
        ("see https://desk.example.com/t/abc/", "see https://desk.example.com/t/…/"),
    ],
)
def test_tokens_in_addresses_are_hidden(said, hidden):
    assert without_tokens(said) == hidden


@pytest.mark.parametrize("said", ["Not Found: /shop/t/abc/", "/api/v1/carriers/track17/push/", "/tickets/7/"])
def test_other_addresses_stay(said):
    assert without_tokens(said) == said


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["json", "readable"])
def test_a_request_that_fails_leaves_no_token_in_the_log(form, restored_logging):
    config = logging_to(form)
    config["handlers"]["stderr"]["stream"] = out = io.StringIO()
    dictConfig(config)

    assert Client().get("/t/SeCrEt/").status_code == 404

    assert "/t/…/" in out.getvalue()
    assert "SeCrEt" not in out.getvalue()


TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"
PLANTED = {
    "password": "correct-horse-battery",
    "bearer": "dk_live_0123456789abcdef",
    "jwt": TOKEN,
    "e-mail": "ann.lee@mail.example",
    "phone": "13987651234",
    "phone with its country": "+86 139 8765 1234",
    "card": "4539 1488 0343 6467",
    "what was searched": "redshoes",
    "what was written": "Elm-Street-seven",
}


@pytest.mark.parametrize(
    "said",
    [
        f"password={PLANTED['password']}",
        f"{{'password': '{PLANTED['password']}', 'a': 1}}",
        f"Authorization: Bearer {PLANTED['bearer']}",
        f"api_key: {PLANTED['bearer']}",
        f"redis://:{PLANTED['password']}@127.0.0.1:6379/0 is away",
        f"took {TOKEN} for an identity",
        f"mail to {PLANTED['e-mail']} bounced",
        f"called {PLANTED['phone']}, then {PLANTED['phone with its country']}",
        f"paid by {PLANTED['card']}",
        f'"GET /console/search/?q={PLANTED["what was searched"]}&phone={PLANTED["phone"]} HTTP/1.1" 200',
        f"broke a constraint\nDETAIL:  Failing row contains (7, {PLANTED['what was written']}).",
    ],
)
def test_what_names_a_person_or_opens_a_door_is_hidden(said):
    assert not [what for what, value in PLANTED.items() if value in scrubbed(said)]


@pytest.mark.parametrize(
    "said",
    [
        "x" * 100 + "ann.lee@mail.example",
        "bert@mail.example+ann.lee@mail.example",
        "bert%40mail.example%2Cann.lee%40mail.example",
        "mailto:ann.lee@" + "b" * 80 + ".a.b.c.d.e.f.g.h.i.j.example",
    ],
)
def test_an_address_is_hidden_whatever_stands_around_it(said):
    assert "lee" not in scrubbed(said)
    assert "example" not in scrubbed(said)


ENDLESS = (
    "a",
    "_token",
    "-eyJabcde",
    "a%40",
    "a@",
    "-----BEGIN PRIVATE KEY-----",
    "://a:",
    "?a",
    "1 ",
    "token ",
)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ENDLESS)
def test_long_texts_are_scrubbed_in_a_time_that_grows_with_them(part):
    """Half a megabyte: with the square of it, minutes."""
    assert isinstance(scrubbed(part * (500_000 // len(part))), str)


def test_what_is_logged_is_cut_and_nothing_that_the_cut_divides_is_shown():
    said = "x " * (LONGEST // 2 - 4) + "ann.lee@mail.example " + "y" * LONGEST
    record = logging.makeLogRecord({"msg": "Gone: %s", "args": (said,), "path": said, "short": "a b"})

    assert Scrub().filter(record)

    for text in (record.getMessage(), vars(record)["path"]):
        assert LONGEST / 2 < len(text) <= LONGEST
        assert text.endswith("…")
        assert "ann" not in text
    assert vars(record)["short"] == "a b"


@pytest.mark.parametrize(
    "said",
    [
        "GET api/v1/sessions/ 200",
        "Order SH-20260101-0007 of 1700000000.123 took 1234567890 ns from 192.168.100.200",
        "session 9f0c1d2e3f4a5b6c closed: tokens are counted, the secret is out",
    ],
)
def test_what_happened_stays(said):
    assert scrubbed(said) == said


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["json", "readable"])
def test_nothing_planted_in_requests_reaches_the_log(form, restored_logging):
    config = logging_to(form)
    config["handlers"]["stderr"]["stream"] = out = io.StringIO()
    dictConfig(config)
    logging.getLogger("django.request").setLevel("INFO")
    browser = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {PLANTED['bearer']}"})
    written = {"text": PLANTED["what was written"], "email": PLANTED["e-mail"], "phone": PLANTED["phone"]}

    browser.post("/accounts/login/", {"username": PLANTED["e-mail"], "password": PLANTED["password"]})
    browser.get("/api/v1/orders/", {"q": PLANTED["what was searched"], "phone": PLANTED["phone"]})
    browser.get(f"/nowhere/{PLANTED['e-mail']}/")
    browser.get(f"/t/{TOKEN}/", {"token": PLANTED["bearer"]})
    browser.post("/api/v1/visitor/sessions/", {"identity": TOKEN, **written}, content_type="application/json")
    try:
        with transaction.atomic():
            Customer.objects.bulk_create(
                [CustomerFactory.build(public_id="same", name=PLANTED["what was written"])] * 2
            )
    except IntegrityError:
        logging.getLogger("apps.test").exception("Storing %s went wrong", PLANTED["e-mail"], extra=written)

    assert "went wrong" in out.getvalue()
    assert [what for what, value in PLANTED.items() if value in out.getvalue()] == []


@pytest.fixture
def restored_logging():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
