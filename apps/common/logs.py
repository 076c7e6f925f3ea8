"""Log lines for machines."""

import json
import logging
import re
from datetime import UTC, datetime

from apps.common import context

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

# Pages that whoever has the address may open, and pushes of carriers; the start of a path, or of a whole address.
SECRET_PART = re.compile(
    r"""((?:^|[\s"'(]|://[^/\s"']+)/(?:[tnr]|api/v1/carriers/[^/\s"']+/push)/)[^/\s?#"']+""", re.IGNORECASE
)


class HideTokens(logging.Filter):
    """Puts "…" for the tokens in addresses: who reads the log may not open what they lead to."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if (hidden := without_tokens(message)) != message:
            record.msg, record.args = hidden, ()
        for key, value in vars(record).items():
            if key not in STANDARD and (hidden := without_tokens(str(value))) != str(value):
                setattr(record, key, hidden)
        return True


def without_tokens(text: str) -> str:
    """``text`` with "…" for the tokens of the addresses in it."""
    return SECRET_PART.sub(r"\1…", text)


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
