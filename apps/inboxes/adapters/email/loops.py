"""Telling machines from people, so that no two machines write to each other for ever (RFC 3834 and practice)."""

import re
from collections.abc import Collection, Mapping

SUPPRESS = {"all", "oof", "autoreply", "rn", "dr"}
BULK = {"bulk", "junk", "list", "auto_reply"}
ROBOTS = re.compile(r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+@.-]|$)", re.I)
MARKS = ("list-id", "list-unsubscribe", "x-autoreply", "x-autorespond", "x-autoresponder", "x-loop")
OWN = "x-desk-id"


def automatic_reason(
    headers: Mapping[str, str],
    *,
    sender: str,
    envelope: str | None,
    own_addresses: Collection[str],
    desk_id: str,
) -> str:
    """Why a machine wrote this mail, in a word; empty for a human.

    ``headers`` have lower-case names; ``envelope`` is the return path without brackets, None when unknown.
    """
    if sender.lower() in own_addresses or headers.get(OWN, "").strip() == desk_id:
        return "own"
    if headers.get("auto-submitted", "no").split(";")[0].strip().lower() != "no":
        return "auto-submitted"
    if headers.get("content-type", "").lower().startswith("multipart/report"):
        return "report"
    if envelope == "":
        return "empty return path"
    if ROBOTS.match(sender):
        return "robot sender"
    return _by_habit(headers)


def _by_habit(headers: Mapping[str, str]) -> str:
    if headers.get("precedence", "").strip().lower() in BULK:
        return "precedence"
    suppressed = re.split(r"[\s,;]+", headers.get("x-auto-response-suppress", "").lower())
    if SUPPRESS & set(suppressed):
        return "x-auto-response-suppress"
    return next((name for name in MARKS if headers.get(name, "").strip()), "")
