"""Log lines for machines."""

import json
import logging
from datetime import UTC, datetime

from apps.common import context

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class JsonFormatter(logging.Formatter):
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
