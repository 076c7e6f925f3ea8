"""Tiles about tickets and refunds."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.console.templatetags.figures import age, decimal, percent, span
from apps.console.tiles.base import Tile, of, share_tile
from apps.monitoring.work import Backlog, Refunds, Tickets


def tickets(found: Tickets) -> list[Tile]:
    flow = {"new": found.created, "solved": found.solved}
    return [
        Tile(
            "open",
            _("Open tickets"),
            found.open,
            _("%(new)s new · %(solved)s solved today") % flow,
            _("Tickets that are not solved now; today’s new ones less the solved are by how much they grew"),
        ),
        _ages(found.backlog),
        Tile(
            "backlog-days",
            _("Days of backlog"),
            decimal(found.days_of_backlog),
            ngettext("%(n)s solved in 7 days", "%(n)s solved in 7 days", found.solved_in_week)
            % {"n": found.solved_in_week},
            _("Open tickets, divided by those solved per day in the last seven days"),
        ),
        Tile(
            "sla",
            _("SLA kept"),
            percent(found.attainment),
            of(found.met, found.due),
            _("Deadlines met, of the deadlines that were due today"),
        ),
        share_tile(
            "tickets-reopened",
            _("Tickets reopened"),
            found.reopened,
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


def refunds(found: Refunds) -> list[Tile]:
    done = ngettext("%(n)s done", "%(n)s done", found.done) % {"n": found.done}
    return [
        Tile(
            "to-approve",
            _("Refunds to approve"),
            found.to_approve,
            _("%(n)s on their way") % {"n": found.under_way},
            _("Refunds that wait for a second person now; beside it those that the gateway works on"),
            "amber" if found.to_approve else "",
        ),
        Tile(
            "unknown",
            _("Outcome unknown"),
            found.unknown,
            _("for more than an hour"),
            _("Refunds of which the gateway has not said for more than an hour whether it executed them"),
            "red" if found.unknown else "",
        ),
        Tile(
            "refund-time",
            _("Refund time, median"),
            span(found.median_s),
            done,
            _("From the request to the money, median of those done today"),
        ),
        Tile(
            "refund-time-90",
            _("Refund time, 90 %"),
            span(found.p90_s),
            done,
            _("Nine of ten refunds done today took no longer from the request to the money"),
        ),
    ]
