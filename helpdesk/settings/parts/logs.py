"""Where log lines go and what they look like."""

from typing import Any, Literal

READABLE = "{asctime} {levelname:<7} {name}: {message}"


def logging_to(form: Literal["readable", "json"], *, level: str = "INFO") -> dict[str, Any]:
    """``LOGGING`` to standard error: ``readable`` for a terminal, ``json`` for a log collector."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "readable": {
                "()": "apps.common.logs.CleanFormatter",
                "format": READABLE,
                "datefmt": "%H:%M:%S",
                "style": "{",
            },
            "json": {"()": "apps.common.logs.JsonFormatter"},
        },
        "filters": {"scrub": {"()": "apps.common.logs.Scrub"}},
        # At the handler: a filter of a logger passes over what its children say.
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form, "filters": ["scrub"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "level": level, "propagate": False},
            # A line for each request is for machines; a person at a terminal looks for what went wrong.
            "desk.requests": {"level": level if form == "json" else "WARNING"},
            # Else two lines for each of the sweeps, several times a second.
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            # It would write addresses with the phone numbers that were looked up.
            "httpx": {"level": "WARNING"},
        },
    }
