"""Who takes up incoming mail. An app above registers at start; without one, mail waits."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.inboxes.models import InboundEmail


@dataclass(frozen=True)
class TakenUp:
    """What became of a mail: the ``thread`` that it belongs to, or why it was left aside."""

    thread: str = ""
    ignored: str = ""


MailTaker = Callable[[InboundEmail], TakenUp]
_takers: list[MailTaker] = []


def takes_mail(taker: MailTaker) -> MailTaker:
    """Decorator: call the function once with each mail, in a transaction with the mail's new state."""
    _takers.append(taker)
    return taker


def mail_taker() -> MailTaker | None:
    """Who takes up mail; the last one registered."""
    return _takers[-1] if _takers else None
