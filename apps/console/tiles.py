"""The figures of the dashboard as tiles: a value, what it is of, and how it is defined."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.console.templatetags.figures import age, decimal, percent, span
from apps.monitoring.figures import Handling, Today
from apps.monitoring.measures import Share
from apps.monitoring.work import Backlog, Refunds, Tickets

BUSY = 0.85  # occupancy above which agents tire; 75 to 85 % is healthy


@dataclass(frozen=True)
class Tile:
    """One figure; ``meaning`` is its definition, ``bars`` are its parts, each with a name and a number."""

    code: str
    label: str
    value: Any
    note: str = ""
    meaning: str = ""
    tone: str = ""
    bars: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Group:
    """Tiles under one heading."""

    code: str
    label: str
    tiles: list[Tile]


def groups_of(today: Today) -> list[Group]:
    """Everything on the dashboard above the charts, worded in the reader's language."""
    return [
        Group("service", _("Service"), _service(today)),
        Group("handling", _("Handling"), _handling(today.handling)),
        Group("outcome", _("Outcome"), _outcome(today)),
        Group("tickets", _("Tickets"), _tickets(today.tickets)),
        Group("refunds", _("Refunds"), _refunds(today.refunds)),
    ]


def _of(part: int, whole: int) -> str:
    return _("%(n)s of %(of)s") % {"n": part, "of": whole}


def _share(code: str, label: str, share: Share, meaning: str) -> Tile:
    return Tile(code, label, percent(share.share), _of(share.part, share.whole), meaning)


def _service(today: Today) -> list[Tile]:
    day, first = today.day, today.responses
    unanswered = {"p90": span(first.p90_s), "n": first.unanswered}
    return [
        Tile(
            "level",
            _("Service level"),
            percent(day.service_level),
            _of(day.in_time, day.answered + day.abandoned),
            _(
                "Answered within the target of their queue, of all who were answered or gave up after 5 seconds or more"
            ),
        ),
        Tile(
            "gave-up",
            _("Gave up"),
            percent(day.abandonment),
            _of(day.abandoned, day.entered),
            _("Gave up after 5 seconds or more, of all who came into a queue"),
        ),
        Tile(
            "wait",
            _("Average wait"),
            span(day.average_wait_s),
            ngettext("%(n)s answered", "%(n)s answered", day.answered) % {"n": day.answered},
            _("Wait of the answered, divided by their number"),
        ),
        Tile(
            "first-response",
            _("First response, median"),
            span(first.median_s),
            _("90 %%: %(p90)s · %(n)s unanswered") % unanswered,
            _("From entering the queue to the first reply of a human"),
        ),
    ]


def _handling(work: Handling) -> list[Tile]:
    occupancy = work.load.occupancy
    return [
        Tile(
            "handle-time",
            _("Handling time per chat"),
            span(work.average_s),
            _("%(n)s finished · %(k)s at once") % {"n": work.handled, "k": decimal(work.concurrency)},
            _(
                "From taking a chat to the end of its writing up, divided by the chats finished today; beside it how "
                "many chats an agent had at once, on average while they had any"
            ),
        ),
        Tile(
            "agent-time",
            _("Agent’s time per chat"),
            span(work.agent_s),
            _("%(n)s chats per agent-hour") % {"n": decimal(work.per_agent_hour)},
            _(
                "Handling time divided by the chats at once: what a chat takes of an agent who shares their time"
            ),
        ),
        Tile(
            "occupancy",
            _("Occupancy"),
            percent(occupancy),
            _("75–85 % is healthy"),
            _(
                "Seats in use, of those in use and those free with agents online; weighed by time, since midnight"
            ),
            "amber" if occupancy and occupancy > BUSY else "",
        ),
        Tile(
            "transfers",
            _("Handed on"),
            percent(work.transfer_rate),
            _of(work.transfers, work.handled),
            _(
                "Transfers to another agent or queue, of the chats on which work ended today; one handed on twice "
                "counts twice"
            ),
        ),
    ]


def _outcome(today: Today) -> list[Tile]:
    ratings = today.ratings
    return [
        Tile("chats", _("Chats"), today.chats, _("opened today"), _("Chats that customers began today")),
        Tile(
            "robot",
            _("Solved by the robot"),
            percent(today.containment),
            _("%(n)s of %(of)s ended") % {"n": today.ended_by_robot, "of": today.ended},
            _("Ended without a human having been asked for, of all that ended"),
        ),
        _share(
            "first-contact",
            _("Solved at first contact"),
            today.first_contact,
            _(
                "Chats resolved 8 to 14 days ago that were neither reopened nor followed by a chat or ticket about "
                "the same order within 7 days, of all resolved then"
            ),
        ),
        _share(
            "reopened",
            _("Reopened"),
            today.reopened,
            _("Chats that customers reopened today, of all that were ended"),
        ),
        _share(
            "wismo",
            _("“Where is my order?”"),
            today.wismo,
            _(
                "Chats of today in which the robot looked a parcel up or answered about tracking, of all of today"
            ),
        ),
        Tile(
            "satisfied",
            _("Satisfied"),
            percent(ratings.share),
            _("%(n)s of %(of)s rated") % {"n": ratings.answered, "of": ratings.offered},
            _("Ratings of 4 and 5, of all ratings"),
        ),
    ]


def _tickets(tickets: Tickets) -> list[Tile]:
    flow = {"new": tickets.created, "solved": tickets.solved}
    return [
        Tile(
            "open",
            _("Open tickets"),
            tickets.open,
            _("%(new)s new · %(solved)s solved today") % flow,
            _("Tickets that are not solved now; today’s new ones less the solved are by how much they grew"),
        ),
        _ages(tickets.backlog),
        Tile(
            "backlog-days",
            _("Days of backlog"),
            decimal(tickets.days_of_backlog),
            ngettext("%(n)s solved in 7 days", "%(n)s solved in 7 days", tickets.solved_in_week)
            % {"n": tickets.solved_in_week},
            _("Open tickets, divided by those solved per day in the last seven days"),
        ),
        Tile(
            "sla",
            _("SLA kept"),
            percent(tickets.attainment),
            _of(tickets.met, tickets.due),
            _("Deadlines met, of the deadlines that were due today"),
        ),
        _share(
            "tickets-reopened",
            _("Tickets reopened"),
            tickets.reopened,
            _("Solved tickets that were opened again today, of all that were solved"),
        ),
    ]


def _ages(backlog: Backlog) -> Tile:
    names = (_("under 1 day"), _("1–3 days"), _("3–7 days"), _("over 7 days"))
    return Tile(
        "age",
        _("Ticket age, 90 %"),
        age(backlog.p90_s),
        meaning=_("Nine of ten open tickets came less long ago than this; beside it how many are how old"),
        bars=tuple(zip(names, backlog.by_age, strict=True)),
    )


def _refunds(refunds: Refunds) -> list[Tile]:
    done = ngettext("%(n)s done", "%(n)s done", refunds.done) % {"n": refunds.done}
    return [
        Tile(
            "to-approve",
            _("Refunds to approve"),
            refunds.to_approve,
            _("%(n)s on their way") % {"n": refunds.under_way},
            _("Refunds that wait for a second person now; beside it those that the gateway works on"),
            "amber" if refunds.to_approve else "",
        ),
        Tile(
            "unknown",
            _("Outcome unknown"),
            refunds.unknown,
            _("for more than an hour"),
            _("Refunds of which the gateway has not said for more than an hour whether it executed them"),
            "red" if refunds.unknown else "",
        ),
        Tile(
            "refund-time",
            _("Refund time, median"),
            span(refunds.median_s),
            done,
            _("From the request to the money, median of those done today"),
        ),
        Tile(
            "refund-time-90",
            _("Refund time, 90 %"),
            span(refunds.p90_s),
            done,
            _("Nine of ten refunds done today took no longer from the request to the money"),
        ),
    ]
