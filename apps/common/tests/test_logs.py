import json
import logging

from apps.common.logs import JsonFormatter


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
