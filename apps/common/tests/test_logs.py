import io
import json
import logging
from logging.config import dictConfig

import pytest
from django.test import Client

from apps.common import context, task_context
from apps.common.logs import JsonFormatter, without_tokens
from apps.common.tasks import heartbeat
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


@pytest.fixture
def restored_logging():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
