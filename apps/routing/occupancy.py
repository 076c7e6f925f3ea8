"""How busy agents were: their work against their presence, both cut to a stretch of time.

An agent's seat has slots (units of capacity), so that time alone says little: with one of five slots in use they are
busy, and could take four more chats.
"""

from dataclasses import dataclass
from datetime import datetime

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
), busy AS (
    SELECT unnest(range_agg(at)) AS at FROM work GROUP BY agent_id
), offered AS (
    SELECT user_id, sum(max_units * extract(epoch FROM upper(at) - lower(at))) AS slots FROM online GROUP BY 1
), taken AS (
    SELECT user_id, sum(units * extract(epoch FROM upper(work.at * online.at) - lower(work.at * online.at))) AS slots
    FROM online JOIN work ON agent_id = user_id AND work.at && online.at GROUP BY 1
)
SELECT
    (SELECT sum(extract(epoch FROM upper(at) - lower(at))) FROM work),
    (SELECT sum(extract(epoch FROM upper(at) - lower(at))) FROM busy),
    (SELECT sum(units * extract(epoch FROM upper(at) - lower(at))) FROM work),
    (SELECT sum(greatest(offered.slots - coalesce(taken.slots, 0), 0)) FROM offered LEFT JOIN taken USING (user_id))
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


def load_of(agents: list[int], *, since: datetime, now: datetime) -> Load:
    """The load of ``agents`` (keys of users) from ``since`` to ``now``; all of their work, whatever its queue.

    Source: assignments, and presence as the agents' sockets proved it. Capacity is that of now. One query.
    """
    wanted = {"agents": agents, "since": since, "now": now, "online": Intent.ONLINE.value}
    with connection.cursor() as cursor:
        cursor.execute(LOAD, wanted)
        return Load(*(float(seconds or 0) for seconds in cursor.fetchone()))


def agents_of(queue_ids: list[int], *, since: datetime) -> list[int]:
    """Who serves one of the queues, or has had work of one since ``since``: keys of users. One query."""
    at_work = Q(ended_at=None) | Q(ended_at__gt=since)
    workers = Assignment.objects.filter(at_work, queue__in=queue_ids).values("agent")
    serving = AgentSeat.objects.in_queue(queue_ids).values("pk")
    seats = AgentSeat.objects.filter(Q(pk__in=serving) | Q(user__in=workers))
    return list(seats.order_by("user_id").values_list("user_id", flat=True))
