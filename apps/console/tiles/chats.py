"""Tiles about chats: how soon they were answered, how agents worked, how they ended."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.console.templatetags.figures import decimal, percent, span
from apps.console.tiles.base import Tile, of, share_tile
from apps.monitoring.figures import Handling, Today

BUSY = 0.85  # occupancy above which agents tire; 75 to 85 % is healthy


def service(today: Today) -> list[Tile]:
    day, first = today.day, today.responses
    unanswered = {"p90": span(first.p90_s), "n": first.unanswered}
    return [
        Tile(
            "level",
            _("Service level"),
            percent(day.service_level),
            of(day.in_time, day.answered + day.abandoned),
            _(
                "Answered within the target of their queue, of all who were answered or gave up after 5 seconds or more"
            ),
        ),
        Tile(
            "gave-up",
            _("Gave up"),
            percent(day.abandonment),
            of(day.abandoned, day.entered),
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


def handling(work: Handling) -> list[Tile]:
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
            of(work.transfers, work.handled),
            _(
                "Transfers to another agent or queue, of the chats on which work ended today; one handed on twice "
                "counts twice"
            ),
        ),
    ]


def outcome(today: Today) -> list[Tile]:
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
        share_tile(
            "first-contact",
            _("Solved at first contact"),
            today.first_contact,
            _(
                "Chats resolved 8 to 14 days ago that were neither reopened nor followed by a chat or ticket about "
                "the same order within 7 days, of all resolved then"
            ),
        ),
        share_tile(
            "reopened",
            _("Reopened"),
            today.reopened,
            _("Chats that customers reopened today, of all that were ended"),
        ),
        share_tile(
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
