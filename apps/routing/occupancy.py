"""How busy agents were: their work against their presence, both cut to a stretch of time.

An agent's seat has slots (units of capacity), so that time alone says little: with one of five slots in use they are
busy, and could take four more chats.
"""

from dataclasses import dataclass
from datetime import datetime
from operator import add
from typing import Any

from django.db import connection
from django.db.models import Q

from apps.routing.enums import Intent
from apps.routing.models import AgentSeat, Assignment

LOAD = """
WITH work AS (
    SELECT agent_id, units, tstzrange(greatest(started_at, %(since)s), least(ended_at, %(now)s)) AS at
    FROM routing_assignment
    WHERE agent_id = ANY(%(agents)s) AND started_at < %(now)s AND (ended_at IS NULL OR ended_at > %(since)s)
), online AS (
    SELECT user_id, max_units, tstzrange(greatest(started_at, %(since)s), least(ended_at, %(now)s)) AS at
    FROM routing_presencespan JOIN routing_agentseat USING (user_id)
    WHERE user_id = ANY(%(agents)s) AND state = %(online)s
      AND started_at < %(now)s AND (ended_at IS NULL OR ended_at > %(since)s)
), worked AS (
    SELECT agent_id AS user_id, sum(extract(epoch FROM upper(at) - lower(at))) AS work_s,
        sum(units * extract(epoch FROM upper(at) - lower(at))) AS slot_s, range_agg(at) AS spans
    FROM work GROUP BY 1
), offered AS (
    SELECT user_id, sum(max_units * extract(epoch FROM upper(at) - lower(at))) AS slot_s FROM online GROUP BY 1
), taken AS (
    SELECT user_id, sum(units * extract(epoch FROM upper(work.at * online.at) - lower(work.at * online.at))) AS slot_s
    FROM online JOIN work ON agent_id = user_id AND work.at && online.at GROUP BY 1
)
SELECT
    user_id, worked.work_s,
    (SELECT sum(extract(epoch FROM upper(at) - lower(at))) FROM unnest(worked.spans) AS at),
    worked.slot_s, greatest(offered.slot_s - coalesce(taken.slot_s, 0), 0)
FROM worked FULL JOIN offered USING (user_id) LEFT JOIN taken USING (user_id)
"""


@dataclass(frozen=True)
class Load:
    """Work of some agents in a stretch of time, in seconds; work that began before or goes on is cut to it."""

    work_s: float = 0.0  # each piece of work by itself
    agent_s: float = 0.0  # agents with at least one piece of work
    busy_slot_s: float = 0.0  # slots in use, also on a break or beyond the capacity
    free_slot_s: float = 0.0  # slots of agents who were online, not in use

    @property
    def occupancy(self) -> float | None:
        """Busy slots of the busy and the available ones (0 to 1); None when nobody worked or was online."""
        offered = self.busy_slot_s + self.free_slot_s
        return self.busy_slot_s / offered if offered else None

    @property
    def concurrency(self) -> float | None:
        """Pieces of work that an agent had at once, on average over the time in which they had any."""
        return self.work_s / self.agent_s if self.agent_s else None

    def __add__(self, other: "Load") -> "Load":
        return Load(*map(add, vars(self).values(), vars(other).values()))


def loads_of(agents: list[int], *, since: datetime, now: datetime) -> dict[int, Load]:
    """The load of each of ``agents`` (keys of users) from ``since`` to ``now``: all of their work, whatever its queue.

    Those who neither worked nor were online are missing. Source: assignments, and presence as the agents' sockets
    proved it. Capacity is that of now. One query.
    """
    wanted: dict[str, Any] = {"agents": agents, "since": since, "now": now, "online": Intent.ONLINE.value}
    with connection.cursor() as cursor:
        cursor.execute(LOAD, wanted)
        return {user: Load(*(float(value or 0) for value in row)) for user, *row in cursor.fetchall()}


def agents_of(queue_ids: list[int], *, since: datetime) -> list[int]:
    """Who serves one of the queues, or has had work of one since ``since``: keys of users. One query."""
    at_work = Q(ended_at=None) | Q(ended_at__gt=since)
    workers = Assignment.objects.filter(at_work, queue__in=queue_ids).values("agent")
    serving = AgentSeat.objects.in_queue(queue_ids).values("pk")
    seats = AgentSeat.objects.filter(Q(pk__in=serving) | Q(user__in=workers))
    return list(seats.order_by("user_id").values_list("user_id", flat=True))
