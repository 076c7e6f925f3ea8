"""What the desk tells customers by itself: each milestone once, with the facts its texts need."""

from dataclasses import dataclass

from apps.notifications.enums import Category, ChannelName, Mode

CHAT_THEN_MAIL = (ChannelName.CHAT, ChannelName.EMAIL)
MAIL = (ChannelName.EMAIL,)


@dataclass(frozen=True)
class Milestone:
    """A kind of notification. ``needs`` and ``takes`` name the facts that callers must and may give as text."""

    name: str
    category: Category
    mode: Mode
    needs: frozenset[str]
    takes: frozenset[str] = frozenset({"link"})
    channels: tuple[ChannelName, ...] = CHAT_THEN_MAIL
    urgent: bool = False  # goes out at night too


_PARCEL = frozenset({"order_no", "carrier", "tracking_no"})
_REFUND = frozenset({"order_no", "refund_no", "amount"})
_S, _T = Category.SERVICE, Category.TRANSACTIONAL

MILESTONES: dict[str, Milestone] = {
    milestone.name: milestone
    for milestone in [
        Milestone("order_paid", _S, Mode.FIRST, frozenset({"order_no", "amount"})),
        Milestone("order_shipped", _S, Mode.FIRST, _PARCEL, frozenset({"link", "eta"})),
        Milestone("order_out_for_delivery", _S, Mode.FIRST, _PARCEL),
        Milestone("order_delivered", _S, Mode.FIRST, _PARCEL),
        Milestone("order_exception", _S, Mode.FIRST, _PARCEL | {"reason"}, urgent=True),
        # Money: said where the customer is now, and in writing.
        Milestone("refund_succeeded", _T, Mode.ALL, _REFUND, urgent=True),
        Milestone("refund_failed", _T, Mode.ALL, _REFUND, urgent=True),
        Milestone("refund_rejected", _T, Mode.ALL, _REFUND, takes=frozenset({"link", "reason"}), urgent=True),
        Milestone(
            "ticket_received",
            _T,
            Mode.FIRST,
            frozenset({"ticket_no", "subject"}),
            channels=MAIL,
            urgent=True,
        ),
        Milestone(
            "survey_invitation", Category.SURVEY, Mode.FIRST, frozenset({"link", "shop_name"}), channels=MAIL
        ),
        Milestone(
            "missed_messages",
            _S,
            Mode.FIRST,
            frozenset({"shop_name", "lines"}),
            channels=MAIL,
            urgent=True,
        ),
    ]
}


def milestone(name: str) -> Milestone:
    """The milestone called ``name``. Raises ``TypeError`` for an unknown one: a mistake of the caller."""
    if name not in MILESTONES:
        raise TypeError(f"There is no milestone {name!r}.")
    return MILESTONES[name]


def check_facts(known: Milestone, data: dict) -> None:
    """Raise ``TypeError`` where ``data`` lacks what the texts need or has what they do not know."""
    missing, unknown = known.needs - data.keys(), data.keys() - known.needs - known.takes
    if missing or unknown:
        raise TypeError(f"{known.name}: missing {sorted(missing)}, unknown {sorted(unknown)}.")
