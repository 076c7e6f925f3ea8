"""Frames that say no."""

import logging
from typing import Any

from django.db import Error as DatabaseRefusal
from django.utils.translation import gettext as _

from apps.chat.frames import Frame, error_frame, nack_frame
from apps.common.api.errors import as_domain_error
from apps.common.errors import DomainError, Unavailable

logger = logging.getLogger(__name__)

ABOUT_A_MESSAGE = ("send", "cancel", "rate")


def problem_of(frame: Frame, error: Exception) -> DomainError:
    """``error`` as clients are told; anything unexpected is `unavailable`, in the log with its cause."""
    return as_domain_error(error) or _unexpected(frame, error)


def refusal(frame: Frame, problem: DomainError) -> Frame:
    """A nack for what is about a message, an error for the rest."""
    ref, kind = _echo(frame.get("ref")), frame["type"]
    if kind in ABOUT_A_MESSAGE:
        return nack_frame(problem, ref=ref, session=_echo(frame.get("session")))
    return error_frame(problem, ref=ref, frame_type=_echo(kind))


def _unexpected(frame: Frame, error: Exception) -> DomainError:
    if not isinstance(error, DatabaseRefusal):  # that it is just away is no fault of ours
        logger.error("Frame %r failed.", frame["type"][:40], exc_info=error)
        return Unavailable(_("Something went wrong on our side. Please try again."))
    logger.warning("The database refused a frame %r.", frame["type"][:40], exc_info=error)
    return Unavailable()


def _echo(value: Any) -> Any:
    """What a client sent, for the answer to it; None for what is no plain word."""
    return value[:100] if isinstance(value, str) else None
