"""Celery beat of which only one works at a time, however many are started."""

import logging
from datetime import timedelta

import psycopg
from celery.beat import Scheduler
from celery.schedules import crontab
from django.db import connection
from django.utils import timezone

logger = logging.getLogger(__name__)

LEADER_KEY = 0x6865_6C70_6465_736B  # "helpdesk" as a number: the advisory lock of the one that works
STANDBY_SECONDS = 5


class Leadership:
    """A session-level advisory lock on a connection of its own: it ends with the process, whatever happens."""

    def __init__(self) -> None:
        self._session: psycopg.Connection | None = None

    def held(self) -> bool:
        """Whether this process leads now; tries to when nobody does. False while the database is away."""
        try:
            return self._still_held() or self._seize()
        except psycopg.OperationalError:
            logger.warning("The database is away: nothing is scheduled.", exc_info=True)
            self.give_up()
            return False

    def _still_held(self) -> bool:
        if self._session is None:
            return False
        self._session.execute("SELECT 1")  # raises when the connection, and the lock with it, is gone
        return True

    def _seize(self) -> bool:
        session = psycopg.connect(**connection.get_connection_params() | {"autocommit": True})
        row = session.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_KEY]).fetchone()
        if row is None or not row[0]:
            session.close()
            return False
        self._session = session
        return True

    def give_up(self) -> None:
        """Let another one lead."""
        if self._session is not None:
            self._session.close()
            self._session = None


class LeaderScheduler(Scheduler):
    """Schedule in memory, started at once, and idle unless this process leads. Settings name it for beat."""

    def __init__(self, *args, **kwargs) -> None:
        self.leadership = Leadership()
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """As configured; what runs every few seconds is due from the start and not one interval later."""
        super().setup_schedule()
        for entry in self.schedule.values():
            if not isinstance(entry.schedule, crontab):
                entry.last_run_at = timezone.now() - timedelta(days=1)

    def tick(self, *args, **kwargs) -> float:
        """Start what is due; returns the seconds until the next look."""
        return super().tick(*args, **kwargs) if self.leadership.held() else STANDBY_SECONDS

    def close(self) -> None:
        """Called when beat stops."""
        super().close()
        self.leadership.give_up()
