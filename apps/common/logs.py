"""Log lines, for machines and for people, without what must not stand in them."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from apps.common import context
from apps.common.scrubbing import HIDDEN, scrubbed, shortened

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

# What ``extra`` calls words and addresses of people: no pattern knows those.
PEOPLES = frozenset({"text", "body", "content", "query", "email", "phone", "address"})


class Scrub(logging.Filter):
    """Takes out of messages what readers of the log have no business with; traces are the formatters'."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if (clean := shortened(message)) != message:
            record.msg, record.args = clean, ()
        for key, value in vars(record).items():
            text = "" if key in STANDARD or isinstance(value, int | float) else str(value)
            if (clean := HIDDEN if key in PEOPLES else shortened(text)) != text:
                setattr(record, key, clean)
        return True


class CleanFormatter(logging.Formatter):
    """Lines for a terminal. What an error repeats of its cause is scrubbed too."""

    def formatException(self, ei: Any) -> str:
        return scrubbed(super().formatException(ei))


class JsonFormatter(CleanFormatter):
    """One JSON object per line: time, level, logger, message, the trace if any, and what ``extra`` named.

    Inside a request, socket frame or task also its id, where it came from, and whatever ``context.label`` named.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_call(),
            **{key: value for key, value in vars(record).items() if key not in STANDARD},
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def _call() -> dict[str, str]:
    current = context.current()
    if not current.request_id:
        return {}
    return {"request": current.request_id, "source": current.source, **current.labels}
